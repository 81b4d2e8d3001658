//! Where no message goes: numbers that cost extra, satellites, pagers, other countries; and no text to a landline
//! (`rules/destinations.yaml`). The rung is skipped, so that a call follows a text that a landline would not take.

use super::{Answer, Look, contact, grant, rings};
use crate::codes::Code;
use crate::numbers::{self, Kind};
use model::Channel;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    if !rings(look.channel) {
        return Answer::Go;
    }
    // A related person's rung goes to their number, not to the person's own.
    let chosen = || match look.proxy {
        true => grant::address(look),
        false => contact::address(look.cx.record, look.state, look.channel),
    };
    // Without a number another guard has its say.
    let Some(to) = look.to.map(str::to_owned).or_else(chosen) else { return Answer::Go };
    let kind = numbers::kind(&to, look.cx.clinic, look.cx.rules);
    let rules = &look.cx.rules.destinations;
    let no_text = look.channel == Channel::Sms && rules.no_texts.contains(&kind);
    if !no_text && !rules.refused.contains(&kind) {
        return Answer::Go;
    }
    match kind {
        Kind::Landline => Answer::Reroute(Code::Landline),
        Kind::Premium | Kind::Shared => Answer::Reroute(Code::PremiumNumber),
        Kind::Satellite => Answer::Reroute(Code::SatelliteNumber),
        Kind::Pager => Answer::Reroute(Code::PagerNumber),
        Kind::Foreign => Answer::Reroute(Code::ForeignNumber),
        Kind::Mobile | Kind::Unknown => Answer::Go,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, answer, phone};
    use model::Channel;

    #[test]
    fn what_costs_extra_or_is_abroad_is_no_way() {
        let rows = [
            ("+12125550119", Channel::Sms, "go"),
            ("+12125550119", Channel::Voice, "go"),
            ("+19005550119", Channel::Sms, "reroute premium_number"),
            ("+19005550119", Channel::Voice, "reroute premium_number"),
            ("+80812345678", Channel::Voicemail, "reroute premium_number"),
            ("+8816123456789", Channel::Voice, "reroute satellite_number"),
            ("+18765550119", Channel::Sms, "reroute foreign_number"),
            ("+447400123456", Channel::Voice, "reroute foreign_number"),
            ("+447400123456", Channel::Email, "go"),
            ("+447400123456", Channel::Portal, "go"),
        ];
        for (number, channel, expected) in rows {
            let mut case = Case::new();
            case.record.contacts = vec![phone(number, "mobile", 1)];
            case.channel = channel;
            assert_eq!(answer(&case, super::ask), expected, "{number} {channel:?}");
        }
    }

    #[test]
    fn a_landline_is_called_and_not_texted() {
        let mut case = Case::new();
        case.clinic.country = "GB".into();
        case.record.contacts = vec![phone("+442079460018", "mobile", 1)];
        assert_eq!(answer(&case, super::ask), "reroute landline");
        case.channel = Channel::Voice;
        assert_eq!(answer(&case, super::ask), "go");
        case.channel = Channel::Sms;
        case.record.contacts = vec![phone("+447400123456", "", 0)];
        assert_eq!(answer(&case, super::ask), "go");
    }

    #[test]
    fn a_related_persons_rung_is_asked_of_their_number_alone() {
        let rows = [
            ("+447400123456", "+12125550144", "go"),
            ("+12125550119", "+19005550144", "reroute premium_number"),
            ("+12125550119", "+447400123456", "reroute foreign_number"),
        ];
        for (own, theirs, expected) in rows {
            let mut case = Case::new();
            case.record.contacts = vec![phone(own, "mobile", 1)];
            case.record.ways.grants = vec![record::ways::Grant {
                id: "g1".into(),
                name: "Ana".into(),
                relation: String::new(),
                contacts: vec![theirs.into()],
                scope: vec![record::ways::Scope::All],
                from: case.now,
                until: case.now.plus_ms(model::time::DAY_MS),
                by: String::new(),
                language: String::new(),
                ended: None,
            }];
            case.proxy = true;
            assert_eq!(answer(&case, super::ask), expected, "{own} {theirs}");
        }
    }

    #[test]
    fn without_a_number_another_guard_speaks() {
        let mut case = Case::new();
        case.record.contacts.clear();
        assert_eq!(answer(&case, super::ask), "go");
    }
}
