//! The laboratory of a pathway: what `check` finds, what its tests say, one make-believe person with a transcript, and
//! the difference to the version before: by the code of the command line, in its words.
//!
//! Invariants: nothing of real people is read, and nothing is written: the simulated person lives for one request, and
//! no link that is shown opens anything here, for it is signed with another secret. One such page works at a time, on
//! the runtime's blocking threads; tests run once for each version, within a limit of time.
//!
//! Deliberately absent: populations (`throughline simulate`) and mutants (`throughline test --mutants`): they take
//! minutes, and belong to the command line.

mod played;
pub(crate) mod proof;
mod tested;

pub(crate) use proof::code;

use super::{AUTHOR, address, find, short, versions};
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use check::Format;
use maud::{Markup, html};
use model::Id;
use pathway::Pathway;
use pathway::tools::diff;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a page waits for the one before it.
pub(crate) const WAIT: Duration = Duration::from_secs(20);
/// Results of tests that are kept; past it, all are dropped and made anew.
const KEPT_MAX: usize = 200;

/// What was found: on which day, in which versions.
type Found = (jiff::civil::Date, Vec<Id>, Arc<proof::Checked>);

/// What the laboratory keeps between pages.
pub(crate) struct Kept {
    /// One page works at a time: it keeps a core busy.
    pub(crate) one: Semaphore,
    checked: Mutex<Option<Found>>,
    tested: Mutex<BTreeMap<Id, Arc<tested::Tested>>>,
}

impl Default for Kept {
    fn default() -> Self {
        Self { one: Semaphore::new(1), checked: Mutex::default(), tested: Mutex::default() }
    }
}

/// What is asked of the page.
#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    /// `json`, `sarif`: the findings alone, as the command line prints them.
    #[serde(default)]
    format: String,
    #[serde(flatten)]
    play: played::Wish,
}

/// The page, or the findings alone.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let turn = tokio::time::timeout(WAIT, state.lab.one.acquire());
    // Closed is never: nobody closes it.
    let _turn = turn.await.map_err(|_| Fault::TooMany)?.map_err(|_| Fault::Broken)?;
    state
        .read(move |shared| {
            let pathway = find(shared, &name, "").ok_or(Fault::NotFound)?;
            let format = Format::named(&asked.format).unwrap_or(Format::Human);
            let media = match format {
                Format::Json => "application/json",
                Format::Sarif => "application/sarif+json",
                Format::Human => return Ok(whole(shared, &who, &pathway, &asked)?.into_response()),
            };
            let told = proof::checked(shared).report(&pathway, format);
            Ok(([(CONTENT_TYPE, media)], told).into_response())
        })
        .await
}

fn whole(shared: &Shared, who: &Who, pathway: &Arc<Pathway>, asked: &Asked) -> Result<Markup, Fault> {
    let t = who.tongue;
    let title = say!(t, "lab-title");
    let body = html! {
        p .crumbs { a href=(address(pathway, "")) { (say!(t, "pathway-back")) } " " span lang=(AUTHOR) { (pathway.title) } }
        h1 { (title) }
        p .muted { (say!(t, "lab-what")) " " span .mono translate="no" { (short(pathway)) } }
        (proof::show(shared, t, pathway))
        (tested::show(shared, t, pathway))
        (played::show(shared, t, pathway, &asked.play))
        (difference(shared, t, pathway)?)
    };
    Ok(page::staff(shared, who, &title, "/pathways", &body))
}

/// The difference to the version before, in the sentences of `throughline diff`.
fn difference(shared: &Shared, t: Tongue, pathway: &Pathway) -> Result<Markup, Fault> {
    let before = versions::before(shared, pathway)?;
    let link = |from: &Pathway| {
        let base = format!("/pathways/{}/versions", words::encoded(&pathway.name));
        format!("{base}?from={}&to={}", from.version, pathway.version)
    };
    Ok(html! {
        section #difference aria-labelledby="difference-title" {
            h2 #difference-title { (say!(t, "lab-difference")) }
            @match before {
                None => p .empty { (say!(t, "pathway-first-version")) },
                Some(before) => {
                    @let told = diff::in_words(&diff::diff(&before, pathway));
                    p { (say!(t, "pathway-difference-what", from = short(&before), to = short(pathway))) " "
                        a href=(link(&before)) { (say!(t, "lab-difference-lines")) } }
                    @if told.is_empty() { p .empty { (say!(t, "pathway-no-difference")) } }
                    @else {
                        pre .told lang=(AUTHOR) tabindex="0" role="region" aria-label=(say!(t, "lab-difference-text")) { (told) }
                    }
                }
            }
        }
    })
}

/// Pathways and clinic for tests and simulations: what is in force, this version, and the standing ones that ship.
struct Bench {
    library: Vec<Arc<Pathway>>,
    clinic: outreach::Clinic,
}

impl Bench {
    fn of(shared: &Shared, pathway: &Arc<Pathway>) -> Self {
        let settings = shared.app.hub.settings();
        let mut library = shared.app.hub.in_force();
        let names: Vec<String> = settings.teams.iter().map(|team| team.name.clone()).collect();
        // What people say is answered in tests too, as on the command line.
        let standing = pathway::shipped::shipped(&names).pathways.into_iter().filter(|p| p.standing).map(Arc::new);
        for more in std::iter::once(Arc::clone(pathway)).chain(standing) {
            if !library.iter().any(|p| p.name == more.name) {
                library.push(more);
            }
        }
        // The laboratory signs with a secret of its own: what it shows opens nothing of anybody's.
        let clinic = outreach::Clinic { link_secret: String::new(), ..settings.clinic.clone() };
        Self { library, clinic }
    }
}
