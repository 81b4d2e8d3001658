//! A throw-away PostgreSQL for tests: one server for all test processes of this user that run at the
//! same time, one fresh database a test.
//!
//! The server listens on a free port of 127.0.0.1 only. A small shell watches over it: it stops the
//! server and removes its files some seconds after the last test process that used it has gone,
//! however that process ended. Data is not flushed to disk: it is thrown away.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The superuser of the throw-away server.
const USER: &str = "throughline";
/// How long a server may take to start.
const START: Duration = Duration::from_secs(60);
/// How long to wait between two looks at a server that starts.
const LOOK: Duration = Duration::from_millis(50);

/// Starts the server, watches over it, and cleans up. Arguments: the folder, then the command. Its input is the lock.
const WATCH: &str = r#"
dir=$1; shift
"$@" >"$dir/log" 2>&1 </dev/null &
server=$!
idle=0
while kill -0 $server 2>/dev/null && [ $idle -lt 15 ]; do
  sleep 1
  idle=$((idle + 1))
  for user in "$dir"/users/*; do
    [ -e "$user" ] || continue
    if kill -0 "${user##*/}" 2>/dev/null; then idle=0; else rm -f "$user"; fi
  done
done
rm -f "$dir/port"
kill -INT $server 2>/dev/null
wait $server
rm -rf "$dir"
"#;

/// A fresh database, dropped with this value.
#[derive(Debug)]
pub struct Database {
    bin: PathBuf,
    port: u16,
    name: String,
}

impl Database {
    /// A connection string.
    pub fn url(&self) -> String {
        format!("host=127.0.0.1 port={} user={USER} dbname={}", self.port, self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let port = self.port.to_string();
        let args = ["-h", "127.0.0.1", "-p", &port, "-U", USER, "--force", "--if-exists", &self.name];
        // The server goes away with its files in any case.
        let _ = Command::new(self.bin.join("dropdb")).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// A fresh database on the throw-away server, which is started when it does not run yet.
///
/// # Panics
/// When there is no PostgreSQL on this machine, or it does not start: a test must not pass without it.
pub fn database() -> Database {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let bin = bin().unwrap_or_else(|why| panic!("{why}"));
    let port = server(&bin).unwrap_or_else(|why| panic!("PostgreSQL for tests: {why}"));
    let name = format!("t_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let text = port.to_string();
    run(Command::new(bin.join("createdb")).args(["-h", "127.0.0.1", "-p", &text, "-U", USER, &name]))
        .unwrap_or_else(|why| panic!("PostgreSQL for tests: {why}"));
    Database { bin, port, name }
}

/// The newest PostgreSQL that is installed.
fn bin() -> Result<PathBuf, String> {
    let none = "these tests need PostgreSQL (initdb and postgres under /usr/lib/postgresql/*/bin): \
                install it with `apt-get install -y postgresql`";
    let versions = fs::read_dir("/usr/lib/postgresql").map_err(|_| none.to_owned())?;
    versions
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version: u32 = path.file_name()?.to_str()?.parse().ok()?;
            let bin = path.join("bin");
            ["initdb", "postgres", "createdb"].iter().all(|b| bin.join(b).exists()).then_some((version, bin))
        })
        .max()
        .map(|(_, bin)| bin)
        .ok_or_else(|| none.to_owned())
}

/// The port of the running server; starts one when there is none.
fn server(bin: &Path) -> Result<u16, String> {
    let uid = run(Command::new("id").arg("-u"))?.trim().to_owned();
    let dir = std::env::temp_dir().join(format!("throughline-postgres-{uid}"));
    let alive = fs::File::create(dir.with_extension("alive")).map_err(|e| e.to_string())?;
    let until = Instant::now() + START;
    while Instant::now() < until {
        // Whoever starts the server and whoever watches over it holds this lock: it cannot outlive them, however they
        // end, so what is left behind without it is nobody's.
        if alive.try_lock().is_ok() {
            let _ = fs::remove_dir_all(&dir);
            return start(bin, &dir, alive, uid == "0").inspect_err(|_| drop(fs::remove_dir_all(&dir)));
        }
        let me = dir.join("users").join(std::process::id().to_string());
        let joined = fs::write(&me, "").is_ok();
        let port = fs::read_to_string(dir.join("port")).ok().and_then(|port| port.trim().parse().ok());
        match port {
            Some(port) if joined && TcpStream::connect(("127.0.0.1", port)).is_ok() => return Ok(port),
            _ => std::thread::sleep(LOOK),
        }
    }
    Err(format!("no server in {} seconds; see {}", START.as_secs(), dir.display()))
}

fn start(bin: &Path, dir: &Path, alive: fs::File, root: bool) -> Result<u16, String> {
    let said = |e: std::io::Error| e.to_string();
    fs::create_dir_all(dir.join("users")).map_err(said)?;
    fs::write(dir.join("users").join(std::process::id().to_string()), "").map_err(said)?;
    // The server refuses to run as root: the account of the distribution's package runs it then.
    let who: &[&str] =
        if root { &["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] } else { &["env"] };
    if root {
        run(Command::new("chown").arg("postgres").arg(dir))?;
    }
    let data = dir.join("data");
    run(Command::new(who[0])
        .args(&who[1..])
        .arg(bin.join("initdb"))
        .args(["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"])
        .arg(&data))?;
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).map_err(said)?.port();
    let mut watch = Command::new("setsid");
    watch.args(["sh", "-c", WATCH, "watch"]).arg(dir).args(who).arg(bin.join("postgres")).arg("-D").arg(&data);
    watch.args(["-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "full_page_writes=off",
        "max_connections=300",
        "shared_buffers=64MB",
    ] {
        watch.args(["-c", setting]);
    }
    watch.stdin(alive).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(said)?;
    let until = Instant::now() + START;
    let text = port.to_string();
    while Instant::now() < until {
        let ready = Command::new(bin.join("pg_isready")).args(["-q", "-h", "127.0.0.1", "-p", &text]).status();
        if ready.is_ok_and(|s| s.success()) {
            fs::write(dir.join("port.new"), &text).map_err(said)?;
            fs::rename(dir.join("port.new"), dir.join("port")).map_err(said)?;
            return Ok(port);
        }
        std::thread::sleep(LOOK);
    }
    Err(fs::read_to_string(dir.join("log")).unwrap_or_else(|e| format!("it did not start, and left no log: {e}")))
}

/// What a command printed, or why it failed.
fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = command.stdin(Stdio::null()).output().map_err(|e| format!("{name}: {e}"))?;
    if out.status.success() {
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    } else {
        Err(format!("{name}: {}", String::from_utf8_lossy(&out.stderr)))
    }
}
