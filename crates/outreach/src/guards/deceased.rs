//! After a death nothing leaves the hub for the person, whatever any pathway says.

use super::{Answer, Look};
use crate::codes::Code;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    if look.cx.record.deceased_at.is_some() { Answer::Refuse(Code::Deceased) } else { Answer::Go }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, answer};
    use model::At;

    #[test]
    fn nothing_after_a_death_not_even_what_is_urgent() {
        let mut case = Case::new();
        assert_eq!(answer(&case, super::ask), "go");
        case.record.deceased_at = Some(At(0));
        assert_eq!(answer(&case, super::ask), "refuse deceased");
        case.want.intent.urgent = true;
        assert_eq!(answer(&case, super::ask), "refuse deceased");
    }
}
