//! Words that may mean an emergency.

use crate::DAVID;
use crate::harness::{On, World, same};
use model::Channel;
use model::time::MINUTE_MS;
use serde_json::json;
use testkit::story::Story;

/// As people may write it; none of these stands in the list of keywords.
const WORDINGS: &[&str] = &[
    "my wound is bleeding",
    "The bandage is totally soaked through with red",
    "theres blood all over my sleeve, what do i do",
    "Its oozing a lot since last night",
    "I can hardly breathe",
    "really tight feeling in my chest",
    "thermometer says 102.4",
    "my fingertips turned blue and feel cold",
    "two of the stitches came open",
    "pain is like a 10 and the pills are not helping",
    "the cut smells awful and there is yellow stuff",
    "I think I am going to faint",
    "me esta sangrando la herida",
    "no puedo respirar bien",
    "i dont want to live anymore",
    "there is blood all over the bed",
    "I can barely get any air",
    "lost feeling in my thumb",
    "there is a hole in the wound",
    "I took all my pills at once",
    "cant stay awake",
    "rash all over after the antibiotic",
    "i slipped and fell on the arm",
    "something snapped in my wrist",
    "I think I'm dying",
    "se me abrió la herida",
    "tengo 39 de fiebre",
    "please help me",
];

#[test]
fn whatever_the_words_a_nurse_is_prompted_within_a_minute_at_night_and_on_a_sunday() {
    let (mut world, david) = World::after(&Story::david());
    let mut missed = Vec::new();
    for (i, wording) in WORDINGS.iter().enumerate() {
        // A night from Thursday on, and the Sunday among them.
        let day = 3 + i32::try_from(i).unwrap() / 2;
        world.goes_on(day, if i % 2 == 0 { "02:31" } else { "13:07" });
        let wrote = world.now();
        world.texts(DAVID, wording);
        world.until(wrote.plus_ms(MINUTE_MS));
        let open = world.open(david, "red_flag");
        // At night it opens with who is on duty.
        let team = if i % 2 == 0 { "charge_nurse" } else { "surgical_nurses" };
        let last = open.last().filter(|p| p.opened_at >= wrote && p.urgent && p.team == team);
        let answered = world.words(DAVID, wrote).iter().any(|w| w.contains("911"));
        match last {
            Some(prompt) if answered => {
                assert!(prompt.opened_at.0 - wrote.0 <= MINUTE_MS && prompt.reason.contains(wording));
                let id = prompt.id;
                world.nurse_says(david, "prompt.acknowledged", json!({"prompt": id}));
                world.completes_prompt(david, id, json!({"outcome": "done", "answers": {"emergency": false}}));
            }
            _ => missed.push(*wording),
        }
    }
    assert_eq!(missed, Vec::<&str>::new());
}

#[test]
fn it_escalates_until_someone_takes_it_on() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(6, "03:00");
    world.texts(DAVID, "my wound is bleeding");
    let answer = world.words(DAVID, world.at(6, "03:00"));
    assert_eq!(answer.len(), 1);
    assert!(
        answer[0].contains("911") && answer[0].contains("3:30"),
        "the number, and who calls by when: {}",
        answer[0]
    );
    assert!(!answer[0].contains("bleed"), "no health detail: {}", answer[0]);
    world.goes_on(6, "06:00");
    let prompt = world.prompt(david, "red_flag");
    let told: Vec<String> = world
        .facts(david, "prompt.escalated")
        .iter()
        .rev()
        .filter(|f| f.text("prompt") == Some(prompt.id.to_string().as_str()))
        .map(|f| format!("{} {} > {}", world.stamp(f.occurred_at), f.text("from").unwrap(), f.text("to").unwrap()))
        .collect();
    same(
        &told,
        &[
            "day 6 03:15 charge_nurse > on_call_surgeon",
            "day 6 03:25 on_call_surgeon > charge_nurse",
            "day 6 03:35 charge_nurse > on_call_surgeon",
            "day 6 03:55 on_call_surgeon > on_call_surgeon",
            "day 6 04:35 on_call_surgeon > on_call_surgeon",
            "day 6 05:35 on_call_surgeon > on_call_surgeon",
        ],
    );
    world.nurse_says(david, "prompt.acknowledged", json!({"prompt": prompt.id}));
    let before = world.facts(david, "prompt.escalated").len();
    world.goes_on(6, "06:29");
    assert_eq!(world.facts(david, "prompt.escalated").len(), before, "someone has it");
    assert_eq!(world.prompt(david, "red_flag").assignee.as_deref(), Some("nurse"));
    world.goes_on(7, "06:00");
    let last = world.facts(david, "prompt.escalated")[0].occurred_at;
    assert!(last > world.at(7, "04:59"), "claimed and left: it goes on until there is an outcome");
    assert_eq!(world.prompt(david, "red_flag").assignee, None);
    world.completes_prompt(david, prompt.id, json!({"outcome": "done", "answers": {"emergency": false}}));
    let before = world.facts(david, "prompt.escalated").len();
    world.goes_on(8, "06:00");
    assert_eq!(world.facts(david, "prompt.escalated").len(), before, "it is done");
}

#[test]
fn a_denied_danger_is_a_question_and_thanks_are_nothing() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(2, "11:00");
    world.texts(DAVID, "no bleeding today");
    world.texts(DAVID, "thank you!");
    world.goes_on(2, "11:30");
    same(
        &world.list_of(david, &["red_flag", "red_flag_answer", "answer_question"]),
        &["day 2 11:00 prompt answer_question to surgical_nurses: open"],
    );
}

#[test]
fn after_a_stop_the_answer_goes_another_way_and_the_nurse_is_prompted_all_the_same() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "11:00");
    world.texts(DAVID, "STOP");
    world.goes_on(1, "20:00");
    let since = world.now();
    world.texts(DAVID, "it will not stop bleeding");
    world.until(since.plus_ms(MINUTE_MS));
    same(
        &world.list_of(david, &["red_flag", "red_flag_answer"]),
        &[
            "day 1 20:00 urgent email red_flag_answer: delivered",
            "day 1 20:00 urgent prompt red_flag to surgical_nurses > charge_nurse: open",
        ],
    );
    assert_eq!(world.words(DAVID, since), Vec::<String>::new());
}

fn a_stop_beside_a_danger_holds(store: On) {
    let (mut world, david) = crate::talk::on(store, &Story::david());
    world.goes_on(1, "11:00");
    let since = world.now();
    world.texts(DAVID, "stop texting me, I am bleeding");
    world.goes_on(1, "11:01");
    same(
        &world.list_of(david, &["red_flag", "red_flag_answer", "red_flag_and_stop", "stop_confirmed"]),
        &[
            "day 1 11:00 urgent sms red_flag_and_stop: delivered",
            "day 1 11:00 urgent prompt red_flag to surgical_nurses: open",
        ],
    );
    let record = world.hub().look(david).expect("a line").record;
    let refused = |channel| record::allowed(&record, model::Purpose::Care, channel) == Some(false);
    assert!([Channel::Sms, Channel::Voice, Channel::Voicemail].into_iter().all(refused), "a STOP all the same");
    world.texts(DAVID, "STOP");
    world.goes_on(3, "12:00");
    let rang = world.words(DAVID, since);
    assert_eq!(rang.len(), 1, "one text answers the danger and confirms the STOP: {rang:?}");
    assert!(rang[0].contains("no more automated texts") && rang[0].contains("911"), "{}", rang[0]);
    world.texts(DAVID, "START");
    world.goes_on(4, "12:00");
    assert!(world.words(DAVID, since).len() > 1, "a START ends it as it ends any other");
}

#[test]
fn a_stop_beside_a_danger_holds_and_one_text_says_both() {
    a_stop_beside_a_danger_holds(On::Sqlite);
}

#[test]
fn a_stop_beside_a_danger_holds_on_postgres() {
    a_stop_beside_a_danger_holds(On::Postgres);
}

#[test]
fn whom_no_call_reaches_is_looked_for() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(2, "11:00");
    world.texts(DAVID, "I have never seen so much blood");
    world.goes_on(2, "11:01");
    for _ in 0..5 {
        world.completes(david, "red_flag", "no_answer", json!({}));
        world.until(world.now().plus_ms(11 * MINUTE_MS));
    }
    let welfare = world.prompt(david, "welfare_check");
    assert!(welfare.urgent && welfare.safety.person_by.is_some(), "{welfare:?}");
    // The charge nurse had ten minutes.
    assert_eq!((welfare.escalated_from, welfare.team.as_str()), (vec!["charge_nurse".to_owned()], "on_call_surgeon"));
    assert_eq!(welfare.title, "Nobody could reach David Reyes: arrange a welfare check");
    assert!(welfare.reason.contains("never seen so much blood"), "{}", welfare.reason);
    let opened = welfare.opened_at;
    world.until(opened.plus_ms(25 * MINUTE_MS));
    assert_eq!(world.prompt(david, "welfare_check").team, "on_call_surgeon");
}
