//! What a call says, as TwiML: the few verbs that are used, with everything that is said escaped.

use crate::contract::Response;
use std::fmt::Write;

/// The most characters that one `Say` takes; longer words are said by several.
const SAY_MAX: usize = 3_000;
/// How long a key is waited for, seconds.
const WAIT_S: u32 = 6;

/// The languages whose voice is chosen; any other is said by the voice that Twilio has for it.
const VOICES: &[(&str, &str, &str)] = &[("en", "en-US", "Polly.Joanna"), ("es", "es-US", "Polly.Lupe")];

/// An answer under way.
pub(super) struct Answer(String);

impl Answer {
    pub(super) fn new() -> Self {
        Self(String::new())
    }

    /// Says words.
    pub(super) fn say(mut self, words: &str, language: &str) -> Self {
        speak(&mut self.0, words, language);
        self
    }

    /// Says words, each in its language, and waits for one key, which is brought to `action`; so is silence.
    pub(super) fn ask(mut self, words: &[(&str, &str)], action: &str) -> Self {
        let action = escape(action);
        // Writing to a String cannot fail.
        let _ = write!(
            self.0,
            "<Gather input=\"dtmf\" numDigits=\"1\" finishOnKey=\"\" timeout=\"{WAIT_S}\" actionOnEmptyResult=\"true\" \
             method=\"POST\" action=\"{action}\">"
        );
        words.iter().for_each(|(words, language)| speak(&mut self.0, words, language));
        self.0.push_str("</Gather>");
        self
    }

    /// Goes on at another address once all before it was said.
    pub(super) fn then(mut self, url: &str) -> Self {
        let _ = write!(self.0, "<Redirect method=\"POST\">{}</Redirect>", escape(url));
        self
    }

    /// Rings a number, shown `from`, and connects it; what becomes of that is told at `report`.
    pub(super) fn dial(mut self, (to, from): (&str, &str), report: &str, (ring_s, talk_s): (u32, u32)) -> Self {
        let (to, from, report) = (escape(to), escape(from), escape(report));
        let _ = write!(
            self.0,
            "<Dial callerId=\"{from}\" timeout=\"{ring_s}\" timeLimit=\"{talk_s}\" answerOnBridge=\"true\"><Number \
             statusCallback=\"{report}\" statusCallbackEvent=\"completed\" statusCallbackMethod=\"POST\">{to}</Number></Dial>"
        );
        self
    }

    /// Hangs up.
    pub(super) fn hang_up(mut self) -> Self {
        self.0.push_str("<Hangup/>");
        self
    }

    /// As it goes out.
    pub(super) fn response(self) -> Response {
        let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>{}</Response>", self.0);
        Response { status: 200, content_type: "text/xml; charset=utf-8".into(), body: body.into_bytes() }
    }
}

fn speak(out: &mut String, words: &str, language: &str) {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    let (tag, voice) = match VOICES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(primary)) {
        Some((_, tag, voice)) => (*tag, Some(*voice)),
        None => (language, None),
    };
    for part in parts(words) {
        let _ = write!(out, "<Say language=\"{}\"", escape(tag));
        if let Some(voice) = voice {
            let _ = write!(out, " voice=\"{voice}\"");
        }
        let _ = write!(out, ">{}</Say>", escape(&part));
    }
}

/// Words in parts that one `Say` takes, cut between words where it can be.
fn parts(words: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut length = 0;
    for word in words.split_inclusive(char::is_whitespace) {
        for (at, c) in word.chars().enumerate() {
            let whole = at == 0 && length + word.chars().count() > SAY_MAX;
            if length >= SAY_MAX || whole && length > 0 {
                parts.push(String::new());
                length = 0;
            }
            if let Some(last) = parts.last_mut() {
                last.push(c);
            }
            length += 1;
        }
    }
    parts.retain(|p| !p.trim().is_empty());
    parts
}

/// Text as XML, on one line.
fn escape(text: &str) -> String {
    model::markup::escape(text).replace(['\t', '\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_escaped_and_cut_where_they_must_be() {
        assert_eq!(escape("a<b> & \"c\" 'd'\u{0}\u{b}\n"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; ");
        let long = "word ".repeat(1_500);
        let cut = parts(&long);
        assert_eq!(cut.concat(), long);
        assert!(cut.len() == 3 && cut.iter().all(|p| p.chars().count() <= SAY_MAX), "{}", cut.len());
        let one = "x".repeat(SAY_MAX * 2 + 1);
        assert_eq!(parts(&one).iter().map(String::len).collect::<Vec<_>>(), [SAY_MAX, SAY_MAX, 1]);
        assert!(parts(" \n ").is_empty());
    }
}
