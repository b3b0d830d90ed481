//! What a frame of the console and a key in a table of a million rows cost: `cargo bench --bench console`.
//!
//! A key's cost is what the loop that reads keys spends on it; putting the million rows in order is a thread's work and
//! measured by itself.

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use mug::console::headless::Headless;
use mug::modality::PerModality;
use mug::report::table::filter::Filter;
use mug::report::table::order::{SortKey, arrange};
use mug::report::table::{Rows, Table};
use mug::run::rows::LabelRows;
use mug::split::{PerSplit, Split};
use mug::training::events::{Body, Event, Prepared, Stage, StagePlan};

const MILLION: usize = 1_000_000;

/// Numbers that look random and never change, in [-1, 1].
fn noise(i: usize) -> f32 {
    let mut x = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 32;
    (x % 20_001) as f32 / 10_000.0 - 1.0
}

fn at(step: u64, body: Body) -> Event {
    Event { time: step as f64 * 0.01, stage: Some(Stage::Denoising), epoch: 1 + (step / 43) as u32, step, body }
}

fn steps(from: u64, n: u64) -> Vec<Event> {
    let scalars = |s: u64| [("loss".to_owned(), Some(0.5 + 0.1 * noise(s as usize)))].into();
    (from..from + n).map(|s| at(s, Body::Step { scalars: scalars(s) })).collect()
}

fn rows(n: usize) -> LabelRows {
    let text = |i: usize| match i % 3 {
        0 => "这个电影真的很好看".to_owned(),
        _ => format!("Sentence number {i}, as somebody said it"),
    };
    let ids: Vec<String> = (0..n).map(|i| format!("video_{i}$_$1")).collect();
    let texts: Vec<String> = (0..n).map(text).collect();
    let y: Vec<f32> = (0..n).map(|i| (noise(i) * 5.0).round() / 5.0).collect();
    let mut rows = LabelRows::default();
    rows.extend(Split::Train, &ids, &texts, &y, None).expect("columns of one length");
    rows
}

fn corrected(n: usize) -> PerModality<Vec<f32>> {
    PerModality::from_fn(|m| (0..n).map(|i| noise(i + 7 * m as usize)).collect())
}

/// A console on a run in its second stage with a table of `rows` rows.
fn console(width: u16, height: u16, rows: usize) -> Headless {
    let mut console = Headless::new(width, height).expect("memory");
    let plan = Stage::ALL.map(|stage| StagePlan { stage, epochs: 30, steps_per_epoch: 43 }).to_vec();
    let prepared = Prepared {
        dataset: "made up".into(),
        device: "none".into(),
        samples: PerSplit { train: rows, valid: 0, test: 0 },
        shapes: PerModality::default(),
        label_range: 1.0,
        metric_keys: vec!["mae".into()],
        unimodal_labels: false,
        plan,
        parameters: (0, 0),
    };
    console.events(vec![at(0, Body::Prepared(prepared))]);
    console.events(steps(1, 600));
    let file = "labels/0000-denoising.npy".to_owned();
    console.events(vec![at(600, Body::Labels { refresh: 0, file, summaries: Default::default(), values: None })]);
    console.rows(self::rows(rows));
    console.labels(0, corrected(rows));
    console.arrange();
    console.frame().expect("memory");
    console
}

fn frames(c: &mut Criterion) {
    let mut group = c.benchmark_group("frame");
    for (width, height) in [(80, 24), (200, 60)] {
        let mut console = console(width, height, 1500);
        group.bench_function(format!("{width}x{height}, nothing changed"), |b| {
            b.iter(|| console.frame().expect("memory"))
        });
        let mut at = 1000;
        let mut bytes = (0, 0);
        group.bench_function(format!("{width}x{height}, 9 new steps"), |b| {
            b.iter(|| {
                at += 9;
                console.events(steps(at, 9));
                bytes = (bytes.0 + console.frame().expect("memory"), bytes.1 + 1);
            });
        });
        eprintln!("{width}x{height}: {} bytes a frame of 9 new steps", bytes.0 / bytes.1.max(1));
        console.look_at_labels();
        group.bench_function(format!("{width}x{height}, labels, a row down"), |b| {
            b.iter(|| {
                console.press("j");
                console.frame().expect("memory")
            });
        });
    }
    group.finish();
}

fn keys(c: &mut Criterion) {
    let mut console = console(200, 60, MILLION);
    console.look_at_labels();
    let mut group = c.benchmark_group("a million rows, a key and its frame");
    let keys = [
        ("a row down", "j"),
        ("to the end and back", "Gg"),
        ("another column", "lh"),
        ("sort asked for", "o"),
        ("a filter typed and left", "/n\u{1b}"),
    ];
    for (name, keys) in keys {
        group.bench_function(name, |b| {
            b.iter(|| {
                console.press(keys);
                console.frame().expect("memory")
            });
        });
        console.arrange();
    }
    group.finish();
}

/// What a thread does behind those keys.
fn orders(c: &mut Criterion) {
    let table = Table {
        rows: Arc::new(Rows::from(rows(MILLION))),
        corrected: Some(Arc::new(corrected(MILLION))),
        ..Table::default()
    };
    let mut group = c.benchmark_group("a million rows put in order");
    group.sample_size(10);
    for (filter, keys) in [
        ("", "y"),
        ("", "y,da,-dt"),
        ("", "text"),
        ("number", ""),
        ("|da| > 0.3 and flip_a", ""),
        ("number y > 0", "da,text"),
    ] {
        let parsed = Filter::parse(filter).expect("a filter");
        let sorted = SortKey::parse_list(keys).expect("columns");
        group.bench_function(format!("filter '{filter}' sort '{keys}'"), |b| {
            b.iter(|| arrange(&table, parsed.as_ref(), &sorted));
        });
    }
    group.finish();
}

criterion_group!(benches, frames, keys, orders);
criterion_main!(benches);
