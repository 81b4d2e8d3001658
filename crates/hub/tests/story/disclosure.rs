//! Health by text goes to whom agreed to it; to others it goes another way.

use crate::DAVID;
use crate::harness::World;
use model::PersonId;
use serde_json::json;
use testkit::story::Story;

/// The follow-up, with a text that names the medicine, as a programme that asks for this agreement writes it.
fn naming_the_medicine(story: &Story) -> (World, PersonId) {
    World::otherwise(story, |settings| {
        let names: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
        let mut texts = pathway::shipped::shipped_texts();
        texts.retain(|(file, _)| !pathway::shipped::is_offered(file));
        let follow_up = texts.iter_mut().find(|(file, _)| file.ends_with("post-surgical-follow-up.yaml")).unwrap();
        for said in [": your medicine is ready for pick-up.", ": puede pasar por su medicina."] {
            assert!(follow_up.1.contains(said));
            follow_up.1 = follow_up.1.replace(said, ": {{ rx.name }}.");
        }
        let refused = pathway::read_dir_texts(&texts, &names);
        assert!(refused.findings.iter().any(|f| f.code == "TL023"), "a text does not carry it by itself");
        let follow_up = texts.iter_mut().find(|(file, _)| file.ends_with("post-surgical-follow-up.yaml")).unwrap();
        follow_up.1.push_str("\ndiscloses: { sms: health }\n");
        let library = pathway::read_dir_texts(&texts, &names);
        assert!(!library.refused(), "{:?}", library.findings);
        settings.pathways = library.pathways.into_iter().map(std::sync::Arc::new).collect();
    })
}

/// The texts about the medicine after nobody took the call.
fn texts(agrees: &[(bool, &str)]) -> (Vec<String>, Vec<String>) {
    let story = Story::david();
    let (mut world, david) = naming_the_medicine(&story);
    for (allowed, channel) in agrees {
        world.goes_on(1, "10:00");
        let mut body = json!({"allowed": allowed, "basis": "said so on the phone"});
        if !channel.is_empty() {
            body["channel"] = json!(channel);
        }
        world.nurse_says(david, "consent.changed", body);
    }
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(2, "12:00");
    let traces = world.why(david, "medicine_ready").into_iter().filter(|why| why.starts_with("disclosure")).collect();
    let words = world.words(DAVID, story.discharged_at);
    (words.into_iter().filter(|w| w.contains("help to get it")).collect(), traces)
}

#[test]
fn who_has_not_agreed_gets_no_health_by_text_and_the_trace_says_why() {
    let (words, traces) = texts(&[]);
    assert_eq!(words, Vec::<String>::new(), "silence is no agreement");
    assert!(traces.iter().any(|t| t.contains("channel=sms")), "{traces:?}");
    let (words, _) = texts(&[(true, "")]);
    assert_eq!(words, Vec::<String>::new(), "to be written to is not to be written to of health by text");
}

#[test]
fn who_agreed_gets_it() {
    let (words, traces) = texts(&[(true, "sms")]);
    assert_eq!(words.len(), 1, "{words:?}");
    assert_eq!(traces, Vec::<String>::new());
}
