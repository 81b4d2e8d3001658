//! Nobody is told the same words twice: by whatever journey, within the hours of `rules/caps.yaml`.

use crate::common::{Runner, want};
use model::Channel::{self, Email, Sms, Voice};
use model::{EffectId, JourneyId};
use throughline_outreach::{Want, Which};

/// A want of another journey that says the same as `name`.
fn same_words(name: &str, n: usize, run: &Runner, by: &[Channel]) -> Want {
    let mut again = want(name, run.now, by);
    again.intent.id = EffectId::of(&[name.as_bytes(), &n.to_be_bytes()]);
    again.journey = Some(JourneyId::of(&[b"journey", &n.to_be_bytes()]));
    again
}

#[test]
fn the_same_words_are_not_said_again_within_hours_whatever_says_them() {
    let mut run = Runner::new("2026-11-23T09:00");
    run.start(want("visit", run.now, &[Sms, Email]));
    // It waits in the outbox, where it may be taken back: so does the next.
    run.start(same_words("visit", 1, &run, &[Sms, Email]));
    assert_eq!((run.sent.len(), run.ended().len()), (1, 0));
    run.receipt("message.accepted");
    run.receipt("message.delivered");
    run.until("2026-11-23T09:10");
    assert_eq!(run.ended(), ["visit delivered", "visit pointless"]);
    for n in 2..12 {
        run.until(&format!("2026-11-23T{:02}:{:02}", 9 + n / 4, n % 4 * 15));
        run.start(same_words("visit", n, &run, &[Sms, Email]));
    }
    assert_eq!(run.sent.len(), 1, "{:?}", run.ended());
    assert!(run.asks.is_empty(), "they were told: nobody is asked");
    assert!(run.codes.iter().any(|c| c == "said_already"));
    // Other words, another way and the same words hours later are said.
    run.start(want("other", run.now, &[Sms]));
    run.start(same_words("visit", 20, &run, &[Email]));
    assert_eq!(run.sent.len(), 3);
    run.until("2026-11-23T13:00");
    run.start(same_words("visit", 21, &run, &[Sms]));
    assert_eq!(run.sent.len(), 4);
}

#[test]
fn words_that_did_not_arrive_were_not_said() {
    for (kind, sent) in [("message.failed", 2), ("message.expired", 2), ("message.unknown", 1), ("message.accepted", 1)]
    {
        let mut run = Runner::new("2026-11-23T09:00");
        run.start(want("visit", run.now, &[Sms]));
        run.receipt(kind);
        run.start(same_words("visit", 1, &run, &[Sms]));
        assert_eq!(run.sent.len(), sent, "{kind}");
    }
    // What is taken back frees what waits for it.
    let mut run = Runner::new("2026-11-23T09:00");
    run.start(want("visit", run.now, &[Sms]));
    run.start(same_words("visit", 1, &run, &[Sms]));
    assert_eq!(run.sent.len(), 1);
    let first = run.sent[0].reach;
    run.withdraw(&Which::Effects(&[first]));
    run.until("2026-11-23T09:10");
    assert_eq!(run.sent.len(), 2, "{:?}", run.ended());
}

#[test]
fn who_says_the_same_waits_until_the_first_arrived_and_goes_on_if_it_did_not() {
    for fails in [true, false] {
        let mut run = Runner::new("2026-11-23T09:00");
        run.start(want("visit", run.now, &[Sms]));
        run.receipt("message.accepted");
        run.start(same_words("visit", 1, &run, &[Sms]));
        assert_eq!((run.sent.len(), run.ended().len()), (1, 0), "a provider has it: nobody was told yet");
        let first = run.sent[0].reach;
        match fails {
            true => run.receipt("message.failed"),
            // Its journey is over: nobody will hear that it failed.
            false => run.withdraw(&Which::Effects(&[first])),
        }
        run.until("2026-11-23T09:10");
        assert_eq!(run.sent.len(), 2, "{fails}: {:?}", run.ended());
    }
}

#[test]
fn words_at_a_number_that_was_wrong_are_said_at_the_right_one() {
    let mut run = Runner::new("2026-11-23T09:00");
    run.start(want("visit", run.now, &[Sms]));
    run.receipt("message.accepted");
    run.receipt("message.delivered");
    let stranger = run.sent[0].to.clone();
    run.record.contacts = vec![crate::common::point(model::person::PointKind::Phone, "+15550177")];
    run.start(same_words("visit", 1, &run, &[Sms]));
    assert_eq!(run.sent.len(), 2, "{:?}", run.ended());
    assert_ne!(run.sent[1].to, stranger);
}

#[test]
fn a_call_that_nobody_took_is_made_again_and_urgent_words_are_said_in_any_case() {
    let mut run = Runner::new("2026-11-23T09:00");
    run.start(want("visit", run.now, &[Voice, Voice]));
    run.call_ended(false, &[]);
    assert_eq!(run.sent.len(), 2, "its own reach says it again");
    run.call_ended(false, &[]);
    run.start(same_words("visit", 1, &run, &[Voice]));
    assert_eq!(run.sent.len(), 3, "and so does another: nobody heard it");
    run.call_ended(true, &["identified"]);
    run.start(same_words("visit", 2, &run, &[Voice]));
    assert_eq!(run.sent.len(), 3);
    for n in 3..5 {
        let mut urgent = same_words("visit", n, &run, &[Voice]);
        urgent.intent.urgent = true;
        run.start(urgent);
        run.call_ended(true, &["identified"]);
    }
    assert_eq!(run.sent.len(), 5);
    let mut answer = same_words("visit", 5, &run, &[Sms]);
    answer.reply_on = Some(Sms);
    run.start(answer.clone());
    answer.intent.id = EffectId::of(&[b"again"]);
    run.start(answer);
    assert_eq!(run.sent.len(), 7, "asked for twice, answered twice");
}
