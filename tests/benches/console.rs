//! What a frame of the console and a key in a table of a million rows cost: `cargo bench --bench console`.
//!
//! A key's cost is what the loop that reads keys spends on it; putting the million rows in order is a thread's work and
//! measured by itself.

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use mug::console::made_up::{StudyLook, study_directory};
use mug::console::sample::{console, corrected, rows, steps};
use mug::report::table::filter::Filter;
use mug::report::table::order::{SortKey, arrange};
use mug::report::table::{Rows, Table};
use mug::run::list::{Lister, list_runs};

const MILLION: usize = 1_000_000;

fn frames(c: &mut Criterion) {
    let mut group = c.benchmark_group("frame");
    for (width, height) in [(80, 24), (200, 60)] {
        let mut console = console(width, height, 1500).expect("memory");
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
    let mut console = console(200, 60, MILLION).expect("memory");
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
        rows: Arc::new(Rows::from(rows(MILLION).expect("columns of one length"))),
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

/// Two thousand runs, and a study of a thousand cells.
fn many(c: &mut Criterion) {
    let mut group = c.benchmark_group("many runs, a key and its frame");
    for (width, height) in [(80, 24), (200, 60)] {
        let mut console = console(width, height, 100).expect("memory");
        console.look_at_study(100, 10);
        for (name, keys) in
            [("a cell down", "j"), ("to the end and back", "Gg"), ("another seed", "lh"), ("metric", "v")]
        {
            group.bench_function(format!("{width}x{height}, 1000 cells, {name}"), |b| {
                b.iter(|| {
                    console.press(keys);
                    console.frame().expect("memory")
                });
            });
        }
        group.bench_function(format!("{width}x{height}, 1000 cells come anew"), |b| {
            b.iter(|| {
                console.look_at_study(100, 10);
                console.frame().expect("memory")
            });
        });
        for (name, keys) in [
            ("a run down", "j"),
            ("a filter typed and left", "/mae<1\u{1b}"),
            ("grouped three ways", "bbb"),
            ("marked", "x"),
            ("the table opened and left", "v\u{1b}"),
        ] {
            console.look_at_runs(2000);
            group.bench_function(format!("{width}x{height}, 2000 runs, {name}"), |b| {
                b.iter(|| {
                    console.press(keys);
                    console.frame().expect("memory")
                });
            });
        }
        console.look_at_runs(2000);
        console.press("v");
        for (name, keys) in [("a row down", "j"), ("another column", "lh"), ("sorted by a column", "O")] {
            group.bench_function(format!("{width}x{height}, a table of 2000 runs, {name}"), |b| {
                b.iter(|| {
                    console.press(keys);
                    console.frame().expect("memory")
                });
            });
        }
        console.press("\u{1b}");
        group.bench_function(format!("{width}x{height}, 2000 runs come anew"), |b| {
            b.iter(|| {
                console.look_at_runs(2000);
                console.frame().expect("memory")
            });
        });
    }
    group.finish();
}

/// What a thread does behind that: 2000 run directories that rest, and a study of a thousand cells.
fn listing(c: &mut Criterion) {
    let home = tempfile::tempdir().expect("a folder");
    let study = study_directory(home.path(), 100, 10).expect("run directories");
    let mut group = c.benchmark_group("a thousand run directories");
    group.sample_size(10);
    group.bench_function("listed for the first time", |b| {
        b.iter(|| {
            let _ = std::fs::remove_file(home.path().join(".index.json"));
            list_runs(home.path()).len()
        });
    });
    group.bench_function("listed by another program", |b| b.iter(|| list_runs(home.path()).len()));
    let mut lister = Lister::open(home.path());
    group.bench_function("listed again", |b| b.iter(|| lister.list().len()));
    group.bench_function("a study of them opened for the first time", |b| {
        b.iter(|| {
            let _ = std::fs::remove_file(study.join("runs/.index.json"));
            let _ = std::fs::remove_file(study.join("runs/.cells.json"));
            StudyLook::open(&study).look().expect("a study")
        });
    });
    group.bench_function("a study of them opened again", |b| {
        b.iter(|| StudyLook::open(&study).look().expect("a study"));
    });
    let mut look = StudyLook::open(&study);
    group.bench_function("a study of them looked at again", |b| b.iter(|| look.look().expect("a study")));
    group.finish();
}

criterion_group!(benches, frames, keys, orders, many, listing);
criterion_main!(benches);
