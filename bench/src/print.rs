//! How figures are printed: one line each, the figure, then what it means.

use crate::machine::Lapsed;

/// What is being done now, for whoever waits.
pub fn doing(what: &str) {
    eprintln!("... {what}");
}

/// A benchmark's figures follow.
pub fn title(name: &str, engine: &str, what: &str) {
    println!("\n{name}, {engine}: {what}");
}

/// A figure.
pub fn line(name: &str, figure: &str, note: &str) {
    let text = format!("  {name:<40} {figure:>18}   {note}");
    println!("{}", text.trim_end());
}

/// A ratio of which more is better, beside its aim.
pub fn ratio(name: &str, ratio: f64, aim: Option<f64>) {
    let note = aim.map(|aim| verdict(ratio >= aim, &format!("at least {aim}"))).unwrap_or_default();
    line(name, &format!("{ratio:.3}"), &note);
}

/// Whether an aim is met.
pub fn verdict(met: bool, aim: &str) -> String {
    format!("aim: {aim}: {}", if met { "met" } else { "MISSED" })
}

/// `12 345`, or with decimals below 100.
pub fn number(n: f64) -> String {
    if n.abs() < 100.0 {
        return format!("{n:.2}");
    }
    let digits = format!("{n:.0}");
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// Whose the processor time was.
pub fn shares(lapsed: &Lapsed) -> String {
    let all = format!("{:.1} processor seconds, {:.1} of them the kernel's", lapsed.cpu_s, lapsed.kernel_s);
    if lapsed.server_s > 0.0 { format!("{all}, {:.1} the server's", lapsed.server_s) } else { all }
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_stand_apart() {
        assert_eq!(super::number(1_234_567.0), "1 234 567");
        assert_eq!(super::number(123.0), "123");
        assert_eq!(super::number(1.5), "1.50");
    }
}
