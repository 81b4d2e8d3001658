//! What goes wrong between a browser and the hub, as a page.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;

/// A request that is not answered as asked.
#[derive(Debug, thiserror::Error)]
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
            Self::Refused(_) => StatusCode::CONFLICT,
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
            other => {
                tracing::error!(error.hub = %other, "the hub did not take a page's fact");
                Self::Broken
            }
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let status = self.status();
        let title = match status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::INTERNAL_SERVER_ERROR => "Something went wrong",
            _ => "Not done",
        };
        let body = html! {
            h1 { (title) }
            p { (self.to_string()) }
            @if status == StatusCode::NOT_FOUND { p { a href="/people" { "Look for a person (care team)" } } }
            p { a href="/" { "Go to the start" } }
        };
        (status, crate::page::bare(title, &body)).into_response()
    }
}
