//! A reply from a number that is on the records of several people: nobody guesses whose it is.
//!
//! The hub brings it to the number's own line, with those whose number it is (`candidates`, the one that the directory
//! names first). There it is understood as the words of nobody in particular: a danger and a question become a prompt, and
//! nothing of anybody's record is told or changed. What must hold for all of them is passed on: a STOP ends automated
//! texts and calls to each (one of them confirms it, once), and who says that the number is wrong is heard where the
//! directory says. A START begins nothing for anybody: a person decides for whom.

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
    let all = reply.body.get("candidates").and_then(|c| c.as_array());
    let ids = all.into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok());
    ids.take(CANDIDATES_MAX).collect()
}

/// Those who allowed that their matters be told at the number that a reply came from, as the hub found them. The number
/// is not theirs, and what is said from it is none of their words.
fn related(reply: &Fact) -> Vec<PersonId> {
    let all = reply.body.get("related").and_then(|c| c.as_array());
    let ids = all.into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok());
    ids.take(CANDIDATES_MAX).collect()
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
        let Some(from) = reply.text("from").filter(|from| !from.is_empty()).map(place) else { return };
        let here = self.line.person;
        for other in related(reply).into_iter().filter(|p| *p != here) {
            let body = json!({"value": from, "status": status, "by": "reply"});
            let said = Fact::own("contact.disabled", &reply.id.to_string(), other, self.now, body).because(reply.id);
            self.hand(other, said.by(reply.actor.clone()));
        }
    }
}

/// The directory key under which a number of many people is known to want nothing automated.
pub fn stopped_key(value: &str) -> Id {
    model::inbox::key("stopped", value)
}

impl Turn<'_> {
    /// Who rang from a shared number and wants no more automated calls and texts: it holds for all of them.
    pub(crate) fn stop_shared(&mut self, rang: &Fact) {
        if rang.kind != crate::rang::RECEIVED || rang.text("wants") != Some("stop") {
            return;
        }
        self.stop_number(rang);
        let own = self.line.person;
        for person in candidates(rang).into_iter().filter(|p| *p != own) {
            self.hand_stop(person, rang);
        }
    }

    /// A STOP from a number of more people than it is passed on to closes the number for what is automated, for all of
    /// them: whoever sends asks for the key. It is open again when staff say that the number is right; a START
    /// from it opens nothing, for it does not say for whom, and the STOP is not on everybody's own record.
    fn stop_number(&mut self, said: &Fact) {
        if let Some(from) = said.text("from").filter(|from| said.flag("more") == Some(true) && !from.is_empty()) {
            self.batch.claims.push(Claim { key: stopped_key(from), held: true });
        }
    }

    fn hand_stop(&mut self, to: PersonId, said: &Fact) {
        for channel in [Channel::Sms, Channel::Voice, Channel::Voicemail] {
            let key = format!("{}:{}", said.id, channel.name());
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
        let body = json!({"class": PASSED_ON, "was": class, "text": reply.text("text"), "channel": reply.text("channel"),
            "from": reply.text("from"), "reply": reply.id});
        let said = Fact::own("reply.classified", &reply.id.to_string(), self.line.person, self.now, body);
        Some(vec![said.because(reply.id).by(reply.actor.clone())])
    }
}
