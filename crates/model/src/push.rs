//! Devices that show a person's notifications (the W3C's Push API): where each is written to, and with which keys.
//!
//! Invariants: the endpoint and the keys are a secret of the device: whoever has them can write to it. No `Debug` shows
//! them; what is told of a device elsewhere (a message's `to`, a log) is its [`Device::id`].

use crate::Id;
use serde::{Deserialize, Serialize};

/// Devices of one person; a new one takes the place of the oldest.
pub const DEVICES_MAX: usize = 5;
/// The longest endpoint, bytes. Push services use 150 to 500.
pub const ENDPOINT_MAX: usize = 1024;
/// Letters of a P-256 point (65 bytes) in base64url without padding.
const POINT_LETTERS: usize = 87;
/// Letters of the secret of authentication (16 bytes, RFC 8291 section 3.2).
const AUTH_LETTERS: usize = 22;
/// Letters of a device's id.
const ID_DIGITS: usize = 12;
/// Between the ids of several devices.
const BETWEEN: &str = "+";

/// A device, as its browser described it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Where the push service takes what is for it.
    pub endpoint: String,
    /// Its public key, base64url.
    pub p256dh: String,
    /// Its secret of authentication, base64url.
    pub auth: String,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Device({})", self.id())
    }
}

impl Device {
    /// A device whose parts look as they should; `None` otherwise.
    pub fn read(endpoint: &str, p256dh: &str, auth: &str) -> Option<Self> {
        let whole = |text: &str, letters: usize| {
            text.len() == letters && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        let address = endpoint.len() <= ENDPOINT_MAX && endpoint.bytes().all(|b| b.is_ascii_graphic());
        let good = address && endpoint.contains("://") && whole(p256dh, POINT_LETTERS) && whole(auth, AUTH_LETTERS);
        good.then(|| Self { endpoint: endpoint.into(), p256dh: p256dh.into(), auth: auth.into() })
    }

    /// What it is called where its address must not be seen.
    pub fn id(&self) -> String {
        id_of(&self.endpoint)
    }
}

/// The id of the device at an endpoint.
pub fn id_of(endpoint: &str) -> String {
    let mut id = Id::of(&[b"push_device", endpoint.as_bytes()]).to_string();
    id.truncate(ID_DIGITS);
    id
}

/// What stands in a message's `to`: the ids of its devices.
pub fn to(devices: &[Device]) -> String {
    devices.iter().map(Device::id).collect::<Vec<_>>().join(BETWEEN)
}

/// Whether each device that a message's `to` names is among these.
pub fn has_all(devices: &[Device], to: &str) -> bool {
    !to.is_empty() && to.split(BETWEEN).all(|id| devices.iter().any(|d| d.id() == id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str) -> Device {
        Device::read(&format!("https://push.example/{name}"), &"B".repeat(87), &"a".repeat(22)).expect("a device")
    }

    #[test]
    fn a_device_is_read_whole_or_not_at_all() {
        let (key, auth) = ("B".repeat(87), "a".repeat(22));
        assert!(Device::read("https://push.example/1", &key, &auth).is_some());
        for (endpoint, key, auth) in [
            ("", key.as_str(), auth.as_str()),
            ("push.example", &key, &auth),
            ("https://push.example/a b", &key, &auth),
            ("https://push.example/\n", &key, &auth),
            ("https://push.example/1", &key[1..], &auth),
            ("https://push.example/1", &key, &auth[1..]),
            ("https://push.example/1", &key, "aaaaaaaaaaaaaaaaaaaaa="),
        ] {
            assert!(Device::read(endpoint, key, auth).is_none(), "{endpoint}");
        }
        assert!(Device::read(&format!("https://p/{}", "x".repeat(ENDPOINT_MAX)), &key, &auth).is_none());
    }

    #[test]
    fn what_is_told_of_a_device_is_its_id_alone() {
        let (one, other) = (device("one"), device("other"));
        assert_eq!(format!("{one:?}"), format!("Device({})", one.id()));
        assert!(one.id() != other.id() && one.id().len() == ID_DIGITS);
        let both = [one.clone(), other];
        assert!(has_all(&both, &to(&both)) && has_all(&both, &one.id()));
        assert!(!has_all(&both[..1], &to(&both)) && !has_all(&both, ""));
    }
}
