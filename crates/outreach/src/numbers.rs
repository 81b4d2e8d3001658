//! What kind of number a message would go to: by the ranges of `rules/destinations.yaml`, and the numbering plans.
//!
//! Invariants: a number whose kind cannot be told is [`Kind::Unknown`] and is used: carriers know better and say so; in
//! the country code 1 nobody can tell a mobile number from a landline by its digits.
//!
//! Deliberately absent: asking a carrier, numbers that were ported.

use crate::rules::yaml::{Node, Result};
use crate::{Clinic, Rules};
use phonenumber::metadata::DATABASE;
use phonenumber::{PhoneNumber, Type, country};

/// The most that a range may have messages of a day.
const DAY_MAX: usize = 100_000;
/// The country code that several countries share.
const NANP: &str = "1";
/// Digits of an area code of it.
const AREA: usize = 3;

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Takes texts and calls.
    Mobile,
    /// Takes calls and no texts.
    Landline,
    /// Whoever calls it pays for more than the call.
    Premium,
    /// Whoever calls it pays a part of more than the call.
    Shared,
    /// A telephone of a satellite network.
    Satellite,
    /// Takes no calls.
    Pager,
    /// Of a country that the clinic sends nothing to.
    Foreign,
    /// Cannot be told.
    Unknown,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        let all = [
            ("landline", Self::Landline),
            ("premium", Self::Premium),
            ("shared", Self::Shared),
            ("satellite", Self::Satellite),
            ("pager", Self::Pager),
            ("foreign", Self::Foreign),
        ];
        all.into_iter().find(|(n, _)| *n == name).map(|(_, kind)| kind)
    }
}

/// `rules/destinations.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Destinations {
    ranges: Vec<(String, Kind)>,
    /// Kinds that nothing automated goes to.
    pub refused: Vec<Kind>,
    /// Kinds that take no texts.
    pub no_texts: Vec<Kind>,
    together: Vec<(String, Vec<String>)>,
    area_codes: Vec<(String, String)>,
    budget_day: usize,
    budget_digits: usize,
}

/// Reads it.
pub(crate) fn read(node: &Node) -> Result<Destinations> {
    let keys =
        ["citation", "premium", "shared", "satellite", "refused", "no_texts", "together", "area_codes", "budget"];
    node.only(&keys)?;
    node.need("citation")?.text()?;
    let mut ranges = Vec::new();
    for (name, kind) in [("premium", Kind::Premium), ("shared", Kind::Shared), ("satellite", Kind::Satellite)] {
        for range in node.need(name)?.list()? {
            ranges.push((digits(range)?, kind));
        }
    }
    let kinds = |key: &str| -> Result<Vec<Kind>> {
        let one = |node: &Node| match Kind::named(node.text()?) {
            Some(kind) => Ok(kind),
            None => node.wrong("one of landline, premium, shared, satellite, pager, foreign is expected here"),
        };
        node.need(key)?.list()?.iter().map(one).collect()
    };
    let mut together = Vec::new();
    for (country, _, others) in node.need("together")?.entries()? {
        let others = others.list()?.iter().map(|other| Ok(other.text()?.to_owned())).collect::<Result<_>>()?;
        together.push((country.to_owned(), others));
    }
    let mut area_codes = Vec::new();
    for (country, _, codes) in node.need("area_codes")?.entries()? {
        for code in codes.text()?.split_whitespace() {
            if code.len() != AREA || !code.bytes().all(|b| b.is_ascii_digit()) {
                return codes.wrong("area codes of three digits are expected here, with spaces between them");
            }
            area_codes.push((code.to_owned(), country.to_owned()));
        }
    }
    area_codes.sort();
    let budget = node.need("budget")?;
    budget.only(&["day", "digits"])?;
    let (budget_day, budget_digits) = (budget.need("day")?.number(DAY_MAX)?, budget.need("digits")?.number(8)?);
    let (refused, no_texts) = (kinds("refused")?, kinds("no_texts")?);
    Ok(Destinations { ranges, refused, no_texts, together, area_codes, budget_day, budget_digits })
}

fn digits(node: &Node) -> Result<String> {
    let text = node.text()?;
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return node.wrong("the digits that numbers begin with are expected here");
    }
    Ok(text.to_owned())
}

/// A number as far as it is known.
struct Known {
    /// Mobile, landline, premium, shared, pager, or not known.
    kind: Kind,
    /// ISO 3166-1 code; `None` when no country has such numbers.
    country: Option<String>,
    /// Digits of the country code.
    code: usize,
}

/// What a number (E.164) is for this clinic.
pub fn kind(number: &str, clinic: &Clinic, rules: &Rules) -> Kind {
    let Some(digits) = plain(number) else { return Kind::Unknown };
    let rules = &rules.destinations;
    let range = rules.ranges.iter().filter(|(begin, _)| digits.starts_with(begin.as_str()));
    if let Some((_, kind)) = range.max_by_key(|(begin, _)| begin.len()) {
        return *kind;
    }
    let known = known(digits, rules);
    let allowed = std::iter::once(&clinic.country).chain(&clinic.countries).any(|home| rules.own(home, &known));
    match known.kind {
        kind @ (Kind::Premium | Kind::Shared | Kind::Pager) => kind,
        _ if !allowed => Kind::Foreign,
        kind => kind,
    }
}

/// The range of a number that is not of the clinic's own country: the country code and some digits. `None` at home.
pub fn range_abroad(number: &str, clinic: &Clinic, rules: &Rules) -> Option<String> {
    let digits = plain(number)?;
    let rules = &rules.destinations;
    let known = known(digits, rules);
    let end = (known.code + rules.budget_digits).min(digits.len());
    (!rules.own(&clinic.country, &known)).then(|| digits[..end].to_owned())
}

/// How many messages a day may go to one range abroad.
pub fn budget_of_a_range(rules: &Rules) -> usize {
    rules.destinations.budget_day
}

impl Destinations {
    /// Whether a number is of a country, or of one whose numbers are as its own.
    fn own(&self, home: &str, known: &Known) -> bool {
        let Some(country) = &known.country else { return false };
        let others = || self.together.iter().filter(|(name, _)| name.eq_ignore_ascii_case(home));
        country.eq_ignore_ascii_case(home) || others().any(|(_, all)| all.contains(country))
    }
}

/// The digits of a number with its country code.
fn plain(number: &str) -> Option<&str> {
    number.strip_prefix('+').filter(|digits| digits.len() >= 2 && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn known(digits: &str, rules: &Destinations) -> Known {
    if let Some(local) = digits.strip_prefix(NANP) {
        // By the list: the plans of two dozen countries would be asked for each text.
        let area = local.get(..AREA).unwrap_or_default();
        let found = rules.area_codes.binary_search_by(|(code, _)| code.as_str().cmp(area));
        let country = found.map_or("US", |at| rules.area_codes[at].1.as_str());
        return Known { kind: Kind::Unknown, country: Some(country.to_owned()), code: NANP.len() };
    }
    let Ok(number) = phonenumber::parse(None, format!("+{digits}")) else {
        return Known { kind: Kind::Unknown, country: None, code: 2 };
    };
    let kind = match number.number_type(&DATABASE) {
        Type::Mobile => Kind::Mobile,
        Type::FixedLine => Kind::Landline,
        Type::PremiumRate => Kind::Premium,
        Type::SharedCost => Kind::Shared,
        Type::Pager => Kind::Pager,
        _ => Kind::Unknown,
    };
    Known { kind, country: home(&number), code: number.code().value().to_string().len() }
}

/// The country of a number; where its range was given to nobody, the one that has the country code.
fn home(number: &PhoneNumber) -> Option<String> {
    let of = |id: country::Id| id.as_ref().to_owned();
    number.country().id().map(of).or_else(|| {
        let regions = DATABASE.by_code(&number.code().value())?;
        let main = regions.iter().find(|r| r.is_main_country_for_code()).or_else(|| regions.first())?;
        (main.id().len() == 2 && main.id().bytes().all(|b| b.is_ascii_uppercase())).then(|| main.id().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: &str, country: &str, more: &[&str]) -> Kind {
        let countries = more.iter().map(|c| (*c).to_owned()).collect();
        let clinic = Clinic { country: country.into(), countries, ..Clinic::default() };
        kind(number, &clinic, &Rules::shipped())
    }

    #[test]
    fn numbers_are_of_their_kind() {
        let rows = [
            // At home nobody can tell by the digits.
            ("+12125550119", Kind::Unknown),
            ("+15550100", Kind::Unknown),
            ("+18005550119", Kind::Unknown),
            // Territories are as home; Canada and the Caribbean are not.
            ("+17875550119", Kind::Unknown),
            ("+14165550119", Kind::Foreign),
            ("+18765550119", Kind::Foreign),
            ("+18095550119", Kind::Foreign),
            ("+19005550119", Kind::Premium),
            ("+979123456789", Kind::Premium),
            ("+80812345678", Kind::Shared),
            ("+8816123456789", Kind::Satellite),
            ("+870773111632", Kind::Satellite),
            ("+882161234567", Kind::Satellite),
            ("+447400123456", Kind::Foreign),
            ("+442079460018", Kind::Foreign),
            // Abroad and premium: the dearer of both is told.
            ("+449098790123", Kind::Premium),
            ("+999555123456", Kind::Foreign),
            ("david@example.org", Kind::Unknown),
            ("", Kind::Unknown),
            ("+", Kind::Unknown),
        ];
        for (number, expected) in rows {
            assert_eq!(of(number, "US", &[]), expected, "{number}");
        }
    }

    #[test]
    fn another_home_and_allowed_countries() {
        assert_eq!(of("+447400123456", "GB", &[]), Kind::Mobile);
        assert_eq!(of("+442079460018", "GB", &[]), Kind::Landline);
        assert_eq!(of("+447911123456", "GB", &[]), Kind::Mobile, "Guernsey, under the same country code");
        assert_eq!(of("+12125550119", "GB", &[]), Kind::Foreign);
        assert_eq!(of("+14165550119", "US", &["CA"]), Kind::Unknown);
        assert_eq!(of("+4930123456", "US", &["de"]), Kind::Landline);
        assert_eq!(of("+19005550119", "US", &["CA"]), Kind::Premium, "an allowed country allows no premium numbers");
    }

    #[test]
    fn the_list_of_area_codes_is_that_of_the_numbering_plans() {
        let rules = Rules::shipped();
        for (code, country) in &rules.destinations.area_codes {
            let number = phonenumber::parse(None, format!("+1{code}2345678")).expect("a number");
            // The plans name no area code that is not in use yet.
            let named = number.country().id().map(|id| id.as_ref().to_owned());
            assert!(named.as_ref().is_none_or(|named| named == country), "{code}: {named:?}, {country}");
        }
        for area in 200..1000 {
            let number = phonenumber::parse(None, format!("+1{area}2345678")).expect("a number");
            let listed = rules.destinations.area_codes.iter().any(|(code, _)| *code == area.to_string());
            let named = number.country().id().map(|id| id.as_ref().to_owned());
            let toll_free = number.number_type(&DATABASE) == Type::TollFree;
            assert!(listed || toll_free || named.as_deref().is_none_or(|c| c == "US"), "{area} is of {named:?}");
        }
    }

    #[test]
    fn ranges_abroad_have_a_budget_and_home_has_none() {
        let (clinic, rules) = (Clinic::default(), Rules::shipped());
        for (number, range) in [
            ("+12125550119", None),
            ("+17875550119", None),
            ("+18765550119", Some("1876")),
            ("+447400123456", Some("44740")),
            ("+8816123456789", Some("881612")),
            ("+99", Some("99")),
        ] {
            assert_eq!(range_abroad(number, &clinic, &rules).as_deref(), range, "{number}");
        }
        assert_eq!(budget_of_a_range(&rules), 50);
    }
}
