//! How nouns are written into rows and read back.

use crate::driver::Row;
use crate::{Error, Result};
use model::batch::JourneyStatus;
use model::message::{Message, Status};
use model::{At, EffectId, JourneyId, JourneyRow, MessageId, PlaceRow, ResourceRow, Trace};

/// JSON for a column. Model types always serialise: their keys are text and their numbers finite.
pub(crate) fn json(table: &'static str, value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::Damaged { table, why: e.to_string() })
}

/// Columns: person, id, pathway, site, since, asked.
pub(crate) fn place(row: &Row<'_>) -> Result<PlaceRow> {
    Ok(PlaceRow {
        person: row.person(0)?,
        id: row.id(1)?,
        pathway: row.string(2)?,
        site: row.string(3)?,
        since: row.at(4)?,
        asked: row.int(5)?,
    })
}

/// Columns: json, status, status_at, error, provider, provider_id. The columns rule: they move while
/// the JSON stays as it was queued.
pub(crate) fn message(row: &Row<'_>) -> Result<Message> {
    let mut message: Message = row.json(0)?;
    message.status = row.named(1, Status::named)?;
    message.status_at = row.at(2)?;
    if let Some(error) = row.opt_text(3)? {
        message.error = Some(error.to_owned());
    }
    if let Some(provider) = row.opt_text(4)? {
        provider.clone_into(&mut message.provider);
    }
    if let Some(id) = row.opt_text(5)? {
        message.provider_id = Some(id.to_owned());
    }
    Ok(message)
}

/// What a number or address is found by across lines; none where there is no address.
pub(crate) fn toward(to: &str) -> Option<i64> {
    let bytes = model::Id::of(&[b"toward", to.as_bytes()]).bytes();
    let first = bytes.first_chunk::<8>().copied().map(i64::from_be_bytes);
    first.filter(|_| !to.is_empty())
}

/// Columns: id, pathway, hash, episode, status, step, next_due, started_at, ended_at, ended_why, blob.
pub(crate) fn journey(row: &Row<'_>) -> Result<JourneyRow> {
    let ended = match row.opt_int(8)? {
        Some(at) => Some((At(at), row.opt_text(9)?.unwrap_or_default().to_owned())),
        None => None,
    };
    Ok(JourneyRow {
        id: JourneyId(row.id(0)?),
        pathway: row.string(1)?,
        version: row.id(2)?,
        episode: row.string(3)?,
        status: row.named(4, JourneyStatus::named)?,
        step: row.string(5)?,
        next_due: row.opt_int(6)?.map(At),
        started_at: row.at(7)?,
        ended,
        blob: row.opt_bytes(10)?.unwrap_or_default().to_vec(),
    })
}

/// Columns: source, kind, id, version, at, json.
pub(crate) fn resource(row: &Row<'_>) -> Result<ResourceRow> {
    Ok(ResourceRow {
        source: row.string(0)?,
        kind: row.string(1)?,
        id: row.string(2)?,
        version: row.int(3)?,
        at: row.at(4)?,
        json: row.string(5)?,
    })
}

/// Columns: at, effect, message, code, detail.
pub(crate) fn trace(row: &Row<'_>) -> Result<Trace> {
    Ok(Trace {
        at: row.at(0)?,
        effect: EffectId(row.id(1)?),
        message: row.opt_id(2)?.map(MessageId),
        code: row.string(3)?,
        detail: row.string(4)?,
    })
}
