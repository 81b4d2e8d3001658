//! What a journey waits to hear from outside: outcomes of prompts, of reaches and of calls, by step.

use crate::state::{Item, State, Wait};
use crate::{plan, prompt_id};
use model::{EffectId, JourneyId, PromptId};
use pathway::Pathway;

/// Something that a strand waits to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The step's stable name.
    pub step: String,
    /// The items and days of the loops that the step is inside of, outermost first, with commas.
    pub about: String,
    /// The effect that it waits for.
    pub effect: EffectId,
    /// The prompt; `None` when it is a reach or a call.
    pub prompt: Option<PromptId>,
}

impl State {
    /// The prompts, reaches and calls whose outcome is waited for.
    pub fn awaited(&self, pathway: &Pathway, journey: JourneyId) -> Vec<Awaited> {
        let mut out = Vec::new();
        for strand in &self.strands {
            let (key, serial) = match &strand.wait {
                Wait::Prompt { key, serial, .. } => (key, Some(*serial)),
                Wait::Reached { key, .. } | Wait::Asked { key, .. } | Wait::Called { key, .. } => (key, None),
                _ => continue,
            };
            let Some(step) = pathway.step(strand.step) else { continue };
            let items = strand.frames.iter().filter_map(|frame| match &frame.item {
                Item::Id(id) => Some(id.clone()),
                Item::Date(date) => Some(plan::date(*date).to_string()),
                Item::Strand(_) => None,
            });
            let about = items.collect::<Vec<_>>().join(",");
            let effect = key.id(journey);
            let prompt = serial.map(|serial| prompt_id(effect, serial));
            out.push(Awaited { step: step.name.clone(), about, effect, prompt });
        }
        out
    }
}
