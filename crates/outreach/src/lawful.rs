//! What the ground of a send asks of its words: the conditions of the exemption, and what mail that sells carries.

use crate::codes::Code;
use crate::guards::basis::{Basis, EXEMPTION};
use crate::{Context, Want, Words, content};
use model::message::{CallStep, Content};
use model::{Channel, MessageId};

/// Characters of a ground's keeper in a trace.
const BY_MAX: usize = 40;

/// The ground as the values of a trace.
pub(crate) fn told(basis: &Basis) -> String {
    let plain = |text: &str| text.chars().filter(|c| *c != ';' && *c != '=').take(BY_MAX).collect::<String>();
    let by = if basis.by.is_empty() { String::new() } else { format!(";by={}", plain(&basis.by)) };
    let since = basis.since.map(|since| format!(";since={since}")).unwrap_or_default();
    format!("basis={}{by}{since}", basis.name)
}

/// Words under the exemption name the clinic and its number, have a way out, and are short enough
/// (47 CFR 64.1200(a)(9)(iv)); what is left out is put to them, what is too long goes another way.
pub(crate) fn words(
    words: Words,
    basis: &Basis,
    (_, channel, language): (&Want, Channel, &str),
    cx: &Context<'_>,
) -> Result<Words, Code> {
    if basis.name != EXEMPTION || channel == Channel::Voice {
        // A call names the clinic, its number and key 9 itself; its length is measured as it is made.
        return Ok(words);
    }
    let rules = &cx.rules.law.exemption;
    let (sms, left) = rules.way_out(language).ok_or(Code::NoWords)?;
    let mut text = words.text.trim().to_owned();
    if !text.contains(&cx.clinic.name) {
        text = format!("{}: {text}", cx.clinic.name);
    }
    let out = if channel == Channel::Sms { sms.to_owned() } else { left.replace("{phone}", &cx.clinic.phone) };
    if channel == Channel::Sms && !text.contains(&cx.clinic.phone) {
        text = format!("{text} {}", cx.clinic.phone);
    }
    if !text.contains("STOP") || channel != Channel::Sms {
        text = format!("{text} {out}");
    }
    let fits = match channel {
        Channel::Sms => text.chars().count() <= rules.text_max,
        _ => seconds(&text, rules.words_per_minute) <= rules.call_max_seconds,
    };
    if fits { Ok(Words { text, ..words }) } else { Err(Code::TooLong) }
}

/// How long words take to be said.
fn seconds(text: &str, words_per_minute: usize) -> usize {
    (text.split_whitespace().count() * 60).div_ceil(words_per_minute.max(1))
}

/// What is carried: a call under the exemption lasts a minute at most; a mail that sells says whose it is, where they
/// are and how to end it (15 U.S.C. 7704(a)(5)).
pub(crate) fn content(
    made: Content,
    basis: &Basis,
    (want, id, language): (&Want, MessageId, &str),
    cx: &Context<'_>,
) -> Result<Content, Code> {
    match made {
        Content::Voice { call } if basis.name == EXEMPTION => {
            let said = |step: &CallStep| match step {
                CallStep::Say { text } | CallStep::Ask { text, .. } => text.split_whitespace().count(),
                _ => 0,
            };
            // The greeting, and the words: what comes after is what the person asks for with a key.
            let words: usize = call.script.iter().take(3).map(said).sum();
            let rules = &cx.rules.law.exemption;
            let fits = (words * 60).div_ceil(rules.words_per_minute.max(1)) <= rules.call_max_seconds;
            if fits { Ok(Content::Voice { call }) } else { Err(Code::TooLong) }
        }
        Content::Email { subject, text, unsubscribe, attachments, .. }
            if cx.rules.is_commercial(want.intent.purpose) =>
        {
            let footer = cx.rules.law.can_spam.footer(language).ok_or(Code::NoWords)?;
            let footer = footer
                .replace("{clinic}", &cx.clinic.name)
                .replace("{address}", cx.clinic.address.trim())
                .replace("{link}", &content::unsubscribe(id, cx));
            let text = format!("{}\n\n{footer}", text.trim_end());
            let html = content::html(&subject, &text, language, &cx.clinic.name);
            Ok(Content::Email { subject, text, html, unsubscribe, attachments })
        }
        made => Ok(made),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;
    use model::Purpose;

    fn exempt() -> Basis {
        Basis { name: EXEMPTION, by: String::new(), since: None }
    }

    fn made(case: &Case, text: &str, channel: Channel) -> Result<String, &'static str> {
        let given = Words { subject: String::new(), text: text.into(), asks: None };
        case.with(|cx| words(given, &exempt(), (&case.want, channel, "en"), cx))
            .map(|w| w.text)
            .map_err(|code| code.name())
    }

    #[test]
    fn under_the_exemption_words_are_named_short_and_have_a_way_out() {
        let case = Case::new();
        assert_eq!(
            made(&case, "Your medicine is ready.", Channel::Sms).as_deref(),
            Ok("Northside Health: Your medicine is ready. +15550100 Reply STOP to end.")
        );
        let whole = "Northside Health: it is ready. Questions? +15550100. STOP ends these.";
        assert_eq!(made(&case, whole, Channel::Sms).as_deref(), Ok(whole));
        assert_eq!(made(&case, &"long ".repeat(30), Channel::Sms), Err("too_long"));
        let left = made(&case, "Please call Northside Health.", Channel::Voicemail).expect("it fits");
        assert!(left.ends_with("To stop these calls, call +15550100."), "{left}");
        assert_eq!(made(&case, &"long ".repeat(150), Channel::Voicemail), Err("too_long"));
    }

    #[test]
    fn a_call_under_the_exemption_lasts_a_minute_at_most() {
        let case = Case::new();
        let call = |text: &str| {
            let words = Words { subject: String::new(), text: text.into(), asks: None };
            case.with(|cx| {
                let made = content::make(words, (Channel::Voice, "en", "David"), MessageId::default(), cx);
                content(made.expect("a call"), &exempt(), (&case.want, MessageId::default(), "en"), cx).is_ok()
            })
        };
        assert!(call("Your medicine is ready at the pharmacy."));
        assert!(!call(&"word ".repeat(150)));
    }

    #[test]
    fn mail_that_sells_carries_address_and_way_out() {
        let mut case = Case::new();
        case.want.intent.purpose = Purpose::Marketing;
        case.address("1 Main St, Springfield");
        let words = Words { subject: "News".into(), text: "Come and see us.".into(), asks: None };
        let id = MessageId::of(&[b"m"]);
        let basis = Basis { name: "consent", by: "nora".into(), since: None };
        let carried = case.with(|cx| {
            let made = content::make(words, (Channel::Email, "en", "David"), id, cx).expect("a mail");
            content(made, &basis, (&case.want, id, "en"), cx)
        });
        let Ok(Content::Email { text, html, unsubscribe, .. }) = carried else { panic!("a mail") };
        let link = unsubscribe.expect("a way out");
        for said in ["Northside Health", "1 Main St, Springfield", link.as_str()] {
            assert!(text.contains(said), "{text}");
        }
        assert!(html.contains("1 Main St, Springfield"));
    }
}
