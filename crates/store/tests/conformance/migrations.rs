//! A store that an older Throughline filled is brought up to date, with every row.

use super::fixture::*;
use model::batch::JourneyStatus;
use model::*;
use std::process::Command;
use store::{Error, Location, SCHEMA, Store};

on_both_engines!(
    a_populated_store_of_version_1_is_migrated,
    facts_written_before_topics_are_sorted_as_new_ones_are,
    another_version_is_refused_with_what_to_run,
);

/// Rows as version 1 wrote them: three people, one of them merged into another, and one of most other
/// things. Literals are written for each engine by [`fill`].
const VERSION_1: &str = "
INSERT INTO line (part, person, version, wake_at, forwards_to, name, birth_date, site, search, state) VALUES
  ({part1}, {person1}, 4, 1790000000500, NULL, 'David Reyes', '1980-02-03', 'north', 'david reyes 00001', {blob}),
  ({part2}, {person2}, 2, NULL, {person1}, 'Dave Reyes', '', 'south', 'dave reyes 00002', NULL),
  ({part3}, {person3}, 1, NULL, NULL, '', '', '', '', NULL);
INSERT INTO directory (part, key, person) VALUES ({part2}, {key2}, {person2});
INSERT INTO inbox (part, seq, fact, item) VALUES ({part1}, 1, {fact}, '{item}');
INSERT INTO seen (part, source_key, fact) VALUES ({part1}, {source_key}, {fact});
UPDATE part SET inbox_next = 2, epoch = 7 WHERE part = {part1};
INSERT INTO fact (part, person, seq, id, json) VALUES ({part1}, {person1}, 65536, {fact}, '{fact_json}');
INSERT INTO version (number, pathway, hash) VALUES (1, 'post-surgical-follow-up', {hash});
INSERT INTO journey (part, person, id, status, version, next_due, started_at, step, episode, blob) VALUES
  ({part1}, {person1}, {journey}, 'active', 1, 1790000000005, 1790000000000, 'check,medicine/ready', 'Encounter/1', {blob});
INSERT INTO message (part, person, id, status, urgent, created_at, status_at, json) VALUES
  ({part1}, {person1}, {message}, 'queued', 0, 1790000000000, 1790000000000, '{message_json}');
INSERT INTO prompt (part, person, id, is_open, urgent, due_at, opened_at, team, site, status, json) VALUES
  ({part3}, {person3}, {key2}, 1, 1, 1790000000000, 1790000000000, 'nurses', 'north', 'acknowledged', '{prompt_json}'),
  ({part2}, {person2}, {key2}, 1, 1, 1790000000000, 1790000000000, 'nurses', 'north', 'acknowledged', '{prompt_json}');
INSERT INTO desk (kind, key, at, json) VALUES ('account', 'nora', 1790000000000, '{}');
INSERT INTO counter (part, name, n) VALUES ({part1}, 'facts', 41);
";

fn filled(sqlite: bool) -> String {
    let id = |id: Id| {
        let hex: String = id.bytes().iter().map(|b| format!("{b:02x}")).collect();
        if sqlite { format!("x'{hex}'") } else { format!("'\\x{hex}'") }
    };
    let blob = "07".repeat(100);
    let blob = if sqlite { format!("x'{blob}'") } else { format!("'\\x{blob}'") };
    let waiting = old_item();
    let row = journey(1, "a", JourneyStatus::Active);
    let mut text = VERSION_1.to_owned();
    for n in 1..=3 {
        text = text.replace(&format!("{{part{n}}}"), &person(n).part().to_string());
        text = text.replace(&format!("{{person{n}}}"), &id(person(n).0));
    }
    for (word, with) in [
        ("{key2}", id(subject(2))),
        ("{fact}", id(waiting.fact.id.0)),
        ("{source_key}", id(waiting.source_key)),
        ("{item}", serde_json::to_string(&waiting).unwrap()),
        ("{fact_json}", serde_json::to_string(&waiting.fact).unwrap()),
        ("{hash}", id(row.version)),
        ("{journey}", id(row.id.0)),
        ("{blob}", blob),
        ("{prompt_json}", serde_json::to_string(&prompt(3, "p", "nurses", true, 1_790_000_000_000)).unwrap()),
        ("{message}", id(message(1, "old", false, 0).id.0)),
        ("{message_json}", serde_json::to_string(&message(1, "old", false, 0)).unwrap()),
    ] {
        text = text.replace(word, &with);
    }
    text
}

fn old_item() -> Item {
    item(1, "old", "x")
}

/// An id as each engine writes it.
pub(super) fn literal(id: Id, sqlite: bool) -> String {
    let hex: String = id.bytes().iter().map(|b| format!("{b:02x}")).collect();
    if sqlite { format!("x'{hex}'") } else { format!("'\\x{hex}'") }
}

fn fill(at: &Fixture) {
    execute(at, filled);
}

pub(super) fn execute(at: &Fixture, sql: impl Fn(bool) -> String) {
    match &at.location {
        Location::Sqlite(path) => {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.execute_batch(&sql(true)).unwrap();
        }
        Location::Postgres { url, .. } => {
            let psql =
                Command::new("psql").arg(url).args(["-v", "ON_ERROR_STOP=1", "-qc", &sql(false)]).output().unwrap();
            assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
        }
    }
}

fn a_populated_store_of_version_1_is_migrated(at: &Fixture) {
    drop(Store::open_at(&at.location, true, 1).unwrap());
    fill(at);
    let (store, mut lanes) = at.lanes();
    let line = store.line(person(1)).unwrap();
    assert_eq!((line.version, line.state), (4, Some(vec![7; 100])));
    assert_eq!(line.journeys, [journey(1, "a", JourneyStatus::Active)]);
    let people: Vec<_> =
        store.find_people("reyes", 10).unwrap().into_iter().map(|p| (p.person, p.name, p.site)).collect();
    assert_eq!(people, [(person(1), "David Reyes".to_owned(), "north".to_owned())], "the merged line is closed");
    assert_eq!(store.whose(&[subject(2)]).unwrap(), Some(person(1)));
    assert_eq!(store.line(person(3)).unwrap().version, 1);
    let timeline = store.timeline(person(1), None, 10).unwrap();
    assert_eq!(timeline, [(65536, old_item().fact)]);
    let said = store.timeline_of(person(1), &[model::fact::Topic::Said], None, 10).unwrap();
    assert_eq!(said.len(), 1, "what was there is sorted by topic: a reply is of what was said");
    assert_eq!(store.message(person(1), message(1, "old", false, 0).id).unwrap().unwrap().words, "old");
    assert_eq!(store.desk_list("account").unwrap().len(), 1);
    assert!(store.counters().unwrap().contains(&("facts".into(), 41)));
    let walked = store.versions_walked().unwrap();
    let standing: Vec<_> =
        store.standing(walked[0].number).unwrap().into_iter().map(|s| (s.step, s.site, s.n)).collect();
    let one = |step: &str| (step.to_owned(), "north".to_owned(), 1);
    assert_eq!(standing, [one(""), one("check"), one("medicine/ready")], "who was under way is counted");
    let here = store.here(walked[0].number, "medicine/ready", None, 10, |_| true).unwrap();
    assert_eq!(here.iter().map(|h| h.person).collect::<Vec<_>>(), [person(1)]);
    // And it goes on from there.
    let part = person(1).part();
    assert_eq!(lanes.of(part).epoch(part), 8);
    assert_eq!(lanes.accept(&old_item()), Arrival::Repeat(old_item().fact.id));
    let waiting = lanes.waiting();
    assert_eq!((waiting.len(), waiting[0].seq, &waiting[0].item), (1, 1, &old_item()));
    let mut due = |whose: PersonId, at: i64| lanes.of(whose.part()).due(At(at), 10).unwrap().contains(&whose);
    assert!(due(person(1), 1_790_000_000_500) && !due(person(1), 1_790_000_000_499), "a wake stays what it was");
    assert!(due(person(3), 1), "whoever was asked and has not come back gets a turn at once");
    assert!(!due(person(2), 1), "a merged line has none");
    assert_eq!(lanes.claim(10).send.len(), 1);
    let mut turn = batch(1, 4);
    turn.face = newcomer(1, "David R. Reyes").face;
    turn.consumed = vec![(part, 1)];
    turn.facts = vec![old_item().fact, fact("note.made", "new")];
    lanes.written(turn);
    assert_eq!(store.timeline(person(1), None, 10).unwrap().len(), 2);
    assert_eq!(store.find_people("r.", 10).unwrap()[0].name, "David R. Reyes");
}

/// Kinds of every part, with a body that says how where it matters.
const KINDS: &[(&str, &str)] = &[
    ("resource.received", ""),
    ("encounter.discharged", ""),
    ("medication.ready", ""),
    ("appointment.booked", ""),
    ("person.died", ""),
    ("labs.arrived", ""),
    ("message.accepted", ""),
    ("message.delivered", ""),
    ("message.read", ""),
    ("reply.received", ""),
    ("call.ended", ""),
    ("prompt.opened", ""),
    ("outcome.undone", ""),
    ("journey.started", ""),
    ("enrolment.listed", ""),
    ("note.made", ""),
    ("reach.ended", "delivered"),
    ("reach.ended", "pointless"),
    ("reach.ended", "refused"),
    ("reach.ended", "exhausted"),
    ("consent.changed", ""),
    ("preference.changed", ""),
    ("contact.disabled", ""),
    ("task.done", ""),
    ("line.closing", ""),
];

fn facts_written_before_topics_are_sorted_as_new_ones_are(at: &Fixture) {
    use model::fact::Topic;
    let written = |(kind, how): &(&str, &str)| {
        let body = serde_json::json!({"because": "x", "how": how, "text": "it said \"kind\":\"prompt.opened\", "});
        Fact::own(kind, &format!("{kind}{how}"), person(1), NOON, body)
    };
    drop(Store::open_at(&at.location, true, 3).unwrap());
    execute(at, |sqlite| {
        let id = |id: Id| {
            let hex: String = id.bytes().iter().map(|b| format!("{b:02x}")).collect();
            if sqlite { format!("x'{hex}'") } else { format!("'\\x{hex}'") }
        };
        let rows = KINDS.iter().map(written).enumerate().map(|(n, fact)| {
            let json = serde_json::to_string(&fact).unwrap().replace('\'', "''");
            format!("({}, {}, {n}, {}, '{json}')", person(1).part(), id(person(1).0), id(fact.id.0))
        });
        let rows: Vec<String> = rows.collect();
        format!("INSERT INTO fact (part, person, seq, id, json) VALUES {};", rows.join(", "))
    });
    let store = at.store();
    for topic in Topic::MATTERS.into_iter().chain([Topic::Quiet]) {
        let mut is: Vec<Id> =
            store.timeline_of(person(1), &[topic], None, 100).unwrap().into_iter().map(|(_, f)| f.id.0).collect();
        // What came in was told apart from what went out later, and from then on.
        let of = |f: &Fact| match Topic::of(&f.kind, &f.body) {
            Topic::Heard | Topic::Written => Topic::Said,
            other => other,
        };
        let facts = KINDS.iter().map(written).filter(|f| of(f) == topic);
        let mut expected: Vec<Id> = facts.map(|f| f.id.0).collect();
        is.sort();
        expected.sort();
        assert_eq!(is, expected, "{topic:?}");
    }
}

fn another_version_is_refused_with_what_to_run(at: &Fixture) {
    let refused = |at: &Fixture, schema| match Store::open_at(&at.location, false, schema) {
        Err(Error::Schema(why)) => why,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was opened"),
    };
    assert!(refused(at, SCHEMA).contains("run `throughline migrate`"));
    drop(Store::open_at(&at.location, true, 1).unwrap());
    let why = refused(at, SCHEMA);
    assert!(why.contains("has schema 1") && why.contains("run `throughline migrate`"), "{why}");
    drop(at.store());
    drop(Store::open(&at.location, false).unwrap());
    assert!(refused(at, 1).contains("run the newer Throughline"));
}
