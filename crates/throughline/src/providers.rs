//! `[providers.NAME]` in the file: the providers that carry messages, beside those that have settings of their own.
//!
//! Invariants: a mistake names its file and its key and never what a value is; nothing is connected here.

use crate::carriers;
use crate::settings::{Mistake, Settings};
use channels::contract::{Provider, Spec};
use channels::registry::{self, Config};
use channels::{Around, Chat, Webhook};
use model::Channel;
use model::prompt::{Detail, Notify};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What the environment says of providers begins so.
pub const VARIABLE: &str = "PROVIDERS_";

/// Reads the sections below `providers`. `environment` is what it says of them: `TWILIO_TOKEN` and its value.
pub fn read(
    file: &Path,
    sections: toml::Value,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<Config>, Mistake> {
    let wrong = |key: &str, expected: &str| Mistake(format!("file {}: {key}: {expected}", file.display()));
    let toml::Value::Table(sections) = sections else {
        return Err(wrong("providers", "sections such as [providers.twilio] are expected"));
    };
    let mut out = Vec::new();
    for (name, section) in sections {
        let key = format!("providers.{name}");
        let Some(entry) = registry::ALL.iter().find(|e| e.spec.name == name && !own_settings(&name)) else {
            let known: Vec<_> = registry::ALL.iter().map(|e| e.spec.name).filter(|n| !own_settings(n)).collect();
            return Err(wrong(&key, &format!("there is no such provider; there are {}", known.join(", "))));
        };
        let toml::Value::Table(section) = section else { return Err(wrong(&key, "a section is expected")) };
        let mut settings: Map<String, Json> = Map::new();
        for (setting, value) in section {
            let value = serde_json::to_value(value).map_err(|_| wrong(&format!("{key}.{setting}"), "does not read"))?;
            settings.insert(setting, value);
        }
        for field in entry.spec.fields {
            if let Some(value) = environment.get(&variable(&entry.spec, field.name)) {
                settings.insert(field.name.into(), json!(value));
            }
        }
        (entry.validate)(&settings)
            .map_err(|problems| Mistake(format!("file {}: {}", file.display(), problems.join("\n"))))?;
        out.push(Config { provider: name, settings });
    }
    Ok(out)
}

/// Those that have settings of their own: the mail server, the make-believe phone, the Today page.
fn own_settings(name: &str) -> bool {
    matches!(name, "smtp" | "handset" | "portal")
}

/// Whether the environment may say this of a provider.
pub fn is_variable(rest: &str) -> bool {
    let of = |spec: &Spec| spec.fields.iter().any(|field| variable(spec, field.name) == rest);
    registry::ALL.iter().filter(|e| !own_settings(e.spec.name)).any(|e| of(&e.spec))
}

/// A setting of a provider in the environment, behind [`VARIABLE`].
fn variable(spec: &Spec, field: &str) -> String {
    format!("{}_{}", spec.name, field).to_uppercase()
}

/// Looks at the settings of every provider, before anything is made.
pub fn check(settings: &Settings) -> Result<(), String> {
    let configs = configs(settings, None)?;
    let mut problems = registry::validate(&configs);
    let teams = settings.teams().map_err(|e| e.to_string())?;
    let ways = teams.iter().flat_map(|team| team.notify.iter().map(move |way| (team.name.as_str(), way)));
    problems.extend(ways.filter_map(|(team, way)| carried(team, way, &configs).err()));
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// What providers are made with beside the settings: set, or made on the first start and kept in the store.
#[derive(Default)]
pub struct Keys {
    /// What links and addresses are signed with.
    pub link_secret: String,
    /// The key for notifications; the settings' own goes before it.
    pub push: String,
}

/// Every provider that is set, in the order in which those of one channel are tried.
pub fn build(settings: &Settings, keys: &Keys) -> Result<Vec<Arc<dyn Provider>>, String> {
    let configs = configs(settings, Some(keys))?;
    let clinic = settings.clinic().map_err(|e| e.to_string())?;
    let around = Around {
        egress: egress::Egress::new(&[]).map_err(|e| format!("outgoing HTTP: {e}"))?,
        rang: outreach::Rules::shipped().rang(&clinic).into_iter().map(rang).collect(),
        base_url: clinic.base_url,
        clinic: clinic.name,
        phone: clinic.phone,
    };
    registry::build(&configs, &around).map_err(|problems| problems.join("\n"))
}

/// Without keys: as they are looked at before any is made.
fn configs(settings: &Settings, keys: Option<&Keys>) -> Result<Vec<Config>, String> {
    let link_secret = keys.map_or("made on the first start", |k| k.link_secret.as_str());
    let mut configs = settings.providers();
    if !settings.get("smtp.host").is_empty() {
        configs.push(config("smtp", smtp(settings, link_secret)?));
    }
    if settings.get("provider.handset") == "true" {
        configs.push(config("handset", handset(settings)));
    }
    configs.push(config("portal", json!({})));
    for (push, keys) in configs.iter_mut().filter(|c| c.provider == "web_push").zip(keys) {
        push.settings.entry("private_key").or_insert_with(|| json!(keys.push));
    }
    let order: Vec<&str> =
        settings.get("channels.order").split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if let Some(unknown) = order.iter().find(|name| !configs.iter().any(|c| c.provider == **name)) {
        return Err(format!("channels.order: the provider `{unknown}` is not set"));
    }
    let clinic = settings.clinic().map_err(|e| e.to_string())?;
    carriers::keep_to_the_rate(&mut configs, &clinic, &outreach::Rules::shipped());
    // A stable sort: the others follow as they are set.
    configs.sort_by_key(|c| order.iter().position(|name| *name == c.provider).unwrap_or(usize::MAX));
    Ok(configs)
}

/// What whoever rings is told, as providers take it.
fn rang(words: outreach::Rang) -> channels::twilio::RangWords {
    let outreach::Rang { language, greeting, other, callback, stopped, goodbye } = words;
    channels::twilio::RangWords { language, greeting, other, callback, stopped, goodbye }
}

/// Whether a team can be told in this way, or what is wrong with it.
pub fn notifies(team: &str, way: &Notify) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("teams: {team}: notify: {what}"));
    let to = way.to.trim();
    let number = |to: &str| to.strip_prefix('+').is_some_and(|d| d.len() >= 3 && d.bytes().all(|b| b.is_ascii_digit()));
    match way.by {
        _ if to.is_empty() || to != way.to => wrong("`to` is the number, the address or the name of the room"),
        Channel::Sms if !number(to) => wrong("`to` of a text is a number such as +15550100"),
        Channel::Email if !to.contains('@') || to.contains(char::is_whitespace) => {
            wrong("`to` of a mail is an address")
        }
        Channel::Sms | Channel::Email | Channel::Chat if way.by != Channel::Email && way.detail != Detail::None => {
            wrong("only a mail may say more than that a prompt waits: leave `detail` out")
        }
        Channel::Sms | Channel::Email | Channel::Chat => Ok(()),
        _ => wrong("`by` is sms, email or chat"),
    }
}

/// Whether anything that is set carries what a team is told in this way, or what is to be set.
fn carried(team: &str, way: &Notify, configs: &[Config]) -> Result<(), String> {
    let carries = |c: &&Config| match c.provider.as_str() {
        // What a site's own service carries, its settings say.
        "webhook" => Webhook::carries(&c.settings).contains(&way.by),
        name => registry::ALL.iter().any(|e| e.spec.name == name && e.spec.channels.contains(&way.by)),
    };
    let mut carriers = configs.iter().filter(carries).peekable();
    let by = way.by.name();
    if carriers.peek().is_none() {
        let names = registry::ALL.iter().filter(|e| e.spec.channels.contains(&way.by) && !e.spec.make_believe);
        let keys: Vec<_> = names
            .map(|e| if e.spec.name == "smtp" { "smtp.host".into() } else { format!("[providers.{}]", e.spec.name) })
            .collect();
        return Err(format!("teams: {team}: notify: nothing carries {by}: set {}, or leave it out", keys.join(" or ")));
    }
    let knows = |c: &Config| c.provider != "chat" || Chat::room_names(&c.settings).contains(&way.to);
    if carriers.any(knows) {
        return Ok(());
    }
    Err(format!("teams: {team}: notify: {by}: the room `{}` is not among those of providers.chat.rooms", way.to))
}

fn handset(settings: &Settings) -> Json {
    let mut all = json!({"policy": settings.get("handset.policy")});
    if !settings.get("handset.journal").is_empty() {
        all["journal"] = json!(settings.get("handset.journal"));
    }
    all
}

fn smtp(settings: &Settings, link_secret: &str) -> Result<Json, String> {
    let port: u16 = settings.parse("smtp.port", "a port").map_err(|e| e.to_string())?;
    let mut all = json!({"host": settings.get("smtp.host"), "port": port, "tls": settings.get("smtp.tls"),
        "from": settings.get("smtp.from")});
    const MAY_BE_EMPTY: &[&str] = &[
        "user",
        "password",
        "ca",
        "dkim_key",
        "dkim_selector",
        "dkim_domain",
        "bounce_to",
        "reply_to",
        "listen",
        "mail_bytes_max",
        "listen_connections_max",
        "listen_timeout_ms",
        "inbound_secret",
        "trusted_authserv",
    ];
    for key in MAY_BE_EMPTY {
        let value = settings.get(&format!("smtp.{key}"));
        if !value.is_empty() {
            all[*key] = json!(value);
        }
    }
    // One secret is kept and each use has a key of its own made of it.
    let key = model::link::hmac_sha256(link_secret.as_bytes(), b"addresses of mails");
    all["address_secret"] = json!(model::Id::from_bytes(&key[..16]).unwrap_or_default().to_string());
    Ok(all)
}

/// One provider's configuration.
pub fn config(provider: &str, settings: Json) -> Config {
    Config { provider: provider.into(), settings: settings.as_object().cloned().unwrap_or_default() }
}

/// The settings of `[providers.NAME]` as they are in force, secrets not shown, and those that there are.
pub fn shown(configs: &[Config]) -> String {
    let mut out = String::from(
        "\n# Providers that carry messages: [providers.NAME], or THROUGHLINE_PROVIDERS_NAME_SETTING in the environment\n\
         # for what a section leaves out.\n",
    );
    for entry in registry::ALL.iter().filter(|e| !own_settings(e.spec.name)) {
        let spec = &entry.spec;
        let channels: Vec<_> = spec.channels.iter().map(|c| c.name()).collect();
        let set = configs.iter().find(|c| c.provider == spec.name);
        let is = if set.is_some() { "set" } else { "not set" };
        out.push_str(&format!("# provider {} ({}), {is}\n", spec.name, channels.join(", ")));
        for field in spec.fields {
            let value = match set.and_then(|c| c.settings.get(field.name)) {
                Some(_) if field.secret => "set, not shown".to_owned(),
                Some(value) => value.to_string(),
                None if field.required => "needed".to_owned(),
                None => field.default.map_or("not set".to_owned(), |d| format!("{d} when not set")),
            };
            out.push_str(&format!("#   {}: {value}. {}\n", field.name, field.help));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `serve` says of a file before anything is made.
    fn said(name: &str, text: &str) -> Result<(), String> {
        let file = std::env::temp_dir().join(format!("throughline-notify-{name}-{}.toml", std::process::id()));
        std::fs::write(&file, text).expect("a file");
        let read = Settings::read(Some(&file), std::iter::empty(), &[]).map_err(|e| e.to_string());
        std::fs::remove_file(&file).expect("removed");
        check(&read?)
    }

    /// A team that wants to be told so, and what else is set.
    fn team(notify: &str, more: &str) -> String {
        format!("[[teams]]\nname = \"nurses\"\ntitle = \"Nurses\"\nzone = \"UTC\"\nnotify = [{notify}]\n{more}")
    }

    const MAIL: &str = "{ by = \"email\", to = \"charge@clinic.example\" }";
    const TEXT: &str = "{ by = \"sms\", to = \"+12125550178\" }";
    const POST: &str = "{ by = \"chat\", to = \"charge\" }";
    const SMTP: &str = "[smtp]\nhost = \"127.0.0.1\"\nfrom = \"care@clinic.example\"\n";

    #[test]
    fn a_team_that_nothing_can_tell_is_a_mistake_that_names_team_channel_and_key() {
        let room = |name: &str| format!("[providers.chat]\nrooms = \"{name} https://chat.example.org/hooks/a\"\n");
        let webhook = |channels: &str| {
            let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr";
            let url = "https://own.example.org/send";
            format!("[providers.webhook]\nurl = \"{url}\"\nsecret = \"{secret}\"\nchannels = \"{channels}\"\n")
        };
        for (name, way, more, expected) in [
            ("own", TEXT, webhook("voice"), "teams: nurses: notify: nothing carries sms: set [providers.twilio]"),
            ("mail", MAIL, String::new(), "teams: nurses: notify: nothing carries email: set smtp.host"),
            ("text", TEXT, SMTP.into(), "teams: nurses: notify: nothing carries sms: set [providers.twilio]"),
            ("post", POST, SMTP.into(), "teams: nurses: notify: nothing carries chat: set [providers.chat]"),
            (
                "room",
                POST,
                room("other"),
                "teams: nurses: notify: chat: the room `charge` is not among those of providers.chat.rooms",
            ),
        ] {
            let problem = said(name, &team(way, &more)).expect_err(name);
            assert!(problem.contains(expected), "{name}: {problem}");
        }
        for (name, way, more) in [
            ("good-mail", MAIL, SMTP.to_owned()),
            ("good-post", POST, room("charge")),
            ("good-text", TEXT, "[provider]\nhandset = true\n".to_owned()),
            ("none", "", String::new()),
            ("own-text", TEXT, webhook("sms")),
        ] {
            assert_eq!(said(name, &team(way, &more)), Ok(()), "{name}");
        }
    }
}
