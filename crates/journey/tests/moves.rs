//! A journey goes over to another version: by name, by choice, inside of loops, with its answers.

#[expect(dead_code, reason = "each test file uses a part of the common world")]
mod common;
use common::*;
use model::Id;
use model::value::Kind;
use pathway::Pathway;
use pathway::ast::{Goto, Late, Verb, When};
use serde_json::json;
use throughline_journey::{StepMap, Unmapped, Why, place_of, remap};

fn another(mut pathway: Pathway) -> Pathway {
    pathway.version = Id::of(&[b"another"]);
    pathway
}

fn chosen(from: &str, to: Option<&str>) -> StepMap {
    StepMap::from([(from.to_owned(), to.map(str::to_owned))])
}

fn why(told: Result<throughline_journey::State, Vec<Unmapped>>) -> Vec<(String, Why)> {
    told.expect_err("it stays").into_iter().map(|u| (u.step, u.why)).collect()
}

fn waits(name: &str, hour: u16) -> Pathway {
    let until = When::Day { day: 1, at: clock(hour, 0) };
    pathway(&[name], vec![(name, wait(until, Late::Now), Some("say")), ("say", reach("hello"), None)])
}

#[test]
fn a_step_goes_to_its_name_or_to_what_was_chosen_and_is_planned_anew_there() {
    let mut run = Runner::new(waits("wait", 9), zone("America/New_York"), "2026-11-23T14:00").enrol();
    let (old, new) = (run.pathway.clone(), another(waits("later", 11)));
    assert_eq!(why(remap(&run.state, &old, &new, &StepMap::new())), [("wait".to_owned(), Why::Gone)]);
    assert_eq!(why(remap(&run.state, &old, &new, &chosen("wait", None))), [("wait".to_owned(), Why::Stays)]);
    assert_eq!(why(remap(&run.state, &old, &new, &chosen("wait", Some("say")))), [("wait".to_owned(), Why::OtherVerb)]);
    assert_eq!(place_of("wait", &old, &new, &chosen("wait", Some("later"))).map(|s| s.name.as_str()), Ok("later"));
    run.state = remap(&run.state, &old, &new, &chosen("wait", Some("later"))).expect("it goes");
    run.pathway = new;
    run.tick();
    run.run_to("2026-11-24T10:59");
    assert_eq!(run.took(), Vec::<String>::new());
    run.run_to("2026-11-24T11:00");
    assert!(run.took()[0].starts_with("11-24 11:00"), "the new version's hour");
}

fn medicines(looped: bool) -> Pathway {
    let over = each("encounter.prescriptions", "rx", Kind::Prescription, None, 1);
    let picked = wait_for(pattern("medication.picked_up", Some("rx"), None), When::Span(1000), Goto::End, Goto::Next);
    let first = if looped { over } else { reach("hello") };
    let next = if looped { None } else { Some("picked") };
    pathway(&["each"], vec![("each", first, next), ("picked", picked, None)])
}

#[test]
fn a_round_of_a_loop_stays_one_and_what_left_its_loop_has_no_place() {
    let mut run = Runner::new(medicines(true), zone("America/New_York"), "2026-11-23T14:00");
    run.world.items.insert("encounter.prescriptions".into(), vec!["rx1".into(), "rx2".into()]);
    let run = run.enrol();
    let same = remap(&run.state, &run.pathway, &another(medicines(true)), &StepMap::new());
    assert_eq!(same.expect("both rounds go"), run.state);
    let told = why(remap(&run.state, &run.pathway, &another(medicines(false)), &StepMap::new()));
    assert!(told.contains(&("each".to_owned(), Why::OtherVerb)), "{told:?}");
    // The loop is there, and the step is no longer inside of it.
    let mut out = another(medicines(true));
    let mut inner = out.steps[1].clone();
    inner.name = "inner".into();
    out.steps.push(inner);
    let Verb::Each { body, .. } = &mut out.steps[0].verb else { panic!("an each") };
    *body = 2;
    out.steps[0].next = Some(1);
    let told = why(remap(&run.state, &run.pathway, &out, &StepMap::new()));
    assert_eq!(told, [("picked".to_owned(), Why::OtherPlace)]);
}

#[test]
fn answers_are_found_again_by_the_name_of_their_field() {
    let asks = || {
        let branch =
            Verb::Branch { arms: vec![(at_least("check.pain", 8.0), to(3))], unknown: Goto::End, otherwise: Goto::End };
        let until = When::Span(model::time::HOUR_MS);
        pathway(
            &["check"],
            vec![
                ("check", prompt("check", Some("check_form"), None), Some("pause")),
                ("pause", wait(until, Late::Now), Some("branch")),
                ("branch", branch, None),
                ("surgeon", prompt("surgeon", None, None), None),
            ],
        )
    };
    let mut run = Runner::new(asks(), zone("America/New_York"), "2026-11-23T14:00").enrol();
    let asked = run.asked[0].1;
    run.outcome("done", json!({"pain": 9, "bleeding": false}));
    let mut new = another(asks());
    new.forms[0].fields.rotate_left(1);
    run.state = remap(&run.state, &run.pathway, &new, &StepMap::new()).expect("it goes");
    run.pathway = new.clone();
    run.run_to("2026-11-23T15:30");
    assert_eq!(run.asked.last().map(|(name, _)| name.as_str()), Some("surgeon"), "pain is still pain: {:?}", run.log);
    // What can be corrected must stay so: without its prompt the journey stays.
    let mut without = new.clone();
    without.steps[0].name = "other".into();
    let told = why(remap(&run.state, &new, &without, &StepMap::new()));
    assert_eq!(told, [("check".to_owned(), Why::Gone)]);
    run.state = remap(&run.state, &new, &without, &chosen("check", Some("other"))).expect("it goes");
    run.pathway = without;
    run.correct(asked, "done", json!({"pain": 1}));
    assert!(run.codes.iter().any(|c| c == "correct:undone"));
}
