//! HTTP: FHIR, events, webhooks, console and portal.
