//! What of a person's world the time to come can depend on, as a hash: people of one profile whose outlook is the
//! same at a midnight walk on together.
//!
//! Two worlds are told apart by everything but: ids (which only name), points in time of the record that are past
//! (what is asked of a medicine is whether it was picked up, not when), when somebody was last talked with, and
//! what only a correction of an outcome would ask for. Nothing in a simulation corrects an outcome. That this is
//! the truth for the pathways at hand is held by a test that walks everybody alone as well.

use super::world::World;
use model::{At, Id};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

impl World<'_> {
    /// The hash of what the time to come can depend on.
    pub fn outlook(&self) -> Id {
        let line = &self.line;
        let mut record = serde_json::to_value(turn::known(line)).unwrap_or_default();
        if let Some(fields) = record.as_object_mut() {
            fields.remove("last_contact");
        }
        let mut parts = vec![record, line.outreach.outlook(&self.env.setup.rules, self.now)];
        for prompt in &line.prompts {
            parts.push(serde_json::to_value(prompt).unwrap_or_default());
        }
        for trigger in &line.triggers {
            parts.push(json!([trigger.pathway, trigger.fact.kind, trigger.until]));
        }
        let mut text = String::with_capacity(8_192);
        for part in &parts {
            plain(part, self.now, &mut text);
            text.push('\n');
        }
        // Writing to a String cannot fail.
        for event in &self.events {
            let ((at, _), event) = event;
            let name = match event {
                super::world::Event::Looks(id) => match line.prompts.iter().find(|p| p.id == *id) {
                    Some(prompt) => format!("looks {} {}", prompt.name, prompt.attempt),
                    None => continue,
                },
                event => format!("{event:?}"),
            };
            let _ = writeln!(text, "{at} {name}");
        }
        for (id, (team, at)) in &self.looks {
            if line.prompts.iter().any(|p| p.id == *id) {
                let _ = writeln!(text, "{team} {at}");
            }
        }
        let _ = writeln!(text, "{:?} {:?} {:?} {}", self.seen, self.wake_at, self.stay.visit_at, self.stay.zone);
        let mut hashed: Vec<Vec<u8>> = vec![text.into_bytes()];
        for walking in &line.journeys {
            let row = &walking.row;
            // A standing pathway answered something, and is over; that it did is nothing that what comes asks for.
            if walking.state.as_ref().is_none_or(|state| state.ended().is_some()) && self.is_standing(row.version) {
                continue;
            }
            hashed.push(format!("{} {} {:?}", row.pathway, row.episode, row.status).into_bytes());
            hashed.push(walking.state.as_ref().map(journey::State::outlook).unwrap_or_default());
        }
        let parts: Vec<&[u8]> = hashed.iter().map(Vec::as_slice).collect();
        Id::of(&parts)
    }
}

/// JSON in a form to compare: without ids, and with one word for all that is past.
fn plain(json: &Json, now: At, out: &mut String) {
    match json {
        Json::Object(map) => {
            out.push('{');
            for (key, value) in map {
                if !value.is_null() {
                    out.push_str(key);
                    out.push(':');
                    plain(value, now, out);
                }
            }
            out.push('}');
        }
        Json::Array(list) => {
            out.push('[');
            for value in list {
                plain(value, now, out);
                out.push(',');
            }
            out.push(']');
        }
        Json::String(text) if is_id(text) => out.push_str("id"),
        Json::String(text) if is_past(text, now) => out.push_str("past"),
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// Whether it looks as ids are written; no other text of a line is as long, without a gap and in this alphabet.
fn is_id(text: &str) -> bool {
    text.len() == 26 && text.parse::<Id>().is_ok()
}

fn is_past(text: &str, now: At) -> bool {
    let looks = text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[4] == b'-' && text.as_bytes()[10] == b'T';
    looks && At::read(text, &jiff::tz::TimeZone::UTC).is_some_and(|at| at < now)
}
