//! kill -9 at any moment: the run taken up again computes what the uninterrupted one did, bit for bit, and its curves are
//! whole.

use std::process::Child;
use std::sync::LazyLock;
use std::time::Duration;

use mug::run::list::progress;
use mug::training::events::Command;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::home::{Home, Watch, signal, tell};
use crate::support::outcome::Outcome;
use crate::support::settings::SMALL;

/// What a run with the settings of [`SMALL`] computes when nothing disturbs it.
pub static WHOLE: LazyLock<Outcome> = LazyLock::new(|| {
    let home = Home::new();
    home.good(&format!("train {SMALL} --run whole"));
    Outcome::of(&home.run())
});

/// `mug train` in the foreground, followed by its events.
struct Training {
    host: Child,
    watch: Watch,
    /// The number of times that the run was taken up once this process trains it.
    resumed: usize,
}

impl Training {
    fn begin(home: &Home, line: &str) -> Training {
        let mut watch = Watch::new(&home.runs().join("x").join("events.jsonl"));
        watch.look();
        let resumed = watch.resumed + usize::from(line.contains("--resume"));
        Training { host: home.start(line), watch, resumed }
    }

    /// Waits until this process has done this share of all steps, or taken the run up behind it.
    fn reach(&mut self, share: f64) {
        for _ in 0..120_000 {
            self.watch.look();
            if self.watch.resumed == self.resumed && progress(&self.watch.view) >= share {
                return;
            }
            assert!(self.host.try_wait().unwrap().is_none(), "the run ended before {share} of its steps were done");
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("{share} of the steps were not done within two minutes");
    }

    fn kill(mut self) {
        self.host.kill().unwrap();
        assert!(!self.host.wait().unwrap().success(), "the run ended by itself");
    }
}

/// Each process of the chain is killed and the next one resumes, from a share of the steps on; `whole` is what the run
/// computes undisturbed.
fn killed_again_and_again(seed: u64, kills: usize, settings: &str, from: f64, whole: &Outcome) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut shares: Vec<f64> = (0..kills).map(|_| random.random_range(from..0.93)).collect();
    shares.sort_by(f64::total_cmp);
    println!("seed {seed}: killed at {shares:.3?} of the steps");
    let home = Home::new();
    let mut line = format!("train {settings} --set training.checkpoint_seconds=1 --run x");
    for &share in &shares {
        let mut training = Training::begin(&home, &line);
        training.reach(share);
        // Half of the kills hit a checkpoint: on its way, being written, just written.
        if random.random_bool(0.5) {
            tell(&home.run(), Command::Checkpoint);
            std::thread::sleep(Duration::from_micros(random.random_range(0..25_000)));
        }
        training.kill();
        home.wait_for_state("died");
        line = "train --resume x".to_owned();
    }
    home.good(&line);
    Outcome::of(&home.run()).assert_same(whole, &format!("seed {seed}, killed at {shares:?}"));
}

#[test]
fn ten_kills_and_the_same_numbers() {
    killed_again_and_again(1, 10, SMALL, 0.0, &WHOLE);
}

#[test]
fn ten_kills_more_and_the_same_numbers() {
    killed_again_and_again(2, 10, SMALL, 0.0, &WHOLE);
}

#[test]
fn labels_that_the_joint_stage_makes_outlive_kills() {
    let settings = format!("{SMALL} --set labels.source=momentum");
    let home = Home::new();
    home.good(&format!("train {settings} --run whole"));
    // Without stage 2 the second half of the steps is stage 3's.
    killed_again_and_again(3, 5, &settings, 0.5, &Outcome::of(&home.run()));
}

#[test]
fn wide_networks_whose_checkpoints_take_a_while_outlive_kills() {
    let settings = format!("{SMALL} --set model.hidden=320 --set contrastive.epochs=2 --set joint.epochs=2");
    let home = Home::new();
    home.good(&format!("train {settings} --run whole"));
    killed_again_and_again(4, 5, &settings, 0.0, &Outcome::of(&home.run()));
}

#[test]
fn a_bert_that_is_trained_outlives_kills() {
    let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bert/small");
    let bert = format!("--set model.text.encoder=bert --set model.text.weights={weights} --set model.text.layers=1");
    let rates = "--set training.warmup=0.2 --set training.linear_decay=true --set training.accumulate=2";
    let settings = format!("{SMALL} {bert} {rates}");
    let home = Home::new();
    home.good(&format!("train {settings} --run whole"));
    killed_again_and_again(5, 5, &settings, 0.0, &Outcome::of(&home.run()));
}

#[test]
fn paused_killed_and_taken_up_another_day_gives_the_same_numbers() {
    let home = Home::new();
    let mut training = Training::begin(&home, &format!("train {SMALL} --run x"));
    training.reach(0.4);
    home.good("pause x");
    assert_eq!(home.state(), "paused");
    training.kill();
    home.wait_for_state("died");
    // In a process of its own this time, as the console starts it; and once more, parked in the middle and ended.
    home.good("resume x");
    let mut watch = Watch::new(&home.run().events_path());
    while watch.resumed == 0 || progress(&watch.view) < 0.7 {
        watch.look();
        std::thread::sleep(Duration::from_millis(2));
    }
    home.good("pause x");
    signal(home.host(), "-KILL");
    home.wait_for_state("died");
    home.good("resume x");
    assert!(home.good("attach x").contains("finished"));
    Outcome::of(&home.run()).assert_same(&WHOLE, "paused, killed, resumed");
}
