//! The account: who we are to Twilio, and the road there.

use crate::Secret;
use crate::contract::{Kind, Limits, Setting};
use crate::registry::{Fields, Settings};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use egress::{Egress, Method};
use std::time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

/// The largest answer to a list, bytes: 1000 messages of 1600 characters.
const ANSWER_MAX: usize = 16 * 1024 * 1024;
/// Characters of a SID.
const SID_LENGTH: usize = 34;

const fn setting(name: &'static str, help: &'static str) -> Setting {
    Setting { name, kind: Kind::Text, required: false, default: None, secret: false, help }
}

pub(super) const ACCOUNT_SID: Setting =
    Setting { required: true, ..setting("account_sid", "The account: AC and 32 hexadecimal digits.") };
pub(super) const AUTH_TOKEN: Setting = Setting {
    required: true,
    secret: true,
    ..setting("auth_token", "The account's auth token: what comes from Twilio is signed with it.")
};
pub(super) const API_KEY: Setting = setting(
    "api_key",
    "An API key (SK and 32 hexadecimal digits) for what is asked of Twilio; else the auth token is used.",
);
pub(super) const API_SECRET: Setting = Setting { secret: true, ..setting("api_secret", "The API key's secret.") };
pub(super) const API_URL: Setting = Setting {
    default: Some("https://api.twilio.com"),
    ..setting("api_url", "Where the API is: that of a region, for one.")
};
pub(super) const PRIVATE: Setting = Setting {
    kind: Kind::Choice(&["no", "yes"]),
    default: Some("no"),
    ..setting(
        "private",
        "Whether api_url may be an address of this machine or of a private network: for trying things out.",
    )
};
pub(super) const TIMEOUT_MS: Setting = Setting {
    kind: Kind::Number,
    default: Some("15000"),
    ..setting("timeout_ms", "How long one request may take, milliseconds.")
};

/// Who we are to Twilio.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) sid: String,
    /// What comes from Twilio is signed with it.
    pub(super) token: Secret,
    user: String,
    password: Secret,
    api: Option<Url>,
    private: bool,
    within: Duration,
    per_second: Option<f64>,
}

impl Account {
    /// Reads what both providers have in common.
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let text = |name: &str| fields.text(name).unwrap_or_default();
        let (sid, token) = (text("account_sid"), text("auth_token"));
        let (key, secret, api) = (text("api_key"), text("api_secret"), text("api_url"));
        let private = text("private") == "yes";
        if !sid.is_empty() && !is_sid(&sid, "AC") {
            fields.problem("account_sid", "AC and 32 hexadecimal digits are expected");
        }
        if !key.is_empty() && !is_sid(&key, "SK") {
            fields.problem("api_key", "SK and 32 hexadecimal digits are expected");
        }
        if key.is_empty() != secret.is_empty() {
            fields.problem(if key.is_empty() { "api_key" } else { "api_secret" }, "a key and its secret go together");
        }
        let url = Url::parse(&api).ok().filter(|u| u.scheme() == "https" || private && u.scheme() == "http");
        if url.is_none() {
            fields.problem("api_url", "an https address is expected");
        }
        let (user, password) = if key.is_empty() { (sid.clone(), token.clone()) } else { (key, secret) };
        let within = Duration::from_millis(fields.number("timeout_ms").unwrap_or_default());
        let per_second = fields.number("per_second").map(|n| n.max(1) as f64);
        let (token, password) = (Secret::new(token), Secret::new(password));
        Self { sid, token, user, password, api: url, private, within, per_second }
    }

    /// How much the sender takes.
    pub(super) fn limits(&self) -> Limits {
        Limits { per_second: self.per_second, ..Limits::default() }
    }

    /// Does something: `Messages` of what the form says.
    pub(super) async fn post(
        &self,
        egress: &Egress,
        what: &str,
        form: &[(&str, String)],
    ) -> Result<egress::Response, egress::Error> {
        let mut url = self.url()?;
        url.set_path(&self.path(what));
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        self.ask(egress, Method::Post, url, body.into_bytes()).await
    }

    /// Reads the first page of a list.
    pub(super) async fn list(
        &self,
        egress: &Egress,
        what: &str,
        query: &[(&str, String)],
    ) -> Result<egress::Response, egress::Error> {
        let mut url = self.url()?;
        url.set_path(&self.path(what));
        url.query_pairs_mut().extend_pairs(query);
        self.ask(egress, Method::Get, url, Vec::new()).await
    }

    /// Reads a further page: a path and a query that an answer named.
    pub(super) async fn page(&self, egress: &Egress, next: &str) -> Result<egress::Response, egress::Error> {
        let ours = format!("/2010-04-01/Accounts/{}/", self.sid);
        if !next.starts_with(&ours) {
            return Err(egress::Error::Refused("a page that is not of this account".into()));
        }
        let url = self.url()?.join(next).map_err(|_| egress::Error::Refused("a page that is no address".into()))?;
        self.ask(egress, Method::Get, url, Vec::new()).await
    }

    fn url(&self) -> Result<Url, egress::Error> {
        self.api.clone().ok_or_else(|| egress::Error::Refused("no address of the API".into()))
    }

    fn path(&self, what: &str) -> String {
        format!("/2010-04-01/Accounts/{}/{what}.json", self.sid)
    }

    async fn ask(
        &self,
        egress: &Egress,
        method: Method,
        url: Url,
        body: Vec<u8>,
    ) -> Result<egress::Response, egress::Error> {
        let basic = STANDARD.encode(format!("{}:{}", self.user, self.password.reveal()));
        let headers = vec![
            ("authorization".to_owned(), format!("Basic {basic}")),
            ("accept".to_owned(), "application/json".to_owned()),
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ];
        let (within, private) = (self.within, self.private);
        egress.send(&egress::Request { method, url, headers, body, within, answer_max: ANSWER_MAX, private }).await
    }
}

/// Whether it is an id of that sort.
pub(super) fn is_sid(text: &str, sort: &str) -> bool {
    let hex = |rest: &str| rest.bytes().all(|b| b.is_ascii_hexdigit());
    text.len() == SID_LENGTH && text.strip_prefix(sort).is_some_and(hex)
}

/// Looks at the settings that both have.
pub(super) fn fields<'a>(spec: &'a crate::Spec, settings: &'a Settings) -> (Fields<'a>, Account) {
    let mut fields = Fields::new(spec, settings);
    let account = Account::read(&mut fields);
    (fields, account)
}
