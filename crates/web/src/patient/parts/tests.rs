//! Our HTML against the examples that nhsuk-frontend ships.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use maud::PreEscaped;
use serde_json::Value as Json;

/// A piece of HTML: a tag with its attributes in order of name, or a text with its gaps made one.
type Piece = String;

/// What is compared: tags, attributes and texts, whatever the gaps and the order of attributes. What our pages leave
/// out on purpose is left out on both sides.
fn pieces(html: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text(&rest[..at], &mut out);
        let end = at + rest[at..].find('>').expect("a tag ends");
        out.push(tag_of(&rest[at + 1..end]));
        rest = &rest[end + 1..];
    }
    text(rest, &mut out);
    without_logo(out)
}

fn text(raw: &str, out: &mut Vec<Piece>) {
    let plain = raw.replace("&#39;", "'").replace("&quot;", "\"").replace("&amp;", "&");
    let words: Vec<&str> = plain.split_whitespace().collect();
    if !words.is_empty() {
        out.push(words.join(" "));
    }
}

fn tag_of(raw: &str) -> Piece {
    let raw = raw.trim().trim_end_matches('/');
    let (name, mut rest) = raw.split_once(char::is_whitespace).unwrap_or((raw, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let end = rest.find(['=', ' ', '\n']).unwrap_or(rest.len());
        let key = &rest[..end];
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let (inside, after) = quoted.split_once('"').expect("a value ends");
            (value, rest) = (inside.split_whitespace().collect::<Vec<_>>().join(" "), after);
        }
        // Our pages load none of nhsuk-frontend's scripts.
        if key != "data-module" {
            attributes.push(format!("{key}={value}"));
        }
    }
    attributes.sort();
    format!("<{name} {}>", attributes.join(" "))
}

/// The logo and its link are not ours to show.
fn without_logo(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut inside = false;
    for piece in pieces {
        inside |= piece.contains("nhsuk-header__service-logo");
        if !inside {
            out.push(piece.clone());
        }
        inside &= !piece.starts_with("</a");
    }
    out
}

fn fixture(component: &str, name: &str) -> String {
    let all: Json = serde_json::from_str(include_str!("../fixtures.json")).expect("the fixtures read");
    let list = all["fixtures"].as_array().expect("a list").clone();
    let found = list.into_iter().find(|f| f["component"] == component && f["name"] == name);
    found.unwrap_or_else(|| panic!("no fixture {component}: {name}"))["html"].as_str().expect("html").to_owned()
}

fn raw(html: &str) -> Markup {
    PreEscaped(html.to_owned())
}

/// What a fixture holds between two of its own marks: the body that a page would bring.
fn between(html: &str, from: &str, to: &str) -> Markup {
    let after = html.split_once(from).expect("the mark is there").1;
    raw(after.rsplit_once(to).expect("the end is there").0)
}

const BIRTH: [DatePart<'_>; 3] = [
    DatePart { name: "day", label: "Day", width: 2, autocomplete: "bday-day" },
    DatePart { name: "month", label: "Month", width: 2, autocomplete: "bday-month" },
    DatePart { name: "year", label: "Year", width: 4, autocomplete: "bday-year" },
];
const DATE: [DatePart<'_>; 3] = [
    DatePart { name: "day", label: "Day", width: 2, autocomplete: "" },
    DatePart { name: "month", label: "Month", width: 2, autocomplete: "" },
    DatePart { name: "year", label: "Year", width: 4, autocomplete: "" },
];

fn contact_radios() -> Markup {
    let options = [("email", "Email"), ("phone", "Phone"), ("text", "Text message")];
    let field = fields::Field {
        id: "with-hint-error",
        name: "example",
        label: "How do you want to be contacted about this?",
        lang: None,
        hint: "Select 1 option",
        wrong: Some(Wrong { prefix: "Error", text: "Select how you want to be contacted" }),
        value: "",
    };
    fields::radios(&field, &options.map(|(value, words)| (value.to_owned(), words.to_owned())))
}

fn detail_textarea() -> Markup {
    fields::textarea(&fields::Field {
        id: "example",
        name: "example",
        label: "Can you provide more detail?",
        lang: None,
        hint: "Do not include personal information like your name, date of birth or NHS number",
        wrong: None,
        value: "",
    })
}

/// Component, example, and ours with the same options.
fn ours() -> Vec<(&'static str, &'static str, Markup)> {
    let plain = |id, value, label| Box { id, name: "example", value, label, checked: false, disabled: false };
    let card_body = between(&fixture("card", "basic with custom HTML"), "</h3>", "</div>\n</div>");
    let urgent_body = between(&fixture("card", "urgent (red)"), "nhsuk-card__content\">", "</div>\n</div>");
    let details_body = between(&fixture("details", "default"), "__text\">", "</div>\n</details>");
    let inset_body = between(&fixture("inset-text", "with HTML"), "</span>", "</div>");
    let warning_body = between(&fixture("warning-callout", "with custom heading"), "</h3>", "</div>\n</div>");
    let hint = raw(
        "This is a 10 digit number (like <span class=\"nhsuk-u-nowrap\">999 123 4567</span>) that you can find on an \
         NHS letter, prescription or in the NHS App",
    );
    let number = |id, wrong| {
        input(&Input {
            id,
            name: "example",
            label: "What is your NHS number?",
            heading: true,
            hint: Some(&hint),
            wrong,
            code: true,
            autocomplete: "",
        })
    };
    let colour = |id, value, label| Box { id, name: "colours", value, label, checked: false, disabled: false };
    let error = Wrong { prefix: "Error", text: "Enter your full name" };
    let regions = [
        ("choose", "Choose location"),
        ("eastmidlands", "East Midlands"),
        ("eastofengland", "East of England"),
        ("london", "London"),
        ("northeast", "North East"),
        ("northwest", "North West"),
        ("southeast", "South East"),
        ("southwest", "South West"),
        ("westmidlands", "West Midlands"),
        ("yorkshire", "Yorkshire and the Humber"),
    ]
    .map(|(value, words)| (value.to_owned(), words.to_owned()));
    let rows = [
        ("Name", "Karen Francis"),
        ("Date of birth", "15 March 1984"),
        ("Contact information", "73 Roman Rd<br>Leeds<br>LS2 5ZN"),
        ("Contact details", "<p>07700 900362</p><p>karen.francis@example.com</p>"),
    ]
    .map(|(key, value)| (raw(key), raw(value)));
    vec![
        ("button", "default", button("Save and continue", false, Sends::default())),
        ("button", "secondary", button("Find my location", true, Sends::default())),
        ("button", "secondary as a link", button_link("Find my location", "#")),
        ("card", "basic with custom HTML", card(3, &raw("Help from NHS 111"), &card_body)),
        ("card", "urgent (red)", urgent_card(2, "Urgent advice", "Ask for an urgent GP appointment if:", &urgent_body)),
        (
            "checkboxes",
            "inline",
            checkbox_group(
                1,
                "Which nipple has changed?",
                &[plain("inline", "right", "Right nipple"), plain("inline-2", "left", "Left nipple")],
            ),
        ),
        (
            "checkboxes",
            "without fieldset",
            checkboxes(&[
                colour("without-fieldset", "red", "Red"),
                colour("without-fieldset-2", "green", "Green"),
                colour("without-fieldset-3", "blue", "Blue"),
            ]),
        ),
        (
            "date-input",
            "with autocomplete values",
            date_input("example", "What is your date of birth?", "For example, 31 3 1980", None, &BIRTH),
        ),
        (
            "date-input",
            "with error message and hint",
            date_input(
                "example",
                "What is your date of birth?",
                "For example, 31 3 1980",
                Some(Wrong { prefix: "Error", text: "Enter your date of birth" }),
                &DATE,
            ),
        ),
        ("details", "default", details("How to find your NHS number", &details_body)),
        ("error-message", "default", error_message("", error)),
        (
            "error-message",
            "with translations",
            error_message("", Wrong { prefix: "Gwall", text: "Rhowch eich enw llawn" }),
        ),
        (
            "error-summary",
            "default",
            error_summary("There is a problem", "Date of birth must be in the past", "#example-day"),
        ),
        ("footer", "with meta text", footer(&[raw("NHS prototype kit v8.0.0"), raw("© NHS England")])),
        ("header", "with service name", header(&raw("Find your NHS number"), None)),
        (
            "input",
            "with error message and hint",
            number("with-hint-error", Some(Wrong { prefix: "Error", text: "Enter NHS number" })),
        ),
        ("input", "with hint", number("with-hint", None)),
        ("inset-text", "with HTML", inset("Information", &inset_body)),
        ("radios", "with error message and hint", contact_radios()),
        (
            "select",
            "with hint",
            select(
                ("with-hint", "example"),
                ("Choose location", true),
                "This can be different to where you went before",
                &regions,
                "",
            ),
        ),
        ("skip-link", "default", skip_link("Skip to main content", "#maincontent")),
        ("summary-list", "without border", summary_list(&rows)),
        ("tag", "default", tag("Active")),
        ("textarea", "default", detail_textarea()),
        (
            "warning-callout",
            "with custom heading",
            warning_card(3, "Important", "School, nursery or work", &warning_body),
        ),
    ]
}

#[test]
fn our_components_are_those_of_nhsuk_frontend() {
    let all: Json = serde_json::from_str(include_str!("../fixtures.json")).expect("the fixtures read");
    let ours = ours();
    for fixture in all["fixtures"].as_array().expect("a list") {
        let (component, name) = (fixture["component"].as_str().unwrap(), fixture["name"].as_str().unwrap());
        let (.., html) = ours
            .iter()
            .find(|(c, n, _)| *c == component && *n == name)
            .unwrap_or_else(|| panic!("{component}, {name} is not compared"));
        let theirs = pieces(fixture["html"].as_str().unwrap());
        assert!(!theirs.is_empty());
        assert_eq!(pieces(&html.0), theirs, "{component}: {name}");
    }
    assert_eq!(ours.len(), all["fixtures"].as_array().map_or(0, Vec::len));
}

#[test]
fn a_difference_is_seen() {
    assert_eq!(
        pieces("<p class=\"b\" id='x'>a  b</p>".replace('\'', "\"").as_str()),
        pieces("<p id=\"x\" class=\"b\">\n a b</p>")
    );
    assert_ne!(pieces("<p class=\"a\">x</p>"), pieces("<p class=\"b\">x</p>"));
    assert_ne!(pieces("<p>x</p>"), pieces("<p><b>x</b></p>"));
}
