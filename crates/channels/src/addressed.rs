//! Whether a message is one of its channel: the content fits, and the recipient is a number, an address or devices.

use model::Channel;
use model::message::{Content, Message};
use model::push;

/// Digits of the shortest number that is one.
const DIGITS_MIN: usize = 3;

/// Whether content and recipient are those of the channel.
pub(crate) fn fits(message: &Message) -> bool {
    match (message.channel, &message.content) {
        (Channel::Sms, Content::Sms { .. })
        | (Channel::Email, Content::Email { .. })
        | (Channel::Voice, Content::Voice { .. })
        | (Channel::Voicemail, Content::Voicemail { .. }) => sane(message.channel, &message.to),
        (Channel::Push, Content::Push { devices, .. }) => {
            !devices.is_empty() && devices.len() <= push::DEVICES_MAX && push::to(devices) == message.to
        }
        _ => false,
    }
}

/// Whether it is an address, or else a number.
pub(crate) fn sane(channel: Channel, to: &str) -> bool {
    match channel {
        Channel::Email => to.contains('@') && !to.chars().any(|c| c.is_control() || c.is_whitespace()),
        _ => to.strip_prefix('+').is_some_and(|d| d.len() >= DIGITS_MIN && d.bytes().all(|b| b.is_ascii_digit())),
    }
}
