//! Style and script, built into the binary and named by their content, so that a browser keeps them.

use crate::fault::Fault;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use model::Id;
use std::sync::LazyLock;

struct Asset {
    name: &'static str,
    media: &'static str,
    text: &'static str,
}

const ASSETS: &[Asset] = &[
    Asset {
        name: "staff.css",
        media: "text/css; charset=utf-8",
        text: concat!(
            include_str!("../../../assets/css/tokens.css"),
            include_str!("../../../assets/css/base.css"),
            include_str!("../../../assets/css/worklist.css"),
            include_str!("../../../assets/css/prompt.css"),
            include_str!("../../../assets/css/person.css"),
            include_str!("../../../assets/css/talk.css"),
            include_str!("../../../assets/css/pathway.css"),
            include_str!("../../../assets/css/lab.css"),
            include_str!("../../../assets/css/intake.css"),
            include_str!("../../../assets/css/demo.css"),
            include_str!("../../../assets/css/account.css"),
        ),
    },
    Asset { name: "patient.css", media: "text/css; charset=utf-8", text: include_str!("../../../assets/patient.css") },
    Asset {
        name: "patient.js",
        media: "text/javascript; charset=utf-8",
        text: include_str!("../../../assets/js/patient.js"),
    },
    Asset {
        name: "notify.js",
        media: "text/javascript; charset=utf-8",
        text: include_str!("../../../assets/js/notify.js"),
    },
    Asset {
        name: "live.js",
        media: "text/javascript; charset=utf-8",
        text: include_str!("../../../assets/js/live.js"),
    },
    Asset {
        name: "desk.js",
        media: "text/javascript; charset=utf-8",
        text: concat!(
            include_str!("../../../assets/js/desk.js"),
            include_str!("../../../assets/js/account.js"),
            include_str!("../../../assets/js/publish.js")
        ),
    },
    Asset { name: "icon.svg", media: "image/svg+xml", text: include_str!("../../../assets/icon.svg") },
];

/// The worker of the patients' pages: it has a place of its own, which is its scope.
pub(crate) const WORKER: &str = include_str!("../../../assets/js/sw.js");

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let parts: Vec<&[u8]> = ASSETS.iter().map(|a| a.text.as_bytes()).collect();
    Id::of(&parts).to_string()[..10].to_owned()
});

/// The address of an asset; it changes with any content.
pub(crate) fn url(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

/// One asset. Any version answers with the current one.
pub(crate) async fn get(Path((_, name)): Path<(String, String)>) -> Result<Response, Fault> {
    let asset = ASSETS.iter().find(|a| a.name == name).ok_or(Fault::NotFound)?;
    Ok(([(CONTENT_TYPE, asset.media), (CACHE_CONTROL, "public, max-age=31536000, immutable")], asset.text)
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::ASSETS;

    #[test]
    fn a_patients_first_load_stays_small() {
        let size = |name: &str| ASSETS.iter().find(|a| a.name == name).map_or(usize::MAX, |a| a.text.len());
        assert!(size("live.js") <= 3 * 1024, "the script is {} bytes", size("live.js"));
        assert!(size("patient.js") <= 3 * 1024, "the patients' script is {} bytes", size("patient.js"));
        // No first load: a browser fetches it when the patient asks for an offline copy or for notifications.
        assert!(super::WORKER.len() <= 3 * 1024, "the worker is {} bytes", super::WORKER.len());
        assert!(size("patient.css") <= 132 * 1024, "the style is {} bytes before compression", size("patient.css"));
    }
}
