//! Staff halted the version of the pathway that wants it: nothing of it leaves until they resume it.
//!
//! What waits is held as long as it is valid, so that a halt that is over in time costs nothing. What matters and is
//! not over in time becomes work for a person, and what is urgent does so at once: a halt silences the machine,
//! never the care.

use super::{Answer, Look};
use crate::codes::Code;
use crate::{Context, Want};
use model::At;

/// Until when a want of a halted version is held: as long as it is of use. `None`: it is not halted.
pub(crate) fn until(want: &Want, cx: &Context<'_>) -> Option<At> {
    if !cx.world.halted(want) {
        return None;
    }
    Some(if want.intent.urgent { cx.now } else { want.intent.valid_until.plus_ms(-1) })
}

pub(super) fn ask(look: &Look<'_>) -> Answer {
    match until(look.want, look.cx) {
        Some(until) if until > look.cx.now => Answer::NotBefore(until, Code::Halted),
        Some(_) => Answer::Reroute(Code::Halted),
        None => Answer::Go,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, answer, at};

    #[test]
    fn what_waits_is_held_while_it_is_of_use_and_what_is_urgent_goes_to_a_person() {
        let mut case = Case::new();
        assert_eq!(answer(&case, super::ask), "go");
        case.halted = true;
        case.want.intent.valid_until = at("2026-11-23T14:00");
        assert_eq!(answer(&case, super::ask), "until 2026-11-23T13:59 halted");
        case.now = at("2026-11-23T14:00");
        assert_eq!(answer(&case, super::ask), "reroute halted", "too late: someone is asked");
        case.now = at("2026-11-23T12:00");
        case.want.intent.urgent = true;
        assert_eq!(answer(&case, super::ask), "reroute halted");
    }
}
