//! Settings: file < environment < flags, each documented once, in [`SETTINGS`].

use model::prompt::Team;
use outreach::Clinic;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One setting.
pub struct Setting {
    /// `store.path`; in the environment `THROUGHLINE_STORE_PATH`; in the file `path` under `[store]`.
    pub key: &'static str,
    /// What holds when nobody says otherwise.
    pub default: &'static str,
    /// Never printed.
    pub secret: bool,
    /// One sentence or two.
    pub help: &'static str,
}

const fn setting(key: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { key, default, secret: false, help }
}

const fn secret(key: &'static str, help: &'static str) -> Setting {
    Setting { key, default: "", secret: true, help }
}

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    setting("http.listen", "127.0.0.1:8080", "Address and port that the web pages and the API are served on."),
    setting(
        "http.base_url",
        "http://127.0.0.1:8080",
        "How patients' browsers reach this hub: the start of every link.",
    ),
    setting("http.body_max_bytes", "16777216", "The largest request body that is read."),
    setting("http.secure_cookies", "false", "Set to true behind HTTPS: cookies are then never sent in the clear."),
    setting(
        "auth.second_factor",
        "administrator,auditor,lead",
        "Roles that must have a second factor, with commas between: who has none is led to add one at the login. `none`: nobody must.",
    ),
    setting("store.path", "data/throughline.db", "File of the embedded store. Not used when store.postgres is set."),
    secret("store.postgres", "Connection string of a PostgreSQL store, such as `postgres://user@host/name`."),
    setting("store.lanes", "4", "Connections that write to PostgreSQL: a divisor of 64."),
    setting("pathways.sites", "", "A comma-separated list of the sites at which pathways are in force; empty for all."),
    setting("pathways.folder", "", "Folder of pathway files; empty for the pathways that ship with the binary."),
    setting(
        "pathways.also",
        "",
        "Shipped pathways to put in force beside the usual ones, with commas between: appointment-reminders, prescription-pick-up, thirty-days-after-discharge.",
    ),
    setting(
        "pathways.drafts",
        "warn",
        "What becomes of a version without a clinical approver and a review date: allow, warn or refuse. Refused, it is known and not in force, and the one published last stays in force.",
    ),
    setting("clinic.name", "Northside Health", "Name that patients know; part of every message."),
    setting("clinic.phone", "+15550100", "Number that patients can call back."),
    setting("clinic.emergency_number", "911", "Number given when something cannot wait."),
    setting("clinic.zone", "America/New_York", "IANA time zone of the clinic, and of people whose own is not known."),
    setting(
        "clinic.address",
        "",
        "Postal address. Mails that advertise carry it; without it none is sent (15 U.S.C. 7704(a)(5)).",
    ),
    setting("clinic.country", "US", "Country of telephone numbers that are written without one."),
    setting(
        "clinic.countries",
        "",
        "Further countries that automated texts and calls go to, by code, with commas between: CA,MX. The clinic's own needs none.",
    ),
    setting(
        "clinic.unreviewed_languages",
        "held_back",
        "`held_back`: whoever speaks a language whose words nobody qualified has reviewed gets a person with an interpreter. `allow`: the words go out all the same, and a banner says so; for trying things out.",
    ),
    secret(
        "clinic.link_secret",
        "Secret that links in messages are signed with; made and kept on the first start when empty.",
    ),
    setting(
        "sender.free_to_end_user",
        "false",
        "Whether texts and calls cost whoever gets them nothing. Only then is the exemption for health care used (rules/exemption.yaml).",
    ),
    setting(
        "sender.given_number",
        "consent",
        "`consent`: that a person gave their number is consent to messages about their care (rules/consent.yaml). `no`: it is none; without a recorded consent only the exemption and emergencies are left.",
    ),
    setting(
        "sender.number",
        "none",
        "The kind of number that texts leave from: a name of rules/carriers.yaml (long_code, toll_free, short_code), or `none`. Texts leave no faster than its segments a second, unless a provider's per_second says what a contract allows.",
    ),
    setting(
        "sender.registered",
        "false",
        "Whether that number is registered with the carriers. If it is not, the hub says so when it starts.",
    ),
    setting(
        "test.only_to",
        "",
        "Test mode: a comma-separated list of the only numbers and addresses that are reached. A banner on every page says so.",
    ),
    setting(
        "channels.order",
        "",
        "Providers with commas between, in the order in which they are used for a channel that more than one carries: when the first cannot, the next one does.",
    ),
    setting(
        "outreach.approve_above",
        "500",
        "More messages of the same words of a pathway within a day than this wait until a second person approves them on the page Sending; urgent ones never do. 0: never.",
    ),
    setting("provider.handset", "false", "The make-believe phone and mailbox in the browser, for trying things out."),
    setting(
        "handset.journal",
        "",
        "File to which the make-believe phone writes each send as a line of JSON; none when empty.",
    ),
    setting(
        "handset.policy",
        "manual",
        "What the make-believe phone does with a call: `manual` (it rings), `no_answer` or `answer`.",
    ),
    setting("smtp.host", "", "Mail server. Mail is sent only when this is set."),
    setting("smtp.port", "587", "Port of the mail server."),
    setting("smtp.tls", "starttls", "`starttls`, `tls` or `none`."),
    setting("smtp.user", "", "Account on the mail server."),
    secret("smtp.password", "Password on the mail server."),
    setting("smtp.from", "", "Address that mail is sent from."),
    setting("smtp.ca", "", "PEM file of a further certificate authority to trust, for a mail server inside the house."),
    setting("smtp.dkim_key", "", "PEM file of the private key that mails are signed with (DKIM): RSA or Ed25519."),
    setting(
        "smtp.dkim_selector",
        "",
        "Selector of that key; its public half is published at SELECTOR._domainkey.DOMAIN.",
    ),
    setting("smtp.dkim_domain", "", "Domain that signs; that of `smtp.from` when empty."),
    setting(
        "smtp.bounce_to",
        "",
        "Address that mails bounce to, with at most 3 characters before the @, such as b@mail.clinic.example; each mail has one of its own, made of it.",
    ),
    setting("smtp.reply_to", "", "Address that answers to mails go to, made like that of bounces; another one."),
    setting(
        "smtp.listen",
        "",
        "Address and port where the mail server in front hands over what came for those two addresses, such as 127.0.0.1:2525.",
    ),
    setting("smtp.mail_bytes_max", "8000000", "The largest mail that is taken in, in bytes."),
    setting("smtp.listen_connections_max", "64", "Connections to `smtp.listen` at the same time."),
    setting(
        "smtp.listen_timeout_ms",
        "300000",
        "How long a command or a mail to `smtp.listen` may take, in milliseconds.",
    ),
    secret(
        "smtp.inbound_secret",
        "whsec_… that mails posted to /hooks/smtp/inbound are signed with; nothing is taken there when empty.",
    ),
    setting(
        "smtp.trusted_authserv",
        "",
        "Name of the mail server in front whose Authentication-Results are believed; nobody's when empty.",
    ),
    setting("log.format", "text", "`text` or `json`."),
    setting("log.level", "info", "`error`, `warn`, `info`, `debug`, or filters such as `hub=debug`."),
];

/// A mistake in a setting: which, where it was said, what was expected.
#[derive(Debug)]
pub struct Mistake(pub String);

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Settings as they are in force, each with where it was said.
pub struct Settings {
    values: BTreeMap<String, (String, String)>,
    /// As the file says; `None`: those that the shipped pathways name.
    teams: Option<Vec<Team>>,
    /// Services that pathways call.
    services: Vec<hub::Service>,
    /// Providers that carry messages, beside those with settings of their own.
    providers: Vec<channels::registry::Config>,
    /// What the environment says of them: `TWILIO_TOKEN` and its value.
    provider_variables: BTreeMap<String, String>,
    /// Their secrets as the environment says, by name in lower case.
    service_secrets: BTreeMap<String, String>,
    /// The file that was read, if any.
    file: Option<PathBuf>,
}

impl Settings {
    /// Reads the file (if any), the environment, and `flags` (`key=value`).
    pub fn read(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        flags: &[(String, String)],
    ) -> Result<Self, Mistake> {
        let mut this = Self {
            values: BTreeMap::new(),
            teams: None,
            services: Vec::new(),
            providers: Vec::new(),
            provider_variables: BTreeMap::new(),
            service_secrets: BTreeMap::new(),
            file: None,
        };
        let environment: Vec<(String, String)> = environment.collect();
        for (name, value) in &environment {
            let service = name.strip_prefix("THROUGHLINE_SERVICES_").and_then(|rest| rest.strip_suffix("_SECRET"));
            if let Some(service) = service {
                this.service_secrets.insert(service.to_lowercase(), value.clone());
            }
            if let Some(rest) =
                name.strip_prefix("THROUGHLINE_").and_then(|n| n.strip_prefix(crate::providers::VARIABLE))
            {
                this.provider_variables.insert(rest.to_owned(), value.clone());
            }
        }
        if let Some(path) = file {
            this.read_file(path)?;
            this.file = Some(path.to_owned());
        }
        for (name, value) in environment {
            let Some(rest) = name.strip_prefix("THROUGHLINE_") else { continue };
            if rest.strip_prefix(crate::providers::VARIABLE).is_some_and(crate::providers::is_variable) {
                continue;
            }
            if rest.strip_prefix("SERVICES_").is_some_and(|rest| rest.ends_with("_SECRET")) {
                continue;
            }
            let said = SETTINGS.iter().find(|s| s.key.replace('.', "_").eq_ignore_ascii_case(rest));
            match said {
                Some(setting) => {
                    this.values.insert(setting.key.into(), (value, format!("environment variable {name}")));
                }
                None if is_of_another(rest, &value) => {}
                None => return Err(unknown_variable(&name, rest)),
            }
        }
        for (key, value) in flags {
            this.put(key, value.clone(), format!("flag --set {key}"))?;
        }
        Ok(this)
    }

    fn read_file(&mut self, path: &Path) -> Result<(), Mistake> {
        let text =
            std::fs::read_to_string(path).map_err(|e| Mistake(format!("cannot read {}: {e}", path.display())))?;
        let table: toml::Table = text.parse().map_err(|e| Mistake(format!("{}: {e}", path.display())))?;
        for (section, value) in table {
            if section == "teams" {
                self.teams = Some(value.try_into().map_err(|e| Mistake(format!("{}: teams: {e}", path.display())))?);
                continue;
            }
            if section == "services" {
                self.services = crate::services::read(path, value, &self.service_secrets)?;
                continue;
            }
            if section == "providers" {
                self.providers = crate::providers::read(path, value, &self.provider_variables)?;
                continue;
            }
            let toml::Value::Table(entries) = value else {
                return Err(Mistake(format!("{}: `{section}`: a section such as [store] is expected", path.display())));
            };
            for (key, value) in entries {
                let value = match value {
                    toml::Value::String(s) => s,
                    other => other.to_string(),
                };
                self.put(&format!("{section}.{key}"), value, format!("file {}", path.display()))?;
            }
        }
        Ok(())
    }

    fn put(&mut self, key: &str, value: String, from: String) -> Result<(), Mistake> {
        if !SETTINGS.iter().any(|s| s.key == key) {
            let near = SETTINGS.iter().max_by_key(|s| common(s.key, key)).map_or("", |s| s.key);
            return Err(Mistake(format!("{from}: there is no setting `{key}`; did you mean `{near}`?")));
        }
        self.values.insert(key.into(), (value, from));
        Ok(())
    }

    /// The value of a setting.
    pub fn get(&self, key: &str) -> &str {
        let default = SETTINGS.iter().find(|s| s.key == key).map_or("", |s| s.default);
        self.values.get(key).map_or(default, |(value, _)| value)
    }

    /// The value read as something else than text.
    pub fn parse<T: std::str::FromStr>(&self, key: &str, expected: &str) -> Result<T, Mistake> {
        self.get(key).parse().map_err(|_| self.wrong(key, expected))
    }

    /// A mistake in the value of a setting that is no secret.
    fn wrong(&self, key: &str, expected: &str) -> Mistake {
        let from = self.values.get(key).map_or("default", |(_, from)| from);
        Mistake(format!("{from}: {key} is `{}`: {expected} is expected", self.get(key)))
    }

    /// Looks at every setting that is not free text, before anything is begun.
    pub fn check(&self) -> Result<(), Mistake> {
        for key in ["http.secure_cookies", "provider.handset"] {
            self.parse::<bool>(key, "true or false")?;
        }
        self.parse::<web::Drafts>("pathways.drafts", "allow, warn or refuse")?;
        self.parse::<usize>("http.body_max_bytes", "a number of bytes")?;
        self.parse::<u16>("smtp.port", "a port")?;
        self.parse::<u32>("outreach.approve_above", "a number")?;
        if !["text", "json"].contains(&self.get("log.format")) {
            return Err(self.wrong("log.format", "`text` or `json`"));
        }
        if tracing_subscriber::EnvFilter::try_new(self.get("log.level")).is_err() {
            return Err(self.wrong("log.level", "a level such as `info`, or filters such as `hub=debug`,"));
        }
        self.second_factor()?;
        self.store()?;
        self.clinic().map(drop)
    }

    /// Roles that must have a second factor.
    pub fn second_factor(&self) -> Result<Vec<String>, Mistake> {
        let said = self.get("auth.second_factor").trim();
        if said == "none" {
            return Ok(Vec::new());
        }
        let roles: Vec<String> = said.split(',').map(|r| r.trim().to_owned()).filter(|r| !r.is_empty()).collect();
        let known = |role: &String| web::ROLES.iter().any(|(name, _)| name == role);
        // An empty list would be a slip that switches protection off: it has a word of its own.
        if roles.is_empty() || !roles.iter().all(known) {
            let names: Vec<&str> = web::ROLES.iter().map(|(name, _)| *name).collect();
            return Err(self.wrong("auth.second_factor", &format!("`none`, or a list of {}", names.join(", "))));
        }
        Ok(roles)
    }

    /// Where the store is.
    pub fn store(&self) -> Result<store::Location, Mistake> {
        if self.get("store.postgres").is_empty() {
            return Ok(store::Location::Sqlite(PathBuf::from(self.get("store.path"))));
        }
        let lanes: u16 = self.parse("store.lanes", "a divisor of 64")?;
        if lanes == 0 || 64 % lanes != 0 {
            return Err(self.wrong("store.lanes", "a divisor of 64"));
        }
        Ok(store::Location::Postgres { url: self.get("store.postgres").to_owned(), lanes })
    }

    /// The clinic. Its link secret is still empty when nobody set one.
    pub fn clinic(&self) -> Result<Clinic, Mistake> {
        let zone = self.get("clinic.zone");
        if model::time::zone(zone).is_none() {
            return Err(self.wrong("clinic.zone", "an IANA zone such as America/New_York"));
        }
        if !wire::is_country(self.get("clinic.country")) {
            return Err(self.wrong("clinic.country", "a country's two letters (ISO 3166-1) such as US or GB"));
        }
        let text = |key: &str| self.get(key).to_owned();
        let unreviewed_languages = match self.get("clinic.unreviewed_languages") {
            "held_back" => false,
            "allow" => true,
            _ => return Err(self.wrong("clinic.unreviewed_languages", "`held_back` or `allow`")),
        };
        Ok(Clinic {
            name: text("clinic.name"),
            phone: text("clinic.phone"),
            emergency_number: text("clinic.emergency_number"),
            zone: zone.to_owned(),
            base_url: self.get("http.base_url").trim_end_matches('/').to_owned(),
            link_secret: text("clinic.link_secret"),
            country: text("clinic.country"),
            countries: self.countries()?,
            unreviewed_languages,
            address: text("clinic.address"),
            sender: self.sender()?,
        })
    }

    /// Further countries that messages go to.
    fn countries(&self) -> Result<Vec<String>, Mistake> {
        let all = self.get("clinic.countries").split(',').map(|c| c.trim().to_uppercase());
        let all: Vec<String> = all.filter(|c| !c.is_empty()).collect();
        if all.iter().any(|c| c.len() != 2 || !c.bytes().all(|b| b.is_ascii_uppercase())) {
            return Err(self.wrong("clinic.countries", "codes of countries such as CA, with commas between them"));
        }
        Ok(all)
    }

    /// The sender of texts and calls.
    fn sender(&self) -> Result<outreach::Sender, Mistake> {
        let flag = |key: &str| match self.get(key) {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.wrong(key, "`true` or `false`")),
        };
        let given_number = match self.get("sender.given_number") {
            "consent" => true,
            "no" => false,
            _ => return Err(self.wrong("sender.given_number", "`consent` or `no`")),
        };
        let (names, number) = (outreach::Rules::number_names(), self.get("sender.number"));
        if number != "none" && !names.iter().any(|name| name == number) {
            return Err(self.wrong("sender.number", &format!("`none` or one of {}", names.join(", "))));
        }
        let number = if number == "none" { String::new() } else { number.to_owned() };
        let (free_to_end_user, registered) = (flag("sender.free_to_end_user")?, flag("sender.registered")?);
        Ok(outreach::Sender { free_to_end_user, given_number, number, registered })
    }

    /// Teams: those of the file, or the ones that the shipped pathways name.
    pub fn teams(&self) -> Result<Vec<Team>, Mistake> {
        let clinic = self.clinic()?;
        let Some(mut teams) = self.teams.clone() else { return Ok(hub::shipped::teams(&clinic)) };
        for (team, way) in teams.iter().flat_map(|t| t.notify.iter().map(move |way| (t, way))) {
            crate::providers::notifies(&team.name, way).map_err(Mistake)?;
        }
        for team in &mut teams {
            if team.zone.is_empty() {
                team.zone.clone_from(&clinic.zone);
            }
            if team.phone.is_empty() {
                team.phone.clone_from(&clinic.phone);
            }
        }
        Ok(teams)
    }

    /// Services that pathways call.
    pub fn services(&self) -> Vec<hub::Service> {
        self.services.clone()
    }

    /// Providers that carry messages, beside those with settings of their own.
    pub fn providers(&self) -> Vec<channels::registry::Config> {
        self.providers.clone()
    }

    /// The file that was read, if any.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Test mode's list; `None` when live.
    pub fn only_to(&self) -> Option<Vec<String>> {
        let list = self.get("test.only_to");
        (!list.is_empty()).then(|| list.split(',').map(|a| a.trim().to_owned()).collect())
    }

    /// Sites at which pathways are in force; empty for all.
    pub fn sites(&self) -> Vec<String> {
        let list = self.get("pathways.sites");
        list.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
    }

    /// Another default, for a command that has its own; what was said stays.
    pub fn default_to(&mut self, key: &str, value: &str) {
        self.values.entry(key.to_owned()).or_insert_with(|| (value.to_owned(), "this command's default".to_owned()));
    }

    /// Every setting as it is in force, as a file that could be read back. Secrets are not shown.
    pub fn show(&self) -> String {
        let mut out = String::from("# Throughline: settings in force. File < environment < flags (--set key=value).\n");
        let mut section = "";
        for setting in SETTINGS {
            let (this, name) = setting.key.split_once('.').unwrap_or(("", setting.key));
            if this != section {
                section = this;
                out.push_str(&format!("\n[{section}]\n"));
            }
            let from = self.values.get(setting.key).map_or("default", |(_, from)| from);
            let env = format!("THROUGHLINE_{}", setting.key.replace('.', "_").to_uppercase());
            out.push_str(&format!("# {}\n# {env}; from: {from}\n", setting.help));
            let value = self.get(setting.key);
            if setting.secret {
                let state = if value.is_empty() { "not set" } else { "set, not shown" };
                out.push_str(&format!("# {name} = \"\"  # secret: {state}\n"));
            } else {
                out.push_str(&format!("{name} = {}\n", toml::Value::String(value.to_owned())));
            }
        }
        out.push_str("\n# Teams: [[teams]] with name, title, site, zone, hours ([[weekday, from, to]]: Monday is 0, minutes after\n");
        out.push_str("# midnight; none: at all hours) and phone. Where else a team is told that a prompt waits: notify, a list of\n");
        out.push_str("# {by = \"sms\" | \"email\" | \"chat\", to = number, address or room, name = account, only = \"urgent\" | \"all\",\n");
        out.push_str("# detail = \"none\" | \"initials\" (mail)}.\n");
        for team in self.teams().unwrap_or_default() {
            out.push_str(&format!(
                "# team {} ({}), {} opening hours, told in {} other ways\n",
                team.name,
                team.title,
                team.hours.len(),
                team.notify.len()
            ));
        }
        out.push_str(&crate::services::shown(&self.services));
        out.push_str(&crate::providers::shown(&self.providers));
        out
    }
}

/// Variables that begin like ours and are no settings: the file's, and those of tests.
const NO_SETTINGS: &[&str] = &["CONFIG", "BIN", "CHARTS", "SEED", "HUB", "KEY"];

/// Whether the variable `THROUGHLINE_<rest>` is not meant as a setting: container platforms tell every container
/// of the services beside it (`THROUGHLINE_SERVICE_HOST`, `THROUGHLINE_PORT_8080_TCP`).
fn is_of_another(rest: &str, value: &str) -> bool {
    let name = format!("_{rest}");
    let address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    NO_SETTINGS.contains(&rest)
        || rest == "PORT"
        || name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.contains("_PORT_")
        || (name.ends_with("_PORT") && address)
}

/// A variable that nobody reads: a slip in the name of `test.only_to` would mean that messages leave.
fn unknown_variable(name: &str, rest: &str) -> Mistake {
    let asked = rest.to_lowercase();
    let near = SETTINGS.iter().map(|s| s.key.replace('.', "_")).max_by_key(|k| common(k, &asked));
    let near = near.unwrap_or_default().to_uppercase();
    Mistake(format!("environment variable {name}: there is no such setting; did you mean `THROUGHLINE_{near}`?"))
}

/// Letters at the start that two keys share, and whether they end alike.
fn common(a: &str, b: &str) -> usize {
    let start = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let end = a.chars().rev().zip(b.chars().rev()).take_while(|(x, y)| x == y).count();
    start + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_sources_win_and_mistakes_name_their_place() {
        let dir = std::env::temp_dir().join(format!("throughline-settings-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a folder");
        let file = dir.join("a.toml");
        std::fs::write(&file, "[clinic]\nname = \"From file\"\nphone = \"+1\"\n[store]\nlanes = 8\n").expect("a file");
        let env = [("THROUGHLINE_CLINIC_NAME".to_owned(), "From env".to_owned())];
        let flags = [("clinic.phone".to_owned(), "+2".to_owned())];
        let read = Settings::read(Some(&file), env.into_iter(), &flags).expect("settings");
        assert_eq!(read.get("clinic.name"), "From env");
        assert_eq!(read.get("clinic.phone"), "+2");
        assert_eq!(read.parse::<u16>("store.lanes", "a number").ok(), Some(8));
        let wrong = [("clinic.nmae".to_owned(), "x".to_owned())];
        let mistake = Settings::read(None, std::iter::empty(), &wrong).err().expect("a mistake").to_string();
        assert!(mistake.contains("clinic.nmae") && mistake.contains("did you mean `clinic.name`"), "{mistake}");
        std::fs::remove_dir_all(&dir).expect("removed");
    }

    #[test]
    fn an_unknown_variable_is_a_mistake_unless_a_platform_set_it() {
        let read = |name: &str, value: &str| {
            Settings::read(None, [(name.to_owned(), value.to_owned())].into_iter(), &[]).map(|_| ()).map_err(|e| e.0)
        };
        let mistake = read("THROUGHLINE_TEST_ONLYTO", "+15550100").expect_err("a slip");
        assert!(mistake.contains("did you mean `THROUGHLINE_TEST_ONLY_TO`"), "{mistake}");
        assert!(read("THROUGHLINE_SMPT_PORT", "25").is_err(), "a slip in a port");
        for (name, value) in [
            ("THROUGHLINE_CONFIG", "a.toml"),
            ("THROUGHLINE_BIN", "x"),
            ("THROUGHLINE_CHARTS", "10"),
            ("THROUGHLINE_SEED", "1"),
            ("THROUGHLINE_SERVICE_HOST", "10.0.0.1"),
            ("THROUGHLINE_SERVICE_PORT", "8080"),
            ("THROUGHLINE_SERVICE_PORT_HTTP", "8080"),
            ("THROUGHLINE_PORT", "tcp://10.0.0.1:8080"),
            ("THROUGHLINE_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
            ("THROUGHLINE_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("THROUGHLINE_WEB_PORT", "tcp://10.0.0.1:8080"),
            ("OTHER_TEST_ONLYTO", "x"),
        ] {
            assert_eq!(read(name, value), Ok(()), "{name}");
        }
    }

    #[test]
    fn who_must_have_a_second_factor_is_a_list_of_roles_or_none() {
        let read = |value: Option<&str>| {
            let flags: Vec<_> = value.map(|v| ("auth.second_factor".to_owned(), v.to_owned())).into_iter().collect();
            Settings::read(None, std::iter::empty(), &flags).expect("settings").second_factor().map_err(|m| m.0)
        };
        assert_eq!(read(None), Ok(vec!["administrator".into(), "auditor".into(), "lead".into()]));
        assert_eq!(read(Some("none")), Ok(vec![]));
        assert_eq!(read(Some("nurse, lead")), Ok(vec!["nurse".into(), "lead".into()]));
        for wrong in ["", "nurse,boss", "None"] {
            assert!(read(Some(wrong)).is_err_and(|m| m.contains("administrator")), "{wrong}");
        }
    }

    #[test]
    fn secrets_are_never_shown() {
        let flags = [("smtp.password".to_owned(), "hunter2".to_owned())];
        let read = Settings::read(None, std::iter::empty(), &flags).expect("settings");
        assert!(!read.show().contains("hunter2"));
        assert!(read.show().contains("set, not shown"));
    }
}
