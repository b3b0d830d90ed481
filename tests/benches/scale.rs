//! How time and memory grow: `cargo bench --bench scale [clips|steps|rows|runs]`.
//!
//! A line a size; the slope is that of the logarithms to the line before: 1 is linear.

#[path = "../support/mod.rs"]
mod support;

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use mug::config::Settings;
use mug::console::made_up::study_directory;
use mug::console::sample::{console, corrected, rows};
use mug::dataset::Dataset;
use mug::dataset::memory::{MemorySequences, MemorySplit};
use mug::modality::PerModality;
use mug::report::table::filter::Filter;
use mug::report::table::order::{SortKey, arrange};
use mug::report::table::{Rows, Table};
use mug::run::list::list_runs;
use mug::split::{PerSplit, Split};
use mug::training::events::{Body, Event, Stage};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use support::epochs::{one_epoch, trained};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` passes this, and measures nothing.
    if arguments.iter().any(|a| a == "--test") {
        return;
    }
    let parts: [(&str, fn()); 4] = [("clips", clips), ("steps", steps), ("rows", label_rows), ("runs", runs)];
    let chosen = |name: &str| arguments.iter().any(|a| a == name);
    let all = !parts.iter().any(|(name, _)| chosen(name));
    parts.iter().filter(|(name, _)| all || chosen(name)).for_each(|(_, part)| part());
}

/// Prints a line a size, with slopes.
struct Lines {
    names: &'static [&'static str],
    before: Option<(f64, Vec<f64>)>,
}

impl Lines {
    fn new(title: &str, size: &str, names: &'static [&'static str]) -> Lines {
        println!("\n{title}\n{size:>10}{}", names.iter().map(|n| format!("{n:>26}")).collect::<String>());
        Lines { names, before: None }
    }

    fn say(&mut self, size: usize, values: &[f64]) {
        assert_eq!(values.len(), self.names.len());
        let mut line = format!("{size:>10}");
        for (at, value) in values.iter().enumerate() {
            let slope = self.before.as_ref().map_or_else(String::new, |(before, others)| {
                format!(" ({:.2})", (value / others[at]).ln() / (size as f64 / before).ln())
            });
            // Written to a string, which never fails.
            let _ = write!(line, "{:>26}", format!("{value:.3}{slope}"));
        }
        println!("{line}");
        self.before = Some((size as f64, values.to_vec()));
    }
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let begun = Instant::now();
    std::hint::black_box(work());
    begun.elapsed().as_secs_f64()
}

/// The most memory that was resident so far, in megabytes.
fn peak() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = text.lines().find_map(|l| l.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.map_or(f64::NAN, |k| k / 1e3)
}

/// Clips of these (T, D), a third as many to validate and to test on as to train on.
fn made_up(clips: usize, shapes: [(usize, usize); 3]) -> Arc<Dataset> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let splits = PerSplit::from_fn(|split| {
        let count = if split == Split::Train { clips } else { clips.div_ceil(3) };
        let mut sequences = shapes.map(|(steps, dim)| MemorySequences {
            data: (0..count * steps * dim).map(|_| rng.random_range(-1.0..1.0)).collect(),
            steps,
            dim,
            lengths: (0..count).map(|_| rng.random_range(steps.div_ceil(4)..=steps)).collect(),
        });
        let [text, audio, vision] = std::mem::take(&mut sequences);
        MemorySplit {
            ids: (0..count).map(|i| format!("{split}$_${i}")).collect(),
            transcripts: vec![String::new(); count],
            labels: (0..count).map(|_| rng.random_range(-1.0..=1.0)).collect(),
            unimodal: None,
            sequences: PerModality { text, audio, vision },
        }
    });
    let settings = Settings::default().data;
    Arc::new(Dataset::from_memory("made up", splits, 1.0, &settings).expect("a dataset"))
}

const RUN: &[&str] = &["contrastive s", "denoising s", "joint s", "all s", "peak MB"];

fn line_of_run(lines: &mut Lines, size: usize, dataset: &Arc<Dataset>) {
    let begun = Instant::now();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let events = trained(dataset, &one_epoch(), &Stage::ALL, folder.path());
    let all = begun.elapsed().as_secs_f64();
    let finished = |event: Event| if let Body::Finished { summary } = event.body { Some(summary) } else { None };
    let summary = events.into_iter().find_map(finished).expect("the run's end");
    let stages = Stage::ALL.map(|stage| summary.stages[&stage].seconds);
    lines.say(size, &[stages[0], stages[1], stages[2], all, peak()]);
}

fn clips() {
    let mut lines = Lines::new("clips of one step (384, 1, 1): an epoch of each stage", "clips", RUN);
    for times in [1, 4, 16, 64] {
        line_of_run(&mut lines, 1368 * times, &made_up(1368 * times, [(1, 384), (1, 1), (1, 1)]));
    }
}

fn steps() {
    let mut lines = Lines::new("320 clips whose audio has so many steps of 33: an epoch of each stage", "steps", RUN);
    for steps in [50, 200, 800, 2000] {
        line_of_run(&mut lines, steps, &made_up(320, [(20, 300), (steps, 33), (20, 35)]));
    }
}

fn label_rows() {
    let names = &["sorted by y, s", "by 3 columns, s", "filtered, s", "key and frame, ms", "peak MB"];
    let mut lines = Lines::new("rows of the label table", "rows", names);
    for count in [1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
        let table = Table {
            rows: Arc::new(Rows::from(rows(count).expect("columns of one length"))),
            corrected: Some(Arc::new(corrected(count))),
            ..Table::default()
        };
        let order = |filter: &str, keys: &str| {
            let (filter, keys) =
                (Filter::parse(filter).expect("a filter"), SortKey::parse_list(keys).expect("columns"));
            seconds(|| arrange(&table, filter.as_ref(), &keys))
        };
        let orders = [order("", "y"), order("", "y,da,-dt"), order("|da| > 0.3 and flip_a", "")];
        drop(table);
        let mut console = console(200, 60, count).expect("memory");
        console.look_at_labels();
        console.arrange();
        let frames = 50;
        let key = seconds(|| {
            for _ in 0..frames {
                console.press("j");
                console.frame().expect("memory");
            }
        });
        lines.say(count, &[orders[0], orders[1], orders[2], 1e3 * key / f64::from(frames), peak()]);
    }
}

fn runs() {
    let mut lines = Lines::new("run directories listed", "runs", &["for the first time, s", "by another program, s"]);
    for count in [10, 100, 1000, 2000] {
        let home = tempfile::tempdir().expect("a folder");
        study_directory(home.path(), count / 10, 10).expect("run directories");
        let list = || seconds(|| assert_eq!(list_runs(home.path()).len(), count));
        lines.say(count, &[list(), list()]);
    }
}
