//! When checkpoints are written: as often as the settings say, and never so often that writing takes much of the time.

use std::time::{Duration, Instant};

/// Of the time between two checkpoints, writing one takes at most one part in so many.
const SHARE: u32 = 20;

/// When checkpoints are written.
pub struct Pace {
    /// When the last one was begun.
    last: Instant,
    /// What it took: copying and waiting on the training thread, and writing.
    cost: Duration,
    /// The interval that was last told as longer than the settings'.
    told: Duration,
}

/// Longer intervals than the settings' are told from here on: less is of no account to anybody.
const TOLD_FROM: Duration = Duration::from_secs(10);

impl Pace {
    pub fn new() -> Self {
        Self { last: Instant::now(), cost: Duration::ZERO, told: Duration::ZERO }
    }

    /// A checkpoint was begun; it took so long by now.
    pub fn begin(&mut self, took: Duration) {
        (self.last, self.cost) = (Instant::now(), took);
    }

    /// So much longer it took, beside training.
    pub fn wrote(&mut self, took: Duration) {
        self.cost += took;
    }

    /// The least time between two.
    fn least(&self) -> Duration {
        SHARE * self.cost
    }

    /// True where it is time for the next one; `every` as `training.checkpoint_seconds`.
    pub fn is_due(&self, epoch_ended: bool, every: u32) -> bool {
        let since = self.last.elapsed();
        let wanted = epoch_ended || (every > 0 && since.as_secs() >= u64::from(every));
        wanted && since >= self.least()
    }

    /// What there is to tell once a checkpoint was written: that the next one within an epoch comes later than the settings
    /// say. Told again where it is twice as late as it was.
    pub fn stretched(&mut self, every: u32) -> Option<String> {
        let (least, wanted) = (self.least(), Duration::from_secs(u64::from(every)));
        if every == 0 || least <= wanted || least < TOLD_FROM || least < 2 * self.told {
            return None;
        }
        self.told = least;
        let (cost, least) = (self.cost.as_secs_f64(), least.as_secs_f64().ceil());
        Some(format!(
            "a checkpoint takes {cost:.1} s, so one is written every {least:.0} s within an epoch instead of every {every} s \
             (training.checkpoint_seconds): writing takes at most a twentieth of the time"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(cost: Duration, since: Duration) -> Pace {
        let last = Instant::now().checked_sub(since).expect("the machine has run for that long");
        Pace { last, cost, told: Duration::ZERO }
    }

    #[test]
    fn a_checkpoint_is_due_by_the_settings_or_by_its_cost_whichever_is_later() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        assert!(pace(second, minute).is_due(false, 30));
        assert!(!pace(second, minute).is_due(false, 600), "the settings ask for fewer");
        assert!(!pace(6 * second, minute).is_due(false, 30), "two minutes are the least");
        assert!(!pace(second, minute).is_due(false, 0) && pace(second, minute).is_due(true, 0));
        assert!(!pace(6 * second, minute).is_due(true, 0), "not even at an epoch's end");
    }

    #[test]
    fn a_longer_interval_is_told_and_again_once_it_has_doubled() {
        let mut pace = pace(Duration::from_secs(1), Duration::ZERO);
        assert_eq!(pace.stretched(30), None);
        pace.cost = Duration::from_secs(3);
        assert_eq!(pace.stretched(0), None, "there are none within an epoch");
        let words = pace.stretched(30).unwrap();
        assert!(
            words.contains("takes 3.0 s") && words.contains("every 60 s") && words.contains("every 30 s"),
            "{words}"
        );
        pace.cost = Duration::from_secs(5);
        assert_eq!(pace.stretched(30), None);
        pace.cost = Duration::from_secs(6);
        assert!(pace.stretched(30).unwrap().contains("every 120 s"));
        // As long as that is of no account to anybody.
        pace.cost = Duration::from_millis(200);
        pace.told = Duration::ZERO;
        assert_eq!(pace.stretched(1), None);
    }
}
