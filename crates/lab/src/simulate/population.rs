//! Rates, prices and capacity as data, each with its source: `population.yaml`.

use model::Channel;
use pathway::finding::Findings;
use pathway::yaml::{Node, What, parse};
use serde::Serialize;
use std::collections::BTreeMap;

/// The file that ships with the binary.
pub const SHIPPED: &str = include_str!("../../population.yaml");
/// Teams that have no line of their own.
const OTHER: &str = "other";

/// What is drawn, and the names of its outcomes in order. The code acts on the names; a file says the weights.
pub const DRAWS: &[(&str, &[&str])] = &[
    ("language", &["en", "es"]),
    ("contact", &["mobile_and_email", "mobile", "landline_and_email", "landline", "none"]),
    ("wishes", &["none", "texts_and_tasks", "texts", "email"]),
    ("weekday", &["mon", "tue", "wed", "thu", "fri"]),
    ("hour", &["11", "14", "17"]),
    ("number", &["theirs", "someone_else"]),
    ("call", &["answered", "missed", "opt_out"]),
    ("first_text", &["nothing", "thanks", "question"]),
    ("task_text", &["answers_done", "nothing"]),
    ("pharmacy", &["ready_in_3_hours", "ready_next_day", "tells_nothing"]),
    ("pick_up", &["same_evening", "next_day", "day_3", "day_5", "not_by_themselves"]),
    ("after_message", &["goes_today", "goes_tomorrow", "stays"]),
    ("after_nurse", &["goes_tomorrow", "stays"]),
    ("has_it_already", &["says_so", "silent"]),
    ("nurse_check", &["well", "danger", "unfinished", "no_answer", "declined"]),
    ("nurse_call", &["done", "no_answer", "declined"]),
    (
        "day",
        &[
            "nothing",
            "danger_text",
            "question_text",
            "stop_text",
            "readmitted",
            "moved_zone",
            "moved_appointment",
            "died",
        ],
    ),
    ("service", &["answers_yes", "answers_no", "fails"]),
    ("ask_text", &["answers", "says_else", "silent"]),
    ("ask_keys", &["answers", "says_nothing"]),
    ("ask_page", &["answers_soon", "answers_next_day", "breaks_off", "silent"]),
    ("ask_known", &["well", "danger"]),
    ("ask_yes_no", &["yes", "no"]),
    ("ask_number", &["least", "low", "middle", "high", "greatest"]),
    ("ask_choice", &["first", "second", "third", "last"]),
    ("ask_words", &["well", "question", "danger"]),
    ("ask_optional", &["fills_it_in", "leaves_out"]),
    ("visit", &["comes", "stays_away"]),
    ("visit_without_reminder", &["comes", "stays_away"]),
];

/// A list of weights with where they are from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// In the order of [`DRAWS`].
    pub weights: Vec<u32>,
    /// The address at which it was read, or `assumption`.
    pub source: String,
    /// What was read there, and how it was used.
    pub says: String,
}

/// What a message costs, in millionths of the currency; of a text each segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Price {
    /// Millionths.
    pub micros: u64,
    /// As of a rate.
    pub source: String,
}

/// The people of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Capacity {
    /// Tenths of a person at work in each hour of the team, for every 1,000 people who go home in the week.
    pub staff_tenths: u64,
    /// Minutes that a prompt takes.
    pub minutes: u64,
    /// Minutes at work after which a prompt is looked at while people walk.
    pub looks_after: u64,
    /// The same of an urgent one.
    pub looks_after_urgent: u64,
    /// As of a rate.
    pub source: String,
}

/// What is found on a call: when all is well, and when something is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// All is well.
    pub well: String,
    /// Something is not.
    pub danger: String,
}

/// Rates, prices and capacity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Population {
    /// By the names of [`DRAWS`].
    pub draws: BTreeMap<String, Rate>,
    /// By channel.
    pub prices: BTreeMap<Channel, Price>,
    /// By team; `other` for all that have no line.
    pub teams: BTreeMap<String, Capacity>,
    /// By the name of a form's question.
    pub answers: BTreeMap<String, Found>,
}

impl Population {
    /// The one that ships with the binary.
    #[expect(clippy::panic, reason = "the shipped file is part of the binary, and a test reads it")]
    pub fn shipped() -> Self {
        Self::read("population.yaml", SHIPPED).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Reads a file of that name.
    ///
    /// # Errors
    /// What is wrong, with its place: `population.yaml:3:5: …`.
    pub fn read(file: &str, text: &str) -> Result<Self, String> {
        let mut findings = Findings::of(file);
        let Some(root) = parse(text, &mut findings) else {
            let said: Vec<String> = findings.sorted().iter().map(|f| f.says.clone()).collect();
            return Err(format!("{file}: {}", said.join("; ")));
        };
        let at = At { file };
        at.only(&root, &["draws", "prices", "teams", "answers"])?;
        let draws = at.need(&root, "draws")?;
        let names: Vec<&str> = DRAWS.iter().map(|(name, _)| *name).collect();
        at.only(draws, &names)?;
        let rate = |(name, outcomes): &(&str, &[&str])| -> Result<(String, Rate), String> {
            let node = at.need(draws, name)?;
            at.only(node, &["weights", "source", "says"])?;
            let weights = at.need(node, "weights")?;
            at.only(weights, outcomes)?;
            let numbers =
                outcomes.iter().map(|o| at.number(at.need(weights, o)?)).collect::<Result<Vec<u64>, String>>()?;
            let small = |n: &u64| u32::try_from(*n).map_err(|_| at.wrong(weights, "a weight is below four billion"));
            let weights = numbers.iter().map(small).collect::<Result<Vec<u32>, String>>()?;
            if weights.iter().all(|w| *w == 0) {
                return Err(at.wrong(node, "one of the weights at least must be above 0"));
            }
            Ok(((*name).to_owned(), Rate { weights, source: at.source(node)?, says: at.said(node) }))
        };
        let draws = DRAWS.iter().map(rate).collect::<Result<_, _>>()?;
        Ok(Self { draws, prices: at.prices(&root)?, teams: at.teams(&root)?, answers: at.answers(&root)? })
    }

    /// The weights of a draw.
    pub fn weights(&self, draw: &str) -> &[u32] {
        self.draws.get(draw).map_or(&[1], |rate| &rate.weights)
    }

    /// The capacity of a team.
    pub fn capacity(&self, team: &str) -> &Capacity {
        static NONE: Capacity =
            Capacity { staff_tenths: 0, minutes: 1, looks_after: 60, looks_after_urgent: 15, source: String::new() };
        self.teams.get(team).or_else(|| self.teams.get(OTHER)).unwrap_or(&NONE)
    }
}

/// Reads nodes of one file.
#[derive(Clone, Copy)]
struct At<'a> {
    file: &'a str,
}

impl At<'_> {
    fn wrong(self, node: &Node, says: &str) -> String {
        format!("{}:{}:{}: {says}", self.file, node.place.line, node.place.column)
    }

    fn pairs(self, node: &Node) -> Result<&[(Node, Node)], String> {
        match &node.what {
            What::Map(pairs) => Ok(pairs),
            _ => Err(self.wrong(node, "`key: value` pairs are expected")),
        }
    }

    fn only(self, node: &Node, known: &[&str]) -> Result<(), String> {
        for (key, _) in self.pairs(node)? {
            if !key.text().is_some_and(|k| known.contains(&k)) {
                let says = format!("unknown key `{}`: {} are known", key.text().unwrap_or_default(), known.join(", "));
                return Err(self.wrong(key, &says));
            }
        }
        Ok(())
    }

    fn get<'n>(self, node: &'n Node, key: &str) -> Option<&'n Node> {
        self.pairs(node).ok()?.iter().find(|(k, _)| k.text() == Some(key)).map(|(_, v)| v)
    }

    fn need<'n>(self, node: &'n Node, key: &str) -> Result<&'n Node, String> {
        self.get(node, key).ok_or_else(|| self.wrong(node, &format!("`{key}` is missing")))
    }

    fn number(self, node: &Node) -> Result<u64, String> {
        let number = node.text().and_then(|t| t.parse().ok());
        number.ok_or_else(|| self.wrong(node, "a whole number is expected"))
    }

    fn text(self, node: &Node) -> Result<String, String> {
        node.text().map(str::to_owned).ok_or_else(|| self.wrong(node, "text is expected"))
    }

    /// Where a figure is from: an address, or the plain word that nobody looked it up.
    fn source(self, node: &Node) -> Result<String, String> {
        let source = self.need(node, "source")?;
        let text = self.text(source)?;
        if text == "assumption" || text.starts_with("https://") || text.starts_with("http://") {
            Ok(text)
        } else {
            Err(self.wrong(source, "an address (https://…) or the word `assumption` is expected"))
        }
    }

    fn said(self, node: &Node) -> String {
        self.get(node, "says").and_then(Node::text).unwrap_or_default().to_owned()
    }

    fn prices(self, root: &Node) -> Result<BTreeMap<Channel, Price>, String> {
        let node = self.need(root, "prices")?;
        let price = |(key, node): &(Node, Node)| {
            let channel =
                key.text().and_then(Channel::named).ok_or_else(|| self.wrong(key, "a channel is expected"))?;
            self.only(node, &["micros", "source", "says"])?;
            let micros = self.number(self.need(node, "micros")?)?;
            Ok((channel, Price { micros, source: self.source(node)? }))
        };
        self.pairs(node)?.iter().map(price).collect()
    }

    fn teams(self, root: &Node) -> Result<BTreeMap<String, Capacity>, String> {
        let node = self.need(root, "teams")?;
        self.need(node, OTHER)?;
        let team = |(key, node): &(Node, Node)| {
            self.only(node, &["staff_tenths", "minutes", "looks_after", "looks_after_urgent", "source", "says"])?;
            let number = |name: &str| self.number(self.need(node, name)?);
            let capacity = Capacity {
                staff_tenths: number("staff_tenths")?,
                minutes: number("minutes")?.max(1),
                looks_after: number("looks_after")?,
                looks_after_urgent: number("looks_after_urgent")?,
                source: self.source(node)?,
            };
            Ok((self.text(key)?, capacity))
        };
        self.pairs(node)?.iter().map(team).collect()
    }

    fn answers(self, root: &Node) -> Result<BTreeMap<String, Found>, String> {
        let node = self.need(root, "answers")?;
        let answer = |(key, node): &(Node, Node)| {
            self.only(node, &["well", "danger"])?;
            let text = |name: &str| self.text(self.need(node, name)?);
            Ok((self.text(key)?, Found { well: text("well")?, danger: text("danger")? }))
        };
        self.pairs(node)?.iter().map(answer).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_reads_and_says_where_each_figure_is_from() {
        let shipped = Population::shipped();
        assert_eq!(shipped.draws.len(), DRAWS.len());
        for (name, rate) in &shipped.draws {
            assert!(!rate.says.is_empty(), "{name} says nothing of its source");
        }
        assert_eq!(shipped.prices.len(), Channel::ALL.len());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let wrong = |from: &str, to: &str| {
            assert!(SHIPPED.contains(from), "{from}");
            Population::read("p.yaml", &SHIPPED.replacen(from, to, 1)).expect_err(to)
        };
        assert!(wrong("{en: 870, es: 130}", "{en: 870}").contains("`es` is missing"));
        assert!(wrong("{en: 870, es: 130}", "{en: 870, fr: 130}").contains("unknown key `fr`"));
        assert!(wrong("{en: 870, es: 130}", "{en: 0, es: 0}").contains("above 0"));
        assert!(wrong("{en: 870, es: 130}", "{en: 870, es: many}").contains("a whole number"));
        assert!(wrong("source: assumption", "source: everybody knows").starts_with("p.yaml:"));
        assert!(wrong("  other: {staff", "  others: {staff").contains("`other` is missing"));
        assert!(Population::read("p.yaml", "draws: [").is_err());
    }
}
