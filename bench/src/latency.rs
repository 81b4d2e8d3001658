//! How long from a fact's acceptance until its message is handed to the provider, at a steady rate,
//! through the hub's own threads.

use crate::machine::synced_writes_ms;
use crate::road;
use crate::world::{self, Null, Place, Result, providers, settings};
use crate::{Sizes, print};
use hub::{Clock, Hub};
use model::time::MINUTE_MS;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What these figures aim at on SQLite.
const P99_AIM_MS: f64 = 50.0;
/// The physical limit is taken from so many synced writes of so many bytes.
pub const SYNCED_BYTES: usize = 8192;
pub const SYNCED_COUNT: usize = 200;
/// Facts of one person: an appointment moved, a medicine ready, a red flag, STOP.
const EACH: usize = 4;
/// How long the last messages may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A fact that was sent: when its bytes came and when it was accepted; the words it must cause.
struct Sent {
    came: Instant,
    accepted: Instant,
    message: Option<(String, &'static str)>,
}

/// Runs at `sizes.rate` facts a second for `sizes.seconds`.
pub fn run(place: &Place, sizes: &Sizes) -> Result<()> {
    let people = (sizes.rate * sizes.seconds).div_ceil(EACH);
    // A minute later than the people were left, at noon.
    let now = road::people_under_way(place, people)?.clock.now().plus_ms(MINUTE_MS);
    let null = Null::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let store = place.store()?;
    let (sent, handed) = runtime.block_on(async {
        let clock = Clock::scaled(now, 1.0);
        let hub = Hub::start(store, settings()?, clock, providers(&null)).await?;
        // What was due in the meantime goes first.
        tokio::time::sleep(Duration::from_secs(2)).await;
        null.take();
        print::doing(&format!("{} facts a second for {} s", sizes.rate, sizes.seconds));
        let sent = pour(&hub, people, sizes).await?;
        let handed = gather(&null, &sent).await;
        hub.stop().await;
        Ok::<_, world::Error>((sent, handed))
    })?;
    report(place, sizes, &sent, &handed)
}

/// One fact each `1 / rate` seconds, each as a request of its own.
async fn pour(hub: &Hub, people: usize, sizes: &Sizes) -> Result<Vec<Sent>> {
    let done: Arc<Mutex<Vec<Result<Sent>>>> = Arc::default();
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / sizes.rate as f64));
    let mut tasks = Vec::new();
    for n in 0..sizes.rate * sizes.seconds {
        let (what, story) = (n / people, world::someone(n % people));
        let now = hub.clock().now();
        let phone = story.person.phone.clone().unwrap_or_default();
        let (bytes, text, words) = match what {
            0 => (story.appointment_moved(world::local(9, 600)).to_string(), "", None),
            1 => (story.dispense_ready(now).to_string(), "", Some("medicine_ready")),
            2 => (String::new(), "my wound is bleeding", Some("red_flag_answer")),
            _ => (String::new(), "STOP", Some("stop_confirmed")),
        };
        ticks.tick().await;
        let (hub, done) = (hub.clone(), Arc::clone(&done));
        tasks.push(tokio::spawn(async move {
            let came = Instant::now();
            let items = if text.is_empty() {
                world::read(bytes.as_bytes(), now)
            } else {
                Ok(vec![world::reply(&phone, text, now)])
            };
            let end = match items {
                Ok(items) => hub.accept(items).await.map_err(Into::into),
                Err(why) => Err(why),
            };
            let sent = end.map(|_| Sent { came, accepted: Instant::now(), message: words.map(|w| (phone, w)) });
            done.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
        }));
    }
    for task in tasks {
        task.await?;
    }
    let done = std::mem::take(&mut *done.lock().unwrap_or_else(PoisonError::into_inner));
    done.into_iter().collect()
}

/// When each message was handed over first, by address and words.
type Handed = BTreeMap<(String, String), Instant>;

/// Waits for the messages that the facts must cause; timers make others meanwhile.
async fn gather(null: &Null, sent: &[Sent]) -> Handed {
    let mut open: BTreeSet<(String, String)> = BTreeSet::new();
    open.extend(sent.iter().filter_map(|s| s.message.clone()).map(|(to, words)| (to, words.to_owned())));
    let mut handed = Handed::new();
    let until = Instant::now() + PATIENCE;
    while !open.is_empty() && Instant::now() < until {
        for (message, at) in null.take() {
            let key = (message.to, message.words);
            open.remove(&key);
            handed.entry(key).or_insert(at);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    handed
}

fn report(place: &Place, sizes: &Sizes, sent: &[Sent], handed: &Handed) -> Result<()> {
    let (mut from_accepted, mut from_bytes, mut accepting, mut missing) =
        (Vec::new(), Vec::new(), Vec::new(), BTreeMap::<&str, usize>::new());
    let ms = |d: Duration| d.as_secs_f64() * 1000.0;
    for one in sent {
        accepting.push(ms(one.accepted - one.came));
        let Some((to, words)) = &one.message else { continue };
        match handed.get(&(to.clone(), (*words).to_owned())) {
            Some(at) => {
                from_accepted.push(ms(at.saturating_duration_since(one.accepted)));
                from_bytes.push(ms(at.saturating_duration_since(one.came)));
            }
            None => *missing.entry(*words).or_default() += 1,
        }
    }
    let what = format!(
        "{} facts a second for {} s, {} of {} cause a message",
        sizes.rate,
        sizes.seconds,
        from_accepted.len(),
        sent.len()
    );
    print::title("latency", place.engine(), &what);
    for (name, list, aimed) in [
        ("bytes → accepted (durable)", &mut accepting, false),
        ("accepted → handed over", &mut from_accepted, true),
        ("bytes → handed over", &mut from_bytes, false),
    ] {
        list.sort_by(f64::total_cmp);
        let (p50, p99) = (percentile(list, 0.5), percentile(list, 0.99));
        let most = list.last().copied().unwrap_or_default();
        let aim = if aimed && place.file().is_some() {
            print::verdict(p99 <= P99_AIM_MS, &format!("p99 at most {P99_AIM_MS} ms"))
        } else {
            String::new()
        };
        print::line(&format!("{name}: p50, p99, most"), &format!("{p50:.1}, {p99:.1}, {most:.1} ms"), &aim);
    }
    if let Some(folder) = place.file().and_then(std::path::Path::parent) {
        let synced = synced_writes_ms(folder, SYNCED_BYTES, SYNCED_COUNT)?;
        let (p50, p99) = (percentile(&synced, 0.5), percentile(&synced, 0.99));
        let note = format!("{SYNCED_BYTES} bytes; a fact waits for one until accepted, for two more until handed over");
        print::line("physical limit, a synced write: p50, p99", &format!("{p50:.1}, {p99:.1} ms"), &note);
    }
    if !missing.is_empty() {
        return Err(format!("messages that were not handed over: {missing:?}").into());
    }
    Ok(())
}

/// Of a sorted list.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn percentiles_are_of_the_list() {
        let list: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(super::percentile(&list, 0.5), 50.0);
        assert_eq!(super::percentile(&list, 0.99), 99.0);
        assert_eq!(super::percentile(&[], 0.99), 0.0);
    }
}
