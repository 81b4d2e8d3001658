//! Prompts to the care team as written.

use crate::ast::{PromptStep, StepIx, Verb};
use crate::compile::Compiler;
use crate::reader::{self, Keys, one_or_more, text, yes_no};
use crate::times;
use crate::types::{self, Asked};
use crate::world::PromptKind;
use crate::yaml::Node;
use model::prompt::{Escalation, Lapse};
use model::time::{HOUR_MS, MINUTE_MS};

/// When a prompt is tried again, unless the pathway says.
const AGAIN: Lapse = Lapse { ms: 4 * HOUR_MS, team_hours: true };
/// The same for a red flag.
const AGAIN_RED_FLAG: Lapse = Lapse { ms: 15 * MINUTE_MS, team_hours: false };
/// The most tries of a prompt.
const ATTEMPTS_MAX: u32 = 20;
/// The most prompts of a pathway.
pub const PROMPTS_MAX: usize = 200;

impl<'n> Compiler<'_, 'n> {
    pub(crate) fn prompt(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node, kind: PromptKind) -> Option<Verb> {
        let of = match kind {
            PromptKind::Prompt => "a step `prompt`",
            PromptKind::RedFlag => "a step `red_flag`",
            PromptKind::Concern => "a step `concern`",
        };
        let (red_flag, concern) = (kind == PromptKind::RedFlag, kind == PromptKind::Concern);
        let person_within_ms = if red_flag { self.person_within(keys) } else { None };
        if let Some(ms) = person_within_ms {
            self.red_flag_holds(keys, ms);
        }
        let name = reader::name(head, "a prompt", &mut self.findings)?;
        let to = keys.need("to", of, &mut self.findings).and_then(|n| self.team(n)).unwrap_or_default();
        let title = keys.need("do", of, &mut self.findings).and_then(|n| self.words_here(ix, n, "`do`"));
        let reason = keys.need("why", of, &mut self.findings).and_then(|n| self.words_here(ix, n, "`why`"));
        let offer = keys.get("offer").map(one_or_more).unwrap_or_default();
        let offer = self.few(offer, "actions").into_iter();
        let offer = offer.filter_map(|n| reader::name(n, "an action", &mut self.findings)).map(String::from).collect();
        let form = keys.get("form").and_then(|n| self.form_used(n));
        let due = match person_within_ms.filter(|_| keys.get("due").is_none()) {
            Some(ms) => Lapse { ms, team_hours: false },
            None => keys.need("due", of, &mut self.findings).and_then(|n| self.lapse(n)).unwrap_or(AGAIN),
        };
        let written = if concern { keys.need("overdue", of, &mut self.findings) } else { keys.get("overdue") };
        let overdue = self.few(written.map(one_or_more).unwrap_or_default(), "escalations");
        let mut overdue: Vec<Escalation> = overdue.into_iter().filter_map(|n| self.escalation(n)).collect();
        if red_flag && written.is_none() {
            overdue = self.next_of_red_flag(&to);
        }
        let attempts_max = keys.get("attempts").map_or(1, |n| self.attempts(n));
        let usual = if red_flag { AGAIN_RED_FLAG } else { AGAIN };
        let again_after = keys.get("again").and_then(|n| self.lapse(n)).unwrap_or(usual);
        let urgent = red_flag || keys.get("urgent").is_some_and(|n| yes_no(n, "`urgent`", &mut self.findings));
        let until = if concern { self.closes_on(ix, keys) } else { self.until(ix, keys) };
        // What makes it pointless ends the strand, so whoever goes on has an outcome. A concern that closes by proof
        // goes on without one.
        let sure = keys.get("skip_when").is_none() && !(concern && keys.get("closes_on").is_some());
        if types::is_taken(name) || self.names.vars.contains_key(name) {
            self.findings.error("TL006", head.place, format!("`{name}` stands for something else already"), None);
        } else if self.names.prompts.contains_key(name) {
            let help = "their answers would have one name".to_string();
            self.findings.error("TL006", head.place, format!("two prompts are named `{name}`"), Some(help));
        } else if self.names.prompts.len() >= PROMPTS_MAX {
            self.findings.error("TL002", head.place, format!("a pathway has at most {PROMPTS_MAX} prompts"), None);
        } else {
            let lost = form.is_none() && keys.get("form").is_some();
            self.names.prompts.insert(name.into(), Asked { form: form.clone(), lost, sure, ..Asked::default() });
        }
        Some(Verb::Prompt(Box::new(PromptStep {
            name: name.into(),
            to,
            title: title.unwrap_or_default(),
            reason: reason.unwrap_or_default(),
            offer,
            form,
            urgent,
            due,
            overdue,
            attempts_max,
            again_after,
            until,
            person_within_ms,
            concern,
        })))
    }

    fn attempts(&mut self, node: &Node) -> u32 {
        let count = node.text().and_then(|t| t.parse().ok()).filter(|n| (1..=ATTEMPTS_MAX).contains(n));
        if count.is_none() {
            let says = format!("`attempts` is a number from 1 to {ATTEMPTS_MAX}");
            self.findings.error("TL027", node.place, says, None);
        }
        count.unwrap_or(1)
    }

    fn lapse(&mut self, node: &Node) -> Option<Lapse> {
        let lapse = node.text().and_then(times::lapse);
        if lapse.is_none() {
            self.bad_time(node, "write `8 team hours`, `30 minutes`, `2 days`");
        }
        lapse
    }

    /// `charge_nurse after 2 team hours`.
    fn escalation(&mut self, node: &Node) -> Option<Escalation> {
        let written = text(node, "an escalation", &mut self.findings)?;
        let Some((team, after)) = written.split_once(" after ") else {
            self.bad_time(node, "write `charge_nurse after 2 team hours`");
            return None;
        };
        let Some(after) = times::lapse(after) else {
            self.bad_time(node, "write `charge_nurse after 2 team hours`");
            return None;
        };
        let place = node.within(0, team.trim().chars().count());
        Some(Escalation { to: self.team_named(team.trim(), place)?, after })
    }

    fn form_used(&mut self, node: &Node) -> Option<String> {
        let name = text(node, "a form", &mut self.findings)?;
        if self.form_places.iter().any(|(f, _)| f == name) {
            self.used.push(format!("form:{name}"));
            return Some(name.into());
        }
        let known: Vec<&str> = self.form_places.iter().map(|(f, _)| f.as_str()).collect();
        reader::unknown("TL013", node.place, "form", name, &known, &mut self.findings);
        None
    }
}
