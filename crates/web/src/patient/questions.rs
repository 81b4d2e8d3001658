//! The questions that journeys wait for, one a page: what is answered is kept at once, so that whoever leaves goes on
//! where they were.
//!
//! Invariants: a GET changes nothing; an answer is of its type or it is asked for again, with what was typed; sending
//! twice is one answer; what is sent to a question that is over is never lost: unless it says what is known already, a
//! person reads it, and free text of it is read for dangers like any reply. Who may answer is who may see Today.

use super::frame::{self, Frame, Kept, Place};
use super::journeys;
use super::parts::{self, Wrong, fields as form};
use super::today::{self, Opened};
use super::view::{View, view};
use crate::auth::guard::{Fields, Visitor};
use crate::fault::Fault;
use crate::tongue::say;
use crate::{Shared, State, page, staff};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use hub::Asked;
use maud::{Markup, html};
use model::prompt::{Answer, Field};
use model::{Actor, At, Channel, Fact, Id, JourneyId, PersonId, Value};
use pathway::asking;
use pathway::ast::Question;
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// Facts looked through for what came of a question.
const FACTS_MAX: usize = 300;
/// What was sent a moment ago is what the page that follows speaks of.
const MOMENT_MS: i64 = 10 * model::time::MINUTE_MS;
/// The field's name in the form, and its id.
const ANSWER: &str = "answer";

#[derive(Deserialize, Default)]
pub(crate) struct Wanted {
    /// The asking that one is at.
    #[serde(default)]
    of: String,
    /// The place of the field that one goes back to: nothing of an answer, nor its name, is in an address.
    #[serde(default)]
    q: String,
    /// What was just done: one of a closed set.
    #[serde(default)]
    did: String,
}

/// The questions that are open now, in the order in which they are asked.
pub(super) fn open(opened: &Opened, now: At) -> impl Iterator<Item = &Asked> {
    let over = move |a: &&Asked| !a.halted && a.asking.deadline.is_none_or(|at| at > now) && a.asking.open().is_some();
    opened.look.asking.iter().filter(over)
}

/// How many fields of an asking wait for an answer.
pub(super) fn left(asked: &Asked) -> usize {
    let Some(question) = asked.pathway.question(&asked.asking.question) else { return 0 };
    let given = &asked.asking.given;
    let waits = |at: &usize| given.get(*at) == Some(&Value::Unknown) && asking::is_asked(question, given, *at);
    (0..question.form.fields.len()).filter(waits).count()
}

/// The page: the next question, or what there is to say when none is open.
pub(crate) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let opened = match today::enter(shared, &visitor, &token, &headers)? {
                Ok(opened) => opened,
                Err(page) => return Ok(page),
            };
            let view = view(shared, &visitor, &token, &opened);
            let ask = wanted.of.parse::<Id>().ok();
            let told = Came::of(shared, &view, ask)?;
            if wanted.did == "danger" && told.danger {
                return Ok(danger(shared, &view, &wanted.of).into_response());
            }
            let found = open(&opened, view.now).find(|a| ask.is_none_or(|ask| a.asking.ask == ask));
            let Some(asked) = found else {
                return Ok(over(shared, &view, ask, &told, wanted.did == "late").into_response());
            };
            let Some(one) = One::of(shared, &view, asked, &wanted.q) else { return Err(Fault::NotFound) };
            Ok(one.page(shared, &view, None).into_response())
        })
        .await
}

/// One field of a question, as it is asked now.
struct One<'a> {
    asked: &'a Asked,
    question: &'a Question,
    at: usize,
    field: &'a Field,
    /// The language of its words.
    language: String,
}

impl<'a> One<'a> {
    /// The field of that place, where it is asked of who answered so; else the next that is open.
    fn of(shared: &Shared, view: &View<'_>, asked: &'a Asked, place: &str) -> Option<Self> {
        let question = asked.pathway.question(&asked.asking.question)?;
        let named = place.parse::<usize>().ok().filter(|at| *at < question.form.fields.len());
        let named = named.filter(|at| asking::is_asked(question, &asked.asking.given, *at));
        let at = named.or_else(|| asked.asking.open())?;
        let field = question.form.fields.get(at)?;
        let tag = view.t.tag();
        let offered = shared.app.hub.settings().clinic.unreviewed_languages || asked.pathway.is_reviewed(tag);
        let spoken = asked.pathway.speaks.iter().find(|s| *s == tag && offered);
        let language = spoken.or(asked.pathway.speaks.first()).cloned().unwrap_or_default();
        Some(Self { asked, question, at, field, language })
    }

    /// The page; `wrong`: what was typed, and what is wrong with it.
    fn page(&self, shared: &Shared, view: &View<'_>, wrong: Option<(&str, &str)>) -> Markup {
        let (t, token) = (view.t, view.token);
        let before = self.asked.asking.given.get(self.at).map(typed_as).unwrap_or_default();
        let prefix = say!(t, "patient-error");
        let title = say!(t, "patient-questions");
        let title = if wrong.is_some() { format!("{prefix}: {title}") } else { title };
        let hint = self.hint(view);
        let field = form::Field {
            id: ANSWER,
            name: ANSWER,
            label: asking::label(self.question, &self.field.name, &self.language),
            lang: (self.language != t.tag()).then_some(self.language.as_str()),
            hint: &hint,
            wrong: wrong.map(|(_, text)| Wrong { prefix: &prefix, text }),
            value: wrong.map_or(before.as_str(), |(typed, _)| typed),
        };
        let asking = &self.asked.asking;
        let body = html! {
            @if let Some((_, text)) = wrong {
                // Focus goes where the mistake is told, without a script too.
                div .told tabindex="-1" autofocus { (parts::error_summary(&say!(t, "patient-problem"), text, "#answer")) }
            }
            p .when { (self.number(view)) }
            form method="post" action={ "/t/" (token) "/questions" } novalidate {
                (page::token(&view.visitor.csrf)) (page::once())
                input type="hidden" name="ask" value=(asking.ask);
                input type="hidden" name="journey" value=(asking.journey);
                input type="hidden" name="question" value=(self.question.name);
                input type="hidden" name="field" value=(self.field.name);
                input type="hidden" name="version" value=(self.asked.pathway.version);
                @if matches!(self.field.answer, Answer::Bool | Answer::Choice { .. }) {
                    input type="hidden" name="chosen" value="1";
                }
                @match &self.field.answer {
                    Answer::Bool => (form::radios(&field, &[
                        ("yes".to_owned(), say!(t, "patient-yes")),
                        ("no".to_owned(), say!(t, "patient-no")),
                    ])),
                    Answer::Choice { options } => (form::radios(&field, &self.choices(options))),
                    Answer::Number { .. } => (form::number(&field)),
                    Answer::Text => (form::textarea(&field)),
                }
                (parts::button(&say!(t, "patient-continue"), false, parts::Sends::default()))
            }
            p { a .way href=(self.back(token)) { (say!(t, "patient-back")) } }
            @if let Some(at) = asking.deadline {
                p .when { (say!(t, "patient-questions-until", time = crate::words::long_moment(t, at, &view.zone))) }
            }
            p .in-danger { (say!(t, "patient-worse", number = &view.clinic.emergency_number)) }
        };
        framed(shared, view, &title, &body)
    }

    fn choices(&self, options: &[(String, String)]) -> Vec<(String, String)> {
        let words = |value: &str| asking::label(self.question, &format!("{}.{value}", self.field.name), &self.language);
        options.iter().map(|(value, _)| (value.clone(), words(value).to_owned())).collect()
    }

    fn hint(&self, view: &View<'_>) -> String {
        let t = view.t;
        let own = match &self.field.answer {
            Answer::Number { min, max } => say!(t, "patient-number-hint", min = min.to_string(), max = max.to_string()),
            Answer::Text => say!(t, "patient-text-hint"),
            _ => String::new(),
        };
        match asking::is_optional(self.question, self.field) {
            true => format!("{own} {}", say!(t, "patient-optional")).trim().to_owned(),
            false => own,
        }
    }

    /// "Question 2 of 3"; of how many is not said where that depends on the answers.
    fn number(&self, view: &View<'_>) -> String {
        let given = &self.asked.asking.given;
        let n = (0..=self.at).filter(|at| asking::is_asked(self.question, given, *at)).count();
        match self.question.items.iter().any(|rule| !rule.only_if.is_empty()) {
            true => say!(view.t, "patient-question-n", n = n),
            false => say!(view.t, "patient-question-of", n = n, all = self.question.form.fields.len()),
        }
    }

    /// The question before this one, else Today.
    fn back(&self, token: &str) -> String {
        let given = &self.asked.asking.given;
        let asked = |at: &usize| {
            asking::is_asked(self.question, given, *at) && given.get(*at).is_some_and(|v| *v != Value::Unknown)
        };
        match (0..self.at).rev().find(asked) {
            Some(at) => {
                format!("/t/{token}/questions?of={}&q={at}", self.asked.asking.ask)
            }
            None => format!("/t/{token}"),
        }
    }
}

/// An answer as its field shows it.
fn typed_as(value: &Value) -> String {
    match value {
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(n) => n.to_string(),
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}

/// What was typed, as an answer. `Err`: which words say what is wrong with it.
fn read(view: &View<'_>, question: &Question, field: &Field, typed: &str) -> Result<Json, String> {
    let t = view.t;
    if typed.is_empty() && asking::is_optional(question, field) {
        return Ok(Json::Null);
    }
    let value = match &field.answer {
        Answer::Bool => match typed {
            "yes" => Some(Value::Bool(true)),
            "no" => Some(Value::Bool(false)),
            _ => None,
        },
        Answer::Number { .. } => asking::read(question, field, typed),
        Answer::Choice { .. } | Answer::Text => Some(Value::Text(typed.to_owned())),
    };
    let value = value.filter(|value| !asking::is_left_out(value) && asking::answers(question, field, value));
    match (value, &field.answer) {
        (Some(Value::Bool(yes)), _) => Ok(json!(yes)),
        (Some(Value::Number(n)), _) if n.fract() == 0.0 && n.abs() < 1e9 => Ok(json!(n as i64)),
        (Some(Value::Number(n)), _) => Ok(json!(n)),
        (Some(Value::Text(text)), _) => Ok(json!(text)),
        (_, Answer::Bool | Answer::Choice { .. }) => Err(say!(t, "patient-choose-one")),
        (_, Answer::Number { min, max }) => {
            Err(say!(t, "patient-number-wrong", min = min.to_string(), max = max.to_string()))
        }
        (_, Answer::Text) if typed.is_empty() => Err(say!(t, "patient-text-empty")),
        (_, Answer::Text) => {
            let most = asking::length_max(question, field);
            Err(say!(t, "patient-text-long", most = most, typed = typed.chars().count()))
        }
    }
}

/// What is to be done with what was sent.
enum Sent {
    /// Nothing but to show this.
    Page(Response),
    /// It is told, and then this is shown. The second is told when the first is refused: nothing that was typed is lost.
    Told(PersonId, Box<Fact>, Option<Box<Fact>>, String),
}

/// Takes an answer.
pub(crate) async fn answer(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let once = fields.get("once").to_owned();
    if once.is_empty() || once.len() > 64 {
        return Err(Fault::Stale);
    }
    let sent = state.read(move |shared| sent(shared, &visitor, &token, &headers, &fields)).await?;
    match sent {
        Sent::Page(page) => Ok(page),
        Sent::Told(person, fact, or, to) => {
            match (state.app.hub.submit(person, *fact).await, or) {
                // The question changed between the page and the turn.
                (Err(hub::Error::Refused(_)), Some(or)) => state.app.hub.submit(person, *or).await?,
                (said, _) => said?,
            }
            Ok(Redirect::to(&to).into_response())
        }
    }
}

fn sent(shared: &Shared, visitor: &Visitor, token: &str, headers: &HeaderMap, fields: &Fields) -> Result<Sent, Fault> {
    let opened = match today::enter_to_send(shared, visitor, token, headers)? {
        Ok(opened) => opened,
        Err(page) => return Ok(Sent::Page(page)),
    };
    let view = view(shared, visitor, token, &opened);
    let ask = fields.get("ask").parse::<Id>().map_err(|_| Fault::Stale)?;
    // A form sends line ends as two characters.
    let typed = fields.get(ANSWER).replace("\r\n", "\n");
    // Of a halted journey too: what is answered is kept until it goes on.
    let over = |a: &Asked| a.asking.deadline.is_some_and(|at| at <= view.now);
    let Some(asked) = opened.look.asking.iter().find(|a| a.asking.ask == ask && !over(a)) else {
        return late(shared, &view, ask, &typed, fields);
    };
    let found = asked.pathway.question(&asked.asking.question).and_then(|question| {
        let at = question.form.fields.iter().position(|f| f.name == fields.get("field"))?;
        Some((question, at, &question.form.fields[at]))
    });
    // The journey goes along another version by now, which asks nothing of that name.
    let Some((question, at, field)) = found else { return late(shared, &view, ask, &typed, fields) };
    let given = match read(&view, question, field, &typed) {
        Ok(given) => given,
        Err(_) if !typed.is_empty() && tells_of_danger(shared, &typed) => {
            return Ok(as_reply(shared, &view, ask, &typed, fields, "&did=danger"));
        }
        Err(wrong) => {
            let one = One::of(shared, &view, asked, &at.to_string()).ok_or(Fault::Stale)?;
            let page = one.page(shared, &view, Some((&typed, &wrong)));
            return Ok(Sent::Page((StatusCode::UNPROCESSABLE_ENTITY, page).into_response()));
        }
    };
    let fact = received(&view, (ask, asked.asking.journey, &question.name), &field.name, &given, fields);
    let did = if is_danger(shared, &given, field) { "&did=danger" } else { "" };
    let or = Box::new(reply(shared, &view, ask, &typed, fields));
    Ok(Sent::Told(opened.person, Box::new(fact), Some(or), format!("/t/{token}/questions?of={ask}{did}")))
}

/// Whether a text is one that somebody on duty hears of at once.
fn is_danger(shared: &Shared, given: &Json, field: &Field) -> bool {
    let text = given.as_str().filter(|_| field.answer == Answer::Text);
    text.is_some_and(|text| tells_of_danger(shared, text))
}

fn tells_of_danger(shared: &Shared, text: &str) -> bool {
    outreach::classify(text, &shared.app.hub.settings().rules) == outreach::Class::RedFlag
}

/// What answers no question (a danger where a number is asked for; words to a question that nobody knows any more) is
/// words to the care team, triaged as any reply.
fn as_reply(shared: &Shared, view: &View<'_>, ask: Id, typed: &str, fields: &Fields, did: &str) -> Sent {
    let fact = reply(shared, view, ask, typed, fields);
    let to = format!("/t/{}/questions?of={ask}{did}", view.token);
    Sent::Told(view.opened.person, Box::new(fact), None, to)
}

/// What was sent, as words to the care team: with what it answers, where that is known. What was chosen and not typed
/// is no words of the person: it is read, and nothing is made of it.
fn reply(shared: &Shared, view: &View<'_>, ask: Id, typed: &str, fields: &Fields) -> Fact {
    let mut body = json!({"channel": Channel::Portal.name(), "from": "today", "text": typed, "ask": ask});
    let version = fields.get("version").parse::<Id>().ok().and_then(|version| shared.app.hub.version(version));
    let known = version.as_ref().and_then(|pathway| {
        let question = pathway.question(fields.get("question"))?;
        let field = question.form.fields.iter().find(|f| f.name == fields.get("field"))?;
        Some((question, field, pathway.speaks.first().map_or("en", String::as_str)))
    });
    let mut chosen = fields.get("chosen") == "1";
    if let Some((question, field, staff)) = known {
        let value = match &field.answer {
            Answer::Text => None,
            Answer::Bool => (typed == "yes" || typed == "no").then_some(Value::Bool(typed == "yes")),
            Answer::Number { .. } => asking::read(question, field, typed).filter(|v| matches!(v, Value::Number(_))),
            Answer::Choice { options } => {
                options.iter().any(|(v, _)| v == typed).then(|| Value::Text(typed.to_owned()))
            }
        };
        chosen = value.is_some();
        if let Some(value) = value {
            body["text"] = json!(asking::shown(question, field, &value, staff));
        }
        body["asked"] = json!(asking::label(question, &field.name, staff));
    }
    if chosen {
        body["chosen"] = json!(true);
    }
    // Two clicks of one form are one fact; what is typed anew on a page that came back is another.
    let key = format!("{} {ask} {typed}", fields.get("once"));
    Fact::own("reply.received", &key, view.opened.person, view.now, body).by(Actor::Patient)
}

fn received(
    view: &View<'_>,
    (ask, journey, question): (Id, JourneyId, &str),
    field: &str,
    given: &Json,
    fields: &Fields,
) -> Fact {
    let body = json!({"ask": ask, "journey": journey, "question": question, "channel": Channel::Portal.name(),
        "answers": {field: given}});
    // Two clicks of one form are one fact; another answer on a page that came back is another.
    let key = format!("{} {ask} {field} {given}", fields.get("once"));
    Fact::own("answers.received", &key, view.opened.person, view.now, body).by(Actor::Patient)
}

/// What came to a question that is over: what is known already changes nothing, all else is told.
fn late(shared: &Shared, view: &View<'_>, ask: Id, typed: &str, fields: &Fields) -> Result<Sent, Fault> {
    let to = |did: &str| format!("/t/{}/questions?of={ask}{did}", view.token);
    let nothing = || Ok(Sent::Page(Redirect::to(&to("")).into_response()));
    if typed.is_empty() {
        return nothing();
    }
    let known = asked_by(shared, view, fields);
    let field = known.as_ref().and_then(|(_, pathway)| {
        let question = pathway.question(fields.get("question"))?;
        let field = question.form.fields.iter().find(|f| f.name == fields.get("field"))?;
        Some((question, field, read(view, question, field, typed).ok()?))
    });
    let (Some((journey, _)), Some((question, field, given))) = (&known, field) else {
        let did = if tells_of_danger(shared, typed) { "&did=danger" } else { "&did=late" };
        return Ok(as_reply(shared, view, ask, typed, fields, did));
    };
    let asked = ask.to_string();
    let facts = shared.store().timeline(view.opened.person, None, FACTS_MAX)?;
    let about = |f: &&Fact| {
        f.kind == "answer.given"
            && f.text("ask") == Some(asked.as_str())
            && f.text("field") == Some(field.name.as_str())
    };
    // The newest is first. A number is the same however it is written.
    let latest = facts.iter().map(|(_, f)| f).find(about);
    if latest.is_some_and(|f| {
        f.body["value"].as_f64() == given.as_f64()
            && f.text("value") == given.as_str()
            && f.body["value"].as_bool() == given.as_bool()
    }) {
        return nothing();
    }
    let fact = received(view, (ask, *journey, &question.name), &field.name, &given, fields);
    let did = if is_danger(shared, &given, field) { "&did=danger" } else { "&did=late" };
    let or = Box::new(reply(shared, view, ask, typed, fields));
    Ok(Sent::Told(view.opened.person, Box::new(fact), Some(or), to(did)))
}

/// The journey that a form names, when it is this person's, and the version that it walks.
fn asked_by(
    shared: &Shared,
    view: &View<'_>,
    fields: &Fields,
) -> Option<(JourneyId, std::sync::Arc<pathway::Pathway>)> {
    let journey = fields.get("journey").parse::<JourneyId>().ok()?;
    let (row, _) = view.opened.look.journeys.iter().find(|(row, _)| row.id == journey)?;
    Some((journey, shared.app.hub.version(row.version)?))
}

fn framed(shared: &Shared, view: &View<'_>, title: &str, body: &Markup) -> Markup {
    let name = staff::called(&view.opened.look.record);
    let at = Some((view.token, Place::Today));
    frame::page(shared, &Frame { t: view.t, title, at, who: Some(name), kept: Kept::As }, body)
}

/// Somebody on duty was told at once; what to do meanwhile.
fn danger(shared: &Shared, view: &View<'_>, ask: &str) -> Markup {
    let t = view.t;
    let ask = ask.parse::<Id>().ok();
    let more = open(view.opened, view.now).any(|a| Some(a.asking.ask) == ask);
    let title = say!(t, "patient-we-call");
    let body = html! {
        h1 class="nhsuk-heading-l" { (title) }
        p { (say!(t, "patient-danger-told")) }
        p .in-danger { (say!(t, "patient-worse", number = &view.clinic.emergency_number)) }
        (view.call_if(&journeys::told(shared, view.opened)))
        @if let Some(ask) = ask.filter(|_| more) {
            p { a .way href={ "/t/" (view.token) "/questions?of=" (ask) } { (say!(t, "patient-questions-rest")) } }
        }
        p { a .way href={ "/t/" (view.token) } { (say!(t, "patient-to-today")) } }
    };
    framed(shared, view, &title, &body)
}

/// What came of an asking, as facts say it. An address says nothing by itself.
#[derive(Default)]
struct Came {
    /// Somebody hears of a danger, by what was sent a moment ago.
    danger: bool,
    /// An answer a moment ago said that the rest can wait: its pathway does something at once.
    stopped: bool,
    /// Something was sent a moment ago.
    sent: bool,
    /// All was answered.
    answered: bool,
}

impl Came {
    fn of(shared: &Shared, view: &View<'_>, ask: Option<Id>) -> Result<Self, Fault> {
        let Some(ask) = ask.map(|ask| ask.to_string()) else { return Ok(Self::default()) };
        let facts = shared.store().timeline(view.opened.person, None, FACTS_MAX)?;
        let rate = shared.app.hub.clock().rate().max(1.0);
        let since = view.now.plus_ms(-((MOMENT_MS as f64 * rate) as i64));
        let of = |f: &&Fact| f.text("ask") == Some(ask.as_str());
        let fresh = |f: &&Fact| f.recorded_at >= since;
        let facts: Vec<&Fact> = facts.iter().map(|(_, f)| f).collect();
        let by_them = |f: &&&Fact| matches!(f.kind.as_str(), "answers.received" | "reply.received");
        let sent: Vec<String> =
            facts.iter().filter(by_them).filter(|f| of(f) && fresh(f)).map(|f| f.id.to_string()).collect();
        let danger = |f: &&Fact| {
            let of_it = f.text("reply").is_some_and(|reply| sent.iter().any(|s| s == reply));
            f.kind == "reply.classified" && f.text("class") == Some("red_flag") && of_it
        };
        let over = |f: &&Fact| f.kind == "questionnaire.answered" && of(f);
        Ok(Self {
            danger: facts.iter().any(danger),
            stopped: facts.iter().any(|f| over(f) && fresh(f) && f.flag("stopped") == Some(true)),
            sent: !sent.is_empty(),
            answered: facts.iter().any(over),
        })
    }
}

/// No question is open: what came of the one that was, what happens next, and what to do if it gets worse.
fn over(shared: &Shared, view: &View<'_>, ask: Option<Id>, came: &Came, late: bool) -> Markup {
    let t = view.t;
    let asked = ask.map(|ask| ask.to_string());
    if let Some(asked) = asked.as_deref().filter(|_| came.stopped) {
        return danger(shared, view, asked);
    }
    let halted = view.opened.look.asking.iter().any(|a| Some(a.asking.ask) == ask && a.halted);
    // Answered here or by text: it is the same to who answered. `halted`: it may go on later.
    let (title, says) = if halted && came.sent {
        (say!(t, "patient-questions-thanks"), say!(t, "patient-questions-kept"))
    } else if late && came.sent {
        (say!(t, "patient-questions-closed"), say!(t, "patient-questions-late"))
    } else if asked.is_some() && came.answered {
        (say!(t, "patient-questions-thanks"), say!(t, "patient-questions-have"))
    } else if asked.is_some() {
        (say!(t, "patient-questions-closed"), say!(t, "patient-questions-over", number = &view.clinic.phone))
    } else {
        (say!(t, "patient-questions-none"), say!(t, "patient-questions-have-none"))
    };
    let body = html! {
        h1 class="nhsuk-heading-l" { (title) }
        p { (says) }
        @if asked.is_some() {
            h2 class="nhsuk-heading-m" { (say!(t, "patient-questions-next")) }
            p { (say!(t, "patient-questions-read")) }
            p { a .way href={ "/t/" (view.token) "/next" } { (say!(t, "patient-next-title")) } }
        }
        (view.call_if(&journeys::told(shared, view.opened)))
        p { a .way href={ "/t/" (view.token) } { (say!(t, "patient-to-today")) } }
    };
    framed(shared, view, &title, &body)
}
