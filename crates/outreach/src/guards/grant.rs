//! A related person gets nothing without a grant that holds, covers what the words are about, and has not been
//! withdrawn; money and advertisement never go to them (`rules/related-persons.yaml`).

use super::{Answer, Look};
use crate::codes::Code;
use crate::{Context, Want};
use model::value::Kind;
use model::{At, Channel};
use record::ways::Grant;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    if !look.proxy {
        return Answer::Go;
    }
    match of(look) {
        Ok(_) => Answer::Go,
        Err(code) => Answer::Reroute(code),
    }
}

/// The grants that hold at `at` for what a want is about.
pub(crate) fn holding<'a>(want: &'a Want, cx: &'a Context<'_>, at: At) -> impl Iterator<Item = &'a Grant> {
    let about: Vec<Kind> = want.intent.bindings.iter().map(|(_, kind, _)| *kind).collect();
    let never = cx.rules.law.related.never.contains(&want.intent.purpose);
    let longest = cx.rules.law.related.days_max as i64 * model::time::DAY_MS;
    cx.record
        .ways
        .grants
        .iter()
        .filter(move |g| !never && g.holds(at) && at < g.from.plus_ms(longest) && g.covers(&about))
}

/// Whether a number or address can be used by this channel: related persons are texted, mailed and called.
pub(crate) fn suits(channel: Channel, to: &str) -> bool {
    match channel {
        Channel::Sms | Channel::Voice => to.starts_with('+'),
        Channel::Email => to.contains('@'),
        Channel::Voicemail | Channel::Portal | Channel::Push | Channel::Chat => false,
    }
}

/// The places at which this may reach related persons, as far as grants go, the first is tried first.
pub(crate) fn places<'a>(look: &'a Look<'_>) -> impl Iterator<Item = &'a str> {
    let usable = |to: &&str| {
        let record = look.cx.record;
        let limited = record.ways.limited(to).is_none_or(|status| status.takes(look.channel));
        let found = record.contacts.iter().any(|p| p.value == **to && !p.status.in_use());
        let meant = look.want.to_related().is_none_or(|only| only == *to);
        meant && suits(look.channel, to) && limited && !found && !look.state.disabled.iter().any(|v| v == to)
    };
    holding(look.want, look.cx, look.at).flat_map(|g| g.contacts.iter()).map(String::as_str).filter(usable)
}

/// Where this goes, if somewhere.
pub(crate) fn address(look: &Look<'_>) -> Option<String> {
    let ways = &look.cx.record.ways;
    places(look).find(|to| ways.permits_other(look.channel, to)).map(str::to_owned)
}

/// The grant by which this may be sent.
pub(crate) fn of<'a>(look: &Look<'a>) -> Result<&'a Grant, Code> {
    let to = look.to.map(str::to_owned).filter(|to| places(look).any(|p| p == to)).or_else(|| match look.to {
        Some(_) => None,
        None => address(look),
    });
    let to = to.ok_or(Code::NoGrant)?;
    let grants = &look.cx.record.ways.grants;
    let about: Vec<Kind> = look.want.intent.bindings.iter().map(|(_, kind, _)| *kind).collect();
    let mut named = grants.iter().filter(|g| g.holds(look.at) && g.covers(&about) && g.contacts.contains(&to));
    named.next().ok_or(Code::NoGrant)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, answer, at};
    use model::time::DAY_MS;
    use model::value::Kind;
    use model::{At, Channel, Purpose};
    use record::ways::{Grant, Scope};

    fn grant(scope: Scope, from: At, until: At) -> Grant {
        Grant {
            id: "g1".into(),
            name: "Ana Reyes".into(),
            relation: "mother".into(),
            contacts: vec!["+15550144".into()],
            scope: vec![scope],
            from,
            until,
            by: "nora".into(),
            language: String::new(),
            ended: None,
        }
    }

    #[test]
    fn scope_time_and_purpose_bound_it() {
        let start = at("2026-11-01T12:00");
        type Row = (&'static str, fn(&mut Case), &'static str);
        let rows: [Row; 9] = [
            ("covers it", |_| {}, "go"),
            ("none", |c| c.record.ways.grants.clear(), "reroute no_grant"),
            ("is over", |c| c.record.ways.grants[0].until = c.now, "reroute no_grant"),
            ("was ended", |c| c.record.ways.grants[0].ended = Some(c.now), "reroute no_grant"),
            ("of something else", |c| c.record.ways.grants[0].scope = vec![Scope::Appointments], "reroute no_grant"),
            ("of all", |c| c.record.ways.grants[0].scope = vec![Scope::All], "go"),
            ("money", |c| c.want.intent.purpose = Purpose::Billing, "reroute no_grant"),
            ("another way", |c| c.channel = Channel::Email, "reroute no_grant"),
            ("a closed number", |c| c.state.disabled = vec!["+15550144".into()], "reroute no_grant"),
        ];
        for (name, change, expected) in rows {
            let mut case = Case::new();
            case.proxy = true;
            case.record.ways.grants = vec![grant(Scope::Medicines, start, start.plus_ms(90 * DAY_MS))];
            case.want.intent.bindings = vec![("rx".into(), Kind::Prescription, "MedicationRequest/1".into())];
            change(&mut case);
            assert_eq!(answer(&case, super::ask), expected, "{name}");
        }
    }

    #[test]
    fn none_outlasts_the_rule() {
        let mut case = Case::new();
        case.proxy = true;
        let start = case.now.plus_ms(-370 * DAY_MS);
        case.record.ways.grants = vec![grant(Scope::All, start, case.now.plus_ms(DAY_MS))];
        assert_eq!(answer(&case, super::ask), "reroute no_grant");
    }
}
