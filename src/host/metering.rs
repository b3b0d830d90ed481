//! Measures what the run's process takes of its machine while it trains, and records it.
//!
//! One thread a run that sleeps nearly always. The first measurements come every second; with the time they grow rarer, so
//! that a run of days has some thousands of them.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::recording::Reports;
use crate::device::ComputeDevice;
use crate::device::usage::Meter;
use crate::run::directory::RunDir;
use crate::training::events::{Body, Level};

/// The measuring of one run; it ends when this is dropped.
pub struct Metering(
    #[expect(dead_code, reason = "the thread notices when this end of the channel is gone")] Sender<()>,
);

/// The shortest and the longest time between two measurements.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// In between it is this part of the time that was measured so far.
const PART: u32 = 300;

/// Time until the next measurement after this time of measuring.
fn pause_after(measured: Duration) -> Duration {
    (measured / PART).clamp(SHORTEST, LONGEST)
}

impl Metering {
    /// Begins to measure. What cannot be measured is said once.
    pub fn start(dir: &RunDir, device: &ComputeDevice, reports: Reports) -> Metering {
        let (keep, kept) = mpsc::channel::<()>();
        let (folder, device, own) = (dir.path().to_owned(), device.clone(), reports.clone());
        let work = move || {
            let (mut meter, why) = Meter::new(&folder, &device);
            if let Some(why) = why {
                let message = format!("use, temperature and power of the GPU are not recorded: {why}");
                own.note(Body::Log { level: Level::Info, message });
            }
            let begin = Instant::now();
            loop {
                let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
                let usage = meter.read();
                own.note(Body::System { at: (at * 1e3).round() / 1e3, usage });
                match kept.recv_timeout(pause_after(begin.elapsed())) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        if let Err(e) = std::thread::Builder::new().name("metering".into()).spawn(work) {
            let message = format!("what the run takes of the machine is not recorded: {e}");
            reports.note(Body::Log { level: Level::Warning, message });
        }
        Metering(keep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_some_thousands_of_measurements_and_its_first_minutes_hundreds() {
        let day = Duration::from_secs(24 * 3600);
        let (mut passed, mut count, mut early) = (Duration::ZERO, 0, 0);
        while passed < day {
            passed += pause_after(passed);
            count += 1;
            early += usize::from(passed <= Duration::from_secs(300));
        }
        assert!((2000..4000).contains(&count), "{count}");
        assert_eq!(early, 300);
    }
}
