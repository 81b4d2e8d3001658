//! What staff set right stands against every source, whatever comes first.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use model::fact::{OWN, RESOURCE_RECEIVED};
use model::person::{Need, PointStatus};
use model::{Actor, At, Fact, FactId, Origin};
use serde_json::{Value as Json, json};
use throughline_record::correct::{CORRECTED, Problem, WITHDRAWN, check, standing};
use throughline_record::{Fold, Record, fold, merge, uncorrected};

fn fact(source: &str, kind: &str, at: i64, body: Json) -> Fact {
    Fact {
        id: FactId::of(&[kind.as_bytes(), &at.to_be_bytes(), body.to_string().as_bytes()]),
        source: source.into(),
        subject: format!("{source}|1"),
        site: String::new(),
        kind: kind.into(),
        version: 1,
        occurred_at: At(at),
        recorded_at: At(at),
        origin: Origin::Live,
        actor: Actor::Staff("nora".into()),
        episode: None,
        sensitivity: Default::default(),
        cause: None,
        retracts: None,
        body,
    }
}

fn corrected(at: i64, field: &str, value: Json) -> Fact {
    fact(OWN, CORRECTED, at, json!({"field": field, "value": value, "was": "", "why": "told by phone"}))
}

fn contact(at: i64, of: &str, value: Json) -> Fact {
    fact(OWN, CORRECTED, at, json!({"field": "contact", "of": of, "value": value, "why": "told by phone"}))
}

fn withdrawn(at: i64, field: &str) -> Fact {
    fact(OWN, WITHDRAWN, at, json!({"field": field, "why": "it was right"}))
}

fn patient(source: &str, at: i64, family: &str) -> Fact {
    let body = json!({"resourceType": "Patient", "id": "1", "birthDate": "1980-01-02",
        "name": [{"given": ["David"], "family": family}], "communication": [{"language": {"coding": [{"code": "en"}]}}],
        "telecom": [{"system": "phone", "value": "+12125550119", "use": "mobile"}]});
    fact(source, RESOURCE_RECEIVED, at, body)
}

/// All folds of these facts, in this order.
fn folds<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> Vec<Fold> {
    let mut out: Vec<Fold> = Vec::new();
    for f in facts {
        let at = out.iter().position(|held| held.source == f.source);
        let at = at.unwrap_or_else(|| {
            out.push(Fold::default());
            out.len() - 1
        });
        fold(&mut out[at], f);
        fold(&mut out[at], f);
    }
    out
}

fn known(facts: &[Fact]) -> Record {
    merge(&folds(facts))
}

/// Every order of `items`.
fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut out = Vec::new();
    for i in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(i);
        for mut order in orders(&rest) {
            order.insert(0, first.clone());
            out.push(order);
        }
    }
    out
}

#[test]
fn a_correction_stands_in_every_order_of_all_that_comes() {
    let facts = vec![
        patient("hospital", 1, "Reyes"),
        patient("clinic", 9, "Rayes"),
        corrected(3, "name", json!(["Davíd", "Reyes Díaz"])),
        corrected(5, "language", json!("es-MX")),
        corrected(4, "language", json!("fr")),
        withdrawn(6, "pronouns"),
        corrected(2, "pronouns", json!("he/him")),
    ];
    let expected = known(&facts);
    assert_eq!((expected.name.as_str(), expected.family.as_str()), ("Davíd Reyes Díaz", "Reyes Díaz"));
    assert_eq!(expected.language.as_deref(), Some("es"), "the later of two corrections");
    assert_eq!(expected.pronouns, None, "taken back after it was said, in whatever order they came");
    let all = orders(&facts);
    assert_eq!(all.len(), 5040);
    for order in all {
        assert_eq!(known(&order), expected);
    }
}

#[test]
fn a_number_is_added_given_to_its_owner_and_stays_wrong_where_it_was_found_so() {
    let wrong = fact(OWN, "contact.disabled", 4, json!({"value": "+12125550119", "status": "wrong", "by": "staff"}));
    let facts = vec![
        patient("hospital", 9, "Reyes"),
        wrong,
        contact(5, "+12125550177", json!(["mobile", ""])),
        contact(6, "+12125550188", json!(["home", "Maria Reyes"])),
        contact(7, "+12125550119", json!(["mobile", ""])),
    ];
    let expected = known(&facts);
    let point = |value: &str| expected.contacts.iter().find(|p| p.value == value).unwrap();
    assert_eq!(point("+12125550119").status, PointStatus::Wrong, "a correction does not make it right again");
    let added = point("+12125550177");
    assert_eq!((added.status, added.owner.as_deref(), added.verified_at), (PointStatus::Active, None, Some(At(5))));
    assert_eq!(point("+12125550188").owner.as_deref(), Some("Maria Reyes"));
    let usable: Vec<_> = expected.points(model::person::PointKind::Phone).iter().map(|p| p.value.as_str()).collect();
    assert_eq!(usable, ["+12125550177"], "what is used is what was set right");
    let mut sorted = expected.clone();
    sorted.contacts.sort_by(|a, b| a.value.cmp(&b.value));
    for order in orders(&facts) {
        let mut is = known(&order);
        is.contacts.sort_by(|a, b| a.value.cmp(&b.value));
        assert_eq!(is, sorted);
    }
}

#[test]
fn needs_zone_and_birth_date_are_what_conditions_read() {
    let facts = [
        patient("hospital", 1, "Reyes"),
        corrected(2, "need.deaf", json!("yes")),
        corrected(2, "zone", json!("America/Chicago")),
        corrected(2, "birth_date", json!("1979-12-31")),
        corrected(2, "preferred_name", json!("Dave")),
        patient("hospital", 3, "Reyes"),
    ];
    let is = known(&facts);
    assert_eq!(
        (is.needs.as_slice(), is.zone.as_deref(), is.zone_from.as_str()),
        ([Need::Deaf].as_slice(), Some("America/Chicago"), "staff")
    );
    assert_eq!((is.birth_date.as_deref(), is.first_name()), (Some("1979-12-31"), "Dave"));
    let folds = folds(&facts);
    assert_eq!(uncorrected(&folds).birth_date.as_deref(), Some("1980-01-02"), "the source's own word is not lost");
    assert_eq!(standing(&folds.iter().collect::<Vec<_>>()).len(), 4);
}

#[test]
fn what_the_person_says_later_of_themselves_holds_over_an_older_correction() {
    let own = fact(OWN, "preference.changed", 8, json!({"language": "pt"}));
    let facts = [patient("hospital", 1, "Reyes"), corrected(5, "language", json!("es")), own];
    assert_eq!(known(&facts).language.as_deref(), Some("pt"));
    let older = fact(OWN, "preference.changed", 4, json!({"language": "pt"}));
    let facts = [patient("hospital", 1, "Reyes"), corrected(5, "language", json!("es")), older];
    assert_eq!(known(&facts).language.as_deref(), Some("es"));
}

#[test]
fn of_two_words_of_one_instant_the_one_that_knew_of_the_other_holds() {
    use throughline_record::correct::next_edition;
    let with = |mut f: Fact, n: u32| {
        f.body["edition"] = json!(n);
        f
    };
    let said = patient("hospital", 1, "Reyes");
    let first = with(corrected(5, "language", json!("es")), 1);
    let back = with(withdrawn(5, "language"), 2);
    let third = with(corrected(5, "language", json!("fr")), 3);
    for order in orders(&[said.clone(), first.clone(), back.clone(), third.clone()]) {
        assert_eq!(known(&order).language.as_deref(), Some("fr"));
    }
    for order in orders(&[said, first, back]) {
        assert_eq!(known(&order).language.as_deref(), Some("en"));
        assert_eq!(next_edition(&folds(&order), "language", ""), 3);
        assert_eq!(next_edition(&folds(&order), "contact", "+1"), 1);
    }
}

#[test]
fn what_cannot_be_is_refused_and_folds_nothing() {
    let text = |t: &str| vec![t.to_owned()];
    assert_eq!(check("birth_date", "", &text("1984-13-01")), Err(Problem::Date));
    assert_eq!(check("birth_date", "", &text("1984")), Err(Problem::Date));
    assert_eq!(check("language", "", &text("Spanish please")), Err(Problem::Language));
    assert_eq!(check("zone", "", &text("Mars/Olympus")), Err(Problem::Zone));
    assert_eq!(check("need.deaf", "", &text("perhaps")), Err(Problem::Choice));
    assert_eq!(check("name", "", &["".into(), " ".into()]), Err(Problem::Empty));
    assert_eq!(check("pronouns", "", &text(&"x".repeat(121))), Err(Problem::Text));
    assert_eq!(check("shoe_size", "", &text("44")), Err(Problem::Field));
    for bad in ["555", "+1x2125550177", "a@b", "a b@c.org", "+12"] {
        assert_eq!(check("contact", bad, &["".into(), "".into()]), Err(Problem::Contact), "{bad}");
    }
    assert_eq!(check("contact", "maria@example.org", &["".into(), "".into()]), Ok(()));
    let facts = [
        patient("hospital", 1, "Reyes"),
        corrected(2, "zone", json!("Mars/Olympus")),
        corrected(2, "name", json!("x")),
    ];
    assert_eq!(known(&facts), known(&facts[..1]));
    let foreign = fact("hospital", CORRECTED, 2, json!({"field": "pronouns", "value": "x"}));
    assert_eq!(
        known(&[patient("hospital", 1, "Reyes"), foreign]).pronouns,
        None,
        "a source does not correct itself so"
    );
}
