//! Enrolment by hand: a member of staff begins a pathway that allows it, and says why.

use super::View;
use crate::State;
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::page;
use crate::tongue::say;
use axum::Extension;
use axum::extract::Path;
use axum::response::Redirect;
use maud::{Markup, html};
use model::PersonId;
use serde_json::json;

/// The longest reason, characters.
const REASON_MAX: usize = 500;
/// The shortest.
const REASON_MIN: usize = 3;
/// The longest name of a pathway that is looked up.
const NAME_MAX: usize = 200;

impl View<'_> {
    /// The pathways that may be begun by hand; nothing when there is none, or they have died.
    pub(super) fn enrol(&self) -> Markup {
        let t = self.t;
        let in_force = self.shared.app.hub.in_force();
        let all: Vec<_> = in_force.iter().filter(|p| p.enrol.by_hand).collect();
        let died = self.look.record.deceased_at.is_some();
        html! {
            @if !all.is_empty() && !died {
                details #enrol {
                    summary { (say!(t, "person-enrol")) }
                    form method="post" action={ "/people/" (self.look.person) "/enrol" } .stack {
                        (page::token(&self.who.csrf)) (page::once())
                        label for="enrol-in" { (say!(t, "person-enrol-in")) }
                        select #enrol-in name="pathway" required {
                            option value="" { (say!(t, "person-enrol-choose")) }
                            @for p in all {
                                option value=(p.name) lang=(p.speaks.first().map_or(super::AUTHORS, String::as_str)) { (p.title) }
                            }
                        }
                        label for="enrol-why" { (say!(t, "person-enrol-why")) }
                        textarea #enrol-why name="reason" rows="2" required maxlength=(REASON_MAX) aria-describedby="enrol-what" {}
                        p .muted.small #enrol-what { (say!(t, "person-enrol-what")) }
                        button { (say!(t, "person-enrol-save")) }
                    }
                }
            }
        }
    }
}

/// A member of staff enrols the person. What the pathway does not allow is refused by the turn, which says why.
pub(crate) async fn post(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Redirect, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    let t = who.tongue;
    // Whoever may not see the person is told nothing of what they are on.
    let look = crate::staff::known_to(&state, &who, person).await?;
    let (pathway, reason) = (fields.get("pathway"), fields.get("reason").trim());
    let given = reason.chars().count();
    if pathway.is_empty() || pathway.len() > NAME_MAX {
        return Err(Fault::Form(say!(t, "person-enrol-choose")));
    }
    if !(REASON_MIN..=REASON_MAX).contains(&given) {
        return Err(Fault::Form(say!(t, "person-enrol-bad-why", n = REASON_MAX)));
    }
    let body = json!({ "pathway": pathway, "reason": reason });
    crate::staff::say(&state, &who, &fields, look.person, "enrolment.requested", body).await?;
    Ok(Redirect::to(&format!("/people/{}", look.person)))
}
