//! What `check` finds in the pathways in force, and the pages of its codes.

use super::super::AUTHOR;
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Path;
use check::{Format, Given, Source, codes, whole};
use jiff::civil::Date;
use maud::{Markup, html};
use model::Id;
use pathway::{Finding, Pathway, Severity};
use std::sync::Arc;

/// The pathways in force, checked with the teams, hours and rules of this hub.
pub(crate) struct Checked {
    pub(crate) findings: Vec<Finding>,
    sources: Vec<Source>,
}

impl Checked {
    /// Where a pathway was read from.
    fn file(&self, pathway: &Pathway) -> &str {
        self.sources.iter().find(|(_, text)| *text == pathway.source).map_or("", |(file, _)| file)
    }

    fn of(&self, pathway: &Pathway) -> Vec<Finding> {
        let file = self.file(pathway);
        self.findings.iter().filter(|f| f.file == file).cloned().collect()
    }

    /// As the command line prints it.
    pub(super) fn report(&self, pathway: &Pathway, format: Format) -> String {
        check::report(&self.of(pathway), &self.sources, format)
    }
}

/// What was found today in what is in force; looked for once, for nothing else that it depends on changes while the
/// hub runs.
pub(crate) fn checked(shared: &Shared) -> Arc<Checked> {
    let settings = shared.app.hub.settings();
    let today = shared.now().date_in(&words::zone(&settings.clinic.zone));
    let in_force: Vec<Id> = shared.app.hub.in_force().iter().map(|p| p.version).collect();
    if let Ok(kept) = shared.lab.checked.lock()
        && let Some((day, versions, checked)) = kept.as_ref()
        && *day == today
        && *versions == in_force
    {
        return Arc::clone(checked);
    }
    let sources = sources(shared);
    let names: Vec<String> = settings.teams.iter().map(|team| team.name.clone()).collect();
    let read = whole::read(&sources, &names, today);
    let mut findings = read.findings;
    prove(shared, today, &read.pathways, &sources, &mut findings);
    let checked = Arc::new(Checked { findings, sources });
    if let Ok(mut kept) = shared.lab.checked.lock() {
        *kept = Some((today, in_force, Arc::clone(&checked)));
    }
    checked
}

/// Adds what is proved of pathways with the teams, hours and rules of this hub.
pub(crate) fn prove(
    shared: &Shared,
    today: Date,
    pathways: &[Pathway],
    sources: &[Source],
    findings: &mut Vec<Finding>,
) {
    let settings = shared.app.hub.settings();
    let holidays = whole::holidays(&settings.rules, today, &[]);
    let given =
        Given { holidays: &holidays, ..Given::new(&settings.teams, &settings.rules, &settings.clinic.zone, today) };
    let pathways: Vec<&Pathway> = pathways.iter().collect();
    whole::prove(findings, &pathways, sources, &given);
}

/// The files of what is in force, with all code sets. A version that none of the files says any more has its text
/// from where it is kept.
pub(crate) fn sources(shared: &Shared) -> Vec<Source> {
    let in_force = shared.app.hub.in_force();
    let files = &shared.app.files.sources;
    let wanted =
        |(path, text): &&Source| pathway::shipped::is_beside(path) || in_force.iter().any(|p| p.source == *text);
    let mut out: Vec<Source> = files.iter().filter(wanted).cloned().collect();
    for pathway in &in_force {
        if !out.iter().any(|(_, text)| *text == pathway.source) {
            out.push((format!("{}.yaml", pathway.name), pathway.source.clone()));
        }
    }
    out
}

/// The findings of a pathway, each code with its page.
pub(super) fn show(shared: &Shared, t: Tongue, pathway: &Pathway) -> Markup {
    let in_force = shared.app.hub.in_force().iter().any(|p| p.version == pathway.version);
    let checked = checked(shared);
    let found = checked.of(pathway);
    let errors = found.iter().filter(|f| f.severity == Severity::Error).count();
    let base = format!("/pathways/{}/lab", words::encoded(&pathway.name));
    html! {
        section #findings aria-labelledby="findings-title" {
            h2 #findings-title { (say!(t, "lab-findings")) }
            @if !in_force { p .empty { (say!(t, "lab-not-in-force")) } }
            @else {
                p { (say!(t, "lab-errors", n = errors)) " " (say!(t, "lab-warnings", n = found.len() - errors)) " "
                    (say!(t, "lab-findings-what")) " "
                    a href={ (base) "?format=json" } { (say!(t, "lab-as", format = "JSON")) } " · "
                    a href={ (base) "?format=sarif" } { (say!(t, "lab-as", format = "SARIF")) } }
                @if !found.is_empty() {
                    pre .told lang=(AUTHOR) translate="no" tabindex="0" role="region" aria-label=(say!(t, "lab-findings-text")) {
                        (with_pages(&checked.report(pathway, Format::Human)))
                    }
                }
            }
        }
    }
}

/// The text with a link at each code that has a page: not a letter is other than in the text.
pub(crate) fn with_pages(text: &str) -> Markup {
    let mut rest = text;
    let mut out = Vec::new();
    while let Some(at) = rest.find("[TL") {
        let code = rest[at + 1..].split(']').next().unwrap_or_default();
        out.push(html! { (rest[..=at]) });
        rest = &rest[at + 1..];
        if let Some(page) = codes::page(code) {
            out.push(html! { a href={ "/pathways/codes/" (page.code) } { (code) } });
            rest = &rest[code.len()..];
        }
    }
    html! { @for part in out { (part) } (rest) }
}

/// The page of a code: why, what is told, a bad and a good example.
pub(crate) async fn code(
    state: State,
    Extension(who): Extension<Who>,
    Path(code): Path<String>,
) -> Result<Markup, Fault> {
    let page = codes::page(&code).ok_or(Fault::NotFound)?;
    state
        .read(move |shared| {
            let t = who.tongue;
            let body = html! {
                p .crumbs { a href="/pathways" { (say!(t, "pathway-list-title")) } }
                h1 lang=(AUTHOR) { span .mono translate="no" { (page.code) } ": " (page.title) }
                p .muted { (say!(t, "lab-code-what")) }
                div .code-page lang=(AUTHOR) { (explained(page.text)) }
            };
            Ok(page::staff(shared, &who, page.code, "/pathways", &body))
        })
        .await
}

/// The little Markdown that pages of codes are written in: paragraphs, blocks between fences, `code`.
fn explained(text: &str) -> Markup {
    let parts = text.split("```").enumerate();
    html! {
        @for (n, part) in parts {
            @if n % 2 == 1 {
                // The first line names the language of the block.
                @let block = part.split_once('\n').map_or(part, |(_, block)| block);
                pre .told translate="no" tabindex="0" { (block) }
            } @else {
                @for paragraph in part.split("\n\n").filter(|p| !p.trim().is_empty()) { p { (inline(paragraph)) } }
            }
        }
    }
}

fn inline(text: &str) -> Markup {
    html! {
        @for (n, part) in text.trim().split('`').enumerate() {
            @if n % 2 == 1 { code { (part) } } @else { (part.replace('*', "")) }
        }
    }
}
