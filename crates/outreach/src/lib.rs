//! Guards, ladders, timing, channel choice and wording of what reaches a person. Pure.
//!
//! A journey wants something got across ([`Want`]); [`Outreach`] holds what is under way to one person,
//! walks each want's ladder of channels, and says what is to be done ([`Act`]). Guards (consent,
//! ground in law, confidential communication, grants, contact, needs, quiet hours, caps, validity, death, an inpatient stay) may hold, re-route or refuse;
//! each says why. What a text from the person says is told by [`classify`].
//!
//! Invariants: nothing leaves on a refused channel, in quiet hours (unless urgent, or the direct answer
//! to what the person wrote), after a death, after its validity, or past a cap; nobody is told the same
//! words by the same channel again within the hours of `rules/caps.yaml`; a channel whose attempt
//! may have left is not used again for the same reach, but once more and with words that say so where
//! `rules/delivery.yaml` allows it; nothing clinical vanishes: where the machine may not or cannot, the care
//! team is asked ([`Ask`]). A state read back behaves as the one written.
//!
//! Deliberately absent: retries of one attempt (the dispatcher's), rendering of words ([`World`]), and
//! any I/O, clock or randomness.

mod asked;
mod by_hand;
pub mod calendar;
mod codes;
mod content;
mod disclosure;
mod engine;
mod guards;
mod ladder;
mod language;
mod lately;
mod lawful;
mod moves;
mod numbers;
mod out;
mod outlook;
mod receipts;
mod related;
mod rules;
mod settle;
mod state;
#[cfg(test)]
mod testing;
mod triage;
mod withdraw;
mod written;

pub use asked::{Asked, Asks, Keyed};
pub use by_hand::may_ring;
pub use codes::{describe, describe_basis};
pub use numbers::{Kind, budget_of_a_range, kind, range_abroad};
pub use rules::{NumberKind, Rang, Rules};
pub use state::Error;
pub use triage::revoke::revoked_kind;
pub use triage::{classify, is_bare_yes, names_cancel, names_danger, red_flags, stop_beside};
pub use written::{Choice, May, Related, VALID_MS, WRITTEN, Written};

use jiff::tz::TimeZone;
use journey::ReachIntent;
use model::message::Message;
use model::{At, Channel, Disclosure, EffectId, Fact, Id, JourneyId, MessageId, PersonId, Trace};
use record::Record;
use serde::{Deserialize, Serialize};

/// The ground of a message to a related person, by a grant of the person: `Message::basis`.
pub const GRANT: &str = "grant";
/// The code of "no grant of the person's allows it".
pub const NO_GRANT: &str = "no_grant";

/// What is under way to one person, and what was sent lately (for caps). Stored as a version byte
/// and postcard within the line's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct Outreach {
    /// Under way.
    reaches: Vec<state::Reach>,
    /// Sent lately, oldest first.
    sent: Vec<state::Sent>,
    /// Ended lately, and caused by a staff outcome.
    ended: Vec<state::Ended>,
    /// A STOP that holds.
    stop: Option<state::Stop>,
    /// Numbers that were said to be wrong, whether or not the record says so yet.
    disabled: Vec<String>,
    /// The task last reminded of.
    task: Option<String>,
    /// Journeys for which an interpreter was asked for.
    asked_language: Vec<JourneyId>,
    /// The reach that a reply by text answers; written in version 2.
    #[serde(skip)]
    spoke: Option<EffectId>,
    /// Questions that were sent by text; written in version 2.
    #[serde(skip)]
    asked: Vec<Asked>,
    /// Words that were said lately, oldest first; written in version 3.
    #[serde(skip)]
    said: Vec<state::Said>,
}

/// A reach that a journey (or a rule of the hub) wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Want {
    /// The intent.
    pub intent: ReachIntent,
    /// The journey, if one.
    pub journey: Option<JourneyId>,
    /// Name of the pathway and its version.
    pub pathway: (String, Id),
    /// Team that is prompted when the person cannot be reached, or not in their language.
    pub fallback_team: String,
    /// The confirmation of a STOP: the one message that passes the refusal it confirms.
    pub confirms_stop: bool,
    /// The channel that a reply came in on: tried first when allowed.
    pub reply_on: Option<Channel>,
}

/// What outreach may see.
pub struct Context<'a> {
    /// The care clock.
    pub now: At,
    /// Whose.
    pub person: PersonId,
    /// What is known of them.
    pub record: &'a Record,
    /// The zones the person may be in: one when known; several candidates when not (then only hours
    /// that are allowed in each).
    pub zones: &'a [TimeZone],
    /// Hours, caps, call greetings: `rules/`.
    pub rules: &'a Rules,
    /// Where words come from.
    pub world: &'a dyn World,
    /// The clinic.
    pub clinic: &'a Clinic,
}

/// The clinic's own settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clinic {
    /// As patients know it; shown in every message.
    pub name: String,
    /// Number to call back.
    pub phone: String,
    /// `911`.
    pub emergency_number: String,
    /// IANA zone, for people whose own is not known.
    pub zone: String,
    /// `https://hub.example.org`, without a slash at the end: the base of links.
    pub base_url: String,
    /// Secret that links are signed with.
    pub link_secret: String,
    /// Country of phone numbers without one: `US`.
    pub country: String,
    /// Further countries that automated messages go to, by their ISO 3166-1 codes.
    pub countries: Vec<String>,
    /// Whether words in a language that nobody qualified has reviewed go out all the same: for trying things out.
    pub unreviewed_languages: bool,
    /// Its postal address: mails that sell carry it (15 U.S.C. 7704(a)(5)).
    pub address: String,
    /// The sender of its texts and calls.
    pub sender: Sender,
}

/// The sender of texts and calls: what the law and the carriers ask of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sender {
    /// Whether its messages cost whoever gets them nothing: without that the exemption of health care is not used.
    pub free_to_end_user: bool,
    /// Whether the number that a person gave is consent to care messages (`rules/consent.yaml`).
    pub given_number: bool,
    /// The kind of number that texts leave from, a name of `rules/carriers.yaml`; empty when none does.
    pub number: String,
    /// Whether it is registered with the carriers.
    pub registered: bool,
}

impl Sender {
    /// What carriers want of it and it has not: they hold back texts from a number that is not registered. The kind of
    /// registration and of number, as `rules/carriers.yaml` names them.
    pub fn unregistered<'a>(&self, rules: &'a Rules) -> Option<&'a NumberKind> {
        self.kind(rules).filter(|_| !self.registered)
    }

    /// The kind of number that texts leave from, where one is named.
    pub fn kind<'a>(&self, rules: &'a Rules) -> Option<&'a NumberKind> {
        rules.numbers().iter().find(|n| n.name == self.number)
    }
}

impl Default for Sender {
    fn default() -> Self {
        Self { free_to_end_user: false, given_number: true, number: String::new(), registered: false }
    }
}

impl Default for Clinic {
    fn default() -> Self {
        Self {
            name: "Northside Health".into(),
            phone: "+15550100".into(),
            emergency_number: "911".into(),
            zone: "America/New_York".into(),
            base_url: "http://127.0.0.1:8080".into(),
            link_secret: String::new(),
            country: "US".into(),
            countries: Vec::new(),
            unreviewed_languages: false,
            address: String::new(),
            sender: Sender::default(),
        }
    }
}

/// Where words come from: the journey's own pathway version, with its variables bound.
pub trait World {
    /// Languages that the pathway of this want offers: those that it speaks and that were reviewed.
    fn speaks(&self, want: &Want) -> Vec<String>;
    /// The most that the words for a channel give away.
    fn discloses(&self, want: &Want, channel: Channel, language: &str) -> Disclosure;
    /// Subject (mail) and text for a channel in a language, rendered now; `None` when there are no
    /// words for that channel. `to` is the number or address that they are for, which links in them are bound
    /// to; empty for words that are shown.
    fn words(&self, want: &Want, channel: Channel, language: &str, to: &str) -> Option<Words>;
    /// Whether staff halted the version that wants this: then nothing of it leaves.
    fn halted(&self, _want: &Want) -> bool {
        false
    }
    /// Whether a message is with a provider this moment, so that it cannot be taken back.
    fn sending(&self, _message: MessageId) -> bool {
        false
    }
    /// The visit that this want reminds of; `None` when it is about something else, or the visit is none any more.
    fn visit(&self, _want: &Want) -> Option<Visit> {
        None
    }
}

/// A visit to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// `Appointment/1`.
    pub id: String,
    /// When.
    pub start: At,
}

/// Rendered words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Subject of a mail.
    pub subject: String,
    /// The words.
    pub text: String,
    /// What they ask; a reply to words that ask nothing is a reply of its own.
    pub asks: Option<Asks>,
}

/// What outreach wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Put it into the outbox now.
    Send(Box<Message>),
    /// Take it back if it has not left.
    Withdraw(MessageId),
    /// Ask the care team instead: nothing clinical vanishes.
    Ask(Ask),
    /// Why.
    Trace(Trace),
    /// Say so on the line.
    Tell(Fact),
}

/// What a person of the team has to do because the machine may not or cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The reach that it stands for.
    pub reach: EffectId,
    /// The journey.
    pub journey: Option<JourneyId>,
    /// Team.
    pub team: String,
    /// `unreachable`, `language`, `refused`, `nothing_left`, `callback`: stable.
    pub code: String,
    /// The verb.
    pub title: String,
    /// Why it matters.
    pub reason: String,
    /// Must be seen at once.
    pub urgent: bool,
    /// Cause, as in the intent.
    pub cause: Option<String>,
}

/// What a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Something that may be dangerous.
    RedFlag,
    /// No more automated messages.
    Stop,
    /// Automated messages again.
    Start,
    /// This number is not the person's.
    WrongNumber,
    /// The task is done.
    Done,
    /// The medicine was picked up.
    PickedUp,
    /// Anything else: a person reads it.
    Question,
    /// Nothing but thanks.
    Thanks,
    /// A plain answer to the question that was asked.
    Answer,
    /// No answer to the question that was asked: it is asked again.
    NoAnswer,
    /// They come to their visit.
    Confirm,
    /// They do not come to it.
    Cancel,
    /// They ask for another time.
    Reschedule,
}

impl Context<'_> {
    /// The candidate zones; the clinic's own when none is known at all.
    fn zones_or_clinic(&self) -> Vec<TimeZone> {
        if self.zones.is_empty() {
            vec![model::time::zone(&self.clinic.zone).unwrap_or(TimeZone::UTC)]
        } else {
            self.zones.to_vec()
        }
    }
}

impl Outreach {
    /// A new want. The same effect under way already is not started again.
    pub fn start(&mut self, want: Want, cx: &Context<'_>) -> Vec<Act> {
        let mut out = out::Out::new(cx);
        self.begin(want, &mut out);
        out.acts
    }
    /// Time went on, or the record changed.
    pub fn tick(&mut self, cx: &Context<'_>) -> Vec<Act> {
        let mut out = out::Out::new(cx);
        self.go_on(&mut out);
        out.acts
    }
    /// A fact on the line, which the record has folded already: receipts move ladders, facts end reaches.
    pub fn hear(&mut self, fact: &Fact, cx: &Context<'_>) -> Vec<Act> {
        let mut out = out::Out::new(cx);
        self.take_in(fact, &mut out);
        out.acts
    }
    /// Takes back reaches, by effect, journey, cause or all. For [`Which::Cause`] an `outcome.undone`
    /// (`{of, withdrawn, left}`) is told, for the caller to merge with prompts; its entries are
    /// `{message|reach, words, channel}`.
    pub fn withdraw(&mut self, which: &Which<'_>, why: &str, cx: &Context<'_>) -> Vec<Act> {
        let mut out = out::Out::new(cx);
        self.take_back_all(which, why, &mut out);
        out.acts
    }
    /// When it must be ticked next.
    pub fn next_due(&self) -> Option<At> {
        self.reaches.iter().filter_map(state::Reach::due).min()
    }
    /// Whether a STOP holds: nothing automated rings.
    pub fn stopped(&self) -> bool {
        self.stop.is_some()
    }
    /// Where a text would go that the person asks for now: the number that texts go to, unless they said STOP or
    /// refused reminders by text. Nothing else is asked: that guards may still hold it is seen when it is sent.
    pub fn texts_to(&self, record: &Record) -> Option<String> {
        let refused = record::allowed(record, model::Purpose::Reminder, Channel::Sms) == Some(false);
        if self.stop.is_some() || refused { None } else { guards::contact::address(record, self, Channel::Sms) }
    }
    /// What is held now: its reach, its words, the way and the time it waits for, and the trace's code.
    pub fn held(&self) -> Vec<Held<'_>> {
        let held = self.reaches.iter().filter_map(|r| match r.stage {
            state::Stage::Held(until, code) => {
                let channel = r.ladder.get(usize::from(r.rung))?.channel;
                Some(Held { reach: r.want.intent.id, words: &r.want.intent.words, channel, until, code: code.name() })
            }
            _ => None,
        });
        held.collect()
    }
    /// The task that a DONE is about: the last one reminded of, until it is done.
    pub fn task_asked(&self) -> Option<String> {
        self.task.clone()
    }
}

/// A reach that waits for its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<'a> {
    /// The reach.
    pub reach: EffectId,
    /// Name of its words.
    pub words: &'a str,
    /// The way that is tried next.
    pub channel: Channel,
    /// When.
    pub until: At,
    /// Why it waits: a code of [`describe`].
    pub code: &'static str,
}

/// Which reaches.
#[derive(Clone, Debug)]
pub enum Which<'a> {
    /// Of these effects.
    Effects(&'a [EffectId]),
    /// Of a journey.
    Journey(JourneyId),
    /// Caused by an outcome.
    Cause(&'a str),
    /// All (death).
    All,
}
