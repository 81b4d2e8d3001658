//! Segments of random texts, octet by octet as another implementation makes them, within the process and therefore
//! many: `make test-segments` compares a million. Letters beyond 16 bits, which that one tears apart, are compared with
//! another counter in the tests of `model`.

use model::sms;
use rusmpp::extra::concatenation::{Concatenation, Concatenator};
use rusmpp::extra::encoding::gsm7bit::Gsm7BitUnpacked;
use rusmpp::extra::encoding::ucs2::Ucs2;

/// Texts of a run that names no number.
const TEXTS: usize = 20_000;
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCXYZÄÖÑÜ§¿abcxyzäöñüà";
const EXTENSION: &str = "^{}\\[~]|€";
const OTHERS: &str = "áíóúç“”‘’…—ж中語אあ´°½\u{200d}\u{301}";

/// Draws that are the same in every run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn parts(made: Concatenation) -> Vec<Vec<u8>> {
    match made {
        Concatenation::Single(part) => vec![part],
        Concatenation::Concatenated(parts) => parts,
    }
}

#[test]
fn parts_are_those_of_another_implementation() {
    let count = std::env::var("THROUGHLINE_SEGMENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(TEXTS);
    let sets = [BASIC, EXTENSION, OTHERS].map(|set| set.chars().collect::<Vec<_>>());
    let (mut draws, mut several, mut wide) = (Draws(7), 0, 0);
    for _ in 0..count {
        let length = draws.below(480);
        let (rare, others) = (1 + draws.below(40), draws.below(3) == 0);
        let mut text = String::new();
        for _ in 0..length {
            let set = match draws.below(rare) {
                0 if others => 2,
                0 => 1,
                _ => 0,
            };
            text.push(sets[set][draws.below(sets[set].len() as u64) as usize]);
        }
        let told = sms::length(&text);
        let pieces = sms::split(&text);
        let (ours, theirs): (Vec<Vec<u8>>, _) = if told.gsm7 {
            let ours = pieces.iter().map(|piece| sms::to_gsm7(piece).unwrap()).collect();
            (ours, Gsm7BitUnpacked::new().concatenate(&text, 160, 7).unwrap().0)
        } else {
            let ours = pieces.iter().map(|piece| piece.encode_utf16().flat_map(u16::to_be_bytes).collect()).collect();
            (ours, Ucs2::new().concatenate(&text, 140, 6).unwrap().0)
        };
        assert_eq!(ours, parts(theirs), "{text:?}");
        assert_eq!(told.segments, ours.len(), "{text:?}");
        several += usize::from(ours.len() > 1);
        wide += usize::from(!told.gsm7);
    }
    assert!(several > count / 4 && wide > count / 10, "{several} of several parts, {wide} of 16-bit letters");
    println!("{count} texts in the same parts: {several} of several parts, {wide} of 16-bit letters");
}
