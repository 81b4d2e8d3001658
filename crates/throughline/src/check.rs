//! Pathway files: found, read, checked, shown.

use pathway::Pathway;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that one folder may hold.
const FILES_MAX: usize = 10_000;

/// The YAML files at `path`: itself, or all below it, in the order of their names.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|e| format!("cannot read {}: {e}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|e| format!("cannot read {}: {e}", folder.display()))?.path();
            let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
            let test = path.to_string_lossy().ends_with(".test.yaml");
            match path.is_dir() {
                true => folders.push(path),
                false if yaml && !test => found.push(path),
                false => {}
            }
            if found.len() > FILES_MAX {
                return Err(format!("{}: more than {FILES_MAX} files", path_of(&folder)));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn path_of(path: &Path) -> String {
    path.display().to_string()
}

/// What came of reading pathways.
pub struct Checked {
    /// Those that can be used.
    pub pathways: Vec<Arc<Pathway>>,
    /// Code sets they were read with: path and text.
    pub codes: Vec<(String, String)>,
    /// What was found, ready to print.
    pub findings: Vec<String>,
    /// How many of the findings are errors.
    pub errors: usize,
    /// Files read.
    pub files: usize,
}

/// Reads the files at `paths`, or the shipped ones when there are none. A folder named `codes` holds code
/// sets; without any, the shipped code sets are used.
pub fn check(paths: &[PathBuf], teams: &[String]) -> Result<Checked, String> {
    let mut texts = Vec::new();
    for path in paths {
        for file in files(path)? {
            let text = std::fs::read_to_string(&file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
            texts.push((file.display().to_string(), text));
        }
    }
    if texts.is_empty() && !paths.is_empty() {
        return Err(format!("{}: no .yaml file is there", path_of(&paths[0])));
    }
    let shipped = pathway::shipped::shipped_texts();
    if paths.is_empty() {
        texts = shipped;
    } else if !texts.iter().any(|(path, _)| is_codes(path)) {
        texts.extend(shipped.into_iter().filter(|(path, _)| is_codes(path)));
    }
    let library = pathway::read_dir_texts(&texts, teams);
    let shown = |found: &pathway::Finding| {
        let text = texts.iter().find(|(file, _)| *file == found.file).map_or("", |(_, text)| text);
        pathway::render_finding(found, text)
    };
    let findings = library.findings.iter().map(shown).collect();
    let errors = library.findings.iter().filter(|f| f.severity == pathway::Severity::Error).count();
    let codes = texts.iter().filter(|(path, _)| is_codes(path)).cloned().collect();
    let pathways = library.pathways.into_iter().map(Arc::new).collect();
    Ok(Checked { pathways, codes, findings, errors, files: texts.len() })
}

/// A version as it was kept, with the code sets and teams of its time.
pub fn from_stored(json: &str) -> Option<Pathway> {
    #[derive(serde::Deserialize)]
    struct Kept {
        source: String,
        codes: Vec<(String, String)>,
        teams: Vec<String>,
    }
    let mut kept: Kept = serde_json::from_str(json).ok()?;
    kept.codes.push(("kept.yaml".into(), kept.source));
    pathway::read_dir_texts(&kept.codes, &kept.teams).pathways.into_iter().next()
}

fn is_codes(path: &str) -> bool {
    Path::new(path).parent().and_then(Path::file_name).is_some_and(|name| name == "codes")
}
