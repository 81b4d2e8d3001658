//! The settings that ship: pathways, rules, topics, and the teams that the pathways name.

use crate::Settings;
use model::prompt::Team;
use outreach::{Clinic, Rules};
use record::Topics;
use std::sync::Arc;

/// The teams that the shipped pathways name, with usual hours in the clinic's zone; the charge nurse and the
/// surgeon on call are there at all hours.
pub fn teams(clinic: &Clinic) -> Vec<Team> {
    let team = |name: &str, title: &str, hours: Option<(u16, u16)>| Team {
        name: name.into(),
        title: title.into(),
        site: String::new(),
        zone: clinic.zone.clone(),
        hours: hours.map_or_else(Vec::new, |(from, to)| (0..7).map(|day| (day, from * 60, to * 60)).collect()),
        phone: clinic.phone.clone(),
        notify: Vec::new(),
    };
    vec![
        team("surgical_nurses", "Surgical nurses", Some((8, 18))),
        team("charge_nurse", "Charge nurse", None),
        team("on_call_surgeon", "Surgeon on call", None),
        team("front_desk", "Front desk", Some((8, 17))),
    ]
}

impl Settings {
    /// What ships, for a clinic.
    ///
    /// # Errors
    /// The findings, when a shipped pathway does not read: a defect of this build.
    pub fn shipped(clinic: Clinic) -> Result<Self, Vec<pathway::Finding>> {
        let teams = teams(&clinic);
        let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
        let library = pathway::shipped::shipped(&names);
        if library.refused() {
            return Err(library.findings);
        }
        Ok(Self {
            clinic,
            teams,
            pathways: library.pathways.into_iter().map(Arc::new).collect(),
            older: Vec::new(),
            rules: Rules::shipped(),
            topics: Topics::shipped(),
            only_to: None,
            sites: Vec::new(),
            services: Vec::new(),
            approve_above: 0,
            mail_is_proved: false,
        })
    }
}
