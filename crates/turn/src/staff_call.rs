//! A call by a member of staff that the hub connects: their own telephone rings, they press 1, and then the person's does.
//!
//! It is a message like any other, so that the ledger's promises hold for it: on disk as being sent before its first byte,
//! stopped by a pause of calls, settled where nobody knows whether it left, and never made twice. It goes to a member of
//! staff, so nothing of it counts as said to the person, and no ladder waits for it; what came of the talk they say
//! themselves.
//!
//! Invariants: what may not be rung is refused before it is on the line, with the reason; what is said before the key says
//! nothing of the person.

use crate::Setup;
use crate::line::Line;
use crate::turn::Turn;
use model::message::{Call, CallStep, Content, Message, of_staff_call};
use model::time::MINUTE_MS;
use model::{Actor, At, Channel, Fact};
use outreach::{Choice, May};

/// The fact by which a member of staff asks to be connected.
pub const ASKED: &str = "staff_call.asked";
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

/// What a member of staff hears on their own telephone, by language.
const ACCEPT: [(&str, &str); 2] = [
    ("en", "This is a call that you asked for at {clinic}. To be connected, press 1."),
    ("es", "Esta es una llamada que usted pidió en {clinic}. Para comunicarse, oprima 1."),
];

/// The number that a member of staff would be connected with, or why not.
pub fn choice(line: &Line, setup: &Setup, now: At) -> Choice {
    Turn::new(line.clone(), setup, now).by_hand()
}

impl Turn<'_> {
    fn by_hand(&mut self) -> Choice {
        let mut out = Choice { channel: Channel::Voice, to: None, may: May::Not("contact") };
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
        match choice.may {
            May::Not(code) => Err(code.into()),
            May::Now | May::Later(..) => Ok(()),
        }
    }

    /// Has the telephone of who asked rung.
    pub(crate) fn hear_call_asked(&mut self, fact: &Fact) {
        let (Some(phone), Some(to)) = (fact.text("phone"), self.by_hand().to) else { return };
        // Whoever asked has gone on to something else: what was kept waiting for its turn does not ring.
        let until = fact.occurred_at.plus_ms(VALID_MS);
        if until <= self.now {
            return;
        }
        let language = fact.text("language").unwrap_or("en");
        let spoken = ACCEPT.iter().find(|(tag, _)| language.starts_with(tag)).unwrap_or(&ACCEPT[0]);
        let text = spoken.1.replace("{clinic}", &self.setup.clinic.name);
        let script =
            vec![CallStep::Ask { text, keys: vec![('1', 2)], otherwise: 1 }, CallStep::HangUp, CallStep::Dial { to }];
        let call = Call { script, voicemail: None, language: spoken.0.to_owned(), ring_s: RING_S };
        let (id, content) = (of_staff_call(fact.id), Content::Voice { call });
        // It is urgent: somebody waits for it beside their telephone.
        let message = Message {
            site: self.record().site.clone(),
            to: phone.to_owned(),
            language: spoken.0.to_owned(),
            cause: Some(fact.id.to_string()),
            ..self.to_care_team(id, STAFF_CALL, content, until)
        };
        self.batch.messages.push(message);
    }
}
