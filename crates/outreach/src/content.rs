//! What is carried, by channel: a text, a mail in two forms, the script of a call, a voicemail.

use crate::rules::CallWords;
use crate::{Context, Keyed, Visit, Words, calendar};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::markup::escape;
use model::message::{Attachment, Call, CallStep, Content};
use model::time::{DAY_MS, HOUR_MS};
use model::{At, Channel, MessageId};
use std::fmt::Write as _;

/// The content of a message; `None` when a call cannot be made in this language.
///
/// `whom` is what whoever answers a call is asked to be.
pub(crate) fn make(
    words: Words,
    (channel, language, whom): (Channel, &str, &str),
    id: MessageId,
    cx: &Context<'_>,
) -> Option<Content> {
    Some(match channel {
        Channel::Sms => Content::Sms { text: words.text },
        Channel::Portal => Content::Portal { text: words.text },
        Channel::Push => push(words, language, cx),
        // A post to the care team is made by the turn, never of a pathway's words.
        Channel::Chat => return None,
        Channel::Voicemail => Content::Voicemail { text: words.text, language: language.to_owned() },
        Channel::Email => {
            let html = html(&words.subject, &words.text, language, &cx.clinic.name);
            let unsubscribe = Some(unsubscribe(id, cx));
            let attachments = Vec::new();
            Content::Email { subject: one_line(&words.subject), text: words.text, html, unsubscribe, attachments }
        }
        Channel::Voice => {
            let say = cx.rules.call(language)?;
            let asks = words.asks.map(|a| a.keys).unwrap_or_default();
            Content::Voice { call: call(say, &words.text, &asks, (language, whom), cx) }
        }
    })
}

/// Where whoever has a mail ends such mails.
pub(crate) fn unsubscribe(id: MessageId, cx: &Context<'_>) -> String {
    let token = model::link::sign_unsubscribe(&cx.clinic.link_secret, cx.person, id);
    format!("{}/unsubscribe?m={token}", cx.clinic.base_url)
}

/// A mail that reminds of a visit carries it as a file for a calendar: the one that the Today page offers, with the
/// clinic as its title, in whatever language.
pub(crate) fn attach(content: &mut Content, visit: Option<&Visit>, cx: &Context<'_>) {
    let (Content::Email { attachments, .. }, Some(visit)) = (content, visit) else { return };
    let uid = calendar::uid(cx.person, &visit.id);
    let text = calendar::visit(&cx.clinic.name, &cx.clinic.phone, &uid, visit.start, cx.now);
    let (name, media) = (calendar::NAME.to_owned(), calendar::MEDIA.to_owned());
    attachments.push(Attachment { name, media, bytes: STANDARD.encode(text) });
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
fn call(say: &CallWords, words: &str, asks: &[Keyed], (language, whom): (&str, &str), cx: &Context<'_>) -> Call {
    const REPEAT: usize = 2;
    let fill = |text: &str| {
        text.replace("{first_name}", whom).replace("{clinic}", &cx.clinic.name).replace("{phone}", &cx.clinic.phone)
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

/// What fills the line that a list of mails shows beside the subject, so that the words themselves do not: a locked
/// screen shows it to whoever is near. Marks that are not seen, and that no program shortens to nothing.
const FILLER: &str = "\u{34f}\u{200c}\u{a0}";
/// How often it is said: lists show some hundred and fifty characters.
const FILLERS: usize = 40;
/// Languages that are written from the right.
const FROM_RIGHT: &[&str] = &["ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"];

/// HTML from the same source as the text: paragraphs at empty lines, links where addresses stand. One column without
/// a table and without a colour of its own, so that it reads on any width, and dark where the reader's program is.
pub(crate) fn html(subject: &str, text: &str, language: &str, clinic: &str) -> String {
    let mut body = String::new();
    for paragraph in text.split("\n\n").map(str::trim).filter(|p| !p.is_empty()) {
        let lines: Vec<String> = paragraph.lines().map(line).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(body, "<p>{}</p>", lines.join("<br>\n"));
    }
    let main = language.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let dir = if FROM_RIGHT.contains(&main.as_str()) { "rtl" } else { "ltr" };
    let (language, title, clinic) = (escape(language), escape(&one_line(subject)), escape(&one_line(clinic)));
    let filler = FILLER.repeat(FILLERS);
    format!(
        "<!doctype html>
<html lang=\"{language}\" dir=\"{dir}\"><head><meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"supported-color-schemes\" content=\"light dark\">
<title>{title}</title><style>:root{{color-scheme:light dark}}</style></head>
<body style=\"margin:0;padding:0\">
<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\" aria-hidden=\"true\">{clinic}{filler}</div>
<div role=\"article\" aria-label=\"{title}\" lang=\"{language}\" dir=\"{dir}\" style=\"font:16px/1.5 \
         sans-serif;max-width:36em;margin:0 auto;padding:1.5em 1em;overflow-wrap:break-word\">
{body}</div></body></html>
"
    )
}

/// A line with its addresses made links.
fn line(text: &str) -> String {
    let mut out = String::new();
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 {
            out.push(' ');
        }
        let begin = word.trim_start_matches(['(', '"', '«', '¿', '¡', '<']);
        let address = begin.trim_end_matches(['.', ',', ')', '!', '?', ';', ':', '»']);
        if address.starts_with("https://") || address.starts_with("http://") {
            let (before, rest) = (&word[..word.len() - begin.len()], &begin[address.len()..]);
            let address = escape(address);
            let _ = write!(out, "{}<a href=\"{address}\">{address}</a>{}", escape(before), escape(rest));
        } else {
            out.push_str(&escape(word));
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
                CallStep::HangUp | CallStep::Dial { .. } => return (heard, marks),
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
            let content = case.with(|cx| make(words, (Channel::Voice, language, "David"), MessageId::default(), cx));
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
        assert!(case.with(|cx| make(words, (Channel::Voice, "pl", "David"), MessageId::default(), cx)).is_none());
    }

    #[test]
    fn a_mail_is_escaped_and_linked() {
        let case = Case::new();
        let text = "Hello <David> & co\nsecond line\n\nOpen http://x.test/t?a=1&b=\"2\". Thanks";
        let words = Words { subject: "Your\r\nBcc: day".into(), text: text.into(), asks: None };
        let id = MessageId::of(&[b"m"]);
        let Some(Content::Email { subject, text: plain, html, unsubscribe, .. }) =
            case.with(|cx| make(words, (Channel::Email, "en", "David"), id, cx))
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

    /// What a program shows of the HTML: without head, hidden line and tags, entities read. And where its links lead.
    fn shown(html: &str) -> (Vec<String>, Vec<String>) {
        let main = html.split_once("role=\"article\"").expect("a main part").1;
        let main = main.split_once('>').expect("its end").1;
        let read = |text: &str| {
            let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
            named.iter().fold(text.to_owned(), |text, (name, c)| text.replace(name, c))
        };
        let (mut text, mut links) = (String::new(), Vec::new());
        for (n, piece) in main.split('<').enumerate() {
            let (tag, after) = if n == 0 { ("", piece) } else { piece.split_once('>').expect("a tag ends") };
            if let Some(href) = tag.strip_prefix("a href=\"") {
                links.push(read(href.trim_end_matches('"')));
            }
            if ["p", "br", "/p"].contains(&tag) {
                text.push('\n');
            }
            text.push_str(&read(after));
        }
        (text.split_whitespace().map(str::to_owned).collect(), links)
    }

    #[test]
    fn both_forms_of_a_mail_carry_the_same_words_and_links() {
        let naughty = [
            "Hello, walk ten minutes.\n\nYour page: https://x.test/t/a.b-c?x=1&y=%20#z\n\n\n\nQuestions? Call (555) 0100.",
            "Buenos días, señora Muñoz: ¿ya caminó?\nSí/No (https://x.test/es).",
            "مرحبا https://x.test/ar, שלום",
            "<script>alert(1)</script> <img src=x onerror=alert(1)> </p></div></body> &lt; &amp; &#39;",
            "\"quoted\" 'single' \\ ` {{x}} ${x} %s \u{200b}\u{202e}rtl\u{202c} \u{1f468}\u{200d}\u{1f469}",
            "http://x.test/<b>\"onclick=\"x",
            "https://one.test https://two.test, and https://three.test!",
        ];
        for text in naughty {
            let made = html("Your \"day\" <b>", text, "en", "Northside & <Health>");
            let (words, links) = shown(&made);
            assert_eq!(words, text.split_whitespace().collect::<Vec<_>>(), "{made}");
            let plain = text.split_whitespace().filter_map(|w| w.find("http").map(|at| &w[at..]));
            let plain: Vec<_> = plain.map(|w| w.trim_end_matches(['.', ',', ')', '!', '?', ';', ':', '»'])).collect();
            assert_eq!(links, plain, "{text}");
            for tag in ["<script", "<img", "<b>", "onclick=\"x\""] {
                assert!(!made.contains(tag), "{made}");
            }
        }
    }

    #[test]
    fn a_mail_says_its_language_and_direction_and_its_hidden_line_says_nothing_of_health() {
        for (language, dir) in [("en", "ltr"), ("es-MX", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("FA", "rtl")] {
            let made = html("Your day", "Your Percocet is ready", language, "Northside Health");
            assert!(made.contains(&format!("<html lang=\"{language}\" dir=\"{dir}\">")), "{made}");
            assert!(made.contains("content=\"light dark\"") && !made.contains("<table"), "{made}");
            let hidden = made.split_once("aria-hidden=\"true\">").expect("a hidden line").1;
            let hidden = hidden.split_once("</div>").expect("its end").0;
            assert!(hidden.starts_with("Northside Health\u{34f}") && !hidden.contains("Percocet"), "{hidden}");
        }
        let odd = html("x", "y", "en\"><script>", "z");
        assert!(!odd.contains("<script"), "{odd}");
    }
}
