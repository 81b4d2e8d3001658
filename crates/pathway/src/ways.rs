//! Steps that lead several ways or inside of something: `split`, `parallel`, `include`; and `repeat`.

use crate::ast::{Arm, Goto, Join, Place, StepIx, Verb};
use crate::compile::{Ask, Asking, Compiler, Slot};
use crate::reader::{self, Keys, text};
use crate::times;
use crate::yaml::{Node, What};
use model::value::Kind;

/// The most ways of a split, and the most strands of a `parallel`.
const WAYS_MAX: usize = 12;
/// The greatest weight of an arm.
const WEIGHT_MAX: u32 = 1_000;

/// Steps of a strand of a `parallel`: from the first on, as far as before the second.
pub(crate) type Region = (StepIx, StepIx);

impl<'n> Compiler<'_, 'n> {
    pub(crate) fn repeat(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node, track: &str) -> Option<Verb> {
        let of = "a step `repeat`";
        let rhythm = head.text().and_then(times::rhythm);
        if rhythm.is_none() {
            self.bad_time(head, times::RHYTHM_HELP);
        }
        let days = keys.need("days", of, &mut self.findings).and_then(|n| self.days(n));
        let until = keys.get("until").and_then(|n| self.condition(Some(ix), n, false));
        let var = keys.get("as").and_then(|n| reader::name(n, "a variable", &mut self.findings));
        let today = match (keys.get("checklist"), var) {
            (Some(node), Some(var)) => self.checklist_used(ix, node).map(|list| (list, var.to_string())),
            (None, Some(var)) => Some((String::new(), var.to_string())),
            (Some(node), None) => {
                let help = Some("add `as: today`".into());
                self.findings.error("TL005", node.place, "a checklist needs a variable: `as`", help);
                None
            }
            (None, None) => None,
        };
        let body = self.body(ix, keys, of, track)?;
        let ((from_day, to_day), (rhythm, at)) = (days?, rhythm?);
        Some(Verb::Repeat { rhythm, at, from_day, to_day, today, until, body })
    }

    pub(crate) fn split(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node) -> Option<Verb> {
        let of = "a step `split`";
        let experiment = reader::name(head, "an experiment", &mut self.findings)?;
        let metric = keys.get("metric").and_then(|n| self.metric(n));
        let hold_out = keys.get("hold_out").and_then(|n| self.share(n));
        match (keys.get("hold_out"), keys.get("held_out")) {
            (Some(_), None) => {
                keys.need("held_out", of, &mut self.findings);
            }
            (None, Some(node)) => {
                let help = Some("add `hold_out: 10%`".into());
                self.findings.error("TL030", node.place, "nobody is held out of this split", help);
            }
            (Some(_), Some(node)) => self.jump(ix, Slot::HoldOut, node),
            (None, None) => {}
        }
        let arms = keys.need("arms", of, &mut self.findings)?;
        let nodes = reader::list(arms, "`arms`", &mut self.findings);
        self.at_most(nodes.get(WAYS_MAX), "arms");
        let mut arms: Vec<Arm> = Vec::new();
        for node in nodes.iter().take(WAYS_MAX) {
            let Some((name, weight, place)) = self.arm(ix, node, arms.len()) else { continue };
            if arms.iter().any(|arm| arm.name == name) {
                self.findings.error("TL006", place, format!("two arms are named `{name}`"), None);
            }
            arms.push(Arm { name: name.into(), weight, to: Goto::Next });
        }
        if arms.len() < 2 && keys.get("hold_out").is_none() {
            let help = Some("give it two arms, or hold a share out".into());
            self.findings.error("TL030", head.place, "a split with one way compares nothing", help);
        }
        let hold_out = hold_out.map(|share| (share, Goto::Next));
        Some(Verb::Split { experiment: experiment.into(), metric, hold_out, arms })
    }

    /// `- texts: 50` with `then:`; its name, its weight, and where it is named.
    fn arm(&mut self, ix: StepIx, node: &'n Node, number: usize) -> Option<(&'n str, u32, Place)> {
        let of = "an arm";
        let keys = Keys::of(node, of, &mut self.findings)?;
        let mut named = keys.pairs().iter().filter(|(k, _)| k.text() != Some("then"));
        let Some((key, weight)) = named.next() else {
            let help = Some("write `- texts: 50` with its name and its weight".into());
            self.findings.error("TL005", keys.place, "an arm has no name", help);
            return None;
        };
        let name = reader::name(key, of, &mut self.findings)?;
        keys.only(of, &[name, "then"], &mut self.findings);
        if let Some(node) = keys.need("then", of, &mut self.findings) {
            self.jump(ix, Slot::Arm(number), node);
        }
        let count = weight.text().and_then(|t| t.parse().ok()).filter(|n| (1..=WEIGHT_MAX).contains(n));
        if count.is_none() {
            let says = format!("the weight of an arm is a whole number from 1 to {WEIGHT_MAX}");
            let help = Some("of 50 and 50, each gets half of the people".into());
            self.findings.error("TL030", weight.place, says, help);
        }
        Some((name, count.unwrap_or(1), key.place))
    }

    /// A share, in thousandths.
    fn share(&mut self, node: &Node) -> Option<u16> {
        let share = node.text().and_then(times::share);
        if share.is_none() {
            let says = "a share is more than 0% and less than 100%";
            self.findings.error("TL030", node.place, says, Some("write `10%`, or `2.5%`".into()));
        }
        share
    }

    /// A goal of the pathway.
    fn metric(&mut self, node: &'n Node) -> Option<String> {
        let name = text(node, "a metric", &mut self.findings)?;
        if !self.goal_names.contains(&name) {
            let help = match self.goal_names.is_empty() {
                true => Some("add `goals:` with what it is judged by".into()),
                false => crate::finding::did_you_mean(name, self.goal_names.iter().copied())
                    .or_else(|| Some(format!("known: {}", self.goal_names.join(", ")))),
            };
            self.findings.error("TL031", node.place, format!("`{name}` is no goal of this pathway"), help);
        }
        Some(name.into())
    }

    fn at_most(&mut self, extra: Option<&Node>, what: &str) {
        if let Some(extra) = extra {
            self.findings.error("TL002", extra.place, format!("at most {WAYS_MAX} {what}"), None);
        }
    }

    pub(crate) fn parallel(&mut self, keys: &Keys<'n>, head: &'n Node, track: &str) -> Option<Verb> {
        let written = Keys::of(head, "`parallel`", &mut self.findings)?;
        self.at_most(written.pairs().get(WAYS_MAX).map(|(key, _)| key), "strands");
        let mut strands = Vec::new();
        for (key, steps) in written.pairs().iter().take(WAYS_MAX) {
            let Some(name) = reader::name(key, "a strand", &mut self.findings) else { continue };
            if steps.is_empty() {
                self.findings.error("TL005", key.place, format!("the strand `{name}` has no steps"), None);
            }
            let begins = StepIx::try_from(self.steps.len()).ok()?;
            let nodes = reader::list(steps, "a strand", &mut self.findings);
            let first = self.list_of_steps(nodes, track);
            self.regions.push((begins, StepIx::try_from(self.steps.len()).ok()?));
            match first {
                Some(first) => strands.push((name.to_owned(), first)),
                None => self.broken = true,
            }
        }
        let join = keys.get("join").map_or(Some(Join::All), |node| self.join(node, strands.len()));
        Some(Verb::Parallel { strands, join: join? })
    }

    /// `all`, `any`, or how many.
    fn join(&mut self, node: &Node, strands: usize) -> Option<Join> {
        let written = text(node, "`join`", &mut self.findings)?;
        match written {
            "all" => return Some(Join::All),
            "any" => return Some(Join::Any),
            _ => {}
        }
        let count = written.parse().ok().filter(|n| (1..=strands).contains(&usize::from(*n)));
        if count.is_none() {
            let says = format!("`{written}` strands never join: there are {strands}");
            self.findings.error("TL032", node.place, says, Some("write `all`, `any`, or how many".into()));
        }
        count.map(Join::Count)
    }

    pub(crate) fn include(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node) -> Option<Verb> {
        text(head, "a sub-pathway", &mut self.findings)?;
        self.jump(ix, Slot::Sub, head);
        let mut with = Vec::new();
        let pairs = keys.get("with").and_then(|n| Keys::of(n, "`with`", &mut self.findings));
        for (own, theirs) in pairs.iter().flat_map(Keys::pairs) {
            let own = reader::name(own, "a variable", &mut self.findings);
            let Some(name) = text(theirs, "a variable", &mut self.findings) else { continue };
            self.asks.push(Ask { step: Some(ix), node: theirs, what: Asking::Variable { name: name.into() } });
            with.extend(own.map(|own| (own.to_owned(), name.to_owned())));
        }
        Some(Verb::Include { sub: None, with })
    }

    /// The names that `with` gives to variables: they are of the same kind. One may be given to what is named so
    /// itself, so this goes on until nothing is new.
    pub(crate) fn gather_renamed(&mut self, nodes: &[&'n Node]) {
        let mut renamed = Vec::new();
        nodes.iter().for_each(|node| gather(node, 0, &mut renamed));
        for _ in 0..=crate::strands::VARS_MAX {
            let known = |theirs: &Node| self.names.vars.get(theirs.text()?).copied();
            let found: Vec<(&Node, Option<Kind>)> = renamed.iter().map(|(own, of)| (*own, known(of))).collect();
            let before = self.names.vars.len();
            for (own, kind) in found {
                if let (Some(name), Some(kind)) = (own.text(), kind) {
                    self.var(name, kind, own.place);
                }
            }
            if self.names.vars.len() == before {
                break;
            }
        }
    }

    /// Strands of a `parallel` are entered at their beginning and left at their end: a jump into one would have
    /// nothing that waits for it, and one out of it would do twice what comes after.
    pub(crate) fn crossings(&mut self) {
        for jump in &self.jumps {
            let Some(to) = jump.found.filter(|_| !matches!(jump.slot, Slot::Sub)) else { continue };
            let strand = |(begins, ends): &Region, ix: StepIx| (*begins..*ends).contains(&ix);
            let track = |ix: StepIx| self.steps.get(usize::from(ix)).map(|s| &s.track);
            let own = track(to) == track(jump.from);
            let crosses = |r: &&Region| strand(r, to) != strand(r, jump.from) && (own || strand(r, to));
            if self.regions.iter().any(|r| crosses(&r)) {
                let says = format!("`{}` leads into or out of a strand of `parallel`", jump.to);
                let help = "strands begin at their first step, and go on together after `join`; `end` ends one";
                self.findings.error("TL033", jump.place, says, Some(help.into()));
            }
        }
    }
}

/// Gathers the pairs of every `with`.
fn gather<'n>(node: &'n Node, depth: usize, out: &mut Vec<(&'n Node, &'n Node)>) {
    if depth > crate::yaml::DEPTH_MAX {
        return;
    }
    match &node.what {
        What::Scalar(_) => {}
        What::List(items) => items.iter().for_each(|n| gather(n, depth + 1, out)),
        What::Map(pairs) => {
            let includes = pairs.iter().any(|(k, _)| k.text() == Some("include"));
            for (key, value) in pairs {
                match &value.what {
                    What::Map(with) if includes && key.text() == Some("with") => {
                        out.extend(with.iter().map(|(own, theirs)| (own, theirs)));
                    }
                    _ => gather(value, depth + 1, out),
                }
            }
        }
    }
}
