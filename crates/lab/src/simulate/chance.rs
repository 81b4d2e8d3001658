//! What chance does: which draw an open question stands for, and what follows from its outcome.

use super::stay::Stay;
use super::tally::{Key, Tally};
use super::world::{Ask, Event, World, completed, said_by_staff};
use model::message::{Content, Message};
use model::prompt::{Answer, Form, Prompt};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{At, Channel, Purpose};
use serde_json::{Map, Value as Json, json};

/// Any outcome that makes no difference to what is asked.
const OTHER: &str = "other";
/// A zone to move to.
const ELSEWHERE: &str = "America/Chicago";

impl World<'_> {
    /// What a question is drawn under: what tells it from others at the same time, and the draw. `None` when there
    /// is nothing to draw.
    pub(super) fn draw_for(&self, ask: &Ask) -> Option<(String, &'static str)> {
        let plain = |draw| Some((String::new(), draw));
        match ask {
            Ask::Pharmacy(_) | Ask::Tells => plain("pharmacy"),
            Ask::PickUp(_) => plain("pick_up"),
            Ask::AfterMessage | Ask::AfterNurse if self.seen.will_pick_up.is_none() => plain("pick_up"),
            Ask::AfterMessage | Ask::AfterNurse if self.seen.will_pick_up == Some(true) => None,
            Ask::AfterMessage => plain("after_message"),
            Ask::AfterNurse => plain("after_nurse"),
            Ask::HasIt => plain("has_it_already"),
            Ask::Number => plain("number"),
            Ask::Call(message) => Some((message.words.clone(), "call")),
            Ask::FirstText => plain("first_text"),
            Ask::TaskText => plain("task_text"),
            Ask::Service(call) => Some((call.service.clone(), "service")),
            Ask::ByText(_) | Ask::OnPage(_) | Ask::ByKeys(..) | Ask::Answers(_) => self.answer_draw(ask),
            Ask::Day => plain("day"),
            Ask::Visit if self.seen.reminded => plain("visit"),
            Ask::Visit => plain("visit_without_reminder"),
            Ask::Outcome(id) => {
                let prompt = self.line.prompts.iter().find(|p| p.id == *id)?;
                let detail = format!("{} {}", prompt.name, prompt.attempt);
                if prompt.form.as_ref().is_some_and(|form| self.asks_of_danger(form)) {
                    Some((detail, "nurse_check"))
                } else if prompt.attempts_max > 1 || prompt.form.is_some() {
                    Some((detail, "nurse_call"))
                } else {
                    None
                }
            }
        }
    }

    /// What of an outcome makes a difference to the question that is open: who drew the same of it goes on together.
    pub fn made_of(&self, outcome: &'static str) -> &'static str {
        let only = |is: bool| if is { outcome } else { OTHER };
        match self.asks.front() {
            Some(Ask::Pharmacy(when) | Ask::PickUp(when)) => only(outcome == *when),
            Some(Ask::Tells) => only(outcome == "tells_nothing"),
            Some(Ask::AfterMessage | Ask::AfterNurse) if self.seen.will_pick_up.is_none() => {
                only(outcome == "not_by_themselves")
            }
            _ => outcome,
        }
    }

    /// Acts on the outcome of the question that is open.
    pub fn take(&mut self, outcome: &str, tally: &mut Tally, many: u64) -> Result<(), String> {
        let Some(ask) = self.asks.pop_front() else { return Ok(()) };
        match ask {
            Ask::Pharmacy(when) if outcome == when => {
                self.seen.pharmacy_tells = Some(true);
                let items = self.stay.dispense(self.now, false);
                return self.hear(items, tally, many);
            }
            Ask::Pharmacy(_) => {
                if !self.events.values().any(|event| matches!(event, Event::MayBeReady(_))) {
                    self.seen.pharmacy_tells = Some(false);
                }
            }
            Ask::Tells => {
                self.seen.pharmacy_tells = Some(outcome != "tells_nothing");
                return self.picks_up(tally, many);
            }
            Ask::PickUp(when) if outcome == when => return self.picks_up(tally, many),
            Ask::PickUp(_) => {
                if !self.events.values().any(|event| matches!(event, Event::MayPickUp(_))) {
                    self.seen.will_pick_up.get_or_insert(false);
                }
            }
            ask @ (Ask::AfterMessage | Ask::AfterNurse) if self.seen.will_pick_up.is_none() => {
                let will = outcome != "not_by_themselves";
                self.seen.will_pick_up = Some(will);
                if !will {
                    self.events.retain(|_, event| !matches!(event, Event::MayPickUp(_)));
                    self.asks.push_front(ask);
                }
            }
            Ask::AfterMessage | Ask::AfterNurse => self.goes(outcome),
            Ask::HasIt => {
                self.seen.said_has_it = true;
                if outcome == "says_so" {
                    self.writes_in("picked up", 30);
                }
            }
            Ask::Number => {
                let stranger = outcome == "someone_else";
                self.seen.stranger = Some(stranger);
                self.seen.contacted &= !stranger;
                if stranger {
                    self.writes_in("wrong number", 5);
                }
            }
            Ask::Call(message) => return self.call_ends(&message, outcome, tally, many),
            Ask::FirstText => match outcome {
                "thanks" => self.writes_in("thanks", 20),
                "question" => self.writes_in("question", 20),
                _ => {}
            },
            Ask::TaskText => {
                self.seen.answers_done = Some(outcome == "answers_done");
                if outcome == "answers_done" {
                    self.writes_in("done", 20);
                }
            }
            Ask::Outcome(id) => {
                if let Some(prompt) = self.line.prompts.iter().find(|p| p.id == id).cloned() {
                    return self.outcome(&prompt, outcome, tally, many);
                }
            }
            Ask::Service(call) => {
                let answers = (outcome != "fails").then(|| self.service_answers(&call, outcome == "answers_yes"));
                let fact = crate::test::play::service_says(&call, answers.as_ref(), self.now);
                return self.hear(vec![model::Item::own(self.person(), fact)], tally, many);
            }
            Ask::ByText(_) | Ask::OnPage(_) | Ask::ByKeys(..) | Ask::Answers(_) => {
                return self.take_answer(ask, outcome, tally, many);
            }
            Ask::Day => self.day(outcome),
            Ask::Visit => return self.visit(outcome == "comes", tally, many),
        }
        Ok(())
    }

    /// Answers of the types that the pathway names: the first and greatest of each, or the last and least.
    fn service_answers(&self, call: &model::ServiceCall, yes: bool) -> Json {
        let row = self.line.journeys.iter().find(|w| w.row.id == call.journey).map(|w| &w.row);
        let pathway = row.and_then(|row| self.env.setup.versions.get(&row.version));
        let fields = pathway.and_then(|p| p.service(&call.service)).map(|s| s.form.fields.as_slice());
        let answer = |answer: &Answer| match answer {
            Answer::Bool => json!(yes),
            Answer::Number { min, max } => json!(if yes { max } else { min }),
            Answer::Text => json!("made up"),
            Answer::Choice { options } => {
                let option = if yes { options.first() } else { options.last() };
                json!(option.map(|(value, _)| value))
            }
        };
        let pairs = fields.unwrap_or_default().iter().map(|f| (f.name.clone(), answer(&f.answer)));
        Json::Object(pairs.collect::<Map<String, Json>>())
    }

    /// When the pharmacy may have it ready, and when they may pick it up by themselves. Whether it is so is asked
    /// then: until that time it makes no two people different.
    pub(super) fn plan_medicine(&mut self) {
        let home = self.stay.discharged_at;
        self.plan(home.plus_ms(3 * HOUR_MS), Event::MayBeReady("ready_in_3_hours"));
        self.plan(self.day_at(1, 10), Event::MayBeReady("ready_next_day"));
        self.plan(home.plus_ms(5 * HOUR_MS), Event::MayPickUp("same_evening"));
        for (days, hour, when) in [(1, 15, "next_day"), (3, 11, "day_3"), (5, 11, "day_5")] {
            self.plan(self.day_at(days, hour), Event::MayPickUp(when));
        }
    }

    /// They pick it up. The pharmacy says so, if it tells anything.
    fn picks_up(&mut self, tally: &mut Tally, many: u64) -> Result<(), String> {
        let of_medicine = |e: &Event| matches!(e, Event::MayBeReady(_) | Event::MayPickUp(_) | Event::PicksUp);
        self.seen.picked_up = true;
        self.events.retain(|_, event| !of_medicine(event));
        match self.seen.pharmacy_tells {
            None => self.asks.push_front(Ask::Tells),
            Some(false) => {}
            Some(true) => {
                let items = self.stay.dispense(self.now, true);
                return self.hear(items, tally, many);
            }
        }
        Ok(())
    }

    fn goes(&mut self, outcome: &str) {
        let at = match outcome {
            "goes_today" => self.now.plus_ms(3 * HOUR_MS),
            "goes_tomorrow" => {
                let tomorrow = self.now.plus_days_in(1, &self.env.zone).date_in(&self.env.zone);
                At::of_local(tomorrow, jiff::civil::time(11, 0, 0, 0), &self.env.zone)
            }
            _ => return,
        };
        self.seen.will_pick_up = Some(true);
        self.plan(at, Event::PicksUp);
    }

    /// The hour of a day after the discharge.
    fn day_at(&self, days: i32, hour: i8) -> At {
        let date = self.stay.discharged_at.plus_days_in(days, &self.env.zone).date_in(&self.env.zone);
        At::of_local(date, jiff::civil::time(hour, 0, 0, 0), &self.env.zone)
    }

    fn writes_in(&mut self, what: &'static str, minutes: i64) {
        self.plan(self.now.plus_ms(minutes * MINUTE_MS), Event::Writes(what));
    }

    /// A message that arrived is read, and may have somebody do something.
    pub(super) fn reads(&mut self, message: &Message) {
        let (sms, words) = (message.channel == Channel::Sms, message.words.as_str());
        if sms && self.seen.stranger.is_none() {
            self.asks.push_back(Ask::Number);
        }
        if self.seen.stranger != Some(true) {
            self.seen.contacted = true;
        } else if sms {
            return;
        }
        self.seen.reminded |= words.starts_with("appointment");
        if message.channel != Channel::Voice && self.is_asked(message) {
            return;
        }
        if sms && self.is_task(words) {
            match self.seen.answers_done {
                None => self.asks.push_back(Ask::TaskText),
                Some(true) => self.writes_in("done", 20),
                Some(false) => {}
            }
            return;
        }
        let about_care = message.purpose == Purpose::Care && message.channel != Channel::Portal;
        if about_care && super::outlook::is_of_medicine(words) {
            if self.seen.picked_up && sms && !self.seen.said_has_it {
                self.asks.push_back(Ask::HasIt);
            } else if !self.seen.picked_up && self.seen.will_pick_up != Some(true) {
                self.asks.push_back(Ask::AfterMessage);
            }
        } else if sms && !self.seen.wrote_first && message.journey.is_some() {
            self.seen.wrote_first = true;
            self.asks.push_back(Ask::FirstText);
        }
    }

    fn call_ends(&mut self, message: &Message, outcome: &str, tally: &mut Tally, many: u64) -> Result<(), String> {
        let keys = match outcome {
            "answered" => Some("1"),
            "opt_out" => Some("9"),
            _ => None,
        };
        self.stop_ringing(message.id);
        self.count_message(message, if keys.is_some() { "delivered" } else { "failed" }, tally, many);
        if outcome == "answered" {
            self.reads(message);
        }
        if outcome == "answered" && super::answers::asks_for_keys(message) {
            self.asks.push_front(Ask::ByKeys(Box::new(message.clone()), None));
            return Ok(());
        }
        let Content::Voice { call } = &message.content else { return Ok(()) };
        let items = super::receipts::called(message, call, keys, self.now);
        self.hear(items, tally, many)
    }

    /// What the world does now.
    pub(super) fn happen(&mut self, event: Event, tally: &mut Tally, many: u64) -> Result<(), String> {
        match event {
            Event::MayBeReady(_) | Event::MayPickUp(_) | Event::PicksUp if self.seen.picked_up || self.seen.gone => {
                Ok(())
            }
            Event::MayBeReady(when) => {
                if self.seen.pharmacy_tells.is_none() {
                    self.asks.push_back(Ask::Pharmacy(when));
                }
                Ok(())
            }
            Event::MayPickUp(when) => {
                self.asks.push_back(Ask::PickUp(when));
                Ok(())
            }
            Event::PicksUp => self.picks_up(tally, many),
            Event::Looks(id) => {
                let now = self.now;
                if self.looks.get(&id).is_some_and(|(_, at)| *at == now) {
                    self.asks.push_back(Ask::Outcome(id));
                }
                Ok(())
            }
            Event::Writes(what) => {
                if self.seen.gone || !self.stay.profile.has_mobile() {
                    return Ok(());
                }
                let text = words(what, self.stay.profile.language);
                let item = super::receipts::written(self.person(), &self.stay.phone(), text, self.now);
                self.hear(vec![item], tally, many)
            }
            Event::Answers(ask, how) => {
                super::answers::begins(self, ask, how);
                Ok(())
            }
            Event::Visit if self.seen.gone || self.stay.visit_at != self.now => Ok(()),
            Event::Visit => {
                self.asks.push_back(Ask::Visit);
                Ok(())
            }
            Event::Happens(what) => self.fate(what, tally, many),
        }
    }

    /// Something happens on this day, at its hour.
    fn day(&mut self, outcome: &str) {
        let hours = |n: i64| self.now.plus_ms(n * HOUR_MS);
        let (at, event) = match outcome {
            "danger_text" => (hours(10), Event::Writes("danger")),
            "question_text" => (hours(11), Event::Writes("question")),
            "stop_text" => (hours(12), Event::Writes("stop")),
            "readmitted" => (hours(13), Event::Happens("readmitted")),
            "moved_zone" => (hours(13), Event::Happens("moved_zone")),
            "moved_appointment" => (hours(13), Event::Happens("moved_appointment")),
            "died" => (hours(6), Event::Happens("died")),
            _ => return,
        };
        self.plan(at, event);
    }

    fn fate(&mut self, what: &str, tally: &mut Tally, many: u64) -> Result<(), String> {
        if self.seen.gone {
            return Ok(());
        }
        let now = self.now;
        let items = match what {
            "readmitted" => {
                self.seen.gone = true;
                self.stay.readmission(now)
            }
            "died" => {
                self.seen.gone = true;
                self.stay.death(now)
            }
            "moved_zone" => {
                tally.add(Key::Count("moved to another zone"), many);
                self.stay.moves(ELSEWHERE, now)
            }
            // Not moved any more on the day itself.
            _ if self.seen.visited || self.stay.visit_at.plus_ms(-HOUR_MS) <= now => return Ok(()),
            _ => {
                tally.add(Key::Count("appointments that were moved"), many);
                let later = self.stay.visit_at.plus_days_in(1, &self.env.zone);
                self.plan(later, Event::Visit);
                let stay: &mut Stay = &mut self.stay;
                stay.visit("booked", later, now)
            }
        };
        self.hear(items, tally, many)
    }

    fn visit(&mut self, comes: bool, tally: &mut Tally, many: u64) -> Result<(), String> {
        self.seen.visited = true;
        tally.add(Key::Count("visits due"), many);
        if comes {
            tally.add(Key::Count("visits kept"), many);
        }
        let start = self.stay.visit_at;
        let status = if comes { "fulfilled" } else { "noshow" };
        let items = self.stay.visit(status, start, self.now);
        self.hear(items, tally, many)
    }

    /// Whether a form asks something whose answer may be a danger.
    fn asks_of_danger(&self, form: &Form) -> bool {
        let may = |name: &str| self.env.population.answers.get(name).is_some_and(|f| f.well != f.danger);
        form.fields.iter().any(|f| may(&f.name))
    }

    /// Somebody of the team did what a prompt asks for.
    fn outcome(&mut self, prompt: &Prompt, drawn: &str, tally: &mut Tally, many: u64) -> Result<(), String> {
        let outcome = match drawn {
            "no_answer" | "declined" => drawn,
            _ => "done",
        };
        let mut items = Vec::new();
        if prompt.urgent {
            let minutes = (self.now.0 - prompt.opened_at.0) / MINUTE_MS;
            tally.add(Key::Noticed { name: prompt.name.clone(), minutes }, many);
            let key = format!("{} noticed", prompt.id);
            items.push(said_by_staff(self, "prompt.acknowledged", &key, json!({"prompt": prompt.id})));
        }
        if prompt.name == "check" && drawn == "danger" {
            tally.add(Key::Count("dangers found on a call"), many);
        }
        let talks = outcome != "no_answer" && (prompt.attempts_max > 1 || prompt.form.is_some());
        if talks {
            (self.seen.contacted, self.seen.talked) = (true, true);
        }
        items.push(completed(self, prompt, outcome, self.answers(prompt, drawn)));
        if talks && outcome == "done" && prompt.form.as_ref().is_some_and(|form| !self.asks_of_danger(form)) {
            if self.seen.picked_up {
                // They have it: who called says so.
                let body = json!({"id": self.stay.medicine()});
                items.push(said_by_staff(self, "medication.picked_up", &prompt.id.to_string(), body));
            } else if self.seen.will_pick_up != Some(true) {
                self.asks.push_back(Ask::AfterNurse);
            }
        }
        self.hear(items, tally, many)
    }

    /// The answers to a form.
    fn answers(&self, prompt: &Prompt, drawn: &str) -> Json {
        let mut answers = Map::new();
        let Some(form) = prompt.form.as_ref().filter(|_| matches!(drawn, "well" | "danger" | "unfinished" | "done"))
        else {
            return Json::Object(answers);
        };
        let mut left_out = drawn == "unfinished";
        for field in &form.fields {
            let found = self.env.population.answers.get(&field.name);
            let may_be_danger = found.is_some_and(|f| f.well != f.danger);
            // Of a call that was broken off the first question that matters is left open.
            if may_be_danger && std::mem::take(&mut left_out) {
                continue;
            }
            let said = found.map(|f| if drawn == "danger" { f.danger.as_str() } else { f.well.as_str() });
            let answer = match (&field.answer, said) {
                (Answer::Bool, said) => json!(said == Some("yes")),
                (Answer::Number { min, .. }, said) => json!(said.and_then(|s| s.parse::<f64>().ok()).unwrap_or(*min)),
                (Answer::Choice { options }, said) => {
                    let fits = said.filter(|s| options.iter().any(|(value, _)| value == s));
                    match fits.or(options.first().map(|(value, _)| value.as_str())) {
                        Some(value) => json!(value),
                        None => continue,
                    }
                }
                (Answer::Text, _) => continue,
            };
            answers.insert(field.name.clone(), answer);
        }
        Json::Object(answers)
    }
}

/// What people write, in their language.
pub(super) fn words(what: &str, language: &str) -> &'static str {
    let spanish = language == "es";
    match (what, spanish) {
        ("danger", false) => "My wound is bleeding a lot",
        ("danger", true) => "Mi herida sangra mucho",
        ("stop", _) => "STOP",
        ("all is well", false) => "All is well",
        ("all is well", true) => "Todo va bien",
        ("picked up", false) => "PICKED UP",
        ("picked up", true) => "RECOGIDA",
        ("done", false) => "DONE",
        ("done", true) => "HECHO",
        ("thanks", false) => "Thank you",
        ("thanks", true) => "Gracias",
        ("wrong number", false) => "Wrong number",
        ("wrong number", true) => "Número equivocado",
        (_, false) => "When can I take a shower?",
        (_, true) => "¿Cuándo puedo ducharme?",
    }
}
