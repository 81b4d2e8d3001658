//! What a patient sees: the Today page behind a signed link and a second factor, and the way out of mails.

mod act;
mod factor;
pub(crate) mod today;
pub(crate) mod unsubscribe;
mod view;
pub(crate) mod words;

pub(crate) use act::act;
pub(crate) use factor::{birth_date, not_me};
