//! API keys: `tl_<id>_<secret>`, shown once, stored as a hash.

use super::{digest, secret};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use model::link::same;
use serde::{Deserialize, Serialize};
use store::{DeskRow, Store};

/// What a key may do, each with what it is for.
pub const SCOPES: &[(&str, &str)] = &[
    (FHIR, "send FHIR R4 resources and bundles; with events:write also resources as events"),
    ("events:write", "send CloudEvents"),
    (PATHWAYS, "publish versions of pathways"),
    (IDENTITY, "say that two people are one, or two again: by CloudEvents, or by links of a Patient"),
];
/// The scope of resources, by whichever door.
pub(crate) const FHIR: &str = "fhir:write";
/// The scope of what decides about everybody's care: like [`IDENTITY`] no key has it unless somebody says so.
pub(crate) const PATHWAYS: &str = "pathways:write";
/// The scope of what joins and parts lines: who may say it may mix up charts.
pub(crate) const IDENTITY: &str = "identity:write";
/// Digits of a key's id.
const ID_DIGITS: usize = 12;
/// No name, source or site is longer, characters.
const TEXT_MAX: usize = 64;
/// No header is read beyond this.
const HEADER_MAX: usize = 256;
const KIND: &str = "api_key";

/// A key of a machine that sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Public half: names the key in lists and logs.
    pub id: String,
    /// What it is for, in the administrator's words.
    pub name: String,
    /// Of [`SCOPES`].
    pub scopes: Vec<String>,
    /// The source that its facts are said by.
    pub source: String,
    /// The site that they are from; empty when the source says so itself.
    pub site: String,
    /// Who made it.
    pub by: String,
    /// No longer valid.
    pub revoked: bool,
    hash: String,
}

impl ApiKey {
    /// Whether it has a scope.
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|s| s == scope)
    }
}

/// Makes a key and returns it with the whole secret, which is never shown again. Blocks.
///
/// # Errors
/// When a scope is unknown, a text is empty or too long, or the store cannot be written.
pub fn create_key(
    store: &Store,
    name: &str,
    scopes: Vec<String>,
    source: &str,
    site: &str,
    by: &str,
) -> Result<(ApiKey, String), super::account::Error> {
    let invalid = |why: &str| Err(super::account::Error::Invalid(why.into()));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if source.is_empty() || source.len() > TEXT_MAX || !source.chars().all(plain) || source == model::fact::OWN {
        return invalid("a source is named by a-z, 0-9, dot, dash and underscore, and not as the hub itself");
    }
    if name.is_empty() || name.len() > TEXT_MAX || site.len() > TEXT_MAX {
        return invalid("a key has a name, and neither name nor site is longer than 64 characters");
    }
    if scopes.is_empty() || !scopes.iter().all(|s| SCOPES.iter().any(|(known, _)| known == s)) {
        return invalid("a key has at least one scope, of those listed");
    }
    let id = secret()[..ID_DIGITS].to_owned();
    let rest = secret();
    let key = ApiKey {
        id: id.clone(),
        name: name.into(),
        scopes,
        source: source.into(),
        site: site.into(),
        by: by.into(),
        revoked: false,
        hash: digest(&rest),
    };
    put(store, &key)?;
    Ok((key, format!("tl_{id}_{rest}")))
}

fn put(store: &Store, key: &ApiKey) -> store::Result<()> {
    let json = serde_json::to_string(key).unwrap_or_default();
    store.desk_put(&DeskRow { kind: KIND.into(), key: key.id.clone(), json, at: crate::machine_now() })
}

/// Every key, by id. Blocks.
pub(crate) fn list(store: &Store) -> store::Result<Vec<ApiKey>> {
    Ok(store.desk_list(KIND)?.iter().filter_map(|r| serde_json::from_str(&r.json).ok()).collect())
}

/// Revokes a key; whether there is one. Blocks.
pub(crate) fn revoke(store: &Store, id: &str) -> store::Result<bool> {
    let row = store.desk_get(KIND, id)?;
    let Some(mut key) = row.and_then(|r| serde_json::from_str::<ApiKey>(&r.json).ok()) else { return Ok(false) };
    key.revoked = true;
    put(store, &key)?;
    Ok(true)
}

/// Id and secret of the header `Authorization: Bearer tl_<id>_<secret>`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<(String, String)> {
    let line = headers.get(AUTHORIZATION)?.to_str().ok().filter(|l| l.len() <= HEADER_MAX)?;
    let (scheme, token) = line.split_once(' ')?;
    let (id, rest) = token.trim().strip_prefix("tl_")?.split_once('_')?;
    (scheme.eq_ignore_ascii_case("bearer") && id.len() == ID_DIGITS).then(|| (id.to_owned(), rest.to_owned()))
}

/// The key that the two halves name, unless it is revoked. Blocks.
pub(crate) fn find(store: &Store, id: &str, secret: &str) -> store::Result<Option<ApiKey>> {
    let row = store.desk_get(KIND, id)?;
    let key = row.and_then(|r| serde_json::from_str::<ApiKey>(&r.json).ok());
    Ok(key.filter(|k| same(k.hash.as_bytes(), digest(secret).as_bytes()) && !k.revoked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_bearer_is_read_with_its_two_halves() {
        let read = |line: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(line));
            bearer(&headers)
        };
        assert_eq!(read("Bearer tl_0123456789ab_cafe"), Some(("0123456789ab".into(), "cafe".into())));
        assert_eq!(read("bearer tl_0123456789ab_cafe").map(|b| b.1), Some("cafe".into()));
        for bad in ["Basic tl_0123456789ab_cafe", "Bearer x", "Bearer tl_short_cafe", "tl_0123456789ab_cafe", ""] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
