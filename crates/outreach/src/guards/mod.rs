//! Guards: rules that may hold, re-route or refuse a message, and always say why.
//!
//! Adding one costs: one file with its cases, and one line in [`GUARDS`]. One of them, [`same_words`], is asked once the
//! words of a message are there, by who makes it.

use crate::codes::Code;
use crate::state::{Because, Rung};
use crate::{Context, Outreach, Want};
use model::{At, Channel};

pub(crate) mod basis;
pub(crate) mod caps;
mod confidential;
mod consent;
pub(crate) mod contact;
mod deceased;
mod destination;
pub(crate) mod grant;
pub(crate) mod halted;
mod inpatient;
mod later;
mod needs;
mod paused;
pub(crate) mod quiet_hours;
pub(crate) mod same_words;
mod validity;

/// What a guard says to one rung at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing against it.
    Go,
    /// Not before this time.
    NotBefore(At, Code),
    /// Not this way: the next rung.
    Reroute(Code),
    /// Not at all.
    Refuse(Code),
}

/// What a guard may look at.
pub(crate) struct Look<'a> {
    pub cx: &'a Context<'a>,
    pub want: &'a Want,
    pub channel: Channel,
    /// The time that is asked about: now, or later when planning.
    pub at: At,
    /// The address of an attempt that is queued already; `None` when none is chosen yet.
    pub to: Option<&'a str>,
    /// When the reach began.
    pub started_at: At,
    pub state: &'a Outreach,
    /// Whether it goes to a related person.
    pub proxy: bool,
}

impl Look<'_> {
    /// The text that confirms a STOP: the one message that a refusal, quiet hours and caps let pass.
    pub(crate) fn confirms_stop(&self) -> bool {
        self.want.confirms_stop && self.channel == Channel::Sms && !self.proxy
    }
}

/// A guard.
pub(crate) struct Guard {
    /// Whether it is asked again while a message waits in the outbox, when something has changed or
    /// time went on. Not asked again: validity, which the outbox itself keeps by `valid_until`, and caps,
    /// since the waiting message has been counted.
    pub standing: bool,
    pub ask: fn(&Look<'_>) -> Answer,
}

/// The guards, in the order in which they are asked.
pub(crate) const GUARDS: &[Guard] = &[
    Guard { standing: true, ask: deceased::ask },
    Guard { standing: true, ask: halted::ask },
    Guard { standing: false, ask: validity::ask },
    Guard { standing: false, ask: later::ask },
    Guard { standing: true, ask: inpatient::ask },
    Guard { standing: true, ask: confidential::ask },
    Guard { standing: true, ask: grant::ask },
    Guard { standing: true, ask: consent::ask },
    Guard { standing: true, ask: basis::ask },
    Guard { standing: true, ask: paused::ask },
    Guard { standing: true, ask: needs::ask },
    Guard { standing: true, ask: contact::ask },
    Guard { standing: true, ask: destination::ask },
    Guard { standing: true, ask: quiet_hours::ask },
    Guard { standing: false, ask: caps::ask },
];

/// What holds whoever rings, also a member of staff: the guard that is against it.
pub(crate) fn by_hand(look: &Look<'_>) -> Option<Code> {
    let asked = [deceased::ask, confidential::ask, consent::by_hand, needs::ask, contact::ask, destination::ask];
    asked.iter().find_map(|guard| match guard(look) {
        Answer::Go => None,
        Answer::NotBefore(_, code) | Answer::Reroute(code) | Answer::Refuse(code) => Some(code),
    })
}

/// The strongest answer: a refusal, else a re-route, else the latest time, else go.
pub(crate) fn ask(look: &Look<'_>, standing_only: bool) -> Answer {
    let mut best = Answer::Go;
    for guard in GUARDS.iter().filter(|g| g.standing || !standing_only) {
        match ((guard.ask)(look), best) {
            (refuse @ Answer::Refuse(_), _) => return refuse,
            (reroute @ Answer::Reroute(_), Answer::Go | Answer::NotBefore(..)) => best = reroute,
            (later @ Answer::NotBefore(..), Answer::Go) => best = later,
            (later @ Answer::NotBefore(at, _), Answer::NotBefore(before, _)) if at > before => best = later,
            _ => {}
        }
    }
    best
}

/// The most times that a plan is moved on: past a week of full days, and their quiet hours.
const MOVES_MAX: usize = 24;

/// What is to be done with a rung now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    Go,
    Hold(At, Code),
    Skip(Code),
    Refuse(Code),
}

/// Plans a rung: the first time, from now on, at which every guard agrees. A time past the want's
/// validity means that this rung is no way.
pub(crate) fn plan(want: &Want, rung: Rung, started_at: At, state: &Outreach, cx: &Context<'_>) -> Plan {
    let (channel, proxy) = (rung.channel, rung.because == Because::Proxy);
    let mut look = Look { cx, want, channel, at: cx.now, to: None, started_at, state, proxy };
    // A halt has no hour at which it ends: what it holds is not planned around other guards, which are asked when it
    // is resumed. A refusal still is one.
    if let (Some(until), false) = (halted::until(want, cx), matches!(ask(&look, false), Answer::Refuse(_))) {
        return if until > cx.now { Plan::Hold(until, Code::Halted) } else { Plan::Skip(Code::Halted) };
    }
    let mut first = None;
    for _ in 0..MOVES_MAX {
        match ask(&look, false) {
            Answer::Go => return first.map_or(Plan::Go, |code| Plan::Hold(look.at, code)),
            Answer::Refuse(code) => return Plan::Refuse(code),
            Answer::Reroute(code) => return Plan::Skip(code),
            Answer::NotBefore(at, code) => {
                let code = *first.get_or_insert(code);
                if at >= want.intent.valid_until || at <= look.at {
                    return Plan::Skip(code);
                }
                look.at = at;
            }
        }
    }
    Plan::Skip(first.unwrap_or(Code::QuietHours))
}

/// Whether a channel rings or buzzes by itself.
pub(crate) fn rings(channel: Channel) -> bool {
    matches!(channel, Channel::Sms | Channel::Voice | Channel::Voicemail)
}
