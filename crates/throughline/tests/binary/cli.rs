//! The command line: what it says, what it refuses, how it ends.

use crate::http;
use crate::process::{Folder, Hub, Said, run, throughline};
use model::At;
use store::{DeskRow, Location, Store};

#[test]
fn help_teaches_every_command() {
    let help = run(&["--help"]);
    assert_eq!(help.code, Some(0), "{help:?}");
    for command in ["serve", "demo", "import", "check", "publish", "migrate", "config", "version"] {
        let line = help.out.lines().find(|l| l.trim_start().starts_with(&format!("{command} ")));
        assert!(line.is_some_and(|l| l.trim().len() > command.len() + 10), "{command} is not explained: {}", help.out);
        let own = run(&[command, "--help"]);
        assert!(own.code == Some(0) && own.out.contains("Usage:"), "{own:?}");
    }
    assert!(help.out.contains("Start here:") && help.out.contains("throughline demo"), "{}", help.out);
    let none = run(&[]);
    assert!(none.code == Some(2) && none.err.contains("Usage:"), "{none:?}");
    let wrong = run(&["sevre"]);
    assert!(wrong.code == Some(2) && wrong.err.contains("'serve'"), "a suggestion: {wrong:?}");
}

#[test]
fn the_version_is_one_line() {
    let version = run(&["version"]);
    assert_eq!((version.code, version.out), (Some(0), format!("throughline {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn config_prints_every_setting_no_secret_and_reads_back() {
    let folder = Folder::new("config");
    let secrets = ["smtp.password=hunter2", "store.postgres=host=h password=hunter3", "clinic.link_secret=hunter4"];
    let mut arguments = vec!["config", "--set", "clinic.name=St. \"Anna\"", "--set", "http.listen=127.0.0.1:0"];
    secrets.iter().for_each(|s| arguments.extend(["--set", s]));
    let first = run(&arguments);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(!first.out.contains("hunter"), "{}", first.out);
    let keys = first.out.lines().filter(|l| l.starts_with("# THROUGHLINE_")).count();
    assert!(keys >= 25, "{keys} settings");
    for line in ["[http]", "[store]", "[clinic]", "[smtp]", "listen = ", "journal = ", "policy = ", "zone = "] {
        assert!(first.out.contains(line), "{line}: {}", first.out);
    }
    assert!(first.out.contains("# THROUGHLINE_SMTP_PASSWORD; from: flag --set smtp.password"), "{}", first.out);

    let file = folder.write("hub.toml", &first.out);
    let second = run(&["--config", file.to_str().unwrap(), "config"]);
    assert_eq!(second.code, Some(0), "{second:?}");
    let values = |text: &str| text.lines().filter(|l| !l.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(values(&first.out), values(&second.out));
}

#[test]
fn a_file_yields_to_the_environment_and_that_to_a_flag() {
    let folder = Folder::new("order");
    let file = folder.write("hub.toml", "[clinic]\nname = \"file\"\nphone = \"file\"\nzone = \"file\"\n");
    let said = throughline(&["config", "--set", "clinic.zone=flag"])
        .env("THROUGHLINE_CONFIG", &file)
        .env("THROUGHLINE_CLINIC_PHONE", "environment")
        .env("THROUGHLINE_CLINIC_ZONE", "environment")
        .output();
    let out = Said::of(said.unwrap()).out;
    for line in ["name = \"file\"", "phone = \"environment\"", "zone = \"flag\""] {
        assert!(out.contains(line), "{line}: {out}");
    }
}

#[test]
fn a_wrong_setting_is_told_with_its_place_before_anything_is_begun() {
    let folder = Folder::new("wrong");
    let store = folder.store_setting();
    let file = folder.write("zone.toml", "[clinic]\nzone = \"Mars/Base\"\n");
    let broken = folder.write("broken.toml", "[clinic\nzone = 1\n");
    let teams = folder.write("teams.toml", "[[teams]]\nname = \"nurses\"\n");
    let (file, broken, teams) = (file.to_str().unwrap(), broken.to_str().unwrap(), teams.to_str().unwrap());
    let cases: &[(&[&str], &[&str])] = &[
        (&["--set", "clinic.zoen=UTC"], &["flag --set clinic.zoen", "did you mean `clinic.zone`"]),
        (&["--set", "clinic.country=UK"], &["flag --set clinic.country", "`UK`", "ISO 3166-1"]),
        (&["--set", "clinic.zone=Mars"], &["flag --set clinic.zone", "`Mars`", "IANA"]),
        (&["--config", file], &["zone.toml", "clinic.zone", "`Mars/Base`"]),
        (&["--config", broken], &["broken.toml", "line 1"]),
        (&["--config", teams], &["teams.toml", "teams", "title"]),
        (&["--config", "/not/there.toml"], &["/not/there.toml"]),
        (&["--set", "http.body_max_bytes=lots"], &["flag --set http.body_max_bytes", "`lots`", "number"]),
        (&["--set", "http.secure_cookies=yes"], &["http.secure_cookies", "true or false"]),
        (&["--set", "provider.handset=yes"], &["provider.handset", "true or false"]),
        (&["--set", "provider.handset=true", "--set", "handset.policy=shout"], &["handset.policy", "no_answer"]),
        (
            &["--set", "smtp.host=mail", "--set", "smtp.tls=ssl", "--set", "smtp.from=a@b.example"],
            &["smtp.tls", "starttls"],
        ),
        (&["--set", "log.format=xml"], &["log.format", "json"]),
        (&["--set", "http.listen=nowhere"], &["nowhere", "http.listen"]),
    ];
    for (arguments, told) in cases {
        let mut all = vec!["serve", "--set", &store];
        all.extend_from_slice(arguments);
        let said = run(&all);
        assert_eq!(said.code, Some(2), "{arguments:?}: {said:?}");
        for word in *told {
            assert!(said.err.contains(word), "{word} is not told of {arguments:?}: {}", said.err);
        }
        assert!(!said.out.contains("ready"), "{arguments:?}: {said:?}");
    }
    let environment = throughline(&["serve", "--set", &store]).env("THROUGHLINE_SMTP_PORT", "many").output().unwrap();
    assert!(Said::of(environment).err.contains("environment variable THROUGHLINE_SMTP_PORT"));
}

#[test]
fn check_tells_errors_where_they_are() {
    let folder = Folder::new("check");
    let shipped = run(&["check"]);
    assert_eq!(shipped.code, Some(0), "{shipped:?}");
    assert!(shipped.out.ends_with("0 errors\n"), "{}", shipped.out);

    let good =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../pathways/standing-stop.yaml")).unwrap();
    folder.write("good/stop.yaml", &good);
    let said = run(&["check", folder.join("good").to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{said:?}");

    folder.write("bad/stop.yaml", good.replace("by: [sms]", "by: [smss]"));
    let said = run(&["check", folder.join("bad").to_str().unwrap()]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let line = good.lines().position(|l| l.contains("by: [sms]")).unwrap() + 1;
    let column = good.lines().nth(line - 1).unwrap().find("sms").unwrap() + 1;
    assert!(said.out.contains(&format!("stop.yaml:{line}:{column}")), "{}", said.out);
    let caret = said.out.lines().find(|l| l.contains("^^^^")).unwrap_or_default();
    assert!(caret.contains("did you mean `sms`?"), "{}", said.out);

    let none = run(&["check", folder.join("none").to_str().unwrap()]);
    assert!(none.code == Some(2) && none.err.contains("none"), "{none:?}");
    std::fs::create_dir_all(folder.join("empty")).unwrap();
    assert_eq!(run(&["check", folder.join("empty").to_str().unwrap()]).code, Some(2));

    let serve = run(&[
        "serve",
        "--set",
        &folder.store_setting(),
        "--set",
        &format!("pathways.folder={}", folder.join("bad").display()),
    ]);
    assert!(serve.code == Some(2) && serve.err.contains("stop.yaml"), "a hub does not start with errors: {serve:?}");
}

#[test]
fn a_demo_store_and_a_second_process_are_refused() {
    let folder = Folder::new("refused");
    let (hub, address) = Hub::start(&folder, &[]);
    assert_eq!(http::get(address, "/readyz").status, 200);
    for command in [vec!["serve", "--set", "http.listen=127.0.0.1:0"], vec!["import", env!("CARGO_MANIFEST_DIR")]] {
        let store = folder.store_setting();
        let mut arguments = command.clone();
        arguments.extend(["--set", &store]);
        let second = run(&arguments);
        assert!(second.code == Some(2) && second.err.contains("another throughline works on"), "{second:?}");
    }
    assert_eq!(http::get(address, "/healthz").status, 200, "the first goes on");
    assert!(hub.stop().0.success());

    let mark = DeskRow { kind: "setting".into(), key: "care_clock".into(), json: "\"scaled\"".into(), at: At(0) };
    folder.store().desk_put(&mark).unwrap();
    for command in ["serve", "import"] {
        let path = env!("CARGO_MANIFEST_DIR");
        let store = folder.store_setting();
        let mut arguments = vec![command, "--set", &store];
        arguments.extend((command == "import").then_some(path));
        let demo = run(&arguments);
        assert!(demo.code == Some(2) && demo.err.contains("demo"), "{command}: {demo:?}");
    }
}

#[test]
fn a_postgres_store_is_migrated_by_its_command_and_then_served() {
    let folder = Folder::new("postgres");
    let database = testkit::postgres::database();
    let store = format!("store.postgres={}", database.url());
    let before = run(&["serve", "--set", &store, "--set", "http.listen=127.0.0.1:0"]);
    assert!(before.code == Some(2) && before.err.contains("throughline migrate"), "{before:?}");
    for _ in 0..2 {
        let migrated = run(&["migrate", "--set", &store]);
        assert_eq!(migrated.code, Some(0), "{migrated:?}");
        assert!(migrated.out.contains("postgres"), "{migrated:?}");
    }
    let mut hub = Hub::spawn(&folder, &[store]);
    let address = hub.ready();
    let ready = http::get(address, "/readyz");
    assert_eq!((ready.status, ready.text.as_str()), (200, "ready\n"));
    let opened = Store::open(&Location::Postgres { url: database.url(), lanes: 1 }, false).unwrap();
    let key = crate::process::key(&opened, "hospital", &["fhir:write"]);
    let sent = http::fhir(address, &key, testkit::story::Story::david().discharge().to_string().as_bytes()).unwrap();
    assert_eq!(sent.status, 200, "{sent:?}");
    assert!(hub.stop().0.success());
}

#[test]
fn tools_for_who_writes_pathways() {
    let folder = Folder::new("tools");
    let good = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pathways/post-surgical-follow-up.yaml");
    let text = std::fs::read_to_string(good).unwrap();
    folder.write("new.yaml", text.replacen("wait: day 1 at 09:00", "wait: day 2 at 09:00", 1));
    let new = folder.join("new.yaml");
    let new = new.to_str().unwrap();
    let said = run(&["diff", good, new]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(1), "- `nurse_call/check` moves from day 1 to day 2\n"),
        "{said:?}"
    );
    assert_eq!(run(&["diff", good, good]).code, Some(0));
    assert_eq!(run(&["diff", good, "nowhere.yaml"]).code, Some(2));

    assert_eq!(run(&["fmt", "--check", new]).code, Some(0));
    folder.write("new.yaml", text.replacen("\n\n", "  \n\n\n\n", 1));
    let said = run(&["fmt", "--check", new]);
    assert!(said.code == Some(1) && said.out.contains("new.yaml"), "{said:?}");
    assert_eq!(run(&["fmt", new]).code, Some(0));
    assert_eq!(std::fs::read_to_string(new).unwrap(), text);

    assert!(run(&["graph", good]).out.starts_with("flowchart TD"));
    assert!(run(&["graph", "--svg", good]).out.starts_with("<svg "));
    assert!(run(&["schema"]).out.contains("json-schema.org/draft/2020-12"));
}
