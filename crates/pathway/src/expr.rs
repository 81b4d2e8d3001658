//! Conditions: typed over record, facts, answers, code sets. Three-valued: what is not known makes
//! a comparison unknown, and `and`, `or`, `not` follow Kleene.

use model::Value;

/// A checked condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A literal.
    Literal(Value),
    /// A field: `["rx", "as_needed"]`.
    Field(Vec<String>),
    /// Both.
    And(Box<Expr>, Box<Expr>),
    /// Either.
    Or(Box<Expr>, Box<Expr>),
    /// Not.
    Not(Box<Expr>),
    /// A comparison.
    Compare(Compare, Box<Expr>, Box<Expr>),
    /// Any of the field's codes is in the code set (expanded when compiled; sorted `system|code`).
    InCodes(Box<Expr>, Vec<String>),
    /// Whether anything is known: `is known`.
    Known(Box<Expr>),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// Where conditions and words find their values.
pub trait Scope {
    /// The value at `path` (`["rx", "as_needed"]`); `Unknown` when nothing is known. Checked
    /// pathways ask for no field that does not exist.
    fn get(&self, path: &[String]) -> Value;

    /// The ids of the items of the collection at `path` (`["encounter", "prescriptions"]`), in a
    /// stable order.
    fn items(&self, path: &[String]) -> Vec<String>;

    /// A scope in which `var` is also bound to the item of `kind` with that id.
    fn bind(&self, var: &str, kind: model::value::Kind, id: &str) -> Box<dyn Scope + '_>;
}

impl Expr {
    /// The value of the expression: `Bool` or `Unknown` of a checked condition. What is not known
    /// is never taken as false; see Kleene's strong logic of indeterminacy.
    pub fn eval(&self, scope: &dyn Scope) -> Value {
        match self {
            Self::Literal(value) => value.clone(),
            Self::Field(path) => scope.get(path),
            Self::And(a, b) => match (truth(&a.eval(scope)), truth(&b.eval(scope))) {
                (Some(false), _) | (_, Some(false)) => Value::Bool(false),
                (Some(true), Some(true)) => Value::Bool(true),
                _ => Value::Unknown,
            },
            Self::Or(a, b) => match (truth(&a.eval(scope)), truth(&b.eval(scope))) {
                (Some(true), _) | (_, Some(true)) => Value::Bool(true),
                (Some(false), Some(false)) => Value::Bool(false),
                _ => Value::Unknown,
            },
            Self::Not(a) => truth(&a.eval(scope)).map(|t| !t).into(),
            Self::Compare(how, a, b) => compare(*how, &a.eval(scope), &b.eval(scope)).into(),
            Self::InCodes(a, set) => in_codes(&a.eval(scope), set).into(),
            Self::Known(a) => Value::Bool(a.eval(scope) != Value::Unknown),
        }
    }
}

/// What a value says as a condition; `None` when that is not known.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        _ => None,
    }
}

/// Compares two values of one type; `None` when one is unknown or they cannot be compared.
fn compare(how: Compare, a: &Value, b: &Value) -> Option<bool> {
    let order = match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b)?,
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Codes(codes), Value::Text(code)) | (Value::Text(code), Value::Codes(codes)) => {
            let has = codes.iter().any(|c| same_code(c, code));
            return match how {
                Compare::Equal => Some(has),
                Compare::NotEqual => Some(!has),
                _ => None,
            };
        }
        _ => return None,
    };
    Some(match how {
        Compare::Equal => order.is_eq(),
        Compare::NotEqual => order.is_ne(),
        Compare::Less => order.is_lt(),
        Compare::AtMost => order.is_le(),
        Compare::Greater => order.is_gt(),
        Compare::AtLeast => order.is_ge(),
    })
}

/// Whether any code of the value is in the set; `None` when no code is known.
fn in_codes(value: &Value, set: &[String]) -> Option<bool> {
    let has = |code: &String| set.iter().any(|s| same_code(code, s));
    match value {
        Value::Codes(codes) => Some(codes.iter().any(has)),
        Value::Text(code) => Some(has(code)),
        _ => None,
    }
}

/// Whether two codes are the same. Where both name a system it must be the same too; a bare code
/// stands for that code in any system.
fn same_code(a: &str, b: &str) -> bool {
    // Sets are long and most of their codes another one: what ends otherwise is looked at no further.
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    match long.strip_suffix(short) {
        Some("") => true,
        Some(system) => system.ends_with('|') && !short.contains('|'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::condition;
    use model::At;
    use std::collections::BTreeMap;

    struct Known(BTreeMap<&'static str, Value>);

    impl Scope for Known {
        fn get(&self, path: &[String]) -> Value {
            self.0.get(path.join(".").as_str()).cloned().unwrap_or_default()
        }
        fn items(&self, _: &[String]) -> Vec<String> {
            Vec::new()
        }
        fn bind(&self, _: &str, _: model::value::Kind, _: &str) -> Box<dyn Scope + '_> {
            Box::new(Self(self.0.clone()))
        }
    }

    fn eval(text: &str) -> Value {
        let codes = Value::Codes(vec!["http://snomed.info/sct|1".into(), "http://loinc.org|2".into()]);
        let scope = Known(BTreeMap::from([
            ("x.yes", Value::Bool(true)),
            ("x.no", Value::Bool(false)),
            ("x.eight", Value::Number(8.0)),
            ("x.early", Value::Time(At(1))),
            ("x.late", Value::Time(At(2))),
            ("x.red", Value::Text("red".into())),
            ("x.codes", codes),
            ("x.bare", Value::Text("1".into())),
            ("x.none", Value::Codes(Vec::new())),
            ("person.age", Value::Number(44.0)),
        ]));
        let sets = |name: &str| match name {
            "one" => vec!["http://snomed.info/sct|1".to_string()],
            _ => vec!["urn:other|1".to_string()],
        };
        condition::read(text).unwrap().compile(&sets).eval(&scope)
    }

    #[test]
    fn and_or_not_follow_kleene() {
        let (t, f, u) = (Value::Bool(true), Value::Bool(false), Value::Unknown);
        let names = [("x.yes", &t), ("x.no", &f), ("x.unknown", &u)];
        let and = [[&t, &f, &u], [&f, &f, &f], [&u, &f, &u]];
        let or = [[&t, &t, &t], [&t, &f, &u], [&t, &u, &u]];
        for (i, (a, _)) in names.iter().enumerate() {
            for (j, (b, _)) in names.iter().enumerate() {
                assert_eq!(eval(&format!("{a} and {b}")), *and[i][j], "{a} and {b}");
                assert_eq!(eval(&format!("{a} or {b}")), *or[i][j], "{a} or {b}");
            }
        }
        assert_eq!([eval("not x.yes"), eval("not x.no"), eval("not x.unknown")], [f, t, u]);
    }

    #[test]
    fn comparisons_are_unknown_when_either_side_is() {
        let yes = ["x.eight >= 8", "x.eight != 7", "x.early < x.late", "x.red == 'red'", "x.yes == true"];
        let no = ["x.eight < 8", "x.early >= x.late", "x.red != 'red'", "x.no == true", "x.late <= x.early"];
        let unknown = ["x.unknown == 8", "8 > x.unknown", "x.unknown != x.unknown", "x.unknown == true"];
        for (texts, expected) in
            [(&yes[..], Value::Bool(true)), (&no[..], Value::Bool(false)), (&unknown[..], Value::Unknown)]
        {
            for text in texts {
                assert_eq!(eval(text), expected, "{text}");
            }
        }
        assert_eq!(eval("x.eight == 'red'"), Value::Unknown, "types that do not fit are never true");
    }

    #[test]
    fn what_is_known_is_never_unknown() {
        assert_eq!(eval("x.red is known"), Value::Bool(true));
        assert_eq!(eval("x.unknown is known"), Value::Bool(false));
        assert_eq!(eval("x.unknown is unknown"), Value::Bool(true));
        assert_eq!(eval("x.unknown is known and x.unknown"), Value::Bool(false));
    }

    #[test]
    fn codes_match_with_their_system_or_bare() {
        assert_eq!(eval("x.codes in codes.one"), Value::Bool(true));
        assert_eq!(eval("x.codes in codes.other"), Value::Bool(false), "another system, another code");
        assert_eq!(eval("x.bare in codes.other"), Value::Bool(true), "a bare code is of any system");
        assert_eq!(eval("x.none in codes.one"), Value::Bool(false));
        assert_eq!(eval("x.unknown in codes.one"), Value::Unknown);
        assert_eq!(eval("x.codes == '2'"), Value::Bool(true));
    }

    #[test]
    fn binding_is_tighter_for_and_than_for_or() {
        assert_eq!(eval("x.yes or x.no and x.no"), Value::Bool(true));
        assert_eq!(eval("(x.yes or x.no) and x.no"), Value::Bool(false));
        assert_eq!(eval("not x.no and x.yes"), Value::Bool(true));
        assert_eq!(eval("record.age >= 18"), Value::Bool(true), "`record` is the person");
    }
}
