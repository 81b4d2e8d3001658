//! The providers that there are: one line for each, and how a configuration becomes them.

use crate::contract::{Kind, Provider, Setting, Spec};
use crate::{
    Chat, Handset, Portal, Smpp, Smtp, Twilio, TwilioVoice, WebPush, Webhook, chat, handset, portal, smpp, smtp,
    twilio, web_push, webhook,
};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The settings of one provider: name and value.
pub type Settings = Map<String, Json>;

/// One configured provider. Its `Debug` shows the names of the settings, never the values.
#[derive(Clone, PartialEq, Deserialize)]
pub struct Config {
    /// `smtp`.
    pub provider: String,
    /// Its settings.
    #[serde(flatten)]
    pub settings: Settings,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("provider", &self.provider)
            .field("settings", &self.settings.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// A provider that was made, or all that is wrong with its settings.
pub type Built = Result<Arc<dyn Provider>, Vec<String>>;

/// What a provider gets beside its settings.
#[derive(Clone)]
pub struct Around {
    /// The road of all outgoing HTTP.
    pub egress: egress::Egress,
    /// `https://hub.example.org`, without a slash at its end: how the world reaches the hub. Provider `x` is reached
    /// at `/hooks/x`.
    pub base_url: String,
    /// As patients know it: what an automated voice says of itself.
    pub clinic: String,
    /// Number to call back.
    pub phone: String,
    /// What whoever rings a number of ours is told, in each language, the usual one first.
    pub rang: Vec<twilio::RangWords>,
}

/// A provider that there is.
pub struct Entry {
    /// What it is, with its settings.
    pub spec: Spec,
    /// Checks settings without I/O; each problem names the setting.
    pub validate: fn(&Settings) -> Result<(), Vec<String>>,
    /// Makes it.
    pub build: fn(&Settings, &Around) -> Built,
}

/// All providers, one line each.
pub const ALL: &[Entry] = &[
    Entry { spec: smtp::SPEC, validate: |s| Smtp::validate(s).map(drop), build: |s, _| Ok(Arc::new(Smtp::new(s)?)) },
    Entry {
        spec: handset::SPEC,
        validate: |s| Handset::validate(s).map(drop),
        build: |s, _| Ok(Arc::new(Handset::with(s)?)),
    },
    Entry {
        spec: portal::SPEC,
        validate: |s| Fields::new(&portal::SPEC, s).done(()),
        build: |_, _| Ok(Arc::new(Portal)),
    },
    Entry { spec: twilio::TEXT, validate: Twilio::validate, build: |s, around| Ok(Arc::new(Twilio::new(s, around)?)) },
    Entry {
        spec: twilio::VOICE,
        validate: TwilioVoice::validate,
        build: |s, around| Ok(Arc::new(TwilioVoice::new(s, around)?)),
    },
    Entry { spec: smpp::SPEC, validate: |s| Smpp::validate(s).map(drop), build: |s, _| Ok(Arc::new(Smpp::new(s)?)) },
    Entry { spec: web_push::SPEC, validate: WebPush::validate, build: |s, a| Ok(Arc::new(WebPush::new(s, a)?)) },
    Entry { spec: webhook::SPEC, validate: Webhook::validate, build: |s, a| Ok(Arc::new(Webhook::new(s, a)?)) },
    Entry { spec: chat::SPEC, validate: Chat::validate, build: |s, a| Ok(Arc::new(Chat::new(s, a)?)) },
];

/// Makes the configured providers, in order; or says all that is wrong with them.
pub fn build(configs: &[Config], around: &Around) -> Result<Vec<Arc<dyn Provider>>, Vec<String>> {
    let (mut made, mut problems) = (Vec::new(), Vec::new());
    for config in configs {
        match entry(&config.provider).and_then(|e| (e.build)(&config.settings, around)) {
            Ok(provider) => made.push(provider),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() { Ok(made) } else { Err(problems) }
}

/// Checks the configured providers without I/O; the problems, each naming provider and setting.
pub fn validate(configs: &[Config]) -> Vec<String> {
    let problems = |c: &Config| entry(&c.provider).and_then(|e| (e.validate)(&c.settings)).err().unwrap_or_default();
    configs.iter().flat_map(problems).collect()
}

/// The make-believe phone among the providers, for the pages that show it.
pub fn handset(providers: &[Arc<dyn Provider>]) -> Option<Handset> {
    providers.iter().find_map(|p| {
        let any: &dyn Any = p.as_ref();
        any.downcast_ref::<Handset>().cloned()
    })
}

/// What sends notifications among the providers, for the page that asks whether it may.
pub fn web_push(provider: &dyn Provider) -> Option<&WebPush> {
    let any: &dyn Any = provider;
    any.downcast_ref::<WebPush>()
}

fn entry(name: &str) -> Result<&'static Entry, Vec<String>> {
    ALL.iter().find(|e| e.spec.name == name).ok_or_else(|| {
        let known: Vec<_> = ALL.iter().map(|e| e.spec.name).collect();
        vec![format!("provider: there is no `{name}`; there are {}", known.join(", "))]
    })
}

/// Reads settings by what the spec says of them, and gathers what is wrong.
pub(crate) struct Fields<'a> {
    spec: &'a Spec,
    settings: &'a Settings,
    problems: Vec<String>,
}

impl<'a> Fields<'a> {
    /// Looks for settings that there are not, are missing, or are of another type.
    pub(crate) fn new(spec: &'a Spec, settings: &'a Settings) -> Self {
        let mut fields = Self { spec, settings, problems: Vec::new() };
        for name in settings.keys() {
            if !spec.fields.iter().any(|f| f.name == name) {
                fields.problem(name, "there is no such setting");
            }
        }
        for field in spec.fields {
            match settings.get(field.name) {
                None if field.required => fields.problem(field.name, "must be set"),
                None => {}
                Some(value) => {
                    if let Some(wrong) = wrong(field, value) {
                        fields.problem(field.name, &wrong);
                    }
                }
            }
        }
        fields
    }

    /// Adds a problem with a setting.
    pub(crate) fn problem(&mut self, name: &str, what: &str) {
        self.problems.push(format!("{}.{name}: {what}", self.spec.name));
    }

    fn default(&self, name: &str) -> Option<&'static str> {
        self.spec.fields.iter().find(|f| f.name == name)?.default
    }

    /// A text, or its default; `None` when neither is there.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.settings.get(name).and_then(Json::as_str) {
            Some(text) => Some(text.to_owned()),
            None => self.default(name).map(str::to_owned),
        }
    }

    /// A whole number, or its default. A text of digits counts, as the environment has no other.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        match self.settings.get(name) {
            Some(value) => number(value),
            None => self.default(name)?.parse().ok(),
        }
    }

    /// `value`, unless there were problems.
    pub(crate) fn done<T>(self, value: T) -> Result<T, Vec<String>> {
        if self.problems.is_empty() { Ok(value) } else { Err(self.problems) }
    }
}

/// A whole number as a setting has it: digits as a text count, as the environment has no other.
pub fn number(value: &Json) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// What is wrong with a value. Never repeats it: it may be a secret in the wrong place.
fn wrong(field: &Setting, value: &Json) -> Option<String> {
    match field.kind {
        Kind::Text | Kind::Path if !value.is_string() => Some("a text is expected".into()),
        Kind::Text | Kind::Path if value.as_str().is_some_and(|t| t.trim().is_empty()) => Some("is empty".into()),
        Kind::Number if number(value).is_none() => Some("a whole number is expected".into()),
        Kind::Choice(words) if !value.as_str().is_some_and(|v| words.contains(&v)) => {
            Some(format!("one of {} is expected", words.join(", ")))
        }
        _ => None,
    }
}
