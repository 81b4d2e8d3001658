//! The care team's console: worklist, people, prompts, and what administrators need.

pub(crate) mod access;
pub(crate) mod accounts;
pub(crate) mod call;
mod call_slot;
pub(crate) mod conversation;
mod desk_words;
pub(crate) mod handover;
pub(crate) mod intake;
pub(crate) mod keys;
pub(crate) mod live;
pub(crate) mod me;
pub(crate) mod me_factors;
pub(crate) mod me_phone;
pub(crate) mod message;
pub(crate) mod notice;
pub(crate) mod pathways;
pub(crate) mod people;
pub(crate) mod person;
pub(crate) mod prompt;
pub(crate) mod sending;
pub(crate) mod timeline;
pub(crate) mod worklist;

use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::{Shared, State, page};
use model::person::{ContactPoint, PointKind};
use model::prompt::Prompt;
use model::{Actor, Fact, FactId, PersonId};
use record::Record;
use serde_json::Value as Json;

/// Whether the account's sites allow this person. A person of no known site is seen by all: somebody
/// has to.
pub(crate) fn may_see(who: &Who, site: &str) -> bool {
    who.account.sites.is_empty() || site.is_empty() || who.account.sites.iter().any(|s| s == site)
}

/// Whether the account may see whom this record is of: it is of one of the sites that they are in care at. A site that
/// has only spoken of them is none of those.
pub(crate) fn may_know(who: &Who, record: &Record) -> bool {
    record.sites.is_empty() || record.sites.iter().any(|site| may_see(who, site))
}

/// Whether the account may see and work a prompt. A prompt stays that of its own site, wherever the person is in care by
/// now: else a red flag would vanish from the list of those who are asked. One of no site is the person's.
pub(crate) fn may_work(who: &Who, prompt: &Prompt, record: Option<&Record>) -> bool {
    if prompt.site.is_empty() { record.is_none_or(|r| may_know(who, r)) } else { may_see(who, &prompt.site) }
}

/// Whether the account may see this person: as one of its sites, or because something is asked of its own site.
fn may_look(who: &Who, look: &hub::Look) -> bool {
    may_know(who, &look.record) || look.prompts.iter().any(|p| !p.site.is_empty() && may_see(who, &p.site))
}

/// A person, if the account may see them; written to the access log. Blocks.
pub(crate) fn look(shared: &Shared, who: &Who, person: PersonId, page: &str) -> Result<hub::Look, Fault> {
    let look = shared.app.hub.look(person)?;
    if !may_look(who, &look) {
        return Err(Fault::Forbidden);
    }
    page::saw(shared, &who.account.name, &[look.person], page)?;
    Ok(look)
}

/// Whom the path names.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}

/// What is known of a person, for a form about them: if the account may see them. Nothing of it is shown, so it is
/// not logged as seen; what the form then says is.
pub(crate) async fn known_to(state: &State, who: &Who, person: PersonId) -> Result<hub::Look, Fault> {
    let look = state.read(move |shared| Ok(shared.app.hub.look(person)?)).await?;
    if may_look(who, &look) { Ok(look) } else { Err(Fault::Forbidden) }
}

/// Hands a fact that a member of staff said to the hub, and waits for its turn. `once` of the form makes
/// two clicks one fact.
pub(crate) async fn say(
    state: &State,
    who: &Who,
    fields: &Fields,
    person: PersonId,
    kind: &str,
    body: Json,
) -> Result<FactId, Fault> {
    say_one(state, who, fields, "", person, kind, body).await
}

/// The same for one of several facts of a form: `name` tells them apart.
pub(crate) async fn say_one(
    state: &State,
    who: &Who,
    fields: &Fields,
    name: &str,
    person: PersonId,
    kind: &str,
    body: Json,
) -> Result<FactId, Fault> {
    let once = fields.get("once");
    if once.is_empty() || once.len() > 64 {
        return Err(Fault::Stale);
    }
    let account = who.clone();
    let seen = state.read(move |shared| Ok(shared.app.hub.look(person)?)).await?;
    let may = match body["prompt"].as_str().map(str::to_owned) {
        // A prompt is this person's own, whatever the path says.
        Some(prompt) => {
            let (of, prompt) = (seen.person, id(&prompt)?);
            let there = state.read(move |shared| Ok(shared.store().prompt(of, prompt)?)).await?;
            may_work(&account, &there.ok_or(Fault::NotFound)?, Some(&seen.record))
        }
        None => may_look(&account, &seen),
    };
    if !may {
        return Err(Fault::Forbidden);
    }
    let actor = Actor::Staff(who.account.name.clone());
    let key = format!("{once}:{name}:{}", said_in(&body));
    let fact = Fact::own(kind, &key, person, state.now(), body).by(actor);
    let id = fact.id;
    state.app.hub.submit(person, fact).await?;
    let (name, kind) = (who.account.name.clone(), kind.to_owned());
    state.read(move |shared| Ok(page::did(shared, &name, "recorded", person, &kind)?)).await?;
    Ok(id)
}

/// What a form said, as a short name: the same form sent twice is one fact, and one that was changed after "back" is
/// another. Without what the hub adds, which differs from click to click.
fn said_in(body: &Json) -> String {
    let mut said = body.clone();
    if let Some(said) = said.as_object_mut() {
        for added in ["of", "hold_ms", "lease_ms", "digits"] {
            said.remove(added);
        }
    }
    model::Id::of(&[said.to_string().as_bytes()]).to_string()[..16].to_owned()
}

/// What a person is called first: the preferred name, else the given one, else the whole.
pub(crate) fn called(record: &record::Record) -> &str {
    let given = record.given.first().map_or(record.name.as_str(), String::as_str);
    record.preferred_name.as_deref().unwrap_or(given)
}

/// The number to call, with whose it is: the person's own first, those in use only.
pub(crate) fn number(record: &record::Record) -> Option<&ContactPoint> {
    let mut phones: Vec<_> =
        record.contacts.iter().filter(|c| c.kind == PointKind::Phone && c.status.in_use()).collect();
    phones.sort_by_key(|c| (c.owner.is_some(), if c.rank == 0 { u32::MAX } else { c.rank }));
    phones.first().copied()
}

/// The version of a pathway that a journey walks, in force or older.
pub(crate) fn pathway_of(shared: &Shared, version: model::Id) -> Option<std::sync::Arc<pathway::Pathway>> {
    shared.app.hub.version(version)
}
