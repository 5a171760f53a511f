//! What a process has used, read off /proc.

use crate::engine::Engine;
use std::fs;
use std::time::Duration;

/// CPU time of a process, its threads included.
pub fn cpu(pid: u32) -> Duration {
    let Ok(text) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return Duration::ZERO };
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    // utime and stime are the 14th and 15th field; two stand before the closing bracket. 100 ticks are a second.
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// CPU time of a cluster: the server and all its children, those that have ended included.
pub fn database_cpu(engine: &Engine) -> Duration {
    let Engine::Postgres(cluster) = engine else { return Duration::ZERO };
    let main = cluster.pid();
    let children = fs::read_to_string(format!("/proc/{main}/task/{main}/children")).unwrap_or_default();
    children.split_whitespace().filter_map(|pid| pid.parse().ok()).map(cpu).sum::<Duration>() + cpu(main)
}

/// Peak and present memory of a process.
pub fn memory(pid: u32) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|text| text.parse::<u64>().ok());
        kib.unwrap_or_default() / 1024
    };
    format!("{} MB now, {} MB at most", of("VmRSS"), of("VmHWM"))
}
