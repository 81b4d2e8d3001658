//! What happens in a scenario, in short words, as what a source, the person or the team would send.

use super::act::{Act, staff};
use super::chart::{self, Chart, coding, concept};
use super::json;
use super::persona::{Persona, channel, consent};
use super::read::{HAPPENINGS_MAX, Happening, Names};
use super::when::{Calendar, HELP};
use crate::Calls;
use model::prompt::{Answer, Form, Outcome};
use model::time::HOUR_MS;
use model::{Actor, At};
use pathway::ast::Verb;
use pathway::finding::{Findings, did_you_mean};
use pathway::reader::{Keys, list, one_or_more, text, yes_no};
use pathway::yaml::{Node, What};
use serde_json::{Value as Json, json};

/// What may happen, beside the outcome of a prompt.
pub const VERBS: &[&str] = &[
    "known",
    "discharged",
    "admitted",
    "readmitted",
    "discharge_cancelled",
    "charted",
    "ready",
    "picked_up",
    "stopped",
    "booked",
    "moved",
    "cancelled",
    "died",
    "changes",
    "texts",
    "writes",
    "calls",
    "fails",
    "works",
    "takes",
    "corrects",
    "reads",
    "answers",
    "ticks",
    "unticks",
    "service",
    "prefers",
    "consents",
    "fhir",
    "event",
    "fact",
    "place",
];
/// The hub's own prompts, which no pathway names.
pub const HUB_PROMPTS: &[&str] = &[
    "unreachable",
    "nothing_left",
    "refused",
    "language",
    "callback",
    "late",
    "journey_failed",
    "turn_overflow",
    "place_waited",
];
/// What a stay's discharge may say.
const STAY: &[&str] =
    &["stay", "class", "at", "admitted", "disposition", "procedure", "conditions", "prescriptions", "appointments"];
/// Before the discharge.
const STAYED_MS: i64 = 20 * HOUR_MS;

/// Reads the things that happen to one person.
pub struct Reader<'a> {
    names: &'a Names<'a>,
    person: Persona,
    calendar: Calendar,
    chart: Chart,
    /// In order.
    pub happenings: Vec<Happening>,
    now: At,
}

impl<'a> Reader<'a> {
    /// Nothing has happened yet.
    pub fn new(names: &'a Names<'a>, person: Persona, calendar: Calendar) -> Self {
        let now = calendar.day(0, 0).unwrap_or_default();
        let chart = Chart::new();
        Self { names, person, calendar, chart, happenings: Vec::new(), now }
    }

    /// A list of `time: what`.
    pub fn happens(&mut self, node: &Node, findings: &mut Findings) {
        for item in list(node, "what happens", findings) {
            let What::Map(pairs) = &item.what else {
                let help = Some("write `- day 1 09:30: discharged`".into());
                findings.error("TL003", item.place, "what happens is `time: what`", help);
                continue;
            };
            for (key, what) in pairs {
                let said = key.text().unwrap_or_default();
                let Some(at) = self.calendar.read(said, self.now) else {
                    findings.error("TL017", key.place, format!("`{said}` is not a time"), Some(HELP.into()));
                    continue;
                };
                if at < self.now {
                    findings.error("TL027", key.place, "this is before what happens above it", None);
                }
                self.now = at.max(self.now);
                self.all(key, what, findings);
            }
        }
    }

    fn all(&mut self, key: &Node, what: &Node, findings: &mut Findings) {
        if self.happenings.len() >= HAPPENINGS_MAX {
            let says = format!("at most {HAPPENINGS_MAX} things happen in a scenario");
            findings.error("TL002", key.place, says, None);
            return;
        }
        if self.happenings.is_empty() {
            // Whoever something happens to is known to their hospital.
            self.push(key, Act::Fhir(self.person.patient()));
            for body in self.person.consents.clone() {
                self.push(key, Act::Says { kind: "consent.changed".into(), body, actor: staff() });
            }
            if self.person.notifications {
                let body = serde_json::json!({"endpoint": "https://push.example.org/make-believe", "device": "phone",
                    "p256dh": "B".repeat(87), "auth": "A".repeat(22)});
                self.push(key, Act::Says { kind: "push.subscribed".into(), body, actor: model::Actor::Patient });
            }
        }
        match &what.what {
            What::Scalar(_) => self.one(what, None, findings),
            What::Map(pairs) => pairs.iter().for_each(|(verb, of)| self.one(verb, Some(of), findings)),
            What::List(items) => {
                for item in items {
                    match &item.what {
                        What::Map(pairs) => pairs.iter().for_each(|(verb, of)| self.one(verb, Some(of), findings)),
                        _ => self.one(item, None, findings),
                    }
                }
            }
        }
    }

    fn push(&mut self, node: &Node, act: Act) {
        self.happenings.push(Happening { place: node.place, at: self.now, act });
    }

    fn one(&mut self, verb: &Node, of: Option<&Node>, findings: &mut Findings) {
        let Some(name) = text(verb, "what happens", findings) else { return };
        let act = match (name, of) {
            ("known", _) => return,
            ("discharged" | "admitted" | "readmitted" | "charted", of) => self.stays(name, verb, of, findings),
            ("discharge_cancelled", of) => self.discharge_cancelled(verb, of, findings),
            ("died", _) => Some(Act::Fhir({
                let mut patient = self.person.patient();
                patient["deceasedDateTime"] = json!(self.now);
                patient
            })),
            ("reads", Some(of)) => text(of, "words", findings).map(|words| Act::Reads(words.into())),
            ("answers", Some(of)) => self.answers(of, findings),
            ("takes", Some(of)) => self.prompt(of, findings).map(Act::Takes),
            ("changes", Some(of)) => {
                self.person = self.person.clone().with(of, findings);
                Some(Act::Fhir(self.person.patient()))
            }
            ("ready" | "picked_up" | "stopped", Some(of)) => self.medicine(name, of, findings),
            ("booked" | "moved", Some(of)) => self.appointments(name, of, findings),
            ("cancelled", Some(of)) => self.cancelled(of, findings),
            ("texts" | "writes", Some(of)) => self.writes(name, of, findings),
            ("calls", Some(of)) => text(of, "`calls`", findings).map(|keys| match keys {
                "missed" => Act::Calls(Calls::Missed),
                keys => Act::Calls(Calls::Answered(keys.trim_start_matches("answered").trim().to_owned())),
            }),
            ("fails" | "works", Some(of)) => self.channels(name, verb, of, findings),
            ("corrects", Some(of)) => {
                let Some(keys) = Keys::of(of, "a correction", findings) else { return };
                let Some((prompt, said)) = keys.pairs().first() else { return };
                self.outcome(prompt, said, true, findings)
            }
            ("ticks" | "unticks", Some(of)) => self.task(name, of, findings),
            ("service", Some(of)) => self.service(of, findings),
            ("prefers", Some(of)) => {
                let body = self.json(of);
                Some(Act::Says { kind: "preference.changed".into(), body, actor: Actor::Patient })
            }
            ("consents", Some(of)) => consent(of, findings).map(|body| Act::Says {
                kind: "consent.changed".into(),
                body,
                actor: Actor::Patient,
            }),
            ("fhir", Some(of)) => Some(Act::Fhir(self.json(of))),
            ("event", Some(of)) => Some(Act::Event(self.event(of))),
            ("fact", Some(of)) => self.fact(of, findings),
            ("place", Some(of)) => {
                let named = |name: &str| (name == "given").then_some(Act::PlaceGiven);
                pathway::reader::one_of(of, "`place`", &["given"], named, findings)
            }
            (name, None) if VERBS.contains(&name) => {
                findings.error("TL005", verb.place, format!("`{name}` says nothing more"), Some("what of it?".into()));
                None
            }
            (_, Some(of)) => self.outcome(verb, of, false, findings),
            (name, None) => {
                self.unknown(verb, name, findings);
                None
            }
        };
        if let Some(act) = act {
            self.push(verb, act);
        }
    }

    fn unknown(&self, node: &Node, name: &str, findings: &mut Findings) {
        let prompts = self.prompts();
        let known = VERBS.iter().copied().chain(prompts.iter().map(String::as_str));
        let help = did_you_mean(name, known).or_else(|| Some(format!("known: a prompt, {}", VERBS.join(", "))));
        findings.error("TL018", node.place, format!("nothing called `{name}` can happen"), help);
    }

    /// Names of the prompts that may be open.
    fn prompts(&self) -> Vec<String> {
        let steps = self.names.in_force.iter().flat_map(|p| &p.steps);
        let named = steps.filter_map(|s| match &s.verb {
            Verb::Prompt(p) => Some(p.name.clone()),
            _ => None,
        });
        named.chain(HUB_PROMPTS.iter().map(|p| (*p).to_owned())).collect()
    }

    /// `service: {eligibility: {covered: true}}`, or `service: {eligibility: fails}`.
    fn service(&self, node: &Node, findings: &mut Findings) -> Option<Act> {
        let keys = Keys::of(node, "`service`", findings)?;
        let (name, said) = keys.pairs().first()?;
        let all = self.names.in_force.iter().flat_map(|p| &p.services);
        let known: Vec<&str> = all.clone().map(|s| s.name.as_str()).collect();
        let called = text(name, "a service", findings)?;
        let Some(service) = all.clone().find(|s| s.name == called) else {
            pathway::reader::unknown("TL090", name.place, "service", called, &known, findings);
            return None;
        };
        let answers = match said.text() {
            Some("fails") => None,
            Some(other) => {
                let help = "write `fails`, or the answers below it";
                findings.error(
                    "TL018",
                    said.place,
                    format!("a service says nothing like `{other}`"),
                    Some(help.into()),
                );
                return None;
            }
            None => {
                let of = format!("an answer of `{called}`");
                let fields: Vec<&str> = service.form.fields.iter().map(|f| f.name.as_str()).collect();
                Keys::of(said, &of, findings)?.only(&of, &fields, findings);
                Some(self.json(said))
            }
        };
        Some(Act::Service { name: called.into(), answers })
    }

    fn prompt(&self, node: &Node, findings: &mut Findings) -> Option<String> {
        let name = text(node, "a prompt", findings)?;
        let known = self.prompts();
        if !known.iter().any(|p| p == name) {
            self.unknown(node, name, findings);
            return None;
        }
        Some(name.into())
    }

    /// `check: no_answer`, `check: {outcome: done, answers: {pain: 8}}`.
    fn outcome(&mut self, prompt: &Node, said: &Node, corrects: bool, findings: &mut Findings) -> Option<Act> {
        let name = self.prompt(prompt, findings)?;
        let known: Vec<&'static str> = Outcome::ALL.iter().map(|o| o.name()).collect();
        let named = |name: &str| Outcome::named(name);
        if said.text().is_some() {
            let outcome = pathway::reader::one_of(said, "outcome", &known, named, findings)?;
            return Some(Act::Outcome {
                prompt: name,
                body: json!({"outcome": outcome.name(), "answers": {}}),
                corrects,
            });
        }
        let of = "an outcome";
        let keys = Keys::of(said, of, findings)?;
        keys.only(of, &["outcome", "answers", "note", "call_back"], findings);
        let outcome = match keys.get("outcome") {
            Some(node) => pathway::reader::one_of(node, "outcome", &known, named, findings)?,
            None => Outcome::Done,
        };
        let mut body = json!({"outcome": outcome.name(), "answers": {}});
        if let Some(answers) = keys.get("answers") {
            self.check_answers(&name, answers, findings);
            body["answers"] = self.json(answers);
        }
        if let Some(note) = keys.get("note").and_then(|n| text(n, "a note", findings)) {
            body["note"] = json!(note);
        }
        if let Some(node) = keys.get("call_back") {
            match node.text().and_then(|t| self.calendar.read(t, self.now)) {
                Some(at) => body["call_back_at"] = json!(at),
                None => findings.error("TL017", node.place, "a time is expected", Some(HELP.into())),
            }
        }
        Some(Act::Outcome { prompt: name, body, corrects })
    }

    /// `answers: {how_is_it: {pain: 8}}`: on the page.
    fn answers(&mut self, node: &Node, findings: &mut Findings) -> Option<Act> {
        let keys = Keys::of(node, "`answers`", findings)?;
        let (head, given) = keys.pairs().first()?;
        let name = text(head, "questions", findings)?;
        let all = || self.names.in_force.iter().flat_map(|p| &p.questions);
        let Some(question) = all().find(|q| q.name == name) else {
            let known: Vec<&str> = all().map(|q| q.name.as_str()).collect();
            pathway::reader::unknown("TL042", head.place, "questions", name, &known, findings);
            return None;
        };
        let fields: Vec<&str> = question.form.fields.iter().map(|f| f.name.as_str()).collect();
        Keys::of(given, "answers", findings)?.only(&format!("`{name}`"), &fields, findings);
        Some(Act::Answers { question: name.to_owned(), answers: self.json(given) })
    }

    fn form(&self, prompt: &str) -> Option<&'a Form> {
        self.names.in_force.iter().find_map(|p| {
            let form = p.steps.iter().find_map(|s| match &s.verb {
                Verb::Prompt(asked) if asked.name == prompt => asked.form.as_deref(),
                _ => None,
            })?;
            p.form(form)
        })
    }

    fn check_answers(&self, prompt: &str, answers: &Node, findings: &mut Findings) {
        let Some(keys) = Keys::of(answers, "`answers`", findings) else { return };
        let form = self.form(prompt);
        let fields: Vec<&str> = form.map(|f| f.fields.iter().map(|f| f.name.as_str()).collect()).unwrap_or_default();
        keys.only(&format!("the form of `{prompt}`"), &fields, findings);
        for field in form.map(|f| f.fields.as_slice()).unwrap_or_default() {
            if let (Some(node), Answer::Choice { options }) = (keys.get(&field.name), &field.answer) {
                let known: Vec<&str> = options.iter().map(|(value, _)| value.as_str()).collect();
                let said = node.text().unwrap_or_default();
                if !known.contains(&said) {
                    pathway::reader::unknown("TL018", node.place, "answer", said, &known, findings);
                }
            }
        }
    }

    fn json(&self, node: &Node) -> Json {
        let value = |name: &str| match name {
            "patient" => Some(format!("Patient/{}", self.person.mrn)),
            "stay" => Some(format!("Encounter/{}", Chart::id(&self.person, &self.chart.stay))),
            "now" => Some(self.now.to_string()),
            "id" => Some(self.person.mrn.clone()),
            other => self.calendar.read(other, self.now).map(|at| at.to_string()),
        };
        json::of(node, &|text| json::filled(text, &value))
    }

    /// A CloudEvent; what every one has is filled in.
    fn event(&self, node: &Node) -> Json {
        let mut event = self.json(node);
        let id = format!("event-{}", self.happenings.len());
        for (key, value) in [
            ("specversion", "1.0".to_owned()),
            ("id", id),
            ("source", "/laboratory".into()),
            ("time", self.now.to_string()),
            ("subject", format!("{}|{}", super::persona::MRN, self.person.mrn)),
        ] {
            if event.get(key).is_none() {
                event[key] = json!(value);
            }
        }
        event
    }

    fn fact(&self, node: &Node, findings: &mut Findings) -> Option<Act> {
        let of = "a fact";
        let keys = Keys::of(node, of, findings)?;
        keys.only(of, &["kind", "body", "by"], findings);
        let kind = keys.need("kind", of, findings).and_then(|n| text(n, "`kind`", findings))?;
        let body = keys.get("body").map_or_else(|| json!({}), |n| self.json(n));
        let known = ["staff", "person", "system"];
        let named = |name: &str| match name {
            "staff" => Some(staff()),
            "person" => Some(Actor::Patient),
            "system" => Some(Actor::System),
            _ => None,
        };
        let actor = keys.get("by").and_then(|n| pathway::reader::one_of(n, "actor", &known, named, findings));
        Some(Act::Says { kind: kind.into(), body, actor: actor.unwrap_or_else(staff) })
    }

    fn task(&self, verb: &str, node: &Node, findings: &mut Findings) -> Option<Act> {
        let item = text(node, "a task", findings)?;
        let lists = self.names.in_force.iter().flat_map(|p| &p.checklists);
        let known: Vec<&str> = lists.flat_map(|l| &l.items).map(|i| i.name.as_str()).collect();
        let (name, number) = item.split_once('#').unwrap_or((item, "0"));
        if !known.contains(&name) {
            pathway::reader::unknown("TL018", node.place, "task", name, &known, findings);
            return None;
        }
        let task = format!("{name}@{}#{number}", self.now.date_in(&self.calendar.zone));
        let kind = if verb == "ticks" { "task.done" } else { "task.undone" };
        Some(Act::Says { kind: kind.into(), body: json!({"task": task}), actor: Actor::Patient })
    }

    fn channels(&mut self, name: &str, verb: &Node, of: &Node, findings: &mut Findings) -> Option<Act> {
        let mut acts = Vec::new();
        match &of.what {
            What::Map(pairs) => {
                for (key, error) in pairs {
                    let error = text(error, "an error", findings)?.to_owned();
                    acts.push(Act::Fails(channel(key, findings)?, Some(error)));
                }
            }
            _ => {
                for node in one_or_more(of) {
                    let error = (name == "fails").then(|| "unreachable".to_owned());
                    acts.push(Act::Fails(channel(node, findings)?, error));
                }
            }
        }
        acts.into_iter().for_each(|act| self.push(verb, act));
        None
    }

    fn writes(&self, verb: &str, of: &Node, findings: &mut Findings) -> Option<Act> {
        let own = if verb == "texts" { &self.person.phone } else { &self.person.email };
        let (address, words) = match &of.what {
            What::Map(_) => {
                let keys = Keys::of(of, "words", findings)?;
                keys.only("words", &["from", "says"], findings);
                let from = keys.get("from").and_then(|n| text(n, "`from`", findings)).map(str::to_owned);
                (from, keys.need("says", "words", findings).and_then(|n| text(n, "`says`", findings))?)
            }
            _ => (None, text(of, "words", findings)?),
        };
        match address.or_else(|| own.clone()) {
            Some(address) => Some(Act::Writes { address, text: words.into() }),
            None => {
                let help = Some("give them one, or say `{from: …, says: …}`".into());
                findings.error("TL005", of.place, "this person has no number or address to write from", help);
                None
            }
        }
    }

    fn time(&self, keys: &Keys<'_>, key: &str, or: At, findings: &mut Findings) -> At {
        let Some(node) = keys.get(key) else { return or };
        node.text().and_then(|t| self.calendar.read(t, self.now)).unwrap_or_else(|| {
            findings.error("TL017", node.place, "a time is expected", Some(HELP.into()));
            or
        })
    }

    /// A stay that begins or ends, or what is charted of it later; all in one transaction.
    fn stays(&mut self, verb: &str, head: &Node, of: Option<&Node>, findings: &mut Findings) -> Option<Act> {
        let keys = match of {
            Some(node) => Some(Keys::of(node, "a stay", findings)?),
            None => None,
        };
        let keys = keys.as_ref();
        if let Some(keys) = keys {
            keys.only("a stay", STAY, findings);
        }
        let plain = |key: &str, or: &str, findings: &mut Findings| {
            let node = keys.and_then(|k| k.get(key));
            node.and_then(|n| text(n, key, findings)).unwrap_or(or).to_owned()
        };
        let usual = if verb == "readmitted" { "again" } else { self.chart.stay.as_str() }.to_owned();
        let stay = plain("stay", &usual, findings);
        let class = plain("class", "IMP", findings);
        let at = keys.map_or(self.now, |k| self.time(k, "at", self.now, findings));
        let mut resources = Vec::new();
        match verb {
            "discharged" => {
                let admitted =
                    keys.map_or(at.plus_ms(-STAYED_MS), |k| self.time(k, "admitted", at.plus_ms(-STAYED_MS), findings));
                let disposition = plain("disposition", "home", findings);
                resources.push(self.chart.stay(&self.person, &stay, &class, admitted, Some((at, &disposition))));
            }
            "charted" => {
                if !self.chart.has("Encounter", &stay) {
                    findings.error("TL018", head.place, format!("there is no stay `{stay}` yet"), None);
                }
                self.chart.stay = stay;
            }
            _ => resources.push(self.chart.stay(&self.person, &stay, &class, at, None)),
        }
        if let Some(keys) = keys {
            self.charted(keys, at, &mut resources, findings);
        }
        Some(Act::Fhir(chart::transaction(resources)))
    }

    fn charted(&mut self, keys: &Keys<'_>, at: At, resources: &mut Vec<Json>, findings: &mut Findings) {
        if let Some(node) = keys.get("procedure") {
            for (n, node) in one_or_more(node).into_iter().enumerate() {
                if let Some(code) = code(node, findings) {
                    let name = format!("{}-procedure-{n}", self.chart.stay);
                    resources.push(self.chart.procedure(&self.person, &name, code, at.plus_ms(-5 * HOUR_MS)));
                }
            }
        }
        if let Some(node) = keys.get("conditions") {
            for (n, node) in one_or_more(node).into_iter().enumerate() {
                if let Some(code) = code(node, findings) {
                    let name = format!("{}-condition-{n}", self.chart.stay);
                    resources.push(self.chart.condition(&self.person, &name, code, at.plus_ms(-5 * HOUR_MS)));
                }
            }
        }
        if let Some(node) = keys.get("prescriptions") {
            self.prescriptions(node, at, resources, findings);
        }
        if let Some(node) = keys.get("appointments") {
            let Some(keys) = Keys::of(node, "`appointments`", findings) else { return };
            for (name, of) in keys.pairs() {
                resources.extend(self.appointment(name, of, findings));
            }
        }
    }

    /// `antibiotic: rxnorm|309114 cephalexin`, or a map.
    fn prescriptions(&mut self, node: &Node, at: At, resources: &mut Vec<Json>, findings: &mut Findings) {
        let Some(keys) = Keys::of(node, "`prescriptions`", findings) else { return };
        for (name, of) in keys.pairs() {
            let name = name.text().unwrap_or_default().to_owned();
            let written = at.plus_ms(-HOUR_MS);
            let (medicine, as_needed, bedside) = match &of.what {
                What::Map(_) => {
                    let Some(keys) = Keys::of(of, "a prescription", findings) else { continue };
                    keys.only("a prescription", &["medicine", "as_needed", "bedside"], findings);
                    let medicine = keys.get("medicine").and_then(|n| code(n, findings));
                    let as_needed = keys.get("as_needed").filter(|n| n.text() != Some("unknown"));
                    let unsaid = keys.get("as_needed").is_some_and(|n| n.text() == Some("unknown"));
                    let as_needed = as_needed.is_some_and(|n| yes_no(n, "`as_needed`", findings));
                    let bedside = keys.get("bedside").is_some_and(|n| yes_no(n, "`bedside`", findings));
                    (medicine.unwrap_or_else(|| concept(Vec::new(), &name)), (!unsaid).then_some(as_needed), bedside)
                }
                _ => match code(of, findings) {
                    Some(medicine) => (medicine, Some(false), false),
                    None => continue,
                },
            };
            resources.push(self.chart.prescription(&self.person, &name, medicine, as_needed, written));
            if bedside {
                let over = at.plus_ms(-HOUR_MS / 2);
                resources.push(self.chart.dispense(&self.person, &name, written, Some(over), true));
            }
        }
    }

    /// `visit: day 10 14:00`, or a map.
    fn appointment(&mut self, name: &Node, of: &Node, findings: &mut Findings) -> Option<Json> {
        let name = name.text()?.to_owned();
        let (mut with, mut place) = ("Dr. Ada Okafor".to_owned(), "Hand Clinic, Riverside Hospital".to_owned());
        let start = match &of.what {
            What::Map(_) => {
                let keys = Keys::of(of, "an appointment", findings)?;
                keys.only("an appointment", &["start", "with", "place"], findings);
                for (key, slot) in [("with", &mut with), ("place", &mut place)] {
                    if let Some(text) = keys.get(key).and_then(|n| text(n, key, findings)) {
                        text.clone_into(slot);
                    }
                }
                keys.need("start", "an appointment", findings)?
            }
            _ => of,
        };
        let Some(at) = start.text().and_then(|t| self.calendar.read(t, self.now)) else {
            findings.error("TL017", start.place, "a time is expected", Some(HELP.into()));
            return None;
        };
        Some(self.chart.appointment(&self.person, &name, at, &with, &place))
    }

    fn appointments(&mut self, verb: &str, of: &Node, findings: &mut Findings) -> Option<Act> {
        let keys = Keys::of(of, "appointments", findings)?;
        let mut resources = Vec::new();
        for (name, of) in keys.pairs() {
            if verb == "moved" {
                self.known("Appointment", name, findings)?;
            }
            resources.push(self.appointment(name, of, findings)?);
        }
        Some(Act::Fhir(chart::transaction(resources)))
    }

    fn cancelled(&mut self, of: &Node, findings: &mut Findings) -> Option<Act> {
        let name = self.known("Appointment", of, findings)?;
        self.chart.change("Appointment", &name, |a| a["status"] = json!("cancelled")).map(Act::Fhir)
    }

    fn discharge_cancelled(&mut self, head: &Node, of: Option<&Node>, findings: &mut Findings) -> Option<Act> {
        let name = match of {
            Some(node) => self.known("Encounter", node, findings)?,
            None => self.chart.stay.clone(),
        };
        let changed = self.chart.change("Encounter", &name, |stay| {
            stay["status"] = json!("in-progress");
            if let Some(stay) = stay.as_object_mut() {
                stay.remove("hospitalization");
            }
            if let Some(period) = stay["period"].as_object_mut() {
                period.remove("end");
            }
        });
        if changed.is_none() {
            findings.error("TL018", head.place, format!("there is no stay `{name}` yet"), None);
        }
        changed.map(Act::Fhir)
    }

    /// The name of something that is charted.
    fn known(&self, kind: &str, node: &Node, findings: &mut Findings) -> Option<String> {
        let name = text(node, "a name", findings)?;
        if self.chart.has(kind, name) {
            return Some(name.into());
        }
        let known = self.chart.names(kind);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        pathway::reader::unknown("TL018", node.place, kind, name, &known, findings);
        None
    }

    fn medicine(&mut self, verb: &str, of: &Node, findings: &mut Findings) -> Option<Act> {
        let name = self.known("MedicationRequest", of, findings)?;
        let now = self.now;
        Some(Act::Fhir(match verb {
            "ready" => self.chart.dispense(&self.person, &name, now, None, false),
            "picked_up" => self.chart.dispense(&self.person, &name, now.plus_ms(-HOUR_MS), Some(now), false),
            _ => self.chart.change("MedicationRequest", &name, |rx| rx["status"] = json!("stopped"))?,
        }))
    }
}

/// `snomed|41727003 Repair of tendon`, a list of codes of one concept below `code`, or words alone.
fn code(node: &Node, findings: &mut Findings) -> Option<Json> {
    if let What::Map(_) = &node.what {
        let of = "a code";
        let keys = Keys::of(node, of, findings)?;
        keys.only(of, &["code", "name"], findings);
        let codes = keys.get("code").map(one_or_more).unwrap_or_default();
        let codes: Vec<Json> = codes.into_iter().filter_map(|n| one_code(n, findings)).collect();
        let name = keys.get("name").and_then(|n| text(n, "`name`", findings)).unwrap_or_default();
        return Some(concept(codes, name));
    }
    let words = text(node, "a code", findings)?;
    if !words.contains('|') {
        return Some(concept(Vec::new(), words));
    }
    Some(concept(vec![one_code(node, findings)?], ""))
}

fn one_code(node: &Node, findings: &mut Findings) -> Option<Json> {
    let coding = text(node, "a code", findings).and_then(coding);
    if coding.is_none() {
        let help = Some("as `snomed|41727003 Repair of tendon`, or `http://system|code`".into());
        findings.error("TL026", node.place, "this is not a code", help);
    }
    coding
}
