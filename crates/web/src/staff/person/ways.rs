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
use record::ways::{GRANT_ENDED, GRANT_GIVEN, Grant, LIST_MAX, RESTRICTED, Scope};
use serde_json::json;

/// Characters of a name.
const NAME_MAX: usize = 120;
/// Grants that are shown.
const SHOWN_MAX: usize = 8;

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
                @if ways.proxy_first() && !holding.is_empty() { p .small { (say!(t, "person-related-first")) } }
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
                (say!(t, "person-related-until")) " " (self.long_ago(grant.until))
                @if !grant.by.is_empty() { " · " (say!(t, "person-corrected-by")) " " (plain(&grant.by)) }
            }
            form method="post" action={ "/people/" (self.look.person) "/ways" } {
                (self.start_ways("end")) input type="hidden" name="grant" value=(grant.id);
                button .quiet { (say!(t, "person-related-end")) span .hidden { ": " (grant.name) } }
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
                    p .muted.small { (say!(t, "person-corrected-by")) " " (plain(&r.by)) ", " (self.long_ago(r.at)) }
                }
            }
        }
    }

    /// The channels, and the person's own numbers and addresses.
    fn places(&self) -> Vec<(String, Markup)> {
        let t = self.t;
        let channels = Channel::ALL.into_iter().map(|c| (c.name().to_owned(), html! { (words::channel(t, c)) }));
        let contacts = &self.look.record.contacts;
        let own = contacts.iter().filter(|c| c.owner.is_none() && c.status.in_use()).take(LIST_MAX);
        let own = own.map(|c| (c.value.clone(), html! { span translate="no" { (c.value) } }));
        channels.chain(own).collect()
    }

    fn confidential_form(&self) -> Markup {
        let t = self.t;
        let held = self.look.record.ways.restrictions.last();
        let said = |place: &String| match held {
            Some(r) if r.only.contains(place) => "only",
            Some(r) if r.not.contains(place) => "not",
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
fn scope_words(t: Tongue, scope: Scope) -> String {
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
        "confidential" => vec![(RESTRICTED, String::new(), restricted(&fields, t, &country)?)],
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

/// The request that a form records.
fn restricted(fields: &Fields, t: Tongue, country: &str) -> Result<serde_json::Value, Fault> {
    let places = |which: &str| -> Vec<String> {
        let named = fields.0.iter().filter(|(name, value)| name.starts_with("place.") && value == which);
        named.map(|(name, _)| name["place.".len()..].to_owned()).take(LIST_MAX).collect()
    };
    let (mut only, not) = (places("only"), places("not"));
    let another = fields.get("another").trim();
    if !another.is_empty() {
        let written = super::correct::written(another, country);
        only.push(written.ok_or_else(|| Fault::Form(say!(t, "person-bad-contact")))?);
    }
    Ok(json!({"only": only, "not": not}))
}

/// How a contact point was made sure of, in words.
pub(super) fn verified_how(view: &View<'_>, value: &str) -> Option<String> {
    view.t.pick("person-verified", view.look.record.ways.how_verified(value)?)
}
