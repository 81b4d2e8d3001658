//! The hub is killed at random while facts pour in and messages go out.

use crate::draw::Draw;
use crate::ledger;
use crate::mails::Mails;
use crate::process::{Folder, Hub};
use crate::sources::{Place, Sources};
use model::message::Status;
use std::time::{Duration, Instant};
use store::Store;

const KILLS: usize = 50;
/// A life ends after so many acknowledgements, at most, whatever else the machine has to do …
const ACKNOWLEDGED_MAX: u64 = 80;
/// … or after this long …
const LIFE_MAX: Duration = Duration::from_secs(4);
/// … and this long after that, at most.
const PAUSE_MAX_MS: u64 = 300;
/// A life that ends before the hub is ready ends this long after its start, at most.
const START_MAX_MS: u64 = 250;
/// Of ten lives, so many end before the hub is ready.
const EARLY: u64 = 2;
/// Messages that the hub has under way at the same time, at most.
const IN_FLIGHT: i64 = 256;

/// Settings of a hub whose mail goes to `mails`, and whose calls and texts are journalled.
pub fn settings(folder: &Folder, mails: &Mails) -> Vec<String> {
    let mut settings = mails.settings();
    settings.push("provider.handset=true".into());
    settings.push("handset.policy=no_answer".into());
    settings.push(format!("handset.journal={}", folder.join("journal").display()));
    settings.push(folder.store_setting());
    // Hundreds get the same words here, and nobody is there to approve it.
    settings.push("outreach.approve_above=0".into());
    settings.push("log.level=error".into());
    settings
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_goes_out_twice_over_fifty_kills() {
    let (since, mut draw) = (Instant::now(), Draw::seeded("kills"));
    let folder = Folder::new("kill");
    let mails = Mails::listen(Duration::from_millis(30));
    let key = folder.key("hospital", &["fhir:write", "events:write"]);
    let settings = settings(&folder, &mails);
    let place = Place::default();
    let sources = Sources::start(&place, &key);
    let (mut in_flight, mut most, mut early) = (0, 0, 0);
    for _ in 0..KILLS {
        let mut hub = Hub::spawn(&folder, &settings);
        if draw.below(10) < EARLY {
            early += 1;
            std::thread::sleep(Duration::from_millis(draw.below(START_MAX_MS)));
        } else {
            place.is(hub.ready());
            let (ready, enough) = (Instant::now(), place.acknowledged() + draw.below(ACKNOWLEDGED_MAX) as usize);
            while place.acknowledged() < enough && ready.elapsed() < LIFE_MAX {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_millis(draw.below(PAUSE_MAX_MS)));
        }
        hub.kill();
        place.is_gone();
        let dispatching = ledger::count(&Store::open(&folder.location(), false).unwrap(), Status::Dispatching);
        assert!(dispatching <= IN_FLIGHT, "{dispatching} under way");
        in_flight += dispatching;
        most = most.max(dispatching);
    }
    let mut hub = Hub::spawn(&folder, &settings);
    place.is(hub.ready());
    let (acknowledged, in_vain) = sources.finish();
    let store = folder.store();
    ledger::at_rest(&store);
    drop(store);
    assert!(hub.stop().0.success());

    let store = folder.store();
    let found = ledger::check(&folder, &store, &acknowledged, &mails);
    let unknown = found.messages.get("unknown").copied().unwrap_or(0);
    println!(
        "kills: {KILLS} ({early} while starting) in {:.0} s; {} people, {} facts acknowledged, all there once; \
         {in_vain} sends in vain; messages {:?}; {} went out, none twice; \
         {in_flight} under way at the kills ({most} at most), {unknown} unknown",
        since.elapsed().as_secs_f64(),
        acknowledged.len(),
        found.facts,
        found.messages,
        found.went_out
    );
    assert!(unknown as i64 <= in_flight, "{unknown} unknown, {in_flight} were under way");
    assert!(found.facts > 300 && found.went_out > 60 && in_flight > 0, "it was put to work: {found:?}");
}
