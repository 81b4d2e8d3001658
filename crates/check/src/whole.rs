//! A whole library under check: what reading it tells, what its words tell, and what is proved of it, in one order.
//!
//! The command line and the console both come this way, so that they print the same.

use crate::{Given, Source, check};
use jiff::civil::Date;
use outreach::Rules;
use pathway::shipped::Library;
use pathway::{Finding, Pathway};

/// Holidays are looked for so many days ahead: a year, and a month.
const AHEAD_DAYS: i32 = 400;

/// Reads texts (path, text): what could be read, with the findings of the reader and of the words.
pub fn read(texts: &[Source], teams: &[String], today: Date) -> Library {
    let mut library = pathway::read_dir_texts(texts, teams);
    let of_words = pathway::words::lint_dir_texts(texts, &library, today);
    library.findings.extend(of_words);
    library
}

/// Adds what [`check`] proves of `pathways`; all of it in the order of the files and their lines.
pub fn prove(findings: &mut Vec<Finding>, pathways: &[&Pathway], sources: &[Source], given: &Given<'_>) {
    findings.extend(check(pathways, sources, given));
    findings.sort_by_key(|f| (sources.iter().position(|(file, _)| *file == f.file), f.place.line));
}

/// The holidays of the calendar that are ahead, and `more` that were named.
pub fn holidays(rules: &Rules, today: Date, more: &[Date]) -> Vec<Date> {
    let ahead = |day: &&Date| **day >= today && today.until(**day).is_ok_and(|span| span.get_days() <= AHEAD_DAYS);
    rules.holidays().iter().filter(ahead).chain(more).copied().collect()
}
