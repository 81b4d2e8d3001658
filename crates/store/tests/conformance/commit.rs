//! A turn is written whole or not at all, once, on the version that it was decided on.

use super::fixture::*;
use model::batch::JourneyStatus;
use model::prompt::PromptStatus;
use model::*;
use store::Committed;

on_both_engines!(
    a_line_moves_version_by_version,
    a_stale_batch_drops_only_itself,
    a_fact_is_on_the_timeline_once,
    journeys_prompts_resources_and_traces_are_kept,
    two_lanes_that_claim_one_key_make_one_holder,
    a_journey_follows_a_merge_and_its_undoing,
);

fn a_line_moves_version_by_version(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    assert_eq!(store.line(person(1)).unwrap().version, 0);
    lanes.written(newcomer(1, "David Reyes"));
    assert_eq!(lanes.commit(newcomer(1, "Twice")), Committed::Stale);
    lanes.written(batch(1, 1));
    let mut turn = batch(1, 2);
    turn.state = Some(vec![9]);
    lanes.written(turn);
    assert_eq!(lanes.commit(batch(1, 2)), Committed::Stale);
    let line = lanes.of(person(1).part()).load(&[person(1)]).unwrap().remove(0);
    assert_eq!((line.person, line.version, line.state.as_deref()), (person(1), 3, Some(&[9u8][..])));
    assert_eq!(store.line(person(1)).unwrap().version, 3);
}

fn a_stale_batch_drops_only_itself(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    lanes.written(newcomer(1, "David Reyes"));
    let mut stale = batch(1, 5);
    stale.facts = vec![fact("note.made", "stale")];
    stale.messages = vec![message(1, "stale", false, 0)];
    stale.claims = vec![Claim { key: subject(77), held: true }];
    stale.handoffs = vec![Item::own(person(2), fact("note.made", "x"))];
    let mut good = batch(1, 1);
    good.facts = vec![fact("note.made", "good")];
    let mut next = batch(1, 2);
    next.facts = vec![fact("note.made", "next")];
    let part = person(1).part();
    let lane = lanes.of(part);
    let epoch = lane.epoch(part);
    let group = [(part, epoch, stale), (part, epoch, good), (part, epoch, next), (part, epoch + 1, batch(1, 3))];
    let done = lane.commit(&group).unwrap();
    assert_eq!(done, [Committed::Stale, Committed::Written, Committed::Written, Committed::Stale]);
    assert!(lane.handoffs(10).unwrap().is_empty());
    assert!(lanes.claim(10).send.is_empty());
    let keys: Vec<_> =
        store.timeline(person(1), None, 10).unwrap().into_iter().map(|(_, f)| f.body["key"].clone()).collect();
    assert_eq!(keys, ["next", "good"]);
    assert_eq!(store.whose(&[subject(77)]).unwrap(), None);
}

fn a_fact_is_on_the_timeline_once(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let facts: Vec<Fact> = (0..5).map(|i| fact("note.made", &format!("f{i}"))).collect();
    let mut first = newcomer(1, "David Reyes");
    first.facts = facts[..3].to_vec();
    lanes.written(first);
    let mut second = batch(1, 1);
    second.facts = facts.clone();
    lanes.written(second);
    let lane = lanes.of(person(1).part());
    assert!(lane.has_fact(person(1), facts[4].id).unwrap());
    assert!(!lane.has_fact(person(1), FactId::of(&[b"none"])).unwrap());
    let mut own = Item::own(person(1), fact("note.made", "waits"));
    own.keys.clear();
    lane.accept(&[own.clone()], NOON).unwrap();
    assert!(lane.has_fact(person(1), own.fact.id).unwrap());
    let all = store.timeline(person(1), None, 10).unwrap();
    assert_eq!(all.iter().map(|(_, f)| f).collect::<Vec<_>>(), facts.iter().rev().collect::<Vec<_>>());
    let page = store.timeline(person(1), Some(all[1].0), 2).unwrap();
    assert_eq!(page, all[2..4]);
    let counters = store.counters().unwrap();
    assert!(counters.contains(&("facts".into(), 5)), "{counters:?}");
}

fn journeys_prompts_resources_and_traces_are_kept(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let (mut active, ended) = (journey(1, "a", JourneyStatus::Active), journey(1, "b", JourneyStatus::Ended));
    let resource = ResourceRow {
        source: "hospital".into(),
        kind: "Encounter".into(),
        id: "1".into(),
        version: 1,
        at: NOON,
        json: r#"{"resourceType":"Encounter"}"#.into(),
    };
    let effect = EffectId::of(&[b"reach"]);
    let trace = |code: &str| Trace { at: NOON, effect, message: None, code: code.into(), detail: "cap=3".into() };
    let mut turn = newcomer(1, "David Reyes");
    turn.journeys = vec![active.clone(), ended.clone()];
    turn.prompts = vec![prompt(1, "check", "nurses", false, 10), prompt(1, "bleeding", "nurses", true, 20)];
    turn.resources = vec![resource.clone()];
    turn.traces = vec![trace("chosen:preference"), trace("moved:quiet_hours")];
    lanes.written(turn);
    active.step = "wait".into();
    active.blob = vec![8; 300];
    active.next_due = None;
    let mut done = prompt(1, "check", "nurses", false, 10);
    done.status = PromptStatus::Completed;
    let mut turn = batch(1, 1);
    turn.journeys = vec![active.clone()];
    turn.prompts = vec![done.clone()];
    turn.resources = vec![ResourceRow { version: 2, json: "{}".into(), ..resource }];
    turn.traces = vec![trace("refused:consent")];
    lanes.written(turn);

    let lane = lanes.of(person(1).part());
    let line = lane.load(&[person(2), person(1)]).unwrap().remove(1);
    assert_eq!(line.journeys.len(), 2);
    assert!(line.journeys.contains(&active));
    assert!(
        line.journeys.contains(&JourneyRow { blob: vec![], ..ended.clone() }),
        "an ended one comes without its blob"
    );
    assert_eq!(line.prompts, [prompt(1, "bleeding", "nurses", true, 20)]);
    let key = |id: &str| (person(1), "hospital".to_owned(), "Encounter".to_owned(), id.to_owned());
    let found = lane.resources(&[key("2"), key("1")]).unwrap();
    assert_eq!((found[0].is_none(), found[1].as_ref().map(|r| r.version)), (true, Some(2)));
    let mut all = store.journeys(person(1)).unwrap();
    all.sort_by_key(|j| j.status.name());
    assert_eq!(all, [active, ended]);
    assert_eq!(store.prompt(person(1), done.id).unwrap(), Some(done));
    assert_eq!(store.prompts_of(person(1), 10).unwrap().len(), 2);
    let codes: Vec<_> = store.traces(person(1), effect).unwrap().into_iter().map(|t| t.code).collect();
    assert_eq!(codes, ["chosen:preference", "moved:quiet_hours", "refused:consent"]);
    assert_eq!(store.resources_of(person(1), 10).unwrap().len(), 1);
}

fn two_lanes_that_claim_one_key_make_one_holder(at: &Fixture) {
    let (store, lanes) = at.lanes();
    let people: Vec<u32> =
        (0..store.lanes()).map(|l| (1..).find(|n| store.lane_of(person(*n).part()) == l).unwrap()).collect();
    let keys: Vec<Claim> = (100..160).map(|n| Claim { key: subject(n), held: true }).collect();
    std::thread::scope(|scope| {
        for (mut lane, n) in lanes.lanes.into_iter().zip(&people) {
            let keys = if n % 2 == 0 { keys.clone() } else { keys.iter().rev().cloned().collect() };
            scope.spawn(move || {
                let mut turn = newcomer(*n, "One");
                turn.claims = keys;
                let part = turn.person.part();
                assert_eq!(lane.commit(&[(part, lane.epoch(part), turn)]).unwrap(), [Committed::Written]);
            });
        }
    });
    for claim in keys {
        let holder = store.whose(&[claim.key]).unwrap();
        assert!(people.iter().any(|n| holder == Some(person(*n))), "{holder:?}");
    }
}

fn a_journey_follows_a_merge_and_its_undoing(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let walking = journey(1, "a", JourneyStatus::Active);
    let mut first = newcomer(1, "David Reyes");
    first.journeys = vec![walking.clone()];
    lanes.written(first);
    lanes.written(newcomer(2, "Dave Reyes"));
    let face =
        |to: Option<PersonId>| newcomer(1, "David Reyes").face.map(|f| model::batch::Face { forwards_to: to, ..f });
    let mut closes = batch(1, 1);
    closes.face = face(Some(person(2)));
    closes.journeys_gone = vec![walking.id];
    lanes.written(closes);
    let mut takes = batch(2, 1);
    takes.journeys = vec![walking.clone()];
    lanes.written(takes);
    assert!(store.journeys(person(1)).unwrap().is_empty());
    assert_eq!(store.journeys(person(2)).unwrap(), std::slice::from_ref(&walking));
    assert_eq!(store.whose(&[subject(1)]).unwrap(), Some(person(2)));
    let names = |store: &store::Store| -> Vec<String> {
        store.find_people("reyes", 10).unwrap().into_iter().map(|p| p.name).collect()
    };
    assert_eq!(names(&store), ["Dave Reyes"], "a closed line is not listed");
    let mut gives = batch(2, 2);
    gives.journeys_gone = vec![walking.id];
    lanes.written(gives);
    let mut opens = batch(1, 2);
    opens.face = face(None);
    opens.journeys = vec![walking.clone()];
    lanes.written(opens);
    assert_eq!(store.journeys(person(1)).unwrap(), [walking]);
    assert!(store.journeys(person(2)).unwrap().is_empty());
    assert_eq!(store.whose(&[subject(1)]).unwrap(), Some(person(1)));
    assert_eq!(names(&store), ["Dave Reyes", "David Reyes"]);
}
