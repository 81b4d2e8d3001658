//! Conditions in words, and what one may become by a mistake in writing it.

use model::Value;
use pathway::expr::{Compare, Expr};

/// A condition as it is written, shortened where it is long.
pub fn show(expr: &Expr) -> String {
    match expr {
        Expr::Literal(Value::Text(text)) => format!("'{text}'"),
        Expr::Literal(Value::Number(n)) => n.to_string(),
        Expr::Literal(Value::Bool(b)) => b.to_string(),
        Expr::Literal(_) => "unknown".into(),
        Expr::Field(path) => path.join("."),
        Expr::And(a, b) => format!("{} and {}", show(a), show(b)),
        Expr::Or(a, b) => format!("{} or {}", show(a), show(b)),
        Expr::Not(a) => match &**a {
            Expr::Known(a) => format!("{} is unknown", show(a)),
            a => format!("not {}", show(a)),
        },
        Expr::Compare(how, a, b) => format!("{} {} {}", show(a), sign(*how), show(b)),
        Expr::InCodes(a, _) => format!("{} in codes", show(a)),
        Expr::Known(a) => format!("{} is known", show(a)),
    }
}

fn sign(how: Compare) -> &'static str {
    match how {
        Compare::Equal => "==",
        Compare::NotEqual => "!=",
        Compare::Less => "<",
        Compare::AtMost => "<=",
        Compare::Greater => ">",
        Compare::AtLeast => ">=",
    }
}

/// The same condition with one part left out, or one bound moved; each with words that say what was done.
pub fn variants(expr: &Expr) -> Vec<(Expr, String)> {
    let mut out = Vec::new();
    match expr {
        Expr::And(a, b) | Expr::Or(a, b) => {
            out.push(((**b).clone(), format!("leaving out `{}`", show(a))));
            out.push(((**a).clone(), format!("leaving out `{}`", show(b))));
            let join = |a: Expr, b: Expr| match expr {
                Expr::And(..) => Expr::And(Box::new(a), Box::new(b)),
                _ => Expr::Or(Box::new(a), Box::new(b)),
            };
            out.extend(variants(a).into_iter().map(|(v, says)| (join(v, (**b).clone()), says)));
            out.extend(variants(b).into_iter().map(|(v, says)| (join((**a).clone(), v), says)));
        }
        Expr::Not(a) => {
            out.extend(variants(a).into_iter().map(|(v, says)| (Expr::Not(Box::new(v)), says)));
        }
        Expr::Compare(how, a, b) => {
            let other = match how {
                Compare::Less => Some(Compare::AtMost),
                Compare::AtMost => Some(Compare::Less),
                Compare::Greater => Some(Compare::AtLeast),
                Compare::AtLeast => Some(Compare::Greater),
                Compare::Equal | Compare::NotEqual => None,
            };
            if let Some(other) = other {
                let now = Expr::Compare(other, a.clone(), b.clone());
                let says = format!("writing `{}` for `{}`", show(&now), show(expr));
                out.push((now, says));
            }
        }
        Expr::Literal(_) | Expr::Field(_) | Expr::InCodes(..) | Expr::Known(_) => {}
    }
    out
}
