//! `stop_when` of an `ask`: the answer after which nothing more is asked.
//!
//! Invariants: it names the question's own answers only, and it can be true before the last of them, so that it stops
//! something; what is not answered is never taken as an answer, so it does not ask `is known`.

use crate::ast::StepIx;
use crate::compile::{Ask, Asking, Compiler};
use crate::condition::{Piece, Written};
use crate::expr::Expr;
use crate::types::{self, Here};
use crate::yaml::Node;
use std::collections::BTreeSet;

impl<'n> Compiler<'_, 'n> {
    /// The condition of an `ask` of `question`; it is checked with the names of the whole.
    pub(crate) fn stop_when(&mut self, ix: StepIx, node: &'n Node, question: &'n str) -> Option<Expr> {
        let written = self.written(node)?;
        let expr = written.compile(&|set| self.codes.expand(set));
        self.asks.push(Ask { step: Some(ix), node, what: Asking::Stop { written, question } });
        Some(expr)
    }
}

/// Whether the condition holds together: its names, its types, and that there is something to stop.
pub(crate) fn check(c: &mut Compiler<'_, '_>, node: &Node, written: &Written, question: &str) {
    let own = BTreeSet::from([question.to_owned()]);
    let here = Here { names: &c.names, bound: &own, task: false };
    let strange = strange(written, question);
    let Some((at, says, help)) = strange else {
        types::check(written, node, &here, &mut c.findings);
        let Some((asked, _)) = c.questions.iter().find(|(q, _)| q.name == question) else { return };
        let fields: Vec<&str> = asked.form.fields.iter().map(|f| f.name.as_str()).collect();
        if soonest(written, &fields, true).is_some_and(|at| at + 1 >= fields.len()) {
            let says = format!("this is true only when all of `{question}` is answered: it stops nothing");
            let help = "ask what it is about first, or leave it out";
            c.findings.error("TL075", node.place, says, Some(help.into()));
        }
        return;
    };
    c.findings.error("TL075", node.within(at.at, at.length), says, Some(help));
}

type Strange = (crate::condition::Stretch, String, String);

/// The first piece that is no test of an answer of this question.
fn strange(written: &Written, question: &str) -> Option<Strange> {
    match &written.what {
        Piece::Literal(_) => None,
        Piece::Field(path) => match path.as_slice() {
            [root, field] if root == question && field != "complete" => None,
            [root, _] if root == question => {
                let help = format!("`{question}` is over then anyway: leave it out");
                Some((written.stretch, "`complete` is true only when all was answered".into(), help))
            }
            _ => {
                let says = format!("`stop_when` names the answers of `{question}` only");
                Some((written.stretch, says, format!("as `{question}.pain >= 8`; decide the rest in the `branch`")))
            }
        },
        Piece::And(a, b) | Piece::Or(a, b) | Piece::Compare(_, a, b) => {
            strange(a, question).or_else(|| strange(b, question))
        }
        Piece::Not(a) | Piece::InCodes(a, _, _) => strange(a, question),
        Piece::Known(..) => {
            let help = "say which answer stops it, as `== true` or `>= 8`".to_owned();
            Some((written.stretch, "what is not answered yet is no reason to stop".into(), help))
        }
    }
}

/// The place of the question after which the condition may be true at the soonest; `None` when it names none.
/// `is`: whether it is to be true, or false.
fn soonest(written: &Written, fields: &[&str], is: bool) -> Option<usize> {
    match &written.what {
        Piece::Literal(_) => None,
        Piece::Field(path) => fields.iter().position(|f| Some(*f) == path.last().map(String::as_str)),
        Piece::Or(a, b) | Piece::And(a, b) => {
            let one_is_enough = matches!(written.what, Piece::Or(..)) == is;
            match (soonest(a, fields, is), soonest(b, fields, is)) {
                (Some(a), Some(b)) if one_is_enough => Some(a.min(b)),
                (a, b) => a.max(b),
            }
        }
        Piece::Compare(_, a, b) => soonest(a, fields, is).max(soonest(b, fields, is)),
        Piece::Not(a) => soonest(a, fields, !is),
        Piece::InCodes(a, _, _) | Piece::Known(a, _) => soonest(a, fields, is),
    }
}
