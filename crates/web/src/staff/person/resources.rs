//! What the sources sent, whole: a list in pages, and one resource a page.

use super::View;
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::tongue::say;
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use maud::{Markup, html};
use model::PersonId;
use serde::Deserialize;

/// Rows of one page of the list.
const ROWS_MAX: usize = 50;
/// Characters of a resource that its page shows; what is longer is cut, and said to be.
const TEXT_MAX: usize = 48 * 1024;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    /// Source, type and id of the row that the page begins after, or of the one resource.
    #[serde(default)]
    source: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    id: String,
    /// Set to show the one.
    #[serde(default)]
    one: bool,
}

/// The list, or one of them.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path(person): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    state.read(move |shared| render(shared, &who, person, &asked)).await
}

fn render(shared: &Shared, who: &Who, person: PersonId, asked: &Asked) -> Result<Markup, Fault> {
    let look = crate::staff::look(shared, who, person, "/people/{id}/resources")?;
    let view = View::new(shared, who, &look);
    let (t, path) = (who.tongue, format!("/people/{}/resources", look.person));
    let title = say!(t, "person-resources");
    let query = |source: &str, kind: &str, id: &str| {
        let part = |name: &str, value: &str| format!("{name}={}", words::encoded(value));
        [part("source", source), part("kind", kind), part("id", id)].join("&")
    };
    let body = if asked.one {
        let row = shared.store().resource(Some(look.person), &asked.source, &asked.kind, &asked.id)?;
        let row = row.ok_or(Fault::NotFound)?;
        let json = pretty(&row.json);
        let cut: String = json.chars().take(TEXT_MAX).collect();
        html! {
            p { a href=(path) { "← " (title) } }
            h1 translate="no" { (row.kind) "/" (row.id) }
            p .muted { span translate="no" { (row.source) } ", " (say!(t, "person-version", n = row.version)) ", " (view.time(row.at)) }
            pre tabindex="0" translate="no" aria-label={ (row.kind) "/" (row.id) } { (cut) }
            @if cut.len() < json.len() { p .muted { (say!(t, "person-resource-cut")) } }
        }
    } else {
        let after = (!asked.kind.is_empty()).then_some((asked.source.as_str(), asked.kind.as_str(), asked.id.as_str()));
        let mut rows = shared.store().resource_names(look.person, after, ROWS_MAX + 1)?;
        let more = rows.len() > ROWS_MAX;
        rows.truncate(ROWS_MAX);
        html! {
            (view.back())
            h1 { (title) }
            p .muted { (say!(t, "person-resources-what")) }
            @if rows.is_empty() { p .empty { (say!(t, "person-none-known")) } } @else {
                div .scroll { table {
                    thead { tr {
                        th scope="col" { (say!(t, "person-resource")) } th scope="col" { (say!(t, "person-resource-source")) }
                        th scope="col" { (say!(t, "person-resource-version")) } th scope="col" { (say!(t, "person-resource-at")) }
                    } }
                    tbody { @for row in &rows { tr {
                        td { a href={ (path) "?one=true&" (query(&row.source, &row.kind, &row.id)) } translate="no" { (row.kind) "/" (row.id) } }
                        td translate="no" { (row.source) } td { (row.version) } td { (view.time(row.at)) }
                    } } }
                } }
            }
            @if let Some(last) = rows.last().filter(|_| more) {
                p { a .button href={ (path) "?" (query(&last.source, &last.kind, &last.id)) } { (say!(t, "person-resources-more")) } }
            }
        }
    };
    Ok(page::staff(shared, who, &title, "/people", &body))
}

/// JSON over several lines; as it is where it does not read.
fn pretty(json: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(json).ok();
    value.and_then(|v| serde_json::to_string_pretty(&v).ok()).unwrap_or_else(|| json.to_owned())
}
