//! What ships reads without a finding, and its words are as short and as discreet as promised.
#![expect(clippy::unwrap_used, reason = "tests")]

use model::value::{FIELDS, Kind};
use model::{At, Channel, Type, Value};
use throughline_pathway::ast::{Goto, Verb};
use throughline_pathway::finding::render_finding;
use throughline_pathway::shipped::{Library, shipped, shipped_texts};
use throughline_pathway::{Scope, render};

fn library() -> Library {
    shipped(&["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk"].map(String::from))
}

#[test]
fn the_shipped_library_reads_clean() {
    let library = library();
    let texts = shipped_texts();
    let told: String = library
        .findings
        .iter()
        .map(|f| render_finding(f, &texts.iter().find(|(name, _)| *name == f.file).unwrap().1))
        .collect();
    assert!(told.is_empty(), "{told}");
    let names: Vec<&str> = library.pathways.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(
        names,
        ["post-surgical-follow-up", "standing-code", "standing-red-flag", "standing-replies", "standing-stop"]
    );
    assert!(library.pathways.iter().all(|p| p.standing == p.name.starts_with("standing-")));
    assert!(!library.codes.expand("tendon_repair").is_empty());
}

/// A person about whom everything is known, in the words of an ordinary day.
struct Usual;

impl Scope for Usual {
    fn get(&self, path: &[String]) -> Value {
        let root = path[0].as_str();
        let kind = match root {
            "person" => Kind::Person,
            "visit" => Kind::Appointment,
            "task" => Kind::Task,
            "today" => Kind::Day,
            "rx" => Kind::Prescription,
            "encounter" => Kind::Encounter,
            "fact" => Kind::Fact,
            _ => Kind::Clinic,
        };
        let (_, field, ty) = FIELDS.iter().find(|(k, f, _)| *k == kind && *f == path[1]).unwrap();
        match (kind, *field, ty) {
            (Kind::Clinic, "name", _) => Value::Text("Northside Health".into()),
            (Kind::Clinic, "phone", _) => Value::Text("+15550100123".into()),
            (Kind::Clinic, "emergency_number", _) => Value::Text("911".into()),
            (Kind::Task, "text", _) => Value::Text("Do your hand exercises as the therapist showed you.".into()),
            (_, _, Type::Time) => Value::Time(At(1_795_620_000_000)),
            (_, _, Type::Number) => Value::Number(12.0),
            _ => Value::Text("Maximilian".into()),
        }
    }
    fn items(&self, _: &[String]) -> Vec<String> {
        Vec::new()
    }
    fn bind(&self, _: &str, _: Kind, _: &str) -> Box<dyn Scope + '_> {
        Box::new(Self)
    }
}

/// Characters that the alphabet of text messages (3GPP TS 23.038) has beside ASCII's.
const GSM7_MORE: &str = "@\u{a3}$\u{a5}\u{e8}\u{e9}\u{f9}\u{ec}\u{f2}\u{c7}\u{d8}\u{f8}\u{c5}\u{e5}\u{c6}\u{e6}\u{df}\u{c9}\u{a1}\u{bf}\u{c4}\u{d6}\u{d1}\u{dc}\u{a7}\u{e4}\u{f6}\u{f1}\u{fc}\u{e0}";

#[test]
fn english_texts_fit_one_message_and_spanish_ones_two() {
    let zone = model::time::zone("America/New_York").unwrap();
    let mut seen = 0;
    for pathway in &library().pathways {
        for words in &pathway.words {
            for text in words.texts.iter().filter(|t| t.channel == Channel::Sms) {
                let out = render(&text.parts, &Usual, &text.language, &zone);
                assert!(out.missing.is_empty(), "{}: {:?}", words.name, out.missing);
                let gsm7 = out.text.chars().all(|c| (c.is_ascii() && c != '`') || GSM7_MORE.contains(c));
                let length = out.text.chars().count();
                // Accents outside the alphabet make a message of 70 characters, or two of 67.
                let most = if gsm7 { 160 } else { 134 };
                assert!(length <= most, "{} {} has {length} of {most}: {}", words.name, text.language, out.text);
                assert!(gsm7 || text.language != "en", "{}: {}", words.name, out.text);
                assert!(!out.text.contains('\n'), "{}: a text is one line", words.name);
                seen += 1;
            }
        }
    }
    assert!(seen >= 16, "only {seen} texts");
}

#[test]
fn voicemail_words_and_subjects_give_nothing_away() {
    let telling =
        ["medic", "prescri", "receta", "pharm", "farmac", "surg", "cirug", "nurse", "enfermer", "wound", "operat"];
    let zone = model::time::zone("America/New_York").unwrap();
    let mut seen = 0;
    for pathway in &library().pathways {
        for text in pathway.words.iter().flat_map(|w| &w.texts) {
            let parts = match text.channel {
                Channel::Voicemail => &text.parts,
                Channel::Email => &text.subject_parts,
                _ => continue,
            };
            let heard = render(parts, &Usual, &text.language, &zone).text.to_lowercase();
            assert!(!telling.iter().any(|t| heard.contains(t)), "{heard}");
            seen += 1;
        }
    }
    assert!(seen >= 16, "only {seen}");
}

#[test]
fn every_prompt_says_why_and_offers_something() {
    let library = library();
    let steps = library.pathways.iter().flat_map(|p| &p.steps);
    let prompts: Vec<_> = steps
        .filter_map(|s| match &s.verb {
            Verb::Prompt(p) => Some(p),
            _ => None,
        })
        .collect();
    assert!(prompts.len() >= 10);
    for p in prompts {
        assert!(!p.title.is_empty() && !p.reason.is_empty() && !p.offer.is_empty(), "{}", p.name);
        assert!(p.due.ms > 0);
    }
}

#[test]
fn the_story_stands_in_the_follow_up() {
    let library = library();
    let p = library.pathway("post-surgical-follow-up").unwrap();
    let names: Vec<&str> = p.steps.iter().map(|s| s.name.as_str()).collect();
    for step in [
        "nurse_call/check",
        "appointments/appointment_booked",
        "appointments/appointment_tomorrow",
        "medicine/medicine_ready",
        "medicine/medicine_waiting",
        "ask_why/call_about_medicine",
        "ask_patient/medicine_question",
        "checklist/todays_list",
        "checklist/remind",
    ] {
        assert!(names.contains(&step), "{step}");
    }
    let each = p.steps.iter().find(|s| s.name == "medicine/each_rx").unwrap();
    assert!(each.skip_when.is_some(), "as needed is not chased");
    let waiting = p.steps.iter().find(|s| s.name == "medicine/medicine_waiting").unwrap();
    let Verb::Reach { by, until: Some(until), .. } = &waiting.verb else { panic!("{waiting:?}") };
    assert_eq!(by[..2].iter().map(|(c, _)| *c).collect::<Vec<_>>(), [Channel::Voice, Channel::Voicemail]);
    assert_eq!((until.kind.as_str(), until.of.as_deref()), ("medication.picked_up", Some("rx")));
}

/// The answers of a call, by question; what is not among them was left empty.
struct Call<'a>(&'a str, &'a [(&'a str, Value)]);

impl Scope for Call<'_> {
    fn get(&self, path: &[String]) -> Value {
        let reached = || matches!(self.0, "done" | "call_back" | "declined");
        match path[1].as_str() {
            "outcome" => Value::Text(self.0.into()),
            "reached" => Value::Bool(reached()),
            asked => self.1.iter().find(|(name, _)| *name == asked).map(|(_, v)| v.clone()).unwrap_or_default(),
        }
    }
    fn items(&self, _: &[String]) -> Vec<String> {
        Vec::new()
    }
    fn bind(&self, _: &str, _: Kind, _: &str) -> Box<dyn Scope + '_> {
        Box::new(Self(self.0, self.1))
    }
}

/// Where the branch after a prompt leads: a step's name, or `end`.
fn after(pathway: &str, prompt: &str, call: &Call<'_>) -> String {
    let library = library();
    let p = library.pathway(pathway).unwrap();
    let asks = |s: &&throughline_pathway::ast::Step| matches!(&s.verb, Verb::Prompt(it) if it.name == prompt);
    let branch = p.step(p.steps.iter().find(asks).unwrap().next.unwrap()).unwrap();
    let Verb::Branch { arms, unknown, otherwise } = &branch.verb else { panic!("no branch after {prompt}") };
    let mut to = *otherwise;
    for (condition, then) in arms {
        match condition.eval(call) {
            Value::Bool(false) => continue,
            Value::Bool(true) => to = *then,
            _ => to = *unknown,
        }
        break;
    }
    let step = match to {
        Goto::Next => branch.next,
        Goto::Step(ix) => Some(ix),
        Goto::End => None,
    };
    step.map_or("end".into(), |ix| p.step(ix).unwrap().name.clone())
}

#[test]
fn a_danger_heard_on_the_call_goes_to_the_surgeon_whatever_the_call_is_called() {
    let well = [
        ("pain", Value::Number(2.0)),
        ("bleeding", Value::Bool(false)),
        ("wound", Value::Text("clean".into())),
        ("fever", Value::Bool(false)),
    ];
    let dangers = [
        ("pain", Value::Number(8.0)),
        ("bleeding", Value::Bool(true)),
        ("wound", Value::Text("open".into())),
        ("wound", Value::Text("red".into())),
        ("fever", Value::Bool(true)),
    ];
    let outcomes = ["done", "declined", "not_appropriate", "already_handled", "no_answer", "wrong_number"];
    for danger in &dangers {
        for prompt in ["check", "check_rest"] {
            for outcome in outcomes {
                let alone = after("post-surgical-follow-up", prompt, &Call(outcome, std::slice::from_ref(danger)));
                assert_eq!(alone, "surgeon_today/surgeon_review", "{prompt} {outcome} {danger:?}");
                let mut all = well.to_vec();
                all.iter_mut().filter(|(name, _)| *name == danger.0).for_each(|it| *it = danger.clone());
                let among = after("post-surgical-follow-up", prompt, &Call(outcome, &all));
                assert_eq!(among, "surgeon_today/surgeon_review", "{prompt} {outcome} {danger:?}");
            }
        }
    }
    let check = |outcome, answers: &[_]| after("post-surgical-follow-up", "check", &Call(outcome, answers));
    assert_eq!(check("done", &well), "end");
    for left_empty in 0..well.len() {
        let mut some = well.to_vec();
        some.remove(left_empty);
        assert_eq!(check("done", &some), "finish_the_check/check_rest", "{some:?}");
        let rest = after("post-surgical-follow-up", "check_rest", &Call("done", &some));
        assert_eq!(rest, "finish_the_check/decide_without_answers", "{some:?}");
    }
    for outcome in ["declined", "not_appropriate", "already_handled"] {
        assert_eq!(check(outcome, &[]), "end", "{outcome}");
    }
    for outcome in ["no_answer", "voicemail", "wrong_number"] {
        assert_eq!(check(outcome, &[]), "unable_to_reach/please_call", "{outcome}");
    }
}

#[test]
fn whom_nobody_reached_about_a_danger_is_looked_for() {
    let red_flag = |outcome| after("standing-red-flag", "red_flag", &Call(outcome, &[]));
    let surgeon = |outcome| after("post-surgical-follow-up", "surgeon_review", &Call(outcome, &[]));
    for outcome in ["no_answer", "voicemail", "wrong_number", "not_appropriate"] {
        assert_eq!(red_flag(outcome), "nurse/welfare_check", "{outcome}");
        assert_eq!(surgeon(outcome), "surgeon_today/surgeon_not_reached", "{outcome}");
    }
    for outcome in ["done", "declined", "already_handled"] {
        assert_eq!((red_flag(outcome), surgeon(outcome)), ("end".into(), "end".into()), "{outcome}");
    }
    let library = library();
    for (pathway, name) in [("standing-red-flag", "welfare_check"), ("post-surgical-follow-up", "surgeon_not_reached")]
    {
        let steps = &library.pathway(pathway).unwrap().steps;
        let found = steps.iter().find_map(|s| match &s.verb {
            Verb::Prompt(p) if p.name == name => Some(p),
            _ => None,
        });
        let p = found.unwrap();
        assert_eq!((p.urgent, p.to.as_str(), p.overdue[0].to.as_str()), (true, "charge_nurse", "on_call_surgeon"));
        assert!(p.person_within_ms.is_some(), "until someone has seen to it");
    }
}

#[test]
fn one_temperature_is_a_fever_everywhere() {
    let texts = shipped_texts();
    let all = texts.iter().map(|(_, text)| text.as_str());
    let triage = include_str!("../../../rules/triage.yaml");
    let pages = [include_str!("../../web/words/en/patient.ftl"), include_str!("../../web/words/es/patient.ftl")];
    for text in all.chain([triage]).chain(pages) {
        assert!(!text.contains("38.3") && !text.contains("101 \u{b0}F"), "{}", &text[..60]);
    }
    let form = &texts.iter().find(|(name, _)| name.ends_with("post-surgical-follow-up.yaml")).unwrap().1;
    // The nurse's form, and what the patient reads in each language.
    assert!(form.contains("Fever of 100.4 \u{b0}F (38 \u{b0}C)"), "the form");
    assert!(form.contains("your temperature is 100.4 \u{b0}F (38 \u{b0}C) or higher"), "the patient's page");
    assert!(form.contains("38 \u{b0}C (100.4 \u{b0}F) de temperatura"), "the same in Spanish");
}
