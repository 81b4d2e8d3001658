//! Someone in hospital is looked after there: only urgent care reaches them by machine.

use super::{Answer, Look};
use crate::codes::Code;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    let inside = look.cx.record.inpatient.is_some();
    if inside && !look.want.intent.urgent && !look.want.confirms_stop {
        Answer::Refuse(Code::Inpatient)
    } else {
        Answer::Go
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, answer};

    #[test]
    fn only_what_is_urgent_passes() {
        let mut case = Case::new();
        assert_eq!(answer(&case, super::ask), "go");
        case.record.inpatient = Some("Encounter/2".into());
        assert_eq!(answer(&case, super::ask), "refuse inpatient");
        case.want.intent.urgent = true;
        assert_eq!(answer(&case, super::ask), "go");
    }
}
