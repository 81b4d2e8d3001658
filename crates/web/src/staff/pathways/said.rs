//! Counts and lengths of stay as the pages of pathways say them.

use crate::tongue::{Tongue, say};
use crate::words::lapse;
use model::time::MINUTE_MS;

/// `1,240`.
pub(super) fn number(n: i64) -> String {
    let digits = n.abs().to_string();
    let mut out = String::from(if n < 0 { "−" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `38 here`.
pub(super) fn here(t: Tongue, n: i64) -> String {
    say!(t, "pathway-here", n = number(n))
}

/// `6 h`; what is less than a minute is said so.
pub(super) fn stay(t: Tongue, ms: i64) -> String {
    if ms < MINUTE_MS { say!(t, "pathway-under-a-minute") } else { lapse(t, ms) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn large_numbers_are_grouped() {
        let say = super::number;
        assert_eq!(
            (say(0), say(999), say(1_000), say(1_234_567)),
            ("0".into(), "999".into(), "1,000".into(), "1,234,567".into())
        );
    }
}
