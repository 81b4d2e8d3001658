//! The bounds of what is read. The web layer refuses a larger body before it is read.

/// Bytes of one body, or of one line of an import file.
pub const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;
/// Levels of nesting in JSON.
pub const MAX_DEPTH: usize = 127;
/// Entries of a Bundle.
pub const MAX_ENTRIES: usize = 20_000;
/// Events of one batch.
pub const MAX_EVENTS: usize = 10_000;
/// Bytes of one string (FHIR R4, `string`).
pub const MAX_STRING_BYTES: usize = 1024 * 1024;
/// Bytes of the `data` of an attachment or a Binary, as base64.
pub const MAX_DATA_BYTES: usize = 8 * 1024 * 1024;
/// Issues told of one body; more are counted only.
pub const MAX_ISSUES: usize = 200;
/// Issues told of one resource.
pub const MAX_ISSUES_PER_RESOURCE: usize = 50;
/// Identifiers of one Patient that become directory keys.
pub const MAX_IDENTIFIERS: usize = 16;
/// Patients of one Appointment.
pub const MAX_SUBJECTS: usize = 50;
/// Characters of an id of a CloudEvent, its source and its subject.
pub const MAX_NAME_CHARS: usize = 512;
/// Characters of a phone number or an e-mail address.
pub const MAX_CONTACT_CHARS: usize = 254;
