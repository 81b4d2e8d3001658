//! Accounts, for administrators: who there is, who was invited, what each may.

use super::me::{browser_name, role_name, unconfirmed, zone};
use crate::auth::guard::{Fields, Who};
use crate::auth::{account, factor, invite, note, session};
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Account, ROLES, Shared, State, machine_now, page, words};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

/// No shown name is longer, characters.
const DISPLAY_MAX: usize = 64;
/// Sites of one account.
const SITES_MAX: usize = 64;
/// No name of a site is longer, characters.
const SITE_MAX: usize = 64;

/// A link to hand over, shown by this one answer.
struct Link {
    name: String,
    address: String,
}

/// The page.
pub(crate) async fn show(state: State, Extension(who): Extension<Who>) -> Result<Markup, Fault> {
    state.read(move |shared| draw(shared, &who, None, None)).await
}

/// Where a form would be, for who logged in longer ago: the way to say the password again.
pub(crate) fn first(t: Tongue, to: &str) -> Markup {
    html! {
        p { (say!(t, "account-first-confirm")) }
        p { a .button href={ "/me/confirm?to=" (to) } { (say!(t, "account-confirm")) } }
    }
}

fn draw(shared: &Shared, who: &Who, link: Option<&Link>, error: Option<&str>) -> Result<Markup, Fault> {
    let t = who.tongue;
    let body = html! {
        h1 { (say!(t, "account-accounts")) }
        @if let Some(link) = link { (link_card(t, link)) }
        @if let Some(error) = error { p .error role="alert" { (error) } }
        (table(shared, who)?)
        (invites(shared, who)?)
        div .me {
            section .card aria-labelledby="invite-h" {
                h2 #invite-h { (say!(t, "account-invite")) }
                @if who.session.is_fresh() {
                    form method="post" action="/accounts" .stack {
                        (page::token(&who.csrf))
                        label for="a-name" { (say!(t, "account-name")) }
                        p .muted.small #a-name-hint { (say!(t, "account-name-hint")) }
                        input #a-name name="name" required maxlength=(account::NAME_MAX) pattern="[a-z0-9._\\-]+" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="a-name-hint";
                        label for="a-display" { (say!(t, "account-display")) }
                        input #a-display name="display" required maxlength=(DISPLAY_MAX) autocomplete="off";
                        (choices(shared, t, None))
                        button .primary { (say!(t, "account-invite-make")) }
                    }
                } @else { (first(t, "/accounts")) }
            }
            (roles_table(t))
        }
    };
    Ok(page::staff(shared, who, &say!(t, "account-accounts"), "/accounts", &body))
}

fn link_card(t: Tongue, link: &Link) -> Markup {
    html! {
        div .card.made role="status" {
            p { strong { (say!(t, "account-link-made", name = link.name)) } }
            p translate="no" { code #new-link { (link.address) } }
            p .muted.small { (say!(t, "account-link-rules")) }
        }
    }
}

fn names(t: Tongue, list: &[String]) -> Markup {
    html! { @if list.is_empty() { (say!(t, "account-all")) } @else { span translate="no" { (list.join(", ")) } } }
}

fn roles_of(t: Tongue, account: &Account) -> String {
    account.roles.iter().map(|r| role_name(t, r)).collect::<Vec<_>>().join(", ")
}

fn table(shared: &Shared, who: &Who) -> Result<Markup, Fault> {
    let t = who.tongue;
    let rows = account::list(shared.store())?;
    let heads = [
        say!(t, "account-name"),
        say!(t, "account-display"),
        say!(t, "account-roles"),
        say!(t, "account-teams"),
        say!(t, "account-sites"),
        say!(t, "account-second-factor"),
        say!(t, "account-state"),
    ];
    let mut lines = Vec::new();
    for a in &rows {
        let factors = factor::read(shared.store(), &a.name)?.count();
        lines.push(html! {
            tr .gone[a.disabled] {
                th scope="row" { a href={ "/accounts/" (a.name) } translate="no" { (a.name) } }
                td translate="no" { (a.display) }
                td { (roles_of(t, a)) }
                td { (names(t, &a.teams)) }
                td { (names(t, &a.sites)) }
                td { @if factors > 0 { (say!(t, "account-factors", n = factors)) } @else { (say!(t, "account-factors-none")) } }
                td { @if a.disabled { (say!(t, "account-disabled")) } @else { (say!(t, "account-active")) } }
            }
        });
    }
    Ok(html! {
        div .scroll tabindex="0" role="region" aria-label=(say!(t, "account-accounts")) { table {
            thead { tr { @for head in &heads { th scope="col" { (head) } } } }
            tbody { @for line in &lines { (line) } }
        } }
    })
}

fn invites(shared: &Shared, who: &Who) -> Result<Markup, Fault> {
    let t = who.tongue;
    let rows = invite::list(shared.store())?;
    if rows.is_empty() {
        return Ok(html! {});
    }
    Ok(html! {
        section .card aria-labelledby="links-h" {
            h2 #links-h { (say!(t, "account-links")) }
            ul .rows {
                @for (id, i) in &rows {
                    li {
                        div {
                            strong translate="no" { (i.account.name) }
                            " " @if i.again { (say!(t, "account-link-again")) } @else { (roles_of(t, &i.account)) }
                            p .muted.small {
                                (say!(t, "account-link-by", by = i.by))
                                " · " (say!(t, "account-link-until", when = words::moment(t, i.until(), &zone(shared))))
                            }
                        }
                        form method="post" action={ "/invites/" (id) "/revoke" } {
                            (page::token(&who.csrf))
                            button .quiet { (say!(t, "account-revoke")) span .hidden { " " (i.account.name) } }
                        }
                    }
                }
            }
        }
    })
}

fn roles_table(t: Tongue) -> Markup {
    html! {
        section .card aria-labelledby="roles-h" {
            h2 #roles-h { (say!(t, "account-roles-what")) }
            dl .roles {
                @for (role, _) in ROLES {
                    dt { (role_name(t, role)) }
                    dd { (t.pick("may", role).unwrap_or_default()) }
                }
            }
            p .muted.small { (say!(t, "account-roles-sites")) }
        }
    }
}

/// Roles, teams and sites, to choose.
fn choices(shared: &Shared, t: Tongue, now: Option<&Account>) -> Markup {
    let has = |list: fn(&Account) -> &Vec<String>, name: &str| now.is_some_and(|a| list(a).iter().any(|n| n == name));
    html! {
        fieldset {
            legend { (say!(t, "account-roles")) }
            @for (role, _) in ROLES {
                div .choice {
                    input type="checkbox" name="role" value=(role) id={ "role-" (role) } checked[has(|a| &a.roles, role)];
                    label for={ "role-" (role) } { (role_name(t, role)) }
                }
            }
        }
        fieldset {
            legend { (say!(t, "account-teams-choose")) }
            @for team in &shared.app.hub.settings().teams {
                div .choice {
                    input type="checkbox" name="team" value=(team.name) id={ "team-" (team.name) } checked[has(|a| &a.teams, &team.name)];
                    label for={ "team-" (team.name) } lang="en" translate="no" { (team.title) }
                }
            }
        }
        label for="a-sites" { (say!(t, "account-sites-choose")) }
        input #a-sites name="sites" maxlength="500" value=(now.map_or_else(String::new, |a| a.sites.join(", "))) autocomplete="off" spellcheck="false";
    }
}

/// Sites of a form; `None` for ones that cannot be.
fn sites(fields: &Fields) -> Option<Vec<String>> {
    let all: Vec<String> =
        fields.get("sites").split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect();
    (all.len() <= SITES_MAX && all.iter().all(|s| s.chars().count() <= SITE_MAX)).then_some(all)
}

/// Teams of a form; `None` when there is no such team.
fn teams(shared: &Shared, fields: &Fields) -> Option<Vec<String>> {
    let all = fields.all("team");
    let known = |name: &String| shared.app.hub.settings().teams.iter().any(|t| t.name == *name);
    all.iter().all(known).then_some(all)
}

/// What a form says an account shall be, or why it cannot. Of an account that is there, the name stays.
fn asked(shared: &Shared, t: Tongue, name: &str, fields: &Fields) -> Result<Account, String> {
    let roles = fields.all("role");
    account::check(name, &roles).map_err(|wrong| match wrong {
        account::Wrong::Name => say!(t, "account-name-wrong", n = account::NAME_MAX),
        account::Wrong::Roles => say!(t, "account-roles-wrong"),
    })?;
    let display: String = fields.get("display").chars().take(DISPLAY_MAX).collect();
    let (Some(teams), Some(sites), false) = (teams(shared, fields), sites(fields), display.is_empty()) else {
        return Err(say!(t, "account-form-wrong"));
    };
    Ok(Account { name: name.to_owned(), display, roles, teams, sites, disabled: false, hash: String::new() })
}

fn address(shared: &Shared, token: &str) -> String {
    format!("{}/invite/{token}", shared.app.hub.settings().clinic.base_url)
}

/// Invites: a one-time link, shown by this answer only.
pub(crate) async fn invite(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    if let Some(first) = unconfirmed(&who, "/accounts") {
        return Ok(first);
    }
    state
        .read(move |shared| {
            let t = who.tongue;
            let not = |why: &str| {
                Ok((StatusCode::UNPROCESSABLE_ENTITY, draw(shared, &who, None, Some(why))?).into_response())
            };
            let account = match asked(shared, t, &fields.get("name").to_lowercase(), &fields) {
                Ok(account) => account,
                Err(why) => return not(&why),
            };
            if !invite::is_free(shared.store(), &account.name)? {
                return not(&say!(t, "account-taken", name = account.name));
            }
            let name = account.name.clone();
            let token = invite::make(shared.store(), account, &who.account.name, false)?;
            note(shared, &who.account.name, "invited", &name)?;
            let link = Link { name, address: address(shared, &token) };
            Ok(draw(shared, &who, Some(&link), None)?.into_response())
        })
        .await
}

/// Revokes a link.
pub(crate) async fn revoke_invite(
    state: State,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
) -> Result<Redirect, Fault> {
    state
        .read(move |shared| {
            let name = invite::revoke(shared.store(), &id)?.ok_or(Fault::NotFound)?;
            Ok(note(shared, &who.account.name, "revoked an invite", &name)?)
        })
        .await?;
    Ok(Redirect::to("/accounts"))
}

/// One account.
pub(crate) async fn one(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
) -> Result<Markup, Fault> {
    state.read(move |shared| draw_one(shared, &who, &name, None, None)).await
}

fn draw_one(shared: &Shared, who: &Who, name: &str, link: Option<&Link>, error: Option<&str>) -> Result<Markup, Fault> {
    let t = who.tongue;
    let a = account::find(shared.store(), name)?.ok_or(Fault::NotFound)?;
    let factors = factor::read(shared.store(), name)?;
    let sessions = session::of(shared, name)?;
    let own = a.name == who.account.name;
    let body = html! {
        p { a href="/accounts" { "← " (say!(t, "account-accounts")) } }
        h1 { span translate="no" { (a.display) } " " @if a.disabled { span .badge { (say!(t, "account-disabled")) } } }
        @if let Some(link) = link { (link_card(t, link)) }
        @if let Some(error) = error { p .error role="alert" { (error) } }
        @if own { p .note { (say!(t, "account-own")) " " a href="/me" { (say!(t, "account-me")) } } }
        div .me {
            section .card aria-labelledby="what-h" {
                h2 #what-h translate="no" { (a.name) }
                @if own { p { (roles_of(t, &a)) } } @else if who.session.is_fresh() {
                    form method="post" action={ "/accounts/" (a.name) } .stack {
                        (page::token(&who.csrf))
                        label for="a-display" { (say!(t, "account-display")) }
                        input #a-display name="display" required maxlength=(DISPLAY_MAX) value=(a.display) autocomplete="off";
                        (choices(shared, t, Some(&a)))
                        button .primary { (say!(t, "account-save")) }
                    }
                } @else { p { (roles_of(t, &a)) } (first(t, &format!("/accounts/{}", a.name))) }
            }
            section .card aria-labelledby="in-h" {
                h2 #in-h { (say!(t, "account-logins")) }
                dl .facts {
                    dt { (say!(t, "account-second-factor")) }
                    dd { @if factors.any() { (say!(t, "account-factors", n = factors.count())) } @else { (say!(t, "account-factors-none")) } }
                }
                @if sessions.is_empty() { p .muted { (say!(t, "account-sessions-none")) } } @else {
                    ul .list { @for s in &sessions { li { (browser_name(t, &s.browser)) span .muted { " · " (say!(t, "account-session-seen", ago = words::ago(t, s.seen, machine_now()))) } } } }
                }
                @if !own { (powers(t, who, &a, factors.any(), !sessions.is_empty())) }
            }
        }
    };
    Ok(page::staff(shared, who, &a.display, "/accounts", &body))
}

/// What an administrator can do to another's account.
fn powers(t: Tongue, who: &Who, a: &Account, factors: bool, sessions: bool) -> Markup {
    let at = |what: &str| format!("/accounts/{}/{what}", a.name);
    html! {
        div .powers {
            @if sessions {
                form method="post" action=(at("sessions/end")) { (page::token(&who.csrf)) button { (say!(t, "account-end-theirs")) } }
            }
            @if !a.disabled {
                form method="post" action=(at("link")) { (page::token(&who.csrf)) button { (say!(t, "account-link-new")) } }
            }
            @if factors {
                form method="post" action=(at("factors/reset")) { (page::token(&who.csrf)) button { (say!(t, "account-factors-reset")) } }
            }
            form method="post" action=(at("state")) {
                (page::token(&who.csrf))
                input type="hidden" name="disabled" value=(if a.disabled { "no" } else { "yes" });
                button { @if a.disabled { (say!(t, "account-enable")) } @else { (say!(t, "account-disable")) } span .hidden { " " (a.name) } }
            }
        }
    }
}

/// Another's account, never one's own.
fn other(shared: &Shared, who: &Who, name: &str) -> Result<Account, Fault> {
    if name == who.account.name {
        return Err(Fault::Forbidden);
    }
    account::find(shared.store(), name)?.ok_or(Fault::NotFound)
}

/// Changes what an account is and may. It holds from its next click on.
pub(crate) async fn save(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    if let Some(first) = unconfirmed(&who, "/accounts") {
        return Ok(first);
    }
    state
        .read(move |shared| {
            let found = other(shared, &who, &name)?;
            let new = match asked(shared, who.tongue, &found.name, &fields) {
                Ok(new) => new,
                Err(why) => {
                    let page = draw_one(shared, &who, &name, None, Some(&why))?;
                    return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
                }
            };
            account::change(shared, &name, |a| {
                *a = Account { disabled: a.disabled, hash: std::mem::take(&mut a.hash), ..new };
                Ok(())
            })?;
            note(shared, &who.account.name, "changed an account", &name)?;
            Ok(Redirect::to("/accounts").into_response())
        })
        .await
}

/// Disables an account, which ends its sessions at once, or enables it again.
pub(crate) async fn set_state(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(name): Path<String>,
) -> Result<Redirect, Fault> {
    let disabled = fields.get("disabled") == "yes";
    state
        .read(move |shared| {
            other(shared, &who, &name)?;
            account::change(shared, &name, |a| {
                a.disabled = disabled;
                Ok(())
            })?;
            if disabled {
                session::end_all(shared, &name, None)?;
                invite::revoke_of(shared.store(), &name)?;
            }
            let what = if disabled { "disabled an account" } else { "enabled an account" };
            Ok(note(shared, &who.account.name, what, &name)?)
        })
        .await?;
    Ok(Redirect::to("/accounts"))
}

/// Ends all sessions of an account.
pub(crate) async fn end_sessions(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
) -> Result<Redirect, Fault> {
    let to = format!("/accounts/{}", words::encoded(&name));
    state
        .read(move |shared| {
            other(shared, &who, &name)?;
            session::end_all(shared, &name, None)?;
            Ok(note(shared, &who.account.name, "ended another's sessions", &name)?)
        })
        .await?;
    Ok(Redirect::to(&to))
}

/// A one-time link with which a password that was forgotten is set anew.
pub(crate) async fn make_link(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    if let Some(first) = unconfirmed(&who, "/accounts") {
        return Ok(first);
    }
    state
        .read(move |shared| {
            let found = other(shared, &who, &name)?;
            if found.disabled {
                return Err(Fault::Stale);
            }
            let bare = Account { hash: String::new(), ..found };
            let token = invite::make(shared.store(), bare, &who.account.name, true)?;
            note(shared, &who.account.name, "made a password link", &name)?;
            let link = Link { name: name.clone(), address: address(shared, &token) };
            Ok(draw_one(shared, &who, &name, Some(&link), None)?.into_response())
        })
        .await
}

/// Takes the second factors of an account away: its owner lost them. Where one is asked for, the next login leads to
/// adding a new one.
pub(crate) async fn reset_factors(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    if let Some(first) = unconfirmed(&who, "/accounts") {
        return Ok(first);
    }
    state
        .read(move |shared| {
            other(shared, &who, &name)?;
            factor::reset(shared, &name)?;
            session::end_all(shared, &name, None)?;
            note(shared, &who.account.name, "reset second factors", &name)?;
            Ok(Redirect::to(&format!("/accounts/{}", words::encoded(&name))).into_response())
        })
        .await
}
