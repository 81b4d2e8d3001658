//! Pure: bytes to FHIR R4 resources, CloudEvents and facts, with issues that name the place.
