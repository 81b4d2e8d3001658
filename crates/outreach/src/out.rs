//! What one input makes outreach do, collected in order.

use crate::codes::Code;
use crate::state::{Reach, Seen};
use crate::{Act, Ask, Context, Want, content, language};
use model::{Channel, EffectId, Fact, MessageId, Trace};
use serde_json::Value as Json;

/// The most bytes of a trace's detail.
const DETAIL_MAX: usize = 160;
/// The most characters of words quoted to staff.
const QUOTE_MAX: usize = 300;

/// The acts of one input.
pub(crate) struct Out<'a> {
    pub cx: &'a Context<'a>,
    pub acts: Vec<Act>,
}

impl<'a> Out<'a> {
    pub(crate) fn new(cx: &'a Context<'a>) -> Self {
        Self { cx, acts: Vec::new() }
    }

    /// Says why.
    pub(crate) fn trace(&mut self, effect: EffectId, message: Option<MessageId>, code: Code, detail: String) {
        let mut detail = detail;
        if detail.len() > DETAIL_MAX {
            let end = (0..=DETAIL_MAX).rev().find(|i| detail.is_char_boundary(*i)).unwrap_or(0);
            detail.truncate(end);
        }
        self.acts.push(Act::Trace(Trace { at: self.cx.now, effect, message, code: code.name().to_owned(), detail }));
    }

    /// Says a fact on the line.
    pub(crate) fn tell(&mut self, kind: &str, key: &str, cause: impl ToString, body: Json) {
        self.acts.push(Act::Tell(Fact::own(kind, key, self.cx.person, self.cx.now, body).because(cause)));
    }

    /// Says how a reach ended.
    pub(crate) fn ended(&mut self, want: &Want, how: &str, because: Code) {
        let id = want.intent.id;
        let body = serde_json::json!({
            "reach": id, "words": want.intent.words, "how": how, "because": because.name(),
        });
        self.tell("reach.ended", &format!("{id}:{how}"), id, body);
    }

    /// Asks the care team.
    pub(crate) fn ask(&mut self, want: &Want, code: &str, title: String, reason: String) {
        let detail = format!("code={code};team={}", want.fallback_team);
        self.trace(want.intent.id, None, Code::Asked, detail);
        self.acts.push(Act::Ask(Ask {
            reach: want.intent.id,
            journey: want.journey,
            team: want.fallback_team.clone(),
            code: code.to_owned(),
            title,
            reason,
            urgent: want.intent.urgent,
            cause: want.intent.cause.clone(),
        }));
    }

    /// Asks for an interpreter: the pathway does not speak the person's language.
    pub(crate) fn ask_language(&mut self, want: &Want, spoken: &str, speaks: &[String]) {
        let name = content::first_name(self.cx);
        let title = format!("Call {name} with {}", language::interpreter(spoken));
        let reason = format!(
            "{name} speaks {}; these words exist in {} only, so nothing was sent.{}",
            language::name(spoken),
            language::names(speaks),
            self.quote(want, speaks.first().map(String::as_str))
        );
        self.ask(want, "language", title, reason);
    }

    /// What could not be said, as staff would read it.
    pub(crate) fn quote(&self, want: &Want, language: Option<&str>) -> String {
        let channels =
            [Channel::Sms, Channel::Voice, Channel::Portal, Channel::Email, Channel::Push, Channel::Voicemail];
        let words = channels.iter().find_map(|c| self.cx.world.words(want, *c, language.unwrap_or("en"), ""));
        match words {
            Some(words) if !words.text.trim().is_empty() => {
                let text = words.text.trim();
                let cut: String = text.chars().take(QUOTE_MAX).collect();
                let more = if cut.len() < text.len() { "…" } else { "" };
                format!(" What was to be said: “{cut}{more}”")
            }
            _ => format!(" It was about: {}.", want.intent.words.replace('_', " ")),
        }
    }

    /// What was tried and what was not possible, in words.
    pub(crate) fn story(&self, reach: &Reach) -> String {
        let tried: Vec<String> = reach
            .attempts
            .iter()
            .filter(|a| a.seen != Seen::Withdrawn)
            .map(|a| format!("{} ({})", way(a.channel), came(a.seen)))
            .collect();
        let skipped: Vec<String> =
            reach.skipped.iter().map(|(channel, code)| format!("{} ({})", way(*channel), why(*code))).collect();
        let mut out = String::new();
        if !tried.is_empty() {
            out.push_str(&format!("Tried: {}. ", tried.join(", ")));
        }
        if !skipped.is_empty() {
            out.push_str(&format!("Not possible: {}. ", skipped.join(", ")));
        }
        out.trim_end().to_owned()
    }
}

/// A channel in words.
pub(crate) fn way(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "a text",
        Channel::Voice => "an automated call",
        Channel::Voicemail => "a voicemail",
        Channel::Email => "an e-mail",
        Channel::Portal => "a note on the Today page",
        Channel::Push => "a notification on their device",
        Channel::Chat => "a post to the care team",
    }
}

/// What came of an attempt, in words.
pub(crate) fn came(seen: Seen) -> &'static str {
    match seen {
        Seen::Queued => "did not leave in time",
        Seen::Accepted => "no receipt",
        Seen::Delivered => "arrived",
        Seen::Failed(Code::NotAnswered) => "nobody answered",
        Seen::Failed(Code::NotIdentified) => "answered, but not by them",
        Seen::Failed(Code::Landline) => "the number takes no texts",
        Seen::Failed(Code::DeadNumber) => "it does not work any more",
        Seen::Failed(Code::CarrierStop) => "they stopped it with the carrier",
        Seen::Failed(_) => "failed",
        Seen::Unknown => "nobody knows whether it went out",
        Seen::Withdrawn => "taken back",
        Seen::Unsettled => "nobody knows whether it went out, so it was said again",
    }
}

/// Why a way was not possible, in words.
fn why(code: Code) -> &'static str {
    match code {
        Code::Stop => "they said STOP",
        Code::Consent => "they refused it",
        Code::Contact => "no usable number or address",
        Code::Deaf => "they cannot hear",
        Code::NoSmartphone => "they have no smartphone",
        Code::NoWords => "no words for it in their language",
        Code::QuietHours => "quiet hours until it is too late",
        Code::Cap => "too many messages already",
        Code::SentUnknown => "it may have gone out before",
        Code::Halted => "the pathway is halted",
        Code::PremiumNumber => "the number costs extra",
        Code::SatelliteNumber => "a number of a satellite network",
        Code::PagerNumber => "a pager",
        Code::ForeignNumber => "a number of a country that nothing is sent to",
        Code::NoBasis => "nothing allows it",
        Code::Confidential => "they asked for confidential communication",
        Code::NoGrant => "no grant to a related person allows it",
        Code::Landline => "the number takes no texts",
        Code::TooLong => "it is longer than the law allows without consent",
        Code::NoAddress => "the clinic's postal address is not set",
        _ => "not possible",
    }
}
