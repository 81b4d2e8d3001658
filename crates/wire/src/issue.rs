//! What is wrong with an input, and where: the parts of a FHIR OperationOutcome.

use crate::limits::MAX_ISSUES;
use serde_json::{Value, json};

/// How grave an issue is (FHIR `issue-severity`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing could be read.
    Fatal,
    /// This resource is refused.
    Error,
    /// It is kept; something in it will not be used.
    Warning,
    /// Good to know.
    Information,
}

impl Severity {
    /// The FHIR code.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
        }
    }
}

/// Something wrong, or worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// How grave.
    pub severity: Severity,
    /// FHIR `issue-type`: `structure`, `required`, `value`, `code-invalid`, `too-long`, …
    pub code: &'static str,
    /// A FHIRPath expression (`Bundle.entry[3].resource.birthDate`), or `line:column` of JSON that
    /// could not be read.
    pub place: String,
    /// What is wrong, what was expected, what to do. Never a patient's data.
    pub says: String,
}

impl Issue {
    pub(crate) fn new(
        severity: Severity,
        code: &'static str,
        place: impl Into<String>,
        says: impl Into<String>,
    ) -> Self {
        Self { severity, code, place: place.into(), says: says.into() }
    }

    pub(crate) fn error(code: &'static str, place: impl Into<String>, says: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, place, says)
    }

    pub(crate) fn fatal(code: &'static str, place: impl Into<String>, says: impl Into<String>) -> Self {
        Self::new(Severity::Fatal, code, place, says)
    }

    /// Whether what it is about is refused.
    pub fn refuses(&self) -> bool {
        self.severity <= Severity::Error
    }

    /// Whether the place is `line:column` and not an expression.
    fn is_position(&self) -> bool {
        let mut parts = self.place.split(':').map(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
        parts.next() == Some(true) && parts.next() == Some(true) && parts.next().is_none()
    }

    fn json(&self) -> Value {
        let mut out = json!({
            "severity": self.severity.name(),
            "code": self.code,
            "details": { "text": self.says },
            "diagnostics": format!("{}: {}", self.place, self.says),
        });
        if self.is_position() {
            out["location"] = json!([self.place]);
        } else if !self.place.is_empty() {
            out["expression"] = json!([self.place]);
            out["location"] = json!([self.place]);
        }
        out
    }
}

/// The FHIR R4 OperationOutcome that tells `issues`; with none, that all is well.
pub fn operation_outcome(issues: &[Issue]) -> Value {
    let mut list: Vec<Value> = issues.iter().take(MAX_ISSUES).map(Issue::json).collect();
    if list.is_empty() {
        list.push(json!({"severity": "information", "code": "informational", "details": {"text": "All is well."}}));
    }
    if issues.len() > MAX_ISSUES {
        let more = format!("{} more issues are not listed.", issues.len() - MAX_ISSUES);
        list.push(json!({"severity": "error", "code": "too-costly", "details": {"text": more}}));
    }
    json!({"resourceType": "OperationOutcome", "issue": list})
}

/// The name among `names` that is nearest to `word`, if any is near.
pub(crate) fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    const NEAR: f64 = 0.8;
    if word.len() > 64 {
        return None;
    }
    let scored = names.iter().map(|n| (strsim::jaro_winkler(&word.to_lowercase(), &n.to_lowercase()), *n));
    scored.filter(|(s, _)| *s >= NEAR).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, n)| n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_a_location_and_a_path_an_expression() {
        let outcome = operation_outcome(&[
            Issue::fatal("structure", "3:14", "broken"),
            Issue::error("value", "Patient.birthDate", "no date"),
        ]);
        assert_eq!(outcome["issue"][0]["location"][0], "3:14");
        assert!(outcome["issue"][0].get("expression").is_none());
        assert_eq!(outcome["issue"][1]["expression"][0], "Patient.birthDate");
        assert_eq!(outcome["issue"][1]["severity"], "error");
    }

    #[test]
    fn the_list_of_issues_is_bounded() {
        let many = vec![Issue::error("value", "Patient.birthDate", "no date"); MAX_ISSUES + 7];
        let outcome = operation_outcome(&many);
        let list = outcome["issue"].as_array().expect("a list");
        assert_eq!(list.len(), MAX_ISSUES + 1);
        assert_eq!(list[MAX_ISSUES]["details"]["text"], "7 more issues are not listed.");
    }

    #[test]
    fn the_nearest_name_is_found() {
        assert_eq!(nearest("Pateint", &["Patient", "Observation"]), Some("Patient"));
        assert_eq!(nearest("xyz", &["Patient", "Observation"]), None);
    }
}
