//! The next best action, what may be wrong, where journeys stand, today's tasks, medicines.

use super::{ROWS_MAX, View, named};
use crate::staff::timeline::{authored, reason, team};
use crate::staff::{number, pathway_of};
use crate::tongue::say;
use crate::{page, words};
use maud::{Markup, html};
use model::JourneyRow;
use model::prompt::{Prompt, PromptStatus};
use record::known::Prescription;

impl View<'_> {
    /// Open prompts, the most pressing first: urgent before others, then by deadline.
    fn open(&self) -> Vec<&Prompt> {
        let mut open: Vec<&Prompt> = self.look.prompts.iter().filter(|p| p.status.is_open()).collect();
        open.sort_by_key(|p| (!p.urgent, p.due_at, p.id));
        open
    }

    pub(super) fn next(&self) -> Markup {
        let t = self.t;
        let open = self.open();
        let (urgent, rest): (Vec<&Prompt>, Vec<&Prompt>) =
            open.iter().copied().partition(|p| p.urgent || p.safety.concern);
        let first = open.first().map(|p| p.id);
        let later = rest.iter().filter(|p| Some(p.id) != first);
        html! {
            section .next {
                h2 { (say!(t, "person-next")) }
                @match open.first() {
                    None => p .muted { (say!(t, "person-next-none")) },
                    Some(first) => (self.action(first)),
                }
                @if later.clone().next().is_some() {
                    h3 { (say!(t, "person-next-then")) }
                    ul .list { @for prompt in later.take(ROWS_MAX) { (self.waiting(prompt)) } }
                }
            }
            section {
                h2 { (say!(t, "person-concerns")) }
                @if urgent.is_empty() { p .muted { (say!(t, "person-concerns-none")) } }
                ul .list.plain { @for prompt in urgent.iter().take(ROWS_MAX) { (self.concern(prompt)) } }
            }
        }
    }

    /// The prompt that comes first: what, why, by when, and the number to call.
    fn action(&self, prompt: &Prompt) -> Markup {
        let (t, now) = (self.t, self.now);
        let link = format!("/people/{}/prompts/{}", self.look.person, prompt.id);
        html! {
            div .action.urgent[prompt.urgent] {
                p .verb { a #{ "do-" (prompt.id) } href=(link) lang=(self.lang(prompt)) { (prompt.title) } }
                @if !prompt.reason.is_empty() { p .reason lang=(self.lang(prompt)) { (prompt.reason) } }
                p .due.(words::due_class(prompt.due_at, now)) {
                    time datetime=(words::machine(prompt.due_at)) { (words::due(t, prompt.due_at, now)) }
                    @if prompt.attempts_max > 1 {
                        span .muted { " · " (say!(t, "person-attempt", n = prompt.attempt, of = prompt.attempts_max.max(prompt.attempt))) }
                    }
                }
                div .row {
                    @if let Some(number) = number(&self.look.record) {
                        a .button.primary href={ "tel:" (number.value) } { (say!(t, "person-call")) " " span translate="no" { (number.value) } }
                    }
                    a .button href=(link) { (say!(t, "person-open")) span .hidden { ": " (authored(&prompt.title)) } }
                }
                p .small { (self.owner(prompt)) " · " (self.asked_why(prompt)) }
            }
        }
    }

    fn lang(&self, prompt: &Prompt) -> String {
        let journey = self.look.journeys.iter().find(|(row, _)| Some(row.id) == prompt.journey);
        journey.map_or_else(|| super::AUTHORS.to_owned(), |(row, _)| self.lang_of(row.version))
    }

    /// Who has it, or which team is asked.
    fn owner(&self, prompt: &Prompt) -> Markup {
        html! {
            @match (&prompt.assignee, prompt.status) {
                (Some(name), PromptStatus::Acknowledged) => { (say!(self.t, "person-taken-by")) " " span translate="no" { (name) } },
                _ => (authored(&team(self.shared, &prompt.team))),
            }
        }
    }

    fn asked_why(&self, prompt: &Prompt) -> Markup {
        html! {
            a href={ "/people/" (self.look.person) "/prompts/" (prompt.id) "/why" } {
                (say!(self.t, "person-asked-why")) span .hidden { ": " (authored(&prompt.title)) }
            }
        }
    }

    fn waiting(&self, prompt: &Prompt) -> Markup {
        html! {
            li {
                a #{ "do-" (prompt.id) } href={ "/people/" (self.look.person) "/prompts/" (prompt.id) } lang=(self.lang(prompt)) { (prompt.title) }
                span .due.(words::due_class(prompt.due_at, self.now)) { " " (words::due(self.t, prompt.due_at, self.now)) }
            }
        }
    }

    fn concern(&self, prompt: &Prompt) -> Markup {
        let t = self.t;
        html! {
            li .concern {
                p .flag { span aria-hidden="true" { "⚠ " } a #{ "concern-" (prompt.id) } href={ "/people/" (self.look.person) "/prompts/" (prompt.id) } lang=(self.lang(prompt)) { (prompt.title) } }
                p .small {
                    (say!(t, "person-owner")) " " (self.owner(prompt)) " · "
                    span .due.(words::due_class(prompt.due_at, self.now)) { (words::due(t, prompt.due_at, self.now)) }
                    @if !prompt.escalated_from.is_empty() { " · " (say!(t, "person-escalated")) }
                }
            }
        }
    }

    pub(super) fn journeys(&self) -> Markup {
        let t = self.t;
        let (active, ended): (Vec<_>, Vec<_>) = self.look.journeys.iter().partition(|(row, _)| row.ended.is_none());
        html! {
            section {
                h2 { (say!(t, "person-journeys")) }
                @if active.is_empty() { p .muted { (say!(t, "person-journeys-none")) } }
                @for (row, state) in active.into_iter().take(ROWS_MAX) { (self.journey(row, state.as_ref())) }
                @for place in self.look.waits.iter().take(ROWS_MAX) { (self.in_line(place)) }
                (self.enrol())
                @if !ended.is_empty() {
                    details #journeys-ended {
                        summary { (say!(t, "person-journeys-ended", n = ended.len())) }
                        ul .list { @for (row, _) in ended.iter().rev().take(ROWS_MAX) { (self.ended(row)) } }
                    }
                }
            }
        }
    }

    /// A pathway that they wait for, in line for a place.
    fn in_line(&self, place: &model::PlaceRow) -> Markup {
        let t = self.t;
        let pathway = self.shared.app.hub.in_force().into_iter().find(|p| p.name == place.pathway);
        let language = pathway.as_ref().and_then(|p| p.speaks.first()).map_or(super::AUTHORS, String::as_str);
        html! {
            div .journey #{ "waits-" (place.id) } {
                p {
                    (say!(t, "person-waits-for")) " "
                    a href={ "/pathways/" (words::encoded(&place.pathway)) } lang=(language) { (pathway.as_ref().map_or(place.pathway.as_str(), |p| p.title.as_str())) }
                }
                p .muted.small { (say!(t, "person-since")) " " (self.time(place.since)) " · " (words::ago(t, place.since, self.now)) }
            }
        }
    }

    /// Where a journey stands, what comes after that, and when.
    fn journey(&self, row: &JourneyRow, state: Option<&journey::State>) -> Markup {
        let t = self.t;
        let pathway = pathway_of(self.shared, row.version);
        let steps: Vec<String> = match (&pathway, state) {
            (Some(p), Some(s)) => s.steps(p),
            _ => row.step.split(',').filter(|s| !s.is_empty()).map(str::to_owned).collect(),
        };
        let after = |name: &str| {
            let step = pathway.as_ref()?.steps.iter().find(|s| s.name == name)?;
            pathway.as_ref()?.step(step.next?).map(|s| s.name.clone())
        };
        let spoken = |name: &str| words::label(&name.replace('/', ": "));
        html! {
            div .journey #{ "journey-" (row.id) } {
                h3 { a href={ "/pathways/" (words::encoded(&row.pathway)) } lang=(self.lang_of(row.version)) { (pathway.as_ref().map_or(row.pathway.as_str(), |p| p.title.as_str())) } }
                p .muted.small { (say!(t, "person-since")) " " (self.time(row.started_at)) }
                @if steps.is_empty() { p .small { (say!(t, "person-journey-winding-up")) } }
                ul .steps {
                    @for step in &steps {
                        li {
                            span lang=(super::AUTHORS) { (spoken(step)) }
                            @if let Some(next) = after(step) {
                                span .muted.small { " → " span .hidden { (say!(t, "person-then")) " " } span lang=(super::AUTHORS) { (spoken(&next)) } }
                            }
                        }
                    }
                }
                @if let Some(due) = row.next_due { p .small { (say!(t, "person-next-at")) " " strong { (self.time(due)) } } }
            }
        }
    }

    fn ended(&self, row: &JourneyRow) -> Markup {
        let title = pathway_of(self.shared, row.version).map_or_else(|| row.pathway.clone(), |p| p.title.clone());
        html! {
            li {
                a href={ "/pathways/" (words::encoded(&row.pathway)) } lang=(self.lang_of(row.version)) { (title) }
                @if let Some((at, why)) = &row.ended {
                    span .muted.small {
                        " " (self.time(*at)) ": "
                        @match reason(self.t, why) { Some(words) => (words), None => (authored(why)) }
                    }
                }
            }
        }
    }

    pub(super) fn tasks(&self) -> Markup {
        let (t, person) = (self.t, self.look.person);
        let today = self.now.date_in(&self.zone).to_string();
        html! {
            section {
                h2 { (say!(t, "person-tasks")) }
                @if self.look.tasks.is_empty() { p .muted { (say!(t, "person-tasks-none")) } }
                ul .list.plain {
                    @for task in &self.look.tasks {
                        li .row {
                            span {
                                span aria-hidden="true" { (if task.done { "✓ " } else { "○ " }) }
                                span translate="no" { (task.text) }
                                @if let Some(at) = task.at { span .muted { " " (words::clock(t, at, &self.zone)) } }
                                @if task.done { span .hidden { " (" (say!(t, "person-task-done")) ")" } }
                            }
                            form method="post" action={ "/people/" (person) "/tasks/strike" } {
                                (page::token(&self.who.csrf)) (page::once())
                                input type="hidden" name="task" value=(task.id.split('@').next().unwrap_or(&task.id));
                                button .quiet #{ "strike-" (task.id) } { (say!(t, "person-task-strike")) span .hidden translate="no" { " " (task.text) } }
                            }
                        }
                    }
                }
                details #add-task {
                    summary { (say!(t, "person-task-add")) }
                    form method="post" action={ "/people/" (person) "/tasks/add" } .stack {
                        (page::token(&self.who.csrf)) (page::once())
                        label for="task-text" { (say!(t, "person-task-text")) }
                        input #task-text name="text" required maxlength=(super::tasks::TASK_MAX);
                        label for="task-from" { (say!(t, "person-task-from")) }
                        input #task-from name="from" type="date" value=(today) required;
                        label for="task-to" { (say!(t, "person-task-to")) }
                        input #task-to name="to" type="date";
                        button { (say!(t, "person-task-save")) }
                    }
                }
            }
        }
    }

    pub(super) fn prescriptions(&self) -> Markup {
        let (t, all) = (self.t, &self.look.record.prescriptions);
        let mut shown: Vec<&Prescription> = all.iter().filter(|rx| rx.status != "entered-in-error").collect();
        shown.sort_by_key(|rx| (rx.stopped, std::cmp::Reverse(rx.authored_at)));
        html! {
            section {
                h2 { (say!(t, "person-prescriptions")) }
                @if shown.is_empty() { p .muted { (say!(t, "person-none-known")) } }
                ul .list { @for rx in shown.iter().take(ROWS_MAX) { li { (named(&rx.concept)) p .muted.small { (self.rx_state(rx)) } } } }
                (self.more(shown.len()))
            }
        }
    }

    /// Says how many rows of a list are not shown.
    pub(super) fn more(&self, all: usize) -> Markup {
        html! { @if all > ROWS_MAX { p .muted.small { (say!(self.t, "person-more", n = all - ROWS_MAX)) } } }
    }

    fn rx_state(&self, rx: &Prescription) -> String {
        let t = self.t;
        let at = |at| words::moment(t, at, &self.zone);
        let pharmacy = rx.pharmacy.as_deref().unwrap_or("–");
        if rx.stopped {
            say!(t, "person-rx-stopped")
        } else if let Some(time) = rx.picked_up_at {
            say!(t, "person-rx-picked-up", at = at(time))
        } else if let Some(time) = rx.ready_at {
            say!(t, "person-rx-ready", pharmacy = pharmacy, at = at(time))
        } else if rx.delivered_to_bedside == Some(true) {
            say!(t, "person-rx-bedside")
        } else if rx.as_needed == Some(true) {
            say!(t, "person-rx-as-needed")
        } else {
            say!(t, "person-rx-unknown")
        }
    }
}
