//! What the person says by phone of how they want to be reached: consents, language, quiet hours, reminders.

use super::View;
use super::correct::{Draft, Facts, again, reason, say_all, why_of};
use super::known::clock;
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::tongue::say;
use crate::{State, page, words};
use axum::Extension;
use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};
use model::{Channel, PersonId, Purpose};
use serde_json::json;

/// The basis of what someone said to a member of staff.
const BASIS: &str = "told staff";

impl View<'_> {
    pub(super) fn wishes_form(&self, draft: &Draft) -> Markup {
        let (t, r) = (self.t, &self.look.record);
        let quiet = r.preferences.quiet.map(|(from, to)| (clock(from), clock(to)));
        let (from, to) = quiet.unwrap_or_default();
        let reminders = match r.preferences.task_reminders {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        let reminders = draft.value("reminders", reminders);
        html! {
            form .stack method="post" action={ "/people/" (self.look.person) "/wishes" } novalidate {
                (page::token(&self.who.csrf)) (page::once())
                fieldset {
                    legend { (say!(t, "person-may-we")) }
                    @for c in Channel::ALL {
                        @let name = format!("may.{}", c.name());
                        @let said = draft.value(&name, "");
                        @let now = record::allowed(r, Purpose::Care, c);
                        div .pair {
                            label for={ "may-" (c.name()) } { (words::channel(t, c)) }
                            select #{ "may-" (c.name()) } name=(name) {
                                option value="" selected[said.is_empty()] {
                                    (say!(t, "person-as-now")) ": "
                                    (match now { Some(true) => say!(t, "timeline-allowed"), Some(false) => say!(t, "timeline-refused"), None => say!(t, "person-not-asked") })
                                }
                                option value="yes" selected[said == "yes"] { (say!(t, "timeline-allowed")) }
                                option value="no" selected[said == "no"] { (say!(t, "timeline-refused")) }
                            }
                        }
                    }
                }
                fieldset {
                    legend { (say!(t, "person-quiet")) }
                    div .pair { label for="quiet_from" { (say!(t, "person-quiet-from")) } input #quiet_from name="quiet_from" type="time" value=(draft.value("quiet_from", &from)); }
                    div .pair { label for="quiet_to" { (say!(t, "person-quiet-to")) } input #quiet_to name="quiet_to" type="time" value=(draft.value("quiet_to", &to)); }
                    (draft.error("quiet_from"))
                }
                label for="reminders" { (say!(t, "person-reminders")) }
                select #reminders name="reminders" {
                    @if reminders.is_empty() { option value="" selected { (say!(t, "person-not-asked")) } }
                    option value="yes" selected[reminders == "yes"] { (say!(t, "timeline-yes")) }
                    option value="no" selected[reminders == "no"] { (say!(t, "timeline-no")) }
                }
                (reason(t, draft, "why-wishes"))
                button { (say!(t, "person-wishes-save")) }
            }
        }
    }
}

/// Takes the wishes.
pub(crate) async fn post(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Response, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    let record = crate::staff::known_to(&state, &who, person).await?.record;
    let t = who.tongue;
    let mut draft = Draft { said: fields.clone(), ..Draft::default() };
    let why = why_of(t, &fields, &mut draft, "why-wishes");
    let mut facts: Facts = Vec::new();
    for c in Channel::ALL {
        let allowed = match fields.get(&format!("may.{}", c.name())) {
            "yes" => true,
            "no" => false,
            _ => continue,
        };
        let body = json!({"channel": c.name(), "allowed": allowed, "basis": BASIS, "note": why});
        facts.push(("consent.changed", c.name().to_owned(), body));
    }
    let mut wishes = serde_json::Map::new();
    let (from, to) = (fields.get("quiet_from"), fields.get("quiet_to"));
    let known = record.preferences.quiet.map(|(from, to)| (clock(from), clock(to))).unwrap_or_default();
    if (from, to) != (known.0.as_str(), known.1.as_str()) {
        let time = |text: &str| text.parse::<jiff::civil::Time>().is_ok();
        match (from.is_empty(), to.is_empty()) {
            (true, true) => drop(wishes.insert("quiet".into(), json!(null))),
            (false, false) if time(from) && time(to) && from != to => {
                drop(wishes.insert("quiet".into(), json!([from, to])))
            }
            _ => drop(draft.errors.insert("quiet_from", say!(t, "person-bad-quiet"))),
        }
    }
    let reminders = match fields.get("reminders") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    if reminders.is_some() && reminders != record.preferences.task_reminders {
        wishes.insert("task_reminders".into(), json!(reminders));
    }
    if !wishes.is_empty() {
        wishes.insert("note".into(), json!(why));
        facts.push(("preference.changed", String::new(), json!(wishes)));
    }
    if facts.is_empty() && !draft.errors.contains_key("quiet_from") {
        draft.errors.insert("why-wishes", say!(t, "person-bad-nothing"));
    }
    if !draft.errors.is_empty() {
        return again(&state, &who, person, draft).await;
    }
    say_all(&state, &who, &fields, person, facts).await
}
