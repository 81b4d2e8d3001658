//! What goes wrong between a browser and the hub, as a page.

use crate::tongue::{Tongue, say};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

/// A request that is not answered as asked.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// There is no such thing.
    #[error("There is nothing here.")]
    NotFound,
    /// Not for this account.
    #[error("Your account may not do this.")]
    Forbidden,
    /// Not for an account without one of these roles.
    #[error("Your account may not do this: it needs the role {}.", .0.join(" or "))]
    Role(&'static [&'static str]),
    /// The form is not one of ours, or too old.
    #[error("This form is no longer valid. Go back, reload the page and try again.")]
    Stale,
    /// The form says something that cannot be.
    #[error("{0}")]
    Form(String),
    /// Too often.
    #[error("Too many tries. Wait some minutes and try again.")]
    TooMany,
    /// Too large.
    #[error("This is too large.")]
    TooLarge,
    /// The hub refused the fact.
    #[error("{0}")]
    Refused(String),
    /// The hub refused an order.
    #[error("{0}")]
    Order(hub::Refusal),
    /// Somebody else was faster.
    #[error("Another version is in force by now.")]
    OtherInForce,
    /// Ours.
    #[error("Something went wrong on our side. Nothing was changed.")]
    Broken,
}

impl Fault {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::Role(_) | Self::Stale => StatusCode::FORBIDDEN,
            Self::Form(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Refused(_) | Self::Order(_) | Self::OtherInForce => StatusCode::CONFLICT,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<store::Error> for Fault {
    fn from(error: store::Error) -> Self {
        tracing::error!(error.store = %error, "a page could not read the store");
        Self::Broken
    }
}

impl From<hub::Error> for Fault {
    fn from(error: hub::Error) -> Self {
        match error {
            hub::Error::NoSuchPerson => Self::NotFound,
            hub::Error::Refused(why) => Self::Refused(why),
            hub::Error::Order(why) => Self::Order(why),
            hub::Error::InForce(_) => Self::OtherInForce,
            other => {
                tracing::error!(error.hub = %other, "the hub did not take a page's fact");
                Self::Broken
            }
        }
    }
}

impl Fault {
    /// What it says, in the reader's language. What a form or the hub said of itself is said as it is.
    fn words(&self, tongue: Tongue) -> String {
        match self {
            Self::NotFound => say!(tongue, "common-fault-not-found"),
            Self::Forbidden => say!(tongue, "common-fault-forbidden"),
            Self::Role(roles) => {
                let names = roles.iter().map(|r| tongue.pick("role", r).unwrap_or_else(|| (*r).to_owned()));
                let either = names.reduce(|left, right| say!(tongue, "common-fault-or", left = left, right = right));
                say!(tongue, "common-fault-role", roles = either.unwrap_or_default())
            }
            Self::Stale => say!(tongue, "common-fault-stale"),
            Self::TooMany => say!(tongue, "common-fault-too-many"),
            Self::TooLarge => say!(tongue, "common-fault-too-large"),
            Self::Form(why) | Self::Refused(why) => why.clone(),
            Self::Order(why) => crate::staff::pathways::refused(tongue, why),
            Self::OtherInForce => say!(tongue, "publish-other-first"),
            Self::Broken => say!(tongue, "common-fault-broken"),
        }
    }

    /// The page of it.
    pub(crate) fn page(&self, tongue: Tongue) -> Markup {
        let status = self.status();
        let title = match status {
            StatusCode::NOT_FOUND => say!(tongue, "common-fault-not-found-title"),
            StatusCode::INTERNAL_SERVER_ERROR => say!(tongue, "common-fault-broken-title"),
            _ => say!(tongue, "common-fault-title"),
        };
        let body = html! {
            h1 { (title) }
            p { (self.words(tongue)) }
            @if status == StatusCode::NOT_FOUND { p { a href="/people" { (say!(tongue, "common-fault-find")) } } }
            p { a href="/" { (say!(tongue, "common-fault-start")) } }
        };
        crate::page::bare(tongue, &title, &body)
    }
}

impl IntoResponse for Fault {
    /// Status alone, with the fault beside it: the outermost layer draws the page, for it knows the language.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
