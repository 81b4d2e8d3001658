//! "How we contact you": what may come by which way, quiet hours, a pause, the language.

use super::frame::{self, Frame, Kept, Place};
use super::parts::{self, Box, Sends};
use super::today::{self, Opened};
use super::view::{View, view};
use crate::auth::guard::Visitor;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{State, page, staff, words};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::ToSpan;
use maud::{Markup, html};
use model::person::PointKind;
use model::{Channel, Purpose};

/// The ways that can be chosen; voicemail goes with calls, and this page does not ring.
pub(super) const CHANNELS: [Channel; 3] = [Channel::Sms, Channel::Voice, Channel::Email];
/// What can be chosen. Bills and offers are not sent yet.
pub(super) const PURPOSES: [Purpose; 4] = [Purpose::Care, Purpose::Reminder, Purpose::Education, Purpose::Survey];
/// The longest pause, days.
pub(super) const PAUSE_DAYS_MAX: i64 = 14;

/// Whether a way can be chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Open,
    /// The person stopped it as a whole.
    Stopped,
    /// There is no number or address for it.
    Missing,
}

/// How it stands with a way.
pub(super) fn way(opened: &Opened, channel: Channel) -> Way {
    let (record, kind) =
        (&opened.look.record, if channel == Channel::Email { PointKind::Email } else { PointKind::Phone });
    let mut own = record.contacts.iter().filter(|c| c.status.takes(channel) && c.owner.is_none());
    let rings = channel != Channel::Email;
    if !own.any(|c| c.kind == kind) {
        Way::Missing
    } else if rings && opened.look.outreach.stopped()
        || Purpose::ALL.iter().all(|p| record::allowed(record, *p, channel) == Some(false))
    {
        Way::Stopped
    } else {
        Way::Open
    }
}

/// Whether something may come this way, as far as the person said.
pub(super) fn allowed(opened: &Opened, purpose: Purpose, channel: Channel) -> bool {
    way(opened, channel) == Way::Open && record::allowed(&opened.look.record, purpose, channel) != Some(false)
}

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
    Query(asked): Query<today::Asked>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let opened = match today::enter(shared, &visitor, &token, &headers)? {
                Ok(opened) => opened,
                Err(page) => return Ok(page),
            };
            let view = view(shared, &visitor, &token, &opened);
            let (t, title) = (opened.t, say!(opened.t, "patient-contact"));
            let body = html! {
                h1 class="nhsuk-heading-l" { (title) }
                (today::done(t, &asked.did))
                (view.ways())
                (view.grid())
                (view.reminders())
                (view.pause())
                (view.quiet(shared.app.hub.settings().rules.quiet_hours()))
                (view.language())
            };
            let name = staff::called(&opened.look.record);
            let frame =
                Frame { t, title: &title, at: Some((&token, Place::Contact)), who: Some(name), kept: Kept::May };
            Ok(frame::page(shared, &frame, &body).into_response())
        })
        .await
}

impl View<'_> {
    /// A form of the contact page: the answer comes back to it.
    fn here(&self, inner: &Markup) -> Markup {
        html! {
            form method="post" action={ "/t/" (self.token) "/do" } {
                (page::token(&self.visitor.csrf)) (page::once())
                input type="hidden" name="back" value="contact";
                (inner)
            }
        }
    }

    /// Each way as a whole: stop it, or begin again.
    fn ways(&self) -> Markup {
        let t = self.t;
        html! {
            section aria-labelledby="ways-h" {
                h2 #ways-h class="nhsuk-heading-m" { (say!(t, "patient-ways")) }
                (self.here(&html! {
                    @for channel in CHANNELS {
                        @let name = channel.name();
                        @match way(self.opened, channel) {
                            Way::Open => (parts::button(&t.pick("patient-stop", name).unwrap_or_default(), true, Sends { name: "stop", value: name })),
                            Way::Stopped => {
                                p .stopped { (parts::tag(&say!(t, "patient-off"))) " " (t.pick("patient-stopped", name).unwrap_or_default()) }
                                (parts::button(&t.pick("patient-start", name).unwrap_or_default(), true, Sends { name: "start", value: name }))
                            },
                            Way::Missing => p .stopped { (t.pick("patient-missing", name).unwrap_or_default()) },
                        }
                    }
                }))
            }
        }
    }

    /// What may come by which way.
    fn grid(&self) -> Markup {
        let t = self.t;
        let rows = PURPOSES.map(|purpose| {
            let (legend, hint) =
                (t.pick("patient-purpose", purpose.name()), t.pick("patient-purpose-why", purpose.name()));
            let cells: Vec<(String, String, String, bool, bool)> = CHANNELS
                .iter()
                .map(|channel| {
                    let label = t.pick("patient-way", channel.name()).unwrap_or_default();
                    let open = way(self.opened, *channel) == Way::Open;
                    let value = format!("{}.{}", channel.name(), purpose.name());
                    (value.replace('.', "-"), value, label, allowed(self.opened, purpose, *channel), !open)
                })
                .collect();
            let boxes: Vec<Box<'_>> = cells
                .iter()
                .map(|(id, value, label, checked, disabled)| Box {
                    id,
                    name: "allow",
                    value,
                    label,
                    checked: *checked,
                    disabled: *disabled,
                })
                .collect();
            html! {
                div .choice {
                    (parts::checkbox_group(3, &legend.unwrap_or_default(), &boxes))
                    p .when { (hint.unwrap_or_default()) }
                }
            }
        });
        html! {
            section aria-labelledby="grid-h" {
                h2 #grid-h class="nhsuk-heading-m" { (say!(t, "patient-choose")) }
                (self.here(&html! {
                    @for row in rows { (row) }
                    (parts::button(&say!(t, "patient-save"), false, Sends { name: "grid", value: "save" }))
                }))
                p .when { (say!(t, "patient-always")) }
            }
        }
    }

    fn reminders(&self) -> Markup {
        let t = self.t;
        let on = self.opened.look.record.preferences.task_reminders == Some(true);
        let paused = self.opened.look.record.paused_until.is_some_and(|until| until > self.now);
        let texts = allowed(self.opened, Purpose::Reminder, Channel::Sms);
        let (said, button, value) = if on && (paused || !texts) {
            let why = if texts { say!(t, "patient-reminders-paused") } else { say!(t, "patient-reminders-no-texts") };
            (why, say!(t, "patient-turn-off"), "off")
        } else if on {
            (say!(t, "patient-reminders-on"), say!(t, "patient-turn-off"), "off")
        } else {
            (say!(t, "patient-reminders-off"), say!(t, "patient-turn-on"), "on")
        };
        html! {
            section aria-labelledby="tasks-h" {
                h2 #tasks-h class="nhsuk-heading-m" { (say!(t, "patient-task-reminders")) }
                p { (said) }
                (self.here(&parts::button(&button, true, Sends { name: "reminders", value })))
            }
        }
    }

    fn pause(&self) -> Markup {
        let t = self.t;
        let today = self.now.date_in(&self.zone);
        let days: Vec<(String, String)> = (1..=PAUSE_DAYS_MAX)
            .filter_map(|n| today.checked_add(n.days()).ok())
            .map(|date| (date.to_string(), words::long_day(t, date)))
            .collect();
        let until = self.opened.look.record.paused_until.filter(|until| *until > self.now);
        html! {
            section aria-labelledby="pause-h" {
                h2 #pause-h class="nhsuk-heading-m" { (say!(t, "patient-pause-title")) }
                @if let Some(until) = until {
                    p .stopped {
                        (parts::tag(&say!(t, "patient-paused"))) " "
                        (say!(t, "patient-paused-until", day = words::long_day(t, until.date_in(&self.zone))))
                    }
                    (self.here(&parts::button(&say!(t, "patient-resume"), true, Sends { name: "resume", value: "now" })))
                } @else {
                    p { (say!(t, "patient-pause-why")) }
                    (self.here(&html! {
                        (parts::select(("until", "until"), (&say!(t, "patient-pause-until"), false), "", &days, ""))
                        (parts::button(&say!(t, "patient-pause"), true, Sends { name: "pause", value: "on" }))
                    }))
                }
            }
        }
    }

    fn quiet(&self, usual: (u16, u16)) -> Markup {
        let t = self.t;
        let (from, to) = self.opened.look.record.preferences.quiet.unwrap_or(usual);
        // Whole hours are offered; what was set otherwise is shown as it is, too.
        let hours = |own: u16| -> Vec<(String, String)> {
            let mut all: Vec<u16> = (0..24).map(|h| h * 60).collect();
            if !all.contains(&own) {
                all.push(own);
                all.sort_unstable();
            }
            all.into_iter().map(|m| (m.to_string(), clock(t, m))).collect()
        };
        html! {
            section aria-labelledby="quiet-h" {
                h2 #quiet-h class="nhsuk-heading-m" { (say!(t, "patient-quiet-title")) }
                p { (say!(t, "patient-quiet-why")) }
                (self.here(&html! {
                    div .hours {
                        (parts::select(("from", "from"), (&say!(t, "patient-quiet-from"), false), "", &hours(from), &from.to_string()))
                        (parts::select(("to", "to"), (&say!(t, "patient-quiet-to"), false), "", &hours(to), &to.to_string()))
                    }
                    (parts::button(&say!(t, "patient-save"), true, Sends { name: "quiet", value: "save" }))
                }))
            }
        }
    }

    fn language(&self) -> Markup {
        html! {
            section aria-labelledby="language-h" {
                h2 #language-h class="nhsuk-heading-m" { (say!(self.t, "patient-language")) }
                @for other in Tongue::ALL.into_iter().filter(|o| *o != self.t) {
                    div lang=(other.tag()) translate="no" {
                        (self.here(&parts::button(other.name(), true, Sends { name: "language", value: other.tag() })))
                    }
                }
            }
        }
    }
}

/// `9:00 pm`, of minutes after midnight.
fn clock(t: Tongue, minutes: u16) -> String {
    let time = jiff::civil::Time::new((minutes / 60) as i8 % 24, (minutes % 60) as i8, 0, 0).unwrap_or_default();
    pathway::template::time_of_day(time, t.tag())
}
