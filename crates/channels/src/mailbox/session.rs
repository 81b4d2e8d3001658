//! The dialogue of one connection as a server of RFC 5321 leads it. Pure: lines in, answers out.
//!
//! Invariants: a recipient is one of our own addresses or is refused, so nothing is ever relayed; a mail has a sender
//! and a recipient before its content is asked for; a client that only makes mistakes is sent away.
//! Deliberately absent: AUTH, STARTTLS (the listener stands behind a mail server, inside), BDAT, EXPN, TURN.

use super::address::{Addresses, Ours};

/// Octets of a command with its line end: 512 (RFC 5321 section 4.5.3.1.4) and what the extensions add.
pub(crate) const COMMAND_MAX: usize = 2_048;
/// Recipients of one mail; section 4.5.3.1.8 wants a hundred.
const RECIPIENTS_MAX: usize = 100;
/// Commands over one connection.
const COMMANDS_MAX: usize = 5_000;
/// Mistakes over one connection.
const MISTAKES_MAX: usize = 20;

/// What was said of a mail before its content.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Envelope {
    /// Whom it comes from; `None` for `<>`: nobody wants an answer.
    pub from: Option<String>,
    /// Those of our addresses that it is for.
    pub to: Vec<Ours>,
}

/// What is to be done after a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Say this.
    Say(String),
    /// Say 354 and read the content.
    Content,
    /// Say this and hang up.
    Close(String),
}

/// Where the dialogue stands.
#[derive(Debug)]
pub(crate) struct Session {
    name: String,
    bytes_max: usize,
    greeted: bool,
    /// Of the mail that is begun.
    mail: Option<Envelope>,
    commands: usize,
    mistakes: usize,
}

fn say(text: &str) -> Step {
    Step::Say(text.to_owned())
}

impl Session {
    pub(crate) fn new(name: &str, bytes_max: usize) -> Self {
        Self { name: name.to_owned(), bytes_max, greeted: false, mail: None, commands: 0, mistakes: 0 }
    }

    pub(crate) fn greeting(&self) -> String {
        format!("220 {} ESMTP", self.name)
    }

    /// The envelope of the mail whose content comes now; the next mail begins anew.
    pub(crate) fn take(&mut self) -> Envelope {
        self.mail.take().unwrap_or_default()
    }

    /// One line, without its end.
    pub(crate) fn command(&mut self, line: &[u8], addresses: &Addresses) -> Step {
        self.commands += 1;
        if self.commands > COMMANDS_MAX {
            return Step::Close(format!("421 4.7.0 {} too many commands", self.name));
        }
        let step = self.answer(line, addresses);
        if let Step::Say(text) = &step
            && text.starts_with('5')
        {
            return self.mistake(text.clone());
        }
        step
    }

    /// An answer to a mistake; the last one hangs up.
    pub(crate) fn mistake(&mut self, text: String) -> Step {
        self.mistakes += 1;
        if self.mistakes > MISTAKES_MAX {
            return Step::Close(format!("421 4.7.0 {} too many errors", self.name));
        }
        Step::Say(text)
    }

    fn answer(&mut self, line: &[u8], addresses: &Addresses) -> Step {
        // A lone CR or LF inside of a line, and NUL, are how one command is hidden in another.
        if line.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
            return say("500 5.5.2 lines end in CR LF");
        }
        let Ok(line) = std::str::from_utf8(line) else { return say("500 5.5.2 not understood") };
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.hello(rest, true),
            "HELO" => self.hello(rest, false),
            "MAIL" => self.sender(rest),
            "RCPT" => self.recipient(rest, addresses),
            "DATA" if !rest.trim().is_empty() => say("501 5.5.4 DATA takes nothing"),
            "DATA" => match &self.mail {
                None => say("503 5.5.1 MAIL first"),
                Some(mail) if mail.to.is_empty() => say("554 5.5.1 no valid recipients"),
                Some(_) => Step::Content,
            },
            "RSET" => {
                self.mail = None;
                say("250 2.0.0 OK")
            }
            "NOOP" => say("250 2.0.0 OK"),
            // Whether somebody is there is not told (section 7.3).
            "VRFY" => say("252 2.5.2 send some mail and see"),
            "QUIT" => Step::Close(format!("221 2.0.0 {} bye", self.name)),
            "HELP" => say("214 2.0.0 RFC 5321"),
            "EXPN" | "TURN" | "AUTH" | "STARTTLS" | "BDAT" | "ETRN" => say("502 5.5.1 not offered"),
            _ => say("500 5.5.2 not understood"),
        }
    }

    fn hello(&mut self, rest: &str, extended: bool) -> Step {
        let who = rest.trim();
        if who.is_empty() || who.contains(char::is_whitespace) {
            return say("501 5.5.4 say who you are");
        }
        self.greeted = true;
        self.mail = None;
        if !extended {
            return Step::Say(format!("250 {}", self.name));
        }
        Step::Say(format!(
            "250-{}\r\n250-PIPELINING\r\n250-SIZE {}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES",
            self.name, self.bytes_max
        ))
    }

    fn sender(&mut self, rest: &str) -> Step {
        if !self.greeted {
            return say("503 5.5.1 EHLO first");
        }
        if self.mail.is_some() {
            return say("503 5.5.1 a mail is begun already");
        }
        let Some((from, parameters)) = path(rest, "FROM:") else { return say("501 5.5.4 MAIL FROM:<address>") };
        for parameter in parameters.split_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.to_ascii_uppercase().as_str() {
                "SIZE" => match value.parse::<u64>() {
                    Ok(size) if size > self.bytes_max as u64 => return say("552 5.3.4 too large"),
                    Ok(_) => {}
                    Err(_) => return say("501 5.5.4 SIZE is a number"),
                },
                "BODY" if ["7BIT", "8BITMIME"].contains(&value.to_ascii_uppercase().as_str()) => {}
                "SMTPUTF8" if value.is_empty() => {}
                _ => return say("555 5.5.4 there is no such parameter"),
            }
        }
        let from = (!from.is_empty()).then(|| from.to_owned());
        self.mail = Some(Envelope { from, to: Vec::new() });
        say("250 2.1.0 OK")
    }

    fn recipient(&mut self, rest: &str, addresses: &Addresses) -> Step {
        let Some(mail) = &mut self.mail else { return say("503 5.5.1 MAIL first") };
        let Some((to, parameters)) = path(rest, "TO:") else { return say("501 5.5.4 RCPT TO:<address>") };
        if !parameters.trim().is_empty() {
            return say("555 5.5.4 there is no such parameter");
        }
        if mail.to.len() >= RECIPIENTS_MAX {
            return say("452 4.5.3 too many recipients");
        }
        match addresses.known(to) {
            Some(ours) => {
                mail.to.push(ours);
                say("250 2.1.5 OK")
            }
            // Of our own domain or not: nothing is relayed, and nobody learns who is known.
            None => say("550 5.1.1 no such address here"),
        }
    }
}

/// `FROM:<address> parameters`: the address without its brackets and an old route, and what follows.
fn path<'a>(rest: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    let rest = rest.trim_start();
    if !rest.get(..prefix.len())?.eq_ignore_ascii_case(prefix) {
        return None;
    }
    let rest = rest[prefix.len()..].trim_start().strip_prefix('<')?;
    let (inside, after) = rest.split_once('>')?;
    if !after.is_empty() && !after.starts_with(' ') {
        return None;
    }
    // A source route is to be ignored (RFC 5321 appendix C).
    let address = if inside.starts_with('@') { inside.split_once(':')?.1 } else { inside };
    let sane = !address.chars().any(|c| c.is_control() || c.is_whitespace() || c == '<');
    (sane && address.len() <= 320).then_some((address, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{MessageId, PersonId};

    fn addresses() -> Addresses {
        Addresses {
            bounce: "b@mail.clinic.example".parse().ok(),
            reply: "r@mail.clinic.example".parse().ok(),
            secret: crate::Secret::new("secret"),
        }
    }

    /// The codes of the answers to these lines.
    fn dialogue(lines: &[&str]) -> Vec<String> {
        let (mut session, addresses) = (Session::new("mail.clinic.example", 1_000), addresses());
        lines
            .iter()
            .map(|line| match session.command(line.as_bytes(), &addresses) {
                Step::Say(text) => text[..3].to_owned(),
                Step::Content => {
                    session.take();
                    "354".into()
                }
                Step::Close(text) => format!("{} close", &text[..3]),
            })
            .collect()
    }

    #[test]
    fn a_mail_to_one_of_ours_is_asked_for_and_nothing_else_is() {
        let told = dialogue(&[
            "MAIL FROM:<a@example.org>",
            "EHLO client",
            "RCPT TO:<r@mail.clinic.example>",
            "DATA",
            "mail from:<a@example.org> SIZE=999 BODY=8BITMIME SMTPUTF8",
            "MAIL FROM:<a@example.org>",
            "DATA",
            "RCPT TO:<eve@elsewhere.example>",
            "RCPT TO:<postmaster@mail.clinic.example>",
            "RCPT TO:<r+forged@mail.clinic.example>",
            "rcpt to:<@relay.example:r@mail.clinic.example>",
            "VRFY r",
            "DATA",
            "DATA",
            "QUIT",
        ]);
        let wanted = [
            "503",
            "250",
            "503",
            "503",
            "250",
            "503",
            "554",
            "550",
            "550",
            "550",
            "250",
            "252",
            "354",
            "503",
            "221 close",
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn commands_that_are_none_are_refused() {
        let told = dialogue(&[
            "EHLO",
            "HELO a b",
            "HELO a",
            "MAIL FROM:a@example.org",
            "MAIL FROM:<a@example.org> SIZE=1001",
            "MAIL FROM:<a@example.org> SIZE=x",
            "MAIL FROM:<a@example.org> AUTH=<>",
            "MAIL FROM:<a@example.org>x",
            "MAIL FROM:<a b@example.org>",
            "MAIL FROM:<a@example.org>\nRCPT TO:<r@mail.clinic.example>",
            "MAIL FROM:<a@example.org>\r",
            "NOOP\0",
            "STARTTLS",
            "",
            "RSET",
        ]);
        let wanted =
            ["501", "501", "250", "501", "552", "501", "555", "501", "501", "500", "500", "500", "502", "500", "250"];
        assert_eq!(told, wanted);
    }

    #[test]
    fn one_who_only_makes_mistakes_is_sent_away_and_so_is_one_who_never_stops() {
        let told = dialogue(&["HACK"; MISTAKES_MAX + 1]);
        assert_eq!(told.last().map(String::as_str), Some("421 close"));
        let told = dialogue(&["NOOP"; COMMANDS_MAX + 1]);
        assert_eq!(told.last().map(String::as_str), Some("421 close"));
    }

    #[test]
    fn the_attempt_is_in_the_envelope_and_a_new_mail_begins_without_it() {
        let (mut session, addresses) = (Session::new("x", 1_000), addresses());
        let attempt = (PersonId::of(&[b"david"]), MessageId::of(&[b"mail"]));
        let to = addresses.reply_to(attempt).expect("an address");
        for line in ["EHLO x".to_owned(), "MAIL FROM:<>".into(), format!("RCPT TO:<{to}>")] {
            session.command(line.as_bytes(), &addresses);
        }
        let mail = session.take();
        assert_eq!((mail.from, mail.to[0].attempt), (None, Some(attempt)));
        assert_eq!(session.take(), Envelope::default());
    }
}
