//! A real mail relay for one test: Debian's Postfix with a configuration, a queue and a port of its own, on 127.0.0.1.
//!
//! It takes mail from this machine and hands it on by the domain of the recipient, to ports that the test names. A
//! recipient that the next server refuses makes it write a bounce, as it does in the world. Postfix starts as root
//! only: a test that is not root calls `sudo`.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to start.
const START: Duration = Duration::from_secs(30);
/// How long to wait between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// What Debian's `master.cf` has, without the chroot and with one port that needs no privilege.
const SERVICES: &str = "\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
";

/// A running relay; it stops and its files go when this is dropped.
#[derive(Debug)]
pub struct Postfix {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Postfix {
    /// Starts one that hands mail for each domain on to that port of 127.0.0.1.
    ///
    /// # Panics
    /// When Postfix is not installed or does not start: the message says what to do.
    pub fn start(name: &str, routes: &[(&str, u16)]) -> Self {
        assert!(Path::new("/usr/sbin/postfix").exists(), "Postfix is missing: run scripts/setup.sh test");
        // Its own user has to reach the queue, which a folder below somebody's home may not allow.
        let folder = std::env::temp_dir().join(format!("throughline-postfix-{name}-{}", std::process::id()));
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("a port").port();
        drop(listener);
        fs::create_dir_all(folder.join("queue")).expect("a folder");
        fs::create_dir_all(folder.join("data")).expect("a folder");
        fs::write(folder.join("main.cf"), main_cf(&folder, routes)).expect("main.cf");
        fs::write(folder.join("master.cf"), format!("127.0.0.1:{port} inet n - n - - smtpd\n{SERVICES}"))
            .expect("master.cf");
        let owned = as_root("chown").args(["-R", "root:root"]).arg(&folder).status().expect("chown");
        let data = as_root("chown").arg("postfix").arg(folder.join("data")).status().expect("chown");
        assert!(owned.success() && data.success(), "Postfix needs root, or sudo without a password");
        // However this process ends, the relay ends with it.
        let child = as_root("setpriv")
            .args(["--pdeathsig", "TERM", "/usr/sbin/postfix", "-c"])
            .arg(&folder)
            .arg("start-fg")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("postfix");
        let this = Self { child, folder, port };
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(since.elapsed() < START, "Postfix did not start:\n{}", this.log());
            std::thread::sleep(LOOK);
        }
        this
    }

    /// Where it takes mail.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it says of itself.
    pub fn log(&self) -> String {
        let read = as_root("cat").arg(self.folder.join("log")).output();
        read.map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = as_root("/usr/sbin/postfix").arg("-c").arg(&self.folder).arg("abort").stderr(Stdio::null()).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = as_root("rm").arg("-rf").arg(&self.folder).status();
    }
}

fn main_cf(folder: &Path, routes: &[(&str, u16)]) -> String {
    let folder = folder.display();
    let routes: Vec<_> =
        routes.iter().map(|(domain, port)| format!("{{ {domain} = smtp:[127.0.0.1]:{port} }}")).collect();
    format!(
        "compatibility_level = 3.6
config_directory = {folder}
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.clinic.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtp_host_lookup = native
alias_maps =
alias_database =
notify_classes =
biff = no
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
transport_maps = inline:{{ {} }}
default_transport = error:5.1.2 there is no such domain in this test
",
        routes.join(", ")
    )
}

/// A command as root: as it is when the test is root, else by `sudo`.
fn as_root(program: &str) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0\n"));
    if root {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}
