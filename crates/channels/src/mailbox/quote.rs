//! What a person wrote in a reply, without the mail that it answers and without a signature. English and Spanish.
//!
//! It errs towards keeping: what cannot be told from a quotation stays, and where nothing would be left, all stays.

/// Lines over which one "On … wrote:" may be folded.
const ATTRIBUTION_LINES: usize = 4;
/// Lines of a block "From: … Sent: …" that are looked at.
const BLOCK_LINES: usize = 6;
/// The longest attribution.
const ATTRIBUTION_MAX: usize = 400;

/// The words of the reply.
pub(crate) fn own_words(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\u{a0}', " ");
    let lines: Vec<&str> = text.lines().collect();
    let quoted = |line: &&str| line.trim_start().starts_with('>');
    let mut kept: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let rest = &lines[at..];
        if forwarded_block(rest) {
            break;
        }
        if let Some(length) = attribution(rest) {
            at += length;
            // Where the original is marked line by line, what is not marked is the person's own.
            if lines[at..].iter().any(quoted) {
                continue;
            }
            break;
        }
        // RFC 3676 section 4.3; some programs cut the space.
        if matches!(rest[0], "-- " | "--") {
            let Some(next) = rest.iter().position(quoted) else { break };
            at += next;
            continue;
        }
        if !quoted(&rest[0]) && !sent_from(rest[0]) {
            kept.push(rest[0].trim_end());
        }
        at += 1;
    }
    let own = squeezed(&kept);
    if own.is_empty() { squeezed(&lines) } else { own }
}

/// Lines as a text, without empty ones at either end and never two of them in a row.
fn squeezed(lines: &[&str]) -> String {
    let mut out = String::new();
    let mut gap = false;
    for line in lines.iter().map(|line| line.trim_end()) {
        if line.trim().is_empty() {
            gap = true;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if gap { "\n\n" } else { "\n" });
        }
        gap = false;
        out.push_str(line);
    }
    out
}

/// How many lines an attribution takes that begins here: "On Mon, Clinic wrote:", "El lun, Clínica escribió:".
fn attribution(rest: &[&str]) -> Option<usize> {
    let first = rest[0].trim_start_matches(['>', ' ']).to_lowercase();
    if !["on ", "el ", "a las ", "le "].iter().any(|begin| first.starts_with(begin)) {
        return None;
    }
    let mut whole = String::new();
    for (n, line) in rest.iter().take(ATTRIBUTION_LINES).enumerate() {
        whole.push_str(line.trim().to_lowercase().as_str());
        if whole.len() > ATTRIBUTION_MAX {
            return None;
        }
        let ends = ["wrote:", "escribió:", "escribio:"].iter().any(|end| whole.ends_with(end));
        // A date or an address stands in it: "on my word, he wrote:" is no attribution.
        if ends {
            return (whole.contains('@') || whole.bytes().any(|b| b.is_ascii_digit())).then_some(n + 1);
        }
        whole.push(' ');
    }
    None
}

/// A block of headers as Outlook puts it above what it quotes; all that follows is the original.
fn forwarded_block(rest: &[&str]) -> bool {
    let line = rest[0].trim().trim_matches('*').to_lowercase();
    let ruled = line.starts_with("-----") && line.ends_with("-----");
    if ruled && ["original message", "mensaje original"].iter().any(|words| line.contains(words)) {
        return true;
    }
    if !["from:", "de:"].iter().any(|name| line.starts_with(name)) {
        return false;
    }
    let next = |names: &[&str]| {
        rest.iter().skip(1).take(BLOCK_LINES).any(|line| {
            let line = line.trim().trim_matches('*').to_lowercase();
            names.iter().any(|name| line.starts_with(name))
        })
    };
    next(&["sent:", "date:", "enviado:", "enviado el:", "fecha:"]) && next(&["subject:", "asunto:"])
}

fn sent_from(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    let begins =
        ["sent from my ", "enviado desde mi ", "enviado desde outlook", "get outlook for ", "sent from outlook"];
    line.len() < 80 && begins.iter().any(|begin| line.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_original_goes_and_what_the_person_wrote_stays() {
        for (text, wanted) in [
            (
                "It is bleeding\r\n\r\nOn Mon, Nov 23, 2026 at 8:00 AM Clinic <r@c.example> wrote:\r\n> Walk\r\n> ten",
                "It is bleeding",
            ),
            ("Sangra\n\nEl lun, 23 nov 2026 a las 8:00, Clínica\n<r@c.example> escribió:\n\n> Camine", "Sangra"),
            ("> Walk ten minutes\nNo, it hurts\n> Eat well\nYes", "No, it hurts\nYes"),
            (
                "On 23 Nov 2026 Clinic <r@c.example> wrote:\n> Walk\n\nBelow the quotation: chest pain",
                "Below the quotation: chest pain",
            ),
            (
                "Thanks\n\nFrom: Clinic <r@c.example>\nSent: Monday\nTo: David\nSubject: Your day\n\nCall 911 if",
                "Thanks",
            ),
            (
                "Gracias\n\n*De:* Clínica\n*Enviado el:* lunes\n*Para:* David\n*Asunto:* Su día\n\nLlame al 911",
                "Gracias",
            ),
            ("Ok\n\n-----Mensaje original-----\nDe: Clínica\nLlame", "Ok"),
            ("Done\n\n-- \nDavid Reyes\n+1 555", "Done"),
            ("Listo\n\nEnviado desde mi iPhone", "Listo"),
            ("On my word, he wrote: nothing\nIt hurts", "On my word, he wrote: nothing\nIt hurts"),
            ("From: here to there it hurts", "From: here to there it hurts"),
            (
                "On 23 Nov 2026 at 8:00, Clinic wrote:\n\nWalk\n\nI wrote this below",
                "On 23 Nov 2026 at 8:00, Clinic wrote:\n\nWalk\n\nI wrote this below",
            ),
            ("", ""),
        ] {
            assert_eq!(own_words(text), wanted, "{text:?}");
        }
    }
}
