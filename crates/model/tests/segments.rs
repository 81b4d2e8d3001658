//! Segments of random texts, compared with a counter that we did not write (the npm package
//! `sms-segments-calculator`); it takes its time, so a million are compared with another implementation by the tests of
//! `channels`.
//!
//! Left out are letters of several code points (flags, accents that stand by themselves): that counter keeps them in one
//! part, the standard does not ask for it.

use model::sms;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use throughline_model as model;

/// Texts of a run that names no number.
const TEXTS: usize = 1_000;
/// The longest text, letters.
const LETTERS_MAX: u64 = 480;

/// Letters of the alphabet (no carriage return: with a line feed it is one letter to that counter), of its extension
/// table, of others, and beyond 16 bits.
const BASIC: &str = "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCXYZÄÖÑÜ§¿abcxyzäöñüà";
const EXTENSION: &str = "^{}\\[~]|€\u{c}";
const OTHERS: &str = "áíóúç“”‘’…—ж中語אあ`´°½";
const BEYOND: &str = "😀😷🙏💊𠀀𝄞🏥";

/// Draws that are the same in every run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn letter(&mut self, of: &[char]) -> char {
        of[self.below(of.len() as u64) as usize]
    }

    /// A text: most of the 7-bit alphabet, with more or less of the rest, and often as long as parts are.
    fn text(&mut self, sets: &[Vec<char>; 4]) -> String {
        const EDGES: [u64; 10] = [67, 70, 134, 135, 153, 160, 161, 201, 306, 459];
        let length = match self.below(2) {
            0 => self.below(LETTERS_MAX),
            _ => (EDGES[self.below(10) as usize] + self.below(9)).saturating_sub(4),
        };
        let (rare, wide) = (1 + self.below(60), self.below(3));
        let mut text = String::new();
        for _ in 0..length {
            let set = match self.below(rare) {
                0 if wide == 0 => 1 + self.below(3) as usize,
                0 => 1,
                _ => 0,
            };
            text.push(self.letter(&sets[set]));
        }
        text
    }
}

#[test]
fn segments_are_counted_as_another_counter_does() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/segments"));
    assert!(
        folder.join("node_modules/sms-segments-calculator").is_dir(),
        "run scripts/setup.sh test: npm package `sms-segments-calculator` is missing"
    );
    let count = std::env::var("THROUGHLINE_SEGMENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(TEXTS);
    let sets = [BASIC, EXTENSION, OTHERS, BEYOND].map(|set| set.chars().collect::<Vec<_>>());
    let mut counter = Command::new("node")
        .arg(folder.join("count.js"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node");
    let (mut to, from) = (counter.stdin.take().expect("a pipe"), counter.stdout.take().expect("a pipe"));
    let asked = sets.clone();
    let writer = std::thread::spawn(move || {
        let mut draws = Draws(1);
        for _ in 0..count {
            writeln!(to, "{}", serde_json::to_string(&draws.text(&asked)).expect("JSON")).expect("written");
        }
    });
    let (mut draws, mut seen, mut several, mut wide) = (Draws(1), 0, 0, 0);
    for line in BufReader::new(from).lines() {
        let text = draws.text(&sets);
        let length = sms::length(&text);
        let told = format!("{} {}", length.segments, if length.gsm7 { "GSM-7" } else { "UCS-2" });
        assert_eq!(told, line.expect("a line"), "{text:?}");
        let parts = sms::split(&text);
        assert_eq!(parts.concat(), text);
        assert_eq!(sms::dear(&text).is_empty(), length.gsm7);
        if let Some(octets) = sms::to_gsm7(&text) {
            assert_eq!((octets.len(), sms::from_gsm7(&octets)), (length.places, text));
        }
        seen += 1;
        several += usize::from(length.segments > 1);
        wide += usize::from(!length.gsm7);
    }
    writer.join().expect("the writer");
    assert!(counter.wait().expect("an end").success());
    assert_eq!(seen, count);
    assert!(several > count / 4 && wide > count / 10, "{several} of several parts, {wide} of 16-bit letters");
    println!("{seen} texts counted alike: {several} of several parts, {wide} of 16-bit letters");
}
