//! Related persons and confidential communication: what holds, and the small forms that staff record it with.
//!
//! A grant names a person, says of what and until when; without an end there is none. A request for confidential
//! communication needs no reason (45 CFR 164.522(b)(2)(iii)), so none is asked for. Two clicks are one of each.

use super::View;
use super::correct::{Facts, say_all};
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::staff::timeline::plain;
use crate::tongue::{Tongue, say};
use crate::{State, page, words};
use axum::Extension;
use axum::extract::Path;
use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Time;
use maud::{Markup, html};
use model::{At, Channel, Id, PersonId};
use record::ways::{GRANT_ENDED, GRANT_GIVEN, Grant, LIST_MAX, RESTRICTED, Restriction, Scope};
use serde_json::json;

/// Characters of a name.
const NAME_MAX: usize = 120;
/// Grants that are shown.
const SHOWN_MAX: usize = 8;
/// The person's own numbers and addresses that the form of a request lists beside those that the request names.
const OWN_MAX: usize = 24;

/// The request that the form starts from, and that it replaces: what staff recorded, or what a source did.
fn held(look: &hub::Look) -> Option<&Restriction> {
    let ours = look.folds.iter().filter(|fold| fold.source == model::fact::OWN);
    let ours = ours.flat_map(|fold| &fold.ways.restrictions).filter(|r| !r.only.is_empty() || !r.not.is_empty());
    ours.max_by_key(|r| r.at).or(look.record.ways.restrictions.last())
}

/// Whether two entries name one place: addresses are kept in small letters.
fn same_place(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

impl View<'_> {
    /// What holds, and the forms.
    pub(super) fn ways(&self) -> Markup {
        let (t, ways) = (self.t, &self.look.record.ways);
        let holding: Vec<&Grant> = ways.grants.iter().filter(|g| g.holds(self.now)).collect();
        html! {
            section #ways {
                h2 { (say!(t, "person-related")) }
                @if holding.is_empty() { p .muted { (say!(t, "person-related-none")) } }
                ul .list.plain { @for grant in holding.iter().take(SHOWN_MAX) { li { (self.grant(grant)) } } }
                @if !holding.is_empty() { (self.first_form(ways.proxy_first())) }
                (self.give_form())
                h2 { (say!(t, "person-confidential")) }
                (self.restriction())
                (self.confidential_form())
            }
        }
    }

    fn start_ways(&self, form: &str) -> Markup {
        html! { (page::token(&self.who.csrf)) (page::once()) input type="hidden" name="form" value=(form); }
    }

    /// A grant with its last day: it ends with the midnight after it.
    fn grant(&self, grant: &Grant) -> Markup {
        let t = self.t;
        let scope: Vec<String> = grant.scope.iter().map(|s| scope_words(t, *s)).collect();
        html! {
            p {
                strong translate="no" { (grant.name) }
                @if !grant.relation.is_empty() { " (" (plain(&grant.relation)) ")" }
                ": " (scope.join(", "))
            }
            p .muted.small {
                @for to in &grant.contacts { span translate="no" { (to) } " · " }
                (say!(t, "person-related-until")) " " (self.long_ago(grant.until.plus_ms(-1)))
                @if !grant.by.is_empty() { " · " (say!(t, "person-recorded-by")) " " (plain(&grant.by)) }
            }
            form method="post" action={ "/people/" (self.look.person) "/ways" } {
                (self.start_ways("end")) input type="hidden" name="grant" value=(grant.id);
                button .quiet { (say!(t, "person-related-end")) span .hidden { ": " (grant.name) } }
            }
        }
    }

    /// Whom messages go to first that a grant covers, and the other way round by one click.
    fn first_form(&self, first: bool) -> Markup {
        let t = self.t;
        let (now, other, change) = if first {
            (say!(t, "person-related-first"), "self", say!(t, "person-related-self-first"))
        } else {
            (say!(t, "person-related-after"), "proxy", say!(t, "person-related-proxy-first"))
        };
        html! {
            form #related-first method="post" action={ "/people/" (self.look.person) "/ways" } {
                (self.start_ways("first")) input type="hidden" name="to" value=(other);
                p .small { (now) }
                button .quiet { (change) }
            }
        }
    }

    fn give_form(&self) -> Markup {
        let t = self.t;
        let (usual, most) = self.shared.app.hub.settings().rules.grant_days();
        let day = |days: usize| self.now.date_in(&self.zone).saturating_add((days as i64).days()).to_string();
        html! {
            details #give-grant {
                summary { (say!(t, "person-related-add")) }
                form .stack method="post" action={ "/people/" (self.look.person) "/ways" } {
                    (self.start_ways("give"))
                    label for="related-name" { (say!(t, "person-related-name")) }
                    input #related-name name="name" required maxlength=(NAME_MAX) autocomplete="off";
                    label for="related-relation" { (say!(t, "person-related-relation")) }
                    input #related-relation name="relation" maxlength=(NAME_MAX) autocomplete="off";
                    label for="related-phone" { (say!(t, "person-related-phone")) }
                    input #related-phone name="phone" type="tel" maxlength=(NAME_MAX) autocomplete="off";
                    label for="related-email" { (say!(t, "person-related-email")) }
                    input #related-email name="email" type="email" maxlength=(NAME_MAX) autocomplete="off";
                    fieldset {
                        legend { (say!(t, "person-related-scope")) }
                        @for scope in Scope::ALL {
                            @let id = format!("scope-{}", scope.name());
                            div .choice {
                                input #(id) type="checkbox" name={ "scope." (scope.name()) } value="yes";
                                label for=(id) { (scope_words(t, scope)) }
                            }
                        }
                    }
                    label for="related-until" { (say!(t, "person-related-last-day")) }
                    input #related-until name="until" type="date" required value=(day(usual)) min=(day(0)) max=(day(most));
                    label for="related-language" { (say!(t, "person-language")) }
                    select #related-language name="language" {
                        option value="" { (say!(t, "person-related-same-language")) }
                        @for tag in ["en", "es"] { option value=(tag) { (words::language(t, tag)) } }
                    }
                    button { (say!(t, "person-related-save")) }
                }
            }
        }
    }

    /// What was asked for, in words.
    fn restriction(&self) -> Markup {
        let (t, restrictions) = (self.t, &self.look.record.ways.restrictions);
        let named = |entry: &String| match Channel::named(entry) {
            Some(channel) => html! { (words::channel(t, channel)) },
            None => plain(entry),
        };
        let list = |label: String, entries: &[String]| {
            html! { @if !entries.is_empty() { p { strong { (label) } ": " @for (i, e) in entries.iter().enumerate() { @if i > 0 { ", " } (named(e)) } } } }
        };
        html! {
            @if restrictions.is_empty() { p .muted { (say!(t, "person-confidential-none")) } }
            @for r in restrictions {
                div .note {
                    (list(say!(t, "person-confidential-only"), &r.only))
                    (list(say!(t, "person-confidential-not"), &r.not))
                    p .muted.small { (say!(t, "person-recorded-by")) " " (plain(&r.by)) ", " (self.long_ago(r.at)) }
                }
            }
        }
    }

    /// The channels, the person's own numbers and addresses, and whatever else the request that holds names: a place that
    /// mail bounces from, or that is somebody else's too, is part of it all the same.
    fn places(&self) -> Vec<(String, Markup)> {
        let t = self.t;
        let channels = Channel::ALL.into_iter().map(|c| (c.name().to_owned(), html! { (words::channel(t, c)) }));
        let contacts = &self.look.record.contacts;
        let own = contacts.iter().filter(|c| c.owner.is_none() && c.status.in_use()).take(OWN_MAX);
        let own = own.map(|c| (c.value.clone(), html! { span translate="no" { (c.value) } }));
        let mut all: Vec<(String, Markup)> = channels.chain(own).collect();
        for entry in held(self.look).into_iter().flat_map(|r| r.only.iter().chain(&r.not)) {
            if !all.iter().any(|(place, _)| same_place(place, entry)) {
                all.push((entry.clone(), html! { span translate="no" { (entry) } }));
            }
        }
        all
    }

    fn confidential_form(&self) -> Markup {
        let t = self.t;
        let held = held(self.look);
        let names = |list: &[String], place: &str| list.iter().any(|entry| same_place(entry, place));
        let said = |place: &String| match held {
            Some(r) if names(&r.only, place) => "only",
            Some(r) if names(&r.not, place) => "not",
            _ => "",
        };
        html! {
            details #confidential {
                summary { (say!(t, "person-confidential-change")) }
                p .muted.small { (say!(t, "person-confidential-what")) }
                form .stack method="post" action={ "/people/" (self.look.person) "/ways" } {
                    (self.start_ways("confidential"))
                    @for (i, (place, shown)) in self.places().iter().enumerate() {
                        @let id = format!("place-{i}");
                        div .pair {
                            label for=(id) { (shown) }
                            select #(id) name={ "place." (place) } {
                                option value="" selected[said(place).is_empty()] { (say!(t, "person-confidential-as-usual")) }
                                option value="only" selected[said(place) == "only"] { (say!(t, "person-confidential-only")) }
                                option value="not" selected[said(place) == "not"] { (say!(t, "person-confidential-not")) }
                            }
                        }
                    }
                    label for="another-place" { (say!(t, "person-confidential-another")) }
                    input #another-place name="another" maxlength=(NAME_MAX) autocomplete="off";
                    button { (say!(t, "person-confidential-save")) }
                }
            }
        }
    }
}

/// A scope in words.
pub(crate) fn scope_words(t: Tongue, scope: Scope) -> String {
    t.pick("person-scope", scope.name()).unwrap_or_else(|| scope.name().to_owned())
}

/// Takes one of the forms.
pub(crate) async fn post(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Response, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    let look = crate::staff::known_to(&state, &who, person).await?;
    let t = who.tongue;
    let country = state.app.hub.settings().clinic.country.clone();
    let facts: Facts = match fields.get("form") {
        "give" => vec![(GRANT_GIVEN, String::new(), given(&state, &fields, t, &look, &country)?)],
        "end" => {
            let grant = fields.get("grant");
            if !look.record.ways.grants.iter().any(|g| g.id == grant) {
                return Err(Fault::Stale);
            }
            vec![(GRANT_ENDED, grant.to_owned(), json!({"grant": grant}))]
        }
        "first" => match fields.get("to") {
            to @ ("proxy" | "self") => vec![("preference.changed", "first".to_owned(), json!({"to": to}))],
            _ => return Err(Fault::Stale),
        },
        "confidential" => vec![(RESTRICTED, String::new(), restricted(&fields, t, &look, &country)?)],
        _ => return Err(Fault::Stale),
    };
    say_all(&state, &who, &fields, person, facts).await
}

/// The grant that a form gives.
fn given(
    state: &State,
    fields: &Fields,
    t: Tongue,
    look: &hub::Look,
    country: &str,
) -> Result<serde_json::Value, Fault> {
    let bad = |words: String| Fault::Form(words);
    let name = fields.get("name").trim();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(bad(say!(t, "person-bad-empty")));
    }
    let mut contacts = Vec::new();
    for field in ["phone", "email"] {
        let text = fields.get(field).trim();
        if !text.is_empty() {
            let written = super::correct::written(text, country).filter(|v| v.contains('@') == (field == "email"));
            contacts.push(written.ok_or_else(|| bad(say!(t, "person-bad-contact")))?);
        }
    }
    let scope: Vec<&str> =
        Scope::ALL.iter().map(|s| s.name()).filter(|s| fields.get(&format!("scope.{s}")) == "yes").collect();
    if scope.is_empty() {
        return Err(bad(say!(t, "person-bad-scope")));
    }
    let settings = state.app.hub.settings();
    let zone = words::zone(look.record.zone.as_deref().unwrap_or(&settings.clinic.zone));
    let last: jiff::civil::Date = fields.get("until").parse().map_err(|_| bad(say!(t, "person-bad-until")))?;
    let now = state.now();
    // Through the end of that day, in the person's own time.
    let until = At::of_local(last.saturating_add(1.day()), Time::midnight(), &zone);
    let most = now.plus_ms((settings.rules.grant_days().1 as i64 + 1) * model::time::DAY_MS);
    if until <= now || until > most {
        return Err(bad(say!(t, "person-bad-until")));
    }
    let id = Id::of(&[fields.get("once").as_bytes(), name.as_bytes()]).to_string();
    Ok(json!({
        "grant": id,
        "to": {"name": name, "relation": fields.get("relation").trim(), "contacts": contacts},
        "scope": scope,
        "until": until,
        "language": fields.get("language"),
    }))
}

/// The request that a form records. What holds and was not on the form holds on: nobody said anything of it.
fn restricted(fields: &Fields, t: Tongue, look: &hub::Look, country: &str) -> Result<serde_json::Value, Fault> {
    let shown =
        |entry: &str| fields.0.iter().any(|(n, _)| n.strip_prefix("place.").is_some_and(|p| same_place(p, entry)));
    let places = |which: &str, held: &[String]| -> Vec<String> {
        let named = fields.0.iter().filter(|(_, value)| value == which);
        let named = named.filter_map(|(name, _)| name.strip_prefix("place.")).map(str::to_owned);
        named.chain(held.iter().filter(|entry| !shown(entry)).cloned()).collect()
    };
    let (held_only, held_not) = held(look).map_or((&[][..], &[][..]), |r| (&r.only, &r.not));
    let (mut only, not) = (places("only", held_only), places("not", held_not));
    let another = fields.get("another").trim();
    if !another.is_empty() {
        let written = super::correct::written(another, country);
        let written = written.ok_or_else(|| Fault::Form(say!(t, "person-bad-contact")))?;
        if !only.iter().any(|entry| same_place(entry, &written)) {
            only.push(written);
        }
    }
    // The record keeps so many of each; to drop one would open or close a place that nobody asked for.
    if only.len() > LIST_MAX || not.len() > LIST_MAX {
        return Err(Fault::Form(say!(t, "person-bad-places", n = LIST_MAX)));
    }
    Ok(json!({"only": only, "not": not}))
}

/// How a contact point was made sure of, in words.
pub(super) fn verified_how(view: &View<'_>, value: &str) -> Option<String> {
    view.t.pick("person-verified", view.look.record.ways.how_verified(value)?)
}
