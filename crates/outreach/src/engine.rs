//! Walks ladders: starts a reach, tries its rungs in turn, ends it.

use crate::codes::Code;
use crate::guards::basis::Basis;
use crate::guards::{self, Answer, Look, Plan};
use crate::out::Out;
use crate::state::{
    ASKED_MAX, Attempt, BOUNCE_LATE_MS, Because, REACHES_MAX, Reach, Rung, Said, Seen, Stage, Stop, clinical,
};
use crate::{Act, Asks, Context, Outreach, Want, content, disclosure, ladder, language, lawful, related, settle};
use model::message::{Message, Status};
use model::time::MINUTE_MS;
use model::value::Kind;
use model::{At, Channel, MessageId};

/// How often a reach looks whether the same words, which another one says, have arrived.
const SAID_LOOK_MS: i64 = 10 * MINUTE_MS;

impl Outreach {
    pub(crate) fn begin(&mut self, want: Want, out: &mut Out<'_>) {
        self.prune(out.cx);
        let id = want.intent.id;
        if self.reaches.iter().any(|r| r.want.intent.id == id) {
            return;
        }
        if let Some(code) = self.refused_whole(&want, out.cx) {
            self.refuse(&want, code, out);
            return;
        }
        let language = match language::choose(&want, out.cx) {
            Ok(language) => language,
            Err((spoken, speaks)) => {
                self.not_spoken(&want, &spoken, &speaks, out);
                return;
            }
        };
        if self.reaches.len() >= REACHES_MAX && !self.make_room() {
            self.refuse(&want, Code::Bounds, out);
            return;
        }
        let ladder = ladder::order(&want, out.cx);
        let now = out.cx.now;
        let stage = Stage::Held(now, Code::Chosen);
        let (attempts, skipped) = (Vec::new(), Vec::new());
        self.walk(Reach { want, language, ladder, rung: 0, stage, started_at: now, attempts, skipped }, 0, out);
    }

    /// Lets go of a reach that has arrived already, for one that has not.
    fn make_room(&mut self) -> bool {
        match self.reaches.iter().position(|r| matches!(r.stage, Stage::Settled(_))) {
            Some(place) => {
                self.reaches.remove(place);
                true
            }
            None => false,
        }
    }

    /// The refusal that holds whatever the channel.
    fn refused_whole(&self, want: &Want, cx: &Context<'_>) -> Option<Code> {
        let channel = want.intent.by.first().map_or(Channel::Portal, |(c, _)| *c);
        let look = Look { cx, want, channel, at: cx.now, to: None, started_at: cx.now, state: self, proxy: false };
        match guards::ask(&look, false) {
            Answer::Refuse(code) => Some(code),
            _ => None,
        }
    }

    /// Ends a want that was never tried.
    fn refuse(&mut self, want: &Want, code: Code, out: &mut Out<'_>) {
        let how = if code == Code::Expired { "expired" } else { "refused" };
        let detail = match code {
            Code::Expired => format!("until={}", want.intent.valid_until),
            Code::Bounds => format!("count={REACHES_MAX}"),
            _ => String::new(),
        };
        out.trace(want.intent.id, None, code, detail);
        // Nothing is said to the dead; what no machine can take on must not vanish.
        if code == Code::Bounds || (clinical(want) && code != Code::Deceased && !confirms(code)) {
            self.ask_refused(want, code, out);
        }
        out.ended(want, how, code);
    }

    /// Asks the care team because a whole reach was refused.
    fn ask_refused(&self, want: &Want, code: Code, out: &mut Out<'_>) {
        let name = content::first_name(out.cx);
        let (title, why) = match code {
            Code::Inpatient => {
                (format!("Speak with {name} in hospital"), "They are an inpatient now: no automated message is sent.")
            }
            Code::Expired => (format!("Call {name}"), "It was too late to send it."),
            Code::Bounds => {
                (format!("Look at the messages to {name}"), "Too many automated messages are under way at once.")
            }
            _ => (format!("Call {name}"), "It may not be sent by machine."),
        };
        let reason = format!("{why}{}", out.quote(want, None));
        out.ask(want, "refused", title, reason);
    }

    /// The pathway does not speak the person's language: a person with an interpreter, never silently
    /// another language. What is not care asks once for each journey.
    fn not_spoken(&mut self, want: &Want, spoken: &str, speaks: &[String], out: &mut Out<'_>) {
        out.trace(want.intent.id, None, Code::Language, format!("language={spoken};speaks={}", speaks.join("+")));
        let known = want.journey.is_some_and(|j| self.asked_language.contains(&j));
        if clinical(want) || !known {
            out.ask_language(want, spoken, speaks);
        } else {
            out.trace(want.intent.id, None, Code::AskedBefore, String::new());
        }
        if let Some(journey) = want.journey.filter(|_| !known) {
            if self.asked_language.len() >= ASKED_MAX {
                self.asked_language.remove(0);
            }
            self.asked_language.push(journey);
        }
        out.ended(want, "refused", Code::Language);
    }

    /// Tries the rungs of a reach from `from` on: sends, holds, or ends it.
    pub(crate) fn walk(&mut self, mut reach: Reach, from: usize, out: &mut Out<'_>) {
        for at in from..reach.ladder.len() {
            let rung = reach.ladder[at];
            let id = reach.want.intent.id;
            let maybe = reach.tried(rung).any(|a| a.seen == Seen::Unknown);
            let plan = if maybe {
                Plan::Skip(Code::SentUnknown)
            } else if !disclosure::agreed(&reach.want, rung.channel, &reach.language, out.cx) {
                Plan::Skip(Code::Disclosure)
            } else {
                guards::plan(&reach.want, rung, reach.started_at, self, out.cx)
            };
            let skip = match plan {
                Plan::Go => match self.message(&reach, rung, out.cx) {
                    Ok(made) => match guards::same_words::said(&reach, made.said, self, out.cx) {
                        None => return self.send(reach, at, made, out),
                        Some(said) => return self.not_twice(reach, at, said, out),
                    },
                    Err(code) => code,
                },
                Plan::Hold(until, code) => {
                    if reach.stage != Stage::Held(until, code) {
                        let detail = self.held_because(&reach.want, rung, out.cx, (code, until));
                        out.trace(id, None, code, detail);
                    }
                    reach.rung = at as u8;
                    reach.stage = Stage::Held(until, code);
                    self.reaches.push(reach);
                    return;
                }
                Plan::Skip(code) => code,
                Plan::Refuse(code) => return self.end_refused(reach, code, out),
            };
            out.trace(id, None, skip, format!("channel={}", rung.channel.name()));
            reach.skipped.push((rung.channel, skip));
        }
        self.exhaust(reach, out);
    }

    /// The same words were said this way a short while ago. While it is not known yet that those arrived, the reach waits
    /// with them, and goes on if they did not; else the person was told, and it has no point: nobody is asked.
    fn not_twice(&mut self, mut reach: Reach, at: usize, said: Said, out: &mut Out<'_>) {
        let (id, now, channel) = (reach.want.intent.id, out.cx.now, reach.ladder[at].channel);
        let detail = format!("channel={};since={}", channel.name(), said.at);
        if self.follows(said.message) {
            if !matches!(reach.stage, Stage::Held(_, Code::SaidAlready)) {
                out.trace(id, None, Code::SaidAlready, detail);
            }
            let until = now.plus_ms(SAID_LOOK_MS).min(reach.want.intent.valid_until);
            reach.rung = at as u8;
            reach.stage = Stage::Held(until, Code::SaidAlready);
            self.reaches.push(reach);
            return;
        }
        out.trace(id, Some(said.message), Code::SaidAlready, detail);
        out.ended(&reach.want, "pointless", Code::SaidAlready);
        self.remember_ended(&reach, now);
    }

    /// The message of a rung, with its words rendered now and the ground on which it is sent.
    fn message(&self, reach: &Reach, rung: Rung, cx: &Context<'_>) -> Result<Made, Code> {
        let (want, channel, intent) = (&reach.want, rung.channel, &reach.want.intent);
        let proxy = rung.because == Because::Proxy;
        let started_at = reach.started_at;
        let mut look = Look { cx, want, channel, at: cx.now, to: None, started_at, state: self, proxy };
        let to = match proxy {
            true => guards::grant::address(&look).ok_or(Code::NoGrant)?,
            false => guards::contact::address(cx.record, self, channel).ok_or(Code::Contact)?,
        };
        look.to = Some(&to);
        // The plan was asked before anybody chose a number: what holds for this one is asked with it.
        match guards::ask(&look, true) {
            Answer::Go => {}
            Answer::NotBefore(_, code) | Answer::Reroute(code) | Answer::Refuse(code) => return Err(code),
        }
        let basis = guards::basis::of(&look)?;
        let related = if proxy { Some(guards::grant::of(&look)?) } else { None };
        let language = related::language(related, reach, cx);
        let words = cx.world.words(want, channel, &language, &to).ok_or(Code::NoWords)?;
        let again = reach.said_before(rung);
        let words = match again {
            Some(_) => settle::labelled(words, cx.rules.said_again(intent.purpose, &language).ok_or(Code::NoWords)?),
            None => words,
        };
        let words = lawful::words(words, &basis, (want, channel, &language), cx)?;
        let words = related::words(words, related, channel, &language, cx);
        let tries = reach.attempts.iter().filter(|a| a.channel == channel).count() as u8;
        let id = MessageId::of(&[&intent.id.0.bytes(), &[rung.place], &[tries]]);
        let asks = words.asks.clone();
        let said = guards::same_words::mark(&look, &words);
        let whom = related::first_name(related).unwrap_or_else(|| content::first_name(cx));
        let content = content::make(words, (channel, &language, &whom), id, cx).ok_or(Code::NoWords)?;
        let mut content = lawful::content(content, &basis, (want, id, &language), cx)?;
        content::attach(&mut content, cx.world.visit(&reach.want).as_ref(), cx);
        let message = Message {
            id,
            person: cx.person,
            journey: reach.want.journey,
            pathway: reach.want.pathway.0.clone(),
            reach: intent.id,
            words: intent.words.clone(),
            channel,
            purpose: intent.purpose,
            urgent: intent.urgent,
            site: cx.record.site.clone(),
            to,
            language,
            content,
            created_at: cx.now,
            valid_until: intent.valid_until,
            status: Status::Queued,
            status_at: cx.now,
            provider: String::new(),
            provider_id: None,
            error: None,
            cause: intent.cause.clone(),
            basis: basis.name.to_owned(),
            again,
        };
        Ok(Made { message, asks, basis, said })
    }

    fn send(&mut self, mut reach: Reach, at: usize, made: Made, out: &mut Out<'_>) {
        let Made { message, asks, basis, said } = made;
        let (now, rung) = (out.cx.now, reach.ladder[at]);
        let ground = lawful::told(&basis);
        let detail = format!("channel={};because={};{ground}", rung.channel.name(), rung.because.name());
        out.trace(reach.want.intent.id, Some(message.id), Code::Chosen, detail);
        self.remember_sent(now, rung.channel);
        if let Some(words) = said {
            self.remember_said(Said { at: now, message: message.id, words });
        }
        if rung.channel == Channel::Sms && rung.because != Because::Proxy {
            self.texted(&reach.want, asks.as_ref(), now);
        }
        if reach.want.confirms_stop && rung.channel == Channel::Sms {
            self.stop = Some(Stop { at: self.stop.map_or(now, |s| s.at), confirmed: true });
        }
        let task = reach.want.intent.bindings.iter().find(|(_, kind, _)| *kind == Kind::Task);
        if let Some((_, _, task)) = task {
            self.task = Some(task.clone());
        }
        let to = message.to.clone();
        reach.attempts.push(Attempt { message: message.id, channel: rung.channel, to, at: now, seen: Seen::Queued });
        reach.rung = at as u8;
        reach.stage = Stage::Sent(now.plus_ms(rung.ms.max(1)));
        out.acts.push(Act::Send(Box::new(message)));
        self.reaches.push(reach);
    }

    /// Ends a reach that is under way because a guard refuses the whole of it.
    fn end_refused(&mut self, reach: Reach, code: Code, out: &mut Out<'_>) {
        if code == Code::Expired {
            return self.exhaust(reach, out);
        }
        self.refuse(&reach.want, code, out);
        self.remember_ended(&reach, out.cx.now);
    }

    /// No rung is left, or no time: nothing clinical vanishes.
    fn exhaust(&mut self, reach: Reach, out: &mut Out<'_>) {
        let want = &reach.want;
        let tried = reach.attempts.iter().any(|a| a.seen != Seen::Withdrawn);
        let blocked = |codes: &[Code]| reach.skipped.iter().any(|(_, code)| codes.contains(code));
        let (how, because) = if out.cx.now >= want.intent.valid_until {
            ("expired", Code::Expired)
        } else if tried {
            ("exhausted", Code::Exhausted)
        } else if blocked(&[Code::Cap]) {
            ("refused", Code::Cap)
        } else if blocked(&[Code::QuietHours]) {
            ("expired", Code::QuietHours)
        } else {
            ("refused", reach.skipped.last().map_or(Code::NoWords, |(_, code)| *code))
        };
        let channels: Vec<&str> = reach.attempts.iter().map(|a| a.channel.name()).collect();
        let detail = match because {
            Code::Expired => format!("until={}", want.intent.valid_until),
            Code::Exhausted => format!("tried={}", channels.join("+")),
            code => format!("because={}", code.name()),
        };
        let code = if because == Code::Expired || because == Code::Exhausted { because } else { Code::Refused };
        out.trace(want.intent.id, None, code, detail);
        if clinical(want) {
            let name = content::first_name(out.cx);
            let (ask, title) = if tried {
                ("unreachable", format!("Call {name}: automated messages did not reach them"))
            } else if blocked(&[
                Code::Stop,
                Code::Consent,
                Code::Disclosure,
                Code::Paused,
                Code::Halted,
                Code::Contact,
                Code::Landline,
                Code::Confidential,
                Code::NoBasis,
                Code::NoGrant,
                Code::NoAddress,
                Code::TooLong,
                Code::Deaf,
                Code::NoSmartphone,
                Code::NoWords,
                Code::Landline,
                Code::PremiumNumber,
                Code::SatelliteNumber,
                Code::PagerNumber,
                Code::ForeignNumber,
            ]) {
                ("nothing_left", format!("Call {name}: no automated way is left"))
            } else {
                ("refused", format!("Call {name}: it could not be sent in time"))
            };
            let reason = format!("{}{}", out.story(&reach), out.quote(want, Some(&reach.language)));
            out.ask(want, ask, title, reason.trim().to_owned());
        }
        out.ended(want, how, because);
        self.remember_ended(&reach, out.cx.now);
    }

    /// A reach arrived. A mail may still come back: then the reach goes on.
    pub(crate) fn arrived(&mut self, mut reach: Reach, channel: Channel, may_come_back: bool, out: &mut Out<'_>) {
        let want = &reach.want;
        out.trace(want.intent.id, None, Code::Delivered, format!("channel={}", channel.name()));
        out.ended(want, "delivered", Code::Delivered);
        let more = usize::from(reach.rung) + 1 < reach.ladder.len();
        if may_come_back && (more || reach.clinical()) {
            let validity = reach.want.intent.valid_until;
            let until = if reach.clinical() { validity.max(out.cx.now.plus_ms(BOUNCE_LATE_MS)) } else { validity };
            reach.stage = Stage::Settled(until);
            self.reaches.push(reach);
        } else {
            self.remember_ended(&reach, out.cx.now);
        }
    }

    /// Takes back what of a reach is still in the outbox.
    pub(crate) fn take_back(&mut self, reach: &mut Reach, because: &str, out: &mut Out<'_>) -> bool {
        let Some(attempt) = reach.queued().cloned() else { return false };
        out.acts.push(Act::Withdraw(attempt.message));
        out.trace(reach.want.intent.id, Some(attempt.message), Code::Withdrawn, format!("because={because}"));
        self.forget_sent(attempt.at, attempt.channel);
        self.forget_said(attempt.message);
        if let Some(last) = reach.attempts.last_mut() {
            last.seen = Seen::Withdrawn;
        }
        true
    }

    /// Time went on: reaches whose time has come, what matters most first.
    pub(crate) fn go_on(&mut self, out: &mut Out<'_>) {
        let now = out.cx.now;
        self.prune(out.cx);
        self.recheck(out);
        let (mut due, rest): (Vec<Reach>, Vec<Reach>) =
            std::mem::take(&mut self.reaches).into_iter().partition(|r| r.due().is_some_and(|at| at <= now));
        self.reaches = rest;
        due.sort_by_key(|r| (!r.want.intent.urgent, r.want.intent.purpose, r.started_at));
        for reach in due {
            match reach.stage {
                Stage::Sent(_) => self.timed_out(reach, out),
                Stage::Held(..) | Stage::Settled(_) => {
                    let rung = usize::from(reach.rung);
                    self.walk(reach, rung, out);
                }
            }
        }
    }

    /// The time of a rung is over without a receipt that it arrived.
    fn timed_out(&mut self, mut reach: Reach, out: &mut Out<'_>) {
        // What is with a provider this moment cannot be taken back: it may leave.
        if reach.queued().is_some_and(|a| out.cx.world.sending(a.message))
            && let Some(last) = reach.attempts.last_mut()
        {
            last.seen = Seen::Unknown;
            // Should nobody take it after all, it is not sent later: the ladder has gone on.
            out.acts.push(Act::Withdraw(last.message));
        }
        let unknown = reach.current().is_some_and(|a| a.seen == Seen::Unknown);
        self.take_back(&mut reach, "timeout", out);
        let channel = reach.ladder.get(usize::from(reach.rung)).map_or("", |r| r.channel.name());
        out.trace(reach.want.intent.id, None, Code::Timeout, format!("channel={channel}"));
        if unknown && !reach.clinical() {
            // At most once: what does not matter that much is not said twice.
            return self.exhaust(reach, out);
        }
        let next = usize::from(reach.rung) + 1;
        self.walk(reach, next, out);
    }

    /// Something about the person changed, or time went on: what waits is looked at again.
    pub(crate) fn recheck(&mut self, out: &mut Out<'_>) {
        for mut reach in std::mem::take(&mut self.reaches) {
            let rung = usize::from(reach.rung);
            if matches!(reach.stage, Stage::Held(at, _) if at > out.cx.now) {
                self.walk(reach, rung, out);
                continue;
            }
            let Some(queued) = reach.queued() else {
                self.reaches.push(reach);
                continue;
            };
            let look = Look {
                cx: out.cx,
                want: &reach.want,
                channel: queued.channel,
                at: out.cx.now,
                to: Some(&queued.to),
                started_at: reach.started_at,
                state: self,
                proxy: reach.ladder.get(rung).is_some_and(|r| r.because == Because::Proxy),
            };
            // Who agreed to hear of health this way may have taken it back since: what waits goes another way.
            let agreed = disclosure::agreed(&reach.want, queued.channel, &reach.language, out.cx);
            let answer = if agreed { guards::ask(&look, true) } else { Answer::Reroute(Code::Disclosure) };
            match answer {
                Answer::Go => self.reaches.push(reach),
                // It is with a provider this moment: its receipt will say what came of it.
                Answer::NotBefore(_, Code::Halted) | Answer::Reroute(Code::Halted)
                    if out.cx.world.sending(queued.message) =>
                {
                    self.reaches.push(reach);
                }
                // It has not left, and its hour is over: it is held, or goes another way.
                Answer::NotBefore(_, code) => {
                    self.take_back(&mut reach, code.name(), out);
                    self.walk(reach, rung, out);
                }
                Answer::Refuse(code) => {
                    self.take_back(&mut reach, code.name(), out);
                    self.end_refused(reach, code, out);
                }
                Answer::Reroute(code) => {
                    self.take_back(&mut reach, code.name(), out);
                    reach.skipped.push((reach.ladder[rung].channel, code));
                    self.walk(reach, rung + 1, out);
                }
            }
        }
    }

    /// The values of a hold's trace.
    fn held_because(&self, want: &Want, rung: Rung, cx: &Context<'_>, (code, until): (Code, At)) -> String {
        let proxy = rung.because == Because::Proxy;
        match code {
            Code::QuietHours => {
                let (from, to) = guards::quiet_hours::shown(want, rung.channel, proxy, self, cx);
                format!("until={until};quiet={:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
            }
            Code::Cap => {
                let (started_at, channel) = (cx.now, rung.channel);
                let look = Look { cx, want, channel, at: cx.now, to: None, started_at, state: self, proxy };
                let exempt = guards::basis::of(&look).is_ok_and(|b| b.name == guards::basis::EXEMPTION);
                let limit = if exempt { cx.rules.law.exemption.day } else { cx.rules.caps_rings.day };
                format!("until={until};limit={limit}")
            }
            _ => format!("until={until}"),
        }
    }
}

/// Whether a refusal is about the confirmation of a STOP: nobody is called for that.
fn confirms(code: Code) -> bool {
    matches!(code, Code::StopConfirmed | Code::ConfirmationLate)
}

/// A message that was made, what it asks, and on what ground it is sent.
struct Made {
    message: Message,
    asks: Option<Asks>,
    basis: Basis,
    /// By what its words are known again; `None` where they may be said at any time.
    said: Option<u64>,
}
