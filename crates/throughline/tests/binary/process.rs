//! `throughline` as a process, in a folder of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use store::{Location, Store};

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(60);
/// How long a stop may take.
const STOP: Duration = Duration::from_secs(60);

/// A folder that goes with this value, unless its test failed.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::SeqCst);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}-{serial}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
    /// `store.path=…` of the store in this folder.
    pub fn store_setting(&self) -> String {
        format!("store.path={}", self.join("hub.db").display())
    }
    pub fn location(&self) -> Location {
        Location::Sqlite(self.join("hub.db"))
    }
    /// The store in this folder, made when there is none.
    pub fn store(&self) -> Store {
        Store::open(&self.location(), true).unwrap()
    }
    /// A new key for `source` with these scopes.
    pub fn key(&self, source: &str, scopes: &[&str]) -> String {
        key(&self.store(), source, scopes)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("what the test left is in {}", self.0.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

pub fn key(store: &Store, source: &str, scopes: &[&str]) -> String {
    let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
    web::create_key(store, "test", scopes, source, "", "test").unwrap().1
}

/// The binary, with nothing said by the environment.
pub fn throughline(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_throughline"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("THROUGHLINE_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// What a command said, and how it ended.
pub fn run(arguments: &[&str]) -> Said {
    Said::of(throughline(arguments).output().unwrap())
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn of(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// `throughline serve`.
pub struct Hub {
    child: Child,
    lines: Receiver<String>,
    log: PathBuf,
}

impl Hub {
    /// Starts it with these settings (`key=value`) and waits for nothing. The log is added to `hub.log`.
    pub fn spawn(folder: &Folder, settings: &[String]) -> Self {
        let log = folder.join("hub.log");
        let mut command = throughline(&["serve", "--set", "http.listen=127.0.0.1:0"]);
        for setting in settings {
            command.args(["--set", setting]);
        }
        let log_file = File::options().create(true).append(true).open(&log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log_file).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (say, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).all(|line| say.send(line).is_ok()));
        Self { child, lines, log }
    }

    /// Starts it on the embedded store of the folder, and waits until it is ready.
    pub fn start(folder: &Folder, settings: &[String]) -> (Self, SocketAddr) {
        let mut all = vec![folder.store_setting(), "log.level=warn".to_owned()];
        all.extend_from_slice(settings);
        let mut hub = Self::spawn(folder, &all);
        let address = hub.ready();
        (hub, address)
    }

    /// Waits until it is ready; where it listens.
    pub fn ready(&mut self) -> SocketAddr {
        let until = Instant::now() + START;
        let mut address = None;
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            match line.strip_prefix("address http://") {
                Some(found) => address = Some(found.parse().unwrap()),
                None if line == "ready" => return address.unwrap(),
                None => {}
            }
        }
        panic!("it did not get ready: {}", std::fs::read_to_string(&self.log).unwrap_or_default())
    }

    /// SIGKILL, at once.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; how it ended and how long that took.
    pub fn stop(mut self) -> (ExitStatus, Duration) {
        let since = Instant::now();
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        while since.elapsed() < STOP {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, since.elapsed());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("it did not stop in {STOP:?}")
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // It has ended already, or its test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
