//! Words that go to a related person: in their language where the pathway speaks it, and plainly for somebody else.

use crate::state::Reach;
use crate::{Context, Words, content, language};
use model::Channel;
use record::ways::Grant;

/// The language of a message: the related person's where the pathway speaks it, else the one of the reach.
pub(crate) fn language(grant: Option<&Grant>, reach: &Reach, cx: &Context<'_>) -> String {
    let wanted = grant.map(|g| language::primary(&g.language)).filter(|l| !l.is_empty());
    let spoken = wanted.and_then(|w| cx.world.speaks(&reach.want).into_iter().find(|s| language::primary(s) == w));
    spoken.unwrap_or_else(|| reach.language.clone())
}

/// The first name of the related person, which a call asks for.
pub(crate) fn first_name(grant: Option<&Grant>) -> Option<String> {
    grant.and_then(|g| g.name.split_whitespace().next()).map(str::to_owned)
}

/// The words as the related person has them: they begin with whom they are for. What asks the person something does
/// not ask somebody else: a reply from there is read by a person.
pub(crate) fn words(words: Words, grant: Option<&Grant>, channel: Channel, language: &str, cx: &Context<'_>) -> Words {
    if grant.is_none() {
        return words;
    }
    let before = cx.rules.law.related.before(language).or_else(|| cx.rules.law.related.before("en"));
    let before = before.unwrap_or_default().replace("{first_name}", &content::first_name(cx));
    let subject = if channel == Channel::Email { format!("{before} {}", words.subject) } else { words.subject };
    Words { subject, text: format!("{before} {}", words.text), asks: None }
}
