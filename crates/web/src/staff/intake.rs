//! Refused and parked: what sources sent that could not be understood, and what matches nobody yet.
//!
//! Who sees what: everyone with the page sees source, place and message. What was sent is health data: it is shown
//! to the care team and to integrators, of the item's own site, and that they saw it is written down.

mod aside;
mod one;
mod place;
mod replay;

pub(crate) use aside::{act as act_aside, show as show_aside};
pub(crate) use one::{act as act_one, show as show_one};

use crate::auth::guard::{Fields, Who};
use crate::door::kept::{Door, Told};
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, machine_now, page, words};
use axum::Extension;
use axum::extract::Query;
use axum::response::Redirect;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::Id;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::{AccessRow, ParkedRow, RefusedRow, RefusedState, Settlement};

/// Who may read what was sent, and act on it.
const READERS: &[&str] = &["nurse", "lead", "integrator"];
/// Rows on a page.
const ROWS_MAX: usize = 25;
/// Rows that are looked through.
const LOOKED_MAX: usize = 2_000;
/// Rows that one click settles.
const BULK_MAX: usize = 50;
/// Characters of a reason.
const NOTE_MAX: usize = 300;

/// What the list is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Refused,
    Parked,
    Failed,
}

impl Group {
    const ALL: [Self; 3] = [Self::Refused, Self::Parked, Self::Failed];
    fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Parked => "parked",
            Self::Failed => "failed",
        }
    }
    fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|g| g.name() == name).unwrap_or(Self::Refused)
    }
}

#[derive(Clone, Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    cause: String,
    /// Counted from 1; 0 and none are the first.
    #[serde(default)]
    page: usize,
    /// What was just done.
    #[serde(default)]
    done: String,
    #[serde(default)]
    n: usize,
}

impl Asked {
    fn state(&self) -> RefusedState {
        RefusedState::named(&self.state).unwrap_or(RefusedState::Open)
    }

    /// The same list with other choices.
    fn link(&self, group: Group, state: RefusedState, page: usize) -> String {
        let mut out = format!("/parked?kind={}&state={}", group.name(), state.name());
        for (name, value) in [("source", &self.source), ("cause", &self.cause)] {
            if !value.is_empty() {
                out.push_str(&format!("&{name}={}", words::encoded(value)));
            }
        }
        if page > 1 {
            out.push_str(&format!("&page={page}"));
        }
        out
    }
}

/// Whether an account may read what an item of this site says. One of no site may be of any: only who sees all may.
fn may_read(who: &Who, site: &str) -> bool {
    let sites = &who.account.sites;
    who.account.is_any(READERS) && (sites.is_empty() || sites.iter().any(|s| s == site))
}

/// Writes down what somebody did to an item that is nobody's yet. Blocks.
fn did(shared: &Shared, who: &str, what: &str, detail: &str) -> store::Result<()> {
    let (who, what, detail) = (who.to_owned(), what.to_owned(), detail.to_owned());
    shared.store().access_add(&AccessRow { at: machine_now(), who, what, person: None, detail })
}

/// One line of the list.
struct Line {
    link: String,
    id: String,
    source: String,
    what: String,
    cause: String,
    place: String,
    says: String,
    at: model::At,
    times: i64,
    state: RefusedState,
    by: String,
    /// How many are of its cause, when it is not the only one.
    alike: Option<usize>,
}

fn count_alike(lines: &mut [Line]) {
    let mut of: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines.iter().filter(|l| !l.cause.is_empty()) {
        *of.entry(line.cause.clone()).or_default() += 1;
    }
    for line in lines {
        line.alike = of.get(&line.cause).copied().filter(|n| *n > 1);
    }
}

fn of_refused(row: &RefusedRow) -> Line {
    let issues: Vec<Told> = serde_json::from_str(&row.issues).unwrap_or_default();
    let first = issues.into_iter().next();
    let door = Door::named(&row.door).map_or_else(|| row.door.clone(), |d| d.shown());
    Line {
        link: format!("/parked/refused/{}", row.id),
        id: row.id.to_string(),
        source: row.source.clone(),
        what: door,
        cause: row.cause.clone(),
        place: first.as_ref().map(|i| i.place.clone()).unwrap_or_default(),
        says: first.map(|i| i.says).unwrap_or_default(),
        at: row.at,
        times: row.times,
        state: row.state,
        by: row.state_by.clone(),
        alike: None,
    }
}

fn of_parked(row: &ParkedRow) -> Line {
    let fact = &row.item.fact;
    Line {
        link: format!("/parked/waiting/{}/{}", row.part, row.seq),
        id: format!("{}-{}", row.part, row.seq),
        source: fact.source.clone(),
        what: fact.kind.clone(),
        cause: String::new(),
        place: String::new(),
        says: row.why.clone(),
        at: row.at,
        times: 1,
        state: RefusedState::Open,
        by: String::new(),
        alike: None,
    }
}

/// How many there are of each group, for the accounts that may see them; and the sources.
struct Counts {
    groups: [i64; 3],
    states: BTreeMap<RefusedState, i64>,
    dropped: i64,
}

fn counts(shared: &Shared) -> store::Result<Counts> {
    let mut states = BTreeMap::new();
    for (state, _, n) in shared.store().refused_counts()? {
        *states.entry(state).or_insert(0) += n;
    }
    let waiting = |failed| Ok::<_, store::Error>(shared.store().set_aside(failed, LOOKED_MAX)?.len() as i64);
    let groups = [states.get(&RefusedState::Open).copied().unwrap_or(0), waiting(false)?, waiting(true)?];
    let all = shared.store().counters()?;
    let dropped = all.into_iter().find(|(name, _)| name == "refused.dropped").map_or(0, |(_, n)| n);
    Ok(Counts { groups, states, dropped })
}

/// The list.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    state.read(move |shared| render(shared, &who, &asked, None)).await
}

fn render(shared: &Shared, who: &Who, asked: &Asked, error: Option<&str>) -> Result<Markup, Fault> {
    let t = who.tongue;
    let group = Group::named(&asked.kind);
    let mut all: Vec<Line> = match group {
        Group::Refused => {
            let rows = shared.store().refused(asked.state(), LOOKED_MAX)?;
            rows.iter().filter(|r| super::may_see(who, &r.site)).map(of_refused).collect()
        }
        _ => {
            let rows = shared.store().set_aside(group == Group::Failed, LOOKED_MAX)?;
            rows.iter().filter(|r| super::may_see(who, &r.item.fact.site)).map(of_parked).collect()
        }
    };
    count_alike(&mut all);
    let sources: BTreeSet<String> = all.iter().map(|l| l.source.clone()).collect();
    let chosen: Vec<&Line> = all
        .iter()
        .filter(|l| asked.source.is_empty() || l.source == asked.source)
        .filter(|l| asked.cause.is_empty() || l.cause == asked.cause)
        .collect();
    let pages = chosen.len().div_ceil(ROWS_MAX).max(1);
    let at = asked.page.clamp(1, pages);
    let shown: Vec<&Line> = chosen.iter().skip((at - 1) * ROWS_MAX).take(ROWS_MAX).copied().collect();
    let counts = counts(shared)?;
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let acts = who.account.is_any(READERS);
    let title = say!(t, "intake-title");
    let body = html! {
        h1 { (title) }
        p .muted .lead { (say!(t, "intake-lead")) " " (if acts { say!(t, "intake-phi") } else { say!(t, "intake-no-phi") }) }
        @if let Some(error) = error { p .error role="alert" { (error) } }
        @if let Some(done) = done(t, asked) { p .notice role="status" { (done) } }
        div #intake data-live data-say=(say!(t, "intake-say", n = counts.groups.iter().sum::<i64>())) {
            (tabs(t, asked, group, &counts))
            @if group == Group::Refused { (states(t, asked, &counts)) }
            (filter(t, asked, group, &sources))
            @if shown.is_empty() { (nothing(t, group, asked)) } @else {
                (table(t, who, asked, group, &shown, &zone, acts))
                (paging(t, asked, group, at, pages))
                @if acts && group == Group::Refused && asked.state() == RefusedState::Open { (bulk(t, asked, chosen.len())) }
            }
            @if counts.dropped > 0 { p .muted.small { (say!(t, "intake-dropped", n = counts.dropped)) } }
        }
    };
    Ok(page::staff(shared, who, &title, "/parked", &body))
}

/// What was just done, in words.
fn done(t: Tongue, asked: &Asked) -> Option<String> {
    Some(match asked.done.as_str() {
        "replayed" => say!(t, "intake-done-replayed", n = asked.n),
        "dismissed" => say!(t, "intake-done-dismissed", n = asked.n),
        "linked" => say!(t, "intake-done-linked"),
        "taken" => say!(t, "intake-done-taken"),
        _ => return None,
    })
}

fn tabs(t: Tongue, asked: &Asked, group: Group, counts: &Counts) -> Markup {
    let plain = Asked::default();
    html! {
        nav .tabs aria-label=(say!(t, "intake-groups")) {
            @for (of, n) in Group::ALL.into_iter().zip(counts.groups) {
                a #{ "tab-" (of.name()) } href=(plain.link(of, RefusedState::Open, 1)) aria-current=[(of == group && asked.page <= 1).then_some("page").or((of == group).then_some("true"))] {
                    (t.pick("intake-group", of.name()).unwrap_or_default()) " " span .count { (n) }
                }
            }
        }
    }
}

fn states(t: Tongue, asked: &Asked, counts: &Counts) -> Markup {
    html! {
        nav .filter aria-label=(say!(t, "intake-states")) {
            @for state in RefusedState::ALL {
                a #{ "state-" (state.name()) } href=(asked.link(Group::Refused, state, 1)) aria-current=[(state == asked.state()).then_some("true")] {
                    (t.pick("intake-state", state.name()).unwrap_or_default()) " " (counts.states.get(&state).copied().unwrap_or(0))
                }
            }
        }
    }
}

fn filter(t: Tongue, asked: &Asked, group: Group, sources: &BTreeSet<String>) -> Markup {
    if sources.len() < 2 && asked.source.is_empty() && asked.cause.is_empty() {
        return Markup::default();
    }
    html! {
        form method="get" action="/parked" .row.by {
            input type="hidden" name="kind" value=(group.name());
            input type="hidden" name="state" value=(asked.state().name());
            label for="source" { (say!(t, "intake-source")) }
            select #source name="source" {
                option value="" { (say!(t, "intake-all-sources")) }
                @for source in sources { option value=(source) translate="no" selected[*source == asked.source] { (source) } }
            }
            @if !asked.cause.is_empty() {
                input type="hidden" name="cause" value=(asked.cause);
                span { (say!(t, "intake-one-cause")) " " code translate="no" { (asked.cause) } }
            }
            button #filter-show { (say!(t, "intake-show")) }
            @if !(asked.source.is_empty() && asked.cause.is_empty()) {
                a #filter-none href=(Asked::default().link(group, asked.state(), 1)) { (say!(t, "intake-show-all")) }
            }
        }
    }
}

fn nothing(t: Tongue, group: Group, asked: &Asked) -> Markup {
    let filtered = !(asked.source.is_empty() && asked.cause.is_empty());
    html! {
        div .empty {
            p { strong { @match group {
                _ if filtered => (say!(t, "intake-empty-filtered")),
                Group::Refused => (say!(t, "intake-empty-refused")),
                Group::Parked => (say!(t, "intake-empty-parked")),
                Group::Failed => (say!(t, "intake-empty-failed")),
            } } }
            p { (say!(t, "intake-empty-live")) }
        }
    }
}

fn table(t: Tongue, who: &Who, asked: &Asked, group: Group, lines: &[&Line], zone: &TimeZone, acts: bool) -> Markup {
    let refused = group == Group::Refused;
    let picks = acts && refused && asked.state() == RefusedState::Open;
    html! {
        p .muted.small { @match group {
            Group::Refused => (say!(t, "intake-about-refused")),
            Group::Parked => (say!(t, "intake-about-parked")),
            Group::Failed => (say!(t, "intake-about-failed")),
        } }
        form #bulk method="post" action="/parked/refused" {
            (page::token(&who.csrf))
            input type="hidden" name="cause" value=(asked.cause);
            input type="hidden" name="source" value=(asked.source);
            ul .intake {
                @for line in lines {
                    li {
                        @if picks {
                            div .pick { input type="checkbox" name="id" value=(line.id) #{ "pick-" (line.id) } aria-label=(say!(t, "intake-pick", what = &line.what, source = &line.source)); }
                        }
                        div .told {
                            h2 { a #{ "i-" (line.id) } href=(line.link) translate="no" {
                                @if line.place.is_empty() { (line.what) } @else { (line.place) }
                            } }
                            @if refused { p lang="en" { (line.says) } } @else { p { (why(t, &line.says)) } }
                            p .muted.small {
                                span translate="no" { (line.source) } @if refused { " · " span translate="no" { (line.what) } }
                                " · " (page::time(t, line.at, zone))
                                @if line.times > 1 { " · " (say!(t, "intake-times", n = line.times)) }
                                @if line.state != RefusedState::Open { " · " (t.pick("intake-by", line.state.name()).unwrap_or_default()) " " span translate="no" { (line.by) } }
                                @if let Some(n) = line.alike.filter(|_| refused && asked.cause.is_empty()) {
                                    " · " a #{ "c-" (line.id) } href=(Asked { cause: line.cause.clone(), ..asked.clone() }.link(group, asked.state(), 1)) { (say!(t, "intake-same-cause", n = n)) span .hidden { ": " span translate="no" { (line.cause) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Why an item was set aside, in words: the hub's own reasons are known, a failed turn says its own.
fn why(t: Tongue, why: &str) -> Markup {
    match why.strip_prefix("the turn failed: ") {
        Some(reason) => html! { (say!(t, "intake-why-failed")) " " span lang="en" { (reason) } },
        None if why == "matches nobody yet" => html! { (say!(t, "intake-why-nobody")) },
        None if why == hub::receipts::UNKNOWN => html! { (say!(t, "intake-why-receipt")) },
        None => html! { span lang="en" { (why) } },
    }
}

fn paging(t: Tongue, asked: &Asked, group: Group, at: usize, pages: usize) -> Markup {
    html! {
        @if pages > 1 {
            nav .row aria-label=(say!(t, "intake-pages")) {
                @if at > 1 { a .button #page-before href=(asked.link(group, asked.state(), at - 1)) { (say!(t, "intake-page-before")) } }
                span .muted { (say!(t, "intake-page", at = at, pages = pages)) }
                @if at < pages { a .button #page-next href=(asked.link(group, asked.state(), at + 1)) { (say!(t, "intake-page-next")) } }
            }
        }
    }
}

fn bulk(t: Tongue, asked: &Asked, all: usize) -> Markup {
    let most = all.min(BULK_MAX);
    html! {
        section .card.bulk aria-labelledby="bulk-h" {
            h2 #bulk-h { (say!(t, "intake-bulk")) }
            p .muted { (say!(t, "intake-bulk-about", most = BULK_MAX)) }
            div .row {
                button form="bulk" name="act" value="replay" #bulk-replay { (say!(t, "intake-bulk-replay")) }
                @if !asked.cause.is_empty() {
                    button form="bulk" name="act" value="replay-cause" #bulk-cause { (say!(t, "intake-bulk-cause", n = most)) }
                }
            }
            div .row {
                label for="bulk-note" { (say!(t, "intake-note")) }
                input #bulk-note form="bulk" name="note" maxlength=(NOTE_MAX);
                button form="bulk" name="act" value="dismiss" #bulk-dismiss { (say!(t, "intake-bulk-dismiss")) }
            }
        }
    }
}

/// Several at once: sent in again as they are, or dismissed with one reason.
pub(crate) async fn act(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
) -> Result<axum::response::Response, Fault> {
    use axum::response::IntoResponse;
    if !who.account.is_any(READERS) {
        return Err(Fault::Forbidden);
    }
    let act = fields.get("act").to_owned();
    let asked = Asked { source: fields.get("source").into(), cause: fields.get("cause").into(), ..Asked::default() };
    let (me, of, whole) = (who.clone(), asked.clone(), act == "replay-cause");
    let picked = fields.all("id");
    let chosen = state.read(move |shared| Ok(chosen(shared, &me, &of, &picked, whole)?)).await?;
    let note = fields.get("note").to_owned();
    let error = match act.as_str() {
        _ if chosen.is_empty() => Some(say!(who.tongue, "intake-none-picked")),
        "dismiss" if note.is_empty() => Some(say!(who.tongue, "intake-note-needed")),
        "dismiss" | "replay" | "replay-cause" => None,
        _ => return Err(Fault::Stale),
    };
    if let Some(error) = error {
        let page = state.read(move |shared| render(shared, &who, &asked, Some(&error))).await?;
        return Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let mut n = 0;
    for id in chosen {
        let done = if act == "dismiss" {
            dismiss(&state, &who, id, &note).await?
        } else {
            one::as_it_is(&state, &who, id).await?
        };
        n += usize::from(done);
    }
    let what = if act == "dismiss" { "dismissed" } else { "replayed" };
    Ok(Redirect::to(&format!("/parked?done={what}&n={n}")).into_response())
}

/// The rows that a click is about, those that the account may read only.
fn chosen(shared: &Shared, who: &Who, asked: &Asked, picked: &[String], whole: bool) -> store::Result<Vec<Id>> {
    let mut out = Vec::new();
    if whole && !asked.cause.is_empty() {
        let rows = shared.store().refused(RefusedState::Open, LOOKED_MAX)?;
        let alike = rows
            .into_iter()
            .filter(|r| r.cause == asked.cause && (asked.source.is_empty() || r.source == asked.source));
        out.extend(alike.filter(|r| may_read(who, &r.site)).map(|r| r.id).take(BULK_MAX));
        return Ok(out);
    }
    for id in picked.iter().take(BULK_MAX).filter_map(|p| p.parse::<Id>().ok()) {
        if shared.store().refused_one(id)?.is_some_and(|w| may_read(who, &w.row.site)) {
            out.push(id);
        }
    }
    Ok(out)
}

/// Says why nothing is to be done about a row; whether it was open.
async fn dismiss(state: &State, who: &Who, id: Id, note: &str) -> Result<bool, Fault> {
    let (by, note) = (who.account.name.clone(), note.chars().take(NOTE_MAX).collect::<String>());
    state
        .read(move |shared| {
            let how = Settlement {
                state: RefusedState::Dismissed,
                at: shared.now(),
                by: &by,
                note: &note,
                mended: None,
                outcome: "",
            };
            let done = shared.store().refused_settle(id, &how)?;
            if done {
                did(shared, &by, "dismissed", &format!("/parked/refused/{id}"))?;
                shared.app.hub.touch();
            }
            Ok(done)
        })
        .await
}

/// The body of a fact, as text.
fn one_text(body: &serde_json::Value) -> Markup {
    let text = serde_json::to_string_pretty(body).unwrap_or_default();
    html! { pre tabindex="0" translate="no" { (text) } }
}
