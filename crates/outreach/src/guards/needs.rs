//! A way that the person cannot use is no way: no calls for who cannot hear, no page for who has no
//! smartphone. (Who cannot see is called first: see the ladder.)

use super::{Answer, Look};
use crate::codes::Code;
use model::Channel;
use model::person::Need;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    let needs = |need| look.cx.record.needs.contains(&need);
    match look.channel {
        // It is the person's own need, not a related person's.
        _ if look.proxy => Answer::Go,
        Channel::Voice | Channel::Voicemail if needs(Need::Deaf) => Answer::Reroute(Code::Deaf),
        Channel::Portal if needs(Need::NoSmartphone) => Answer::Reroute(Code::NoSmartphone),
        _ => Answer::Go,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, answer};
    use model::Channel;
    use model::person::Need;

    #[test]
    fn a_way_that_cannot_be_used_is_skipped() {
        for (need, channel, expected) in [
            (Need::Deaf, Channel::Voice, "reroute deaf"),
            (Need::Deaf, Channel::Voicemail, "reroute deaf"),
            (Need::Deaf, Channel::Sms, "go"),
            (Need::Blind, Channel::Sms, "go"),
            (Need::NoSmartphone, Channel::Portal, "reroute no_smartphone"),
            (Need::NoSmartphone, Channel::Email, "go"),
            (Need::Interpreter, Channel::Voice, "go"),
        ] {
            let mut case = Case::new();
            case.record.needs = vec![need];
            case.channel = channel;
            assert_eq!(answer(&case, super::ask), expected, "{need:?} {channel:?}");
        }
    }
}
