//! The bodies of events: docs/facts.md says what each kind holds.

use crate::events::person;
use crate::json::push_key;
use crate::limits::MAX_NAME_CHARS;
use crate::phone::{email_looks_right, phone};
use crate::types::type_and_id;
use crate::{Issue, Severity, Source};
use model::{Channel, Purpose};
use serde_json::{Map, Value};

/// The longest list of channels.
const MAX_CHANNELS: usize = 32;

/// Reads the data of an event of `kind`; `None` when it is refused, with the reasons in `issues`.
/// `event` is the event's id, the basis of what it says about consent.
pub(crate) fn read(
    kind: &str,
    data: Value,
    place: &str,
    event: &str,
    source: &Source,
    issues: &mut Vec<Issue>,
) -> Option<Value> {
    let Value::Object(data) = data else {
        issues.push(Issue::error("required", place, format!("{kind} needs its data: a JSON object.")));
        return None;
    };
    let before = issues.len();
    let mut body = Body { data, out: Map::new(), place, source, issues };
    match kind {
        "person.merged" | "person.unmerged" => body.merge(),
        "contact.disabled" => body.contact(),
        "consent.changed" => body.consent(event),
        "preference.changed" => body.preference(),
        _ => body.medication(),
    }
    body.tell_unread();
    let out = body.out;
    (!issues[before..].iter().any(Issue::refuses)).then_some(Value::Object(out))
}

struct Body<'a> {
    data: Map<String, Value>,
    out: Map<String, Value>,
    place: &'a str,
    source: &'a Source<'a>,
    issues: &'a mut Vec<Issue>,
}

impl Body<'_> {
    fn error(&mut self, code: &'static str, member: &str, says: &str) {
        self.issues.push(Issue::error(code, format!("{}.{member}", self.place), says));
    }

    /// Takes a member out; what stays at the end was not understood.
    fn take(&mut self, member: &str) -> Option<Value> {
        self.data.remove(member).filter(|v| !v.is_null())
    }

    /// A text of a bounded length, or the issue that it is none.
    fn text(&mut self, member: &str, needed: bool) -> Option<String> {
        let value = self.take(member);
        let missing = value.is_none();
        let text =
            value.as_ref().and_then(Value::as_str).filter(|t| !t.is_empty() && t.chars().count() <= MAX_NAME_CHARS);
        if text.is_none() && (needed || !missing) {
            let code = if missing { "required" } else { "value" };
            self.error(code, member, "A text is expected here.");
        }
        text.map(str::to_owned)
    }

    fn put(&mut self, member: &str, value: impl Into<Value>) {
        self.out.insert(member.into(), value.into());
    }

    fn medication(&mut self) {
        if let Some(id) = self.text("id", true) {
            match type_and_id(&id) {
                Some(("MedicationRequest", plain)) => self.put("id", format!("MedicationRequest/{plain}")),
                _ => self.error("value", "id", "The prescription is expected as `MedicationRequest/` and its id."),
            }
        }
        if let Some(pharmacy) = self.text("pharmacy", false) {
            self.put("pharmacy", pharmacy);
        }
    }

    fn merge(&mut self) {
        for member in ["from", "to"] {
            let Some(text) = self.text(member, true) else { continue };
            match person(&text, self.source) {
                Ok((system, value)) => self.put(member, format!("{system}|{value}")),
                Err(own) => {
                    let says = "`system|value` of an identifier, or `Patient/` and an id, is expected.";
                    self.error("value", member, own.unwrap_or(says));
                }
            }
        }
        if self.out.len() == 2 && self.out.get("from") == self.out.get("to") {
            self.error("invalid", "from", "A person is not merged with themselves: `from` and `to` are the same.");
        }
    }

    fn contact(&mut self) {
        if let Some(value) = self.text("value", true) {
            if value.contains('@') && email_looks_right(&value) {
                // As records have it.
                self.put("value", value.trim().to_lowercase());
            } else {
                match phone(&value, self.source.country) {
                    Ok(e164) => self.put("value", e164),
                    Err(_) => self.error("value", "value", "A phone number or an e-mail address is expected."),
                }
            }
        }
        match self.text("status", true).as_deref() {
            Some(status @ ("wrong" | "dead" | "ended")) => self.put("status", status),
            Some(_) => self.error("code-invalid", "status", "One of wrong, dead, ended is expected."),
            None => {}
        }
        let by = self.text("by", false).unwrap_or_else(|| self.source.name.to_owned());
        self.put("by", by);
    }

    fn consent(&mut self, event: &str) {
        if let Some(purpose) = self.text("purpose", false) {
            match Purpose::named(&purpose) {
                Some(purpose) => self.put("purpose", purpose.name()),
                None => self.error("code-invalid", "purpose", &names("purpose", Purpose::ALL.map(Purpose::name))),
            }
        }
        if let Some(channel) = self.text("channel", false) {
            match Channel::named(&channel) {
                Some(channel) => self.put("channel", channel.name()),
                None => self.error("code-invalid", "channel", &names("channel", Channel::ALL.map(Channel::name))),
            }
        }
        match self.take("allowed") {
            Some(Value::Bool(allowed)) => self.put("allowed", allowed),
            Some(_) => self.error("value", "allowed", "true or false is expected."),
            None => self.error("required", "allowed", "true or false is expected."),
        }
        let basis = self.text("basis", false).unwrap_or_else(|| format!("event {event}"));
        self.put("basis", basis);
    }

    fn preference(&mut self) {
        if let Some(zone) = self.text("zone", false) {
            if model::time::zone(&zone).is_some() {
                self.put("zone", zone);
            } else {
                let says = "No such time zone: the IANA name of one is expected, as in America/New_York.";
                self.error("code-invalid", "zone", says);
            }
        }
        if let Some(language) = self.text("language", false) {
            let tag = language.len() <= 35 && language.split('-').all(|p| (1..=8).contains(&p.len()));
            if tag && language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                self.put("language", language);
            } else {
                self.error("value", "language", "A language tag (BCP 47) is expected: en, es, pt-BR.");
            }
        }
        match self.take("task_reminders") {
            Some(Value::Bool(yes)) => self.put("task_reminders", yes),
            Some(_) => self.error("value", "task_reminders", "true or false is expected."),
            None => {}
        }
        self.quiet();
        self.channel_lists();
        let none = self.out.is_empty() && self.issues.iter().all(|i| !i.refuses());
        if none {
            let says = "Nothing is said: one of channels, urgent, quiet, task_reminders, language, zone is expected.";
            self.issues.push(Issue::error("required", self.place, says));
        }
    }

    /// `[from, to]` in minutes after midnight.
    fn quiet(&mut self) {
        const DAY_MINUTES: u64 = 24 * 60;
        let Some(value) = self.take("quiet") else { return };
        let pair = value.as_array().filter(|l| l.len() == 2);
        if pair.is_some_and(|l| l.iter().all(|m| m.as_u64().is_some_and(|m| m <= DAY_MINUTES))) {
            self.put("quiet", value);
        } else {
            self.error(
                "value",
                "quiet",
                "Two numbers are expected: minutes after midnight, from and to ([1260, 480]).",
            );
        }
    }

    /// `urgent: [channel]` and `channels: [[purpose, [channel]]]`, as `model::person::Preferences`.
    fn channel_lists(&mut self) {
        let is_list = |value: &Value| {
            serde_json::from_value::<Vec<Channel>>(value.clone()).is_ok_and(|l| l.len() <= MAX_CHANNELS)
        };
        if let Some(urgent) = self.take("urgent") {
            if is_list(&urgent) {
                self.put("urgent", urgent);
            } else {
                self.error("value", "urgent", &names("a list of channel", Channel::ALL.map(Channel::name)));
            }
        }
        if let Some(channels) = self.take("channels") {
            let read = serde_json::from_value::<Vec<(Purpose, Vec<Channel>)>>(channels.clone());
            if read.is_ok_and(|l| l.len() <= MAX_CHANNELS && l.iter().all(|(_, c)| c.len() <= MAX_CHANNELS)) {
                self.put("channels", channels);
            } else {
                let says =
                    "A list of pairs is expected, a purpose and its channels: [[\"reminder\", [\"sms\", \"email\"]]].";
                self.error("value", "channels", says);
            }
        }
    }

    /// What nobody reads is told, so that a misspelt member does not go unseen.
    fn tell_unread(&mut self) {
        let unread: Vec<String> = self.data.keys().take(MAX_CHANNELS).cloned().collect();
        for member in unread {
            let mut place = self.place.to_owned();
            push_key(&mut place, &member);
            self.issues.push(Issue::new(
                Severity::Warning,
                "not-supported",
                place,
                "Nobody reads this member; it is left out.",
            ));
        }
    }
}

fn names<const N: usize>(what: &str, names: [&str; N]) -> String {
    format!("{what}: one of {} is expected.", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::At;
    use serde_json::json;

    fn body(kind: &str, data: Value) -> Result<(Value, usize), Vec<String>> {
        let source = Source::trusted("pharmacy", "", At(0));
        let mut issues = Vec::new();
        match read(kind, data, "event.data", "e1", &source, &mut issues) {
            Some(body) => Ok((body, issues.len())),
            None => Err(issues.into_iter().filter(|i| i.refuses()).map(|i| i.place).collect()),
        }
    }

    #[test]
    fn each_kind_has_its_shape() {
        assert_eq!(
            body(
                "medication.ready",
                json!({"id": "https://x.example/MedicationRequest/1", "pharmacy": "Main St", "price": 3})
            ),
            Ok((json!({"id": "MedicationRequest/1", "pharmacy": "Main St"}), 1))
        );
        assert_eq!(
            body("contact.disabled", json!({"value": "555-555-0100", "status": "wrong"})),
            Ok((json!({"value": "+15555550100", "status": "wrong", "by": "pharmacy"}), 0))
        );
        assert_eq!(
            body("consent.changed", json!({"purpose": "survey", "channel": "sms", "allowed": false})),
            Ok((json!({"purpose": "survey", "channel": "sms", "allowed": false, "basis": "event e1"}), 0))
        );
        let wishes = json!({"zone": "America/Chicago", "language": "es", "quiet": [1260, 480], "urgent": ["voice"],
            "channels": [["reminder", ["sms", "email"]]], "task_reminders": true});
        assert_eq!(body("preference.changed", wishes.clone()), Ok((wishes, 0)));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (kind, data, places) in [
            ("medication.ready", json!("x"), vec!["event.data"]),
            ("medication.ready", json!({"id": "1"}), vec!["event.data.id"]),
            ("person.merged", json!({"from": "David"}), vec!["event.data.from", "event.data.to"]),
            ("person.merged", json!({"from": "a|1", "to": "a|1"}), vec!["event.data.from"]),
            ("person.merged", json!({"from": "phone|+1", "to": "a|1"}), vec!["event.data.from"]),
            (
                "contact.disabled",
                json!({"value": "none", "status": "off"}),
                vec!["event.data.value", "event.data.status"],
            ),
            ("consent.changed", json!({"purpose": "fun"}), vec!["event.data.purpose", "event.data.allowed"]),
            ("preference.changed", json!({"zone": "Mars"}), vec!["event.data.zone"]),
            (
                "preference.changed",
                json!({"quiet": [9999, 1], "urgent": ["fax"]}),
                vec!["event.data.quiet", "event.data.urgent"],
            ),
            ("preference.changed", json!({}), vec!["event.data"]),
        ] {
            assert_eq!(body(kind, data.clone()), Err(places.into_iter().map(str::to_owned).collect()), "{kind} {data}");
        }
    }
}
