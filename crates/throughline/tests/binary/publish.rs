//! `throughline publish` against a hub that runs: looked at, refused, put in force, kept, and there after a restart.

use crate::http;
use crate::process::{Folder, Hub, Said, key, run, throughline};
use std::net::SocketAddr;
use store::Store;

const STOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pathways/standing-stop.yaml");
/// Who answers for it, until a day that is far.
const APPROVED: &str = "owner: privacy-office\napproved: { by: Dr. Ana Ruiz, role: privacy officer, on: 2026-01-02 }\n\
                        review_by: 2099-01-01\n";

fn shipped() -> String {
    std::fs::read_to_string(STOP).unwrap()
}

/// The pathway that answers STOP, approved, with the given wait.
fn approved(wait: &str) -> String {
    shipped().replacen("owner: privacy-office\n", APPROVED, 1).replacen("wait: 1 minute", &format!("wait: {wait}"), 1)
}

struct World {
    folder: Folder,
    key: String,
    settings: Vec<String>,
}

impl World {
    /// A hub with a folder of its own, in which the shipped version is.
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        folder.write("pathways/standing-stop.yaml", shipped());
        let settings = vec![format!("pathways.folder={}", folder.join("pathways").display())];
        let key = folder.key("ci", &["pathways:write"]);
        Self { folder, key, settings }
    }

    fn publish(&self, hub: SocketAddr, arguments: &[&str]) -> Said {
        let mut command = throughline(&["publish", "--hub", &format!("http://{hub}")]);
        Said::of(command.args(arguments).env("THROUGHLINE_KEY", &self.key).output().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> String {
        self.folder.write(name, text).to_str().unwrap().to_owned()
    }

    fn orders(&self) -> usize {
        self.store().changes().unwrap().len()
    }

    fn store(&self) -> Store {
        Store::open(&self.folder.location(), false).unwrap()
    }
}

#[test]
fn a_version_is_shown_then_in_force_and_stays_so_after_a_restart() {
    let world = World::new("publish");
    let (hub, at) = Hub::start(&world.folder, &world.settings);
    let file = world.file("new/standing-stop.yaml", &approved("2 minutes"));
    let dry = world.publish(at, &["--dry-run", &file]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    for told in
        ["no tests are beside it", "TL050", "0 errors", "what differs:", "2 minutes", "`es`", "nothing was published"]
    {
        assert!(dry.out.contains(told), "{told}: {}", dry.out);
    }
    assert_eq!(world.orders(), 0, "a dry run publishes nothing");
    assert!(!dry.out.contains(&world.key) && !dry.err.contains(&world.key));
    let done = world.publish(at, &[&file]);
    assert!(done.code == Some(0) && done.out.contains("is in force now (order 1)"), "{done:?}");
    let again = world.publish(at, &[&file]);
    assert!(again.code == Some(0) && again.out.contains("is in force already (order 1)"), "{again:?}");
    assert_eq!(world.orders(), 1, "the same file is the same order");
    // Somebody who saw the version before is told, and may say so.
    let third = world.file("third/standing-stop.yaml", &approved("3 minutes"));
    let late = world.publish(at, &["--over", "none", &third]);
    assert!(late.code == Some(1) && late.out.contains("another version is in force by now"), "{late:?}");
    assert!(late.out.contains("to publish it all the same: --over "), "{}", late.out);
    let vague = world.publish(at, &["--over", "4", &third]);
    assert!(vague.code == Some(2) && vague.err.contains("at least 8"), "{vague:?}");
    assert_eq!(world.orders(), 1);
    let over = late.out.split("--over ").nth(1).unwrap().trim().to_owned();
    let metrics = http::get(at, "/metrics").text;
    assert!(metrics.contains("throughline_pathways_published_total 1"), "{metrics}");
    let (status, _) = hub.stop();
    assert!(status.success());

    let (hub, at) = Hub::start(&world.folder, &world.settings);
    let said = world.publish(at, &[&file]);
    assert!(said.out.contains("is in force already (order 1)"), "the folder's file is as it was: {said:?}");
    let done = world.publish(at, &["--over", &over, &third]);
    assert!(done.code == Some(0) && done.out.contains("(order 2)"), "{done:?}");
    hub.stop();

    // The folder's own file changes: it is newer.
    world.folder.write("pathways/standing-stop.yaml", shipped().replacen("wait: 1 minute", "wait: 4 minutes", 1));
    let (_hub, at) = Hub::start(&world.folder, &world.settings);
    let said = world.publish(at, &["--dry-run", &third]);
    assert!(said.out.contains("what differs:") && said.out.contains("4 minutes"), "{said:?}");
    let log = std::fs::read_to_string(world.folder.join("hub.log")).unwrap();
    assert!(log.contains("the folder's is in force") && log.contains("standing-stop"), "{log}");
}

#[test]
fn what_may_not_be_in_force_is_refused_and_why_is_told() {
    let world = World::new("publish-refused");
    let (_hub, at) = Hub::start(&world.folder, &world.settings);
    let refused = |name: &str, text: &str, told: &[&str]| {
        let file = world.file(&format!("{name}/standing-stop.yaml"), text);
        let said = world.publish(at, &[&file]);
        assert_eq!(said.code, Some(1), "{name}: {said:?}");
        for word in told {
            assert!(said.out.contains(word), "{name}: {word} is not told: {}", said.out);
        }
        assert_eq!(world.orders(), 0, "{name}");
    };
    let text = approved("2 minutes");
    refused("team", &text.replace("fallback_team: surgical_nurses", "fallback_team: nurses_of_mars"), &["TL011"]);
    refused("field", &text.replace("person.reachable_by_machine", "person.reachable"), &["TL007", "it has errors"]);
    refused("codes", &text.replace("fact.class == 'stop'", "encounter.procedure in codes.mars"), &["TL015"]);
    refused("draft", &shipped().replacen("1 minute", "2 minutes", 1), &["no clinical approver", "--draft-ok"]);
    refused("past", &text.replace("2099-01-01", "2026-02-01"), &["its review was due on 2026-02-01"]);
    // The same findings as `check` prints.
    let file = world.file("field/standing-stop.yaml", &text.replace("person.reachable_by_machine", "person.reachable"));
    let checked = run(&["check", &file]).out;
    let error = checked.lines().find(|l| l.starts_with("error[TL007]")).unwrap();
    assert!(world.publish(at, &["--dry-run", &file]).out.contains(error), "{error}");
    // Tests beside it are run first.
    let tested = world.file("tested/standing-stop.yaml", &text);
    world.file("tested/standing-stop.test.yaml", "scenarios: []\nnonsense: 1\n");
    let said = world.publish(at, &[&tested]);
    assert!(said.code == Some(1) && said.out.contains("its tests fail"), "{said:?}");
    assert_eq!(world.orders(), 0);
    let kept = world.publish(at, &["--untested", "--keep", &tested]);
    assert!(kept.code == Some(0) && kept.out.contains("is kept, and not in force"), "{kept:?}");
    assert_eq!(world.orders(), 0);
    let said = world.publish(at, &["--untested", &tested]);
    assert!(said.code == Some(0) && said.out.contains("(order 1)"), "{said:?}");
    // With the word for it a draft goes in, where the setting says `warn`.
    let draft = world.file("draft/standing-stop.yaml", &shipped().replacen("1 minute", "5 minutes", 1));
    let said = world.publish(at, &["--draft-ok", &draft]);
    assert!(said.code == Some(0) && said.out.contains("(order 2)"), "{said:?}");
}

#[test]
fn a_key_needs_the_scope_and_a_hub_must_be_there() {
    let world = World::new("publish-key");
    let other = key(&world.folder.store(), "hospital", &["fhir:write", "events:write"]);
    let (hub, at) = Hub::start(&world.folder, &world.settings);
    let file = world.file("new/standing-stop.yaml", &approved("2 minutes"));
    let place = format!("http://{at}");
    let with = |key: &str| run(&["publish", "--hub", &place, "--key", key, &file]);
    let said = with(&other);
    assert!(said.code == Some(2) && said.err.contains("pathways:write"), "{said:?}");
    let said = with("tl_0123456789ab_cafe");
    assert!(said.code == Some(2) && said.err.contains("401"), "{said:?}");
    assert_eq!(world.orders(), 0);
    hub.stop();
    let said = with(&world.key);
    assert!(said.code == Some(2) && said.err.contains("could not be reached"), "{said:?}");
    let said = run(&["publish", "--hub", "nowhere", "--key", &world.key, &file]);
    assert!(said.code == Some(2) && said.err.contains("no address"), "{said:?}");
}

/// A pathway that asks what a FHIR Questionnaire says.
const ASKS: &str = r#"
pathway: after-care
language: 1
title: How is it?
owner: orthopaedic-surgery
approved: { by: Dr. Ana Ruiz, role: surgeon, on: 2026-01-02 }
review_by: 2099-01-01
fallback_team: surgical_nurses
speaks: [en, es]
enrol: { on: encounter.discharged, once_per: encounter }
leave:
  - on: encounter.readmitted
  - after: 14 days
questions:
  how_is_it:
    questionnaire: https://throughline.example/fhir/Questionnaire/how-you-recover|1
tracks:
  main:
    - ask: how_is_it
      purpose: care
      by: [portal]
      deadline: 2 days
      answered: next
      missed: end
    - branch:
        - if: how_is_it.wound_bleeds == true
          then: hurts
      unknown: end
      else: end
sub_pathways:
  hurts:
    - prompt: call_hurts
      to: surgical_nurses
      do: "Call {{ person.name }}"
      why: They said so.
      due: 4 team hours
words:
  how_is_it:
    en: { portal: "We have some questions for you." }
    es: { portal: "Tenemos unas preguntas para usted." }
"#;

#[test]
fn a_pathway_that_asks_a_questionnaire_is_published_and_put_in_force_again() {
    let world = World::new("publish-asks");
    let questionnaire = include_str!("../../../../pathways/questionnaires/how-you-recover.json");
    world.folder.write("pathways/questionnaires/how-you-recover.json", questionnaire);
    let (hub, at) = Hub::start(&world.folder, &world.settings);
    let first = world.file("first/asks.yaml", ASKS);
    let done = world.publish(at, &["--untested", &first]);
    assert!(done.code == Some(0) && done.out.contains("(order 1)"), "{done:?}");
    let kept = world.file("kept/asks.yaml", &ASKS.replace("deadline: 2 days", "deadline: 4 days"));
    let said = world.publish(at, &["--untested", "--keep", &kept]);
    assert!(said.code == Some(0) && said.out.contains("is kept"), "{said:?}");
    let second = world.file("second/asks.yaml", &ASKS.replace("deadline: 2 days", "deadline: 3 days"));
    let done = world.publish(at, &["--untested", &second]);
    assert!(done.code == Some(0) && done.out.contains("(order 2)"), "{done:?}");
    hub.stop();
    let (_hub, at) = Hub::start(&world.folder, &world.settings);
    let log = std::fs::read_to_string(world.folder.join("hub.log")).unwrap();
    assert!(!log.contains("TL042") && !log.contains("does not read any more"), "{log}");
    assert!(log.contains("takes the place of the folder's"), "what overrides the folder is said: {log}");
    let said = world.publish(at, &["--untested", &second]);
    assert!(said.out.contains("is in force already (order 2)"), "{said:?}");
    let again = world.publish(at, &["--untested", &first]);
    assert!(again.code == Some(0) && again.out.contains("(order 3)"), "{again:?}");
}

/// The pathway that answers STOP, with a call to a service outside.
fn asking_a_service() -> String {
    let steps = "  calls:\n    - call: eligibility\n      within: 10 minutes\n      answered: end\n      failed: end\n";
    let services = "services:\n  eligibility:\n    answers: { covered: yes or no }\ntracks:\n";
    shipped().replacen("tracks:\n", &format!("{services}{steps}"), 1)
}

#[test]
fn serve_does_not_start_with_a_service_that_no_setting_has_and_names_file_and_key() {
    let folder = Folder::new("no-service");
    folder.write("pathways/standing-stop.yaml", asking_a_service());
    let file = folder.write("throughline.toml", "[log]\nlevel = \"warn\"\n");
    let file = file.to_str().unwrap();
    let pathways = format!("pathways.folder={}", folder.join("pathways").display());
    let store = folder.store_setting();
    let serve = |file: &str| {
        let set = ["--set", "http.listen=127.0.0.1:0", "--set", &pathways, "--set", &store];
        run(&[&["serve", "--config", file], set.as_slice()].concat())
    };
    let refused = serve(file);
    assert_eq!((refused.code, refused.out.contains("ready")), (Some(2), false), "{refused:?}");
    for told in ["`standing-stop`", "`eligibility`", "[services.eligibility]", file] {
        assert!(refused.err.contains(told), "{told}: {}", refused.err);
    }
}
