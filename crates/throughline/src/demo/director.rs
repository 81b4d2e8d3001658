//! Who plays the parts that nobody plays: the pharmacy, the nurses for the other people, and for
//! David too when the visitor does not.

use super::attentive::Held;
use super::{Stage, WITH};
use channels::handset::CallState;
use model::prompt::{Outcome, Prompt};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{Actor, At, Fact, PersonId};
use serde_json::{Value as Json, json};
use std::sync::PoisonError;
use std::time::Duration;
use store::PromptFilter;

/// How often the director looks.
const LOOK: Duration = Duration::from_millis(100);
/// How long David's phone rings, on the visitor's own clock, before his part is played for them.
const RING: Duration = Duration::from_secs(8);
/// The longest call.
const CALL_MAX: Duration = Duration::from_secs(90);
/// Prompts looked at a time.
const PROMPTS_MAX: usize = 200;

/// What happens in the world outside, and when.
#[derive(Clone, Copy)]
enum Cue {
    /// David answers his reminder.
    Done,
    /// The pharmacy has the medicine.
    Ready,
    /// He does not hear his phone from now on.
    Away,
    /// Some of the others write.
    Replies,
    /// He picks the medicine up.
    PickedUp,
}

/// What the others write, the first of them at day 1.
const WORDS: &[&str] = &[
    "Thank you!",
    "Can I take a shower with the bandage on?",
    "STOP",
    "the cut is soaking through with blood",
    "I got my medicine",
    "gracias",
];

pub struct Director {
    stage: Stage,
    david: PersonId,
    rate: f64,
    cues: Vec<(At, Cue)>,
    held: Held,
    away: bool,
}

impl Director {
    pub fn new(stage: Stage, david: PersonId, rate: f64, held: Held) -> Self {
        let hour = |day: i32, hour: i64| stage.david.day(day).plus_ms((hour - 14) * HOUR_MS);
        let cues = vec![
            (hour(1, 11), Cue::Replies),
            (hour(1, 12).plus_ms(20 * MINUTE_MS), Cue::Done),
            (hour(1, 15), Cue::Ready),
            (hour(1, 20), Cue::Away),
            (hour(3, 17), Cue::PickedUp),
        ];
        Self { stage, david, rate, cues, held, away: false }
    }

    /// Plays until the process ends.
    pub async fn play(mut self) {
        let mut look = tokio::time::interval(LOOK);
        loop {
            look.tick().await;
            if let Err(error) = self.turn().await {
                tracing::warn!(demo.error = %error, "a part could not be played");
            }
        }
    }

    async fn turn(&mut self) -> Result<(), String> {
        let now = self.stage.hub.clock().now();
        while let Some((_, cue)) = self.cues.first().copied().filter(|(at, _)| *at <= now) {
            self.cues.remove(0);
            self.cue(cue, now).await?;
        }
        while self.stage.pharmacy.first().is_some_and(|(at, _)| *at <= now) {
            let (_, event) = self.stage.pharmacy.remove(0);
            self.stage.is_told(&event).await?;
        }
        self.phone(now);
        self.prompts(now).await
    }

    async fn cue(&mut self, cue: Cue, now: At) -> Result<(), String> {
        let handset = &self.stage.handset;
        match cue {
            Cue::Done => drop(handset.text_back(self.stage.phone(), "DONE", now).map_err(|e| e.to_string())?),
            Cue::Ready => self.stage.hears(WITH, &self.stage.david.dispense_ready(now)).await?,
            Cue::Away => self.away = true,
            Cue::PickedUp => self.stage.hears(WITH, &self.stage.david.dispense_picked_up(now)).await?,
            Cue::Replies => {
                for actor in super::cast::cast(now).iter().filter(|a| !a.writes.is_empty()) {
                    handset.text_back(actor.phone(), actor.writes, now).map_err(|e| e.to_string())?;
                }
                let others: Vec<String> = handset
                    .phones()
                    .into_iter()
                    .map(|p| p.address)
                    .filter(|a| a.starts_with('+') && a != self.stage.phone())
                    .take(WORDS.len())
                    .collect();
                for (phone, words) in others.iter().zip(WORDS) {
                    handset.text_back(phone, words, now).map_err(|e| e.to_string())?;
                }
            }
        }
        Ok(())
    }

    /// While David's phone rings the clock runs like the visitor's own, so that they can answer; if they do
    /// not, his part is played: he answers the first call, and misses the ones while he is away.
    fn phone(&mut self, now: At) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((since, before)) = *held else { return };
        let (clock, handset) = (self.stage.hub.clock(), &self.stage.handset);
        let Some(call) = handset.calls(self.stage.phone()).into_iter().next() else {
            // It takes a moment from the holding of the clock to the first ring.
            if since.elapsed() > LOOK * 3 {
                *held = None;
                // Unless the visitor set another speed meanwhile.
                if (clock.rate() - 1.0).abs() < f64::EPSILON {
                    clock.set_rate(if before > 0.0 { before } else { self.rate });
                }
            }
            return;
        };
        let over = if call.state == CallState::Ringing { RING } else { CALL_MAX };
        if since.elapsed() < over {
            return;
        }
        // The call may have ended by itself in this very moment.
        let _ = match call.state {
            CallState::Ringing if self.away => handset.miss(call.call, now),
            CallState::Ringing => handset
                .answer(call.call, now)
                .and_then(|_| handset.press(call.call, '1', now))
                .and_then(|_| handset.hang_up(call.call, now)),
            _ => handset.hang_up(call.call, now),
        };
    }

    /// Nurses of the demo do what is asked of them about the others in good time; about David only at the last
    /// moment, so that the visitor can.
    async fn prompts(&self, now: At) -> Result<(), String> {
        let store = self.stage.hub.store().clone();
        let list = move || store.prompts_open(&PromptFilter::default(), PROMPTS_MAX).map_err(|e| e.to_string());
        let open = crate::serve::blocking(list).await?;
        for prompt in open {
            let from = prompt.not_before.unwrap_or(prompt.opened_at);
            let span = prompt.due_at.0 - from.0;
            // Each a different part of the time that there is, and a few too late: escalation can be seen.
            let share = if prompt.person == self.david { 92 } else { 10 + i64::from(prompt.id.0.bytes()[15]) % 95 };
            if now.0 < from.0 + span * share / 100 {
                continue;
            }
            let fact = self.outcome(&prompt, now);
            // The visitor may have been quicker.
            if let Err(error) = self.stage.hub.submit(prompt.person, fact).await {
                tracing::debug!(demo.error = %error, "an outcome was not taken");
            }
        }
        Ok(())
    }

    fn outcome(&self, prompt: &Prompt, now: At) -> Fact {
        let mine = prompt.person == self.david;
        // All is well with David: his story is that of the medicine.
        let dice = if mine { 0 } else { prompt.id.0.bytes()[14] };
        let outcome = match dice % 10 {
            0 | 1 if !mine && prompt.attempt < prompt.attempts_max => Outcome::NoAnswer,
            2 if !mine && prompt.attempt < prompt.attempts_max => Outcome::Voicemail,
            3 if !mine => Outcome::AlreadyHandled,
            _ => Outcome::Done,
        };
        let answers: serde_json::Map<String, Json> = match (&prompt.form, outcome) {
            (Some(form), Outcome::Done) => {
                form.fields.iter().map(|f| (f.name.clone(), answer(&f.answer, dice))).collect()
            }
            _ => serde_json::Map::new(),
        };
        let body = json!({"prompt": prompt.id, "name": prompt.name, "outcome": outcome.name(), "answers": answers,
            "note": "Played by the demo."});
        Fact::own("prompt.completed", &prompt.id.to_string(), prompt.person, now, body).by(Actor::Staff("demo".into()))
    }
}

/// A plausible answer: mostly that all is well.
fn answer(kind: &model::prompt::Answer, dice: u8) -> Json {
    use model::prompt::Answer;
    match kind {
        Answer::Bool => json!(dice > 245),
        Answer::Number { min, max } => json!((min + f64::from(dice % 4)).min(*max)),
        Answer::Text => json!("Answered on the phone."),
        Answer::Choice { options } => {
            let at = usize::from(dice > 230).min(options.len().saturating_sub(1));
            options.get(at).map_or(Json::Null, |(value, _)| json!(value))
        }
    }
}
