//! Languages and zones.

use crate::DAVID;
use crate::harness::{World, same};
use testkit::story::Story;

#[test]
fn who_speaks_spanish_gets_spanish_words() {
    let story = Story::david().speaking("es");
    let (mut world, _) = World::after(&story);
    world.goes_on(1, "12:30");
    let words = world.words(DAVID, story.discharged_at);
    assert_eq!(words.len(), 2);
    assert!(words[0].contains("su visita es el") && words[0].contains("diciembre"), "{}", words[0]);
    assert!(words[1].contains("Tome agua") && words[1].contains("HECHO"), "{}", words[1]);
    let mail = world.words("david.reyes@example.org", story.discharged_at).remove(0);
    assert!(mail.contains("Su lista de hoy") && mail.contains("Descanse") && !mail.contains("Your list"), "{mail}");
    world.texts(DAVID, "me sangra la herida");
    let answer = world.words(DAVID, world.now()).remove(0);
    assert!(answer.contains("(respuesta del sistema): recibimos su mensaje"), "{answer}");
}

#[test]
fn a_language_that_the_pathway_does_not_speak_goes_to_a_person_with_an_interpreter() {
    let story = Story::david().speaking("vi");
    let (mut world, david) = World::after(&story);
    world.goes_on(2, "12:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(4, "12:00");
    assert_eq!(world.words(DAVID, story.discharged_at), Vec::<String>::new(), "never silently English");
    assert_eq!(world.words("david.reyes@example.org", story.discharged_at), Vec::<String>::new());
    let prompt = world.open(david, "language").remove(0);
    assert!(prompt.title.contains("Vietnamese interpreter"), "{}", prompt.title);
    same(
        &world.list(david),
        &[
            "day 1 08:00 prompt language to surgical_nurses > charge_nurse: open",
            "day 1 09:00 prompt check to surgical_nurses > charge_nurse: open",
            "day 2 12:00 prompt language to surgical_nurses > charge_nurse: open",
            "day 3 17:00 prompt language to surgical_nurses: open",
            "day 4 10:00 prompt call_about_medicine to surgical_nurses: open",
        ],
    );
}

#[test]
fn a_translation_that_nobody_reviewed_is_held_back_from_whom_it_is_for() {
    let story = Story::david().speaking("es");
    let (mut world, david) = World::otherwise(&story, |settings| settings.clinic.unreviewed_languages = false);
    world.goes_on(1, "12:30");
    world.hears(&story.dispense_ready(world.now()));
    world.texts(DAVID, "me sangra la herida");
    world.goes_on(3, "12:00");
    assert_eq!(world.words(DAVID, story.discharged_at), Vec::<String>::new(), "neither Spanish nor silently English");
    assert_eq!(world.words("david.reyes@example.org", story.discharged_at), Vec::<String>::new());
    let prompt = world.open(david, "language").remove(0);
    assert!(prompt.title.contains("Spanish interpreter"), "{}", prompt.title);
    assert!(!world.open(david, "red_flag").is_empty(), "what he wrote is understood and reaches a person all the same");
    // Who speaks the first language is not held up by it.
    let english = Story::david();
    let (mut world, _) = World::otherwise(&english, |settings| settings.clinic.unreviewed_languages = false);
    world.goes_on(1, "12:30");
    let words = world.words(DAVID, english.discharged_at);
    assert!(words.iter().any(|w| w.contains("your visit is on")), "{words:?}");
}

#[test]
fn a_translation_that_was_reviewed_goes_out() {
    let story = Story::david().speaking("es");
    let (mut world, _) = World::otherwise(&story, |settings| {
        settings.clinic.unreviewed_languages = false;
        let names: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
        let mut texts = pathway::shipped::shipped_texts();
        for (_, text) in texts.iter_mut().filter(|(_, text)| text.contains("\nspeaks: [en, es]")) {
            text.push_str(
                "\nreviewed: { es: { by: Luis Vega, role: certified medical translator, on: 2026-10-02 } }\n",
            );
        }
        let library = pathway::read_dir_texts(&texts, &names);
        assert!(!library.refused(), "{:?}", library.findings);
        settings.pathways = library.pathways.into_iter().map(std::sync::Arc::new).collect();
    });
    world.goes_on(1, "12:30");
    let words = world.words(DAVID, story.discharged_at);
    assert!(words.iter().any(|w| w.contains("su visita es el")), "{words:?}");
}

#[test]
fn with_an_unknown_zone_only_hours_that_suit_every_candidate_are_used() {
    let mut story = Story::david();
    story.person.zone = None;
    // A state with two zones, by an address without a postal code.
    story.person.home = ("TN".into(), String::new());
    let mut world = World::before(&story);
    world.zones = ["America/New_York", "America/Chicago"].map(|z| model::time::zone(z).unwrap()).to_vec();
    world.hears(&story.discharge());
    let david = world.person("1001");
    assert_eq!(world.hub().look(david).unwrap().record.zones.len(), 2);
    // 20:30 in Chicago, 21:30 in New York.
    world.goes_on(1, "21:30");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(3, "12:00");
    same(
        &world.list(david),
        &[
            "day 1 09:00 email todays_list: delivered",
            "day 1 10:00 prompt check to surgical_nurses > charge_nurse: open",
            "day 1 11:00 sms appointment_booked: delivered",
            "day 1 13:00 sms task_now: delivered",
            "day 2 09:00 email todays_list: delivered",
            "day 2 09:00 sms medicine_ready: delivered",
            "day 2 09:00 voice medicine_ready: failed",
            "day 2 10:00 sms task_now: delivered",
            "day 2 13:00 sms task_now: delivered",
            "day 2 18:00 voice medicine_waiting: failed",
            "day 2 18:00 voicemail medicine_waiting: delivered",
            "day 3 09:00 email todays_list: delivered",
            "day 3 10:00 sms task_now: delivered",
            "day 3 11:00 prompt call_about_medicine to surgical_nurses: open",
        ],
    );
}

#[test]
fn days_are_the_persons_own() {
    let story = Story::david().living_in("America/Los_Angeles");
    let mut world = World::before(&story);
    world.zone = model::time::zone("America/Los_Angeles").unwrap();
    world.zones = vec![world.zone.clone()];
    world.hears(&story.discharge());
    let david = world.person("1001");
    world.goes_on(2, "09:30");
    same(
        &world.list(david),
        &[
            "day 1 08:00 email todays_list: delivered",
            "day 1 09:00 prompt check to surgical_nurses > charge_nurse: open",
            "day 1 10:00 sms appointment_booked: delivered",
            "day 1 12:00 sms task_now: delivered",
            "day 2 08:00 email todays_list: delivered",
            "day 2 09:00 sms task_now: delivered",
        ],
    );
}
