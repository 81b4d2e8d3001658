//! The demo: two stories side by side, the clock, and the make-believe phones. None of it in production.

mod desk;
pub(crate) mod handset;
pub(crate) mod home;
mod paper;
mod step;
mod story;
mod why;

use model::PersonId;

/// What the demo's home page shows.
#[derive(Clone, Debug, Default)]
pub struct Demo {
    /// The people side by side: without the pathway, and with it. With a line that says who.
    pub people: Vec<(PersonId, String)>,
    /// Name, password and role of the logins, shown on the page.
    pub logins: Vec<(String, String, String)>,
    /// Care milliseconds per machine millisecond when the clock runs at its usual speed.
    pub rate: f64,
}
