//! The same words are not said to the same person by the same channel again within some hours (`rules/caps.yaml`),
//! whatever pathway or journey says them: a source that tells one discharge under ten numbers is heard once.
//!
//! It is asked when the words of a message are there, after every other guard. What is urgent passes, and so do the
//! answer to what the person wrote, the confirmation of a STOP, what a member of staff wrote and a question, whose answer
//! is one journey's (they are asked one at a time); the reach that said the words may say them again, as a call that nobody
//! took is made again. What is about another time of a task, or another medicine, is another
//! matter, although its words are the same. Words that did not leave or did not arrive were not said.
//!
//! A link does not make words other words: each message has links of its own.

use super::{Look, caps};
use crate::state::{Reach, Said};
use crate::{Context, Outreach, Want, Words};
use model::value::Kind;
use model::{Channel, Id};

/// By what words are known again; `None` where they may be said at any time.
pub(crate) fn mark(look: &Look<'_>, words: &Words) -> Option<u64> {
    let asks = words.asks.as_ref().is_some_and(|asks| asks.field.is_some() || !asks.keys.is_empty());
    if asks || !holds_for(look.want, look.channel) {
        return None;
    }
    let own = |kind: &Kind| matches!(kind, Kind::Task | Kind::Prescription);
    let about = look.want.intent.bindings.iter().find(|(_, kind, _)| own(kind));
    let about = about.map_or("", |(_, _, about)| about.as_str());
    let (subject, text) = (plain(&words.subject), plain(&words.text));
    let whom = [u8::from(look.proxy)];
    // At another number they are said to somebody who has not heard them: the first may have been a stranger's.
    let to = look.to.unwrap_or_default();
    let parts: [&[u8]; 6] =
        [look.channel.name().as_bytes(), &whom, to.as_bytes(), about.as_bytes(), subject.as_bytes(), text.as_bytes()];
    let id = Id::of(&parts).bytes();
    Some(id.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// When and by which message these words were said this way, if another reach did so a short while ago.
pub(crate) fn said(reach: &Reach, words: Option<u64>, state: &Outreach, cx: &Context<'_>) -> Option<Said> {
    let words = words?;
    let own = |said: &Said| reach.attempts.iter().any(|a| a.message == said.message);
    let lately = |said: &Said| said.at.plus_ms(cx.rules.same_words_ms) > cx.now;
    state.said.iter().rev().find(|said| said.words == words && lately(said) && !own(said)).copied()
}

fn holds_for(want: &Want, channel: Channel) -> bool {
    let asked_for = want.reply_on.is_some() || want.confirms_stop || want.written().is_some();
    caps::group(channel).is_some() && !want.intent.urgent && !asked_for
}

/// Words without what differs each time: where their links lead, and how they are set.
fn plain(text: &str) -> String {
    let word = |word: &str| match word.find("https://").or_else(|| word.find("http://")) {
        Some(at) => format!("{}://", &word[..at]),
        None => word.to_owned(),
    };
    text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    fn words(text: &str) -> Words {
        Words { subject: String::new(), text: text.into(), asks: None }
    }

    fn marked(case: &Case, text: &str) -> Option<u64> {
        case.look(|look| mark(look, &words(text)))
    }

    #[test]
    fn words_are_known_again_by_what_they_say_to_whom_and_how() {
        let mut case = Case::new();
        let first = marked(&case, "Your list: https://a.example/t/abc.\nBye");
        assert!(first.is_some());
        assert_eq!(first, marked(&case, "Your list:  https://a.example/t/xyz Bye"), "links differ each time");
        assert_ne!(first, marked(&case, "Your list: at 10:00 https://a.example/t/xyz Bye"));
        case.proxy = true;
        assert_ne!(first, marked(&case, "Your list: https://a.example/t/abc.\nBye"), "somebody else");
        case.proxy = false;
        case.channel = Channel::Email;
        assert_ne!(first, marked(&case, "Your list: https://a.example/t/abc.\nBye"), "another way");
        case.channel = Channel::Sms;
        let ice = |slot: &str| vec![("task".to_owned(), Kind::Task, slot.to_owned())];
        case.want.intent.bindings = ice("ice@2026-11-23#0");
        let morning = marked(&case, "Put ice on it");
        assert_eq!(morning, marked(&case, "Put ice on it"));
        case.want.intent.bindings = ice("ice@2026-11-23#1");
        assert_ne!(morning, marked(&case, "Put ice on it"), "the next time of the task");
    }

    #[test]
    fn what_is_urgent_or_asked_for_may_be_said_at_any_time() {
        let case = |change: fn(&mut Case)| {
            let mut case = Case::new();
            change(&mut case);
            marked(&case, "Call us").is_some()
        };
        assert!(case(|_| {}));
        assert!(!case(|c| c.want.intent.urgent = true));
        assert!(!case(|c| c.want.confirms_stop = true));
        assert!(!case(|c| c.want.reply_on = Some(Channel::Sms)));
        assert!(!case(|c| c.channel = Channel::Portal), "a note rings nobody");
        let asks = Some(crate::Asks { field: Some("pain".into()), keys: Vec::new() });
        let asked = Words { asks, ..words("How is it?") };
        assert_eq!(Case::new().look(|look| mark(look, &asked)), None, "each journey needs its own answer");
    }
}
