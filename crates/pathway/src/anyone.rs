//! Words that go out in their own language to whoever it is (`any_language`): a login code and nothing like it.
//!
//! Invariant: no words of a care pathway pass the rule that a person is written to in their own language. They are of a
//! standing pathway of one language, go out as reminders only, and tell nothing of health.

use crate::ast::Verb;
use crate::compile::Compiler;
use model::Disclosure;
use model::message::Purpose;

impl Compiler<'_, '_> {
    /// Once it is known what each text gives away.
    pub(crate) fn any_language(&mut self, standing: bool) {
        let mut wrong = Vec::new();
        for (words, place) in self.words.iter().filter(|(words, _)| words.any_language) {
            let mut uses = self.steps.iter().filter_map(|step| match &step.verb {
                Verb::Reach { words: name, purpose, .. } | Verb::Remind { words: name, purpose, .. } => {
                    (*name == words.name).then_some(Some(*purpose))
                }
                Verb::Ask { words: name, .. } => (*name == words.name).then_some(None),
                _ => None,
            });
            let why = if !standing {
                "this pathway is not `standing`"
            } else if self.speaks.len() != 1 {
                "this pathway speaks more than one language"
            } else if uses.any(|purpose| purpose != Some(Purpose::Reminder)) {
                "they go out for another purpose than `reminder`"
            } else if words.texts.iter().any(|text| text.discloses == Disclosure::Health) {
                "they tell of health"
            } else {
                continue;
            };
            wrong.push((format!("`any_language` is not for `{}`: {why}", words.name), *place));
        }
        for (says, place) in wrong {
            let help = "write the words in each language that the pathway speaks".to_owned();
            self.findings.error("TL097", place, says, Some(help));
        }
    }
}
