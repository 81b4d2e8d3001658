//! Prompts: opened, acknowledged, escalated, completed, withdrawn. Pure bookkeeping over rows.

use crate::{hours, safety};
use journey::PromptIntent;
use model::prompt::{Desk, Escalation, Lapse, Outcome, Prompt, PromptStatus, Safety, Team};
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

/// When the team on duty is told that one is overdue.
const ASK_OVERDUE: Lapse = Lapse { ms: 2 * HOUR_MS, team_hours: true };
/// Tries of a prompt that no journey looks after.
const STAND_IN_TRIES: u32 = 3;
/// How long until the next try.
const AGAIN_USUAL: Lapse = Lapse { ms: 3 * HOUR_MS, team_hours: true };
/// The same for an urgent one.
const AGAIN_URGENT: Lapse = Lapse { ms: 15 * MINUTE_MS, team_hours: false };
/// Prompts that may follow each other in this way: calls back too are bounded.
const SERIALS_MAX: u32 = 64;

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
    let opens_at = not_before.unwrap_or(now);
    let mut prompt = Prompt {
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
        desk: Desk::default(),
        safety: safety::of(intent, opens_at),
    };
    if prompt.escalations.is_empty() && prompt.safety.concern {
        safety::keep_asking(&mut prompt);
        prompt.escalates_at = prompt.escalations.first().map(|e| hours::after(due_at, e.after, asked));
    }
    safety::put(&mut prompt, teams, opens_at);
    prompt
}

/// A prompt that outreach (or the hub) asks for because the machine may not or cannot. No journey waits for its
/// outcome: what comes of it is looked after here, see [`again`].
pub fn stand_in(ask: &Ask, whose: &For<'_>, teams: &[Team], now: At) -> Prompt {
    let asked = team(teams, &ask.team);
    let due = if ask.urgent { ASK_URGENT } else { ASK_USUAL };
    let due_at = hours::after(now, due, asked);
    let mut escalations = Vec::new();
    if !ask.urgent {
        let to = on_duty(teams).map_or_else(|| ask.team.clone(), |t| t.name.clone());
        escalations.push(Escalation { to, after: ASK_OVERDUE });
    }
    let escalates_at = plan(&mut escalations, due_at, asked, ask.urgent, &ask.team);
    Prompt {
        id: stand_in_id(ask.reach, &ask.code, 0),
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
        attempts_max: STAND_IN_TRIES,
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
        desk: Desk::default(),
        safety: Safety::default(),
    }
}

/// A team that is at work at all hours.
fn on_duty(teams: &[Team]) -> Option<&Team> {
    teams.iter().find(|t| t.hours.is_empty())
}

fn stand_in_id(reach: EffectId, code: &str, serial: u32) -> PromptId {
    PromptId::of(&[b"ask", &reach.0.bytes(), code.as_bytes(), &serial.to_le_bytes()])
}

/// Which try of a stand-in it is, from 0; `None` for the prompts of journeys.
fn serial(prompt: &Prompt) -> Option<u32> {
    (0..SERIALS_MAX).find(|n| stand_in_id(prompt.effect, &prompt.name, *n) == prompt.id)
}

/// Those of `waiting` that are later tries of the same stand-in, each with its number.
pub fn later_tries(prompt: &Prompt, waiting: &[PromptId]) -> Vec<(u32, PromptId)> {
    let Some(first) = serial(prompt) else { return Vec::new() };
    let tries = (first + 1..SERIALS_MAX).map(|n| (n, stand_in_id(prompt.effect, &prompt.name, n)));
    tries.filter(|(_, id)| waiting.contains(id)).collect()
}

/// After an outcome that leaves the work undone (nobody answered, call back): the next prompt of a stand-in. When the
/// tries are used up the team on duty decides; what they report then is the end. `None` for the prompts of
/// journeys, which look after their own, and when the work is done. `used` is the number of the latest try that was
/// taken back, whose name is not used again.
pub fn again(
    prompt: &Prompt,
    outcome: Outcome,
    call_back_at: Option<At>,
    used: Option<u32>,
    teams: &[Team],
    now: At,
) -> Option<Prompt> {
    if !outcome.again() {
        return None;
    }
    let serial = serial(prompt)?.max(used.unwrap_or(0));
    let call_back = outcome == Outcome::CallBack;
    let used_up = !call_back && prompt.attempt >= prompt.attempts_max;
    let duty = on_duty(teams).map_or(prompt.team.as_str(), |t| t.name.as_str());
    if used_up && (prompt.team == duty && prompt.attempts_max == 1 || serial + 1 >= SERIALS_MAX) {
        return None;
    }
    let mut next = prompt.clone();
    next.id = stand_in_id(prompt.effect, &prompt.name, serial + 1);
    (next.status, next.outcome, next.assignee) = (PromptStatus::Open, None, None);
    (next.answers, next.note, next.desk) = (Vec::new(), String::new(), Desk::default());
    next.opened_at = now;
    next.escalated_from = Vec::new();
    if used_up {
        next.team = duty.to_owned();
        next.reason =
            format!("{} Nobody was reached in {} tries: decide how to go on.", prompt.reason, prompt.attempts_max);
        (next.attempt, next.attempts_max) = (1, 1);
    } else if !call_back {
        next.attempt += 1;
    }
    let asked = team(teams, &next.team);
    let wait = if prompt.urgent { AGAIN_URGENT } else { AGAIN_USUAL };
    let later = if used_up { None } else { call_back_at.or_else(|| Some(hours::after(now, wait, asked))) };
    next.not_before = later.filter(|at| *at > now);
    let due = if prompt.urgent { ASK_URGENT } else { ASK_USUAL };
    next.due_at = hours::after(next.not_before.unwrap_or(now), due, asked);
    let overdue = if prompt.urgent { REPEAT_FIRST } else { ASK_OVERDUE };
    next.escalations = vec![Escalation { to: duty.to_owned(), after: overdue }];
    next.escalates_at = plan(&mut next.escalations, next.due_at, asked, next.urgent, &next.team);
    Some(next)
}

/// When it escalates first. An urgent prompt without a chain has one: its own team, again and again.
fn plan(chain: &mut Vec<Escalation>, due_at: At, asked: Option<&Team>, urgent: bool, to: &str) -> Option<At> {
    if chain.is_empty() && urgent {
        chain.push(Escalation { to: to.to_owned(), after: REPEAT_FIRST });
    }
    chain.first().map(|next| hours::after(due_at, next.after, asked))
}

/// Escalates if it is time; says from and to. An urgent prompt keeps the last team in its chain, so
/// that it goes on until there is an outcome. A claim holds it off for a while: see [`crate::desk`].
pub fn escalate(prompt: &mut Prompt, teams: &[Team], now: At) -> Option<(String, String)> {
    if crate::desk::escalates_at(prompt).is_none_or(|at| at > now) {
        return None;
    }
    let mut next = if prompt.escalations.is_empty() { return None } else { prompt.escalations.remove(0) };
    if prompt.safety.person_by.is_some() {
        next.to = safety::next_team(prompt, &next.to, teams, now);
    }
    let from = std::mem::replace(&mut prompt.team, next.to.clone());
    prompt.desk.escalated_at = Some(now);
    if from != next.to {
        prompt.escalated_from.push(from.clone());
    }
    if prompt.escalations.is_empty() && prompt.urgent {
        let ms = (next.after.ms.max(REPEAT_FIRST.ms) * 2).min(REPEAT_MAX_MS);
        prompt.escalations.push(Escalation { to: next.to.clone(), after: Lapse { ms, team_hours: false } });
    } else if prompt.escalations.is_empty() && prompt.safety.concern {
        prompt.escalations.push(Escalation { to: next.to.clone(), after: safety::again_after(next.after) });
    }
    let asked = team(teams, &next.to);
    prompt.escalates_at = prompt.escalations.first().map(|e| hours::after(now, e.after, asked));
    safety::plan_next(prompt, teams, now);
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
    prompt.desk.closed_at = Some(now);
    let body = json!({"prompt": prompt.id, "because": why});
    Fact::own("prompt.withdrawn", &prompt.id.to_string(), prompt.person, now, body).because(prompt.effect)
}

/// Whether the prompt is of one of these effects.
pub fn of_any(prompt: &Prompt, effects: &[EffectId]) -> bool {
    effects.contains(&prompt.effect)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;
    use model::prompt::{Answer, Field, Form};

    fn ask(urgent: bool) -> Ask {
        Ask {
            reach: EffectId::of(&[b"reach"]),
            journey: None,
            team: "nurses".into(),
            code: "unreachable".into(),
            title: "Call David".into(),
            reason: String::new(),
            urgent,
            cause: None,
        }
    }

    fn prompt(urgent: bool, chain: &[(&str, i64)]) -> Prompt {
        let whose = For { person: PersonId::default(), journey: None, site: "" };
        let mut prompt = stand_in(&ask(urgent), &whose, &[], At(0));
        let minutes = |n: i64| Lapse { ms: n * MINUTE_MS, team_hours: false };
        prompt.escalations =
            chain.iter().map(|(to, n)| Escalation { to: (*to).to_owned(), after: minutes(*n) }).collect();
        prompt.escalates_at = plan(&mut prompt.escalations, prompt.due_at, None, urgent, "nurses");
        prompt
    }

    /// Who is asked when, minutes after it was opened, in the first `hours`.
    fn asked(mut prompt: Prompt, hours: i64) -> Vec<String> {
        let mut told = Vec::new();
        for minute in 0..=hours * 60 {
            while let Some((from, to)) = escalate(&mut prompt, &[], At(minute * MINUTE_MS)) {
                told.push(format!("{minute} {from} > {to}"));
            }
        }
        told
    }

    #[test]
    fn work_that_no_journey_looks_after_is_asked_for_until_it_is_done_or_decided() {
        let duty = Team {
            name: "charge".into(),
            title: String::new(),
            site: String::new(),
            zone: "UTC".into(),
            hours: Vec::new(),
            phone: String::new(),
            notify: Vec::new(),
        };
        let teams = [duty];
        let whose = For { person: PersonId::default(), journey: None, site: "" };
        let mut prompt = stand_in(&ask(false), &whose, &teams, At(0));
        assert_eq!(prompt.escalations[0].to, "charge", "someone is told when it is overdue");
        assert!(again(&prompt, Outcome::Done, None, None, &teams, At(1)).is_none());
        let at = At(9 * HOUR_MS);
        let back = again(&prompt, Outcome::CallBack, Some(at), None, &teams, At(1)).unwrap();
        assert_eq!((back.attempt, back.not_before, back.status), (1, Some(at), PromptStatus::Open));
        assert_ne!(back.id, prompt.id);
        for attempt in 2..=3 {
            prompt = again(&prompt, Outcome::NoAnswer, None, None, &teams, At(1)).unwrap();
            assert_eq!((prompt.attempt, prompt.team.as_str()), (attempt, "nurses"));
            assert!(prompt.not_before.is_some_and(|t| t > At(1)));
        }
        prompt = again(&prompt, Outcome::Voicemail, None, None, &teams, At(1)).unwrap();
        assert_eq!((prompt.team.as_str(), prompt.not_before), ("charge", None), "the team on duty decides");
        assert!(again(&prompt, Outcome::NoAnswer, None, None, &teams, At(1)).is_none());
    }

    #[test]
    fn a_chain_is_walked_once_and_what_is_urgent_goes_on_ever_more_slowly() {
        let chain = [("charge", 5), ("surgeon", 10)];
        assert_eq!(asked(prompt(false, &chain), 12), ["245 nurses > charge", "255 charge > surgeon"]);
        assert_eq!(
            asked(prompt(true, &chain), 4),
            [
                "35 nurses > charge",
                "45 charge > surgeon",
                "65 surgeon > surgeon",
                "105 surgeon > surgeon",
                "165 surgeon > surgeon",
                "225 surgeon > surgeon"
            ]
        );
        assert_eq!(asked(prompt(false, &[]), 12), Vec::<String>::new(), "nobody is left to be asked");
        assert_eq!(asked(prompt(true, &[]), 1), ["35 nurses > nurses", "45 nurses > nurses"], "never silent");
    }

    #[test]
    fn a_withdrawn_prompt_escalates_no_more() {
        let mut gone = prompt(true, &[("charge", 5)]);
        let said = withdraw(&mut gone, "picked up", At(1));
        assert_eq!((said.kind.as_str(), said.text("because")), ("prompt.withdrawn", Some("picked up")));
        assert_eq!(asked(gone, 4), Vec::<String>::new());
    }

    #[test]
    fn the_same_ask_is_the_same_prompt() {
        assert_eq!(prompt(true, &[]).id, prompt(false, &[]).id);
        let mut other = ask(true);
        other.code = "language".into();
        let whose = For { person: PersonId::default(), journey: None, site: "" };
        assert_ne!(stand_in(&other, &whose, &[], At(0)).id, prompt(true, &[]).id);
    }

    #[test]
    fn an_outcome_is_read_or_refused_in_words() {
        let fact = |body| Fact::own("prompt.completed", "k", PersonId::default(), At(0), body);
        let read = outcome(&fact(json!({"outcome": "done", "answers": {"pain": 3, "note": "", "fever": false}})));
        let (how, answers, _) = read.expect("it reads");
        assert_eq!(how, Outcome::Done);
        let expected: [(String, Value); 3] = [
            ("fever".into(), Value::Bool(false)),
            ("note".into(), Value::Unknown),
            ("pain".into(), Value::Number(3.0)),
        ];
        let mut answers = answers;
        answers.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(answers, expected);
        assert!(outcome(&fact(json!({}))).is_err_and(|e| e.contains("required")));
        assert!(outcome(&fact(json!({"outcome": "gone"}))).is_err_and(|e| e.contains("already_handled")));
        assert!(outcome(&fact(json!({"outcome": "done", "answers": [1]}))).is_err());
    }

    #[test]
    fn answers_must_fit_their_questions_and_unknown_always_does() {
        let field = |name: &str, answer| Field { name: name.into(), label: name.into(), answer };
        let options = vec![("clean".to_owned(), "Clean".to_owned())];
        let fields = vec![
            field("pain", Answer::Number { min: 0.0, max: 10.0 }),
            field("fever", Answer::Bool),
            field("wound", Answer::Choice { options }),
        ];
        let form = Form { name: "check".into(), title: String::new(), fields };
        let prompt = Prompt { form: Some(form), ..prompt(false, &[]) };
        let check = |name: &str, value| check_answers(&prompt, &[(name.to_owned(), value)]);
        for (name, value) in [("pain", Value::Number(10.0)), ("fever", Value::Bool(true)), ("wound", Value::Unknown)] {
            assert_eq!(check(name, value), Ok(()));
        }
        for (name, value) in [
            ("pain", Value::Number(10.5)),
            ("pain", Value::Bool(true)),
            ("fever", Value::Text("yes".into())),
            ("wound", Value::Text("Clean".into())),
            ("colour", Value::Text("red".into())),
        ] {
            assert!(check(name, value).is_err(), "{name}");
        }
    }
}
