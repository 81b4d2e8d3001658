//! What a door refuses is kept, so that it can be mended and sent in again by the very same door.
//!
//! Only what came with a good key is kept: nobody without one can fill the disk. The key itself never is.

use crate::Shared;
use crate::auth::key::ApiKey;
use model::{At, Origin};
use serde::{Deserialize, Serialize};
use store::{Refusal, Store};
use wire::{BundleKind, Issue, Read, Severity, Source};

/// Issues of one body that are kept; the sender was told of more.
const ISSUES_MAX: usize = 50;
/// A type or id in a path that is longer is not kept, characters.
const NAME_MAX: usize = 128;

/// How a body came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// `POST /fhir/R4`.
    Bundle,
    /// `POST /fhir/R4/Patient`.
    Create(String),
    /// `PUT /fhir/R4/Patient/1`.
    Update(String, String),
    /// `POST /events`, with its media type.
    Events(String),
    /// A file that was imported, as history or live.
    Import(Origin),
}

const BASE: &str = "/fhir/R4";
const EVENTS: &str = "POST /events ";

impl Door {
    /// As it is kept and shown.
    pub(crate) fn name(&self) -> String {
        let fits = |text: &String| text.len() <= NAME_MAX;
        match self {
            Self::Create(kind) if fits(kind) => format!("POST {BASE}/{kind}"),
            Self::Update(kind, id) if fits(kind) && fits(id) => format!("PUT {BASE}/{kind}/{id}"),
            Self::Bundle | Self::Create(_) | Self::Update(..) => format!("POST {BASE}"),
            Self::Events(media) => format!("{EVENTS}{}", if fits(media) { media } else { "" }),
            Self::Import(Origin::Live) => "import --live".into(),
            Self::Import(_) => "import".into(),
        }
    }

    /// The door of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if let Some(media) = name.strip_prefix(EVENTS) {
            return Some(Self::Events(media.to_owned()));
        }
        let (method, path) = name.split_once(' ').unwrap_or((name, ""));
        let mut parts = path.strip_prefix(BASE).unwrap_or_default().trim_matches('/').split('/');
        let (kind, id) = (parts.next().unwrap_or_default().to_owned(), parts.next().map(str::to_owned));
        Some(match (method, id) {
            ("import", _) if path == "--live" => Self::Import(Origin::Live),
            ("import", _) => Self::Import(Origin::History),
            ("POST", _) if kind.is_empty() => Self::Bundle,
            ("POST", _) => Self::Create(kind),
            ("PUT", Some(id)) => Self::Update(kind, id),
            _ => return None,
        })
    }

    /// The name without what only a replay needs to know: an id in a path names somebody.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Events(_) => EVENTS.trim().to_owned(),
            Self::Update(kind, _) if kind.len() <= NAME_MAX => format!("PUT {BASE}/{kind}/…"),
            other => other.name(),
        }
    }

    /// Whether what comes by it may act.
    pub(crate) fn origin(&self) -> Origin {
        if let Self::Import(origin) = self { *origin } else { Origin::Live }
    }

    /// Reads a body as this door does.
    pub(crate) fn read(&self, bytes: &[u8], source: &Source<'_>) -> Result<Read, Vec<Issue>> {
        match self {
            Self::Bundle => wire::fhir(bytes, source),
            Self::Create(kind) => wire::fhir_at(bytes, kind, None, source),
            Self::Update(kind, id) => wire::fhir_at(bytes, kind, Some(id), source),
            Self::Import(_) => wire::ndjson_line(bytes, 1, source),
            Self::Events(media) => {
                let entries = wire::events(bytes, media, source)?;
                Ok(Read { entries, bundle: BundleKind::Batch })
            }
        }
    }
}

/// An issue as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) severity: String,
    pub(crate) code: String,
    pub(crate) place: String,
    pub(crate) says: String,
}

/// Issues as they are kept: those that refuse first.
pub(crate) fn told<'a>(issues: impl IntoIterator<Item = &'a Issue>) -> Vec<Told> {
    let mut list: Vec<&Issue> = issues.into_iter().collect();
    list.sort_by_key(|i| i.severity);
    let one = |i: &&Issue| Told {
        severity: i.severity.name().into(),
        code: i.code.into(),
        place: i.place.clone(),
        says: i.says.clone(),
    };
    list.iter().take(ISSUES_MAX).map(one).collect()
}

/// What is alike in refusals of one cause: the code and the place without its numbers.
fn cause(first: Option<&Told>) -> String {
    let Some(first) = first else { return String::new() };
    let mut out = format!("{} ", first.code);
    let mut inside = false;
    for c in first.place.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            _ if inside => {}
            c if c.is_ascii_digit() || c == ':' => {}
            c => out.push(c),
        }
    }
    out.trim_end().to_owned()
}

/// What refuses in a body that was read, and what was set aside of it since its sender may not say it.
pub(crate) fn worth_keeping(read: &Read) -> Vec<Issue> {
    read.issues().filter(|i| i.refuses() || i.code == "forbidden").cloned().collect()
}

/// Keeps what `key` sent and a door refused. That it could not be kept is logged; the sender is answered the same.
/// Blocks.
pub(super) fn keep(shared: &Shared, key: &ApiKey, door: &Door, issues: &[Issue], body: &[u8]) {
    // A wrong media type is a matter of the sender's settings: there is nothing to mend in the body.
    if issues.is_empty() || issues.iter().any(|i| i.place == "Content-Type") {
        return;
    }
    let sender = format!("{} ({})", key.name, key.id);
    match put(shared.store(), (&key.source, &key.site), door, &sender, shared.now(), issues, body) {
        Ok(()) => shared.app.hub.touch(),
        Err(error) => tracing::error!(error.store = %error, "what was refused could not be kept"),
    }
}

fn put(
    store: &Store,
    (source, site): (&str, &str),
    door: &Door,
    sender: &str,
    at: At,
    issues: &[Issue],
    body: &[u8],
) -> store::Result<()> {
    let list = told(issues);
    let json = serde_json::to_string(&list).unwrap_or_default();
    let (door, cause) = (door.name(), cause(list.first()));
    store.refuse(&Refusal { source, site, door: &door, sender, at, cause: &cause, issues: &json, body }).map(drop)
}

/// Keeps what `import` refused: a line or a file of `source`, seen as if it stood alone. Blocks.
///
/// # Errors
/// When the store cannot be written.
pub fn keep_refused_import(store: &Store, source: &Source<'_>, file: &str, body: &[u8]) -> store::Result<()> {
    let door = Door::Import(source.origin);
    let issues = match door.read(body, source) {
        Err(issues) => issues,
        Ok(read) => worth_keeping(&read),
    };
    if issues.is_empty() {
        return Ok(());
    }
    put(store, (source.name, source.site), &door, file, source.now, &issues, body)
}

/// A body that was too large to be read: only that it came is kept.
pub(super) fn too_large(shared: &Shared, key: &ApiKey, door: &Door, max: usize) {
    let says = format!("the body has more than {max} bytes: send smaller Bundles");
    let issue = Issue { severity: Severity::Fatal, code: "too-costly", place: "body".into(), says };
    keep(shared, key, door, &[issue], b"");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_found_again_by_its_name() {
        let doors = [
            Door::Bundle,
            Door::Create("Patient".into()),
            Door::Update("Patient".into(), "1".into()),
            Door::Events("application/cloudevents+json".into()),
            Door::Import(Origin::Live),
            Door::Import(Origin::History),
        ];
        for door in doors {
            assert_eq!(Door::named(&door.name()), Some(door));
        }
        assert_eq!(Door::named("DELETE /fhir/R4/Patient/1"), None);
        assert_eq!(Door::Update("Patient".into(), "x".repeat(500)).name(), "POST /fhir/R4");
        assert_eq!(Door::Events("application/json".into()).shown(), "POST /events");
        assert_eq!(Door::Update("Patient".into(), "1".into()).shown(), "PUT /fhir/R4/Patient/…");
    }

    #[test]
    fn refusals_of_one_cause_are_alike_whatever_their_number() {
        let told = |place: &str| {
            let (severity, says) = ("error".into(), String::new());
            cause(Some(&Told { severity, code: "value".into(), place: place.into(), says }))
        };
        assert_eq!(told("Bundle.entry[3].resource.birthDate"), "value Bundle.entry.resource.birthDate");
        assert_eq!(told("Bundle.entry[12].resource.birthDate"), told("Bundle.entry[3].resource.birthDate"));
        assert_eq!((told("3:14"), cause(None)), ("value".into(), String::new()));
    }
}
