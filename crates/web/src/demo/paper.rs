//! Katie's side: the paper she was given, and what anybody knows of her since.

use super::story::Life;
use crate::page;
use crate::tongue::{Tongue, say};
use maud::{Markup, html};
use record::known::Prescription;

/// Items of the daily list on the paper.
const ITEMS_MAX: usize = 4;

/// Medicines to be fetched: not those for when they are needed.
fn to_fetch(life: &Life) -> impl Iterator<Item = &Prescription> {
    let all = life.look.record.prescriptions.iter();
    all.filter(|rx| rx.as_needed != Some(true) && !rx.stopped && !rx.given_in_hospital)
}

/// The column. `david` lives through the same with the pathway: his daily list is what stands on her paper.
pub(super) fn column(t: Tongue, life: Option<&Life>, david: Option<&Life>) -> Markup {
    let Some(life) = life else {
        return html! { h2 #katie-h translate="no" { "Katie" } p .empty { (say!(t, "demo-not-yet")) } };
    };
    let zone = life.zone();
    let tasks = david.map(|d| d.look.tasks.as_slice()).unwrap_or_default();
    html! {
        h2 #katie-h { span translate="no" { (life.look.record.name) } " " span .tag { (say!(t, "demo-paper")) } }
        div .scrolls tabindex="0" role="region" aria-label=(say!(t, "demo-katie-what")) {
            div .paper #katie-paper data-live {
                h3 { (say!(t, "demo-katie-told")) }
                ul {
                    @for rx in to_fetch(life) { li { (say!(t, "demo-katie-fetch")) " " span lang="en" { (rx.concept.text) } } }
                    @for visit in &life.look.record.appointments {
                        @if let Some(at) = visit.start { li { (say!(t, "demo-katie-visit")) " " span lang="en" { (visit.with) } ", " (page::time(t, at, &zone)) } }
                    }
                    @for task in tasks.iter().take(ITEMS_MAX) { li lang="en" { (task.text) } }
                    li { (say!(t, "demo-katie-call")) }
                }
                p .small { (say!(t, "demo-katie-crossed")) }
            }
            div #katie-sum data-live { (beside(t, life, david)) }
            @if let Some(home) = life.went_home() {
                p .muted.small { (page::time(t, home, &zone)) ": " (say!(t, "demo-katie-home")) }
            }
        }
    }
}

/// What is asked of a life.
type Question<'a> = &'a dyn Fn(&Life) -> String;

/// The same questions for both, answered from facts; what no fact tells is called not known.
fn beside(t: Tongue, katie: &Life, david: Option<&Life>) -> Markup {
    let reached = |life: &Life| life.sent().iter().map(|(_, n)| n).sum::<usize>().to_string();
    let asked = |life: &Life| life.count("prompt.completed").to_string();
    let done = |life: &Life| life.count("task.done").to_string();
    let medicine = |life: &Life| match to_fetch(life).next() {
        None => say!(t, "demo-medicine-none"),
        Some(rx) if rx.picked_up_at.is_some() => say!(t, "demo-medicine-picked-up"),
        Some(rx) if rx.ready_at.is_some() => say!(t, "demo-medicine-ready"),
        Some(_) => say!(t, "demo-medicine-unknown"),
    };
    let rows: [(String, Question<'_>); 4] = [
        (say!(t, "demo-row-reached"), &reached),
        (say!(t, "demo-row-asked"), &asked),
        (say!(t, "demo-row-done"), &done),
        (say!(t, "demo-row-medicine"), &medicine),
    ];
    let dash = "–".to_owned();
    html! {
        table .beside {
            thead { tr { td {} th scope="col" translate="no" { "Katie" } th scope="col" translate="no" { "David" } } }
            tbody { @for (name, of) in rows { tr {
                th scope="row" { (name) } td { (of(katie)) } td { (david.map_or_else(|| dash.clone(), of)) }
            } } }
        }
    }
}
