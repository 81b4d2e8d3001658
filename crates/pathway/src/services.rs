//! Services outside as written: the section `services:` (what a call may ask and what comes back, typed), and the step
//! `call`.
//!
//! Invariants: a call sends the fields that its service names and nothing else; what they give away is said by the
//! service (`discloses:`, nothing when left out), so that nobody sends more than somebody meant; both outcomes of a
//! call are named.
//!
//! Deliberately absent: where a service is and what it is signed with, which are settings of the hub.

use crate::ast::{Goto, Service, StepIx, Verb};
use crate::compile::{Ask, Asking, Compiler, Slot};
use crate::reader::{self, Keys, one_of, text};
use crate::yaml::Node;
use crate::{condition, times, types};
use model::Disclosure;
use model::prompt::{Field, Form};
use model::time::{DAY_MS, MINUTE_MS};

/// The most services of a pathway.
pub const SERVICES_MAX: usize = 20;
/// The most fields that a service is asked with, and the most that it answers.
pub const FIELDS_MAX: usize = 24;
/// The shortest and the longest that a call may be tried: its strand stands still so long.
const WITHIN_MS: std::ops::RangeInclusive<i64> = MINUTE_MS..=7 * DAY_MS;

/// Where a service's fields stand, for findings: name, service's name, path, node.
pub(crate) struct Sent<'n> {
    pub service: String,
    pub path: Vec<String>,
    pub node: &'n Node,
}

impl<'n> Compiler<'_, 'n> {
    /// The section `services:`.
    pub(crate) fn all_services(&mut self, node: &'n Node) {
        let Some(keys) = Keys::of(node, "`services`", &mut self.findings) else { return };
        if let Some((extra, _)) = keys.pairs().get(SERVICES_MAX) {
            self.findings.error("TL002", extra.place, format!("a pathway has at most {SERVICES_MAX} services"), None);
        }
        for (key, node) in keys.pairs().iter().take(SERVICES_MAX) {
            let of = "a service";
            let Some(name) = reader::name(key, of, &mut self.findings) else { continue };
            let taken = self.names.forms.iter().any(|f| f.name == name) || self.names.vars.contains_key(name);
            if taken || types::is_taken(name) {
                self.findings.error("TL006", key.place, format!("`{name}` stands for something else already"), None);
            }
            let Some(keys) = Keys::of(node, of, &mut self.findings) else { continue };
            keys.only(of, &["asks", "answers", "discloses"], &mut self.findings);
            let names = Disclosure::ALL.map(Disclosure::name);
            let discloses = keys
                .get("discloses")
                .and_then(|n| one_of(n, "disclosure", &names, Disclosure::named, &mut self.findings))
                .unwrap_or(Disclosure::None);
            let asks = keys.get("asks").map(|n| self.sent(name, n)).unwrap_or_default();
            let fields = keys.need("answers", of, &mut self.findings).map(|n| self.told_back(n)).unwrap_or_default();
            let form = Form { name: name.into(), title: String::new(), fields };
            // Answers are named and typed as those of a form are.
            self.names.forms.push(form.clone());
            self.services.push((Service { name: name.into(), asks, form, discloses }, key.place));
        }
    }

    /// The fields that are sent, by the name that they are sent under.
    fn sent(&mut self, service: &str, node: &'n Node) -> Vec<(String, Vec<String>)> {
        let of = "`asks`";
        let Some(keys) = Keys::of(node, of, &mut self.findings) else { return Vec::new() };
        let mut out = Vec::new();
        for (key, node) in self.bounded(keys.pairs(), "fields that are sent") {
            let Some(name) = reader::name(key, "a field", &mut self.findings) else { continue };
            let Some(path) = text(node, "a field", &mut self.findings).and_then(times::path) else {
                let help = "write a field of the record, as `member: person.name`";
                self.findings.error("TL007", node.place, "this is no field", Some(help.into()));
                continue;
            };
            self.sent.push(Sent { service: service.into(), path: path.clone(), node });
            out.push((name.into(), condition::canonical(&path)));
        }
        out
    }

    /// What is answered, typed as the questions of a form are.
    fn told_back(&mut self, node: &'n Node) -> Vec<Field> {
        let Some(keys) = Keys::of(node, "`answers`", &mut self.findings) else { return Vec::new() };
        let mut out = Vec::new();
        for (key, node) in self.bounded(keys.pairs(), "answers") {
            let Some(name) = reader::name(key, "an answer", &mut self.findings) else { continue };
            let Some(answer) = self.answer(node) else { continue };
            out.push(Field { name: name.into(), label: name.into(), answer });
        }
        out
    }

    fn bounded(&mut self, pairs: &'n [(Node, Node)], what: &str) -> &'n [(Node, Node)] {
        if let Some((extra, _)) = pairs.get(FIELDS_MAX) {
            self.findings.error("TL002", extra.place, format!("at most {FIELDS_MAX} {what}"), None);
        }
        &pairs[..pairs.len().min(FIELDS_MAX)]
    }

    /// A step `call`.
    pub(crate) fn call(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node) -> Option<Verb> {
        let of = "a step `call`";
        let name = text(head, "a service", &mut self.findings)?;
        if self.services.iter().any(|(s, _)| s.name == name) {
            self.used.push(format!("service:{name}"));
            if self.names.prompts.get(name).is_some_and(|a| !a.service) {
                let help = "their answers would have one name".to_string();
                self.findings.error("TL006", head.place, format!("a prompt is named `{name}`"), Some(help));
            }
            let asked = types::Asked { form: Some(name.into()), service: true, ..types::Asked::default() };
            self.names.prompts.insert(name.into(), asked);
            // What is sent means what it means where the call stands.
            for sent in self.sent.iter().filter(|s| s.service == name) {
                let fields = vec![(0, sent.path.clone(), String::new())];
                self.asks.push(Ask { step: Some(ix), node: sent.node, what: Asking::Fields { fields } });
            }
        } else {
            let known: Vec<&str> = self.services.iter().map(|(s, _)| s.name.as_str()).collect();
            reader::unknown("TL090", head.place, "service", name, &known, &mut self.findings);
            self.broken = true;
        }
        let within_ms = keys.need("within", of, &mut self.findings).and_then(|n| self.within(n));
        for (key, slot) in [("answered", Slot::Answered), ("failed", Slot::Missed)] {
            match keys.need(key, of, &mut self.findings) {
                Some(node) => self.jump(ix, slot, node),
                None => self.broken = true,
            }
        }
        let (answered, failed) = (Goto::Next, Goto::Next);
        Some(Verb::Call { service: name.into(), within_ms: within_ms?, answered, failed })
    }

    fn within(&mut self, node: &Node) -> Option<i64> {
        let ms = self.span(node)?;
        if !WITHIN_MS.contains(&ms) {
            let help = "what a service cannot say in that time a person finds out".to_string();
            self.findings.error("TL027", node.place, "a call is tried for 1 minute to 7 days", Some(help));
            return None;
        }
        Some(ms)
    }

    /// Finds each field that gives away more than its service says that it is told.
    pub(crate) fn sent_away(&mut self, head: &crate::ast::Discloses) {
        for sent in std::mem::take(&mut self.sent) {
            let said = self.services.iter().find(|(s, _)| s.name == sent.service).map(|(s, _)| s.discloses);
            let class = crate::words::disclosure::class(&self.names, head, &sent.path);
            let (Some(said), Some(class)) = (said, class) else { continue };
            if class > said {
                let what = match class {
                    Disclosure::Health => "tells of health",
                    _ => "tells who it is about",
                };
                let says = format!("`{}` {what}, and it leaves the hub", sent.path.join("."));
                let help = format!(
                    "leave it out, or write `discloses: {}` at `{}`, if that service may know it",
                    class.name(),
                    sent.service
                );
                self.findings.error("TL091", sent.node.place, says, Some(help));
            }
        }
    }
}
