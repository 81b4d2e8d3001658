//! Signs a mail by DKIM (RFC 6376), with RSA (SHA-256, RFC 8301) or Ed25519 (RFC 8463).
//!
//! Canonicalization is relaxed/relaxed: relays fold headers anew and cut spaces at the ends of lines. The fields that
//! name who says what to whom are signed once more than they are there, so that none can be added in front of them
//! (section 8.15). There is no verifying here: what comes in was looked at by the mail server in front.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Fields that are signed when they are there. RFC 8058 section 4 wants both of the way out.
const SIGNED: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "auto-submitted",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-language",
    "x-throughline-attempt",
];
/// Fields that are signed once more than they are there: one that is added breaks the signature.
const SEALED: &[&str] = &["from", "to", "subject", "date", "reply-to", "list-unsubscribe", "list-unsubscribe-post"];
/// Characters of the signature in one line of the header.
const LINE: usize = 70;

/// What signs.
#[derive(Clone)]
pub(crate) struct Signer {
    key: Arc<Key>,
    domain: String,
    selector: String,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("domain", &self.domain).field("selector", &self.selector).finish_non_exhaustive()
    }
}

impl Signer {
    /// Reads the private key from a PEM file: `PRIVATE KEY` (PKCS #8; RSA of 2048 bits or more, or Ed25519) or
    /// `RSA PRIVATE KEY` (PKCS #1). The problem that is told repeats nothing of the file.
    pub(crate) fn read(path: &Path, selector: &str, domain: &str) -> Result<Self, String> {
        let pem = std::fs::read_to_string(path).map_err(|e| format!("cannot be read: {}", e.kind()))?;
        Self::of(&pem, selector, domain)
    }

    fn of(pem: &str, selector: &str, domain: &str) -> Result<Self, String> {
        let (label, der) = pem_body(pem).ok_or("is no PEM file with a private key")?;
        let unfit = "an RSA key of 2048 bits or more, or an Ed25519 key, is expected";
        let key = match label.as_str() {
            "PRIVATE KEY" => match Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der) {
                Ok(pair) => Key::Ed25519(pair),
                Err(_) => Key::Rsa(Box::new(RsaKeyPair::from_pkcs8(&der).map_err(|_| unfit)?)),
            },
            "RSA PRIVATE KEY" => Key::Rsa(Box::new(RsaKeyPair::from_der(&der).map_err(|_| unfit)?)),
            _ => return Err("is no private key without a passphrase".into()),
        };
        Ok(Self { key: Arc::new(key), domain: domain.to_owned(), selector: selector.to_owned() })
    }

    /// The TXT record of the public key: its name and its value (RFC 6376 section 3.6.1, RFC 8463 section 4.2).
    pub(crate) fn record(&self) -> (String, String) {
        let value = match self.key.as_ref() {
            Key::Ed25519(pair) => format!("v=DKIM1; k=ed25519; p={}", STANDARD.encode(pair.public_key())),
            Key::Rsa(pair) => {
                format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(subject_public_key(pair.public_key().as_ref())))
            }
        };
        (format!("{}._domainkey.{}", self.selector, self.domain), value)
    }

    /// The mail with its signature in front. `seconds` is when it is signed, since 1970. Lines end in CR LF.
    pub(crate) fn sign(&self, mail: &[u8], seconds: u64) -> Result<Vec<u8>, String> {
        let (head, body) = parted(mail);
        let fields = fields(head);
        let algorithm = match self.key.as_ref() {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let (mut names, mut hashed) = (Vec::new(), Vec::new());
        for name in SIGNED {
            // Of several of one name the lowest is signed first (section 5.4.2).
            for field in fields.iter().rev().filter(|f| f.name == *name) {
                names.push(*name);
                hashed.extend_from_slice(relaxed(field).as_bytes());
                hashed.extend_from_slice(b"\r\n");
            }
            if SEALED.contains(name) {
                names.push(*name);
            }
        }
        let body_hash = STANDARD.encode(digest(&SHA256, &relaxed_body(body)));
        let unsigned = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={};\r\n t={seconds};\r\n h={};\r\n bh={body_hash};\r\n b=",
            self.domain,
            self.selector,
            names.join(":\r\n  ")
        );
        hashed.extend_from_slice(relaxed(&Field { name: "dkim-signature".into(), value: &unsigned }).as_bytes());
        let signature = STANDARD.encode(self.seal(&hashed)?);
        let mut folded = String::new();
        for (at, c) in signature.chars().enumerate() {
            if at > 0 && at % LINE == 0 {
                folded.push_str("\r\n  ");
            }
            folded.push(c);
        }
        let mut out = format!("DKIM-Signature: {unsigned}{folded}\r\n").into_bytes();
        out.extend_from_slice(mail);
        Ok(out)
    }

    fn seal(&self, hashed: &[u8]) -> Result<Vec<u8>, String> {
        match self.key.as_ref() {
            Key::Rsa(pair) => {
                let mut out = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), hashed, &mut out)
                    .map_err(|_| "the mail cannot be signed".to_owned())?;
                Ok(out)
            }
            // RFC 8463 section 3: what is signed is the SHA-256 of it.
            Key::Ed25519(pair) => Ok(pair.sign(digest(&SHA256, hashed).as_ref()).as_ref().to_vec()),
        }
    }
}

/// One header field: its name in lower case, its value as it stands, folds and all.
struct Field<'a> {
    name: String,
    value: &'a str,
}

/// Header and body; the empty line between them belongs to neither.
fn parted(mail: &[u8]) -> (&[u8], &[u8]) {
    let end = mail.windows(4).position(|w| w == b"\r\n\r\n");
    end.map_or((mail, &[]), |at| (&mail[..at + 2], &mail[at + 4..]))
}

fn fields(head: &[u8]) -> Vec<Field<'_>> {
    let Ok(head) = std::str::from_utf8(head) else { return Vec::new() };
    let mut out = Vec::new();
    let mut rest = head;
    while !rest.is_empty() {
        let mut end = 0;
        loop {
            end += rest[end..].find("\r\n").map_or(rest.len() - end, |at| at + 2);
            if end >= rest.len() || !rest[end..].starts_with([' ', '\t']) {
                break;
            }
        }
        if let Some((name, value)) = rest[..end].split_once(':') {
            out.push(Field { name: name.trim().to_ascii_lowercase(), value });
        }
        rest = &rest[end..];
    }
    out
}

/// Section 3.4.2.
fn relaxed(field: &Field<'_>) -> String {
    let words: Vec<&str> = field.value.split([' ', '\t', '\r', '\n']).filter(|w| !w.is_empty()).collect();
    format!("{}:{}", field.name, words.join(" "))
}

/// Section 3.4.4.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    // What stands behind it is empty lines, which do not count at the end.
    let mut kept = 0;
    for line in body.split(|b| *b == b'\n') {
        let (line, begin) = (line.strip_suffix(b"\r").unwrap_or(line), out.len());
        let mut gap = false;
        for byte in line {
            if matches!(byte, b' ' | b'\t') {
                gap = true;
                continue;
            }
            if gap {
                out.push(b' ');
                gap = false;
            }
            out.push(*byte);
        }
        let empty = out.len() == begin;
        out.extend_from_slice(b"\r\n");
        if !empty {
            kept = out.len();
        }
    }
    out.truncate(kept);
    out
}

/// The label and the bytes of the first private key of a PEM file (RFC 7468).
fn pem_body(pem: &str) -> Option<(String, Vec<u8>)> {
    let at = pem.find("PRIVATE KEY-----")?;
    let begin = pem[..at].rfind("-----BEGIN ")?;
    let label = format!("{}PRIVATE KEY", &pem[begin + "-----BEGIN ".len()..at]);
    let rest = &pem[at + "PRIVATE KEY-----".len()..];
    let end = rest.find("-----END ")?;
    let text: String = rest[..end].split_whitespace().collect();
    Some((label, STANDARD.decode(text).ok()?))
}

/// An RSA public key as a SubjectPublicKeyInfo (RFC 5280 section 4.1, RFC 3279 section 2.3.1).
fn subject_public_key(rsa: &[u8]) -> Vec<u8> {
    // rsaEncryption with NULL parameters.
    const ALGORITHM: &[u8] =
        &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let bits: Vec<u8> = [&[0u8], rsa].concat();
    let inner = [ALGORITHM, &der(0x03, &bits)].concat();
    der(0x30, &inner)
}

fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length: Vec<u8> = value.len().to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
    match (length.len(), length.first()) {
        (0, _) => out.push(0),
        (1, Some(one)) if *one < 0x80 => out.push(*one),
        (n, _) => {
            out.push(0x80 | u8::try_from(n).unwrap_or(0));
            out.extend_from_slice(&length);
        }
    }
    out.extend_from_slice(value);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_relaxed_as_section_3_4_5_shows() {
        assert_eq!(relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
        assert_eq!(relaxed_body(b""), b"", "no body is none, not a line");
        assert_eq!(relaxed_body(b"\r\n\r\n"), b"");
        assert_eq!(relaxed_body(b"a\r\n\r\nb"), b"a\r\n\r\nb\r\n", "a last line without an end gets one");
        assert_eq!(relaxed_body(b"  \t\r\nx\r\n \r\n"), b"\r\nx\r\n");
    }

    #[test]
    fn headers_are_relaxed_as_section_3_4_5_shows() {
        let all = fields(b"A: X\r\nB : Y\t\r\n\tZ  \r\n");
        assert_eq!(all.iter().map(relaxed).collect::<Vec<_>>(), ["a:X", "b:Y Z"]);
    }

    #[test]
    fn what_is_no_key_is_told_without_being_repeated() {
        let long = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
        for bad in ["", "secret", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", long] {
            let told = Signer::of(bad, "s", "d").expect_err("no key");
            assert!(!told.contains("secret") && !told.contains("c2Vj"), "{told}");
        }
        let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----";
        assert!(Signer::of(locked, "s", "d").expect_err("locked").contains("passphrase"));
    }
}
