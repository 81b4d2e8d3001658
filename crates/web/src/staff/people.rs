//! Finding a person.

use super::may_see;
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::{State, page};
use axum::Extension;
use axum::extract::Query;
use maud::{Markup, html};
use model::PersonId;
use serde::Deserialize;

/// People in a list; more words find fewer.
const FOUND_MAX: usize = 50;
/// No question is longer, characters.
const WORDS_MAX: usize = 100;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
}

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    state
        .read(move |shared| {
            let words: String = asked.q.trim().chars().take(WORDS_MAX).collect();
            let mut found =
                if words.is_empty() { Vec::new() } else { shared.store().find_people(&words, FOUND_MAX)? };
            found.retain(|p| may_see(&who, &p.site));
            let people: Vec<PersonId> = found.iter().map(|p| p.person).collect();
            page::saw(shared, &who.account.name, &people, "/people")?;
            let body = html! {
                h1 { "People" }
                form method="get" action="/people" role="search" .row {
                    label for="q" { "Name, number or identifier" }
                    input #q name="q" type="search" value=(words) maxlength=(WORDS_MAX);
                    button .primary { "Find" }
                }
                @if !words.is_empty() {
                    p role="status" {
                        (match found.len() {
                            0 => "Nobody is found by these words.".to_owned(),
                            1 => "1 person".to_owned(),
                            FOUND_MAX => format!("The first {FOUND_MAX} people: more words find fewer"),
                            n => format!("{n} people"),
                        })
                    }
                    ul .list {
                        @for p in &found {
                            li {
                                a href={ "/people/" (p.person) } { (p.name) }
                                span .muted { " " @if !p.birth_date.is_empty() { "born " (p.birth_date) } " " (p.site) }
                            }
                        }
                    }
                }
            };
            Ok(page::staff(shared, &who, "People", "/people", &body))
        })
        .await
}
