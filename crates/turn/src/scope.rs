//! Where conditions and words find their values: the record, the episode, the fact that enrolled,
//! the clinic, the day's tasks.

use crate::Setup;
use jiff::tz::TimeZone;
use journey::Bindings;
use model::value::Kind;
use model::{At, Fact, JourneyId, PersonId, Value};
use pathway::{Pathway, Scope};
use record::Record;

/// How long a link to the Today page is good for.
const LINK_DAYS: i64 = 7;

/// What one journey can see.
#[derive(Clone)]
pub struct JourneyScope<'a> {
    /// Whose.
    pub person: PersonId,
    /// What is known.
    pub record: &'a Record,
    /// `Encounter/1`; empty for a journey of no encounter.
    pub episode: &'a str,
    /// The fact that enrolled.
    pub fact: Option<&'a Fact>,
    /// The pathway, for its checklists.
    pub pathway: &'a Pathway,
    /// Day 0.
    pub day_0: At,
    /// The clinic.
    pub setup: &'a Setup,
    /// The care clock.
    pub now: At,
    /// The person's zone.
    pub zone: &'a TimeZone,
    /// The language for words of tasks.
    pub language: &'a str,
    /// The number or address that words are for; empty when they are shown, or for conditions.
    pub to: &'a str,
    /// Bound variables, innermost last.
    pub bound: Bindings,
}

impl JourneyScope<'_> {
    /// The kind and id of a root.
    fn root(&self, name: &str) -> Option<(Kind, String)> {
        if let Some((_, kind, id)) = self.bound.iter().rev().find(|(var, _, _)| var == name) {
            return Some((*kind, id.clone()));
        }
        if let Some((_, kind)) = self.pathway.enrol.item.as_ref().filter(|(var, _)| var == name) {
            return Some((*kind, self.episode.to_owned()));
        }
        Some(match name {
            "person" | "record" => (Kind::Person, String::new()),
            "encounter" => (Kind::Encounter, self.episode.to_owned()),
            "fact" => (Kind::Fact, String::new()),
            "clinic" => (Kind::Clinic, String::new()),
            _ => return None,
        })
    }

    /// Advances a journey that sees this. `asked`: another journey waits for answers of the person. A version in
    /// shadow is walked by the same, so that it is compared with nothing but itself.
    pub(crate) fn advance(
        &self,
        state: journey::State,
        input: &journey::Input<'_>,
        journey: JourneyId,
        asked: bool,
    ) -> Result<journey::Advance, journey::Error> {
        let marks = marks(self.record);
        let cx = journey::Context {
            now: self.now,
            zone: self.zone,
            person: self.person,
            journey,
            scope: self,
            marks: &marks,
            holidays: self.setup.rules.holidays(),
            task_reminders: self.record.preferences.task_reminders == Some(true),
            asked,
        };
        journey::advance(self.pathway, state, input, &cx)
    }

    /// Today's tasks of all checklists of the pathway, on the local date `date`.
    pub fn tasks(&self, date: jiff::civil::Date) -> Vec<journey::Task> {
        let marks = marks(self.record);
        let language = self.setup.shown(self.pathway, self.language);
        let day = journey::Day { date, day_0: self.day_0, zone: self.zone, language };
        self.pathway.checklists.iter().flat_map(|list| journey::tasks(list, &day, self, &marks)).collect()
    }

    fn task(&self, id: &str, field: &str) -> Value {
        let Some(date) = id.split('@').nth(1).and_then(|rest| rest.split('#').next()) else { return Value::Unknown };
        let Ok(date) = date.parse() else { return Value::Unknown };
        let Some(task) = self.tasks(date).into_iter().find(|t| t.id == id) else { return Value::Unknown };
        match field {
            "id" => Value::Text(task.id),
            "text" => Value::Text(task.text),
            "at" => Value::from(task.at),
            "done" => Value::Bool(task.done),
            _ => Value::Unknown,
        }
    }

    fn day(&self, id: &str, field: &str) -> Value {
        let Ok(date) = id.parse::<jiff::civil::Date>() else { return Value::Unknown };
        match field {
            "number" => {
                let first = self.day_0.date_in(self.zone);
                let days = date.since((jiff::Unit::Day, first)).map(|s| s.get_days()).unwrap_or_default();
                Value::Number(f64::from(days))
            }
            "tasks" => {
                let lines: Vec<String> = self
                    .tasks(date)
                    .into_iter()
                    .map(|t| match t.at {
                        Some(at) => {
                            format!(
                                "- {} ({})",
                                t.text,
                                pathway::template::time_of_day(at.time_in(self.zone), self.language)
                            )
                        }
                        None => format!("- {}", t.text),
                    })
                    .collect();
                Value::Text(lines.join("\n"))
            }
            _ => Value::Unknown,
        }
    }

    fn person_field(&self, field: &str) -> Value {
        if field != "today_link" {
            let known = record::field(self.record, (Kind::Person, ""), field, self.now, self.zone);
            // Someone whom no record names is called by the number they wrote from.
            let nameless = self.record.name.is_empty() && matches!(field, "name" | "first_name");
            return if nameless { self.fact_field("from") } else { known };
        }
        let clinic = &self.setup.clinic;
        // The link's end is on the hour, so that a text made again in the same turn is the same.
        let expires = At((self.now.0 / model::time::HOUR_MS) * model::time::HOUR_MS + LINK_DAYS * model::time::DAY_MS);
        let token = model::link::sign(&clinic.link_secret, self.person, expires, self.to);
        Value::Text(format!("{}/t/{token}", clinic.base_url))
    }

    fn clinic(&self, field: &str) -> Value {
        let clinic = &self.setup.clinic;
        match field {
            "name" => Value::Text(clinic.name.clone()),
            "phone" => Value::Text(clinic.phone.clone()),
            "emergency_number" => Value::Text(clinic.emergency_number.clone()),
            "calls_by" => Value::Time(self.now.plus_ms(self.setup.calls_within_ms)),
            _ => Value::Unknown,
        }
    }

    fn fact_field(&self, field: &str) -> Value {
        let Some(fact) = self.fact else { return Value::Unknown };
        if field == "code" {
            // Only a request for one has a code; the fact itself does not hold it.
            let code = (fact.kind == "code.requested")
                .then(|| model::link::code(&self.setup.clinic.link_secret, self.person, fact.id));
            return code.flatten().map_or(Value::Unknown, Value::Text);
        }
        match fact.body.get(field) {
            Some(serde_json::Value::String(s)) => Value::Text(s.clone()),
            Some(serde_json::Value::Bool(b)) => Value::Bool(*b),
            Some(serde_json::Value::Number(n)) => n.as_f64().map_or(Value::Unknown, Value::Number),
            _ => Value::Unknown,
        }
    }
}

impl Scope for JourneyScope<'_> {
    fn get(&self, path: &[String]) -> Value {
        let [root, field] = path else { return Value::Unknown };
        let Some((kind, id)) = self.root(root) else { return Value::Unknown };
        match kind {
            Kind::Person => self.person_field(field),
            Kind::Encounter | Kind::Prescription | Kind::Appointment => {
                record::field(self.record, (kind, &id), field, self.now, self.zone)
            }
            Kind::Task => self.task(&id, field),
            Kind::Day => self.day(&id, field),
            Kind::Fact => self.fact_field(field),
            Kind::Clinic => self.clinic(field),
        }
    }

    fn items(&self, path: &[String]) -> Vec<String> {
        let [root, field] = path else { return Vec::new() };
        match self.root(root) {
            Some((kind, id)) => record::items(self.record, (kind, &id), field),
            None => Vec::new(),
        }
    }

    fn bind(&self, var: &str, kind: Kind, id: &str) -> Box<dyn Scope + '_> {
        let mut inner = self.clone();
        inner.bound.push((var.to_owned(), kind, id.to_owned()));
        Box::new(inner)
    }
}

/// The record's marks on tasks as the journey sees them.
pub fn marks(record: &Record) -> Vec<journey::Mark> {
    let mark = |m: &record::known::TaskMark| journey::Mark {
        task: m.task.clone(),
        mark: m.mark.clone(),
        text: m.text.clone(),
        from: m.from.clone(),
        to: m.to.clone(),
    };
    record.tasks.iter().map(mark).collect()
}
