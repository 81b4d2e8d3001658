//! What people and pages look up.

use super::fixture::*;
use store::PromptFilter;

on_both_engines!(people_are_found_by_words, open_prompts_are_listed_for_teams_and_sites, it_says_what_it_is);

fn people_are_found_by_words(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for (n, name) in [(1, "David Reyes"), (2, "Davina O'Neil"), (3, "José Reyes_100%"), (4, "Adavid Smith")] {
        lanes.written(newcomer(n, name));
    }
    let names =
        |words: &str| -> Vec<String> { store.find_people(words, 10).unwrap().into_iter().map(|p| p.name).collect() };
    assert_eq!(names("david"), ["David Reyes", "Adavid Smith"], "a word that begins so comes first");
    assert_eq!(names("REYES da"), ["David Reyes"]);
    assert_eq!(names("josé"), ["José Reyes_100%"]);
    assert_eq!(names("00002"), ["Davina O'Neil"]);
    assert_eq!(names("_"), ["José Reyes_100%"]);
    assert_eq!(names("100%"), ["José Reyes_100%"]);
    assert!(names("' OR 1=1 --").is_empty());
    assert_eq!(names("").len(), 4);
    assert_eq!(store.find_people("", 2).unwrap().len(), 2);
    let row = &store.find_people("davina", 1).unwrap()[0];
    assert_eq!((row.person, row.birth_date.as_str(), row.site.as_str()), (person(2), "1980-02-03", "north"));
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
