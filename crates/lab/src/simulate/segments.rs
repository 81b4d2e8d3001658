//! Segments of a text, as networks count them (3GPP TS 23.038): 160 letters of the small alphabet in one, 153 in
//! each of several; one letter outside of it makes it 70, and 67.

/// The small alphabet, each letter one place.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Letters that take two places of it.
const EXTENDED: &str = "^{}\\[~]|€";

/// How many segments a text is sent in; an empty one in one.
pub fn segments(text: &str) -> u64 {
    let mut places = 0;
    for c in text.chars() {
        // Most letters are plain ones: the list is searched for the others only.
        if c.is_ascii_alphanumeric() || BASIC.contains(c) {
            places += 1;
        } else if EXTENDED.contains(c) {
            places += 2;
        } else {
            return count(text.encode_utf16().count(), 70, 67);
        }
    }
    count(places, 160, 153)
}

fn count(places: usize, one: usize, each: usize) -> u64 {
    if places <= one { 1 } else { places.div_ceil(each) as u64 }
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn one_letter_outside_of_the_alphabet_doubles_the_price() {
        assert_eq!((segments(""), segments(&"a".repeat(160)), segments(&"a".repeat(161))), (1, 1, 2));
        assert_eq!((segments(&"a".repeat(306)), segments(&"a".repeat(307))), (2, 3));
        assert_eq!((segments(&"á".repeat(70)), segments(&"á".repeat(71))), (1, 2), "á is outside, é is not");
        assert_eq!((segments(&"é".repeat(160)), segments(&"€".repeat(81))), (1, 2));
    }
}
