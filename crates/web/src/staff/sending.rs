//! Sending: what each provider's gate lets out, what is paused, and what waits for a second person.
//!
//! Invariants: the page shows counts, words of pathways and names of staff, and nothing of whom a message is for; nothing
//! is ordered without a form of ours, a name of its own (two clicks are one order) and a line in the access log; whether
//! an order may stand is the hub's to say.

use crate::auth::guard::{Fields, Who};
use crate::auth::note;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::response::Redirect;
use hub::Order;
use hub::gate::{Shown, View};
use hub::newcomers::NEW_SENDERS_MAX;
use hub::sending::{Paused, Scope};
use maud::{Markup, html};
use model::Channel;
use std::time::Duration;
use store::HeldRow;

/// Who may pause, resume and approve.
pub(crate) const ACT: &[&str] = &["lead", "administrator"];
const HERE: &str = "/sending";
/// Words of authors are in English, unless their pathway says otherwise.
const AUTHOR: &str = "en";
/// A proposal for an approval: so much more than was counted.
const PROPOSED_PERCENT: i64 = 120;

/// The page.
pub(crate) async fn show(state: State, Extension(who): Extension<Who>) -> Result<Markup, Fault> {
    state.read(move |shared| render(shared, &who)).await
}

fn render(shared: &Shared, who: &Who) -> Result<Markup, Fault> {
    let t = who.tongue;
    let (queued, held) = (shared.store().queued()?, shared.store().held()?);
    let waits: Vec<&HeldRow> = held.iter().filter(|row| row.key.contains('/')).collect();
    let may = who.account.is_any(ACT);
    let body = html! {
        h1 { (say!(t, "sending-title")) }
        p .muted { (say!(t, "sending-what")) }
        div #sending data-live {
            (pauses(shared, who, may))
            (waiting(shared, who, &waits, may))
            (gates(shared, t))
            (outbox(shared, t, &queued))
        }
        @if may { (pause_form(shared, who)) } @else { p .muted { (say!(t, "sending-may-not")) } }
    };
    Ok(page::staff(shared, who, &say!(t, "sending-title"), HERE, &body))
}

fn scope(t: Tongue, scope: &Scope) -> Markup {
    html! {
        @match scope {
            Scope::Everything => (say!(t, "sending-everything")),
            Scope::Channel(channel) => (say!(t, "sending-channel", name = words::channel(t, *channel))),
            Scope::Provider(name) => { (say!(t, "sending-provider")) " " span .mono translate="no" { (name) } }
            Scope::Pathway(name) => { (say!(t, "sending-pathway")) " " span .mono translate="no" { (name) } }
        }
    }
}

/// What is paused, by whom and why.
fn pauses(shared: &Shared, who: &Who, may: bool) -> Markup {
    let t = who.tongue;
    let paused = shared.app.hub.paused();
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let one = |pause: &Paused| {
        html! {
            section .card .halt {
                h3 { (scope(t, &pause.scope)) }
                p lang=(AUTHOR) { (pause.why) }
                p .muted.small { span translate="no" { (pause.by) } " · " (page::time(t, pause.at, &zone)) }
                @if may {
                    form method="post" action="/sending/unpause" {
                        (page::token(&who.csrf)) (page::once())
                        input type="hidden" name="of" value=(pause.number);
                        button { (say!(t, "sending-resume")) }
                    }
                }
            }
        }
    };
    html! {
        h2 { (say!(t, "sending-paused-now")) }
        @if paused.is_empty() { p .empty { (say!(t, "sending-none-paused")) } } @else {
            p .flag { (say!(t, "sending-paused-holds")) }
            @for pause in &paused { (one(pause)) }
        }
    }
}

/// Many messages of the same words, which a second person is to approve.
fn waiting(shared: &Shared, who: &Who, rows: &[&HeldRow], may: bool) -> Markup {
    let t = who.tongue;
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let above = shared.app.hub.settings().approve_above;
    html! {
        h2 { (say!(t, "sending-waits")) }
        @if above == 0 { p .muted { (say!(t, "sending-never")) } } @else { p .muted { (say!(t, "sending-rule", n = i64::from(above))) } }
        @if rows.is_empty() { p .empty { (say!(t, "sending-none-waits")) } }
        @for (n, row) in rows.iter().enumerate() {
            @let (pathway, name) = row.key.split_once('/').unwrap_or_default();
            @let lately = shared.app.hub.queued_lately(pathway, name).max(row.n);
            section .card {
                h3 { span .mono translate="no" { (pathway) " · " (name) } }
                p { (say!(t, "sending-waiting-count", n = row.n, all = lately)) }
                p .muted { (say!(t, "sending-oldest")) " " (page::time(t, row.example.valid_until, &zone)) }
                @if let Some((language, text)) = example(shared, row) {
                    p .muted.small { (say!(t, "sending-example")) }
                    blockquote lang=(language) { (text) }
                }
                @if may {
                    form method="post" action="/sending/approve" .stack {
                        (page::token(&who.csrf)) (page::once())
                        input type="hidden" name="pathway" value=(pathway);
                        input type="hidden" name="words" value=(name);
                        label for={ "upto-" (n) } { (say!(t, "sending-approve-up-to")) }
                        input id={ "upto-" (n) } type="number" name="recipients" min="1" required value=(lately * PROPOSED_PERCENT / 100);
                        p .muted.small { (say!(t, "sending-approve-what")) }
                        button { (say!(t, "sending-approve")) }
                    }
                }
            }
        }
        @for approval in shared.app.hub.approvals() {
            p .small {
                span .mono translate="no" { (approval.pathway) " · " (approval.words) } ": "
                (say!(t, "sending-up-to", n = approval.recipients)) " · " span translate="no" { (approval.by) } " · " (page::time(t, approval.at, &zone))
            }
        }
    }
}

/// The words as their author wrote them, in the language and for the channel of one message: nothing of whom it is for.
fn example(shared: &Shared, row: &HeldRow) -> Option<(String, String)> {
    let message = &row.example;
    let in_force = shared.app.hub.in_force();
    let pathway = in_force.iter().find(|p| p.name == message.pathway)?;
    let texts = &pathway.words(&message.words)?.texts;
    let same = |language: bool| {
        texts.iter().find(|text| text.channel == message.channel && (!language || text.language == message.language))
    };
    let text = same(true).or_else(|| same(false)).or_else(|| texts.first())?;
    Some((text.language.clone(), text.text.clone()))
}

/// What each provider's gate lets out.
fn gates(shared: &Shared, t: Tongue) -> Markup {
    let gates = shared.app.hub.gates();
    html! {
        h2 #gates-h { (say!(t, "sending-gates")) }
        p .muted.small { (say!(t, "sending-since")) }
        div .scroll tabindex="0" role="region" aria-labelledby="gates-h" {
            table {
                thead { tr {
                    th scope="col" { (say!(t, "sending-col-provider")) }
                    th scope="col" { (say!(t, "sending-col-state")) }
                    th scope="col" { (say!(t, "sending-col-rate")) }
                    th scope="col" { (say!(t, "sending-col-under-way")) }
                    th scope="col" { (say!(t, "sending-col-sent")) }
                    th scope="col" { (say!(t, "sending-col-failed")) }
                    th scope="col" { (say!(t, "sending-col-unknown")) }
                } }
                tbody { @for gate in &gates { (gate_row(t, gate)) } }
            }
        }
    }
}

fn gate_row(t: Tongue, gate: &View) -> Markup {
    let channels: Vec<String> = gate.channels.iter().map(|c| words::channel(t, *c)).collect();
    let seconds = |long: Duration| long.as_secs().max(1);
    html! {
        tr {
            th scope="row" { span translate="no" { (gate.provider) } " " span .muted.small { (channels.join(", ")) } }
            td {
                @match gate.state {
                    Shown::Open => (say!(t, "sending-open")),
                    Shown::Paused => span .badge.late { (say!(t, "sending-paused")) },
                    Shown::Throttled(long) => span .badge { (say!(t, "sending-throttled", n = seconds(long))) },
                    Shown::Broken(long) => span .badge.late { (say!(t, "sending-broken", n = seconds(long))) },
                    Shown::Refusing(long) => span .badge.late { (say!(t, "sending-refusing", n = seconds(long))) },
                    Shown::Probing => span .badge { (say!(t, "sending-probing")) },
                }
            }
            td { @match gate.per_second { Some(rate) => (say!(t, "sending-rate", n = rate)), None => (say!(t, "sending-no-rate")) } }
            td { (gate.under_way) " / " (gate.in_flight) }
            td { (gate.sent) }
            td { (gate.failed) }
            td { (gate.unknown) }
        }
    }
}

/// What waits to leave, by channel, and how many new people write by mail.
fn outbox(shared: &Shared, t: Tongue, queued: &[(Channel, bool, i64)]) -> Markup {
    let carried = |c: Channel| shared.app.hub.gates().iter().any(|g| g.channels.contains(&c));
    let of = |channel, urgent| queued.iter().find(|(c, u, _)| *c == channel && *u == urgent).map_or(0, |(.., n)| *n);
    let shown = |c: Channel| carried(c) || of(c, true) + of(c, false) > 0;
    let new = shared.app.hub.new_senders();
    html! {
        h2 #outbox-h { (say!(t, "sending-outbox")) }
        div .scroll tabindex="0" role="region" aria-labelledby="outbox-h" {
            table {
                thead { tr {
                    th scope="col" { (say!(t, "sending-col-channel")) }
                    th scope="col" { (say!(t, "sending-col-urgent")) }
                    th scope="col" { (say!(t, "sending-col-others")) }
                } }
                tbody {
                    @for channel in Channel::EVERY.into_iter().filter(|c| shown(*c)) {
                        tr {
                            th scope="row" { (words::channel(t, channel)) }
                            td { (of(channel, true)) }
                            td { (of(channel, false)) }
                        }
                    }
                }
            }
        }
        @if carried(Channel::Email) {
            p .muted.small {
                (say!(t, "sending-new-senders", taken = new.taken, max = NEW_SENDERS_MAX, off = new.put_off))
            }
        }
    }
}

fn pause_form(shared: &Shared, who: &Who) -> Markup {
    let t = who.tongue;
    let gates = shared.app.hub.gates();
    let channels: Vec<Channel> =
        Channel::EVERY.into_iter().filter(|c| gates.iter().any(|g| g.channels.contains(c))).collect();
    let mut pathways: Vec<String> = shared.app.hub.in_force().iter().map(|p| p.name.clone()).collect();
    pathways.sort();
    html! {
        section .card.entry.left aria-labelledby="pause-h" {
            h2 #pause-h { (say!(t, "sending-pause")) }
            p .muted { (say!(t, "sending-pause-what")) }
            form method="post" action="/sending/pause" .stack {
                (page::token(&who.csrf)) (page::once())
                label for="pause-scope" { (say!(t, "sending-pause-which")) }
                select #pause-scope name="scope" {
                    option value="everything" { (say!(t, "sending-everything")) }
                    @for channel in channels {
                        option value={ "channel:" (channel.name()) } { (say!(t, "sending-channel", name = words::channel(t, channel))) }
                    }
                    @for gate in &gates {
                        option value={ "provider:" (gate.provider) } { (say!(t, "sending-provider")) " " (gate.provider) }
                    }
                    @for name in &pathways {
                        option value={ "pathway:" (name) } { (say!(t, "sending-pathway")) " " (name) }
                    }
                }
                label for="pause-why" { (say!(t, "sending-why")) }
                textarea #pause-why name="why" required maxlength="500" rows="3" {}
                button .danger { (say!(t, "sending-pause-now")) }
            }
        }
    }
}

/// What is ordered, with its access log line; back to the page.
async fn ordered(
    state: &State,
    who: &Who,
    fields: &Fields,
    what: &'static str,
    order: Order,
) -> Result<Redirect, Fault> {
    let once = fields.get("once");
    if once.is_empty() || once.len() > 64 {
        return Err(Fault::Stale);
    }
    let about = match &order {
        Order::Pause { scope: Scope::Channel(channel), .. } => channel.name().to_owned(),
        Order::Pause { scope: Scope::Provider(name) | Scope::Pathway(name), .. } => name.clone(),
        Order::Approve { pathway, words, recipients, .. } => format!("{pathway}/{words} {recipients}"),
        _ => String::new(),
    };
    let given = state.app.hub.order(&who.account.name, once, order).await;
    let number = given.map_err(|error| match error {
        hub::Error::Refused(code) => Fault::Refused(who.tongue.pick("sending-refused", &code).unwrap_or(code)),
        other => other.into(),
    })?;
    let (by, detail) = (who.account.name.clone(), format!("{about} {number}").trim().to_owned());
    state.read(move |shared| Ok(note(shared, &by, what, &detail)?)).await?;
    Ok(Redirect::to(HERE))
}

fn scope_in(text: &str) -> Option<Scope> {
    match text.split_once(':') {
        None => (text == "everything").then_some(Scope::Everything),
        Some(("channel", name)) => Channel::of_every(name).map(Scope::Channel),
        Some(("provider", name)) => Some(Scope::Provider(name.to_owned())),
        Some(("pathway", name)) => Some(Scope::Pathway(name.to_owned())),
        Some(_) => None,
    }
}

/// Pauses something.
pub(crate) async fn pause(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
) -> Result<Redirect, Fault> {
    let scope = scope_in(fields.get("scope")).ok_or(Fault::NotFound)?;
    let why = fields.get("why").to_owned();
    if why.is_empty() {
        return Err(Fault::Form(say!(who.tongue, "sending-why-needed")));
    }
    ordered(&state, &who, &fields, "paused messages", Order::Pause { scope, why }).await
}

/// A pause is over.
pub(crate) async fn unpause(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
) -> Result<Redirect, Fault> {
    let of = fields.get("of").parse().map_err(|_| Fault::NotFound)?;
    ordered(&state, &who, &fields, "resumed messages", Order::Unpause { of }).await
}

/// Many messages of the same words may leave.
pub(crate) async fn approve(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
) -> Result<Redirect, Fault> {
    let recipients = fields.get("recipients").parse().map_err(|_| Fault::Form(say!(who.tongue, "sending-number")))?;
    let (pathway, words) = (fields.get("pathway").to_owned(), fields.get("words").to_owned());
    let order = Order::Approve { pathway, words, version: None, recipients };
    ordered(&state, &who, &fields, "approved many messages", order).await
}
