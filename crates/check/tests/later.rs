//! Verbs of the language that YAML does not say yet: put into a pathway that was read, and checked like the others.
#![expect(clippy::unwrap_used, reason = "tests")]

use model::prompt::Team;
use model::time::MINUTE_MS;
use outreach::Rules;
use pathway::ast::{Goto, Step, Success, Verb, When};
use pathway::{Finding, Pathway, read_dir_texts};
use throughline_check::{Given, check};

fn teams() -> Vec<Team> {
    let team = |name: &str, days: u8| Team {
        name: name.into(),
        title: String::new(),
        site: String::new(),
        zone: "America/New_York".into(),
        hours: (0..days).map(|day| (day, 8 * 60, 18 * 60)).collect(),
        phone: String::new(),
        notify: Vec::new(),
    };
    vec![team("nurses", 5), team("surgeon", 0), team("front_desk", 7)]
}

fn good() -> Pathway {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/findings/good.yaml")).unwrap();
    let names = ["nurses", "surgeon", "front_desk"].map(String::from);
    read_dir_texts(&[("good.yaml".into(), text)], &names).pathways.pop().unwrap()
}

fn step<'p>(pathway: &'p mut Pathway, name: &str) -> &'p mut Step {
    pathway.steps.iter_mut().find(|s| s.name == name).unwrap()
}

fn found(pathway: &Pathway) -> Vec<Finding> {
    let (teams, rules) = (teams(), Rules::shipped());
    check(&[pathway], &[], &Given::new(&teams, &rules, "America/New_York", jiff::civil::date(2026, 9, 1)))
}

fn codes(pathway: &Pathway) -> Vec<&'static str> {
    found(pathway).into_iter().map(|f| f.code).collect()
}

#[test]
fn an_experiment_has_a_hold_out_and_a_metric() {
    let mut pathway = good();
    let arm = |name: &str| pathway::ast::Arm { name: name.into(), weight: 50, to: Goto::Next };
    let split = |metric: Option<&str>, hold_out| Verb::Split {
        experiment: "early".into(),
        metric: metric.map(str::to_owned),
        hold_out,
        arms: vec![arm("early"), arm("late")],
    };
    step(&mut pathway, "call/wait").verb = split(None, None);
    let told = found(&pathway);
    assert_eq!(told[0].code, "TL073");
    assert_eq!(told[0].help.as_deref(), Some("add `metric:` with a goal and `hold_out:` with a share"));
    step(&mut pathway, "call/wait").verb = split(Some("healed"), Some((100, Goto::Next)));
    assert!(!codes(&pathway).contains(&"TL073"));
}

#[test]
fn a_question_that_nobody_answers_leads_to_somebody() {
    let mut pathway = good();
    let ask = |missed| Verb::Ask {
        question: "how".into(),
        words: "medicine_ready".into(),
        purpose: model::Purpose::Care,
        by: vec![(model::Channel::Sms, MINUTE_MS)],
        deadline: When::NextDay { days: 1, at: 600 },
        again_max: 1,
        stop_when: None,
        answered: Goto::End,
        missed,
    };
    step(&mut pathway, "medicine/medicine_ready").verb = ask(Goto::End);
    assert_eq!(codes(&pathway), ["TL064", "TL069"]);
    let pharmacy = pathway.steps.iter().position(|s| s.name == "ask_pharmacy/pharmacy").unwrap();
    let goto = Goto::Step(u16::try_from(pharmacy).unwrap());
    step(&mut pathway, "medicine/medicine_ready").verb = ask(goto);
    assert!(codes(&pathway).is_empty());

    let mut pathway = good();
    let Verb::Reach { success, got, not, .. } = &mut step(&mut pathway, "medicine/medicine_ready").verb else {
        panic!()
    };
    (*success, *got, *not) = (Some(Success::Answered), Goto::End, Goto::End);
    assert_eq!(codes(&pathway), ["TL064", "TL069"]);
    let Verb::Reach { not, .. } = &mut step(&mut pathway, "medicine/medicine_ready").verb else { panic!() };
    *not = goto;
    assert!(codes(&pathway).is_empty());
}

#[test]
fn a_red_flag_keeps_the_time_that_it_says() {
    let mut pathway = good();
    let Verb::Prompt(prompt) = &mut step(&mut pathway, "danger/surgeon_today").verb else { panic!() };
    prompt.person_within_ms = Some(20 * MINUTE_MS);
    assert!(codes(&pathway).is_empty(), "the surgeon has it after a quarter of an hour");
    let Verb::Prompt(prompt) = &mut step(&mut pathway, "danger/surgeon_today").verb else { panic!() };
    prompt.person_within_ms = Some(10 * MINUTE_MS);
    let told = found(&pathway);
    assert_eq!((told.len(), told[0].code), (1, "TL060"));
    assert!(told[0].says.ends_with("for 15 minutes: 10 minutes are promised"), "{}", told[0].says);
    let help = told[0].help.as_deref().unwrap();
    assert!(help.contains("→ surgeon after 15 minutes: on duty"), "{help}");
    assert!(help.contains("call/branch → `if 1` → danger/surgeon_today"), "the way there is shown: {help}");
}

#[test]
fn a_holiday_is_a_day_on_which_nobody_with_hours_is_there() {
    let mut pathway = good();
    // The nurses are there day and night, by their hours; on a holiday nobody with hours is.
    let flag = step(&mut pathway, "call/check");
    let Verb::Prompt(prompt) = &mut flag.verb else { panic!() };
    (prompt.urgent, prompt.overdue) = (true, Vec::new());
    let (mut teams, rules) = (teams(), Rules::shipped());
    teams[0].hours = (0..7).map(|day| (day, 0, 24 * 60)).collect();
    let mut given = Given::new(&teams, &rules, "America/New_York", jiff::civil::date(2026, 9, 1));
    let told = |given: &Given<'_>| check(&[&pathway], &[], given).into_iter().find(|f| f.code == "TL060");
    assert_eq!(told(&given), None);
    let holidays = [jiff::civil::date(2026, 12, 25)];
    given.holidays = &holidays;
    let help = told(&given).unwrap().help.unwrap();
    assert!(help.contains("opened Thursday 23:56 → nurses: off duty until Saturday 00:00"), "{help}");
    assert!(help.contains("around the holiday of 2026-12-25"), "{help}");
}
