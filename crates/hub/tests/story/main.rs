//! The story of David and Katie, row by row, over the real hub, on both stores.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

extern crate throughline_hub as hub;

mod appointments;
mod approvals;
mod ask;
mod bounces;
mod calls;
mod care_team;
mod change;
mod checklist;
mod crash;
mod desk;
mod differential;
mod disclosure;
mod doors;
mod endings;
mod fail_over;
mod gates;
mod harness;
mod history;
mod language;
mod late;
mod mail;
mod medicine;
mod merge;
mod notices;
mod places;
mod publish;
mod push;
mod red_flag;
mod replies;
mod reused_ids;
mod shadow;
mod shadow_alike;
mod shared_number;
mod staff_call;
mod stop;
mod stop_when;
mod sweep;
mod takes;
mod talk;
mod the_story;
mod ways;

/// David's number.
const DAVID: &str = "+12125550119";
/// David's mailbox.
const DAVID_MAIL: &str = "david.reyes@example.org";
