//! Provider `smpp`: texts by a message centre of a carrier or an aggregator (SMPP 3.4).
//!
//! One connection is kept, bound as a transceiver: texts go out, receipts and replies come in. `session` keeps it,
//! `pdu` says what goes over it, `heard` what comes in, `join` puts texts of several parts together, `verdict`
//! says what a refusal means.
//!
//! Invariants: a text is accepted once every part of it was; a part whose answer did not come is
//! [`SendError::Ambiguous`], and so is a text of which a part was refused after another was taken (a retry would show
//! that one twice); what comes in is acknowledged after the sink has it; the window bounds what is under way.
//!
//! Deliberately absent: `query_sm` (a receipt says the same, and few centres answer it), `submit_multi`, `outbind`.

mod heard;
mod join;
mod line;
mod pdu;
mod session;
mod settings;
mod verdict;

pub use settings::{SPEC, SmppConfig};

use crate::contract::{
    Accepted, BoxFuture, Limits, Outbound, Provider, ReceiveError, Received, Request, SendError, Sink, Spec,
};
use crate::registry::Settings;
use model::message::Content;
use session::{Answer, Job, Shared};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::oneshot;

/// Parts of one text; what is longer is no text.
const PARTS_MAX: usize = 20;
/// How long to wait when the centre says "too fast".
const THROTTLED_MS: u64 = 1_000;
/// Times that a further part is offered to a centre that says "too fast", once the first was taken.
const LATER_TRIES: u32 = 10;
/// Digits of a number that a text goes to (E.164: at most 15).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Texts by a message centre.
pub struct Smpp {
    shared: Arc<Shared>,
}

impl fmt::Debug for Smpp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smpp").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

impl Smpp {
    /// Checks settings without I/O. Each problem names its setting and repeats no value.
    pub fn validate(settings: &Settings) -> Result<SmppConfig, Vec<String>> {
        settings::read(settings)
    }

    /// Checks settings and reads the certificate authority, if one is set. Does not connect.
    pub fn new(settings: &Settings) -> Result<Self, Vec<String>> {
        let config = Self::validate(settings)?;
        let trust = line::trust(&config).map_err(|problem| vec![problem])?;
        Ok(Self { shared: Arc::new(Shared::new(config, trust)) })
    }

    /// Whether texts can leave this moment.
    pub fn is_bound(&self) -> bool {
        self.shared.jobs().is_some()
    }

    async fn carry(&self, out: &Outbound) -> Result<Accepted, SendError> {
        let Content::Sms { text } = &out.message.content else {
            return Err(SendError::Invalid("smpp carries texts".into()));
        };
        let digits = out.message.to.strip_prefix('+').unwrap_or_default();
        if !digits.bytes().all(|b| b.is_ascii_digit()) || !DIGITS.contains(&digits.len()) {
            return Err(SendError::Invalid("a number as +, country code and number is expected".into()));
        }
        let reference = self.shared.reference.fetch_add(1, Ordering::Relaxed);
        let parts = pdu::parts(text, reference);
        if parts.len() > PARTS_MAX {
            return Err(SendError::Invalid(format!("a text of {} parts: {PARTS_MAX} at most", parts.len())));
        }
        let config = &self.shared.config;
        let valid_ms = out.message.valid_until.0 - out.now.0;
        let mut ids = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let last = at + 1 == parts.len();
            let submit = pdu::submit(config, digits, part, last, valid_ms)?;
            // Only of a text of one part an answer that comes too late says all there is to know.
            let about = (parts.len() == 1).then_some((out.message.person, out.message.id));
            let taken = match at {
                0 => self.offer(submit, about).await?,
                _ => self.offer_later(submit).await.map_err(|error| broken_off(at, parts.len(), &error))?,
            };
            ids.extend(taken.map(|id| config.ids.of_answer(&id)));
        }
        // A receipt names its part; the last one's says that the whole arrived. See `model::message::provider_ids`.
        let whole = ids.len() == parts.len();
        Ok(Accepted { provider_id: whole.then(|| ids.join(" ")), delivered: false })
    }

    /// A further part, of which a "too fast" is no end: the first part has left.
    async fn offer_later(&self, submit: rusmpp::pdus::SubmitSm) -> Result<Option<String>, SendError> {
        let mut error = SendError::Throttled { after_ms: THROTTLED_MS };
        for _ in 0..LATER_TRIES {
            match self.offer(submit.clone(), None).await {
                Err(SendError::Throttled { after_ms }) => {
                    error = SendError::Throttled { after_ms };
                    tokio::time::sleep(Duration::from_millis(after_ms)).await;
                }
                end => return end,
            }
        }
        Err(error)
    }

    /// Offers one part; the id that the centre gave it.
    async fn offer(
        &self,
        submit: rusmpp::pdus::SubmitSm,
        about: Option<(model::PersonId, model::MessageId)>,
    ) -> Result<Option<String>, SendError> {
        let shared = &self.shared;
        let not_bound = || SendError::Unreachable("not bound to the message centre".into());
        let jobs = shared.jobs().ok_or_else(not_bound)?;
        let within = shared.config.timeout;
        let room = tokio::time::timeout(within, Arc::clone(&shared.window).acquire_owned()).await;
        let Ok(Ok(permit)) = room else { return Err(SendError::Throttled { after_ms: THROTTLED_MS }) };
        let (answer, answered) = oneshot::channel();
        let job = Job { submit, about, permit, answer };
        // There is room for a whole window: what is refused has met a connection that ended meanwhile.
        jobs.try_send(job).map_err(|_| not_bound())?;
        match tokio::time::timeout(within, answered).await {
            Ok(Ok(Answer::Taken(id))) => Ok(id),
            Ok(Ok(Answer::Refused(status))) => Err(verdict::of_status(status, &shared.config.codes)),
            Ok(Ok(Answer::NotSent)) => Err(not_bound()),
            Ok(Ok(Answer::Lost) | Err(_)) => Err(SendError::Ambiguous("the connection ended before the answer".into())),
            Err(_) => Err(SendError::Ambiguous("no answer in time".into())),
        }
    }
}

/// A part did not go after `taken` others had: nobody knows what the person sees, and a retry would send those again.
fn broken_off(taken: usize, all: usize, error: &SendError) -> SendError {
    let why = match error {
        SendError::Rejected { code, .. } => code.as_str(),
        SendError::Throttled { .. } => "throttled",
        SendError::OptedOut => "opted_out",
        _ => "no answer",
    };
    SendError::Ambiguous(format!("{taken} of {all} parts were taken, then: {why}"))
}

impl Provider for Smpp {
    fn spec(&self) -> Spec {
        SPEC
    }
    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.carry(out))
    }
    fn receive(&self, _request: &Request) -> Result<Received, ReceiveError> {
        Err(ReceiveError::NotAuthentic("smpp has no webhook".into()))
    }
    fn connect(&self, sink: Sink) -> Option<BoxFuture<'static, ()>> {
        Some(Box::pin(session::keep(Arc::clone(&self.shared), sink)))
    }
    fn limits(&self) -> Limits {
        let config = &self.shared.config;
        Limits { per_second: config.per_second, in_flight: config.window }
    }
    fn reports_by_id(&self) -> bool {
        true
    }
}
