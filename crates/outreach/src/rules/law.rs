//! Reads what the law says of consent, exemption, revocation, mail, carriers and related persons.

use super::yaml::{Node, Result};
use crate::triage::pattern::Pattern;
use model::{Channel, Purpose};

/// The most words, purposes or kinds of one list.
const LIST_MAX: usize = 64;
/// The largest number that is read here.
const NUMBER_MAX: usize = 10_000;

/// What a purpose needs before a message may be sent for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Needs {
    /// The number or address that the person gave is enough.
    Given,
    /// A consent that was recorded.
    Recorded,
    /// A consent in writing, signed.
    #[default]
    Written,
}

/// `rules/consent.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct ConsentLaw {
    telephone: Vec<(Purpose, Needs)>,
    mail: Vec<(Purpose, Needs)>,
}

impl ConsentLaw {
    /// What a purpose needs on a channel; what is not said needs the most.
    pub(crate) fn needs(&self, purpose: Purpose, channel: Channel) -> Needs {
        let list = if crate::guards::rings(channel) { &self.telephone } else { &self.mail };
        list.iter().find(|(p, _)| *p == purpose).map_or(Needs::Written, |(_, needs)| *needs)
    }
}

/// `rules/exemption.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Exemption {
    pub purposes: Vec<Purpose>,
    pub text_max: usize,
    pub call_max_seconds: usize,
    pub words_per_minute: usize,
    pub day: usize,
    pub week: usize,
    way_out: Vec<(String, String, String)>,
}

impl Exemption {
    /// The way out by text, and on a voicemail, in a language.
    pub(crate) fn way_out(&self, language: &str) -> Option<(&str, &str)> {
        let wanted = crate::language::primary(language);
        self.way_out.iter().find(|(l, ..)| *l == wanted).map(|(_, sms, left)| (sms.as_str(), left.as_str()))
    }
}

/// `rules/revocation.yaml`.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Revocation {
    pub confirmation_minutes: usize,
    pub kinds: Vec<(Purpose, Vec<Pattern>)>,
    pub about: Vec<Pattern>,
    pub everything: Vec<Pattern>,
}

/// `rules/can-spam.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct CanSpam {
    pub commercial: Vec<Purpose>,
    footer: Vec<(String, String)>,
}

impl CanSpam {
    /// What stands at the end of a commercial mail, in a language.
    pub(crate) fn footer(&self, language: &str) -> Option<&str> {
        let wanted = crate::language::primary(language);
        self.footer.iter().find(|(l, _)| *l == wanted).map(|(_, text)| text.as_str())
    }
}

/// A kind of number that texts leave from, as `rules/carriers.yaml` has it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NumberKind {
    /// `long_code`, `toll_free`, `short_code`.
    pub name: String,
    /// What must be registered: `campaign`, `verification`, `lease`.
    pub registration: String,
    /// Segments a second in all.
    pub per_second: u32,
    /// Segments a second to small carriers.
    pub small_carriers: u32,
}

/// `rules/related-persons.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Related {
    pub days_max: usize,
    pub days_usual: usize,
    pub never: Vec<Purpose>,
    before: Vec<(String, String)>,
}

impl Related {
    /// What stands before words that go to a related person, in a language.
    pub(crate) fn before(&self, language: &str) -> Option<&str> {
        let wanted = crate::language::primary(language);
        self.before.iter().find(|(l, _)| *l == wanted).map(|(_, text)| text.as_str())
    }
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Law {
    pub consent: ConsentLaw,
    pub exemption: Exemption,
    pub revocation: Revocation,
    pub can_spam: CanSpam,
    pub numbers: Vec<NumberKind>,
    pub related: Related,
}

/// Reads the six files.
pub(super) fn read(file: impl Fn(&str) -> Result<Node>) -> Result<Law> {
    Ok(Law {
        consent: consent(&file("consent.yaml")?)?,
        exemption: exemption(&file("exemption.yaml")?)?,
        revocation: revocation(&file("revocation.yaml")?)?,
        can_spam: can_spam(&file("can-spam.yaml")?)?,
        numbers: carriers(&file("carriers.yaml")?)?,
        related: related(&file("related-persons.yaml")?)?,
    })
}

/// The list of a node, bounded.
fn list(node: &Node) -> Result<&[Node]> {
    let all = node.list()?;
    if all.len() > LIST_MAX { node.wrong(format_args!("more than {LIST_MAX} entries")) } else { Ok(all) }
}

fn purpose(node: &Node, name: &str) -> Result<Purpose> {
    match Purpose::named(name) {
        Some(purpose) => Ok(purpose),
        None => node.wrong(format_args!("`{name}` is no purpose")),
    }
}

fn purposes(node: &Node) -> Result<Vec<Purpose>> {
    list(node)?.iter().map(|n| purpose(n, n.text()?)).collect()
}

fn number(node: &Node, key: &str) -> Result<usize> {
    node.need(key)?.number(NUMBER_MAX)
}

fn cited(node: &Node, keys: &[&str]) -> Result<()> {
    node.only(keys)?;
    node.need("citation")?.text().map(drop)
}

/// Text by language.
fn by_language(node: &Node) -> Result<Vec<(String, String)>> {
    node.entries()?.into_iter().map(|(l, _, text)| Ok((l.to_owned(), text.text()?.trim().to_owned()))).collect()
}

fn consent(node: &Node) -> Result<ConsentLaw> {
    cited(node, &["citation", "telephone", "mail"])?;
    let needs = |key: &str| -> Result<Vec<(Purpose, Needs)>> {
        let mut out = Vec::new();
        for (name, place, value) in node.need(key)?.entries()? {
            let needs = match value.text()? {
                "given" => Needs::Given,
                "recorded" => Needs::Recorded,
                "written" => Needs::Written,
                _ => return value.wrong("one of given, recorded, written is expected here"),
            };
            out.push((purpose(place, name)?, needs));
        }
        Ok(out)
    };
    Ok(ConsentLaw { telephone: needs("telephone")?, mail: needs("mail")? })
}

fn exemption(node: &Node) -> Result<Exemption> {
    let keys = ["citation", "purposes", "text_max", "call_max_seconds", "words_per_minute", "day", "week", "way_out"];
    cited(node, &keys)?;
    let mut way_out = Vec::new();
    for (language, _, words) in node.need("way_out")?.entries()? {
        words.only(&["sms", "voicemail"])?;
        let text = |key: &str| -> Result<String> { Ok(words.need(key)?.text()?.trim().to_owned()) };
        way_out.push((language.to_owned(), text("sms")?, text("voicemail")?));
    }
    let purposes = purposes(node.need("purposes")?)?;
    if purposes.iter().any(|p| matches!(p, Purpose::Billing | Purpose::Marketing)) {
        return node.need("purposes")?.wrong("billing and marketing are never exempt");
    }
    Ok(Exemption {
        purposes,
        text_max: number(node, "text_max")?,
        call_max_seconds: number(node, "call_max_seconds")?,
        words_per_minute: number(node, "words_per_minute")?,
        day: number(node, "day")?,
        week: number(node, "week")?,
        way_out,
    })
}

fn revocation(node: &Node) -> Result<Revocation> {
    cited(node, &["citation", "honoured", "confirmation_minutes", "kinds", "about", "everything"])?;
    let patterns = |node: &Node| -> Result<Vec<Pattern>> {
        let read = |n: &Node| Pattern::read(n.text()?, &[]).or_else(|what| n.wrong(what));
        list(node)?.iter().map(read).collect()
    };
    let mut kinds = Vec::new();
    for (name, place, words) in node.need("kinds")?.entries()? {
        kinds.push((purpose(place, name)?, patterns(words)?));
    }
    Ok(Revocation {
        confirmation_minutes: number(node, "confirmation_minutes")?,
        kinds,
        about: patterns(node.need("about")?)?,
        everything: patterns(node.need("everything")?)?,
    })
}

fn can_spam(node: &Node) -> Result<CanSpam> {
    cited(node, &["citation", "commercial", "honoured", "footer"])?;
    let footer = by_language(node.need("footer")?)?;
    for (language, text) in &footer {
        if ["{clinic}", "{address}", "{link}"].iter().any(|part| !text.contains(part)) {
            return node.need("footer")?.wrong(format_args!("`{language}` needs {{clinic}}, {{address}} and {{link}}"));
        }
    }
    Ok(CanSpam { commercial: purposes(node.need("commercial")?)?, footer })
}

pub(super) fn carriers(node: &Node) -> Result<Vec<NumberKind>> {
    cited(node, &["citation", "numbers"])?;
    let mut out = Vec::new();
    for (name, _, kind) in node.need("numbers")?.entries()? {
        kind.only(&["registration", "per_second", "small_carriers"])?;
        let rate = |key: &str| match number(kind, key)? {
            0 => kind.need(key)?.wrong(format_args!("a number from 1 is expected here")),
            rate => Ok(rate as u32),
        };
        out.push(NumberKind {
            name: name.to_owned(),
            registration: kind.need("registration")?.text()?.to_owned(),
            per_second: rate("per_second")?,
            small_carriers: rate("small_carriers")?,
        });
    }
    Ok(out)
}

fn related(node: &Node) -> Result<Related> {
    cited(node, &["citation", "days_max", "days_usual", "never", "before"])?;
    let days_max = node.need("days_max")?.number(366)?;
    Ok(Related {
        days_max,
        days_usual: node.need("days_usual")?.number(days_max)?,
        never: purposes(node.need("never")?)?,
        before: by_language(node.need("before")?)?,
    })
}

#[cfg(test)]
mod tests {
    use crate::Rules;
    use crate::rules::law::Needs;
    use model::{Channel, Purpose};

    #[test]
    fn the_shipped_law_is_read() {
        let law = Rules::shipped().law;
        for purpose in Purpose::ALL {
            let (phone, mail) = (law.consent.needs(purpose, Channel::Sms), law.consent.needs(purpose, Channel::Email));
            assert!(phone >= mail, "{purpose:?}: a telephone needs no less than a mail");
            let sells = matches!(purpose, Purpose::Billing | Purpose::Marketing);
            assert_eq!(phone == Needs::Written, sells, "{purpose:?}");
            assert!(!(sells && law.exemption.purposes.contains(&purpose)));
        }
        let numbers = (law.exemption.text_max, law.exemption.call_max_seconds, law.exemption.day, law.exemption.week);
        assert_eq!(numbers, (160, 60, 1, 3));
        assert_eq!(law.revocation.confirmation_minutes, 5);
        for language in ["en", "es-MX"] {
            assert!(law.exemption.way_out(language).is_some() && law.can_spam.footer(language).is_some());
            assert!(law.related.before(language).is_some());
        }
        assert!(law.numbers.iter().any(|n| n.name == "long_code" && n.registration == "campaign"));
        assert!(law.related.days_usual <= law.related.days_max && law.related.days_max <= 366);
    }
}
