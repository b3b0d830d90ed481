//! The label table of the built program: a million rows through a pseudo-terminal, marks of two consoles, files.

use std::path::Path;

use mug::config::Settings;
use mug::device::DeviceRequest;
use mug::modality::PerModality;
use mug::run::directory::{Manifest, RunDir};
use mug::run::marks::Marks;
use mug::run::recorder::Recorder;
use mug::run::rows::LabelRows;
use mug::run::{labels, predictions};
use mug::split::{PerSplit, Split};
use mug::training::events::{Body, Event, LabelValues, PredictionValues, Prepared, Stage, StagePlan};

use crate::support::home::{Home, said, until};
use crate::support::terminal::Console;

/// Rows with values that a test can work out: y runs through 21 values, text moves by a little, every fifth row of audio
/// changes its sign.
fn y(i: usize) -> f32 {
    (i % 21) as f32 / 10.0 - 1.0
}

fn audio(i: usize) -> f32 {
    if i.is_multiple_of(5) { -y(i) } else { y(i) }
}

/// A finished run directory of `n` rows, made without training.
fn made_up(home: &Path, name: &str, n: usize) -> RunDir {
    let settings = Settings::built_in("demo").unwrap();
    let manifest = Manifest::new("demo", None, DeviceRequest::Cpu, Stage::ALL.to_vec(), settings);
    let dir = RunDir::create(&home.join("runs"), Some(name), &manifest).unwrap();
    let mut rows = LabelRows::default();
    let ids: Vec<String> = (0..n).map(|i| format!("clip_{i}")).collect();
    let text = |i: usize| match i % 4 {
        0 => format!("这个电影真的很好看, 第{i}次"),
        1 => format!("a \"quoted\", comma'd\nline {i} \u{1b}[31m"),
        _ => format!("sentence number {i}"),
    };
    let texts: Vec<String> = (0..n).map(text).collect();
    let all: Vec<f32> = (0..n).map(y).collect();
    rows.extend(Split::Train, &ids, &texts, &all, None).unwrap();
    rows.write(&dir.rows_path()).unwrap();
    drop((rows, ids, texts));
    let corrected = PerModality {
        text: all.iter().map(|y| (y + 0.01).min(1.0)).collect(),
        audio: (0..n).map(audio).collect(),
        vision: all.clone(),
    };
    let file = labels::file_name(0, Some(Stage::Denoising));
    labels::write(&dir.path().join(&file), &LabelValues { corrected, ..LabelValues::default() }).unwrap();
    let predicted = predictions::file_name(2, Some(Stage::Joint));
    std::fs::create_dir_all(dir.path().join("predictions")).unwrap();
    let values = PredictionValues { multimodal: vec![0.0; n], unimodal: PerModality::from_fn(|_| all.clone()) };
    predictions::write(&dir.path().join(&predicted), &values).unwrap();
    let prepared = Prepared {
        dataset: "demo".into(),
        device: "none".into(),
        samples: PerSplit { train: n, valid: 0, test: 0 },
        shapes: PerModality::default(),
        label_range: 1.0,
        metric_keys: vec!["mae".into()],
        unimodal_labels: false,
        plan: Stage::ALL.map(|stage| StagePlan { stage, epochs: 2, steps_per_epoch: 1 }).to_vec(),
        parameters: (0, 0),
        findings: vec![],
        in_sample: vec![],
        label_source: Default::default(),
        modalities: Vec::new(),
    };
    let at = |stage, step, body| Event { time: 1.0, stage, epoch: step as u32, step, body };
    let events = [
        at(None, 0, Body::Prepared(prepared)),
        at(Some(Stage::Denoising), 2, Body::Labels { refresh: 0, file, summaries: Default::default(), values: None }),
        at(Some(Stage::Joint), 2, Body::Predictions { file: predicted, values: None }),
        at(None, 2, Body::Finished { summary: Default::default() }),
    ];
    let mut recorder = Recorder::open(&dir).unwrap();
    events.into_iter().for_each(|e| recorder.push(e));
    recorder.flush().unwrap();
    dir
}

#[test]
fn a_million_rows_are_scrolled_sorted_searched_and_written() {
    const MILLION: usize = 1_000_000;
    let home = Home::new();
    made_up(home.path(), "large", MILLION);
    let mut console = Console::open(home.path(), "attach large", 120, 36, &[]);
    console.wait_for("✔ finished");
    console.press("\t");
    console.wait_for("4▸Labels");
    console.wait_for("1000000 rows");
    console.press("z");
    console.wait_for("labels of denoising epoch 2");
    console.press("G");
    console.wait_for("clip_999999");
    console.press("g");
    console.wait_for("clip_0 ");
    // y falling, and where it is equal the largest change of audio first.
    console.press("oollO");
    console.wait_for("sorted by y ↓, |Δ audio| ↓");
    until("the new order", || clips(&console).starts_with(&["clip_20".into(), "clip_125".into()]), || console.text());
    console.press("r");
    until("the other way", || clips(&console).starts_with(&["clip_21".into(), "clip_42".into()]), || console.text());
    console.press("/flip_a and y > 0.85 and number 9999");
    let wanted = |i: &usize| i.is_multiple_of(5) && y(*i) > 0.85 && i % 4 > 1 && i.to_string().contains("9999");
    let passing = (0..MILLION).filter(wanted).count();
    assert!(passing > 0);
    console.wait_for(&format!("{passing} of 1000000 rows"));
    console.press("\r");
    // What is shown is what is written.
    console.press("w");
    console.wait_for(&format!("write {passing} rows"));
    let path = home.path().join("out.csv");
    console.press(&format!("\x15{}\r", path.display()));
    console.wait_for("rows written to");
    let written: Vec<String> =
        csv::Reader::from_path(&path).unwrap().records().map(|r| r.unwrap()[0].to_owned()).collect();
    assert_eq!(written.len(), passing);
    // All of it by the command, filtered and sorted the same way.
    let filter = "flip_a and y > 0.85 and number 9999";
    let output =
        home.mug_with(&["labels", "large", "--filter", filter, "--sort", "y,-da", "--columns", "id"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let commanded: Vec<String> =
        csv::Reader::from_reader(&output.stdout[..]).records().map(|r| r.unwrap()[0].to_owned()).collect();
    assert_eq!(commanded, written);
}

/// The ids in the rows of the table.
fn clips(console: &Console) -> Vec<String> {
    let words = |line: &str| line.split([' ', '│', '▸']).find(|w| w.starts_with("clip_")).map(str::to_owned);
    console.text().lines().filter_map(words).collect()
}

#[test]
fn marks_are_shared_kept_and_written_and_columns_remembered() {
    let home = Home::new();
    let dir = made_up(home.path(), "small", 40);
    let open = |line: &str| {
        let mut console = Console::open(home.path(), line, 120, 36, &[]);
        console.wait_for("✔ finished");
        console.press("\tz");
        console.wait_for("4▸Labels");
        console.wait_for("40 rows");
        console
    };
    let (mut one, mut two) = (open("attach small"), open("attach small"));
    one.press("jjx");
    one.wait_for("1 reviewed");
    two.wait_for("1 reviewed");
    two.press("jjjnan odd one\r");
    one.wait_for("✎ clip_3");
    let mut reader = open("attach small --read-only");
    reader.wait_for("1 reviewed");
    reader.press("x");
    reader.wait_for("attach without --read-only to mark rows");
    let mut follower = Console::open(home.path(), &format!("attach --follow {}", dir.path().display()), 120, 36, &[]);
    follower.wait_for("✔ finished");
    follower.press("\tz");
    follower.wait_for("1 reviewed");
    follower.press("n");
    follower.wait_for("following the directory only");
    // A column is hidden, another moved; whoever leaves at once loses nothing.
    one.press("ll-<x");
    one.leave();
    let marks = Marks::read(&dir.marks_path()).unwrap();
    assert_eq!((marks.reviewed(), marks.get(3).map(|m| m.note.as_str())), (0, Some("an odd one")));
    assert!(marks.get(2).is_none(), "the last line says that row 2 is not reviewed");
    let later = open("attach small");
    later.wait_for("✎ clip_3");
    let heading = later.text().lines().find(|l| l.contains(" id ")).unwrap().to_owned();
    assert!(!heading.contains("ΔA") && heading.find("ΔV").unwrap() < heading.find("ΔT").unwrap(), "{heading}");
    for format in ["csv", "jsonl", "parquet"] {
        let path = home.path().join(format!("all.{format}"));
        home.good(&format!("labels small -o {}", path.display()));
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.windows(10).any(|w| w == b"an odd one"), "{format}");
    }
    for (arguments, why) in [
        (&["--filter", "y >"], "--filter: expected a value after the comparison at character 4"),
        (&["--sort", "zz"], "no column \"zz\""),
        (&["-o", "x.txt"], "--format"),
    ] {
        let output = home.mug_with(&[&["labels", "small"], &arguments[..]].concat()).output().unwrap();
        assert!(!output.status.success() && said(&output).contains(why), "{}", said(&output));
    }
}
