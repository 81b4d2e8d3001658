//! Nothing is sent without a ground in law, and the ground is kept with the message.
//!
//! | ground | when |
//! |---|---|
//! | `portal` | a note on the person's own page |
//! | `turned_on` | a notification on a device on which the person turned them on |
//! | `confirmation` | the one text that confirms a STOP |
//! | `reply` | the answer to what the person wrote just now, the way they wrote |
//! | `grant` | to a related person, by what the person allowed |
//! | `consent` | a consent that was recorded: by whom, and when |
//! | `number_given` | the person gave this number to the clinic (`rules/consent.yaml`) |
//! | `exemption` | health care without consent (`rules/exemption.yaml`), where it costs the person nothing |
//! | `emergency` | what is urgent, where nothing else holds |
//! | `transactional_mail` | a mail about a relationship that exists (`rules/can-spam.yaml`) |
//!
//! What sells needs consent in writing that names it; the exemption is never for it. A refusal is the guard of
//! consent's. Where there is no ground, this way is no way: the ladder goes on, and what matters goes to a person.

use super::{Answer, Look, rings};
use crate::codes::Code;
use crate::rules::law::Needs;
use crate::state::REPLY_FRESH_MS;
use model::{At, Channel};

/// The ground of a send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Basis {
    /// As kept with the message.
    pub name: &'static str,
    /// Who recorded it, where someone did.
    pub by: String,
    /// Since when.
    pub since: Option<At>,
}

/// The name of the exemption: it has limits of its own.
pub(crate) const EXEMPTION: &str = "exemption";

fn plain(name: &'static str) -> Basis {
    Basis { name, by: String::new(), since: None }
}

pub(super) fn ask(look: &Look<'_>) -> Answer {
    match of(look) {
        Ok(_) => Answer::Go,
        Err(code) => Answer::Reroute(code),
    }
}

/// The ground on which this may be sent this way.
pub(crate) fn of(look: &Look<'_>) -> Result<Basis, Code> {
    let purpose = look.want.intent.purpose;
    if look.confirms_stop() {
        return Ok(plain("confirmation"));
    }
    if look.proxy {
        return super::grant::of(look).map(|grant| Basis {
            name: crate::GRANT,
            by: grant.by.clone(),
            since: Some(grant.from),
        });
    }
    let fresh = look.at < look.started_at.plus_ms(REPLY_FRESH_MS);
    if look.want.reply_on == Some(look.channel) && fresh {
        return Ok(plain("reply"));
    }
    let needs = look.cx.rules.law.consent.needs(purpose, look.channel);
    let consent = consent(look, needs);
    if needs == Needs::Written && consent.is_none() {
        return emergency(look);
    }
    match look.channel {
        Channel::Portal => Ok(plain("portal")),
        // Whoever turned notifications on asked for them; what sells needs more, and was asked above.
        Channel::Push => Ok(plain("turned_on")),
        Channel::Email if look.cx.rules.is_commercial(purpose) => {
            // Mail that sells says where it comes from, or is not sent.
            if look.cx.clinic.address.trim().is_empty() { Err(Code::NoAddress) } else { consent.ok_or(Code::NoBasis) }
        }
        Channel::Email => Ok(plain("transactional_mail")),
        _ => match consent {
            Some(consent) => Ok(consent),
            None if needs == Needs::Given && look.cx.clinic.sender.given_number => Ok(plain("number_given")),
            None if exempt(look) => Ok(plain(EXEMPTION)),
            None => emergency(look),
        },
    }
}

/// What is urgent may be sent in an emergency, where nothing else allows it.
fn emergency(look: &Look<'_>) -> Result<Basis, Code> {
    let care = look.want.intent.purpose == model::Purpose::Care;
    if look.want.intent.urgent && care && rings(look.channel) { Ok(plain("emergency")) } else { Err(Code::NoBasis) }
}

/// Whether the exemption may be used at all: who pays, and for what.
fn exempt(look: &Look<'_>) -> bool {
    look.cx.clinic.sender.free_to_end_user && look.cx.rules.law.exemption.purposes.contains(&look.want.intent.purpose)
}

/// The consent that was recorded, when it is as much as is needed.
fn consent(look: &Look<'_>, needs: Needs) -> Option<Basis> {
    let record = look.cx.record;
    let purpose = look.want.intent.purpose;
    let said = record::said(record, purpose, look.channel).filter(|c| c.allowed)?;
    let given = record.ways.given(&said.basis);
    // A general consent says nothing of what sells; a consent in writing names it.
    let enough = match needs {
        Needs::Given | Needs::Recorded => true,
        Needs::Written => said.purpose == Some(purpose) && given.is_some_and(|g| g.written),
    };
    let by = given.map(|g| g.by.clone()).filter(|by| !by.is_empty()).unwrap_or_else(|| said.basis.clone());
    enough.then_some(Basis { name: "consent", by, since: Some(said.since) })
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::guards::Look;
    use crate::testing::{Case, answer, refusal};
    use model::person::Consent;
    use model::{At, Channel, Purpose};
    use record::ways::Given;

    fn basis(case: &Case) -> String {
        case.with(|cx| {
            let (want, channel, state, started_at) = (&case.want, case.channel, &case.state, case.started_at);
            let look = Look { cx, want, channel, at: cx.now, to: None, started_at, state, proxy: false };
            of(&look).map_or_else(|code| format!("none: {}", code.name()), |b| b.name.to_owned())
        })
    }

    fn yes(purpose: Option<Purpose>) -> Consent {
        Consent { allowed: true, basis: "Consent/1".into(), ..refusal(purpose, None) }
    }

    fn written(case: &mut Case) {
        case.record.ways.given = vec![Given { basis: "Consent/1".into(), by: "nora".into(), written: true, at: At(0) }];
    }

    #[test]
    fn each_purpose_has_its_ground_on_each_way() {
        use Channel::{Email, Portal, Sms, Voice};
        for (purpose, channel, expected) in [
            (Purpose::Care, Sms, "number_given"),
            (Purpose::Reminder, Voice, "number_given"),
            (Purpose::Education, Sms, "number_given"),
            (Purpose::Survey, Sms, "number_given"),
            (Purpose::Billing, Sms, "none: no_basis"),
            (Purpose::Billing, Email, "transactional_mail"),
            (Purpose::Billing, Portal, "portal"),
            (Purpose::Marketing, Sms, "none: no_basis"),
            (Purpose::Marketing, Email, "none: no_basis"),
            (Purpose::Marketing, Portal, "none: no_basis"),
            (Purpose::Care, Email, "transactional_mail"),
            (Purpose::Care, Portal, "portal"),
        ] {
            let mut case = Case::new();
            (case.want.intent.purpose, case.channel) = (purpose, channel);
            assert_eq!(basis(&case), expected, "{purpose:?} {channel:?}");
            let sent = if expected.starts_with("none") { "reroute no_basis" } else { "go" };
            assert_eq!(answer(&case, super::ask), sent);
        }
    }

    #[test]
    fn what_sells_needs_a_consent_in_writing_that_names_it() {
        for purpose in [Purpose::Marketing, Purpose::Billing] {
            let mut case = Case::new();
            case.want.intent.purpose = purpose;
            case.record.consents = vec![yes(Some(purpose))];
            assert_eq!(basis(&case), "none: no_basis", "not in writing");
            written(&mut case);
            assert_eq!(basis(&case), "consent");
            case.record.consents = vec![yes(None)];
            assert_eq!(basis(&case), "none: no_basis", "a general one does not name it");
            case.sender(|s| (s.free_to_end_user, s.given_number) = (true, false));
            assert_eq!(basis(&case), "none: no_basis", "the exemption is never for it");
        }
        let mut case = Case::new();
        (case.want.intent.purpose, case.channel) = (Purpose::Marketing, Channel::Email);
        case.record.consents = vec![yes(Some(Purpose::Marketing))];
        written(&mut case);
        assert_eq!(basis(&case), "none: no_address", "mail that sells says where it comes from");
        case.address("1 Main St, Springfield");
        assert_eq!(basis(&case), "consent");
    }

    #[test]
    fn where_a_number_is_no_consent_the_exemption_or_an_emergency_is_left() {
        let mut case = Case::new();
        case.sender(|s| s.given_number = false);
        assert_eq!(basis(&case), "none: no_basis");
        case.want.intent.urgent = true;
        assert_eq!(basis(&case), "emergency");
        case.want.intent.urgent = false;
        case.sender(|s| s.free_to_end_user = true);
        assert_eq!(basis(&case), "exemption");
        case.want.intent.purpose = Purpose::Education;
        assert_eq!(basis(&case), "none: no_basis", "education is not on the list");
        case.record.consents = vec![yes(None)];
        assert_eq!(basis(&case), "consent", "what was recorded goes first");
        case.want.intent.purpose = Purpose::Care;
        assert_eq!(basis(&case), "consent");
    }

    #[test]
    fn answers_and_confirmations_need_no_consent() {
        let mut case = Case::new();
        case.sender(|s| s.given_number = false);
        (case.want.reply_on, case.started_at) = (Some(Channel::Sms), case.now);
        assert_eq!(basis(&case), "reply");
        case.started_at = case.now.plus_ms(-crate::state::REPLY_FRESH_MS);
        assert_eq!(basis(&case), "none: no_basis", "an old reply is no answer");
        case.want.confirms_stop = true;
        assert_eq!(basis(&case), "confirmation");
    }
}
