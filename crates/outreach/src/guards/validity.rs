//! After its validity a message is not sent: it would no longer be true or of use. It is sent only
//! while now < `valid_until`; the moment itself is too late. Planning, waiting and ending ([`super::plan`],
//! the engine) take the same side.

use super::{Answer, Look};
use crate::codes::Code;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    if look.at >= look.want.intent.valid_until { Answer::Refuse(Code::Expired) } else { Answer::Go }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, answer};

    #[test]
    fn the_moment_itself_is_too_late() {
        let mut case = Case::new();
        let until = case.want.intent.valid_until;
        case.now = until.plus_ms(-1);
        assert_eq!(answer(&case, super::ask), "go");
        case.now = until;
        assert_eq!(answer(&case, super::ask), "refuse expired");
    }
}
