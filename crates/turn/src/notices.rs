//! The care team's own channels: a prompt that waits is also said by mail, text or pager, or a post in the team's room.
//!
//! A notice is a message like any other, on the line of whom the prompt is about, so that the ledger's promises hold for
//! it: it is made in the turn's commit, it is on disk as being sent before its first byte, a restart sends nothing
//! again. It is addressed to the team, and nothing of it counts as said to the person: no cap, no contact, no ladder.
//!
//! Invariants
//! * One notice for each prompt, level and way; a level is the time since when the prompt is this team's: opened, handed
//!   over, or escalated, also to the same team again. The message's id is a hash of these.
//! * No notice says more than its channel may carry: a text and a post that something waits, and where; a mail the title
//!   with initials, and only where the team's settings allow it.
//! * An answer there (a text with the notice's code from the number that it went to, or the button behind its signed
//!   link) is `prompt.acknowledged`, by whoever the settings say it is. What nobody was told of cannot be answered.
//! * A notice that did not arrive is told on the line, once, and the team's other ways of that level are used; where none
//!   is left, what is urgent escalates at once to the next team, if there is another.
//! * A notice that still waits when somebody has taken the prompt is taken back.

use crate::hours;
use crate::prompts::team;
use crate::turn::{Turn, earlier};
use model::fact::OWN;
use model::inbox::{NOTICE_DIGITS, notice_code, notice_key};
use model::markup::escape;
use model::message::{Content, Message, Status};
use model::prompt::{Detail, Lapse, Notice, Notify, NotifyOf, Prompt, PromptStatus, Team};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{Actor, At, Channel, Claim, EffectId, Fact, Id, MessageId, Purpose};
use outreach::Act;
use record::Record;
use serde_json::json;

/// The name of a notice's words: no pathway has it.
pub const NOTICE: &str = "team_notice";
/// Notices of one prompt that are remembered; each level is told once for each way of its team.
const NOTICES_MAX: usize = 32;
/// Ways of one team that are used.
const WAYS_MAX: usize = 8;
/// A notice of something urgent is not sent later than this; of anything else not later than [`VALID_USUAL_MS`].
const VALID_URGENT_MS: i64 = 30 * MINUTE_MS;
const VALID_USUAL_MS: i64 = 8 * HOUR_MS;
/// A word with so many digits is no part of what a notice says.
const DIGITS_HIDDEN: usize = 3;

impl Turn<'_> {
    /// Tells teams of the prompts that wait for them, and takes back what need not be said any more; when to look again.
    pub(crate) fn tell_teams(&mut self) -> Option<At> {
        let mut wake = None;
        for at in 0..self.line.prompts.len() {
            let prompt = &self.line.prompts[at];
            if prompt.status != PromptStatus::Open || prompt.desk.held.is_some() {
                self.take_notices_back(at);
                continue;
            }
            let Some(team) = team(&self.setup.teams, &prompt.team).filter(|t| !t.notify.is_empty()) else { continue };
            let level = level(prompt);
            // Where one way failed, each other is used, also one that is meant for what is urgent.
            let all = prompt.urgent || unreached(prompt, level);
            let ways = team.notify.iter().take(WAYS_MAX).filter(|way| way.only == NotifyOf::All || all);
            let untold: Vec<Notify> = ways.filter(|way| !told(prompt, way, level)).cloned().collect();
            if untold.is_empty() {
                continue;
            }
            match from(prompt, team, self.now) {
                begins if begins > self.now => wake = earlier(wake, Some(begins)),
                _ => untold.iter().for_each(|way| self.tell(at, way, level)),
            }
        }
        wake
    }

    fn tell(&mut self, at: usize, way: &Notify, level: At) {
        let (now, record) = (self.now, self.record());
        let prompt = &self.line.prompts[at];
        let id = MessageId::of(&[
            b"notice",
            &prompt.id.0.bytes(),
            prompt.team.as_bytes(),
            &level.0.to_be_bytes(),
            way.by.name().as_bytes(),
            way.to.as_bytes(),
        ]);
        let clinic = &self.setup.clinic;
        let link =
            format!("{}/n/{}", clinic.base_url, model::link::sign_notice(&clinic.link_secret, prompt.person, id));
        // A room has no sender; and who a mail is from must be certain, else an answer there would count for nothing.
        let answered = match way.by {
            Channel::Chat => false,
            Channel::Email => self.setup.mail_is_proved,
            _ => true,
        };
        let code = if answered { code(id) } else { String::new() };
        let content = said(prompt, way, &record, &link, &code);
        let least = if prompt.urgent { VALID_URGENT_MS } else { VALID_USUAL_MS };
        let notice = Notice {
            message: id,
            team: prompt.team.clone(),
            level,
            by: way.by,
            to: way.to.clone(),
            who: if way.name.is_empty() { format!("{} ({})", prompt.team, way.by.name()) } else { way.name.clone() },
            code: code.clone(),
            failed: None,
        };
        let body = json!({"message": id, "prompt": prompt.id, "team": prompt.team, "channel": way.by});
        let message = Message {
            channel: way.by,
            urgent: prompt.urgent,
            site: prompt.site.clone(),
            to: way.to.clone(),
            cause: Some(format!("prompt {}", prompt.id)),
            ..self.to_care_team(id, NOTICE, content, now.plus_ms(least))
        };
        self.batch.messages.push(message);
        if !code.is_empty() {
            self.batch.claims.push(Claim { key: notice_key(&way.to, &code), held: true });
        }
        let prompt = &mut self.line.prompts[at];
        prompt.desk.notices.push(notice);
        let past = prompt.desk.notices.len().saturating_sub(NOTICES_MAX);
        let old: Vec<Notice> = prompt.desk.notices.drain(..past).collect();
        self.changed_prompts.insert(prompt.id);
        self.batch.claims.extend(old.iter().filter_map(given_up));
        let fact = self.say("notice.sent", &id.to_string(), body, None);
        self.fold(&fact);
        self.batch.facts.push(fact);
    }

    /// A message to somebody of the care team, an urgent call unless more is said. Its row is where the turn is, whatever
    /// line what it tells of was opened on.
    pub(crate) fn to_care_team(&self, id: MessageId, words: &str, content: Content, valid_until: At) -> Message {
        Message {
            id,
            person: self.line.person,
            journey: None,
            pathway: String::new(),
            reach: EffectId(id.0),
            words: words.into(),
            channel: Channel::Voice,
            purpose: Purpose::Care,
            urgent: true,
            site: String::new(),
            to: String::new(),
            language: "en".into(),
            content,
            created_at: self.now,
            valid_until,
            status: Status::Queued,
            status_at: self.now,
            provider: String::new(),
            provider_id: None,
            error: None,
            cause: None,
            basis: String::new(),
            again: None,
        }
    }

    /// A notice did not arrive: that is said on the line, once. Its team is told in its other ways as the turn closes;
    /// where none is left, an urgent prompt does not wait for its time to go to the next team.
    pub(crate) fn hear_notice_failed(&mut self, fact: &Fact) {
        if !matches!(fact.kind.as_str(), "message.failed" | "message.expired" | crate::UNSETTLED) {
            return;
        }
        let Some(message) = fact.text("message").and_then(|t| t.parse::<MessageId>().ok()) else { return };
        let now = self.now;
        for prompt in &mut self.line.prompts {
            let Some(notice) = prompt.desk.notices.iter_mut().find(|n| n.message == message) else { continue };
            if notice.failed.replace(now).is_some() {
                return;
            }
            let (team_name, by, told_at) = (notice.team.clone(), notice.by, notice.level);
            let waits = prompt.status == PromptStatus::Open && prompt.desk.held.is_none();
            // What was told of an earlier level, or to another team, is over.
            let current = waits && told_at == level(prompt) && team_name == prompt.team;
            let left = !current || way_left(prompt, team(&self.setup.teams, &team_name));
            let another = prompt.escalations.first().is_some_and(|next| next.to != prompt.team);
            if !left && prompt.urgent && another {
                prompt.escalates_at = prompt.escalates_at.map(|at| at.min(now));
            }
            let id = prompt.id;
            self.changed_prompts.insert(id);
            let body = json!({"message": message, "prompt": id, "team": team_name, "channel": by,
                "error": fact.text("error"), "left": left});
            let said = self.say("notice.failed", &message.to_string(), body, Some(fact.id.to_string()));
            self.queue.push_back(said);
            return;
        }
    }

    /// What still waits of a prompt that somebody has taken, or that is over, is not sent; over, no code takes it.
    fn take_notices_back(&mut self, at: usize) {
        let prompt = &mut self.line.prompts[at];
        if prompt.desk.notices.is_empty() || !self.changed_prompts.contains(&prompt.id) {
            return;
        }
        let messages: Vec<MessageId> = prompt.desk.notices.iter().map(|n| n.message).collect();
        if !prompt.status.is_open() {
            let over = std::mem::take(&mut prompt.desk.notices);
            self.batch.claims.extend(over.iter().filter_map(given_up));
        }
        messages.into_iter().for_each(|message| self.do_act(Act::Withdraw(message)));
    }

    /// An answer to a notice is that its prompt was taken, by whoever it was sent to.
    pub(crate) fn answers_notice(&mut self, fact: &mut Fact) {
        if fact.kind != "reply.received" {
            return;
        }
        let Some(code) = fact.text("text").and_then(notice_code) else { return };
        // Who a mail is from is certain only where the mailbox says so: anybody can write a sender's address.
        let certain = fact.text("channel") != Some(Channel::Email.name()) || fact.text("authentic") == Some("pass");
        let sender = fact.text("from").unwrap_or_default();
        let is = |n: &&Notice| n.code == code && n.to.eq_ignore_ascii_case(sender);
        let found = self.line.prompts.iter().find_map(|p| Some((p.id, p.desk.notices.iter().find(is)?)));
        if let Some((prompt, notice)) = found.filter(|_| certain) {
            let body = json!({"prompt": prompt, "notice": notice.message, "channel": notice.by});
            let actor = Actor::Staff(notice.who.clone());
            *fact = self.say("prompt.acknowledged", &fact.id.to_string(), body, Some(fact.id.to_string())).by(actor);
        } else if !self.line.record().contacts.iter().any(|c| c.value.eq_ignore_ascii_case(sender)) {
            // It was about this line, and is no word of this person's: the prompt is over by now, or the sender uncertain.
            let body = json!({"code": code, "certain": certain});
            *fact = self.say("notice.answered", &fact.id.to_string(), body, None);
        }
    }

    /// Whether a fact is about a message that went to the care team.
    pub(crate) fn is_of_notice(&self, fact: &Fact) -> bool {
        if !fact.kind.starts_with("message.") {
            return false;
        }
        let Some(message) = fact.text("message") else { return false };
        self.line.folds.iter().any(|held| held.fold.source == OWN && record::is_notice(&held.fold, message))
    }
}

/// Since when a prompt is its team's to do.
fn level(prompt: &Prompt) -> At {
    let handed = prompt.desk.handed.as_ref().map(|h| h.at);
    prompt.desk.escalated_at.max(handed).unwrap_or(prompt.opened_at)
}

fn told(prompt: &Prompt, way: &Notify, level: At) -> bool {
    let is = |n: &Notice| n.team == prompt.team && n.level == level && n.by == way.by && n.to == way.to;
    prompt.desk.notices.iter().any(is)
}

/// Whether a way in which a team was told of this level failed.
fn unreached(prompt: &Prompt, level: At) -> bool {
    prompt.desk.notices.iter().any(|n| n.team == prompt.team && n.level == level && n.failed.is_some())
}

/// Whether a team may still hear of a prompt in one of its ways: told and not known to have failed, or not told yet.
fn way_left(prompt: &Prompt, team: Option<&Team>) -> bool {
    let level = level(prompt);
    let of = |n: &&Notice| n.team == prompt.team && n.level == level;
    prompt.desk.notices.iter().filter(of).any(|n| n.failed.is_none())
        || team.is_some_and(|t| t.notify.iter().take(WAYS_MAX).any(|way| !told(prompt, way, level)))
}

/// From when on a team is told: not before the prompt itself, and of what is not urgent while the team is at work.
fn from(prompt: &Prompt, team: &Team, now: At) -> At {
    let shown = prompt.not_before.max(prompt.desk.snoozed_until).unwrap_or(now).max(now);
    if prompt.urgent {
        shown
    } else {
        hours::after(shown, Lapse { ms: 1, team_hours: true }, Some(team)).max(shown).plus_ms(-1).max(shown)
    }
}

/// Six digits of a notice.
fn code(id: MessageId) -> String {
    let [a, b, c, d, ..] = Id::of(&[b"notice_code", &id.0.bytes()]).bytes();
    let number = u32::from_be_bytes([a, b, c, d]) % 10u32.pow(NOTICE_DIGITS as u32);
    format!("{number:0width$}", width = NOTICE_DIGITS)
}

fn given_up(notice: &Notice) -> Option<Claim> {
    (!notice.code.is_empty()).then(|| Claim { key: notice_key(&notice.to, &notice.code), held: false })
}

/// What is said, no more than the channel may carry.
fn said(prompt: &Prompt, way: &Notify, record: &Record, link: &str, code: &str) -> Content {
    let waits = if prompt.urgent { "An urgent prompt waits" } else { "A prompt waits" };
    match way.by {
        Channel::Email => {
            let more = way.detail == Detail::Initials;
            let about = if more { format!("{}\n\n", titled(prompt, record)) } else { String::new() };
            let how = match code {
                "" => "To take it, open the link.".to_owned(),
                code => format!("To take it, open the link, or answer with ACK {code}"),
            };
            let text = format!("{about}{waits}: {link}\n\n{how}\n");
            let html = format!(
                "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{waits}</title></head>\n<body>{}\
                 <p>{waits}: <a href=\"{link}\">{link}</a></p>\n<p>{how}</p></body></html>\n",
                if more { format!("<p>{}</p>\n", escape(&titled(prompt, record))) } else { String::new() },
            );
            Content::Email { subject: waits.to_owned(), text, html, unsubscribe: None, attachments: Vec::new() }
        }
        Channel::Chat => Content::Chat { text: format!("{waits}: {link}") },
        _ => Content::Sms { text: format!("{waits}: {link} Reply ACK {code} to take it.") },
    }
}

/// The title with initials where the person's names stood, and without numbers and addresses.
fn titled(prompt: &Prompt, record: &Record) -> String {
    let mut names: Vec<&str> = record.name.split_whitespace().collect();
    names.extend(record.given.iter().flat_map(|g| g.split_whitespace()));
    names.extend(record.family.split_whitespace());
    names.extend(record.preferred_name.iter().flat_map(|n| n.split_whitespace()));
    let initial = |name: &str| name.chars().next().map(|c| format!("{}.", c.to_uppercase())).unwrap_or_default();
    let mut out = String::with_capacity(prompt.title.len());
    for (n, word) in prompt.title.split(' ').enumerate() {
        if n > 0 {
            out.push(' ');
        }
        // A number that is called back, a record's number, an address: nothing of it leaves.
        if word.contains('@') || word.chars().filter(char::is_ascii_digit).count() >= DIGITS_HIDDEN {
            out.push('…');
            continue;
        }
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        // `David's` and `David,` are David as well.
        let stem = bare.split(['\'', '’']).next().unwrap_or_default();
        match names.iter().any(|name| !name.is_empty() && name.to_lowercase() == stem.to_lowercase())
            && !stem.is_empty()
        {
            true => out.push_str(&word.replacen(stem, &initial(stem), 1)),
            false => out.push_str(word),
        }
    }
    out
}
