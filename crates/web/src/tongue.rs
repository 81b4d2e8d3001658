//! The languages that the pages speak: every string is in `words/<language>/<area>.ftl`, none in the code.
//!
//! `say!(tongue, "key", name = value)` says one; [`Tongue::pick`] says one of a closed set, by its name in
//! the data (`outcome-no_answer`). A test reads the sources and holds both languages complete: no key that is
//! not there, none that nobody says, the same arguments on both sides.
//!
//! Deliberately absent: what people wrote. Words of pathways, names and notes are in the language that
//! their author chose; a page marks them with `lang` where that is not its own.

use crate::State;
use crate::auth::guard::Fields;
use crate::auth::{login, session};
use crate::fault::Fault;
use axum::Extension;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

/// The cookie of a language that was chosen.
pub(crate) const COOKIE_NAME: &str = "tl_lang";
/// How long a chosen language is kept, seconds.
const COOKIE_S: i64 = 365 * 24 * 3600;
/// No header is read beyond this.
const HEADER_MAX: usize = 8 * 1024;

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tongue {
    /// English of the United States.
    #[default]
    En,
    /// Spanish of the United States.
    Es,
}

macro_rules! area {
    ($($name:literal),* $(,)?) => {
        /// Area, English, Spanish.
        const AREAS: &[(&str, &str, &str)] = &[$((
            $name,
            include_str!(concat!("../words/en/", $name, ".ftl")),
            include_str!(concat!("../words/es/", $name, ".ftl")),
        )),*];
    };
}

area!(
    "account",
    "change",
    "common",
    "conversation",
    "demo",
    "intake",
    "lab",
    "pathway",
    "patient",
    "person",
    "prompt",
    "publish",
    "sending",
    "shadow",
    "timeline",
    "worklist"
);

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 2]> =
    LazyLock::new(|| Tongue::ALL.map(|tongue| bundle(tongue).0));

/// The bundle of a language, and what is wrong with its files.
fn bundle(tongue: Tongue) -> (FluentBundle<FluentResource>, Vec<String>) {
    let id: LanguageIdentifier = tongue.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Isolation marks are for text that runs both ways on one line; they would get into what people copy.
    bundle.set_use_isolating(false);
    let mut wrong = Vec::new();
    for (area, en, es) in AREAS {
        let text = if tongue == Tongue::En { en } else { es };
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(resource, errors)| {
            wrong.extend(errors.iter().map(|e| format!("{}/{area}.ftl: {e}", tongue.tag())));
            resource
        });
        if let Err(errors) = bundle.add_resource(resource) {
            wrong.extend(errors.iter().map(|e| format!("{}/{area}.ftl: {e}", tongue.tag())));
        }
    }
    (bundle, wrong)
}

/// A value in a string: text, or a number that the language counts by.
pub(crate) trait Value {
    fn value(&self) -> FluentValue<'_>;
}

impl Value for str {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self)
    }
}
impl Value for String {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_str())
    }
}
impl<T: Value + ?Sized> Value for &T {
    fn value(&self) -> FluentValue<'_> {
        (**self).value()
    }
}
macro_rules! numbers {
    ($($number:ty),*) => { $(impl Value for $number {
        fn value(&self) -> FluentValue<'_> {
            FluentValue::from(*self)
        }
    })* };
}
numbers!(i64, u64, i32, u32, usize, f64);

impl Tongue {
    /// Every language.
    pub(crate) const ALL: [Self; 2] = [Self::En, Self::Es];

    /// `en`, as in `<html lang>`.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }

    /// Its own name for itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Es => "Español",
        }
    }

    /// The language of a tag such as `es-MX`; `None` for one that the pages do not speak.
    pub(crate) fn of(tag: &str) -> Option<Self> {
        let short = tag.trim().split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|t| t.tag().eq_ignore_ascii_case(short))
    }

    /// What a browser asks for: the language that was chosen here, else the first of its own that we speak.
    pub(crate) fn wanted(headers: &HeaderMap) -> Self {
        let lines =
            |name| headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).filter(|v| v.len() <= HEADER_MAX);
        let chosen = lines(COOKIE).find_map(|line| {
            let pair = line.split(';').filter_map(|p| p.trim().split_once('=')).find(|(n, _)| *n == COOKIE_NAME)?;
            Self::of(pair.1)
        });
        let own = || lines(ACCEPT_LANGUAGE).flat_map(|l| l.split(',')).find_map(|p| Self::of(p.split(';').next()?));
        chosen.or_else(own).unwrap_or_default()
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        &BUNDLES[usize::from(self == Self::Es)]
    }

    fn find(self, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        let pattern = self.bundle().get_message(key)?.value()?;
        let mut errors = Vec::new();
        let said = self.bundle().format_pattern(pattern, args, &mut errors).into_owned();
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        Some(said)
    }

    /// What [`say!`] calls. The key itself, marked, when there is no such string: a test makes sure there is.
    pub(crate) fn say(self, key: &'static str, given: &[(&'static str, FluentValue<'_>)]) -> String {
        let args: FluentArgs<'_> = given.iter().map(|(name, value)| (*name, value.clone())).collect();
        self.find(key, Some(&args)).unwrap_or_else(|| format!("⟦{key}⟧"))
    }

    /// The string of one of a closed set: `pick("outcome", "no_answer")` is `outcome-no_answer`. `None` for a
    /// name that is not of the set: data that came with a newer pathway or source.
    pub(crate) fn pick(self, set: &'static str, name: &str) -> Option<String> {
        self.find(&format!("{set}-{name}"), None)
    }
}

/// Takes the language of these pages as chosen, and goes back to the page.
pub(crate) async fn choose(state: State, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let tongue = Tongue::of(fields.get("language")).ok_or(Fault::Stale)?;
    let secure = state.app.config.secure_cookies;
    let cookie = session::set(COOKIE_NAME, tongue.tag(), "/", Some(COOKIE_S), secure);
    Ok(([(SET_COOKIE, cookie)], Redirect::to(login::safe(fields.get("to")))).into_response())
}

/// Says a string of the words' files: `say!(tongue, "key")`, `say!(tongue, "key", n = 3, name = &name)`.
macro_rules! say {
    ($tongue:expr, $key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::tongue::Tongue::say($tongue, $key, &[$((stringify!($name), $crate::tongue::Value::value(&$value))),*])
    };
}
pub(crate) use say;

#[cfg(test)]
mod tests;
