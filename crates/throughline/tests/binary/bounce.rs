//! A mail that a real relay takes and cannot deliver comes back to the hub by the relay's own bounce.

use crate::http;
use crate::ledger;
use crate::mails::Mails;
use crate::process::{Folder, Hub};
use crate::sources::{now, zone_by_day};
use model::message::{Message, Status};
use model::{At, Channel, inbox};
use std::net::TcpListener;
use std::time::{Duration, Instant};
use testkit::postfix::Postfix;
use testkit::story::Story;

/// How long the way out and back may take.
const SOON: Duration = Duration::from_secs(40);

#[test]
fn a_bounce_of_the_relay_fails_the_message_and_the_next_channel_tells_it() {
    let folder = Folder::new("bounce");
    let key = folder.key("hospital", &["fhir:write"]);
    let world = Mails::knowing_nobody();
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let relay = Postfix::start("binary", &[("example.org", world.port()), ("mail.clinic.example", listen)]);
    let settings = [
        "smtp.host=127.0.0.1",
        "smtp.tls=none",
        "smtp.from=care@clinic.example",
        "smtp.bounce_to=b@mail.clinic.example",
        "smtp.reply_to=r@mail.clinic.example",
        &format!("smtp.port={}", relay.port()),
        &format!("smtp.listen=127.0.0.1:{listen}"),
    ]
    .map(str::to_owned);
    let (hub, address) = Hub::start(&folder, &settings);
    let mut story = Story::david().discharged(At(now().0 - 26 * model::time::HOUR_MS)).living_in(zone_by_day());
    story.person.phone = None;
    story.person.email = Some("david@example.org".into());
    story.person.extensions.clear();
    assert_eq!(http::fhir(address, &key, story.discharge().to_string().as_bytes()).unwrap().status, 200);
    let store = folder.store();
    let since = Instant::now();
    let person = loop {
        // It is durable; its turn comes.
        if let Some(person) = store.whose(&[inbox::key(testkit::fhir::MRN, &story.person.mrn)]).unwrap() {
            break person;
        }
        assert!(since.elapsed() < SOON, "the discharge had no turn");
        std::thread::sleep(Duration::from_millis(20));
    };
    let mails = || -> Vec<Message> {
        let all = store.messages_of(person, 100).unwrap();
        all.into_iter().filter(|m| m.channel == Channel::Email).collect()
    };
    let since = Instant::now();
    while !mails().iter().any(|m| m.status == Status::Failed) {
        assert!(since.elapsed() < SOON, "it did not come back: {:?}\n{}", mails(), relay.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    let failed = mails().into_iter().find(|m| m.status == Status::Failed).unwrap();
    assert_eq!((failed.error.as_deref(), failed.provider.as_str()), (Some("unreachable_number"), "smtp"));
    let facts: Vec<model::Fact> =
        store.timeline(person, None, 1_000).unwrap().into_iter().map(|(_, fact)| fact).collect();
    let told = |kind: &str| {
        let id = failed.id.to_string();
        facts.iter().filter(|f| f.kind == kind && f.text("message") == Some(id.as_str())).count()
    };
    assert_eq!((told("message.accepted"), told("message.failed")), (1, 1), "the relay took it, then gave it back");
    ledger::at_rest(&store);
    assert!(ledger::count(&store, Status::Delivered) >= 1, "the next channel has told it");
    assert!(hub.stop().0.success());
}
