//! Pure: bytes to FHIR R4 resources, CloudEvents and facts, with issues that name the place.
//!
//! [`fhir`] reads a Bundle or a single resource, [`ndjson_line`] a line of an import file and
//! [`events`] CloudEvents. Each gives inbox items ([`model::Item`]), or [`Issue`]s that
//! [`operation_outcome`] turns into the answer.
//!
//! Invariants: the same bytes from the same source give the same items, ids included; all items of
//! one patient of one source have the same first directory key, so that they wait in one inbox part
//! in order; no input panics or overflows the stack; an issue never repeats a patient's data; every
//! size is bounded by a constant of [`limits`].
//!
//! What is changed in a resource before it is kept: it gets an id if it has none, references inside
//! its Bundle become `Type/id` and get a `display`, phone numbers of people become E.164 (the
//! source's text stays beside, see [`ORIGINAL_TEXT`]), links that join people leave where their sender
//! may not ([`May`]). The rest stays as it came.
//!
//! Deliberately absent: I/O, clocks, profiles and terminology (an unknown code is kept), `PATCH` and
//! `DELETE`, XML, and decimals beyond a double's precision.

mod bundle;
mod check;
mod event_body;
mod events;
mod issue;
mod item;
mod joins;
mod json;
pub mod limits;
mod phone;
mod refs;
mod subject;
mod telecom;
mod types;
mod when;

pub use bundle::{BundleKind, Entry, Read, bundle_response, fhir, fhir_at, ndjson_line};
pub use events::{EVENT_KINDS, events};
pub use issue::{Issue, Severity, operation_outcome};
pub use phone::{DEFAULT_COUNTRY, NotAPhone, email_looks_right, is_country, phone, warm};
pub use telecom::ORIGINAL_TEXT;
pub use types::TIMEZONE_EXTENSION;
pub use when::fhir_time;

/// Who sent the bytes, and when they came.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The source as configured: `hospital`.
    pub name: &'a str,
    /// Facility or service that the source speaks for; empty when it speaks for several.
    pub site: &'a str,
    /// The country of numbers that are written without one (ISO 3166-1 alpha-2), where their own record names none: the
    /// clinic's.
    pub country: &'a str,
    /// Whether what it says may act.
    pub origin: model::Origin,
    /// When the bytes came, on the care clock.
    pub now: model::At,
    /// What it may say beyond facts of one person.
    pub may: May,
}

impl<'a> Source<'a> {
    /// One that needs no key: what it says acts, and it may say all. For files that an operator imports, make-believe and
    /// tests; a door takes what its key may.
    pub fn trusted(name: &'a str, site: &'a str, now: model::At) -> Self {
        Self { name, site, country: DEFAULT_COUNTRY, origin: model::Origin::Live, now, may: May::ALL }
    }
}

/// What a sender may say beyond facts of one person. A door that asks for a key asks its scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct May {
    /// That two are one person, or two again: `person.merged`, `person.unmerged` and the link `replaces` of a Patient
    /// (the scope `identity:write`). Without it such an event is refused, and such a link is set aside with a warning of
    /// the code `forbidden`: the rest of its Patient is taken.
    pub join: bool,
    /// Resources, by the event `resource.received` (the scope `fhir:write`). Without it such an event is refused.
    pub resources: bool,
}

impl May {
    /// Everything: who needs no key, since the machine is theirs.
    pub const ALL: Self = Self { join: true, resources: true };
}

impl Source<'_> {
    /// The system of this source's own Patient ids: `hospital/Patient`.
    pub fn patient_system(&self) -> String {
        format!("{}/Patient", self.name)
    }

    /// How grave a fault of a contact point or a zone is: an import keeps the resource.
    pub(crate) fn mendable(&self) -> Severity {
        if self.origin == model::Origin::History { Severity::Warning } else { Severity::Error }
    }
}
