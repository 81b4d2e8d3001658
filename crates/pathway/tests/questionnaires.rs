//! FHIR Questionnaires as questions: what is asked, in which languages, on what it depends, and what cannot be asked.
#![expect(clippy::unwrap_used, reason = "tests")]

use model::Value;
use model::prompt::Answer;
use serde_json::{Value as Json, json};
use throughline_pathway::ast::Question;
use throughline_pathway::{CodeSets, Finding, Pathway, asking, read};

const SHIPPED: &str = include_str!("../../../pathways/questionnaires/how-you-recover.json");
const NAME: &str = "https://throughline.example/fhir/Questionnaire/how-you-recover|1";
const FILE: &str = "questionnaires/it.json";

/// A pathway that asks it.
fn asks(canonical: &str, by: &str, speaks: &str) -> String {
    let words = |l: &str| {
        format!(
            "    {l}:\n      sms, portal: \"Some questions.\"\n      voice: \"Some questions.\"\n      email: {{ subject: \"Questions\", text: \"{{{{ person.today_link }}}}\" }}\n"
        )
    };
    let words: String = speaks.split(", ").map(words).collect();
    format!(
        "pathway: sample\nlanguage: 1\ntitle: A sample\nowner: surgery\nfallback_team: nurses\nspeaks: [{speaks}]\n\
         enrol:\n  on: encounter.discharged\n  once_per: encounter\nleave:\n  - after: 14 days\n\
         discloses: {{ sms: health }}\n\
         questions:\n  how_is_it:\n    questionnaire: {canonical}\n\
         tracks:\n  main:\n    - ask: how_is_it\n      purpose: care\n      by: [{by}]\n      deadline: 2 days\n      \
         answered: next\n      missed: end\n    - branch:\n        - if: how_is_it.pain >= 8\n          then: end\n      \
         unknown: end\n      else: end\n\
         words:\n  how_is_it:\n{words}"
    )
}

fn with(questionnaire: &str, canonical: &str, by: &str, speaks: &str) -> Result<Pathway, Vec<Finding>> {
    let codes = CodeSets::read(&[(FILE.into(), questionnaire.into())])?.0;
    read("sample.yaml", &asks(canonical, by, speaks), &codes, &["nurses".into()]).map(|(pathway, _)| pathway)
}

fn question() -> Question {
    with(SHIPPED, NAME, "sms, email, portal", "en, es").unwrap().question("how_is_it").unwrap().clone()
}

#[test]
fn items_are_fields_with_their_types_their_words_and_their_codes() {
    let question = question();
    let fields: Vec<(&str, &Answer)> = question.form.fields.iter().map(|f| (f.name.as_str(), &f.answer)).collect();
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["pain", "wound_bleeds", "wound_looks", "wound_since", "temperature", "more"]);
    assert_eq!(*fields[0].1, Answer::Number { min: 0.0, max: 10.0 });
    assert_eq!(*fields[1].1, Answer::Bool);
    assert_eq!(*fields[5].1, Answer::Text);
    assert_eq!(question.questionnaire, NAME);
    assert_eq!(asking::label(&question, "wound_looks.red", "es"), "Roja o caliente");
    assert!(asking::label(&question, "pain", "es").starts_with("¿Qué tan fuerte"));
    let looks = question.items.iter().find(|i| i.field == "wound_looks").unwrap();
    let red = ("red".to_owned(), "https://throughline.example/fhir/CodeSystem/recovery".to_owned(), "red".to_owned());
    assert!(looks.codings.contains(&red) && looks.inside == ["wound"], "{looks:?}");
    assert!(question.links.contains(&("wound_since".into(), "wound.since".into())));
    // Without its version it is the only one.
    assert!(with(SHIPPED, NAME.trim_end_matches("|1"), "sms", "en").is_ok());
}

#[test]
fn an_item_is_asked_only_of_who_answered_so_and_what_is_optional_may_be_left_out() {
    let q = question();
    let (yes, no, unknown) = (Value::Bool(true), Value::Bool(false), Value::Unknown);
    let text = |t: &str| Value::Text(t.into());
    let mut given = vec![unknown.clone(); 6];
    assert_eq!(asking::open(&q, &given), Some(0));
    given[0] = Value::Number(3.0);
    given[1] = no;
    assert_eq!(asking::open(&q, &given), Some(2));
    given[2] = text("clean");
    assert_eq!(asking::open(&q, &given), Some(4), "since when is asked only of a wound that is not clean");
    for other in ["red", "wet"] {
        given[2] = text(other);
        assert_eq!(asking::open(&q, &given), Some(3), "{other}");
    }
    given[3] = Value::Number(2.0);
    given[4] = asking::left_out();
    given[5] = text("all well");
    assert_eq!(asking::open(&q, &given), None);
    let names = |given: &[Value]| asking::given(&q, given).into_iter().map(|(n, _)| n).collect::<Vec<_>>();
    assert_eq!(names(&given), ["pain", "wound_bleeds", "wound_looks", "wound_since", "more"]);
    given[2] = text("clean");
    assert_eq!(names(&given), ["pain", "wound_bleeds", "wound_looks", "more"], "changed: it was never to be asked");
    // Types: whole numbers, lengths, what may be left out.
    let field = |n: usize| &q.form.fields[n];
    let answers = |n: usize, value: &Value| asking::answers(&q, field(n), value);
    assert!(answers(0, &Value::Number(3.0)) && !answers(0, &Value::Number(3.5)) && !answers(0, &Value::Number(11.0)));
    assert!(answers(4, &Value::Number(98.6)) && answers(4, &asking::left_out()) && !answers(0, &asking::left_out()));
    assert!(answers(5, &text(&"x".repeat(500))) && !answers(5, &text(&"x".repeat(501))));
    assert!(!answers(2, &text("blue")) && !answers(1, &text("yes")) && answers(1, &yes));
    // By text.
    assert_eq!(asking::read(&q, field(4), "Skip"), Some(asking::left_out()));
    assert_eq!(asking::read(&q, field(4), "omitir"), Some(asking::left_out()));
    assert_eq!(asking::read(&q, field(0), "skip"), None);
    assert_eq!(asking::read(&q, field(0), "3.5"), None, "no whole number");
    assert!(asking::put(&q, field(4), "en", asking::Again::Not).ends_with("Or reply SKIP."));
    assert!(asking::put(&q, field(4), "es", asking::Again::Not).ends_with("O escriba OMITIR."));
    assert!(!asking::put(&q, field(0), "en", asking::Again::Not).contains("SKIP"));
    // Whoever sent a picture is told that nobody sees it, and whom to call; and that a machine says so.
    let picture = asking::Again::Picture { phone: "+15550100" };
    let (en, es) = (asking::put(&q, field(0), "en", picture), asking::put(&q, field(0), "es", picture));
    assert!(en.starts_with("Automatic reply: pictures") && en.contains("call +15550100.\n"), "{en}");
    assert!(es.starts_with("Respuesta automática: aquí no") && es.contains("llame al +15550100.\n"), "{es}");
}

#[test]
fn another_text_of_a_questionnaire_is_another_version_of_who_asks_it() {
    let version = |text: &str| with(text, NAME, "sms", "en, es").unwrap().version;
    assert_eq!(version(SHIPPED), version(SHIPPED));
    assert_ne!(version(SHIPPED), version(&SHIPPED.replace("Clean and dry", "Clean, dry")));
    let source = asks(NAME, "sms", "en, es");
    let kept = throughline_pathway::read_kept(&source, &[(FILE.into(), SHIPPED.into())], &["nurses".into()]);
    assert_eq!(kept.unwrap().version, version(SHIPPED), "a version that was kept is what it was");
}

fn told(result: Result<Pathway, Vec<Finding>>) -> Vec<String> {
    let findings = result.err().unwrap_or_default();
    findings.iter().map(|f| format!("{} {}", f.code, f.says)).collect()
}

/// What is told when the shipped one is changed.
fn changed(change: impl FnOnce(&mut Json)) -> Vec<String> {
    let mut json: Json = serde_json::from_str(SHIPPED).unwrap();
    change(&mut json);
    told(with(&json.to_string(), NAME, "email, portal", "en, es"))
}

#[test]
fn what_cannot_be_asked_is_named_with_why() {
    let one = |all: Vec<String>, code: &str, says: &str| {
        assert!(all.iter().any(|f| f.starts_with(code) && f.contains(says)), "{says}: {all:?}");
    };
    assert_eq!(changed(|_| ()), Vec::<String>::new());
    for (kind, says) in
        [("date", "a `date` is not asked"), ("display", "only shows text"), ("open-choice", "open-choice")]
    {
        one(changed(|q| q["item"][0]["type"] = json!(kind)), "TL098", says);
    }
    one(changed(|q| q["item"][0]["extension"] = json!([])), "TL098", "add `minValue` and `maxValue`");
    one(changed(|q| q["item"][0]["repeats"] = json!(true)), "TL098", "several answers");
    one(changed(|q| q["item"][0]["readOnly"] = json!(true)), "TL098", "read only");
    one(changed(|q| q["item"][0]["modifierExtension"] = json!([])), "TL098", "an extension");
    one(changed(|q| q["item"][0]["item"] = json!([{"linkId": "x"}])), "TL098", "below it");
    one(changed(|q| q["item"][1]["repeats"] = json!(true)), "TL098", "a group that repeats");
    let looks = "/item/1/item/1";
    one(changed(|q| q.pointer_mut(looks).unwrap()["answerValueSet"] = json!("x")), "TL098", "a value set");
    let options = json!((0..10).map(|n| json!({"valueCoding": {"code": n.to_string()}})).collect::<Vec<_>>());
    one(changed(|q| q.pointer_mut(looks).unwrap()["answerOption"] = options), "TL098", "1 to 9 answers, this has 10");
    one(
        changed(|q| q.pointer_mut("/item/1/item/2/enableWhen/0").unwrap()["operator"] = json!("!=")),
        "TL098",
        "only `=`",
    );
    one(
        changed(|q| q.pointer_mut("/item/1/item/2/enableWhen/0").unwrap()["question"] = json!("more")),
        "TL098",
        "not asked before",
    );
    one(
        changed(|q| q.pointer_mut("/item/1/item/2").unwrap()["enableBehavior"] = json!(null)),
        "TL098",
        "enableBehavior",
    );
    one(changed(|q| q["item"][0]["_text"] = json!({})), "TL099", "has no `es`");
    one(
        changed(|q| {
            q.pointer_mut("/item/1/item/1/answerOption/0/valueCoding/_display").unwrap()["extension"] = json!([])
        }),
        "TL099",
        "Clean and dry",
    );
    one(changed(|q| q["language"] = json!("fr")), "TL099", "has no `en`");
    // The second choice in the words of the first, but for a letter's size and an accent: in one language or the other.
    let options = "/item/1/item/1/answerOption";
    let alike = |q: &mut Json| {
        let first = q.pointer(&format!("{options}/0/valueCoding/display")).unwrap().as_str().unwrap().to_uppercase();
        *q.pointer_mut(&format!("{options}/1/valueCoding/display")).unwrap() = json!(first);
    };
    let english = changed(alike);
    assert_eq!(english.len(), 1, "once, and in English alone: {english:?}");
    one(english, "TL040", "two choices of the item `wound.looks` (it.json, line ");
    let spanish = |q: &mut Json| {
        let of = |n: usize| format!("{options}/{n}/valueCoding/_display");
        let first = q.pointer(&of(0)).unwrap().clone();
        *q.pointer_mut(&of(1)).unwrap() = first;
    };
    one(changed(spanish), "TL040", "read alike in `es`");
    one(told(with(SHIPPED, "https://example.org/other", "sms", "en")), "TL042", "there is no Questionnaire");
    one(told(with(SHIPPED, NAME, "voice", "en")), "TL043", "cannot leave out");
    for (text, says) in
        [("{", "not JSON"), ("{}", "no FHIR Questionnaire"), ("{\"resourceType\":\"Questionnaire\"}", "no `url`")]
    {
        one(told(with(text, NAME, "sms", "en")), "TL098", says);
    }
}

/// Those of a folder of one's own (`QUESTIONNAIRES=…`, say of an implementation guide): nothing panics, and what cannot
/// be asked is named.
#[test]
fn real_questionnaires_are_read_or_say_why_not() {
    let Some(folder) = std::env::var_os("QUESTIONNAIRES") else { return };
    let entries = std::fs::read_dir(folder).unwrap();
    let mut seen = 0;
    for path in entries.map(|e| e.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("Questionnaire-") || !name.ends_with(".json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let (codes, findings) = CodeSets::read(&[(format!("questionnaires/{name}"), text)]).unwrap();
        let read = &codes.questionnaires()[0];
        println!("{name}: {} can be asked\n  {}", read.asks(), read.cannot().join("\n  "));
        assert!(findings.is_empty() && read.asks() + read.cannot().len() > 0, "{name}");
        seen += 1;
    }
    assert!(seen > 0, "there are none");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]
    /// Whatever a file holds in place of what is expected, it is read without a panic.
    #[test]
    fn any_change_of_a_value_is_read(at in 0_usize..400, put in "(null|true|-1|1e300|\"\"|\"pain\"|\\[\\]|\\{\\}|\\[\\[1\\]\\])") {
        let mut json: Json = serde_json::from_str(SHIPPED).unwrap();
        let mut left = at;
        change(&mut json, &mut left, &serde_json::from_str(&put).unwrap());
        let _ = with(&json.to_string(), NAME, "sms", "en, es");
    }
}

fn change(json: &mut Json, left: &mut usize, put: &Json) {
    if *left == 0 {
        *json = put.clone();
        *left = usize::MAX;
        return;
    }
    *left = left.saturating_sub(1);
    match json {
        Json::Array(list) => list.iter_mut().for_each(|j| {
            if *left < 1_000 {
                change(j, left, put)
            }
        }),
        Json::Object(map) => map.values_mut().for_each(|j| {
            if *left < 1_000 {
                change(j, left, put)
            }
        }),
        _ => {}
    }
}
