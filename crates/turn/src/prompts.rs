//! Prompts: opened, acknowledged, escalated, completed, withdrawn. Pure bookkeeping over rows.

use crate::hours;
use journey::PromptIntent;
use model::prompt::{Escalation, Lapse, Outcome, Prompt, PromptStatus, Team};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{At, EffectId, Fact, JourneyId, PersonId, PromptId, Value};
use outreach::Ask;
use serde_json::{Value as Json, json};

/// An urgent prompt whose chain is used up is put to its last team again this often at first, and
/// then twice as long apart, up to an hour: until someone acknowledges it.
const REPEAT_FIRST: Lapse = Lapse { ms: 5 * MINUTE_MS, team_hours: false };
/// The longest it is left alone.
const REPEAT_MAX_MS: i64 = HOUR_MS;
/// When an urgent rule of the hub asks the team.
const ASK_URGENT: Lapse = Lapse { ms: 30 * MINUTE_MS, team_hours: false };
/// When any other does.
const ASK_USUAL: Lapse = Lapse { ms: 4 * HOUR_MS, team_hours: true };

/// The team of that name.
pub fn team<'a>(teams: &'a [Team], name: &str) -> Option<&'a Team> {
    teams.iter().find(|t| t.name == name)
}

/// Whose journey wants the prompt.
pub struct For<'a> {
    /// Whose.
    pub person: PersonId,
    /// The journey.
    pub journey: Option<JourneyId>,
    /// Facility.
    pub site: &'a str,
}

/// A prompt as a journey wants it.
pub fn open(intent: &PromptIntent, whose: &For<'_>, teams: &[Team], now: At) -> Prompt {
    let asked = team(teams, &intent.to);
    let again = (intent.attempt > 1).then(|| hours::after(now, intent.again_after, asked));
    let not_before = intent.not_before.or(again).filter(|at| *at > now);
    let due_at = hours::after(not_before.unwrap_or(now), intent.due, asked);
    let mut escalations = intent.overdue.clone();
    let escalates_at = plan(&mut escalations, due_at, asked, intent.urgent, &intent.to);
    Prompt {
        id: journey::prompt_id(intent.id, intent.serial),
        person: whose.person,
        journey: whose.journey,
        effect: intent.id,
        name: intent.name.clone(),
        team: intent.to.clone(),
        escalated_from: Vec::new(),
        site: whose.site.to_owned(),
        title: intent.title.clone(),
        reason: intent.reason.clone(),
        offer: intent.offer.clone(),
        form: intent.form.clone(),
        urgent: intent.urgent,
        attempt: intent.attempt,
        attempts_max: intent.attempts_max,
        opened_at: now,
        due_at,
        escalates_at,
        escalations,
        status: PromptStatus::Open,
        assignee: None,
        not_before,
        outcome: None,
        answers: Vec::new(),
        note: String::new(),
        withdrawn_because: None,
        cause: intent.cause.clone(),
    }
}

/// A prompt that outreach asks for because the machine may not or cannot.
pub fn stand_in(ask: &Ask, whose: &For<'_>, teams: &[Team], now: At) -> Prompt {
    let asked = team(teams, &ask.team);
    let due = if ask.urgent { ASK_URGENT } else { ASK_USUAL };
    let due_at = hours::after(now, due, asked);
    let mut escalations = Vec::new();
    let escalates_at = plan(&mut escalations, due_at, asked, ask.urgent, &ask.team);
    Prompt {
        id: PromptId::of(&[b"ask", &ask.reach.0.bytes(), ask.code.as_bytes()]),
        person: whose.person,
        journey: ask.journey,
        effect: ask.reach,
        name: ask.code.clone(),
        team: ask.team.clone(),
        escalated_from: Vec::new(),
        site: whose.site.to_owned(),
        title: ask.title.clone(),
        reason: ask.reason.clone(),
        offer: Vec::new(),
        form: None,
        urgent: ask.urgent,
        attempt: 1,
        attempts_max: 1,
        opened_at: now,
        due_at,
        escalates_at,
        escalations,
        status: PromptStatus::Open,
        assignee: None,
        not_before: None,
        outcome: None,
        answers: Vec::new(),
        note: String::new(),
        withdrawn_because: None,
        cause: ask.cause.clone(),
    }
}

/// When it escalates first. An urgent prompt without a chain has one: its own team, again and again.
fn plan(chain: &mut Vec<Escalation>, due_at: At, asked: Option<&Team>, urgent: bool, to: &str) -> Option<At> {
    if chain.is_empty() && urgent {
        chain.push(Escalation { to: to.to_owned(), after: REPEAT_FIRST });
    }
    chain.first().map(|next| hours::after(due_at, next.after, asked))
}

/// Escalates if it is time; says from and to. An urgent prompt keeps the last team in its chain, so
/// that it goes on until someone acknowledges it.
pub fn escalate(prompt: &mut Prompt, teams: &[Team], now: At) -> Option<(String, String)> {
    if prompt.status != PromptStatus::Open || prompt.escalates_at.is_none_or(|at| at > now) {
        return None;
    }
    let next = if prompt.escalations.is_empty() { return None } else { prompt.escalations.remove(0) };
    let from = std::mem::replace(&mut prompt.team, next.to.clone());
    if from != next.to {
        prompt.escalated_from.push(from.clone());
    }
    if prompt.escalations.is_empty() && prompt.urgent {
        let ms = (next.after.ms.max(REPEAT_FIRST.ms) * 2).min(REPEAT_MAX_MS);
        prompt.escalations.push(Escalation { to: next.to.clone(), after: Lapse { ms, team_hours: false } });
    }
    let asked = team(teams, &next.to);
    prompt.escalates_at = prompt.escalations.first().map(|e| hours::after(now, e.after, asked));
    Some((from, next.to))
}

/// Outcome, answers by field, note.
pub type Reported = (Outcome, Vec<(String, Value)>, String);

/// Reads the outcome that a fact reports.
pub fn outcome(fact: &Fact) -> Result<Reported, String> {
    let name = fact.text("outcome").ok_or("an outcome is required")?;
    let outcome = Outcome::named(name).ok_or_else(|| {
        let known: Vec<_> = Outcome::ALL.iter().map(|o| o.name()).collect();
        format!("unknown outcome `{name}`: one of {} is expected", known.join(", "))
    })?;
    let answers = match fact.body.get("answers") {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::Object(map)) => map.iter().map(|(k, v)| (k.clone(), value(v))).collect(),
        Some(_) => return Err("answers: an object of field and value is expected".into()),
    };
    Ok((outcome, answers, fact.text("note").unwrap_or_default().to_owned()))
}

/// Checks answers against the form they are for: unknown fields, wrong types, out of range.
pub fn check_answers(prompt: &Prompt, answers: &[(String, Value)]) -> Result<(), String> {
    use model::prompt::Answer;
    let Some(form) = &prompt.form else { return Ok(()) };
    for (name, given) in answers {
        let Some(field) = form.fields.iter().find(|f| f.name == *name) else {
            return Err(format!("`{name}` is not a question of the form {}", form.name));
        };
        let fits = match (&field.answer, given) {
            (_, Value::Unknown) | (Answer::Bool, Value::Bool(_)) | (Answer::Text, Value::Text(_)) => true,
            (Answer::Number { min, max }, Value::Number(n)) => n >= min && n <= max,
            (Answer::Choice { options }, Value::Text(t)) => options.iter().any(|(value, _)| value == t),
            _ => false,
        };
        if !fits {
            return Err(format!("{}: {}", field.label, expected(&field.answer)));
        }
    }
    Ok(())
}

fn expected(answer: &model::prompt::Answer) -> String {
    use model::prompt::Answer;
    match answer {
        Answer::Bool => "yes or no is expected".into(),
        Answer::Text => "text is expected".into(),
        Answer::Number { min, max } => format!("a number from {min} to {max} is expected"),
        Answer::Choice { options } => {
            let labels: Vec<_> = options.iter().map(|(_, label)| label.as_str()).collect();
            format!("one of {} is expected", labels.join(", "))
        }
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => n.as_f64().map_or(Value::Unknown, Value::Number),
        Json::String(s) if !s.is_empty() => Value::Text(s.clone()),
        _ => Value::Unknown,
    }
}

/// The fact that a prompt was opened.
pub fn opened(prompt: &Prompt, now: At) -> Fact {
    let body = json!({
        "prompt": prompt.id, "name": prompt.name, "team": prompt.team, "title": prompt.title,
        "due_at": prompt.due_at, "attempt": prompt.attempt,
    });
    Fact::own("prompt.opened", &prompt.id.to_string(), prompt.person, now, body).because(prompt.effect)
}

/// Takes an open prompt back; the fact that says so.
pub fn withdraw(prompt: &mut Prompt, why: &str, now: At) -> Fact {
    prompt.status = PromptStatus::Withdrawn;
    prompt.withdrawn_because = Some(why.to_owned());
    prompt.escalates_at = None;
    let body = json!({"prompt": prompt.id, "because": why});
    Fact::own("prompt.withdrawn", &prompt.id.to_string(), prompt.person, now, body).because(prompt.effect)
}

/// Whether the prompt is of one of these effects.
pub fn of_any(prompt: &Prompt, effects: &[EffectId]) -> bool {
    effects.contains(&prompt.effect)
}
