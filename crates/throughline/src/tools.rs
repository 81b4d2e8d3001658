//! Tools for who writes pathways: `graph`, `fmt`, `diff`, `schema`.

use crate::check;
use pathway::Pathway;
use pathway::tools::{diff, fmt, graph};
use std::path::{Path, PathBuf};

fn text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// The one pathway of a file, read with the code sets beside it or those that ship.
fn one(path: &Path, teams: &[String]) -> Result<Pathway, String> {
    let mut files = vec![(path.display().to_string(), text(path)?)];
    let beside = path.parent().map(|folder| folder.join("codes")).filter(|codes| codes.is_dir());
    match beside {
        Some(codes) => {
            for file in check::files(&codes)? {
                files.push((file.display().to_string(), text(&file)?));
            }
        }
        None => {
            let shipped = pathway::shipped::SHIPPED_CODES.iter();
            files.extend(shipped.map(|(file, text)| (format!("codes/{file}"), (*text).to_owned())));
        }
    }
    if let Some(beside) = path.parent().map(|folder| folder.join("questionnaires")).filter(|folder| folder.is_dir()) {
        for file in check::files(&beside)? {
            files.push((file.display().to_string(), text(&file)?));
        }
    }
    let library = pathway::read_dir_texts(&files, teams);
    library.pathways.into_iter().next().ok_or_else(|| {
        let found: Vec<String> = library.findings.iter().map(|f| pathway::render_finding(f, &files[0].1)).collect();
        format!("{} does not read:\n\n{}", path.display(), found.join("\n"))
    })
}

/// `graph FILE`: Mermaid, or an SVG.
pub fn graph(path: &Path, as_svg: bool, teams: &[String]) -> Result<String, String> {
    let pathway = one(path, teams)?;
    Ok(if as_svg { graph::svg(&pathway) } else { graph::mermaid(&pathway) })
}

/// `diff OLD NEW`: a line for each difference, and how many.
pub fn diff(from: &Path, to: &Path, teams: &[String]) -> Result<(String, usize), String> {
    let changes = diff::diff(&one(from, teams)?, &one(to, teams)?);
    Ok((diff::in_words(&changes), changes.len()))
}

/// `fmt PATH…`: writes files in their layout, or with `only_check` tells which are not; their names.
pub fn fmt(paths: &[PathBuf], only_check: bool) -> Result<Vec<String>, String> {
    let mut other = Vec::new();
    for path in paths {
        for file in check::files(path)?.iter().filter(|f| !pathway::shipped::is_questionnaire(&f.to_string_lossy())) {
            let (was, name) = (text(file)?, file.display().to_string());
            let is = fmt::fmt(&was);
            if is == was {
                continue;
            }
            if !only_check {
                std::fs::write(file, is).map_err(|e| format!("cannot write {name}: {e}"))?;
            }
            other.push(name);
        }
    }
    Ok(other)
}
