//! What is sealed for one device alone: RFC 8291 over RFC 8188 (aes128gcm), and who sends it: VAPID (RFC 8292).
//!
//! Invariants: each message has a key pair and a salt of its own; its length tells nothing but a multiple of
//! [`PADDED`]; keys are in no output.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;

/// Bytes of the one record: the least that push services take (RFC 8030 section 7.2) is 4096 for the whole body.
const RECORD: u32 = 4096;
/// Bytes before the ciphertext: salt, size of a record, length of the key's name, the key.
const HEAD: usize = 16 + 4 + 1 + POINT;
/// Bytes of the tag behind it.
const TAG: usize = 16;
/// The longest plaintext, its delimiter not counted.
pub const PLAIN_MAX: usize = RECORD as usize - HEAD - TAG - 1;
/// Plaintexts are filled up to a multiple of this.
const PADDED: usize = 256;
/// Bytes of an uncompressed P-256 point.
const POINT: usize = 65;
/// How long a VAPID token is good, seconds: the standard allows 24 hours.
const TOKEN_S: u64 = 12 * 3600;

/// It cannot be sealed: the device's keys are none, or the words are too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsealed;

struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive<const N: usize>(salt: &[u8], secret: &[u8], info: &[&[u8]]) -> Result<[u8; N], Unsealed> {
    let mut out = [0; N];
    let prk = Salt::new(HKDF_SHA256, salt).extract(secret);
    prk.expand(info, Bytes(N)).and_then(|okm| okm.fill(&mut out)).map_err(|_| Unsealed)?;
    Ok(out)
}

/// The body of a push message that only the holder of these keys reads.
pub fn seal(plain: &[u8], p256dh: &str, auth: &str) -> Result<Vec<u8>, Unsealed> {
    let (theirs, auth) = (bytes(p256dh)?, bytes(auth)?);
    let random = SystemRandom::new();
    let mut salt = [0; 16];
    random.fill(&mut salt).map_err(|_| Unsealed)?;
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &random).map_err(|_| Unsealed)?;
    let public = own.compute_public_key().map_err(|_| Unsealed)?;
    let with = UnparsedPublicKey::new(&ECDH_P256, &theirs);
    let padded = (plain.len() + 1).next_multiple_of(PADDED).min(PLAIN_MAX + 1);
    agree_ephemeral(own, &with, |secret| {
        let keys = Keys { secret, auth: &auth, theirs: &theirs, own: public.as_ref() };
        keys.seal(plain, padded, &salt)
    })
    .map_err(|_| Unsealed)?
}

/// What both sides know of each other.
struct Keys<'a> {
    /// What they agreed upon.
    secret: &'a [u8],
    auth: &'a [u8],
    theirs: &'a [u8],
    own: &'a [u8],
}

impl Keys<'_> {
    fn seal(&self, plain: &[u8], padded: usize, salt: &[u8; 16]) -> Result<Vec<u8>, Unsealed> {
        if plain.len() > PLAIN_MAX || self.own.len() != POINT {
            return Err(Unsealed);
        }
        // RFC 8291 section 3.4.
        let ikm: [u8; 32] = derive(self.auth, self.secret, &[b"WebPush: info\0", self.theirs, self.own])?;
        let key: [u8; 16] = derive(salt, &ikm, &[b"Content-Encoding: aes128gcm\0"])?;
        let nonce: [u8; 12] = derive(salt, &ikm, &[b"Content-Encoding: nonce\0"])?;
        let mut record = plain.to_vec();
        // The delimiter of the last record, then zeros (RFC 8188 section 2).
        record.push(2);
        record.resize(padded.max(record.len()), 0);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).map_err(|_| Unsealed)?);
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut record).map_err(|_| Unsealed)?;
        let mut out = Vec::with_capacity(HEAD + record.len());
        out.extend_from_slice(salt);
        out.extend_from_slice(&RECORD.to_be_bytes());
        out.push(POINT as u8);
        out.extend_from_slice(self.own);
        out.extend_from_slice(&record);
        Ok(out)
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, Unsealed> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Unsealed)
}

/// The key by which push services know the hub. No output shows it.
pub struct Vapid(EcdsaKeyPair);

impl std::fmt::Debug for Vapid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Vapid {
    /// A new key, as [`Vapid::read`] reads it: PKCS #8 in base64url.
    pub fn make() -> Option<String> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).ok()?;
        Some(URL_SAFE_NO_PAD.encode(made.as_ref()))
    }

    /// Reads a key.
    pub fn read(text: &str) -> Option<Self> {
        let pkcs8 = URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &SystemRandom::new()).ok().map(Self)
    }

    /// The public half, base64url: what a browser subscribes with.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key().as_ref())
    }

    /// The header `Authorization` for a push service, by its origin.
    pub fn authorization(&self, audience: &str, contact: &str, now_s: u64) -> Option<String> {
        let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let head = part(json!({"typ": "JWT", "alg": "ES256"}));
        let claims = part(json!({"aud": audience, "exp": now_s + TOKEN_S, "sub": contact}));
        let said = format!("{head}.{claims}");
        let signed = self.0.sign(&SystemRandom::new(), said.as_bytes()).ok()?;
        Some(format!("vapid t={said}.{}, k={}", URL_SAFE_NO_PAD.encode(signed.as_ref()), self.public()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey as Verifier};

    /// RFC 8291 appendix A: what both sides agreed upon there, and the message that it makes.
    #[test]
    fn a_message_is_sealed_as_the_standards_own_example() {
        let theirs =
            bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4").unwrap();
        let own =
            bytes("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8").unwrap();
        let auth = bytes("BTBZMqHH6r4Tts7J_aSIgg").unwrap();
        let secret = bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs").unwrap();
        let salt: [u8; 16] = bytes("DGv6ra1nlYgDCS1FRnbzlw").unwrap().try_into().unwrap();
        let keys = Keys { secret: &secret, auth: &auth, theirs: &theirs, own: &own };
        let plain = b"When I grow up, I want to be a watermelon";
        let sealed = keys.seal(plain, plain.len() + 1, &salt).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(sealed),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn no_two_messages_are_alike_and_lengths_tell_little() {
        let key = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        let auth = "BTBZMqHH6r4Tts7J_aSIgg";
        let sealed = |len: usize| seal(&vec![b'a'; len], key, auth);
        assert_ne!(sealed(10), sealed(10));
        assert_eq!(sealed(1).unwrap().len(), sealed(200).unwrap().len());
        assert_eq!(sealed(PLAIN_MAX).unwrap().len(), RECORD as usize, "the whole body");
        assert_eq!(sealed(PLAIN_MAX + 1), Err(Unsealed));
        assert_eq!(seal(b"a", &"A".repeat(87), auth), Err(Unsealed), "no point of the curve");
        assert_eq!(seal(b"a", "%", auth), Err(Unsealed));
    }

    #[test]
    fn a_token_is_signed_and_names_its_audience() {
        let made = Vapid::make().unwrap();
        let key = Vapid::read(&made).unwrap();
        let header = key.authorization("https://push.example", "mailto:it@clinic.example", 1_000).unwrap();
        let token = header.strip_prefix("vapid t=").unwrap().split(", k=").next().unwrap();
        let (said, signature) = token.rsplit_once('.').unwrap();
        let public = bytes(&key.public()).unwrap();
        let verifier = Verifier::new(&ECDSA_P256_SHA256_FIXED, public);
        verifier.verify(said.as_bytes(), &bytes(signature).unwrap()).unwrap();
        let claims: serde_json::Value =
            serde_json::from_slice(&bytes(said.split('.').nth(1).unwrap()).unwrap()).unwrap();
        assert_eq!(
            claims,
            json!({"aud": "https://push.example", "exp": 1_000 + TOKEN_S, "sub": "mailto:it@clinic.example"})
        );
        assert!(!format!("{key:?}").contains(&made) && Vapid::read("no key").is_none());
    }
}
