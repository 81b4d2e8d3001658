//! The pathways in force, and how many people stand where.

use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::{State, page, words};
use axum::Extension;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The page.
pub(crate) async fn show(state: State, Extension(who): Extension<Who>) -> Result<Markup, Fault> {
    state
        .read(move |shared| {
            // A journey with several strands is counted at each of their steps.
            let mut counts: BTreeMap<(String, String), i64> = BTreeMap::new();
            for (pathway, steps, n) in shared.store().journey_counts()? {
                for step in steps.split(',').filter(|s| !s.is_empty()) {
                    *counts.entry((pathway.clone(), step.to_owned())).or_default() += n;
                }
            }
            let pathways = &shared.app.hub.settings().pathways;
            let body = html! {
                h1 { "Pathways" }
                @if pathways.is_empty() { p .empty { "No pathway is in force." } }
                div #pathways data-live {
                    @for p in pathways {
                        section .card {
                            h2 { (p.title) }
                            p .muted {
                                (p.name) " · owner " (p.owner) " · speaks " (p.speaks.join(", ")) " · version "
                                span .mono { (p.version.to_string()[..8]) } @if p.standing { " · standing: for every person, always" }
                            }
                            @let here: Vec<_> = counts.iter().filter(|((name, _), _)| *name == p.name).collect();
                            @if here.is_empty() { p { "Nobody is on it now." } }
                            @else {
                                table {
                                    caption .hidden { "People at each step of " (p.title) }
                                    thead { tr { th scope="col" { "Step" } th scope="col" { "People here now" } } }
                                    tbody { @for ((_, step), n) in here { tr { th scope="row" { (words::label(&step.replace('/', ": "))) } td { (n) } } } }
                                }
                            }
                            details { summary { "The text of " (p.name) } pre tabindex="0" { (p.source) } }
                        }
                    }
                }
            };
            Ok(page::staff(shared, &who, "Pathways", "/pathways", &body))
        })
        .await
}
