//! Both languages say the same things, and all that the pages ask for.

use super::*;
use axum::http::HeaderValue;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Message keys of a file, each with the arguments that its text names.
fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut last = String::new();
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        if let Some((key, _)) = line.split_once('=').filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase())) {
            last = key.trim().to_owned();
            assert!(out.insert(last.clone(), BTreeSet::new()).is_none(), "{last} is there twice");
        }
        for part in line.split("{ $").skip(1) {
            let name: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            out.entry(last.clone()).or_default().insert(name);
        }
    }
    out
}

fn sources(folder: &Path, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the sources are beside the test") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs")
            && !path.ends_with("tongue.rs")
            && !path.ends_with("tongue/tests.rs")
        {
            out.push(std::fs::read_to_string(&path).expect("a source reads"));
        }
    }
}

/// The first literal after each `start`, with the arguments of the call.
fn said(sources: &[String], start: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut out = Vec::new();
    for part in sources.iter().flat_map(|text| text.split(start).skip(1)) {
        let Some((_, rest)) = part.split_once('"') else { continue };
        let Some((key, _)) = rest.split_once('"') else { continue };
        out.push((key.to_owned(), BTreeSet::new()));
    }
    out
}

#[test]
fn the_files_read_and_both_languages_say_the_same_things() {
    for tongue in Tongue::ALL {
        assert_eq!(bundle(tongue).1, Vec::<String>::new());
    }
    for (area, en, es) in AREAS {
        let (en, es) = (keys(en), keys(es));
        let missing: Vec<_> = en.keys().filter(|k| !es.contains_key(*k)).collect();
        assert!(missing.is_empty(), "{area}: Spanish lacks {missing:?}");
        let over: Vec<_> = es.keys().filter(|k| !en.contains_key(*k)).collect();
        assert!(over.is_empty(), "{area}: English lacks {over:?}");
        for (key, args) in &en {
            assert_eq!(args, &es[key], "{area}: {key} has other arguments in Spanish");
        }
    }
}

#[test]
fn every_string_that_is_asked_for_is_there_and_every_one_is_asked_for() {
    let mut texts = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
    let all: BTreeSet<String> = AREAS.iter().flat_map(|(_, en, _)| keys(en).into_keys()).collect();
    let asked: BTreeSet<String> = said(&texts, "say!(").into_iter().map(|(k, _)| k).collect();
    let sets: BTreeSet<String> = said(&texts, ".pick(").into_iter().map(|(k, _)| k).collect();
    let unknown: Vec<_> = asked.iter().filter(|k| !all.contains(*k)).collect();
    assert!(unknown.is_empty(), "said and in no file: {unknown:?}");
    let of_set = |key: &str| sets.iter().any(|s| key.strip_prefix(s.as_str()).is_some_and(|r| r.starts_with('-')));
    let unused: Vec<_> = all.iter().filter(|k| !asked.contains(*k) && !of_set(k)).collect();
    assert!(unused.is_empty(), "in the files and never said: {unused:?}");
    assert!(asked.len() > 20, "the pages say what is in the files: {}", asked.len());
}

#[test]
fn a_browser_gets_the_language_it_chose_else_one_it_asks_for() {
    let wanted = |cookie: &str, accept: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(cookie).expect("ascii"));
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(accept).expect("ascii"));
        Tongue::wanted(&headers)
    };
    assert_eq!(wanted("", ""), Tongue::En);
    assert_eq!(wanted("", "es-MX,es;q=0.9,en;q=0.8"), Tongue::Es);
    assert_eq!(wanted("", "de, es;q=0.5"), Tongue::Es);
    assert_eq!(wanted("a=b; tl_lang=en", "es"), Tongue::En);
    assert_eq!(wanted("tl_lang=xx", "es"), Tongue::Es);
}

#[test]
fn a_string_counts_as_its_language_does() {
    assert_eq!(say!(Tongue::En, "common-minutes", n = 1), "1 min");
    assert_eq!(say!(Tongue::En, "common-days", n = 1), "1 day");
    assert_eq!(say!(Tongue::Es, "common-days", n = 3), "3 días");
    assert_eq!(Tongue::En.pick("channel", "no such channel"), None);
}
