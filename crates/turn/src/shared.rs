//! A reply from a number that is on the records of several people: nobody guesses whose it is.
//!
//! The hub brings it to the number's own line, with those whose number it is (`candidates`, the one that the directory
//! names first). There it is understood as the words of nobody in particular: a danger and a question become a prompt, and
//! nothing of anybody's record is told or changed. What must hold for all of them is passed on: a STOP ends automated
//! texts and calls to each (one of them confirms it, once), and who says that the number is wrong is heard where the
//! directory says. A START begins nothing for anybody: a person decides for whom. Key 9 in a call of ours is a STOP of all
//! whose number it is, too: the call says so itself, and nobody is told of anybody else.

use crate::turn::Turn;
use model::{Channel, Claim, Fact, FactId, Id, PersonId};
use outreach::Class;
use serde_json::json;

/// People that one number may be of; of more, a STOP closes the number itself, and the rest is looked for by hand.
pub const CANDIDATES_MAX: usize = 16;
/// What the class of a reply is called that was passed on.
const PASSED_ON: &str = "passed_on";

/// Those whose number it may be, as the hub found them; nothing when it is one person's.
pub fn candidates(reply: &Fact) -> Vec<PersonId> {
    if reply.flag("shared") != Some(true) {
        return Vec::new();
    }
    people(reply, "candidates")
}

fn people(said: &Fact, of: &str) -> Vec<PersonId> {
    let all = said.body.get(of).and_then(|c| c.as_array());
    let ids = all.into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok());
    ids.take(CANDIDATES_MAX).collect()
}

/// Those who allowed that their matters be told at the number that a reply came from, as the hub found them. The number
/// is not theirs, and what is said from it is none of their words.
fn related(reply: &Fact) -> Vec<PersonId> {
    people(reply, "related")
}

/// A number as it is, an address as records have it.
pub(crate) fn place(from: &str) -> String {
    if from.contains('@') { from.to_lowercase() } else { from.to_owned() }
}

impl Turn<'_> {
    /// A STOP, and that a number is wrong, hold for every line on which a grant names the number: it is closed there,
    /// and the person's own ways are not.
    pub(crate) fn refused_by_related(&mut self, reply: &Fact, class: Class) {
        let status = match class {
            Class::Stop => "ended",
            Class::WrongNumber => "wrong",
            _ => return,
        };
        let Some(from) = number(reply).map(place) else { return };
        let here = self.line.person;
        for other in related(reply).into_iter().filter(|p| *p != here) {
            let call = reply.text("message").filter(|_| is_stop_in_call(reply));
            let (by, once) =
                call.map_or_else(|| ("reply", reply.id.to_string()), |call| ("key 9", format!("{call}:9")));
            let body = json!({"value": from, "status": status, "by": by});
            let said = Fact::own("contact.disabled", &once, other, self.now, body).because(reply.id);
            self.hand(other, said.by(reply.actor.clone()));
        }
    }
}

/// The directory key under which a number of many people is known to want nothing automated.
pub fn stopped_key(value: &str) -> Id {
    model::inbox::key("stopped", value)
}

/// The number that a reply came from, or that a call of ours rang.
fn number(said: &Fact) -> Option<&str> {
    said.text("from").or_else(|| said.text("number")).filter(|number| !number.is_empty())
}

/// Whether somebody wants no more automated calls and texts, by a key in a call of ours.
pub fn is_stop_in_call(fact: &Fact) -> bool {
    let marks = || fact.body.get("marks").and_then(|marks| marks.as_array()).into_iter().flatten();
    matches!(fact.kind.as_str(), "call.heard" | "call.ended") && marks().any(|mark| mark.as_str() == Some("opt_out"))
}

impl Turn<'_> {
    /// Who rang from a shared number, or was rung there, and wants no more automated calls and texts: it holds for all
    /// whose number it is.
    pub(crate) fn stop_shared(&mut self, said: &Fact) {
        let rang = said.kind == crate::rang::RECEIVED && said.text("wants") == Some("stop");
        let in_call = is_stop_in_call(said);
        if !rang && !in_call {
            return;
        }
        if in_call {
            self.refused_by_related(said, Class::Stop);
        }
        self.stop_number(said);
        self.hand_stop_to(candidates(said), said);
        self.stop_also(said);
    }

    /// A STOP beside a danger, from a number of several people: the danger stays on the number's own line, the STOP holds
    /// for all whose number it is.
    pub(crate) fn stop_candidates(&mut self, said: &Fact) {
        self.stop_number(said);
        self.hand_stop_to(candidates(said), said);
    }

    fn hand_stop_to(&mut self, people: Vec<PersonId>, said: &Fact) {
        let own = self.line.person;
        people.into_iter().filter(|p| *p != own).for_each(|person| self.hand_stop(person, said));
    }

    /// A STOP of somebody of whom there are probably two records, which nobody has merged yet, holds on both.
    pub(crate) fn stop_also(&mut self, said: &Fact) {
        self.hand_stop_to(people(said, "also"), said);
    }

    /// A STOP from a number of more people than it is passed on to closes the number for what is automated, for all of
    /// them: whoever sends asks for the key. It is open again when staff say that the number is right; a START
    /// from it opens nothing, for it does not say for whom, and the STOP is not on everybody's own record.
    fn stop_number(&mut self, said: &Fact) {
        if let Some(number) = number(said).filter(|_| said.flag("more") == Some(true)) {
            self.batch.claims.push(Claim { key: stopped_key(number), held: true });
        }
    }

    fn hand_stop(&mut self, to: PersonId, said: &Fact) {
        // A key is told while the call goes on, and again with its end: it is one STOP.
        let call = said.text("message").filter(|_| is_stop_in_call(said));
        let once = call.map_or_else(|| said.id.to_string(), str::to_owned);
        // As on their own record: by mail it ends mail, too.
        let mail = (said.text("channel") == Some(Channel::Email.name())).then_some(Channel::Email);
        for channel in [Channel::Sms, Channel::Voice, Channel::Voicemail].into_iter().chain(mail) {
            let key = format!("{once}:{}", channel.name());
            let body = json!({"channel": channel.name(), "allowed": false, "basis": "STOP"});
            let fact = Fact::own("consent.changed", &key, to, self.now, body).because(said.id);
            self.hand(to, fact.by(said.actor.clone()));
        }
    }

    /// What a reply from a shared number makes of its class; the facts that end it here when it was passed on.
    pub(crate) fn understand_shared(&mut self, reply: &Fact, class: Class) -> Option<Vec<Fact>> {
        let candidates: Vec<PersonId> = candidates(reply).into_iter().filter(|p| *p != self.line.person).collect();
        let (first, rest) = candidates.split_first()?;
        if !matches!(class, Class::Stop | Class::WrongNumber) {
            return None;
        }
        let mut heard = reply.clone();
        heard.id = FactId::of(&[b"shared", &reply.id.0.bytes(), &first.0.bytes()]);
        heard.cause = Some(reply.id.to_string());
        if let Some(body) = heard.body.as_object_mut() {
            body.remove("shared");
            body.remove("candidates");
            body.remove("more");
        }
        self.hand(*first, heard);
        if class == Class::Stop {
            self.stop_number(reply);
        }
        for other in rest.iter().filter(|_| class == Class::Stop) {
            self.hand_stop(*other, reply);
        }
        let body = json!({"class": PASSED_ON, "was": class, "text": crate::replies::with_files(reply.text("text").unwrap_or_default(), reply),
            "channel": reply.text("channel"),
            "from": reply.text("from"), "reply": reply.id});
        let said = Fact::own("reply.classified", &reply.id.to_string(), self.line.person, self.now, body);
        Some(vec![said.because(reply.id).by(reply.actor.clone())])
    }
}
