//! Ladders, receipts, STOP, withdrawal: what outreach does with a whole reach.

use crate::common::{Runner, at, until, want};
use model::Channel::{self, Email, Portal, Sms, Voice, Voicemail};
use model::message::Content;
use model::person::Need;
use model::time::HOUR_MS;
use model::value::Kind;
use model::{JourneyId, Purpose};
use serde_json::json;
use throughline_outreach::Which;

#[test]
fn nobody_answers_then_a_voicemail_then_a_nurse() {
    let mut run = Runner::new("2026-11-23T10:00");
    run.start(want("medicine_waiting", run.now, &[Voice, Voicemail, Sms]));
    assert_eq!(run.channels(), [Voice]);
    run.call_ended(false, &[]);
    assert_eq!(run.channels(), [Voice, Voicemail], "at once");
    assert!(matches!(run.sent[1].content, Content::Voicemail { .. }));
    run.receipt("message.failed");
    assert_eq!(run.channels(), [Voice, Voicemail, Sms]);
    run.receipt("message.accepted");
    assert!(run.ended().is_empty(), "accepted is not delivered");
    run.until("2026-11-23T12:00");
    assert_eq!(run.ended(), ["medicine_waiting exhausted"]);
    assert_eq!(run.asked(), ["unreachable"]);
    let ask = &run.asks[0];
    assert_eq!(ask.team, "surgical_nurses");
    assert_eq!(ask.title, "Call David: automated messages did not reach them");
    assert!(
        ask.reason.contains("an automated call (nobody answered), a voicemail (failed), a text (no receipt)"),
        "{}",
        ask.reason
    );
    assert!(ask.reason.contains("medicine_waiting by sms in en"), "what was to be said: {}", ask.reason);
    let mut ids: Vec<_> = run.sent.iter().map(|m| m.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 3, "each attempt has its own id");
}

#[test]
fn a_call_counts_when_the_person_says_who_they_are() {
    let mut run = Runner::new("2026-11-23T10:00");
    run.start(want("ready", run.now, &[Voice, Sms]));
    run.receipt("message.delivered");
    assert!(run.ended().is_empty(), "answered is not identified");
    run.call_ended(true, &["identified", "callback"]);
    assert_eq!(run.ended(), ["ready delivered"]);
    assert_eq!(run.asked(), ["callback"]);
    assert_eq!(run.asks[0].title, "Call David back");
    assert_eq!(run.state.next_due(), None);

    run.start(want("second", run.now, &[Voice, Sms]));
    run.call_ended(true, &[]);
    assert_eq!(run.channels(), [Voice, Voice, Sms], "someone answered, but not David");
}

#[test]
fn keys_2_and_9_act_at_once() {
    let mut run = Runner::new("2026-11-23T10:00");
    run.start(want("wrong", run.now, &[Voice, Sms, Email]));
    run.call_ended(true, &["wrong_number"]);
    assert_eq!(run.channels(), [Voice, Email], "no text to a wrong number, though the record has not heard yet");
    let disabled = run.told.iter().find(|f| f.kind == "contact.disabled").expect("told");
    assert_eq!(disabled.body, json!({"value": "+15550100", "status": "wrong", "by": "key 2"}));

    let mut run = Runner::new("2026-11-23T10:00");
    run.start(want("opted_out", run.now, &[Voice, Voicemail, Sms, Portal]));
    run.call_ended(true, &["opt_out"]);
    assert_eq!(run.channels(), [Voice, Portal]);
    let refused = run.told.iter().filter(|f| f.kind == "consent.changed").filter_map(|f| f.text("channel"));
    assert_eq!(refused.collect::<Vec<_>>(), ["sms", "voice", "voicemail"]);
}

#[test]
fn what_is_pressed_while_a_call_goes_on_acts_at_once_and_once() {
    let mut run = Runner::new("2026-11-23T10:00");
    run.start(want("ready", run.now, &[Voice, Sms]));
    for _ in 0..2 {
        run.call_heard(&["identified"]);
        assert_eq!(run.ended(), ["ready delivered"], "a mark that is told twice acts once");
    }
    run.call_heard(&["answer:pain=9"]);
    let answers = run.told.iter().find(|f| f.kind == "answers.received").expect("told at once");
    assert_eq!((&answers.body["answers"], answers.body["reach"].is_string()), (&json!({"pain": 9}), true));
    run.call_heard(&["callback"]);
    assert_eq!((run.asked(), run.asks[0].title.as_str()), (vec!["callback"], "Call David back"));
    run.call_ended(true, &[]);
    assert_eq!(
        (run.ended(), run.channels()),
        (vec!["ready delivered".to_owned()], vec![Voice]),
        "its end undoes nothing"
    );
    assert!(run.state.under_way().is_empty());

    // The end that is never told: after an hour nothing waits for it any more.
    run.start(want("second", run.now, &[Voice, Sms]));
    run.call_heard(&["identified"]);
    let before = run.state.encode().len();
    run.now = run.now.plus_ms(2 * model::time::HOUR_MS);
    run.tick();
    assert!(run.state.encode().len() < before && run.channels() == [Voice, Voice]);

    // 9, and nothing more is heard of the call.
    let mut run = Runner::new("2026-11-23T10:00");
    run.start(want("opted_out", run.now, &[Voice, Sms, Portal]));
    run.call_heard(&["opt_out"]);
    let refused = run.told.iter().filter(|f| f.kind == "consent.changed").filter_map(|f| f.text("channel"));
    assert_eq!(refused.collect::<Vec<_>>(), ["sms", "voice", "voicemail"]);
    run.call_ended(false, &[]);
    assert_eq!(run.channels(), [Voice, Portal]);
    // 2, told twice.
    let mut run = Runner::new("2026-11-23T10:00");
    run.start(want("wrong", run.now, &[Voice, Sms, Email]));
    run.call_heard(&["wrong_number"]);
    run.call_heard(&["wrong_number"]);
    assert_eq!(run.told.iter().filter(|f| f.kind == "contact.disabled").count(), 1);
    assert_eq!(run.channels(), [Voice], "the call goes on");
    run.call_ended(true, &[]);
    assert_eq!(run.channels(), [Voice, Email]);
}

#[test]
fn whoever_asks_for_a_nurse_in_a_call_that_is_about_nothing_any_more_is_called_back() {
    let mut run = Runner::new("2026-11-23T10:00");
    let message = model::MessageId::of(&[b"of a reach that is gone"]);
    run.hear("call.heard", json!({"message": message, "to": "+15550100", "marks": ["callback", "wrong_number"]}));
    let rang = run.told.iter().find(|f| f.kind == "call.received").expect("told to the turn, which asks a team");
    assert_eq!(rang.text("wants"), Some("callback"));
    assert_eq!(run.told.iter().filter(|f| f.kind == "contact.disabled").count(), 1);
}

#[test]
fn what_was_tried_lately_is_told_in_words() {
    let mut run = Runner::new("2026-11-23T10:00");
    assert_eq!(run.state.lately(run.now, &crate::common::new_york()), "");
    run.start(want("medicine_ready", run.now, &[Voice, Sms]));
    run.call_ended(false, &[]);
    run.receipt("message.accepted");
    run.now = run.now.plus_ms(model::time::DAY_MS);
    let told = run.state.lately(run.now, &crate::common::new_york());
    assert_eq!(
        told,
        "a text on Mon 23 Nov at 10:00 about “medicine ready” (no receipt); an automated call on Mon 23 Nov at 10:00 about \
         “medicine ready” (nobody answered)"
    );
    run.now = run.now.plus_ms(3 * model::time::DAY_MS);
    assert_eq!(run.state.lately(run.now, &crate::common::new_york()), "", "what is long ago is not lately");
}

#[test]
fn what_is_pressed_on_a_call_that_is_over_is_heard() {
    let mut run = Runner::new("2026-11-23T10:00");
    let message = model::MessageId::of(&[b"of a reach that is gone"]);
    run.hear("call.ended", json!({"message": message, "answered": true, "marks": ["opt_out", "answer:pain=9"]}));
    let refused = run.told.iter().filter(|f| f.kind == "consent.changed").filter_map(|f| f.text("channel"));
    assert_eq!(refused.collect::<Vec<_>>(), ["sms", "voice", "voicemail"], "no is no all the same");
    let answers = run.told.iter().find(|f| f.kind == "answers.received").expect("a person reads what was pressed");
    assert_eq!(answers.body["answers"], json!({"pain": 9}));
}

#[test]
fn a_mail_counts_when_accepted_and_goes_on_when_it_comes_back() {
    let mut run = Runner::new("2026-11-23T10:00");
    run.start(want("checklist", run.now, &[Email, Portal]));
    run.receipt("message.accepted");
    assert_eq!(run.ended(), ["checklist delivered"]);
    assert_eq!(run.state.next_due(), None);
    run.receipt("message.failed");
    assert_eq!(run.channels(), [Email, Portal]);
    run.receipt("message.accepted");
    assert_eq!(run.ended(), ["checklist delivered", "checklist delivered"]);
    assert!(run.asks.is_empty() && run.codes.contains(&"bounced".to_owned()));
}

#[test]
fn an_unknown_attempt_is_never_repeated_on_its_channel() {
    let mut run = Runner::new("2026-11-23T10:00");
    run.start(want("care", run.now, &[Sms, Voice, Sms, Email]));
    run.receipt("message.unknown");
    assert_eq!(run.channels(), [Sms], "the rung keeps its time");
    run.until("2026-11-23T11:00");
    run.call_ended(false, &[]);
    assert_eq!(run.channels(), [Sms, Voice, Email], "not by text again");

    let mut run = Runner::new("2026-11-23T10:00");
    let mut reminder = want("reminder", run.now, &[Sms, Email]);
    reminder.intent.purpose = Purpose::Reminder;
    run.start(reminder);
    run.receipt("message.unknown");
    run.until("2026-11-23T20:00");
    assert_eq!(run.channels(), [Sms], "a reminder may have been said: it is not said twice");
    assert_eq!(run.ended(), ["reminder exhausted"]);
    assert!(run.asks.is_empty());
}

#[test]
fn what_nobody_can_find_out_is_said_once_more_and_says_so_only_where_that_is_allowed() {
    let mut run = Runner::new("2026-11-23T10:00");
    run.start(want("care", run.now, &[Sms, Email]));
    run.receipt("message.unknown");
    let first = run.sent[0].id;
    run.receipt("message.unsettled");
    assert_eq!((run.channels(), run.sent[1].again), (vec![Sms, Sms], Some(first)));
    assert_ne!(run.sent[1].id, first, "a message of its own");
    let Content::Sms { text } = &run.sent[1].content else { panic!("a text") };
    assert_eq!(text, "We may have sent you this before. care by sms in en");
    assert!(run.codes.contains(&"say_again".to_owned()));
    // That one is unknown too: it is not said a third time.
    run.receipt("message.unknown");
    run.receipt("message.unsettled");
    assert_eq!(run.channels(), [Sms, Sms]);
    run.until("2026-11-23T12:00");
    assert_eq!(run.channels(), [Sms, Sms, Email], "the ladder goes on");
    assert_eq!(run.sent[2].again, None);

    let mut run = Runner::new("2026-11-23T10:00");
    let mut reminder = want("reminder", run.now, &[Sms]);
    reminder.intent.purpose = Purpose::Reminder;
    run.start(reminder);
    run.receipt("message.unknown");
    run.receipt("message.unsettled");
    assert_eq!(run.channels(), [Sms]);
    assert!(run.codes.contains(&"unsettled".to_owned()));
}

#[test]
fn what_was_to_be_said_again_and_turns_out_to_have_left_is_not() {
    // Nobody finds out until it is night; it is held, and then the report comes after all.
    for (kind, held) in [("message.accepted", false), ("message.delivered", false), ("message.read", false)] {
        let mut run = Runner::new("2026-11-23T20:50");
        run.start(want("care", run.now, &[Sms]));
        run.receipt("message.unknown");
        run.until("2026-11-23T21:10");
        run.receipt("message.unsettled");
        assert_eq!(run.channels(), [Sms], "held for the night");
        run.receipt(kind);
        run.until("2026-11-24T12:00");
        assert_eq!(run.channels().len() > 1, held, "{kind}");
    }
}

#[test]
fn a_report_before_the_answer_is_not_taken_back_by_it() {
    for kinds in [["message.delivered", "message.unknown"], ["message.accepted", "message.unknown"]] {
        let mut run = Runner::new("2026-11-23T10:00");
        run.start(want("care", run.now, &[Sms, Email]));
        for kind in kinds {
            run.receipt(kind);
        }
        assert!(!run.codes.contains(&"maybe_sent".to_owned()), "{kinds:?}");
        run.receipt("message.unsettled");
        assert_eq!(run.channels(), [Sms], "nothing is said again");
    }
}

#[test]
fn quiet_hours_hold_and_past_validity_the_next_way_is_taken() {
    let mut run = Runner::new("2026-11-23T22:00");
    run.start(want("held", run.now, &[Sms, Email]));
    assert!(run.sent.is_empty());
    assert_eq!(run.state.next_due(), Some(at("2026-11-24T08:00")));
    run.until("2026-11-24T08:00");
    assert_eq!(run.sent[0].created_at, at("2026-11-24T08:00"));

    let mut run = Runner::new("2026-11-23T22:00");
    let mut short = want("short", run.now, &[Sms, Email]);
    short.intent.valid_until = at("2026-11-24T07:00");
    run.start(short.clone());
    assert_eq!(run.channels(), [Email], "mail does not ring");
    short.intent.by = vec![(Sms, HOUR_MS)];
    short.intent.id = model::EffectId::of(&[b"other"]);
    run.start(short);
    assert_eq!(run.ended(), ["short expired"]);
    assert_eq!(run.asked(), ["refused"], "care does not vanish");
}

#[test]
fn what_still_waits_when_quiet_hours_begin_is_taken_back_and_held_until_they_end() {
    for channel in [Sms, Voice, Voicemail] {
        let mut run = Runner::new("2026-11-23T20:50");
        run.start(want("late", run.now, &[channel]));
        assert_eq!(run.channels(), [channel], "the time is good");
        run.now = at("2026-11-23T21:05");
        run.tick();
        assert_eq!(run.withdrawn, [run.sent[0].id], "the outbox was slow: nobody's telephone rings at 21:05");
        assert_eq!(run.state.next_due(), Some(at("2026-11-24T08:00")));
        run.tick();
        assert_eq!(run.withdrawn.len(), 1, "once");
        run.until("2026-11-24T08:00");
        let times: Vec<_> = run.sent.iter().map(|m| m.created_at).collect();
        assert_eq!(times, [at("2026-11-23T20:50"), at("2026-11-24T08:00")]);
        assert_ne!(run.sent[0].id, run.sent[1].id);
    }
    // What does not ring, what is urgent, and what has left are not touched.
    for (channel, urgent, left) in [(Email, false, false), (Sms, true, false), (Sms, false, true)] {
        let mut run = Runner::new("2026-11-23T20:50");
        let mut it = want("late", run.now, &[channel]);
        it.intent.urgent = urgent;
        run.start(it);
        if left {
            run.receipt("message.accepted");
        }
        run.now = at("2026-11-23T21:05");
        run.tick();
        assert!(run.withdrawn.is_empty() && run.sent.len() == 1, "{channel:?} urgent={urgent} left={left}");
    }
}

#[test]
fn what_was_taken_back_too_late_is_not_said_again_in_the_morning() {
    let mut run = Runner::new("2026-11-23T20:50");
    run.start(want("late", run.now, &[Sms, Email]));
    run.now = at("2026-11-23T21:05");
    run.tick();
    run.receipt("message.accepted");
    run.until("2026-11-24T12:00");
    assert_eq!(run.channels(), [Sms, Email], "the rung keeps its time, then the next way");
}

#[test]
fn what_waits_into_quiet_hours_and_is_useless_after_them_goes_another_way() {
    let mut run = Runner::new("2026-11-23T20:50");
    let mut short = want("short", run.now, &[Sms, Email]);
    short.intent.valid_until = at("2026-11-24T08:00");
    run.start(short);
    run.now = at("2026-11-23T21:05");
    run.tick();
    assert_eq!(run.channels(), [Sms, Email], "at 08:00 sharp its validity is over");
    assert_eq!(run.withdrawn, [run.sent[0].id]);
}

#[test]
fn the_night_that_clocks_change_keeps_eight_o_clock() {
    for night in ["2026-10-31T22:00", "2027-03-13T22:00"] {
        let mut run = Runner::new(night);
        run.start(want("held", run.now, &[Sms]));
        run.until_at(run.now.plus_ms(12 * HOUR_MS));
        assert!(run.sent[0].created_at.time_in(&crate::common::new_york()) == jiff::civil::time(8, 0, 0, 0), "{night}");
    }
}

#[test]
fn an_unknown_zone_waits_for_an_hour_that_suits_each() {
    let mut run = Runner::new("2026-11-23T09:00");
    run.zones.push(model::time::zone("America/Los_Angeles").expect("bundled"));
    run.start(want("held", run.now, &[Sms]));
    run.until("2026-11-23T23:00");
    assert_eq!(run.sent[0].created_at, at("2026-11-23T11:00"));
}

#[test]
fn a_language_that_is_not_spoken_goes_to_a_person() {
    let mut run = Runner::new("2026-11-23T10:00");
    run.record.language = Some("pl-PL".into());
    run.start(want("ready", run.now, &[Sms]));
    assert!(run.sent.is_empty());
    assert_eq!(run.ended(), ["ready refused"]);
    assert_eq!((run.asked(), run.asks[0].title.as_str()), (vec!["language"], "Call David with a Polish interpreter"));
    for day in 0..5 {
        let mut reminder = want(&format!("reminder {day}"), run.now, &[Sms]);
        reminder.intent.purpose = Purpose::Reminder;
        run.start(reminder);
    }
    assert_eq!(run.asks.len(), 1, "once for each journey, unless it is care");
    run.start(want("stitches", run.now, &[Sms]));
    assert_eq!(run.asks.len(), 2);
    run.record.language = Some("es".into());
    run.start(want("spanish", run.now, &[Sms]));
    assert_eq!(run.sent[0].language, "es");
}

#[test]
fn stop_ends_what_rings_at_once_and_is_confirmed_once() {
    let mut run = Runner::new("2026-11-23T10:00");
    run.start(want("pending", run.now, &[Sms, Voice, Email]));
    run.start(want("only_calls", run.now, &[Voice, Voicemail]));
    let mut held = want("held", run.now, &[Sms]);
    held.intent.purpose = Purpose::Reminder;
    run.record.preferences.quiet = Some((9 * 60, 11 * 60));
    run.start(held);
    run.hear("reply.classified", json!({"class": "stop", "text": "STOP", "channel": "sms", "from": "+15550100"}));
    assert_eq!(run.withdrawn, [run.sent[0].id, run.sent[1].id]);
    assert_eq!(run.channels(), [Sms, Voice, Email], "what must still be said goes by mail");
    assert_eq!(run.asked(), ["nothing_left"]);
    assert!(run.asks[0].reason.contains("they said STOP"), "{}", run.asks[0].reason);
    assert_eq!(run.ended(), ["only_calls refused", "held refused"]);
    for _ in 0..2 {
        let mut confirm = want(&format!("stopped {}", run.told.len()), run.now, &[Sms]);
        confirm.confirms_stop = true;
        confirm.reply_on = Some(Sms);
        run.start(confirm);
    }
    assert_eq!(run.channels(), [Sms, Voice, Email, Sms], "one confirmation");
    run.start(want("later", run.now, &[Sms, Voice, Voicemail]));
    assert_eq!(run.channels().len(), 4);
    assert_eq!(run.asked(), ["nothing_left", "nothing_left"]);
    run.hear("reply.classified", json!({"class": "start", "text": "START"}));
    run.record.preferences.quiet = None;
    run.start(want("again", run.now, &[Sms]));
    assert_eq!(run.channels().last(), Some(&Sms));
}

#[test]
fn what_has_become_pointless_is_withdrawn() {
    let mut run = Runner::new("2026-11-23T10:00");
    let mut waiting = want("waiting", run.now, &[Voice, Sms]);
    waiting.intent.until = until("medication.picked_up", "MedicationRequest/1");
    run.start(waiting);
    run.hear("medication.picked_up", json!({"id": "MedicationRequest/2"}));
    assert!(run.withdrawn.is_empty(), "another medicine");
    run.hear("medication.picked_up", json!({"id": "MedicationRequest/1"}));
    assert_eq!(run.withdrawn, [run.sent[0].id]);
    assert_eq!(run.ended(), ["waiting pointless"]);
    run.until("2026-11-25T10:00");
    assert_eq!(run.sent.len(), 1);
}

#[test]
fn a_task_is_known_until_it_is_done() {
    let mut run = Runner::new("2026-11-23T10:00");
    let mut remind = want("remind", run.now, &[Sms]);
    remind.intent.bindings = vec![("task".into(), Kind::Task, "ice@2026-11-23#0".into())];
    run.start(remind);
    assert_eq!(run.state.task_asked().as_deref(), Some("ice@2026-11-23#0"));
    run.hear("task.done", json!({"task": "ice@2026-11-23#0"}));
    assert_eq!(run.state.task_asked(), None);
}

#[test]
fn after_a_death_nothing_leaves() {
    let mut run = Runner::new("2026-11-23T22:00");
    run.start(want("held", run.now, &[Sms]));
    run.start(want("mail", run.now, &[Email]));
    run.hear("person.died", json!({"at": run.now}));
    assert_eq!(run.withdrawn, [run.sent[0].id]);
    run.start(want("after", run.now, &[Email]));
    let mut urgent = want("urgent", run.now, &[Sms]);
    urgent.intent.urgent = true;
    run.start(urgent);
    run.until("2026-11-30T10:00");
    assert_eq!(run.sent.len(), 1);
    assert!(run.asks.is_empty(), "nobody is asked to call");
    assert_eq!(run.ended().len(), 4);
    assert_eq!(run.state.next_due(), None);
}

#[test]
fn in_hospital_only_what_is_urgent() {
    let mut run = Runner::new("2026-11-23T10:00");
    run.record.inpatient = Some("Encounter/2".into());
    run.start(want("care", run.now, &[Sms]));
    let mut reminder = want("reminder", run.now, &[Sms]);
    reminder.intent.purpose = Purpose::Reminder;
    run.start(reminder);
    assert_eq!((run.sent.len(), run.asked()), (0, vec!["refused"]));
    let mut urgent = want("urgent", run.now, &[Sms]);
    urgent.intent.urgent = true;
    run.start(urgent);
    assert_eq!(run.channels(), [Sms]);
}

#[test]
fn what_is_not_possible_is_skipped_with_its_reason() {
    let mut run = Runner::new("2026-11-23T10:00");
    run.record.needs = vec![Need::Deaf];
    run.start(want("no_sms", run.now, &[Voice, Voicemail, Sms, Email]));
    assert_eq!(run.channels(), [Email]);
    assert_eq!(run.codes, ["deaf", "deaf", "no_words", "chosen"]);
    run.record.contacts.clear();
    run.start(want("nowhere", run.now, &[Sms, Email]));
    assert_eq!(run.asked(), ["nothing_left"]);
}

#[test]
fn a_correction_takes_back_what_waits_and_lists_what_left() {
    let mut run = Runner::new("2026-11-23T10:00");
    let caused = |name: &str, by: &[Channel]| {
        let mut it = want(name, at("2026-11-23T10:00"), by);
        it.intent.cause = Some("outcome-1".into());
        it
    };
    run.start(caused("mail", &[Email]));
    run.receipt("message.accepted");
    let mail = run.sent[0].id;
    run.start(caused("call", &[Voice]));
    run.call_ended(true, &["identified"]);
    let call = run.sent[1].id;
    run.start(caused("text", &[Sms]));
    let text = run.sent[2].id;
    run.record.preferences.quiet = Some((9 * 60, 11 * 60));
    run.start(caused("held", &[Sms]));
    run.start(want("another", run.now, &[Email]));
    run.withdraw(&Which::Cause("outcome-1"));
    assert_eq!(run.withdrawn, [text]);
    let undone = run.told.last().expect("told");
    assert_eq!(undone.kind, "outcome.undone");
    let reach = model::EffectId::of(&[b"held"]);
    let withdrawn = json!([
        {"message": text, "words": "text", "channel": "sms"},
        {"reach": reach, "words": "held", "channel": "sms"},
    ]);
    let left = json!([
        {"message": mail, "words": "mail", "channel": "email"},
        {"message": call, "words": "call", "channel": "voice"},
    ]);
    assert_eq!(undone.body, json!({"of": "outcome-1", "withdrawn": withdrawn, "left": left}));
    run.withdraw(&Which::Journey(JourneyId::of(&[b"journey"])));
    assert_eq!(run.ended().last().map(String::as_str), Some("another withdrawn"));
    assert_eq!(run.withdrawn.len(), 2);
}

#[test]
fn caps_move_to_the_next_day_and_care_goes_first_then() {
    let mut run = Runner::new("2026-11-23T09:00");
    for i in 0..12 {
        let mut reminder = want(&format!("reminder {i}"), run.now, &[Sms]);
        reminder.intent.purpose = Purpose::Reminder;
        run.start(reminder);
    }
    assert_eq!(run.sent.len(), 8, "two places are kept for care");
    for i in 0..3 {
        run.start(want(&format!("care {i}"), run.now, &[Sms]));
    }
    assert_eq!(run.sent.len(), 10);
    assert_eq!(run.state.next_due(), Some(at("2026-11-23T10:00")), "the rungs' time; the rest waits for morning");
    run.until("2026-11-24T08:00");
    assert_eq!(run.sent.len(), 15);
    assert_eq!(run.sent[10].words, "care 2", "care goes before the reminders that waited");
    assert!(run.ended().iter().filter(|e| e.contains("reminder 8")).count() == 0);

    let mut run = Runner::new("2026-11-23T09:00");
    for i in 0..12 {
        let mut care = want(&format!("care {i}"), run.now, &[Sms]);
        care.intent.valid_until = at("2026-11-23T20:00");
        if i == 11 {
            care.intent.purpose = Purpose::Reminder;
        }
        run.start(care);
    }
    assert_eq!(run.ended(), ["care 10 refused", "care 11 refused"]);
    assert_eq!(run.asked(), ["refused"]);
}

#[test]
fn too_much_under_way_is_asked_of_the_team() {
    let mut run = Runner::new("2026-11-23T22:00");
    for i in 0..70 {
        let mut reminder = want(&format!("reminder {i}"), run.now, &[Sms]);
        reminder.intent.purpose = Purpose::Reminder;
        run.start(reminder);
    }
    assert_eq!(run.asks.len(), 6, "64 are held, the rest is asked");
    run.start(want("reminder 3", run.now, &[Sms]));
    assert_eq!(run.asks.len(), 6, "the same effect again is the same reach");
}

#[test]
fn an_agreement_that_is_taken_back_stops_what_waits_in_the_outbox() {
    let agrees = |run: &mut Runner, allowed| {
        let (since, basis) = (run.now, String::from("said so"));
        let channel = Some(Sms);
        run.record.consents.push(model::person::Consent { purpose: None, channel, allowed, since, basis });
    };
    let mut run = Runner::new("2026-11-23T10:00");
    agrees(&mut run, true);
    run.start(want("health_result", run.now, &[Sms]));
    assert_eq!(run.channels(), [Sms]);
    // The agreement of this very purpose is taken back; to be written to of other things is not.
    run.record.consents.clear();
    run.hear("consent.changed", json!({"channel": "sms", "purpose": "care", "allowed": true}));
    assert_eq!(run.withdrawn, [run.sent[0].id], "it has not left, and does not");
    assert_eq!(run.asked(), ["nothing_left"], "a person tells it");
    assert_eq!(run.asks[0].title, "Call David: no automated way is left");
}

/// A related person who may be told of all, after the person's own ways.
fn granted(run: &mut Runner) {
    run.record.ways.grants = vec![record::ways::Grant {
        id: "g1".into(),
        name: "Ana Reyes".into(),
        relation: "mother".into(),
        contacts: vec!["+12125550144".into()],
        scope: vec![record::ways::Scope::All],
        from: run.now,
        until: run.now.plus_ms(30 * model::time::DAY_MS),
        by: "nora".into(),
        language: String::new(),
        ended: None,
    }];
}

#[test]
fn what_is_not_known_of_a_text_to_the_person_is_nothing_about_a_related_person() {
    let mut run = Runner::new("2026-11-23T10:00");
    granted(&mut run);
    run.start(want("care", run.now, &[Sms]));
    run.receipt("message.unknown");
    run.until("2026-11-23T12:00");
    assert_eq!(run.channels(), [Sms, Sms], "she is told");
    assert_eq!((run.sent[1].to.as_str(), run.sent[1].again), ("+12125550144", None));

    // What is said once more is unknown too; her first text is her first.
    let mut run = Runner::new("2026-11-23T10:00");
    granted(&mut run);
    run.start(want("care", run.now, &[Sms]));
    run.receipt("message.unknown");
    run.receipt("message.unsettled");
    assert_eq!(run.sent[1].again, Some(run.sent[0].id));
    run.until("2026-11-23T12:00");
    assert_eq!((run.sent[2].to.as_str(), run.sent[2].again), ("+12125550144", None));
    let Content::Sms { text } = &run.sent[2].content else { panic!("a text") };
    assert!(!text.contains("before"), "{text}");
}

#[test]
fn key_9_at_a_related_persons_closes_their_number_alone() {
    let mut run = Runner::new("2026-11-23T10:00");
    granted(&mut run);
    run.record.ways.proxy_first = Some((run.now, true));
    run.start(want("care", run.now, &[Voice]));
    assert_eq!(run.sent[0].to, "+12125550144");
    let id = run.sent[0].id;
    run.hear("call.ended", json!({"message": id, "proxy": true, "answered": true, "marks": ["opt_out"]}));
    let told: Vec<_> = run.told.iter().map(|f| (f.kind.as_str(), f.text("value"), f.text("status"))).collect();
    assert_eq!(told, [("contact.disabled", Some("+12125550144"), Some("ended"))]);
    assert_eq!(run.sent[1].to, "+15550100", "the person is called as before");
}
