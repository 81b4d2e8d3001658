//! The reference of the language, told from the tables that the reader reads by: [`page`] is `docs/language.md`.
//!
//! Every example is compiled by a test within a small pathway, and every key that a step may have is told here.

use crate::finding::CODES;
use crate::kinds::FACT_KINDS;
use crate::types::ROOTS;
use model::value::{FIELDS, Kind, Type};
use model::{Channel, Purpose};
use std::fmt::Write;

/// What is told of one step.
pub struct StepPage {
    /// `reach`.
    pub verb: &'static str,
    /// What it does, in one sentence.
    pub does: &'static str,
    /// Its keys beside the verb, and what each says.
    pub keys: &'static [(&'static str, &'static str)],
    /// A piece of a track, as it stands below `steps`.
    pub example: &'static str,
}

/// Keys that every step may have.
const COMMON: &[(&str, &str)] = &[
    ("name", "the step's own name; needed only when another step leads to it"),
    ("skip_when", "a condition: the step is left out when it is true, never when it is unknown"),
];

/// Every step of the language.
pub const STEPS: &[StepPage] = &[
    StepPage {
        verb: "wait",
        does: "Waits until a point in time, see below.",
        keys: &[(
            "late",
            "what it does when that is past on arrival: `now` goes on, `skip` leaves out the next step, `prompt` asks the fallback team instead of it",
        )],
        example: "- wait: next monday at 09:00\n  late: skip\n- note: It is Monday",
    },
    StepPage {
        verb: "wait_for",
        does: "Waits for a fact; what is known already counts.",
        keys: &[
            ("deadline", "a point in time until which it waits"),
            ("found", "where it leads when the fact came"),
            ("missed", "where it leads when it did not"),
        ],
        example: "- wait_for: encounter.readmitted\n  deadline: 5 days\n  found: end\n  missed: next\n- note: Still at home",
    },
    StepPage {
        verb: "reach",
        does: "Gets one thing across to the person, by a ladder of channels, and goes on at once unless it says what counts.",
        keys: &[
            ("purpose", "care, reminder, education, survey, billing or marketing"),
            ("by", "the ladder: channels, each with how long it is given before the next"),
            ("valid", "how long after it was wanted it is worth sending; 12 hours when left out"),
            ("urgent", "passes quiet hours and caps"),
            ("until", "a fact that makes it pointless"),
            ("counts", "delivered, read, answered or done: the step waits for that"),
            ("got", "where success leads"),
            ("not", "where the end of its validity without success leads"),
        ],
        example: "- reach: please_call\n  purpose: care\n  by: [sms 2 hours, email]\n  valid: 10 hours\n  counts: answered\n  got: end\n  not: next\n- note: No answer",
    },
    StepPage {
        verb: "ask",
        does: "Asks the person a question of `questions:` on any channel; its answers are bound to its name.",
        keys: &[
            ("words", "words that introduce it"),
            ("purpose", "as of `reach`"),
            ("by", "the ladder"),
            ("deadline", "until when answers count"),
            ("again", "how often it is asked again after an answer that is none"),
            (
                "stop_when",
                "a condition over its own answers: as soon as it is true no more is asked, and it leads to `answered`",
            ),
            ("answered", "where it leads when all was answered, or it stopped"),
            ("missed", "where it leads when not"),
        ],
        example: "- ask: how_is_it\n  words: please_call\n  purpose: care\n  by: [sms 8 hours]\n  deadline: 2 days\n  again: 1\n  stop_when: how_is_it.pain >= 8\n  answered: next\n  missed: end\n- branch:\n    - if: how_is_it.pain >= 8\n      then: next\n  unknown: end\n  else: end\n- note: Strong pain",
    },
    StepPage {
        verb: "call",
        does: "Asks a service outside what `services:` says, waits for what it says, and binds it to the service's name; only the fields that are named leave, and `discloses` is the most that they may give away.",
        keys: &[
            ("within", "tries end so long after it was come to; 1 minute to 7 days"),
            ("answered", "where it leads when the service answered and what it said fits its types"),
            ("failed", "where it leads when it did not in time, or what it said does not fit"),
        ],
        example: "- call: eligibility\n  within: 10 minutes\n  answered: next\n  failed: end\n- branch:\n    - if: eligibility.covered == false\n      then: next\n  unknown: end\n  else: end\n- note: Not covered",
    },
    StepPage {
        verb: "prompt",
        does: "Asks the care team and waits for the outcome; its answers are bound to its name.",
        keys: &[
            ("to", "the team"),
            ("do", "the verb, templated"),
            ("why", "why it matters, templated"),
            ("offer", "recommended actions"),
            ("form", "questions; `outcome` and `reached` are always asked"),
            ("due", "by when, on the wall or in team hours"),
            ("overdue", "who is asked when nobody acts, one after the other"),
            ("attempts", "tries when nobody answers"),
            ("again", "how long until the next try"),
            ("urgent", "must be seen at once"),
            ("until", "a fact that makes it pointless"),
        ],
        example: "- prompt: look_in\n  to: nurses\n  do: \"Call {{ person.name }}\"\n  why: To hear how it is going.\n  offer: [call]\n  form: how_are_you\n  due: 8 team hours\n  overdue: [surgeon after 2 team hours]\n  attempts: 2\n  again: 4 team hours",
    },
    StepPage {
        verb: "red_flag",
        does: "A prompt that someone on duty acknowledges within a time, at any hour; `check` proves it.",
        keys: &[
            ("person_within", "within how long someone on duty has it"),
            ("to", "the team"),
            ("do", "the verb"),
            ("why", "why it matters"),
            ("offer", "recommended actions"),
            ("form", "questions"),
            ("due", "by when; `person_within` when left out"),
            ("overdue", "who is asked when nobody acts"),
            ("attempts", "tries in vain until a red flag that follows at once takes its place"),
            ("again", "how long until the next try"),
            ("until", "a fact that makes it pointless"),
        ],
        example: "- red_flag: bleeding\n  person_within: 30 minutes\n  to: surgeon\n  do: \"Call {{ person.name }} now\"\n  why: They wrote that it bleeds.\n  overdue: [nurses after 10 minutes, surgeon after 10 minutes]",
    },
    StepPage {
        verb: "concern",
        does: "A prompt that closes by proof or by a clinician's reason in words, never by silence.",
        keys: &[
            ("closes_on", "the fact that is the proof"),
            ("to", "the owner"),
            ("do", "the verb"),
            ("why", "why it matters"),
            ("offer", "recommended actions"),
            ("form", "questions"),
            ("due", "by when"),
            ("overdue", "who is asked when nobody acts"),
            ("again", "how long until it is looked at again"),
            ("urgent", "must be seen at once"),
        ],
        example: "- concern: no_visit\n  closes_on: appointment.booked\n  to: nurses\n  do: \"See that {{ person.name }} gets a visit\"\n  why: Nobody has looked at the wound.\n  due: 2 days\n  overdue: [surgeon after 1 day]",
    },
    StepPage {
        verb: "branch",
        does: "Leads on by the first condition that is true.",
        keys: &[
            ("unknown", "where it leads when a condition before the first true one is unknown"),
            ("else", "where it leads when none is true"),
        ],
        example: "- branch:\n    - if: record.age >= 65\n      then: next\n  unknown: end\n  else: end\n- note: Sixty-five or older",
    },
    StepPage {
        verb: "split",
        does: "Leads on by chance, the same for a person whenever it is asked: an experiment.",
        keys: &[
            ("metric", "the goal that it is judged by"),
            ("hold_out", "the share that is held out"),
            ("held_out", "where that leads"),
            ("arms", "name and weight of each way, and where it leads"),
        ],
        example: "- split: note_or_not\n  metric: at_home\n  hold_out: 10%\n  held_out: end\n  arms:\n    - with_note: 50\n      then: next\n    - without: 50\n      then: end\n- note: With a note",
    },
    StepPage {
        verb: "parallel",
        does: "Strands side by side, and on with the next step when they join.",
        keys: &[("join", "`all`, `any`, or how many; those not needed any more are withdrawn")],
        example: "- parallel:\n    one:\n      - wait: 1 hour\n    two:\n      - wait: 2 hours\n  join: any\n- note: One hour later",
    },
    StepPage {
        verb: "include",
        does: "The steps of a sub-pathway here, then on with the next step.",
        keys: &[("with", "its variables, and what each stands for here")],
        example: "- include: rest\n- note: Rested",
    },
    StepPage {
        verb: "repeat",
        does: "Its steps once on each of its days.",
        keys: &[
            ("days", "first and last day, counted from day 0"),
            ("until", "a condition that ends it"),
            ("checklist", "the checklist of the day"),
            ("as", "the variable that stands for the day"),
            ("steps", "what it does"),
        ],
        example: "- repeat: every 2 days at 08:00\n  days: 1 to 9\n  until: record.inpatient\n  steps:\n    - note: Another two days",
    },
    StepPage {
        verb: "each",
        does: "Its steps for each item of a collection, now and as they come.",
        keys: &[
            ("as", "the variable that stands for the item"),
            ("again_on", "a fact about an item that starts it anew"),
            ("steps", "what it does"),
        ],
        example: "- each: person.appointments\n  as: visit\n  again_on: appointment.moved\n  skip_when: visit.cancelled\n  steps:\n    - wait: 2 hours before visit.start\n    - note: Nearly time",
    },
    StepPage {
        verb: "remind",
        does: "A text for each task of the day at its time, until it is done, if the person asked for that. It stands in a `repeat` with a checklist.",
        keys: &[
            ("words", "the words; they may name `task`"),
            ("purpose", "as of `reach`"),
            ("by", "the ladder"),
            ("valid", "how long after the task's time"),
        ],
        example: "- repeat: daily at 08:00\n  days: 1 to 2\n  checklist: after_surgery\n  as: morning\n  steps:\n    - remind: morning\n      words: task_now\n      purpose: reminder\n      by: [sms]\n      valid: 2 hours",
    },
    StepPage {
        verb: "note",
        does: "A line on the person's timeline.",
        keys: &[],
        example: "- note: \"Looked after {{ person.name }}\"",
    },
    StepPage {
        verb: "enrol_in",
        does: "Begins another pathway for this person.",
        keys: &[],
        example: "- enrol_in: another",
    },
    StepPage {
        verb: "withdraw_from",
        does: "Ends another pathway of this person.",
        keys: &[("why", "the reason")],
        example: "- withdraw_from: another\n  why: This one takes over",
    },
    StepPage { verb: "leave", does: "Ends the journey.", keys: &[], example: "- leave: Nothing more to do" },
];

/// How points in time are written, and what each means.
pub const TIMES: &[(&str, &str)] = &[
    ("day 1 at 09:00", "the first day after day 0, on the person's own clock"),
    ("next day at 17:00", "tomorrow"),
    ("in 2 days at 10:00", "the day after tomorrow"),
    ("next monday at 09:00", "the first Monday after today"),
    ("next working day at 09:00", "the next day that is no weekend and no holiday of `rules/holidays.yaml`"),
    ("in 2 working days at 09:00", "the second such day"),
    ("2 hours", "from now; also minutes, days, weeks"),
    ("within 2 hours", "a moment by chance, at most so long from now; the same whenever it is asked"),
    ("between 09:00 and 11:00", "a minute of that window by chance, today or, when it is past, tomorrow"),
    ("at 18:00", "today, or tomorrow if that is past"),
];

/// The whole page, as Markdown.
pub fn page() -> String {
    let mut out = String::from(
        "# The language, by its tables\n\nGenerated from the code by `UPDATE=1 cargo test -p throughline-pathway --test reference`; each example is compiled by the same test.\n\
         How to write a pathway is told in [pathways.md](pathways.md), what `check` finds in [findings.md](findings.md).\n\n## Steps\n",
    );
    let _ = writeln!(out, "Every step may have {}.\n", sentence(COMMON));
    for step in STEPS {
        let _ = writeln!(out, "### `{}`\n{}\n", step.verb, step.does);
        if !step.keys.is_empty() {
            out.push_str("| key | says |\n|---|---|\n");
            for (key, says) in step.keys {
                let _ = writeln!(out, "| `{key}` | {says} |");
            }
            out.push('\n');
        }
        let _ = writeln!(out, "```yaml\n{}\n```\n", step.example);
    }
    out.push_str("## Times\n| written | means |\n|---|---|\n");
    for (written, means) in TIMES {
        let _ = writeln!(out, "| `{written}` | {means} |");
    }
    fields(&mut out);
    let quoted = |all: Vec<&str>| all.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    let _ = writeln!(
        out,
        "\n## Channels and purposes\n{}; {}.",
        quoted(Channel::ALL.map(Channel::name).to_vec()),
        quoted(Purpose::ALL.map(Purpose::name).to_vec())
    );
    let _ = writeln!(out, "\n## Facts\nWhat they say stands in [facts.md](facts.md). {}.", quoted(FACT_KINDS.to_vec()));
    out.push_str("\n## Findings of the reader\n| code | is about |\n|---|---|\n");
    for (code, about) in CODES {
        let _ = writeln!(out, "| `{code}` | {about} |");
    }
    out
}

fn sentence(keys: &[(&str, &str)]) -> String {
    keys.iter().map(|(key, says)| format!("`{key}` ({says})")).collect::<Vec<_>>().join(" and ")
}

fn fields(out: &mut String) {
    out.push_str("\n## Fields\n| of | fields |\n|---|---|\n");
    let mut kinds: Vec<Kind> = FIELDS.iter().map(|(kind, _, _)| *kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let roots: Vec<String> = ROOTS.iter().filter(|(_, k)| *k == kind).map(|(r, _)| format!("`{r}`")).collect();
        let of = if roots.is_empty() { variable(kind).to_owned() } else { roots.join(", ") };
        let own = FIELDS.iter().filter(|(k, _, _)| *k == kind);
        let all: Vec<String> = own.map(|(_, field, ty)| format!("`{field}` ({})", type_name(*ty))).collect();
        let _ = writeln!(out, "| {of} | {} |", all.join(", "));
    }
}

fn variable(kind: Kind) -> &'static str {
    match kind {
        Kind::Prescription => "a medicine (`rx`)",
        Kind::Appointment => "a visit (`visit`)",
        Kind::Task => "a task (`task`)",
        Kind::Day => "a day of `repeat` (`today`)",
        Kind::Person | Kind::Encounter | Kind::Fact | Kind::Clinic => "",
    }
}

fn type_name(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "yes or no",
        Type::Number => "number",
        Type::Text => "text",
        Type::Time => "time",
        Type::Codes => "codes",
        Type::List(_) => "list",
    }
}
