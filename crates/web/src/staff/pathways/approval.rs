//! Who answers for a version: since when it is in force and by whom, its clinical approver, its day of review, and each
//! language with whoever reviewed its words.

use super::AUTHOR;
use crate::Shared;
use crate::fault::Fault;
use crate::publishing::{self, Review};
use crate::tongue::{Tongue, say};
use crate::{page, words};
use maud::{Markup, html};
use pathway::Pathway;
use pathway::ast::Approval;

/// A name, what makes them qualified, and the day.
fn by(t: Tongue, approval: &Approval) -> Markup {
    html! {
        span translate="no" { (approval.by) } ", " span lang=(AUTHOR) { (approval.role) } ", "
        (words::date(t, &approval.on.to_string()))
    }
}

/// The clinical approver, in few words.
pub(super) fn approver(t: Tongue, pathway: &Pathway) -> Markup {
    match &pathway.publishing.approved {
        Some(approval) => by(t, approval),
        None => html! { (say!(t, "publish-approved-by-nobody")) },
    }
}

/// The day of review, with a plain warning when it is near or past.
pub(super) fn review(shared: &Shared, t: Tongue, pathway: &Pathway) -> Markup {
    let day = |day: jiff::civil::Date| words::date(t, &day.to_string());
    match publishing::review(pathway, publishing::today(shared)) {
        Review::None => html! { (say!(t, "publish-review-none")) },
        Review::Far(on) => html! { (day(on)) },
        Review::Near(on) => html! { strong { (say!(t, "publish-review-near", day = day(on))) } },
        Review::Past(on) => html! { strong { (say!(t, "publish-review-past", day = day(on))) } },
    }
}

/// Approval, review and languages of a version.
pub(super) fn show(shared: &Shared, t: Tongue, pathway: &Pathway) -> Markup {
    let held_back = publishing::held_back(shared, pathway);
    let publishing = &pathway.publishing;
    html! {
        dl #approval {
            dt { (say!(t, "publish-approver")) } dd { (approver(t, pathway)) }
            @if publishing.approved.is_some() || publishing.review_by.is_some() {
                dt { (say!(t, "publish-review")) } dd { (review(shared, t, pathway)) }
            }
            // The first language is approved with the pathway, or by nobody.
            @let from = usize::from(publishing.approved.is_none());
            @for (n, language) in pathway.speaks.iter().enumerate().skip(from) {
                dt { (words::language(t, language)) }
                dd {
                    @match publishing.review(language) {
                        Some(review) => { (say!(t, "publish-reviewed-by")) " " (by(t, review)) }
                        None if n == 0 => (say!(t, "publish-with-pathway")),
                        None if held_back.contains(language) => (say!(t, "publish-held-back")),
                        None => (say!(t, "publish-let-out")),
                    }
                }
            }
        }
    }
}

/// Since when a version is in force, and by whom. Of one that came with the folder the list of versions says it. Blocks.
pub(super) fn since(shared: &Shared, t: Tongue, pathway: &Pathway) -> Result<Markup, Fault> {
    let since = publishing::since(shared, pathway)?;
    if since.by.is_none() {
        return Ok(html! {});
    }
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    Ok(html! {
        p #in-force-since {
            (say!(t, "publish-since")) " "
            @match since.at { Some(at) => (page::time(t, at, &zone)), None => "–" } " · "
            @match (&since.by, since.order) {
                (Some(by), Some(order)) => { span translate="no" { (by) } " · " (say!(t, "publish-order", n = order)) }
                (Some(by), None) => span translate="no" { (by) },
                _ => {},
            }
        }
    })
}
