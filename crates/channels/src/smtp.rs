//! Provider `smtp`: mail by a submission server (RFC 5321, RFC 6409), over STARTTLS or TLS.
//!
//! The dialogue is driven stage by stage, because what an error means depends on when it came: until
//! the content is on its way nothing was taken; from its first byte to the server's answer nobody
//! knows, and the attempt is [`SendError::Ambiguous`]. The server's words are never passed on, as they
//! may name the recipient: only its codes are. What comes back is the mailbox's.

use crate::Secret;
use crate::contract::{
    Accepted, BODY_MAX, BoxFuture, Kind, Outbound, Provider, ReceiveError, Received, Request, SendError, Setting, Sink,
    Spec,
};
use crate::dkim::Signer;
use crate::mail::{self, Mail, Sender};
use crate::mailbox::settings::{self, Back};
use crate::mailbox::{Mailbox, listener, report};
use crate::registry::{Fields, Settings};
use lettre::address::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use model::Channel;
use std::error::Error as _;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Connections that are kept open.
const IDLE_MAX: usize = 4;
/// How long one is kept without work; servers hang up after some minutes.
const IDLE_FOR: Duration = Duration::from_secs(30);
/// Mails over one connection; many servers refuse more.
const MAILS_MAX: u32 = 100;
/// How long to wait when the server says "too fast" without saying for how long.
const THROTTLED_MS: u64 = 60_000;
/// Bytes of a mail that is posted, with what is attached to it.
const POSTED_MAX: usize = 8 * 1024 * 1024;
/// How long a goodbye may take.
const QUIT: Duration = Duration::from_millis(500);

const TLS: &[&str] = &["none", "starttls", "tls"];

const fn field(name: &'static str, kind: Kind, default: Option<&'static str>, help: &'static str) -> Setting {
    Setting { name, kind, required: false, default, secret: false, help }
}

/// What it is.
pub const SPEC: Spec = Spec {
    name: "smtp",
    channels: &[Channel::Email],
    secrets: &["password", "address_secret", "inbound_secret"],
    fields: &[
        Setting { required: true, ..field("host", Kind::Text, None, "Name or address of the mail server.") },
        field("port", Kind::Number, None, "Its port; 587 with starttls, 465 with tls, 25 with none when not set."),
        field(
            "tls",
            Kind::Choice(TLS),
            Some("starttls"),
            "How the line is kept private; `none` only inside one machine.",
        ),
        field("user", Kind::Text, None, "Account at the server; without it no authentication is tried."),
        Setting { secret: true, ..field("password", Kind::Text, None, "Password of the account.") },
        Setting {
            required: true,
            ..field("from", Kind::Text, None, "Mail address that mails come from; its domain names the Message-ID.")
        },
        field(
            "timeout_ms",
            Kind::Number,
            Some("30000"),
            "How long to wait for each answer of the server, in milliseconds.",
        ),
        field(
            "ca",
            Kind::Path,
            None,
            "PEM file of a further certificate authority to trust, for a server inside the house.",
        ),
        field(
            "dkim_key",
            Kind::Path,
            None,
            "PEM file of the private key that mails are signed with (DKIM): RSA or Ed25519.",
        ),
        field(
            "dkim_selector",
            Kind::Text,
            None,
            "Selector of that key: it is published at SELECTOR._domainkey.DOMAIN.",
        ),
        field("dkim_domain", Kind::Text, None, "Domain that signs; that of `from` when not set."),
        field("bounce_to", Kind::Text, None, "Address that mails bounce to, with at most 3 characters before the @."),
        field("reply_to", Kind::Text, None, "Address that answers go to, with at most 3 characters before the @."),
        Setting {
            secret: true,
            ..field("address_secret", Kind::Text, None, "What those addresses are signed with; made by the hub.")
        },
        field("listen", Kind::Text, None, "Address and port where mail that comes back is taken in, inside the house."),
        field("mail_bytes_max", Kind::Number, Some("8000000"), "The largest mail that is taken in, in bytes."),
        field("listen_connections_max", Kind::Number, Some("64"), "Connections to `listen` at the same time."),
        field(
            "listen_timeout_ms",
            Kind::Number,
            Some("300000"),
            "How long a command or a mail to `listen` may take, in milliseconds.",
        ),
        Setting {
            secret: true,
            ..field(
                "inbound_secret",
                Kind::Text,
                None,
                "whsec_… that mails posted to /hooks/smtp/inbound are signed with.",
            )
        },
        field(
            "trusted_authserv",
            Kind::Text,
            None,
            "Name of the mail server in front whose Authentication-Results are believed; nobody's when not set.",
        ),
    ],
    make_believe: false,
    idempotent: false,
};

/// How the line is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    None,
    /// Asked for on a plain line; refused when the server does not offer it.
    Starttls,
    /// From the first byte.
    Wrapped,
}

/// Checked settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpConfig {
    /// Server.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Privacy of the line.
    pub tls: Tls,
    /// Account.
    pub user: Option<String>,
    /// Its password.
    pub password: Secret,
    /// Sender.
    pub from: Address,
    /// For each answer of the server.
    pub timeout: Duration,
    /// A further authority to trust.
    pub ca: Option<PathBuf>,
    /// Signing, and what comes back.
    pub(crate) back: Back,
}

/// Mail by a submission server.
pub struct Smtp {
    config: SmtpConfig,
    tls: Option<TlsParameters>,
    hello: ClientId,
    idle: Mutex<Vec<Line>>,
    sender: Sender,
    mailbox: Arc<Mailbox>,
}

/// A connection, signed in.
struct Line {
    connection: AsyncSmtpConnection,
    used_at: Instant,
    mails: u32,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Smtp {
    /// Checks settings without I/O. Each problem names its setting and repeats no value.
    pub fn validate(settings: &Settings) -> Result<SmtpConfig, Vec<String>> {
        let mut fields = Fields::new(&SPEC, settings);
        let tls = match fields.text("tls").as_deref() {
            Some("none") => Tls::None,
            Some("tls") => Tls::Wrapped,
            _ => Tls::Starttls,
        };
        let usual = match tls {
            Tls::None => 25,
            Tls::Starttls => 587,
            Tls::Wrapped => 465,
        };
        let port = u16::try_from(fields.number("port").unwrap_or(usual)).unwrap_or(0);
        if port == 0 {
            fields.problem("port", "a number from 1 to 65535 is expected");
        }
        let timeout_ms = fields.number("timeout_ms").unwrap_or(0);
        if !(100..=600_000).contains(&timeout_ms) {
            fields.problem("timeout_ms", "a number from 100 to 600000 is expected");
        }
        let host = fields.text("host").unwrap_or_default();
        if !host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:_".contains(&b)) {
            fields.problem("host", "the name or address of a server is expected, without scheme or port");
        }
        let user = fields.text("user");
        let password = Secret::new(fields.text("password").unwrap_or_default());
        match (&user, password.is_empty()) {
            (Some(_), true) => fields.problem("password", "must be set when `user` is"),
            (None, false) => fields.problem("user", "must be set when `password` is"),
            _ => {}
        }
        let from = fields.text("from").and_then(|f| f.parse::<Address>().ok());
        if from.is_none() && settings.contains_key("from") {
            fields.problem("from", "a mail address is expected");
        }
        let ca = fields.text("ca").map(PathBuf::from);
        if ca.is_some() && tls == Tls::None {
            fields.problem("ca", "is of no use with tls = none");
        }
        let timeout = Duration::from_millis(timeout_ms);
        let back = settings::read(&mut fields, from.as_ref());
        let checked = from.map(|from| SmtpConfig { host, port, tls, user, password, from, timeout, ca, back });
        match fields.done(checked)? {
            Some(config) => Ok(config),
            None => Err(vec!["smtp.from: must be set".into()]),
        }
    }

    /// Checks settings and reads the certificate authority and the key, if they are set. Does not connect.
    pub fn new(settings: &Settings) -> Result<Self, Vec<String>> {
        let config = Self::validate(settings)?;
        let tls = tls_parameters(&config).map_err(|problem| vec![problem])?;
        let back = &config.back;
        let read = |(key, selector, domain): &(PathBuf, String, String)| Signer::read(key, selector, domain);
        let signer = back.dkim.as_ref().map(read).transpose().map_err(|e| vec![format!("smtp.dkim_key: {e}")])?;
        if let Some((name, value)) = signer.as_ref().map(Signer::record) {
            tracing::info!(dkim.record = %name, dkim.value = %value, "mails are signed: this TXT record is to be published");
        }
        let sender = Sender { from: config.from.clone(), addresses: back.addresses.clone(), signer };
        let mailbox = Arc::new(Mailbox::of(back, &config.from));
        Ok(Self { config, tls, hello: ClientId::default(), idle: Mutex::new(Vec::new()), sender, mailbox })
    }

    /// What has to stand in the DNS for the signature: the name of a TXT record and its value.
    pub fn dkim_record(&self) -> Option<(String, String)> {
        self.sender.signer.as_ref().map(Signer::record)
    }

    /// A line to the server, signed in: one that is open still, or a new one. Nothing of a mail has
    /// left while this fails.
    async fn line(&self) -> Result<Line, SendError> {
        while let Some(mut line) = self.take_idle() {
            let open = line.used_at.elapsed() < IDLE_FOR
                && line.mails < MAILS_MAX
                && tokio::time::timeout(self.config.timeout, line.connection.test_connected()).await.unwrap_or(false);
            if open {
                return Ok(line);
            }
            goodbye(line).await;
        }
        let mut connection = self.stage(Stage::Connect, self.connect()).await?;
        if let Some(user) = &self.config.user {
            let credentials = Credentials::new(user.clone(), self.config.password.reveal().to_owned());
            self.stage(Stage::Auth, connection.auth(DEFAULT_MECHANISMS, &credentials)).await?;
        }
        Ok(Line { connection, used_at: Instant::now(), mails: 0 })
    }

    fn take_idle(&self) -> Option<Line> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        let server = (self.config.host.as_str(), self.config.port);
        let wrapped = self.tls.clone().filter(|_| self.config.tls == Tls::Wrapped);
        let timeout = Some(self.config.timeout);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, timeout, &self.hello, wrapped, None).await?;
        if let (Tls::Starttls, Some(tls)) = (self.config.tls, self.tls.clone()) {
            connection.starttls(tls, &self.hello).await?;
        }
        Ok(connection)
    }

    /// Waits for one stage, bounded, and says what its failure means.
    async fn stage<T>(&self, stage: Stage, work: impl Future<Output = Result<T, SmtpError>>) -> Result<T, SendError> {
        match tokio::time::timeout(self.config.timeout, work).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(judge(stage, &error)),
            Err(_) if stage == Stage::Content => Err(SendError::Ambiguous("no answer to the content in time".into())),
            Err(_) => Err(SendError::Unreachable(format!("no answer in time while {}", stage.name()))),
        }
    }

    /// One mail over one line.
    async fn carry(&self, line: &mut Line, mail: &Mail) -> Result<(), SendError> {
        let connection = &mut line.connection;
        let mut options = Vec::new();
        if mail.envelope.from().into_iter().chain(mail.envelope.to()).any(|a| !AsRef::<str>::as_ref(a).is_ascii()) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(SendError::Invalid("the server takes no address beyond ASCII".into()));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        let from = mail.envelope.from().cloned();
        self.stage(Stage::Sender, connection.command(MailFrom::new(from, options))).await?;
        for to in mail.envelope.to() {
            self.stage(Stage::Recipient, connection.command(Rcpt::new(to.clone(), Vec::new()))).await?;
        }
        self.stage(Stage::Data, connection.command(Data)).await?;
        self.stage(Stage::Content, connection.message(&mail.bytes)).await?;
        Ok(())
    }

    async fn deliver(&self, out: &Outbound) -> Result<Accepted, SendError> {
        let mail = mail::compose(&self.sender, out, SystemTime::now()).map_err(SendError::Invalid)?;
        let mut line = self.line().await?;
        if let Err(error) = self.carry(&mut line, &mail).await {
            goodbye(line).await;
            return Err(error);
        }
        line.used_at = Instant::now();
        line.mails += 1;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push(line);
        }
        Ok(Accepted { provider_id: Some(mail.message_id), delivered: false })
    }
}

impl Provider for Smtp {
    fn spec(&self) -> Spec {
        SPEC
    }
    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.deliver(out))
    }
    fn body_max(&self) -> usize {
        if self.mailbox.inbound_secret.is_empty() { BODY_MAX } else { POSTED_MAX }
    }
    fn receive(&self, request: &Request) -> Result<Received, ReceiveError> {
        self.mailbox.receive(request)
    }
    fn connect(&self, sink: Sink) -> Option<BoxFuture<'static, ()>> {
        let door = self.config.back.door.clone()?;
        Some(Box::pin(listener::listen(door, Arc::clone(&self.mailbox), sink)))
    }
}

async fn goodbye(mut line: Line) {
    // A server that does not answer a goodbye is left alone.
    let _ = tokio::time::timeout(QUIT, line.connection.abort()).await;
}

fn tls_parameters(config: &SmtpConfig) -> Result<Option<TlsParameters>, String> {
    if config.tls == Tls::None {
        return Ok(None);
    }
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca {
        let pem = std::fs::read(path).map_err(|e| format!("smtp.ca: cannot be read: {e}"))?;
        let authority = Certificate::from_pem(&pem).map_err(|e| format!("smtp.ca: {e}"))?;
        builder = builder.add_root_certificate(authority);
    }
    builder.build().map(Some).map_err(|e| format!("smtp.tls: {e}"))
}

/// Where in the dialogue an error came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Connect,
    Auth,
    Sender,
    Recipient,
    Data,
    /// From the first byte of the content to the server's answer.
    Content,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::Auth => "signing in",
            Self::Sender => "naming the sender",
            Self::Recipient => "naming the recipient",
            Self::Data => "announcing the content",
            Self::Content => "sending the content",
        }
    }
}

/// What a failure means, by the stage it came in.
fn judge(stage: Stage, error: &SmtpError) -> SendError {
    let Some(code) = error.status() else {
        return match stage {
            Stage::Content => SendError::Ambiguous("the line broke after the content was begun".into()),
            // lettre's own refusals: STARTTLS or a way to sign in is not offered.
            Stage::Connect | Stage::Auth if error.is_client() => SendError::Config(error.to_string()),
            _ if error.is_tls() => SendError::Unreachable(format!("TLS: {error}")),
            _ => SendError::Unreachable(format!("the line broke while {}", stage.name())),
        };
    };
    let code = code.to_string();
    let enhanced = error.source().and_then(|e| enhanced(&e.to_string()));
    let slow = ["421", "450"].contains(&code.as_str());
    let too_fast = code == "421" || (slow && enhanced.as_deref().is_some_and(|e| e.starts_with("4.7.")));
    let told = enhanced.map_or(code.clone(), |e| format!("{code} {e}"));
    let no_such = told.split(' ').nth(1).is_some_and(|status| report::meaning(status) == report::NO_SUCH_ADDRESS);
    match stage {
        _ if too_fast => SendError::Throttled { after_ms: THROTTLED_MS },
        _ if error.is_transient() => SendError::Rejected { code: told, retryable: true },
        Stage::Connect | Stage::Auth => SendError::Config(format!("the server refused {}: {told}", stage.name())),
        Stage::Recipient if no_such => SendError::Rejected { code: report::NO_SUCH_ADDRESS.into(), retryable: false },
        _ => SendError::Rejected { code: told, retryable: false },
    }
}

/// The enhanced status code (RFC 3463) that an answer begins with.
fn enhanced(answer: &str) -> Option<String> {
    let word = answer.split_whitespace().next()?;
    let parts: Vec<_> = word.split('.').collect();
    let digits = |p: &&str| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
    (parts.len() == 3 && parts.iter().all(digits)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(json: serde_json::Value) -> Settings {
        json.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn settings_are_checked_by_name_and_without_repeating_a_value() {
        let bad = settings(json!({"host": "https://mail", "port": 99999, "tls": "ssl", "password": "hunter2",
            "from": "nobody", "timeout_ms": "soon", "colour": "red"}));
        let problems = Smtp::validate(&bad).expect_err("bad").join("\n");
        for name in ["host", "port", "tls", "user", "from", "timeout_ms", "colour"] {
            assert!(problems.contains(&format!("smtp.{name}:")), "{name} is missing in\n{problems}");
        }
        assert!(!problems.contains("hunter2"));
        let none = Smtp::validate(&settings(json!({}))).expect_err("empty").join("\n");
        assert!(none.contains("smtp.host: must be set") && none.contains("smtp.from: must be set"));
    }

    #[test]
    fn ports_follow_the_privacy_of_the_line() {
        for (tls, port) in [("none", 25), ("starttls", 587), ("tls", 465)] {
            let config = Smtp::validate(&settings(json!({"host": "mail", "from": "a@example.org", "tls": tls})));
            assert_eq!(config.map(|c| c.port), Ok(port));
        }
        let env = Smtp::validate(&settings(json!({"host": "mail", "from": "a@example.org", "port": "2525"})));
        assert_eq!(env.map(|c| c.port), Ok(2525), "a number from the environment is text");
    }

    #[test]
    fn enhanced_codes_are_read_and_words_are_not() {
        assert_eq!(enhanced("5.1.1 <david@example.org>: unknown").as_deref(), Some("5.1.1"));
        assert_eq!(enhanced("david.reyes@example.org unknown"), None);
        assert_eq!(enhanced("10.0.0.1 refused"), None);
    }
}
