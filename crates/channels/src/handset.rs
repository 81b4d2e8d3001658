//! Provider `handset`: a make-believe phone and mailbox for every number and address.
//!
//! Texts, mails and voicemails are shown; calls ring, are answered or not, and take keys; one can
//! write back. It lives in memory and reaches nobody, so everything can be tried without an account
//! anywhere. What happens comes back as facts, by [`Handset::drain`], by [`Handset::subscribe`] or by
//! the contract's [`Provider::collect`]. All times are on the care clock and are arguments.
//!
//! The same message sent twice is shown once and counted ([`Handset::twice`]). With a `journal`, every
//! send is one line of JSON on a file before it is accepted, so that what went out can be counted
//! over a kill.

mod journal;
mod phone;
mod state;
mod view;

use crate::call::Said;
use crate::contract::{
    Accepted, BoxFuture, COLLECT_MAX, Incoming, Kind, Outbound, Provider, ReceiveError, Received, Reconciled, Request,
    SendError, Setting, Spec,
};
use crate::registry::{Fields, Settings};
use model::message::{Content, Message};
use model::{At, Channel, FactId, MessageId};
use state::State;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

pub use view::{CallState, CallView, Phone, Seen, Shown};

/// Things kept for one number or address; the oldest go first.
pub const SEEN_MAX: usize = 200;
/// Numbers and addresses that are kept; what goes to others is carried and not shown.
pub const PHONES_MAX: usize = 20_000;
/// Calls that ring or are under way at once; past it sends are throttled.
pub const CALLS_MAX: usize = 10_000;
/// Message ids remembered to tell a repeat; the oldest go first.
pub const REMEMBERED_MAX: usize = 2_000_000;
/// Facts that wait to be fetched; past it sends are throttled.
pub const WAITING_MAX: usize = 100_000;
/// Facts in the channel that [`Handset::subscribe`] hands out.
pub const SUBSCRIBED_MAX: usize = 1_024;
/// The longest text that can be written back, in characters.
pub const TEXT_MAX: usize = 4_000;
/// A call that was answered ends after this much care time, whatever its owner does.
pub const TALK_MAX_MS: i64 = model::time::HOUR_MS;

const POLICIES: &[&str] = &["manual", "no_answer", "answer"];

/// What it is.
pub const SPEC: Spec = Spec {
    name: "handset",
    channels: &[Channel::Sms, Channel::Voice, Channel::Voicemail, Channel::Email],
    secrets: &[],
    fields: &[
        Setting {
            name: "journal",
            kind: Kind::Path,
            required: false,
            default: None,
            secret: false,
            help: "File to which each send is written as a line of JSON; none when not set.",
        },
        Setting {
            name: "policy",
            kind: Kind::Choice(POLICIES),
            required: false,
            default: Some("manual"),
            secret: false,
            help: "What a number does with a call when nobody said otherwise: ring, do not answer, or answer and press `keys`.",
        },
        Setting {
            name: "keys",
            kind: Kind::Text,
            required: false,
            default: Some("1"),
            secret: false,
            help: "Keys that are pressed one after the other with policy = answer.",
        },
    ],
    make_believe: true,
    idempotent: true,
};

/// What a number does with a call.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Policy {
    /// It rings until someone answers in the browser, or the ringing time is over.
    #[default]
    Manual,
    /// It is answered at once and these keys are pressed, one for each question; then silence.
    Answer(String),
    /// Nobody answers.
    NoAnswer,
}

/// Why something could not be done with a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No call of that id rings or is under way.
    #[error("no such call is under way")]
    NoSuchCall,
    /// The call was not answered yet, or was already.
    #[error("the call is not in that state")]
    NotNow,
    /// Nothing was written, or too much.
    #[error("a text of 1 to 4000 characters is expected")]
    Text,
    /// Too many facts wait to be fetched.
    #[error("too much is waiting to be fetched")]
    Full,
}

/// Checked settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandsetConfig {
    /// Where sends are written to.
    pub journal: Option<PathBuf>,
    /// What numbers do when nobody said otherwise.
    pub policy: Policy,
}

/// All make-believe phones and mailboxes. Cheap to clone: clones are the same phones.
#[derive(Clone, Default)]
pub struct Handset(Arc<Mutex<State>>);

impl std::fmt::Debug for Handset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handset").field("phones", &self.lock().phones.len()).finish_non_exhaustive()
    }
}

impl Handset {
    /// Phones that ring until they are answered, without a journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks settings without I/O.
    pub fn validate(settings: &Settings) -> Result<HandsetConfig, Vec<String>> {
        let mut fields = Fields::new(&SPEC, settings);
        let keys = fields.text("keys").unwrap_or_default();
        if !keys.chars().all(|k| k.is_ascii_digit() || k == '*' || k == '#') {
            fields.problem("keys", "digits, * and # are expected");
        }
        let policy = match fields.text("policy").as_deref() {
            Some("no_answer") => Policy::NoAnswer,
            Some("answer") => Policy::Answer(keys),
            _ => Policy::Manual,
        };
        let journal = fields.text("journal").map(PathBuf::from);
        fields.done(HandsetConfig { journal, policy })
    }

    /// As set. Opens the journal, and remembers what it says went out before.
    pub fn with(settings: &Settings) -> Result<Self, Vec<String>> {
        let config = Self::validate(settings)?;
        let handset = Self::new();
        handset.set_default_policy(config.policy);
        if let Some(path) = &config.journal {
            handset.keep_journal(path).map_err(|e| vec![format!("handset.journal: cannot be opened: {e}")])?;
        }
        Ok(handset)
    }

    /// Writes each send to a file from now on, and remembers what is on it.
    pub fn keep_journal(&self, path: &Path) -> std::io::Result<()> {
        let (journal, known) = journal::Journal::open(path)?;
        let mut state = self.lock();
        known.into_iter().for_each(|id| state.remember(id));
        state.journal = Some(journal);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What numbers do that [`Handset::set_policy`] says nothing of.
    pub fn set_default_policy(&self, policy: Policy) {
        self.lock().policy = policy;
    }
    /// What one number does with calls.
    pub fn set_policy(&self, address: &str, policy: Policy) {
        self.lock().set_policy(address, policy);
    }

    /// Every phone and mailbox that something came to, by number and address.
    pub fn phones(&self) -> Vec<Phone> {
        self.lock().phones.iter().map(|(address, phone)| phone.view(address)).collect()
    }
    /// What came to and went from a number or address, the oldest first.
    pub fn inbox(&self, address: &str) -> Vec<Seen> {
        self.lock().phones.get(address).map(|p| p.seen.iter().cloned().collect()).unwrap_or_default()
    }
    /// Calls that ring at a number.
    pub fn calls_ringing(&self, address: &str) -> Vec<CallView> {
        self.calls(address).into_iter().filter(|c| c.state == CallState::Ringing).collect()
    }
    /// Calls that ring or are under way at a number.
    pub fn calls(&self, address: &str) -> Vec<CallView> {
        self.lock().lines.values().filter(|l| l.to == address).map(|l| l.view()).collect()
    }
    /// One call that rings or is under way.
    pub fn call(&self, call: MessageId) -> Option<CallView> {
        self.lock().lines.get(&call).map(|l| l.view())
    }
    /// How many calls ring or are under way at all: a clock in time-lapse may stand still for them.
    pub fn calls_under_way(&self) -> usize {
        self.lock().lines.len()
    }
    /// Sends of a message that was carried before.
    pub fn twice(&self) -> u64 {
        self.lock().twice
    }
    /// Messages that were carried, repeats not counted.
    pub fn carried(&self) -> u64 {
        self.lock().carried
    }

    /// Answers a call that rings; what is said first.
    pub fn answer(&self, call: MessageId, now: At) -> Result<Vec<Said>, Error> {
        self.lock().answer(call, now)
    }
    /// Presses a key; what is said next.
    pub fn press(&self, call: MessageId, key: char, now: At) -> Result<Vec<Said>, Error> {
        self.lock().press(call, Some(key), now)
    }
    /// Presses nothing until the other side goes on; what is said next.
    pub fn stay_silent(&self, call: MessageId, now: At) -> Result<Vec<Said>, Error> {
        self.lock().press(call, None, now)
    }
    /// Hangs up on a call under way.
    pub fn hang_up(&self, call: MessageId, now: At) -> Result<(), Error> {
        self.lock().hang_up(call, now)
    }
    /// Lets a call ring out.
    pub fn miss(&self, call: MessageId, now: At) -> Result<(), Error> {
        self.lock().miss(call, now)
    }
    /// Writes back from a number (a text) or a mail address (a mail).
    pub fn text_back(&self, address: &str, text: &str, now: At) -> Result<FactId, Error> {
        self.lock().write_back(address, text, now)
    }

    /// Ends calls whose time is over: ringing on `ring_s`, under way on [`TALK_MAX_MS`].
    pub fn tick(&self, now: At) {
        self.lock().tick(now);
    }
    /// Takes all facts that wait.
    pub fn drain(&self) -> Vec<Incoming> {
        self.lock().waiting.drain(..).collect()
    }
    /// Facts from now on come out of this channel, those that wait first; the last subscriber gets
    /// them. What the channel has no room for waits, and is sent with what comes next.
    pub fn subscribe(&self) -> mpsc::Receiver<Incoming> {
        let (tap, receiver) = mpsc::channel(SUBSCRIBED_MAX);
        let mut state = self.lock();
        state.tap = Some(tap);
        state.flush();
        receiver
    }
}

/// Whether the phone can carry it.
fn check(message: &Message) -> Result<(), SendError> {
    let fits = matches!(
        (message.channel, &message.content),
        (Channel::Sms, Content::Sms { .. })
            | (Channel::Email, Content::Email { .. })
            | (Channel::Voice, Content::Voice { .. })
            | (Channel::Voicemail, Content::Voicemail { .. })
    );
    if !fits {
        return Err(SendError::Invalid("handset carries texts, calls, voicemails and mails only".into()));
    }
    let to = message.to.as_str();
    let sane = match message.channel {
        Channel::Email => to.contains('@') && !to.chars().any(|c| c.is_control() || c.is_whitespace()),
        _ => to.strip_prefix('+').is_some_and(|d| d.len() >= 3 && d.bytes().all(|b| b.is_ascii_digit())),
    };
    if sane { Ok(()) } else { Err(SendError::Invalid("the recipient is no number or address".into())) }
}

impl Provider for Handset {
    fn spec(&self) -> Spec {
        SPEC
    }
    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        let answer = check(&out.message).and_then(|()| self.lock().carry(out));
        Box::pin(std::future::ready(answer))
    }
    fn receive(&self, _request: &Request) -> Result<Received, ReceiveError> {
        Err(ReceiveError::NotAuthentic("handset has no webhook".into()))
    }
    fn collect(&self, now: At) -> Vec<Incoming> {
        let mut state = self.lock();
        state.tick(now);
        let count = state.waiting.len().min(COLLECT_MAX);
        state.waiting.drain(..count).collect()
    }
    fn reconcile<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Reconciled> {
        let state = self.lock();
        let answer = match (state.knows(message.id), state.journal.is_some()) {
            (true, _) => Reconciled::Accepted(accepted(message.id)),
            // The journal is written before anything is shown, so what is not on it never left.
            (false, true) => Reconciled::NotSent,
            // Without one, a restart has forgotten.
            (false, false) => Reconciled::Unknown,
        };
        drop(state);
        Box::pin(std::future::ready(answer))
    }
}

fn accepted(id: MessageId) -> Accepted {
    Accepted { provider_id: Some(format!("handset-{id}")), delivered: false }
}
