//! FHIR bodies: Bundles, single resources, lines of an import file.

use crate::item::{self, Made, is_test};
use crate::json::{self, Flaw};
use crate::limits::{MAX_ENTRIES, MAX_ISSUES};
use crate::refs::{Index, derived_id, identifier_query};
use crate::types::{R4, is_id};
use crate::{Issue, Severity, Source, operation_outcome};
use model::{Arrival, Item, Origin};
use serde_json::{Value, json};

/// What kind of body it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleKind {
    /// All or nothing.
    Transaction,
    /// Each entry for itself; a `collection`, `searchset` or `document` is read like this.
    Batch,
    /// One resource.
    Single,
}

/// One resource of a body, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// `Bundle.entry[3]`, `Patient`, `event[2]`.
    pub place: String,
    /// Its items (usually one; an Appointment of two patients makes two), or why it is refused.
    pub result: Result<Vec<Item>, Vec<Issue>>,
    /// What is worth telling and does not hinder.
    pub warnings: Vec<Issue>,
    /// `("Patient", "1")`, when it could be told.
    pub type_and_id: Option<(String, String)>,
}

/// A body that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// Its entries, in the order of the body.
    pub entries: Vec<Entry>,
    /// What kind of body it was.
    pub bundle: BundleKind,
}

impl Read {
    /// The items in the order in which they are to be stored, each with the number of its entry:
    /// Patients first, so that their identifiers are known when the rest comes.
    pub fn in_order(&self) -> Vec<(usize, &Item)> {
        let all = || {
            let entries = self.entries.iter().enumerate();
            entries.flat_map(|(i, e)| e.result.iter().flatten().map(move |item| (i, item)))
        };
        let patient =
            |(i, _): &(usize, &Item)| self.entries[*i].type_and_id.as_ref().is_some_and(|(k, _)| k == "Patient");
        let (mut first, rest): (Vec<_>, Vec<_>) = all().partition(patient);
        first.extend(rest);
        first
    }

    /// Every issue of every entry, the grave ones and the others.
    pub fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.entries.iter().flat_map(|e| e.result.as_ref().err().into_iter().flatten().chain(&e.warnings))
    }
}

/// Reads a body that was posted to the FHIR base: a Bundle or a single resource. A body that cannot
/// be read, a single resource that is refused, and a transaction with one refused entry are `Err`;
/// a batch tells of each entry.
pub fn fhir(bytes: &[u8], source: &Source) -> Result<Read, Vec<Issue>> {
    let (body, flaws) = json::parse(bytes, 1).map_err(|i| vec![i])?;
    value(body, &flaws, None, source)
}

/// Reads a single resource that was put at `kind/id` (or posted to `kind`, when `id` is `None`).
pub fn fhir_at(bytes: &[u8], kind: &str, id: Option<&str>, source: &Source) -> Result<Read, Vec<Issue>> {
    let (body, flaws) = json::parse(bytes, 1).map_err(|i| vec![i])?;
    let url = id.map_or_else(|| kind.to_owned(), |id| format!("{kind}/{id}"));
    value(body, &flaws, Some((if id.is_some() { "PUT" } else { "POST" }, &url)), source)
}

/// Reads a line of an NDJSON file: one resource or Bundle. `line` is its number, from 1; places of
/// broken JSON count from it.
pub fn ndjson_line(bytes: &[u8], line: usize, source: &Source) -> Result<Read, Vec<Issue>> {
    let (body, flaws) = json::parse(bytes, line).map_err(|i| vec![i])?;
    value(body, &flaws, None, source)
}

/// Reads a document. `request`: method and URL of a single resource.
pub(crate) fn value(
    body: Value,
    flaws: &[Flaw],
    request: Option<(&str, &str)>,
    source: &Source,
) -> Result<Read, Vec<Issue>> {
    let kind = kind_of(&body, "").map_err(|i| vec![i])?.to_owned();
    if kind == "Bundle" && request.is_none() {
        return bundle(body, flaws, source);
    }
    let issues: Vec<Issue> = flaws.iter().map(|f| f.issue(&kind)).collect();
    let mut slot = Slot { resource: body, place: kind, issues, ..Slot::default() };
    if let Some((method, url)) = request {
        slot.method = method.into();
        slot.url = url.into();
        slot.request_place = format!("{}.id", slot.place);
    }
    let entries = finish(vec![slot], source, false);
    match entries.first().map(|e| &e.result) {
        Some(Err(issues)) => Err(issues.clone()),
        _ => Ok(Read { entries, bundle: BundleKind::Single }),
    }
}

/// The type of a resource, if it is one of FHIR R4.
fn kind_of<'a>(resource: &'a Value, place: &str) -> Result<&'a str, Issue> {
    let at = |what: &str| if place.is_empty() { what.to_owned() } else { format!("{place}.{what}") };
    if !resource.is_object() {
        let place = if place.is_empty() { "1:1" } else { place };
        return Err(Issue::error(
            "structure",
            place,
            "A FHIR resource is expected: a JSON object with a resourceType.",
        ));
    }
    let Some(kind) = resource["resourceType"].as_str() else {
        return Err(Issue::error("required", at("resourceType"), "A FHIR R4 resource says its resourceType."));
    };
    if R4.contains(&kind) {
        return Ok(kind);
    }
    let hint = crate::issue::nearest(kind, R4).map(|n| format!(" Is {n} meant?")).unwrap_or_default();
    Err(Issue::error("not-supported", at("resourceType"), format!("Not a resource type of FHIR R4.{hint}")))
}

/// An entry under way.
#[derive(Default)]
struct Slot {
    resource: Value,
    /// Where the entry is.
    place: String,
    /// `.resource`, inside a Bundle.
    inside: &'static str,
    full_url: String,
    method: String,
    url: String,
    if_none_exist: String,
    request_place: String,
    test: bool,
    issues: Vec<Issue>,
}

fn bundle(mut body: Value, flaws: &[Flaw], source: &Source) -> Result<Read, Vec<Issue>> {
    let (bundle, needs_request) = match body["type"].as_str() {
        Some("transaction") => (BundleKind::Transaction, true),
        Some("batch") => (BundleKind::Batch, true),
        Some("collection" | "searchset" | "document") => (BundleKind::Batch, false),
        Some(_) => {
            let says =
                "A Bundle of type transaction or batch is expected (collection, searchset and document are read too).";
            return Err(vec![Issue::error("not-supported", "Bundle.type", says)]);
        }
        None => {
            let says = "The type is missing: transaction (all or nothing) or batch (each entry for itself).";
            return Err(vec![Issue::error("required", "Bundle.type", says)]);
        }
    };
    let list = match body.get_mut("entry").map(Value::take) {
        None => Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(vec![Issue::error("structure", "Bundle.entry", "A list is expected.")]),
    };
    if list.len() > MAX_ENTRIES {
        let says = format!("{} entries; at most {MAX_ENTRIES} are read at once. Send smaller Bundles.", list.len());
        return Err(vec![Issue::error("too-costly", "Bundle.entry", says)]);
    }
    let (within, whole): (Vec<_>, Vec<_>) = flaws.iter().partition(|f| f.index_in("entry").is_some());
    if !whole.is_empty() {
        return Err(whole.iter().map(|f| f.issue("Bundle")).collect());
    }
    let test = is_test(&body);
    let mut slots: Vec<Slot> =
        list.into_iter().enumerate().map(|(i, e)| slot(i, e, needs_request, test, source)).collect();
    for flaw in within {
        if let Some(slot) = flaw.index_in("entry").and_then(|i| slots.get_mut(i)) {
            slot.issues.push(flaw.issue("Bundle"));
        }
    }
    let entries = finish(slots, source, bundle == BundleKind::Transaction);
    let read = Read { entries, bundle };
    if bundle == BundleKind::Transaction {
        let errors: Vec<Issue> = read.issues().filter(|i| i.refuses()).take(MAX_ISSUES).cloned().collect();
        if !errors.is_empty() {
            return Err(errors);
        }
    }
    Ok(read)
}

/// Takes an entry of a Bundle apart.
fn slot(i: usize, mut entry: Value, needs_request: bool, test: bool, source: &Source) -> Slot {
    let place = format!("Bundle.entry[{i}]");
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let mut slot = Slot {
        full_url: text(&entry["fullUrl"]),
        method: text(&entry["request"]["method"]),
        url: text(&entry["request"]["url"]),
        if_none_exist: text(&entry["request"]["ifNoneExist"]),
        request_place: format!("{place}.request"),
        inside: ".resource",
        test,
        place,
        ..Slot::default()
    };
    let place = &slot.place;
    if needs_request && slot.method.is_empty() {
        let lenient = source.origin == Origin::History && entry["request"].is_null();
        let severity = if lenient { Severity::Warning } else { Severity::Error };
        let says = "An entry of a transaction or batch says what is asked: method (POST or PUT) and url.";
        slot.issues.push(Issue::new(severity, "required", format!("{place}.request"), says));
    } else if !matches!(slot.method.as_str(), "" | "POST" | "PUT") {
        let says = "Only POST and PUT are carried out here.";
        slot.issues.push(Issue::error("not-supported", format!("{place}.request.method"), says));
    }
    match entry.get_mut("resource").map(Value::take) {
        Some(resource) => slot.resource = resource,
        None if slot.issues.iter().any(Issue::refuses) => {}
        None => {
            slot.issues.push(Issue::error("required", format!("{place}.resource"), "This entry has no resource."));
        }
    }
    slot
}

/// Gives every resource its id, then makes the items, when all names are known.
fn finish(mut slots: Vec<Slot>, source: &Source, unique: bool) -> Vec<Entry> {
    let mut index = Index::default();
    for derived in [false, true] {
        for slot in &mut slots {
            slot.name(derived, unique, &mut index);
        }
    }
    slots.into_iter().map(|slot| slot.entry(source, &index)).collect()
}

impl Slot {
    fn resource_place(&self) -> String {
        format!("{}{}", self.place, self.inside)
    }

    /// Finds what the resource is called and tells the index. Resources that say their id go first
    /// (`derived` is false), those that get one follow.
    fn name(&mut self, derived: bool, unique: bool, index: &mut Index) {
        let place = self.resource_place();
        if self.resource.is_null() {
            return;
        }
        let kind = match kind_of(&self.resource, &place) {
            Ok(kind) => kind.to_owned(),
            Err(issue) => {
                if !derived {
                    self.issues.push(issue);
                }
                return;
            }
        };
        let own = self.resource["id"].as_str().map(str::to_owned);
        let asked = self.asked(&kind);
        let in_url = asked.as_ref().ok().and_then(|a| a.id.clone());
        if derived == (own.is_some() || in_url.is_some()) {
            return;
        }
        let by = match asked {
            Ok(asked) => asked.by,
            Err(issue) => {
                self.issues.push(issue);
                None
            }
        };
        if let (Some(own), Some(url)) = (&own, &in_url)
            && own != url
        {
            let says = "The id differs from the one in the url; they must be the same.";
            self.issues.push(Issue::error("invalid", format!("{place}.id"), says));
        }
        let id = in_url.or(own).unwrap_or_else(|| derived_id(&self.resource, &self.full_url, by.as_ref(), index));
        if unique && index.has(&format!("{kind}/{id}")) {
            let says = "Another entry of this transaction is the same resource; send it once.";
            self.issues.push(Issue::error("duplicate", format!("{place}.id"), says));
        }
        self.resource["id"] = json!(id);
        index.add(&self.full_url, &self.resource, self.test || is_test(&self.resource));
    }

    /// What `request.url` asks for.
    fn asked(&self, kind: &str) -> Result<Asked, Issue> {
        let bad = |says: &str| Err(Issue::error("invalid", format!("{}.url", self.request_place), says));
        let mut asked = Asked::default();
        if !self.if_none_exist.is_empty() {
            asked.by = identifier_query(self.if_none_exist.trim_start_matches('?'));
        }
        if self.method.is_empty() {
            return Ok(asked);
        }
        let (path, query) = self.url.split_once('?').map_or((self.url.as_str(), None), |(p, q)| (p, Some(q)));
        let (type_in_url, id) = path.trim_matches('/').split_once('/').map_or((path, None), |(t, i)| (t, Some(i)));
        if type_in_url.trim_matches('/') != kind {
            return bad(
                "The url names another type than the resource: `Type` for POST, `Type/id` for PUT is expected.",
            );
        }
        match (self.method.as_str(), id, query) {
            ("PUT", Some(id), None) if is_id(id) => asked.id = Some(id.into()),
            ("PUT", None, Some(query)) => match identifier_query(query) {
                Some(by) => asked.by = Some(by),
                None => return bad("Of searches, `Type?identifier=system|value` is understood."),
            },
            ("PUT", ..) => return bad("`Type/id` is expected for PUT."),
            ("POST", None, None) => {}
            ("POST", ..) => return bad("`Type` is expected for POST, without id or search."),
            _ => {}
        }
        Ok(asked)
    }

    fn entry(self, source: &Source, index: &Index) -> Entry {
        let place = self.resource_place();
        let text = |key: &str| self.resource[key].as_str().map(str::to_owned);
        let named = text("resourceType").zip(text("id"));
        let known = named.as_ref().is_some_and(|(kind, _)| R4.contains(&kind.as_str()));
        let made = if known {
            item::make(self.resource, &place, source, index, self.test, self.issues)
        } else {
            Made::of(Vec::new(), self.issues)
        };
        Entry { place: self.place, result: made.result, warnings: made.warnings, type_and_id: named.filter(|_| known) }
    }
}

/// What a request asks for.
#[derive(Default)]
struct Asked {
    /// The id in the url.
    id: Option<String>,
    /// The identifier that it is conditional on.
    by: Option<(String, String)>,
}

/// The answer to a transaction or batch: a Bundle with one entry for each of `read`. `arrivals` tells,
/// entry by entry, how its (last) item was taken in; `None` where none was handed over. For a single
/// resource it is an OperationOutcome.
pub fn bundle_response(read: &Read, arrivals: &[Option<Arrival>]) -> Value {
    let kind = match read.bundle {
        BundleKind::Transaction => "transaction-response",
        BundleKind::Batch => "batch-response",
        BundleKind::Single => {
            let all: Vec<Issue> = read.issues().cloned().collect();
            return operation_outcome(&all);
        }
    };
    let answer =
        |(i, entry): (usize, &Entry)| json!({ "response": response(entry, arrivals.get(i).copied().flatten()) });
    let entries: Vec<Value> = read.entries.iter().enumerate().map(answer).collect();
    json!({"resourceType": "Bundle", "type": kind, "entry": entries})
}

fn response(entry: &Entry, arrival: Option<Arrival>) -> Value {
    let mut out = match (&entry.result, arrival) {
        (Err(issues), _) => {
            let all: Vec<Issue> = issues.iter().chain(&entry.warnings).cloned().collect();
            return json!({"status": refusal(issues), "outcome": operation_outcome(&all)});
        }
        (Ok(_), Some(Arrival::New { .. })) => json!({"status": "201 Created"}),
        (Ok(_), Some(Arrival::Changed { .. } | Arrival::Repeat(_))) => json!({"status": "200 OK"}),
        (Ok(_), None) => json!({"status": "202 Accepted"}),
    };
    if let Some((kind, id)) = &entry.type_and_id {
        out["location"] = json!(format!("{kind}/{id}"));
    }
    if !entry.warnings.is_empty() {
        out["outcome"] = operation_outcome(&entry.warnings);
    }
    out
}

/// The status line that fits what is wrong.
fn refusal(issues: &[Issue]) -> &'static str {
    match issues.first().map(|i| i.code) {
        Some("not-supported") => "501 Not Implemented",
        Some("structure" | "invalid") => "400 Bad Request",
        Some("forbidden") => "403 Forbidden",
        _ => "422 Unprocessable Entity",
    }
}
