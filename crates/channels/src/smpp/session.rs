//! The connection that is kept: bind, texts out, receipts and replies in, a test of the line, a new one when it breaks.
//!
//! Two things run side by side: one speaks with the centre, the other brings what came in to the sink, so that a hub
//! that is slow to take it in holds up no answer to what was sent.
//!
//! Invariants: an attempt whose command was handed to the line has an answer, or is lost and said to be; what comes in
//! is acknowledged after the sink took it, and refused for now when it did not; all that waits is bounded.

use super::heard::{self, Heard};
use super::join::{Joins, Ready};
use super::line::{self, Both};
use super::pdu::{self, Frame, Frames};
use super::{SmppConfig, verdict};
use crate::contract::{Incoming, Sink};
use model::{MessageId, PersonId};
use rusmpp::pdus::{DeliverSm, DeliverSmResp, SubmitSm};
use rusmpp::{CommandStatus, Pdu};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::AtomicU8;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsConnector;

/// What came in and waits for the sink.
const WAITING_MAX: usize = 256;
/// What goes into the sink at once.
const BATCH_MAX: usize = 64;
/// The longest pause before connecting anew.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// A session that held this long was a good one: the next pause is the first again.
const GOOD: Duration = Duration::from_secs(60);
/// How often the line and what waits for answers are looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How long an answer is kept a place for after nobody waits for it any more.
const LATE_MAX: Duration = Duration::from_secs(600);
/// Answers that nobody waits for any more.
const LATE_COUNT_MAX: usize = 1_024;
/// How long a goodbye may take.
const UNBIND: Duration = Duration::from_millis(500);
/// `generic_nack`, which answers what the centre could not read at all.
const GENERIC_NACK: u32 = 0x8000_0000;
const SUBMIT_SM_RESP: u32 = 0x8000_0004;
const BIND_TRANSCEIVER_RESP: u32 = 0x8000_0009;
const DELIVER_SM: u32 = 0x0000_0005;
/// The bit that tells answers from what is asked.
const ANSWER: u32 = 0x8000_0000;

/// What sending and the connection share.
pub(super) struct Shared {
    pub config: SmppConfig,
    trust: Option<TlsConnector>,
    /// Where texts go while bound.
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    /// Texts that may be under way; a place is free again when the centre answers.
    pub window: Arc<Semaphore>,
    /// Tells the parts of one text from those of others.
    pub reference: AtomicU8,
}

/// A text for the centre.
pub(super) struct Job {
    pub submit: SubmitSm,
    /// Whose attempt it is, where an answer that comes too late still says what became of it.
    pub about: Option<(PersonId, MessageId)>,
    pub permit: OwnedSemaphorePermit,
    pub answer: oneshot::Sender<Answer>,
}

/// What became of a text.
#[derive(Debug)]
pub(super) enum Answer {
    /// Taken, by this id.
    Taken(Option<String>),
    /// Refused, with this status.
    Refused(u32),
    /// It never left.
    NotSent,
    /// It left, and the line ended.
    Lost,
}

/// A text that waits for its answer.
struct Pending {
    about: Option<(PersonId, MessageId)>,
    /// Given back when nobody waits any more.
    permit: Option<OwnedSemaphorePermit>,
    answer: oneshot::Sender<Answer>,
    since: Instant,
}

/// For the sink: a command of the centre, or an answer that came late.
enum Inward {
    Deliver(u32, Box<DeliverSm>),
    Late(Box<Incoming>),
}

impl Shared {
    pub fn new(config: SmppConfig, trust: Option<TlsConnector>) -> Self {
        let window = Arc::new(Semaphore::new(config.window));
        // Parts of texts before a restart are told from those after it.
        let reference = AtomicU8::new(heard::now().0 as u8);
        Self { config, trust, jobs: Mutex::new(None), window, reference }
    }

    /// Where texts go; `None` while not bound.
    pub fn jobs(&self) -> Option<mpsc::Sender<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_jobs(&self, jobs: Option<mpsc::Sender<Job>>) {
        *self.jobs.lock().unwrap_or_else(PoisonError::into_inner) = jobs;
    }
}

/// Nothing goes out once the session is over, however it ends.
struct Open<'a>(&'a Shared);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.set_jobs(None);
    }
}

/// The half that is written to. Says goodbye when it is dropped.
struct Out {
    write: Option<WriteHalf<Box<dyn Both>>>,
    within: Duration,
    sequence: u32,
}

impl Out {
    async fn say(&mut self, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) -> io::Result<()> {
        let Some(write) = &mut self.write else { return Err(io::ErrorKind::NotConnected.into()) };
        tokio::time::timeout(self.within, pdu::write(write, status, sequence, pdu))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn ask(&mut self, pdu: impl Into<Pdu>) -> io::Result<u32> {
        self.sequence = self.sequence % 0x7fff_ffff + 1;
        let sequence = self.sequence;
        self.say(CommandStatus::EsmeRok, sequence, pdu).await.map(|()| sequence)
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        let (Some(mut write), Ok(runtime)) = (self.write.take(), tokio::runtime::Handle::try_current()) else { return };
        let sequence = self.sequence % 0x7fff_ffff + 1;
        runtime.spawn(async move {
            // A line that is broken hears no goodbye.
            let goodbye = async {
                let _ = pdu::write(&mut write, CommandStatus::EsmeRok, sequence, Pdu::Unbind).await;
                let _ = write.shutdown().await;
            };
            let _ = tokio::time::timeout(UNBIND, goodbye).await;
        });
    }
}

/// Keeps a connection until it is dropped.
pub(super) async fn keep(shared: Arc<Shared>, sink: Sink) {
    let mut pause = shared.config.reconnect;
    loop {
        let since = Instant::now();
        let why = session(&shared, &sink).await;
        if since.elapsed() >= GOOD {
            pause = shared.config.reconnect;
        }
        tracing::warn!(
            smpp.end = why.name(),
            smpp.status = why.status(),
            smpp.pause_ms = pause.as_millis() as u64,
            "the message centre is not connected; it is tried again"
        );
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Why a session ended.
#[derive(Debug)]
enum End {
    /// No connection.
    Unreachable,
    /// The centre does not let us in.
    Refused(u32),
    /// The line broke.
    Broken,
    /// The line was silent.
    Silent,
    /// The centre said goodbye.
    Unbound,
}

impl End {
    fn name(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Refused(_) => "bind refused",
            Self::Broken => "line broken",
            Self::Silent => "no answer",
            Self::Unbound => "unbound by the centre",
        }
    }
    fn status(&self) -> u32 {
        if let Self::Refused(status) = self { *status } else { 0 }
    }
}

/// One session, from connecting to its end.
async fn session(shared: &Shared, sink: &Sink) -> End {
    let config = &shared.config;
    let opened = tokio::time::timeout(config.timeout, line::open(config, shared.trust.as_ref())).await;
    let Ok(Ok(stream)) = opened else { return End::Unreachable };
    let (read, write) = tokio::io::split(stream);
    let mut frames = Frames::new(read);
    let mut out = Out { write: Some(write), within: config.timeout, sequence: 0 };
    match tokio::time::timeout(config.timeout, bind(config, &mut frames, &mut out)).await {
        Ok(Ok(0)) => {}
        Ok(Ok(status)) => return End::Refused(status),
        Ok(Err(_)) => return End::Broken,
        Err(_) => return End::Silent,
    }
    tracing::info!("bound to the message centre");
    let (inward, waiting) = mpsc::channel(WAITING_MAX);
    // Every command that waits for the sink has a place for its answer.
    let (acknowledge, acknowledged) = mpsc::channel(WAITING_MAX);
    let (jobs, mut offered) = mpsc::channel(config.window);
    let mut pending = BTreeMap::new();
    let end = {
        let _open = Open(shared);
        shared.set_jobs(Some(jobs));
        let mut talk = Talk { config, out, inward, pending: &mut pending, enquired: None, heard_at: Instant::now() };
        tokio::select! {
            end = talk.run(&mut frames, &mut offered, acknowledged) => end,
            // Ends only when the other has.
            () = take_in(config, sink, waiting, acknowledge) => End::Broken,
        }
    };
    for waiter in pending.into_values() {
        // Whoever gave up waiting knows that nobody knows.
        let _ = waiter.answer.send(Answer::Lost);
    }
    offered.close();
    while let Ok(job) = offered.try_recv() {
        let _ = job.answer.send(Answer::NotSent);
    }
    end
}

/// Asks to be let in; the centre's status.
async fn bind<R: tokio::io::AsyncRead + Unpin>(
    config: &SmppConfig,
    frames: &mut Frames<R>,
    out: &mut Out,
) -> io::Result<u32> {
    let command = pdu::bind(config).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let asked = out.ask(command).await?;
    loop {
        let frame = frames.next().await?;
        if frame.sequence == asked && matches!(frame.id, BIND_TRANSCEIVER_RESP | GENERIC_NACK) {
            let refused = if frame.id == GENERIC_NACK { frame.status.max(1) } else { frame.status };
            return Ok(refused);
        }
    }
}

/// A session that is bound.
struct Talk<'a> {
    config: &'a SmppConfig,
    out: Out,
    inward: mpsc::Sender<Inward>,
    pending: &'a mut BTreeMap<u32, Pending>,
    /// When the line was tested, as long as it did not answer.
    enquired: Option<Instant>,
    heard_at: Instant,
}

impl Talk<'_> {
    async fn run<R: tokio::io::AsyncRead + Unpin>(
        &mut self,
        frames: &mut Frames<R>,
        offered: &mut mpsc::Receiver<Job>,
        mut acknowledged: mpsc::Receiver<(u32, CommandStatus)>,
    ) -> End {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let end = tokio::select! {
                frame = frames.next() => match frame {
                    Ok(frame) => self.hear(frame).await,
                    Err(_) => return End::Broken,
                },
                Some(job) = offered.recv() => self.submit(job).await,
                Some((sequence, status)) = acknowledged.recv() => self.acknowledge(sequence, status).await,
                _ = look.tick() => self.look().await,
            };
            match end {
                Ok(None) => {}
                Ok(Some(end)) => return end,
                Err(_) => return End::Broken,
            }
        }
    }

    async fn submit(&mut self, job: Job) -> io::Result<Option<End>> {
        if job.answer.is_closed() {
            return Ok(None);
        }
        let Job { submit, about, permit, answer } = job;
        let pending = Pending { about, permit: Some(permit), answer, since: Instant::now() };
        // Before the first byte leaves: an end of the line from here on means that it is lost.
        let sequence = self.out.sequence % 0x7fff_ffff + 1;
        self.pending.insert(sequence, pending);
        self.out.ask(submit).await.map(|_| None)
    }

    async fn acknowledge(&mut self, sequence: u32, status: CommandStatus) -> io::Result<Option<End>> {
        self.out.say(status, sequence, DeliverSmResp::default()).await.map(|()| None)
    }

    async fn hear(&mut self, frame: Frame) -> io::Result<Option<End>> {
        self.heard_at = Instant::now();
        self.enquired = None;
        let sequence = frame.sequence;
        match (frame.id, frame.pdu) {
            (SUBMIT_SM_RESP | GENERIC_NACK, pdu) => {
                let id = match pdu {
                    Some(Pdu::SubmitSmResp(answer)) => Some(answer.message_id().as_str().to_owned()),
                    _ => None,
                };
                let refused = frame.id == GENERIC_NACK && frame.status == 0;
                self.answered(sequence, if refused { 1 } else { frame.status }, id);
            }
            (_, Some(Pdu::DeliverSm(deliver))) => {
                if let Err(full) = self.inward.try_send(Inward::Deliver(sequence, Box::new(deliver))) {
                    drop(full);
                    return self.acknowledge(sequence, CommandStatus::EsmeRxTAppn).await;
                }
            }
            // It will not be read better when it comes again.
            (DELIVER_SM, _) => {
                tracing::warn!("the message centre brought what cannot be read; it is refused");
                return self.acknowledge(sequence, CommandStatus::EsmeRxPAppn).await;
            }
            (_, Some(Pdu::EnquireLink)) => {
                self.out.say(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp).await?;
            }
            (_, Some(Pdu::Unbind)) => {
                self.out.say(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp).await?;
                return Ok(Some(End::Unbound));
            }
            (_, Some(Pdu::AlertNotification(_))) => {}
            (id, _) if id & ANSWER == 0 => {
                self.out.say(CommandStatus::EsmeRinvcmdid, sequence, Pdu::GenericNack).await?;
            }
            _ => {}
        }
        Ok(None)
    }

    fn answered(&mut self, sequence: u32, status: u32, id: Option<String>) {
        let Some(waiter) = self.pending.remove(&sequence) else { return };
        let id = id.filter(|id| !id.is_empty());
        let told = match status {
            0 => Answer::Taken(id.clone()),
            status => Answer::Refused(status),
        };
        let nobody_waits = waiter.answer.send(told).is_err();
        let Some(about) = waiter.about.filter(|_| nobody_waits) else { return };
        let answer = match status {
            0 => Ok(id.map(|id| self.config.ids.of_answer(&id))),
            status => Err(verdict::code(status, &self.config.codes)),
        };
        // Without room the attempt stays unknown, which is true.
        let _ = self.inward.try_send(Inward::Late(Box::new(heard::late(about, &answer))));
    }

    /// Tests a line that is silent, and gives places back that nobody waits for.
    async fn look(&mut self) -> io::Result<Option<End>> {
        let now = Instant::now();
        for waiter in self.pending.values_mut() {
            if waiter.answer.is_closed() {
                waiter.permit = None;
            }
        }
        // Answers that nobody waits for any more are kept a place for, the newest ones.
        let late = |waiter: &Pending| waiter.answer.is_closed();
        let mut over = self.pending.values().filter(|w| late(w)).count().saturating_sub(LATE_COUNT_MAX);
        self.pending.retain(|_, waiter| {
            let gone = late(waiter) && (over > 0 || now.duration_since(waiter.since) >= LATE_MAX);
            over = over.saturating_sub(usize::from(gone));
            !gone
        });
        match self.enquired {
            Some(at) if now.duration_since(at) > self.config.timeout => return Ok(Some(End::Silent)),
            Some(_) => {}
            None if now.duration_since(self.heard_at) >= self.config.enquire => {
                self.enquired = Some(now);
                self.out.ask(Pdu::EnquireLink).await?;
            }
            None => {}
        }
        Ok(None)
    }
}

/// Brings what came in to the sink, and has it acknowledged.
async fn take_in(
    config: &SmppConfig,
    sink: &Sink,
    mut waiting: mpsc::Receiver<Inward>,
    acknowledge: mpsc::Sender<(u32, CommandStatus)>,
) {
    let mut joins = Joins::default();
    loop {
        let mut ready = Ready::default();
        let due = joins.next().unwrap_or_else(|| Instant::now() + PAUSE_MAX);
        let first = tokio::select! {
            next = waiting.recv() => match next {
                Some(next) => Some(next),
                None => return,
            },
            () = tokio::time::sleep_until(due.into()) => None,
        };
        let mut next = first;
        while let Some(inward) = next {
            sort(inward, config, &mut joins, &mut ready);
            next = if ready.facts.len() < BATCH_MAX { waiting.try_recv().ok() } else { None };
        }
        joins.overdue(Instant::now(), &mut ready);
        let Ready { facts, sequences } = ready;
        let status = match facts.is_empty() {
            true => CommandStatus::EsmeRok,
            // Not now: the centre brings it again.
            false => sink(facts).await.map_or(CommandStatus::EsmeRxTAppn, |()| CommandStatus::EsmeRok),
        };
        joins.taken(status == CommandStatus::EsmeRok);
        for sequence in sequences {
            if acknowledge.send((sequence, status)).await.is_err() {
                return;
            }
        }
    }
}

fn sort(inward: Inward, config: &SmppConfig, joins: &mut Joins, ready: &mut Ready) {
    match inward {
        Inward::Late(incoming) => ready.facts.push(*incoming),
        Inward::Deliver(sequence, deliver) => match heard::read(&deliver, config) {
            Heard::Receipt(incoming) => {
                ready.facts.push(*incoming);
                ready.sequences.push(sequence);
            }
            Heard::Text(piece) => joins.take(piece, sequence, Instant::now(), ready),
            Heard::Nothing => ready.sequences.push(sequence),
        },
    }
}
