//! What the machine is and what processes have used, as /proc tells.

use std::fs;
use std::time::Duration;

/// Cores, memory and load of this machine, in words.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kib = field("/proc/meminfo", "MemTotal:").unwrap_or_default();
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1).map(str::to_owned));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    format!("{cores} cores ({}), {} GB, load {load} before", model.unwrap_or_else(|| "unknown".into()), kib >> 20)
}

fn field(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// What a process and its children have used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    /// CPU time.
    pub(crate) cpu: Duration,
    /// Memory at most, in bytes.
    pub(crate) peak: u64,
    /// Memory now, in bytes.
    pub(crate) memory: u64,
}

impl Used {
    /// Of one process, its threads included.
    pub(crate) fn process(pid: u32) -> Self {
        let status = format!("/proc/{pid}/status");
        let kib = |name: &str| field(&status, name).unwrap_or_default() * 1024;
        Self { cpu: cpu(pid, false), peak: kib("VmHWM:"), memory: kib("VmRSS:") }
    }

    /// CPU time of a process and all that it started, ended ones included.
    pub(crate) fn family(pid: u32) -> Duration {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|child| child.parse().ok());
        cpu(pid, true) + children.map(|child| cpu(child, false)).sum::<Duration>()
    }
}

/// The clock of /proc ticks a hundred times a second on every Linux that we know.
fn cpu(pid: u32, with_ended: bool) -> Duration {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<u64> = text
        .rsplit_once(')')
        .map_or("", |(_, rest)| rest)
        .split_whitespace()
        .map(|field| field.parse().unwrap_or_default())
        .collect();
    // utime, stime, cutime, cstime are fields 14 to 17 of proc(5); the first after the name is field 3.
    let until = if with_ended { 15 } else { 13 };
    Duration::from_millis(10 * fields.get(11..until).map_or(0, |ticks| ticks.iter().sum::<u64>()))
}
