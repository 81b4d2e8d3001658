//! A code by text comes to whoever asks for it, whatever they speak: nobody is locked out because a translation is not
//! reviewed.

use crate::harness::{World, at, pathway};
use model::Actor;
use model::message::Content;
use serde_json::json;

const SHIPPED: &str = include_str!("../../../../pathways/standing-code.yaml");

#[test]
fn whoever_asks_gets_the_code_in_one_cheap_text_with_the_settings_that_ship() {
    let front_desk = SHIPPED.replace("fallback_team: front_desk", "fallback_team: charge");
    for language in [Some("es"), Some("es-MX"), Some("vi"), Some("en"), None] {
        let mut world = World::new(&[pathway(&front_desk)], at(0, 10, 0));
        assert!(!world.setup.clinic.unreviewed_languages);
        world.setup.clinic.link_secret = "a secret for this test, long enough to sign with".into();
        let mut body = json!({"resourceType": "Patient", "id": "1", "birthDate": "1960-01-01",
            "identifier": [{"system": "urn:mrn", "value": "1"}], "name": [{"given": ["Maria"], "family": "Ortega"}],
            "telecom": [{"system": "phone", "value": "+12125550155", "use": "mobile"}]});
        if let Some(language) = language {
            body["communication"] = json!([{"preferred": true, "language": {"coding": [
                {"system": "urn:ietf:bcp:47", "code": language}]}}]);
        }
        let mut fact = world.fact(model::fact::RESOURCE_RECEIVED, body);
        (fact.source, fact.subject) = ("hospital".into(), "urn:mrn|1".into());
        world.takes(fact).unwrap();
        let asked = world.fact("code.requested", json!({"channel": "sms"})).by(Actor::Patient);
        world.takes(asked).unwrap();
        assert!(world.open("language").is_empty(), "{language:?}: no interpreter is asked for a code");
        assert_eq!(world.sent.len(), 1, "{language:?} {:?}", world.told("reach.ended"));
        let Content::Sms { text } = &world.sent[0].content else { panic!("a text") };
        assert!(text.contains("your code is / su clave es "), "{text}");
        let digits = text.split([' ', '.']).filter(|w| w.len() == 6 && w.bytes().all(|b| b.is_ascii_digit())).count();
        assert_eq!(digits, 1, "{text}");
        let one_byte = |c: char| c.is_ascii() && c != '`' || c == 'é';
        assert!(text.chars().all(one_byte) && text.chars().count() <= 160, "GSM-7, one segment: {text}");
    }
}
