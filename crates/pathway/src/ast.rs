//! The compiled form of a pathway: what `journey` walks and the pages draw.
//!
//! Steps are one flat list. A strand of a journey stands at one index of it; nesting (`each`,
//! `repeat`, `branch`, sub-pathways) is expressed by indices, so a strand's state is small.

use crate::expr::Expr;
use model::prompt::{Escalation, Form, Lapse};
use model::value::Kind;
use model::{Channel, Disclosure, Id, Purpose};
use std::collections::BTreeMap;

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
    /// What it is for, with a deadline and what counts.
    pub goals: Vec<Goal>,
    /// What `ask` asks, by name.
    pub questions: Vec<Question>,
    /// What `call` calls, by name.
    pub services: Vec<Service>,
    /// Who approved it, until when it stands, which translations were reviewed.
    pub publishing: Publishing,
    /// What its channels may carry otherwise than usual, and what the clinic's name tells.
    pub discloses: Discloses,
    /// Other pathways that may hold the same person, by name, each with the reason why that does no harm.
    pub beside: Vec<(String, String)>,
    /// Where things stand in the file, for findings of the whole: `owner`, `words.medicine_ready.en.sms`,
    /// `goals.picked_up`; dots between.
    pub places: BTreeMap<String, Place>,
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
    /// The item that the enrolling fact is about, and the variable that stands for it in the whole pathway: `visit`.
    pub item: Option<(String, Kind)>,
    /// Day 0: a field of time in scope, as `encounter.discharged_at`; `None`: when the fact happened.
    pub day_0: Option<Vec<String>>,
    /// A fact older than this starts nothing, milliseconds. 72 hours unless it says less.
    pub fresh_for_ms: i64,
    /// Enrols whoever `when` is true of, at these times (a cohort sweep).
    pub every: Option<Every>,
    /// Staff may enrol a person.
    pub by_hand: bool,
    /// What an import tells may enrol: otherwise history starts nothing.
    pub by_import: bool,
    /// With once per person: so many days after the last one ended, another may begin.
    pub again_after_days: Option<u16>,
    /// This share of those who could begin is held out, in thousandths; sticky for each person.
    pub hold_out: u16,
    /// How many may be under way at once; the others wait in line.
    pub places: Option<Places>,
}

/// A limit by the team's capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// Journeys under way at once, of all versions of the pathway.
    pub at_most: u32,
    /// So many at each site, not in all.
    pub per_site: bool,
    /// After so long in line the fallback team is told, milliseconds.
    pub waits_ms: i64,
}

/// The times of a schedule, on the clinic's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Every {
    /// Monday is 0; `None`: every day.
    pub weekday: Option<u8>,
    /// Minutes after midnight.
    pub at: u16,
}

/// What a pathway is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// `picked_up`.
    pub name: String,
    /// As shown.
    pub title: String,
    /// A fact that it is reached by, of the journey's episode; `None`: whenever `when` comes true.
    pub on: Option<FactPattern>,
    /// It is reached when this is true.
    pub when: Expr,
    /// Until then; after it the goal is missed.
    pub within: When,
}

/// A question to the person: a form that is asked one question at a time (text), by keypad (call) or on a page
/// (mail, portal).
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// `how_is_the_pain`.
    pub name: String,
    /// Questions in order; labels are in [`Question::labels`].
    pub form: Form,
    /// The words of each field and each choice in each language: `pain`, `wound.clean`.
    pub labels: Vec<(String, InEach)>,
    /// Each field's `linkId` in that Questionnaire; its own name when the pathway says none.
    pub links: Vec<(String, String)>,
    /// The canonical URL of the FHIR Questionnaire that it is; empty for one of its own.
    pub questionnaire: String,
    /// What its words give away: of health, unless the pathway says that they tell less.
    pub discloses: Disclosure,
    /// What a FHIR Questionnaire says of its items beyond their type; of questions of one's own nothing.
    pub items: Vec<ItemRule>,
}

/// What a FHIR Questionnaire says of an item beyond its type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemRule {
    /// The field that it became.
    pub field: String,
    /// The groups that it stands in (`linkId`), the outermost first.
    pub inside: Vec<String>,
    /// A number: whether it is a whole one (`integer`) or not (`decimal`).
    pub whole: Option<bool>,
    /// Free text: the most characters.
    pub length_max: Option<usize>,
    /// It may be left out.
    pub optional: bool,
    /// It is asked only where earlier fields have these answers: all of them, or one of them when `any`.
    pub only_if: Vec<(String, model::Value)>,
    /// Whether one of [`ItemRule::only_if`] is enough.
    pub any: bool,
    /// Of a choice: the value, its code system and its code.
    pub codings: Vec<(String, String, String)>,
}

/// A service outside that a pathway may call: what it is asked and what it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// `eligibility`.
    pub name: String,
    /// The fields that are sent, each by the name that it is sent under; nothing else leaves.
    pub asks: Vec<(String, Vec<String>)>,
    /// What is answered, as the fields of a form; bound to the service's name.
    pub form: Form,
    /// The most that a field that is sent gives away.
    pub discloses: Disclosure,
}

/// Who answers for what patients read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Publishing {
    /// The clinical approver.
    pub approved: Option<Approval>,
    /// The approval holds until then.
    pub review_by: Option<jiff::civil::Date>,
    /// Who reviewed the words of a language. The first language needs none: it is approved with the pathway.
    pub reviewed: Vec<(String, Approval)>,
}

/// What a pathway says of disclosure in its head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discloses {
    /// What the clinic's name gives away: that of a cancer centre is health.
    pub clinic: Option<Disclosure>,
    /// Channels that may carry more, or less, than [`model::disclosure::permission`] says. More needs the person's own
    /// agreement when it is sent.
    pub channels: Vec<(Channel, Disclosure)>,
}

/// A qualified person's word.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// Name, as `Dr. Ana Ruiz`.
    pub by: String,
    /// What makes them qualified: `orthopaedic surgeon`, `certified medical translator`.
    pub role: String,
    /// When.
    pub on: jiff::civil::Date,
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
    /// The item that the fact is about, while one is under way.
    Item,
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
    /// `2 hours before visit.start`: an offset in milliseconds from a field of time. Planned anew when the
    /// field changes.
    Offset {
        /// Milliseconds after (negative: before).
        ms: i64,
        /// A field of time.
        field: Vec<String>,
    },
    /// `at 18:00` today, or tomorrow if it is past.
    Clock(u16),
    /// `task.at`: a field of time itself.
    Field(Vec<String>),
    /// `next monday at 09:00`: the first such local day after today.
    Weekday {
        /// Monday is 0.
        weekday: u8,
        /// Minutes after local midnight.
        at: u16,
    },
    /// `next working day at 09:00`, `in 2 working days at 09:00`: weekends and the holidays of the calendar left out.
    WorkingDay {
        /// Working days from today, at least 1.
        days: u16,
        /// Minutes after local midnight.
        at: u16,
    },
    /// `within 2 hours`: a random delay up to so many milliseconds, the same each time it is asked.
    Within(i64),
    /// `between 09:00 and 11:00`: a random minute of what is left of that window today or, when it is past, of
    /// tomorrow's.
    Between {
        /// Minutes after local midnight.
        from: u16,
        /// Later than `from`.
        to: u16,
    },
}

/// On which days a repeat has a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// Every so many days from its first day on; 1 is daily.
    Days(u16),
    /// On these days of the week: bit 0 is Monday.
    Weekdays(u8),
}

impl Rhythm {
    /// The first day that has a round, not before `from`; `first` is the first day of the repeat. Days are numbered
    /// from 1970-01-01, a Thursday.
    pub fn next(self, first: i32, from: i32) -> i32 {
        const THURSDAY: i32 = 3;
        let from = from.max(first);
        match self {
            Self::Days(every) => {
                let every = i32::from(every.max(1));
                match from.saturating_sub(first) % every {
                    0 => from,
                    over => from.saturating_add(every - over),
                }
            }
            Self::Weekdays(set) => {
                let on = |day: &i32| set & (1 << day.saturating_add(THURSDAY).rem_euclid(7)) != 0;
                (0..7).map(|n| from.saturating_add(n)).find(on).unwrap_or(i32::MAX)
            }
        }
    }
}

/// What counts as success of a reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Success {
    /// A provider said that it came.
    Delivered,
    /// It was opened or listened to.
    Read,
    /// The person said something back.
    Answered,
    /// What it asks for was done: its `until`.
    Done,
}

/// When parallel strands are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// All of them have ended.
    All,
    /// One of them has; the others are withdrawn.
    Any,
    /// So many have; the others are withdrawn.
    Count(u16),
}

/// An arm of a split.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// `texts_only`.
    pub name: String,
    /// Its share among the arms.
    pub weight: u32,
    /// Where it leads.
    pub to: Goto,
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
        /// The strand waits until this is so, or the reach is over: then it leads to `got` or `not`.
        success: Option<Success>,
        /// Where success leads.
        got: Goto,
        /// Where the end of its validity without success leads.
        not: Goto,
    },
    /// Ask the person, on any channel; the answers are bound to the question's name.
    Ask {
        /// Name in [`Pathway::questions`].
        question: String,
        /// Words that introduce it, by name in [`Pathway::words`]; the questions follow them.
        words: String,
        /// Why.
        purpose: Purpose,
        /// The ladder.
        by: Vec<(Channel, i64)>,
        /// Answers count until then.
        deadline: When,
        /// How often a question is asked again after an answer that is none.
        again_max: u16,
        /// Over its own answers: as soon as it is true no more is asked, and it leads to `answered`.
        stop_when: Option<Expr>,
        /// All were answered.
        answered: Goto,
        /// Not all were.
        missed: Goto,
    },
    /// Call a service outside; the answers are bound to its name.
    Call {
        /// Name in [`Pathway::services`].
        service: String,
        /// Tries end so long after the step was come to, milliseconds.
        within_ms: i64,
        /// It answered, and what it said fits.
        answered: Goto,
        /// It did not in time, or what it said does not fit.
        failed: Goto,
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
    /// The body on days of a rhythm, at that local time; each round is a strand of its own that ends with
    /// the next round.
    Repeat {
        /// Which days.
        rhythm: Rhythm,
        /// Minutes after local midnight.
        at: u16,
        /// First day, counted from day 0.
        from_day: u16,
        /// Last day.
        to_day: u16,
        /// Checklist bound for the day, and the variable it is bound to.
        today: Option<(String, String)>,
        /// It is over when this is true.
        until: Option<Expr>,
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
    /// One of several ways by chance, the same for a person whenever it is asked.
    Split {
        /// The experiment's name.
        experiment: String,
        /// The goal that it is judged by.
        metric: Option<String>,
        /// The share that is held out, in thousandths, and where it leads.
        hold_out: Option<(u16, Goto)>,
        /// The ways.
        arms: Vec<Arm>,
    },
    /// Strands side by side, and on when they join.
    Parallel {
        /// Name and first step of each.
        strands: Vec<(String, StepIx)>,
        /// When it goes on.
        join: Join,
    },
    /// The steps of a sub-pathway here, then on with the next step.
    Include {
        /// Its first step.
        sub: Option<StepIx>,
        /// Its variable, and the one here that it stands for.
        with: Vec<(String, String)>,
    },
    /// Begins another pathway for this person.
    EnrolIn {
        /// Its name.
        pathway: String,
    },
    /// Ends another pathway of this person.
    WithdrawFrom {
        /// Its name.
        pathway: String,
        /// Why.
        reason: String,
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
    /// It is a red flag: someone on duty acknowledges it within so many milliseconds, at any hour.
    pub person_within_ms: Option<i64>,
    /// It is a concern: it closes by proof (its `until`) or by a clinician's reason in words, never by silence.
    pub concern: bool,
}

/// Words of one message, by channel and language.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// `medicine_ready`.
    pub name: String,
    /// Answering DONE ticks the task that these words are about.
    pub done_ticks_task: bool,
    /// They are for whoever it is, whatever language they speak: a code, with a few words in several languages.
    pub any_language: bool,
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
    /// The most that a variable in it gives away.
    pub discloses: Disclosure,
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
    /// `rx.count | one: 'a medicine' | other: '# medicines'`: words by how many there are.
    Plural {
        /// A number, or a list that is counted.
        path: Vec<String>,
        /// Said of none; `other` when left out.
        none: Option<String>,
        /// Said of one.
        one: String,
        /// Said of all other numbers; `#` stands for the number.
        other: String,
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
    /// The questions of that name.
    pub fn question(&self, name: &str) -> Option<&Question> {
        self.questions.iter().find(|q| q.name == name)
    }
    /// The service of that name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.name == name)
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
