//! A call by a member of staff that the hub connects: their own telephone rings, they press 1, and then the person's does.
//! Of a telephone of which nobody knows that it is theirs, they press the digits that their screen shows instead.
//!
//! It is a message like any other, so that the ledger's promises hold for it: on disk as being sent before its first byte,
//! stopped by a pause of calls, settled where nobody knows whether it left, and never made twice. It goes to a member of
//! staff, so nothing of it counts as said to the person, and no ladder waits for it; what came of the talk they say
//! themselves.
//!
//! Invariants: what may not be rung is refused before it is on the line, with the reason; what is said before the last key
//! says nothing of the person; what is told last of a call is what says most of it; a call that was taken has an end.

use crate::Setup;
use crate::line::Line;
use crate::turn::Turn;
use model::fact::OWN;
use model::message::{Call, CallStep, Content, Message, of_staff_call};
use model::time::MINUTE_MS;
use model::{Actor, At, Channel, Fact};
use outreach::{Choice, May};
use record::Fold;
use record::staff_call::{Stage, came, stage, taken};
use serde_json::json;

/// The fact by which a member of staff asks to be connected.
pub const ASKED: &str = "staff_call.asked";
/// The person's telephone is rung: `{message}`.
pub const TAKEN: &str = "staff_call.taken";
/// What became of it: `{message, outcome}`.
pub const ENDED: &str = "staff_call.ended";
/// The name of its words: no pathway has it.
pub const STAFF_CALL: &str = "staff_call";
/// Refused: the number of who asks is none that can be rung.
pub const BAD_PHONE: &str = "bad_staff_phone";
/// It is not begun later than this: whoever asked waits for it beside their telephone.
const VALID_MS: i64 = 2 * MINUTE_MS;
/// How long a telephone rings, seconds.
const RING_S: u32 = 30;
/// Digits of a number with its country (ITU-T E.164).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Digits that a screen shows: with a telephone that is a stranger's, one of a thousand guesses is right.
pub const SHOWN: usize = 3;
/// A call that was taken ends within this: its longest time is an hour, and what is told of it comes soon after.
const TALK_MS: i64 = 75 * MINUTE_MS;

/// What is said on a telephone of staff.
struct Spoken {
    language: &'static str,
    /// On one that is known to be theirs.
    accept: &'static str,
    /// On any other, one after the other.
    digits: [&'static str; SHOWN],
}

const SPOKEN: [Spoken; 2] = [
    Spoken {
        language: "en",
        accept: "This is a call that you asked for at {clinic}. To be connected, press 1.",
        digits: [
            "This is a call that was asked for at {clinic}. To be connected, press the first digit that your screen shows.",
            "Press the second digit.",
            "Press the third digit.",
        ],
    },
    Spoken {
        language: "es",
        accept: "Esta es una llamada que usted pidió en {clinic}. Para comunicarse, oprima 1.",
        digits: [
            "Esta es una llamada que se pidió en {clinic}. Para comunicarse, oprima la primera cifra que muestra su pantalla.",
            "Oprima la segunda cifra.",
            "Oprima la tercera cifra.",
        ],
    },
];

/// Whether a fact tells of such a call: no word with the person.
pub(crate) fn tells(kind: &str) -> bool {
    kind == TAKEN || kind == ENDED
}

/// What is asked one after the other before `to` is rung: each has one right key, and any other hangs up.
fn script(asked: Vec<(String, char)>, to: String) -> Vec<CallStep> {
    const HANG_UP: usize = 1;
    let last = asked.len();
    let mut script = Vec::with_capacity(last + 2);
    for (n, (text, key)) in asked.into_iter().enumerate() {
        script.push(CallStep::Ask { text, keys: vec![(key, n + 2)], otherwise: HANG_UP });
        if n == 0 {
            script.push(CallStep::HangUp);
        }
    }
    script.push(CallStep::Dial { to });
    script
}

/// The number that a member of staff would be connected with, or why not.
pub fn choice(line: &Line, setup: &Setup, now: At) -> Choice {
    Turn::new(line.clone(), setup, now).by_hand()
}

impl Turn<'_> {
    fn by_hand(&mut self) -> Choice {
        let mut out = Choice { channel: Channel::Voice, to: None, may: May::Not("contact"), related: None };
        self.with_outreach(|outreach, cx| {
            out = outreach.by_hand(cx);
            Vec::new()
        });
        out
    }

    /// Whether they may be connected, or why not: a code of this module or of a guard.
    pub(crate) fn may_call(&mut self, fact: &Fact) -> Result<(), String> {
        let Actor::Staff(_) = &fact.actor else { return Err("only staff may ask for such a call".into()) };
        let choice = self.by_hand();
        let phone = fact.text("phone").unwrap_or_default();
        let digits = phone.strip_prefix('+').filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
        let mut may_ring = false;
        self.with_outreach(|_, cx| {
            may_ring = outreach::may_ring(phone, cx);
            Vec::new()
        });
        if !may_ring || !digits.is_some_and(|d| DIGITS.contains(&d.len())) || choice.to.as_deref() == Some(phone) {
            return Err(BAD_PHONE.into());
        }
        let shown = fact.text("digits").unwrap_or_default();
        if !shown.is_empty() && (shown.len() != SHOWN || !shown.bytes().all(|b| b.is_ascii_digit())) {
            return Err(format!("body.digits: {SHOWN} digits are expected"));
        }
        match choice.may {
            May::Not(code) => Err(code.into()),
            May::Now | May::Later(..) => Ok(()),
        }
    }

    /// Has the telephone of who asked rung.
    pub(crate) fn hear_call_asked(&mut self, fact: &Fact) {
        let (Some(phone), Some(to)) = (fact.text("phone"), self.by_hand().to) else { return };
        let id = of_staff_call(fact.id);
        // Whoever asked has gone on to something else: what was kept waiting for its turn does not ring.
        let until = fact.occurred_at.plus_ms(VALID_MS);
        if until <= self.now {
            self.tell_call_ended(&id.to_string(), "too_late");
            return;
        }
        let language = fact.text("language").unwrap_or("en");
        let spoken = SPOKEN.iter().find(|s| language.starts_with(s.language)).unwrap_or(&SPOKEN[0]);
        let said = |text: &str| text.replace("{clinic}", &self.setup.clinic.name);
        let asked = match fact.text("digits").filter(|digits| !digits.is_empty()) {
            Some(digits) => spoken.digits.iter().map(|text| said(text)).zip(digits.chars()).collect(),
            None => vec![(said(spoken.accept), '1')],
        };
        let language = spoken.language.to_owned();
        let call = Call { script: script(asked, to), voicemail: None, language: language.clone(), ring_s: RING_S };
        let content = Content::Voice { call };
        // It is urgent: somebody waits for it beside their telephone.
        let message = Message {
            site: self.record().site.clone(),
            to: phone.to_owned(),
            language,
            cause: Some(fact.id.to_string()),
            ..self.to_care_team(id, STAFF_CALL, content, until)
        };
        self.batch.messages.push(message);
    }

    /// The hub's own folds: what is said here is said of each.
    fn own_folds(&mut self) -> impl Iterator<Item = &mut Fold> {
        self.line.folds.iter_mut().map(|held| &mut held.fold).filter(|fold| fold.source == OWN)
    }

    /// Whether what is told of a call may stand: what says less of it than what is known came too late, or in a backlog.
    pub(crate) fn may_tell(&mut self, fact: &Fact) -> Result<(), String> {
        let message = fact.text("message").unwrap_or_default();
        let told = Stage::of_outcome(fact.text("outcome").unwrap_or_default());
        let known = self.own_folds().filter_map(|fold| stage(fold, message)).max();
        if known >= Some(told) {
            return Err("what became of this call is known already".into());
        }
        Ok(())
    }

    /// Keeps how far a call has come; and one that waited until it was of no use was not rung.
    pub(crate) fn hear_of_call(&mut self, fact: &Fact) {
        let Some(message) = fact.text("message") else { return };
        let to = match fact.kind.as_str() {
            TAKEN => Stage::Taken,
            ENDED => Stage::of_outcome(fact.text("outcome").unwrap_or_default()),
            "message.expired" if fact.text("words") == Some(STAFF_CALL) => {
                return self.tell_call_ended(message, "too_late");
            }
            _ => return,
        };
        let at = fact.occurred_at;
        self.own_folds().for_each(|fold| came(fold, message, to, at));
    }

    fn tell_call_ended(&mut self, message: &str, outcome: &str) {
        let said = self.say(ENDED, message, json!({"message": message, "outcome": outcome}), None);
        self.queue.push_back(said);
    }

    /// Calls that were taken, with when their longest time is over; none on a line that is closed, whose folds another has.
    fn talks(&self) -> impl Iterator<Item = (&str, At)> {
        let open = self.line.forwards_to.is_none();
        let own = self.line.folds.iter().map(|held| &held.fold).filter(move |fold| open && fold.source == OWN);
        own.flat_map(taken).map(|(message, at)| (message, at.plus_ms(TALK_MS)))
    }

    /// A call of which nobody has told the end by then: that nobody knows is told.
    pub(crate) fn end_talks(&mut self) {
        let mut over: Vec<String> =
            self.talks().filter(|(_, until)| *until <= self.now).map(|(message, _)| message.to_owned()).collect();
        over.sort();
        over.dedup();
        for message in over {
            self.tell_call_ended(&message, "unknown");
        }
    }

    /// When the next such end is to be told.
    pub(crate) fn talk_ends_at(&self) -> Option<At> {
        self.talks().map(|(_, until)| until).min()
    }
}
