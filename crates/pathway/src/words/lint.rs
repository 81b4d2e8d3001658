//! What someone should look at before words reach a patient: warnings, each at the very letter.

use super::reading::{self, Count};
use super::rules::Rules;
use super::{bare, sms, tokens, without_variables};
use crate::ast::{Approval, Pathway, Place, TextPart, Verb};
use crate::finding::{Finding, Findings};
use crate::shipped::Library;
use crate::template;
use crate::yaml::{self, Node, What};
use jiff::civil::Date;
use model::value::{Kind, Type, field_type};
use model::{Channel, Disclosure};

/// Letters that a variable is counted as when no usual value of it is known.
const LETTERS: usize = 20;

/// Looks at a pathway that was read, as of `today`. `file` is its name as findings show it.
pub fn lint(pathway: &Pathway, file: &str, today: Date) -> Vec<Finding> {
    let mut findings = Findings::of(file);
    // It was read before: what the parser says now, it said then.
    let Some(root) = yaml::parse(&pathway.source, &mut Findings::of(file)) else { return Vec::new() };
    answered_for(pathway, today, &mut findings);
    let mut short: Vec<(&str, Count, Place, f64)> = Vec::new();
    let labels = labels(pathway, &root);
    let asked = labels.iter().map(|(language, node, parts, plain)| {
        let said = Said { language, channel: Channel::Sms, subject: false, node, parts: parts.as_slice() };
        (said, *plain)
    });
    for (said, plain) in texts(pathway, &root).into_iter().map(|said| (said, true)).chain(asked) {
        if plain {
            given_away(&said, &mut findings);
        }
        if said.channel == Channel::Sms {
            carried(pathway, &said, &mut findings);
        }
        readable(&said, &mut short, &mut findings);
    }
    readable_together(pathway, &short, &mut findings);
    findings.sorted()
}

/// Looks at all pathways of a folder that was read: files (path, text) as [`crate::read_dir_texts`] takes them.
pub fn lint_dir_texts(files: &[(String, String)], library: &Library, today: Date) -> Vec<Finding> {
    let of = |text: &str| library.pathways.iter().find(|p| p.source == text);
    files.iter().filter_map(|(file, text)| Some(lint(of(text)?, file, today))).flatten().collect()
}

/// Owner, approver, date of review, translations.
fn answered_for(pathway: &Pathway, today: Date, findings: &mut Findings) {
    let place = |path: &str| pathway.places.get(path).copied();
    let head = place("pathway").unwrap_or_default();
    let ahead = |approval: &Approval| approval.on > today;
    match &pathway.publishing.approved {
        None => {
            let help = "add `approved: { by: …, role: …, on: 2026-10-01 }` once a clinician has";
            findings.warn("TL052", head, "no clinician has approved this pathway", Some(help.into()));
        }
        Some(approval) if ahead(approval) => {
            let says = format!("approved on {}, a day that is yet to come", approval.on);
            findings.warn("TL052", place("approved").unwrap_or(head), says, None);
        }
        Some(_) if pathway.publishing.review_by.is_none() => {
            let help = Some("add `review_by: 2027-10-01`".into());
            findings.warn("TL053", place("approved").unwrap_or(head), "approved without a day of review", help);
        }
        Some(_) => {}
    }
    if let Some(by) = pathway.publishing.review_by.filter(|by| *by < today) {
        let says = format!("its review was due on {by}");
        let help = "have it read again by who answers for it, and write when it is due next";
        findings.warn("TL053", place("review_by").unwrap_or(head), says, Some(help.into()));
    }
    for language in pathway.speaks.iter().skip(1) {
        let at = place(&format!("reviewed.{language}")).or_else(|| place("speaks")).unwrap_or(head);
        match pathway.publishing.review(language) {
            None => {
                let says = format!("the words in `{language}` were not reviewed: they are held back");
                let help =
                    format!("add `reviewed: {{ {language}: {{ by: …, role: …, on: … }} }}` (45 CFR 92.201(c)(3))");
                findings.warn("TL050", at, says, Some(help));
            }
            Some(review) if ahead(review) => {
                findings.warn("TL050", at, format!("reviewed on {}, a day that is yet to come", review.on), None);
            }
            Some(_) => {}
        }
    }
}

/// A text as it is written, and as it is said.
struct Said<'a> {
    language: &'a str,
    channel: Channel,
    subject: bool,
    /// Where it is written.
    node: &'a Node,
    /// As said, with its parts.
    parts: &'a [TextPart],
}

/// All words of the file, each where it is written. A text for several channels comes once for each.
fn texts<'a>(pathway: &'a Pathway, root: &'a Node) -> Vec<Said<'a>> {
    let mut out = Vec::new();
    for words in &pathway.words {
        for text in &words.texts {
            let at = get(root, "words").and_then(|n| get(n, &words.name)).and_then(|n| get(n, &text.language));
            let Some(node) = at.and_then(|n| get(n, text.channel.name())) else { continue };
            let (language, channel) = (text.language.as_str(), text.channel);
            let said = |node, subject, parts| Said { language, channel, subject, node, parts };
            match &node.what {
                What::Map(_) => {
                    out.extend(get(node, "subject").map(|n| said(n, true, text.subject_parts.as_slice())));
                    out.extend(get(node, "text").map(|n| said(n, false, text.parts.as_slice())));
                }
                _ => out.push(said(node, false, text.parts.as_slice())),
            }
        }
    }
    out
}

/// Questions as a text puts them: language, where it is written, what is sent, and whether the pathway says that they
/// tell less than health.
fn labels<'a>(pathway: &'a Pathway, root: &'a Node) -> Vec<(&'a str, &'a Node, Vec<TextPart>, bool)> {
    let mut out = Vec::new();
    for question in &pathway.questions {
        let plain = question.discloses < Disclosure::Health;
        let asked = get(root, "questions").and_then(|n| get(n, &question.name)).and_then(|n| get(n, "questions"));
        let Some(What::List(nodes)) = asked.map(|n| &n.what) else { continue };
        for (field, node) in question.form.fields.iter().zip(nodes) {
            for language in &pathway.speaks {
                let Some(label) = get(node, "label").and_then(|n| get(n, language)) else { continue };
                let put = crate::asking::put(question, field, language, crate::asking::Again::Not);
                out.push((language.as_str(), label, vec![TextPart::Plain(put)], plain));
            }
        }
    }
    out
}

/// The value of a key, also of one among several: `sms, portal`.
fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let What::Map(pairs) = &node.what else { return None };
    let is = |node: &Node| node.text().is_some_and(|t| t.split(',').any(|name| name.trim() == key));
    pairs.iter().find(|(k, _)| is(k)).map(|(_, value)| value)
}

/// Health in plain words, where others hear or see it.
fn given_away(said: &Said<'_>, findings: &mut Findings) {
    let (list, where_) = match (said.subject, said.channel) {
        (true, _) => (&Rules::shipped().heard, "a subject shows on a locked screen"),
        (_, Channel::Voicemail) => (&Rules::shipped().heard, "others may hear a voicemail"),
        (_, Channel::Push) => (&Rules::shipped().heard, "a notification shows on a locked screen"),
        (_, Channel::Sms) => (&Rules::shipped().shown, "a text shows on a locked screen"),
        _ => return,
    };
    let text = without_variables(said.node.text().unwrap_or_default());
    let matches = |word: &str, pattern: &String| match pattern.strip_suffix('*') {
        Some(begin) => word.starts_with(begin),
        None => word == pattern,
    };
    for (at, word) in tokens(&text) {
        let plain = bare(&word);
        if list.iter().any(|pattern| matches(&plain, pattern)) {
            let says = format!("`{word}` tells of health, and {where_}");
            let help = "say only who calls and where to call back; the rest on the portal";
            findings.warn("TL054", said.node.within(at, word.chars().count()), says, Some(help.into()));
        }
    }
}

/// How many parts a text has, and the letters that make it dear.
fn carried(pathway: &Pathway, said: &Said<'_>, findings: &mut Findings) {
    let rules = Rules::shipped();
    let longest = filled(pathway, said).into_iter().max_by_key(|text| sms::length(text).segments).unwrap_or_default();
    let (length, most) = (sms::length(&longest), rules.segments_max(said.language));
    let needless = needless(said);
    let cheap: String = longest.chars().filter(|c| !needless.iter().any(|(_, dear)| dear == c)).collect();
    let cheap = sms::length(&cheap).segments;
    dear(said, &needless, length.segments, cheap, findings);
    if cheap > most {
        let alphabet = if length.gsm7 { "7-bit letters" } else { "16-bit letters" };
        let says = format!(
            "this text is sent in {} parts, with usual values ({} {alphabet}): {most} at most",
            length.segments, length.places
        );
        findings.warn("TL045", said.node.place, says, Some("say less, or leave the rest to `portal`".into()));
    }
}

/// Letters beside the 7-bit alphabet that need not be there, and the letters before each.
fn needless(said: &Said<'_>) -> Vec<(usize, char)> {
    let text = without_variables(said.node.text().unwrap_or_default().trim_end());
    let foreign = |c: char| c != reading::VARIABLE && sms::septets(c).is_none();
    let all: Vec<(usize, char)> = text.chars().enumerate().filter(|(_, c)| foreign(*c)).collect();
    // Spanish is not written without its accents; but one alone may be put in other words.
    let own = Rules::shipped().letters(said.language);
    if all.len() == 1 { all } else { all.into_iter().filter(|(_, c)| !own.contains(*c)).collect() }
}

fn dear(said: &Said<'_>, needless: &[(usize, char)], with: usize, without: usize, findings: &mut Findings) {
    let Some((at, letter)) = needless.first().filter(|_| without < with) else { return };
    let others = if needless.len() > 1 { format!(", and {} more like it,", needless.len() - 1) } else { String::new() };
    let says =
        format!("`{letter}`{others} is no letter of a plain text: it is sent in {with} parts instead of {without}");
    let help = match sms::instead(*letter) {
        _ if Rules::shipped().letters(said.language).contains(*letter) => "say it in words without it".into(),
        Some(other) => format!("write `{other}` instead"),
        None => "leave it out".into(),
    };
    findings.warn("TL046", said.node.within(*at, 1), says, Some(help));
}

/// A text with usual long values; several where the longest depends on the letters of a day.
fn filled(pathway: &Pathway, said: &Said<'_>) -> Vec<String> {
    /// A Wednesday of September, and a Saturday.
    const DAYS: [Date; 2] = [jiff::civil::date(2026, 9, 30), jiff::civil::date(2026, 9, 26)];
    let utc = jiff::tz::TimeZone::UTC;
    let at = |date: Date| model::At::of_local(date, jiff::civil::time(22, 50, 0, 0), &utc);
    let sample = |path: &[String], filter: &str, date: Date| -> String {
        let (Some(kind), Some(field)) = (path.first().and_then(|root| kind(pathway, root)), path.get(1)) else {
            return "x".repeat(LETTERS);
        };
        match (kind, field.as_str(), field_type(kind, field)) {
            (Kind::Task, "text", _) => longest_item(pathway, said.language),
            (_, _, Some(Type::Time)) => template::shown_time(at(date), filter, said.language, &utc),
            (kind, field, ty) => {
                let usual = Rules::shipped().sample(&format!("{}.{field}", name(kind)));
                usual.map_or_else(
                    || if ty == Some(Type::Number) { "99".into() } else { "x".repeat(LETTERS) },
                    Into::into,
                )
            }
        }
    };
    let filled = |date: Date| {
        let piece = |part: &TextPart| match part {
            TextPart::Plain(text) => text.clone(),
            TextPart::Field { path, filter } => sample(path, filter, date),
            TextPart::Plural { none, one, other, .. } => {
                let forms = [none.clone().unwrap_or_default(), one.clone(), other.replace('#', "99")];
                forms.into_iter().max_by_key(|f| f.chars().count()).unwrap_or_default()
            }
        };
        said.parts.iter().map(piece).collect::<String>()
    };
    DAYS.map(filled).to_vec()
}

/// The longest item of the pathway's checklists.
fn longest_item(pathway: &Pathway, language: &str) -> String {
    let items = pathway.checklists.iter().flat_map(|list| &list.items);
    let texts = items.flat_map(|item| &item.texts).filter(|(tag, _)| tag == language).map(|(_, text)| text);
    texts.max_by_key(|text| text.chars().count()).cloned().unwrap_or_default()
}

/// What a root of a path is.
fn kind(pathway: &Pathway, root: &str) -> Option<Kind> {
    if let Some((_, kind)) = crate::types::ROOTS.iter().find(|(r, _)| *r == root) {
        return Some(*kind);
    }
    if root == "task" {
        return Some(Kind::Task);
    }
    pathway.steps.iter().find_map(|step| match &step.verb {
        Verb::Each { var, kind, .. } if var == root => Some(*kind),
        Verb::Repeat { today: Some((_, var)), .. } if var == root => Some(Kind::Day),
        _ => None,
    })
}

/// A kind as samples name it.
fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Person => "person",
        Kind::Encounter => "encounter",
        Kind::Prescription => "prescription",
        Kind::Appointment => "appointment",
        Kind::Task => "task",
        Kind::Fact => "fact",
        Kind::Day => "day",
        Kind::Clinic => "clinic",
    }
}

/// Whether a text can be read; short ones are kept to be judged together.
fn readable<'a>(said: &Said<'a>, short: &mut Vec<(&'a str, Count, Place, f64)>, findings: &mut Findings) {
    let rules = Rules::shipped();
    let plain = |part: &TextPart| match part {
        TextPart::Plain(text) => text.clone(),
        TextPart::Field { .. } => reading::VARIABLE.to_string(),
        TextPart::Plural { other, .. } => other.clone(),
    };
    let text: String = said.parts.iter().map(plain).collect();
    let count = reading::count(&text, said.language);
    let Some(grade) = count.grade(said.language) else { return };
    if count.words < rules.words_min {
        // One text for two channels is read once.
        if !short.iter().any(|(_, _, place, _)| *place == said.node.place) {
            short.push((said.language, count, said.node.place, grade));
        }
    } else if grade > rules.grade_max {
        hard(said.node.place, grade, findings);
    }
}

fn readable_together(pathway: &Pathway, short: &[(&str, Count, Place, f64)], findings: &mut Findings) {
    let rules = Rules::shipped();
    for language in &pathway.speaks {
        let of = || short.iter().filter(|(tag, ..)| tag == language);
        let all = of().fold(Count::default(), |sum, (_, count, ..)| sum.and(*count));
        let grade = all.grade(language).filter(|grade| all.words >= rules.words_min && *grade > rules.grade_max);
        let hardest = of().max_by(|a, b| a.3.total_cmp(&b.3));
        if let (Some(grade), Some((_, _, place, _))) = (grade, hardest) {
            let says =
                format!("the short texts in `{language}` together read like grade {}: this one most", shown(grade));
            findings.warn("TL047", *place, says, Some(simpler()));
        }
    }
}

fn hard(place: Place, grade: f64, findings: &mut Findings) {
    let most = Rules::shipped().grade_max;
    let says = format!("this reads like grade {}: {most} at most", shown(grade));
    findings.warn("TL047", place, says, Some(simpler()));
}

fn simpler() -> String {
    "shorter sentences, shorter words".into()
}

/// `7.4`
fn shown(grade: f64) -> String {
    format!("{grade:.1}")
}
