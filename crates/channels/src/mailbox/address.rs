//! The addresses that mails come back to: each names its attempt and is signed.
//!
//! `b+{person}{message}{mac}@clinic.example`: two ids of 26 characters and a MAC of eight, in an alphabet without
//! case, because some servers lose the case of an address. The part before the `@` may have 64 octets (RFC 5321
//! section 4.5.3.1.1), which leaves three for what stands before the `+`.

use lettre::address::Address;
use model::{Id, MessageId, PersonId, link};

/// Characters of an id.
const ID: usize = 26;
/// Characters of the MAC: 40 bits. Guessing one takes as many mails as the listener takes in years.
const MAC: usize = 8;
/// The most characters before the `+`.
pub(crate) const LOCAL_MAX: usize = 3;

/// A message and whose it is.
pub(crate) type Attempt = (PersonId, MessageId);

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Bounces, complaints, and what answers a machine.
    Bounce,
    /// What people write.
    Reply,
}

impl Use {
    fn name(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Reply => "reply",
        }
    }
}

/// An address of ours that a mail came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ours {
    /// What for.
    pub r#use: Use,
    /// The attempt that it names; `None` for the address without a token.
    pub attempt: Option<Attempt>,
}

/// The addresses that there are.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Addresses {
    /// Where bounces go.
    pub bounce: Option<Address>,
    /// Where replies go.
    pub reply: Option<Address>,
    /// What they are signed with.
    pub secret: crate::Secret,
}

impl Addresses {
    /// The envelope sender of a mail: where it bounces to.
    pub(crate) fn bounce_to(&self, attempt: Attempt) -> Option<Address> {
        self.signed(self.bounce.as_ref()?, Use::Bounce, attempt)
    }

    /// Where an answer to a mail goes.
    pub(crate) fn reply_to(&self, attempt: Attempt) -> Option<Address> {
        self.signed(self.reply.as_ref()?, Use::Reply, attempt)
    }

    fn signed(&self, base: &Address, r#use: Use, attempt: Attempt) -> Option<Address> {
        Address::new(format!("{}+{}", base.user(), self.token(r#use.name(), attempt)?), base.domain()).ok()
    }

    /// The token of an attempt in a header, by which a mail is known again when it is sent back.
    pub(crate) fn mark(&self, attempt: Attempt) -> Option<String> {
        self.token("mark", attempt)
    }

    /// The attempt that a header names.
    pub(crate) fn marked(&self, token: &str) -> Option<Attempt> {
        self.attempt("mark", token.trim())
    }

    fn token(&self, r#use: &str, (person, message): Attempt) -> Option<String> {
        let secret = self.secret.reveal();
        (!secret.is_empty()).then(|| format!("{person}{message}{}", mac(secret, r#use, person, message)))
    }

    fn attempt(&self, r#use: &str, token: &str) -> Option<Attempt> {
        let token = token.to_ascii_lowercase();
        if token.len() != 2 * ID + MAC || !token.is_ascii() || self.secret.is_empty() {
            return None;
        }
        let person: PersonId = token[..ID].parse().ok()?;
        let message: MessageId = token[ID..2 * ID].parse().ok()?;
        let wanted = mac(self.secret.reveal(), r#use, person, message);
        link::same(wanted.as_bytes(), &token.as_bytes()[2 * ID..]).then_some((person, message))
    }

    /// Whether an address is one of ours: with a token that we signed, or with none at all.
    pub(crate) fn known(&self, address: &str) -> Option<Ours> {
        let (local, domain) = address.rsplit_once('@')?;
        let (name, token) = local.split_once('+').map_or((local, None), |(name, token)| (name, Some(token)));
        let both = [(Use::Bounce, &self.bounce), (Use::Reply, &self.reply)];
        both.into_iter().find_map(|(r#use, base)| {
            let base = base.as_ref()?;
            if !(base.user().eq_ignore_ascii_case(name) && base.domain().eq_ignore_ascii_case(domain)) {
                return None;
            }
            match token {
                None => Some(Ours { r#use, attempt: None }),
                Some(token) => Some(Ours { r#use, attempt: Some(self.attempt(r#use.name(), token)?) }),
            }
        })
    }
}

fn mac(secret: &str, r#use: &str, person: PersonId, message: MessageId) -> String {
    let full = link::hmac_sha256(secret.as_bytes(), format!("mail|{use}|{person}|{message}").as_bytes());
    // The last characters of an id are its last bits, five each.
    let text = Id::from_bytes(&full[..16]).unwrap_or_default().to_string();
    text[ID - MAC..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(secret: &str) -> Addresses {
        Addresses {
            bounce: "b@Mail.clinic.example".parse().ok(),
            reply: "r@mail.clinic.example".parse().ok(),
            secret: crate::Secret::new(secret),
        }
    }

    #[test]
    fn an_address_names_one_attempt_for_one_use_and_cannot_be_made_by_others() {
        let (ours, others) = (addresses("secret"), addresses("other"));
        let attempt = (PersonId::of(&[b"david"]), MessageId::of(&[b"mail"]));
        let bounce = ours.bounce_to(attempt).expect("an address");
        let reply = ours.reply_to(attempt).expect("an address");
        assert!(bounce.user().len() <= 64, "{bounce}");
        assert_eq!(ours.known(bounce.as_ref()), Some(Ours { r#use: Use::Bounce, attempt: Some(attempt) }));
        assert_eq!(ours.known(reply.as_ref()), Some(Ours { r#use: Use::Reply, attempt: Some(attempt) }));
        let shouted = AsRef::<str>::as_ref(&reply).to_uppercase();
        assert_eq!(ours.known(&shouted).and_then(|o| o.attempt), Some(attempt), "case may be lost on the way");
        assert_eq!(others.known(bounce.as_ref()), None);
        let swapped = AsRef::<str>::as_ref(&bounce).replacen('b', "r", 1);
        assert_eq!(ours.known(&swapped), None, "a bounce's token is no reply's");
        let other =
            AsRef::<str>::as_ref(&bounce).replace(&attempt.0.to_string(), &PersonId::of(&[b"katie"]).to_string());
        assert_eq!(ours.known(&other), None, "the person is signed");
        assert_eq!(ours.known("R@mail.clinic.example"), Some(Ours { r#use: Use::Reply, attempt: None }));
        for bad in ["", "@", "r", "r+@mail.clinic.example", "x@mail.clinic.example", "r@clinic.example", "r+ñ@x"] {
            assert_eq!(ours.known(bad), None, "{bad}");
        }
        assert_eq!(addresses("").bounce_to(attempt), None, "no secret, no addresses");
        assert_eq!(ours.marked(&ours.mark(attempt).expect("a mark")), Some(attempt));
    }
}
