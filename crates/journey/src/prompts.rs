//! Prompts: asking, trying again, and what an outcome or its correction leads to.

use crate::engine::{FINISHED, Flow, Run};
use crate::state::{Answered, Key, Passed, Strand, Wait};
use crate::{Effect, PASSED_MAX, PromptIntent, Way, answers, prompt_id};
use model::prompt::{Lapse, Outcome};
use model::time::HOUR_MS;
use model::{At, Fact, PromptId};
use pathway::ast::{PromptStep, Step, Verb};

/// The name of the prompt that a step is late.
const LATE: &str = "late";
/// Why a concern is over whose condition came true.
const PROVED: &str = "proved";
/// Why a later try is over when the outcome of an earlier one is corrected.
pub const CORRECTED: &str = "outcome corrected";
/// By when someone looks at a step that is late.
const LATE_DUE: Lapse = Lapse { ms: 8 * HOUR_MS, team_hours: true };

impl<'a> Run<'a> {
    /// Asks for the first time.
    pub fn arrive_prompt(&mut self, strand: &mut Strand, step: &'a Step) -> Flow {
        if let Flow::Go(to) = self.moot(strand, step) {
            return Flow::Go(to);
        }
        let (key, _) = self.effect();
        self.ask(strand, step, (key, 1, 1), None);
        Flow::Stay
    }

    /// Ends the strand when its prompt is pointless as the world is now; a concern that is proved to be over lets it
    /// go on.
    pub fn moot(&mut self, strand: &Strand, step: &Step) -> Flow {
        let Verb::Prompt(prompt) = &step.verb else { return Flow::Stay };
        let Some(pattern) = prompt.until.as_ref().filter(|p| self.already(p, &strand.frames)) else {
            return Flow::Stay;
        };
        if let Wait::Prompt { key, .. } = strand.wait {
            let effects = vec![key.id(self.cx.journey)];
            let reason = if pattern.kind.is_empty() { PROVED.to_owned() } else { pattern.kind.clone() };
            self.effects.push(Effect::Withdraw { effects, reason });
        }
        if prompt.concern {
            self.note("concern:proved", &step.name);
            self.pass(strand, step, Way::Found);
            return Flow::Go(step.next);
        }
        self.note("prompt:pointless", &step.name);
        self.pass(strand, step, Way::Pointless);
        Flow::Go(None)
    }

    /// Asks the team; `asked` is the effect, how often it was asked with this one, and which try it is.
    fn ask(&mut self, strand: &mut Strand, step: &Step, asked: (Key, u32, u32), not_before: Option<At>) {
        let Verb::Prompt(prompt) = &step.verb else { return };
        let (key, serial, attempt) = asked;
        let intent = self.intent(strand, (step, prompt), asked, not_before);
        self.note("prompt:asked", &format!("{} attempt={attempt}", step.name));
        self.effects.push(Effect::Prompt(Box::new(intent)));
        strand.wait = Wait::Prompt { key, serial, attempt };
    }

    fn intent(
        &self,
        strand: &Strand,
        (step, prompt): (&Step, &PromptStep),
        (key, serial, attempt): (Key, u32, u32),
        not_before: Option<At>,
    ) -> PromptIntent {
        let view = self.view(&strand.frames);
        PromptIntent {
            id: key.id(self.cx.journey),
            name: prompt.name.clone(),
            to: prompt.to.clone(),
            title: self.render(&prompt.title, &view),
            reason: self.render(&prompt.reason, &view),
            offer: prompt.offer.clone(),
            form: prompt.form.as_deref().and_then(|name| self.pathway.form(name)).cloned(),
            urgent: prompt.urgent,
            due: prompt.due,
            overdue: prompt.overdue.clone(),
            attempt,
            serial,
            attempts_max: prompt.attempts_max,
            again_after: prompt.again_after,
            not_before,
            until: prompt.until.as_ref().map(|pattern| self.until(pattern, &strand.frames)),
            person_within_ms: prompt.person_within_ms,
            concern: prompt.concern,
            place: self.place(step, &strand.frames),
            cause: strand.cause.map(|fact| fact.to_string()),
        }
    }

    /// Asks the fallback team about `next`, whose time was past; the strand waits where it stands.
    pub fn late_prompt(&mut self, strand: &mut Strand, next: &Step, at: At) -> Flow {
        let (key, id) = self.effect();
        let local = self.cx.zone.to_datetime(at.timestamp());
        let reason = format!(
            "Its time was {} at {:02}:{:02}, before this journey came to it. Decide what is still to be done.",
            local.date(),
            local.hour(),
            local.minute(),
        );
        self.effects.push(Effect::Prompt(Box::new(PromptIntent {
            id,
            name: LATE.into(),
            to: self.pathway.fallback_team.clone(),
            title: format!("Too late for {}", next.name),
            reason,
            offer: Vec::new(),
            form: None,
            urgent: false,
            due: LATE_DUE,
            overdue: Vec::new(),
            attempt: 1,
            serial: 1,
            attempts_max: 1,
            again_after: LATE_DUE,
            not_before: None,
            until: None,
            person_within_ms: None,
            concern: false,
            place: self.place(next, &strand.frames),
            cause: strand.cause.map(|fact| fact.to_string()),
        })));
        strand.wait = Wait::Prompt { key, serial: 1, attempt: 1 };
        Flow::Stay
    }

    /// What an outcome leads to: another try, or the next step. `corrects` asks again under an effect
    /// of its own, because the ids of the one before may be used up.
    pub fn complete(&mut self, mut strand: Strand, fact: &Fact, corrects: bool) -> Option<Strand> {
        let Wait::Prompt { key, serial, attempt } = strand.wait else { return Some(strand) };
        let step = self.pathway.step(strand.step)?;
        self.remember(Passed {
            key,
            serial,
            attempt,
            step: strand.step,
            frames: strand.frames.clone(),
            fact: fact.id,
            before: strand.cause,
        });
        strand.cause = Some(fact.id);
        let said = fact.text("outcome").unwrap_or_default();
        self.note("prompt:outcome", &format!("{} {said}", step.name));
        let Verb::Prompt(prompt) = &step.verb else {
            // The prompt that a step is late stands in the place of that step.
            self.pass(&strand, step, Way::Late);
            let late = step.next.and_then(|ix| self.pathway.step(ix))?;
            return self.onward(strand, late.next);
        };
        let outcome = Outcome::named(said);
        let call_back = outcome == Some(Outcome::CallBack);
        let another = matches!(outcome, Some(Outcome::NoAnswer | Outcome::Voicemail)) && attempt < prompt.attempts_max;
        // A red flag and a concern are asked for until they are closed, however often nobody was reached. Only another
        // red flag may take the place of one.
        let open = crate::engine::stays_open(step) && !outcome.is_some_and(Outcome::closes);
        if open && !call_back && !another && self.goes_on(prompt, &strand, step, fact, said) {
            self.pass(&strand, step, Way::Next);
            return self.onward(strand, step.next);
        }
        if call_back || another || open {
            let wall = (!prompt.again_after.team_hours).then(|| self.cx.now.plus_ms(prompt.again_after.ms));
            let not_before = if call_back { fact.at("call_back_at").or(wall) } else { wall };
            let (key, serial) = if corrects { (self.effect().0, 1) } else { (key, serial.saturating_add(1)) };
            let attempt = if call_back { attempt } else { attempt + 1 };
            self.ask(&mut strand, step, (key, serial, attempt), not_before);
            return Some(strand);
        }
        self.pass(&strand, step, Way::Next);
        self.answered(prompt, &strand, fact, said);
        self.onward(strand, step.next)
    }

    /// Whether a red flag that nobody could be reached about leads on to another one; its answers are kept then.
    fn goes_on(&mut self, prompt: &PromptStep, strand: &Strand, step: &Step, fact: &Fact, outcome: &str) -> bool {
        if prompt.person_within_ms.is_none() {
            return false;
        }
        self.answered(prompt, strand, fact, outcome);
        let follows = self.leads_to_red_flag(step, &strand.frames);
        if !follows {
            self.forget(strand);
        }
        follows
    }

    fn answered(&mut self, prompt: &PromptStep, strand: &Strand, fact: &Fact, outcome: &str) {
        let form = prompt.form.as_deref().and_then(|name| self.pathway.form(name));
        let values = answers::read(form, fact);
        self.forget(strand);
        self.state.answers.push(Answered {
            step: strand.step,
            frames: strand.frames.clone(),
            outcome: outcome.to_owned(),
            values,
        });
    }

    /// The answers of the strand's step are no longer known.
    pub(crate) fn forget(&mut self, strand: &Strand) {
        self.state.answers.retain(|a| a.step != strand.step || a.frames != strand.frames);
    }

    pub fn remember(&mut self, passed: Passed) {
        let list = &mut self.state.passed;
        list.push(passed);
        if list.len() > PASSED_MAX {
            list.remove(0);
        }
    }

    /// Takes back what an outcome caused, and goes on from its prompt with the new one.
    pub fn correct(&mut self, prompt: PromptId, fact: &Fact) {
        let journey = self.cx.journey;
        let pathway = self.pathway;
        let of = |p: &Passed| !p.is_join(pathway) && prompt_id(p.key.id(journey), p.serial) == prompt;
        let Some(place) = self.state.passed.iter().position(of) else {
            self.note("correct:unknown", &prompt.to_string());
            return;
        };
        if self.state.ended.as_deref() == Some(FINISHED) {
            self.state.ended = None;
        }
        let passed = self.state.passed.remove(place);
        let (mut line, mut inside, mut joins) = (vec![passed.fact], vec![passed.frames.clone()], Vec::new());
        // What follows from an outcome stands behind it in the list, so one walk finds all that descend. That
        // strands joined follows from every outcome inside of them, and is waited for anew.
        let gone = self.state.passed.extract_if(place.., |p| {
            let follows = p.before.is_some_and(|before| line.contains(&before));
            let joined = !follows && p.is_join(pathway) && inside.iter().any(|frames| p.is_around(frames));
            if follows || joined {
                line.push(p.fact);
                inside.push(p.frames.clone());
            }
            if joined {
                joins.push(p.clone());
            }
            follows || joined
        });
        for later in gone.collect::<Vec<_>>() {
            self.state.answers.retain(|a| a.step != later.step || a.frames != later.frames);
        }
        let mut tries = Vec::new();
        for slot in &mut self.slots {
            let Some(strand) = slot.take_if(|s| s.cause.is_some_and(|cause| line.contains(&cause))) else { continue };
            // A later try of the very prompt: what is said of it now is said of that one too.
            // What a service was asked because of it is not waited for any more.
            if let Wait::Called { key, .. } = strand.wait {
                tries.push(key.id(journey));
            }
            if let Wait::Prompt { key, .. } = strand.wait
                && strand.step == passed.step
                && strand.frames == passed.frames
            {
                tries.push(key.id(journey));
            }
        }
        if !tries.is_empty() {
            self.effects.push(Effect::Withdraw { effects: tries, reason: CORRECTED.to_owned() });
        }
        self.effects.extend(line.iter().map(|cause| Effect::Undo { cause: cause.to_string() }));
        self.note("correct:undone", &format!("{prompt} outcomes={}", line.len()));
        let wait = Wait::Prompt { key: passed.key, serial: passed.serial, attempt: passed.attempt };
        // The counts of all that followed are taken back; its own stay is counted again with the new outcome.
        let since = self.take_back(&line, passed.step, passed.fact);
        let strand = Strand { step: passed.step, frames: passed.frames, cause: passed.before, wait, since };
        self.forget(&strand);
        if let Some(strand) = self.complete(strand, fact, true) {
            self.slots.push(Some(strand));
        }
        // Inner ones joined first, so outer ones find them waiting.
        for join in joins {
            self.join_anew(join);
        }
    }
}
