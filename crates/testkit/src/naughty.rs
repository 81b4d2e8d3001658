//! The Big List of Naughty Strings (npm package `big-list-of-naughty-strings`, MIT), and control characters, marks of
//! direction and letters that nobody sees, for the tests: what breaks programs breaks no frame of ours.

/// What the list lacks, or has in one place only.
const MORE: &[&str] = &[
    "line\r\nBcc: eve@example.org\r\n\r\nanother body",
    "\r\n.\r\nMAIL FROM:<eve@example.org>",
    "a\0b",
    "a\u{7f}\u{80}\u{9f}b",
    "\u{202e}txt.exe\u{202c} \u{2066}x\u{2069}",
    "zero\u{200b}width\u{200d}\u{feff}\u{2060}",
    "line\u{2028}paragraph\u{2029}",
    "=?utf-8?Q?=0D=0ABcc:_eve=40example.org?=",
    "--boundary--\r\n\r\n--",
    "&To=%2B15550199&Body=other",
    "\"}{\"text\":\"other",
    "x\r\n\r\nPOST / HTTP/1.1",
    "\u{202e}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
];

/// All of them.
///
/// # Panics
/// Where the package is not installed: `scripts/setup.sh test` does that.
pub fn strings() -> Vec<String> {
    let file = "../model/tests/segments/node_modules/big-list-of-naughty-strings/blns.json";
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(&file).expect("the list is missing: run scripts/setup.sh test");
    let list: Vec<String> = serde_json::from_str(&text).expect("a list of strings");
    assert!(list.len() > 400, "{} strings", list.len());
    list.into_iter().chain(MORE.iter().map(|s| (*s).to_owned())).collect()
}
