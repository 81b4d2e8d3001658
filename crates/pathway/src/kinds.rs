//! Kinds of facts that pathways may name.

use model::value::Kind;

/// Every kind of fact in `docs/facts.md`. Hospitals add their own by topics.
pub const FACT_KINDS: &[&str] = &[
    "resource.received",
    "medication.requested",
    "medication.ready",
    "medication.picked_up",
    "medication.stopped",
    "person.merged",
    "person.unmerged",
    "person.died",
    "encounter.admitted",
    "encounter.discharged",
    "encounter.discharge_cancelled",
    "encounter.readmitted",
    "procedure.performed",
    "procedure.retracted",
    "appointment.booked",
    "appointment.moved",
    "appointment.cancelled",
    "appointment.missed",
    "reply.received",
    "reply.classified",
    "call.ended",
    "answers.received",
    "answer.given",
    "answer.not_understood",
    "questionnaire.answered",
    "questionnaire.missed",
    "service.answered",
    "service.failed",
    "message.queued",
    "message.withdrawn",
    "message.accepted",
    "message.delivered",
    "message.failed",
    "message.unknown",
    "message.unsettled",
    "message.expired",
    "message.read",
    "task.done",
    "task.undone",
    "task.added",
    "task.struck",
    "consent.changed",
    "preference.changed",
    "code.requested",
    "contact.disabled",
    "contact.verified",
    "record.corrected",
    "record.correction_withdrawn",
    "prompt.opened",
    "prompt.acknowledged",
    "prompt.escalated",
    "prompt.completed",
    "prompt.corrected",
    "prompt.withdrawn",
    "prompt.snoozed",
    "prompt.handed_over",
    "prompt.released",
    "prompt.held",
    "prompt.undone",
    "outcome.undone",
    "journey.started",
    "journey.ended",
    "journey.failed",
    "enrolment.listed",
    "enrolment.requested",
    "enrolment.swept",
    "enrolment.held_out",
    "place.asked",
    "place.given",
    "place.left",
    "goal.reached",
    "goal.missed",
    "note.made",
    "reach.ended",
];

/// The first word of the facts about an item: `medication` of a prescription.
pub fn subject_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Prescription => Some("medication"),
        Kind::Appointment => Some("appointment"),
        Kind::Task => Some("task"),
        Kind::Person | Kind::Encounter | Kind::Fact | Kind::Day | Kind::Clinic => None,
    }
}

/// The facts about an item, as they are named after its variable: `picked_up` in `rx.picked_up`.
pub fn facts_of(kind: Kind) -> Vec<&'static str> {
    let Some(subject) = subject_of(kind) else { return Vec::new() };
    FACT_KINDS.iter().filter_map(|k| k.strip_prefix(subject)?.strip_prefix('.')).collect()
}
