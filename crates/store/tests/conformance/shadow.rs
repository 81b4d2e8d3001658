//! What versions in shadow would have done: kept with the batch, bounded, dropped when asked.

use super::fixture::*;
use model::shadow::{Side, Wish};
use model::*;
use store::{Committed, SHADOW_ROWS_MAX};

on_both_engines!(
    what_a_shadow_told_is_kept_with_its_batch_and_dropped_as_a_whole,
    what_is_beyond_the_bound_is_only_counted,
);

fn person(n: u8) -> PersonId {
    PersonId(Id::of(&[b"shadow", &[n]]))
}

fn would(shadow: i64, side: Side, step: &str) -> Would {
    Would {
        shadow,
        side,
        at: NOON,
        site: "north".into(),
        journey: JourneyId::of(&[b"journey"]),
        step: step.into(),
        about: "MedicationRequest/1".into(),
        wish: Wish::Reach,
        what: "{\"words\":\"naïve 漢字\"}".into(),
        due: Some(NOON.plus_ms(1)),
    }
}

fn batch(person: PersonId, loaded: i64, rows: Vec<Would>) -> Batch {
    Batch { shadow: rows, ..Batch::new(person, loaded) }
}

fn what_a_shadow_told_is_kept_with_its_batch_and_dropped_as_a_whole(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let mut none = would(1, Side::Force, "b");
    none.due = None;
    let first = vec![would(1, Side::Shadow, "a"), none.clone(), would(2, Side::Shadow, "a")];
    lanes.written(batch(person(1), 0, first));
    lanes.written(batch(person(1), 1, vec![would(1, Side::Shadow, "c")]));
    lanes.written(batch(person(2), 0, vec![would(1, Side::Force, "a")]));
    assert_eq!(lanes.commit(batch(person(2), 0, vec![would(1, Side::Force, "stale")])), Committed::Stale);
    let told: Vec<Would> = store.shadow_of(1, person(1)).unwrap().into_iter().map(|row| row.would).collect();
    assert_eq!(told, [would(1, Side::Shadow, "a"), none, would(1, Side::Shadow, "c")]);
    assert_eq!((store.shadow_counted(1).unwrap(), store.shadow_counted(2).unwrap()), (4, 1));
    let all: usize = (0..PARTS).map(|part| store.shadow_part(1, part).unwrap().len()).sum();
    assert_eq!(all, 4);
    let gone: u64 = lanes.lanes.iter_mut().map(|lane| lane.shadow_forget(1).unwrap()).sum();
    assert_eq!(gone, 4);
    assert_eq!((store.shadow_counted(1).unwrap(), store.shadow_counted(2).unwrap()), (0, 1));
    assert_eq!(store.shadow_of(1, person(1)).unwrap(), []);
    assert_eq!(store.shadow_of(2, person(1)).unwrap().len(), 1, "another shadow's are left");
}

fn what_is_beyond_the_bound_is_only_counted(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let room = usize::try_from(SHADOW_ROWS_MAX).unwrap() / usize::from(PARTS);
    let rows = |n: usize| vec![would(1, Side::Shadow, "a"); n];
    lanes.written(batch(person(1), 0, rows(room - 1)));
    lanes.written(batch(person(1), 1, rows(1)));
    lanes.written(batch(person(1), 2, rows(3)));
    assert_eq!(store.shadow_part(1, person(1).part()).unwrap().len(), room);
    assert_eq!(store.shadow_counted(1).unwrap(), room as i64 + 3);
}
