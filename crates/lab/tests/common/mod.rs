//! What ships, as the laboratory's tests decide turns by it.

use outreach::Clinic;
use std::sync::Arc;

/// The shipped pathways, with teams in their usual hours.
pub fn setup() -> turn::Setup {
    let clinic = Clinic { link_secret: "a secret of the test".into(), ..Clinic::default() };
    let hours = |name: &str, at_work: Option<(u16, u16)>| model::prompt::Team {
        name: name.into(),
        title: String::new(),
        site: String::new(),
        zone: clinic.zone.clone(),
        hours: at_work.map_or_else(Vec::new, |(from, to)| (0..7).map(|day| (day, from * 60, to * 60)).collect()),
        phone: String::new(),
        notify: Vec::new(),
    };
    let teams = vec![
        hours("surgical_nurses", Some((8, 18))),
        hours("charge_nurse", None),
        hours("on_call_surgeon", None),
        hours("front_desk", Some((8, 17))),
    ];
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let pathways: Vec<Arc<pathway::Pathway>> =
        pathway::shipped::shipped(&names).pathways.into_iter().map(Arc::new).collect();
    turn::Setup::new(clinic, teams, &pathways, outreach::Rules::shipped(), record::Topics::shipped())
}
