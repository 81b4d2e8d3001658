//! What a strand sees: the world, its loops' variables and the answers of prompts it may name.

use crate::Bindings;
use model::Value;
use model::value::Kind;
use pathway::Scope;

/// Answers by prompt name.
pub type Named = Vec<(String, Vec<(String, Value)>)>;

/// A scope over the world's.
#[derive(Clone)]
pub struct View<'a> {
    /// The world.
    pub base: &'a dyn Scope,
    /// Variables, innermost last.
    pub bindings: Bindings,
    /// Answers, the latest last.
    pub answers: Named,
}

impl View<'_> {
    fn bound(&self, name: &str) -> Option<&(String, Kind, String)> {
        self.bindings.iter().rev().find(|(var, _, _)| var == name)
    }
}

impl Scope for View<'_> {
    fn get(&self, path: &[String]) -> Value {
        let Some(head) = path.first() else { return Value::Unknown };
        if let Some((var, kind, id)) = self.bound(head) {
            return self.base.bind(var, *kind, id).get(path);
        }
        if let Some((_, fields)) = self.answers.iter().rev().find(|(name, _)| name == head) {
            let Some(field) = path.get(1) else { return Value::Unknown };
            return fields.iter().find(|(name, _)| name == field).map_or(Value::Unknown, |(_, v)| v.clone());
        }
        self.base.get(path)
    }

    fn items(&self, path: &[String]) -> Vec<String> {
        match path.first().and_then(|head| self.bound(head)) {
            Some((var, kind, id)) => self.base.bind(var, *kind, id).items(path),
            None => self.base.items(path),
        }
    }

    fn bind(&self, var: &str, kind: Kind, id: &str) -> Box<dyn Scope + '_> {
        let mut inner = self.clone();
        inner.bindings.push((var.to_owned(), kind, id.to_owned()));
        Box::new(inner)
    }
}
