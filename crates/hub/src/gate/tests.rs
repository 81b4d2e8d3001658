//! What a gate lets out, over time that is told to it.

use super::*;
use crate::sending::Scope;
use channels::contract::{Accepted, BoxFuture, Outbound, ReceiveError, Received, Request, Spec};
use model::At;

struct Fake {
    name: &'static str,
    limits: Limits,
    bridges: bool,
}

impl Provider for Fake {
    fn spec(&self) -> Spec {
        Spec {
            name: self.name,
            channels: &[Channel::Sms, Channel::Voice],
            secrets: &[],
            fields: &[],
            make_believe: true,
            idempotent: false,
        }
    }
    fn bridges(&self) -> bool {
        self.bridges
    }
    fn send<'a>(&'a self, _out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(std::future::ready(Err(SendError::Invalid("nobody sends here".into()))))
    }
    fn receive(&self, _request: &Request) -> Result<Received, ReceiveError> {
        Err(ReceiveError::Malformed("nobody".into()))
    }
    fn limits(&self) -> Limits {
        self.limits
    }
}

fn gates(all: &[(&'static str, Option<f64>, usize)]) -> (Gates, Instant) {
    let make = |(name, per_second, in_flight): &(&'static str, Option<f64>, usize)| {
        let limits = Limits { per_second: *per_second, in_flight: *in_flight };
        Arc::new(Fake { name, limits, bridges: name.starts_with("bridge") }) as Arc<dyn Provider>
    };
    let providers: Vec<_> = all.iter().map(make).collect();
    (Gates::new(&providers, 1), Instant::now())
}

fn bulk(gates: &Gates, now: Instant) -> Result<Place, Wait> {
    gates.one(Channel::Sms, false, &[], now)
}

fn ends(place: Place, error: SendError, now: Instant) {
    place.ended(&Err::<(), _>(error), now, 1);
}

fn unreachable() -> SendError {
    SendError::Unreachable("refused".into())
}

#[test]
fn a_part_of_the_places_is_for_urgent_messages() {
    let (gates, now) = gates(&[("a", None, 8)]);
    let (room, taken) = gates.take(Channel::Sms, 100, 1, now);
    assert_eq!((room, taken.len()), (Room { all: 8, bulk: 7 }, 8));
    assert!(matches!(bulk(&gates, now), Err(Wait::Full)));
    drop(taken);
    let some: Vec<Place> = (0..7).map(|_| bulk(&gates, now).ok().unwrap()).collect();
    assert!(matches!(bulk(&gates, now), Err(Wait::Full)), "the last one is kept");
    let urgent = gates.one(Channel::Sms, true, &[], now).ok().unwrap();
    assert!(matches!(gates.one(Channel::Sms, true, &[], now), Err(Wait::Full)));
    drop((some, urgent));
    assert_eq!(gates.take(Channel::Sms, 3, 1, now).1.len(), 3, "no more than asked for");
    assert_eq!(gates.take(Channel::Email, 3, 1, now).0, Room::of(3), "nobody carries it: that is told at once");
}

#[test]
fn the_rate_is_kept_over_time_and_spares_some_for_urgent_messages() {
    let (gates, start) = gates(&[("a", Some(100.0), 1000)]);
    let (mut sent, mut now) = (0, start);
    // Ten seconds, looked at every twentieth of one.
    for _ in 0..200 {
        while let Ok(place) = bulk(&gates, now) {
            place.ended(&Ok::<_, SendError>(()), now, 1);
            sent += 1;
        }
        assert!(gates.one(Channel::Sms, true, &[], now).is_ok(), "an urgent one finds room at any time");
        now += Duration::from_millis(50);
    }
    assert!((990..=1_030).contains(&sent), "{sent}");
    assert!(gates.next(now - Duration::from_millis(50)).is_some_and(|wait| wait <= Duration::from_millis(20)));
    // One a second: an urgent message need not wait for it.
    let (gates, now) = super::tests::gates(&[("a", Some(1.0), 4)]);
    bulk(&gates, now).ok().unwrap().ended(&Ok::<_, SendError>(()), now, 1);
    assert!(matches!(bulk(&gates, now), Err(Wait::Full)));
    gates.one(Channel::Sms, true, &[], now).ok().unwrap().ended(&Ok::<_, SendError>(()), now, 1);
    assert!(matches!(gates.one(Channel::Sms, true, &[], now), Err(Wait::Full)));
    // What was taken and not used is there again.
    let later = now + Duration::from_secs(2);
    drop(gates.take(Channel::Sms, 9, 1, later));
    assert!(bulk(&gates, later).is_ok());
}

/// A text of so many segments of the plain alphabet, from two on.
fn of_segments(n: usize) -> Message {
    let content = Content::Sms { text: "a".repeat(153 * n) };
    Message { content, ..text(Channel::Sms) }
}

/// Segments that leave in a minute looked at every twentieth of a second, where as many wait as find room.
fn segments_in_a_minute(urgent: bool, gates: &Gates, start: Instant) -> usize {
    let (mut segments, mut now) = (0, start);
    for n in 0..1200 {
        let (room, places) = gates.take(Channel::Sms, 1000, 1, now);
        let room = if urgent { room.all } else { room.bulk };
        for (at, mut place) in places.into_iter().take(room).enumerate() {
            let size = 2 + (n + at) % 4;
            place.weigh(&Message { urgent, ..of_segments(size) });
            place.ended(&Ok::<_, SendError>(()), now, 1);
            segments += size;
        }
        now += Duration::from_millis(50);
    }
    segments
}

#[test]
fn a_text_takes_as_much_of_the_rate_as_it_has_segments() {
    for urgent in [false, true] {
        let (gates, start) = gates(&[("a", Some(10.0), 1000)]);
        let segments = segments_in_a_minute(urgent, &gates, start);
        assert!((590..=615).contains(&segments), "urgent: {urgent}, {segments}");
    }
}

#[test]
fn the_segments_of_others_keep_no_urgent_message_waiting() {
    let (gates, now) = gates(&[("a", Some(1.0), 4)]);
    let send = |urgent: bool, message: Message, now: Instant| {
        let mut place = gates.one(Channel::Sms, urgent, &[], now)?;
        place.weigh(&Message { urgent, ..message });
        place.ended(&Ok::<_, SendError>(()), now, 1);
        Ok::<_, Wait>(())
    };
    // One that is given back has taken nothing.
    let mut unused = bulk(&gates, now).ok().unwrap();
    unused.weigh(&of_segments(5));
    drop(unused);
    assert_eq!(send(false, of_segments(3), now), Ok(()));
    assert_eq!(send(true, text(Channel::Sms), now), Ok(()), "its share is there");
    // The next urgent one need not wait until the two are paid.
    assert_eq!(gates.next(now), Some(Duration::from_secs(1)));
    let urgent_later = |seconds| gates.one(Channel::Sms, true, &[], now + Duration::from_secs(seconds)).map(drop);
    assert_eq!((urgent_later(0), urgent_later(1)), (Err(Wait::Full), Ok(())));
    // Two that are owed, the one that is kept, and one.
    assert_eq!(gates.next(now + Duration::from_secs(1)), Some(Duration::from_secs(3)));
    assert_eq!(send(false, text(Channel::Sms), now + Duration::from_secs(3)), Err(Wait::Full));
    assert_eq!(send(false, text(Channel::Sms), now + Duration::from_secs(4)), Ok(()));
    // An urgent one pays its own: the next waits for it.
    let (gates, now) = super::tests::gates(&[("a", Some(1.0), 4)]);
    let urgent = |size, now| {
        let mut place = gates.one(Channel::Sms, true, &[], now)?;
        place.weigh(&Message { urgent: true, ..of_segments(size) });
        place.ended(&Ok::<_, SendError>(()), now, 1);
        Ok::<_, Wait>(())
    };
    assert_eq!((urgent(3, now), urgent(2, now)), (Ok(()), Err(Wait::Full)));
    assert_eq!(gates.next(now), Some(Duration::from_secs(2)));
    assert_eq!(urgent(2, now + Duration::from_secs(2)), Ok(()));
    // What is no text is one, however long.
    let call =
        Message { content: Content::Voicemail { text: "a".repeat(900), language: "en".into() }, ..text(Channel::Sms) };
    assert_eq!((weight(&call), weight(&of_segments(4)), weight(&text(Channel::Sms))), (1.0, 4.0, 1.0));
}

#[tokio::test]
async fn what_is_sent_takes_its_segments() {
    for (message, more) in [(text(Channel::Sms), true), (of_segments(3), false)] {
        let limits = Limits { per_second: Some(8.0), in_flight: 8 };
        let providers: Vec<Arc<dyn Provider>> = vec![Arc::new(Fake { name: "a", limits, bridges: false })];
        let clock = crate::Clock::scaled(At(0), 0.0);
        let links = crate::dispatch::Links::default();
        let dispatcher = crate::dispatch::Dispatcher::new(providers, None, "Clinic".into(), links, clock, 1).unwrap();
        // At an instant before the send nothing of the rate has come since.
        let before = Instant::now();
        dispatcher.send(message, crate::lane::Number::Free, None).await;
        assert_eq!(bulk(dispatcher.gates(), before).is_ok(), more);
    }
}

#[test]
fn a_breaker_opens_half_opens_and_closes() {
    let (gates, now) = gates(&[("a", None, 100)]);
    for n in 1..FAILURES_MAX {
        ends(bulk(&gates, now).ok().unwrap(), unreachable(), now);
        assert_eq!(gates.views(now, 1)[0].state, Shown::Open, "after {n}");
    }
    // An answer, even a refusal, says that it can be reached.
    ends(bulk(&gates, now).ok().unwrap(), SendError::OptedOut, now);
    for _ in 0..FAILURES_MAX - 1 {
        let code = SendError::Rejected { code: "http_503".into(), retryable: true };
        ends(bulk(&gates, now).ok().unwrap(), code, now);
    }
    ends(bulk(&gates, now).ok().unwrap(), SendError::Ambiguous("no answer".into()), now);
    assert_eq!(gates.views(now, 1)[0].state, Shown::Broken(OPEN_FIRST));
    assert!(matches!(bulk(&gates, now), Err(Wait::Shut(long)) if long == OPEN_FIRST));
    assert_eq!(gates.take(Channel::Sms, 9, 1, now).0, Room { all: 9, bulk: 0 }, "urgent ones are told at once");
    let mut now = now + OPEN_FIRST;
    for pause in [OPEN_FIRST * 2, OPEN_FIRST * 4, OPEN_FIRST * 8] {
        // One goes to see, and no other one meanwhile; one that was not sent is no probe.
        drop(bulk(&gates, now).ok().unwrap());
        let (room, mut places) = gates.take(Channel::Sms, 9, 1, now);
        assert_eq!(room, Room::of(1));
        assert_eq!(gates.views(now, 1)[0].state, Shown::Probing);
        assert!(bulk(&gates, now).is_err() && gates.take(Channel::Sms, 9, 1, now).0 == Room::default());
        ends(places.pop().unwrap(), unreachable(), now);
        assert_eq!(gates.views(now, 1)[0].state, Shown::Broken(pause.min(OPEN_MAX)));
        now += pause.min(OPEN_MAX);
    }
    bulk(&gates, now).ok().unwrap().ended(&Ok::<_, SendError>(()), now, 1);
    assert_eq!(gates.views(now, 1)[0].state, Shown::Open);
    let view = &gates.views(now, 1)[0];
    assert_eq!((view.sent, view.failed, view.unknown, view.under_way), (1, 12, 1, 0));
    assert_eq!(gates.views(now, 2)[0].sent, 0, "another day");
}

#[test]
fn refusals_of_our_account_shut_a_gate_and_say_so() {
    let (gates, now) = gates(&[("a", None, 100)]);
    let account = || SendError::Config("twilio_20003".into());
    let sender = || SendError::Rejected { code: "not_registered".into(), retryable: false };
    for _ in 1..FAILURES_MAX {
        ends(bulk(&gates, now).ok().unwrap(), account(), now);
    }
    assert_eq!(gates.views(now, 1)[0].state, Shown::Open);
    // What is about one message says nothing of the account, and what it carries says that the account holds.
    ends(bulk(&gates, now).ok().unwrap(), SendError::Rejected { code: "filtered".into(), retryable: false }, now);
    for n in 0..FAILURES_MAX {
        assert_eq!(gates.views(now, 1)[0].state, Shown::Open, "{n}");
        ends(bulk(&gates, now).ok().unwrap(), if n % 2 == 0 { account() } else { sender() }, now);
    }
    assert_eq!(gates.views(now, 1)[0].state, Shown::Refusing(OPEN_FIRST));
    let now = now + OPEN_FIRST;
    ends(bulk(&gates, now).ok().unwrap(), account(), now);
    assert_eq!(gates.views(now, 1)[0].state, Shown::Refusing(OPEN_FIRST * 2));
    let now = now + OPEN_FIRST * 2;
    ends(bulk(&gates, now).ok().unwrap(), unreachable(), now);
    assert_eq!(gates.views(now, 1)[0].state, Shown::Broken(OPEN_FIRST * 4), "now it is something else");
    let now = now + OPEN_FIRST * 4;
    bulk(&gates, now).ok().unwrap().ended(&Ok::<_, SendError>(()), now, 1);
    assert_eq!(gates.views(now, 1)[0].state, Shown::Open);
}

/// Two gates of a channel, of which the first has broken and is to be looked at again.
fn first_to_be_seen() -> (Gates, Instant) {
    let (gates, now) = gates(&[("a", None, 8), ("b", None, 8)]);
    for _ in 0..FAILURES_MAX {
        ends(bulk(&gates, now).ok().unwrap(), SendError::Ambiguous("no answer".into()), now);
    }
    (gates, now + OPEN_FIRST)
}

#[test]
fn nothing_urgent_goes_to_see_while_another_provider_carries_its_channel() {
    let (gates, now) = first_to_be_seen();
    let names = |places: &[Place]| places.iter().map(|p| (p.name(), p.is_probe())).collect::<Vec<_>>();
    // Urgent ones come first in a claim: all of it may be urgent, and has a place with who carries.
    let (room, mut taken) = gates.take(Channel::Sms, 3, 1, now);
    assert_eq!(room, Room { all: 3, bulk: 3 });
    assert_eq!(names(&taken), [("b", false), ("b", false), ("b", false), ("a", true)]);
    for _ in 0..3 {
        assert_eq!(pick(&mut taken, true).map(|p| p.name()), Some("b"));
    }
    drop(taken);
    // What is not urgent goes to see, whatever place in the claim it has.
    let (_, mut taken) = gates.take(Channel::Sms, 3, 1, now);
    assert_eq!(pick(&mut taken, true).map(|p| p.name()), Some("b"));
    let probe = pick(&mut taken, false).unwrap();
    assert_eq!((probe.name(), gates.views(now, 1)[0].state), ("a", Shown::Probing));
    assert_eq!(pick(&mut taken, false).map(|p| p.name()), Some("b"));
    assert_eq!(names(&gates.take(Channel::Sms, 1, 1, now).1), [("b", false)], "no second one goes to see");
    drop((probe, taken));
    // The same for one.
    assert_eq!(gates.one(Channel::Sms, true, &[], now).map(|p| p.name()), Ok("b"));
    assert_eq!(gates.one(Channel::Sms, false, &[], now).map(|p| p.name()), Ok("a"));
    // Where nobody else carries it, somebody has to go.
    assert_eq!(gates.one(Channel::Sms, true, &["b"], now).map(|p| p.name()), Ok("a"));
    gates.pause(Pauses::only(&[Scope::Provider("b".into())]));
    let (room, mut taken) = gates.take(Channel::Sms, 3, 1, now);
    assert_eq!((room, names(&taken)), (Room::of(1), vec![("a", true)]));
    assert_eq!(pick(&mut taken, true).map(|p| p.name()), Some("a"));
    assert!(pick(&mut taken, true).is_none());
}

#[test]
fn an_urgent_message_waits_for_a_full_provider_rather_than_goes_to_see() {
    let (gates, now) = first_to_be_seen();
    let full: Vec<Place> = (0..8).map(|_| gates.one(Channel::Sms, true, &["a"], now).ok().unwrap()).collect();
    assert_eq!(gates.one(Channel::Sms, true, &[], now).map(|p| p.name()), Err(Wait::Full));
    let (room, taken) = gates.take(Channel::Sms, 9, 1, now);
    assert_eq!((room, taken.len()), (Room::default(), 0));
    drop(full);
    // With the last place, which is for urgent ones, nothing goes to see.
    let seven: Vec<Place> = (0..7).map(|_| gates.one(Channel::Sms, true, &["a"], now).ok().unwrap()).collect();
    let (room, taken) = gates.take(Channel::Sms, 9, 1, now);
    assert_eq!((room, taken.len()), (Room { all: 1, bulk: 0 }, 1));
    drop((seven, taken));
}

#[test]
fn a_pause_holds_before_it_was_written_down() {
    let (gates, now) = gates(&[("a", None, 8)]);
    let gates = Arc::new(gates);
    let claimed = bulk(&gates, now).ok().unwrap();
    let (first, second) = (gates.pause_at_once(Scope::Everything), gates.pause_at_once(Scope::Everything));
    assert!(!gates.may_begin(&claimed, &text(Channel::Sms)) && matches!(bulk(&gates, now), Err(Wait::Paused)));
    // An order that comes meanwhile does not end it, nor does one of two.
    gates.pause(Pauses::default());
    drop(first);
    assert!(matches!(bulk(&gates, now), Err(Wait::Paused)));
    gates.pause(Pauses::only(&[Scope::Channel(Channel::Sms)]));
    drop(second);
    assert!(matches!(bulk(&gates, now), Err(Wait::Paused)), "now it is an order");
    gates.pause(Pauses::default());
    assert!(bulk(&gates, now).is_ok() && gates.may_begin(&claimed, &text(Channel::Sms)));
}

#[test]
fn the_next_provider_takes_over_while_a_gate_is_shut() {
    let (gates, now) = gates(&[("a", None, 4), ("b", None, 4)]);
    let name = |now| bulk(&gates, now).map(|place| place.name());
    assert_eq!(name(now), Ok("a"));
    assert_eq!(gates.one(Channel::Sms, false, &["a"], now).map(|p| p.name()), Ok("b"), "after a definite refusal");
    assert_eq!(gates.one(Channel::Sms, false, &["a", "b"], now).map(|p| p.name()), Err(Wait::Nobody));
    ends(bulk(&gates, now).ok().unwrap(), SendError::Throttled { after_ms: 2_000 }, now);
    assert_eq!(name(now), Ok("b"));
    assert_eq!(name(now + Duration::from_secs(2)), Ok("a"));
    // Full is no reason: the first has its limit so that it is kept.
    let full: Vec<Place> = (0..3).map(|_| bulk(&gates, now + Duration::from_secs(2)).ok().unwrap()).collect();
    assert_eq!(name(now + Duration::from_secs(2)), Err(Wait::Full));
    drop(full);
    let later = now + Duration::from_secs(2);
    let claimed = bulk(&gates, later).ok().unwrap();
    gates.pause(Pauses::only(&[Scope::Provider("a".into())]));
    assert!(!gates.may_begin(&claimed, &text(Channel::Sms)), "what was claimed before stays, too");
    assert_eq!(name(later), Ok("b"));
    gates.pause(Pauses::only(&[Scope::Provider("a".into()), Scope::Provider("b".into())]));
    assert_eq!(name(later), Err(Wait::Paused));
    assert_eq!(gates.take(Channel::Sms, 9, 1, later).0, Room::default(), "urgent ones stay as well");
    for scope in [Scope::Everything, Scope::Channel(Channel::Sms)] {
        gates.pause(Pauses::only(&[scope]));
        assert_eq!((name(later), gates.take(Channel::Sms, 9, 1, later).0), (Err(Wait::Paused), Room::default()));
    }
    gates.pause(Pauses::only(&[Scope::Channel(Channel::Email)]));
    assert_eq!(name(later), Ok("a"));
    let claimed = bulk(&gates, later).ok().unwrap();
    let (ours, other) = (text(Channel::Sms), Message { pathway: "other".into(), ..text(Channel::Sms) });
    gates.pause(Pauses::only(&[Scope::Pathway("ours".into())]));
    assert!(gates.holds(&ours) && !gates.may_begin(&claimed, &ours) && gates.may_begin(&claimed, &other));
    // A halt is heard by what was claimed before it: what is claimed after it had its guards asked.
    gates.pause(Pauses::halted("ours", At(5)));
    let journeys = |at| Message { journey: Some(model::JourneyId::default()), status_at: at, ..ours.clone() };
    assert!(!gates.may_begin(&claimed, &journeys(At(4))) && gates.may_begin(&claimed, &journeys(At(5))));
    assert!(gates.may_begin(&claimed, &ours), "it is of no journey");
}

#[test]
fn a_call_by_staff_waits_for_who_can_connect_it_and_for_nobody_else() {
    let (gates, now) = gates(&[("plain", None, 8), ("bridge", None, 2)]);
    assert!(!gates.calls_wait(now));
    let full = [gates.bridge(&[], now).ok().unwrap(), gates.bridge(&[], now).ok().unwrap()];
    assert_eq!(full.each_ref().map(Place::name), ["bridge"; 2], "also where another one is tried first");
    assert!(gates.calls_wait(now), "full");
    drop(full);
    assert!(!gates.calls_wait(now), "what is asked takes no place");
    gates.pause(Pauses::only(&[Scope::Provider("bridge".into())]));
    assert!(gates.calls_wait(now) && gates.take(Channel::Voice, 9, 1, now).0.all > 0, "the other one goes on");
    gates.pause(Pauses::only(&[Scope::Provider("plain".into())]));
    assert!(!gates.calls_wait(now));
    gates.pause(Pauses::default());
    ends(gates.bridge(&[], now).ok().unwrap(), SendError::Throttled { after_ms: 2_000 }, now);
    assert!(gates.calls_wait(now) && !gates.calls_wait(now + Duration::from_secs(2)));
    ends(gates.bridge(&[], now + Duration::from_secs(2)).ok().unwrap(), SendError::Throttled { after_ms: 60_000 }, now);
    assert!(!gates.calls_wait(now + Duration::from_secs(3)), "shut for long: whoever asked is told at once");
    // Without another one the room of the channel says it, and without one that connects it fails at once.
    for alone in ["bridge", "plain"] {
        let (gates, now) = super::tests::gates(&[(alone, None, 2)]);
        gates.pause(Pauses::only(&[Scope::Provider(alone.into())]));
        assert!(!gates.calls_wait(now), "{alone}");
    }
}

fn text(channel: Channel) -> Message {
    Message {
        pathway: "ours".into(),
        channel,
        valid_until: At(i64::MAX),
        status: model::message::Status::Dispatching,
        ..testkit::text("ours", model::PersonId::default(), At(0))
    }
}

#[test]
fn a_place_that_is_given_back_unused_is_no_probe() {
    let (gates, now) = gates(&[("a", None, 100)]);
    let before = [bulk(&gates, now).ok().unwrap(), bulk(&gates, now).ok().unwrap()];
    for _ in 0..FAILURES_MAX {
        ends(bulk(&gates, now).ok().unwrap(), unreachable(), now);
    }
    let now = now + OPEN_FIRST;
    let probe = bulk(&gates, now).ok().unwrap();
    drop(before);
    assert_eq!(gates.views(now, 1)[0].state, Shown::Probing);
    assert!(matches!(bulk(&gates, now), Err(Wait::Shut(_))), "one goes to see, no second one");
    drop(probe);
    assert!(bulk(&gates, now).is_ok(), "it was not sent: another one goes");
}

#[test]
fn server_faults_are_told_from_refusals() {
    for code in ["503", "http_500", "HTTP 599"] {
        assert!(is_server_fault(code), "{code}");
    }
    for code in ["450", "30003", "busy", "", "421_4.7.0", "5"] {
        assert!(!is_server_fault(code), "{code}");
    }
}
