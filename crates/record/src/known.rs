//! What is known of a person now: the shape of the 360.

use crate::ways::Ways;
use model::person::{Consent, ContactPoint, Need, Preferences};
use model::{At, FactId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A concept: its codes as `system|code`, and words for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Concept {
    /// `http://snomed.info/sct|41727003`.
    #[serde(default)]
    pub codes: Vec<String>,
    /// As the source shows it.
    #[serde(default)]
    pub text: String,
}

/// An encounter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Encounter {
    /// `Encounter/123`: the episode of its facts.
    pub id: String,
    /// FHIR status.
    pub status: String,
    /// v3 ActCode: `IMP`, `AMB`, `EMER`.
    pub class: String,
    /// Facility.
    pub site: String,
    /// Start of the period.
    pub started_at: Option<At>,
    /// Set when discharged home (or as `topics/` defines), unset when that is cancelled.
    pub discharged_at: Option<At>,
    /// The fact that said so.
    pub discharge_fact: Option<FactId>,
    /// Of `hospitalization.dischargeDisposition`.
    pub disposition: String,
    /// End of the period.
    pub ended_at: Option<At>,
}

/// A procedure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Procedure {
    /// `Procedure/1`.
    pub id: String,
    /// `Encounter/123`.
    pub encounter: Option<String>,
    /// What was done.
    pub concept: Concept,
    /// FHIR status.
    pub status: String,
    /// When.
    pub at: Option<At>,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Condition {
    /// `Condition/1`.
    pub id: String,
    /// `Encounter/123`.
    pub encounter: Option<String>,
    /// What.
    pub concept: Concept,
    /// `active`, `resolved`.
    pub status: String,
}

/// A prescription, from MedicationRequest and what pharmacies said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Prescription {
    /// `MedicationRequest/1`.
    pub id: String,
    /// `Encounter/123`.
    pub encounter: Option<String>,
    /// The medicine.
    pub concept: Concept,
    /// FHIR status.
    pub status: String,
    /// `dosageInstruction.asNeededBoolean`, or a coded reason.
    pub as_needed: Option<bool>,
    /// Handed over before discharge.
    pub delivered_to_bedside: Option<bool>,
    /// Pharmacy, as shown.
    pub pharmacy: Option<String>,
    /// The pharmacy says it waits there; `None` without a feed: nothing is asserted.
    pub ready_at: Option<At>,
    /// The pharmacy (or the patient) says it was handed over.
    pub picked_up_at: Option<At>,
    /// Stopped, cancelled, entered in error.
    pub stopped: bool,
    /// When it was written.
    pub authored_at: Option<At>,
    /// For use in hospital (MedicationRequest.category `inpatient`): nothing to pick up.
    pub given_in_hospital: bool,
}

/// An appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Appointment {
    /// `Appointment/1`.
    pub id: String,
    /// FHIR status.
    pub status: String,
    /// Start.
    pub start: Option<At>,
    /// With whom, as shown.
    pub with: String,
    /// Where, as shown.
    pub place: String,
    /// Cancelled, no-show, entered in error.
    pub cancelled: bool,
}

/// A task that a nurse added or struck, or that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct TaskMark {
    /// `change_dressing@2026-11-24#0`: item, local date, index of its time; for an added one the
    /// name given to it; for a struck one the item's name (all days).
    pub task: String,
    /// `done`, `added`, `struck`.
    pub mark: String,
    /// Words of an added one.
    pub text: String,
    /// Local dates of an added one, both included; empty for no end.
    pub from: String,
    /// Last date.
    pub to: String,
    /// When it was said.
    pub at: At,
}

/// What is known now, of one source record or merged over all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Record {
    /// Name as official.
    pub name: String,
    /// Given names.
    pub given: Vec<String>,
    /// Family name.
    pub family: String,
    /// What they like to be called.
    pub preferred_name: Option<String>,
    /// `he/him`.
    pub pronouns: Option<String>,
    /// ISO date.
    pub birth_date: Option<String>,
    /// FHIR gender.
    pub gender: Option<String>,
    /// BCP 47, `en`.
    pub language: Option<String>,
    /// IANA zone.
    pub zone: Option<String>,
    /// Where the zone is known from: `patient`, `address`, `site`.
    pub zone_from: String,
    /// `system|value` of each identifier.
    pub identifiers: Vec<String>,
    /// Zones that it may be, when the address does not say which one; IANA names.
    pub zones: Vec<String>,
    /// What they need.
    pub needs: Vec<Need>,
    /// Where they are reached.
    pub contacts: Vec<ContactPoint>,
    /// What they would like.
    pub preferences: Preferences,
    /// What they allowed and refused, oldest first.
    pub consents: Vec<Consent>,
    /// When they died.
    pub deceased_at: Option<At>,
    /// The encounter they are an inpatient of now.
    pub inpatient: Option<String>,
    /// Encounters.
    pub encounters: Vec<Encounter>,
    /// Procedures.
    pub procedures: Vec<Procedure>,
    /// Conditions.
    pub conditions: Vec<Condition>,
    /// Prescriptions.
    pub prescriptions: Vec<Prescription>,
    /// Appointments.
    pub appointments: Vec<Appointment>,
    /// Marks on tasks.
    pub tasks: Vec<TaskMark>,
    /// When they were last talked with or reached, and how.
    pub last_contact: Option<(At, String)>,
    /// The facility that stands for them where one has to: that of the visit that was told of last.
    pub site: String,
    /// Every facility that they are in care at, sorted: who may open the chart. Found by the merge; not stored here.
    #[serde(skip)]
    pub sites: Vec<String>,
    /// Until when nothing but what is urgent, and answers, should come by itself. Found by the merge; not stored here.
    #[serde(skip)]
    pub paused_until: Option<At>,
    /// Grants, requests for confidential communication, how things were made sure of. Found by the merge; not stored
    /// here.
    #[serde(skip)]
    pub ways: Ways,
    /// Devices that show notifications, the newest first. Found by the merge; not stored here.
    #[serde(skip)]
    pub devices: Vec<model::push::Device>,
}

/// What staff set right of one thing, or the taking back of it. It stands against every source until it is taken
/// back or set right again: see `record::correct`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// A name of `correct::FIELDS`; of a contact point `contact +15550100`.
    pub field: String,
    /// How often this thing was set right or taken back before: the latest word is the one that knew of the most.
    pub edition: u32,
    /// When it was said.
    pub at: At,
    /// The fact that says so.
    pub fact: FactId,
    /// What holds; `None` once the correction was taken back. A name is its given names and its family name; a
    /// contact point its use and its owner (empty: the person's own).
    pub value: Option<Vec<String>>,
    /// Who said it.
    pub by: String,
    /// Their reason.
    pub why: String,
}

/// The fold of one source record's facts. Facts never move from it; a merge moves the whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct Fold {
    /// `hospital`.
    pub source: String,
    /// `urn:mrn|1001`.
    pub subject: String,
    /// What this source alone says.
    pub record: Record,
    /// When it last said something.
    pub updated_at: At,
    /// When it said what it says now of each single thing (`language`, `zone`, `contact +15550100`):
    /// the merge takes the latest, so that a lab result does not undo what a nurse was told.
    #[serde(default)]
    pub said: BTreeMap<String, At>,
    /// What staff set right, the latest word of each thing; in the hub's own folds only.
    #[serde(default)]
    pub corrections: Vec<Correction>,
    /// Grants, requests for confidential communication, how things were made sure of. In postcard nothing of it is
    /// written here: the line keeps it beside its folds.
    #[serde(
        default,
        skip_serializing_if = "Ways::is_empty",
        serialize_with = "crate::ways::write",
        deserialize_with = "crate::ways::read"
    )]
    pub ways: Ways,
}
