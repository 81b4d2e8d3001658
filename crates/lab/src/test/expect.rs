//! What should come of a scenario: lines with wildcards, and how they compare with what came.

use super::happen::HUB_PROMPTS;
use super::line::{Line, What};
use super::read::{Names, last_line};
use super::when::{Calendar, HELP, minute};
use model::{At, Channel};
use pathway::ast::{Place, Verb};
use pathway::finding::{Findings, did_you_mean};
use pathway::reader::{Keys, list, text};
use pathway::yaml::{Node, What as Shape};

/// Everything that should come, and where the list stands in the file.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Its lines.
    pub lines: Vec<Pattern>,
    /// The line and column of its key, and its last line.
    pub stands: (u32, u32, u32),
}

/// A line as expected; what it leaves out is not compared, see [`Pattern::fits`].
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Where it stands.
    pub place: Place,
    /// Its last line in the file.
    pub last: u32,
    /// As written.
    pub written: String,
    at: Option<At>,
    urgent: bool,
    what: Option<What>,
    name: String,
    attempt: Option<u32>,
    teams: Option<String>,
    from: Option<At>,
    due: Option<At>,
    ended: Option<String>,
    /// A part of the words.
    pub says: Option<String>,
}

impl Pattern {
    /// When it should come.
    pub fn at(&self) -> Option<At> {
        self.at
    }

    /// The name of what should come.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a line is what is expected. In a full list (`whole`) what goes without saying was said: not urgent,
    /// the first try, arrived, still open.
    pub fn fits(&self, line: &Line, whole: bool) -> bool {
        let same = |a: Option<At>, b: Option<At>| a.is_none_or(|a| b.is_some_and(|b| minute(a) == minute(b)));
        let ended = match &self.ended {
            Some(ended) => glob(ended, &line.ended),
            None => !whole || line.what == What::End || line.ended == line.usual(),
        };
        let attempt = self.attempt.unwrap_or(if whole { 1 } else { line.attempt });
        same(self.at, Some(line.at))
            && (self.urgent == line.urgent || !self.urgent && (!whole || self.what.is_none()))
            && self.what.is_none_or(|what| what == line.what)
            && glob(&self.name, &line.name)
            && attempt == line.attempt
            && self.teams.as_ref().is_none_or(|teams| glob(teams, &line.teams))
            && same(self.from, line.from)
            && same(self.due, line.due)
            && ended
            && self.says.as_ref().is_none_or(|part| line.says.contains(part.as_str()))
    }

    /// As compared: with the words that are asked for.
    pub fn show(&self) -> String {
        match &self.says {
            Some(says) => format!("{} (saying “{says}”)", self.written),
            None => self.written.clone(),
        }
    }
}

/// Whether a text is as a pattern says, in which `*` stands for any letters.
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// How a full list compares: for each expected line the one that it fits, and what nobody expected.
pub struct Compared {
    /// For each expected line the place of what came.
    pub found: Vec<Option<usize>>,
    /// What came and was not expected.
    pub more: Vec<usize>,
}

/// Compares a full list. Lines that say more are served first, so that a wildcard takes what is left.
pub fn compare(expected: &[Pattern], lines: &[Line]) -> Compared {
    let mut order: Vec<usize> = (0..expected.len()).collect();
    let vague = |p: &Pattern| (p.at.is_none(), p.what.is_none(), p.name.contains('*'), p.says.is_none());
    order.sort_by_key(|i| vague(&expected[*i]));
    let mut taken = vec![false; lines.len()];
    let mut found = vec![None; expected.len()];
    for i in order {
        let place = (0..lines.len()).find(|l| !taken[*l] && expected[i].fits(&lines[*l], true));
        if let Some(place) = place {
            (taken[place], found[i]) = (true, Some(place));
        }
    }
    let more = (0..lines.len()).filter(|l| !taken[*l]).collect();
    Compared { found, more }
}

/// Reads expectations.
pub struct Reader<'a> {
    /// What they may name.
    pub names: &'a Names<'a>,
    /// The days of the scenario.
    pub calendar: &'a Calendar,
    /// What `+2 hours` is counted from.
    pub first: At,
}

impl Reader<'_> {
    /// A full list.
    pub fn expected(&self, key: &Node, node: &Node, findings: &mut Findings) -> Expected {
        let stands = (key.place.line, key.place.column, last_line(node).max(key.place.line));
        Expected { lines: self.some(node, findings), stands }
    }

    /// A list of lines.
    pub fn some(&self, node: &Node, findings: &mut Findings) -> Vec<Pattern> {
        let nodes = list(node, "what is expected", findings);
        nodes.iter().filter_map(|node| self.pattern(node, findings)).collect()
    }

    /// A name of words or of a prompt.
    pub fn known(&self, node: &Node, findings: &mut Findings) -> Option<String> {
        let name = text(node, "a name", findings)?;
        self.name(node, name, None, name, findings);
        Some(name.to_owned())
    }

    fn pattern(&self, node: &Node, findings: &mut Findings) -> Option<Pattern> {
        let (head, value) = match &node.what {
            Shape::Map(pairs) => match pairs.as_slice() {
                [(head, value)] => (head, Some(value)),
                _ => {
                    let help = Some("write `- day 1 09:30 sms words`, and `{says: …}` after a colon".into());
                    findings.error("TL003", node.place, "an expected line has one `key: value`", help);
                    return None;
                }
            },
            _ => (node, None),
        };
        let written = text(head, "an expected line", findings)?;
        let mut pattern = self.head(head, written, findings)?;
        pattern.last = last_line(node);
        match value {
            None => {}
            Some(value) if value.text().is_some() => pattern.ended = value.text().map(str::to_owned),
            Some(value) => {
                let of = "an expected line";
                let keys = Keys::of(value, of, findings)?;
                keys.only(of, &["ended", "says"], findings);
                let mut plain = |key: &str| keys.get(key).and_then(|n| text(n, key, findings)).map(str::to_owned);
                (pattern.ended, pattern.says) = (plain("ended"), plain("says"));
            }
        }
        if let Some(ended) = &pattern.ended {
            pattern.written = format!("{written}: {ended}");
        }
        Some(pattern)
    }

    fn head(&self, node: &Node, written: &str, findings: &mut Findings) -> Option<Pattern> {
        let words: Vec<&str> = written.split_whitespace().collect();
        let mut rest = words.as_slice();
        let mut at = None;
        if let Some((found, taken)) = self.calendar.words(rest) {
            (at, rest) = (Some(found), &rest[taken..]);
        } else if let ["*", more @ ..] = rest
            && !more.is_empty()
            && more.first().is_some_and(|w| kind(w).is_some() || *w == "urgent" || more.len() > 1)
        {
            rest = more;
        }
        let urgent = rest.first() == Some(&"urgent");
        if urgent {
            rest = &rest[1..];
        }
        let (first, mut rest) = rest.split_first().map(|(f, r)| (*f, r)).unwrap_or(("", &[]));
        let Some(what) = kind(first) else {
            let known = ["sms", "voice", "voicemail", "email", "portal", "push", "prompt", "call", "end", "urgent"];
            let help = did_you_mean(first, known).or_else(|| {
                Some("write `day 1 09:30 sms words`, `day 1 09:30 prompt check`, `day 3 10:00 end`".into())
            });
            let column = written.find(first).map_or(0, |byte| written[..byte].chars().count());
            let says = format!("`{first}` is no channel, and neither `prompt`, `call` nor `end`");
            findings.error("TL018", node.within(column, first.chars().count().max(1)), says, help);
            return None;
        };
        let mut name = "*".to_owned();
        if let Some((word, more)) = rest.split_first() {
            (name, rest) = ((*word).to_owned(), more);
            self.name(node, written, what, word, findings);
        } else if what == Some(What::End) {
            name = "*".into();
        }
        let mut pattern = Pattern {
            place: node.place,
            last: node.place.line,
            written: written.to_owned(),
            at,
            urgent,
            what,
            name,
            attempt: None,
            teams: None,
            from: None,
            due: None,
            ended: None,
            says: None,
        };
        self.tail(node, rest, &mut pattern, findings);
        Some(pattern)
    }

    /// `attempt 2 to a > b from day 1 11:00 due day 1 19:00`.
    fn tail(&self, node: &Node, mut rest: &[&str], pattern: &mut Pattern, findings: &mut Findings) {
        while let Some((word, more)) = rest.split_first() {
            rest = more;
            match *word {
                "attempt" if !rest.is_empty() => {
                    pattern.attempt = rest[0].parse().ok();
                    rest = &rest[1..];
                }
                "to" => {
                    let end = rest.iter().position(|w| ["from", "due", "attempt"].contains(w)).unwrap_or(rest.len());
                    pattern.teams = Some(rest[..end].join(" "));
                    rest = &rest[end..];
                }
                "from" | "due" if rest.first() == Some(&"*") => rest = &rest[1..],
                "from" | "due" => match self.calendar.words(rest) {
                    Some((at, taken)) => {
                        let slot = if *word == "from" { &mut pattern.from } else { &mut pattern.due };
                        *slot = Some(at);
                        rest = &rest[taken..];
                    }
                    None => {
                        let says = format!("a time is expected after `{word}`");
                        findings.error("TL017", node.place, says, Some(HELP.into()));
                        return;
                    }
                },
                other => {
                    let help = did_you_mean(other, ["attempt", "to", "from", "due"]);
                    let help = help.or_else(|| Some("after the name: `attempt 2`, `to team`, `from`, `due`".into()));
                    findings.error("TL018", node.place, format!("`{other}` says nothing here"), help);
                    return;
                }
            }
        }
    }

    /// A name that nothing has would never come: a `never` with it would say nothing.
    fn name(&self, node: &Node, written: &str, what: Option<What>, name: &str, findings: &mut Findings) {
        if name.contains('*') {
            return;
        }
        let all = &self.names.in_force;
        let words = all.iter().flat_map(|p| &p.words).map(|w| w.name.as_str());
        let prompts = all.iter().flat_map(|p| &p.steps).filter_map(|s| match &s.verb {
            Verb::Prompt(p) => Some(p.name.as_str()),
            _ => None,
        });
        let services = all.iter().flat_map(|p| &p.services).map(|s| s.name.as_str());
        let pathways = all.iter().map(|p| p.name.as_str());
        let known: Vec<&str> = match what {
            Some(What::Message(_)) => words.collect(),
            Some(What::Prompt) => prompts.chain(HUB_PROMPTS.iter().copied()).collect(),
            Some(What::Call) => services.collect(),
            Some(What::End) => pathways.collect(),
            None => words.chain(prompts).chain(services).chain(pathways).chain(HUB_PROMPTS.iter().copied()).collect(),
        };
        if !known.contains(&name) {
            let column = written.find(name).map_or(0, |byte| written[..byte].chars().count());
            let place = node.within(column, name.chars().count());
            let code = match what {
                Some(What::Message(_)) => "TL012",
                Some(What::Call) => "TL090",
                _ => "TL010",
            };
            let of = match what {
                Some(What::Message(_)) => "words",
                Some(What::Prompt) => "prompt",
                Some(What::Call) => "service",
                Some(What::End) => "pathway",
                None => "name",
            };
            findings.error(code, place, format!("unknown {of} `{name}`"), did_you_mean(name, known));
        }
    }
}

/// `sms`, `prompt`, `call`, `end`, `*`; the inner `None` is anything.
fn kind(word: &str) -> Option<Option<What>> {
    match word {
        "*" => Some(None),
        "prompt" => Some(Some(What::Prompt)),
        "call" => Some(Some(What::Call)),
        "end" => Some(Some(What::End)),
        other => Channel::named(other).map(|c| Some(What::Message(c))),
    }
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, text, fits) in [
            ("*", "anything", true),
            ("medicine_*", "medicine_ready", true),
            ("*_ready", "medicine_ready", true),
            ("m*e_*dy", "medicine_ready", true),
            ("medicine", "medicine_ready", false),
            ("a*a", "a", false),
            ("", "", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }
}
