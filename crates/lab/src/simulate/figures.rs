//! How figures are written.

/// `12,345`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `$1,234.56` of millionths.
pub fn money(micros: u64) -> String {
    let cents = (micros + 5_000) / 10_000;
    format!("${}.{:02}", number(cents / 100), cents % 100)
}

/// `12.3 %`.
pub fn share(part: u64, of: u64) -> String {
    if of == 0 {
        return "–".into();
    }
    let tenths = (u128::from(part) * 1_000 + u128::from(of) / 2) / u128::from(of);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// `2 h 05 min`, `45 min`.
pub fn minutes(n: u64) -> String {
    match (n / 60, n % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) if hours < 48 => format!("{hours} h {minutes:02} min"),
        (hours, _) => format!("{} days", hours / 24),
    }
}

/// `todays_list` as words.
pub fn plain(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_to_be_read() {
        assert_eq!((number(0), number(1_234_567)), ("0".into(), "1,234,567".into()));
        assert_eq!((money(8_300), money(1_234_567_890_000)), ("$0.01".into(), "$1,234,567.89".into()));
        assert_eq!((share(1, 3), share(1, 0)), ("33.3 %".into(), "–".into()));
        assert_eq!(
            (minutes(45), minutes(125), minutes(3_000)),
            ("45 min".into(), "2 h 05 min".into(), "2 days".into())
        );
    }
}
