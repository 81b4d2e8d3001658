//! FHIR R4 Questionnaires that stand beside the pathways, in a folder `questionnaires`: which of their items can be
//! asked, and how.
//!
//! Invariants: an item is asked as it is meant or it is named with why it cannot be; nothing of it is left out
//! silently. Groups are flattened, and answers are put back into them. An item is asked only if earlier ones have the
//! answers that it names (`enableWhen` with `=`). Any text can be read without a panic, and in bounded time.
//!
//! Deliberately absent: value sets, calculated items, scores, hidden or repeated items.

use crate::ast::{InEach, ItemRule, Place};
use crate::finding::{Findings, did_you_mean};
use crate::questions::{CHOICES_MAX, LABEL_BYTES_MAX};
use model::prompt::Answer;
use model::{Id, Value};
use serde_json::Value as Json;

/// The longest file, bytes.
const FILE_BYTES_MAX: usize = 1024 * 1024;
/// The most items of one, groups included.
const ITEMS_MAX: usize = 200;
/// The deepest nesting of groups.
const DEPTH_MAX: usize = 8;
/// Digits of a number that a reply may have.
const NUMBER_MAX: f64 = 1e9;

const MIN: &str = "http://hl7.org/fhir/StructureDefinition/minValue";
const MAX: &str = "http://hl7.org/fhir/StructureDefinition/maxValue";
const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";
/// Extensions that change what is asked, or whether.
const CHANGING: [(&str, &str); 4] = [
    ("http://hl7.org/fhir/StructureDefinition/questionnaire-hidden", "it is hidden"),
    ("http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression", "it is calculated"),
    (
        "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression",
        "an expression says when",
    ),
    ("http://hl7.org/fhir/StructureDefinition/regex", "its answer is tested by a regular expression"),
];

/// A Questionnaire, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Questionnaire {
    /// Its canonical URL.
    pub url: String,
    /// Its version; empty for none.
    pub version: String,
    /// The language of its texts; empty when it does not say.
    pub language: String,
    /// The file that it stands in.
    pub file: String,
    /// Of its text.
    pub hash: Id,
    /// What can be asked, in order.
    pub(crate) items: Vec<Item>,
    /// What cannot: `linkId`, line, why.
    pub(crate) cannot: Vec<(String, u32, String)>,
}

/// An item that can be asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub link: String,
    pub line: u32,
    /// By language; the first is the Questionnaire's own.
    pub text: InEach,
    pub answer: Answer,
    /// The values of a choice, each by language.
    pub choices: Vec<(String, InEach)>,
    pub rule: ItemRule,
}

impl Questionnaire {
    /// `url|version`, or `url`.
    pub fn canonical(&self) -> String {
        if self.version.is_empty() { self.url.clone() } else { format!("{}|{}", self.url, self.version) }
    }

    /// How many items can be asked.
    pub fn asks(&self) -> usize {
        self.items.len()
    }

    /// What cannot be asked, a line each: the item, where it stands, why.
    pub fn cannot(&self) -> Vec<String> {
        let told = |(link, line, why): &(String, u32, String)| format!("`{link}` ({}:{line}): {why}", self.file);
        self.cannot.iter().map(told).collect()
    }
}

/// Reads one file. `None`, with a finding, when it is no Questionnaire.
pub(crate) fn read(file: &str, text: &str, findings: &mut Findings) -> Option<Questionnaire> {
    let top = Place { line: 1, column: 1, length: 1 };
    if text.len() > FILE_BYTES_MAX {
        findings.error("TL002", top, format!("a file has at most {FILE_BYTES_MAX} bytes"), None);
        return None;
    }
    let json: Json = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => {
            let small = |n: usize| u32::try_from(n.max(1)).unwrap_or(u32::MAX);
            let place = Place { line: small(error.line()), column: small(error.column()), length: 1 };
            findings.error("TL098", place, "this is not JSON", Some("a FHIR R4 Questionnaire in JSON".into()));
            return None;
        }
    };
    if json["resourceType"] != "Questionnaire" {
        findings.error("TL098", top, "this is no FHIR Questionnaire", Some("`resourceType` says what it is".into()));
        return None;
    }
    let plain = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    if plain("url").is_empty() {
        let help = Some("pathways name it by its `url`".into());
        findings.error("TL098", top, "this Questionnaire has no `url`", help);
        return None;
    }
    let mut reader = Reader {
        out: Questionnaire {
            url: plain("url"),
            version: plain("version"),
            language: plain("language"),
            file: file.to_owned(),
            hash: Id::of(&[b"questionnaire", text.as_bytes()]),
            ..Questionnaire::default()
        },
        source: text,
        seen: 0,
    };
    reader.items(&json["item"], &Group::default(), 0);
    if reader.out.items.is_empty() && reader.out.cannot.is_empty() {
        findings.error("TL098", top, "this Questionnaire asks nothing", None);
        return None;
    }
    Some(reader.out)
}

/// What the groups that an item stands in say.
#[derive(Clone, Default)]
struct Group {
    links: Vec<String>,
    only_if: Vec<(String, Value)>,
    any: bool,
}

struct Reader<'s> {
    out: Questionnaire,
    source: &'s str,
    seen: usize,
}

impl Reader<'_> {
    fn items(&mut self, list: &Json, group: &Group, depth: usize) {
        for json in list.as_array().into_iter().flatten() {
            self.seen += 1;
            if self.seen > ITEMS_MAX {
                if self.seen == ITEMS_MAX + 1 {
                    self.no("", &format!("a Questionnaire has at most {ITEMS_MAX} items"));
                }
                return;
            }
            let link = json["linkId"].as_str().unwrap_or_default();
            if link.is_empty() {
                self.no("", "it has no `linkId`");
            } else if json["type"] == "group" {
                self.group(link, json, group, depth);
            } else {
                match self.item(link, json, group) {
                    Ok(item) => self.out.items.push(item),
                    Err(why) => self.no(link, &why),
                }
            }
        }
    }

    /// Items of a group are asked like any others; when a group is asked only sometimes, so are they.
    fn group(&mut self, link: &str, json: &Json, outer: &Group, depth: usize) {
        if depth >= DEPTH_MAX {
            return self.no(link, &format!("groups stand in at most {DEPTH_MAX} others"));
        }
        if json["repeats"] == true {
            return self.no(link, "a group that repeats");
        }
        match self.common(json).and_then(|()| self.only_if(json, outer)) {
            Err(why) => self.no(link, &why),
            Ok((only_if, any)) => {
                let links = outer.links.iter().cloned().chain([link.to_owned()]).collect();
                self.items(&json["item"], &Group { links, only_if, any }, depth + 1);
            }
        }
    }

    fn no(&mut self, link: &str, why: &str) {
        let line = self.line_of(link);
        self.out.cannot.push((link.to_owned(), line, why.to_owned()));
    }

    /// The line of an item's `linkId`.
    fn line_of(&self, link: &str) -> u32 {
        let quoted = Json::String(link.to_owned()).to_string();
        let has = |line: &str| line.contains("\"linkId\"") && line.contains(&quoted);
        let at = self.source.lines().position(has).unwrap_or_default();
        u32::try_from(at + 1).unwrap_or(u32::MAX)
    }

    /// What makes an item other than it looks.
    fn common(&self, json: &Json) -> Result<(), String> {
        if json.get("modifierExtension").is_some() {
            return Err("an extension changes what it means".into());
        }
        let extensions = json["extension"].as_array().into_iter().flatten();
        for url in extensions.filter(|e| e["valueBoolean"] != false).filter_map(|e| e["url"].as_str()) {
            if let Some((_, why)) = CHANGING.iter().find(|(changing, _)| *changing == url) {
                return Err((*why).into());
            }
        }
        Ok(())
    }

    fn item(&self, link: &str, json: &Json, group: &Group) -> Result<Item, String> {
        self.common(json)?;
        if json["repeats"] == true {
            return Err("it takes several answers".into());
        }
        if json["readOnly"] == true {
            return Err("it is to be read only".into());
        }
        if json["item"].as_array().is_some_and(|inner| !inner.is_empty()) {
            return Err("other items stand below it: put them after it, with `enableWhen`".into());
        }
        if json.get("answerValueSet").is_some() {
            return Err("its answers are a value set: list them as `answerOption`".into());
        }
        let text = self.in_each(json, "text")?;
        let field = self.field_name(link);
        let (only_if, any) = self.only_if(json, group)?;
        let inside = group.links.clone();
        let optional = json["required"] != true;
        let mut rule = ItemRule { field, inside, optional, only_if, any, ..ItemRule::default() };
        let (answer, choices) = self.answer(json, &mut rule)?;
        Ok(Item { link: link.to_owned(), line: self.line_of(link), text, answer, choices, rule })
    }

    fn answer(&self, json: &Json, rule: &mut ItemRule) -> Result<(Answer, Vec<(String, InEach)>), String> {
        let kind = json["type"].as_str().unwrap_or_default();
        if kind != "choice" && json.get("answerOption").is_some() {
            return Err(format!("a `{kind}` with given answers: make it a `choice`"));
        }
        let answer = match kind {
            "boolean" => Answer::Bool,
            "integer" | "decimal" => {
                rule.whole = Some(kind == "integer");
                self.range(json)?
            }
            "string" | "text" => {
                rule.length_max = json["maxLength"].as_u64().and_then(|n| usize::try_from(n).ok());
                if rule.length_max == Some(0) {
                    return Err("its answer has at most 0 characters".into());
                }
                Answer::Text
            }
            "choice" => return self.choice(json, rule),
            "display" => return Err("it only shows text: say it in the words of the `ask`".into()),
            "" => return Err("it has no `type`".into()),
            other => {
                return Err(format!("a `{other}` is not asked: boolean, integer, decimal, choice, string, text are"));
            }
        };
        Ok((answer, Vec::new()))
    }

    fn range(&self, json: &Json) -> Result<Answer, String> {
        let bound = |url: &str| {
            let found = json["extension"].as_array()?.iter().find(|e| e["url"] == url)?;
            found.get("valueInteger").or(found.get("valueDecimal"))?.as_f64()
        };
        match (bound(MIN), bound(MAX)) {
            (Some(min), Some(max)) if min < max && min.abs() <= NUMBER_MAX && max.abs() <= NUMBER_MAX => {
                Ok(Answer::Number { min, max })
            }
            (Some(_), Some(_)) => Err("its `minValue` and `maxValue` are no range".into()),
            _ => Err("how small and how large its answer may be is not said: add `minValue` and `maxValue`".into()),
        }
    }

    fn choice(&self, json: &Json, rule: &mut ItemRule) -> Result<(Answer, Vec<(String, InEach)>), String> {
        let options = json["answerOption"].as_array().map(Vec::as_slice).unwrap_or_default();
        if options.is_empty() || options.len() > CHOICES_MAX {
            return Err(format!("a choice has 1 to {CHOICES_MAX} answers, this has {}", options.len()));
        }
        let (mut choices, mut shown) = (Vec::new(), Vec::new());
        for option in options {
            let coding = option.get("valueCoding").ok_or("one of its answers is no `valueCoding`")?;
            let code = coding["code"].as_str().filter(|c| !c.is_empty()).ok_or("one of its answers has no `code`")?;
            let words = self.in_each(coding, "display")?;
            let value = unique(name_of(code, "c"), |name| rule.codings.iter().any(|(value, ..)| value == name));
            let system = coding["system"].as_str().unwrap_or_default();
            rule.codings.push((value.clone(), system.to_owned(), code.to_owned()));
            shown.push((value.clone(), words.first().map(|(_, w)| w.clone()).unwrap_or_default()));
            choices.push((value, words));
        }
        Ok((Answer::Choice { options: shown }, choices))
    }

    /// A text in its own language and those that it is translated to.
    fn in_each(&self, json: &Json, key: &str) -> Result<InEach, String> {
        let own = json[key].as_str().map(str::trim).filter(|t| !t.is_empty()).ok_or(format!("it has no `{key}`"))?;
        let mut out = vec![(short(&self.out.language), own.to_owned())];
        let extensions = json[format!("_{key}")]["extension"].as_array().into_iter().flatten();
        for extension in extensions.filter(|e| e["url"] == TRANSLATION) {
            let inner = |url: &str, keys: [&str; 3]| {
                let parts = extension["extension"].as_array()?;
                let part = parts.iter().find(|e| e["url"] == url)?;
                keys.into_iter().find_map(|key| part[key].as_str()).map(str::trim).filter(|t| !t.is_empty())
            };
            let language = inner("lang", ["valueCode", "valueString", "valueId"]);
            let content = inner("content", ["valueString", "valueMarkdown", "valueCode"]);
            if let (Some(language), Some(content)) = (language, content)
                && !out.iter().any(|(tag, _)| *tag == short(language))
            {
                out.push((short(language), content.to_owned()));
            }
        }
        match out.iter().any(|(_, text)| text.len() > LABEL_BYTES_MAX) {
            true => Err(format!("its `{key}` has more than {LABEL_BYTES_MAX} bytes")),
            false => Ok(out),
        }
    }

    /// On what it depends, with what its group does.
    fn only_if(&self, json: &Json, group: &Group) -> Result<(Vec<(String, Value)>, bool), String> {
        let conditions = json["enableWhen"].as_array().map(Vec::as_slice).unwrap_or_default();
        if conditions.is_empty() {
            return Ok((group.only_if.clone(), group.any));
        }
        let any = conditions.len() > 1 && json["enableBehavior"] == "any";
        if conditions.len() > 1 && !any && json["enableBehavior"] != "all" {
            return Err("it has several `enableWhen` and no `enableBehavior`".into());
        }
        let mut out = Vec::new();
        for condition in conditions {
            out.push(self.equals(condition)?);
        }
        if group.only_if.is_empty() {
            return Ok((out, any));
        }
        if any || group.any {
            return Err("it and its group are asked only sometimes, in a way that is not one list of conditions".into());
        }
        out.extend(group.only_if.iter().cloned());
        Ok((out, false))
    }

    fn equals(&self, condition: &Json) -> Result<(String, Value), String> {
        let on = condition["question"].as_str().unwrap_or_default();
        let earlier = self.out.items.iter().find(|item| item.link == on);
        let earlier = earlier.ok_or_else(|| format!("it depends on `{on}`, which is not asked before it"))?;
        if condition["operator"] != "=" {
            let operator = condition["operator"].as_str().unwrap_or_default();
            return Err(format!("`enableWhen` with `{operator}`: only `=` is asked"));
        }
        let number = || condition.get("answerInteger").or(condition.get("answerDecimal"))?.as_f64().map(Value::Number);
        let coding = || {
            let coding = condition.get("answerCoding")?;
            let same = |(_, system, code): &&(String, String, String)| {
                coding["code"] == **code && (coding.get("system").is_none() || coding["system"] == **system)
            };
            earlier.rule.codings.iter().find(same).map(|(value, ..)| Value::Text(value.clone()))
        };
        let value = match earlier.answer {
            Answer::Bool => condition["answerBoolean"].as_bool().map(Value::Bool),
            Answer::Number { .. } => number(),
            Answer::Choice { .. } => coding(),
            Answer::Text => None,
        };
        let value = value.ok_or_else(|| format!("what it wants `{on}` to be is none of the answers to that"))?;
        Ok((earlier.rule.field.clone(), value))
    }

    fn field_name(&self, link: &str) -> String {
        let taken = |name: &str| name == "complete" || self.out.items.iter().any(|i| i.rule.field == name);
        unique(name_of(link, "q"), taken)
    }
}

/// `en` of `en-US`.
fn short(language: &str) -> String {
    language.split(['-', '_']).next().unwrap_or_default().to_lowercase()
}

/// A name as conditions write it: `/71802-3` is `q_71802_3`.
fn name_of(written: &str, before: &str) -> String {
    const LETTERS_MAX: usize = 50;
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = written.chars().take(LETTERS_MAX).map(letter).collect();
    let name = name.trim_matches('_');
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name.to_owned() } else { format!("{before}_{name}") }
}

fn unique(name: String, taken: impl Fn(&str) -> bool) -> String {
    let others = (2..).map(|n: u32| format!("{name}_{n}"));
    std::iter::once(name.clone()).chain(others).take(ITEMS_MAX + 2).find(|n| !taken(n)).unwrap_or(name)
}

/// The Questionnaire that `url|version` or `url` names. `Err`: what is told, and what was meant.
pub(crate) fn named<'q>(
    all: &'q [Questionnaire],
    canonical: &str,
) -> Result<&'q Questionnaire, (String, Option<String>)> {
    if let Some(found) = all.iter().find(|q| q.canonical() == canonical) {
        return Ok(found);
    }
    let mut of_url = all.iter().filter(|q| q.url == canonical);
    match (of_url.next(), of_url.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            let says = format!("several versions of the Questionnaire `{canonical}` are there");
            Err((says, Some("say which: `url|version`".into())))
        }
        _ => {
            let known: Vec<String> = all.iter().map(Questionnaire::canonical).collect();
            let help = did_you_mean(canonical, known.iter().map(String::as_str));
            let help = help.unwrap_or_else(|| "put it into the folder `questionnaires` beside the pathway".into());
            Err((format!("there is no Questionnaire `{canonical}`"), Some(help)))
        }
    }
}
