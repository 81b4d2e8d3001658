//! Whether a mail is from whom it says: `Authentication-Results` (RFC 8601) of the one server that is trusted.
//!
//! Only the topmost field of that server is believed: what stands below it may have come with the mail. The server in
//! front must take away fields in its own name (section 5).

/// `pass`, `fail`, or `none` when nobody trusted said.
pub(crate) fn authentic(headers: &[(String, String)], trusted: Option<&str>, from: &str) -> &'static str {
    let Some(trusted) = trusted else { return "none" };
    let fields = headers.iter().filter(|(name, _)| name == "authentication-results").map(|(_, value)| value);
    let said = |field: &Field| field.server().is_some_and(|name| name.eq_ignore_ascii_case(trusted));
    let Some(field) = fields.map(|value| Field::read(value)).find(said) else { return "none" };
    if !field.whole {
        // The server that is trusted wrote it, and what its end says may be hidden: that is no word for the sender.
        return "fail";
    }
    let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain).to_ascii_lowercase();
    let (mut passed, mut failed) = (false, false);
    for result in field.parts.iter().skip(1) {
        let Some(((method, outcome), properties)) = result.split_first() else { continue };
        let method = method.split('/').next().unwrap_or_default();
        let aligned = |name: &str| properties.iter().any(|(n, value)| n == name && same_house(value, &domain));
        match (method, outcome.as_str()) {
            // DMARC is the word on the address that people see: it settles it.
            ("dmarc", "pass") => return "pass",
            ("dmarc", "fail") => return "fail",
            ("dkim", "pass") => passed |= aligned("header.d") || aligned("header.i"),
            ("spf", "pass") => passed |= aligned("smtp.mailfrom"),
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

/// A field in its parts, in lower case: what stands between semicolons, each as names with what they are (`name=value`;
/// a word alone has the value ``). What a sender wrote (a local part, a reason) may hold whatever separates parts: in a
/// quoted string and in a comment, which may hold others, none of it separates (RFC 8601 section 2.2, RFC 5322 section 3.2).
struct Field {
    parts: Vec<Vec<(String, String)>>,
    /// Whether every quoted string and comment has its end.
    whole: bool,
}

/// Where a reader of a field is.
#[derive(Clone, Copy, PartialEq)]
enum In {
    /// Before a name, in it, or after it and before `=`.
    Name,
    /// Before a value, or in it.
    Value,
}

impl Field {
    fn read(text: &str) -> Self {
        let (mut parts, mut part) = (Vec::new(), Vec::new());
        let (mut name, mut value) = (String::new(), String::new());
        let (mut at, mut depth, mut quoted, mut spaced) = (In::Name, 0usize, false, false);
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            // In both, what follows a backslash is itself.
            let escaped = c == '\\' && (quoted || depth > 0);
            let c = if escaped { chars.next().unwrap_or_default() } else { c };
            let plain = !escaped && !quoted && depth == 0;
            match c {
                '"' if !escaped && depth == 0 => quoted = !quoted,
                '(' if !escaped && !quoted => depth += 1,
                ')' if !escaped && depth > 0 => depth -= 1,
                _ if depth > 0 => {}
                ';' if plain => {
                    end(&mut part, &mut name, &mut value);
                    parts.push(std::mem::take(&mut part));
                    (at, spaced) = (In::Name, false);
                    continue;
                }
                '=' if plain && at == In::Name && !name.is_empty() => (at, spaced) = (In::Value, false),
                c if plain && c.is_whitespace() => spaced = true,
                c => {
                    // A space ends a value; a name it ends only where no `=` follows.
                    if spaced && !(at == In::Value && value.is_empty()) && !name.is_empty() {
                        end(&mut part, &mut name, &mut value);
                        at = In::Name;
                    }
                    spaced = false;
                    match at {
                        // Nothing quoted makes a name.
                        In::Name => name.extend(if plain { c } else { '"' }.to_lowercase()),
                        In::Value => value.extend(c.to_lowercase()),
                    }
                }
            }
            spaced |= depth > 0;
        }
        end(&mut part, &mut name, &mut value);
        parts.push(part);
        Self { parts, whole: !quoted && depth == 0 }
    }

    /// Who wrote it.
    fn server(&self) -> Option<&str> {
        self.parts.first()?.first().map(|(name, _)| name.as_str())
    }
}

/// Puts a name and its value to their part.
fn end(part: &mut Vec<(String, String)>, name: &mut String, value: &mut String) {
    if !name.is_empty() {
        part.push((std::mem::take(name), std::mem::take(value)));
    }
    value.clear();
}

/// Whether a domain, or the domain of an address, is that of the sender or above it.
fn same_house(value: &str, domain: &str) -> bool {
    let of = value.rsplit('@').next().unwrap_or_default();
    // A top-level domain alone vouches for nobody.
    of.contains('.') && (of == domain || domain.strip_suffix(of).is_some_and(|before| before.ends_with('.')))
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
            // What a sender may write into the envelope, as servers say it again.
            (
                "fail",
                &[
                    "mx.clinic.example; spf=pass smtp.mailfrom=\"a; dmarc=pass x\"@evil.example; dmarc=fail header.from=example.org",
                ],
            ),
            ("fail", &["mx.clinic.example; spf=pass smtp.mailfrom=\"a(\"@evil.example; dmarc=fail"]),
            ("fail", &["mx.clinic.example; spf=pass smtp.mailfrom=\"a\\\"; dmarc=pass \"@evil.example; dmarc=fail"]),
            (
                "fail",
                &[
                    "mx.clinic.example; spf=pass (from \"a\\) ; dmarc=pass (b) c\") smtp.mailfrom=evil.example; dmarc=fail",
                ],
            ),
            (
                "none",
                &["mx.clinic.example; spf=pass smtp.mailfrom=\"x smtp.mailfrom=david@example.org \"@evil.example"],
            ),
            ("none", &["mx.clinic.example; \"dmarc=pass\"; \"dmarc\"=pass"]),
            ("none", &["mx.clinic.example; x=\"y\"dmarc=pass; spf=none reason=\"dmarc=pass\""]),
            // One that has no end hides what follows.
            ("fail", &["mx.clinic.example; spf=pass smtp.mailfrom=david@example.org (; dmarc=fail"]),
            ("fail", &["mx.clinic.example; spf=pass smtp.mailfrom=\"a@example.org; dmarc=fail"]),
            ("none", &["mx.evil.example (; dmarc=pass"]),
            // What servers may write as well.
            ("pass", &["(by) mx.clinic.example (1) ; dmarc (this) = (is) pass (it) header.from=example.org"]),
            ("pass", &["mx.clinic.example;dkim=pass header.d=\"example.org\";spf=fail"]),
            ("pass", &["mx.clinic.example; spf=pass smtp.mailfrom=bounce+david=home@example.org"]),
            ("fail", &["mx.clinic.example; dmarc=fail (p=reject (or; dmarc=pass) x) header.from=example.org"]),
        ] {
            assert_eq!(told(fields), wanted, "{fields:?}");
        }
        let forged = [("authentication-results".to_owned(), "mx.clinic.example; dmarc=pass".to_owned())];
        assert_eq!(authentic(&forged, None, "david@example.org"), "none", "nobody is trusted unless named");
    }
}
