//! Orders of staff about versions of pathways: what they say, whether they may stand, and what holds of them now.
//!
//! An order is durable before anything follows from it. Every lane is told before it is answered: no turn after that
//! is decided without it. Whoever it concerns is then asked lane by lane, a few at a time, and where that stopped is
//! on disk (`store::Lane::mark`), so that a restart goes on from there; until all are asked nothing leaves a lane that
//! an order holds.

use crate::sending::{self, Scope};
use crate::{Error, Refusal, publish};
use journey::{StepMap, Unmapped, Why};
use model::batch::JourneyStatus;
use model::{At, Id, PersonId};
use pathway::Pathway;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{ChangeRow, Mark, Store};
use turn::{Changes, Halt, Move, Setup, Walking};

/// The longest reason, in characters.
const WHY_MAX: usize = 500;
/// People that a preview looks at one by one.
pub const LOOKED_MAX: usize = 500;

/// What staff order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// A version (or every version of a pathway) stands still.
    Halt {
        /// Pathway.
        pathway: String,
        /// Version; `None` for every one.
        version: Option<Id>,
        /// Why.
        why: String,
    },
    /// A halt is over.
    Resume {
        /// Pathway.
        pathway: String,
        /// The halt's number.
        of: i64,
    },
    /// Journeys take the corrected words of a version that is otherwise the same.
    Words {
        /// Pathway.
        pathway: String,
        /// The version that they are on.
        from: Id,
        /// The version with the corrected words.
        to: Id,
    },
    /// Journeys go over to another version.
    Move {
        /// Pathway.
        pathway: String,
        /// The version that they are on.
        from: Id,
        /// The version that they go to.
        to: Id,
        /// Steps that do not go to the one of their own name.
        steps: StepMap,
    },
    /// A version runs in shadow: on live facts, with all that it wants held.
    Shadow {
        /// Pathway; none of its versions need be in force.
        pathway: String,
        /// The version.
        version: Id,
        /// Why.
        why: String,
    },
    /// A shadow is over.
    Unshadow {
        /// Pathway.
        pathway: String,
        /// The shadow's number.
        of: i64,
    },
    /// A version that is kept is in force from now on: who begins begins along it. Journeys keep theirs.
    Publish {
        /// Pathway.
        pathway: String,
        /// The version.
        version: Id,
        /// The version that it takes the place of, as whoever ordered saw it; `None` when none was in force.
        over: Option<Id>,
        /// The folder's version at that time, written by the hub: while the folder has this one (or the ordered one
        /// itself) the order stands.
        #[serde(default)]
        folder: Option<Id>,
    },
    /// What put a version in force is over, for the folder said something else when a hub started. The hub writes it
    /// itself, once for each such order: whatever the folder says later, the order does not come back.
    Fell {
        /// Pathway.
        pathway: String,
        /// The number of the order that is over.
        of: i64,
    },
    /// Nothing of this leaves until it is ended: what is queued stays queued, urgent messages too.
    Pause {
        /// What.
        scope: Scope,
        /// Why.
        why: String,
    },
    /// A pause is over.
    Unpause {
        /// The pause's number.
        of: i64,
    },
    /// Many messages of the same words may leave.
    Approve {
        /// Pathway.
        pathway: String,
        /// Words.
        words: String,
        /// The version in force at that time, written by the hub: another one needs another approval.
        #[serde(default)]
        version: Option<Id>,
        /// So many within a day, as whoever approved saw it.
        recipients: i64,
    },
}

impl Order {
    /// As stored.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Halt { .. } => "halt",
            Self::Resume { .. } => "resume",
            Self::Words { .. } => "words",
            Self::Move { .. } => "move",
            Self::Shadow { .. } => "shadow",
            Self::Unshadow { .. } => "unshadow",
            Self::Publish { .. } => "publish",
            Self::Fell { .. } => "fell",
            Self::Pause { .. } => "pause",
            Self::Unpause { .. } => "unpause",
            Self::Approve { .. } => "approve",
        }
    }

    /// The pathway that it is about; empty: none.
    pub fn pathway(&self) -> &str {
        match self {
            Self::Halt { pathway, .. }
            | Self::Resume { pathway, .. }
            | Self::Words { pathway, .. }
            | Self::Move { pathway, .. }
            | Self::Shadow { pathway, .. }
            | Self::Unshadow { pathway, .. }
            | Self::Publish { pathway, .. }
            | Self::Fell { pathway, .. }
            | Self::Approve { pathway, .. } => pathway,
            Self::Pause { scope: Scope::Pathway(pathway), .. } => pathway,
            Self::Pause { .. } | Self::Unpause { .. } => "",
        }
    }
}

/// An order that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// From 1, in order.
    pub number: i64,
    /// When, on the care clock.
    pub at: At,
    /// The account.
    pub by: String,
    /// What.
    pub order: Order,
}

/// Every order that was given, the oldest first. One that does not read was written by a newer Throughline: then
/// nothing is known for sure, and nothing starts.
pub(crate) fn given(store: &Store) -> Result<Vec<Ordered>, Error> {
    let read = |row: ChangeRow| {
        let order = serde_json::from_str(&row.json);
        let order = order.map_err(|e| Error::Settings(format!("order {} does not read: {e}", row.number)))?;
        Ok(Ordered { number: row.number, at: row.at, by: row.who, order })
    };
    store.changes()?.into_iter().map(read).collect()
}

/// The halts that hold.
pub(crate) fn halts(all: &[Ordered]) -> Vec<Halt> {
    let over = |n: i64| all.iter().any(|o| matches!(o.order, Order::Resume { of, .. } if of == n));
    let halt = |o: &Ordered| match &o.order {
        Order::Halt { pathway, version, why } if !over(o.number) => Some(Halt {
            number: o.number,
            pathway: pathway.clone(),
            version: *version,
            why: why.clone(),
            by: o.by.clone(),
        }),
        _ => None,
    };
    all.iter().filter_map(halt).collect()
}

/// Journeys that an order takes to another version.
fn moves(o: &Ordered) -> Option<Move> {
    let (pathway, from, to, steps, words) = match &o.order {
        Order::Words { pathway, from, to } => (pathway, from, to, StepMap::new(), true),
        Order::Move { pathway, from, to, steps } => (pathway, from, to, steps.clone(), false),
        Order::Halt { .. }
        | Order::Resume { .. }
        | Order::Shadow { .. }
        | Order::Unshadow { .. }
        | Order::Publish { .. }
        | Order::Fell { .. }
        | Order::Pause { .. }
        | Order::Unpause { .. }
        | Order::Approve { .. } => return None,
    };
    Some(Move { number: o.number, pathway: pathway.clone(), from: *from, to: *to, steps, words, by: o.by.clone() })
}

/// What a setup is with what was put in force and the halts that hold; and the moves, where they are asked for.
pub(crate) fn with(base: &Setup, all: &[Ordered], moving: &dyn Fn(i64) -> bool) -> Arc<Setup> {
    let mut setup = base.clone();
    publish::put_in_force(&mut setup, all);
    let moves = all.iter().filter_map(moves).filter(|m| moving(m.number)).collect();
    setup.changes = Changes { halts: halts(all), moves, shadows: crate::shadow::begun(all) };
    Arc::new(setup)
}

/// A walk over those whom an order concerns, in the parts of one lane.
pub(crate) struct Sweep {
    pub number: i64,
    pub pathway: String,
    pub version: Option<Id>,
    /// Parts that are not done, and the last person there that was asked.
    pub parts: Vec<(u16, Option<PersonId>)>,
    /// Nothing leaves the lane before it is done.
    pub holds: bool,
}

/// The walks that are not done, in the order of their orders.
pub(crate) fn sweeps(all: &[Ordered], parts: std::ops::Range<u16>, marks: &BTreeMap<(i64, u16), Mark>) -> Vec<Sweep> {
    let version_of = |n: i64| match all.iter().find(|o| o.number == n).map(|o| &o.order) {
        Some(Order::Halt { version, .. }) => *version,
        _ => None,
    };
    let one = |o: &Ordered| {
        let left = parts.clone().filter_map(|part| match marks.get(&(o.number, part)) {
            Some(Mark { done: true, .. }) => None,
            mark => Some((part, mark.and_then(|m| m.after))),
        });
        let version = match &o.order {
            Order::Halt { version, .. } => *version,
            Order::Resume { of, .. } => version_of(*of),
            Order::Words { from, .. } | Order::Move { from, .. } => Some(*from),
            // Nobody is asked: it begins with the facts that come, and is wiped from a line in its next turn.
            Order::Shadow { .. } | Order::Unshadow { .. } => None,
            Order::Publish { .. } | Order::Fell { .. } => None,
            // The outbox itself holds and releases.
            Order::Pause { .. } | Order::Unpause { .. } | Order::Approve { .. } => None,
        };
        let holds = matches!(o.order, Order::Halt { .. } | Order::Words { .. });
        Sweep { number: o.number, pathway: o.order.pathway().to_owned(), version, parts: left.collect(), holds }
    };
    // Nobody who is on the way is concerned by what is put in force, or in shadow.
    let asks = |o: &&Ordered| {
        matches!(o.order, Order::Halt { .. } | Order::Resume { .. } | Order::Words { .. } | Order::Move { .. })
    };
    all.iter().filter(asks).map(one).filter(|s| !s.parts.is_empty()).collect()
}

/// Whether an order may stand.
///
/// # Errors
/// [`Error::Order`] with what is in the way.
pub(crate) fn check(
    setup: &Setup,
    all: &[Ordered],
    pending: &dyn Fn(i64) -> bool,
    order: &Order,
    now: At,
) -> Result<(), Error> {
    let refuse = |why: Refusal| Err(Error::Order(why));
    let of = order.pathway();
    let known = |version: Id| setup.versions.get(&version).filter(|p| p.name == of);
    let pair = |from: Id, to: Id| known(from).zip(known(to)).filter(|_| from != to);
    match order {
        Order::Halt { version, why, .. } => {
            if why.trim().is_empty() || why.chars().count() > WHY_MAX {
                return refuse(Refusal::Reason(WHY_MAX));
            }
            let mut versions = setup.versions.values().filter(|p| p.name == of);
            let Some(one) = versions.next() else { return refuse(Refusal::NoPathway) };
            if one.standing {
                return refuse(Refusal::Standing);
            }
            if version.is_some_and(|v| known(v).is_none()) {
                return refuse(Refusal::NoVersion);
            }
            if halts(all).iter().any(|h| h.pathway == of && (h.version.is_none() || h.version == *version)) {
                return refuse(Refusal::HaltedAlready);
            }
        }
        Order::Resume { of: number, .. } => {
            if !halts(all).iter().any(|h| h.number == *number && h.pathway == of) {
                return refuse(Refusal::NotHalted);
            }
        }
        Order::Words { from, to, .. } => {
            let Some((old, new)) = pair(*from, *to) else { return refuse(Refusal::NoVersions) };
            let more = pathway::same::beside_words(old, new);
            if !more.is_empty() {
                return refuse(Refusal::MoreThanWords(more));
            }
        }
        Order::Move { from, to, steps, .. } => {
            let Some((old, new)) = pair(*from, *to) else { return refuse(Refusal::NoVersions) };
            for step in steps.keys() {
                match journey::place_of(step, old, new, steps) {
                    Ok(_) | Err(Why::Stays) => {}
                    Err(why) => return refuse(Refusal::Step { step: step.clone(), why }),
                }
            }
        }
        Order::Shadow { version, why, .. } => {
            if why.trim().is_empty() || why.chars().count() > WHY_MAX {
                return refuse(Refusal::Reason(WHY_MAX));
            }
            crate::shadow::may_begin(setup, all, of, *version, now).or_else(refuse)?;
        }
        Order::Unshadow { of: number, .. } => {
            if !crate::shadow::begun(all).iter().any(|s| s.number == *number && s.pathway == of) {
                return refuse(Refusal::NotInShadow);
            }
        }
        Order::Publish { version, over, .. } => {
            if known(*version).is_none() {
                return refuse(Refusal::NoVersion);
            }
            publish::check(setup, of, *version, *over)?;
        }
        Order::Fell { .. } => return refuse(Refusal::HubAlone),
        // They are checked by who gives them, see `sending::check`.
        Order::Pause { .. } | Order::Unpause { .. } | Order::Approve { .. } => {}
    }
    let busy = |o: &Ordered| match (moves(o), order) {
        (Some(m), Order::Words { from, .. } | Order::Move { from, .. }) => m.from == *from && pending(m.number),
        _ => false,
    };
    if all.iter().any(busy) {
        return refuse(Refusal::Moving);
    }
    Ok(())
}

/// Checks an order and keeps it; its number, and every order that holds then. Blocks.
pub(crate) fn add(
    store: &Store,
    setup: &Setup,
    (who, once): (&str, &str),
    order: &Order,
    now: At,
) -> Result<(i64, Vec<Ordered>), Error> {
    let (all, progress) = (given(store)?, store.change_progress()?);
    if let Some(number) = publish::given_already(setup, &all, order) {
        return Ok((number, all));
    }
    let json = serde_json::to_string(order).map_err(|e| Error::Settings(e.to_string()))?;
    // A second click is the order that was given by the first, which would now stand in its own way.
    let again = all.iter().any(|o| o.order == *order && o.by == who);
    if !(again && store.change_known(once)?) {
        sending::check(setup, &all, who, order)?;
        check(setup, &all, &|number| !progress.get(&number).copied().unwrap_or_default().done(), order, now)?;
    }
    let (kind, pathway) = (order.kind().to_owned(), order.pathway().to_owned());
    let row = ChangeRow { number: 0, kind, pathway, at: now, who: who.to_owned(), json };
    let number = store.change_add(&row, once)?;
    Ok((number, given(store)?))
}

/// What a move would do to people.
#[derive(Clone, Debug, Default)]
pub struct DryRun {
    /// People looked at.
    pub looked: usize,
    /// Of them, those who would go over.
    pub go: usize,
    /// Those who would stay, and why.
    pub stay: Vec<(PersonId, Vec<Unmapped>)>,
}

/// Tries a move on people, and writes nothing. Blocks.
pub(crate) fn dry_run(
    store: &Store,
    (from, to): (&Pathway, &Pathway),
    steps: &StepMap,
    people: &[PersonId],
) -> Result<DryRun, Error> {
    let mut out = DryRun::default();
    for person in people.iter().take(LOOKED_MAX) {
        out.looked += 1;
        let rows = store.line(*person)?.journeys.into_iter();
        let mine = rows.filter(|r| r.version == from.version && r.status == JourneyStatus::Active);
        let mut wrong = Vec::new();
        for row in mine {
            let Some(state) = Walking::decode(row)?.state else { continue };
            wrong.extend(journey::remap(&state, from, to, steps).err().unwrap_or_default());
        }
        if wrong.is_empty() {
            out.go += 1;
        } else {
            wrong.sort();
            wrong.dedup();
            out.stay.push((*person, wrong));
        }
    }
    Ok(out)
}
