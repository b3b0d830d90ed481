//! How much memory this process takes, as the system counts it.
//!
//! Read from `/proc`, which Linux alone has: elsewhere nothing is known. (`getrusage` would do in more places, but its peak
//! holds that of the process before `exec`, too.)

use std::fs;

/// The most memory of this process that was resident at once since [`forget_peak`], in bytes; `None` where that is not known.
pub fn peak() -> Option<u64> {
    fs::read_to_string("/proc/self/status").ok().and_then(|status| bytes_in(&status, "VmHWM:"))
}

/// Begins the peak anew from what is resident now. Where the system refuses, the peak stays that since the process began.
pub fn forget_peak() {
    // 5: "reset the peak resident set size", proc_pid_clear_refs(5).
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Bytes of memory that are free or can be made so; `None` where the system does not say.
pub fn available() -> Option<u64> {
    fs::read_to_string("/proc/meminfo").ok().and_then(|text| bytes_in(&text, "MemAvailable:"))
}

/// A line's number of kB, in bytes, in the text of a file like `/proc/PID/status`.
pub(in crate::device) fn bytes_in(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_the_systems_words() {
        let status = "Name:\tmug\nVmPeak:\t  99999 kB\nVmHWM:\t   12345 kB\nVmRSS:\t    1 kB\n";
        assert_eq!(bytes_in(status, "VmHWM:"), Some(12345 * 1024));
        for odd in ["", "VmHWM:", "VmHWM:\t12 MB", "VmHWM:\t-1 kB", "VmHWM:\t99999999999999999999 kB"] {
            assert_eq!(bytes_in(odd, "VmHWM:"), None, "{odd}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_that_was_taken_is_in_the_peak() {
        let bytes = 64 << 20;
        let block = vec![1u8; bytes];
        assert!(block.iter().map(|&b| usize::from(b)).sum::<usize>() == bytes);
        assert!(peak().unwrap() >= bytes as u64);
    }
}
