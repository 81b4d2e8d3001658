//! What became of an attempt that was broken off: Twilio has no key for it, so its list is read and matched.
//!
//! The list is asked for by number and sender alone. Its filter by the day of sending would leave out what still
//! waits in Twilio's own queue, and a text that waits there would be taken for one that never came.
//!
//! What is found must be the only one that it can be: two alike cannot be told apart. What is not found was not sent
//! only when nothing else went to the number at that time (its words may be hidden or changed by the account's own
//! settings), the list is whole, and so much time has passed that a list that is late has caught up.

use super::account::Account;
use crate::contract::{Accepted, Reconciled};
use egress::Egress;
use model::At;
use model::time::MINUTE_MS;
use serde::Deserialize;

/// The most items of one page.
const PAGE: usize = 1_000;
/// The most pages that are read.
const PAGES_MAX: usize = 5;
/// Clocks differ: so long before we began it may say that it came.
const EARLY_MS: i64 = 2 * MINUTE_MS;
/// An attempt's tries together last no longer.
const LATE_MS: i64 = 10 * MINUTE_MS;
/// After this a list that says nothing of it is believed.
const SETTLED_MS: i64 = 30 * MINUTE_MS;

/// One text or call of the list.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Listed {
    sid: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    date_created: Option<String>,
    #[serde(default)]
    direction: String,
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default, alias = "messages", alias = "calls")]
    items: Vec<Listed>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

/// An attempt as it is looked for.
pub(super) struct Sought<'a> {
    /// When its first byte may have left.
    pub(super) began: At,
    /// Its words; `None` for a call, which has none in the list.
    pub(super) words: Option<&'a str>,
}

/// All that Twilio has of it; `None` when it cannot be read to its end.
pub(super) async fn read(
    account: &Account,
    egress: &Egress,
    what: &str,
    query: &[(&str, String)],
) -> Option<Vec<Listed>> {
    let mut query = query.to_vec();
    query.push(("PageSize", PAGE.to_string()));
    let mut answer = account.list(egress, what, &query).await.ok()?;
    let mut all = Vec::new();
    for _ in 0..PAGES_MAX {
        if answer.status != 200 {
            return None;
        }
        let page: Page = serde_json::from_slice(&answer.body).ok()?;
        all.extend(page.items);
        let Some(next) = page.next_page_uri.filter(|n| !n.is_empty()) else { return Some(all) };
        answer = account.page(egress, &next).await.ok()?;
    }
    None
}

/// What the whole list says of an attempt at `now`.
pub(super) fn judge(all: &[Listed], sought: &Sought<'_>, now: At) -> Reconciled {
    let (from, to) = (sought.began.plus_ms(-EARLY_MS), sought.began.plus_ms(LATE_MS));
    let then = |one: &&Listed| created(one).is_none_or(|at| at >= from && at <= to);
    // What the person sent us, and the legs of other calls, are none of ours.
    let candidates: Vec<&Listed> = all.iter().filter(|l| l.direction == "outbound-api").filter(then).collect();
    let same = |one: &&&Listed| sought.words.is_none_or(|words| one.body.as_deref() == Some(words));
    let found: Vec<&&Listed> = candidates.iter().filter(same).collect();
    match (found.as_slice(), candidates.len()) {
        ([one], _) => Reconciled::Accepted(Accepted {
            provider_id: Some(one.sid.clone()),
            delivered: matches!(one.status.as_str(), "delivered" | "read"),
        }),
        ([], 0) if now > sought.began.plus_ms(SETTLED_MS) => Reconciled::NotSent,
        _ => Reconciled::Unknown,
    }
}

/// When Twilio took it; `None` when it does not say so that it can be read, and then it may have been at any time.
fn created(one: &Listed) -> Option<At> {
    let at = jiff::fmt::rfc2822::parse(one.date_created.as_deref()?).ok()?;
    Some(At(at.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-24T14:00:00Z.
    const BEGAN: At = At(1_795_528_800_000);

    fn listed(sid: &str, body: &str, at: &str) -> Listed {
        let (body, date_created) = (Some(body.to_owned()), Some(at.to_owned()));
        let (direction, status) = ("outbound-api".to_owned(), "sent".to_owned());
        Listed { sid: sid.into(), body, date_created, direction, status }
    }

    fn judged(all: &[Listed], minutes: i64) -> Reconciled {
        judge(all, &Sought { began: BEGAN, words: Some("It is ready.") }, BEGAN.plus_ms(minutes * MINUTE_MS))
    }

    const THEN: &str = "Tue, 24 Nov 2026 14:00:03 +0000";

    #[test]
    fn the_only_one_with_these_words_at_that_time_is_it() {
        let yesterday = listed("SM0", "It is ready.", "Mon, 23 Nov 2026 14:00:03 +0000");
        let other = listed("SM1", "See you tomorrow.", THEN);
        let it = listed("SM2", "It is ready.", THEN);
        let found = judged(&[yesterday.clone(), other.clone(), it.clone()], 1);
        assert_eq!(found, Reconciled::Accepted(Accepted { provider_id: Some("SM2".into()), delivered: false }));
        let arrived = Listed { status: "delivered".into(), ..it.clone() };
        assert!(matches!(judged(&[arrived], 1), Reconciled::Accepted(Accepted { delivered: true, .. })));
        assert_eq!(judged(&[it.clone(), it.clone()], 60), Reconciled::Unknown, "two alike cannot be told apart");
        assert_eq!(judged(&[yesterday], 60), Reconciled::NotSent, "yesterday's is another");
        assert_eq!(judged(&[other], 60), Reconciled::Unknown, "its words may be hidden in the list");
        let theirs = Listed { direction: "inbound".into(), ..it };
        assert_eq!(judged(&[theirs], 60), Reconciled::NotSent, "what they wrote is none of ours");
    }

    #[test]
    fn a_list_that_is_late_is_waited_for() {
        assert_eq!(judged(&[], 1), Reconciled::Unknown);
        assert_eq!(judged(&[], 31), Reconciled::NotSent);
        let undated = Listed { date_created: None, ..listed("SM1", "other", THEN) };
        assert_eq!(judged(&[undated], 31), Reconciled::Unknown, "it may be the one");
    }
}
