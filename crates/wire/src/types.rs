//! What is known of FHIR R4 types: their names, whose they are, the shapes that are relied on.

/// The extension that says a person's zone, as an IANA name.
pub const TIMEZONE_EXTENSION: &str = "http://hl7.org/fhir/StructureDefinition/timezone";

/// The resource types of FHIR R4.
pub(crate) const R4: &[&str] = &[
    "Account",
    "ActivityDefinition",
    "AdverseEvent",
    "AllergyIntolerance",
    "Appointment",
    "AppointmentResponse",
    "AuditEvent",
    "Basic",
    "Binary",
    "BiologicallyDerivedProduct",
    "BodyStructure",
    "Bundle",
    "CapabilityStatement",
    "CarePlan",
    "CareTeam",
    "CatalogEntry",
    "ChargeItem",
    "ChargeItemDefinition",
    "Claim",
    "ClaimResponse",
    "ClinicalImpression",
    "CodeSystem",
    "Communication",
    "CommunicationRequest",
    "CompartmentDefinition",
    "Composition",
    "ConceptMap",
    "Condition",
    "Consent",
    "Contract",
    "Coverage",
    "CoverageEligibilityRequest",
    "CoverageEligibilityResponse",
    "DetectedIssue",
    "Device",
    "DeviceDefinition",
    "DeviceMetric",
    "DeviceRequest",
    "DeviceUseStatement",
    "DiagnosticReport",
    "DocumentManifest",
    "DocumentReference",
    "EffectEvidenceSynthesis",
    "Encounter",
    "Endpoint",
    "EnrollmentRequest",
    "EnrollmentResponse",
    "EpisodeOfCare",
    "EventDefinition",
    "Evidence",
    "EvidenceVariable",
    "ExampleScenario",
    "ExplanationOfBenefit",
    "FamilyMemberHistory",
    "Flag",
    "Goal",
    "GraphDefinition",
    "Group",
    "GuidanceResponse",
    "HealthcareService",
    "ImagingStudy",
    "Immunization",
    "ImmunizationEvaluation",
    "ImmunizationRecommendation",
    "ImplementationGuide",
    "InsurancePlan",
    "Invoice",
    "Library",
    "Linkage",
    "List",
    "Location",
    "Measure",
    "MeasureReport",
    "Media",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationKnowledge",
    "MedicationRequest",
    "MedicationStatement",
    "MedicinalProduct",
    "MedicinalProductAuthorization",
    "MedicinalProductContraindication",
    "MedicinalProductIndication",
    "MedicinalProductIngredient",
    "MedicinalProductInteraction",
    "MedicinalProductManufactured",
    "MedicinalProductPackaged",
    "MedicinalProductPharmaceutical",
    "MedicinalProductUndesirableEffect",
    "MessageDefinition",
    "MessageHeader",
    "MolecularSequence",
    "NamingSystem",
    "NutritionOrder",
    "Observation",
    "ObservationDefinition",
    "OperationDefinition",
    "OperationOutcome",
    "Organization",
    "OrganizationAffiliation",
    "Parameters",
    "Patient",
    "PaymentNotice",
    "PaymentReconciliation",
    "Person",
    "PlanDefinition",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "Questionnaire",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RequestGroup",
    "ResearchDefinition",
    "ResearchElementDefinition",
    "ResearchStudy",
    "ResearchSubject",
    "RiskAssessment",
    "RiskEvidenceSynthesis",
    "Schedule",
    "SearchParameter",
    "ServiceRequest",
    "Slot",
    "Specimen",
    "SpecimenDefinition",
    "StructureDefinition",
    "StructureMap",
    "Subscription",
    "Substance",
    "SubstanceNucleicAcid",
    "SubstancePolymer",
    "SubstanceProtein",
    "SubstanceReferenceInformation",
    "SubstanceSourceMaterial",
    "SubstanceSpecification",
    "SupplyDelivery",
    "SupplyRequest",
    "Task",
    "TerminologyCapabilities",
    "TestReport",
    "TestScript",
    "ValueSet",
    "VerificationResult",
    "VisionPrescription",
];

/// Types that are of no use without knowing whose they are, and the element that says so.
pub(crate) const NEEDS_SUBJECT: &[(&str, &str)] = &[
    ("AllergyIntolerance", "patient"),
    ("Appointment", "participant"),
    ("CarePlan", "subject"),
    ("Claim", "patient"),
    ("ClinicalImpression", "subject"),
    ("Communication", "subject"),
    ("Condition", "subject"),
    ("Consent", "patient"),
    ("Coverage", "beneficiary"),
    ("Encounter", "subject"),
    ("EpisodeOfCare", "patient"),
    ("ExplanationOfBenefit", "patient"),
    ("FamilyMemberHistory", "patient"),
    ("Flag", "subject"),
    ("Goal", "subject"),
    ("Immunization", "patient"),
    ("MedicationAdministration", "subject"),
    ("MedicationDispense", "subject"),
    ("MedicationRequest", "subject"),
    ("MedicationStatement", "subject"),
    ("Observation", "subject"),
    ("Procedure", "subject"),
    ("RelatedPerson", "patient"),
    ("ServiceRequest", "subject"),
];

/// Types that are never of one patient, whatever their elements are called.
pub(crate) const OF_NOBODY: &[&str] = &[
    "AuditEvent",
    "Binary",
    "Bundle",
    "CapabilityStatement",
    "Endpoint",
    "Group",
    "HealthcareService",
    "Library",
    "Location",
    "Medication",
    "OperationOutcome",
    "Organization",
    "Parameters",
    "Practitioner",
    "PractitionerRole",
    "Provenance",
    "Questionnaire",
    "Schedule",
    "Slot",
    "Subscription",
    "ValueSet",
];

/// Statuses by type: whether one must be there, and which there are.
pub(crate) const STATUS: &[(&str, bool, &[&str])] = &[
    (
        "Encounter",
        true,
        &[
            "planned",
            "arrived",
            "triaged",
            "in-progress",
            "onleave",
            "finished",
            "cancelled",
            "entered-in-error",
            "unknown",
        ],
    ),
    (
        "Appointment",
        true,
        &[
            "proposed",
            "pending",
            "booked",
            "arrived",
            "fulfilled",
            "cancelled",
            "noshow",
            "entered-in-error",
            "checked-in",
            "waitlist",
        ],
    ),
    (
        "MedicationRequest",
        true,
        &["active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown"],
    ),
    (
        "MedicationDispense",
        false,
        &[
            "preparation",
            "in-progress",
            "cancelled",
            "on-hold",
            "completed",
            "entered-in-error",
            "stopped",
            "declined",
            "unknown",
        ],
    ),
    (
        "Procedure",
        false,
        &["preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"],
    ),
    ("Consent", false, &["draft", "proposed", "active", "rejected", "inactive", "entered-in-error"]),
];

/// The shape of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `"…"`.
    Text,
    /// `{…}`.
    Object,
    /// `[…]` of objects.
    Objects,
}

impl Shape {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Object => "an object",
            Self::Objects => "a list of objects",
        }
    }
}

/// The shapes that the rest of the hub relies on; an empty type stands for every type.
pub(crate) const SHAPES: &[(&str, &str, Shape)] = &[
    ("", "id", Shape::Text),
    ("", "meta", Shape::Object),
    ("", "status", Shape::Text),
    ("", "subject", Shape::Object),
    ("", "patient", Shape::Object),
    ("", "encounter", Shape::Object),
    ("", "period", Shape::Object),
    ("", "extension", Shape::Objects),
    ("", "contained", Shape::Objects),
    ("", "identifier", Shape::Objects),
    ("Patient", "name", Shape::Objects),
    ("Patient", "telecom", Shape::Objects),
    ("Patient", "address", Shape::Objects),
    ("Patient", "contact", Shape::Objects),
    ("Patient", "communication", Shape::Objects),
    ("Patient", "link", Shape::Objects),
    ("Patient", "birthDate", Shape::Text),
    ("Patient", "gender", Shape::Text),
    ("RelatedPerson", "name", Shape::Objects),
    ("RelatedPerson", "telecom", Shape::Objects),
    ("Encounter", "class", Shape::Object),
    ("Encounter", "hospitalization", Shape::Object),
    ("Appointment", "participant", Shape::Objects),
    ("Appointment", "start", Shape::Text),
    ("Procedure", "code", Shape::Object),
    ("Condition", "code", Shape::Object),
    ("MedicationRequest", "medicationCodeableConcept", Shape::Object),
    ("MedicationRequest", "medicationReference", Shape::Object),
    ("MedicationRequest", "dosageInstruction", Shape::Objects),
];

/// Types whose `identifier` is one and not a list.
pub(crate) const ONE_IDENTIFIER: &[&str] = &["Bundle", "Composition", "QuestionnaireResponse"];
/// Types whose `subject` is a list or has another shape.
pub(crate) const OTHER_SUBJECT: &[&str] = &["Account", "AdverseEvent", "Questionnaire", "ActivityDefinition"];

/// The `reference`-like text `Type/id`, whether it is relative, absolute or versioned.
pub(crate) fn type_and_id(reference: &str) -> Option<(&str, &str)> {
    let plain = reference.split("/_history/").next()?;
    let mut parts = plain.rsplit('/');
    let (id, kind) = (parts.next()?, parts.next()?);
    (is_id(id) && R4.contains(&kind)).then_some((kind, id))
}

/// Whether `text` is a FHIR id.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_other_texts() {
        assert_eq!(type_and_id("Patient/1"), Some(("Patient", "1")));
        assert_eq!(type_and_id("https://ehr.example.org/fhir/Patient/1/_history/2"), Some(("Patient", "1")));
        for none in
            ["", "Patient", "Patient/", "urn:uuid:1", "#p", "Patient?identifier=a|b", "Pateint/1", "Patient/a b"]
        {
            assert_eq!(type_and_id(none), None, "{none}");
        }
    }

    #[test]
    fn types_are_sorted_and_lists_name_types_that_exist() {
        assert!(R4.is_sorted(), "kept sorted for readers");
        let named =
            NEEDS_SUBJECT.iter().map(|n| n.0).chain(OF_NOBODY.iter().copied()).chain(STATUS.iter().map(|s| s.0));
        for kind in named {
            assert!(R4.contains(&kind), "{kind}");
        }
    }
}
