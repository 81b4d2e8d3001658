//! Tracks, sub-pathways, the variables they bind, and where their jumps lead.

use crate::ast::{Goto, Place, StepIx, Verb};
use crate::compile::{Compiler, Jump, Slot, collection};
use crate::reader::{self, Keys};
use crate::types;
use crate::yaml::{self, Node};
use model::value::Kind;

/// The most variables that a pathway binds.
pub const VARS_MAX: usize = 100;

impl<'n> Compiler<'_, 'n> {
    pub(crate) fn strands(&mut self, keys: &Keys<'n>) {
        let tracks = keys.need("tracks", "a pathway", &mut self.findings);
        let subs = keys.get("sub_pathways");
        let both = [tracks, subs];
        for node in both.into_iter().flatten() {
            self.gather_vars(node, 0);
        }
        self.gather_renamed(&both.into_iter().flatten().collect::<Vec<_>>());
        let mut seen: Vec<&str> = Vec::new();
        for (node, of, is_track) in [(tracks, "a track", true), (subs, "a sub-pathway", false)] {
            let Some(keys) = node.and_then(|n| Keys::of(n, "tracks", &mut self.findings)) else { continue };
            for (key, body) in keys.pairs() {
                let Some(name) = reader::name(key, of, &mut self.findings) else { continue };
                if seen.contains(&name) || types::is_taken(name) {
                    let says = format!("`{name}` cannot name {of}: it is taken");
                    self.findings.error("TL006", key.place, says, None);
                }
                seen.push(name);
                if body.is_empty() {
                    self.findings.error("TL005", key.place, format!("{of} has no steps"), None);
                }
                let steps = reader::list(body, of, &mut self.findings);
                let first = self.list_of_steps(steps, name);
                let strands = if is_track { &mut self.tracks } else { &mut self.subs };
                strands.push((name.into(), first));
            }
        }
        self.resolve();
        self.crossings();
    }

    /// Variables by name, wherever they are bound, so that sub-pathways may name them.
    fn gather_vars(&mut self, node: &'n Node, depth: usize) {
        if depth > yaml::DEPTH_MAX {
            return;
        }
        match &node.what {
            yaml::What::Scalar(_) => {}
            yaml::What::List(items) => items.iter().for_each(|n| self.gather_vars(n, depth + 1)),
            yaml::What::Map(pairs) => {
                let get = |key: &str| pairs.iter().find(|(k, _)| k.text() == Some(key)).map(|(_, v)| v);
                if let Some(var) = get("as") {
                    let kind = match get("each") {
                        Some(over) => collection(over.text().unwrap_or_default()).map(|(_, kind)| kind),
                        None => get("repeat").map(|_| Kind::Day),
                    };
                    if let (Some(kind), Some(name)) = (kind, var.text()) {
                        self.var(name, kind, var.place);
                    }
                }
                pairs.iter().for_each(|(_, v)| self.gather_vars(v, depth + 1));
            }
        }
    }

    pub(crate) fn var(&mut self, name: &str, kind: Kind, place: Place) {
        if self.names.vars.len() >= VARS_MAX {
            self.findings.error("TL002", place, format!("a pathway binds at most {VARS_MAX} variables"), None);
            return;
        }
        let taken = types::is_taken(name);
        let other = self.names.vars.insert(name.into(), kind).is_some_and(|k| k != kind);
        if taken || other {
            self.findings.error("TL006", place, format!("`{name}` stands for something else already"), None);
        }
    }

    fn resolve(&mut self) {
        let mut jumps = std::mem::take(&mut self.jumps);
        for jump in &mut jumps {
            let track = self.steps[usize::from(jump.from)].track.clone();
            let Some(goto) = self.target(jump, &track) else {
                self.broken = true;
                continue;
            };
            if let Goto::Step(ix) = goto {
                jump.found = Some(ix);
            }
            let step = &mut self.steps[usize::from(jump.from)];
            match (&mut step.verb, jump.slot) {
                (Verb::WaitFor { found, .. }, Slot::Found) => *found = goto,
                (Verb::WaitFor { missed, .. }, Slot::Missed) => *missed = goto,
                (Verb::Branch { arms, .. }, Slot::Arm(n)) => arms[n].1 = goto,
                (Verb::Branch { unknown, .. }, Slot::Unknown) => *unknown = goto,
                (Verb::Branch { otherwise, .. }, Slot::Otherwise) => *otherwise = goto,
                (Verb::Reach { got, .. }, Slot::Got) => *got = goto,
                (Verb::Reach { not, .. }, Slot::Not) => *not = goto,
                (Verb::Ask { answered, .. }, Slot::Answered) => *answered = goto,
                (Verb::Ask { missed, .. }, Slot::Missed) => *missed = goto,
                (Verb::Call { answered, .. }, Slot::Answered) => *answered = goto,
                (Verb::Call { failed, .. }, Slot::Missed) => *failed = goto,
                (Verb::Split { arms, .. }, Slot::Arm(n)) => arms[n].to = goto,
                (Verb::Split { hold_out: Some((_, to)), .. }, Slot::HoldOut) => *to = goto,
                (Verb::Include { sub, .. }, Slot::Sub) => *sub = jump.found,
                _ => {}
            }
        }
        self.jumps = jumps;
    }

    /// A sub-pathway that is included.
    fn sub(&mut self, jump: &Jump) -> Option<Goto> {
        if let Some((_, first)) = self.subs.iter().find(|(n, _)| *n == jump.to) {
            return first.map(Goto::Step);
        }
        let known: Vec<&str> = self.subs.iter().map(|(n, _)| n.as_str()).collect();
        reader::unknown("TL010", jump.place, "sub-pathway", &jump.to, &known, &mut self.findings);
        None
    }

    fn target(&mut self, jump: &Jump, track: &str) -> Option<Goto> {
        if matches!(jump.slot, Slot::Sub) {
            return self.sub(jump);
        }
        match jump.to.as_str() {
            "next" => return Some(Goto::Next),
            "end" => return Some(Goto::End),
            _ => {}
        }
        if let Some((_, first)) = self.subs.iter().find(|(n, _)| *n == jump.to) {
            return first.map(Goto::Step);
        }
        let whole = [format!("{track}/{}", jump.to), jump.to.clone()];
        let found = self.steps.iter().position(|s| whole.contains(&s.name));
        if let Some(ix) = found {
            return StepIx::try_from(ix).ok().map(Goto::Step);
        }
        let own: Vec<String> = self
            .steps
            .iter()
            .filter(|s| s.track == track)
            .filter_map(|s| s.name.strip_prefix(&format!("{track}/")).map(String::from))
            .collect();
        let subs = self.subs.iter().map(|(n, _)| n.as_str());
        let known: Vec<&str> = ["next", "end"].into_iter().chain(subs).chain(own.iter().map(String::as_str)).collect();
        reader::unknown("TL010", jump.place, "step or sub-pathway", &jump.to, &known, &mut self.findings);
        None
    }
}
