//! Whether words give away more than their channel may carry: of each variable the class of
//! [`model::disclosure`], of each channel its permission, or what the head says under `discloses:`.
//!
//! What goes beyond a channel's own permission because the head says so is marked in the words
//! ([`crate::ast::WordsIn::discloses`]): when they are sent, the person must have agreed (`outreach`).

use crate::ast::{Discloses, Verb};
use crate::compile::Compiler;
use crate::reader::{self, Keys};
use crate::types::ROOTS;
use crate::yaml::Node;
use model::disclosure::{self, SUBJECT, permission};
use model::value::Kind;
use model::{Channel, Disclosure};

impl Discloses {
    /// What words on a channel may give away.
    pub fn may(&self, channel: Channel) -> Disclosure {
        self.channels.iter().find(|(c, _)| *c == channel).map_or_else(|| permission(channel), |(_, class)| *class)
    }

    /// What a field gives away.
    pub fn of_field(&self, kind: Kind, field: &str) -> Disclosure {
        match self.clinic {
            Some(class) if kind == Kind::Clinic && field == "name" => class,
            _ => disclosure::disclosure(kind, field),
        }
    }
}

impl<'n> Compiler<'_, 'n> {
    /// The head's `discloses:`.
    pub(crate) fn discloses(&mut self, node: &'n Node) -> Discloses {
        let of = "`discloses`";
        let mut out = Discloses::default();
        let Some(keys) = Keys::of(node, of, &mut self.findings) else { return out };
        let known: Vec<&str> = std::iter::once("clinic").chain(Channel::ALL.map(Channel::name)).collect();
        keys.only(of, &known, &mut self.findings);
        let names = Disclosure::ALL.map(Disclosure::name);
        for (key, node) in keys.pairs() {
            let class = reader::one_of(node, "disclosure", &names, Disclosure::named, &mut self.findings);
            let (name, Some(class)) = (key.text().unwrap_or_default(), class) else { continue };
            match Channel::named(name) {
                None => out.clinic = Some(class),
                Some(channel @ (Channel::Voicemail | Channel::Push)) if class > Disclosure::None => {
                    let says = match channel {
                        Channel::Push => "whoever sees the screen reads it: it carries nothing, whatever was agreed to",
                        _ => "whoever plays a voicemail hears it: it carries nothing, whatever was agreed to",
                    };
                    self.findings.error("TL023", node.place, says, Some("leave this line out".into()));
                }
                Some(channel) => out.channels.push((channel, class)),
            }
        }
        out
    }

    /// Finds each variable that gives away more than its channel may carry, and notes what words give away.
    pub(crate) fn disclosure(&mut self, head: &Discloses) {
        let said = std::mem::take(&mut self.said);
        for (words, _) in &mut self.words {
            for s in said.get(&words.name).into_iter().flatten() {
                let allowed = if s.subject { SUBJECT } else { head.may(s.channel) };
                let mut most = Disclosure::None;
                for (at, path, _) in &s.fields {
                    let Some(class) = class(&self.names, head, path) else { continue };
                    most = most.max(class);
                    // Tasks are named by the words of `remind` alone, and that texts whom asked to be reminded of them.
                    let asked_for = path.first().is_some_and(|root| root == "task") && s.channel == Channel::Sms;
                    if class > allowed && !asked_for {
                        let dotted = path.join(".");
                        let place = s.node.within(*at, dotted.chars().count());
                        let (says, help) = told(&dotted, class, s.channel, s.subject);
                        self.findings.error("TL023", place, says, Some(help));
                    }
                }
                let text = words.texts.iter_mut().find(|t| t.language == s.language && t.channel == s.channel);
                if let Some(text) = text {
                    text.discloses = text.discloses.max(most);
                }
            }
        }
        self.said = said;
        self.asked_by_text(head);
    }

    /// Finds each question that tells more than a text may: by text its very words stand on the screen.
    fn asked_by_text(&mut self, head: &Discloses) {
        for step in &self.steps {
            let Verb::Ask { question, by, .. } = &step.verb else { continue };
            let asked = self.questions.iter().map(|(q, _)| q).find(|q| q.name == *question);
            let Some(class) = asked.map(|q| q.discloses).filter(|class| *class > head.may(Channel::Sms)) else {
                continue;
            };
            if by.iter().any(|(channel, _)| *channel == Channel::Sms) {
                let (says, help) = told(question, class, Channel::Sms, false);
                let help =
                    help.replace("say it on `portal`", "write `discloses: none` at a question that tells nothing");
                self.findings.error("TL023", step.place, says, Some(help));
            }
        }
    }
}

/// What a path gives away; `None` when it stands for nothing, which is told elsewhere.
pub(crate) fn class(names: &crate::types::Names, head: &Discloses, path: &[String]) -> Option<Disclosure> {
    let [root, field, ..] = path else { return None };
    let kind = ROOTS.iter().find(|(r, _)| r == root).map(|(_, kind)| *kind);
    let kind = kind.or_else(|| (root == "task").then_some(Kind::Task)).or_else(|| names.vars.get(root).copied());
    match kind {
        Some(kind) => Some(head.of_field(kind, field)),
        // What a person answered, or a nurse found.
        None if names.prompts.contains_key(root) => Some(Disclosure::Health),
        None => None,
    }
}

fn told(field: &str, class: Disclosure, channel: Channel, subject: bool) -> (String, String) {
    let tells = match class {
        Disclosure::Health => "may tell of health",
        _ => "tells who it is for",
    };
    let others = match (subject, channel) {
        (true, _) => "a subject shows on a locked screen",
        (_, Channel::Voicemail) => "others may hear a voicemail",
        (_, Channel::Push) => "a notification shows on a locked screen",
        (_, Channel::Sms) => "a text shows on a locked screen",
        _ => "the head says that this channel carries less",
    };
    let help = if subject || matches!(channel, Channel::Voicemail | Channel::Push) {
        "voicemail words, notifications and subjects may name person.first_name and the clinic's phone, and its name if that tells \
         nothing"
            .to_string()
    } else {
        let channel = channel.name();
        format!(
            "say it on `portal`, or write `discloses: {{ {channel}: {} }}`: it is sent to whom agreed",
            class.name()
        )
    };
    (format!("`{field}` {tells}, and {others}"), help)
}
