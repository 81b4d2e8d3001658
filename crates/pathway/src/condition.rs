//! Conditions as written: `check.bleeding or check.pain >= 8`.
//!
//! ```text
//! either := both ("or" both)*
//! both   := not ("and" not)*
//! not    := "not" not | test
//! test   := atom [("==" | "!=" | "<" | "<=" | ">" | ">=") atom | "in" "codes" "." name | "is" ("known" | "unknown")]
//! atom   := "(" either ")" | "true" | "false" | number | 'text' | field
//! field  := name ("." name)*
//! ```

use crate::expr::{Compare, Expr};
use model::Value;

/// The longest condition, characters.
pub const LENGTH_MAX: usize = 2_000;
/// The most words and signs in a condition; it also bounds the depth of the tree.
pub const TOKENS_MAX: usize = 200;
/// The deepest nesting of parentheses and `not`.
const DEPTH_MAX: usize = 32;

/// A stretch of a condition: characters before it, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Characters before it.
    pub at: usize,
    /// Characters.
    pub length: usize,
}

impl Stretch {
    fn to(self, end: Self) -> Self {
        Self { at: self.at, length: (end.at + end.length).saturating_sub(self.at) }
    }
}

/// A condition as written, each piece with its stretch.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Where.
    pub stretch: Stretch,
    /// What.
    pub what: Piece,
}

/// A piece of a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// `true`, `8`, `'red'`.
    Literal(Value),
    /// `check.pain`.
    Field(Vec<String>),
    /// Both.
    And(Box<Written>, Box<Written>),
    /// Either.
    Or(Box<Written>, Box<Written>),
    /// Not.
    Not(Box<Written>),
    /// A comparison.
    Compare(Compare, Box<Written>, Box<Written>),
    /// `in codes.tendon_repair`; the stretch is the name's.
    InCodes(Box<Written>, String, Stretch),
    /// `is known`, or `is unknown` when false.
    Known(Box<Written>, bool),
}

/// Why a condition cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where.
    pub stretch: Stretch,
    /// What is wrong.
    pub says: String,
    /// What to do.
    pub help: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Number(f64),
    Text(String),
    Sign(&'static str),
    End,
}

/// Reads a condition.
pub fn read(text: &str) -> Result<Written, Unreadable> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens, next: 0, depth: 0 };
    let written = parser.either()?;
    match parser.peek() {
        (Token::End, _) => Ok(written),
        (_, stretch) => {
            Err(unreadable(*stretch, "the condition should end here", Some("join conditions by `and` or `or`")))
        }
    }
}

fn unreadable(stretch: Stretch, says: impl Into<String>, help: Option<&str>) -> Unreadable {
    Unreadable { stretch, says: says.into(), help: help.map(String::from) }
}

const SIGNS: [(&str, &str); 9] = [
    ("==", "=="),
    ("!=", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("<", "<"),
    (">", ">"),
    ("(", "("),
    (")", ")"),
    (".", "."),
];

/// Signs of other languages, and how they are written here.
const FOREIGN: [(&str, &str); 4] =
    [("&&", "write `and`"), ("||", "write `or`"), ("=", "write `==`"), ("!", "write `not`")];

fn tokens(text: &str) -> Result<Vec<(Token, Stretch)>, Unreadable> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > LENGTH_MAX {
        let all = Stretch { at: 0, length: LENGTH_MAX };
        return Err(unreadable(all, format!("a condition has at most {LENGTH_MAX} characters"), None));
    }
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if chars[at].is_whitespace() {
            at += 1;
            continue;
        }
        let (token, length) = token(&chars[at..], at)?;
        let stretch = Stretch { at, length };
        if out.len() >= TOKENS_MAX {
            return Err(unreadable(stretch, format!("a condition has at most {TOKENS_MAX} words and signs"), None));
        }
        out.push((token, stretch));
        at += length;
    }
    out.push((Token::End, Stretch { at: chars.len(), length: 1 }));
    Ok(out)
}

fn token(rest: &[char], at: usize) -> Result<(Token, usize), Unreadable> {
    let run = |ok: fn(char) -> bool| rest.iter().take_while(|c| ok(**c)).count();
    let first = rest[0];
    if first.is_ascii_alphabetic() || first == '_' {
        let length = run(|c| c.is_ascii_alphanumeric() || c == '_');
        return Ok((Token::Word(rest[..length].iter().collect()), length));
    }
    if first.is_ascii_digit() {
        let length = run(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
        let text: String = rest[..length].iter().collect();
        let number = text.parse::<f64>().ok().filter(|n| n.is_finite());
        let why = || unreadable(Stretch { at, length }, format!("`{text}` is not a number"), None);
        return Ok((Token::Number(number.ok_or_else(why)?), length));
    }
    if first == '\'' || first == '"' {
        let Some(end) = rest[1..].iter().position(|c| *c == first) else {
            let says = "this text is never closed";
            return Err(unreadable(Stretch { at, length: rest.len() }, says, None));
        };
        return Ok((Token::Text(rest[1..=end].iter().collect()), end + 2));
    }
    let starts = |sign: &str| sign.chars().enumerate().all(|(i, c)| rest.get(i) == Some(&c));
    if let Some((_, sign)) = SIGNS.iter().find(|(s, _)| starts(s)) {
        return Ok((Token::Sign(sign), sign.len()));
    }
    let foreign = FOREIGN.iter().find(|(s, _)| starts(s));
    let length = foreign.map_or(1, |(s, _)| s.len());
    let found: String = rest[..length].iter().collect();
    Err(unreadable(Stretch { at, length }, format!("`{found}` means nothing in a condition"), foreign.map(|(_, h)| *h)))
}

struct Parser {
    tokens: Vec<(Token, Stretch)>,
    next: usize,
    depth: usize,
}

type Read = Result<Written, Unreadable>;

impl Parser {
    fn peek(&self) -> &(Token, Stretch) {
        // The last token is `End` and is never passed.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn take(&mut self) -> (Token, Stretch) {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn takes(&mut self, word: &str) -> bool {
        let same = match &self.peek().0 {
            Token::Word(w) => w == word,
            Token::Sign(s) => *s == word,
            _ => false,
        };
        self.next += usize::from(same);
        same
    }

    fn either(&mut self) -> Read {
        let mut left = self.both()?;
        while self.takes("or") {
            let right = self.both()?;
            let stretch = left.stretch.to(right.stretch);
            left = Written { stretch, what: Piece::Or(Box::new(left), Box::new(right)) };
        }
        Ok(left)
    }

    fn both(&mut self) -> Read {
        let mut left = self.not()?;
        while self.takes("and") {
            let right = self.not()?;
            let stretch = left.stretch.to(right.stretch);
            left = Written { stretch, what: Piece::And(Box::new(left), Box::new(right)) };
        }
        Ok(left)
    }

    fn not(&mut self) -> Read {
        let begin = self.peek().1;
        if !self.takes("not") {
            return self.test();
        }
        self.deeper(begin)?;
        let inner = self.not()?;
        self.depth -= 1;
        Ok(Written { stretch: begin.to(inner.stretch), what: Piece::Not(Box::new(inner)) })
    }

    fn deeper(&mut self, at: Stretch) -> Result<(), Unreadable> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(unreadable(at, format!("a condition nests at most {DEPTH_MAX} levels"), None));
        }
        Ok(())
    }

    fn test(&mut self) -> Read {
        let left = self.atom()?;
        let (token, stretch) = self.peek().clone();
        let how = match token {
            Token::Sign("==") => Compare::Equal,
            Token::Sign("!=") => Compare::NotEqual,
            Token::Sign("<") => Compare::Less,
            Token::Sign("<=") => Compare::AtMost,
            Token::Sign(">") => Compare::Greater,
            Token::Sign(">=") => Compare::AtLeast,
            Token::Word(w) if w == "is" => return self.known(left),
            Token::Word(w) if w == "in" => return self.in_codes(left),
            Token::Word(w) if !["and", "or"].contains(&w.as_str()) => {
                let help = crate::finding::did_you_mean(&w, ["and", "or", "is", "in"]);
                return Err(Unreadable { stretch, says: format!("`{w}` is not expected here"), help });
            }
            _ => return Ok(left),
        };
        self.next += 1;
        let right = self.atom()?;
        Ok(Written {
            stretch: left.stretch.to(right.stretch),
            what: Piece::Compare(how, Box::new(left), Box::new(right)),
        })
    }

    fn known(&mut self, left: Written) -> Read {
        self.next += 1;
        let (token, end) = self.take();
        let known = match &token {
            Token::Word(w) if w == "known" => true,
            Token::Word(w) if w == "unknown" => false,
            _ => {
                return Err(unreadable(
                    end,
                    "`is` is followed by `known` or `unknown`",
                    Some("to compare, write `==`"),
                ));
            }
        };
        Ok(Written { stretch: left.stretch.to(end), what: Piece::Known(Box::new(left), known) })
    }

    fn in_codes(&mut self, left: Written) -> Read {
        self.next += 1;
        let expected = "`in` is followed by a code set: `in codes.tendon_repair`";
        let (word, at) = self.take();
        if word != Token::Word("codes".into()) || !self.takes(".") {
            return Err(unreadable(at, expected, None));
        }
        let (Token::Word(name), end) = self.take() else { return Err(unreadable(at, expected, None)) };
        Ok(Written { stretch: left.stretch.to(end), what: Piece::InCodes(Box::new(left), name, end) })
    }

    fn atom(&mut self) -> Read {
        let (token, stretch) = self.take();
        let what = match token {
            Token::Number(n) => Piece::Literal(Value::Number(n)),
            Token::Text(t) => Piece::Literal(Value::Text(t)),
            Token::Sign("(") => {
                self.deeper(stretch)?;
                let inner = self.either()?;
                self.depth -= 1;
                let end = self.peek().1;
                if !self.takes(")") {
                    return Err(unreadable(end, "`)` is expected here", None));
                }
                return Ok(Written { stretch: stretch.to(end), what: inner.what });
            }
            Token::Word(w) => match w.as_str() {
                "true" => Piece::Literal(Value::Bool(true)),
                "false" => Piece::Literal(Value::Bool(false)),
                "and" | "or" | "not" | "in" | "is" => {
                    return Err(unreadable(stretch, format!("a field or a value is expected before `{w}`"), None));
                }
                _ => return self.field(w, stretch),
            },
            Token::Sign(s) => {
                return Err(unreadable(stretch, format!("a field or a value is expected, not `{s}`"), None));
            }
            Token::End => return Err(unreadable(stretch, "the condition ends too early", None)),
        };
        Ok(Written { stretch, what })
    }

    fn field(&mut self, first: String, begin: Stretch) -> Read {
        let mut path = vec![first];
        let mut end = begin;
        while self.takes(".") {
            match self.take() {
                (Token::Word(w), at) => {
                    path.push(w);
                    end = at;
                }
                (_, at) => return Err(unreadable(at, "a name is expected after `.`", None)),
            }
        }
        Ok(Written { stretch: begin.to(end), what: Piece::Field(path) })
    }
}

impl Written {
    /// The condition to evaluate. `codes` gives the codes of a set (nothing of an unknown one, which
    /// is a finding elsewhere).
    pub fn compile(&self, codes: &dyn Fn(&str) -> Vec<String>) -> Expr {
        let boxed = |w: &Written| Box::new(w.compile(codes));
        match &self.what {
            Piece::Literal(value) => Expr::Literal(value.clone()),
            Piece::Field(path) => Expr::Field(canonical(path)),
            Piece::And(a, b) => Expr::And(boxed(a), boxed(b)),
            Piece::Or(a, b) => Expr::Or(boxed(a), boxed(b)),
            Piece::Not(a) => Expr::Not(boxed(a)),
            Piece::Compare(how, a, b) => Expr::Compare(*how, boxed(a), boxed(b)),
            Piece::InCodes(a, set, _) => Expr::InCodes(boxed(a), codes(set)),
            Piece::Known(a, true) => Expr::Known(boxed(a)),
            Piece::Known(a, false) => Expr::Not(Box::new(Expr::Known(boxed(a)))),
        }
    }
}

/// `record` is another word for `person`: scopes know one.
pub fn canonical(path: &[String]) -> Vec<String> {
    let mut path = path.to_vec();
    if let Some(root) = path.first_mut().filter(|r| *r == "record") {
        *root = "person".into();
    }
    path
}
