//! What the machine is called, and what computes in it. Known on Linux alone.

use std::fs;

/// The machine's name; empty where the system does not tell.
pub fn name() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").map(|name| name.trim().to_owned()).unwrap_or_default()
}

/// The processor's name; empty where the system does not tell.
pub fn processor() -> String {
    fs::read_to_string("/proc/cpuinfo").map(|text| named_in(&text).unwrap_or_default().to_owned()).unwrap_or_default()
}

/// The first processor's name in the text of `/proc/cpuinfo`.
fn named_in(text: &str) -> Option<&str> {
    let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_processor_is_named() {
        let text = "processor\t: 0\nmodel name\t: AMD EPYC 9V74\nflags\t: fpu\nmodel name\t: other\n";
        assert_eq!(named_in(text), Some("AMD EPYC 9V74"));
        assert_eq!((named_in("processor : 0\n"), named_in("model name")), (None, None));
    }
}
