//! A limit of enrolment by the team's capacity: `at_most` and `waits`.
//!
//! Invariants: a standing pathway has none (nobody waits in line to be answered); a wait stands only beside a limit.

use crate::ast::Places;
use crate::compile::Compiler;
use crate::reader::Keys;
use crate::yaml::Node;
use model::time::DAY_MS;

/// How long a person is in line before the fallback team is told, unless the pathway says.
const WAITS_MS: i64 = 14 * DAY_MS;
/// The most places of a pathway; more is no limit.
const PLACES_MAX: u32 = 100_000;

impl<'n> Compiler<'_, 'n> {
    /// How many may be under way at once, and how long the others wait.
    pub(crate) fn places(&mut self, keys: &Keys<'n>, standing: bool) -> Option<Places> {
        let (limit, waits) = (keys.get("at_most"), keys.get("waits"));
        let waits_ms = waits.and_then(|n| self.span(n)).unwrap_or(WAITS_MS);
        let Some(limit) = limit else {
            if let Some(waits) = waits {
                let help = "say how many may be under way at once: `at_most: 40`";
                self.findings.error(
                    "TL095",
                    waits.place,
                    "nobody waits: there is no limit of places",
                    Some(help.into()),
                );
            }
            return None;
        };
        if standing {
            let says = "a standing pathway holds for every person, always: nobody waits for a place on it";
            let help = "leave it out, or take `standing: true` away";
            self.findings.error("TL094", limit.place, says, Some(help.into()));
        }
        let (at_most, per_site) = self.how_many(limit)?;
        Some(Places { at_most, per_site, waits_ms })
    }

    /// `40`, `40 a site`.
    fn how_many(&mut self, node: &'n Node) -> Option<(u32, bool)> {
        let words: Vec<&str> = node.text().unwrap_or_default().split_whitespace().collect();
        let (number, per_site) = match words[..] {
            [number] => (number, false),
            [number, "a", "site"] => (number, true),
            _ => ("", false),
        };
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let at_most = number.parse().ok().filter(|n| digits && (1..=PLACES_MAX).contains(n));
        if at_most.is_none() {
            let says = format!("a limit of places is a number from 1 to {PLACES_MAX}");
            self.findings.error("TL027", node.place, says, Some("write `at_most: 40`, or `at_most: 40 a site`".into()));
        }
        at_most.map(|n| (n, per_site))
    }
}
