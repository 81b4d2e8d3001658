//! Passkeys (WebAuthn) as a second factor: where they work, and both of their ceremonies.
//!
//! A passkey belongs to the name of a site, so the hub's public address decides: a name under https, or `localhost`.
//! A browser refuses an address of numbers; a hub on a loopback address offers passkeys to who opens it as `localhost`.

use super::digest;
use super::factor::{Factors, Key};
use crate::fault::Fault;
use crate::{Account, Shared};
use axum::http::HeaderMap;
use axum::http::header::HOST;
use webauthn_rs::prelude::*;
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// Whether passkeys can be used by this browser, as it reached us.
pub(crate) enum Usable {
    /// Yes.
    Here(Box<Webauthn>),
    /// When the hub is opened at this address.
    At(String),
    /// Not until the hub's public address is a name under https.
    Never,
}

/// The address that passkeys are bound to, of the hub's public one.
fn origin(base_url: &str) -> Option<Url> {
    let mut url = Url::parse(base_url).ok()?;
    url.set_path("");
    let host = url.host_str()?.to_owned();
    if host == "127.0.0.1" || host == "[::1]" {
        url.set_host(Some("localhost")).ok()?;
        return Some(url);
    }
    let named = host.contains(|c: char| c.is_ascii_alphabetic()) && !host.starts_with('[');
    let safe = url.scheme() == "https" || host == "localhost";
    (named && safe).then_some(url)
}

/// Where passkeys stand for this request.
pub(crate) fn usable(shared: &Shared, headers: &HeaderMap) -> Usable {
    let clinic = &shared.app.hub.settings().clinic;
    let Some(origin) = origin(&clinic.base_url) else { return Usable::Never };
    let name = origin.host_str().unwrap_or_default();
    if origin.scheme() == "http" {
        let port = origin.port().map_or_else(String::new, |p| format!(":{p}"));
        let here = format!("{name}{port}");
        if headers.get(HOST).is_none_or(|h| h.as_bytes() != here.as_bytes()) {
            return Usable::At(format!("http://{here}"));
        }
    }
    let built = WebauthnBuilder::new(name, &origin).and_then(|b| b.rp_name(&clinic.name).build());
    built.map_or(Usable::Never, |w| Usable::Here(Box::new(w)))
}

/// The handle of an account: stable, and it says nothing about whom.
fn handle(account: &str) -> Uuid {
    let mut bytes = [0u8; 16];
    let hash = digest(&format!("passkey {account}"));
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    Uuid::from_bytes(bytes)
}

/// Begins to make one: what the browser is asked, and what is kept here.
pub(crate) fn make(
    webauthn: &Webauthn,
    account: &Account,
    factors: &Factors,
) -> Result<(CreationChallengeResponse, PasskeyRegistration), Fault> {
    let known = factors.passkeys.iter().map(|k| k.passkey.cred_id().clone()).collect();
    let begun =
        webauthn.start_passkey_registration(handle(&account.name), &account.name, &account.display, Some(known));
    begun.map_err(refused)
}

/// Begins to ask for one.
pub(crate) fn ask(
    webauthn: &Webauthn,
    factors: &Factors,
) -> Result<(RequestChallengeResponse, PasskeyAuthentication), Fault> {
    let known: Vec<Passkey> = factors.passkeys.iter().map(|k| k.passkey.clone()).collect();
    webauthn.start_passkey_authentication(&known).map_err(refused)
}

/// The passkey that a browser made; `None` when its answer is not right.
pub(crate) fn made(webauthn: &Webauthn, answer: &str, state: &PasskeyRegistration) -> Option<Passkey> {
    let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).ok()?;
    webauthn.finish_passkey_registration(&answer, state).map_err(refused).ok()
}

/// Whether a browser's answer is right; the counter of the passkey that gave it goes on.
pub(crate) fn answered(
    webauthn: &Webauthn,
    answer: &str,
    state: &PasskeyAuthentication,
    factors: &mut Factors,
    now: model::At,
) -> bool {
    let Ok(answer) = serde_json::from_str::<PublicKeyCredential>(answer) else { return false };
    let Ok(result) = webauthn.finish_passkey_authentication(&answer, state).map_err(refused) else { return false };
    let key: Option<&mut Key> = factors.passkeys.iter_mut().find(|k| k.passkey.cred_id() == result.cred_id());
    // One that was removed since it was asked for counts no more.
    let Some(key) = key else { return false };
    key.passkey.update_credential(&result);
    key.used = Some(now);
    true
}

fn refused(error: WebauthnError) -> Fault {
    tracing::warn!(passkey.error = %error, "a passkey was refused");
    Fault::Stale
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn passkeys_need_a_name_under_https_or_localhost() {
        let of = |base: &str| origin(base).map(|u| u.to_string());
        assert_eq!(of("https://hub.example.org"), Some("https://hub.example.org/".into()));
        assert_eq!(of("https://hub.example.org/x"), Some("https://hub.example.org/".into()));
        assert_eq!(of("http://127.0.0.1:8080"), Some("http://localhost:8080/".into()));
        assert_eq!(of("http://[::1]:8080"), Some("http://localhost:8080/".into()));
        assert_eq!(of("http://localhost:9"), Some("http://localhost:9/".into()));
        for never in
            ["http://hub.example.org", "https://10.0.0.1", "http://192.168.1.4:8080", "https://[2001:db8::1]", ""]
        {
            assert_eq!(of(never), None, "{never}");
        }
    }
}
