//! What came of a scenario, line by line: messages, prompts, calls to services, ends of journeys.

use super::when::Calendar;
use model::batch::JourneyStatus;
use model::message::{CallStep, Content, Message, Status};
use model::prompt::{Prompt, PromptStatus};
use model::{At, Channel, Fact, JourneyRow, ServiceCall};

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A message on that channel.
    Message(Channel),
    /// A prompt to the care team.
    Prompt,
    /// A call to a service outside.
    Call,
    /// The end of a journey.
    End,
}

impl What {
    /// As written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Message(channel) => channel.name(),
            Self::Prompt => "prompt",
            Self::Call => "call",
            Self::End => "end",
        }
    }
}

/// One thing that came.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When.
    pub at: At,
    /// What.
    pub what: What,
    /// Name of the words, the prompt, the service, the pathway.
    pub name: String,
    /// Urgent.
    pub urgent: bool,
    /// Which try of a prompt, from 1.
    pub attempt: u32,
    /// Teams that were asked, the last one has it: `surgical_nurses > charge_nurse`.
    pub teams: String,
    /// A prompt that is not to be looked at before.
    pub from: Option<At>,
    /// By when a prompt is due.
    pub due: Option<At>,
    /// How it ended, in a word.
    pub ended: String,
    /// The words: what the person read or heard, what the team was asked, what was sent to a service.
    pub says: String,
}

impl Line {
    /// How it ended goes without saying: a message arrived, a prompt is open, a service answered.
    pub fn usual(&self) -> &'static str {
        match self.what {
            What::Message(_) => Status::Delivered.name(),
            What::Prompt => PromptStatus::Open.name(),
            What::Call => Asked::ANSWERED,
            What::End => "",
        }
    }

    /// As a line of `expect:`, without how it ended.
    pub fn head(&self, calendar: &Calendar) -> String {
        let urgent = if self.urgent { "urgent " } else { "" };
        let mut out = format!("{} {urgent}{}", calendar.write(self.at), self.what.name());
        if !self.name.is_empty() {
            out.push(' ');
            out.push_str(&self.name);
        }
        if self.what == What::Prompt {
            if self.attempt > 1 {
                out.push_str(&format!(" attempt {}", self.attempt));
            }
            out.push_str(&format!(" to {}", self.teams));
            for (word, at) in [("from", self.from), ("due", self.due)] {
                if let Some(at) = at {
                    out.push_str(&format!(" {word} {}", calendar.write(at)));
                }
            }
        }
        out
    }

    /// The whole line, as it is recorded.
    pub fn write(&self, calendar: &Calendar) -> String {
        let head = self.head(calendar);
        if self.ended == self.usual() { head } else { format!("{head}: {}", self.ended) }
    }
}

/// A call to a service, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What was asked.
    pub call: ServiceCall,
    /// One of the words below.
    pub ended: &'static str,
}

impl Asked {
    /// Nothing was heard of it yet.
    pub const OPEN: &'static str = "asked";
    /// The service answered; whether what it said fits is another matter.
    pub const ANSWERED: &'static str = "answered";
    /// It said that it has nothing to say, or what it said could not be read.
    pub const FAILED: &'static str = "failed";
    /// Its time was over.
    pub const MISSED: &'static str = "missed";
    /// Nobody waited for it any more.
    pub const WITHDRAWN: &'static str = "withdrawn";

    /// That somebody asked.
    pub fn new(call: ServiceCall) -> Self {
        Self { call, ended: Self::OPEN }
    }

    /// A fact of what a service said.
    pub fn hears(&mut self, fact: &Fact) {
        if self.ended == Self::OPEN && fact.text("call") == Some(self.call.id.to_string().as_str()) {
            match fact.kind.as_str() {
                turn::SERVICE_ANSWERED => self.ended = Self::ANSWERED,
                turn::SERVICE_FAILED => self.ended = Self::FAILED,
                _ => {}
            }
        }
    }

    /// It is tried no more, and nothing was heard.
    pub fn over(&mut self, now: At) {
        if self.ended == Self::OPEN {
            self.ended = if self.call.until <= now { Self::MISSED } else { Self::WITHDRAWN };
        }
    }

    fn line(&self) -> Line {
        Line {
            at: self.call.created_at,
            what: What::Call,
            name: self.call.service.clone(),
            urgent: false,
            attempt: 1,
            teams: String::new(),
            from: None,
            due: None,
            ended: self.ended.to_owned(),
            says: self.call.body.clone(),
        }
    }
}

/// The lines of messages, prompts, calls, and of the journeys on `tests`, in the order of their time. With one pathway
/// that is tested its end is a bare `end`.
pub fn lines(
    messages: &[Message],
    prompts: &[Prompt],
    calls: &[Asked],
    journeys: &[JourneyRow],
    tests: &[String],
) -> Vec<Line> {
    let mut out: Vec<Line> = messages.iter().map(message).collect();
    out.extend(prompts.iter().map(prompt));
    out.extend(calls.iter().map(Asked::line));
    for row in journeys.iter().filter(|row| tests.contains(&row.pathway)) {
        let Some((at, why)) = &row.ended else { continue };
        let failed = row.status == JourneyStatus::Failed;
        out.push(Line {
            at: *at,
            what: What::End,
            name: if tests.len() > 1 { row.pathway.clone() } else { String::new() },
            urgent: false,
            attempt: 1,
            teams: String::new(),
            from: None,
            due: None,
            ended: if failed { format!("failed, {why}") } else { why.clone() },
            says: String::new(),
        });
    }
    out.sort_by(|a, b| (a.at, a.what, &a.name, a.attempt).cmp(&(b.at, b.what, &b.name, b.attempt)));
    out
}

fn message(m: &Message) -> Line {
    Line {
        at: m.created_at,
        what: What::Message(m.channel),
        name: m.words.clone(),
        urgent: m.urgent,
        attempt: 1,
        teams: String::new(),
        from: None,
        due: None,
        ended: m.status.name().to_owned(),
        says: words(&m.content),
    }
}

fn prompt(p: &Prompt) -> Line {
    let ended = match (p.status, p.outcome) {
        (PromptStatus::Completed, Some(outcome)) => outcome.name(),
        (PromptStatus::Acknowledged, _) => "taken",
        (status, _) => status.name(),
    };
    let teams: Vec<&str> = p.escalated_from.iter().chain([&p.team]).map(String::as_str).collect();
    Line {
        at: p.opened_at,
        what: What::Prompt,
        name: p.name.clone(),
        urgent: p.urgent,
        attempt: p.attempt,
        teams: teams.join(" > "),
        from: p.not_before,
        due: Some(p.due_at),
        ended: ended.to_owned(),
        says: format!("{}\n{}", p.title, p.reason),
    }
}

/// All words of a message, as the person may read or hear them.
pub fn words(content: &Content) -> String {
    match content {
        Content::Sms { text } | Content::Voicemail { text, .. } | Content::Portal { text } | Content::Chat { text } => {
            text.clone()
        }
        Content::Push { title, text, .. } => format!("{title}\n{text}"),
        Content::Email { subject, text, .. } => format!("{subject}\n{text}"),
        Content::Voice { call } => {
            let said = call.script.iter().filter_map(|step| match step {
                CallStep::Say { text } | CallStep::Ask { text, .. } => Some(text.as_str()),
                _ => None,
            });
            said.collect::<Vec<_>>().join("\n")
        }
    }
}
