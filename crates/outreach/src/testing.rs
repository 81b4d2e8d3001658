//! What unit tests of this crate share: a person, a want, and a world whose words are their names.

#![expect(clippy::expect_used, reason = "tests")]

use crate::guards::{Answer, Look};
use crate::{Clinic, Context, Outreach, Rules, Want, Words, World};
use jiff::tz::TimeZone;
use journey::ReachIntent;
use model::person::{Consent, ContactPoint, PointKind, PointStatus};
use model::{At, Channel, Disclosure, EffectId, Id, JourneyId, PersonId, Purpose};
use record::Record;

/// A local time in New York: `2026-11-23T21:00`.
pub(crate) fn at(local: &str) -> At {
    let local: jiff::civil::DateTime = local.parse().expect("a local time");
    At::of_local(local.date(), local.time(), &new_york())
}

pub(crate) fn new_york() -> TimeZone {
    model::time::zone("America/New_York").expect("bundled")
}

pub(crate) fn phone(value: &str, r#use: &str, rank: u32) -> ContactPoint {
    let (kind, status) = (PointKind::Phone, PointStatus::Active);
    ContactPoint { kind, value: value.into(), r#use: r#use.into(), rank, owner: None, verified_at: None, status }
}

pub(crate) fn refusal(purpose: Option<Purpose>, channel: Option<Channel>) -> Consent {
    Consent { purpose, channel, allowed: false, since: At(0), basis: "said so".into() }
}

/// Words for every channel, in the languages named; and whether the version is halted.
pub(crate) struct Plain(pub Vec<String>, pub bool);

impl World for Plain {
    fn halted(&self, _want: &Want) -> bool {
        self.1
    }
    fn speaks(&self, _want: &Want) -> Vec<String> {
        self.0.clone()
    }
    fn discloses(&self, want: &Want, _channel: Channel, _language: &str) -> Disclosure {
        // Words are named after what they tell, where a case is about that.
        if want.intent.words.starts_with("health") { Disclosure::Health } else { Disclosure::None }
    }
    fn words(&self, want: &Want, channel: Channel, language: &str, _to: &str) -> Option<Words> {
        let text = format!("{} {} {language}", want.intent.words, channel.name());
        self.0.iter().any(|l| l == language).then(|| Words { subject: want.intent.words.clone(), text, asks: None })
    }
}

/// What a guard is asked about.
pub(crate) struct Case {
    pub now: At,
    pub record: Record,
    pub zones: Vec<TimeZone>,
    pub want: Want,
    pub channel: Channel,
    pub started_at: At,
    pub state: Outreach,
    rules: Rules,
    pub clinic: Clinic,
    pub halted: bool,
    pub proxy: bool,
}

impl Case {
    /// Another sender.
    pub(crate) fn sender(&mut self, change: impl FnOnce(&mut crate::Sender)) {
        change(&mut self.clinic.sender);
    }
    /// The clinic's postal address.
    pub(crate) fn address(&mut self, address: &str) {
        self.clinic.address = address.into();
    }

    /// David at noon: a want of care by text, valid for two days.
    pub(crate) fn new() -> Self {
        let now = at("2026-11-23T12:00");
        let intent = ReachIntent {
            id: EffectId::of(&[b"reach"]),
            step: "ready".into(),
            words: "medicine_ready".into(),
            purpose: Purpose::Care,
            by: vec![(Channel::Sms, model::time::HOUR_MS)],
            valid_until: at("2027-11-25T12:00"),
            urgent: false,
            until: None,
            bindings: Vec::new(),
            cause: None,
        };
        let want = Want {
            intent,
            journey: Some(JourneyId::of(&[b"journey"])),
            pathway: ("post-surgical-follow-up".into(), Id::of(&[b"version"])),
            fallback_team: "surgical_nurses".into(),
            confirms_stop: false,
            reply_on: None,
        };
        let record = Record {
            name: "David Reyes".into(),
            given: vec!["David".into()],
            contacts: vec![phone("+15550100", "mobile", 1)],
            ..Record::default()
        };
        let zones = vec![new_york()];
        let (rules, clinic, state) = (Rules::shipped(), Clinic::default(), Outreach::default());
        let (channel, started_at, halted, proxy) = (Channel::Sms, At(0), false, false);
        Self { now, record, zones, want, channel, started_at, state, rules, clinic, halted, proxy }
    }

    pub(crate) fn with<T>(&self, run: impl FnOnce(&Context<'_>) -> T) -> T {
        let world = Plain(vec!["en".into(), "es".into()], self.halted);
        run(&Context {
            now: self.now,
            person: PersonId::of(&[b"david"]),
            record: &self.record,
            zones: &self.zones,
            rules: &self.rules,
            world: &world,
            clinic: &self.clinic,
        })
    }

    pub(crate) fn ask(&self, guard: fn(&Look<'_>) -> Answer) -> Answer {
        self.look(guard)
    }

    pub(crate) fn look<T>(&self, run: impl FnOnce(&Look<'_>) -> T) -> T {
        self.with(|cx| {
            let (want, channel, state, started_at) = (&self.want, self.channel, &self.state, self.started_at);
            run(&Look { cx, want, channel, at: cx.now, to: None, started_at, state, proxy: self.proxy })
        })
    }
}

/// A guard's answer as a row of a table shows it; times are New York's.
pub(crate) fn answer(case: &Case, guard: fn(&Look<'_>) -> Answer) -> String {
    match case.ask(guard) {
        Answer::Go => "go".into(),
        Answer::Refuse(code) => format!("refuse {}", code.name()),
        Answer::Reroute(code) => format!("reroute {}", code.name()),
        Answer::NotBefore(at, code) => {
            let local = new_york().to_datetime(at.timestamp());
            format!("until {} {}", local.strftime("%Y-%m-%dT%H:%M"), code.name())
        }
    }
}
