//! A version that is to be published: what is found in it, what is in the way, what it would change; then kept, and put
//! in force.
//!
//! The console and the API both come this way. Invariants: what is found is found by the code of `throughline check`,
//! with the teams, hours, code sets and rules of this hub and beside what else is in force here; nothing is put in force
//! that has an error or a review date that is past; looking writes nothing.
//!
//! Deliberately absent: tests of the version (its sender runs them) and whoever may publish (the table of routes).

use crate::fault::Fault;
use crate::staff::pathways::lab::{WAIT, proof};
use crate::{Shared, words};
use check::{Format, Source, whole};
use hub::kept::Kept;
use hub::{Order, Ordered};
use jiff::civil::Date;
use model::{At, Id};
use pathway::shipped::is_beside;
use pathway::tools::diff;
use pathway::{Finding, Pathway, Severity};
use std::sync::Arc;
use tokio::sync::SemaphorePermit;

/// Days before a date of review from which it is said that it is near.
pub(crate) const REVIEW_NEAR_DAYS: i32 = 30;
/// The longest name of a file, characters.
const FILE_MAX: usize = 255;

/// What becomes of versions that nobody approved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drafts {
    /// They are put in force, and nothing is said.
    Allow,
    /// They are put in force, and that is said: in the log, and by whoever publishes one.
    #[default]
    Warn,
    /// They are not put in force.
    Refuse,
}

impl std::str::FromStr for Drafts {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "allow" => Ok(Self::Allow),
            "warn" => Ok(Self::Warn),
            "refuse" => Ok(Self::Refuse),
            _ => Err(()),
        }
    }
}

/// What keeps a version from being put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InTheWay {
    /// It has errors: so many.
    Errors(usize),
    /// Nobody approved it, or its approval names no day of review.
    Draft,
    /// The same, and it may be put in force by whoever says so.
    UnsaidDraft,
    /// Its review was due.
    ReviewPast(Date),
    /// Its text is known here as read with other code sets.
    OtherCodes,
    /// It calls a service that this hub has no settings for.
    NoService(String),
}

impl InTheWay {
    /// As machines read it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Errors(_) => "errors",
            Self::Draft => "draft",
            Self::UnsaidDraft => "unsaid_draft",
            Self::ReviewPast(_) => "review_past",
            Self::OtherCodes => "other_codes",
            Self::NoService(_) => "service_missing",
        }
    }

    /// In the words of the API and the command line.
    pub(crate) fn says(&self) -> String {
        match self {
            Self::Errors(n) => format!("it has errors: {n}"),
            Self::Draft => "it names no clinical approver with a day of review (setting pathways.drafts)".into(),
            Self::UnsaidDraft => {
                "it names no clinical approver with a day of review: say --draft-ok to publish it all the same".into()
            }
            Self::ReviewPast(day) => format!("its review was due on {day}"),
            Self::OtherCodes => {
                "this very text is known here as it was read with other code sets: change the text".into()
            }
            Self::NoService(name) => format!(
                "it calls the service `{name}`, which this hub has no settings for: add [services.{name}] with url and \
                 secret to its settings file and start it anew"
            ),
        }
    }
}

/// A version that was looked at.
pub(crate) struct Looked {
    /// Its file, as the sender calls it.
    pub(crate) file: String,
    /// The version; `None` when it does not read.
    pub(crate) version: Option<Arc<Pathway>>,
    /// What is found in it, and what it makes wrong in others that are in force.
    pub(crate) findings: Vec<Finding>,
    sources: Vec<Source>,
    /// What keeps it from being put in force.
    pub(crate) in_the_way: Vec<InTheWay>,
    /// Languages that are held back, for nobody reviewed their words.
    pub(crate) held_back: Vec<String>,
    /// What is in force of this pathway now.
    pub(crate) in_force: Option<Arc<Pathway>>,
    kept: Kept,
}

/// The day here.
pub(crate) fn today(shared: &Shared) -> Date {
    shared.now().date_in(&words::zone(&shared.app.hub.settings().clinic.zone))
}

/// Whether nobody answers for a version clinically by that day, or not until a day that is named.
pub fn is_draft(pathway: &Pathway, today: Date) -> bool {
    pathway.publishing.approved.as_ref().is_none_or(|a| a.on > today) || pathway.publishing.review_by.is_none()
}

/// Languages whose words are held back from patients here.
pub(crate) fn held_back(shared: &Shared, pathway: &Pathway) -> Vec<String> {
    let lets_out = shared.app.hub.settings().clinic.unreviewed_languages;
    pathway.speaks.iter().filter(|l| !lets_out && !pathway.is_reviewed(l)).cloned().collect()
}

/// How a date of review stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Review {
    None,
    Past(Date),
    Near(Date),
    Far(Date),
}

pub(crate) fn review(pathway: &Pathway, today: Date) -> Review {
    let Some(by) = pathway.publishing.review_by else { return Review::None };
    let left = today.until(by).map_or(0, |span| span.get_days());
    match left {
        _ if by < today => Review::Past(by),
        left if left <= REVIEW_NEAR_DAYS => Review::Near(by),
        _ => Review::Far(by),
    }
}

/// The name by which findings call the file: as it was sent, unless that would be another's.
fn named(file: &str, name: &str, others: &[Source]) -> String {
    let plain = !file.is_empty() && file.chars().count() <= FILE_MAX && !file.chars().any(char::is_control);
    let file = if plain && !is_beside(file) { file.to_owned() } else { format!("{name}.yaml") };
    if others.iter().any(|(other, _)| *other == file) { format!("sent/{file}") } else { file }
}

/// Looks at a version; nothing is written. `draft_ok`: whoever asks knows that nobody approved it. Blocks.
pub(crate) fn look(shared: &Shared, file: &str, source: &str, draft_ok: bool) -> Looked {
    let (hub, today) = (&shared.app.hub, today(shared));
    let teams: Vec<String> = hub.settings().teams.iter().map(|team| team.name.clone()).collect();
    let name = pathway::shipped::name_in(source).unwrap_or_default();
    let in_force = hub.in_force().into_iter().find(|p| p.name == name);
    let mut sources = proof::sources(shared);
    sources.retain(|(_, text)| in_force.as_ref().is_none_or(|p| p.source != *text));
    let file = named(file, &name, &sources);
    sources.push((file.clone(), source.to_owned()));
    let read = whole::read(&sources, &teams, today);
    let mut findings = read.findings;
    proof::prove(shared, today, &read.pathways, &sources, &mut findings);
    // Of the others only what this version makes wrong.
    let before = proof::checked(shared);
    findings.retain(|f| f.file == file || !before.findings.contains(f));
    let version = read.pathways.into_iter().find(|p| p.source == source).map(Arc::new);
    let codes = sources.iter().filter(|(path, _)| is_beside(path)).cloned().collect();
    let mut looked = Looked {
        in_the_way: Vec::new(),
        held_back: version.as_ref().map(|p| held_back(shared, p)).unwrap_or_default(),
        kept: Kept { name, source: source.to_owned(), codes, teams, by: String::new() },
        file,
        version,
        findings,
        sources,
        in_force,
    };
    looked.in_the_way = in_the_way(shared, &looked, today, draft_ok);
    looked
}

fn in_the_way(shared: &Shared, looked: &Looked, today: Date, draft_ok: bool) -> Vec<InTheWay> {
    let mut out = Vec::new();
    let errors = looked.count(Severity::Error);
    if errors > 0 || looked.version.is_none() {
        out.push(InTheWay::Errors(errors));
    }
    let Some(version) = &looked.version else { return out };
    if is_draft(version, today) {
        match shared.app.config.drafts {
            Drafts::Refuse => out.push(InTheWay::Draft),
            Drafts::Warn if !draft_ok => out.push(InTheWay::UnsaidDraft),
            Drafts::Warn | Drafts::Allow => {}
        }
    }
    if let Review::Past(day) = review(version, today) {
        out.push(InTheWay::ReviewPast(day));
    }
    if shared.app.hub.version(version.version).is_some_and(|known| *known != **version) {
        out.push(InTheWay::OtherCodes);
    }
    // Nobody would be asked, and each journey would wait until its time is over: `serve` does not start with it either.
    let missing = shared.app.hub.settings().services_missing_of(version);
    out.extend(missing.into_iter().map(InTheWay::NoService));
    out
}

impl Looked {
    /// Findings that are as bad as that.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }

    /// The findings, as `throughline check` prints them.
    pub(crate) fn report(&self, format: Format) -> String {
        check::report(&self.findings, &self.sources, format)
    }

    /// The difference to what is in force, in the sentences of `throughline diff`; `None` when nothing is.
    pub(crate) fn difference(&self) -> Option<String> {
        let (from, to) = self.in_force.as_ref().zip(self.version.as_ref())?;
        Some(diff::in_words(&diff::diff(from, to)))
    }

    /// Whether it is the version that is in force.
    pub(crate) fn is_in_force(&self) -> bool {
        self.in_force.as_ref().zip(self.version.as_ref()).is_some_and(|(a, b)| a.version == b.version)
    }
}

/// The turn of one who looks: one at a time, for it keeps a core busy. Whoever looks and then orders holds it for both, so
/// that of two pathways each is looked at beside what the other order put in force.
pub(crate) struct Turn<'a>(#[expect(dead_code, reason = "it is held, and never read")] SemaphorePermit<'a>);

/// Waits for one's turn.
pub(crate) async fn turn(shared: &Arc<Shared>) -> Result<Turn<'_>, Fault> {
    let turn = tokio::time::timeout(WAIT, shared.lab.one.acquire());
    // Closed is never: nobody closes it.
    Ok(Turn(turn.await.map_err(|_| Fault::TooMany)?.map_err(|_| Fault::Broken)?))
}

/// Looks, in one's turn.
pub(crate) async fn look_in(
    shared: &Arc<Shared>,
    _turn: &Turn<'_>,
    file: String,
    source: String,
    draft_ok: bool,
) -> Result<Looked, Fault> {
    shared.read(move |shared| Ok(look(shared, &file, &source, draft_ok))).await
}

/// The file by which a version that is kept is called.
pub(crate) fn file_of(shared: &Shared, pathway: &Pathway) -> String {
    let file = shared.app.files.sources.iter().find(|(_, text)| *text == pathway.source);
    file.map_or_else(|| format!("{}.yaml", pathway.name), |(file, _)| file.clone())
}

/// What keeps a version that is kept from going to people who are on the way: the same as from being in force. That a
/// draft is one was said when it was put in force.
pub(crate) fn in_the_way_of_journeys(looked: &Looked) -> Vec<InTheWay> {
    let said = |way: &&InTheWay| !(looked.is_in_force() && **way == InTheWay::UnsaidDraft);
    looked.in_the_way.iter().filter(said).cloned().collect()
}

/// Keeps a version that reads, without putting it in force.
pub(crate) async fn keep(shared: &Arc<Shared>, looked: &Looked, by: &str) -> Result<Arc<Pathway>, hub::Error> {
    shared.app.hub.keep(Kept { by: by.to_owned(), ..looked.kept.clone() }).await
}

/// Keeps a version and puts it in force in the place of `over`; the order's number and whether it was given by this,
/// `None` when it is in force by the folder already. In the turn in which it was looked at.
pub(crate) async fn publish(
    shared: &Arc<Shared>,
    _turn: &Turn<'_>,
    looked: &Looked,
    over: Option<Id>,
    (by, once): (&str, &str),
) -> Result<Option<(i64, bool)>, hub::Error> {
    let kept = Kept { by: by.to_owned(), ..looked.kept.clone() };
    let version = shared.app.hub.keep_to_publish(kept).await?;
    let order = Order::Publish { pathway: version.name.clone(), version: version.version, over, folder: None };
    let hub = &shared.app.hub;
    match hub.order_told(by, once, order).await {
        Err(hub::Error::Order(_)) if hub.in_force().iter().any(|p| p.version == version.version) => Ok(None),
        other => other.map(Some),
    }
}

/// Writes into the access log that a version was kept or put in force. Blocks.
pub(crate) fn write_down(
    shared: &Shared,
    by: &str,
    version: &Pathway,
    published: Option<i64>,
    kept: bool,
) -> store::Result<()> {
    let what = if kept { "kept a version of a pathway" } else { "published a pathway" };
    let number = published.map(|n| format!(" {n}")).unwrap_or_default();
    let detail = format!("{} {}{number}", version.name, version.version);
    crate::auth::note(shared, by, what, &detail)
}

/// Writes that into the access log. What is durable is told as done also when that fails: it is said in the log.
pub(crate) async fn noted(state: &Arc<Shared>, by: &str, version: &Arc<Pathway>, number: Option<i64>, kept: bool) {
    let (by, version) = (by.to_owned(), Arc::clone(version));
    let noted = state.read(move |shared| Ok(write_down(shared, &by, &version, number, kept)?)).await;
    if let Err(fault) = noted {
        tracing::error!(access.error = %fault, "a publish is not in the access log");
    }
}

/// Since when and by whom a version is in force or known here.
pub(crate) struct Since {
    /// When: on the care clock by an order, else on the machine's.
    pub(crate) at: Option<At>,
    /// Who put it in force; `None` when it came with the folder.
    pub(crate) by: Option<String>,
    /// The order.
    pub(crate) order: Option<i64>,
}

/// The last order that put this version in force.
pub(crate) fn ordered(all: &[Ordered], version: Id) -> Option<&Ordered> {
    all.iter().rev().find(|o| matches!(o.order, Order::Publish { version: v, .. } if v == version))
}

/// Since when a version is in force, or was last. Blocks.
pub(crate) fn since(shared: &Shared, pathway: &Pathway) -> store::Result<Since> {
    let orders = shared.app.hub.orders();
    if let Some(order) = ordered(&orders, pathway.version) {
        return Ok(Since { at: Some(order.at), by: Some(order.by.clone()), order: Some(order.number) });
    }
    let row = shared.store().desk_get("pathway", &pathway.version.to_string())?;
    let by = row.as_ref().and_then(|row| Kept::from_json(&row.json)).map(|kept| kept.by).filter(|by| !by.is_empty());
    Ok(Since { at: row.map(|row| row.at), by, order: None })
}
