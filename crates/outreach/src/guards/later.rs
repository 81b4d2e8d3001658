//! Who writes may set a time: before it nothing leaves. At that time every other guard is asked as for anything else.

use super::{Answer, Look};
use crate::codes::Code;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    match look.want.not_before() {
        Some(at) if look.at < at => Answer::NotBefore(at, Code::Later),
        _ => Answer::Go,
    }
}

#[cfg(test)]
mod tests {
    use crate::Written;
    use crate::testing::{Case, answer, at};
    use model::{Channel, EffectId};

    #[test]
    fn nothing_leaves_before_its_time() {
        let mut case = Case::new();
        assert_eq!(answer(&case, super::ask), "go", "nobody set a time");
        let not_before = Some(at("2026-11-23T14:00"));
        let written = Written { text: "x".into(), not_before, ..Written::default() };
        case.want = written.want(EffectId::default(), Channel::Sms, String::new(), String::new(), case.now);
        assert_eq!(answer(&case, super::ask), "until 2026-11-23T14:00 later");
        case.now = at("2026-11-23T14:00");
        assert_eq!(answer(&case, super::ask), "go");
    }
}
