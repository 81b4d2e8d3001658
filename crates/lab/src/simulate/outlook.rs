//! What of a person's world the time to come can depend on, as a hash: people of one profile whose outlook is the
//! same at a midnight walk on together.
//!
//! Two worlds are told apart by everything but: ids (which only name), points in time of the record that are past
//! (what is asked of a medicine is whether it was picked up, not when), when somebody was last talked with, what
//! became of a medicine or a visit that every journey is done with, and what only a correction of an outcome would
//! ask for. Nothing in a simulation corrects an outcome, stops a medicine or orders one later on. That this is the
//! truth for the pathways at hand is held by a test that walks everybody alone as well.

use super::world::{Event, Seen, World};
use model::value::Kind;
use model::{At, Id};
use serde::Serialize;
use std::fmt::Write as _;

impl World<'_> {
    /// The hash of what the time to come can depend on.
    pub fn outlook(&self) -> Id {
        let line = &self.line;
        let mut text =
            Text { out: Vec::with_capacity(8_192), json: Vec::with_capacity(4_096), now: self.now.to_string() };
        let mut record = record::Record::clone(&line.record());
        record.last_contact = None;
        let outreach = line.outreach.outlook(&self.env.setup.rules, self.now);
        let mut seen = self.seen.clone();
        self.forget_what_became(&mut record, &mut seen, &outreach);
        text.add(&record);
        text.add(&outreach);
        for prompt in &line.prompts {
            text.add(prompt);
        }
        for trigger in &line.triggers {
            text.add(&(&trigger.pathway, &trigger.fact.kind, trigger.until));
        }
        let mut rest = String::with_capacity(1_024);
        // Writing to a String cannot fail.
        for event in &self.events {
            let ((at, _), event) = event;
            match event {
                super::world::Event::Looks(id) => {
                    if let Some(prompt) = line.prompts.iter().find(|p| p.id == *id) {
                        let _ = writeln!(rest, "{at} looks {} {}", prompt.name, prompt.attempt);
                    }
                }
                super::world::Event::Answers(ask, how) => {
                    let _ = writeln!(rest, "{at} answers {} {how:?}", self.ask_name(*ask));
                }
                event => {
                    let _ = writeln!(rest, "{at} {event:?}");
                }
            }
        }
        for (id, (team, at)) in &self.looks {
            if line.prompts.iter().any(|p| p.id == *id) {
                let _ = writeln!(rest, "{team} {at}");
            }
        }
        let _ = writeln!(rest, "{seen:?} {:?} {:?} {}", self.wake_at, self.stay.visit_at, self.stay.zone);
        let mut hashed: Vec<Vec<u8>> = vec![text.out, rest.into_bytes()];
        for walking in &line.journeys {
            let row = &walking.row;
            // A standing pathway answered something, and is over; that it did is nothing that what comes asks for.
            if walking.state.as_ref().is_none_or(|state| state.ended().is_some()) && self.is_standing(row.version) {
                continue;
            }
            hashed.push(format!("{} {} {:?}", row.pathway, row.episode, row.status).into_bytes());
            let reads = self.env.reads.get(&row.version);
            let state = walking.state.as_ref().zip(reads);
            hashed.push(state.map(|(state, reads)| state.outlook(reads, self.now)).unwrap_or_default());
        }
        let parts: Vec<&[u8]> = hashed.iter().map(Vec::as_slice).collect();
        Id::of(&parts)
    }

    /// Takes out what became of the medicine and the visit, once nothing to come can ask for it.
    fn forget_what_became(&self, record: &mut record::Record, seen: &mut Seen, outreach: &outreach::Outreach) {
        let begins = |p: &std::sync::Arc<pathway::Pathway>| {
            let asks = self.env.reads.get(&p.version).is_none_or(journey::Reads::asks_what_became);
            // Nobody goes home twice, so whatever begins with that has begun.
            asks && (p.enrol.on != "encounter.discharged" || p.enrol.every.is_some())
        };
        let pending = |event: &Event| !matches!(event, Event::Looks(_) | Event::Happens(_));
        let is_busy = !self.line.triggers.is_empty() || self.env.setup.in_force.iter().any(begins);
        if is_busy || self.events.values().any(|event| pending(event) && !matches!(event, Event::Visit)) {
            return;
        }
        // Words that are on their way may be filled in with what is known then.
        let under_way = serde_json::to_string(outreach).unwrap_or_default();
        let under_way = |id: &str| under_way.contains(&format!("\"{id}\""));
        let states = || {
            let walking = self.line.journeys.iter().filter_map(|w| Some((w.row.version, w.state.as_ref()?)));
            walking.map(|(version, state)| (self.env.reads.get(&version), state))
        };
        let done = |kind: Kind, id: &str| {
            states().all(|(reads, state)| reads.is_some_and(|reads| reads.is_done_with(state, kind, id)))
        };
        let says = states().any(|(reads, state)| reads.is_none_or(|reads| reads.may_say(state, is_of_medicine)))
            || self.env.setup.in_force.iter().any(|p| p.standing && p.words.iter().any(|w| is_of_medicine(&w.name)));
        let medicine = self.stay.medicine();
        if seen.picked_up && !says && done(Kind::Prescription, &medicine) && !under_way(&medicine) {
            if let Some(it) = record.prescriptions.iter_mut().find(|p| p.id == medicine) {
                (it.ready_at, it.picked_up_at) = (None, None);
                it.delivered_to_bedside = it.delivered_to_bedside.or(Some(false));
            }
            (seen.pharmacy_tells, seen.will_pick_up, seen.said_has_it) = Default::default();
        }
        if seen.visited {
            // Whether somebody comes is asked at that time.
            seen.reminded = false;
        }
        if seen.visited && !self.events.values().any(|event| matches!(event, Event::Visit)) {
            for visit in record.appointments.iter_mut() {
                if done(Kind::Appointment, &visit.id) && !under_way(&visit.id) {
                    (visit.status, visit.cancelled) = (String::new(), false);
                }
            }
        }
    }
}

/// Whether words of that name have people think of their medicine, as [`World::reads`] has it.
pub(super) fn is_of_medicine(words: &str) -> bool {
    words.contains("medicine")
}

/// JSON in a form to compare: without ids, and with one word for all that is past.
struct Text {
    out: Vec<u8>,
    /// What is written now, kept for its room.
    json: Vec<u8>,
    /// As points in time are written.
    now: String,
}

impl Text {
    fn add(&mut self, part: &impl Serialize) {
        let mut json = std::mem::take(&mut self.json);
        json.clear();
        // Plain data always serialises.
        let _ = serde_json::to_writer(&mut json, part);
        let mut rest = json.as_slice();
        while let Some(start) = rest.iter().position(|b| *b == b'"') {
            let (before, quoted) = rest.split_at(start + 1);
            self.out.extend_from_slice(before);
            let length = quoted_length(quoted);
            let text = &quoted[..length];
            self.out.extend_from_slice(match text.len() {
                26 if is_id(text) => b"id",
                20.. if is_past(text, self.now.as_bytes()) => b"past",
                _ => text,
            });
            rest = &quoted[length..];
            // The quote that ends it.
            if let Some((quote, after)) = rest.split_first() {
                self.out.push(*quote);
                rest = after;
            }
        }
        self.out.extend_from_slice(rest);
        self.out.push(b'\n');
        self.json = json;
    }
}

/// How long the text is that a quote began, up to the quote that ends it.
fn quoted_length(text: &[u8]) -> usize {
    let mut at = 0;
    while at < text.len() && text[at] != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    at.min(text.len())
}

/// Whether it looks as ids are written; no other text of a line is as long, without a gap and in this alphabet.
fn is_id(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<Id>().is_ok())
}

/// Whether it is a point in time before `now`, both as they are written: `2026-11-24T10:00:00Z`, or with a fraction.
fn is_past(text: &[u8], now: &[u8]) -> bool {
    let looks = text.ends_with(b"Z") && text[4] == b'-' && text[10] == b'T' && now.len() >= 20;
    if !looks || text[..19] != now[..19] {
        return looks && text[..19] < now[..19];
    }
    let read = |text: &[u8]| At::read(std::str::from_utf8(text).ok()?, &jiff::tz::TimeZone::UTC);
    read(text).zip(read(now)).is_some_and(|(at, now)| at < now)
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn ids_and_what_is_past_read_alike_and_all_else_as_it_is() {
        let now = "2026-09-24T04:00:00Z";
        let plain = |json: serde_json::Value| {
            let mut text = Text { out: Vec::new(), json: Vec::new(), now: now.to_owned() };
            text.add(&json);
            String::from_utf8(text.out).unwrap_or_default()
        };
        let id = model::Id::of(&[b"x"]).to_string();
        let json = serde_json::json!([
            id,
            "2026-09-24T03:59:59.999Z",
            "2026-09-24T04:00:00Z",
            "2026-09-24T04:00:00.5Z",
            "a \"quote\" and a \\",
            "2026-10-01T00:00:00Z",
            "1999-01-01T00:00:00Z",
            5,
            null,
            ""
        ]);
        let expected = "[\"id\",\"past\",\"2026-09-24T04:00:00Z\",\"2026-09-24T04:00:00.5Z\",\
            \"a \\\"quote\\\" and a \\\\\",\"2026-10-01T00:00:00Z\",\"past\",5,null,\"\"]\n";
        assert_eq!(plain(json), expected);
    }
}
