//! Whether two versions of a pathway differ in nothing but words, so that journeys may take the corrected ones at
//! once: what is walked is compared as it is compiled, with every word left out.
//!
//! What counts as words: titles, what patients read, the texts of messages, labels of forms and questions, the words
//! of prompts and notes, texts and hints of checklists, the owner's name and who approved it. A message that loses a
//! channel or a language differs in more: someone would not be reached.

use crate::ast::{Pathway, Place, Verb};
use std::collections::BTreeSet;

/// What differs beside words; nothing when journeys can take the words of `to` as they stand.
pub fn beside_words(from: &Pathway, to: &Pathway) -> Vec<&'static str> {
    let (a, b) = (walked(from), walked(to));
    let mut out = Vec::new();
    let mut tell = |same: bool, what: &'static str| {
        if !same {
            out.push(what);
        }
    };
    tell(a.name == b.name, "name");
    tell(a.fallback_team == b.fallback_team, "fallback");
    tell(a.speaks == b.speaks, "speaks");
    tell(a.standing == b.standing, "standing");
    tell(a.enrol == b.enrol, "enrol");
    tell(a.leave == b.leave, "leave");
    tell((&a.tracks, &a.subs) == (&b.tracks, &b.subs), "tracks");
    tell(a.steps == b.steps, "steps");
    tell(a.forms == b.forms, "forms");
    tell(a.checklists == b.checklists, "checklists");
    tell(a.goals == b.goals, "goals");
    tell(a.questions == b.questions, "questions");
    tell(a.services == b.services, "services");
    tell(said(from) == said(to), "words");
    out
}

/// Every name, language and channel that there are words for, whether DONE answers them, and for whom they are.
fn said(pathway: &Pathway) -> BTreeSet<(&str, (bool, bool), &str, &str)> {
    let all = pathway.words.iter().flat_map(|w| w.texts.iter().map(move |t| (w, t)));
    let of = |w: &crate::ast::Words| (w.done_ticks_task, w.any_language);
    all.map(|(w, t)| (w.name.as_str(), of(w), t.language.as_str(), t.channel.name())).collect()
}

/// A pathway without its words and its places in the file.
fn walked(pathway: &Pathway) -> Pathway {
    let mut p = pathway.clone();
    for step in &mut p.steps {
        step.place = Place::default();
        match &mut step.verb {
            Verb::Prompt(prompt) => {
                prompt.title.clear();
                prompt.reason.clear();
            }
            Verb::Note { text } => text.clear(),
            _ => {}
        }
    }
    let forms = p.forms.iter_mut().chain(p.questions.iter_mut().map(|q| &mut q.form));
    for form in forms {
        form.title.clear();
        for field in &mut form.fields {
            field.label.clear();
            if let model::prompt::Answer::Choice { options } = &mut field.answer {
                options.iter_mut().for_each(|(_, label)| label.clear());
            }
        }
    }
    for field in p.services.iter_mut().flat_map(|s| &mut s.form.fields) {
        if let model::prompt::Answer::Choice { options } = &mut field.answer {
            options.iter_mut().for_each(|(_, label)| label.clear());
        }
    }
    p.questions.iter_mut().for_each(|q| q.labels.clear());
    p.goals.iter_mut().for_each(|g| g.title.clear());
    for item in p.checklists.iter_mut().flat_map(|c| &mut c.items) {
        item.texts.clear();
        item.hints.clear();
    }
    p
}

#[cfg(test)]
mod tests {
    use super::beside_words;
    use crate::Pathway;

    const FOLLOW_UP: &str = include_str!("../../../pathways/post-surgical-follow-up.yaml");

    fn read(text: &str) -> Pathway {
        let teams = ["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk"].map(String::from);
        let codes = crate::shipped::SHIPPED_CODES.iter();
        let mut texts: Vec<_> = codes.map(|(path, text)| (format!("codes/{path}"), (*text).to_owned())).collect();
        texts.push(("post-surgical-follow-up.yaml".into(), text.to_owned()));
        let library = crate::read_dir_texts(&texts, &teams);
        let found = library.pathways.into_iter().find(|p| p.name == "post-surgical-follow-up");
        found.unwrap_or_else(|| panic!("{:?}", library.findings))
    }

    #[test]
    fn words_alone_are_told_apart_from_all_that_is_walked() {
        let old = read(FOLLOW_UP);
        assert_eq!(beside_words(&old, &old), Vec::<&str>::new());
        let first = old.words[0].texts[0].text.trim().lines().next().expect("words").to_owned();
        let reworded = FOLLOW_UP.replacen(&first, &format!("{first} "), 1).replacen("title: ", "title: The ", 1);
        let reworded = read(&format!("# A comment moves every line.\n{reworded}"));
        assert_ne!(reworded.version, old.version);
        assert_eq!(beside_words(&old, &reworded), Vec::<&str>::new());
        let later = read(&FOLLOW_UP.replacen("day 1 at 09:00", "day 1 at 10:00", 1));
        assert_eq!(beside_words(&old, &later), ["steps"]);
        let mut silent = old.clone();
        silent.words[0].texts.pop();
        assert_eq!(beside_words(&old, &silent), ["words"]);
        let mut other = old.clone();
        other.fallback_team = "front_desk".into();
        other.forms[0].fields.pop();
        assert_eq!(beside_words(&old, &other), ["fallback", "forms"]);
    }
}
