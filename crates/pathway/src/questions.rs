//! Questions to the person as written: the section `questions:`, and the steps that wait for what the person
//! says: `ask`, and a `reach` that says what counts.
//!
//! Invariants: every question exists in every language that the pathway speaks, and the hub knows how to read
//! an answer in each of them ([`crate::asking`]); what is asked by telephone can be answered with keys.

use crate::asking;
use crate::ast::{Goto, InEach, Question, StepIx, Success, Verb};
use crate::compile::{Compiler, Slot};
use crate::questionnaire;
use crate::reader::{self, Keys, one_of, text};
use crate::types;
use crate::yaml::{Node, What};
use model::prompt::{Answer, Field, Form};
use model::{Channel, Disclosure};

/// The most questions that are asked at a time.
pub const QUESTIONS_MAX: usize = 12;
/// The most choices of a question: each has a letter, and a key.
pub const CHOICES_MAX: usize = 9;
/// How often a question may be asked again.
const AGAIN_MAX: u16 = 3;
/// Bytes of one question in one language.
pub(crate) const LABEL_BYTES_MAX: usize = 300;

impl<'n> Compiler<'_, 'n> {
    /// The section `questions:`.
    pub(crate) fn all_questions(&mut self, node: &'n Node) {
        let Some(keys) = Keys::of(node, "`questions`", &mut self.findings) else { return };
        for tag in self.speaks.clone() {
            if !asking::LANGUAGES.contains(&tag.as_str()) {
                let says = format!("the hub cannot read answers in `{tag}`");
                let help = format!("it asks in: {}", asking::LANGUAGES.join(", "));
                self.findings.error("TL041", node.place, says, Some(help));
            }
        }
        for (key, node) in keys.pairs() {
            let of = "a question";
            let Some(name) = reader::name(key, of, &mut self.findings) else { continue };
            let form = self.form_places.iter().any(|(f, _)| f == name);
            if form || types::is_taken(name) || self.names.vars.contains_key(name) {
                self.findings.error("TL006", key.place, format!("`{name}` stands for something else already"), None);
            }
            let Some(keys) = Keys::of(node, of, &mut self.findings) else { continue };
            keys.only(of, &["questionnaire", "questions", "discloses"], &mut self.findings);
            let questionnaire = keys.get("questionnaire").and_then(|n| self.canonical(n)).unwrap_or_default();
            let names = Disclosure::ALL.map(Disclosure::name);
            let discloses = keys
                .get("discloses")
                .and_then(|n| one_of(n, "disclosure", &names, Disclosure::named, &mut self.findings))
                .unwrap_or_default();
            let mut question = Question {
                name: name.into(),
                form: Form { name: name.into(), title: String::new(), fields: Vec::new() },
                labels: Vec::new(),
                links: Vec::new(),
                questionnaire,
                discloses,
                items: Vec::new(),
            };
            let whole = keys.get("questionnaire").filter(|_| keys.get("questions").is_none());
            if let Some(node) = whole {
                self.asked_items(node, &mut question);
                self.names.forms.push(question.form.clone());
                self.questions.push((question, key.place));
                continue;
            }
            let nodes = keys.need("questions", of, &mut self.findings);
            let nodes = nodes.map_or(&[][..], |n| reader::list(n, "`questions`", &mut self.findings));
            if let Some(extra) = nodes.get(QUESTIONS_MAX) {
                let says = format!("at most {QUESTIONS_MAX} questions are asked at a time");
                self.findings.error("TL002", extra.place, says, None);
            }
            for node in nodes.iter().take(QUESTIONS_MAX) {
                self.asked_field(node, &mut question);
            }
            // Answers are named and typed as those of a form are.
            self.names.forms.push(question.form.clone());
            self.questions.push((question, key.place));
        }
    }

    /// The canonical address of a FHIR Questionnaire.
    fn canonical(&mut self, node: &Node) -> Option<String> {
        let url = text(node, "`questionnaire`", &mut self.findings)?;
        let fits =
            ["https://", "http://", "urn:"].iter().any(|p| url.starts_with(p)) && !url.contains(char::is_whitespace);
        if !fits {
            let help = Some("as `https://example.org/fhir/Questionnaire/how-is-it`".into());
            self.findings.error("TL018", node.place, format!("`{url}` is no canonical URL"), help);
        }
        fits.then(|| url.to_owned())
    }

    /// The items of the FHIR Questionnaire that a question is, as fields.
    fn asked_items(&mut self, node: &'n Node, question: &mut Question) {
        let canonical = question.questionnaire.clone();
        if canonical.is_empty() {
            return; // Told already.
        }
        let found = match questionnaire::named(self.codes.questionnaires(), &canonical) {
            Ok(found) => found,
            Err((says, help)) => return self.findings.error("TL042", node.place, says, help),
        };
        question.questionnaire = found.canonical();
        let file = found.file.rsplit(['/', '\\']).next().unwrap_or_default();
        for (link, line, why) in &found.cannot {
            let says = format!("the item `{link}` ({file}, line {line}) cannot be asked: {why}");
            self.findings.error("TL098", node.place, says, None);
        }
        if found.items.len() > QUESTIONS_MAX {
            let says = format!("at most {QUESTIONS_MAX} questions are asked at a time, this has {}", found.items.len());
            self.findings.error("TL002", node.place, says, None);
        }
        for item in found.items.iter().take(QUESTIONS_MAX) {
            let field = &item.rule.field;
            let said = [(field.clone(), &item.text)].into_iter();
            let said = said.chain(item.choices.iter().map(|(value, each)| (format!("{field}.{value}"), each)));
            for (key, each) in said {
                let label = self.spoken_of(node, (file, &item.link, item.line), each);
                question.labels.push((key, label));
            }
            self.read_alike(node, (file, &item.link, item.line), &question.labels, item);
            let label = asking::label(question, field, "").to_owned();
            question.links.push((field.clone(), item.link.clone()));
            question.form.fields.push(Field { name: field.clone(), label, answer: item.answer.clone() });
            question.items.push(item.rule.clone());
        }
    }

    /// Choices of an item that read alike in a language: what is answered by text could not be told apart.
    fn read_alike(
        &mut self,
        node: &Node,
        (file, link, line): (&str, &str, u32),
        labels: &[(String, InEach)],
        item: &questionnaire::Item,
    ) {
        for tag in self.speaks.clone() {
            let mut seen: Vec<String> = Vec::new();
            for (value, _) in &item.choices {
                let key = format!("{}.{value}", item.rule.field);
                let each = labels.iter().find(|(k, _)| *k == key).map(|(_, each)| each.as_slice()).unwrap_or_default();
                // What has no words in this language is told of already.
                let Some((_, words)) = each.iter().find(|(t, _)| *t == tag) else { continue };
                let plain = asking::plain(words);
                if seen.contains(&plain) {
                    let says = format!("two choices of the item `{link}` ({file}, line {line}) read alike in `{tag}`");
                    let help = format!("\"{words}\": their answers could not be told apart");
                    self.findings.error("TL040", node.place, says, Some(help));
                    break;
                }
                seen.push(plain);
            }
        }
    }

    /// A text of an item in each language that the pathway speaks. What does not say its language is in the first.
    fn spoken_of(&mut self, node: &Node, (file, link, line): (&str, &str, u32), each: &InEach) -> InEach {
        let mut out = InEach::new();
        for (n, tag) in self.speaks.clone().into_iter().enumerate() {
            let own = |(said, _): &&(String, String)| *said == tag || (n == 0 && said.is_empty());
            match each.iter().find(own) {
                Some((_, text)) => out.push((tag, text.clone())),
                None => {
                    let text = each.first().map(|(_, text)| text.as_str()).unwrap_or_default();
                    let says = format!("the item `{link}` ({file}, line {line}) has no `{tag}` for \"{text}\"");
                    let help = "add the extension `translation` to `_text` or `_display`".to_string();
                    self.findings.error("TL099", node.place, says, Some(help));
                }
            }
        }
        out
    }

    fn asked_field(&mut self, node: &'n Node, question: &mut Question) {
        let of = "a question";
        let Some(keys) = Keys::of(node, of, &mut self.findings) else { return };
        keys.only(of, &["ask", "label", "answer", "link"], &mut self.findings);
        let Some(at) = keys.need("ask", of, &mut self.findings) else { return };
        let Some(name) = reader::name(at, of, &mut self.findings) else { return };
        if question.form.fields.iter().any(|f| f.name == name) || name == "complete" {
            let says = format!("`{name}` is asked already");
            let help = "`complete` is part of every question: whether all of it was answered";
            self.findings.error("TL006", at.place, says, Some(help.into()));
        }
        let label = keys.need("label", of, &mut self.findings).map(|n| self.in_each(n, of)).unwrap_or_default();
        if label.iter().any(|(_, text)| text.len() > LABEL_BYTES_MAX) {
            let says = format!("a question has at most {LABEL_BYTES_MAX} bytes");
            self.findings.error("TL002", at.place, says, None);
        }
        let Some(answer) = keys.need("answer", of, &mut self.findings) else { return };
        let mut choices = Vec::new();
        let Some(answer) = self.asked_answer(answer, &mut choices) else { return };
        let link = keys.get("link").and_then(|n| text(n, "`link`", &mut self.findings)).unwrap_or(name);
        let shown = label.first().map(|(_, text)| text.clone()).unwrap_or_default();
        question.labels.push((name.into(), label));
        question.labels.extend(choices.into_iter().map(|(value, each)| (format!("{name}.{value}"), each)));
        question.links.push((name.into(), link.into()));
        question.form.fields.push(Field { name: name.into(), label: shown, answer });
    }

    /// `yes or no`, `0 to 10`, `text`, or the values of a choice with their words in each language.
    fn asked_answer(&mut self, node: &'n Node, choices: &mut Vec<(String, crate::ast::InEach)>) -> Option<Answer> {
        let What::Map(pairs) = &node.what else { return self.answer(node) };
        for (value, words) in pairs {
            let value = reader::name(value, "an answer", &mut self.findings)?;
            let each = self.in_each(words, "an answer");
            choices.push((value.to_owned(), each));
        }
        if let Some((extra, _)) = pairs.get(CHOICES_MAX) {
            self.findings.error("TL002", extra.place, format!("a question has at most {CHOICES_MAX} choices"), None);
        }
        let speaks = self.speaks.clone();
        for tag in &speaks {
            let mut seen: Vec<String> = Vec::new();
            for ((_, each), (value, _)) in choices.iter().zip(pairs) {
                let word = each.iter().find(|(t, _)| t == tag).map(|(_, w)| asking::plain(w)).unwrap_or_default();
                if seen.contains(&word) {
                    let help = "their answers could not be told apart".to_string();
                    self.findings.error("TL040", value.place, format!("two choices read alike in `{tag}`"), Some(help));
                }
                seen.push(word);
            }
        }
        let shown = |each: &crate::ast::InEach| each.first().map(|(_, w)| w.clone()).unwrap_or_default();
        Some(Answer::Choice { options: choices.iter().map(|(v, each)| (v.clone(), shown(each))).collect() })
    }

    /// A step `ask`.
    pub(crate) fn ask_step(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node) -> Option<Verb> {
        let of = "a step `ask`";
        let name = text(head, "questions", &mut self.findings)?;
        let known: Vec<String> = self.questions.iter().map(|(q, _)| q.name.clone()).collect();
        let by = self.ladder(keys, of);
        match self.questions.iter().find(|(q, _)| q.name == name).map(|(q, _)| q.clone()) {
            None => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                reader::unknown("TL042", head.place, "questions", name, &known, &mut self.findings);
            }
            Some(question) => {
                self.used.push(format!("questions:{name}"));
                self.may_be_asked(&question, &by, keys);
                if self.names.prompts.get(name).is_some_and(|a| !a.question) {
                    let help = "their answers would have one name".to_string();
                    self.findings.error("TL006", head.place, format!("a prompt is named `{name}`"), Some(help));
                }
                let asked =
                    types::Asked { form: Some(name.into()), lost: false, sure: false, question: true, service: false };
                self.names.prompts.insert(name.into(), asked);
            }
        }
        let purpose = self.purpose(keys, of);
        let words = keys.get("words").unwrap_or(head);
        self.use_words(ix, words, &by, false);
        let words = words.text()?.to_owned();
        let deadline = keys.need("deadline", of, &mut self.findings).and_then(|n| self.when(ix, n));
        let again_max = keys.get("again").map_or(1, |n| self.again_max(n));
        for (key, slot) in [("answered", Slot::Answered), ("missed", Slot::Missed)] {
            match keys.need(key, of, &mut self.findings) {
                Some(node) => self.jump(ix, slot, node),
                None => self.broken = true,
            }
        }
        let stop_when = keys.get("stop_when").and_then(|n| self.stop_when(ix, n, name));
        let (answered, missed) = (Goto::Next, Goto::Next);
        let (question, purpose, deadline) = (name.into(), purpose?, deadline?);
        Some(Verb::Ask { question, words, purpose, by, deadline, again_max, stop_when, answered, missed })
    }

    /// Whether these channels can ask these questions.
    fn may_be_asked(&mut self, question: &Question, by: &[(Channel, i64)], keys: &Keys<'n>) {
        let Some(node) = keys.get("by") else { return };
        let has = |channel| by.iter().any(|(c, _)| *c == channel);
        if has(Channel::Voicemail) {
            let help = "leave it out: who does not answer a call is asked on the next channel".to_string();
            self.findings.error("TL043", node.place, "a voicemail cannot ask: nobody can answer it", Some(help));
        }
        if has(Channel::Push) {
            let help = "leave it out, and send a `reach` by push before it that says to open the page".to_string();
            self.findings.error("TL043", node.place, "a notification cannot ask: it opens the page", Some(help));
        }
        if let Some(rule) =
            question.items.iter().find(|r| r.optional || !r.only_if.is_empty()).filter(|_| has(Channel::Voice))
        {
            let says = format!("a call cannot leave out `{}`", rule.field);
            let help = "it asks all there is: leave `voice` out".to_string();
            self.findings.error("TL043", node.place, says, Some(help));
        }
        let mute = question.form.fields.iter().find(|f| !asking::by_keys(&f.answer));
        if let Some(field) = mute.filter(|_| has(Channel::Voice)) {
            let says = format!("`{}` cannot be answered with the keys of a telephone", field.name);
            let help = "keys answer yes or no, choices, and whole numbers from 0 to 10: leave `voice` out".to_string();
            self.findings.error("TL043", node.place, says, Some(help));
        }
    }

    fn again_max(&mut self, node: &Node) -> u16 {
        let count = node.text().and_then(|t| t.parse().ok()).filter(|n| *n <= AGAIN_MAX);
        if count.is_none() {
            let says = format!("`again` is a number from 0 to {AGAIN_MAX}");
            self.findings.error("TL027", node.place, says, None);
        }
        count.unwrap_or(1)
    }

    /// What counts as success of a `reach`, and where it leads then and else.
    pub(crate) fn success(&mut self, ix: StepIx, keys: &Keys<'n>) -> Option<Success> {
        let named = |name: &str| match name {
            "delivered" => Some(Success::Delivered),
            "read" => Some(Success::Read),
            "answered" => Some(Success::Answered),
            "done" => Some(Success::Done),
            _ => None,
        };
        let known = ["delivered", "read", "answered", "done"];
        let success = keys.get("counts").and_then(|n| one_of(n, "`counts`", &known, named, &mut self.findings));
        if let (Some(Success::Done), None, Some(node)) = (success, keys.get("until"), keys.get("counts")) {
            let help = Some("add `until:` with the fact that says that it was done".into());
            self.findings.error("TL044", node.place, "`counts: done` does not say what is to be done", help);
        }
        for (key, slot) in [("got", Slot::Got), ("not", Slot::Not)] {
            match (keys.get("counts").is_some(), keys.get(key)) {
                (true, Some(node)) => self.jump(ix, slot, node),
                (true, None) => {
                    keys.need(key, "a step `reach` that says what counts", &mut self.findings);
                    self.broken = true;
                }
                (false, Some(node)) => {
                    let help = Some("add `counts: delivered`, `read`, `answered` or `done`".into());
                    self.findings.error("TL044", node.place, format!("`{key}` needs to know what counts"), help);
                }
                (false, None) => {}
            }
        }
        success
    }
}
