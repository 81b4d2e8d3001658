//! Typed values: what conditions compare, forms ask for and words show.

use crate::At;
use serde::{Deserialize, Serialize};

/// A value. `Unknown` is a value of every type: nothing is known, and a condition must say what
/// then (it is never taken as false).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub enum Value {
    /// Not known.
    #[default]
    Unknown,
    /// Yes or no.
    Bool(bool),
    /// A number; whole numbers are exact to 2^53.
    Number(f64),
    /// Text.
    Text(String),
    /// A point in time.
    Time(At),
    /// Codes of one concept, each `system|code`; or their bare codes.
    Codes(Vec<String>),
    /// How many things a collection has; its items are bound by `each`.
    List(Vec<Value>),
}

/// The type of a value, as the pathway checker sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Yes or no.
    Bool,
    /// A number.
    Number,
    /// Text.
    Text,
    /// A point in time.
    Time,
    /// Codes.
    Codes,
    /// A collection of items of the named kind, walked by `each`.
    List(Kind),
}

/// The kinds of items that `each` can walk and that scopes bind by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The person and what is known of them: `person.*`, `record.*`.
    Person,
    /// The encounter a journey is about: `encounter.*`.
    Encounter,
    /// A prescription: `rx.*`.
    Prescription,
    /// An appointment.
    Appointment,
    /// A task of a checklist.
    Task,
    /// The body of the fact that enrolled: `fact.*`.
    Fact,
    /// A day of a `repeat`: `today.*`. Its id is the local date, `2026-11-24`.
    Day,
    /// The clinic's own settings: `clinic.*`.
    Clinic,
}

use Type::{Bool, Codes, List, Number, Text, Time};

/// The fields of each kind that conditions and words may name. `record` answers them all (its tests
/// walk this table); the pathway checker knows no others.
pub const FIELDS: &[(Kind, &str, Type)] = &[
    (Kind::Person, "name", Text),
    (Kind::Person, "first_name", Text),
    (Kind::Person, "pronouns", Text),
    (Kind::Person, "language", Text),
    (Kind::Person, "age", Number),
    (Kind::Person, "deceased", Bool),
    (Kind::Person, "inpatient", Bool),
    (Kind::Person, "deaf", Bool),
    (Kind::Person, "blind", Bool),
    (Kind::Person, "needs_interpreter", Bool),
    (Kind::Person, "no_smartphone", Bool),
    (Kind::Person, "wants_task_reminders", Bool),
    (Kind::Person, "reachable_by_machine", Bool),
    (Kind::Person, "appointments", List(Kind::Appointment)),
    (Kind::Person, "prescriptions", List(Kind::Prescription)),
    (Kind::Encounter, "id", Text),
    (Kind::Encounter, "class", Text),
    (Kind::Encounter, "site", Text),
    (Kind::Encounter, "started_at", Time),
    (Kind::Encounter, "discharged_at", Time),
    (Kind::Encounter, "procedure", Codes),
    (Kind::Encounter, "procedure_name", Text),
    (Kind::Encounter, "condition", Codes),
    (Kind::Encounter, "medicine", Codes),
    (Kind::Encounter, "prescriptions", List(Kind::Prescription)),
    (Kind::Encounter, "nights", Number),
    (Kind::Encounter, "acute", Bool),
    (Kind::Encounter, "emergency_visits", Number),
    (Kind::Encounter, "lace", Number),
    (Kind::Prescription, "id", Text),
    (Kind::Prescription, "name", Text),
    (Kind::Prescription, "codes", Codes),
    (Kind::Prescription, "pharmacy", Text),
    (Kind::Prescription, "as_needed", Bool),
    (Kind::Prescription, "delivered_to_bedside", Bool),
    (Kind::Prescription, "ready", Bool),
    (Kind::Prescription, "ready_at", Time),
    (Kind::Prescription, "picked_up", Bool),
    (Kind::Prescription, "stopped", Bool),
    (Kind::Appointment, "id", Text),
    (Kind::Appointment, "start", Time),
    (Kind::Appointment, "with", Text),
    (Kind::Appointment, "place", Text),
    (Kind::Appointment, "cancelled", Bool),
    (Kind::Appointment, "missed", Bool),
    (Kind::Task, "id", Text),
    (Kind::Task, "text", Text),
    (Kind::Task, "at", Time),
    (Kind::Task, "done", Bool),
    (Kind::Fact, "text", Text),
    (Kind::Fact, "channel", Text),
    (Kind::Fact, "from", Text),
    (Kind::Fact, "class", Text),
    (Kind::Fact, "what", Text),
    (Kind::Fact, "code", Text),
    (Kind::Fact, "visit", Text),
    (Kind::Person, "today_link", Text),
    (Kind::Day, "number", Number),
    (Kind::Day, "tasks", Text),
    (Kind::Clinic, "name", Text),
    (Kind::Clinic, "phone", Text),
    (Kind::Clinic, "emergency_number", Text),
    (Kind::Clinic, "calls_by", Time),
];

/// The type of `field` of `kind`; `None` when there is no such field.
pub fn field_type(kind: Kind, field: &str) -> Option<Type> {
    FIELDS.iter().find(|(k, f, _)| *k == kind && *f == field).map(|(_, _, t)| *t)
}

impl Value {
    /// `Text` of anything that reads as text, `Unknown` of nothing.
    pub fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Unknown, |t| Self::Text(t.into()))
    }
}

impl From<bool> for Value {
    fn from(v: bool) -> Self {
        Self::Bool(v)
    }
}
impl From<Option<bool>> for Value {
    fn from(v: Option<bool>) -> Self {
        v.map_or(Self::Unknown, Self::Bool)
    }
}
impl From<Option<At>> for Value {
    fn from(v: Option<At>) -> Self {
        v.map_or(Self::Unknown, Self::Time)
    }
}
