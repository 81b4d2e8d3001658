//! Words, forms and checklists as written.

use crate::ast::{Checklist, ChecklistItem, Words, WordsIn};
use crate::compile::{Compiler, Said, language_tag};
use crate::reader::{self, Keys, one_or_more, text, yes_no};
use crate::template;
use crate::times;
use crate::yaml::{Node, What};
use model::Channel;
use model::prompt::{Answer, Field, Form};

/// The longest words, bytes.
const WORDS_BYTES_MAX: usize = 8 * 1024;

impl<'n> Compiler<'_, 'n> {
    pub(crate) fn all_words(&mut self, node: &'n Node) {
        let Some(keys) = Keys::of(node, "`words`", &mut self.findings) else { return };
        for (key, node) in keys.pairs() {
            let Some(name) = reader::name(key, "words", &mut self.findings) else { continue };
            let Some(langs) = Keys::of(node, "words", &mut self.findings) else { continue };
            let mut words = Words { name: name.into(), done_ticks_task: false, any_language: false, texts: Vec::new() };
            let mut said = Vec::new();
            for (lang, node) in langs.pairs() {
                let tag = lang.text().unwrap_or_default();
                if tag == "done_ticks_task" {
                    words.done_ticks_task = yes_no(node, "`done_ticks_task`", &mut self.findings);
                } else if tag == "any_language" {
                    words.any_language = yes_no(node, "`any_language`", &mut self.findings);
                } else if self.spoken(lang, tag) {
                    self.words_in(tag, node, &mut words, &mut said);
                }
            }
            self.words.push((words, key.place));
            self.said.insert(name.into(), said);
        }
    }

    /// Whether `tag` is one of the pathway's languages; a finding if not.
    fn spoken(&mut self, node: &Node, tag: &str) -> bool {
        let spoken = self.speaks.iter().any(|s| s == tag);
        if !spoken {
            let known: Vec<&str> = self.speaks.iter().map(String::as_str).collect();
            if language_tag(tag) && !known.is_empty() {
                let says = format!("the pathway does not speak `{tag}`");
                self.findings.error("TL018", node.place, says, Some("add it to `speaks`".into()));
            } else {
                reader::unknown("TL018", node.place, "language", tag, &known, &mut self.findings);
            }
        }
        spoken
    }

    /// `sms: …`, `sms, portal: …`, `email: {subject, text}`.
    fn words_in(&mut self, language: &str, node: &'n Node, words: &mut Words, said: &mut Vec<Said<'n>>) {
        let Some(channels) = Keys::of(node, "words in a language", &mut self.findings) else { return };
        for (key, node) in channels.pairs() {
            for name in key.text().unwrap_or_default().split(',').map(str::trim) {
                let Some(channel) = Channel::named(name) else {
                    let known = Channel::ALL.map(Channel::name);
                    reader::unknown("TL018", key.place, "channel", name, &known, &mut self.findings);
                    continue;
                };
                if words.texts.iter().any(|t| t.language == language && t.channel == channel) {
                    self.findings.error("TL006", key.place, format!("two texts for `{name}`"), None);
                    continue;
                }
                if let Some(text) = self.one_text(language, channel, node, said) {
                    words.texts.push(text);
                }
            }
        }
    }

    fn one_text(
        &mut self,
        language: &str,
        channel: Channel,
        node: &'n Node,
        said: &mut Vec<Said<'n>>,
    ) -> Option<WordsIn> {
        let mut subject = None;
        let body = match (&node.what, channel) {
            (What::Map(_), Channel::Email) => {
                let of = "a mail";
                let keys = Keys::of(node, of, &mut self.findings)?;
                keys.only(of, &["subject", "text"], &mut self.findings);
                subject = keys.need("subject", of, &mut self.findings);
                keys.need("text", of, &mut self.findings)?
            }
            (_, Channel::Email) => {
                let help = Some("write `email:` with `subject:` and `text:` below it".into());
                self.findings.error("TL005", node.place, "a mail has no `subject`", help);
                return None;
            }
            _ => node,
        };
        if body.is_empty() {
            self.findings.error("TL005", node.place, format!("no words for `{}`", channel.name()), None);
            return None;
        }
        let (text, parts) = self.templated(language, channel, body, false, said)?;
        let (subject, subject_parts) = match subject {
            Some(node) => self.templated(language, channel, node, true, said)?,
            None => (String::new(), Vec::new()),
        };
        let discloses = model::Disclosure::None; // Known once all variables are: see `disclosure`.
        Some(WordsIn { language: language.into(), channel, subject, text, parts, subject_parts, discloses })
    }

    fn templated(
        &mut self,
        language: &str,
        channel: Channel,
        node: &'n Node,
        subject: bool,
        said: &mut Vec<Said<'n>>,
    ) -> Option<(String, Vec<crate::ast::TextPart>)> {
        let written = text(node, "words", &mut self.findings)?;
        if written.len() > WORDS_BYTES_MAX {
            let says = format!("words have at most {WORDS_BYTES_MAX} bytes");
            self.findings.error("TL002", node.place, says, None);
            return None;
        }
        // A block ends with a line break that nobody means.
        let (parts, fields, mistakes) = template::split(written.trim_end());
        for m in mistakes {
            self.findings.error("TL024", node.within(m.at, m.length), m.says, None);
        }
        let plain = !fields.iter().any(|(_, path, _)| crate::words::parts::is_part(path));
        let (parts, used) = self.with_parts(language, node, parts, &fields);
        let fields = fields.into_iter().filter(|(_, path, _)| !crate::words::parts::is_part(path)).collect();
        said.push(Said { language: language.into(), channel, subject, node, fields });
        for (node, fields) in used {
            said.push(Said { language: language.into(), channel, subject, node, fields });
        }
        let text = if plain { written.trim_end().into() } else { template::text_of(&parts) };
        Some((text, parts))
    }

    pub(crate) fn forms(&mut self, node: &'n Node) {
        let Some(keys) = Keys::of(node, "`forms`", &mut self.findings) else { return };
        for (key, node) in keys.pairs() {
            let of = "a form";
            let Some(name) = reader::name(key, of, &mut self.findings) else { continue };
            self.form_places.push((name.into(), key.place));
            let Some(keys) = Keys::of(node, of, &mut self.findings) else { continue };
            keys.only(of, &["title", "questions"], &mut self.findings);
            let title = self.plain(&keys, "title", of);
            let questions = keys.need("questions", of, &mut self.findings);
            let questions = questions.map_or(&[][..], |n| reader::list(n, "`questions`", &mut self.findings));
            let mut fields: Vec<Field> = Vec::new();
            for node in questions {
                let Some((field, place)) = self.question(node) else { continue };
                if fields.iter().any(|f| f.name == field.name) || ["reached", "outcome"].contains(&field.name.as_str())
                {
                    let says = format!("`{}` is asked already", field.name);
                    let help = "`reached` and `outcome` are part of every prompt";
                    self.findings.error("TL006", place, says, Some(help.into()));
                }
                fields.push(field);
            }
            self.names.forms.push(Form { name: name.into(), title, fields });
        }
    }

    fn question(&mut self, node: &'n Node) -> Option<(Field, crate::ast::Place)> {
        let of = "a question";
        let keys = Keys::of(node, of, &mut self.findings)?;
        keys.only(of, &["ask", "label", "answer"], &mut self.findings);
        let at = keys.need("ask", of, &mut self.findings)?;
        let name = reader::name(at, of, &mut self.findings)?;
        let label = self.plain(&keys, "label", of);
        let answer = keys.need("answer", of, &mut self.findings)?;
        let answer = self.answer(answer)?;
        Some((Field { name: name.into(), label, answer }, at.place))
    }

    /// `yes or no`, `0 to 10`, `text`, or the values of a choice with their labels.
    pub(crate) fn answer(&mut self, node: &'n Node) -> Option<Answer> {
        if let What::Map(pairs) = &node.what {
            let mut options = Vec::new();
            for (value, label) in pairs {
                let value = reader::name(value, "an answer", &mut self.findings)?;
                options.push((value.into(), text(label, "an answer", &mut self.findings)?.into()));
            }
            return Some(Answer::Choice { options });
        }
        match text(node, "an answer", &mut self.findings)? {
            "yes or no" => Some(Answer::Bool),
            "text" => Some(Answer::Text),
            written => {
                let number = |t: &str| t.trim().parse::<f64>().ok().filter(|n| n.is_finite());
                let range = written.split_once(" to ").and_then(|(a, b)| Some((number(a)?, number(b)?)));
                match range.filter(|(min, max)| min < max) {
                    Some((min, max)) => Some(Answer::Number { min, max }),
                    None => {
                        let help = "write `yes or no`, `0 to 10`, `text`, or values with labels below it";
                        let says = format!("`{written}` is no type of answer");
                        self.findings.error("TL018", node.place, says, Some(help.into()));
                        None
                    }
                }
            }
        }
    }

    pub(crate) fn all_checklists(&mut self, node: &'n Node) {
        let Some(keys) = Keys::of(node, "`checklists`", &mut self.findings) else { return };
        for (key, node) in keys.pairs() {
            let of = "a checklist";
            let Some(name) = reader::name(key, of, &mut self.findings) else { continue };
            let Some(keys) = Keys::of(node, of, &mut self.findings) else { continue };
            keys.only(of, &["owner", "items"], &mut self.findings);
            let owner = self.plain(&keys, "owner", of);
            let nodes = keys.need("items", of, &mut self.findings);
            let nodes = nodes.map_or(&[][..], |n| reader::list(n, "`items`", &mut self.findings));
            let mut items: Vec<ChecklistItem> = Vec::new();
            for node in nodes {
                let Some((item, place)) = self.item(name, node) else { continue };
                if items.iter().any(|i| i.name == item.name) {
                    self.findings.error("TL006", place, format!("two items are named `{}`", item.name), None);
                }
                items.push(item);
            }
            self.checklists.push((Checklist { name: name.into(), owner, items }, key.place));
        }
    }

    fn item(&mut self, list: &str, node: &'n Node) -> Option<(ChecklistItem, crate::ast::Place)> {
        let of = "an item";
        let keys = Keys::of(node, of, &mut self.findings)?;
        let speaks = self.speaks.clone();
        let known: Vec<&str> =
            ["item", "days", "at", "when", "hint"].into_iter().chain(speaks.iter().map(String::as_str)).collect();
        keys.only(of, &known, &mut self.findings);
        let at = keys.need("item", of, &mut self.findings)?;
        let name = reader::name(at, of, &mut self.findings)?;
        let days = keys.need("days", of, &mut self.findings).and_then(|n| self.days(n));
        let mut times = Vec::new();
        for node in keys.get("at").map(one_or_more).unwrap_or_default() {
            match node.text().and_then(times::clock) {
                Some(time) => times.push(time),
                None => self.bad_time(node, "write `at: [09:00, 18:00]`"),
            }
        }
        times.sort_unstable();
        times.dedup();
        let mut when = None;
        if let Some(node) = keys.get("when")
            && let Some(written) = self.written(node)
        {
            when = Some(written.compile(&|set| self.codes.expand(set)));
            self.item_conditions.entry(list.into()).or_default().push((written, node));
        }
        let mut texts = Vec::new();
        for tag in &speaks {
            let Some(node) = keys.get(tag).filter(|n| !n.is_empty()) else {
                let says = format!("the item `{name}` has no words in `{tag}`");
                self.findings.error("TL021", at.place, says, Some(format!("add `{tag}:`")));
                continue;
            };
            let Some(written) = text(node, "words", &mut self.findings) else { continue };
            if let Some(at) = written.find("{{") {
                let place = node.within(written[..at].chars().count(), 2);
                self.findings.error("TL024", place, "an item's words have no variables", None);
            }
            texts.push((tag.clone(), written.trim_end().to_string()));
        }
        let hints = keys.get("hint").map(|node| self.in_each(node, "a hint")).unwrap_or_default();
        Some((ChecklistItem { name: name.into(), days: days?, times, when, texts, hints }, at.place))
    }
}
