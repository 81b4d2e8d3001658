//! Setting right what is wrong in the record: one page with three forms, each with its errors beside the fields.
//!
//! What is sent back wrong keeps everything that was typed. A changed field is one fact ([`record::correct`]); two
//! clicks on a form are one of each. A number that is wrong, works again or is someone else's takes the road of
//! every other finding about contacts, so that the directory and every line that has it follow.

use super::View;
use super::known::point_state;
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::staff::timeline::{field_words, plain};
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use model::PersonId;
use model::person::{ContactPoint, Need, PointKind, PointStatus};
use record::Record;
use record::correct::{CONTACT, CORRECTED, FIELDS, Problem, USES, VALUE_MAX, WITHDRAWN, check, next_edition};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Characters of a reason.
const WHY_MAX: usize = 300;
/// Languages that are offered; any other tag that the record has stays offered.
const LANGUAGES: [&str; 11] = ["en", "es", "fr", "de", "zh", "vi", "ar", "ru", "pt", "ko", "tl"];
/// Zones that are suggested; any other may be typed.
const ZONES: [&str; 8] = [
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
];

/// What a form said and what is wrong with it, by field.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) said: Fields,
    pub(crate) errors: BTreeMap<&'static str, String>,
}

impl Draft {
    fn of(fields: &Fields) -> Self {
        Self { said: fields.clone(), errors: BTreeMap::new() }
    }
    /// What was typed in this form, or what is known.
    pub(crate) fn value(&self, name: &str, known: &str) -> String {
        self.said.0.iter().find(|(n, _)| n == name).map_or_else(|| known.to_owned(), |(_, v)| v.clone())
    }
    pub(crate) fn wrong(&self, name: &str) -> Option<&str> {
        self.errors.get(name).map(String::as_str)
    }
    /// The error beside its field.
    pub(crate) fn error(&self, name: &str) -> Markup {
        html! { @if let Some(error) = self.wrong(name) { p .error #{ "error-" (name.replace('.', "-")) } { (error) } } }
    }
}

/// What a field is now, in the shape of a correction.
pub(super) fn current(r: &Record, field: &str) -> Vec<String> {
    let need = |need: Need| vec![if r.needs.contains(&need) { "yes" } else { "no" }.to_owned()];
    let text = |value: &Option<String>| vec![value.clone().unwrap_or_default()];
    match field {
        "name" => vec![r.given.join(" "), r.family.clone()],
        "preferred_name" => text(&r.preferred_name),
        "pronouns" => text(&r.pronouns),
        "birth_date" => text(&r.birth_date),
        "language" => text(&r.language),
        "zone" => text(&r.zone),
        "need.deaf" => need(Need::Deaf),
        "need.blind" => need(Need::Blind),
        "need.interpreter" => need(Need::Interpreter),
        "need.no_smartphone" => need(Need::NoSmartphone),
        _ => Vec::new(),
    }
}

/// What is wrong with a value, in words.
fn problem(t: Tongue, problem: Problem) -> String {
    match problem {
        Problem::Empty => say!(t, "person-bad-empty"),
        Problem::Text => say!(t, "person-bad-text", n = VALUE_MAX),
        Problem::Date => say!(t, "person-bad-date"),
        Problem::Language => say!(t, "person-bad-language"),
        Problem::Zone => say!(t, "person-bad-zone"),
        Problem::Contact => say!(t, "person-bad-contact"),
        Problem::Choice | Problem::Field => say!(t, "person-bad-choice"),
    }
}

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path(person): Path<String>,
) -> Result<Markup, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    state.read(move |shared| render(shared, &who, person, &Draft::default())).await
}

/// The page with what was typed and what is wrong with it.
pub(crate) async fn again(state: &State, who: &Who, person: PersonId, draft: Draft) -> Result<Response, Fault> {
    let who = who.clone();
    let page = state.read(move |shared| render(shared, &who, person, &draft)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn render(shared: &Shared, who: &Who, person: PersonId, draft: &Draft) -> Result<Markup, Fault> {
    let look = crate::staff::look(shared, who, person, "/people/{id}/correct")?;
    let view = View::new(shared, who, &look);
    let t = who.tongue;
    let title = say!(t, "person-correct-title");
    let body = html! {
        (view.back())
        h1 { (title) }
        p .muted { (say!(t, "person-correct-what")) }
        @if !draft.errors.is_empty() {
            div .error role="alert" #errors {
                p { (say!(t, "person-bad", n = draft.errors.len())) }
                ul .list { @for (name, error) in &draft.errors { li { a href={ "#" (name.replace('.', "-")) } { (error) } } } }
            }
        }
        div .correct {
            section #who .main { h2 { (say!(t, "person-correct-who")) } (view.identity(draft)) }
            div {
                section #contacts .main { h2 { (say!(t, "person-reach")) } (view.points()) (view.add_point(draft)) }
                section #wishes .main { h2 { (say!(t, "person-wishes")) } (view.wishes_form(draft)) }
                div .side { (view.corrections()) }
            }
        }
    };
    Ok(page::staff(shared, who, &title, "/people", &body))
}

impl View<'_> {
    fn start(&self, action: &str) -> Markup {
        html! { (page::token(&self.who.csrf)) (page::once()) input type="hidden" name="form" value=(action); }
    }

    fn identity(&self, draft: &Draft) -> Markup {
        let (t, r) = (self.t, &self.look.record);
        let one = |field: &str| current(r, field).join(" ");
        let known_language = one("language");
        let language = draft.value("language", &known_language);
        html! {
            form .stack method="post" action={ "/people/" (self.look.person) "/correct" } novalidate {
                (self.start("who"))
                (text(t, draft, "given", &say!(t, "person-field-given"), &r.given.join(" "), "text"))
                (text(t, draft, "family", &say!(t, "person-field-family"), &r.family, "text"))
                (text(t, draft, "preferred_name", &field_words(t, "preferred_name"), &one("preferred_name"), "text"))
                (text(t, draft, "pronouns", &field_words(t, "pronouns"), &one("pronouns"), "text"))
                (text(t, draft, "birth_date", &field_words(t, "birth_date"), &one("birth_date"), "date"))
                label for="language" { (field_words(t, "language")) }
                select #language name="language" {
                    @if known_language.is_empty() { option value="" { (say!(t, "person-unknown")) } }
                    @if !known_language.is_empty() && !LANGUAGES.contains(&known_language.as_str()) {
                        option value=(known_language) selected[language == known_language] translate="no" { (known_language) }
                    }
                    @for tag in LANGUAGES { option value=(tag) selected[language == tag] { (words::language(t, tag)) } }
                }
                (draft.error("language"))
                (text(t, draft, "zone", &field_words(t, "zone"), &one("zone"), "zone"))
                datalist #zones { @for zone in ZONES { option value=(zone); } }
                fieldset {
                    legend { (say!(t, "person-needs")) }
                    @for field in FIELDS.into_iter().filter(|f| f.starts_with("need.")) {
                        @let name = field.replace('.', "-");
                        @let has = draft.value(field, &one(field)) == "yes";
                        div .pair {
                            label for=(name) { (field_words(t, field)) }
                            select #(name) name=(field) {
                                option value="yes" selected[has] { (say!(t, "timeline-yes")) }
                                option value="no" selected[!has] { (say!(t, "timeline-no")) }
                            }
                        }
                        (draft.error(field))
                    }
                }
                (reason(t, draft, "why"))
                button .primary { (say!(t, "person-correct-save")) }
            }
        }
    }

    /// Contact points as they are, with what may be found out about each.
    fn points(&self) -> Markup {
        let t = self.t;
        html! {
            ul .list.plain.points {
                @for c in &self.look.record.contacts { li { (self.point(c)) } }
            }
            @if self.look.record.contacts.is_empty() { p .muted { (say!(t, "person-reach-none")) } }
        }
    }

    fn point(&self, c: &ContactPoint) -> Markup {
        let t = self.t;
        let id = c.value.replace(['+', '@', '.'], "-");
        let act = |act: &str, words: String| {
            html! {
                form method="post" action={ "/people/" (self.look.person) "/contacts" } {
                    (self.start(act)) input type="hidden" name="of" value=(c.value);
                    button .quiet #{ (act) (id) } { (words) span .hidden translate="no" { " " (c.value) } }
                }
            }
        };
        html! {
            p {
                strong translate="no" { (c.value) } " "
                span .muted.small {
                    (point_state(t, c.status)) " · "
                    @match &c.owner { Some(owner) => { (say!(t, "person-point-of")) " " (plain(owner)) }, None => (say!(t, "timeline-own")) }
                    @if let Some(at) = c.verified_at { " · " (say!(t, "person-point-verified")) " " (self.time(at)) }
                }
            }
            div .row {
                @if c.kind == PointKind::Phone && c.status == PointStatus::Active { (act("no_texts", say!(t, "person-point-is-landline"))) }
                @if c.status != PointStatus::Wrong { (act("wrong", say!(t, "person-point-is-wrong"))) }
                (act("verified", say!(t, "person-point-works")))
            }
            details #{ "owner" (id) } {
                summary { (say!(t, "person-point-whose")) span .hidden translate="no" { " " (c.value) } }
                form .stack method="post" action={ "/people/" (self.look.person) "/contacts" } {
                    (self.start("owner")) input type="hidden" name="of" value=(c.value);
                    input type="hidden" name="use" value=(c.r#use);
                    label for={ "name" (id) } { (say!(t, "person-point-owner")) }
                    input #{ "name" (id) } name="owner" value=(c.owner.as_deref().unwrap_or_default()) maxlength=(VALUE_MAX) aria-describedby={ "hint" (id) };
                    p .muted.small #{ "hint" (id) } { (say!(t, "person-point-owner-hint")) }
                    button { (say!(t, "person-correct-save")) }
                }
            }
        }
    }

    fn add_point(&self, draft: &Draft) -> Markup {
        let t = self.t;
        let r#use = draft.value("use", "mobile");
        html! {
            h3 { (say!(t, "person-point-add")) }
            form .stack method="post" action={ "/people/" (self.look.person) "/contacts" } novalidate {
                (self.start("add"))
                (text(t, draft, "value", &say!(t, "person-point-value"), "", "text"))
                label for="use" { (say!(t, "person-point-use")) }
                select #use name="use" {
                    @for name in USES { option value=(name) selected[r#use == name] { (t.pick("timeline-use", name).unwrap_or_else(|| say!(t, "person-use-other"))) } }
                }
                (text(t, draft, "owner", &say!(t, "person-point-owner"), "", "text"))
                p .muted.small { (say!(t, "person-point-owner-hint")) }
                div .choice {
                    input #sure type="checkbox" name="sure" value="yes" checked[draft.value("sure", "") == "yes"];
                    label for="sure" { (say!(t, "person-point-sure")) }
                }
                (draft.error("sure"))
                (reason(t, draft, "why-point"))
                button { (say!(t, "person-point-save")) }
            }
        }
    }
}

/// A labelled field with its error.
fn text(_t: Tongue, draft: &Draft, name: &str, label: &str, known: &str, kind: &str) -> Markup {
    let error = draft.wrong(name).map(|_| format!("error-{name}"));
    let (kind, list) = if kind == "zone" { ("text", Some("zones")) } else { (kind, None) };
    html! {
        label for=(name) { (label) }
        input #(name) name=(name) type=(kind) list=[list] value=(draft.value(name, known)) maxlength=(VALUE_MAX) autocomplete="off"
            aria-invalid=[error.as_ref().map(|_| "true")] aria-describedby=[error.as_deref()];
        (draft.error(name))
    }
}

/// The reason, which every change has.
pub(super) fn reason(t: Tongue, draft: &Draft, name: &'static str) -> Markup {
    let error = draft.wrong(name).map(|_| format!("error-{name}"));
    html! {
        label for=(name) { (say!(t, "person-why")) }
        input #(name) name=(name) value=(draft.value(name, "")) maxlength=(WHY_MAX) autocomplete="off"
            aria-invalid=[error.as_ref().map(|_| "true")] aria-describedby=[error.as_deref()];
        (draft.error(name))
    }
}

/// The reason that a form gave; an error where it is missing or too long.
pub(super) fn why_of(t: Tongue, fields: &Fields, draft: &mut Draft, name: &'static str) -> String {
    let why = fields.get(name);
    if why.is_empty() || why.chars().count() > WHY_MAX {
        draft.errors.insert(name, say!(t, "person-bad-why", n = WHY_MAX));
    }
    why.to_owned()
}

/// Facts that a form says, each with a name of its own: two clicks are one of each.
pub(super) type Facts = Vec<(&'static str, String, Json)>;

/// Says all of them, and goes back to the person.
pub(super) async fn say_all(
    state: &State,
    who: &Who,
    fields: &Fields,
    person: PersonId,
    facts: Facts,
) -> Result<Response, Fault> {
    for (kind, name, body) in facts {
        crate::staff::say_one(state, who, fields, &name, person, kind, body).await?;
    }
    Ok(Redirect::to(&format!("/people/{person}")).into_response())
}

/// Sets right who they are.
pub(crate) async fn post(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Response, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    let look = crate::staff::known_to(&state, &who, person).await?;
    let (t, mut draft) = (who.tongue, Draft::of(&fields));
    let mut facts: Facts = Vec::new();
    let why = fields.get("why").to_owned();
    for field in FIELDS {
        let value = match field {
            "name" => vec![fields.get("given").to_owned(), fields.get("family").to_owned()],
            other => vec![fields.get(other).to_owned()],
        };
        let was = current(&look.record, field);
        if value == was {
            continue;
        }
        match check(field, "", &value) {
            Err(wrong) => drop(draft.errors.insert(if field == "name" { "given" } else { field }, problem(t, wrong))),
            Ok(()) => {
                let was = was.join(" ").trim().to_owned();
                let said = if let [one] = value.as_slice() { json!(one) } else { json!(value) };
                facts.push((
                    CORRECTED,
                    field.to_owned(),
                    json!({"field": field, "value": said, "was": was, "why": why, "edition": next_edition(&look.folds, field, "")}),
                ));
            }
        }
    }
    if facts.is_empty() && draft.errors.is_empty() {
        draft.errors.insert("given", say!(t, "person-bad-nothing"));
    } else {
        why_of(t, &fields, &mut draft, "why");
    }
    if !draft.errors.is_empty() {
        return again(&state, &who, person, draft).await;
    }
    say_all(&state, &who, &fields, person, facts).await
}

/// A number or address: added, wrong, working, or someone's.
pub(crate) async fn contact(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Response, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    let look = crate::staff::known_to(&state, &who, person).await?;
    let record = &look.record;
    let of = fields.get("of").to_owned();
    let point = record.contacts.iter().find(|c| c.value == of);
    let back = |facts| say_all(&state, &who, &fields, person, facts);
    match (fields.get("form"), point) {
        ("add", _) => add(&state, &who, &fields, person, &look).await,
        ("wrong", Some(_)) => {
            back(vec![("contact.disabled", of.clone(), json!({"value": of, "status": "wrong", "by": "staff"}))]).await
        }
        ("no_texts", Some(_)) => {
            let body = json!({"value": of, "status": "landline", "by": "staff"});
            back(vec![("contact.disabled", of.clone(), body)]).await
        }
        ("verified", Some(_)) => {
            back(vec![("contact.verified", of.clone(), json!({"value": of, "how": "staff"}))]).await
        }
        ("owner", Some(point)) => {
            let value = vec![use_of(&point.r#use), fields.get("owner").to_owned()];
            if let Err(wrong) = check(CONTACT, &of, &value) {
                return Err(Fault::Form(problem(who.tongue, wrong)));
            }
            let was = point.owner.clone().unwrap_or_default();
            let edition = next_edition(&look.folds, CONTACT, &of);
            let body = json!({"field": CONTACT, "of": of, "value": value, "was": was, "why": "", "edition": edition});
            back(vec![(CORRECTED, of.clone(), body)]).await
        }
        _ => Err(Fault::Stale),
    }
}

/// A use that a correction may name; a source's own word for another is left out.
fn use_of(r#use: &str) -> String {
    USES.into_iter().find(|u| *u == r#use).unwrap_or_default().to_owned()
}

/// A number as E.164, an address in lower case; `None` for neither.
pub(super) fn written(text: &str, country: &str) -> Option<String> {
    if text.contains('@') {
        return wire::email_looks_right(text).then(|| text.to_lowercase());
    }
    wire::phone(text, country).ok()
}

async fn add(state: &State, who: &Who, fields: &Fields, person: PersonId, look: &hub::Look) -> Result<Response, Fault> {
    let record = &look.record;
    let (t, mut draft) = (who.tongue, Draft::of(fields));
    let why = why_of(t, fields, &mut draft, "why-point");
    let value = vec![use_of(fields.get("use")), fields.get("owner").to_owned()];
    let sure = fields.get("sure") == "yes";
    let of = written(fields.get("value"), &state.app.hub.settings().clinic.country);
    let of = of.filter(|of| check(CONTACT, of, &value).is_ok()).unwrap_or_default();
    if of.is_empty() {
        draft.errors.insert("value", say!(t, "person-bad-contact"));
    } else if record.contacts.iter().any(|c| c.value == of && c.status == PointStatus::Active) {
        draft.errors.insert("value", say!(t, "person-bad-known"));
    } else if !sure {
        // Wrong for this person, or found wrong by anyone: it is opened again only by who made sure.
        let (key, own) = (turn::disabled_key(&of), record.contacts.iter().any(|c| c.value == of));
        if own || state.read(move |shared| Ok(shared.store().whose(&[key])?.is_some())).await? {
            draft.errors.insert("sure", say!(t, "person-bad-sure"));
        }
    }
    if !draft.errors.is_empty() {
        return again(state, who, person, draft).await;
    }
    let edition = next_edition(&look.folds, CONTACT, &of);
    let body = json!({"field": CONTACT, "of": of, "value": value, "was": "", "why": why, "edition": edition});
    let mut facts: Facts = vec![(CORRECTED, of.clone(), body)];
    if sure {
        facts.push(("contact.verified", of.clone(), json!({"value": of, "how": "staff"})));
    }
    say_all(state, who, fields, person, facts).await
}

/// Takes a correction back: what the sources say holds again.
pub(crate) async fn withdraw(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Response, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    let (field, of) = (fields.get("field").to_owned(), fields.get("of").to_owned());
    if !FIELDS.contains(&field.as_str()) && field != CONTACT {
        return Err(Fault::Stale);
    }
    let look = crate::staff::known_to(&state, &who, person).await?;
    let mut body = json!({"field": field, "why": "", "edition": next_edition(&look.folds, &field, &of)});
    if !of.is_empty() {
        body["of"] = json!(of);
    }
    say_all(&state, &who, &fields, person, vec![(WITHDRAWN, format!("{field} {of}"), body)]).await
}
