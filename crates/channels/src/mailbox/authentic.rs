//! Whether a mail is from whom it says: `Authentication-Results` (RFC 8601) of the one server that is trusted.
//!
//! Only the topmost field of that server is believed: what stands below it may have come with the mail. The server in
//! front must take away fields in its own name (section 5).

/// `pass`, `fail`, or `none` when nobody trusted said.
pub(crate) fn authentic(headers: &[(String, String)], trusted: Option<&str>, from: &str) -> &'static str {
    let Some(trusted) = trusted else { return "none" };
    let mut fields = headers.iter().filter(|(name, _)| name == "authentication-results").map(|(_, value)| value);
    let said = |value: &&String| {
        let server = value.split(';').next().unwrap_or_default();
        server.split_whitespace().next().is_some_and(|name| name.eq_ignore_ascii_case(trusted))
    };
    let Some(field) = fields.find(said) else { return "none" };
    let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain).to_ascii_lowercase();
    let plain = without_comments(field).to_ascii_lowercase();
    let (mut passed, mut failed) = (false, false);
    for result in plain.split(';').skip(1) {
        let mut words = result.split_whitespace();
        let Some((method, outcome)) = words.next().and_then(|w| w.split_once('=')) else { continue };
        let method = method.split('/').next().unwrap_or_default();
        let mut properties = words.filter_map(|w| w.split_once('='));
        let aligned = |names: &[&str], value: (&str, &str)| names.contains(&value.0) && same_house(value.1, &domain);
        match (method, outcome) {
            // DMARC is the word on the address that people see: it settles it.
            ("dmarc", "pass") => return "pass",
            ("dmarc", "fail") => return "fail",
            ("dkim", "pass") => passed |= properties.any(|p| aligned(&["header.d", "header.i"], p)),
            ("spf", "pass") => passed |= properties.any(|p| aligned(&["smtp.mailfrom"], p)),
            ("dkim" | "spf", "fail") => failed = true,
            _ => {}
        }
    }
    match (passed, failed) {
        (true, _) => "pass",
        (false, true) => "fail",
        (false, false) => "none",
    }
}

/// Whether a domain, or the domain of an address, is that of the sender or above it.
fn same_house(value: &str, domain: &str) -> bool {
    let of = value.rsplit('@').next().unwrap_or_default();
    // A top-level domain alone vouches for nobody.
    of.contains('.') && (of == domain || domain.strip_suffix(of).is_some_and(|before| before.ends_with('.')))
}

fn without_comments(text: &str) -> String {
    let mut depth = 0usize;
    text.chars()
        .filter(|c| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(fields: &[&str]) -> &'static str {
        let all: Vec<_> = fields.iter().map(|v| ("authentication-results".to_owned(), (*v).to_owned())).collect();
        authentic(&all, Some("mx.clinic.example"), "david@example.org")
    }

    #[test]
    fn only_the_trusted_server_is_believed_and_only_for_the_senders_own_domain() {
        for (wanted, fields) in [
            ("pass", &["mx.clinic.example; dmarc=pass (p=reject) header.from=example.org"][..]),
            ("fail", &["mx.clinic.example; dkim=pass header.d=evil.example; dmarc=fail header.from=example.org"]),
            ("pass", &["mx.clinic.example 1; dkim=pass header.d=example.org header.s=x; spf=fail"]),
            ("pass", &["MX.clinic.example; spf=pass smtp.mailfrom=david@example.org"]),
            ("none", &["mx.clinic.example; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=evil.example"]),
            ("none", &["mx.clinic.example; dkim=pass header.d=org"]),
            ("fail", &["mx.clinic.example; dkim=fail (dmarc=pass) header.d=example.org"]),
            ("none", &["mx.evil.example; dmarc=pass header.from=example.org"]),
            ("fail", &["mx.clinic.example; dmarc=fail", "mx.clinic.example; dmarc=pass"]),
            ("none", &["mx.clinic.example; none"]),
            ("none", &[]),
        ] {
            assert_eq!(told(fields), wanted, "{fields:?}");
        }
        let forged = [("authentication-results".to_owned(), "mx.clinic.example; dmarc=pass".to_owned())];
        assert_eq!(authentic(&forged, None, "david@example.org"), "none", "nobody is trusted unless named");
    }
}
