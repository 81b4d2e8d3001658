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
    /// `Bool`, or `Unknown`.
    pub fn eval(&self, _scope: &dyn Scope) -> Value {
        todo!()
    }
}
