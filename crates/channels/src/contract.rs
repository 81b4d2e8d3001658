//! What every provider is asked to do, and no more. A provider never sees the store or the hub.

use model::message::Message;
use model::{At, Channel, Fact, Id, MessageId, PersonId};
use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A future that can be sent between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a setting of a provider holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// The path of a file.
    Path,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// One setting of a provider, as `throughline config` prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `host`.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Must be said.
    pub required: bool,
    /// What it is when not said, as shown to the operator.
    pub default: Option<&'static str>,
    /// Never printed, never logged.
    pub secret: bool,
    /// One sentence for the operator.
    pub help: &'static str,
}

/// What a provider is.
#[derive(Clone, Debug)]
pub struct Spec {
    /// `smtp`, `handset`.
    pub name: &'static str,
    /// Channels that it carries.
    pub channels: &'static [Channel],
    /// Settings that are secret.
    pub secrets: &'static [&'static str],
    /// Every setting, the secret ones too.
    pub fields: &'static [Setting],
    /// True for those that reach nobody outside of the house: the only ones that a scaled clock allows.
    pub make_believe: bool,
    /// Whether the same idempotency key sent twice is carried once.
    pub idempotent: bool,
}

/// A message on its way out.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// The message, status `Dispatching`.
    pub message: Message,
    /// Name shown as the sender.
    pub from_name: String,
    /// Care clock, for the make-believe provider's display.
    pub now: At,
    /// Where the provider reports what becomes of it: an address of the hub that names the attempt and is signed. It
    /// takes further path segments and a query. `None` when the hub has no address.
    pub callback: Option<String>,
}

/// How much a provider takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Messages a second, of texts segments; `None` when nobody said.
    pub per_second: Option<f64>,
    /// Messages under way at the same time.
    pub in_flight: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_second: None, in_flight: 64 }
    }
}

/// What was brought could not be taken in now: the sender is to bring it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it could not be taken in now")]
pub struct Busy;

/// Takes in what a long-lived connection brought; once it says `Ok` all of it is durable and may be acknowledged.
pub type Sink = Arc<dyn Fn(Vec<Incoming>) -> BoxFuture<'static, Result<(), Busy>> + Send + Sync>;

/// The provider has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's id for it.
    pub provider_id: Option<String>,
    /// True when acceptance is arrival (a portal note).
    pub delivered: bool,
}

/// Why it could not be sent. Only `Unreachable`, `Throttled` and a retryable `Rejected` may be
/// tried again; `Ambiguous` never is, but with the same key by a provider that knows it: the first byte may have left.
/// What is about us and not about the message ([`SendError::refuses_us`]) goes to the channel's next provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Our settings or our account are wrong, and any message would be refused: never what is about one message or one
    /// recipient. Nothing left.
    #[error("configuration: {0}")]
    Config(String),
    /// The message itself cannot be carried; nothing left.
    #[error("invalid: {0}")]
    Invalid(String),
    /// Could not connect; nothing left.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// Asked to slow down; nothing was taken.
    #[error("throttled")]
    Throttled {
        /// Try again after, milliseconds.
        after_ms: u64,
    },
    /// A definite refusal.
    #[error("rejected: {code}")]
    Rejected {
        /// The provider's code.
        code: String,
        /// Whether it may be tried again.
        retryable: bool,
    },
    /// The recipient opted out with the carrier.
    #[error("opted out")]
    OptedOut,
    /// Nobody knows whether it was taken.
    #[error("ambiguous: {0}")]
    Ambiguous(String),
}

/// The code of a refusal because our sender is not registered with the carriers.
pub const NOT_REGISTERED: &str = "not_registered";

impl SendError {
    /// Whether the provider definitely refused our account or our sender, not this message or its recipient: another
    /// provider may carry it, and this one would refuse the next one, too. A carrier that filtered the words is none of
    /// these: to say them again from another number is what carriers call evading a filter.
    pub fn refuses_us(&self) -> bool {
        match self {
            Self::Config(_) => true,
            Self::Rejected { code, .. } => code == NOT_REGISTERED,
            Self::Invalid(_) | Self::Unreachable(_) | Self::Throttled { .. } | Self::OptedOut | Self::Ambiguous(_) => {
                false
            }
        }
    }
}

/// A request that a provider's webhook got.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// The address as the provider called it, with its query: what a signature is made over. Built of the hub's own
    /// `base_url`, never of what the request says.
    pub url: String,
    /// Path below the provider's own, and below the token of an attempt; without a slash at its beginning.
    pub path: String,
    /// Names and values of the query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body, bounded by the web layer.
    pub body: Vec<u8>,
    /// Care clock.
    pub now: At,
    /// The attempt that the address names; the hub checked that it wrote that address itself.
    pub attempt: Option<(PersonId, MessageId)>,
}

impl Request {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
    /// The first value of that name in the query.
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// A fact that a provider brought, and how to find whose it is.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// `message.delivered`, `message.failed`, `reply.received`, `call.heard`, `call.ended`, `call.received`,
    /// `staff_call.taken`, `staff_call.ended`.
    pub fact: Fact,
    /// Directory keys: the message's id, or the sender's address.
    pub keys: Vec<Id>,
    /// The message it is about, if the provider knows.
    pub message: Option<MessageId>,
    /// Whose line it is on, if the provider carried their message.
    pub person: Option<PersonId>,
}

/// What a webhook's request said.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// Facts.
    pub facts: Vec<Incoming>,
    /// The message that the answer is made of (the script of a call); the hub looks it up.
    pub about: Option<(PersonId, MessageId)>,
}

/// The answer to a webhook.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Media type.
    pub content_type: String,
    /// Body.
    pub body: Vec<u8>,
}

/// A request that is not to be believed or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveError {
    /// Signature or sender is wrong.
    #[error("not authentic: {0}")]
    NotAuthentic(String),
    /// Cannot be read.
    #[error("cannot be read: {0}")]
    Malformed(String),
}

/// What became of an attempt whose end nobody knew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// The provider has it.
    Accepted(Accepted),
    /// The provider never got it.
    NotSent,
    /// Still nobody knows.
    Unknown,
}

/// Bytes of a webhook's body, where [`Provider::body_max`] says nothing else: a report is some names and values.
pub const BODY_MAX: usize = 256 * 1024;

/// The most facts that one [`Provider::collect`] hands over.
pub const COLLECT_MAX: usize = 512;

/// A service that carries messages. `Any`, so that the pages of the make-believe phone can find it
/// among the others (see [`crate::registry::handset`]).
pub trait Provider: Any + Send + Sync {
    /// What it is.
    fn spec(&self) -> Spec;
    /// Carries one message.
    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>>;
    /// Bytes of the largest body that its webhook takes. Whoever sends one is not known before it is read.
    fn body_max(&self) -> usize {
        BODY_MAX
    }
    /// Whether a request that was read is answered even where what it says could not be kept. Only where the answer confirms
    /// nothing: whoever rings is greeted, and told where to turn in an emergency.
    fn answers_anyway(&self, _request: &Request) -> bool {
        false
    }
    /// Reads a webhook's request. The hub writes what comes of it.
    fn receive(&self, request: &Request) -> Result<Received, ReceiveError>;
    /// What it says beside, once the message is at hand that [`Received::about`] names: what a key means stands in the
    /// script of a call. Durable, too, before it is answered.
    fn understand(&self, _request: &Request, _received: &Received, _about: Option<&Message>) -> Vec<Incoming> {
        Vec::new()
    }
    /// Answers it, after the facts are durable. `about` is the message that [`Received::about`] names.
    fn respond(&self, _request: &Request, _received: &Received, _about: Option<&Message>) -> Response {
        Response { status: 204, content_type: String::new(), body: Vec::new() }
    }
    /// A task that lives as long as the hub: a connection that is kept, a door of its own. It acknowledges what came in
    /// only after `sink` took it, connects anew by itself, and is dropped when the hub stops. `None`: there is none.
    fn connect(&self, _sink: Sink) -> Option<BoxFuture<'static, ()>> {
        None
    }
    /// How much it takes.
    fn limits(&self) -> Limits {
        Limits::default()
    }
    /// Whether its reports name a message by [`Accepted::provider_id`] alone: then those ids are found in the directory
    /// (`provider:NAME`). One that carries a message in several parts parts their ids by spaces.
    fn reports_by_id(&self) -> bool {
        false
    }
    /// Whether it connects a call with a second number ([`model::message::CallStep::Dial`]).
    fn bridges(&self) -> bool {
        false
    }
    /// Takes what came in without a webhook since it was last asked, at most
    /// [`COLLECT_MAX`] facts; `now` is the care clock. The hub asks often.
    fn collect(&self, _now: At) -> Vec<Incoming> {
        Vec::new()
    }
    /// Asks what became of an attempt.
    fn reconcile<'a>(&'a self, _message: &'a Message) -> BoxFuture<'a, Reconciled> {
        Box::pin(async { Reconciled::Unknown })
    }
    /// The same for a provider that finds an attempt in a list: an entry whose id is among `taken` is another message's.
    /// `NotSent` is only said by who surely knows: an entry that is not in a list may be there later.
    fn reconcile_beside<'a>(&'a self, message: &'a Message, _taken: &'a [String]) -> BoxFuture<'a, Reconciled> {
        self.reconcile(message)
    }
}
