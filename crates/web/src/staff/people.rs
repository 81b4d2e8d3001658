//! Finding a person.

use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::tongue::say;
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Query;
use maud::{Markup, html};
use model::PersonId;
use model::person::PointKind;
use record::Record;
use serde::Deserialize;
use store::PersonRow;

/// People in a list; more words find fewer.
const FOUND_MAX: usize = 20;
/// No question is longer, characters.
const WORDS_MAX: usize = 100;
/// Last digits of a number, to tell two people apart.
const DIGITS: usize = 4;

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
    state.read(move |shared| render(shared, &who, &asked)).await
}

fn render(shared: &Shared, who: &Who, asked: &Asked) -> Result<Markup, Fault> {
    let t = who.tongue;
    let words: String = asked.q.trim().chars().take(WORDS_MAX).collect();
    let found = if words.is_empty() {
        Vec::new()
    } else {
        shared.store().find_people_at(&words, &who.account.sites, FOUND_MAX + 1)?
    };
    let (more, found) = (found.len() > FOUND_MAX, &found[..found.len().min(FOUND_MAX)]);
    let people: Vec<PersonId> = found.iter().map(|p| p.person).collect();
    page::saw(shared, &who.account.name, &people, "/people")?;
    let body = html! {
        h1 { (say!(t, "person-search-title")) }
        form .search method="get" action="/people" role="search" {
            label for="q" { (say!(t, "person-search-label")) }
            div .row {
                input #q name="q" type="search" value=(words) maxlength=(WORDS_MAX) aria-describedby="q-hint" autocomplete="off" spellcheck="false";
                button .primary { (say!(t, "person-search-find")) }
            }
            p .muted.small #q-hint { (say!(t, "person-search-hint")) }
        }
        @if !words.is_empty() {
            p role="status" {
                @if more { (say!(t, "person-search-first", n = FOUND_MAX)) } @else { (say!(t, "person-search-found", n = found.len())) }
            }
            @if found.is_empty() { p .empty { (say!(t, "person-search-none")) } }
            ol .found { @for p in found { (row(shared, who, p)) } }
        }
    };
    Ok(page::staff(shared, who, &say!(t, "person-search-title"), "/people", &body))
}

/// A person, with what tells two of one name apart.
fn row(shared: &Shared, who: &Who, p: &PersonRow) -> Markup {
    let t = who.tongue;
    // What was just found may have been merged or changed this moment: then the row says less.
    let record = shared.app.hub.look(p.person).ok().filter(|l| l.person == p.person).map(|l| l.record);
    let r = record.as_ref();
    html! {
        li {
            a href={ "/people/" (p.person) } translate="no" { (p.name) }
            @if let Some(called) = r.and_then(|r| r.preferred_name.as_deref()) { " " span .muted { (say!(t, "person-called")) " " span translate="no" { (called) } } }
            dl {
                div { dt { (say!(t, "person-search-born")) } dd { (if p.birth_date.is_empty() { say!(t, "person-unknown") } else { words::date(t, &p.birth_date) }) } }
                @if let Some(id) = r.and_then(|r| r.identifiers.first()) { div { dt { (say!(t, "person-search-id")) } dd translate="no" { (words::identifier(id)) } } }
                @if let Some(digits) = r.and_then(last_digits) { div { dt { (say!(t, "person-search-phone")) } dd translate="no" { "…" (digits) } } }
                @if !p.site.is_empty() { div { dt { (say!(t, "person-site")) } dd translate="no" { (p.site) } } }
                @if r.is_some_and(|r| r.deceased_at.is_some()) { div { dd .flag { (say!(t, "person-search-died")) } } }
            }
        }
    }
}

/// The end of the number that they are called on.
fn last_digits(r: &Record) -> Option<String> {
    let value = &r.points(PointKind::Phone).first()?.value;
    let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
    Some(digits[digits.len().saturating_sub(DIGITS)..].iter().collect())
}
