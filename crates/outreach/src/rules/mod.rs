//! Rules that lawyers may change, as data with its citation: `rules/*.yaml`.

use crate::guards::caps::Cap;
use crate::numbers::{self, Destinations};
use crate::state::SENT_MAX;
use crate::triage::Triage;
use crate::triage::likely::Weights;
use jiff::civil::Date;
use model::time::HOUR_MS;
use model::{Channel, Purpose};
use std::sync::{Arc, LazyLock};

mod delivery;
mod holidays;
pub(crate) mod law;
mod triage;
pub(crate) mod yaml;

use law::Law;
pub use law::NumberKind;
use yaml::{Node, Result};

/// The files that ship with the binary.
const SHIPPED: &[(&str, &str)] = &[
    ("rules/quiet-hours.yaml", include_str!("../../../../rules/quiet-hours.yaml")),
    ("rules/caps.yaml", include_str!("../../../../rules/caps.yaml")),
    ("rules/calls.yaml", include_str!("../../../../rules/calls.yaml")),
    ("rules/triage.yaml", include_str!("../../../../rules/triage.yaml")),
    ("rules/holidays.yaml", include_str!("../../../../rules/holidays.yaml")),
    ("rules/destinations.yaml", include_str!("../../../../rules/destinations.yaml")),
    ("rules/consent.yaml", include_str!("../../../../rules/consent.yaml")),
    ("rules/exemption.yaml", include_str!("../../../../rules/exemption.yaml")),
    ("rules/revocation.yaml", include_str!("../../../../rules/revocation.yaml")),
    ("rules/can-spam.yaml", include_str!("../../../../rules/can-spam.yaml")),
    ("rules/carriers.yaml", include_str!("../../../../rules/carriers.yaml")),
    ("rules/related-persons.yaml", include_str!("../../../../rules/related-persons.yaml")),
    ("rules/delivery.yaml", include_str!("../../../../rules/delivery.yaml")),
];
/// What was learnt beside the patterns of triage.
const WEIGHTS: (&str, &str) = ("rules/triage-weights.tsv", include_str!("../../../../rules/triage-weights.tsv"));
/// The largest area code.
const AREA_CODE_MAX: usize = 999;
/// The longest that a call may ring.
const RING_MAX_S: usize = 60;

/// Rules that lawyers may change, read from `rules/*.yaml`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Rules {
    pub(crate) quiet: Quiet,
    pub(crate) caps_rings: Cap,
    pub(crate) caps_email: Cap,
    /// How long the same words are not said again, milliseconds.
    pub(crate) same_words_ms: i64,
    pub(crate) ring_s: u32,
    pub(crate) calls: Vec<(String, CallWords)>,
    pub(crate) triage: Triage,
    pub(crate) holidays: Vec<Date>,
    pub(crate) destinations: Destinations,
    pub(crate) law: Law,
    pub(crate) delivery: delivery::Delivery,
}

/// Quiet hours.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Quiet {
    /// From and to, minutes after local midnight.
    pub default: (u16, u16),
    /// Channels that are bound.
    pub channels: Vec<Channel>,
    /// States that are stricter.
    pub stricter: Vec<State>,
}

/// Quiet hours of a state.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct State {
    /// `US-FL`.
    pub name: String,
    /// From and to, minutes after local midnight.
    pub quiet: (u16, u16),
    /// On a Sunday until then instead.
    pub sunday_to: Option<u16>,
    /// Area codes of its numbers.
    pub area_codes: Vec<u16>,
}

/// What whoever rings the number that calls come from is told, in one language, filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rang {
    /// Language tag.
    pub language: String,
    /// Who is rung, where to turn in an emergency, and what the keys do.
    pub greeting: String,
    /// How to hear this language; said after the greeting in another one.
    pub other: String,
    /// A nurse will call back.
    pub callback: String,
    /// No more automated calls and texts.
    pub stopped: String,
    /// Good-bye.
    pub goodbye: String,
}

/// What every call says around its words, in one language.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct CallWords {
    pub greeting: String,
    pub menu: String,
    pub callback: String,
    pub wrong_number: String,
    pub stopped: String,
    pub goodbye: String,
    pub rang: String,
    pub rang_other: String,
}

impl Rules {
    /// The quiet hours of whoever has none of their own, minutes after local midnight.
    pub fn quiet_hours(&self) -> (u16, u16) {
        self.quiet.default
    }

    /// Days on which offices do not work, beside weekends; sorted.
    pub fn holidays(&self) -> &[Date] {
        &self.holidays
    }

    /// Quiet hours of states that are stricter: state, from and to; minutes after local midnight.
    pub fn stricter_states(&self) -> Vec<(&str, (u16, u16))> {
        self.quiet.stricter.iter().map(|s| (s.name.as_str(), s.quiet)).collect()
    }

    /// The names of the kinds of numbers that ship with the binary: `rules/carriers.yaml` alone is read.
    pub fn number_names() -> Vec<String> {
        let shipped = SHIPPED.iter().find(|(path, _)| path.ends_with("carriers.yaml"));
        let kinds = shipped.and_then(|(path, text)| law::carriers(&Node::read(path, text).ok()?).ok());
        kinds.unwrap_or_default().into_iter().map(|kind| kind.name).collect()
    }

    /// Kinds of numbers that texts leave from, what carriers want registered, and how fast they take it.
    pub fn numbers(&self) -> &[NumberKind] {
        &self.law.numbers
    }

    /// Days that a grant to a related person lasts: usually, and at most.
    pub fn grant_days(&self) -> (usize, usize) {
        (self.law.related.days_usual, self.law.related.days_max)
    }

    /// Whether mails of this purpose are commercial, and need the clinic's postal address.
    pub fn is_commercial(&self, purpose: Purpose) -> bool {
        self.law.can_spam.commercial.contains(&purpose)
    }

    /// Channels that quiet hours bind.
    pub fn quiet_channels(&self) -> &[Channel] {
        &self.quiet.channels
    }

    /// Messages by this channel, and those that are counted with it, that a purpose may take of a local day and of
    /// seven; `None` for a channel that has no cap.
    pub fn places(&self, channel: Channel, purpose: Purpose) -> Option<(usize, usize)> {
        use crate::guards::caps::{Group, group};
        Some(match group(channel)? {
            Group::Rings => self.caps_rings.places(purpose),
            Group::Email => self.caps_email.places(purpose),
        })
    }

    /// Reads the rules from the texts of `rules/*.yaml` (file name, text). Each of `quiet-hours.yaml`,
    /// `caps.yaml`, `calls.yaml`, `triage.yaml`, `holidays.yaml`, `consent.yaml`, `exemption.yaml`, `revocation.yaml`,
    /// `can-spam.yaml`, `carriers.yaml`, `related-persons.yaml`, `destinations.yaml` and `delivery.yaml` must be there; further files are
    /// not looked at. An error names the place: `rules/caps.yaml:3:5: …`.
    pub fn read(files: &[(&str, &str)]) -> std::result::Result<Self, String> {
        let file = |name: &str| -> Result<Node> {
            let found = files.iter().find(|(path, _)| path.rsplit(['/', '\\']).next() == Some(name));
            let (path, text) = found.ok_or_else(|| format!("{name}:1:1: the file is missing"))?;
            Node::read(path, text)
        };
        let (caps_rings, caps_email, same_words_ms) = caps(&file("caps.yaml")?)?;
        let (ring_s, calls) = calls(&file("calls.yaml")?)?;
        let quiet = quiet(&file("quiet-hours.yaml")?)?;
        let triage = triage::read(&file("triage.yaml")?, weights(files)?)?;
        let holidays = holidays::read(&file("holidays.yaml")?)?;
        let destinations = numbers::read(&file("destinations.yaml")?)?;
        let law = law::read(file)?;
        let delivery = delivery::read(&file("delivery.yaml")?)?;
        Ok(Self {
            quiet,
            caps_rings,
            caps_email,
            same_words_ms,
            ring_s,
            calls,
            triage,
            holidays,
            destinations,
            law,
            delivery,
        })
    }

    /// The rules that ship with the binary.
    #[expect(clippy::panic, reason = "the shipped files are part of the binary, and a test reads them")]
    pub fn shipped() -> Self {
        Self::read(SHIPPED).unwrap_or_else(|e| panic!("{e}"))
    }

    /// What whoever rings is told: the same for everybody, in every language that calls are made in.
    pub fn rang(&self, clinic: &crate::Clinic) -> Vec<Rang> {
        let fill = |text: &str| {
            text.replace("{clinic}", &clinic.name)
                .replace("{phone}", &clinic.phone)
                .replace("{emergency_number}", &clinic.emergency_number)
        };
        let one = |(language, words): &(String, CallWords)| Rang {
            language: language.clone(),
            greeting: fill(&words.rang),
            other: fill(&words.rang_other),
            callback: fill(&words.callback),
            stopped: fill(&words.stopped),
            goodbye: fill(&words.goodbye),
        };
        self.calls.iter().map(one).collect()
    }

    /// What is said before the words of a message of this purpose that may have been sent before; `None` when such a
    /// message is not sent again.
    pub fn said_again(&self, purpose: Purpose, language: &str) -> Option<&str> {
        let wanted = crate::language::primary(language);
        let words = self.delivery.again.iter().find(|(l, _)| *l == wanted).map(|(_, words)| words.as_str());
        words.filter(|_| self.delivery.at_least_once.contains(&purpose))
    }

    /// The words around a call in a language.
    pub(crate) fn call(&self, language: &str) -> Option<&CallWords> {
        let wanted = crate::language::primary(language);
        self.calls.iter().find(|(l, _)| *l == wanted).map(|(_, words)| words)
    }
}

/// The weights of `triage-weights.tsv`; those that ship with the binary where the file is not there. Read once.
fn weights(files: &[(&str, &str)]) -> Result<Arc<Weights>> {
    static READ: LazyLock<Result<Arc<Weights>>> = LazyLock::new(|| Weights::read(WEIGHTS.0, WEIGHTS.1).map(Arc::new));
    let found = files.iter().find(|(path, _)| path.rsplit(['/', '\\']).next() == Some("triage-weights.tsv"));
    found.map_or_else(|| READ.clone(), |(path, text)| Weights::read(path, text).map(Arc::new))
}

fn quiet(node: &Node) -> Result<Quiet> {
    node.only(&["citation", "from", "to", "channels", "stricter"])?;
    node.need("citation")?.text()?;
    let channels = node.need("channels")?.list()?.iter().map(channel).collect::<Result<_>>()?;
    let mut stricter = Vec::new();
    if let Some(states) = node.find("stricter")? {
        for (name, _, state) in states.entries()? {
            stricter.push(self::state(name, state)?);
        }
    }
    Ok(Quiet { default: (node.need("from")?.time()?, node.need("to")?.time()?), channels, stricter })
}

fn state(name: &str, node: &Node) -> Result<State> {
    node.only(&["citation", "from", "to", "sunday_to", "area_codes"])?;
    node.need("citation")?.text()?;
    let codes = node.need("area_codes")?.list()?;
    Ok(State {
        name: name.to_owned(),
        quiet: (node.need("from")?.time()?, node.need("to")?.time()?),
        sunday_to: node.find("sunday_to")?.map(Node::time).transpose()?,
        area_codes: codes.iter().map(|n| Ok(n.number(AREA_CODE_MAX)? as u16)).collect::<Result<_>>()?,
    })
}

fn channel(node: &Node) -> Result<Channel> {
    match Channel::named(node.text()?) {
        Some(channel) => Ok(channel),
        None => node.wrong("one of sms, voice, voicemail, email, portal, push is expected here"),
    }
}

/// The most hours that the same words are kept from being said again.
const SAME_WORDS_HOURS_MAX: usize = 24;

fn caps(node: &Node) -> Result<(Cap, Cap, i64)> {
    node.only(&["citation", "rings", "email", "same_words"])?;
    node.need("citation")?.text()?;
    let (rings, email) = (cap(node.need("rings")?)?, cap(node.need("email")?)?);
    let same = node.need("same_words")?;
    same.only(&["within_hours"])?;
    let hours = same.need("within_hours")?.number(SAME_WORDS_HOURS_MAX)?;
    Ok((rings, email, hours as i64 * HOUR_MS))
}

fn cap(node: &Node) -> Result<Cap> {
    node.only(&["day", "week", "reserve"])?;
    let mut reserve = Vec::new();
    for (name, key, value) in node.need("reserve")?.entries()? {
        match Purpose::named(name) {
            Some(purpose) => reserve.push((purpose, value.number(SENT_MAX)?)),
            None => return key.wrong(format_args!("`{name}` is no purpose")),
        }
    }
    Ok(Cap { day: node.need("day")?.number(SENT_MAX)?, week: node.need("week")?.number(SENT_MAX)?, reserve })
}

fn calls(node: &Node) -> Result<(u32, Vec<(String, CallWords)>)> {
    node.only(&["citation", "ring_seconds", "words"])?;
    node.need("citation")?.text()?;
    let mut calls = Vec::new();
    for (language, _, words) in node.need("words")?.entries()? {
        words.only(&["greeting", "menu", "callback", "wrong_number", "stopped", "goodbye", "rang", "rang_other"])?;
        let text = |key: &str| -> Result<String> { Ok(words.need(key)?.text()?.trim().to_owned()) };
        calls.push((
            language.to_owned(),
            CallWords {
                greeting: text("greeting")?,
                menu: text("menu")?,
                callback: text("callback")?,
                wrong_number: text("wrong_number")?,
                stopped: text("stopped")?,
                goodbye: text("goodbye")?,
                rang: text("rang")?,
                rang_other: text("rang_other")?,
            },
        ));
    }
    Ok((node.need("ring_seconds")?.number(RING_MAX_S)? as u32, calls))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_are_read() {
        let rules = Rules::shipped();
        assert_eq!(rules.quiet.default, (21 * 60, 8 * 60));
        assert_eq!(rules.quiet.channels, [Channel::Sms, Channel::Voice, Channel::Voicemail, Channel::Push]);
        assert_eq!(rules.caps_rings.day, 10);
        assert_eq!(rules.same_words_ms, 4 * HOUR_MS);
        assert!(rules.call("es-MX").is_some() && rules.call("pl").is_none());
        for (language, words) in &rules.calls {
            for key in ['1', '2', '9'] {
                assert!(words.greeting.contains(key), "{language}: key {key} is not told");
            }
        }
        let clinic = crate::Clinic::default();
        for words in rules.rang(&clinic) {
            for what in ["1", "9", &clinic.name, &clinic.emergency_number] {
                assert!(words.greeting.contains(what), "{}: {what} is not told", words.language);
            }
            let all = [&words.greeting, &words.other, &words.callback, &words.stopped, &words.goodbye];
            assert!(all.iter().all(|t| !t.contains('{')), "{words:?}");
            assert!(words.other.contains('2'), "{}: key 2 is not told", words.language);
        }
    }

    #[test]
    fn a_mistake_names_its_place() {
        let with = |name: &str, text: &str| {
            let files: Vec<(&str, &str)> = SHIPPED
                .iter()
                .map(|(path, shipped)| (*path, if path.ends_with(name) { text } else { *shipped }))
                .collect();
            Rules::read(&files).expect_err("a mistake")
        };
        let quiet = |rest: &str| with("quiet-hours.yaml", &format!("citation: x\n{rest}"));
        assert!(
            quiet("from: \"21:00\"\nto: \"25:00\"\nchannels: [sms]")
                .starts_with("rules/quiet-hours.yaml:3:5: a time of day")
        );
        assert!(
            quiet("from: \"21:00\"\nto: \"08:00\"\nchannels: [fax]").starts_with("rules/quiet-hours.yaml:4:12: one of")
        );
        assert!(quiet("until: 3").starts_with("rules/quiet-hours.yaml:2:1: `until` is not known here"));
        let caps = with("caps.yaml", "citation: x\nrings: {day: 1000, week: 1, reserve: {}}\nemail: 1");
        assert_eq!(caps, "rules/caps.yaml:2:14: a whole number from 0 to 64 is expected here");
        let cap = "{day: 1, week: 1, reserve: {}}";
        let same = |what: &str| with("caps.yaml", &format!("citation: x\nrings: {cap}\nemail: {cap}{what}"));
        assert_eq!(
            same("\nsame_words: {within_hours: 25}"),
            "rules/caps.yaml:4:28: a whole number from 0 to 24 is expected here"
        );
        assert!(same("").contains("same_words"), "{}", same(""));
        assert!(with("caps.yaml", "a: [").starts_with("rules/caps.yaml:"));
        assert!(with("caps.yaml", "").contains("empty"));
        assert_eq!(Rules::read(&[]).expect_err("nothing"), "caps.yaml:1:1: the file is missing");
    }
}
