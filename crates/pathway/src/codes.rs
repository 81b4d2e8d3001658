//! Code sets: names for lists of clinical codes, so that a pathway reads `codes.tendon_repair`.
//!
//! ```yaml
//! codes: tendon_repair
//! title: Repair of a tendon
//! owner: orthopaedic-surgery
//! includes:
//!   - code: http://www.cms.gov/Medicare/Coding/ICD10|0LQN0ZZ
//!     display: Repair right lower leg tendon, open approach
//! ```

use crate::finding::{Finding, Findings, Severity};
use crate::questionnaire::{self, Questionnaire};
use crate::reader::{self, Keys};
use crate::yaml;
use std::collections::BTreeMap;

/// The most codes of one set.
const CODES_MAX: usize = 5_000;

/// A code set.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CodeSet {
    /// As shown.
    pub title: String,
    /// Who answers for it clinically.
    pub owner: String,
    /// `system|code` and its display, sorted by code.
    pub codes: Vec<(String, String)>,
}

/// Code sets by name, and the Questionnaires beside them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CodeSets {
    sets: BTreeMap<String, CodeSet>,
    questionnaires: Vec<Questionnaire>,
}

impl CodeSets {
    /// Reads the texts of code set files (file name, text). All mistakes of all files are told.
    pub fn read(files: &[(String, String)]) -> Result<(Self, Vec<Finding>), Vec<Finding>> {
        let (sets, all) = Self::read_what_can_be(files);
        if all.iter().any(|f| f.severity == Severity::Error) { Err(all) } else { Ok((sets, all)) }
    }

    /// The same; sets with mistakes keep their name, so that pathways that name them are not blamed.
    pub(crate) fn read_what_can_be(files: &[(String, String)]) -> (Self, Vec<Finding>) {
        let (mut sets, mut all) = (Self::default(), Vec::new());
        for (file, text) in files {
            let mut findings = Findings::of(file);
            if crate::shipped::is_questionnaire(file) {
                let place = crate::ast::Place { line: 1, column: 1, length: 1 };
                if let Some(one) = questionnaire::read(file, text, &mut findings) {
                    match sets.questionnaires.iter().any(|q| q.canonical() == one.canonical()) {
                        false => sets.questionnaires.push(one),
                        true => {
                            let says = format!("`{}` is in another file too", one.canonical());
                            findings.error("TL006", place, says, None);
                        }
                    }
                }
                all.extend(findings.sorted());
                continue;
            }
            if let Some((name, set, place)) = read_one(text, &mut findings)
                && sets.sets.insert(name.clone(), set).is_some()
            {
                findings.error("TL006", place, format!("the code set `{name}` is defined in another file too"), None);
            }
            all.extend(findings.sorted());
        }
        (sets, all)
    }

    /// The set of that name.
    pub fn get(&self, name: &str) -> Option<&CodeSet> {
        self.sets.get(name)
    }

    /// FHIR Questionnaires that stand beside the pathways.
    pub fn questionnaires(&self) -> &[Questionnaire] {
        &self.questionnaires
    }

    /// Every name, sorted.
    pub fn names(&self) -> Vec<&str> {
        self.sets.keys().map(String::as_str).collect()
    }

    /// The codes of a set, sorted `system|code`; empty when there is no such set.
    pub fn expand(&self, name: &str) -> Vec<String> {
        self.get(name).map(|s| s.codes.iter().map(|(c, _)| c.clone()).collect()).unwrap_or_default()
    }
}

fn read_one(text: &str, findings: &mut Findings) -> Option<(String, CodeSet, crate::ast::Place)> {
    let root = yaml::parse(text, findings)?;
    let keys = Keys::of(&root, "a code set", findings)?;
    keys.only("a code set", &["codes", "title", "owner", "source", "includes"], findings);
    let at = keys.need("codes", "a code set", findings)?;
    let name = reader::name(at, "a code set", findings)?;
    let mut plain = |key: &str| {
        keys.need(key, "a code set", findings)
            .and_then(|n| reader::text(n, key, findings))
            .map(String::from)
            .unwrap_or_default()
    };
    let (title, owner) = (plain("title"), plain("owner"));
    let mut codes: Vec<(String, String)> = Vec::new();
    let includes = keys.need("includes", "a code set", findings);
    for node in includes.map_or(&[][..], |n| reader::list(n, "`includes`", findings)) {
        let Some(entry) = Keys::of(node, "a code", findings) else { continue };
        entry.only("a code", &["code", "display"], findings);
        let Some(at) = entry.need("code", "a code", findings) else { continue };
        let Some(code) = reader::text(at, "a code", findings) else { continue };
        let whole = code.split_once('|').is_some_and(|(s, c)| !s.is_empty() && !c.is_empty());
        if !whole || code.chars().any(char::is_whitespace) {
            let help = Some("write `http://snomed.info/sct|41727003`: system, `|`, code".into());
            findings.error("TL026", at.place, format!("`{code}` is not a code with its system"), help);
        }
        if codes.iter().any(|(c, _)| c == code) {
            findings.error("TL006", at.place, format!("`{code}` stands here twice"), None);
        }
        if codes.len() >= CODES_MAX {
            findings.error("TL002", at.place, format!("a set has at most {CODES_MAX} codes"), None);
            break;
        }
        let display = entry.get("display").and_then(|d| d.text()).unwrap_or_default();
        codes.push((code.into(), display.into()));
    }
    codes.sort();
    Some((name.into(), CodeSet { title, owner, codes }, at.place))
}
