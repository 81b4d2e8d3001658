//! What mail alone brings: answers that a machine wrote, complaints, and a STOP by mail.
//!
//! Deliberately absent: how either is recognised (a provider says so), and what a bounce means: that is a failed
//! message like any other.

use crate::turn::Turn;
use model::{Actor, Channel, Fact};
use serde_json::json;

/// Whether a machine wrote a reply (RFC 3834): it is kept, answers nothing, prompts nobody and is never answered. It
/// says nothing of the person, not even that they were reached.
pub(crate) fn is_auto(fact: &Fact) -> bool {
    fact.kind == "reply.received" && fact.flag("auto") == Some(true)
}

/// Whether the trusted mail server found that a mail is not from whom it says.
pub(crate) fn is_doubted(fact: &Fact) -> bool {
    fact.kind == "reply.received" && fact.text("authentic") == Some("fail")
}

impl Turn<'_> {
    /// Who answers a mail with STOP wants no more mail either (CAN-SPAM, 15 USC 7704(a)(3): an answer is a way out); what
    /// a STOP means for texts and calls is the same wherever it is said.
    pub(crate) fn stopped_by_mail(&self, reply: &Fact) -> Option<Fact> {
        if reply.text("channel") != Some(Channel::Email.name()) {
            return None;
        }
        let body = json!({"channel": Channel::Email.name(), "allowed": false, "basis": "STOP"});
        let key = format!("{} mail", reply.id);
        Some(self.say("consent.changed", &key, body, Some(reply.id.to_string())).by(Actor::Patient))
    }

    /// Who calls a mail unwanted gets none any more, as if they had used the way out that it offers. A related person
    /// (the hub says that it went to one, and where) ends it for their own address.
    pub(crate) fn refused_by_complaint(&self, complaint: &Fact) -> Fact {
        let to = complaint.text("to").filter(|to| complaint.flag("proxy") == Some(true) && !to.is_empty());
        if let Some(to) = to {
            let body = json!({"value": to, "status": "ended", "by": "complaint"});
            let key = format!("complaint {}", complaint.text("message").unwrap_or_default());
            return self.say("contact.disabled", &key, body, Some(complaint.id.to_string()));
        }
        let body = json!({"channel": Channel::Email.name(), "allowed": false, "basis": "complaint"});
        let key = format!("complaint {}", complaint.text("message").unwrap_or_default());
        self.say("consent.changed", &key, body, Some(complaint.id.to_string())).by(Actor::Patient)
    }
}
