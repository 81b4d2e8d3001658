//! The worklist: who should be helped next, and with what. One card a person, whatever asked for it.
//!
//! The list is ordered and counted from narrow rows; prompts, names and numbers are read whole only for the
//! cards that are shown. Nothing of a site that the account may not see is read, shown or acted on.

mod act;
mod card;

use super::desk_words::{self, moot};
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
pub(in crate::staff) use act::{claim_body, hold_ms, once_of};
pub(crate) use act::{post, take};
use axum::Extension;
use axum::extract::Query;
pub(crate) use card::claim;
use maud::{Markup, html};
use model::prompt::{Prompt, Team};
use model::time::HOUR_MS;
use model::{Actor, At, PersonId, PromptId};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::{PromptFilter, WaitingPrompt};

/// Cards on a page: one a person. With every one of them full the page is within 60 KB.
const CARDS_MAX: usize = 20;
/// Further prompts of a person that their card names.
const OTHERS_MAX: usize = 5;
/// How long it is told that a prompt was no longer needed.
const MOOT_MS: i64 = 2 * HOUR_MS;
/// Such prompts on a page.
const MOOT_MAX: usize = 5;
/// Closed prompts that are looked through for them.
const CLOSED_MAX: usize = 200;
/// Outcomes of this account that can still be undone, on a page.
const HELD_MAX: usize = 10;

/// What of the list is asked for.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(crate) struct Asked {
    /// Only this team.
    team: String,
    /// Only this site.
    site: String,
    /// Only what I have: `1`.
    mine: String,
    /// Counted from 1; 0 and none are the first.
    page: usize,
}

impl Asked {
    /// The list's address with these filters.
    fn link(&self) -> String {
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        let pairs = [("team", &self.team), ("site", &self.site), ("mine", &self.mine), ("page", &page)];
        let pairs: Vec<String> =
            pairs.iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| format!("{n}={}", words::encoded(v))).collect();
        if pairs.is_empty() { "/".into() } else { format!("/?{}", pairs.join("&")) }
    }
    fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut other = Self { page: 0, ..self.clone() };
        change(&mut other);
        other
    }
}

/// What a page of the list is drawn with.
struct View<'a> {
    shared: &'a Shared,
    who: &'a Who,
    t: Tongue,
    asked: &'a Asked,
    now: At,
    zone: jiff::tz::TimeZone,
}

/// A person's prompts, the first one first.
type Person = Vec<WaitingPrompt>;

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    state.read(move |shared| render(shared, &who, &asked)).await
}

fn render(shared: &Shared, who: &Who, asked: &Asked) -> Result<Markup, Fault> {
    let settings = shared.app.hub.settings();
    let (now, zone) = (shared.now(), words::zone(&settings.clinic.zone));
    let view = View { shared, who, t: who.tongue, asked, now, zone };
    let all = PromptFilter { teams: Vec::new(), sites: who.account.sites.clone() };
    let seen = shared.store().prompts_waiting(&all)?;
    let (held, seen): (Vec<_>, Vec<_>) = seen.into_iter().partition(|p| p.held_until.is_some());
    let chips = view.chips(&seen);
    let people = by_person(seen.into_iter().filter(|p| view.wanted(p)).collect(), now);
    let pages = people.len().div_ceil(CARDS_MAX).max(1);
    let at = asked.page.clamp(1, pages);
    let shown: Vec<&Person> = people.iter().skip((at - 1) * CARDS_MAX).take(CARDS_MAX).collect();
    let cards = view.cards(&shown)?;
    let (strip, moot) = (view.held(&held)?, view.moot()?);
    let said = match &moot {
        Some((_, latest)) => format!("{}. {latest}", view.waiting(&people)),
        None => view.waiting(&people),
    };
    let t = who.tongue;
    let body = html! {
        div .row.list-head {
            h1 { (say!(t, "worklist-title")) }
            button #keys-open .quiet type="button" hidden aria-haspopup="dialog" { (say!(t, "worklist-keys")) }
        }
        (super::pathways::publish::reviews(shared, who))
        (chips)
        div #cards data-live data-say=(said) {
            p .muted.small { (view.waiting(&people)) " " (say!(t, "worklist-as-of", time = words::clock(t, now, &view.zone))) }
            (strip)
            @if people.is_empty() { p .empty { (say!(t, "worklist-empty")) } }
            ol .cards { (cards) }
            @if pages > 1 { (paging(t, asked, at, pages)) }
            @if let Some((list, _)) = &moot { (list) }
        }
        (desk_words::keys(t))
    };
    Ok(page::staff(shared, who, &say!(t, "worklist-title"), "/", &body))
}

/// The prompts of each person together: urgent ones first, then by when they are due (what is overdue is due
/// before all else), and what is put off for later after all the others; the people by their first.
fn by_person(mut prompts: Vec<WaitingPrompt>, now: At) -> Vec<Person> {
    prompts.sort_by_key(|p| (later(p, now), !p.urgent, p.due_at, p.id));
    let mut place: BTreeMap<PersonId, usize> = BTreeMap::new();
    let mut people: Vec<Person> = Vec::new();
    for prompt in prompts {
        let at = *place.entry(prompt.person).or_insert(people.len());
        match people.get_mut(at) {
            Some(of) => of.push(prompt),
            None => people.push(vec![prompt]),
        }
    }
    people
}

/// Whether it is put off for now: a snooze, a call back. What is overdue or urgent is not: it stays on top.
fn later(prompt: &WaitingPrompt, now: At) -> bool {
    !prompt.urgent && prompt.due_at > now && prompt.hidden_until.is_some_and(|at| at > now)
}

impl View<'_> {
    /// Whether the filters let a prompt through. Without any, those of the account's teams, and what is its own.
    fn wanted(&self, p: &WaitingPrompt) -> bool {
        let account = &self.who.account;
        let mine = p.assignee == account.name && p.lease_until.is_none_or(|at| at > self.now);
        let team = match self.asked.team.as_str() {
            "" => mine || account.teams.is_empty() || account.teams.contains(&p.team),
            team => p.team == team,
        };
        let site = self.asked.site.is_empty() || p.site == self.asked.site;
        team && site && (self.asked.mine.is_empty() || mine)
    }

    /// How many wait, in words.
    fn waiting(&self, people: &[Person]) -> String {
        let prompts = || people.iter().flatten();
        let (n, overdue) = (people.len(), prompts().filter(|p| p.due_at < self.now).count());
        say!(self.t, "worklist-waiting", n = n, overdue = overdue, urgent = prompts().filter(|p| p.urgent).count())
    }

    /// The filters, each with how many prompts it leaves.
    fn chips(&self, all: &[WaitingPrompt]) -> Markup {
        let (t, asked) = (self.t, self.asked);
        let chip = |to: &Asked, on: bool, name: Markup| {
            let view = View { asked: to, zone: self.zone.clone(), ..*self };
            let n = all.iter().filter(|p| view.wanted(p)).count();
            html! { a href=(to.link()) aria-current=[on.then_some("true")] { (name) " " span .count { (n) } } }
        };
        let teams: Vec<&Team> = {
            let used: BTreeSet<&str> = all.iter().map(|p| p.team.as_str()).collect();
            let teams = self.shared.app.hub.settings().teams.iter();
            teams.filter(|team| used.contains(team.name.as_str()) || team.name == asked.team).collect()
        };
        let sites: BTreeSet<&str> = all.iter().map(|p| p.site.as_str()).filter(|s| !s.is_empty()).collect();
        html! {
            nav .chips aria-label=(say!(t, "worklist-filters")) {
                div .filter {
                    (chip(&asked.with(|a| { a.team.clear(); a.mine.clear() }), asked.team.is_empty() && asked.mine.is_empty(),
                        html! { (say!(t, "worklist-all")) }))
                    (chip(&asked.with(|a| a.mine = "1".into()), !asked.mine.is_empty(), html! { (say!(t, "worklist-mine")) }))
                    @for team in teams {
                        (chip(&asked.with(|a| { a.team.clone_from(&team.name); a.mine.clear() }), team.name == asked.team,
                            html! { span lang="en" { (team.title) } }))
                    }
                }
                @if sites.len() > 1 {
                    div .filter {
                        (chip(&asked.with(|a| a.site.clear()), asked.site.is_empty(), html! { (say!(t, "worklist-all-sites")) }))
                        @for site in sites {
                            (chip(&asked.with(|a| a.site = site.to_owned()), site == asked.site,
                                html! { span translate="no" { (words::label(site)) } }))
                        }
                    }
                }
            }
        }
    }

    fn cards(&self, shown: &[&Person]) -> Result<Markup, Fault> {
        let ids: Vec<PersonId> = shown.iter().filter_map(|p| p.first()).map(|p| p.person).collect();
        let records = self.shared.app.hub.records(&ids)?;
        let keys: Vec<(PersonId, PromptId)> =
            shown.iter().flat_map(|p| p.iter().take(1 + OTHERS_MAX)).map(|p| (p.person, p.id)).collect();
        let mut of: BTreeMap<PersonId, Vec<Prompt>> = BTreeMap::new();
        // One may have been closed between the two reads.
        for prompt in self.shared.store().prompts_each(&keys)?.into_iter().filter(|p| p.status.is_open()) {
            of.entry(prompt.person).or_default().push(prompt);
        }
        for (id, prompts) in &mut of {
            prompts.retain(|p| super::may_work(self.who, p, records.get(id)));
        }
        let ids: Vec<PersonId> = ids.into_iter().filter(|id| of.get(id).is_some_and(|p| !p.is_empty())).collect();
        page::saw(self.shared, &self.who.account.name, &ids, "/")?;
        let unread = self.shared.store().unread(&ids)?;
        Ok(html! {
            @for id in &ids {
                @if let Some(prompts) = of.get(id) { (self.card(records.get(id), prompts, unread.get(id))) }
            }
        })
    }

    /// Outcomes that this account said a moment ago and can undo.
    fn held(&self, held: &[WaitingPrompt]) -> Result<Markup, Fault> {
        let keys: Vec<_> = held.iter().map(|p| (p.person, p.id)).take(HELD_MAX * 10).collect();
        let me = Actor::Staff(self.who.account.name.clone());
        let mine = |p: &Prompt| p.desk.held.as_ref().is_some_and(|h| h.fact.actor == me);
        let prompts = self.shared.store().prompts_each(&keys)?;
        let mine: Vec<&Prompt> = prompts.iter().filter(|p| mine(p)).take(HELD_MAX).collect();
        Ok(html! { @for prompt in mine { (desk_words::saved(self.shared, self.who, prompt, self.now)) } })
    }

    /// Prompts that were taken back lately, and why; with the latest as one says it.
    fn moot(&self) -> Result<Option<(Markup, String)>, Fault> {
        let account = &self.who.account;
        let teams = if self.asked.team.is_empty() { account.teams.clone() } else { vec![self.asked.team.clone()] };
        let filter = PromptFilter { teams, sites: account.sites.clone() };
        let closed = self.shared.store().prompts_closed(&filter, self.now.plus_ms(-MOOT_MS), CLOSED_MAX)?;
        let keys: Vec<_> = closed.iter().filter(|p| p.withdrawn).map(|p| (p.person, p.id)).take(MOOT_MAX).collect();
        let mut prompts = self.shared.store().prompts_each(&keys)?;
        let records = self.shared.app.hub.records(&prompts.iter().map(|p| p.person).collect::<Vec<_>>())?;
        prompts.retain(|p| super::may_work(self.who, p, records.get(&p.person)));
        let Some(first) = prompts.first() else { return Ok(None) };
        let (t, now) = (self.t, self.now);
        let latest = say!(t, "worklist-moot-said", title = first.title, why = moot(t, first));
        let people: Vec<PersonId> = prompts.iter().map(|p| p.person).collect();
        page::saw(self.shared, &account.name, &people, "/")?;
        let list = html! {
            section .moot aria-labelledby="moot-h" {
                h2 #moot-h { (say!(t, "worklist-moot")) }
                ul .list {
                    @for p in &prompts {
                        li {
                            a #{ "moot-" (p.id) } href={ "/people/" (p.person) "/prompts/" (p.id) } lang="en" { (p.title) }
                            " – " (moot(t, p))
                            @if let Some(at) = p.desk.closed_at { span .muted { " · " (words::ago(t, at, now)) } }
                        }
                    }
                }
            }
        };
        Ok(Some((list, latest)))
    }
}

fn paging(t: Tongue, asked: &Asked, at: usize, pages: usize) -> Markup {
    let link = |page: usize| asked.with(|a| a.page = page).link();
    html! {
        nav .row aria-label=(say!(t, "worklist-pages")) {
            @if at > 1 { a #previous .button href=(link(at - 1)) { (say!(t, "worklist-previous")) } }
            span .muted { (say!(t, "worklist-page", n = at, of = pages)) }
            @if at < pages { a #next .button href=(link(at + 1)) { (say!(t, "worklist-next")) } }
        }
    }
}

#[cfg(test)]
mod tests;
