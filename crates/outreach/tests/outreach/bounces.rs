//! Mail that was taken, and comes back.

use crate::common::{Runner, at, until, want};
use model::Channel::{Email, Sms, Voice};
use model::Purpose;
use serde_json::json;

/// Servers try for up to five days.
#[test]
fn a_mail_of_care_that_comes_back_after_days_reaches_a_person_and_closes_its_address() {
    let mut run = Runner::new("2026-11-23T10:00");
    let mine = want("result", run.now, &[Email]);
    let journey = mine.journey.expect("a journey");
    run.start(mine);
    run.receipt("message.accepted");
    assert_eq!(run.ended(), ["result delivered"]);
    run.until("2026-11-24T09:59");
    assert!(run.state.pending(journey, run.now), "it may come back soon");
    run.until("2026-11-24T10:00");
    assert!(!run.state.pending(journey, run.now), "its journey does not wait for days");
    run.until("2026-11-28T10:00");
    run.tick();
    run.came_back("unreachable_number");
    assert_eq!(run.asked(), ["unreachable"]);
    assert!(run.asks[0].reason.contains("an e-mail (it does not work any more)"), "{}", run.asks[0].reason);
    assert_eq!(run.closed(), ["david@example.org dead"]);
    run.came_back("unreachable_number");
    assert_eq!(run.asks.len(), 1, "asked once");

    // While its validity lasts, the ladder goes on.
    let mut run = Runner::new("2026-11-23T10:00");
    let mut mine = want("result", run.now, &[Email, Sms]);
    mine.intent.valid_until = at("2026-12-03T10:00");
    run.start(mine);
    run.receipt("message.accepted");
    run.until("2026-11-28T10:00");
    run.tick();
    run.came_back("bounced");
    assert_eq!((run.channels(), run.closed()), (vec![Email, Sms], vec!["david@example.org bounced".to_owned()]));

    // What has become pointless meanwhile asks nobody.
    let mut run = Runner::new("2026-11-23T10:00");
    let mut mine = want("waiting", run.now, &[Email]);
    mine.intent.until = until("medication.picked_up", "MedicationRequest/1");
    run.start(mine);
    run.receipt("message.accepted");
    run.until("2026-11-27T10:00");
    run.hear("medication.picked_up", json!({"id": "MedicationRequest/1"}));
    run.until("2026-11-28T10:00");
    run.came_back("bounced");
    assert_eq!((run.asks.len(), run.closed()), (0, vec!["david@example.org bounced".to_owned()]));
}

#[test]
fn a_mail_that_comes_back_closes_its_address_whatever_its_reach_was_and_is() {
    // Not clinical, with no rung left: nothing waits for it.
    let mut run = Runner::new("2026-11-23T10:00");
    let mut mine = want("news", run.now, &[Email]);
    mine.intent.purpose = Purpose::Education;
    run.start(mine);
    run.receipt("message.accepted");
    run.came_back("bounced");
    assert_eq!((run.asks.len(), run.closed()), (0, vec!["david@example.org bounced".to_owned()]));
    // A service said that it arrived, and another rung is under way.
    let mut run = Runner::new("2026-11-23T10:00");
    run.start(want("result", run.now, &[Email, Voice]));
    run.until("2026-11-23T11:00");
    assert_eq!(run.channels(), [Email, Voice]);
    let mail = run.sent[0].id;
    run.hear("message.delivered", json!({"message": mail}));
    run.hear(
        "message.failed",
        json!({"message": mail, "channel": "email", "to": "david@example.org", "error": "bounced"}),
    );
    assert_eq!(run.closed(), ["david@example.org bounced"]);
}
