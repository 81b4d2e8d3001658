//! The morning of a million reminders: how many messages are handed over in a processor second, and how long an urgent
//! one takes in the middle of it.
//!
//! The reminders are in the outbox when the hub starts; all that follows is the hub's own road: claimed, durable as being
//! sent, handed over, and what came of each kept by a turn of its line. Red flags are texted meanwhile by people who are
//! under way, and what answers each is urgent.

use crate::latency::{SYNCED_BYTES, SYNCED_COUNT, percentile};
use crate::machine::{Stopwatch, synced_writes_ms};
use crate::road;
use crate::world::{self, Null, Place, Result, providers, settings};
use crate::{Sizes, print};
use hub::{Clock, Hub};
use model::message::{Content, Message};
use model::{At, Batch, PersonId, inbox};
use std::time::{Duration, Instant};
use store::Store;

/// What an urgent message's delay aims at.
const P99_AIM_MS: f64 = 200.0;
/// The words of the urgent answer.
const URGENT: &str = "red_flag_answer";
/// Reminders written to the outbox at once.
const FILL_GROUP: u32 = 4_096;
/// How long nothing may be handed over: what is missing then will not come.
const PATIENCE: Duration = Duration::from_secs(60);
/// The first red flag, once so much of a second has gone by.
const SETTLED: Duration = Duration::from_millis(500);

fn reminder(n: u32, now: At) -> Message {
    Message {
        pathway: "appointment-reminders".into(),
        words: "tomorrow".into(),
        site: "northside".into(),
        to: format!("+1{:010}", 3_005_550_000_u64 + u64::from(n)),
        content: Content::Sms { text: "Northside Health: you have a visit tomorrow. Reply STOP to stop.".into() },
        ..testkit::text(&n.to_string(), inbox::person_of(inbox::key("urn:reminded", &n.to_string())), now)
    }
}

/// Writes the reminders, each to a line of its own.
fn fill(store: &Store, count: u32, now: At) -> Result<()> {
    let mut lanes = (0..store.lanes()).map(|n| store.take_lane(n)).collect::<store::Result<Vec<_>>>()?;
    for first in (0..count).step_by(FILL_GROUP as usize) {
        let mut groups = vec![Vec::new(); lanes.len()];
        for n in first..count.min(first + FILL_GROUP) {
            let message = reminder(n, now);
            let (part, person): (u16, PersonId) = (message.person.part(), message.person);
            let mut batch = Batch::new(person, 0);
            batch.messages = vec![message];
            groups[usize::from(store.lane_of(part))].push((part, batch));
        }
        for (lane, group) in lanes.iter_mut().zip(groups) {
            let batches: Vec<_> = group.into_iter().map(|(part, batch)| (part, lane.epoch(part), batch)).collect();
            lane.commit(&batches)?;
        }
    }
    Ok(())
}

/// When a red flag was accepted, and from whom it came.
type Flags = Vec<(String, Instant)>;

/// A red flag of another person at a steady rate, until all reminders are out.
async fn flags(hub: &Hub, null: &Null, sizes: &Sizes) -> Result<(Flags, Vec<(String, Instant)>, usize)> {
    let every = Duration::from_secs_f64(1.0 / sizes.flags_per_s.max(1) as f64);
    let (mut sent, mut urgent, mut reminders) = (Flags::new(), Vec::new(), 0);
    let (mut last, mut next) = (Instant::now(), Instant::now() + SETTLED);
    while reminders < sizes.reminders as usize || urgent.len() < sent.len() {
        for (message, at) in null.take() {
            last = at;
            match message.words.as_str() {
                URGENT => urgent.push((message.to, at)),
                _ if message.pathway == "appointment-reminders" => reminders += 1,
                _ => {}
            }
        }
        if last.elapsed() > PATIENCE {
            return Err(format!(
                "{reminders} reminders and {} of {} urgent ones were handed over",
                urgent.len(),
                sent.len()
            )
            .into());
        }
        if Instant::now() >= next && sent.len() < sizes.flagged && reminders < sizes.reminders as usize {
            let phone = world::someone(sent.len()).person.phone.unwrap_or_default();
            hub.accept(vec![world::reply(&phone, "my wound is bleeding", hub.clock().now())]).await?;
            sent.push((phone, Instant::now()));
            next += every;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok((sent, urgent, reminders))
}

/// Fills, sends, prints.
pub fn run(place: &Place, sizes: &Sizes) -> Result<()> {
    let now = road::people_under_way(place, sizes.flagged)?.clock.now().plus_ms(model::time::MINUTE_MS);
    print::doing(&format!("writing {} reminders into the outbox", sizes.reminders));
    fill(&place.store()?, sizes.reminders, now)?;
    let null = Null::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let store = place.store()?;
    print::doing("handing them over");
    let watch = Stopwatch::start(place.database().as_deref());
    let (sent, urgent, reminders) = runtime.block_on(async {
        // The care clock goes on at the machine's pace.
        let hub = Hub::start(store, settings()?, Clock::scaled(now, 1.0), providers(&null)).await?;
        let done = flags(&hub, &null, sizes).await;
        hub.stop().await;
        done
    })?;
    let lapsed = watch.read();
    let mut delays: Vec<f64> = Vec::new();
    for (phone, accepted) in &sent {
        let handed =
            urgent.iter().find(|(to, _)| to == phone).map(|(_, at)| *at).ok_or("an urgent message is missing")?;
        delays.push(handed.saturating_duration_since(*accepted).as_secs_f64() * 1000.0);
    }
    delays.sort_by(f64::total_cmp);
    let messages = (reminders + urgent.len()) as f64;
    print::title(
        "morning",
        place.engine(),
        &format!("{} reminders in the outbox, {} red flags among them", sizes.reminders, sent.len()),
    );
    let per_s = format!("{} a second", print::number(messages / lapsed.wall_s));
    print::line("handed over, and what came of it kept", &format!("{:.1} s", lapsed.wall_s), &per_s);
    let per_cpu = print::number(messages / lapsed.cpu_s.max(1e-9));
    print::line("messages a processor second", &per_cpu, &print::shares(&lapsed));
    let (p50, p99) = (percentile(&delays, 0.5), percentile(&delays, 0.99));
    let most = delays.last().copied().unwrap_or_default();
    print::line(
        "urgent, accepted → handed over: p50, p99, most",
        &format!("{p50:.1}, {p99:.1}, {most:.1} ms"),
        &format!(
            "n = {}; {}",
            delays.len(),
            print::verdict(p99 <= P99_AIM_MS, &format!("p99 at most {P99_AIM_MS} ms"))
        ),
    );
    if let Some(folder) = place.file().and_then(std::path::Path::parent) {
        let synced = synced_writes_ms(folder, SYNCED_BYTES, SYNCED_COUNT)?;
        let (p50, p99) = (percentile(&synced, 0.5), percentile(&synced, 0.99));
        let note = format!("{SYNCED_BYTES} bytes; an urgent message waits for two after its fact was accepted");
        print::line("physical limit, a synced write: p50, p99", &format!("{p50:.1}, {p99:.1} ms"), &note);
    }
    Ok(())
}
