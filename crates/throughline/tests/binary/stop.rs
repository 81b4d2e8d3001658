//! A hub that is told to stop loses nothing and leaves nothing half-sent.

use crate::http;
use crate::kill::settings;
use crate::ledger;
use crate::mails::Mails;
use crate::process::{Folder, Hub};
use crate::sources::{Place, Sources, now, zone_by_day};
use model::At;
use model::message::Status;
use std::time::{Duration, Instant};
use testkit::story::Story;

const STOPS: usize = 5;
/// A stop does not wait for a pause between two tries.
const PROMPT: Duration = Duration::from_secs(5);

#[test]
fn a_stop_loses_nothing_and_leaves_nothing_half_sent() {
    let folder = Folder::new("stop");
    let mails = Mails::listen(Duration::from_millis(250));
    let key = folder.key("hospital", &["fhir:write", "events:write"]);
    let settings = settings(&folder, &mails);
    let place = Place::default();
    let sources = Sources::start(&place, &key);
    let mut longest = Duration::ZERO;
    for n in 0..STOPS {
        let mut hub = Hub::spawn(&folder, &settings);
        place.is(hub.ready());
        std::thread::sleep(Duration::from_millis(700 + 150 * n as u64));
        let (status, took) = hub.stop();
        place.is_gone();
        assert!(status.success(), "{status}");
        longest = longest.max(took);
        let store = folder.store();
        assert_eq!(ledger::count(&store, Status::Dispatching), 0, "half-sent");
        assert_eq!(ledger::count(&store, Status::Unknown), 0, "unknown");
    }
    let mut hub = Hub::spawn(&folder, &settings);
    place.is(hub.ready());
    let (acknowledged, in_vain) = sources.finish();
    ledger::at_rest(&folder.store());
    assert!(hub.stop().0.success());
    let found = ledger::check(&folder, &folder.store(), &acknowledged, &mails);
    println!(
        "stops: {STOPS} (the longest {longest:.1?}); {} people, {} facts acknowledged, all there once; \
         {in_vain} sends in vain; messages {:?}; {} went out, none twice",
        acknowledged.len(),
        found.facts,
        found.messages,
        found.went_out
    );
    assert_eq!(found.messages.get("unknown"), None, "nothing is unknown after a stop");
    assert!(found.facts > 70 && found.went_out > 15, "it was put to work: {found:?}");
}

#[test]
fn a_stop_between_two_tries_is_prompt_and_the_reach_goes_on_after_it() {
    let folder = Folder::new("pause");
    let key = folder.key("hospital", &["fhir:write"]);
    let busy = Mails::busy();
    let (mut hub, address) = Hub::start(&folder, &busy.settings());
    let mut story = Story::david().discharged(At(now().0 - 26 * model::time::HOUR_MS)).living_in(zone_by_day());
    story.person.phone = None;
    story.person.extensions.clear();
    assert_eq!(http::fhir(address, &key, story.discharge().to_string().as_bytes()).unwrap().status, 200);
    let store = folder.store();
    let since = Instant::now();
    while ledger::count(&store, Status::Queued) + ledger::count(&store, Status::Dispatching) == 0 {
        assert!(since.elapsed() < Duration::from_secs(20), "no mail was tried: {:?}", store.message_counts());
        std::thread::sleep(Duration::from_millis(20));
    }
    // The server tells it to come again later: the gate is shut, and it waits in the outbox.
    std::thread::sleep(Duration::from_millis(1500));
    let (status, took) = hub.stop();
    assert!(status.success() && took < PROMPT, "{status}, {took:?}");
    assert_eq!(ledger::count(&store, Status::Dispatching), 0, "half-sent");
    assert_eq!(ledger::count(&store, Status::Unknown), 0, "it was refused: that is known");
    assert_eq!(ledger::count(&store, Status::Queued), 1, "nothing has failed: it waits");

    let willing = Mails::listen(Duration::ZERO);
    hub = Hub::start(&folder, &willing.settings()).0;
    ledger::at_rest(&store);
    assert_eq!(ledger::count(&store, Status::Unknown), 0);
    assert_eq!(ledger::count(&store, Status::Accepted), 1, "the server takes it now");
    assert_eq!(ledger::count(&store, Status::Failed), 0);
    assert!(hub.stop().0.success());
}
