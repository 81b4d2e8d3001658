//! Every mistake, and what is told of it: `tests/findings/*.case` changes `good.yaml` in one place
//! and records what is said. `UPDATE=1 cargo test` records anew; read the difference.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use throughline_pathway::finding::{CODES, render_finding};
use throughline_pathway::{CodeSets, Finding, lint, read};

const FILE: &str = "sample.yaml";

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/findings"))
}

fn teams() -> Vec<String> {
    ["nurses", "surgeon"].map(String::from).to_vec()
}

const CODES_FILE: &str =
    "codes: tendon_repair\ntitle: Repair\nowner: surgery\nincludes:\n  - code: urn:sample|tendon-repair\n";

fn codes() -> CodeSets {
    let beside = ["diary", "english"].map(|name| {
        let path = format!("questionnaires/{name}.json");
        (path.clone(), fs::read_to_string(folder().join("..").join(path)).unwrap())
    });
    let files = [("codes.yaml".to_string(), CODES_FILE.to_string())].into_iter().chain(beside);
    CodeSets::read(&files.collect::<Vec<_>>()).unwrap().0
}

/// The day on which files are looked at.
const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

fn good() -> String {
    fs::read_to_string(folder().join("good.yaml")).unwrap()
}

struct Case {
    name: String,
    path: PathBuf,
    good: String,
    bad: String,
    told: String,
}

fn cases() -> Vec<Case> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "case"));
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let (good, rest) = text.strip_prefix("good:\n").unwrap().split_once("\nbad:\n").unwrap();
            let (bad, told) = rest.split_once("\ntold:\n").unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            Case { name, good: good.into(), bad: bad.into(), told: told.into(), path: path.clone() }
        })
        .collect()
}

fn all_of(result: Result<(impl Sized, Vec<Finding>), Vec<Finding>>) -> Vec<Finding> {
    match result {
        Ok((_, warnings)) => warnings,
        Err(findings) => findings,
    }
}

/// Codes whose cases change `world.yaml`, which is read as one file of a folder.
const OF_WORLD: [&str; 6] = ["TL035", "TL036", "TL037", "TL038", "TL039", "TL076"];

fn world() -> String {
    fs::read_to_string(folder().join("world.yaml")).unwrap()
}

/// Who is enrolled in a small file, and in the one about an item.
const BY_HAND: &str = "  by_hand: true\n  once_per: person\n";
const OF_ITEM: &str = "  on: appointment.booked\n  as: visit\n  once_per: item\n";

/// What is told of a folder of this file and three others: one that `world.yaml` begins, one that begins it, and one
/// that is about an item.
fn told_of_folder(text: &str) -> Vec<Finding> {
    let small = |name: &str, step: &str| {
        format!(
            "pathway: {name}\nlanguage: 1\ntitle: {name}\nowner: surgery\nfallback_team: nurses\nspeaks: [en]\n\
             enrol:\n  by_hand: true\n  once_per: person\nleave:\n  - after: 2 days\ntracks:\n  main:\n    - {step}\n"
        )
    };
    let files = [
        (FILE.to_owned(), text.to_owned()),
        ("other.yaml".to_owned(), small("other", "note: hello")),
        ("back.yaml".to_owned(), small("back", "enrol_in: world")),
        ("visits.yaml".to_owned(), small("visits", "note: hello").replace(BY_HAND, OF_ITEM)),
    ];
    let library = throughline_pathway::read_dir_texts(&files, &teams());
    library.findings.into_iter().filter(|f| f.file == FILE).collect()
}

/// What is told of the case's bad file.
fn told(case: &Case) -> (Vec<Finding>, String) {
    if OF_WORLD.contains(&&case.name[..5]) {
        assert!(world().contains(&case.good), "{}: world.yaml does not hold its `good:`", case.name);
        let bad = world().replacen(&case.good, &case.bad, 1);
        let findings = told_of_folder(&bad);
        let told = findings.iter().map(|f| render_finding(f, &bad)).collect();
        return (findings, told);
    }
    let of_codes = case.name.starts_with("TL026");
    let base = if of_codes { CODES_FILE.to_string() } else { good() };
    assert!(base.contains(&case.good), "{}: good.yaml does not hold its `good:`", case.name);
    let bad = base.replacen(&case.good, &case.bad, 1);
    let findings = if of_codes {
        all_of(CodeSets::read(&[(FILE.into(), bad.clone())]))
    } else {
        match read(FILE, &bad, &codes(), &teams()) {
            Ok((pathway, warnings)) => [warnings, lint(&pathway, FILE, TODAY)].concat(),
            Err(findings) => findings,
        }
    };
    let told = findings.iter().map(|f| render_finding(f, &bad)).collect();
    (findings, told)
}

#[test]
fn the_good_file_has_no_finding() {
    let (pathway, warnings) = read(FILE, &good(), &codes(), &teams()).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(lint(&pathway, FILE, TODAY), []);
    assert_eq!(pathway.name, "sample");
    assert_eq!(pathway.source, good());
}

#[test]
fn the_good_file_of_a_folder_has_no_finding() {
    assert_eq!(told_of_folder(&world()), []);
}

#[test]
fn every_mistake_is_told_with_its_place() {
    for case in cases() {
        let (findings, told) = told(&case);
        let code = case.name.split('-').next().unwrap();
        assert!(findings.iter().any(|f| f.code == code), "{} is not found:\n{told}", case.name);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&case.path, format!("good:\n{}\nbad:\n{}\ntold:\n{told}", case.good, case.bad)).unwrap();
        } else {
            assert_eq!(told, case.told, "{}", case.name);
        }
    }
}

#[test]
fn every_code_has_a_case_and_a_line_in_the_language_reference() {
    let cases = cases();
    let with_case: BTreeSet<&str> = cases.iter().map(|c| &c.name[..5]).collect();
    let doc = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pathways.md")).unwrap();
    for (code, about) in CODES {
        assert!(with_case.contains(code), "{code} has no case");
        assert!(doc.contains(&format!("| `{code}` | {about} |")), "docs/pathways.md does not explain {code}");
    }
    for case in with_case {
        assert!(CODES.iter().any(|(code, _)| *code == case), "{case} is no code");
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let bad =
        good().replace("rx.as_needed", "rx.as_neded").replace("to: nurses", "to: nurse").replace("5 days", "5 dayz");
    let findings = all_of(read(FILE, &bad, &codes(), &teams()));
    let found: Vec<&str> = findings.iter().map(|f| f.code).collect();
    assert_eq!(found, ["TL011", "TL007", "TL017"]);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x,x]\n");
    for (name, of) in ["b", "c", "d", "e", "f"].iter().zip(["a", "b", "c", "d", "e"]) {
        bomb.push_str(&format!("{name}: &{name} [*{of},*{of},*{of},*{of},*{of},*{of},*{of},*{of},*{of},*{of}]\n"));
    }
    let findings = all_of(read(FILE, &bomb, &codes(), &teams()));
    assert_eq!(findings[0].code, "TL002", "{findings:?}");
    let brackets = "[".repeat(100_000);
    assert_eq!(all_of(read(FILE, &brackets, &codes(), &teams()))[0].code, "TL002");
    let deep: String = (0..1_000).map(|depth| format!("{}a:\n", " ".repeat(depth.min(200)))).collect();
    assert!(!all_of(read(FILE, &deep, &codes(), &teams())).is_empty());
    let long = " ".repeat(300 * 1024);
    assert_eq!(all_of(read(FILE, &long, &codes(), &teams()))[0].code, "TL002");
}

#[test]
fn a_version_that_was_taken_before_is_read_though_the_language_refuses_it_now() {
    let text =
        good().replace("sms, portal: \"Your medicine is ready.\"", "sms, portal: \"Your {{ rx.name }} is ready.\"");
    assert!(all_of(read(FILE, &text, &codes(), &teams())).iter().any(|f| f.code == "TL023"));
    let files = [("codes.yaml".to_string(), CODES_FILE.to_string())];
    let kept = throughline_pathway::read_kept(&text, &files, &teams()).unwrap();
    let sms = kept.words("medicine_ready").unwrap().texts.iter().find(|t| t.channel == model::Channel::Sms).unwrap();
    assert_eq!(sms.discloses, model::Disclosure::Health, "and when it is sent, it goes to whom agreed");
    let broken = text.replace("to: nurses", "to: nobody");
    assert!(throughline_pathway::read_kept(&broken, &files, &teams()).is_none(), "what never was right is not");
}

#[test]
fn a_part_is_put_in_and_judged_where_it_is_written() {
    let parts = "parts:\n  bye:\n    en: \"{{ clinic.name }}, {{ clinic.phone }}\"\n    es: \"Su {{ clinic.name }}\"\n";
    let with = |parts: &str| {
        let text =
            good().replace("\"Your medicine is ready.\"\n      email", "\"It is ready. {{ parts.bye }}\"\n      email");
        assert!(text.contains("parts.bye"));
        format!("{text}{parts}")
    };
    let (pathway, warnings) = read(FILE, &with(parts), &codes(), &teams()).unwrap();
    assert_eq!(warnings, []);
    let text = &pathway.words("medicine_ready").unwrap().texts[1].text;
    assert_eq!(text, "It is ready. {{ clinic.name }}, {{ clinic.phone }}");
    let told =
        all_of(read(FILE, &with(&parts.replace("en: \"{{ clinic.name }}", "en: \"{{ rx.name }}")), &codes(), &teams()));
    let place = told.iter().find(|f| f.code == "TL023").map(|f| f.place).unwrap();
    let line = with(parts).lines().position(|l| l.contains("en: \"{{ clinic.name }}, ")).unwrap() + 1;
    assert_eq!((place.line as usize, place.column), (line, 13));
    let unused = all_of(read(FILE, &format!("{}{parts}", good()), &codes(), &teams()));
    assert!(unused.iter().any(|f| f.code == "TL025"), "{unused:?}");
}

#[test]
fn of_what_ships_only_approval_and_translation_are_open() {
    let files = throughline_pathway::shipped::shipped_texts();
    let teams = ["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk"].map(String::from);
    let library = throughline_pathway::read_dir_texts(&files, &teams);
    let found = throughline_pathway::words::lint_dir_texts(&files, &library, TODAY);
    let codes: BTreeSet<&str> = found.iter().map(|f| f.code).collect();
    assert_eq!(codes, BTreeSet::from(["TL050", "TL052"]), "{found:?}");
}
