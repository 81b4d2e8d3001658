//! What ships reads without a finding, and its words are as short and as discreet as promised.
#![expect(clippy::unwrap_used, reason = "tests")]

use throughline_pathway::finding::render_finding;
use throughline_pathway::shipped::{shipped, shipped_texts};

fn teams() -> Vec<String> {
    ["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk"].map(String::from).to_vec()
}

#[test]
fn the_shipped_library_reads_clean() {
    let library = shipped(&teams());
    let texts = shipped_texts();
    let told: String = library
        .findings
        .iter()
        .map(|f| render_finding(f, &texts.iter().find(|(name, _)| *name == f.file).unwrap().1))
        .collect();
    assert!(told.is_empty(), "{told}");
    let names: Vec<&str> = library.pathways.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["post-surgical-follow-up", "standing-red-flag", "standing-replies", "standing-stop"]);
}
