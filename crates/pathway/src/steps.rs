//! Steps as written, compiled one by one.

use crate::ast::{FactPattern, Goto, Place, Step, StepIx, Verb, When};
use crate::compile::{Ask, Asking, Compiler, Jump, STEPS_MAX, Slot, collection};
use crate::expr::{Compare, Expr};
use crate::finding::did_you_mean;
use crate::reader::{self, Keys, one_of, one_or_more, text, yes_no};
use crate::world::PromptKind;
use crate::yaml::Node;
use crate::{condition, kinds, template, times};
use model::time::{HOUR_MS, MINUTE_MS};
use model::value::{Kind, Type, field_type};
use model::{Channel, Purpose, Value};

/// Every verb and the keys that its step may have beside `name` and `skip_when`.
pub const VERBS: &[(&str, &[&str])] = &[
    ("wait", &["late"]),
    ("wait_for", &["deadline", "found", "missed"]),
    ("reach", &["purpose", "by", "valid", "urgent", "until", "counts", "got", "not"]),
    ("ask", &["words", "purpose", "by", "deadline", "again", "stop_when", "answered", "missed"]),
    ("call", &["within", "answered", "failed"]),
    ("prompt", &["to", "do", "why", "offer", "form", "due", "overdue", "attempts", "again", "urgent", "until"]),
    (
        "red_flag",
        &["person_within", "to", "do", "why", "offer", "form", "due", "overdue", "attempts", "again", "until"],
    ),
    ("concern", &["closes_on", "to", "do", "why", "offer", "form", "due", "overdue", "again", "urgent"]),
    ("branch", &["unknown", "else"]),
    ("repeat", &["days", "until", "checklist", "as", "steps"]),
    ("each", &["as", "again_on", "steps"]),
    ("remind", &["words", "purpose", "by", "valid"]),
    ("split", &["metric", "hold_out", "held_out", "arms"]),
    ("parallel", &["join"]),
    ("include", &["with"]),
    ("enrol_in", &[]),
    ("withdraw_from", &["why"]),
    ("note", &[]),
    ("leave", &[]),
];

/// How long a rung of a ladder is given, unless the pathway says.
pub const fn rung_ms(channel: Channel) -> i64 {
    match channel {
        Channel::Voice | Channel::Voicemail => 30 * MINUTE_MS,
        Channel::Sms | Channel::Push | Channel::Chat => 2 * HOUR_MS,
        Channel::Email => 8 * HOUR_MS,
        Channel::Portal => 24 * HOUR_MS,
    }
}

/// How long a reach is worth sending, unless the pathway says.
const VALID_MS: i64 = 12 * HOUR_MS;
/// The most rungs of a ladder, teams of a chain, actions of an offer.
const LIST_MAX: usize = 12;

impl<'n> Compiler<'_, 'n> {
    /// Compiles steps that follow each other; the first one's index.
    pub(crate) fn list_of_steps(&mut self, nodes: &'n [Node], track: &str) -> Option<StepIx> {
        let (mut first, mut last): (Option<StepIx>, Option<StepIx>) = (None, None);
        for node in nodes {
            let Some(ix) = self.step(node, track) else { continue };
            if let Some(last) = last {
                self.steps[usize::from(last)].next = Some(ix);
            }
            first = first.or(Some(ix));
            last = Some(ix);
        }
        first
    }

    fn step(&mut self, node: &'n Node, track: &str) -> Option<StepIx> {
        let ix = self.one_step(node, track);
        self.broken |= ix.is_none();
        ix
    }

    fn one_step(&mut self, node: &'n Node, track: &str) -> Option<StepIx> {
        let keys = Keys::of(node, "a step", &mut self.findings)?;
        let mut verbs = VERBS.iter().filter(|(v, _)| keys.get(v).is_some());
        let Some((verb, more)) = verbs.next() else {
            self.no_verb(&keys);
            return None;
        };
        if let Some((other, _)) = verbs.next() {
            let says = format!("a step does one thing: `{verb}` or `{other}`");
            self.findings.error("TL004", keys.place, says, Some(format!("begin a new step: `- {other}:`")));
            return None;
        }
        let mut known: Vec<&str> = [*verb, "name", "skip_when"].iter().chain(more.iter()).copied().collect();
        if *verb == "red_flag" {
            // It is told what is wrong with it, see `Compiler::prompt`.
            known.push("attempts");
        }
        keys.only(&format!("a step `{verb}`"), &known, &mut self.findings);
        let of = format!("a step `{verb}`");
        let head = keys.need(verb, &of, &mut self.findings)?;
        let ix = self.open(&keys, verb, head, track)?;
        if *verb != "each"
            && let Some(skip) = keys.get("skip_when")
        {
            let skip = self.condition(Some(ix), skip, false);
            self.steps[usize::from(ix)].skip_when = skip;
        }
        let verb = match *verb {
            "wait" => self.wait(ix, &keys, head),
            "wait_for" => self.wait_for(ix, &keys, head),
            "reach" => self.reach(ix, &keys, head),
            "ask" => self.ask_step(ix, &keys, head),
            "call" => self.call(ix, &keys, head),
            "prompt" | "red_flag" | "concern" => self.prompt(ix, &keys, head, PromptKind::of(verb)),
            "enrol_in" => self.enrol_in(head),
            "withdraw_from" => self.withdraw_from(ix, &keys, head),
            "branch" => self.branch(ix, &keys, head),
            "repeat" => self.repeat(ix, &keys, head, track),
            "each" => self.each(ix, &keys, head, track),
            "remind" => self.remind(ix, &keys, head),
            "split" => self.split(ix, &keys, head),
            "parallel" => self.parallel(&keys, head, track),
            "include" => self.include(ix, &keys, head),
            "note" => self.words_here(ix, head, "a note").map(|text| Verb::Note { text }),
            _ => text(head, "`leave`", &mut self.findings).map(|t| Verb::Leave { reason: t.into() }),
        };
        match verb {
            Some(verb) => self.steps[usize::from(ix)].verb = verb,
            None => self.broken = true,
        }
        Some(ix)
    }

    fn no_verb(&mut self, keys: &Keys<'n>) {
        let verbs = VERBS.iter().map(|(v, _)| *v);
        let near = keys.pairs().iter().find_map(|(k, _)| {
            let help = did_you_mean(k.text().unwrap_or_default(), verbs.clone())?;
            Some((k.place, help))
        });
        let (place, help) = match near {
            Some((place, help)) => (place, help),
            None => (keys.place, format!("a step has one of: {}", verbs.collect::<Vec<_>>().join(", "))),
        };
        self.findings.error("TL004", place, "this step does nothing that is known", Some(help));
    }

    /// Makes room for a step, so that its index and name are known while it is read.
    fn open(&mut self, keys: &Keys<'n>, verb: &str, head: &Node, track: &str) -> Option<StepIx> {
        if self.steps.len() >= STEPS_MAX {
            let says = format!("a pathway has at most {STEPS_MAX} steps");
            self.findings.error("TL002", head.place, says, None);
            return None;
        }
        let given = keys.get("name").and_then(|n| reader::name(n, "a step", &mut self.findings).map(|t| (t, n.place)));
        let head_text = head.text().unwrap_or_default();
        let (short, fixed) = match (given, verb) {
            (Some((name, place)), _) => (name.to_string(), Some(place)),
            (None, "prompt" | "red_flag" | "concern" | "reach" | "ask" | "call" | "split" | "include") => {
                (head_text.into(), None)
            }
            (None, "each") => (format!("each_{}", keys.get("as").and_then(Node::text).unwrap_or_default()), None),
            (None, "wait_for") => (format!("wait_for_{}", head_text.rsplit('.').next().unwrap_or_default()), None),
            (None, verb) => (verb.into(), None),
        };
        let name = self.step_name(track, &short, fixed);
        let place = if head.text().is_some() { head.place } else { keys.place };
        let ix = StepIx::try_from(self.steps.len()).ok()?;
        let verb = Verb::Note { text: String::new() };
        self.steps.push(Step { name, track: track.into(), next: None, skip_when: None, place, verb });
        Some(ix)
    }

    /// A name that no other step has; one that was given must not be taken.
    fn step_name(&mut self, track: &str, short: &str, fixed: Option<Place>) -> String {
        let whole = format!("{track}/{short}");
        let taken = |name: &str| self.steps.iter().any(|s| s.name == name);
        if !taken(&whole) {
            return whole;
        }
        if let Some(place) = fixed {
            let help = "give one of them a `name:` of its own";
            self.findings.error("TL006", place, format!("two steps are named `{short}`"), Some(help.into()));
            return whole;
        }
        let free = (2..=STEPS_MAX + 1).map(|n| format!("{whole}_{n}")).find(|n| !taken(n));
        free.unwrap_or(whole)
    }

    pub(crate) fn when(&mut self, ix: StepIx, node: &'n Node) -> Option<When> {
        self.point_in_time(Some(ix), node)
    }

    /// A point in time, with the names of a step, or (`None`) of the journey.
    pub(crate) fn point_in_time(&mut self, step: Option<StepIx>, node: &'n Node) -> Option<When> {
        let Some(mut when) = node.text().and_then(times::when) else {
            self.bad_time(node, times::WHEN_HELP);
            return None;
        };
        if let Some(path) = times::field_of(&when) {
            let what = Asking::Field { path: path.to_vec(), ty: Type::Time };
            self.asks.push(Ask { step, node, what });
        }
        if let When::Around { field, .. } | When::Offset { field, .. } | When::Field(field) = &mut when {
            *field = condition::canonical(field);
        }
        Some(when)
    }

    fn wait(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node) -> Option<Verb> {
        let until = self.when(ix, head);
        // What the wait does not say is said by `enrol: late:`.
        let late = keys.get("late").and_then(|n| self.late_named(n)).unwrap_or(self.late);
        Some(Verb::Wait { until: until?, late })
    }

    fn wait_for(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node) -> Option<Verb> {
        let of = "a step `wait_for`";
        let fact = self.pattern(Some(ix), head);
        let deadline = keys.need("deadline", of, &mut self.findings).and_then(|n| self.when(ix, n));
        self.broken |= fact.is_none() || deadline.is_none();
        for (key, slot) in [("found", Slot::Found), ("missed", Slot::Missed)] {
            match keys.need(key, of, &mut self.findings) {
                Some(node) => self.jump(ix, slot, node),
                None => self.broken = true,
            }
        }
        Some(Verb::WaitFor { fact: fact?, deadline: deadline?, found: Goto::Next, missed: Goto::Next })
    }

    pub(crate) fn jump(&mut self, from: StepIx, slot: Slot, node: &'n Node) {
        if let Some(to) = text(node, "where it leads", &mut self.findings) {
            self.jumps.push(Jump { from, slot, to: to.into(), place: node.place, found: None });
        }
    }

    /// `rx.picked_up`: a fact about what a variable stands for; or any fact, `encounter.readmitted`.
    /// `ix` is the step that names it; `None` where the pathway ends.
    pub(crate) fn pattern(&mut self, ix: Option<StepIx>, node: &'n Node) -> Option<FactPattern> {
        let path = times::path(node.text().unwrap_or_default());
        let about = path.as_deref().and_then(|p| match p {
            [var, what] => Some((var.clone(), what.clone(), *self.names.vars.get(var)?)),
            _ => None,
        });
        let Some((var, what, kind)) = about else {
            return Some(FactPattern { kind: self.fact_kind(node)?, of: None, already: None });
        };
        self.asks.push(Ask { step: ix, node, what: Asking::Variable { name: var.clone() } });
        let known = kinds::facts_of(kind);
        let (Some(subject), true) = (kinds::subject_of(kind), known.contains(&what.as_str())) else {
            let whole: Vec<String> = known.iter().map(|k| format!("{var}.{k}")).collect();
            let whole: Vec<&str> = whole.iter().map(String::as_str).collect();
            reader::unknown("TL016", node.place, "fact", &format!("{var}.{what}"), &whole, &mut self.findings);
            return None;
        };
        let already = (field_type(kind, &what) == Some(Type::Bool)).then(|| {
            let field = Expr::Field(vec![var.clone(), what.clone()]);
            Expr::Compare(Compare::Equal, Box::new(field), Box::new(Expr::Literal(Value::Bool(true))))
        });
        Some(FactPattern { kind: format!("{subject}.{what}"), of: Some(var), already })
    }

    pub(crate) fn until(&mut self, ix: StepIx, keys: &Keys<'n>) -> Option<FactPattern> {
        keys.get("until").and_then(|n| self.pattern(Some(ix), n))
    }

    fn reach(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node) -> Option<Verb> {
        let of = "a step `reach`";
        let purpose = self.purpose(keys, of);
        let by = self.ladder(keys, of);
        self.use_words(ix, head, &by, false);
        let valid_ms = keys.get("valid").and_then(|n| self.span(n)).unwrap_or(VALID_MS);
        let urgent = keys.get("urgent").is_some_and(|n| yes_no(n, "`urgent`", &mut self.findings));
        let until = self.until(ix, keys);
        let words = head.text()?.into();
        let success = self.success(ix, keys);
        let (got, not) = (Goto::Next, Goto::Next);
        Some(Verb::Reach { words, purpose: purpose?, by, valid_ms, urgent, until, success, got, not })
    }

    pub(crate) fn use_words(&mut self, ix: StepIx, node: &'n Node, by: &[(Channel, i64)], task: bool) {
        let Some(name) = text(node, "words", &mut self.findings) else { return };
        if !self.words.iter().any(|(w, _)| w.name == name) {
            let known: Vec<&str> = self.words.iter().map(|(w, _)| w.name.as_str()).collect();
            reader::unknown("TL012", node.place, "words", name, &known, &mut self.findings);
            return;
        }
        self.used.push(format!("words:{name}"));
        let by = by.iter().map(|(c, _)| *c).collect();
        self.asks.push(Ask { step: Some(ix), node, what: Asking::Words { name, by, task } });
    }

    pub(crate) fn purpose(&mut self, keys: &Keys<'n>, of: &str) -> Option<Purpose> {
        let node = keys.need("purpose", of, &mut self.findings)?;
        let known = Purpose::ALL.map(Purpose::name);
        one_of(node, "purpose", &known, Purpose::named, &mut self.findings)
    }

    /// `[voice 30 minutes, voicemail, sms 2 hours]`.
    pub(crate) fn ladder(&mut self, keys: &Keys<'n>, of: &str) -> Vec<(Channel, i64)> {
        let Some(node) = keys.need("by", of, &mut self.findings) else { return Vec::new() };
        let mut by: Vec<(Channel, i64)> = Vec::new();
        for rung in self.few(one_or_more(node), "rungs") {
            let Some(written) = text(rung, "a channel", &mut self.findings) else { continue };
            let name = written.split_whitespace().next().unwrap_or_default();
            let Some(channel) = Channel::named(name) else {
                let place = rung.within(0, name.chars().count());
                let known = Channel::ALL.map(Channel::name);
                reader::unknown("TL018", place, "channel", name, &known, &mut self.findings);
                continue;
            };
            let rest = written[name.len()..].trim();
            let ms = if rest.is_empty() { Some(rung_ms(channel)) } else { times::span(rest) };
            if ms.is_none() {
                self.bad_time(rung, "write how long this channel is given: `voice 30 minutes`");
            }
            if by.iter().any(|(c, _)| *c == channel) {
                self.findings.error("TL006", rung.place, format!("`{name}` stands in this ladder twice"), None);
            }
            by.push((channel, ms.unwrap_or(rung_ms(channel))));
        }
        by
    }

    pub(crate) fn few(&mut self, nodes: Vec<&'n Node>, what: &str) -> Vec<&'n Node> {
        if let Some(extra) = nodes.get(LIST_MAX) {
            self.findings.error("TL002", extra.place, format!("at most {LIST_MAX} {what}"), None);
        }
        nodes.into_iter().take(LIST_MAX).collect()
    }

    /// Templated words that stand in a step; checked with the step's names.
    pub(crate) fn words_here(&mut self, ix: StepIx, node: &'n Node, what: &str) -> Option<String> {
        let written = text(node, what, &mut self.findings)?;
        let (_, fields, mistakes) = template::split(written);
        for m in mistakes {
            self.findings.error("TL024", node.within(m.at, m.length), m.says, None);
        }
        self.asks.push(Ask { step: Some(ix), node, what: Asking::Fields { fields } });
        Some(written.into())
    }

    fn branch(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node) -> Option<Verb> {
        let mut arms = Vec::new();
        let unanswered = keys.get("unknown").is_none();
        for node in reader::list(head, "`branch`", &mut self.findings) {
            let of = "an arm";
            let Some(arm) = Keys::of(node, of, &mut self.findings) else { continue };
            arm.only(of, &["if", "then"], &mut self.findings);
            let condition = arm.need("if", of, &mut self.findings);
            let condition = condition.and_then(|n| self.condition(Some(ix), n, unanswered));
            if let Some(node) = arm.need("then", of, &mut self.findings) {
                self.jump(ix, Slot::Arm(arms.len()), node);
            }
            // A condition with a mistake still counts as an arm, so that jumps keep their places.
            arms.push((condition.unwrap_or(Expr::Literal(Value::Unknown)), Goto::Next));
        }
        for (key, slot) in [("unknown", Slot::Unknown), ("else", Slot::Otherwise)] {
            if let Some(node) = keys.get(key) {
                self.jump(ix, slot, node);
            }
        }
        Some(Verb::Branch { arms, unknown: Goto::Next, otherwise: Goto::Next })
    }

    pub(crate) fn body(&mut self, ix: StepIx, keys: &Keys<'n>, of: &str, track: &str) -> Option<StepIx> {
        let node = keys.need("steps", of, &mut self.findings)?;
        let nodes = reader::list(node, "`steps`", &mut self.findings);
        let first = self.list_of_steps(nodes, track)?;
        if keys.get("each").is_some()
            && let Some(skip) = keys.get("skip_when")
        {
            // Each item decides for itself, so the variable may be named: the names are the body's.
            let skip = self.condition(Some(first), skip, false);
            self.steps[usize::from(ix)].skip_when = skip;
        }
        Some(first)
    }

    pub(crate) fn days(&mut self, node: &Node) -> Option<(u16, u16)> {
        let range = node.text().and_then(times::range);
        if range.is_none() {
            let says = "days are a number or a range".to_string();
            self.findings.error("TL027", node.place, says, Some("write `1 to 14` or `3`".into()));
        }
        range
    }

    pub(crate) fn checklist_used(&mut self, ix: StepIx, node: &'n Node) -> Option<String> {
        let name = text(node, "a checklist", &mut self.findings)?;
        if !self.checklists.iter().any(|(c, _)| c.name == name) {
            let known: Vec<&str> = self.checklists.iter().map(|(c, _)| c.name.as_str()).collect();
            reader::unknown("TL014", node.place, "checklist", name, &known, &mut self.findings);
            return Some(name.into());
        }
        self.used.push(format!("checklist:{name}"));
        for (written, node) in self.item_conditions.get(name).into_iter().flatten() {
            let what = Asking::Condition { written: written.clone(), unanswered: false };
            self.asks.push(Ask { step: Some(ix), node, what });
        }
        Some(name.into())
    }

    fn each(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node, track: &str) -> Option<Verb> {
        let of = "a step `each`";
        let found = collection(head.text().unwrap_or_default());
        if found.is_none() {
            let known = ["encounter.prescriptions", "person.prescriptions", "person.appointments"];
            let name = head.text().unwrap_or_default();
            reader::unknown("TL007", head.place, "collection", name, &known, &mut self.findings);
        }
        let var = keys.need("as", of, &mut self.findings);
        let var = var.and_then(|n| reader::name(n, "a variable", &mut self.findings));
        let again_on = keys.get("again_on").and_then(|n| self.again(n));
        let body = self.body(ix, keys, of, track);
        let (over, kind) = found?;
        Some(Verb::Each { over, kind, var: var?.into(), again_on, body: body? })
    }

    /// `appointment.moved`, or `visit.moved` after the variable.
    fn again(&mut self, node: &'n Node) -> Option<String> {
        let path = times::path(node.text().unwrap_or_default());
        if let Some([var, what]) = path.as_deref()
            && let Some(kind) = self.names.vars.get(var)
            && let Some(subject) = kinds::subject_of(*kind)
            && kinds::facts_of(*kind).contains(&what.as_str())
        {
            return Some(format!("{subject}.{what}"));
        }
        self.fact_kind(node)
    }

    fn remind(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node) -> Option<Verb> {
        let of = "a step `remind`";
        let today = text(head, "`remind`", &mut self.findings)?;
        self.asks.push(Ask { step: Some(ix), node: head, what: Asking::Day { name: today.into() } });
        let purpose = self.purpose(keys, of);
        let by = self.ladder(keys, of);
        let words = keys.need("words", of, &mut self.findings)?;
        self.use_words(ix, words, &by, true);
        let valid_ms = keys.get("valid").and_then(|n| self.span(n)).unwrap_or(2 * HOUR_MS);
        let words = words.text()?.into();
        Some(Verb::Remind { today: today.into(), words, purpose: purpose?, by, valid_ms })
    }
}

/// Whether a variable of this kind is a day of a `repeat`.
pub(crate) fn is_day(kind: Option<&Kind>) -> bool {
    kind == Some(&Kind::Day)
}
