//! Many people under way, made of one: a prototype walks the story through the real hub, and its line
//! is written under many ids through the lane's own commit.
//!
//! Each clone has its own id, journey ids and wake; its state is the prototype's. History (timeline,
//! resources, messages, traces) is not cloned: neither waking nor the figures for journeys need it.

use crate::world::{self, Place, Result, World};
use model::batch::Face;
use model::{At, Batch, JourneyId, JourneyRow, PersonId};
use store::{Lane, LineRow, Store};
use testkit::story::DAY_0;

/// Lines that one commit writes.
const GROUP: usize = 2048;
/// When the prototype is taken: day 1, 08:30. The day's list is out; the nurse's call is next.
const TAKEN_MINUTES: i64 = 8 * 60 + 30;
/// When its next timer is due: day 1, 09:00.
const DUE_MINUTES: i64 = 9 * 60;

/// One person on the morning of day 1.
pub struct Prototype {
    row: LineRow,
    name: String,
    /// When the next timer is due.
    pub due: At,
}

impl Prototype {
    /// Walks one person of the story there, in a store of its own.
    pub fn walk(place: &Place) -> Result<Self> {
        let mut world = World::open(place, DAY_0.plus_ms(60_000))?;
        let story = world::someone(0);
        let items = world::read(story.discharge().to_string().as_bytes(), world.clock.now())?;
        world.stepper.accept(items)?;
        world.until(world::local(1, TAKEN_MINUTES))?;
        let keys = [model::inbox::key(testkit::fhir::MRN, &story.person.mrn)];
        let person = world.stepper.store().whose(&keys)?.ok_or("the prototype is not known")?;
        let row = world.stepper.store().line(person)?;
        let due = world.stepper.next_wake()?.ok_or("the prototype waits for nothing")?;
        if due != world::local(1, DUE_MINUTES) || row.journeys.len() != 1 {
            return Err(
                format!("the prototype is not where it should be: {due}, {} journeys", row.journeys.len()).into()
            );
        }
        Ok(Self { row, name: format!("{} {}", story.person.given, story.person.family), due })
    }

    /// Bytes of the state of its line and of its journey.
    pub fn bytes(&self) -> (usize, usize) {
        let blob = self.row.journeys.first().map_or(0, |j| j.blob.len());
        (self.row.state.as_ref().map_or(0, Vec::len), blob)
    }

    /// Its line as that of another person, to be woken at `wake`.
    fn batch(&self, person: PersonId, wake: At) -> Batch {
        let mut batch = Batch::new(person, 0);
        batch.state = self.row.state.clone();
        batch.wake_at = Some(wake);
        batch.face = Some(Face { name: self.name.clone(), birth_date: "1984-03-09".into(), ..Face::default() });
        let journey = |row: &JourneyRow| JourneyRow {
            id: JourneyId::of(&[&person.0.bytes(), row.pathway.as_bytes(), row.episode.as_bytes()]),
            next_due: Some(wake),
            ..row.clone()
        };
        batch.journeys = self.row.journeys.iter().map(journey).collect();
        batch.prompts = self.row.prompts.iter().map(|p| model::prompt::Prompt { person, ..p.clone() }).collect();
        batch
    }

    /// Writes `count` of them; the wake of each is `wake` of its number.
    pub fn write(&self, store: &Store, count: usize, wake: impl Fn(usize) -> At) -> Result<()> {
        crate::print::doing(&format!("writing {count} lines with their journeys"));
        let mut lanes: Vec<Lane> =
            (0..store.lanes()).map(|lane| store.take_lane(lane)).collect::<std::result::Result<_, _>>()?;
        let mut groups: Vec<Vec<(u16, u64, Batch)>> = lanes.iter().map(|_| Vec::new()).collect();
        for n in 0..count {
            let person = testkit::person_id(n as u64);
            let at = usize::from(store.lane_of(person.part()));
            groups[at].push((person.part(), lanes[at].epoch(person.part()), self.batch(person, wake(n))));
            if groups[at].len() == GROUP {
                lanes[at].commit(&groups[at])?;
                groups[at].clear();
            }
        }
        for (lane, group) in lanes.iter_mut().zip(&groups) {
            lane.commit(group)?;
        }
        Ok(())
    }
}

/// The prototype of a place's engine, walked in a place of its own.
pub fn prototype(dir: &std::path::Path) -> Result<Prototype> {
    Prototype::walk(&Place::sqlite(dir, "prototype")?)
}
