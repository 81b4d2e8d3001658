//! The layout of a pathway's file: two spaces a level, lists below their key, no space at the ends of lines, one empty
//! line at most. Comments stay where they are.
//!
//! Invariant: what the file says is never changed. The tree that is read from the new text is compared with the old one's;
//! should they differ, only the ends of lines are tidied, or nothing at all.

use crate::finding::Findings;
use crate::yaml::{self, Node, What};

/// Spaces of a level.
const STEP: usize = 2;

/// The file in its layout; a text that is not YAML is returned as it is.
pub fn fmt(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let Some(tree) = read(&text) else { return text };
    let protected = protected(&tree, &text);
    let candidates = [tidy(&indented(&text, &protected)), tidy_lines(&text, &protected)];
    let same = |new: &String| read(new).is_some_and(|new| alike(&new, &tree));
    candidates.into_iter().find(same).unwrap_or(text)
}

fn read(text: &str) -> Option<Node> {
    let mut findings = Findings::of("");
    yaml::parse(text, &mut findings).filter(|_| !findings.refused())
}

/// Whether two trees say the same.
fn alike(a: &Node, b: &Node) -> bool {
    match (&a.what, &b.what) {
        (What::Scalar(a), What::Scalar(b)) => a == b,
        (What::Map(a), What::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, v), (l, w))| alike(k, l) && alike(v, w))
        }
        (What::List(a), What::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        _ => false,
    }
}

/// For each line: whether it belongs to a value that began on a line before, and so moves with that one.
fn protected(tree: &Node, text: &str) -> Vec<bool> {
    let mut lines = vec![false; text.split('\n').count()];
    mark(tree, &text.split('\n').collect::<Vec<_>>(), &mut lines);
    flow(text, &mut lines);
    lines
}

fn mark(node: &Node, texts: &[&str], lines: &mut [bool]) {
    match &node.what {
        What::Scalar(_) => {
            let (first, count, block) = node.lines();
            let first = first.saturating_sub(1);
            // Below `|` or `>` the value begins after that line, empty lines before it included.
            let begin = if block { header(texts, first) } else { first } + 1;
            for line in lines.iter_mut().take(first + count).skip(begin) {
                *line = true;
            }
        }
        What::Map(pairs) => pairs.iter().for_each(|(k, v)| {
            mark(k, texts, lines);
            mark(v, texts, lines);
        }),
        What::List(items) => items.iter().for_each(|item| mark(item, texts, lines)),
    }
}

/// The line of the `|` or `>` that a value below it belongs to.
fn header(texts: &[&str], from: usize) -> usize {
    let is = |line: &str| {
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        line.trim_end_matches(|c: char| matches!(c, '+' | '-') || c.is_ascii_digit()).ends_with(['|', '>'])
    };
    (0..=from).rev().find(|n| texts.get(*n).is_some_and(|line| is(line))).unwrap_or(from)
}

/// Lines inside brackets that were opened on a line before.
fn flow(text: &str, lines: &mut [bool]) {
    let mut depth = 0usize;
    for (n, line) in text.split('\n').enumerate() {
        if lines[n] {
            continue;
        }
        lines[n] = depth > 0;
        let (mut quote, mut before) = (None, ' ');
        for c in line.chars() {
            match (quote, c) {
                (Some(q), c) if c == q => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(c),
                (None, '#') if before.is_whitespace() => break,
                (None, '[' | '{') => depth += 1,
                (None, ']' | '}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            before = c;
        }
    }
}

/// A level of indentation: as it was, as it is, and whether it is that of a list's dashes.
#[derive(Clone, Copy)]
struct Level {
    was: usize,
    is: usize,
    dashes: bool,
}

/// The text with two spaces a level.
fn indented(text: &str, protected: &[bool]) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut out: Vec<String> = Vec::with_capacity(lines.len());
    let mut levels: Vec<Level> = Vec::new();
    let mut shift = 0isize;
    for (n, line) in lines.iter().enumerate() {
        let body = line.trim_start_matches(' ');
        let was = line.len() - body.len();
        if protected[n] {
            out.push(shifted(line, body, was, shift));
            continue;
        }
        if body.trim().is_empty() {
            out.push(String::new());
            continue;
        }
        if body.starts_with('#') {
            // A comment belongs to what comes after it.
            let next = lines.iter().zip(protected).skip(n + 1).find(|(l, p)| !**p && !is_idle(l));
            let of = next.map_or(0, |(l, _)| l.len() - l.trim_start_matches(' ').len());
            let is =
                if of == was { level(&mut levels.clone(), next.map_or("", |(l, _)| l.trim_start()), was) } else { was };
            out.push(format!("{}{}", " ".repeat(is), spaced(body)));
            continue;
        }
        let is = level(&mut levels, body, was);
        shift = is as isize - was as isize;
        out.push(format!("{}{}", " ".repeat(is), dashes(&mut levels, body, was, is)));
    }
    out.join("\n")
}

fn is_idle(line: &str) -> bool {
    let body = line.trim();
    body.is_empty() || body.starts_with('#')
}

fn shifted(line: &str, body: &str, was: usize, shift: isize) -> String {
    if body.trim().is_empty() {
        return line.to_owned();
    }
    format!("{}{body}", " ".repeat(usize::try_from(was as isize + shift).unwrap_or(0)))
}

/// `#why` becomes `# why`.
fn spaced(comment: &str) -> String {
    let words = comment.trim_start_matches('#');
    let marks = &comment[..comment.len() - words.len()];
    if words.is_empty() || words.starts_with([' ', '!']) { comment.to_owned() } else { format!("{marks} {words}") }
}

/// The new indentation of a line that begins something.
fn level(levels: &mut Vec<Level>, body: &str, was: usize) -> usize {
    let dash = body.starts_with("- ") || body == "-";
    while levels.last().is_some_and(|l| l.was > was || (l.was == was && l.dashes && !dash)) {
        levels.pop();
    }
    match levels.last() {
        Some(l) if l.was == was && l.dashes == dash => l.is,
        // Dashes right below their key are a level of their own; a deeper line is one too.
        Some(l) => {
            let is = l.is + STEP;
            levels.push(Level { was, is, dashes: dash });
            is
        }
        None => {
            levels.push(Level { was, is: 0, dashes: dash });
            0
        }
    }
}

/// What stands behind dashes begins a level of its own: `-   wait: …` becomes `- wait: …`.
fn dashes(levels: &mut Vec<Level>, body: &str, was: usize, is: usize) -> String {
    let Some(rest) = body.strip_prefix("- ") else { return body.to_owned() };
    let inner = rest.trim_start_matches(' ');
    if inner.is_empty() || inner.starts_with('#') {
        return body.to_owned();
    }
    let (was, is) = (was + body.len() - inner.len(), is + STEP);
    levels.push(Level { was, is, dashes: inner.starts_with("- ") });
    format!("- {}", dashes(levels, inner, was, is))
}

/// One empty line at most, none at the beginning, one end of line at the end. Lines within a value stay.
fn tidy(text: &str) -> String {
    let Some(tree) = read(text) else { return text.to_owned() };
    tidy_lines(text, &protected(&tree, text))
}

fn tidy_lines(text: &str, protected: &[bool]) -> String {
    let mut out: Vec<&str> = Vec::new();
    for (n, line) in text.split('\n').enumerate() {
        let inside = protected.get(n).copied().unwrap_or(false);
        let line = if inside { line } else { line.trim_end_matches([' ', '\t']) };
        let again = line.is_empty() && out.last().is_none_or(|before| before.is_empty());
        if inside || !again {
            out.push(line);
        }
    }
    while out.last().is_some_and(|line| line.trim().is_empty()) {
        out.pop();
    }
    out.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn comments(text: &str) -> Vec<String> {
        let of = |line: &str| line.trim_start().strip_prefix('#').map(|c| c.trim().to_owned());
        text.lines().filter_map(of).collect()
    }

    /// Formats, and checks what must always hold.
    fn checked(text: &str) -> String {
        let once = fmt(text);
        assert_eq!(fmt(&once), once, "again it is the same");
        if let Some(tree) = read(&text.replace("\r\n", "\n")) {
            assert!(alike(&read(&once).unwrap(), &tree), "it says the same");
            assert_eq!(comments(&once), comments(text), "no comment is lost");
            assert!(
                !once.lines().any(|l| l.ends_with(' ') && l.trim().is_empty() && !l.is_empty()) || once.contains('|')
            );
        }
        once
    }

    #[test]
    fn files_that_ship_are_in_their_layout_already() {
        for (file, text) in crate::shipped::shipped_texts() {
            assert_eq!(checked(&text), text, "{file}");
        }
    }

    #[test]
    fn every_case_says_the_same_afterwards() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/findings");
        let good = std::fs::read_to_string(format!("{folder}/good.yaml")).unwrap();
        checked(&good);
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let Some((from, rest)) = text.strip_prefix("good:\n").and_then(|t| t.split_once("\nbad:\n")) else {
                continue;
            };
            checked(&good.replacen(from, rest.split("\ntold:\n").next().unwrap(), 1));
            seen += 1;
        }
        assert!(seen > 30);
    }

    #[test]
    fn a_file_in_any_layout_comes_into_its_own() {
        let messy = "\n\npathway:   x   \ntracks:\n    #first\n    call:\n    -   wait: day 1\n        late: now   # why\n\n\n    - note: >-\n          one\n          two\n\nwords:\n   a:\n      en: { sms: x,\n        portal: y }\n      es:\n        text: |\n          line\n            deeper\n\n          last\n\n\n";
        let expected = "pathway:   x\ntracks:\n  # first\n  call:\n    - wait: day 1\n      late: now   # why\n\n    - note: >-\n          one\n          two\n\nwords:\n  a:\n    en: { sms: x,\n      portal: y }\n    es:\n      text: |\n        line\n          deeper\n\n        last\n";
        assert_eq!(checked(messy), expected);
        assert_eq!(checked("a: [x\n"), "a: [x\n", "what is not YAML stays");
        assert_eq!(checked("a: 1\r\nb: 2"), "a: 1\nb: 2\n");
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_indentation(width in 1usize..7, deeper in 0usize..4, ends in 0usize..3) {
            let (_, text) = crate::shipped::SHIPPED[0];
            let wide = |line: &str| {
                let body = line.trim_start_matches(' ');
                let spaces = (line.len() - body.len()) / 2 * width;
                let body = body.strip_prefix("- ").filter(|_| deeper > 1 && width > 2).map_or(body.to_owned(), |b| format!("- {b}"));
                format!("{}{body}", " ".repeat(spaces))
            };
            let messy: String = text.lines().map(|l| wide(l) + "\n" + &"\n".repeat(usize::from(l.is_empty()) * ends)).collect();
            if let Some(tree) = read(&messy) {
                proptest::prop_assert!(alike(&read(&fmt(&messy)).unwrap(), &tree));
                proptest::prop_assert_eq!(fmt(&fmt(&messy)), fmt(&messy));
            }
        }
    }
}
