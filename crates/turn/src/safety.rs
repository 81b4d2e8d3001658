//! Red flags and concerns: prompts that must not end by themselves.
//!
//! Invariants
//! * A red flag is asked of a team that is at work, whenever it opens and whenever it goes on, as long as any team is.
//!   It goes on when nobody has acknowledged it by its time, when the team that is asked goes home, and then again and
//!   again.
//! * A concern closes by its proof or by an outcome of staff with a reason in words. Any other outcome opens it anew,
//!   and so it does a red flag.
//! * Neither is withdrawn when the journey that asked is left, or when an outcome before it is corrected; a death
//!   withdraws both. Neither waits for a journey that is halted or has failed to be asked again.

use crate::Walking;
use crate::hours;
use crate::prompts::team;
use crate::turn::Turn;
use journey::{PromptIntent, Until};
use model::batch::JourneyStatus;
use model::prompt::{Desk, Escalation, Lapse, Outcome, Prompt, PromptStatus, Proof, Safety, Team};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{Actor, At, Fact, PromptId};

/// The shortest reason that closes a concern, characters.
pub const REASON_MIN: usize = 15;
/// Letters among them: dots are no reason.
const LETTERS_MIN: usize = 8;
/// The longest.
pub const REASON_MAX: usize = 2_000;
/// A concern whose chain is used up is put to its last team again this often at most.
const CONCERN_AGAIN_MIN_MS: i64 = HOUR_MS;
/// When a concern without a chain is put to its own team again.
const CONCERN_AGAIN: Lapse = Lapse { ms: 4 * HOUR_MS, team_hours: true };
/// When what no journey looks after is asked again, after nobody was reached.
const AGAIN: Lapse = Lapse { ms: 3 * HOUR_MS, team_hours: true };
/// The same for what is urgent.
const AGAIN_URGENT: Lapse = Lapse { ms: 15 * MINUTE_MS, team_hours: false };

/// What a prompt must not end without.
pub fn of(intent: &PromptIntent, opens_at: At) -> Safety {
    let red_flag = intent.person_within_ms.is_some();
    let mut chain: Vec<String> = Vec::new();
    for to in std::iter::once(&intent.to).chain(intent.overdue.iter().map(|e| &e.to)).filter(|_| red_flag) {
        if !chain.contains(to) {
            chain.push(to.clone());
        }
    }
    let proof = |until: &Until| Proof { kind: until.kind.clone(), about: until.about.clone(), episode: String::new() };
    Safety {
        person_by: intent.person_within_ms.map(|ms| opens_at.plus_ms(ms)),
        chain,
        concern: intent.concern,
        proof: intent.until.as_ref().filter(|u| intent.concern && !u.kind.is_empty()).map(proof),
        reason: String::new(),
        place: (intent.urgent || red_flag).then_some(intent.place),
    }
}

/// What a prompt says that stays open though the outcome that led to it was corrected.
pub(crate) const CORRECTED_SINCE: &str = " (What led to this was corrected since: see whether it is still needed.)";
/// Why a prompt is over that is asked for once more by the same step: what was done with it goes on there.
pub(crate) const RAISED_AGAIN: &str = "raised again";

/// What stands before what it said when it was raised before.
const BEFORE: &str = " Raised before: ";
/// No more of that is told, bytes.
const BEFORE_MAX: usize = 600;

/// What was done with `earlier`, and what it said last, goes on with the one that the same step asks for now. Whoever
/// was told (`doubted`) that it may not be needed, and whoever's claim has lapsed, has it no more.
fn go_on_with(next: &mut Prompt, earlier: &Prompt, doubted: bool, now: At) {
    let said = earlier.reason.trim_end_matches(CORRECTED_SINCE);
    let (said, before) = said.split_once(BEFORE).map_or((said, None), |(said, before)| (said, Some(before)));
    if let Some(before) = if said == next.reason { before } else { Some(said) } {
        let mut end = before.len().min(BEFORE_MAX);
        while !before.is_char_boundary(end) {
            end -= 1;
        }
        let more = if end < before.len() { "…" } else { "" };
        next.reason.push_str(&format!("{BEFORE}{}{more}", &before[..end]));
    }
    let lapsed = earlier.status == PromptStatus::Acknowledged && earlier.desk.lease_until.is_none_or(|at| at <= now);
    next.desk = earlier.desk.clone();
    if doubted || lapsed {
        (next.desk.lease_until, next.desk.snoozed_until) = (None, None);
    } else {
        (next.status, next.assignee) = (earlier.status, earlier.assignee.clone());
    }
    (next.team, next.escalated_from) = (earlier.team.clone(), earlier.escalated_from.clone());
    next.escalations = earlier.escalations.clone();
    // It was raised now: its own promise holds, whatever was planned for the earlier one.
    next.escalates_at = crate::turn::earlier(next.escalates_at, earlier.escalates_at);
    next.opened_at = earlier.opened_at;
    next.due_at = next.due_at.min(earlier.due_at);
    next.safety.person_by = next.safety.person_by.min(earlier.safety.person_by);
}

/// Whether a prompt is over because its step raised the same again.
pub(crate) fn was_raised_again(prompt: &Prompt) -> bool {
    prompt.status == PromptStatus::Withdrawn && prompt.withdrawn_because.as_deref() == Some(RAISED_AGAIN)
}

/// The team that a red flag is put to at `at`: the first of its chain from `from` on that is at work, else the first of
/// all of it, else any team on duty that may open it: of its site or of none, as long as there is one. `None` when
/// nobody at all of these is at work.
fn at_work<'a>(prompt: &'a Prompt, from: usize, teams: &'a [Team], at: At) -> Option<&'a str> {
    let (chain, site) = (&prompt.safety.chain, prompt.site.as_str());
    let works = |name: &str| team(teams, name).is_some_and(|t| hours::at_work(at, t));
    let later = chain.iter().skip(from).map(String::as_str).find(|name| works(name));
    let any = || chain.iter().map(String::as_str).find(|name| works(name));
    let may = |t: &Team| site.is_empty() || t.site.is_empty() || t.site == site;
    let any_may = teams.iter().any(may);
    let on_duty = |t: &&Team| (may(t) || !any_may) && hours::at_work(at, t);
    let duty = || teams.iter().filter(on_duty).min_by_key(|t| (t.site != site, !t.hours.is_empty()));
    later.or_else(any).or_else(|| duty().map(|t| t.name.as_str()))
}

/// Puts a red flag that opens to a team that is at work, and plans when it goes on.
pub fn put(prompt: &mut Prompt, teams: &[Team], opens_at: At) {
    let Some(person_by) = prompt.safety.person_by else { return };
    let to = at_work(prompt, 0, teams, opens_at).map(str::to_owned);
    if let Some(to) = to.filter(|to| *to != prompt.team) {
        let named = std::mem::replace(&mut prompt.team, to);
        prompt.escalated_from.push(named);
        // Those that were passed over are not asked again but in their turn at the end.
        if let Some(place) = prompt.escalations.iter().position(|e| e.to == prompt.team) {
            prompt.escalations.drain(..=place);
        }
    }
    keep_asking(prompt);
    let next = prompt.escalations.first().map(|e| prompt.due_at.plus_ms(e.after.ms));
    prompt.escalates_at = Some(goes_on(prompt, next.unwrap_or(person_by).min(person_by), teams, opens_at));
}

/// A red flag goes on at `at`, or when its team goes home.
fn goes_on(prompt: &Prompt, at: At, teams: &[Team], now: At) -> At {
    let home = team(teams, &prompt.team).and_then(|t| hours::closes(now, t)).filter(|home| *home > now);
    home.map_or(at, |home| home.min(at))
}

/// Whom a red flag goes on to, when its chain says `next`: to a team that is at work.
pub fn next_team(prompt: &Prompt, next: &str, teams: &[Team], now: At) -> String {
    let chain = &prompt.safety.chain;
    let from = chain.iter().position(|name| name == next).unwrap_or(0);
    at_work(prompt, from, teams, now).unwrap_or(next).to_owned()
}

/// When it goes on after it has just gone on.
pub fn plan_next(prompt: &mut Prompt, teams: &[Team], now: At) {
    if prompt.safety.person_by.is_some() {
        let next = prompt.escalations.first().map_or(HOUR_MS, |e| e.after.ms);
        prompt.escalates_at = Some(goes_on(prompt, now.plus_ms(next), teams, now));
    }
}

/// What must not end is never left with nobody to ask.
pub fn keep_asking(prompt: &mut Prompt) {
    if prompt.safety.is_none() || !prompt.escalations.is_empty() {
        return;
    }
    let after = if prompt.urgent { Lapse { ms: 5 * MINUTE_MS, team_hours: false } } else { CONCERN_AGAIN };
    prompt.escalations.push(Escalation { to: prompt.team.clone(), after });
}

/// A concern whose chain is used up is asked of its last team again.
pub fn again_after(last: Lapse) -> Lapse {
    Lapse { ms: last.ms.max(CONCERN_AGAIN_MIN_MS), team_hours: last.team_hours }
}

/// Whether an outcome may be taken of a concern: one that closes it says why, in a clinician's words.
pub fn outcome_may(prompt: &Prompt, fact: &Fact) -> Result<(), String> {
    let closes = fact.text("outcome").and_then(Outcome::named).is_some_and(Outcome::closes);
    if !prompt.safety.concern || !closes {
        return Ok(());
    }
    if !matches!(fact.actor, Actor::Staff(_)) {
        return Err("a concern is closed by its proof or by a member of staff".into());
    }
    let reason = fact.text("reason").unwrap_or_default().trim();
    if is_reason(reason) {
        return Ok(());
    }
    let says = format!("of {REASON_MIN} characters or more and at most {REASON_MAX}");
    Err(format!("a concern is closed only with a reason in words, {says}"))
}

/// Whether this may stand as the reason that closes a concern.
pub fn is_reason(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    (REASON_MIN..=REASON_MAX).contains(&text.chars().count()) && letters >= LETTERS_MIN
}

/// The next prompt of a red flag or concern that no journey waits for, after an outcome that leaves it open.
fn once_more(prompt: &Prompt, outcome: Outcome, call_back_at: Option<At>, teams: &[Team], now: At) -> Option<Prompt> {
    if outcome.closes() {
        return None;
    }
    let mut next = prompt.clone();
    next.id = later_id(prompt.id);
    (next.status, next.outcome, next.assignee) = (PromptStatus::Open, None, None);
    (next.answers, next.note, next.desk) = (Vec::new(), String::new(), Desk::default());
    next.opened_at = now;
    if outcome != Outcome::CallBack {
        next.attempt = next.attempt.saturating_add(1);
    }
    let asked = team(teams, &next.team);
    let wait = if next.urgent { AGAIN_URGENT } else { AGAIN };
    let from = call_back_at.unwrap_or_else(|| hours::after(now, wait, asked)).max(now);
    next.not_before = Some(from).filter(|at| *at > now);
    let promised = prompt.safety.person_by.map(|by| by.0.saturating_sub(prompt.opened_at.0).max(MINUTE_MS));
    next.safety.person_by = promised.map(|ms| from.plus_ms(ms));
    next.due_at = next.safety.person_by.unwrap_or_else(|| hours::after(from, AGAIN, asked));
    keep_asking(&mut next);
    next.escalates_at = next.escalations.first().map(|e| hours::after(next.due_at, e.after, asked));
    put(&mut next, teams, from);
    Some(next)
}

/// The id of the prompt that follows one that no journey looks after.
pub(crate) fn later_id(prompt: PromptId) -> PromptId {
    PromptId::of(&[b"once more", &prompt.0.bytes()])
}

impl Turn<'_> {
    /// Whether a journey that goes on waits for the outcome of this prompt.
    fn is_waited_for(&self, prompt: &Prompt) -> bool {
        let under_way = |w: &&Walking| Some(w.row.id) == prompt.journey && w.row.status == JourneyStatus::Active;
        let mut journeys = self.line.journeys.iter().filter(under_way);
        journeys.any(|w| w.state.as_ref().is_some_and(|s| s.waits_for(w.row.id, prompt.id)))
    }

    /// After an outcome of a red flag or concern that no journey looks after any more: the next one, when it is not
    /// over; or the end of that one, when a correction says that it was.
    pub(crate) fn hear_about_open(&mut self, fact: &Fact) {
        if !matches!(fact.kind.as_str(), "prompt.completed" | "prompt.corrected") {
            return;
        }
        let Some(id) = fact.text("prompt").and_then(|t| t.parse::<PromptId>().ok()) else { return };
        let Some(prompt) = self.prompt(id).filter(|p| !p.safety.is_none() && p.status == PromptStatus::Completed)
        else {
            return;
        };
        let halted = self.is_halted(prompt);
        let looked_after = !halted && (self.is_waited_for(prompt) || self.was_passed(prompt));
        // The journey had asked again before it was halted.
        let open = |p: &Prompt| p.effect == prompt.effect && p.id != prompt.id && p.status.is_open();
        let asked_again = halted && self.line.prompts.iter().any(open);
        if looked_after || self.record.deceased_at.is_some() {
            return;
        }
        let Some(outcome) = prompt.outcome else { return };
        let later = later_id(prompt.id);
        match once_more(prompt, outcome, fact.at("call_back_at"), &self.setup.teams, self.now) {
            Some(_) if asked_again => {}
            Some(next) => self.add_prompt(next),
            None => {
                self.withdraw_prompts(|p| p.id == later, "outcome corrected");
            }
        }
    }

    /// Whether its journey stands still: it hears of the outcome when it walks again, which may be in days.
    fn is_halted(&self, prompt: &Prompt) -> bool {
        let of = |w: &Walking| Some(w.row.id) == prompt.journey && w.paused.is_some();
        !self.heedless && self.line.journeys.iter().any(of)
    }

    /// Whether a journey that goes on had this outcome: it looks after the correction.
    fn was_passed(&self, prompt: &Prompt) -> bool {
        let under_way = |w: &&Walking| Some(w.row.id) == prompt.journey && w.row.status == JourneyStatus::Active;
        let mut journeys = self.line.journeys.iter().filter(under_way);
        journeys.any(|w| w.state.as_ref().is_some_and(|s| s.has_passed(w.row.id, prompt.id)))
    }

    /// What is urgent is open once for a step and round: an earlier one that no journey waits for any more, because a
    /// correction left it, is over when the same is asked for again, and goes on in the new one.
    pub(crate) fn take_over(&mut self, next: &mut Prompt) {
        let same = |p: &&Prompt| {
            p.id != next.id
                && p.safety.place.is_some()
                && p.safety.place == next.safety.place
                && p.journey == next.journey
                && p.status.is_open()
                && p.desk.held.is_none()
        };
        let found = self.line.prompts.iter().filter(same).find(|p| !self.is_waited_for(p)).cloned();
        let Some(earlier) = found else { return };
        let doubted = earlier.reason.ends_with(CORRECTED_SINCE) && !self.corrected_now.contains(&earlier.id);
        go_on_with(next, &earlier, doubted, self.now);
        self.withdraw_prompts(|p| p.id == earlier.id, RAISED_AGAIN);
    }

    /// A page that was open when the same was raised again names the earlier prompt: what is done there is done with
    /// the one that follows, as long as that is open.
    pub(crate) fn follow_raised(&self, fact: &mut Fact) {
        if !matches!(fact.kind.as_str(), "prompt.completed" | "prompt.acknowledged" | "prompt.handed_over") {
            return;
        }
        let Some(id) = fact.text("prompt").and_then(|t| t.parse::<PromptId>().ok()) else { return };
        let Some(earlier) = self.prompt(id).filter(|p| was_raised_again(p)) else { return };
        let follows =
            |p: &&Prompt| p.safety.place == earlier.safety.place && p.journey == earlier.journey && p.status.is_open();
        let Some(next) = self.line.prompts.iter().find(follows).map(|p| p.id) else { return };
        fact.body["prompt"] = serde_json::json!(next);
        fact.body["said_of"] = serde_json::json!(id);
    }

    /// A fact that proves that a concern is over which no journey looks after any more.
    pub(crate) fn prove(&mut self, fact: &Fact) {
        let proved: Vec<PromptId> = self
            .line
            .prompts
            .iter()
            .filter(|p| p.status.is_open() && p.safety.proof.as_ref().is_some_and(|proof| proves(proof, fact)))
            .filter(|p| !self.is_waited_for(p))
            .map(|p| p.id)
            .collect();
        if !proved.is_empty() {
            self.withdraw_prompts(|p| proved.contains(&p.id), &fact.kind);
        }
    }
}

fn proves(proof: &Proof, fact: &Fact) -> bool {
    if proof.kind != fact.kind {
        return false;
    }
    match &proof.about {
        Some(about) => fact.text("id") == Some(about.as_str()) || fact.text("task") == Some(about.as_str()),
        None => {
            let other = |e: &String| !proof.episode.is_empty() && *e != proof.episode;
            !fact.episode.as_ref().is_some_and(other)
        }
    }
}
