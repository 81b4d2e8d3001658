//! Fields of one question a page: its label is the page's heading.

use super::{Wrong, described, error_message, group_class, label};
use maud::{Markup, html};

/// A question of one field, as it is shown.
pub(in crate::patient) struct Field<'a> {
    pub(in crate::patient) id: &'a str,
    pub(in crate::patient) name: &'a str,
    pub(in crate::patient) label: &'a str,
    /// The language of the label and the choices, when it is not the page's.
    pub(in crate::patient) lang: Option<&'a str>,
    /// Empty for none.
    pub(in crate::patient) hint: &'a str,
    pub(in crate::patient) wrong: Option<Wrong<'a>>,
    /// What was typed, or answered before.
    pub(in crate::patient) value: &'a str,
}

impl Field<'_> {
    fn hint(&self) -> Markup {
        html! { @if !self.hint.is_empty() { div class="nhsuk-hint" id={ (self.id) "-hint" } { (self.hint) } } }
    }

    fn error(&self) -> Markup {
        html! { @if let Some(wrong) = self.wrong { (error_message(self.id, wrong)) } }
    }

    fn described(&self) -> Option<String> {
        described(self.id, !self.hint.is_empty(), self.wrong.is_some())
    }

    fn label(&self) -> Markup {
        match self.lang {
            Some(lang) => html! { div lang=(lang) { (label(self.id, self.label, true)) } },
            None => label(self.id, self.label, true),
        }
    }
}

/// A choice of several: value and words; the first has the field's id.
pub(in crate::patient) fn radios(it: &Field<'_>, options: &[(String, String)]) -> Markup {
    html! {
        div class=(group_class(it.wrong.is_some())) {
            fieldset class="nhsuk-fieldset" aria-describedby=[it.described()] {
                legend class="nhsuk-fieldset__legend nhsuk-fieldset__legend--l" {
                    h1 class="nhsuk-fieldset__heading" lang=[it.lang] { (it.label) }
                }
                (it.hint()) (it.error())
                div class="nhsuk-radios" lang=[it.lang] {
                    @for ((value, words), n) in options.iter().zip(1..) {
                        @let id = if n == 1 { it.id.to_owned() } else { format!("{}-{n}", it.id) };
                        div class="nhsuk-radios__item" {
                            input class="nhsuk-radios__input" id=(id) name=(it.name) type="radio" value=(value)
                                checked[value == it.value];
                            label class="nhsuk-label nhsuk-radios__label" for=(id) { (words) }
                        }
                    }
                }
            }
        }
    }
}

/// A longer text.
pub(in crate::patient) fn textarea(it: &Field<'_>) -> Markup {
    let error = if it.wrong.is_some() { " nhsuk-textarea--error" } else { "" };
    html! {
        div class=(group_class(it.wrong.is_some())) {
            (it.label()) (it.hint()) (it.error())
            textarea class={ "nhsuk-textarea" (error) } id=(it.id) name=(it.name) rows="5"
                aria-describedby=[it.described()] { (it.value) }
        }
    }
}

/// A number, as wide as five digits.
pub(in crate::patient) fn number(it: &Field<'_>) -> Markup {
    let error = if it.wrong.is_some() { " nhsuk-input--error" } else { "" };
    let value = (!it.value.is_empty()).then_some(it.value);
    html! {
        div class=(group_class(it.wrong.is_some())) {
            (it.label()) (it.hint()) (it.error())
            input class={ "nhsuk-input nhsuk-input--width-5" (error) } id=(it.id) name=(it.name) type="text"
                value=[value] autocomplete="off" inputmode="decimal" spellcheck="false"
                aria-describedby=[it.described()];
        }
    }
}
