//! `throughline check`: formats, exit status, pages of codes.

use crate::process::{Folder, run};
use serde_json::Value as Json;

/// The story's pathways with settings in which nobody is there at night.
fn nights_without_anybody(folder: &Folder) -> String {
    let mut text = String::new();
    for name in ["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk"] {
        let hours: Vec<String> = (0..7).map(|day| format!("[{day}, 480, 1080]")).collect();
        text.push_str(&format!(
            "[[teams]]\nname = \"{name}\"\ntitle = \"{name}\"\nzone = \"\"\nphone = \"\"\nhours = [{}]\n",
            hours.join(", ")
        ));
    }
    folder.write("teams.toml", text);
    folder.join("teams.toml").to_str().unwrap().to_owned()
}

#[test]
fn check_proves_who_is_reached_with_the_teams_of_the_settings() {
    let folder = Folder::new("check-teams");
    let settings = nights_without_anybody(&folder);
    let said = run(&["--config", &settings, "check"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.out.contains("error[TL060]: `red_flag` may reach nobody on duty for 14 hours"), "{}", said.out);
    assert!(said.out.contains("→ charge_nurse after 15 minutes: off duty until"), "the way is told: {}", said.out);

    let json = run(&["--config", &settings, "check", "--format", "json"]);
    assert_eq!(json.code, Some(1));
    let all: Json = serde_json::from_str(&json.out).unwrap();
    let flag = all
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["file"] == "pathways/standing-red-flag.yaml" && f["severity"] == "error")
        .unwrap();
    assert_eq!((flag["code"].as_str(), flag["severity"].as_str()), (Some("TL060"), Some("error")));

    let sarif: Json = serde_json::from_str(&run(&["--config", &settings, "check", "--format", "sarif"]).out).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), all.as_array().unwrap().len());
    assert_eq!(run(&["check", "--format", "xml"]).code, Some(2));

    // With the teams that ship it holds, on holidays too.
    let shipped = run(&["check", "--holiday", "2026-12-25", "--holiday", "2027-01-01"]);
    assert_eq!(shipped.code, Some(0), "{shipped:?}");
    assert!(shipped.out.ends_with(" 0 errors\n"), "{}", shipped.out);
    // What is left is told of what only a clinician and a translator can give.
    for line in shipped.out.lines().filter(|line| line.starts_with("warning")) {
        assert!(line.contains("TL050") || line.contains("TL052"), "{line}");
    }
}

#[test]
fn a_warning_is_an_error_when_asked_for() {
    let folder = Folder::new("check-warnings");
    let good =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../pathways/standing-red-flag.yaml")).unwrap();
    // Nobody follows when the nurses' calls are not answered.
    folder.write("flag/flag.yaml", good.replace("if: red_flag.reached == false", "if: red_flag.outcome == 'declined'"));
    let path = folder.join("flag");
    let said = run(&["check", path.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("warning[TL063]") && said.out.ends_with(" 0 errors\n"), "{}", said.out);
    assert_eq!(run(&["check", "--warnings-as-errors", path.to_str().unwrap()]).code, Some(1));
}

#[test]
fn a_code_is_explained() {
    let said = run(&["check", "--explain", "tl060"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    for part in ["TL060: a red flag", "*Error.*", "Saturday", "# bad", "# good"] {
        assert!(said.out.contains(part), "{part} is not in {}", said.out);
    }
    let none = run(&["check", "--explain", "TL999"]);
    assert!(none.code == Some(2) && none.err.contains("TL999"), "{none:?}");
}
