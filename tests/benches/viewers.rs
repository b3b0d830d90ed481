//! What watching costs: bytes a second to the terminal, CPU time of an idle console, training speed with 1 to 32 viewers,
//! one of them stopped.
//! `cargo bench --bench viewers [COUNT ...]`: those numbers of viewers only.
//!
//! Each figure is of the built program on pseudo-terminals. Speeds with and without viewers alternate within one run, so
//! that whatever else the machine does falls on both.

#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use mug::training::events::{Command, Stage};
use support::home::{Home, tell, until};
use support::terminal::Console;

/// A run as long as it is looked at.
const LONG: &str =
    "train --dataset demo --device cpu --run x --set contrastive.epochs=100000 --set contrastive.patience=0";

/// Seconds that bytes are counted for.
const WATCHED: u64 = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` passes this, and measures nothing.
    if arguments.iter().any(|a| a == "--test") {
        return;
    }
    let counts: Vec<usize> = arguments.iter().filter_map(|a| a.parse().ok()).collect();
    if counts.is_empty() {
        on_a_run(costs);
    }
    let all = [1, 2, 8, 32];
    // A run each: what is read anew for every viewer grows with the run.
    (if counts.is_empty() { &all[..] } else { &counts }).iter().for_each(|count| on_a_run(|home| ratio(home, *count)));
}

/// Measures something of a run that trains meanwhile.
fn on_a_run(measure: impl Fn(&Home)) {
    let home = Home::new();
    let mut host = home.start(LONG);
    home.wait_for_state("training");
    measure(&home);
    home.good("stop x");
    let _ = host.wait();
}

/// What one viewer costs, live and idle.
fn costs(home: &Home) {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let console = Console::open(home.path(), "attach x", columns, rows, &[]);
        console.wait_for("▶ contrastive");
        // The labels and the past are drawn once.
        std::thread::sleep(Duration::from_secs(2));
        let live = bytes_a_second(&console);
        tell(&home.run(), Command::Pause);
        console.wait_for("‖");
        console.quiet();
        let (idle, cpu) = (bytes_a_second(&console), cpu_share(&console));
        println!(
            "{columns}x{rows}: {live:.0} bytes/s live at 5 frames/s, {idle:.0} bytes/s idle, {cpu:.2} % of a core idle"
        );
        tell(&home.run(), Command::Resume);
        home.wait_for_state("training");
    }
}

fn bytes_a_second(console: &Console) -> f64 {
    let (before, start) = (console.sent().len(), Instant::now());
    std::thread::sleep(Duration::from_secs(WATCHED));
    (console.sent().len() - before) as f64 / start.elapsed().as_secs_f64()
}

/// CPU time of the console's process over some seconds, in percent of one core.
fn cpu_share(console: &Console) -> f64 {
    let ticks = || -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", console.pid())).expect("a process");
        // The name in brackets may hold blanks; after it come state and 10 fields before the user's and system's ticks.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        fields[11..13].iter().map(|f| f.parse::<f64>().expect("ticks")).sum()
    };
    let (before, start) = (ticks(), Instant::now());
    std::thread::sleep(Duration::from_secs(WATCHED));
    // A tick is 1/100 s on every Linux that reports them.
    (ticks() - before) / start.elapsed().as_secs_f64()
}

/// Steps a second over some seconds, by the run's own clock.
fn speed(home: &Home) -> f64 {
    let place = || {
        let view = home.view();
        let steps = &view.stage(Stage::Contrastive).steps;
        (steps.step.last().copied().unwrap_or(0), steps.time.last().copied().unwrap_or(0.0))
    };
    let before = place();
    until(
        "steps",
        || {
            std::thread::sleep(Duration::from_secs(4));
            place().0 > before.0
        },
        String::new,
    );
    let after = place();
    (after.0 - before.0) as f64 / (after.1 - before.1)
}

/// Terminals that the viewers look from, over and over.
const SIZES: [(u16, u16); 4] = [(80, 24), (120, 36), (200, 60), (100, 30)];
/// Times that each number of viewers is measured.
const ROUNDS: usize = 3;

/// Training speed with so many viewers, where there are several the last one stopped, against that without.
fn ratio(home: &Home, count: usize) {
    let (mut alone, mut watched, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let before = speed(home);
        let sizes = SIZES.into_iter().cycle().take(count);
        let viewers: Vec<Console> = sizes.map(|(w, h)| Console::open(home.path(), "attach x", w, h, &[])).collect();
        viewers.iter().for_each(|v| v.wait_for("▶ contrastive"));
        let stopped = viewers.last().filter(|_| count > 1);
        stopped.inspect(|v| v.signal("-STOP"));
        std::thread::sleep(Duration::from_secs(1));
        let with = speed(home);
        stopped.inspect(|v| v.signal("-CONT"));
        drop(viewers);
        // What else the machine does changes meanwhile: the mean of before and after is what to compare with.
        let without = (before + speed(home)) / 2.0;
        alone.push(without);
        watched.push(with);
        ratios.push(with / without);
    }
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (alone, watched, ratio) = (median(&mut alone), median(&mut watched), median(&mut ratios));
    println!(
        "training: {alone:.1} steps/s without viewers, {watched:.1} with {count}; ratio {ratio:.2} (median of {ROUNDS}, {:.2} to \
         {:.2}), on {} cores",
        ratios[0],
        ratios[ROUNDS - 1],
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    );
}
