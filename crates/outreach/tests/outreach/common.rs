//! A person with a telephone, and outreach whose state is written and read back between any two inputs.

use jiff::tz::TimeZone;
use journey::{ReachIntent, Until};
use model::message::Message;
use model::person::{Consent, ContactPoint, PointKind, PointStatus};
use model::time::{DAY_MS, HOUR_MS};
use model::{At, Channel, EffectId, Fact, Id, JourneyId, PersonId, Purpose};
use record::Record;
use serde_json::{Value as Json, json};
use throughline_outreach::{Act, Ask, Asks, Clinic, Context, Outreach, Rules, Want, Which, Words, World};

pub struct Plain;

impl World for Plain {
    fn speaks(&self, _want: &Want) -> Vec<String> {
        vec!["en".into(), "es".into()]
    }
    fn discloses(&self, want: &Want, _channel: Channel, _language: &str) -> model::Disclosure {
        if want.intent.words.starts_with("health") { model::Disclosure::Health } else { model::Disclosure::None }
    }
    fn words(&self, want: &Want, channel: Channel, language: &str, _to: &str) -> Option<Words> {
        let missing = want.intent.step == "no_sms" && channel == Channel::Sms;
        let text = format!("{} by {} in {language}", want.intent.words, channel.name());
        // Words are named after the field that they ask, where a case is about that.
        let asks = want.intent.words.strip_prefix("asks_");
        let asks = asks.map(|field| Asks { field: Some(field.into()), keys: Vec::new() });
        (!missing).then(|| Words { subject: "From the clinic".into(), text, asks })
    }
}

pub fn new_york() -> TimeZone {
    model::time::zone("America/New_York").expect("bundled")
}

/// A local time in New York.
pub fn at(local: &str) -> At {
    let local: jiff::civil::DateTime = local.parse().expect("a local time");
    At::of_local(local.date(), local.time(), &new_york())
}

pub fn point(kind: PointKind, value: &str) -> ContactPoint {
    let (r#use, status) = (String::new(), PointStatus::Active);
    ContactPoint { kind, value: value.into(), r#use, rank: 1, owner: None, verified_at: None, status }
}

pub fn person() -> PersonId {
    PersonId::of(&[b"david"])
}

pub fn fact(kind: &str, now: At, body: Json) -> Fact {
    Fact::own(kind, &format!("{body}{now}"), person(), now, body)
}

/// A want of care, named, valid for a day.
pub fn want(name: &str, now: At, by: &[Channel]) -> Want {
    Want {
        intent: ReachIntent {
            id: EffectId::of(&[name.as_bytes()]),
            step: name.into(),
            words: name.into(),
            purpose: Purpose::Care,
            by: by.iter().map(|c| (*c, HOUR_MS)).collect(),
            valid_until: now.plus_ms(DAY_MS),
            urgent: false,
            until: None,
            bindings: Vec::new(),
            cause: None,
        },
        journey: Some(JourneyId::of(&[b"journey"])),
        pathway: ("post-surgical-follow-up".into(), Id::of(&[b"v"])),
        fallback_team: "surgical_nurses".into(),
        confirms_stop: false,
        reply_on: None,
    }
}

pub fn until(kind: &str, about: &str) -> Option<Until> {
    Some(Until { kind: kind.into(), about: Some(about.into()) })
}

pub struct Runner {
    pub now: At,
    pub record: Record,
    pub zones: Vec<TimeZone>,
    pub state: Outreach,
    rules: Rules,
    pub clinic: Clinic,
    /// All that was sent.
    pub sent: Vec<Message>,
    pub asks: Vec<Ask>,
    pub told: Vec<Fact>,
    pub withdrawn: Vec<model::MessageId>,
    pub codes: Vec<String>,
}

impl Runner {
    pub fn new(now: &str) -> Self {
        let record = Record {
            name: "David Reyes".into(),
            given: vec!["David".into()],
            contacts: vec![point(PointKind::Phone, "+15550100"), point(PointKind::Email, "david@example.org")],
            ..Record::default()
        };
        Self {
            now: at(now),
            record,
            zones: vec![new_york()],
            state: Outreach::default(),
            rules: Rules::shipped(),
            clinic: Clinic::default(),
            sent: Vec::new(),
            asks: Vec::new(),
            told: Vec::new(),
            withdrawn: Vec::new(),
            codes: Vec::new(),
        }
    }

    fn run(&mut self, input: impl FnOnce(&mut Outreach, &Context<'_>) -> Vec<Act>) {
        let mut state = Outreach::decode(&self.state.encode()).expect("what was written is read");
        assert_eq!(state, self.state);
        let acts = input(
            &mut state,
            &Context {
                now: self.now,
                person: person(),
                record: &self.record,
                zones: &self.zones,
                rules: &self.rules,
                world: &Plain,
                clinic: &self.clinic,
            },
        );
        self.state = state;
        for act in acts {
            match act {
                Act::Send(message) => self.sent.push(*message),
                Act::Withdraw(id) => self.withdrawn.push(id),
                Act::Ask(ask) => self.asks.push(ask),
                Act::Tell(fact) => self.told.push(fact),
                Act::Trace(trace) => {
                    assert!(trace.code.len() + trace.detail.len() <= 200, "{trace:?}");
                    let words = throughline_outreach::describe(&trace.code, &trace.detail, "en");
                    assert!(words.contains(' ') && !words.contains('{'), "{trace:?}: {words}");
                    self.codes.push(trace.code);
                }
            }
        }
    }

    pub fn start(&mut self, want: Want) {
        self.run(|state, cx| state.start(want, cx));
    }
    pub fn tick(&mut self) {
        self.run(|state, cx| state.tick(cx));
    }
    pub fn hear(&mut self, kind: &str, body: Json) {
        let fact = fact(kind, self.now, body);
        if kind == "person.died" {
            self.record.deceased_at = Some(self.now);
        }
        self.run(|state, cx| state.hear(&fact, cx));
    }
    pub fn withdraw(&mut self, which: &Which<'_>) {
        self.run(|state, cx| state.withdraw(which, "corrected", cx));
    }
    /// Lets time go on to a local time of New York, waking when asked to.
    pub fn until(&mut self, local: &str) {
        self.until_at(at(local));
    }
    pub fn until_at(&mut self, end: At) {
        for _ in 0..1_000 {
            match self.state.next_due() {
                Some(due) if due <= end => {
                    self.now = due.max(self.now);
                    self.tick();
                }
                _ => {
                    self.now = end;
                    return;
                }
            }
        }
        panic!("it wakes for ever");
    }
    /// A receipt about the last message.
    pub fn receipt(&mut self, kind: &str) {
        let id = self.sent.last().expect("a message").id;
        self.hear(kind, json!({"message": id}));
    }
    /// The last message comes back, as the hub tells it: with the address of its own row.
    pub fn came_back(&mut self, error: &str) {
        let last = self.sent.last().expect("a message");
        let body = json!({"message": last.id, "channel": last.channel, "to": last.to, "error": error});
        self.hear("message.failed", body);
    }
    /// Numbers and addresses that were closed, and as what.
    pub fn closed(&self) -> Vec<String> {
        let closed = self.told.iter().filter(|f| f.kind == "contact.disabled");
        closed.map(|f| format!("{} {}", f.text("value").unwrap_or(""), f.text("status").unwrap_or(""))).collect()
    }
    pub fn call_heard(&mut self, marks: &[&str]) {
        let id = self.sent.iter().rfind(|m| m.channel == Channel::Voice).expect("a call").id;
        self.hear("call.heard", json!({"message": id, "to": "+15550100", "marks": marks, "keys": ""}));
    }
    pub fn call_ended(&mut self, answered: bool, marks: &[&str]) {
        let id = self.sent.last().expect("a call").id;
        self.hear("call.ended", json!({"message": id, "answered": answered, "marks": marks, "keys": ""}));
    }
    pub fn refuse(&mut self, purpose: Option<Purpose>, channel: Channel) {
        let basis = "said so".into();
        self.record.consents.push(Consent { purpose, channel: Some(channel), allowed: false, since: self.now, basis });
        self.hear("consent.changed", json!({"channel": channel.name(), "allowed": false}));
    }
    pub fn channels(&self) -> Vec<Channel> {
        self.sent.iter().map(|m| m.channel).collect()
    }
    /// How reaches ended, in order: `words how`.
    pub fn ended(&self) -> Vec<String> {
        let ended = self.told.iter().filter(|f| f.kind == "reach.ended");
        ended.map(|f| format!("{} {}", f.text("words").unwrap_or(""), f.text("how").unwrap_or(""))).collect()
    }
    pub fn asked(&self) -> Vec<&str> {
        self.asks.iter().map(|a| a.code.as_str()).collect()
    }
}
