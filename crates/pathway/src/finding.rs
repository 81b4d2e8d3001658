//! Findings: mistakes in a file, each with its place and what to do about it.

use crate::ast::Place;
use std::fmt::Write;

/// The most findings that one file is told of.
pub const FINDINGS_MAX: usize = 50;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file is taken; someone should look.
    Warning,
}

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `TL007`; explained in `docs/pathways.md`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// The file's name as given.
    pub file: String,
    /// Where.
    pub place: Place,
    /// What is wrong, in one line.
    pub says: String,
    /// What to do, as "did you mean `rx.as_needed`?".
    pub help: Option<String>,
}

/// Every code that a finding may have, and what it is about.
pub const CODES: &[(&str, &str)] = &[
    ("TL001", "not YAML"),
    ("TL002", "too big, too deep or too many"),
    ("TL003", "another shape is expected"),
    ("TL004", "unknown key"),
    ("TL005", "missing key"),
    ("TL006", "the same name twice"),
    ("TL007", "unknown field or variable"),
    ("TL008", "a condition that cannot be read"),
    ("TL009", "types that do not fit in a condition"),
    ("TL010", "unknown step or sub-pathway"),
    ("TL011", "unknown team"),
    ("TL012", "unknown words"),
    ("TL013", "unknown form"),
    ("TL014", "unknown checklist"),
    ("TL015", "unknown code set"),
    ("TL016", "unknown kind of fact"),
    ("TL017", "a time or a length of time that cannot be read"),
    ("TL018", "a value that is none of the known ones"),
    ("TL019", "a loop without a wait"),
    ("TL020", "a step that is never reached"),
    ("TL021", "words missing for a channel or a language"),
    ("TL022", "a branch that does not say what if unknown"),
    ("TL023", "health detail where others may see or hear it"),
    ("TL024", "a variable in words that cannot be read"),
    ("TL025", "defined and never used"),
    ("TL026", "not a code"),
    ("TL027", "a number or a range that cannot be"),
    ("TL030", "a split that cannot be drawn"),
    ("TL031", "a metric that is no goal"),
    ("TL032", "strands that never join"),
    ("TL033", "a way into or out of a strand of `parallel`"),
    ("TL034", "something that includes itself"),
    ("TL035", "a red flag that does not hold at any hour"),
    ("TL036", "an enrolment that does not fit together"),
    ("TL037", "a goal that is due after the journey's end"),
    ("TL038", "unknown pathway"),
    ("TL039", "a pathway that begins or ends itself"),
    ("TL040", "choices that cannot be told apart"),
    ("TL041", "a language that answers are not read in"),
    ("TL042", "unknown questions"),
    ("TL043", "a channel that cannot ask this"),
    ("TL044", "a success that cannot be told"),
    ("TL045", "a text of too many parts"),
    ("TL046", "a letter that makes a text dear"),
    ("TL047", "hard to read"),
    ("TL048", "a placeholder that was left in"),
    ("TL049", "a link that does something when it is opened"),
    ("TL050", "a translation that nobody reviewed"),
    ("TL051", "no owner"),
    ("TL052", "no clinical approver"),
    ("TL053", "no day of review, or one that is past"),
    ("TL054", "plain words that tell of health where others hear or see them"),
    ("TL075", "a `stop_when` that stops nothing"),
    ("TL076", "tries of a red flag that no other follows"),
    ("TL090", "unknown service"),
    ("TL091", "a service that is told more than it says"),
    ("TL094", "a limit of places that holds for nobody"),
    ("TL095", "a wait for a place without a limit of places"),
    ("TL097", "words in no language of the person"),
    ("TL098", "an item of a Questionnaire that cannot be asked"),
    ("TL099", "an item of a Questionnaire without words in a language"),
];

/// Codes of errors that came into the language after versions without them were in force: who is on the way on such a
/// version stays on it.
pub const SINCE: &[&str] = &["TL023", "TL048", "TL049", "TL051", "TL076", "TL097"];

/// Writes a finding with the line it is about and a caret:
///
/// ```text
/// error[TL007]: unknown field `rx.as_neded`
///   --> pathways/post-surgical-follow-up.yaml:31:16
///    |
/// 31 |     - skip_when: rx.as_neded
///    |                  ^^^^^^^^^^^ did you mean `rx.as_needed`?
/// ```
pub fn render_finding(finding: &Finding, source: &str) -> String {
    let kind = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let Place { line, column, length } = finding.place;
    let mut out = format!("{kind}[{}]: {}\n", finding.code, finding.says);
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let _ = writeln!(out, "{margin}--> {}:{line}:{column}", finding.file);
    let shown = usize::try_from(line).ok().and_then(|l| source.lines().nth(l.checked_sub(1)?)).unwrap_or_default();
    let shown: String = shown.chars().take(SHOWN_MAX).map(|c| if c == '\t' { ' ' } else { c }).collect();
    let width = shown.chars().count();
    let before = usize::try_from(column.saturating_sub(1)).unwrap_or(0).min(width);
    let carets = usize::try_from(length).unwrap_or(1).min(width.saturating_sub(before)).max(1);
    let help = finding.help.as_deref().map(|h| format!(" {h}")).unwrap_or_default();
    let _ = writeln!(out, "{margin} |\n{number} | {shown}");
    let _ = writeln!(out, "{margin} | {}{}{help}", " ".repeat(before), "^".repeat(carets));
    out
}

/// The most characters of a line that are shown.
const SHOWN_MAX: usize = 400;

/// "did you mean `x`?" for the known name that is nearest to `name`, if one is near.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|n| format!("did you mean `{n}`?"))
}

/// The known name nearest to `name`: at most a third of its letters differ.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LETTERS_MAX: usize = 100;
    let letters = name.chars().count();
    if letters > LETTERS_MAX {
        return None;
    }
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(name, k), k))
        .filter(|(d, _)| *d <= (letters / 3).max(1))
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

/// Where findings of one file gather; no more than [`FINDINGS_MAX`], each place and code once.
#[derive(Debug, Default)]
pub struct Findings {
    file: String,
    all: Vec<Finding>,
}

impl Findings {
    /// For the file of that name.
    pub fn of(file: &str) -> Self {
        Self { file: file.into(), all: Vec::new() }
    }

    /// An error.
    pub fn error(&mut self, code: &'static str, place: Place, says: impl Into<String>, help: Option<String>) {
        self.push(Severity::Error, code, place, says.into(), help);
    }

    /// A warning.
    pub fn warn(&mut self, code: &'static str, place: Place, says: impl Into<String>, help: Option<String>) {
        self.push(Severity::Warning, code, place, says.into(), help);
    }

    fn push(&mut self, severity: Severity, code: &'static str, place: Place, says: String, help: Option<String>) {
        let finding = Finding { code, severity, file: self.file.clone(), place, says, help };
        if self.all.len() < FINDINGS_MAX && !self.all.contains(&finding) {
            self.all.push(finding);
        }
    }

    /// Whether no more findings are taken, so that looking for more is in vain.
    pub fn is_full(&self) -> bool {
        self.all.len() >= FINDINGS_MAX
    }

    /// Whether the file must be refused.
    pub fn refused(&self) -> bool {
        self.all.iter().any(|f| f.severity == Severity::Error)
    }

    /// Whether a file that was taken before must be refused.
    pub(crate) fn refused_before(&self) -> bool {
        self.all.iter().any(|f| f.severity == Severity::Error && !SINCE.contains(&f.code))
    }

    /// All, in the order of the file.
    pub fn sorted(mut self) -> Vec<Finding> {
        self.all.sort_by_key(|f| (f.place.line, f.place.column, f.severity, f.code));
        self.all
    }
}
