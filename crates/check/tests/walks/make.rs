//! Random pathways, as authors write them: YAML. A kind of step is one arm of [`Maker::step`].

use crate::seed::Seed;
use std::fmt::Write;

/// A known fault, put into a pathway that is otherwise as it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A red flag to a team that goes home, and nobody after it.
    FlagWithoutNights,
    /// A red flag whose deadline counts in the hours of a team that is not there.
    FlagInTeamHours,
    /// The next try of a red flag waits for team hours.
    TryInTeamHours,
    /// A danger that was not answered leads nowhere.
    DangerUnanswered,
    /// A red flag that ends when nobody answers.
    GivenUp,
    /// A loop in which nothing waits.
    LoopWithoutWait,
    /// The name of a medicine on a voicemail.
    HealthOnVoicemail,
    /// Urgent care whose ladder ends with a team that is at home.
    LadderWithoutPerson,
    /// A wait that is over after the last day.
    BeyondTheEnd,
    /// A text that is wanted in quiet hours and not valid any more after them.
    QuietAllTheTime,
    /// More texts on a day than the caps have places for.
    TooMany,
    /// Something is sold to people who were not asked.
    Sells,
    /// Outcomes that decide nothing.
    DeadEnd,
    /// A red flag that waits for the rest of the questions.
    DangerWaits,
    /// A red flag behind a service that is waited for longer than was promised.
    FlagBehindCall,
    /// A red flag that a service would tell of, and that nobody hears of when it says nothing.
    CallUnheard,
}

impl Fault {
    pub const ALL: [Self; 16] = [
        Self::FlagWithoutNights,
        Self::FlagInTeamHours,
        Self::TryInTeamHours,
        Self::DangerUnanswered,
        Self::GivenUp,
        Self::LoopWithoutWait,
        Self::HealthOnVoicemail,
        Self::LadderWithoutPerson,
        Self::BeyondTheEnd,
        Self::QuietAllTheTime,
        Self::TooMany,
        Self::Sells,
        Self::DeadEnd,
        Self::DangerWaits,
        Self::FlagBehindCall,
        Self::CallUnheard,
    ];

    /// The code that tells of it.
    pub fn code(self) -> &'static str {
        match self {
            Self::FlagWithoutNights | Self::FlagInTeamHours | Self::FlagBehindCall => "TL060",
            Self::TryInTeamHours => "TL061",
            Self::DangerUnanswered | Self::CallUnheard => "TL062",
            Self::GivenUp => "TL063",
            Self::LoopWithoutWait => "TL019",
            Self::HealthOnVoicemail => "TL023",
            Self::LadderWithoutPerson => "TL069",
            Self::BeyondTheEnd => "TL066",
            Self::QuietAllTheTime => "TL067",
            Self::TooMany => "TL070",
            Self::Sells => "TL071",
            Self::DeadEnd => "TL064",
            Self::DangerWaits => "TL074",
        }
    }

    /// A track that has it.
    fn track(self) -> String {
        let flag = |rest: &str| {
            format!(
                "    - prompt: faulty\n      to: nurses\n      do: \"Call now\"\n      why: \"It may be bad.\"\n      \
                 offer: [call]\n      urgent: true\n{rest}"
            )
        };
        let text = |words: &str, rest: &str| format!("    - reach: {words}\n{rest}");
        match self {
            Self::FlagWithoutNights => flag("      due: 10 minutes\n      overdue: [desk after 10 minutes]\n"),
            Self::FlagInTeamHours => flag("      due: 1 team hour\n      overdue: [duty after 5 minutes]\n"),
            Self::TryInTeamHours => flag(
                "      due: 10 minutes\n      overdue: [duty after 5 minutes]\n      attempts: 3\n      again: 1 team hour\n",
            ),
            Self::GivenUp => flag("      due: 10 minutes\n      overdue: [duty after 5 minutes]\n"),
            Self::DangerUnanswered => "    - prompt: asked\n      to: nurses\n      do: \"Call\"\n      why: \"To ask.\"\n      \
                 offer: [call]\n      form: wound\n      due: 4 team hours\n    - branch:\n        - if: asked.bleeding is \
                 known and asked.bleeding\n          then: danger\n      unknown: end\n      else: end\n"
                .into(),
            Self::LoopWithoutWait => "    - note: Round\n      name: round\n    - branch:\n        - if: person.age is \
                 known and person.age >= 18\n          then: round\n      else: end\n"
                .into(),
            Self::HealthOnVoicemail => "    - each: encounter.prescriptions\n      as: drug\n      steps:\n        - reach: \
                 tells\n          purpose: reminder\n          by: [voicemail]\n          valid: 14 hours\n"
                .into(),
            Self::LadderWithoutPerson => {
                text("hello", "      purpose: care\n      by: [sms]\n      valid: 1 hour\n      urgent: true\n")
            }
            Self::BeyondTheEnd => "    - wait: 40 days\n    - note: Never\n".into(),
            Self::QuietAllTheTime => {
                let rest = text("hello", "      purpose: reminder\n      by: [sms]\n      valid: 1 hour\n");
                format!("    - wait: next day at 23:00\n{rest}")
            }
            Self::TooMany => {
                let rest = "      purpose: education\n      by: [sms]\n      valid: 14 hours\n";
                (0..8).map(|n| text("hello", &format!("      name: many_{n}\n{rest}"))).collect()
            }
            Self::Sells => text("hello", "      purpose: marketing\n      by: [email]\n      valid: 14 hours\n"),
            Self::DeadEnd => {
                "    - wait_for: appointment.booked\n      deadline: 2 days\n      found: end\n      missed: end\n".into()
            }
            Self::DangerWaits => asks("faulty_ask", 4, ""),
            Self::FlagBehindCall => {
                let behind = "      to: duty\n      due: 10 minutes\n";
                let behind = flag(behind).replacen("      to: nurses\n", "", 1);
                format!("{}{behind}", call("faulty_call", 4, "40 minutes", ("next", "next")))
            }
            Self::CallUnheard => {
                let behind = "      to: duty\n      due: 10 minutes\n";
                let behind = flag(behind).replacen("      to: nurses\n", "", 1);
                format!("{}{behind}", call("faulty_call", 4, "5 minutes", ("next", "end")))
            }
        }
    }
}

/// An `ask` of two questions, and the red flag behind an answer to the first.
fn asks(name: &str, indent: usize, stop: &str) -> String {
    let lines = [
        "- ask: how".to_owned(),
        format!("  name: {name}"),
        "  purpose: care".into(),
        "  by: [sms 20 hours]".into(),
        "  deadline: 1 day".into(),
        stop.to_owned(),
        "  answered: next".into(),
        "  missed: alarm_look".into(),
        "- branch:".into(),
        "    - if: how.bleeds or how.pain >= 8".into(),
        "      then: alarm_now".into(),
        "  unknown: alarm_look".into(),
        "  else: next".into(),
    ];
    let lines = lines.iter().filter(|l| !l.is_empty());
    lines.map(|line| format!("{:indent$}{line}\n", "")).collect()
}

/// A call to the service that pathways made here have.
fn call(name: &str, indent: usize, within: &str, (answered, failed): (&str, &str)) -> String {
    let lines = [
        "- call: risk".to_owned(),
        format!("  name: {name}"),
        format!("  within: {within}"),
        format!("  answered: {answered}"),
        format!("  failed: {failed}"),
    ];
    lines.iter().map(|line| format!("{:indent$}{line}\n", "")).collect()
}

/// What it answers.
const SERVICES: &str = "services:\n  risk:\n    answers: { high: yes or no, points: 0 to 10 }\n";

/// A pathway that does nothing but call, and open a red flag behind it, whatever the service says.
pub fn calling(within: &str) -> String {
    format!(
        "pathway: made\nlanguage: 1\ntitle: Made\nowner: nobody\nfallback_team: duty\nspeaks: [en]\n\
         enrol:\n  on: encounter.discharged\n  once_per: encounter\nleave:\n  - after: 10 days\n{SERVICES}\
         tracks:\n  t0:\n    - wait: 2 hours\n{}    - red_flag: behind_call\n      person_within: 30 minutes\n      \
         to: duty\n      do: \"Call now\"\n      why: \"It may be bad.\"\n      due: 10 minutes\n",
        call("call", 4, within, ("next", "next"))
    )
}

/// A pathway that does nothing but ask.
pub fn asking(stop: &str) -> String {
    format!(
        "pathway: made\nlanguage: 1\ntitle: Made\nowner: nobody\nfallback_team: duty\nspeaks: [en]\n\
         enrol:\n  on: encounter.discharged\n  once_per: encounter\nleave:\n  - after: 10 days\n\
         tracks:\n  t0:\n{}    - note: done\nsub_pathways:\n{ALARM}words:\n  how:\n    en:\n      \
         sms: \"Some questions for you.\"\n{HOW}",
        asks("question", 4, stop)
    )
}

/// Where its answers lead.
const ALARM: &str = "  alarm_now:\n    - red_flag: alarm\n      person_within: 30 minutes\n      to: duty\n      do: \"Call now\"\n      \
                     why: \"It bleeds.\"\n      due: 10 minutes\n  alarm_look:\n    - prompt: alarm_ask\n      to: duty\n      \
                     do: \"Ask them\"\n      why: \"They did not say.\"\n      due: 1 day\n";
/// What it asks.
const HOW: &str = "questions:\n  how:\n    discloses: none\n    questions:\n      - ask: bleeds\n        label: { en: Is it open? }\n        \
                   answer: yes or no\n      - ask: pain\n        label: { en: How bad is it? }\n        answer: 0 to 10\n      - ask: eats\n        \
                   label: { en: Do you eat? }\n        answer: yes or no\n";

/// Makes one pathway.
pub struct Maker<'s> {
    seed: &'s mut Seed,
    out: String,
    names: usize,
    days: u64,
    subs: usize,
    /// Whether a medicine is bound.
    rx: bool,
}

/// A random pathway of that name.
pub fn pathway(seed: &mut Seed, fault: Option<Fault>) -> String {
    let days = 3 + seed.below(11);
    let mut maker = Maker { seed, out: String::new(), names: 0, days, subs: 0, rx: false };
    maker.whole(fault);
    maker.out
}

impl Maker<'_> {
    fn whole(&mut self, fault: Option<Fault>) {
        let fallback = if self.seed.chance(60) && fault.is_none() { "duty" } else { "nurses" };
        let _ = write!(
            self.out,
            "pathway: made\nlanguage: 1\ntitle: Made\nowner: nobody\nfallback_team: {fallback}\nspeaks: [en]\n\
             enrol:\n  on: encounter.discharged\n  once_per: encounter\nleave:\n  - on: encounter.readmitted\n  - after: {} days\ntracks:\n",
            self.days
        );
        let tracks = 1 + self.seed.below(3);
        for n in 0..tracks {
            let _ = writeln!(self.out, "  t{n}:");
            let steps = 1 + self.seed.below(5);
            self.steps(4, steps, 0);
        }
        if let Some(fault) = fault {
            let _ = writeln!(self.out, "  fault:");
            self.out.push_str(&fault.track());
        }
        self.out.push_str("sub_pathways:\n");
        // A sub-pathway may ask for another, up to some: what follows leads to no new one.
        let mut made = 0;
        while made < self.subs {
            let _ = writeln!(self.out, "  s{made}:");
            let (steps, last) = (1 + self.seed.below(3), made > 6);
            self.rx = false;
            self.steps(4, steps, if last { 9 } else { 1 });
            made += 1;
        }
        if fault == Some(Fault::DangerUnanswered) {
            self.out.push_str("  danger:\n");
            self.flag(4, "danger_now");
        }
        let alarm = self.out.contains("- ask: how\n");
        if alarm {
            self.out.push_str(ALARM);
        }
        if self.subs == 0 && fault != Some(Fault::DangerUnanswered) && !alarm {
            self.out.truncate(self.out.len() - "sub_pathways:\n".len());
        }
        self.words(fault);
        if self.out.contains("- call: risk\n") {
            self.out.push_str(SERVICES);
        }
    }

    fn words(&mut self, fault: Option<Fault>) {
        let mut used = String::new();
        for name in ["hello", "news", "tells"] {
            if !self.out.contains(&format!("reach: {name}\n")) {
                continue;
            }
            let voicemail = match name {
                "tells" => "Your {{ drug.name }} is ready.",
                _ => "Hello {{ person.first_name }}, please call {{ clinic.phone }}.",
            };
            let _ = write!(
                used,
                "  {name}:\n    en:\n      sms, voice, portal: \"{{{{ clinic.name }}}}: please call {{{{ clinic.phone }}}}.\"\n      \
                 voicemail: \"{voicemail}\"\n      email:\n        subject: \"A note\"\n        text: \"Hello {{{{ person.first_name }}}}.\"\n"
            );
        }
        if self.out.contains("- ask: how\n") {
            used.push_str("  how:\n    en:\n      sms: \"Some questions for you.\"\n");
        }
        if !used.is_empty() {
            let _ = write!(self.out, "words:\n{used}");
        }
        if self.out.contains("- ask: how\n") {
            self.out.push_str(HOW);
        }
        if self.out.contains("form: wound") || fault == Some(Fault::DangerUnanswered) {
            self.out.push_str(
                "forms:\n  wound:\n    title: Wound\n    questions:\n      - ask: bleeding\n        label: Bleeding?\n        answer: yes or no\n",
            );
        }
    }

    fn name(&mut self, of: &str) -> String {
        self.names += 1;
        format!("{of}_{}", self.names)
    }

    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.out, "{:indent$}{text}", "");
    }

    fn steps(&mut self, indent: usize, count: u64, depth: usize) {
        for n in 0..count {
            self.step(indent, depth, n + 1 == count);
        }
    }

    /// One step; the last of its list may end in a branch.
    fn step(&mut self, indent: usize, depth: usize, last: bool) {
        match self.seed.below(if depth < 2 { 17 } else { 8 }) {
            0 | 1 => self.wait(indent),
            2..=4 => self.reach(indent),
            5 => self.prompt(indent),
            6 => {
                let text = self.name("Noted");
                self.line(indent, &format!("- note: {text}"));
            }
            7 => {
                let name = self.name("flag");
                self.flag(indent, &name);
            }
            8 | 9 => self.wait_for(indent, last),
            10 => self.branch(indent),
            11 => self.asked(indent),
            12 => self.each(indent, depth),
            13 => self.question(indent),
            14 | 15 => self.call(indent),
            _ => self.repeat(indent, depth),
        }
    }

    fn time(&mut self) -> String {
        let (day, hour) = (self.seed.below(self.days + 2), 6 + self.seed.below(17));
        match self.seed.below(7) {
            0 => format!("day {day} at {hour:02}:00"),
            1 => format!("next day at {hour:02}:30"),
            2 => format!("in {} days at {hour:02}:00", 1 + day),
            3 => format!("{} hours", 1 + self.seed.below(30)),
            4 => format!("{} minutes", 5 + self.seed.below(90)),
            5 => format!("at {hour:02}:15"),
            _ => format!("{} days", 1 + self.seed.below(4)),
        }
    }

    fn wait(&mut self, indent: usize) {
        let (time, name) = (self.time(), self.name("wait"));
        self.line(indent, &format!("- wait: {time}"));
        self.line(indent + 2, &format!("name: {name}"));
        let late = *self.seed.pick(&["now", "now", "now", "prompt"]);
        self.line(indent + 2, &format!("late: {late}"));
    }

    fn reach(&mut self, indent: usize) {
        let (words, name) = (*self.seed.pick(&["hello", "news"]), self.name("reach"));
        let purpose = *self.seed.pick(&["care", "care", "reminder", "education", "survey"]);
        let by = *self.seed.pick(&[
            "[sms]",
            "[sms 2 hours, email]",
            "[voice 30 minutes, voicemail, sms]",
            "[voice, sms 1 hour, portal]",
            "[email 4 hours, portal]",
            "[portal]",
        ]);
        let valid = *self.seed.pick(&["1 hour", "10 hours", "14 hours", "24 hours"]);
        self.line(indent, &format!("- reach: {words}"));
        for text in
            [format!("name: {name}"), format!("purpose: {purpose}"), format!("by: {by}"), format!("valid: {valid}")]
        {
            self.line(indent + 2, &text);
        }
        if self.seed.chance(10) {
            self.line(indent + 2, "urgent: true");
        }
        if self.rx && self.seed.chance(40) {
            self.line(indent + 2, "until: rx.picked_up");
        }
    }

    fn prompt(&mut self, indent: usize) {
        let name = self.name("asks");
        let to = *self.seed.pick(&["nurses", "desk", "duty"]);
        let due = *self.seed.pick(&["2 team hours", "8 team hours", "30 minutes", "1 day"]);
        self.line(indent, &format!("- prompt: {name}"));
        for text in ["do: \"Call {{ person.name }}\"", "why: \"To ask.\"", "offer: [call]"] {
            self.line(indent + 2, text);
        }
        self.line(indent + 2, &format!("to: {to}"));
        self.line(indent + 2, &format!("due: {due}"));
        if self.seed.chance(50) {
            self.line(indent + 2, "overdue: [duty after 2 team hours]");
        }
        let attempts = 1 + self.seed.below(3);
        self.line(indent + 2, &format!("attempts: {attempts}"));
        if self.seed.chance(50) {
            self.line(indent + 2, "again: 3 hours");
        }
    }

    /// Something urgent, to any team, with any chain: the check says which of them hold.
    fn flag(&mut self, indent: usize, name: &str) {
        let to = *self.seed.pick(&["nurses", "desk", "duty", "nights"]);
        let due = *self.seed.pick(&["5 minutes", "10 minutes", "15 minutes", "20 minutes"]);
        let overdue = *self.seed.pick(&[
            "[duty after 5 minutes]",
            "[duty after 5 minutes]",
            "[nights after 5 minutes, duty after 5 minutes]",
            "[desk after 5 minutes, duty after 10 minutes]",
            "[nights after 5 minutes]",
        ]);
        self.line(indent, &format!("- prompt: {name}"));
        for text in ["do: \"Call {{ person.name }} now\"", "why: \"It may be bad.\"", "offer: [call]", "urgent: true"] {
            self.line(indent + 2, text);
        }
        self.line(indent + 2, &format!("to: {to}"));
        self.line(indent + 2, &format!("due: {due}"));
        self.line(indent + 2, &format!("overdue: {overdue}"));
        self.line(indent + 2, "attempts: 2");
        self.line(indent + 2, "again: 10 minutes");
        self.line(indent, &format!("- prompt: {name}_last"));
        for text in [
            "do: \"Find {{ person.name }}\"",
            "why: \"Nobody answered.\"",
            "offer: [call]",
            "urgent: true",
            "to: duty",
            "due: 10 minutes",
        ] {
            self.line(indent + 2, text);
        }
        self.line(indent + 2, &format!("skip_when: {name}.reached"));
    }

    fn sub(&mut self) -> String {
        // Most ways lead to a sub-pathway of their own; some to one that others lead to.
        if self.subs == 0 || self.seed.chance(50) && self.subs < 8 {
            self.subs += 1;
        }
        format!("s{}", self.subs - 1)
    }

    fn wait_for(&mut self, indent: usize, last: bool) {
        let facts: &[&str] = if self.rx {
            &["rx.ready", "rx.picked_up", "appointment.booked"]
        } else {
            &["appointment.booked", "reply.received"]
        };
        let (fact, deadline, name) = (*self.seed.pick(facts), self.time(), self.name("until"));
        self.line(indent, &format!("- wait_for: {fact}"));
        self.line(indent + 2, &format!("name: {name}"));
        self.line(indent + 2, &format!("deadline: {deadline}"));
        let (found, missed) = match self.seed.below(4) {
            0 => ("next".to_owned(), self.sub()),
            1 if last => ("end".to_owned(), self.sub()),
            2 if last => (self.sub(), "end".to_owned()),
            _ => ("next".to_owned(), "next".to_owned()),
        };
        self.line(indent + 2, &format!("found: {found}"));
        self.line(indent + 2, &format!("missed: {missed}"));
    }

    fn branch(&mut self, indent: usize) {
        let condition = *self.seed.pick(&[
            "person.age >= 40",
            "person.deaf == true",
            "person.reachable_by_machine == false",
            "person.age is known and person.age < 30",
        ]);
        let then = self.sub();
        self.line(indent, "- branch:");
        self.line(indent + 4, &format!("- if: {condition}"));
        self.line(indent + 6, &format!("then: {then}"));
        self.line(indent + 2, "unknown: next");
        self.line(indent + 2, "else: next");
    }

    /// A prompt with a form, and what its answers lead to.
    fn asked(&mut self, indent: usize) {
        let name = self.name("form");
        let (then, unknown) = (self.sub(), self.sub());
        self.line(indent, &format!("- prompt: {name}"));
        for text in [
            "do: \"Ask {{ person.name }}\"",
            "why: \"To hear how they are.\"",
            "offer: [call]",
            "to: nurses",
            "form: wound",
            "due: 4 team hours",
        ] {
            self.line(indent + 2, text);
        }
        self.line(indent, "- branch:");
        self.line(indent + 4, &format!("- if: {name}.bleeding"));
        self.line(indent + 6, &format!("then: {then}"));
        self.line(indent + 2, &format!("unknown: {unknown}"));
        self.line(indent + 2, "else: next");
    }

    /// Questions to the person: mostly with what is needed to stop at a danger.
    fn question(&mut self, indent: usize) {
        let name = self.name("question");
        let stop = *self.seed.pick(&[
            "  stop_when: how.bleeds or how.pain >= 8",
            "  stop_when: how.bleeds == true or how.pain > 6",
            "  stop_when: how.pain >= 8",
            "",
        ]);
        let text = asks(&name, indent, stop);
        self.out.push_str(&text);
    }

    /// A call, and mostly what hangs on it: a flag right behind it, or a branch on what the service says.
    fn call(&mut self, indent: usize) {
        let name = self.name("call");
        let within = *self.seed.pick(&["2 minutes", "5 minutes", "15 minutes", "45 minutes", "3 hours"]);
        let failed = if self.seed.chance(30) { self.sub() } else { "next".to_owned() };
        let text = call(&name, indent, within, ("next", &failed));
        self.out.push_str(&text);
        match self.seed.below(3) {
            0 => {
                // What is urgent behind it is of its name: the walk knows since when it was wanted.
                self.flag(indent, &format!("behind_{name}"));
            }
            1 => {
                let then = self.sub();
                let condition = *self.seed.pick(&["risk.high", "risk.high == true or risk.points >= 7"]);
                self.line(indent, "- branch:");
                self.line(indent + 4, &format!("- if: {condition}"));
                self.line(indent + 6, &format!("then: {then}"));
                self.line(indent + 2, "unknown: next");
                self.line(indent + 2, "else: next");
            }
            _ => {}
        }
    }

    fn each(&mut self, indent: usize, depth: usize) {
        if self.rx {
            return self.reach(indent);
        }
        self.line(indent, "- each: encounter.prescriptions");
        let name = self.name("each");
        self.line(indent + 2, &format!("name: {name}"));
        self.line(indent + 2, "as: rx");
        self.line(indent + 2, "skip_when: rx.as_needed");
        self.line(indent + 2, "steps:");
        self.rx = true;
        let steps = 1 + self.seed.below(3);
        self.steps(indent + 4, steps, depth + 1);
        self.rx = false;
    }

    fn repeat(&mut self, indent: usize, depth: usize) {
        let (hour, to) = (6 + self.seed.below(17), 1 + self.seed.below(self.days + 2));
        self.line(indent, &format!("- repeat: daily at {hour:02}:00"));
        let name = self.name("daily");
        self.line(indent + 2, &format!("name: {name}"));
        self.line(indent + 2, &format!("days: 1 to {to}"));
        self.line(indent + 2, "steps:");
        let steps = 1 + self.seed.below(2);
        self.steps(indent + 4, steps, depth + 2);
    }
}
