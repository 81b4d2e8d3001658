//! The text of a pathway with its line numbers, lightly coloured on the server. Colours help reading and
//! mean nothing: the text is the same with or without them, to the character.

use super::counts::Counts;
use super::{AUTHOR, Links, describe, flow, said};
use crate::tongue::{Tongue, say};
use maud::{Markup, html};
use pathway::Pathway;
use pathway::ast::Step;

/// A piece of a line and its colour.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) class: &'static str,
    pub(super) text: &'a str,
}

/// The text.
pub(super) fn show(t: Tongue, pathway: &Pathway, counts: &Counts, links: &Links<'_>) -> Markup {
    let at = |line: u32| pathway.steps.iter().find(|s| s.place.line == line);
    html! {
        div .code translate="no" tabindex="0" role="region" aria-label=(say!(t, "pathway-text-label", name = &pathway.name)) {
            @for (n, pieces) in (1..).zip(coloured(&pathway.source)) {
                @let step = at(n);
                div .l #{ "L" (n) } data-step=[step.map(|s| s.name.as_str())] {
                    span .ln aria-hidden="true" { (n) }
                    code lang=(AUTHOR) { @for p in pieces { @if p.class.is_empty() { (p.text) } @else { span .(p.class) { (p.text) } } } }
                    @if let Some(step) = step { (back(t, step, counts, links)) }
                }
            }
        }
    }
}

fn back(t: Tongue, step: &Step, counts: &Counts, links: &Links<'_>) -> Markup {
    let (name, _) = describe::title(t, step);
    let n = counts.here(&step.name);
    html! {
        a .back href={ (links.picture) "#n-" (flow::slug(&step.name)) } aria-label=(say!(t, "pathway-line-back", name = name, n = n)) {
            (said::here(t, n))
        }
    }
}

/// Each line in pieces.
pub(super) fn coloured(source: &str) -> Vec<Vec<Piece<'_>>> {
    let mut block: Option<usize> = None;
    let mut out = Vec::new();
    for line in source.lines() {
        let indent = line.len() - line.trim_start().len();
        if let Some(least) = block
            && (line.trim().is_empty() || indent > least)
        {
            out.push(prose(line, "s"));
            continue;
        }
        block = None;
        let (pieces, opens) = one(line);
        if opens {
            block = Some(indent);
        }
        out.push(pieces);
    }
    out
}

/// One line outside of a block of prose, and whether it opens one.
fn one(line: &str) -> (Vec<Piece<'_>>, bool) {
    let (code, comment) = comment(line);
    let mut pieces = Vec::new();
    let mut push = |class, text| {
        if !str::is_empty(text) {
            pieces.push(Piece { class, text });
        }
    };
    let indent = code.len() - code.trim_start().len();
    let dash = if code[indent..].starts_with("- ") { 2 } else { 0 };
    let (head, rest) = code.split_at(indent + dash);
    push("", head);
    let key = rest.find(": ").or_else(|| rest.trim_end().ends_with(':').then(|| rest.trim_end().len() - 1));
    let key = key.filter(|_| !rest.starts_with(['"', '\'', '{', '[']));
    let value = match key {
        Some(end) => {
            push("k", &rest[..end]);
            push("", &rest[end..=end]);
            &rest[end + 1..]
        }
        None => rest,
    };
    let bare = value.trim();
    let class = match bare.chars().next() {
        Some('"' | '\'') => "s",
        _ if !bare.is_empty() && bare.parse::<f64>().is_ok() => "d",
        _ => "",
    };
    pieces.extend(prose(value, class));
    if !comment.is_empty() {
        pieces.push(Piece { class: "c", text: comment });
    }
    (pieces, matches!(bare, "|" | "|-" | "|+" | ">" | ">-" | ">+"))
}

/// Code and comment of a line: a `#` at the beginning or after a blank, outside of quotes.
fn comment(line: &str) -> (&str, &str) {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') if before.is_whitespace() => return line.split_at(at),
            (None, '"' | '\'') if before.is_whitespace() || before == '[' => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        before = c;
    }
    (line, "")
}

/// Prose of one colour with its variables of another.
fn prose<'a>(text: &'a str, class: &'static str) -> Vec<Piece<'a>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let Some(end) = rest[at..].find("}}") else { break };
        let (before, tail) = rest.split_at(at);
        let (variable, after) = tail.split_at(end + 2);
        out.push(Piece { class, text: before });
        out.push(Piece { class: "v", text: variable });
        rest = after;
    }
    out.push(Piece { class, text: rest });
    out.retain(|p| !p.text.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(line: &str) -> Vec<(&'static str, &str)> {
        one(line).0.into_iter().map(|p| (p.class, p.text)).collect()
    }

    #[test]
    fn colours_change_no_character() {
        for (name, text) in pathway::shipped::shipped_texts() {
            let again: Vec<String> =
                coloured(&text).iter().map(|line| line.iter().map(|p| p.text).collect::<String>()).collect();
            assert_eq!(again, text.lines().collect::<Vec<_>>(), "{name}");
        }
    }

    #[test]
    fn keys_values_and_comments_are_told_apart() {
        assert_eq!(
            classes("  - wait: day 1 # soon"),
            [("", "  - "), ("k", "wait"), ("", ":"), ("", " day 1 "), ("c", "# soon")]
        );
        assert_eq!(classes("at: \"12:00\""), [("k", "at"), ("", ":"), ("s", " \"12:00\"")]);
        assert_eq!(classes("attempts: 3"), [("k", "attempts"), ("", ":"), ("d", " 3")]);
        assert_eq!(
            classes("do: Call {{ person.name }} #1")[2..],
            [("", " Call "), ("v", "{{ person.name }}"), ("", " "), ("c", "#1")]
        );
        assert_eq!(classes("ü:"), [("k", "ü"), ("", ":")]);
        let block = coloured("why: >-\n  Note: é\n\n  b\nkey: 1");
        assert_eq!(block[1], [Piece { class: "s", text: "  Note: é" }]);
        assert_eq!(block[4][0].class, "k");
    }
}
