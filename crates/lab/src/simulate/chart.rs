//! Charts as inline SVG: bars, and hours of a team. Colours are the page's own variables; each has a title that is
//! read aloud, and stands above a table of the same figures.

use super::figures::number;
use super::queue::Hour;
use model::markup::escape;
use std::fmt::Write as _;

/// Width of a chart's canvas.
const WIDE: f64 = 920.0;

/// A bar: its label, its parts (class, how many), and what stands at its end.
pub struct Bar {
    /// At the left.
    pub label: String,
    /// One after the other.
    pub parts: Vec<(&'static str, u64)>,
    /// At the right.
    pub end: String,
}

/// Bars that lie, all on one scale; `whole` is the end of the scale, 0 for the longest bar.
pub fn bars(title: &str, bars: &[Bar], whole: u64) -> String {
    const LABEL: f64 = 190.0;
    const END: f64 = 130.0;
    const STEP: f64 = 34.0;
    const THICK: f64 = 18.0;
    let most = bars.iter().map(|b| b.parts.iter().map(|(_, n)| n).sum()).max().unwrap_or(0).max(whole).max(1);
    let room = WIDE - LABEL - END;
    let tall = STEP * bars.len() as f64 + 4.0;
    let mut out = open(title, tall);
    for (i, bar) in bars.iter().enumerate() {
        let y = STEP * i as f64 + 6.0;
        let text = y + THICK / 2.0;
        let label = escape(&bar.label);
        let _ = write!(out, "<text class=\"label\" x=\"{:.1}\" y=\"{text:.1}\">{label}</text>", LABEL - 12.0);
        let _ =
            write!(out, "<rect class=\"track\" x=\"{LABEL}\" y=\"{y}\" width=\"{room}\" height=\"{THICK}\" rx=\"4\"/>");
        let mut x = LABEL;
        for (class, many) in &bar.parts {
            let wide = room * *many as f64 / most as f64;
            if wide > 0.05 {
                let _ = write!(
                    out,
                    "<rect class=\"{class}\" x=\"{x:.2}\" y=\"{y}\" width=\"{wide:.2}\" height=\"{THICK}\" rx=\"3\"/>"
                );
            }
            x += wide;
        }
        let _ = write!(
            out,
            "<text class=\"end\" x=\"{:.1}\" y=\"{text:.1}\">{}</text>",
            LABEL + room + 12.0,
            escape(&bar.end)
        );
    }
    out + "</svg>"
}

/// A team's hours: what comes, what can be done, and what waits.
pub fn hours(title: &str, hours: &[Hour], first_day: impl Fn(i32) -> String) -> String {
    const LEFT: f64 = 58.0;
    const TOP: f64 = 10.0;
    const TALL: f64 = 170.0;
    const FOOT: f64 = 26.0;
    let last = hours.last().map_or(1, |h| h.hour + 1).max(24);
    let most = hours.iter().map(|h| h.came.max(h.can).max(h.waiting)).max().unwrap_or(0);
    let most = round_up(most.max(1));
    let room = WIDE - LEFT - 8.0;
    let x = |hour: i32| LEFT + room * f64::from(hour) / f64::from(last);
    let y = |n: u64| TOP + TALL * (1.0 - n as f64 / most as f64);
    let mut out = open(title, TOP + TALL + FOOT);
    for part in 0..=4 {
        let n = most * part / 4;
        let at = y(n);
        let _ =
            write!(out, "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>", WIDE - 8.0);
        let _ = write!(out, "<text class=\"label small\" x=\"{:.1}\" y=\"{at:.1}\">{}</text>", LEFT - 8.0, number(n));
    }
    let days = last / 24;
    let each = (days / 14).max(1);
    for day in 0..=days {
        let at = x(day * 24);
        let _ =
            write!(out, "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{:.1}\"/>", TOP + TALL);
        if day < days && day % each == 0 {
            let name = escape(&first_day(day));
            let _ =
                write!(out, "<text class=\"day\" x=\"{:.1}\" y=\"{:.1}\">{name}</text>", at + 4.0, TOP + TALL + 16.0);
        }
    }
    let area = |of: &dyn Fn(&Hour) -> u64| -> String {
        let mut path = format!("M{LEFT:.1} {:.1}", y(0));
        for h in hours.iter() {
            let _ = write!(path, "L{:.1} {:.1}L{:.1} {:.1}", x(h.hour), y(of(h)), x(h.hour + 1), y(of(h)));
        }
        let end = hours.last().map_or(0, |h| h.hour + 1);
        let _ = write!(path, "L{:.1} {:.1}Z", x(end), y(0));
        path
    };
    let _ = write!(out, "<path class=\"can\" d=\"{}\"/>", area(&|h| h.can));
    let _ = write!(out, "<path class=\"came\" d=\"{}\"/>", area(&|h| h.came));
    let mut line = String::new();
    for h in hours {
        let _ = write!(line, "{}{:.1} {:.1}", if line.is_empty() { "M" } else { "L" }, x(h.hour + 1), y(h.waiting));
    }
    let _ = write!(out, "<path class=\"waiting\" d=\"{line}\"/>");
    out + "</svg>"
}

/// The next number that is easy to read.
fn round_up(n: u64) -> u64 {
    let mut step = 4;
    while step < n {
        for next in [step * 5 / 4, step * 2, step * 5 / 2, step * 5] {
            if next >= n && next.is_multiple_of(4) {
                return next;
            }
        }
        step *= 5;
    }
    step
}

fn open(title: &str, tall: f64) -> String {
    let title = escape(title);
    format!("<svg viewBox=\"0 0 {WIDE} {tall:.0}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_numbers_that_are_easy_to_read() {
        assert_eq!([1, 5, 9, 37, 100, 4_321].map(round_up), [4, 8, 20, 40, 100, 5_000]);
    }

    #[test]
    fn bars_keep_their_shares_and_escape_what_is_written() {
        let bar = |label: &str, n| Bar { label: label.into(), parts: vec![("good", n)], end: n.to_string() };
        let svg = bars("a <b>", &[bar("x & y", 50), bar("z", 100)], 0);
        assert!(svg.contains("a &lt;b&gt;") && svg.contains("x &amp; y"), "{svg}");
        assert!(svg.contains("width=\"300.00\"") && svg.contains("width=\"600.00\""), "{svg}");
    }
}
