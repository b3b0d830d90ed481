//! Whether a run's process lives, for those who may share nothing with it but a file system.
//!
//! On the process's own machine the lock says it. From another one the lock need not say anything reliable: some network
//! file systems do not pass locks on, others keep a dead machine's lock. There the modification time of `host.lock` is
//! watched, which the process moves on every few seconds. Two machines' clocks need not agree: only that the time changes counts,
//! and how long it has not changed is measured by the watcher's own clock. (The file is opened anew at each look, which is
//! what makes a network file system ask for its attributes.)

use std::time::{Duration, Instant, SystemTime};

use super::directory::RunDir;
use super::lock::{self, Holder, Verdict};

/// What is known of a run's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Life {
    /// It is on another machine and has not been watched for long enough.
    Unknown,
    Alive,
    /// It is on another machine, which is named, and gives no sign of life.
    Silent {
        machine: String,
    },
    /// There is none.
    Gone,
}

/// After this long without a sign of life a process counts as silent; it gives one every five seconds.
pub const SILENCE: Duration = Duration::from_secs(20);
/// The least time between two looks: others may be many and the file system slow.
const PACE: Duration = Duration::from_secs(1);

/// Watches a run's process.
#[derive(Debug)]
pub struct Pulse {
    looked: Option<(Instant, Life)>,
    /// Who was watched, its last sign of life, and when that was first seen.
    last: Option<(String, SystemTime, Instant)>,
    /// A sign was seen to change.
    beats: bool,
}

/// What a look at the lock file finds.
#[derive(Clone, Debug)]
enum Sign {
    Held,
    Free,
    Elsewhere { machine: String, touched: SystemTime },
}

impl Pulse {
    /// Nothing is known at first.
    #[allow(clippy::new_without_default, reason = "a watch begins at a moment")]
    pub fn new() -> Pulse {
        Pulse { looked: None, last: None, beats: false }
    }

    /// Looks at the run's process, at most once a second.
    pub fn look(&mut self, dir: &RunDir) -> Life {
        let now = Instant::now();
        if let Some((at, life)) = &self.looked
            && now.duration_since(*at) < PACE
        {
            return life.clone();
        }
        let life = self.judge(sign(dir), now);
        self.looked = Some((now, life.clone()));
        life
    }

    fn judge(&mut self, sign: Sign, now: Instant) -> Life {
        let (machine, touched) = match sign {
            Sign::Held => return Life::Alive,
            Sign::Free => {
                (self.last, self.beats) = (None, false);
                return Life::Gone;
            }
            Sign::Elsewhere { machine, touched } => (machine, touched),
        };
        match &self.last {
            Some((known, at, _)) if *known == machine && *at == touched => {}
            before => {
                self.beats = before.as_ref().is_some_and(|(known, ..)| *known == machine);
                self.last = Some((machine.clone(), touched, now));
            }
        }
        let since = self.last.as_ref().map_or(now, |(.., since)| *since);
        if now.duration_since(since) >= SILENCE {
            Life::Silent { machine }
        } else if self.beats {
            Life::Alive
        } else {
            Life::Unknown
        }
    }
}

fn sign(dir: &RunDir) -> Sign {
    let elsewhere = |holder: Holder| {
        // A file system that is away for a moment: no sign.
        let touched = lock::last_sign(dir).unwrap_or(SystemTime::UNIX_EPOCH);
        Sign::Elsewhere { machine: holder.machine, touched }
    };
    match lock::judge(dir) {
        Verdict::Dead => Sign::Free,
        Verdict::Unsure(holder) => elsewhere(holder),
        Verdict::Alive => lock::holder(dir).filter(Holder::is_elsewhere).map_or(Sign::Held, elsewhere),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::lock::{Reach, RunLock};
    use crate::run::recorder::tests::run_dir;

    #[test]
    fn only_changes_count_whatever_the_clocks_say() {
        let (mut pulse, start) = (Pulse::new(), Instant::now());
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        // A clock that is a year behind.
        let far = SystemTime::now() - Duration::from_secs(31_536_000);
        let sign = |beat: u64| Sign::Elsewhere { machine: "n7".into(), touched: far + Duration::from_secs(beat) };
        let silent = Life::Silent { machine: "n7".into() };
        assert_eq!(pulse.judge(sign(0), at(0)), Life::Unknown);
        assert_eq!(pulse.judge(sign(0), at(4)), Life::Unknown);
        assert_eq!(pulse.judge(sign(5), at(5)), Life::Alive);
        assert_eq!(pulse.judge(sign(5), at(24)), Life::Alive);
        assert_eq!(pulse.judge(sign(5), at(25)), silent);
        assert_eq!(pulse.judge(sign(30), at(31)), Life::Alive, "it was only slow");
        assert_eq!(pulse.judge(sign(30), at(60)), silent);
        assert_eq!(pulse.judge(Sign::Free, at(61)), Life::Gone, "another process ended it in an orderly way");
        let other = Sign::Elsewhere { machine: "n8".into(), touched: far };
        assert_eq!(pulse.judge(other.clone(), at(62)), Life::Unknown, "taken up on another machine");
        assert_eq!(pulse.judge(other, at(90)), Life::Silent { machine: "n8".into() });
        assert_eq!(Pulse::new().judge(Sign::Held, at(0)), Life::Alive);
    }

    #[test]
    fn the_lock_tells_on_this_machine_and_the_files_time_on_others() {
        let (_root, dir) = run_dir();
        assert_eq!(Pulse::new().look(&dir), Life::Gone);
        let mut lock = RunLock::acquire(&dir, &mut |_| {}).unwrap();
        lock.describe(None).unwrap();
        assert_eq!(Pulse::new().look(&dir), Life::Alive);
        // Held here, but by its word the holder is elsewhere: then the lock is what a server remembers of it.
        let elsewhere = Holder { machine: "n7".into(), boot: "b7".into(), ..Holder::this_process(Reach::Everyone) };
        std::fs::write(dir.lock_path(), serde_json::to_vec(&elsewhere).unwrap()).unwrap();
        let mut pulse = Pulse::new();
        assert_eq!(pulse.look(&dir), Life::Unknown);
        lock.touch();
        pulse.looked = None;
        assert_eq!(pulse.look(&dir), Life::Alive);
        drop(lock);
        pulse.looked = None;
        // Its lock was seen from here, and would still be.
        assert_eq!(pulse.look(&dir), Life::Gone);
        let unseen = Holder { locks: Reach::Machine, ..elsewhere };
        std::fs::write(dir.lock_path(), serde_json::to_vec(&unseen).unwrap()).unwrap();
        pulse.looked = None;
        assert_eq!(pulse.look(&dir), Life::Unknown);
    }
}
