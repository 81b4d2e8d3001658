//! The components of the patients' pages: the HTML of `nhsuk-frontend`, of the options that are used.
//!
//! A test compares each with the examples that nhsuk-frontend ships (`fixtures.json`). Two things differ, on
//! purpose: `data-module` is not written, since its scripts are not shipped; and the header has no logo, which is
//! not ours to show. Every list, name and text is an argument: this file says nothing in any language.

pub(super) mod fields;

use maud::{Markup, html};

/// A heading of a component at its level, 2 or 3; anything else is 1.
fn heading(level: u8, class: &str, inner: &Markup) -> Markup {
    html! {
        @match level {
            2 => h2 class=(class) { (inner) },
            3 => h3 class=(class) { (inner) },
            _ => h1 class=(class) { (inner) },
        }
    }
}

/// What a button sends: its name and value; both empty when it only sends its form.
#[derive(Clone, Copy, Default)]
pub(super) struct Sends<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// A button that sends its form.
pub(super) fn button(text: &str, secondary: bool, sends: Sends<'_>) -> Markup {
    let class = if secondary { "nhsuk-button nhsuk-button--secondary" } else { "nhsuk-button" };
    html! { button class=(class) type="submit" name=[some(sends.name)] value=[some(sends.value)] { (text) } }
}

/// A link that looks like a button.
pub(super) fn button_link(text: &str, href: &str) -> Markup {
    html! { a class="nhsuk-button nhsuk-button--secondary" href=(href) role="button" draggable="false" { (text) } }
}

/// A card.
pub(super) fn card(level: u8, title: &Markup, body: &Markup) -> Markup {
    html! {
        div class="nhsuk-card" {
            div class="nhsuk-card__content" {
                (heading(level, "nhsuk-card__heading", title))
                (body)
            }
        }
    }
}

/// The red card of what to call about. `prefix` is read out before the title.
pub(super) fn urgent_card(level: u8, prefix: &str, title: &str, body: &Markup) -> Markup {
    let inner = html! { span role="text" { span class="nhsuk-u-visually-hidden" { (prefix) ": " } (title) } };
    html! {
        div class="nhsuk-card nhsuk-card--care nhsuk-card--care--urgent" {
            div class="nhsuk-card__heading-container" {
                (heading(level, "nhsuk-card__heading", &inner))
                span class="nhsuk-card--care__arrow" aria-hidden="true" {}
            }
            div class="nhsuk-card__content" { (body) }
        }
    }
}

/// The yellow card of the one most urgent thing. `prefix` is read out before the title.
pub(super) fn warning_card(level: u8, prefix: &str, title: &str, body: &Markup) -> Markup {
    let inner = html! { span role="text" { span class="nhsuk-u-visually-hidden" { (prefix) ": " } (title) } };
    html! {
        div class="nhsuk-card nhsuk-card--warning" {
            div class="nhsuk-card__content" {
                (heading(level, "nhsuk-card__heading", &inner))
                (body)
            }
        }
    }
}

/// The way past the header.
pub(super) fn skip_link(text: &str, to: &str) -> Markup {
    html! { a class="nhsuk-skip-link" href=(to) { (text) } }
}

/// A box of a group of checkboxes.
pub(super) struct Box<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    pub(super) label: &'a str,
    pub(super) checked: bool,
    pub(super) disabled: bool,
}

/// Checkboxes without a legend of their own.
pub(super) fn checkboxes(boxes: &[Box<'_>]) -> Markup {
    html! { div class="nhsuk-form-group" { (plain_checkboxes(boxes, false)) } }
}

/// Checkboxes side by side, below a legend that is a heading of that level.
pub(super) fn checkbox_group(level: u8, legend: &str, boxes: &[Box<'_>]) -> Markup {
    html! {
        div class="nhsuk-form-group" {
            fieldset class="nhsuk-fieldset" {
                legend class={ "nhsuk-fieldset__legend nhsuk-fieldset__legend--" (size(level)) } {
                    (heading(level, "nhsuk-fieldset__heading", &html! { (legend) }))
                }
                (plain_checkboxes(boxes, true))
            }
        }
    }
}

/// Headings of the first level are large, all others small.
fn size(level: u8) -> &'static str {
    if level == 1 { "l" } else { "s" }
}

fn plain_checkboxes(boxes: &[Box<'_>], inline: bool) -> Markup {
    let class = if inline { "nhsuk-checkboxes nhsuk-checkboxes--inline" } else { "nhsuk-checkboxes" };
    html! {
        div class=(class) {
            @for b in boxes {
                div class="nhsuk-checkboxes__item" {
                    input class="nhsuk-checkboxes__input" id=(b.id) name=(b.name) type="checkbox" value=(b.value)
                        checked[b.checked] disabled[b.disabled];
                    label class="nhsuk-label nhsuk-checkboxes__label" for=(b.id) { (b.label) }
                }
            }
        }
    }
}

/// The ids that describe a field.
fn described(id: &str, hint: bool, error: bool) -> Option<String> {
    let parts = [hint.then(|| format!("{id}-hint")), error.then(|| format!("{id}-error"))];
    let all: Vec<String> = parts.into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// What is wrong with a field: what is read out before it (`Error`), and the words.
#[derive(Clone, Copy)]
pub(super) struct Wrong<'a> {
    pub(super) prefix: &'a str,
    pub(super) text: &'a str,
}

/// The words below a field that is wrong.
pub(super) fn error_message(id: &str, wrong: Wrong<'_>) -> Markup {
    let id = some(id).map(|id| format!("{id}-error"));
    html! {
        span class="nhsuk-error-message" id=[id] {
            span class="nhsuk-u-visually-hidden" { (wrong.prefix) ": " } (wrong.text)
        }
    }
}

/// What is wrong with a page: a title, and a link to the field.
pub(super) fn error_summary(title: &str, text: &str, to: &str) -> Markup {
    html! {
        div class="nhsuk-error-summary" {
            div role="alert" {
                h2 class="nhsuk-error-summary__heading" { (title) }
                div class="nhsuk-error-summary__body" {
                    ul class="nhsuk-list nhsuk-error-summary__list" { li { a href=(to) { (text) } } }
                }
            }
        }
    }
}

fn group_class(wrong: bool) -> &'static str {
    if wrong { "nhsuk-form-group nhsuk-form-group--error" } else { "nhsuk-form-group" }
}

/// A part of a date: its name, its label, its width in letters.
pub(super) struct DatePart<'a> {
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    pub(super) width: u8,
    pub(super) autocomplete: &'a str,
}

/// A date in three fields, all of them wrong or none.
pub(super) fn date_input(
    id: &str,
    legend: &str,
    hint: &str,
    wrong: Option<Wrong<'_>>,
    parts: &[DatePart<'_>; 3],
) -> Markup {
    let field = |part: &DatePart<'_>| {
        let error = if wrong.is_some() { " nhsuk-input--error" } else { "" };
        let class = format!("nhsuk-input{error} nhsuk-input--width-{} nhsuk-date-input__input", part.width);
        let own = format!("{id}-{}", part.name);
        html! {
            div class="nhsuk-date-input__item" {
                div class=(group_class(wrong.is_some())) {
                    label class="nhsuk-label nhsuk-date-input__label" for=(own) { (part.label) }
                    input class=(class) id=(own) name=(part.name) type="text"
                        autocomplete=[some(part.autocomplete)] inputmode="numeric";
                }
            }
        }
    };
    html! {
        div class=(group_class(wrong.is_some())) {
            fieldset class="nhsuk-fieldset" role="group" aria-describedby=[described(id, true, wrong.is_some())] {
                legend class="nhsuk-fieldset__legend nhsuk-fieldset__legend--l" {
                    h1 class="nhsuk-fieldset__heading" { (legend) }
                }
                div class="nhsuk-hint" id={ (id) "-hint" } { (hint) }
                @if let Some(wrong) = wrong { (error_message(id, wrong)) }
                div class="nhsuk-date-input" id=(id) { @for part in parts { (field(part)) } }
            }
        }
    }
}

/// A field for a text.
pub(super) struct Input<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    /// Whether the label is the page's heading.
    pub(super) heading: bool,
    pub(super) hint: Option<&'a Markup>,
    pub(super) wrong: Option<Wrong<'a>>,
    /// Digits that are typed one by one, as wide as ten.
    pub(super) code: bool,
    pub(super) autocomplete: &'a str,
}

/// A field for a text.
pub(super) fn input(it: &Input<'_>) -> Markup {
    let mut class = "nhsuk-input".to_owned();
    for (is, more) in [
        (it.code, " nhsuk-input--code"),
        (it.wrong.is_some(), " nhsuk-input--error"),
        (it.code, " nhsuk-input--width-10"),
    ] {
        class.push_str(if is { more } else { "" });
    }
    html! {
        div class=(group_class(it.wrong.is_some())) {
            (label(it.id, it.label, it.heading))
            @if let Some(hint) = it.hint { div class="nhsuk-hint" id={ (it.id) "-hint" } { (hint) } }
            @if let Some(wrong) = it.wrong { (error_message(it.id, wrong)) }
            input class=(class) id=(it.id) name=(it.name) type="text" spellcheck="false"
                aria-describedby=[described(it.id, it.hint.is_some(), it.wrong.is_some())]
                autocomplete=[some(it.autocomplete)] inputmode=[it.code.then_some("numeric")];
        }
    }
}

fn label(id: &str, text: &str, heading: bool) -> Markup {
    html! {
        @if heading {
            h1 class="nhsuk-label-wrapper" { label class="nhsuk-label nhsuk-label--l" for=(id) { (text) } }
        } @else {
            label class="nhsuk-label" for=(id) { (text) }
        }
    }
}

/// One of several: value and words.
pub(super) fn select(
    (id, name): (&str, &str),
    (text, heading): (&str, bool),
    hint: &str,
    options: &[(String, String)],
    chosen: &str,
) -> Markup {
    html! {
        div class="nhsuk-form-group" {
            (label(id, text, heading))
            @if !hint.is_empty() { div class="nhsuk-hint" id={ (id) "-hint" } { (hint) } }
            select class="nhsuk-select" id=(id) name=(name) aria-describedby=[described(id, !hint.is_empty(), false)] {
                @for (value, words) in options { option value=(value) selected[value == chosen] { (words) } }
            }
        }
    }
}

/// Something that is opened to be read.
pub(super) fn details(summary: &str, body: &Markup) -> Markup {
    html! {
        details class="nhsuk-details" {
            summary class="nhsuk-details__summary" { span class="nhsuk-details__summary-text" { (summary) } }
            div class="nhsuk-details__text" { (body) }
        }
    }
}

/// Something to be noticed. `prefix` is read out before it.
pub(super) fn inset(prefix: &str, body: &Markup) -> Markup {
    html! {
        div class="nhsuk-inset-text" {
            span class="nhsuk-u-visually-hidden" { (prefix) ": " }
            (body)
        }
    }
}

/// Keys and what they say.
pub(super) fn summary_list(rows: &[(Markup, Markup)]) -> Markup {
    html! {
        dl class="nhsuk-summary-list nhsuk-summary-list--no-border" {
            @for (key, value) in rows {
                div class="nhsuk-summary-list__row" {
                    dt class="nhsuk-summary-list__key" { (key) }
                    dd class="nhsuk-summary-list__value" { (value) }
                }
            }
        }
    }
}

/// A state, in a word.
pub(super) fn tag(text: &str) -> Markup {
    html! { strong class="nhsuk-tag" { (text) } }
}

/// The header: who we are, and whose page it is.
pub(super) fn header(clinic: &Markup, beside: Option<&Markup>) -> Markup {
    html! {
        header class="nhsuk-header" role="banner" {
            div class="nhsuk-header__container nhsuk-width-container" {
                div class="nhsuk-header__service" { span class="nhsuk-header__service-name" { (clinic) } }
                @if let Some(beside) = beside { (beside) }
            }
        }
    }
}

/// The foot of the page.
pub(super) fn footer(lines: &[Markup]) -> Markup {
    html! {
        footer class="nhsuk-footer" role="contentinfo" {
            div class="nhsuk-width-container" {
                div class="nhsuk-footer__meta" { @for line in lines { p class="nhsuk-body-s" { (line) } } }
            }
        }
    }
}

#[cfg(test)]
mod tests;
