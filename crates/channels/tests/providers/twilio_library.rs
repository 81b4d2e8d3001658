//! Twilio's own library as a judge of what we sign, believe and say.

use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The library in a process of its own; it goes when dropped.
pub struct Library {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Library {
    pub fn start() -> Self {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        // Does nothing when the tools are there.
        let tools = Command::new("bash").arg(root.join("scripts/python-tools.sh")).output().unwrap();
        assert!(tools.status.success(), "python tools: {}", String::from_utf8_lossy(&tools.stderr));
        let mut child = Command::new(root.join("target/tools/venv/bin/python"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/providers/twilio/library.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (asks, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, asks, answers }
    }

    fn ask(&mut self, what: &Json) -> Json {
        writeln!(self.asks, "{what}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Json = serde_json::from_str(&line).unwrap();
        assert!(answer.get("error").is_none(), "{answer} to {what}");
        answer
    }

    /// The signature of a form.
    pub fn sign(&mut self, token: &str, url: &str, params: &[(&str, &str)]) -> String {
        let params: serde_json::Map<String, Json> = params.iter().map(|(n, v)| ((*n).into(), json!(v))).collect();
        let answer = self.ask(&json!({"do": "sign", "token": token, "url": url, "params": params}));
        answer["signature"].as_str().unwrap().into()
    }

    /// The address with the hash of a body, and its signature.
    pub fn sign_body(&mut self, token: &str, url: &str, body: &str) -> (String, String) {
        let answer = self.ask(&json!({"do": "sign_body", "token": token, "url": url, "body": body}));
        (answer["url"].as_str().unwrap().into(), answer["signature"].as_str().unwrap().into())
    }

    /// Whether it believes a form with that signature.
    pub fn believes(&mut self, token: &str, url: &str, params: &[(String, String)], signature: &str) -> bool {
        let params: serde_json::Map<String, Json> = params.iter().map(|(n, v)| (n.clone(), json!(v))).collect();
        let asked = json!({"do": "validate", "token": token, "url": url, "params": params, "signature": signature});
        self.ask(&asked)["valid"].as_bool().unwrap()
    }

    /// What TwiML says, once its own classes say the very same: `[tag, attributes, text, inside]`.
    pub fn twiml(&mut self, kind: &str, xml: &[u8]) -> Json {
        let xml = std::str::from_utf8(xml).unwrap();
        let answer = self.ask(&json!({"do": "twiml", "kind": kind, "xml": xml}));
        assert_eq!(answer["same"], true, "{xml}");
        answer["shape"].clone()
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
