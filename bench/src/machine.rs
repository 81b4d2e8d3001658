//! What the machine says of this process: processor time, bytes written, memory.
//!
//! Read from `/proc`, so Linux only. Processor time has the kernel's grain of 10 ms; runs are long
//! enough for it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Ticks a second in `/proc/*/stat` (`USER_HZ`, fixed in Linux's interface to programs).
const TICKS_A_SECOND: f64 = 100.0;

/// Processor seconds of a process by its folder in `/proc`: its own, and the kernel's for it.
fn cpu_of(process: &Path) -> Option<(f64, f64)> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    // The name, in parentheses, may hold anything; what follows it is numbers.
    let numbers: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |i: usize| numbers.get(i).and_then(|n| n.parse::<f64>().ok());
    Some((ticks(11)? / TICKS_A_SECOND, ticks(12)? / TICKS_A_SECOND))
}

/// Processor seconds of this process, and the kernel's for it.
fn cpu_s() -> (f64, f64) {
    cpu_of(Path::new("/proc/self")).unwrap_or_default()
}

/// Processor seconds of the database server's processes that serve `database`: their command line
/// names it. The server's own writer and checkpointer are shared with others and not counted.
fn server_cpu_s(database: &str) -> f64 {
    let Ok(entries) = fs::read_dir("/proc") else { return 0.0 };
    let serves = |path: &Path| {
        let line = fs::read(path.join("cmdline")).unwrap_or_default();
        line.starts_with(b"postgres:") && String::from_utf8_lossy(&line).split(' ').any(|w| w == database)
    };
    entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| serves(p))
        .filter_map(|p| cpu_of(&p))
        .map(|(own, kernel)| own + kernel)
        .sum()
}

/// A number of `/proc/self/{file}` by its name: `wchar: 123`, `VmRSS: 5 kB`.
fn number(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Bytes that this process handed to `write` calls.
pub fn written_bytes() -> u64 {
    number("io", "wchar")
}

/// Memory resident now and at its most, MiB.
pub fn memory_mib() -> (f64, f64) {
    let mib = |name| number("status", name) as f64 / 1024.0;
    (mib("VmRSS"), mib("VmHWM"))
}

/// How long a write of `bytes` takes until it is on the disk, milliseconds, in order: the physical
/// limit of whatever waits for a commit.
pub fn synced_writes_ms(folder: &Path, bytes: usize, count: usize) -> std::io::Result<Vec<f64>> {
    let path = folder.join("synced");
    let mut file = fs::File::create(&path)?;
    let block = vec![b'.'; bytes];
    let mut took = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        took.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    fs::remove_file(&path)?;
    took.sort_by(f64::total_cmp);
    Ok(took)
}

/// Wall clock and processor time from one point on.
pub struct Stopwatch {
    start: Instant,
    cpu: (f64, f64),
    server: Option<(String, f64)>,
}

/// What a stopwatch read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lapsed {
    /// Wall clock, seconds.
    pub wall_s: f64,
    /// Processor seconds of this process and, on PostgreSQL, of the server's processes for it.
    pub cpu_s: f64,
    /// The kernel's share of this process's: reading, writing, syncing.
    pub kernel_s: f64,
    /// The server's share of them.
    pub server_s: f64,
}

impl Stopwatch {
    /// Starts. `database` names the server's database, if there is one.
    pub fn start(database: Option<&str>) -> Self {
        let server = database.map(|name| (name.to_owned(), server_cpu_s(name)));
        Self { start: Instant::now(), cpu: cpu_s(), server }
    }
    /// Reads; connections that closed in between are not in the server's share.
    pub fn read(&self) -> Lapsed {
        let wall_s = self.start.elapsed().as_secs_f64();
        let server_s = self.server.as_ref().map_or(0.0, |(name, was)| server_cpu_s(name) - was);
        let (own, kernel) = cpu_s();
        let kernel_s = kernel - self.cpu.1;
        Lapsed { wall_s, cpu_s: own - self.cpu.0 + kernel_s + server_s, kernel_s, server_s }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn proc_reads() {
        // The system counts in hundredths of a second; a busy machine may give none for a while.
        let given_up = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while super::cpu_s().0 == 0.0 && std::time::Instant::now() < given_up {}
        assert!(super::cpu_s().0 > 0.0);
        assert!(super::memory_mib().0 > 0.1);
    }
}
