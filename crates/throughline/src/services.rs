//! `[services.NAME]` in the file: where the services are that pathways call, and what questions are signed with.
//!
//! Invariants: a mistake names its file and its key and never what a secret is; without a secret there is no service.

use crate::settings::Mistake;
use hub::caller::{Secrets, Service};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// How long a try may take when nobody says otherwise, and at most.
const TIMEOUT_MS: u64 = 10_000;
const TIMEOUT_MAX_MS: u64 = 60_000;

/// One section as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    url: String,
    #[serde(default)]
    secret: channels::Secret,
    #[serde(default)]
    allow_private: bool,
    #[serde(default)]
    make_believe: bool,
    timeout_ms: Option<u64>,
    authorities: Option<PathBuf>,
}

/// Reads the sections below `services`. `secrets` are those of the environment, by the service's name in lower case.
pub fn read(file: &Path, sections: toml::Value, secrets: &BTreeMap<String, String>) -> Result<Vec<Service>, Mistake> {
    let toml::Value::Table(sections) = sections else {
        return Err(wrong(file, "services", "sections such as [services.eligibility]"));
    };
    let mut out = Vec::new();
    for (name, section) in sections {
        let key = format!("services.{name}");
        // What serde says of a secret of another type would tell it.
        if section.get("secret").is_some_and(|s| !s.is_str()) {
            return Err(wrong(file, &format!("{key}.secret"), "text"));
        }
        let written: Written =
            section.try_into().map_err(|e: toml::de::Error| wrong(file, &key, &format!("{} is said", e.message())))?;
        out.push(service(file, &name, &key, written, secrets)?);
    }
    Ok(out)
}

fn wrong(file: &Path, key: &str, expected: &str) -> Mistake {
    Mistake(format!("file {}: {key}: {expected} is expected", file.display()))
}

fn service(
    file: &Path,
    name: &str,
    key: &str,
    written: Written,
    secrets: &BTreeMap<String, String>,
) -> Result<Service, Mistake> {
    let wrong = |field: &str, expected: &str| wrong(file, &format!("{key}.{field}"), expected);
    let url = Url::parse(&written.url).map_err(|_| wrong("url", "a URL such as https://host/path"))?;
    let plain = url.scheme() == "http" && written.allow_private;
    if (url.scheme() != "https" && !plain) || url.host_str().is_none() {
        return Err(wrong("url", "https (http only with `allow_private = true`)"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("url", "a URL without a user and a password"));
    }
    let secret = secrets.get(&name.to_lowercase()).map_or(written.secret.reveal(), String::as_str);
    let secrets = Secrets::read(secret).map_err(|expected| wrong("secret", expected))?;
    let timeout_ms = written.timeout_ms.unwrap_or(TIMEOUT_MS);
    if !(1..=TIMEOUT_MAX_MS).contains(&timeout_ms) {
        return Err(wrong("timeout_ms", &format!("a number from 1 to {TIMEOUT_MAX_MS}")));
    }
    let authorities = match &written.authorities {
        None => Vec::new(),
        Some(path) => std::fs::read(path).map_err(|_| wrong("authorities", "a PEM file that can be read"))?,
    };
    Ok(Service {
        name: name.to_owned(),
        url,
        secrets,
        allow_private: written.allow_private,
        timeout: Duration::from_millis(timeout_ms),
        make_believe: written.make_believe,
        authorities,
    })
}

/// What is wrong when pathways call what nobody set: pathway and service.
pub fn missing(missing: &[(String, String)], file: Option<&Path>) -> Result<(), String> {
    let file = match file {
        Some(file) => format!("the settings file {}", file.display()),
        None => "a settings file (--config)".to_owned(),
    };
    let say = |(pathway, service): &(String, String)| {
        format!(
            "the pathway `{pathway}` calls the service `{service}`, which no setting has: add `[services.{service}]` \
             with `url` and `secret` to {file}"
        )
    };
    if missing.is_empty() { Ok(()) } else { Err(missing.iter().map(say).collect::<Vec<_>>().join("\n")) }
}

/// The services as they are in force, without their secrets.
pub fn shown(services: &[Service]) -> String {
    let mut out = String::from(
        "\n# Services that pathways call: [services.NAME] with url, secret (or THROUGHLINE_SERVICES_NAME_SECRET),\n\
         # timeout_ms, allow_private, make_believe and authorities (a PEM file).\n",
    );
    for s in services {
        let ms = s.timeout.as_millis();
        let host = s.url.host_str().unwrap_or_default();
        out.push_str(&format!(
            "# service {} at {}://{host}, {ms} ms, secret: set, not shown\n",
            s.name,
            s.url.scheme()
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn read(text: &str) -> Result<Vec<Service>, String> {
        let table: toml::Table = text.parse().expect("TOML");
        super::read(Path::new("a.toml"), table["services"].clone(), &BTreeMap::new()).map_err(|m| m.0)
    }

    #[test]
    fn a_service_is_read_and_a_mistake_names_its_key_and_no_secret() {
        let good = format!("[services.eligibility]\nurl = \"https://payer.example/ask\"\nsecret = \"{SECRET}\"\n");
        let found = read(&good).expect("a service");
        assert_eq!(
            (found[0].name.as_str(), found[0].timeout, found[0].allow_private),
            ("eligibility", Duration::from_secs(10), false)
        );
        assert!(!shown(&found).contains("MfKQ9r8") && !format!("{:?}", found[0].secrets).contains("MfKQ9r8"));
        let env = BTreeMap::from([("eligibility".to_owned(), SECRET.to_owned())]);
        let table: toml::Table = good.replace(SECRET, "").parse().expect("TOML");
        assert!(super::read(Path::new("a.toml"), table["services"].clone(), &env).is_ok(), "of the environment");
        for (from, to, key) in [
            ("https://payer.example/ask", "http://payer.example/ask", "services.eligibility.url"),
            ("https://payer.example/ask", "payer.example", "services.eligibility.url"),
            ("https://payer.example/ask", "https://user:hunter2@payer.example", "services.eligibility.url"),
            (SECRET, "hunter2", "services.eligibility.secret"),
            ("\"https://payer.example/ask\"", "\"https://payer.example\"\ntimeout_ms = 0", "timeout_ms"),
            ("\"https://payer.example/ask\"", "\"https://payer.example\"\nauthorities = \"/no/file\"", "authorities"),
            ("url", "ulr", "services.eligibility"),
        ] {
            let said = read(&good.replacen(from, to, 1)).err().expect("a mistake");
            assert!(said.contains("a.toml") && said.contains(key), "{said}");
            assert!(!said.contains("hunter2") && !said.contains("MfKQ9r8"), "{said}");
        }
        let said = read("[services.a]\nurl = \"https://a.example\"\nsecret = 123456\n").err().expect("a mistake");
        assert!(said.contains("services.a.secret") && !said.contains("123456"), "{said}");
    }
}
