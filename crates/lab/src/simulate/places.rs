//! Places on pathways with a limit: how many would be under way at once, and who would have waited.
//!
//! Everybody walks as if there were a place at once. Afterwards the journeys' beginnings and ends are played back by the
//! hour, first come first served, each as long as it was without waiting. So what a wait itself changes (a step that is
//! past by then, a person who leaves the line) is not in the figures, and everyone counts as of one site.

use super::figures::{number, plain};
use super::tally::{Key, Tally};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use turn::Setup;

/// What the figures are and are not, in the report's own words.
pub const HOW: &str = "Everybody walked as if there were a place at once; who would have waited was computed afterwards by \
    the hour, first come first served, each journey as long as without waiting, everyone at one site.";

/// The places of one pathway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlacesRow {
    /// Pathway.
    pub pathway: String,
    /// The limit.
    pub at_most: u32,
    /// At each site, not in all.
    pub per_site: bool,
    /// Journeys that began.
    pub journeys: u64,
    /// The most under way at once, were there no limit.
    pub peak: u64,
    /// Those who would have waited.
    pub waited: u64,
    /// The longest wait of those who got a place, hours.
    pub longest_hours: u64,
    /// Those who would have had no place in all the days.
    pub never: u64,
}

impl PlacesRow {
    /// The row of a table.
    pub(super) fn cells(&self) -> Vec<String> {
        let limit = format!("{}{}", number(u64::from(self.at_most)), if self.per_site { " a site" } else { "" });
        let wait = if self.waited > self.never { format!("{} h", number(self.longest_hours)) } else { "–".into() };
        let (waited, never) = (number(self.waited), number(self.never));
        vec![plain(&self.pathway), number(self.journeys), limit, number(self.peak), waited, wait, never]
    }
}

/// A journey by the hour: when it began, and its end when there was one.
type Stays = BTreeMap<(i32, Option<i32>), u64>;

/// The rows of all pathways with a limit.
pub fn rows(setup: &Setup, tally: &Tally) -> Vec<PlacesRow> {
    let mut stays: BTreeMap<&str, Stays> = BTreeMap::new();
    for (key, many) in tally.iter() {
        let Key::Stay { pathway, from, until } = key else { continue };
        *stays.entry(pathway).or_default().entry((*from, *until)).or_default() += many;
    }
    let of = |pathway: &std::sync::Arc<pathway::Pathway>| {
        let limit = pathway.enrol.places?;
        let none = Stays::new();
        let stays = stays.get(pathway.name.as_str()).unwrap_or(&none);
        let (waited, longest_hours, never) = replay(stays, u64::from(limit.at_most));
        Some(PlacesRow {
            pathway: pathway.name.clone(),
            at_most: limit.at_most,
            per_site: limit.per_site,
            journeys: stays.values().sum(),
            peak: peak(stays),
            waited,
            longest_hours,
            never,
        })
    };
    setup.in_force.iter().filter_map(of).collect()
}

/// The most under way in any hour.
fn peak(stays: &Stays) -> u64 {
    // Of one hour the beginnings come first: who ends in it was there in it.
    let mut steps: BTreeMap<(i32, bool), u64> = BTreeMap::new();
    for ((from, until), many) in stays {
        *steps.entry((*from, false)).or_default() += many;
        if let Some(until) = until {
            *steps.entry((*until, true)).or_default() += many;
        }
    }
    let (mut now, mut most) = (0_u64, 0);
    for ((_, ends), many) in steps {
        now = if ends { now.saturating_sub(many) } else { now + many };
        most = most.max(now);
    }
    most
}

/// Who waits when at most so many are under way: how many, the longest in hours, and who never gets a place.
fn replay(stays: &Stays, at_most: u64) -> (u64, u64, u64) {
    let (mut waited, mut longest, mut never) = (0, 0, 0);
    let mut ends: BinaryHeap<Reverse<i32>> = BinaryHeap::new();
    let mut taken = 0_u64;
    for ((from, until), many) in stays {
        for _ in 0..*many {
            let mut begins = *from;
            while taken > 0 && ends.peek().is_some_and(|end| end.0 <= begins) {
                ends.pop();
                taken -= 1;
            }
            if taken >= at_most {
                let Some(Reverse(end)) = ends.pop() else {
                    (waited, never) = (waited + 1, never + 1);
                    continue;
                };
                taken -= 1;
                begins = end;
                waited += 1;
                longest = longest.max(u64::try_from(begins - from).unwrap_or_default());
            }
            taken += 1;
            if let Some(until) = until {
                ends.push(Reverse(begins + (until - from)));
            }
        }
    }
    (waited, longest, never)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_first_has_the_place_and_the_others_wait_until_one_ends() {
        let stays: Stays = [((0, Some(10)), 2), ((1, Some(4)), 1), ((2, Some(3)), 1), ((5, None), 1)].into();
        assert_eq!(peak(&stays), 4);
        assert_eq!(replay(&stays, 4), (0, 0, 0));
        // Two have places until 10; the third begins then and stays 3 hours, the fourth 1, the fifth for ever.
        assert_eq!(replay(&stays, 2), (3, 9, 0));
        assert_eq!(replay(&stays, 1), (4, 21, 0), "one after the other");
        let forever: Stays = [((0, None), 2)].into();
        assert_eq!(replay(&forever, 1), (1, 0, 1));
    }
}
