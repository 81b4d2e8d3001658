//! Who may have written, where a number is on several records or on none: told to staff alone, and of each only to those
//! who may see them.

use crate::Shared;
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::tongue::say;
use crate::words;
use hub::Look;
use maud::{Markup, html};
use model::PersonId;
use model::fact::Topic;
use std::collections::BTreeSet;

/// Facts that are looked through for replies.
const FACTS_MAX: usize = 50;
/// People that are listed.
const LISTED_MAX: usize = 16;

/// The people whose number it may be; nothing for a line that is somebody's. Blocks.
pub(in crate::staff) fn listed(shared: &Shared, who: &Who, look: &Look) -> Result<Markup, Fault> {
    let t = who.tongue;
    let said = shared.store().timeline_of(look.person, &[Topic::Said, Topic::Heard], None, FACTS_MAX)?;
    // Whose telephone a call of ours rang is known: who else has it is nobody who may have written.
    let said = said.iter().filter(|(_, fact)| matches!(fact.kind.as_str(), "reply.received" | "call.received"));
    let ids = said.filter_map(|(_, fact)| fact.body.get("candidates")?.as_array());
    let ids: BTreeSet<PersonId> = ids.flatten().filter_map(|id| id.as_str()?.parse().ok()).collect();
    let ids: Vec<PersonId> = ids.into_iter().filter(|id| *id != look.person).take(LISTED_MAX).collect();
    if ids.is_empty() {
        return Ok(html! {});
    }
    let records = shared.app.hub.records(&ids)?;
    let (seen, hidden): (Vec<_>, Vec<_>) = records.iter().partition(|(_, r)| super::super::may_know(who, r));
    crate::page::saw(shared, &who.account.name, &seen.iter().map(|(id, _)| **id).collect::<Vec<_>>(), "candidates")?;
    Ok(html! {
        section .card #candidates aria-labelledby="candidates-h" {
            h2 #candidates-h { (say!(t, "conversation-candidates")) }
            p { (say!(t, "conversation-candidates-what")) }
            ul .list {
                @for (id, record) in &seen {
                    li {
                        a href={ "/people/" (id) } translate="no" { (record.name) }
                        @if let Some(born) = &record.birth_date { " (" (words::date(t, born)) ")" }
                    }
                }
                @if !hidden.is_empty() { li .muted { (say!(t, "conversation-candidates-hidden", n = hidden.len())) } }
            }
        }
    })
}
