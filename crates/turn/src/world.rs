//! Where outreach finds its words: the journey's own version of the pathway, with its variables.

use crate::Setup;
use crate::line::Walking;
use crate::scope::JourneyScope;
use jiff::tz::TimeZone;
use model::value::Kind;
use model::{At, Channel, Disclosure, MessageId, PersonId, Purpose};
use outreach::{Asks, Visit, Want, Words, World};
use pathway::Pathway;
use pathway::ast::{Success, Verb, WordsIn};
use record::Record;

/// The journeys of a line as outreach sees them.
pub struct Journeys<'a> {
    /// Whose.
    pub person: PersonId,
    /// What is known.
    pub record: &'a Record,
    /// Under way.
    pub journeys: &'a [Walking],
    /// Pathways.
    pub setup: &'a Setup,
    /// The care clock.
    pub now: At,
    /// The person's zone.
    pub zone: &'a TimeZone,
    /// Messages that are with a provider this moment.
    pub sending: &'a [MessageId],
    /// Whether halts are not heeded.
    pub heedless: bool,
}

impl Journeys<'_> {
    /// Whether what is wanted is said in words for whoever it is, whatever they speak.
    fn is_for_anyone(&self, want: &Want) -> bool {
        let words = self.setup.versions.get(&want.pathway.1).and_then(|p| p.words(&want.intent.words));
        words.is_some_and(|w| w.any_language)
    }
}

/// The words of that name; in the pathway's first language, when they are for whoever it is.
fn text_of<'p>(pathway: &'p Pathway, words: &str, channel: Channel, language: &'p str) -> Option<&'p WordsIn> {
    let words = pathway.words(words)?;
    let language = pathway.speaks.first().filter(|_| words.any_language).map_or(language, String::as_str);
    words.texts.iter().find(|t| t.channel == channel && t.language == language)
}

impl World for Journeys<'_> {
    fn speaks(&self, want: &Want) -> Vec<String> {
        let Some(pathway) = self.setup.versions.get(&want.pathway.1) else { return Vec::new() };
        if self.is_for_anyone(want) {
            // Whatever the person speaks, they are told so.
            return self.record.language.iter().chain(pathway.speaks.first()).cloned().collect();
        }
        pathway.speaks.iter().filter(|language| self.setup.offers(pathway, language)).cloned().collect()
    }

    fn discloses(&self, want: &Want, channel: Channel, language: &str) -> Disclosure {
        let pathway = self.setup.versions.get(&want.pathway.1);
        let text = pathway.and_then(|p| text_of(p, &want.intent.words, channel, language));
        let said = text.map_or(Disclosure::None, |t| t.discloses);
        // By text the question itself stands on the screen, whatever the words around it are.
        let asked = self.question_of(want).filter(|_| channel == Channel::Sms);
        said.max(asked.map_or(Disclosure::None, |q| q.discloses))
    }

    fn halted(&self, want: &Want) -> bool {
        let walking = self.journeys.iter().find(|w| Some(w.row.id) == want.journey);
        let version = walking.map_or(want.pathway.1, |w| w.row.version);
        !self.heedless && self.setup.halt_of(&want.pathway.0, version).is_some()
    }

    fn sending(&self, message: MessageId) -> bool {
        self.sending.contains(&message)
    }

    fn visit(&self, want: &Want) -> Option<Visit> {
        let walking = self.journeys.iter().find(|w| Some(w.row.id) == want.journey)?;
        // A journey of one appointment: its episode is the appointment's id.
        let (_, item) = self.setup.versions.get(&want.pathway.1)?.enrol.item.as_ref()?;
        if *item != Kind::Appointment || want.intent.purpose != Purpose::Reminder {
            return None;
        }
        // Where it stands now, not where it stood when the journey began.
        let all = &self.record.appointments;
        let visit = all.iter().find(|a| a.id == walking.row.episode && !a.cancelled)?;
        let start = visit.start.filter(|start| *start > self.now)?;
        Some(Visit { id: visit.id.clone(), start })
    }

    fn words(&self, want: &Want, channel: Channel, language: &str, to: &str) -> Option<Words> {
        if let Some(written) = want.written() {
            return Some(self.written_words(&written, channel));
        }
        let pathway = self.setup.versions.get(&want.pathway.1)?;
        if !self.is_for_anyone(want) && !self.setup.offers(pathway, language) {
            return None;
        }
        let walking = self.journeys.iter().find(|w| Some(w.row.id) == want.journey)?;
        let (asking, further) = self.asking(want, pathway, walking, (channel, language));
        if further {
            let asking = asking?;
            return Some(Words { subject: String::new(), text: asking.text, asks: Some(asking.asks) });
        }
        let text = text_of(pathway, &want.intent.words, channel, language)?;
        let scope = JourneyScope {
            person: self.person,
            record: self.record,
            episode: &walking.row.episode,
            fact: walking.fact.as_ref(),
            pathway,
            day_0: walking.state.as_ref().map_or(walking.row.started_at, |s| s.day_0),
            setup: self.setup,
            now: self.now,
            zone: self.zone,
            language,
            to,
            bound: want.intent.bindings.clone(),
        };
        let subject = pathway::template::render(&text.subject_parts, &scope, language, self.zone);
        let body = pathway::template::render(&text.parts, &scope, language, self.zone);
        let mut text = body.text;
        if let Some(asking) = asking.as_ref().filter(|_| channel == Channel::Sms) {
            text = format!("{}\n\n{}", text.trim_end(), asking.text);
        }
        let counts = || {
            let step = pathway.steps.iter().find(|s| s.name == want.intent.step);
            matches!(step.map(|s| &s.verb), Some(Verb::Reach { success: Some(Success::Answered), .. }))
        };
        let asks = asking.map(|a| a.asks).or_else(|| counts().then(Asks::default));
        let asks = asks.or_else(|| self.asks_of_visit(want, pathway, walking).filter(|_| channel == Channel::Sms));
        // Words with a hole are not sent: the ladder goes on, and in the end a person is asked.
        (subject.missing.is_empty() && body.missing.is_empty()).then_some(Words { subject: subject.text, text, asks })
    }
}
