//! What is carried, by channel: a text, a mail in two forms, the script of a call, a voicemail.

use crate::rules::CallWords;
use crate::{Context, Keyed, Words};
use model::message::{Call, CallStep, Content};
use model::time::{DAY_MS, HOUR_MS};
use model::{At, Channel, MessageId};
use std::fmt::Write as _;

/// The content of a message; `None` when a call cannot be made in this language.
pub(crate) fn make(words: Words, channel: Channel, language: &str, id: MessageId, cx: &Context<'_>) -> Option<Content> {
    Some(match channel {
        Channel::Sms => Content::Sms { text: words.text },
        Channel::Portal => Content::Portal { text: words.text },
        Channel::Push => push(words, language, cx),
        // A post to the care team is made by the turn, never of a pathway's words.
        Channel::Chat => return None,
        Channel::Voicemail => Content::Voicemail { text: words.text, language: language.to_owned() },
        Channel::Email => {
            let html = html(&words.subject, &words.text, language);
            let token = model::link::sign_unsubscribe(&cx.clinic.link_secret, cx.person, id);
            let unsubscribe = Some(format!("{}/unsubscribe?m={token}", cx.clinic.base_url));
            Content::Email { subject: one_line(&words.subject), text: words.text, html, unsubscribe }
        }
        Channel::Voice => {
            let say = cx.rules.call(language)?;
            let asks = words.asks.map(|a| a.keys).unwrap_or_default();
            Content::Voice { call: call(say, &words.text, &asks, language, cx) }
        }
    })
}

/// Its first line says nothing: not even whose clinic writes, for a clinic's name may tell what for.
const PUSH_TITLES: [(&str, &str); 2] = [("en", "A message for you"), ("es", "Hay un mensaje para usted")];
/// How long the page that a notification opens can be opened, days: as long as a device keeps it.
const PUSH_LINK_DAYS: i64 = 14;

/// A notification on every device of the person. A click opens their Today page, which asks for the second factor.
fn push(words: Words, language: &str, cx: &Context<'_>) -> Content {
    let spoken = language.split(['-', '_']).next().unwrap_or_default();
    let title = PUSH_TITLES.iter().find(|(tag, _)| *tag == spoken).unwrap_or(&PUSH_TITLES[0]).1.to_owned();
    // On the hour, so that a message made again in the same turn is the same.
    let hour = cx.now.0.div_euclid(HOUR_MS) * HOUR_MS;
    let token = model::link::sign(&cx.clinic.link_secret, cx.person, At(hour + PUSH_LINK_DAYS * DAY_MS), "");
    let url = format!("{}/t/{token}", cx.clinic.base_url);
    Content::Push { title, text: words.text, url, devices: cx.record.devices.clone() }
}

/// The script of a call. Before the person says who they are (key 1) it says nothing about health. What it asks
/// follows the words, one key an answer; a question that gets none is said once more, and then left open.
fn call(say: &CallWords, words: &str, asks: &[Keyed], language: &str, cx: &Context<'_>) -> Call {
    const REPEAT: usize = 2;
    let fill = |text: &str| {
        text.replace("{first_name}", &first_name(cx))
            .replace("{clinic}", &cx.clinic.name)
            .replace("{phone}", &cx.clinic.phone)
    };
    let say_ = |text: &str| CallStep::Say { text: fill(text) };
    let mark = |what: &str| CallStep::Mark { what: what.to_owned() };
    // Identified, the words, what is asked; then the menu and where its keys lead.
    let menu = REPEAT + 1 + asks.iter().map(asked_steps).sum::<usize>();
    let (repeat, callback, wrong, stop, bye) = (menu + 1, menu + 3, menu + 6, menu + 9, menu + 12);
    let mut script = vec![
        CallStep::Ask { text: fill(&say.greeting), keys: vec![('1', 1), ('2', wrong), ('9', stop)], otherwise: bye },
        mark("identified"),
        CallStep::Say { text: words.to_owned() },
    ];
    for one in asks {
        ask_keys(one, bye, &mut script);
    }
    script.extend([
        CallStep::Ask {
            text: fill(&say.menu),
            keys: vec![('2', repeat), ('3', callback), ('9', stop)],
            otherwise: bye,
        },
        mark("repeat"),
        CallStep::Goto { to: REPEAT },
        mark("callback"),
        say_(&say.callback),
        CallStep::HangUp,
        mark("wrong_number"),
        say_(&say.wrong_number),
        CallStep::HangUp,
        mark("opt_out"),
        say_(&say.stopped),
        CallStep::HangUp,
        say_(&say.goodbye),
        CallStep::HangUp,
    ]);
    // A voicemail is a rung of its own: the call itself hangs up on a machine.
    Call { script, voicemail: None, language: language.to_owned(), ring_s: cx.rules.ring_s }
}

/// Steps of the script that one question takes: it is said twice at most, then skipped; a mark and a way on for
/// each key.
fn asked_steps(one: &Keyed) -> usize {
    3 + 2 * one.keys.len()
}

fn ask_keys(one: &Keyed, bye: usize, script: &mut Vec<CallStep>) {
    let first = script.len();
    let over = first + asked_steps(one);
    let keys: Vec<(char, usize)> = one.keys.iter().zip(0..).map(|((key, _), n)| (*key, first + 3 + 2 * n)).collect();
    let said = |otherwise| CallStep::Ask { text: one.text.clone(), keys: keys.clone(), otherwise };
    script.extend([said(first + 1), said(first + 2), CallStep::Goto { to: over }]);
    for (key, what) in &one.keys {
        let to = if one.last.contains(key) { bye } else { over };
        script.extend([CallStep::Mark { what: what.clone() }, CallStep::Goto { to }]);
    }
}

/// What to call the person.
pub(crate) fn first_name(cx: &Context<'_>) -> String {
    let record = cx.record;
    let first = record.preferred_name.as_deref().or(record.given.first().map(String::as_str));
    let first = first.or_else(|| record.name.split_whitespace().next());
    first.filter(|n| !n.trim().is_empty()).unwrap_or("the person").trim().to_owned()
}

/// A subject is one line: a line break would end the header.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// HTML from the same source as the text: paragraphs at empty lines, links where addresses stand.
fn html(subject: &str, text: &str, language: &str) -> String {
    let mut body = String::new();
    for paragraph in text.split("\n\n").map(str::trim).filter(|p| !p.is_empty()) {
        let lines: Vec<String> = paragraph.lines().map(line).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(body, "<p>{}</p>", lines.join("<br>\n"));
    }
    format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n<body style=\"font:16px/1.5 \
         sans-serif;color:#1a1a1a;max-width:36em;margin:1.5em auto;padding:0 1em\">\n{body}</body></html>\n",
        escape(language),
        escape(&one_line(subject)),
    )
}

/// A line with its addresses made links.
fn line(text: &str) -> String {
    let mut out = String::new();
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 {
            out.push(' ');
        }
        let address = word.trim_end_matches(['.', ',', ')', '!', '?', ';', ':']);
        if address.starts_with("https://") || address.starts_with("http://") {
            let rest = &word[address.len()..];
            let address = escape(address);
            let _ = write!(out, "<a href=\"{address}\">{address}</a>{}", escape(rest));
        } else {
            out.push_str(&escape(word));
        }
    }
    out
}

/// Text as HTML text or attribute.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    /// What is heard when these keys are pressed in turn, and the marks.
    fn walk(call: &Call, mut keys: &[char]) -> (Vec<String>, Vec<String>) {
        let (mut heard, mut marks, mut at) = (Vec::new(), Vec::new(), 0);
        for _ in 0..50 {
            match &call.script[at] {
                CallStep::Say { text } => {
                    heard.push(text.clone());
                    at += 1
                }
                CallStep::Mark { what } => {
                    marks.push(what.clone());
                    at += 1
                }
                CallStep::Goto { to } => at = *to,
                CallStep::HangUp => return (heard, marks),
                CallStep::Ask { text, keys: lead, otherwise } => {
                    heard.push(text.clone());
                    let key = keys.split_first().map(|(k, rest)| {
                        keys = rest;
                        *k
                    });
                    at = key.and_then(|k| lead.iter().find(|(c, _)| *c == k)).map_or(*otherwise, |(_, to)| *to);
                }
            }
        }
        panic!("the script goes round in circles")
    }

    #[test]
    fn a_call_says_nothing_about_health_before_key_1() {
        let case = Case::new();
        for language in ["en", "es"] {
            let words = Words { subject: String::new(), text: "Your Percocet is ready.".into(), asks: None };
            let content = case.with(|cx| make(words, Channel::Voice, language, MessageId::default(), cx));
            let Some(Content::Voice { call }) = content else { panic!("a call") };
            let about = |keys: &[char]| walk(&call, keys).0.iter().any(|t| t.contains("Percocet"));
            for keys in [&[][..], &['2'], &['9'], &['5'], &['3']] {
                assert!(!about(keys), "{keys:?}");
            }
            let (heard, marks) = walk(&call, &['1', '2', '3']);
            assert_eq!(heard.iter().filter(|t| t.contains("Percocet")).count(), 2, "key 2 says it again");
            assert_eq!(marks, ["identified", "repeat", "callback"]);
            assert!(heard[0].contains("David") && heard[0].contains("Northside Health"), "{}", heard[0]);
            assert_eq!(walk(&call, &['2']).1, ["wrong_number"]);
            assert_eq!(walk(&call, &['9']).1, ["opt_out"]);
            assert_eq!(walk(&call, &['1', '9']).1, ["identified", "opt_out"]);
            assert!(heard.iter().all(|t| !t.contains('{')), "{heard:?}");
            assert!(call.voicemail.is_none());
        }
        let words = Words { subject: String::new(), text: "x".into(), asks: None };
        assert!(case.with(|cx| make(words, Channel::Voice, "pl", MessageId::default(), cx)).is_none());
    }

    #[test]
    fn a_mail_is_escaped_and_linked() {
        let case = Case::new();
        let text = "Hello <David> & co\nsecond line\n\nOpen http://x.test/t?a=1&b=\"2\". Thanks";
        let words = Words { subject: "Your\r\nBcc: day".into(), text: text.into(), asks: None };
        let id = MessageId::of(&[b"m"]);
        let Some(Content::Email { subject, text: plain, html, unsubscribe }) =
            case.with(|cx| make(words, Channel::Email, "en", id, cx))
        else {
            panic!("a mail")
        };
        assert_eq!(subject, "Your Bcc: day");
        assert_eq!(plain, text);
        assert!(html.contains("<p>Hello &lt;David&gt; &amp; co<br>\nsecond line</p>"), "{html}");
        assert!(html.contains("<a href=\"http://x.test/t?a=1&amp;b=&quot;2&quot;\">"), "{html}");
        let token = case.with(|cx| model::link::sign_unsubscribe(&cx.clinic.link_secret, cx.person, id));
        assert_eq!(unsubscribe, Some(format!("http://127.0.0.1:8080/unsubscribe?m={token}")));
    }
}
