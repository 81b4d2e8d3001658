//! What people and pages look up.

use super::fixture::*;
use model::fact::Topic;
use model::*;
use store::PromptFilter;

on_both_engines!(
    people_are_found_by_words,
    a_face_that_changes_is_found_by_what_it_is_now,
    common_names_are_found_by_both,
    namesakes_elsewhere_crowd_nobody_out,
    who_is_in_care_at_several_sites_is_found_at_each,
    a_timeline_is_read_by_topic_and_page,
    what_came_in_is_new_up_to_a_bound_until_it_was_seen,
    resources_are_listed_without_their_bodies,
    open_prompts_are_listed_for_teams_and_sites,
    it_says_what_it_is,
);

fn people_are_found_by_words(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for (n, name) in [(1, "David Reyes"), (2, "Davina O'Neil"), (3, "José Reyes-García"), (4, "Adavid Smith")] {
        lanes.written(newcomer(n, name));
    }
    let names =
        |words: &str| -> Vec<String> { store.find_people(words, 10).unwrap().into_iter().map(|p| p.name).collect() };
    for asked in ["david", "Dvaid Reyes", "reyes david", "REYES da", "Davd", "+15550100 1 david"] {
        assert_eq!(names(asked).first().map(String::as_str), Some("David Reyes"), "{asked}");
    }
    assert_eq!(names("REYES da"), ["David Reyes"]);
    assert_eq!(names("david"), ["David Reyes", "Adavid Smith"], "a slip comes after what fits");
    assert_eq!(names("jose garcia"), ["José Reyes-García"]);
    assert_eq!(names("josé"), ["José Reyes-García"]);
    assert_eq!(names("oneil"), ["Davina O'Neil"]);
    assert_eq!(names("00002"), ["Davina O'Neil"]);
    assert_eq!(names("1001"), ["David Reyes"], "the end of a number");
    assert_eq!(names("(1) 555 01002"), ["Davina O'Neil"], "a number in any writing");
    for birth in ["1980-02-03", "2/3/1980", "3 Feb 1980", "3 de febrero de 1980"] {
        assert_eq!(names(birth).len(), 4, "{birth}");
        assert_eq!(names(&format!("smith {birth}")), ["Adavid Smith"], "{birth}");
    }
    assert!(names("smith 1980-02-04").is_empty(), "all words must fit");
    for nothing in ["' OR 1=1 --", "%", "_", "zzzz"] {
        assert!(names(nothing).is_empty(), "{nothing}");
    }
    assert_eq!(names("").len(), 4);
    assert_eq!(store.find_people("", 2).unwrap().len(), 2);
    let row = &store.find_people("davina", 1).unwrap()[0];
    assert_eq!((row.person, row.birth_date.as_str(), row.site.as_str()), (person(2), "1980-02-03", "north"));
    let of = |sites: &[&str]| {
        let sites: Vec<String> = sites.iter().map(|s| (*s).to_owned()).collect();
        store.find_people_at("david", &sites, 10).unwrap().len()
    };
    assert_eq!((of(&["north"]), of(&["south"]), of(&["south", "north"]), of(&[])), (2, 0, 2, 2));
}

fn a_face_that_changes_is_found_by_what_it_is_now(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    lanes.written(newcomer(1, "David Reyes"));
    let mut renamed = newcomer(1, "Davina Orozco");
    renamed.loaded = 1;
    lanes.written(renamed);
    let found = |words: &str| store.find_people(words, 10).unwrap().len();
    assert_eq!((found("reyes"), found("orozco"), found("davina")), (0, 1, 1));
    let mut closed = newcomer(1, "Davina Orozco");
    closed.loaded = 2;
    closed.face.as_mut().unwrap().forwards_to = Some(person(2));
    lanes.written(closed);
    assert_eq!(found("orozco"), 0, "a merged line is found no more");
    let mut opened = newcomer(1, "Davina Orozco");
    opened.loaded = 3;
    lanes.written(opened);
    assert_eq!(found("orozco"), 1, "until it is opened again");
}

fn common_names_are_found_by_both(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    // More of each name than one read looks at, and one who has both.
    for n in 0..500 {
        lanes.written(newcomer(n, if n % 2 == 0 { "John Adams" } else { "Mary Smith" }));
        lanes.written(newcomer(1000 + n, if n % 2 == 0 { "John Bell" } else { "Ann Smith" }));
    }
    lanes.written(newcomer(5000, "John Smith"));
    let found = store.find_people("smith john", 20).unwrap();
    assert_eq!(found.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["John Smith"]);
    assert_eq!(store.find_people("smith", 20).unwrap().len(), 20, "bounded");
}

fn namesakes_elsewhere_crowd_nobody_out(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    // More at another site than one read of a key, or of no words, looks at; the one of ours is anywhere among them.
    for n in 0..600 {
        lanes.written(newcomer(n, "Maria Garcia"));
    }
    for (n, site) in [(9001, "o'hare_50%"), (9002, "south"), (9003, "")] {
        let mut ours = newcomer(n, "Maria Garcia");
        ours.face.as_mut().unwrap().site = site.into();
        lanes.written(ours);
    }
    let found = |words: &str, sites: &[&str]| {
        let sites: Vec<String> = sites.iter().map(|s| (*s).to_owned()).collect();
        let mut all: Vec<String> =
            store.find_people_at(words, &sites, 50).unwrap().into_iter().map(|p| p.site).collect();
        all.sort();
        all
    };
    for words in ["garcia", "maria garcia", "Maria Garcai", "m", "1980-02-03", ""] {
        assert_eq!(found(words, &["south"]), ["", "south"], "{words}");
        assert_eq!(found(words, &["o'hare_50%", "south"]), ["", "o'hare_50%", "south"], "{words}");
        assert_eq!(found(words, &["sou", "th", "o'hare"]), [""], "{words}");
        assert_eq!(found(words, &["north", "south"]).len(), 50, "{words}");
    }
}

fn who_is_in_care_at_several_sites_is_found_at_each(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for n in 0..600 {
        lanes.written(newcomer(n, "Maria Garcia"));
    }
    let mut both = newcomer(9001, "Maria Garcia");
    let face = both.face.as_mut().unwrap();
    (face.site, face.also_at) = ("west".into(), vec!["south".into(), "o'hare_50%|east".into()]);
    let mut moved = both.clone();
    lanes.written(both);
    let found = |words: &str, site: &str| {
        let all = store.find_people_at(words, &[site.to_owned()], 50).unwrap();
        all.into_iter().map(|p| (p.person, p.site)).collect::<Vec<_>>()
    };
    for words in ["garcia", "maria garcia", "Maria Garcai", ""] {
        for site in ["west", "south", "o'hare_50%|east"] {
            assert_eq!(found(words, site), [(person(9001), "west".to_owned())], "{words} {site}");
        }
        for site in ["sou", "o'hare_50%", "east", "|", "elsewhere"] {
            assert_eq!(found(words, site), [], "{words} {site}");
        }
    }
    // A visit that was none.
    (moved.loaded, moved.claims) = (1, Vec::new());
    moved.face.as_mut().unwrap().also_at = vec!["south".into()];
    lanes.written(moved);
    assert_eq!((found("garcia", "south").len(), found("garcia", "o'hare_50%|east").len()), (1, 0));
}

fn a_timeline_is_read_by_topic_and_page(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let kinds = ["resource.received", "encounter.admitted", "message.accepted", "message.delivered", "prompt.opened"];
    for round in 0..4_i64 {
        let mut turn = batch(1, round);
        turn.state = Some(vec![1]);
        turn.facts = kinds.iter().map(|k| fact(k, &format!("{k}{round}"))).collect();
        lanes.written(turn);
    }
    let page = |topics: &[Topic], before, limit| store.timeline_of(person(1), topics, before, limit).unwrap();
    let kinds_of = |page: &[(i64, Fact)]| page.iter().map(|(_, f)| f.kind.clone()).collect::<Vec<_>>();
    let all = page(&Topic::MATTERS, None, 100);
    assert_eq!(all.len(), 12, "raw resources and receipts are told with something else");
    assert!(all.windows(2).all(|w| w[0].0 > w[1].0), "newest first");
    assert_eq!(kinds_of(&all[..3]), ["prompt.opened", "message.accepted", "encounter.admitted"]);
    assert_eq!(kinds_of(&page(&[Topic::Said], None, 100)), ["message.accepted"; 4]);
    assert_eq!(page(&[Topic::Quiet], None, 100).len(), 8);
    // Pages of five join without a gap and without a repeat.
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let next = page(&Topic::MATTERS, before, 5);
        let Some((last, _)) = next.last() else { break };
        before = Some(*last);
        seen.extend(next);
    }
    assert_eq!(seen, all);
    assert!(page(&[], None, 10).is_empty());
    assert_eq!(store.timeline(person(1), None, 100).unwrap().len(), 20);
}

fn what_came_in_is_new_up_to_a_bound_until_it_was_seen(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let mut written = |n: u32, loaded: i64, facts: Vec<Fact>| {
        let mut turn = batch(n, loaded);
        turn.state = Some(vec![1]);
        turn.facts = facts;
        lanes.written(turn);
    };
    let unread = |n: u32| store.unread(&[person(1), person(2)]).unwrap().remove(&person(n));
    let heard = |from: usize, to: usize| (from..to).map(|k| fact("reply.received", &format!("r{k}"))).collect();
    // The very first fact of a line is new, too; and what is new of one is not of another.
    written(1, 0, heard(0, 1));
    assert_eq!(unread(1).map(|u| (u.facts.len(), u.since, u.more)), Some((1, NOON, false)));
    assert_eq!(unread(2), None);
    written(1, 1, heard(1, store::UNREAD_MAX));
    let all = unread(1).unwrap();
    assert_eq!((all.facts.len(), all.more), (store::UNREAD_MAX, false));
    written(1, 2, heard(store::UNREAD_MAX, store::UNREAD_MAX + 3));
    let more = unread(1).unwrap();
    assert_eq!((more.facts.len(), more.more), (store::UNREAD_MAX, true), "the newest, and that there are more");
    assert_eq!(more.facts.last(), Some(&fact("reply.received", &format!("r{}", store::UNREAD_MAX + 2)).id));
    // Read up to what was shown before the last three came in; then somebody writes.
    let mut read = fact(model::fact::CONVERSATION_READ, "read");
    read.body = serde_json::json!({"upto": all.upto});
    written(1, 3, vec![read]);
    let left = unread(1).unwrap();
    assert_eq!((left.facts.len(), left.more, left.upto), (3, false, more.upto));
    written(1, 4, vec![fact("message.written", "w")]);
    assert_eq!(unread(1), None);
}

fn resources_are_listed_without_their_bodies(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let mut turn = newcomer(1, "David Reyes");
    let row = |source: &str, kind: &str, id: &str| ResourceRow {
        source: source.into(),
        kind: kind.into(),
        id: id.into(),
        version: 3,
        at: NOON,
        json: "{\"a\":1}".into(),
    };
    turn.resources =
        vec![row("b", "Patient", "1"), row("a", "Patient", "2"), row("a", "Encounter", "9"), row("a", "Patient", "1")];
    lanes.written(turn);
    let names = |after, limit| -> Vec<String> {
        let rows = store.resource_names(person(1), after, limit).unwrap();
        assert!(rows.iter().all(|r| r.json.is_empty() && r.version == 3));
        rows.into_iter().map(|r| format!("{} {}/{}", r.source, r.kind, r.id)).collect()
    };
    assert_eq!(names(None, 10), ["a Encounter/9", "a Patient/1", "a Patient/2", "b Patient/1"]);
    assert_eq!(names(Some(("a", "Patient", "1")), 10), ["a Patient/2", "b Patient/1"]);
    assert_eq!(names(None, 1), ["a Encounter/9"]);
    assert!(names(Some(("b", "Patient", "1")), 10).is_empty());
}

fn open_prompts_are_listed_for_teams_and_sites(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for (n, name, team, urgent, due) in
        [(1, "late", "nurses", false, 30), (2, "soon", "nurses", false, 10), (3, "now", "doctors", true, 40)]
    {
        let mut turn = newcomer(n, "Someone");
        turn.prompts = vec![prompt(n, name, team, urgent, due)];
        lanes.written(turn);
    }
    let mut south = newcomer(4, "Someone");
    south.prompts = vec![prompt(4, "south", "nurses", false, 20)];
    south.prompts[0].site = "south".into();
    lanes.written(south);
    let names = |teams: &[&str], sites: &[&str], limit| -> Vec<String> {
        let own = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect();
        let filter = PromptFilter { teams: own(teams), sites: own(sites) };
        store.prompts_open(&filter, limit).unwrap().into_iter().map(|p| p.name).collect()
    };
    assert_eq!(names(&[], &[], 10), ["now", "soon", "south", "late"]);
    assert_eq!(names(&[], &[], 2), ["now", "soon"]);
    assert_eq!(names(&["nurses"], &[], 10), ["soon", "south", "late"]);
    assert_eq!(names(&["nurses"], &["south"], 10), ["south"]);
    assert_eq!(names(&["nurses", "doctors"], &["north"], 2), ["now", "soon"]);
}

fn it_says_what_it_is(at: &Fixture) {
    let (store, _lanes) = at.lanes();
    let (name, version) = store.engine();
    assert!(["sqlite", "postgres"].contains(&name.as_str()));
    assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{version}");
    store.ready().unwrap();
}
