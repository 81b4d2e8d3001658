//! A red flag reaches a team that is at work, at any hour, and is asked for until someone acknowledges it.

use crate::harness::{World, at, at_discharge};
use model::prompt::PromptStatus;
use serde_json::json;

const FLAG: &str = "tracks:
  main:
    - red_flag: bleeding
      person_within: 30 minutes
      to: nurses
      do: Call them now
      why: It bleeds.
      overdue: [surgeons after 10 minutes, charge after 10 minutes]
    - branch:
        - if: bleeding.reached == false
          then: next
      else: end
    - note: nobody was reached
";

fn flagged(now: model::At) -> World {
    let mut world = World::new(&[at_discharge("watch", FLAG)], now);
    world.is_discharged();
    world
}

#[test]
fn in_working_hours_the_team_named_is_asked_and_then_the_chain_without_end() {
    let mut world = flagged(at(0, 10, 0));
    let prompt = world.one("bleeding");
    assert!(prompt.urgent && prompt.team == "nurses" && prompt.escalated_from.is_empty());
    assert_eq!(prompt.due_at, at(0, 10, 30), "as soon as a person must have it");
    world.until(at(0, 13, 0));
    assert_eq!(
        world.escalated(),
        [
            "0 10:30 nurses > surgeons",
            "0 10:40 surgeons > charge",
            "0 11:00 charge > charge",
            "0 11:40 charge > charge",
            "0 12:40 charge > charge",
        ]
    );
}

#[test]
fn at_night_and_on_a_sunday_it_opens_with_a_team_that_is_at_work() {
    for now in [at(0, 22, 0), at(6, 13, 0), at(7, 3, 0)] {
        let world = flagged(now);
        let prompt = world.one("bleeding");
        assert_eq!((prompt.team.as_str(), prompt.escalated_from.as_slice()), ("charge", &["nurses".to_owned()][..]));
        assert_eq!(prompt.opened_at, now, "at once");
    }
    // In the evening the surgeons are still there.
    assert_eq!(flagged(at(0, 19, 0)).one("bleeding").team, "surgeons");
}

#[test]
fn it_goes_on_when_its_team_goes_home() {
    let mut world = flagged(at(0, 16, 50));
    assert_eq!(world.one("bleeding").team, "nurses");
    world.until(at(0, 17, 0));
    assert_eq!(world.escalated(), ["0 17:00 nurses > surgeons"]);
    // Nobody acts: no team that is at home is asked.
    world.until(at(1, 7, 0));
    for line in world.escalated() {
        let hour: u32 = line.split([' ', ':']).nth(1).unwrap().parse().unwrap();
        let to = line.rsplit(' ').next().unwrap();
        assert!(to == "charge" || to == "surgeons" && (8..20).contains(&hour), "{line}");
    }
    assert!(world.escalated().len() > 12, "every hour at least: {:?}", world.escalated());
}

#[test]
fn who_acknowledged_it_is_left_alone_and_the_pathway_goes_on_after_the_outcome() {
    let mut world = flagged(at(0, 22, 0));
    let prompt = world.one("bleeding");
    world.now = at(0, 22, 5);
    world.nurse("prompt.acknowledged", json!({"prompt": prompt.id})).unwrap();
    world.until(at(0, 22, 34));
    assert_eq!(world.escalated(), Vec::<String>::new(), "someone has it");
    for _ in 0..3 {
        let prompt = world.one("bleeding");
        world.ends(&prompt, json!({"outcome": "no_answer"})).unwrap();
        world.until(world.now.plus_ms(15 * 60_000));
    }
    assert!(world.told("note.made").is_empty(), "three tries are no end of it");
    let prompt = world.one("bleeding");
    world.ends(&prompt, json!({"outcome": "already_handled", "note": "They are with the surgeon."})).unwrap();
    assert_eq!(world.told("note.made").len(), 1, "and on");
}

#[test]
fn it_stays_open_when_the_journey_is_left_and_goes_with_a_death() {
    let mut world = flagged(at(0, 22, 0));
    world.now = at(0, 22, 10);
    world.hears("encounter.readmitted", "Encounter/1", json!({"id": "Encounter/2", "of": "Encounter/1"}));
    assert_eq!(world.under_way("watch"), 0);
    let prompt = world.one("bleeding");
    world.until(at(1, 2, 0));
    assert!(world.escalated().len() >= 4, "it is asked for still: {:?}", world.escalated());
    world.ends(&prompt, json!({"outcome": "no_answer"})).unwrap();
    let again = world.one("bleeding");
    assert!(again.id != prompt.id && again.attempt == 2 && again.urgent);
    assert_eq!(again.not_before, Some(at(1, 2, 15)), "nobody was reached: it is tried again");
    world.hears("person.died", "Encounter/2", json!({"at": world.now}));
    assert_eq!(world.withdrawn("bleeding").as_deref(), Some("person died"));
    assert!(world.prompts.values().all(|p| p.status != PromptStatus::Open));
}

#[test]
fn after_its_tries_or_a_wrong_number_it_goes_on_to_the_red_flag_that_follows_and_to_nothing_else() {
    let text = "tracks:
  main:
    - red_flag: bleeding
      person_within: 30 minutes
      to: nurses
      do: Call them now
      why: It bleeds.
      overdue: [charge after 10 minutes]
      attempts: 2
    - branch:
        - if: bleeding.reached == false
          then: next
      else: end
    - red_flag: find
      person_within: 30 minutes
      to: charge
      do: Find them
      why: Nobody has talked with them.
      overdue: [surgeons after 10 minutes]
";
    let night = at(0, 22, 0);
    let no_answer = json!({"outcome": "no_answer"});
    for (said, tries) in [("no_answer", 2), ("voicemail", 2), ("wrong_number", 1)] {
        let mut world = World::new(&[at_discharge("watch", text)], night);
        world.is_discharged();
        for _ in 1..tries {
            let prompt = world.one("bleeding");
            world.ends(&prompt, no_answer.clone()).unwrap();
            world.until(world.now.plus_ms(16 * 60_000));
        }
        let prompt = world.one("bleeding");
        world.ends(&prompt, json!({"outcome": said})).unwrap();
        assert!(world.open("bleeding").is_empty(), "{said}");
        let find = world.one("find");
        assert_eq!((find.team.as_str(), find.not_before), ("charge", None), "{said}: at once, to who is on duty");
        // It is the last: it is asked for until somebody closes it.
        for _ in 0..5 {
            let find = world.one("find");
            world.ends(&find, no_answer.clone()).unwrap();
            world.until(world.now.plus_ms(16 * 60_000));
        }
        let find = world.one("find");
        world.ends(&find, json!({"outcome": "done"})).unwrap();
        assert!(world.open("find").is_empty() && world.open("bleeding").is_empty(), "{said}");
    }
    // Who wants to be called back is called back, and not looked for.
    let mut world = World::new(&[at_discharge("watch", text)], night);
    world.is_discharged();
    let prompt = world.one("bleeding");
    world.ends(&prompt, json!({"outcome": "call_back", "call_back_at": at(0, 22, 20)})).unwrap();
    assert!(world.open("find").is_empty());
    assert_eq!(world.one("bleeding").not_before, Some(at(0, 22, 20)));
    // Where the red flag that follows may be left out, the first one is not over.
    let skipped = text.replace("    - red_flag: find\n", "    - red_flag: find\n      skip_when: record.age >= 18\n");
    let mut world = World::new(&[at_discharge("watch", &skipped)], night);
    world.is_discharged();
    let prompt = world.one("bleeding");
    world.ends(&prompt, json!({"outcome": "wrong_number"})).unwrap();
    assert!(world.open("find").is_empty());
    assert_eq!(world.one("bleeding").attempt, 2, "asked again");
}

const ASKED: &str = "tracks:
  main:
    - prompt: check
      to: nurses
      do: Call them
      why: The day after.
      form: call
      due: 1 day
    - branch:
        - if: check.bleeding
          then: next
      unknown: end
      else: end
    - red_flag: surgeon_now
      person_within: 30 minutes
      to: surgeons
      do: Call them now
      why: \"It bleeds, pain {{ check.pain }}.\"
      overdue: [charge after 10 minutes]
  later:
    - wait: 10 days
    - note: later
forms:
  call:
    title: How are they
    questions:
      - ask: bleeding
        label: Does it bleed?
        answer: yes or no
      - ask: pain
        label: Pain
        answer: 0 to 10
";

/// The check says that it bleeds; the world, the check, and what was said of it.
fn bleeds(text: &str) -> (World, model::prompt::Prompt) {
    let mut world = World::new(&[at_discharge("watch", text)], at(0, 10, 0));
    world.is_discharged();
    let check = world.one("check");
    world.ends(&check, json!({"outcome": "done", "answers": {"bleeding": true, "pain": 8}})).unwrap();
    (world, check)
}

fn corrects(world: &mut World, check: &model::prompt::Prompt, answers: serde_json::Value) {
    world.now = world.now.plus_ms(60_000);
    let mut said = world.told("prompt.completed").into_iter().chain(world.told("prompt.corrected")).rev();
    let of = said.find(|f| f.text("prompt") == Some(check.id.to_string().as_str())).unwrap().id;
    let body = json!({"prompt": check.id, "of": of, "outcome": "done", "answers": answers});
    world.nurse("prompt.corrected", body).unwrap();
}

#[test]
fn a_correction_that_leads_to_the_same_red_flag_leaves_one_open_and_whoever_has_it_keeps_it() {
    let (mut world, check) = bleeds(ASKED);
    let flag = world.one("surgeon_now");
    world.nurse("prompt.acknowledged", json!({"prompt": flag.id, "lease_ms": 3_600_000})).unwrap();
    corrects(&mut world, &check, json!({"bleeding": true, "pain": 9}));
    let flag = world.one("surgeon_now");
    assert_eq!((flag.status, flag.assignee.as_deref()), (PromptStatus::Acknowledged, Some("nora")));
    assert!(flag.reason.contains("pain 9") && flag.reason.contains("pain 8"), "{}", flag.reason);
    assert_eq!(flag.opened_at, at(0, 10, 0), "its time began when it was raised first");
    // It is not so: the red flag stays, and says why it may not be needed.
    corrects(&mut world, &check, json!({"bleeding": false, "pain": 2}));
    let left = world.one("surgeon_now");
    assert!(left.id == flag.id && left.reason.contains("corrected since"), "{}", left.reason);
    let undone = world.told("outcome.undone").last().unwrap().body["left"].to_string();
    assert!(undone.contains(&flag.id.to_string()), "{undone}");
    // And it is so after all: still one, which the journey hears of. Whoever had it was told that it may not be needed,
    // so it is asked for anew.
    corrects(&mut world, &check, json!({"bleeding": true, "pain": 10}));
    let flag = world.one("surgeon_now");
    assert_eq!((flag.status, flag.assignee.as_deref()), (PromptStatus::Open, None));
    assert_eq!(flag.reason, "It bleeds, pain 10. Raised before: It bleeds, pain 9.", "the last only");
    assert!(!flag.reason.contains("corrected since"), "{}", flag.reason);
    world.ends(&flag, json!({"outcome": "done"})).unwrap();
    assert!(world.open("surgeon_now").is_empty());
    world.until(at(1, 10, 0));
    assert!(world.open("surgeon_now").is_empty(), "the journey heard of it");
}

#[test]
fn what_is_urgent_and_on_hand_stays_when_its_cause_is_corrected_and_what_nobody_has_is_taken_back() {
    let urgent = ASKED.replace(
        "red_flag: surgeon_now\n      person_within: 30 minutes",
        "prompt: surgeon_now\n      urgent: true\n      due: 30 minutes",
    );
    let (mut world, check) = bleeds(&urgent);
    corrects(&mut world, &check, json!({"bleeding": false, "pain": 2}));
    assert_eq!(world.withdrawn("surgeon_now").as_deref(), Some("outcome corrected"), "nobody had it");
    corrects(&mut world, &check, json!({"bleeding": true, "pain": 8}));
    let flag = world.one("surgeon_now");
    world.nurse("prompt.acknowledged", json!({"prompt": flag.id, "lease_ms": 3_600_000})).unwrap();
    corrects(&mut world, &check, json!({"bleeding": false, "pain": 2}));
    let left = world.one("surgeon_now");
    assert_eq!((left.id, left.assignee.as_deref()), (flag.id, Some("nora")));
    assert!(left.reason.contains("corrected since"), "{}", left.reason);
    corrects(&mut world, &check, json!({"bleeding": true, "pain": 9}));
    assert_eq!(world.one("surgeon_now").assignee, None, "one, and they were told that it may not be needed");
}

#[test]
fn a_red_flag_that_is_raised_again_hours_later_has_its_own_promise() {
    let (mut world, check) = bleeds(ASKED);
    let flag = world.one("surgeon_now");
    // Whoever has it keeps it, and it is asked of others every hour meanwhile.
    world.nurse("prompt.acknowledged", json!({"prompt": flag.id, "lease_ms": 86_400_000})).unwrap();
    world.until(at(0, 13, 35));
    let planned = throughline_turn::desk::escalates_at(&world.one("surgeon_now")).unwrap();
    assert!(planned > at(0, 14, 10), "{planned}");
    corrects(&mut world, &check, json!({"bleeding": true, "pain": 9}));
    let flag = world.one("surgeon_now");
    assert_eq!(flag.status, PromptStatus::Acknowledged);
    assert!(flag.escalates_at.unwrap() <= world.now.plus_ms(30 * 60_000), "{:?}", flag.escalates_at);
    // However often it is raised, it says no more than the last time.
    for pain in (0..10).cycle().take(60) {
        corrects(&mut world, &check, json!({"bleeding": true, "pain": pain}));
    }
    assert_eq!(world.one("surgeon_now").reason, "It bleeds, pain 9. Raised before: It bleeds, pain 8.");
}

#[test]
fn an_outcome_said_to_the_earlier_one_acts_on_the_one_that_follows() {
    let (mut world, check) = bleeds(ASKED);
    let earlier = world.one("surgeon_now");
    corrects(&mut world, &check, json!({"bleeding": true, "pain": 9}));
    let flag = world.one("surgeon_now");
    assert!(flag.id != earlier.id && world.withdrawn("surgeon_now").as_deref() == Some("raised again"));
    // The page was open since before it was raised again.
    world.nurse("prompt.acknowledged", json!({"prompt": earlier.id})).unwrap();
    assert_eq!(world.one("surgeon_now").status, PromptStatus::Acknowledged);
    world.ends(&earlier, json!({"outcome": "no_answer"})).unwrap();
    let again = world.one("surgeon_now");
    assert_eq!((again.attempt, again.not_before), (2, Some(world.now.plus_ms(15 * 60_000))), "it was heard");
    world.until(world.now.plus_ms(16 * 60_000));
    let again = world.one("surgeon_now");
    world.ends(&again, json!({"outcome": "done"})).unwrap();
    let said = world.told("prompt.completed").len();
    let why = world.ends(&earlier, json!({"outcome": "done"})).unwrap_err();
    assert!(why.contains("raised again"), "{why}");
    assert_eq!(world.told("prompt.completed").len(), said, "what is refused is not on the timeline as an outcome");
}
