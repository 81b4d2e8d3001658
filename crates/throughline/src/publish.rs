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
use web::Drafts;

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

/// Whether a clinical approver and a review date are named.
pub fn is_draft(pathway: &Pathway) -> bool {
    pathway.publishing.approved.is_none() || pathway.publishing.review_by.is_none()
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
        let (name, draft) = (&pathway.name, is_draft(pathway));
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
        let late = sort_out(&[approved], Vec::new(), &last, Drafts::Refuse, Date::constant(2028, 1, 1));
        assert_eq!((late.in_force.len(), late.says.len()), (1, 1), "care goes on, and someone is told");
    }
}
