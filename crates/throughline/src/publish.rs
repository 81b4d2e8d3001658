//! Which of the versions that were read are put in force: the folder is the source, and whether a version without a
//! clinical approver and a review date may be in force is a setting.
//!
//! A version that is not put in force is known all the same (its difference and a move to it can be looked at), and
//! the last one that was published stays in force in its place. A review date that is past takes nothing out of force,
//! for that would stop care: it is said loudly.

use jiff::civil::Date;
use model::Id;
use pathway::Pathway;
use std::collections::BTreeMap;
use std::sync::Arc;
use web::{Drafts, is_draft};

/// What came of the versions that were read.
#[derive(Debug, Default)]
pub struct Published {
    /// In force.
    pub in_force: Vec<Arc<Pathway>>,
    /// Known, and not in force.
    pub known: Vec<Arc<Pathway>>,
    /// What the log is to say.
    pub says: Vec<String>,
}

/// What is to be said of versions that staff put in force through the running hub, as of today: taking one out of force
/// would stop care. `own` are those of the folder, of which it was said.
pub fn of_ordered(in_force: &[Arc<Pathway>], own: &[Arc<Pathway>], drafts: Drafts, today: Date) -> Vec<String> {
    let mut out = Vec::new();
    for pathway in in_force.iter().filter(|p| !own.iter().any(|o| o.version == p.version)) {
        let name = &pathway.name;
        if let Some(until) = pathway.publishing.review_by.filter(|until| *until < today) {
            out.push(format!("{name}: its review was due by {until}; it was put in force by an order, and stays"));
        }
        match drafts {
            _ if !is_draft(pathway, today) => {}
            Drafts::Allow => {}
            Drafts::Warn => out.push(format!("{name}: in force by an order, without a clinical approver and a review date")),
            Drafts::Refuse => out.push(format!(
                "{name}: in force by an order, and nobody approved it: pathways.drafts refuses that by now. It stays, for \
                 taking it out of force would stop care: publish a version that is approved"
            )),
        }
    }
    out
}

/// Sorts out what was read. `older` are the versions that the store remembers, `last` the one of each pathway that was
/// published last.
pub fn sort_out(
    read: &[Arc<Pathway>],
    older: Vec<Arc<Pathway>>,
    last: &BTreeMap<String, Id>,
    drafts: Drafts,
    today: Date,
) -> Published {
    let mut out = Published::default();
    for pathway in read {
        let (name, draft) = (&pathway.name, is_draft(pathway, today));
        if let Some(until) = pathway.publishing.review_by.filter(|until| *until < today) {
            out.says.push(format!("{name}: its review was due by {until}"));
        }
        if !draft || drafts == Drafts::Allow {
            out.in_force.push(Arc::clone(pathway));
        } else if drafts == Drafts::Warn {
            out.says.push(format!("{name}: in force without a clinical approver and a review date"));
            out.in_force.push(Arc::clone(pathway));
        } else {
            let before = last.get(name).and_then(|version| older.iter().find(|p| p.version == *version));
            let instead = match before {
                Some(_) => "the version that was published last stays in force",
                None => "no version of it is in force",
            };
            out.says.push(format!("{name}: not put in force, nobody approved it: {instead}"));
            out.in_force.extend(before.cloned());
            out.known.push(Arc::clone(pathway));
        }
    }
    let rest = older.into_iter().filter(|p| !out.in_force.iter().any(|f| f.version == p.version));
    out.known.extend(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use pathway::ast::{Approval, Publishing};

    fn version(n: u8, approved: bool) -> Arc<Pathway> {
        let library = pathway::shipped::shipped(
            &["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk"].map(String::from),
        );
        let mut p = library.pathways.into_iter().next().expect("one ships");
        p.version = Id::of(&[&[n]]);
        p.publishing = Publishing::default();
        if approved {
            let on = Date::constant(2026, 10, 1);
            p.publishing.approved = Some(Approval { by: "Dr. Ana Ruiz".into(), role: "surgeon".into(), on });
            p.publishing.review_by = Some(Date::constant(2027, 10, 1));
        }
        Arc::new(p)
    }

    #[test]
    fn a_draft_is_put_in_force_only_where_the_setting_lets_it() {
        let (draft, old) = (version(2, false), version(1, true));
        let today = Date::constant(2026, 11, 22);
        let last = BTreeMap::from([(old.name.clone(), old.version)]);
        let versions = |list: &[Arc<Pathway>]| list.iter().map(|p| p.version).collect::<Vec<_>>();
        let sort = |read: &Arc<Pathway>, older: Vec<Arc<Pathway>>, last: &BTreeMap<String, Id>, drafts| {
            sort_out(std::slice::from_ref(read), older, last, drafts, today)
        };
        for (drafts, said) in [(Drafts::Allow, 0), (Drafts::Warn, 1)] {
            let out = sort(&draft, vec![old.clone()], &last, drafts);
            assert_eq!((versions(&out.in_force), versions(&out.known)), (vec![draft.version], vec![old.version]));
            assert_eq!(out.says.len(), said);
        }
        let out = sort(&draft, vec![old.clone()], &last, Drafts::Refuse);
        assert_eq!((versions(&out.in_force), versions(&out.known)), (vec![old.version], vec![draft.version]));
        let out = sort(&draft, vec![old.clone()], &BTreeMap::new(), Drafts::Refuse);
        assert_eq!((versions(&out.in_force), out.known.len()), (vec![], 2), "it was never published");
        let approved = version(3, true);
        let out = sort(&approved, vec![old.clone()], &last, Drafts::Refuse);
        assert_eq!((versions(&out.in_force), out.says.len()), (vec![approved.version], 0));
        let early =
            sort_out(std::slice::from_ref(&approved), Vec::new(), &last, Drafts::Refuse, Date::constant(2026, 9, 30));
        assert!(early.in_force.is_empty(), "an approval dated in the future is none yet");
        let late = sort_out(&[approved], Vec::new(), &last, Drafts::Refuse, Date::constant(2028, 1, 1));
        assert_eq!((late.in_force.len(), late.says.len()), (1, 1), "care goes on, and someone is told");
    }

    #[test]
    fn of_what_was_ordered_as_much_is_said_as_of_the_folders() {
        let (draft, approved, own) = (version(2, false), version(3, true), version(4, false));
        let in_force = [draft, approved, Arc::clone(&own)];
        let said = |drafts, today| of_ordered(&in_force, std::slice::from_ref(&own), drafts, today);
        let today = Date::constant(2026, 11, 22);
        assert!(said(Drafts::Allow, today).is_empty());
        assert_eq!(said(Drafts::Warn, today).len(), 1, "the folder's was said elsewhere");
        let refused = said(Drafts::Refuse, today);
        assert!(refused.len() == 1 && refused[0].contains("pathways.drafts refuses"), "{refused:?}");
        let late = said(Drafts::Refuse, Date::constant(2028, 1, 1));
        assert!(late.len() == 2 && late.iter().any(|s| s.contains("its review was due")), "{late:?}");
    }
}
