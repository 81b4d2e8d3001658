//! Links of a Patient that say that two are one person.

use crate::{Issue, Severity, Source};
use model::inbox::is_own;
use serde_json::Value;

/// Types of links that join nobody (FHIR R4 link-type); what is not written like one of them is taken to.
const OTHERS: &[&str] = &["replaced-by", "refer", "seealso"];

/// Takes out of a Patient the links by which it stands for others, where `source` may not join people or where a link
/// names nobody outside: each is told, and the rest stays. A Patient that is not active joins nobody (`topics/patient.yaml`).
pub(crate) fn set_aside(resource: &mut Value, place: &str, source: &Source, issues: &mut Vec<Issue>) {
    if resource["resourceType"].as_str() != Some("Patient") || resource["active"].as_bool() == Some(false) {
        return;
    }
    let Some(links) = resource["link"].as_array_mut() else { return };
    let mut n = 0;
    links.retain(|link| {
        let says = refused(link, source);
        if let Some((code, says)) = says {
            issues.push(Issue::new(Severity::Warning, code, format!("{place}.link[{n}]"), says));
        }
        n += 1;
        says.is_none()
    });
    // FHIR knows no empty list.
    if links.is_empty()
        && let Some(patient) = resource.as_object_mut()
    {
        patient.remove("link");
    }
}

/// Why a link is not taken: a code and words.
fn refused(link: &Value, source: &Source) -> Option<(&'static str, &'static str)> {
    let named: Vec<&Value> = each(&link["other"]).filter_map(|other| other.get("identifier")).flat_map(each).collect();
    if named.iter().all(|n| n.is_null()) || link["type"].as_str().is_some_and(|t| OTHERS.contains(&t)) {
        return None;
    }
    if !source.may.join {
        let says = "This says that two are one person, which needs the scope identity:write: the link is set aside, and \
                    the rest is taken in.";
        return Some(("forbidden", says));
    }
    let own = named.iter().any(|n| n["system"].as_str().is_some_and(is_own));
    own.then_some(("value", "This system is a name of the hub's own and names nobody: the link is set aside."))
}

/// A list's items; anything else is one.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::May;
    use model::{At, Origin};
    use serde_json::json;

    fn left(join: bool, patient: &Value) -> (Value, Vec<(&'static str, String)>) {
        let may = May { join, resources: true };
        let source = Source { name: "h", site: "", origin: Origin::Live, now: At(0), country: "US", may };
        let (mut patient, mut issues) = (patient.clone(), Vec::new());
        patient["resourceType"] = json!("Patient");
        set_aside(&mut patient, "Patient", &source, &mut issues);
        (patient["link"].take(), issues.into_iter().map(|i| (i.code, i.place)).collect())
    }

    #[test]
    fn a_link_that_joins_is_set_aside_where_the_sender_may_not_and_the_others_stay() {
        let identifier = json!({"system": "urn:mrn", "value": "1"});
        let joins = json!({"type": "replaces", "other": {"identifier": identifier}});
        let stays = json!({"type": "seealso", "other": {"identifier": identifier}});
        let named = json!({"type": "replaces", "other": {"reference": "Patient/2"}});
        let patient = json!({"link": [stays, joins, named]});
        assert_eq!(left(true, &patient), (patient["link"].clone(), vec![]));
        let told = vec![("forbidden", "Patient.link[1]".to_owned())];
        assert_eq!(left(false, &patient), (json!([stays, named]), told));
        assert_eq!(left(false, &json!({"link": [joins]})).0, Value::Null);
        let closed = json!({"active": false, "link": [joins]});
        assert_eq!(left(false, &closed), (json!([joins]), vec![]));
        // However it is written, if a topic can read it.
        for odd in [
            json!({"type": ["replaces"], "other": {"identifier": identifier}}),
            json!({"type": {"code": "replaces"}, "other": {"identifier": identifier}}),
            json!({"type": "replaces", "other": [{"identifier": [identifier]}]}),
        ] {
            assert_eq!(left(false, &json!({"link": [odd]})).0, Value::Null, "{odd}");
        }
    }

    #[test]
    fn a_link_names_nobody_by_a_name_of_the_hubs_own() {
        let by_number =
            json!({"type": "replaces", "other": {"identifier": {"system": "phone", "value": "+12125550119"}}});
        let told = vec![("value", "Patient.link[0]".to_owned())];
        assert_eq!(left(true, &json!({"link": [by_number]})), (Value::Null, told));
    }
}
