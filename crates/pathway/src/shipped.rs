//! The pathways and code sets that ship with the binary, and reading a folder of them.

use crate::ast::Pathway;
use crate::codes::CodeSets;
use crate::compile::read;
use crate::finding::{Finding, Severity};
use crate::world;

/// Shipped pathways that are in force unless a folder of one's own is: file name under `pathways/`, and text.
pub const SHIPPED: &[(&str, &str)] = &[
    ("post-surgical-follow-up.yaml", include_str!("../../../pathways/post-surgical-follow-up.yaml")),
    ("standing-code.yaml", include_str!("../../../pathways/standing-code.yaml")),
    ("standing-red-flag.yaml", include_str!("../../../pathways/standing-red-flag.yaml")),
    ("standing-replies.yaml", include_str!("../../../pathways/standing-replies.yaml")),
    ("standing-stop.yaml", include_str!("../../../pathways/standing-stop.yaml")),
];

/// Shipped pathways that are in force only where a site says so.
pub const OFFERED: &[(&str, &str)] = &[
    ("appointment-reminders.yaml", include_str!("../../../pathways/appointment-reminders.yaml")),
    ("prescription-pick-up.yaml", include_str!("../../../pathways/prescription-pick-up.yaml")),
    ("thirty-days-after-discharge.yaml", include_str!("../../../pathways/thirty-days-after-discharge.yaml")),
];

/// Shipped code sets: file name under `pathways/codes/`, and text.
pub const SHIPPED_CODES: &[(&str, &str)] = &[
    ("antibiotics_by_mouth.yaml", include_str!("../../../pathways/codes/antibiotics_by_mouth.yaml")),
    ("tendon_repair.yaml", include_str!("../../../pathways/codes/tendon_repair.yaml")),
    ("tendon_repair_arm.yaml", include_str!("../../../pathways/codes/tendon_repair_arm.yaml")),
    ("tendon_repair_leg.yaml", include_str!("../../../pathways/codes/tendon_repair_leg.yaml")),
];

/// Tests of shipped pathways (`*.test.yaml`): file name under `pathways/`, and text.
pub const SHIPPED_TESTS: &[(&str, &str)] = &[
    ("appointment-reminders.test.yaml", include_str!("../../../pathways/appointment-reminders.test.yaml")),
    ("post-surgical-follow-up.test.yaml", include_str!("../../../pathways/post-surgical-follow-up.test.yaml")),
    ("prescription-pick-up.test.yaml", include_str!("../../../pathways/prescription-pick-up.test.yaml")),
    ("standing-code.test.yaml", include_str!("../../../pathways/standing-code.test.yaml")),
    ("standing-red-flag.test.yaml", include_str!("../../../pathways/standing-red-flag.test.yaml")),
    ("standing-replies.test.yaml", include_str!("../../../pathways/standing-replies.test.yaml")),
    ("standing-stop.test.yaml", include_str!("../../../pathways/standing-stop.test.yaml")),
    ("thirty-days-after-discharge.test.yaml", include_str!("../../../pathways/thirty-days-after-discharge.test.yaml")),
];

/// A folder of pathways, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Library {
    /// Pathways that were taken, in the order of their files.
    pub pathways: Vec<Pathway>,
    /// Code sets.
    pub codes: CodeSets,
    /// Warnings, and the errors of files that were not taken.
    pub findings: Vec<Finding>,
}

impl Library {
    /// Whether any file was refused.
    pub fn refused(&self) -> bool {
        self.findings.iter().any(|f| f.severity == Severity::Error)
    }

    /// The pathway of that name.
    pub fn pathway(&self, name: &str) -> Option<&Pathway> {
        self.pathways.iter().find(|p| p.name == name)
    }
}

fn folder(path: &str) -> Option<&str> {
    path.rsplit(['/', '\\']).nth(1)
}

/// Whether a file holds a code set.
pub fn is_codes(path: &str) -> bool {
    folder(path) == Some("codes")
}

/// Whether a file holds a FHIR Questionnaire.
pub fn is_questionnaire(path: &str) -> bool {
    folder(path) == Some("questionnaires")
}

/// Whether a file holds what pathways are read with, and no pathway.
pub fn is_beside(path: &str) -> bool {
    is_codes(path) || is_questionnaire(path)
}

/// Reads the texts of a folder (path, text): files whose folder is named `codes` are code sets, those of a folder
/// `questionnaires` FHIR Questionnaires, all others pathways. Nothing is lost by one bad file but that file.
pub fn read_dir_texts(files: &[(String, String)], teams: &[String]) -> Library {
    let (codes, pathways): (Vec<_>, Vec<_>) = files.iter().cloned().partition(|(path, _)| is_beside(path));
    let mut library = Library::default();
    let (sets, findings) = CodeSets::read_what_can_be(&codes);
    library.codes = sets;
    library.findings = findings;
    let names: Vec<String> = pathways.iter().filter_map(|(_, text)| name_in(text)).collect();
    let mut files = Vec::new();
    for (file, text) in &pathways {
        match read(file, text, &library.codes, teams) {
            Ok((pathway, warnings)) => {
                library.findings.extend(warnings);
                match library.pathways.iter().any(|p| p.name == pathway.name) {
                    true => library.findings.push(twice(file, &pathway.name)),
                    false => {
                        library.pathways.push(pathway);
                        files.push(file.clone());
                    }
                }
            }
            Err(findings) => library.findings.extend(findings),
        }
    }
    across(&mut library, &files, &names);
    library
}

/// Reads a version that was taken before, with the code sets (path, text) and teams of its time.
pub fn read_kept(source: &str, codes: &[(String, String)], teams: &[String]) -> Option<Pathway> {
    let (sets, _) = CodeSets::read_what_can_be(codes);
    crate::compile::read_again(source, &sets, teams)
}

/// What pathways say of each other; one that names another wrongly is not taken.
fn across(library: &mut Library, files: &[String], names: &[String]) {
    let read: Vec<_> = files.iter().cloned().zip(&library.pathways).collect();
    let findings = world::across(&read, names);
    let refused: Vec<bool> = files.iter().map(|f| findings.iter().any(|found| found.file == *f)).collect();
    let mut refused = refused.into_iter();
    library.pathways.retain(|_| !refused.next().unwrap_or(false));
    library.findings.extend(findings);
}

/// The name in a file, also of one with mistakes, so that they are not told of whoever names it too.
pub fn name_in(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix("pathway:"))?;
    line.split_whitespace().next().map(|name| name.trim_matches(['"', '\'']).to_owned())
}

fn twice(file: &str, name: &str) -> Finding {
    Finding {
        code: "TL006",
        severity: Severity::Error,
        file: file.into(),
        place: crate::ast::Place { line: 1, column: 1, length: 1 },
        says: format!("another file defines the pathway `{name}` already"),
        help: None,
    }
}

/// Shipped pathways and code sets as (path, text), as [`read_dir_texts`] takes them.
pub fn shipped_texts() -> Vec<(String, String)> {
    let codes = SHIPPED_CODES.iter().map(|(file, text)| (format!("pathways/codes/{file}"), (*text).to_string()));
    let pathways = SHIPPED.iter().chain(OFFERED).map(|(file, text)| (format!("pathways/{file}"), (*text).to_string()));
    codes.chain(pathways).collect()
}

/// The shipped pathways that are in force by default, read with these teams.
pub fn shipped(teams: &[String]) -> Library {
    let mut texts = shipped_texts();
    texts.retain(|(path, _)| !is_offered(path));
    read_dir_texts(&texts, teams)
}

/// Everything that ships, read with these teams.
pub fn all(teams: &[String]) -> Library {
    read_dir_texts(&shipped_texts(), teams)
}

/// Whether a shipped file is in force only where a site says so.
pub fn is_offered(path: &str) -> bool {
    OFFERED.iter().any(|(file, _)| path.rsplit('/').next() == Some(*file))
}
