//! What the team sees: the open prompts, David's first, then the most pressing of the others.

use super::story::Life;
use crate::auth::guard::Visitor;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, page, words};
use maud::{Markup, html};
use model::At;
use model::prompt::Prompt;
use store::PromptFilter;

/// Prompts that are looked through.
const PROMPTS_MAX: usize = 2_000;
/// Cards in the column.
const CARDS_MAX: usize = 8;

/// The column. Blocks.
pub(super) fn column(shared: &Shared, visitor: &Visitor, david: Option<&Life>) -> Result<Markup, Fault> {
    let (t, now) = (visitor.tongue, shared.now());
    let all = shared.store().prompts_open(&PromptFilter::default(), PROMPTS_MAX)?;
    let (urgent, late) = (all.iter().filter(|p| p.urgent).count(), all.iter().filter(|p| p.due_at < now).count());
    let total = all.len();
    let mut shown = all;
    let his = |p: &Prompt| david.is_some_and(|d| d.look.person == p.person);
    shown.sort_by_key(|p| (!his(p), !p.urgent, p.due_at, p.id));
    shown.truncate(CARDS_MAX);
    Ok(html! {
        h2 #team-h { (say!(t, "demo-team")) }
        div #team-sum data-live { ul .sum {
            li { strong { (total) } " " (say!(t, "demo-team-open", n = total)) }
            li { strong { (urgent) } " " (say!(t, "demo-team-urgent", n = urgent)) }
            li { strong { (late) } " " (say!(t, "demo-team-late", n = late)) }
        } }
        div .scrolls tabindex="0" role="region" aria-label=(say!(t, "demo-team-list")) {
            ul .desk #team-cards data-live {
                @if shown.is_empty() { li .empty { (say!(t, "demo-team-empty")) } }
                @for prompt in &shown { (card(shared, visitor, prompt, his(prompt), now)) }
            }
        }
        p { (enter(t, &visitor.csrf, "nurse", "/", "enter-worklist", &say!(t, "demo-team-enter"))) }
    })
}

fn card(shared: &Shared, visitor: &Visitor, prompt: &Prompt, his: bool, now: At) -> Markup {
    let t = visitor.tongue;
    let name = shared.app.hub.look(prompt.person).map(|l| l.record.name).unwrap_or_default();
    let to = format!("/people/{}/prompts/{}", prompt.person, prompt.id);
    html! {
        li .urgent[prompt.urgent] .his[his] {
            p .name translate="no" { (name) }
            p lang="en" { (prompt.title) }
            div .foot {
                span .due.(words::due_class(prompt.due_at, now)) { @if prompt.urgent { (say!(t, "demo-urgent")) " · " } (words::due(t, prompt.due_at, now)) }
                (enter(t, &visitor.csrf, "nurse", &to, &format!("open-{}", prompt.id), &say!(t, "demo-team-open-as")))
            }
        }
    }
}

/// A button that logs in as a role and goes there: in the demo only.
fn enter(t: Tongue, csrf: &str, role: &str, to: &str, id: &str, text: &str) -> Markup {
    html! {
        form method="post" action="/demo/login" {
            (page::token(csrf))
            input type="hidden" name="role" value=(role);
            input type="hidden" name="to" value=(to);
            button .quiet #(id) { (text) span .hidden { " (" (t.pick("role", role).unwrap_or_default()) ")" } }
        }
    }
}
