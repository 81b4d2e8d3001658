//! What is counted of the facts that turns leave on a line.

use super::tally::{Key, Tally};
use model::Fact;

/// Counts one fact of so many people.
pub fn fact(fact: &Fact, tally: &mut Tally, many: u64) {
    let text = |key: &str| fact.text(key).unwrap_or_default().to_owned();
    match fact.kind.as_str() {
        "journey.started" => tally.add(Key::Count("journeys"), many),
        "journey.ended" => tally.add(Key::Ended { pathway: text("pathway"), reason: text("reason") }, many),
        "journey.failed" => tally.add(Key::Ended { pathway: String::new(), reason: "failed".into() }, many),
        "reply.classified" => match fact.text("class") {
            Some("red_flag") => {
                tally.add(Key::Count("red flags by text"), many);
                if record::is_stop(fact) {
                    tally.add(Key::Count("opt-outs by text"), many);
                }
            }
            Some("stop") => tally.add(Key::Count("opt-outs by text"), many),
            _ => tally.add(Key::Count("other replies"), many),
        },
        "call.ended" => {
            let marks = fact.body.get("marks").and_then(serde_json::Value::as_array);
            if marks.is_some_and(|marks| marks.iter().any(|m| m.as_str() == Some("opt_out"))) {
                tally.add(Key::Count("opt-outs by call"), many);
            }
        }
        "contact.disabled" => tally.add(Key::Count("numbers that were wrong"), many),
        "encounter.readmitted" => tally.add(Key::Count("readmissions"), many),
        "person.died" => tally.add(Key::Count("deaths"), many),
        "goal.reached" => tally.add(Key::Goal { name: text("goal"), what: "reached" }, many),
        "goal.missed" => tally.add(Key::Goal { name: text("goal"), what: "missed" }, many),
        _ => super::answers::count(fact, tally, many),
    }
}
