//! How alike two records are: a small deterministic score, each part of which can be told to a person.

use record::Record;

/// From here on two records are probably one person's.
const PROBABLE: i32 = 70;
/// From here on they may be.
const POSSIBLE: i32 = 45;
/// Jaro-Winkler likeness from which names count as alike.
const ALIKE: f64 = 0.90;

/// What a score says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing suggests one person.
    Different,
    /// Someone should look.
    Possible,
    /// Someone should look soon.
    Probable,
}

/// How alike two records are, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// Below 0 to about 150; comparable between pairs.
    pub points: i32,
    /// What it says.
    pub verdict: Verdict,
    /// What spoke for and against, in words for staff: `same birth date`. No values.
    pub why: Vec<&'static str>,
}

/// Compares two records. Symmetric. What one of them does not say counts neither for nor against.
pub fn same(a: &Record, b: &Record) -> Score {
    let mut points = 0;
    let mut why = Vec::new();
    let mut count = |weight: i32, reason: &'static str| {
        points += weight;
        why.push(reason);
    };
    identifiers(a, b, &mut count);
    if let (Some(x), Some(y)) = (&a.birth_date, &b.birth_date) {
        let (short, long) = if x.len() <= y.len() { (x, y) } else { (y, x) };
        if x == y && x.len() == "1980-04-05".len() {
            count(30, "same birth date");
        } else if long.starts_with(short.as_str()) {
            count(10, "birth dates agree as far as they are known");
        } else if swapped(x, y) {
            count(15, "birth date with day and month swapped");
        } else {
            count(-40, "other birth date");
        }
    }
    let (x, y) = (plain(&a.family), plain(&b.family));
    if !x.is_empty() && !y.is_empty() {
        let likeness = likeness(&x, &y);
        if likeness >= 1.0 {
            count(20, "same family name");
        } else if likeness >= ALIKE {
            count(12, "family names alike");
        } else {
            count(-10, "other family name");
        }
    }
    given(a, b, &mut count);
    if let (Some(x), Some(y)) = (&a.gender, &b.gender)
        && x != y
        && [x, y].iter().all(|g| matches!(g.as_str(), "male" | "female"))
    {
        count(-10, "other gender");
    }
    let shared = |p: &&model::person::ContactPoint| {
        p.owner.is_none() && b.contacts.iter().any(|q| q.owner.is_none() && q.kind == p.kind && q.value == p.value)
    };
    if a.contacts.iter().any(|p| shared(&p)) {
        count(15, "same number or address");
    }
    let verdict = match points {
        PROBABLE.. => Verdict::Probable,
        POSSIBLE.. => Verdict::Possible,
        _ => Verdict::Different,
    };
    Score { points, verdict, why }
}

/// A shared identifier speaks for one person; two of one system against.
fn identifiers(a: &Record, b: &Record, count: &mut impl FnMut(i32, &'static str)) {
    if a.identifiers.iter().any(|i| b.identifiers.contains(i)) {
        count(60, "same identifier");
        return;
    }
    let system = |i: &str| i.split_once('|').map(|(s, _)| s.to_owned());
    if a.identifiers.iter().any(|i| b.identifiers.iter().any(|j| system(i).is_some() && system(i) == system(j))) {
        count(-15, "another identifier of the same system");
    }
}

fn given(a: &Record, b: &Record, count: &mut impl FnMut(i32, &'static str)) {
    let names = |r: &Record| -> Vec<String> {
        let preferred = r.preferred_name.as_deref();
        r.given.iter().map(String::as_str).chain(preferred).map(plain).filter(|n| !n.is_empty()).collect()
    };
    let (x, y) = (names(a), names(b));
    let pairs = x.iter().flat_map(|n| y.iter().map(move |m| likeness(n, m)));
    match pairs.max_by(f64::total_cmp) {
        Some(best) if best >= 1.0 => count(20, "same given name"),
        Some(best) if best >= ALIKE => count(12, "given names alike"),
        Some(_) => count(-10, "other given name"),
        None => {}
    }
}

fn likeness(a: &str, b: &str) -> f64 {
    // The larger of both orders: the measure is not quite symmetric at its edges.
    strsim::jaro_winkler(a, b).max(strsim::jaro_winkler(b, a))
}

/// Letters and digits alone, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// `1980-04-05` and `1980-05-04`.
fn swapped(x: &str, y: &str) -> bool {
    let parts = |t: &str| -> Option<(String, String, String)> {
        let mut it = t.split('-').map(str::to_owned);
        Some((it.next()?, it.next()?, it.next()?))
    };
    match (parts(x), parts(y)) {
        (Some((y1, m1, d1)), Some((y2, m2, d2))) => y1 == y2 && m1 == d2 && d1 == m2,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(given: &str, family: &str, birth: &str, identifier: &str) -> Record {
        Record {
            given: vec![given.into()],
            family: family.into(),
            birth_date: Some(birth.into()),
            identifiers: vec![identifier.into()],
            ..Record::default()
        }
    }

    #[test]
    fn pairs_of_people() {
        let david = who("David", "Reyes", "1980-04-05", "urn:a|1");
        let check = |other: &Record, verdict: Verdict| {
            let (there, back) = (same(&david, other), same(other, &david));
            assert_eq!((there.verdict, there.points), (verdict, back.points), "{:?}", there.why);
        };
        check(&who("David", "Reyes", "1980-04-05", "urn:b|7"), Verdict::Probable);
        check(&who("Davide", "Reyess", "1980-04-05", "urn:b|7"), Verdict::Possible);
        check(&who("David", "Reyes", "1980-05-04", "urn:b|7"), Verdict::Possible);
        check(&who("David", "Reyes", "1951-01-02", "urn:b|7"), Verdict::Different);
        check(&who("Katie", "Moore", "1980-04-05", "urn:b|7"), Verdict::Different);
        check(&who("D", "R-Moore", "1980-04-05", "urn:a|1"), Verdict::Probable);
        check(&Record::default(), Verdict::Different);
    }
}
