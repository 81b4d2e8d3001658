//! A hub that is told to stop loses nothing and leaves nothing half-sent.

use crate::kill::settings;
use crate::ledger;
use crate::mails::Mails;
use crate::process::{Folder, Hub};
use crate::sources::{Place, Sources};
use model::message::Status;
use std::time::Duration;

const STOPS: usize = 5;

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
        *place.lock().unwrap() = Some(hub.ready());
        std::thread::sleep(Duration::from_millis(700 + 150 * n as u64));
        let (status, took) = hub.stop();
        *place.lock().unwrap() = None;
        assert!(status.success(), "{status}");
        longest = longest.max(took);
        let store = folder.store();
        assert_eq!(ledger::count(&store, Status::Dispatching), 0, "half-sent");
        assert_eq!(ledger::count(&store, Status::Unknown), 0, "unknown");
    }
    let mut hub = Hub::spawn(&folder, &settings);
    *place.lock().unwrap() = Some(hub.ready());
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
    assert!(found.facts > 500 && found.went_out > 100, "it was put to work: {found:?}");
}
