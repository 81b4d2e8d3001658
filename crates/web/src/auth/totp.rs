//! Time-based one-time codes (RFC 6238: SHA-1, 30 s, 6 digits), each once only, and the picture that an app reads.

use crate::fault::Fault;
use maud::{Markup, PreEscaped, html};
use model::At;
use model::link::same;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;
use totp_rs::{Algorithm, Secret, TOTP};

/// Length of a step, seconds.
const STEP_S: u64 = 30;
/// Digits of a code.
pub(crate) const DIGITS: usize = 6;
/// Bytes of a secret: 160 bits, as RFC 4226 section 4 asks for.
const SECRET_BYTES: usize = 20;
/// Empty modules around the picture.
const QUIET: usize = 4;

/// A new secret, base 32.
pub(crate) fn secret() -> Result<String, Fault> {
    let mut bytes = [0u8; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Fault::Broken)?;
    Ok(Secret::Raw(bytes.to_vec()).to_encoded().to_string())
}

fn totp(secret: &str, issuer: &str, name: &str) -> Option<TOTP> {
    let bytes = Secret::Encoded(secret.to_owned()).to_bytes().ok()?;
    // A colon parts issuer and name in the address, so neither may have one.
    let plain = |text: &str| text.replace(':', " ");
    TOTP::new(Algorithm::SHA1, DIGITS, 1, STEP_S, bytes, Some(plain(issuer)), plain(name)).ok()
}

/// The step that a code is of: now, the one before or the one after, and later than `last`, so that no code counts
/// twice. `None` for a wrong or used code.
pub(crate) fn step(secret: &str, code: &str, now: At, last: u64) -> Option<u64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let totp = totp(secret, "", "").filter(|_| digits.len() == DIGITS)?;
    let here = u64::try_from(now.0).ok()? / 1000 / STEP_S;
    (here.saturating_sub(1)..=here + 1)
        .find(|step| *step > last && same(totp.generate(step * STEP_S).as_bytes(), digits.as_bytes()))
}

/// The address that an app takes: `otpauth://totp/…`.
pub(crate) fn address(secret: &str, issuer: &str, name: &str) -> Option<String> {
    totp(secret, issuer, name).map(|t| t.get_url())
}

/// The secret in groups of four, as one types it.
pub(crate) fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// A QR code of the text as SVG, without any style of its own: dark on light in every theme, or no phone reads it.
pub(crate) fn picture(text: &str, label: &str) -> Option<Markup> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (n, _) in code.to_colors().iter().enumerate().filter(|(_, c)| **c == Color::Dark) {
        // Writing to a String cannot fail.
        let _ = write!(path, "M{} {}h1v1h-1z", n % width + QUIET, n / width + QUIET);
    }
    let side = width + 2 * QUIET;
    Some(html! {
        svg .qr role="img" aria-label=(label) viewBox={ "0 0 " (side) " " (side) } shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            (PreEscaped(format!("<path fill=\"#000\" d=\"{path}\"/>")))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, SHA-1: the last six of its eight digits.
    const VECTORS: &[(i64, &str)] = &[
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];
    /// `12345678901234567890`.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn the_codes_of_the_standard_are_taken() {
        for (seconds, code) in VECTORS {
            let step = step(SECRET, code, At(seconds * 1000), 0);
            assert_eq!(step, Some(u64::try_from(seconds / 30).expect("a time")), "{seconds}");
        }
        assert!(step(SECRET, " 287 082 ", At(59_000), 0).is_some(), "as one types it");
    }

    #[test]
    fn a_code_counts_one_step_around_and_once() {
        let at = |seconds: i64, last| step(SECRET, "287082", At(seconds * 1000), last);
        assert_eq!((at(30, 0), at(59, 0), at(89, 0)), (Some(1), Some(1), Some(1)));
        assert_eq!((at(90, 0), at(1_000, 0)), (None, None));
        assert_eq!(at(59, 1), None, "used");
        assert_eq!(at(-1, 0), None);
        for wrong in ["", "28708", "2870822", "287083", "abcdef", "２８７０８２"] {
            assert_eq!(step(SECRET, wrong, At(59_000), 0), None, "{wrong}");
        }
        assert_eq!(step("not base 32!", "287082", At(59_000), 0), None);
    }

    #[test]
    fn a_secret_is_new_each_time_and_its_picture_has_no_style() {
        let (one, two) = (secret().expect("random"), secret().expect("random"));
        assert_ne!(one, two);
        assert_eq!(one.len(), 32);
        let address = address(&one, "North: side", "ann").expect("an address");
        assert!(address.starts_with("otpauth://totp/North%20%20side:ann?secret="), "{address}");
        let svg = picture(&address, "label").expect("a picture").into_string();
        assert!(!svg.contains("style") && svg.contains("aria-label=\"label\""), "{svg}");
        assert_eq!(grouped("ABCDEFGHI"), "ABCD EFGH I");
    }
}
