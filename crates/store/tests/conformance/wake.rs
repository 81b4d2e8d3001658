//! Lines are woken when they are due, earliest first, never early.

use super::fixture::*;
use model::*;

on_both_engines!(due_lines_come_earliest_first_and_never_early, many_at_once_all_come);

fn due_lines_come_earliest_first_and_never_early(at: &Fixture) {
    let (_, mut lanes) = at.lanes();
    for lane in &mut lanes.lanes {
        assert_eq!(lane.next_wake().unwrap(), None);
        assert!(lane.due(NOON, 10).unwrap().is_empty());
    }
    let lane = lanes.of(person(1).part()).number();
    let same: Vec<u32> = (1..).filter(|n| lanes.of(person(*n).part()).number() == lane).take(6).collect();
    for (i, n) in same.iter().enumerate() {
        let mut turn = newcomer(*n, "Someone");
        turn.wake_at = (i != 5).then(|| NOON.plus_ms(100 - i as i64 * 10));
        lanes.written(turn);
    }
    let lane = lanes.of(person(1).part());
    assert_eq!(lane.next_wake().unwrap(), Some(NOON.plus_ms(60)));
    assert!(lane.due(NOON.plus_ms(59), 10).unwrap().is_empty());
    let due = |lane: &mut store::Lane, ms, limit| lane.due(NOON.plus_ms(ms), limit).unwrap();
    assert_eq!(due(lane, 60, 10), [person(same[4])]);
    assert_eq!(due(lane, 95, 10), [person(same[4]), person(same[3]), person(same[2]), person(same[1])]);
    assert_eq!(due(lane, 95, 2), [person(same[4]), person(same[3])]);
    // One is put off, one is never to be woken again.
    let mut later = batch(same[4], 1);
    later.wake_at = Some(NOON.plus_ms(500));
    lanes.written(later);
    lanes.written(batch(same[3], 1));
    let lane = lanes.of(person(1).part());
    assert_eq!(lane.next_wake().unwrap(), Some(NOON.plus_ms(80)));
    assert_eq!(due(lane, 100, 10), [person(same[2]), person(same[1]), person(same[0])]);
    let mut sooner = batch(same[5], 1);
    sooner.wake_at = Some(NOON.plus_ms(1));
    lanes.written(sooner);
    assert_eq!(lanes.of(person(1).part()).next_wake().unwrap(), Some(NOON.plus_ms(1)));
    drop(lanes);
    let (_, mut lanes) = at.lanes();
    assert_eq!(lanes.of(person(1).part()).next_wake().unwrap(), Some(NOON.plus_ms(1)));
}

fn many_at_once_all_come(at: &Fixture) {
    let (_, mut lanes) = at.lanes();
    let mut groups: std::collections::BTreeMap<u16, Vec<Batch>> = Default::default();
    for n in 1..=400 {
        let mut turn = newcomer(n, "Someone");
        turn.wake_at = Some(NOON.plus_ms(i64::from(n)));
        groups.entry(turn.person.part()).or_default().push(turn);
    }
    for (part, turns) in groups {
        let lane = lanes.of(part);
        let epoch = lane.epoch(part);
        lane.commit(&turns.into_iter().map(|t| (part, epoch, t)).collect::<Vec<_>>()).unwrap();
    }
    let mut last = At(0);
    let mut woken = 0;
    for _ in 0..400 {
        let Some(lane) = lanes.lanes.iter_mut().find_map(|l| l.next_wake().unwrap().map(|_| l.number())) else { break };
        let lane = &mut lanes.lanes[usize::from(lane)];
        let due = lane.due(NOON.plus_ms(1000), 50).unwrap();
        assert!(!due.is_empty());
        let lines = lane.load(&due).unwrap();
        woken += due.len();
        let turns: Vec<_> = lines
            .iter()
            .map(|l| (l.person.part(), lane.epoch(l.person.part()), Batch::new(l.person, l.version)))
            .collect();
        assert!(lane.commit(&turns).unwrap().iter().all(|c| *c == store::Committed::Written));
        let next = lane.next_wake().unwrap().unwrap_or(At(i64::MAX));
        assert!(next > last || next == At(i64::MAX), "what is left comes later than what was woken");
        last = if next == At(i64::MAX) { At(0) } else { At(next.0 - 1) };
    }
    assert_eq!(woken, 400);
}
