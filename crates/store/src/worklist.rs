//! What waits and what was done lately, for the worklist and the hand-over: narrow rows from an index, and whole
//! prompts and lines' states only for what is shown.

use crate::driver::{Row, Sql, Steps};
use crate::{PromptFilter, Result, Store};
use model::prompt::{Prompt, PromptStatus};
use model::{At, PARTS, PersonId, PromptId};

/// Open prompts that one read looks at.
const WAITING_MAX: i64 = 100_000;
/// Closed prompts of each part that one read looks at.
const CLOSED_MAX: i64 = 2_000;
/// Prompts or lines that one read returns whole.
const WHOLE_MAX: usize = 1_000;

static WAITING: Sql = Sql::new(
    "prompt",
    "SELECT person, id, urgent, due_at, team, site, assignee, hidden_until, lease_until, held_until FROM prompt
     WHERE is_open = 1 ORDER BY urgent DESC, due_at, id LIMIT $1",
);
static CLOSED: Sql = Sql::new(
    "prompt",
    "SELECT person, id, closed_at, team, site, status, urgent FROM prompt
     WHERE part = $1 AND closed_at >= $2 ORDER BY closed_at DESC LIMIT $3",
);
static WHOLE: Sql = Sql::new("prompt", "SELECT json FROM prompt WHERE part = $1 AND person = $2 AND id = $3");
static STATE: Sql = Sql::new("line", "SELECT state, forwards_to FROM line WHERE part = $1 AND person = $2");

/// An open prompt, as a list is ordered and filtered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingPrompt {
    /// Whose.
    pub person: PersonId,
    /// Which.
    pub id: PromptId,
    /// Must be seen at once.
    pub urgent: bool,
    /// By when.
    pub due_at: At,
    /// The team that is asked now.
    pub team: String,
    /// Facility.
    pub site: String,
    /// Who has it, or it was given to; empty for nobody.
    pub assignee: String,
    /// Not before this: a call back, a snooze.
    pub hidden_until: Option<At>,
    /// Until then the assignee has it.
    pub lease_until: Option<At>,
    /// It has an outcome that takes effect then.
    pub held_until: Option<At>,
}

/// A prompt that was completed or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedPrompt {
    /// Whose.
    pub person: PersonId,
    /// Which.
    pub id: PromptId,
    /// When.
    pub at: At,
    /// The team that was asked last.
    pub team: String,
    /// Facility.
    pub site: String,
    /// No longer needed; else it has an outcome.
    pub withdrawn: bool,
    /// Had to be seen at once.
    pub urgent: bool,
}

impl PromptFilter {
    /// Whether a prompt of this team and site is asked for. One without a site is everyone's.
    pub fn wants(&self, team: &str, site: &str) -> bool {
        (self.teams.is_empty() || self.teams.iter().any(|t| t == team))
            && (self.sites.is_empty() || site.is_empty() || self.sites.iter().any(|s| s == site))
    }
}

impl Store {
    /// Open and acknowledged prompts, narrow: urgent ones first, then by due time.
    pub fn prompts_waiting(&self, filter: &PromptFilter) -> Result<Vec<WaitingPrompt>> {
        let mut out = Vec::new();
        self.reading(|session| {
            session.query(&Steps::one(&WAITING, [WAITING_MAX.into()]), |_, row| {
                if filter.wants(row.text(4)?, row.text(5)?) {
                    out.push(waiting(row)?);
                }
                Ok(())
            })
        })?;
        Ok(out)
    }

    /// Prompts that were closed at `since` or later, the latest first.
    pub fn prompts_closed(&self, filter: &PromptFilter, since: At, limit: usize) -> Result<Vec<ClosedPrompt>> {
        let mut steps = Steps::new();
        for part in 0..PARTS {
            steps.add(&CLOSED, [part.into(), since.into(), CLOSED_MAX.into()]);
        }
        let mut out: Vec<ClosedPrompt> = Vec::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                if filter.wants(row.text(3)?, row.text(4)?) {
                    out.push(closed(row)?);
                }
                Ok(())
            })
        })?;
        out.sort_by(|a, b| b.at.cmp(&a.at).then(a.id.cmp(&b.id)));
        out.truncate(limit);
        Ok(out)
    }

    /// Whole prompts, in the order asked; those that are not there are left out.
    pub fn prompts_each(&self, keys: &[(PersonId, PromptId)]) -> Result<Vec<Prompt>> {
        let mut steps = Steps::new();
        for (person, id) in keys.iter().take(WHOLE_MAX) {
            steps.add(&WHOLE, [person.part().into(), (*person).into(), (*id).into()]);
        }
        let mut out = Vec::with_capacity(steps.len());
        self.reading(|session| {
            session.query(&steps, |_, row| {
                out.push(row.json(0)?);
                Ok(())
            })
        })?;
        Ok(out)
    }

    /// The states of lines and where they forward to, in the order asked; `None` for one that is not there.
    #[expect(clippy::type_complexity, reason = "two columns of a row")]
    pub fn states(&self, people: &[PersonId]) -> Result<Vec<Option<(Vec<u8>, Option<PersonId>)>>> {
        let mut steps = Steps::new();
        for person in people.iter().take(WHOLE_MAX) {
            steps.add(&STATE, [person.part().into(), (*person).into()]);
        }
        let mut out = vec![None; people.len()];
        self.reading(|session| {
            session.query(&steps, |i, row| {
                let state = row.opt_bytes(0)?.unwrap_or_default().to_vec();
                out[i] = Some((state, row.opt_id(1)?.map(PersonId)));
                Ok(())
            })
        })?;
        Ok(out)
    }
}

fn waiting(row: &Row<'_>) -> Result<WaitingPrompt> {
    let at = |i| Ok(row.opt_int(i)?.map(At));
    Ok(WaitingPrompt {
        person: row.person(0)?,
        id: PromptId(row.id(1)?),
        urgent: row.int(2)? != 0,
        due_at: row.at(3)?,
        team: row.string(4)?,
        site: row.string(5)?,
        assignee: row.string(6)?,
        hidden_until: at(7)?,
        lease_until: at(8)?,
        held_until: at(9)?,
    })
}

fn closed(row: &Row<'_>) -> Result<ClosedPrompt> {
    Ok(ClosedPrompt {
        person: row.person(0)?,
        id: PromptId(row.id(1)?),
        at: row.at(2)?,
        team: row.string(3)?,
        site: row.string(4)?,
        withdrawn: row.text(5)? == PromptStatus::Withdrawn.name(),
        urgent: row.int(6)? != 0,
    })
}
