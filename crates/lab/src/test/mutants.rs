//! Which mutants of the pathways no scenario notices.

use super::expect::glob;
use super::mutate::{self, Mutant};
use super::play::{Played, in_laboratory};
use super::read::{Equivalent, Scenario, Suite, in_force};
use super::run::{Threads, in_parallel, notices, setup_with};
use model::prompt::Team;
use outreach::Clinic;
use pathway::Pathway;
use pathway::ast::Place;
use std::sync::Arc;

/// A mutant that no scenario noticed.
#[derive(Clone, Debug, PartialEq)]
pub struct Survivor {
    /// The pathway.
    pub pathway: String,
    /// Where the change is.
    pub place: Place,
    /// What was done: `dropping medicine/medicine_waiting`.
    pub says: String,
    /// Whether any scenario comes there at all.
    pub visited: bool,
}

/// What mutants are tried with.
pub(super) struct Work<'a> {
    pub suites: &'a [Suite],
    pub library: &'a [Arc<Pathway>],
    pub teams: &'a [Team],
    pub clinic: &'a Clinic,
    pub threads: Threads,
}

/// Tries every mutant of every pathway that is tested: how many there were, and those that survived. Scenarios that
/// fail already notice nothing, and are left out.
pub(super) fn survivors(work: &Work<'_>, jobs: &[(usize, &Scenario)], played: &[Played]) -> (usize, Vec<Survivor>) {
    let mut tested: Vec<&String> = work.suites.iter().flat_map(|s| &s.tests).collect();
    tested.sort();
    tested.dedup();
    let mut tries: Vec<(&Arc<Pathway>, Mutant)> = Vec::new();
    for name in tested {
        let Some(pathway) = work.library.iter().find(|p| p.name == *name) else { continue };
        let suites = work.suites.iter().filter(|s| s.tests.contains(name));
        let equivalent: Vec<&Equivalent> = suites.flat_map(|s| &s.equivalent).collect();
        let mutants = mutate::all(pathway).into_iter();
        let mutants = mutants.filter(|m| !equivalent.iter().any(|e| glob(&e.what, &m.says)));
        tries.extend(mutants.map(|mutant| (pathway, mutant)));
    }
    let sound: Vec<bool> = jobs.iter().zip(played).map(|((_, scenario), played)| !notices(scenario, played)).collect();
    let found = in_parallel(work.threads, &tries, |(pathway, mutant)| {
        let step = mutant.step.and_then(|ix| pathway.steps.get(ix)).map(|s| s.name.as_str());
        let comes_there = |played: &Played| {
            step.is_none_or(|step| {
                played.stood.contains(&(pathway.version, step.to_owned()))
                    || played.passed.iter().any(|(v, s, _)| *v == pathway.version && s == step)
            })
        };
        let of: Vec<usize> = (0..jobs.len())
            .filter(|n| sound[*n] && work.suites[jobs[*n].0].tests.contains(&pathway.name) && comes_there(&played[*n]))
            .collect();
        if is_noticed(work, pathway, mutant, jobs, &of) {
            return None;
        }
        Some(Survivor {
            pathway: pathway.name.clone(),
            place: mutant.place,
            says: mutant.says.clone(),
            visited: !of.is_empty(),
        })
    });
    (tries.len(), found.into_iter().flatten().collect())
}

fn is_noticed(
    work: &Work<'_>,
    pathway: &Arc<Pathway>,
    mutant: &Mutant,
    jobs: &[(usize, &Scenario)],
    of: &[usize],
) -> bool {
    if of.is_empty() {
        return false;
    }
    let mutated = Arc::new(mutant.of(pathway));
    let mut setups: Vec<Option<turn::Setup>> = work.suites.iter().map(|_| None).collect();
    of.iter().any(|n| {
        let (suite, scenario) = jobs[*n];
        let tests = &work.suites[suite].tests;
        let setup = setups[suite].get_or_insert_with(|| {
            let force = in_force(work.library, tests, &work.suites[suite].with);
            let names: Vec<&str> = force.iter().map(|p| p.name.as_str()).collect();
            let own = |p: &Arc<Pathway>| if p.name == pathway.name { Arc::clone(&mutated) } else { Arc::clone(p) };
            let all = work.library.iter().filter(|p| names.contains(&p.name.as_str())).map(own);
            setup_with(&all.collect::<Vec<_>>(), work.teams, work.clinic)
        });
        notices(scenario, &in_laboratory(scenario, setup, tests))
    })
}
