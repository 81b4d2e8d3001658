//! Where in a text an issue lies: a place of the readers (`Bundle.entry[3].resource.birthDate`, `3:14`) as a line.
//!
//! The text may be broken or hostile: nothing here recurses, and each walk passes the text once.

/// Columns of a line beyond which a text is laid out anew before it is shown.
const LINE_MAX: usize = 160;
/// Levels that are indented; deeper ones stay at this depth.
const DEPTH_MAX: usize = 32;
/// Steps of a place that are followed.
const STEPS_MAX: usize = 64;

/// A line and a column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) line: usize,
    pub(super) column: usize,
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// The text as it is shown: one that has very long lines is broken into lines, token by token, so that nothing
/// of it is lost (not even what stands twice). Broken JSON keeps its lines: its places count by them.
pub(super) fn laid_out(text: &str) -> String {
    let long = text.lines().any(|l| l.len() > LINE_MAX);
    let reads = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if long && reads { indented(text) } else { text.to_owned() }
}

fn indented(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let (mut depth, mut inside, mut escaped) = (0_usize, false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth.min(DEPTH_MAX)));
    };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if inside {
            out.push(c);
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => inside = false,
                _ => {}
            }
            continue;
        }
        match c {
            '{' | '[' => {
                depth += 1;
                out.push(c);
                while chars.peek().is_some_and(|c| c.is_whitespace()) {
                    chars.next();
                }
                if !matches!(chars.peek(), Some('}' | ']')) {
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if !out.ends_with(['{', '[']) {
                    line(&mut out, depth);
                }
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_whitespace() => {}
            c => {
                inside = c == '"';
                out.push(c);
            }
        }
    }
    out
}

/// Where a place lies in the text: the member itself, or the nearest thing around it that is there. `None` for a
/// place that is not in the text.
pub(super) fn find(text: &str, place: &str) -> Option<Spot> {
    if let Some((line, column)) = place.split_once(':') {
        let line = line.parse().ok().filter(|l| *l >= 1 && *l <= text.lines().count())?;
        return Some(Spot { line, column: column.parse().unwrap_or(1) });
    }
    let steps = steps(place)?;
    let mut walk = Walk { bytes: text.as_bytes(), at: 0 };
    Some(spot(text, walk.follow(&steps)))
}

/// The steps of a path behind the name of its root; `None` when it names no document.
fn steps(place: &str) -> Option<Vec<Step<'_>>> {
    let end = place.find(['.', '[']).unwrap_or(place.len());
    let (root, rest) = place.split_at(end);
    let rooted = root == "event" || root.starts_with(|c: char| c.is_ascii_uppercase());
    if matches!(place, "" | "body" | "Content-Type") {
        return None;
    }
    let mut out = Vec::new();
    for part in (if rooted { rest } else { place }).split('.').filter(|p| !p.is_empty()).take(STEPS_MAX) {
        let (key, indices) = part.split_at(part.find('[').unwrap_or(part.len()));
        if !key.is_empty() {
            out.push(Step::Key(key));
        }
        out.extend(indices.split(['[', ']']).filter_map(|n| n.parse().ok()).map(Step::Index));
    }
    Some(out)
}

fn spot(text: &str, at: usize) -> Spot {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    Spot { line, column: before.len() - start + 1 }
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Follows the steps as far as they go; where the last one that was found begins.
    fn follow(&mut self, steps: &[Step<'_>]) -> usize {
        self.space();
        let mut found = self.at;
        for step in steps {
            let next = match step {
                Step::Key(key) => self.member(key),
                Step::Index(n) => self.element(*n),
            };
            match next {
                Some(at) => found = at,
                None => break,
            }
        }
        found
    }

    /// Goes to the value of a member; where its name begins.
    fn member(&mut self, key: &str) -> Option<usize> {
        if self.peek() != Some(b'{') {
            return None;
        }
        self.at += 1;
        loop {
            self.space();
            let name_at = self.at;
            if self.peek() != Some(b'"') {
                return None;
            }
            let name = self.string();
            self.space();
            if self.peek() != Some(b':') {
                return None;
            }
            self.at += 1;
            self.space();
            if name == key.as_bytes() {
                return Some(name_at);
            }
            self.next()?;
        }
    }

    /// Goes to an element of a list; where it begins.
    fn element(&mut self, n: usize) -> Option<usize> {
        if self.peek() != Some(b'[') {
            return None;
        }
        self.at += 1;
        for _ in 0..n {
            self.next()?;
        }
        self.space();
        (self.peek() != Some(b']')).then_some(self.at)
    }

    /// Passes a value and the comma behind it; `None` when there is none.
    fn next(&mut self) -> Option<()> {
        self.value();
        self.space();
        (self.peek() == Some(b',')).then(|| self.at += 1)
    }

    /// Passes a string; what stands in it, with its escapes.
    fn string(&mut self) -> &'a [u8] {
        self.at += 1;
        let from = self.at;
        while let Some(b) = self.peek() {
            match b {
                b'"' => {
                    self.at += 1;
                    return &self.bytes[from..self.at - 1];
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at = self.bytes.len();
        &self.bytes[from.min(self.at)..]
    }

    /// Passes a value, however deep.
    fn value(&mut self) {
        self.space();
        let mut depth = 0_usize;
        while let Some(b) = self.peek() {
            match b {
                b'"' => drop(self.string()),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth == 0 => return,
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' if depth == 0 => return,
                _ => self.at += 1,
            }
            if depth == 0 && matches!(b, b'"' | b'}' | b']') {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n \"resourceType\": \"Bundle\",\n \"entry\": [\n  {\"resource\": {}},\n  {\"resource\": {\n    \
                        \"name\": [{\"family\": \"a]}\\\"\"}],\n    \"birthDate\": \"x\"}}\n ]\n}";

    fn line(place: &str) -> Option<usize> {
        find(TEXT, place).map(|s| s.line)
    }

    #[test]
    fn a_place_is_found_as_a_line() {
        assert_eq!(line("Bundle.entry[1].resource.birthDate"), Some(7));
        assert_eq!(line("Bundle.entry[1].resource.name[0].family"), Some(6));
        assert_eq!(line("Bundle.entry[1].resource.gender"), Some(5), "what is missing lies in what is there");
        assert_eq!(line("Bundle.entry[9].resource"), Some(3));
        assert_eq!((line("resourceType"), line("Bundle"), line("4:2")), (Some(2), Some(1), Some(4)));
        assert_eq!((line("body"), line("99:1"), line("")), (None, None, None));
        assert_eq!(find("[{\"a\":1},{\"type\":2}]", "event[1].type"), Some(Spot { line: 1, column: 11 }));
    }

    #[test]
    fn hostile_texts_are_walked_to_their_end() {
        for text in ["", "{", "[", "{\"a", "{\"a\\", "{\"a\":", "[[[[", "}{", "\u{1F600}", &"[".repeat(100_000)] {
            for place in ["Patient.a.b", "event[3].a", "Patient.a[2]"] {
                assert!(find(text, place).is_some());
            }
        }
    }

    #[test]
    fn a_text_of_one_line_is_laid_out_and_keeps_every_token() {
        let long = format!("{{\"a\":[1,{{}},[],\"x: {{[,\"],\"a\":\"{}\",\"b\":{{\"c\":1.50}}}}", "y".repeat(200));
        let shown = laid_out(&long);
        assert!(shown.lines().count() > 8, "{shown}");
        let plain = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(plain(&shown), plain(&long), "the doubled member is there, and the number as it was written");
        assert!(shown.contains("\"x: {[,\"") && shown.contains("{}") && shown.contains("[]"));
        let broken = "x".repeat(500);
        assert_eq!(laid_out(&broken), broken);
    }
}
