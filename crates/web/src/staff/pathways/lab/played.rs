//! One make-believe person on a pathway: a transcript of every channel, what the team was asked, and why something
//! did not come.
//!
//! They are of a scenario of the pathway's tests, or of a story that enrols on most pathways; what the reader wishes
//! (language, what the phone does, what is replied, for how long) is put over it. Nothing of it is kept.

use super::super::AUTHOR;
use super::Bench;
use super::tested::suites;
use crate::staff::timeline::{Known, trace};
use crate::tongue::{Tongue, say};
use crate::{Shared, page, words};
use jiff::tz::TimeZone;
use lab::Calls;
use lab::test::line::{Line, What};
use lab::test::play::{Played, in_laboratory};
use lab::test::{Act, Happening, Scenario, Suite};
use maud::{Markup, html};
use model::prompt::Answer;
use model::time::{DAY_MS, MINUTE_MS};
use model::{At, Channel};
use pathway::ast::{Question, Verb};
use pathway::{Pathway, asking};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Days that a simulation goes on at most.
const DAYS_MAX: i64 = 90;
/// Days when none are named.
const DAYS: i64 = 14;
/// Letters of a reply.
const REPLY_MAX: usize = 300;
/// Keys of a call.
const KEYS_MAX: usize = 20;
/// A reply to the first text comes so long after it.
const REPLY_AFTER_MS: i64 = 5 * MINUTE_MS;
/// Entries of a channel that are shown.
const LINES_MAX: usize = 300;
/// What goes without saying is not told among the reasons.
const USUAL: &[&str] = &["chosen", "delivered"];
/// The name of the story among the scenarios.
const STORY: &str = "";

/// What is wished of the simulation. All is text, for it comes from a link.
#[derive(Deserialize, Default)]
pub(super) struct Wish {
    /// Set when the form was sent.
    #[serde(default)]
    play: String,
    /// The name of a scenario; empty for the story.
    #[serde(default)]
    scenario: String,
    /// A language; empty for the one of the scenario.
    #[serde(default)]
    language: String,
    /// `missed`, `answered`; empty as the scenario says.
    #[serde(default)]
    calls: String,
    /// Keys that are pressed on a call.
    #[serde(default)]
    keys: String,
    /// `arrive`, `fail`; empty as the scenario says.
    #[serde(default)]
    texts: String,
    /// What the person texts.
    #[serde(default)]
    reply: String,
    /// On which day; empty: after the first text.
    #[serde(default)]
    day: String,
    /// For how many days.
    #[serde(default)]
    days: String,
}

impl Wish {
    fn days(&self) -> i64 {
        self.days.trim().parse().unwrap_or(DAYS).clamp(1, DAYS_MAX)
    }

    fn keys(&self) -> String {
        self.keys.chars().filter(|c| c.is_ascii_digit() || "*#".contains(*c)).take(KEYS_MAX).collect()
    }

    fn reply(&self) -> String {
        self.reply.trim().chars().take(REPLY_MAX).collect()
    }

    /// The day of the reply, from day 0.
    fn day(&self) -> Option<i32> {
        self.day.trim().parse().ok().filter(|day: &i32| (0..=90).contains(day))
    }
}

/// Languages that may be chosen: what the pathway speaks, and some that it may not.
fn languages(pathway: &Pathway) -> Vec<String> {
    let mut out = pathway.speaks.clone();
    for tag in ["en", "es", "zh", "vi", "ar", "ru"] {
        if !out.iter().any(|known| known == tag) {
            out.push(tag.to_owned());
        }
    }
    out
}

/// Somebody goes home after an operation with a medicine and an appointment; what begins otherwise begins then.
fn story(pathway: &Pathway, bench: &Bench) -> Option<(Suite, Scenario)> {
    let name = &pathway.name;
    let begins = match pathway.enrol.on.as_str() {
        "code.requested" => "\n      - day 0 15:00: { fact: { kind: code.requested, by: person } }".to_owned(),
        "" if pathway.enrol.by_hand => format!(
            "\n      - day 0 15:00: {{ fact: {{ kind: enrolment.requested, by: staff, body: {{ pathway: {name}, reason: the laboratory }} }} }}"
        ),
        _ => String::new(),
    };
    let text = format!(
        r"tests: {name}
scenarios:
  - scenario: story
    happens:
      - day 0 14:00:
          discharged:
            procedure: {{ code: [snomed|41727003, icd10pcs|0LQ70ZZ], name: tendon repair of the right hand }}
            prescriptions:
              antibiotic: rxnorm|309114 cephalexin 500 MG Oral Capsule
              painkiller: {{ medicine: rxnorm|197805 ibuprofen 400 MG Oral Tablet, as_needed: true }}
            appointments: {{ visit: day 10 14:00 }}{begins}
"
    );
    let (suite, _) = lab::test::read("story.test.yaml", &text, name, &bench.library);
    let suite = suite?;
    let scenario = suite.scenarios.first().cloned()?;
    Some((suite, scenario))
}

/// What was played, and on which clock.
struct Told {
    played: Played,
    zone: TimeZone,
    /// The last moment of it.
    until: At,
    /// What the person wrote: when, on which channel.
    wrote: Vec<(At, Channel, String)>,
    /// The language that their chart says.
    language: String,
    /// What is asked on the page, by the words that lead there.
    asks: Vec<(String, Question)>,
}

/// The questions of each `ask` of this pathway and of those that are played beside it, by the name of its words.
fn asked(pathway: &Pathway, bench: &Bench, others: &[&str]) -> Vec<(String, Question)> {
    let beside = bench.library.iter().map(AsRef::as_ref);
    let beside = beside.filter(|p: &&Pathway| p.name != pathway.name && others.contains(&p.name.as_str()));
    let mut out = Vec::new();
    for pathway in std::iter::once(pathway).chain(beside) {
        for step in &pathway.steps {
            let Verb::Ask { question, words, .. } = &step.verb else { continue };
            out.extend(pathway.question(question).map(|question| (words.clone(), question.clone())));
        }
    }
    out
}

/// Plays what is wished; `None` when there is no such scenario.
fn play(shared: &Shared, pathway: &Pathway, bench: &Bench, suites: &[Suite], wish: &Wish) -> Option<Told> {
    let told = match wish.scenario.as_str() {
        STORY => story(pathway, bench),
        name => suites.iter().find_map(|s| Some((s.clone(), s.scenarios.iter().find(|c| c.name == name)?.clone()))),
    };
    let (suite, mut scenario) = told?;
    let start = scenario.happens.first().map_or(scenario.until, |h| h.at);
    scenario.until = start.plus_ms(wish.days() * DAY_MS);
    scenario.happens.retain(|h| h.at <= scenario.until);
    put_over(&mut scenario, pathway, wish, start);
    let setup = lab::test::setup(&suite, &bench.library, &shared.app.hub.settings().teams, &bench.clinic);
    let mut played = in_laboratory(&scenario, &setup, &suite.tests);
    let (reply, address) = (wish.reply(), scenario.person.phone.clone());
    if let (false, Some(address)) = (reply.is_empty(), address) {
        let first = played.lines.iter().find(|l| l.what == What::Message(Channel::Sms)).map(|l| l.at);
        let at = match wish.day() {
            Some(day) => scenario.calendar.day(day, 10 * 60),
            None => Some(first.map_or(start.plus_ms(DAY_MS), |at| at.plus_ms(REPLY_AFTER_MS))),
        };
        if let Some(at) = at.filter(|at| (start..=scenario.until).contains(at)) {
            happens(&mut scenario, at, Act::Writes { address, text: reply });
            played = in_laboratory(&scenario, &setup, &suite.tests);
        }
    }
    let wrote = scenario.happens.iter().filter_map(wrote).collect();
    let language = scenario.happens.iter().find_map(language).unwrap_or_else(|| AUTHOR.to_owned());
    let pathways: Vec<&str> = suite.tests.iter().chain(&suite.with).map(String::as_str).collect();
    let asks = asked(pathway, bench, &pathways);
    Some(Told { played, zone: scenario.calendar.zone.clone(), until: scenario.until, wrote, language, asks })
}

fn wrote(happening: &Happening) -> Option<(At, Channel, String)> {
    if let Act::Answers { question, answers } = &happening.act {
        let given = answers.as_object().into_iter().flatten();
        let told = given.map(|(field, value)| match value {
            Json::String(text) => format!("{question}.{field}: {text}"),
            other => format!("{question}.{field}: {other}"),
        });
        return Some((happening.at, Channel::Portal, told.collect::<Vec<_>>().join("\n")));
    }
    let Act::Writes { address, text } = &happening.act else { return None };
    let channel = if address.contains('@') { Channel::Email } else { Channel::Sms };
    Some((happening.at, channel, text.clone()))
}

/// The language of a Patient.
fn language(happening: &Happening) -> Option<String> {
    let Act::Fhir(json) = &happening.act else { return None };
    let code = json.pointer("/communication/0/language/coding/0/code")?.as_str()?;
    (json["resourceType"] == "Patient").then(|| code.to_owned())
}

/// Something more happens; after what happens at the same time already.
fn happens(scenario: &mut Scenario, at: At, act: Act) {
    let place = scenario.happens.partition_point(|h| h.at <= at);
    scenario.happens.insert(place, Happening { place: scenario.place, at, act });
}

/// The reader's wishes in the place of what the scenario says.
fn put_over(scenario: &mut Scenario, pathway: &Pathway, wish: &Wish, start: At) {
    if let Some(language) = languages(pathway).iter().find(|tag| **tag == wish.language) {
        for happening in &mut scenario.happens {
            if let Act::Fhir(json) = &mut happening.act {
                speaks(json, language);
            }
        }
    }
    let calls = match wish.calls.as_str() {
        "missed" => Some(Calls::Missed),
        "answered" => Some(Calls::Answered(wish.keys())),
        _ => None,
    };
    let texts = match wish.texts.as_str() {
        "arrive" => Some(None),
        "fail" => Some(Some("landline".to_owned())),
        _ => None,
    };
    scenario.happens.retain(|h| match &h.act {
        Act::Calls(_) => calls.is_none(),
        Act::Fails(Channel::Sms, _) => texts.is_none(),
        _ => true,
    });
    let calls = calls.map(Act::Calls);
    let texts = texts.map(|error| Act::Fails(Channel::Sms, error));
    for act in calls.into_iter().chain(texts) {
        // Before anything: the phone is as it is.
        scenario.happens.insert(0, Happening { place: scenario.place, at: start, act });
    }
}

/// Every Patient of a resource or Bundle speaks this.
fn speaks(json: &mut Json, language: &str) {
    if json["resourceType"] == "Patient" {
        let coding = json!({"system": "urn:ietf:bcp:47", "code": language});
        json["communication"] = json!([{"language": {"coding": [coding]}, "preferred": true}]);
    }
    for entry in json.get_mut("entry").and_then(Json::as_array_mut).into_iter().flatten() {
        if let Some(resource) = entry.get_mut("resource") {
            speaks(resource, language);
        }
    }
}

/// The form, and what came of it.
pub(super) fn show(shared: &Shared, t: Tongue, pathway: &Arc<Pathway>, wish: &Wish) -> Markup {
    let bench = Bench::of(shared, pathway);
    let (suites, _) = suites(shared, pathway, &bench);
    html! {
        section #simulation aria-labelledby="simulation-title" {
            h2 #simulation-title { (say!(t, "lab-person")) }
            p { (say!(t, "lab-person-what")) }
            (form(t, pathway, &suites, wish))
            @if !wish.play.is_empty() {
                @match play(shared, pathway, &bench, &suites, wish) {
                    None => p .empty { (say!(t, "lab-no-scenario")) },
                    Some(told) => (transcript(shared, t, &told)),
                }
            }
        }
    }
}

fn form(t: Tongue, pathway: &Pathway, suites: &[Suite], wish: &Wish) -> Markup {
    let option = |chosen: &str, value: &str, said: String| {
        html! { option value=(value) selected[chosen == value] { (said) } }
    };
    let as_said = || say!(t, "lab-as-the-scenario");
    html! {
        form .card.lab-form method="get" action="#simulation" {
            input type="hidden" name="play" value="1";
            div .field { label for="lab-scenario" { (say!(t, "lab-scenario")) }
                select #lab-scenario name="scenario" {
                    (option(&wish.scenario, STORY, say!(t, "lab-story")))
                    @for scenario in suites.iter().flat_map(|s| &s.scenarios) {
                        option value=(scenario.name) selected[wish.scenario == scenario.name] lang=(AUTHOR) { (scenario.name) }
                    }
                } }
            div .field { label for="lab-language" { (say!(t, "lab-language")) }
                select #lab-language name="language" {
                    (option(&wish.language, "", as_said()))
                    @for tag in languages(pathway) { (option(&wish.language, &tag, words::language(t, &tag))) }
                } }
            div .field { label for="lab-calls" { (say!(t, "lab-calls")) }
                select #lab-calls name="calls" {
                    (option(&wish.calls, "", as_said()))
                    (option(&wish.calls, "missed", say!(t, "lab-calls-missed")))
                    (option(&wish.calls, "answered", say!(t, "lab-calls-answered")))
                } }
            div .field { label for="lab-keys" { (say!(t, "lab-keys")) }
                input #lab-keys name="keys" value=(wish.keys()) inputmode="tel" maxlength=(KEYS_MAX) autocomplete="off"; }
            div .field { label for="lab-texts" { (say!(t, "lab-texts")) }
                select #lab-texts name="texts" {
                    (option(&wish.texts, "", as_said()))
                    (option(&wish.texts, "arrive", say!(t, "lab-texts-arrive")))
                    (option(&wish.texts, "fail", say!(t, "lab-texts-fail")))
                } }
            div .field { label for="lab-reply" { (say!(t, "lab-reply")) }
                input #lab-reply name="reply" value=(wish.reply()) maxlength=(REPLY_MAX) autocomplete="off"; }
            div .field { label for="lab-day" { (say!(t, "lab-day")) }
                input #lab-day name="day" type="number" min="0" max=(DAYS_MAX) value=[wish.day()] aria-describedby="lab-day-what";
                p .muted.small #lab-day-what { (say!(t, "lab-day-what")) } }
            div .field { label for="lab-days" { (say!(t, "lab-days")) }
                input #lab-days name="days" type="number" min="1" max=(DAYS_MAX) value=(wish.days()) required; }
            p { button .primary { (say!(t, "lab-play")) } }
        }
    }
}

fn transcript(shared: &Shared, t: Tongue, told: &Told) -> Markup {
    let Told { played, zone, until, wrote, language, asks } = told;
    let lines = |of: What| -> Vec<&Line> { played.lines.iter().filter(|l| l.what == of).collect() };
    let zone_name = zone.iana_name().unwrap_or("UTC");
    html! {
        div #transcript {
            p { (say!(t, "lab-zone", zone = zone_name)) " " (say!(t, "lab-until")) " " (page::time(t, *until, zone)) }
            @for (_, problem) in &played.problems { p .error { (say!(t, "lab-problem")) " " span lang=(AUTHOR) { (problem) } } }
            @if played.lines.is_empty() { p .empty { (say!(t, "lab-nothing-came")) } }
            @for channel in Channel::ALL {
                @let of = exchange(&lines(What::Message(channel)), wrote, channel);
                @if !of.is_empty() {
                    h3 { (capital(&words::channel(t, channel))) }
                    ol .timeline.transcript {
                        @for said in of.iter().take(LINES_MAX) {
                            @match said {
                                Said::Hub(line) => (message(t, line, zone, language, asks)),
                                Said::Person(at, text) => li .said {
                                    p .muted.small { (page::time(t, *at, zone)) " · " (say!(t, "lab-wrote")) }
                                    p .lines translate="no" { (text) }
                                },
                            }
                        }
                    }
                    (more(t, of.len()))
                }
            }
            @let prompts = lines(What::Prompt);
            @if !prompts.is_empty() {
                h3 { (say!(t, "lab-prompts")) }
                ol .timeline.transcript { @for line in prompts.iter().take(LINES_MAX) { (prompt(shared, t, line, zone)) } }
                (more(t, prompts.len()))
            }
            @let calls = lines(What::Call);
            @if !calls.is_empty() {
                h3 { (say!(t, "lab-services")) }
                ol .timeline.transcript {
                    @for line in calls.iter().take(LINES_MAX) {
                        li {
                            p .muted.small { (page::time(t, line.at, zone)) " · " span .mono lang=(AUTHOR) translate="no" { (line.name) }
                                " · " (ended(t, line)) }
                            p .lines .mono lang=(AUTHOR) translate="no" { (line.says) }
                        }
                    }
                }
                (more(t, calls.len()))
            }
            @for line in lines(What::End) {
                p { (say!(t, "lab-ended")) " " (page::time(t, line.at, zone)) ": " span .mono lang=(AUTHOR) { (line.ended) } }
            }
            (reasons(shared, t, told))
        }
    }
}

/// A side of what is said on a channel.
enum Said<'a> {
    Hub(&'a Line),
    Person(At, &'a str),
}

/// Both sides of a channel, in the order of their time.
fn exchange<'a>(lines: &[&'a Line], wrote: &'a [(At, Channel, String)], channel: Channel) -> Vec<Said<'a>> {
    let mut out: Vec<Said<'a>> = wrote.iter().filter(|w| w.1 == channel).map(|w| Said::Person(w.0, &w.2)).collect();
    out.extend(lines.iter().map(|line| Said::Hub(line)));
    out.sort_by_key(|said| match said {
        Said::Hub(line) => line.at,
        Said::Person(at, _) => *at,
    });
    out
}

fn more(t: Tongue, n: usize) -> Markup {
    html! { @if n > LINES_MAX { p .muted { (say!(t, "lab-more", n = n - LINES_MAX)) } } }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn message(t: Tongue, line: &Line, zone: &TimeZone, language: &str, asks: &[(String, Question)]) -> Markup {
    // By text and on a call the questions are in the words; a mail and a note lead to the page that asks them.
    let on_page = matches!(line.what, What::Message(Channel::Email | Channel::Portal));
    let asked = asks.iter().find(|(words, _)| on_page && *words == line.name).map(|(_, question)| question);
    html! {
        li {
            p .muted.small { (page::time(t, line.at, zone)) " · " span .mono lang=(AUTHOR) translate="no" { (line.name) }
                @if line.urgent { " · " (say!(t, "lab-urgent")) }
                " · " (ended(t, line)) }
            p .lines lang=(language) translate="no" { (line.says) }
            @if let Some(question) = asked { (on_the_page(t, question, language)) }
        }
    }
}

/// What the page asks, question by question, as the person reads it.
fn on_the_page(t: Tongue, question: &Question, language: &str) -> Markup {
    html! {
        p .muted.small { (say!(t, "lab-on-the-page")) }
        ol .asked lang=(language) translate="no" {
            @for field in &question.form.fields {
                li { (asking::label(question, &field.name, language))
                    @match &field.answer {
                        Answer::Choice { options } => {
                            ul { @for (value, _) in options {
                                li { (asking::label(question, &format!("{}.{value}", field.name), language)) }
                            } }
                        }
                        Answer::Number { min, max } => { " " span .muted { (min) "–" (max) } }
                        Answer::Bool | Answer::Text => {}
                    }
                }
            }
        }
    }
}

fn ended(t: Tongue, line: &Line) -> String {
    t.pick("lab-status", &line.ended.replace('_', "-")).unwrap_or_else(|| line.ended.replace('_', " "))
}

fn prompt(shared: &Shared, t: Tongue, line: &Line, zone: &TimeZone) -> Markup {
    let title = |name: &str| {
        let team = shared.app.hub.settings().teams.iter().find(|team| team.name == name);
        team.map_or_else(|| words::label(name), |team| team.title.clone())
    };
    let teams: Vec<String> = line.teams.split(" > ").map(title).collect();
    html! {
        li .team {
            p .muted.small { (page::time(t, line.at, zone)) " · " span .mono lang=(AUTHOR) translate="no" { (line.name) }
                @if line.urgent { " · " (say!(t, "lab-urgent")) }
                " · " (ended(t, line)) }
            p .lines lang=(AUTHOR) { (line.says) }
            p { (say!(t, "lab-to")) " " span lang=(AUTHOR) { (teams.join(" → ")) }
                @if let Some(due) = line.due { " · " (say!(t, "lab-due")) " " (page::time(t, due, zone)) } }
        }
    }
}

/// Why something came later, otherwise, or not at all.
fn reasons(shared: &Shared, t: Tongue, told: &Told) -> Markup {
    let Told { played, zone, .. } = told;
    let record = record::Record::default();
    let known = Known { shared, t, record: &record, tasks: &[], zone };
    let about = |trace: &model::Trace| played.reaches.get(&trace.effect.to_string());
    let told = played.traces.iter().filter(|trace| !USUAL.contains(&trace.code.as_str()));
    let told: Vec<_> = told.filter_map(|trace| Some((trace, about(trace)?))).collect();
    html! {
        h3 { (say!(t, "lab-why")) }
        @if told.is_empty() { p .empty { (say!(t, "lab-why-nothing")) } }
        @else {
            ol .timeline.reasons {
                @for (step, name) in told.iter().take(LINES_MAX) {
                    li {
                        p .muted.small { (page::time(t, step.at, zone)) " · " span .mono lang=(AUTHOR) translate="no" { (name) } }
                        p { (trace(&known, &step.code, &step.detail)) }
                    }
                }
            }
            (more(t, told.len()))
        }
    }
}
