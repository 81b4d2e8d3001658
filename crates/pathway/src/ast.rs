//! The compiled form of a pathway: what `journey` walks and the pages draw.
//!
//! Steps are one flat list. A strand of a journey stands at one index of it; nesting (`each`,
//! `repeat`, `branch`, sub-pathways) is expressed by indices, so a strand's state is small.

use crate::expr::Expr;
use model::prompt::{Escalation, Form, Lapse};
use model::value::Kind;
use model::{Channel, Id, Purpose};

/// Index into [`Pathway::steps`].
pub type StepIx = u16;

/// A place in a file, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Length in characters, for the caret.
    pub length: u32,
}

/// A version of a pathway, read, checked and compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Pathway {
    /// `post-surgical-follow-up`.
    pub name: String,
    /// As shown.
    pub title: String,
    /// Who answers for it clinically.
    pub owner: String,
    /// The team that is told when a person cannot be reached or spoken to in their language.
    pub fallback_team: String,
    /// Languages that all of its words exist in.
    pub speaks: Vec<String>,
    /// Holds for every person, always; answers what people say. Ends with its last strand.
    pub standing: bool,
    /// For whom, and when it starts.
    pub enrol: Enrol,
    /// What ends it.
    pub leave: Vec<Leave>,
    /// Where each track begins: name and first step.
    pub tracks: Vec<(String, Option<StepIx>)>,
    /// Named sub-pathways: name and first step.
    pub subs: Vec<(String, Option<StepIx>)>,
    /// All steps of all tracks and sub-pathways.
    pub steps: Vec<Step>,
    /// Words by name.
    pub words: Vec<Words>,
    /// Forms by name.
    pub forms: Vec<Form>,
    /// Checklists by name.
    pub checklists: Vec<Checklist>,
    /// What patients read about it on their own page.
    pub patients: ForPatients,
    /// Hash of the file's content: the version.
    pub version: Id,
    /// The file's text, kept for ever with the version.
    pub source: String,
}

/// Enrolment.
#[derive(Clone, Debug, PartialEq)]
pub struct Enrol {
    /// The kind of fact that may enrol.
    pub on: String,
    /// The condition; scope: `person`, `record`, `encounter` (that of the fact's episode), `fact`.
    /// While it is false or unknown and the fact is fresh it is asked again at every turn.
    pub when: Option<Expr>,
    /// What it is once for.
    pub once_per: OncePer,
    /// Day 0: a field of time in scope, as `encounter.discharged_at`; `None`: when the fact happened.
    pub day_0: Option<Vec<String>>,
    /// A fact older than this starts nothing, milliseconds. 72 hours unless it says less.
    pub fresh_for_ms: i64,
}

/// What a journey is once for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OncePer {
    /// The fact's episode.
    Encounter,
    /// The person, while one is under way.
    Person,
    /// Every fact of its own.
    Fact,
}

/// What ends a journey; all that is pending is withdrawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Leave {
    /// A fact (of the journey's episode, if it has one), and a condition on it.
    On(FactPattern),
    /// So many days after day 0, at that local time (the end of the day).
    AfterDays(u16),
}

/// Facts that a step waits for or that end something.
#[derive(Clone, Debug, PartialEq)]
pub struct FactPattern {
    /// `medication.picked_up`.
    pub kind: String,
    /// The variable it must be about: `rx` in `rx.picked_up` stands for the fact
    /// `medication.picked_up` whose body's `id` is the bound prescription's.
    pub of: Option<String>,
    /// A state that already satisfies it, so that a fact that came before is not missed:
    /// `rx.picked_up == true`.
    pub already: Option<Expr>,
}

/// What a wait that is over already on arrival (late enrolment) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Late {
    /// Go on at once.
    #[default]
    Now,
    /// Leave out the step that follows (the one step after the wait), and go on.
    Skip,
    /// Raise a prompt to the fallback team instead of the step that follows.
    Prompt,
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Stable name, unique in the pathway: `nurse_call/check`.
    pub name: String,
    /// Track or sub-pathway that it belongs to.
    pub track: String,
    /// The step after it; `None` ends the strand (or the round of the loop it is in).
    pub next: Option<StepIx>,
    /// Left out when this is true.
    pub skip_when: Option<Expr>,
    /// Where it stands in the file.
    pub place: Place,
    /// What it does.
    pub verb: Verb,
}

/// Where a branch or an outcome leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goto {
    /// The step after this one.
    Next,
    /// The end of this strand.
    End,
    /// A named step or the first step of a sub-pathway; after its last step the strand ends.
    Step(StepIx),
}

/// A point in a person's own time.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// `day 1 at 09:00`: that many local days after day 0, minutes after midnight.
    Day {
        /// Days after day 0.
        day: i32,
        /// Minutes after local midnight.
        at: u16,
    },
    /// `next day at 17:00`: the first local day after now.
    NextDay {
        /// Days from today, at least 1.
        days: u16,
        /// Minutes after local midnight.
        at: u16,
    },
    /// `5 days`, `2 hours`: from now, milliseconds (days of 24 hours).
    Span(i64),
    /// `1 day before visit.start at 10:00`: an offset in local days from a field of time; without
    /// `at` the same local time. Planned anew when the field changes.
    Around {
        /// Days after (negative: before).
        days: i32,
        /// A field of time, `["visit", "start"]`.
        field: Vec<String>,
        /// Minutes after local midnight.
        at: Option<u16>,
    },
    /// `at 18:00` today, or tomorrow if it is past.
    Clock(u16),
    /// `task.at`: a field of time itself.
    Field(Vec<String>),
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    /// Wait until a point in time.
    Wait {
        /// Until then.
        until: When,
        /// If that is past on arrival.
        late: Late,
    },
    /// Wait for a fact, both outcomes named.
    WaitFor {
        /// The fact.
        fact: FactPattern,
        /// Until then.
        deadline: When,
        /// It came.
        found: Goto,
        /// It did not.
        missed: Goto,
    },
    /// Get one thing across to the person. The strand goes on at once; outreach walks the ladder.
    Reach {
        /// Name in [`Pathway::words`].
        words: String,
        /// Why.
        purpose: Purpose,
        /// The ladder: channel and how long it is given before the next, milliseconds.
        by: Vec<(Channel, i64)>,
        /// Not sent later than this after it was wanted, milliseconds.
        valid_ms: i64,
        /// Goes before bulk, passes quiet hours and caps.
        urgent: bool,
        /// A fact that makes it pointless.
        until: Option<FactPattern>,
    },
    /// Ask the care team.
    Prompt(Box<PromptStep>),
    /// The first arm that is true.
    Branch {
        /// Condition and where it leads.
        arms: Vec<(Expr, Goto)>,
        /// When an arm before the first true one is unknown.
        unknown: Goto,
        /// When none is true.
        otherwise: Goto,
    },
    /// The body once a local day, at that time; each round is a strand of its own that ends with
    /// the next round.
    Repeat {
        /// Minutes after local midnight.
        at: u16,
        /// First day, counted from day 0.
        from_day: u16,
        /// Last day.
        to_day: u16,
        /// Checklist bound for the day, and the variable it is bound to.
        today: Option<(String, String)>,
        /// First step of the body.
        body: StepIx,
    },
    /// A strand for each item of a collection, now and as they come.
    Each {
        /// `["encounter", "prescriptions"]`.
        over: Vec<String>,
        /// The kind of its items.
        kind: Kind,
        /// The variable.
        var: String,
        /// A fact about the item that starts its strand anew: `appointment.moved`.
        again_on: Option<String>,
        /// First step of the body.
        body: StepIx,
    },
    /// A text for each task of today's checklist at the task's time, until it is done, if the
    /// person asked for task reminders.
    Remind {
        /// The variable of `repeat` that holds the checklist: `today`.
        today: String,
        /// Name in [`Pathway::words`]; its scope has `task`.
        words: String,
        /// Purpose.
        purpose: Purpose,
        /// The ladder.
        by: Vec<(Channel, i64)>,
        /// Not later than this after the task's time, milliseconds.
        valid_ms: i64,
    },
    /// Something for the timeline.
    Note {
        /// The words, templated.
        text: String,
    },
    /// The journey ends.
    Leave {
        /// Why.
        reason: String,
    },
}

/// A prompt to the care team.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptStep {
    /// The name its answers are bound to: `check` in `check.pain >= 8`. The fields are those of the
    /// form and `check.outcome`, `check.reached`.
    pub name: String,
    /// The team.
    pub to: String,
    /// The verb, templated.
    pub title: String,
    /// Why it matters, templated.
    pub reason: String,
    /// Recommended actions.
    pub offer: Vec<String>,
    /// Name in [`Pathway::forms`].
    pub form: Option<String>,
    /// Must be seen at once.
    pub urgent: bool,
    /// By when, after it was opened.
    pub due: Lapse,
    /// Who is asked when nobody acts, one after the other.
    pub overdue: Vec<Escalation>,
    /// The most tries when nobody answers.
    pub attempts_max: u32,
    /// How long until the next try.
    pub again_after: Lapse,
    /// A fact that makes it pointless.
    pub until: Option<FactPattern>,
}

/// Words of one message, by channel and language.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// `medicine_ready`.
    pub name: String,
    /// Answering DONE ticks the task that these words are about.
    pub done_ticks_task: bool,
    /// One for each language and channel.
    pub texts: Vec<WordsIn>,
}

/// Words in one language on one channel. Templated: `{{ person.first_name }}`.
#[derive(Clone, Debug, PartialEq)]
pub struct WordsIn {
    /// `en`.
    pub language: String,
    /// Channel.
    pub channel: Channel,
    /// Subject of a mail; empty elsewhere. It gives no health detail.
    pub subject: String,
    /// The words. On `voice` they are said only after "press 1 if you are David"; on `voicemail`
    /// they give no health detail away.
    pub text: String,
    /// The same, split at its variables.
    pub parts: Vec<TextPart>,
    /// The subject, split.
    pub subject_parts: Vec<TextPart>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum TextPart {
    /// As it stands.
    Plain(String),
    /// `visit.start | day`: a field, and how it is written: `day` (Thursday 26 November), `time`
    /// (10:20 am), `date`, `list` (lines), or nothing.
    Field {
        /// `["visit", "start"]`.
        path: Vec<String>,
        /// `day`, `time`, `date`, or empty.
        filter: String,
    },
}

/// What a person is to do, item by item.
#[derive(Clone, Debug, PartialEq)]
pub struct Checklist {
    /// `after_tendon_repair`.
    pub name: String,
    /// Its clinical owner.
    pub owner: String,
    /// Items, in order.
    pub items: Vec<ChecklistItem>,
}

/// An item of a checklist.
#[derive(Clone, Debug, PartialEq)]
pub struct ChecklistItem {
    /// Stable name: `change_dressing`.
    pub name: String,
    /// First and last day after day 0 that it is on.
    pub days: (u16, u16),
    /// Local times, minutes after midnight; a task each. None: any time, at no reminder.
    pub times: Vec<u16>,
    /// Only when this is true; scope as in steps.
    pub when: Option<Expr>,
    /// Words by language.
    pub texts: InEach,
    /// A line of help below the words, by language; empty for none.
    pub hints: InEach,
}

/// A text in each language that the pathway speaks: tag and words.
pub type InEach = Vec<(String, String)>;

/// What a patient's page says of a pathway, in plain words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForPatients {
    /// `Follow-up after your surgery`; empty when patients are shown nothing of it.
    pub title: InEach,
    /// `your surgery`: what its days are counted from.
    pub after: InEach,
    /// `because you had surgery`: why they are on it.
    pub because: InEach,
    /// When to call, each a line: language and lines.
    pub call_us_if: Vec<(String, Vec<String>)>,
    /// What a step is to a patient, by the step's own name: `check`, `A nurse calls you.`
    pub next: Vec<(String, InEach)>,
}

impl ForPatients {
    /// The text in `language`, else in the language that stands first, with the language that it is in.
    pub fn text<'t>(texts: &'t [(String, String)], language: &str) -> Option<(&'t str, &'t str)> {
        let found = texts.iter().find(|(tag, _)| tag == language).or(texts.first())?;
        Some((&found.0, &found.1))
    }
    /// What a step of that name is to a patient.
    pub fn step(&self, name: &str) -> Option<&InEach> {
        let own = name.rsplit('/').next().unwrap_or(name);
        self.next.iter().find(|(n, _)| n == own).map(|(_, texts)| texts)
    }
}

impl Pathway {
    /// The words of that name.
    pub fn words(&self, name: &str) -> Option<&Words> {
        self.words.iter().find(|w| w.name == name)
    }
    /// The form of that name.
    pub fn form(&self, name: &str) -> Option<&Form> {
        self.forms.iter().find(|f| f.name == name)
    }
    /// The checklist of that name.
    pub fn checklist(&self, name: &str) -> Option<&Checklist> {
        self.checklists.iter().find(|c| c.name == name)
    }
    /// The step at `ix`.
    pub fn step(&self, ix: StepIx) -> Option<&Step> {
        self.steps.get(usize::from(ix))
    }
}
