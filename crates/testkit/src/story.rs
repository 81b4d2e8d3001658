//! The story: two people leave hospital after the same operation.
//!
//! [`Story::david`] and [`Story::katie`] differ in who they are and in that David said how he would like
//! to be reached. Each method is one message of a source: post it when its time has come.

use crate::fhir::{self, CEPHALEXIN, IBUPROFEN, Person};
use model::At;
use model::time::{DAY_MS, HOUR_MS};
use serde_json::{Value as Json, json};

/// When they go home unless said otherwise: Monday, 2026-11-23, 14:00 in New York.
pub const DAY_0: At = At(1_795_460_400_000);
/// The zone they live in.
pub const ZONE: &str = "America/New_York";

/// One person's stay, and what comes after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Who.
    pub person: Person,
    /// When they go home: day 0.
    pub discharged_at: At,
}

impl Story {
    /// David: text for reminders, calls for urgent matters, e-mail for reading; task reminders; quiet
    /// from 21:00 to 08:00; English.
    pub fn david() -> Self {
        let wishes = fhir::preferences(
            &[("reminder", &["sms"]), ("education", &["email", "portal"])],
            &["voice", "sms"],
            ("21:00:00", "08:00:00"),
            true,
        );
        let mut story = Self::of("1001", "David", "Reyes", "male", "1984-03-09", "+12125550119");
        story.person.extensions.push(wishes);
        story
    }

    /// Katie: the same operation, on paper.
    pub fn katie() -> Self {
        Self::of("1002", "Katie", "Lindqvist", "female", "1986-07-21", "+12125550142")
    }

    /// Anyone else, in English, in New York, at [`DAY_0`].
    pub fn of(mrn: &str, given: &str, family: &str, gender: &str, birth_date: &str, phone: &str) -> Self {
        let person = Person {
            mrn: mrn.into(),
            given: given.into(),
            family: family.into(),
            gender: gender.into(),
            birth_date: birth_date.into(),
            language: "en".into(),
            zone: Some(ZONE.into()),
            phone: Some(phone.into()),
            email: Some(format!("{}.{}@example.org", given.to_lowercase(), family.to_lowercase())),
            home: ("NY".into(), "10001".into()),
            extensions: Vec::new(),
        };
        Self { person, discharged_at: DAY_0 }
    }

    /// The same, going home at another time.
    pub fn discharged(mut self, at: At) -> Self {
        self.discharged_at = at;
        self
    }

    /// The same, speaking another language.
    pub fn speaking(mut self, language: &str) -> Self {
        self.person.language = language.into();
        self
    }

    /// The same, living in another zone.
    pub fn living_in(mut self, zone: &str) -> Self {
        self.person.zone = Some(zone.into());
        self
    }

    /// `Encounter/e-1001`: the episode.
    pub fn encounter(&self) -> String {
        format!("Encounter/{}", self.person.id("e"))
    }
    /// `MedicationRequest/rx-1001`: the antibiotic, that is chased.
    pub fn medicine(&self) -> String {
        format!("MedicationRequest/{}", self.person.id("rx"))
    }
    /// `MedicationRequest/prn-1001`: the painkiller, as needed.
    pub fn as_needed(&self) -> String {
        format!("MedicationRequest/{}", self.person.id("prn"))
    }
    /// `Appointment/a-1001`.
    pub fn appointment(&self) -> String {
        format!("Appointment/{}", self.person.id("a"))
    }

    /// The instant at which the person's clock shows the time of the discharge, `days` after it.
    pub fn day(&self, days: i32) -> At {
        let zone = self.person.zone.as_deref().and_then(model::time::zone);
        match zone {
            Some(zone) => self.discharged_at.plus_days_in(days, &zone),
            None => self.discharged_at.plus_ms(i64::from(days) * DAY_MS),
        }
    }

    /// The discharge: Patient, finished stay, tendon repair, two medicines, appointment on day 10.
    pub fn discharge(&self) -> Json {
        let mut all = self.without_procedure();
        all.insert(2, self.late_procedure());
        fhir::transaction(all)
    }

    /// The discharge as it comes while the procedure is not charted yet.
    pub fn discharge_without_procedure(&self) -> Json {
        fhir::transaction(self.without_procedure())
    }

    fn without_procedure(&self) -> Vec<Json> {
        let (person, encounter) = (&self.person, self.person.id("e"));
        let written = self.discharged_at.plus_ms(-HOUR_MS);
        vec![
            person.patient(),
            fhir::stay(person, &encounter, self.admitted_at(), Some(self.discharged_at)),
            fhir::prescription(person, &person.id("rx"), &encounter, CEPHALEXIN, written),
            fhir::prescription(person, &person.id("prn"), &encounter, IBUPROFEN, written),
            fhir::appointment(person, &person.id("a"), "booked", self.day(10)),
        ]
    }

    /// The evening before the discharge.
    pub fn admitted_at(&self) -> At {
        self.discharged_at.plus_ms(-20 * HOUR_MS)
    }

    /// The Procedure alone: hours before, or days after, the discharge.
    pub fn late_procedure(&self) -> Json {
        let at = self.discharged_at.plus_ms(-5 * HOUR_MS);
        fhir::tendon_repair(&self.person, &self.person.id("p"), &self.person.id("e"), at)
    }

    /// The pharmacy has the antibiotic ready.
    pub fn dispense_ready(&self, at: At) -> Json {
        fhir::dispense(&self.person, &self.person.id("d"), &self.person.id("rx"), at, None)
    }
    /// The antibiotic was picked up.
    pub fn dispense_picked_up(&self, at: At) -> Json {
        let prepared = at.plus_ms(-HOUR_MS);
        fhir::dispense(&self.person, &self.person.id("d"), &self.person.id("rx"), prepared, Some(at))
    }
    /// The antibiotic is no longer to be taken.
    pub fn medicine_stopped(&self) -> Json {
        let written = self.discharged_at.plus_ms(-HOUR_MS);
        let (rx, encounter) = (self.person.id("rx"), self.person.id("e"));
        let mut stopped = fhir::prescription(&self.person, &rx, &encounter, CEPHALEXIN, written);
        stopped["status"] = json!("stopped");
        stopped
    }
    /// The appointment is at another time now.
    pub fn appointment_moved(&self, start: At) -> Json {
        fhir::appointment(&self.person, &self.person.id("a"), "booked", start)
    }
    /// There is no appointment any more.
    pub fn appointment_cancelled(&self) -> Json {
        fhir::appointment(&self.person, &self.person.id("a"), "cancelled", self.day(10))
    }
    /// A new stay begins.
    pub fn readmission(&self, at: At) -> Json {
        fhir::stay(&self.person, &self.person.id("e2"), at, None)
    }
    /// The discharge was an error: the stay goes on.
    pub fn discharge_cancelled(&self) -> Json {
        fhir::stay(&self.person, &self.person.id("e"), self.admitted_at(), None)
    }
    /// The person died.
    pub fn death(&self, at: At) -> Json {
        let mut patient = self.person.patient();
        patient["deceasedDateTime"] = json!(at);
        patient
    }
    /// The Patient alone, as it is sent when something about them changed.
    pub fn patient(&self) -> Json {
        self.person.patient()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn day_0_is_what_its_words_say() {
        assert_eq!(DAY_0.to_string(), "2026-11-23T19:00:00Z");
    }

    #[test]
    fn the_discharge_holds_what_the_story_tells() {
        let bundle = Story::david().discharge();
        let entries = bundle["entry"].as_array().expect("entries");
        let kinds: Vec<_> = entries.iter().filter_map(|e| e["resource"]["resourceType"].as_str()).collect();
        let told = ["Patient", "Encounter", "Procedure", "MedicationRequest", "MedicationRequest", "Appointment"];
        assert_eq!(kinds, told);
        let urls: BTreeSet<_> = entries.iter().filter_map(|e| e["request"]["url"].as_str()).collect();
        assert_eq!(urls.len(), entries.len(), "each has an id of its own");
        let as_needed: Vec<_> =
            entries.iter().filter_map(|e| e["resource"]["dosageInstruction"][0]["asNeededBoolean"].as_bool()).collect();
        assert_eq!(as_needed, [false, true]);
        assert_eq!(entries[1]["resource"]["status"], "finished");
        assert_eq!(entries[5]["resource"]["start"], "2026-12-03T19:00:00Z", "day 10, at the same hour");
        assert_eq!(Story::david().discharge(), bundle, "the same each time");
        assert_ne!(Story::katie().discharge(), bundle);
    }

    #[test]
    fn days_keep_the_clock_over_daylight_saving() {
        // 2026-10-31, 14:00 in New York; the clocks change in the night.
        let story = Story::david().discharged(At(1_793_469_600_000));
        assert_eq!(story.discharged_at.to_string(), "2026-10-31T18:00:00Z");
        assert_eq!(story.day(1).to_string(), "2026-11-01T19:00:00Z");
    }
}
