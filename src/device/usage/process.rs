//! Processor, memory and threads of this process, as Linux tells them in `/proc`; elsewhere nothing is known.

use std::fs;

use crate::device::memory::{self, bytes_in};

/// What `/proc` says of this process and its machine.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Process {
    /// Processor time of all threads, ended ones included.
    pub seconds: Option<f64>,
    pub threads: Option<u32>,
    /// Resident, in bytes.
    pub memory: Option<u64>,
    /// In bytes.
    pub memory_free: Option<u64>,
    pub load: Option<f64>,
}

/// Ticks a second in which `/proc` counts processor time: the same on all machines, whatever the kernel counts in.
const TICKS: f64 = 100.0;

/// Reads everything.
pub fn read() -> Process {
    let text = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let (seconds, threads) = in_stat(&text("/proc/self/stat"));
    Process {
        seconds,
        threads,
        memory: bytes_in(&text("/proc/self/status"), "VmRSS:"),
        memory_free: memory::available(),
        load: text("/proc/loadavg").split_ascii_whitespace().next().and_then(|word| word.parse().ok()),
    }
}

/// Processor seconds and threads in the text of `/proc/PID/stat`, whose fields proc_pid_stat(5) numbers.
fn in_stat(text: &str) -> (Option<f64>, Option<u32>) {
    // The second field is the program's name in parentheses, which may hold spaces and parentheses.
    let Some((_, rest)) = text.rsplit_once(')') else { return (None, None) };
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3);
    let ticks = |number: usize| field(number).and_then(|word| word.parse::<u64>().ok());
    let seconds = ticks(14).zip(ticks(15)).map(|(user, system)| (user as f64 + system as f64) / TICKS);
    (seconds, field(20).and_then(|word| word.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_words_are_read() {
        let stat = "7 (mug (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 9 0 100 200 300 18446744073709551615";
        assert_eq!(in_stat(stat), (Some(3.0), Some(9)));
        for odd in ["", "7 (mug) S", ")", "7 (mug) S 1 7 7 0 -1 1 1 2 3 4 x -5 0 0 20 0 -9"] {
            assert_eq!(in_stat(odd), (None, None), "{odd}");
        }
        assert_eq!(bytes_in("VmPeak:\t9 kB\nVmRSS:\t   12 kB\n", "VmRSS:"), Some(12 * 1024));
        assert_eq!(bytes_in("VmRSS:\t12 MB", "VmRSS:"), None);
    }
}
