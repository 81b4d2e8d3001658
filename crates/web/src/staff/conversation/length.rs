//! How long a text message is, in parts: a carrier sends and counts it in parts of so many characters.
//!
//! A simple count by 3GPP TS 23.038: 160 characters of its own alphabet, or 153 in each of several parts; with any other
//! character 70, or 67.

/// Characters of the alphabet beside letters, digits and space that are one character each.
const PLAIN: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà\n\r";
/// Those that are two.
const DOUBLE: &str = "^{}\\[~]|€";

/// Characters and parts of a text.
pub(super) fn parts(text: &str) -> (usize, usize) {
    let plain = |c: char| c == ' ' || c.is_ascii_alphanumeric() || PLAIN.contains(c);
    let own = text.chars().all(|c| plain(c) || DOUBLE.contains(c));
    let (units, one, each) = if own {
        (text.chars().map(|c| 1 + usize::from(DOUBLE.contains(c))).sum(), 160, 153)
    } else {
        (text.encode_utf16().count(), 70, 67)
    };
    let parts = if units <= one { 1 } else { units.div_ceil(each) };
    (text.chars().count(), parts)
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn parts_are_counted_by_alphabet() {
        assert_eq!(parts(""), (0, 1));
        assert_eq!(parts(&"a".repeat(160)), (160, 1));
        assert_eq!(parts(&"a".repeat(161)), (161, 2));
        assert_eq!(parts(&"€".repeat(80)), (80, 1));
        assert_eq!(parts(&"ñ".repeat(160)), (160, 1));
        assert_eq!(parts(&"á".repeat(70)), (70, 1), "`á` is not in the alphabet, `à` is");
        assert_eq!(parts(&"á".repeat(71)), (71, 2));
        assert_eq!(parts(&"👍".repeat(36)), (36, 2));
    }
}
