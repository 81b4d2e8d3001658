//! A provider that refuses our account, and one that hangs: what goes to the next one, what waits, and what goes to see.

use crate::DAVID;
use crate::gates::{Door, PATHWAY, blocking, discharged, message, queue, running, until, with_threads};
use crate::harness::On;
use channels::contract::SendError;
use hub::gate::{FAILURES_MAX, Shown};
use model::message::{Message, Status};
use model::{Channel, PersonId};
use serde_json::json;
use std::time::Duration;

fn revoked() -> SendError {
    SendError::Config("twilio_20003".into())
}

fn shown(hub: &hub::Hub, name: &str) -> Shown {
    hub.gates().into_iter().find(|gate| gate.provider == name).unwrap().state
}

fn a_refused_account_hands_over_to_the_next_provider(on: On) {
    let (mut world, _) = discharged(on);
    let now = world.now();
    world.sleeps_until(now);
    let many = 60_u32;
    let bulk = (0..many).map(|n| message(n, Channel::Sms, "reminder", now));
    let urgent = (0..3).map(|n| Message { urgent: true, ..message(900 + n, Channel::Sms, "flag", now) });
    queue(&world.opened(), urgent.chain(bulk).collect());
    let mut first = Door::of("first", &[Channel::Sms]);
    // One after the other, so that what is under way when its gate shuts does not blur the count.
    first.limits.in_flight = 2;
    first.says((0..1_000).map(|_| revoked()));
    let second = Door::of("second", &[Channel::Sms]);
    with_threads(async {
        let hub = running(&world, &[&first, &second], now).await;
        until("all leave by the other one", || second.count() == many as usize + 3).await;
        assert!(matches!(shown(&hub, "first"), Shown::Refusing(_) | Shown::Probing), "{:?}", shown(&hub, "first"));
        assert!(first.count() <= FAILURES_MAX as usize + 2, "{} were asked for in vain", first.count());
        let handed = first.handed().remove(0);
        let accepted = || {
            let facts = blocking(|| hub.store().timeline(handed.person, None, 100).unwrap());
            facts.into_iter().map(|(_, fact)| fact).find(|f| f.kind == "message.accepted")
        };
        until("it is told who carried it", || accepted().is_some()).await;
        let fact = accepted().unwrap();
        assert_eq!(fact.text("provider"), Some("second"));
        assert_eq!(fact.body["refused"], json!([{"provider": "first", "error": "config"}]));
        let failed = blocking(|| hub.store().message_counts().unwrap());
        assert!(failed.iter().all(|(status, ..)| *status != Status::Failed), "{failed:?}");
        hub.stop().await;
    });
}

#[test]
fn a_refused_account_hands_over_to_the_next_provider_on_sqlite() {
    a_refused_account_hands_over_to_the_next_provider(On::Sqlite);
}

#[test]
fn a_refused_account_hands_over_to_the_next_provider_on_postgres() {
    a_refused_account_hands_over_to_the_next_provider(On::Postgres);
}

#[test]
fn alone_it_keeps_what_waits_until_somebody_sets_it_right() {
    let (mut world, _) = discharged(On::Sqlite);
    let now = world.now();
    world.sleeps_until(now);
    let many = 200_u32;
    queue(&world.opened(), (0..many).map(|n| message(n, Channel::Sms, "reminder", now)).collect());
    let texts = Door::of("texts", &[Channel::Sms]);
    texts.says((0..1_000).map(|_| revoked()));
    with_threads(async {
        let hub = running(&world, &[&texts], now).await;
        until("its gate shuts", || matches!(shown(&hub, "texts"), Shown::Refusing(_))).await;
        // The first ones failed, which showed that it is the account; the rest wait.
        let burnt = || {
            let counts = blocking(|| hub.store().message_counts().unwrap());
            let of = |status| counts.iter().filter(|(s, ..)| *s == status).map(|(.., n)| *n).sum::<i64>();
            (of(Status::Failed), of(Status::Queued))
        };
        let lost = i64::from(FAILURES_MAX) - 1;
        until("the rest waits", || burnt() == (lost, i64::from(many) - lost)).await;
        tokio::time::sleep(hub::gate::OPEN_FIRST + Duration::from_secs(1)).await;
        until("who went to see waits again", || burnt() == (lost, i64::from(many) - lost)).await;
        texts.says.lock().unwrap().clear();
        until("all others leave once it is set right", || {
            let counts = blocking(|| hub.store().message_counts().unwrap());
            counts.iter().any(|(s, _, n)| *s == Status::Accepted && *n == i64::from(many) - lost)
        })
        .await;
        hub.stop().await;
    });
}

#[test]
fn an_urgent_message_does_not_go_to_see_whether_a_hanging_provider_is_back() {
    let (mut world, _) = discharged(On::Sqlite);
    let now = world.now();
    world.sleeps_until(now);
    let many = 500_u32;
    queue(&world.opened(), (0..many).map(|n| message(n, Channel::Sms, "reminder", now)).collect());
    let first = Door::of("first", &[Channel::Sms]);
    first.says((0..1_000).map(|_| SendError::Ambiguous("no answer".into())));
    let mut second = Door::of("second", &[Channel::Sms]);
    (second.takes, second.limits.in_flight) = (Duration::from_millis(150), 8);
    with_threads(async {
        let hub = running(&world, &[&first, &second], now).await;
        until("the first one breaks", || matches!(shown(&hub, "first"), Shown::Broken(_))).await;
        let before = first.count();
        // Around the moment at which it is looked at again.
        tokio::time::sleep(hub::gate::OPEN_FIRST - Duration::from_millis(400)).await;
        for n in 0..8 {
            let text = format!("my wound is bleeding, {n}");
            let body = json!({"channel": "sms", "from": DAVID, "text": text});
            let mut fact = model::Fact::own("reply.received", &text, PersonId::default(), now, body);
            (fact.source, fact.actor) = ("handset".into(), model::Actor::Patient);
            let keys = vec![model::inbox::key("phone", DAVID)];
            hub.incoming(vec![channels::contract::Incoming { fact, keys, message: None, person: None }]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        until("urgent answers leave", || second.handed().iter().any(|m| m.urgent)).await;
        until("something goes to see", || first.count() > before).await;
        assert!(first.handed().iter().all(|m| !m.urgent && m.pathway == PATHWAY), "nothing urgent goes to see");
        hub.stop().await;
    });
}
