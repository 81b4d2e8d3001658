//! Leases, snoozes and hand-overs of one prompt; what they do to its escalation.

use super::*;
use crate::prompts::{For, escalate, stand_in};
use model::prompt::{Escalation, Lapse};
use model::{EffectId, PersonId};
use outreach::Ask;

fn teams() -> Vec<Team> {
    let team = |name: &str| Team {
        name: name.into(),
        title: name.into(),
        site: String::new(),
        zone: "UTC".into(),
        hours: Vec::new(),
        phone: String::new(),
        notify: Vec::new(),
    };
    vec![team("nurses"), team("charge")]
}

/// Due after four hours (urgent: half an hour), then the charge nurse, five minutes later.
fn prompt(urgent: bool) -> Prompt {
    let ask = Ask {
        reach: EffectId::of(&[b"reach"]),
        journey: None,
        team: "nurses".into(),
        code: "unreachable".into(),
        title: "Call David".into(),
        reason: String::new(),
        urgent,
        cause: None,
    };
    let whose = For { person: PersonId::default(), journey: None, site: "" };
    let mut prompt = stand_in(&ask, &whose, &teams(), At(0));
    let after = Lapse { ms: 5 * MINUTE_MS, team_hours: false };
    prompt.escalations = vec![Escalation { to: "charge".into(), after }];
    prompt.escalates_at = Some(prompt.due_at.plus_ms(after.ms));
    prompt
}

fn said(kind: &str, who: &str, at: At, body: Json) -> Fact {
    Fact::own(kind, "k", PersonId::default(), at, body).by(Actor::Staff(who.into()))
}

fn minute(n: i64) -> At {
    At(n * MINUTE_MS)
}

/// Takes a fact as a turn does: admitted, then applied.
fn does(prompt: &mut Prompt, kind: &str, who: &str, at: At, body: Json) -> Result<(), String> {
    let fact = said(kind, who, at, body);
    admit(prompt, &fact, &teams(), at)?;
    assert!(apply(prompt, &fact, &teams(), at), "{kind} is a fact of the desk");
    Ok(())
}

/// Whether it would be taken.
fn may(prompt: &Prompt, kind: &str, who: &str, at: At, body: Json) -> Result<(), String> {
    admit(prompt, &said(kind, who, at, body), &teams(), at)
}

/// The minutes at which it escalates, looked at each minute with lapsed claims let go, as a turn does.
fn escalations(prompt: &mut Prompt, from: i64, to: i64) -> Vec<i64> {
    let mut told = Vec::new();
    for n in from..=to {
        let lapsed = prompt.desk.lease_until.is_some_and(|at| at <= minute(n));
        if prompt.status == PromptStatus::Acknowledged && lapsed {
            release(prompt, &teams(), minute(n));
        }
        while escalate(prompt, &teams(), minute(n)).is_some() {
            told.push(n);
        }
    }
    told
}

#[test]
fn a_claim_holds_for_a_while_is_renewed_by_its_holder_and_lapses() {
    let mut p = prompt(false);
    does(&mut p, "prompt.acknowledged", "nora", minute(0), json!({})).expect("it is free");
    assert_eq!((claimed_by(&p, minute(29)), claimed_by(&p, minute(30))), (Some("nora"), None));
    let other = does(&mut p, "prompt.acknowledged", "omar", minute(10), json!({}));
    assert!(other.is_err_and(|e| e.contains("nora has this prompt")), "one at a time");
    does(&mut p, "prompt.acknowledged", "nora", minute(20), json!({})).expect("her own");
    assert_eq!(p.desk.lease_until, Some(minute(50)));
    assert_eq!(next_due(&p), Some(minute(50)), "the line is woken when it lapses");
    does(&mut p, "prompt.acknowledged", "omar", minute(50), json!({})).expect("it has lapsed");
    assert_eq!(p.assignee.as_deref(), Some("omar"));
    does(&mut p, "prompt.released", "omar", minute(51), json!({})).expect("given back");
    assert_eq!((p.status, p.assignee.as_deref()), (PromptStatus::Open, None));
    let long = json!({"lease_ms": i64::MAX});
    does(&mut p, "prompt.acknowledged", "nora", minute(60), long).expect("free");
    assert_eq!(p.desk.lease_until, Some(minute(60).plus_ms(DAY_MS)), "no lease is longer than a day");
}

#[test]
fn what_was_claimed_and_left_escalates_and_a_claim_hides_nothing_for_ever() {
    // Due at 240, to escalate at 245.
    let mut left = prompt(false);
    does(&mut left, "prompt.acknowledged", "nora", minute(10), json!({})).expect("free");
    assert_eq!(escalations(&mut left, 11, 600), [245], "left long before: in time as ever");
    let mut late = prompt(false);
    does(&mut late, "prompt.acknowledged", "nora", minute(230), json!({})).expect("free");
    assert_eq!(escalations(&mut late, 231, 600), [260], "somebody is at it: when the claim lapses");
    let mut renewed = prompt(false);
    does(&mut renewed, "prompt.acknowledged", "nora", minute(240), json!({})).expect("free");
    let mut told = Vec::new();
    for n in 241..500 {
        does(&mut renewed, "prompt.acknowledged", "nora", minute(n), json!({})).expect("hers");
        told.extend(escalations(&mut renewed, n, n));
    }
    assert_eq!(told, [245 + 60], "an hour at most, however often it is renewed");
    assert_eq!(claimed_by(&renewed, minute(499)), Some("nora"), "who has it goes on with it");
    let mut flag = prompt(true);
    does(&mut flag, "prompt.acknowledged", "nora", minute(1), json!({})).expect("free");
    assert_eq!(escalations(&mut flag, 2, 60)[0], 35, "urgent, claimed and left: escalates at its time");
}

#[test]
fn a_claim_of_before_leases_is_let_go_with_an_escalation_planned() {
    let mut p = prompt(false);
    (p.status, p.assignee, p.escalates_at) = (PromptStatus::Acknowledged, Some("nora".into()), None);
    release(&mut p, &teams(), minute(300));
    assert_eq!((p.status, p.escalates_at), (PromptStatus::Open, Some(minute(305))));
}

#[test]
fn a_snooze_never_passes_the_deadline_and_is_not_for_what_is_urgent() {
    let mut p = prompt(false);
    let until = |n: i64| json!({"until": minute(n)});
    for bad in [until(241), until(5), json!({}), json!({"until": "soon"})] {
        assert!(does(&mut p, "prompt.snoozed", "nora", minute(10), bad.clone()).is_err(), "{bad}");
    }
    assert!(does(&mut prompt(true), "prompt.snoozed", "nora", minute(10), until(20)).is_err());
    does(&mut p, "prompt.acknowledged", "nora", minute(10), json!({})).expect("free");
    does(&mut p, "prompt.snoozed", "nora", minute(11), until(240)).expect("up to the deadline");
    assert_eq!((p.status, p.desk.snoozed_until), (PromptStatus::Open, Some(minute(240))));
    assert_eq!(escalations(&mut p, 12, 600), [245], "it escalates all the same");
}

#[test]
fn it_is_handed_to_a_team_or_a_colleague_with_a_note_and_keeps_its_deadline() {
    let mut p = prompt(false);
    let due = (p.due_at, p.escalates_at);
    does(&mut p, "prompt.acknowledged", "nora", minute(1), json!({})).expect("free");
    let body = json!({"team": "charge", "to": "omar", "note": "Speaks only after 3"});
    does(&mut p, "prompt.handed_over", "nora", minute(2), body).expect("a known team");
    assert_eq!((p.team.as_str(), p.assignee.as_deref(), p.status), ("charge", Some("omar"), PromptStatus::Open));
    assert_eq!((p.due_at, p.escalates_at), due);
    let handed = p.desk.handed.clone().expect("it says who gave it");
    assert_eq!(
        (handed.by.as_str(), handed.from.as_str(), handed.note.as_str()),
        ("nora", "nurses", "Speaks only after 3")
    );
    assert!(does(&mut p, "prompt.handed_over", "omar", minute(3), json!({"team": "nobody"})).is_err());
    assert!(does(&mut p, "prompt.handed_over", "omar", minute(3), json!({})).is_err());
    does(&mut p, "prompt.acknowledged", "omar", minute(4), json!({})).expect("it was given to him");
}

#[test]
fn what_is_closed_or_said_to_be_done_is_left_alone() {
    let mut p = prompt(false);
    let fact = said("prompt.completed", "nora", minute(1), json!({}));
    p.desk.held = Some(HeldOutcome { until: minute(5), fact: Box::new(fact) });
    assert_eq!((next_due(&p), escalates_at(&p)), (Some(minute(5)), None), "it does not escalate meanwhile");
    for kind in ["prompt.acknowledged", "prompt.released", "prompt.snoozed", "prompt.handed_over"] {
        assert!(does(&mut p, kind, "omar", minute(2), json!({"team": "charge"})).is_err(), "{kind}");
    }
    assert!(does(&mut p.clone(), "prompt.undone", "nora", minute(5), json!({})).is_err(), "too late");
    does(&mut p, "prompt.undone", "nora", minute(4), json!({})).expect("in time");
    assert_eq!((p.desk.held.is_none(), escalates_at(&p)), (true, p.escalates_at));
    p.status = PromptStatus::Withdrawn;
    assert!(does(&mut p, "prompt.acknowledged", "omar", minute(6), json!({})).is_err());
    assert_eq!((next_due(&p), escalates_at(&p)), (None, None));
}

#[test]
fn only_staff_work_at_the_desk_and_a_prompt_without_a_desk_reads() {
    let mut p = prompt(false);
    let machine = Fact::own("prompt.acknowledged", "k", PersonId::default(), minute(1), json!({}));
    assert!(!apply(&mut p, &machine, &teams(), minute(1)));
    let mut old = serde_json::to_value(&p).expect("it serialises");
    old.as_object_mut().expect("an object").remove("desk");
    assert_eq!(serde_json::from_value::<Prompt>(old).expect("it reads"), p);
}

#[test]
fn a_call_back_puts_off_nothing_urgent_and_what_is_urgent_is_not_closed_without_a_word() {
    let back = |n: i64| json!({"outcome": "call_back", "call_back_at": minute(n), "note": "asked me to"});
    let taken = |urgent: bool, body: Json| may(&prompt(urgent), "prompt.completed", "nora", minute(10), body);
    assert!(taken(true, back(41)).is_err());
    assert!(taken(true, back(40)).is_ok());
    assert!(taken(false, back(14 * 24 * 60 + 11)).is_err());
    assert!(taken(false, back(14 * 24 * 60 + 10)).is_ok());
    let handled = |note: &str| json!({"outcome": "already_handled", "note": note});
    assert!(taken(true, handled(" ")).is_err());
    assert!(taken(true, handled("The ambulance took her")).is_ok());
    assert!(taken(false, handled("")).is_ok());
}

#[test]
fn a_list_of_before_a_claim_moves_nothing_and_what_was_found_on_a_call_is_never_refused() {
    let mut p = prompt(false);
    does(&mut p, "prompt.acknowledged", "nora", minute(1), json!({})).expect("free");
    let click = json!({"outcome": "no_answer", "answers": {}, "note": ""});
    for (kind, body) in [
        ("prompt.completed", click.clone()),
        ("prompt.released", json!({})),
        ("prompt.snoozed", json!({"until": minute(60)})),
        ("prompt.handed_over", json!({"team": "charge"})),
    ] {
        let refused = may(&p, kind, "omar", minute(2), body).expect_err(kind);
        assert!(refused.contains("nora"), "{refused}");
    }
    let found = json!({"outcome": "done", "answers": {"bleeding": true}, "note": ""});
    assert!(may(&p, "prompt.completed", "omar", minute(2), found).is_ok());
    assert!(may(&p, "prompt.completed", "nora", minute(2), click.clone()).is_ok(), "her own");
    assert!(may(&p, "prompt.completed", "omar", minute(40), click).is_ok(), "the claim has lapsed");
}

#[test]
fn a_claim_of_before_leases_is_due_at_once() {
    let mut p = prompt(true);
    (p.status, p.escalates_at, p.desk.lease_until) = (PromptStatus::Acknowledged, None, None);
    assert_eq!(next_due(&p), Some(p.opened_at));
}
