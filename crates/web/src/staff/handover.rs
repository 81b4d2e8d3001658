//! The hand-over of a shift on one page: what is open and who has it, what was done, what was dangerous. It prints
//! as a list to work from on a day when nothing else does: names, numbers, reasons, deadlines.

use super::desk_words::{self, due, soon};
use super::{called, may_work, number};
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Query;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::prompt::{Prompt, PromptStatus};
use model::time::HOUR_MS;
use model::{At, PersonId};
use record::Record;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::PromptFilter;

/// A shift looks back so far.
const SHIFT_MS: i64 = 12 * HOUR_MS;
/// Open prompts on the page; past it the page says so.
const OPEN_MAX: usize = 200;
/// Prompts that were closed in the shift, on the page.
const DONE_MAX: usize = 200;
/// Of a reason, characters.
const REASON_MAX: usize = 80;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Asked {
    team: String,
    site: String,
}

struct View<'a> {
    shared: &'a Shared,
    who: &'a Who,
    t: Tongue,
    now: At,
    zone: TimeZone,
    people: BTreeMap<PersonId, Record>,
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
    let (t, now, settings) = (who.tongue, shared.now(), shared.app.hub.settings());
    let teams = if asked.team.is_empty() { who.account.teams.clone() } else { vec![asked.team.clone()] };
    let filter = PromptFilter { teams, sites: who.account.sites.clone() };
    let of_site = |site: &str| asked.site.is_empty() || site == asked.site;
    let waiting: Vec<_> = shared.store().prompts_waiting(&filter)?.into_iter().filter(|p| of_site(&p.site)).collect();
    let since = now.plus_ms(-SHIFT_MS);
    let closed: Vec<_> =
        shared.store().prompts_closed(&filter, since, DONE_MAX)?.into_iter().filter(|p| of_site(&p.site)).collect();
    let open =
        shared.store().prompts_each(&waiting.iter().take(OPEN_MAX).map(|p| (p.person, p.id)).collect::<Vec<_>>())?;
    let done = shared.store().prompts_each(&closed.iter().map(|p| (p.person, p.id)).collect::<Vec<_>>())?;
    let ids: BTreeSet<PersonId> = open.iter().chain(&done).map(|p| p.person).collect();
    let ids: Vec<PersonId> = ids.into_iter().collect();
    let mut people = shared.app.hub.records(&ids)?;
    let mine = |p: &&Prompt| may_work(who, p, people.get(&p.person));
    let known: BTreeSet<PersonId> = open.iter().chain(&done).filter(mine).map(|p| p.person).collect();
    people.retain(|id, _| known.contains(id));
    page::saw(shared, &who.account.name, &known.into_iter().collect::<Vec<_>>(), "/handover")?;
    let mine = |p: &&Prompt| people.contains_key(&p.person) && may_work(who, p, people.get(&p.person));
    let open: Vec<&Prompt> = open.iter().filter(|p| p.status.is_open()).filter(mine).collect();
    let done: Vec<&Prompt> = done.iter().filter(|p| !p.status.is_open()).filter(mine).collect();
    let zone = words::zone(&settings.clinic.zone);
    let urgent: Vec<&Prompt> = open.iter().chain(&done).copied().filter(|p| p.urgent).collect();
    let body = {
        let view = View { shared, who, t, now, zone, people: people.clone() };
        html! {
            div .row.list-head {
                h1 { (say!(t, "worklist-shift")) }
                button #print .no-print type="button" hidden { (say!(t, "worklist-print")) }
            }
            p .muted { (say!(t, "worklist-shift-as-of", when = words::moment(t, now, &view.zone), who = who.account.display)) }
            (view.chips(asked, &waiting.iter().map(|p| p.site.as_str()).collect()))
            div #shift data-live data-say=(say!(t, "worklist-shift-open", n = open.len())) {
                (view.red_flags(&urgent))
                section aria-labelledby="open-h" {
                    h2 #open-h { (say!(t, "worklist-shift-open", n = open.len())) }
                    @if waiting.len() > OPEN_MAX { p .flag { (say!(t, "worklist-shift-more", n = waiting.len() - OPEN_MAX)) } }
                    @if open.is_empty() { p .empty { (say!(t, "worklist-empty")) } } @else { (view.table(&open)) }
                }
                section aria-labelledby="done-h" {
                    h2 #done-h { (say!(t, "worklist-shift-done", n = done.len())) }
                    @if done.is_empty() { p .empty { (say!(t, "worklist-shift-nothing")) } } @else { (view.done(&done)) }
                }
            }
        }
    };
    Ok(page::staff(shared, who, &say!(t, "worklist-shift"), "/handover", &body))
}

impl View<'_> {
    fn chips(&self, asked: &Asked, sites: &BTreeSet<&str>) -> Markup {
        let t = self.t;
        let mine = &self.who.account.teams;
        let teams = self.shared.app.hub.settings().teams.iter();
        let link =
            |team: &str, site: &str| format!("/handover?team={}&site={}", words::encoded(team), words::encoded(site));
        html! {
            nav .chips.no-print aria-label=(say!(t, "worklist-filters")) {
                div .filter {
                    a href=(link("", &asked.site)) aria-current=[asked.team.is_empty().then_some("true")] { (say!(t, "worklist-all")) }
                    @for team in teams.filter(|team| mine.is_empty() || mine.contains(&team.name)) {
                        a href=(link(&team.name, &asked.site)) lang="en" aria-current=[(team.name == asked.team).then_some("true")] { (team.title) }
                    }
                }
                @if sites.len() > 1 {
                    div .filter {
                        a href=(link(&asked.team, "")) aria-current=[asked.site.is_empty().then_some("true")] { (say!(t, "worklist-all-sites")) }
                        @for site in sites.iter().filter(|s| !s.is_empty()) {
                            a href=(link(&asked.team, site)) translate="no" aria-current=[(*site == asked.site).then_some("true")] { (words::label(site)) }
                        }
                    }
                }
            }
        }
    }

    /// What was dangerous in this shift, whether it is over or not.
    fn red_flags(&self, urgent: &[&Prompt]) -> Markup {
        let t = self.t;
        html! {
            @if !urgent.is_empty() {
                section .red-flags aria-labelledby="flags-h" {
                    h2 #flags-h { "⚠ " (say!(t, "worklist-shift-flags", n = urgent.len())) }
                    ul .list {
                        @for p in urgent {
                            li {
                                (self.name(p, "f")) ": " span lang="en" { (p.title) } ", "
                                @if p.status.is_open() { strong { (due(t, p.due_at, self.now)) } } @else { (self.end(p)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn name(&self, p: &Prompt, place: &str) -> Markup {
        let name = self.people.get(&p.person).map_or("", |r| r.name.as_str());
        let short: String = p.id.to_string().chars().take(8).collect();
        html! { a #{ (place) "-" (short) } href={ "/people/" (p.person) "/prompts/" (p.id) } translate="no" { (name) } }
    }

    fn table(&self, open: &[&Prompt]) -> Markup {
        let t = self.t;
        html! {
            div .scroll tabindex="0" role="group" aria-labelledby="open-h" {
                table .shift {
                    thead { tr {
                        th scope="col" { (say!(t, "worklist-col-due")) }
                        th scope="col" { (say!(t, "worklist-col-person")) }
                        th scope="col" { (say!(t, "worklist-col-what")) }
                        th scope="col" { (say!(t, "worklist-col-who")) }
                    } }
                    tbody { @for p in open { (self.row(p)) } }
                }
            }
        }
    }

    /// A row: few bytes, for there are many, and two or three lines of paper.
    fn row(&self, p: &Prompt) -> Markup {
        let (t, now, zone) = (self.t, self.now, &self.zone);
        let record = self.people.get(&p.person);
        html! {
            tr .(words::due_class(p.due_at, now)) .urgent[p.urgent] {
                td {
                    @if p.urgent { b .flag { (say!(t, "worklist-urgent")) } br; }
                    b { @if p.due_at < now { "⚠ " } (words::due(t, p.due_at, now)) } " "
                    small { (soon(t, p.due_at, now, zone)) }
                }
                td {
                    (self.name(p, "o"))
                    @if let Some(r) = record {
                        @if let Some(born) = &r.birth_date { small { " · " (words::date(t, born)) } }
                        " " br;
                        @match number(r) {
                            Some(n) => { (n.value) (desk_words::whose(t, n, r)) },
                            None => b .flag { (say!(t, "prompt-no-number")) },
                        }
                        @let language = r.language.as_deref().map(|l| words::language(t, l));
                        " " small {
                            @if r.preferred_name.is_some() { (say!(t, "worklist-called")) " " i translate="no" { (called(r)) } " · " }
                            (language.unwrap_or_else(|| say!(t, "worklist-language-unknown")))
                            @for one in &r.needs { " · " b { (desk_words::need(t, *one)) } }
                        }
                    }
                }
                td lang="en" { b { (p.title) } " " br; (first_words(&p.reason)) }
                td {
                    i lang="en" { (desk_words::team(self.shared, &p.team)) }
                    @for line in desk_words::states(self.shared, self.who, p, now, zone) { " " br; (line) }
                    @if p.attempt > 1 { " " br; (say!(t, "worklist-attempt", n = p.attempt, of = p.attempts_max.max(p.attempt))) }
                }
            }
        }
    }

    /// How a prompt ended.
    fn end(&self, p: &Prompt) -> Markup {
        let t = self.t;
        html! {
            @match (p.status, p.outcome) {
                (PromptStatus::Completed, Some(outcome)) => (desk_words::outcome(t, outcome)),
                _ => (say!(t, "prompt-moot", why = desk_words::moot(t, p))),
            }
        }
    }

    fn done(&self, done: &[&Prompt]) -> Markup {
        let (t, now, zone) = (self.t, self.now, &self.zone);
        html! {
            div .scroll tabindex="0" role="group" aria-labelledby="done-h" {
                table .shift {
                    thead { tr {
                        th scope="col" { (say!(t, "worklist-col-when")) }
                        th scope="col" { (say!(t, "worklist-col-person")) }
                        th scope="col" { (say!(t, "worklist-col-what")) }
                        th scope="col" { (say!(t, "worklist-col-end")) }
                    } }
                    tbody {
                        @for p in done {
                            tr {
                                td { @if let Some(at) = p.desk.closed_at { (soon(t, at, now, zone)) } }
                                td { (self.name(p, "d")) }
                                td lang="en" { (p.title) }
                                td {
                                    (self.end(p))
                                    @if let Some(name) = &p.assignee { small { " · " span translate="no" { (name) } } }
                                    @if !p.note.is_empty() { " " br; q lang="en" { (p.note) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// So much of a reason as a line of the list has room for; all of it is on the prompt's page.
fn first_words(reason: &str) -> String {
    if reason.chars().count() <= REASON_MAX {
        return reason.to_owned();
    }
    let short: String = reason.chars().take(REASON_MAX).collect();
    let end = short.rfind(' ').unwrap_or(short.len());
    format!("{}…", short[..end].trim_end_matches([',', ';', ':', '.', ' ']))
}
