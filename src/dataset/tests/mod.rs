//! Whole files: the same small dataset in every form that numpy and Python write, and damaged ones.

use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;

use super::contents::Contents;
use super::file::bytes::DataFile;
use super::file::error::FileError;
use super::*;
use crate::config::{DataSettings, MetricSet};
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};

mod incomplete;
mod layouts;
mod leaks;
mod optional;
mod packed;
mod real;
mod tokens;
mod wishes;
mod written;

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(fixtures().join(name)).unwrap()
}

fn open_bytes(bytes: Vec<u8>, settings: &DataSettings) -> Result<Dataset, DatasetError> {
    Dataset::from_file("test", &Arc::new(DataFile::from_bytes("test.pkl", bytes)), None, settings)
}

fn open(name: &str) -> Dataset {
    open_bytes(fixture(name), &DataSettings::default()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// As it lies in the file: nothing is subtracted, divided or clipped.
fn raw() -> DataSettings {
    let normalise = crate::config::PerModalityFlag { text: false, audio: false, vision: false };
    DataSettings { normalise, clip: 0.0, ..DataSettings::default() }
}

#[test]
fn values_are_those_that_python_wrote() {
    let d = open_bytes(fixture("numpy2_p4.pkl"), &raw()).unwrap();
    assert_eq!(PerSplit::from_fn(|s| d.len(s)), PerSplit { train: 6, valid: 3, test: 3 });
    assert_eq!(d.shapes, PerModality { text: (4, 3), audio: (5, 2), vision: (3, 2) });
    assert_eq!((d.label_range, d.metrics), (3.0, MetricSet::Mosi));
    assert_eq!(d.labels(Split::Train), [2.5, -0.5, 3.0, 0.0, -3.0, 0.5]);
    assert_eq!(d.labels(Split::Test), [0.5, -2.5, 1.0]);
    assert_eq!(d.ids(Split::Valid), ["v22$_$0", "v22$_$1", "v22$_$2"]);
    assert_eq!(d.transcripts(Split::Train)[3], "train clip 3 我 é");
    assert_eq!(d.lengths(Split::Train, Modality::Audio), [2, 3, 0, 5, 1, 2]);
    assert_eq!(d.lengths(Split::Train, Modality::Text), [1, 2, 3, 4, 1, 2]);
    assert_eq!(d.unimodal_labels(Split::Test).unwrap().audio, [0.0, -3.0, 0.5]);
    let batch = d.batch(Split::Train, &[1, 2]).unwrap();
    assert_eq!(batch.labels, [-0.5, 3.0]);
    let audio = &batch.sequences.audio;
    assert_eq!((audio.steps(), audio.dim, audio.lengths.as_slice()), (3, 2, &[3, 0][..]));
    // The NaN became the mean of the column's valid training values; the clip of length 0 has no values.
    assert_eq!(audio.data[1..6], [7.5, 2.0625, 7.5, -0.5625, 7.5]);
    assert!(audio.data[0].is_finite() && audio.data.len() == 6);
    let vision = &d.batch(Split::Valid, &[2]).unwrap().sequences.vision;
    assert_eq!(vision.data, [-5.625, 7.25, 1.0, 7.9375, -7.125, -6.6875]);
    assert_eq!(d.batch(Split::Test, &[0]).unwrap().sequences.text.data[..3], [1.0, 5.0625, -4.4375]);
}

#[test]
fn every_form_holds_the_same_data() {
    let expected = open("numpy2_p4.pkl");
    let rows: Vec<usize> = (0..3).collect();
    for name in [
        "numpy1_p2.pkl",
        "numpy1_p3.pkl",
        "numpy1_p4.pkl",
        "numpy1_p5.pkl",
        "numpy2_p0.pkl",
        "numpy2_p2.pkl",
        "numpy2_p3.pkl",
        "numpy2_p5.pkl",
        "py2_p0.pkl",
        "py2_p1.pkl",
        "py2_p2.pkl",
        "ordered_dict.pkl",
        "fortran.pkl",
        "types.pkl",
        "lists.pkl",
    ] {
        let found = open(name);
        for split in Split::ALL {
            assert_eq!(found.ids(split), expected.ids(split), "{name}");
            assert_eq!(found.transcripts(split), expected.transcripts(split), "{name}");
            assert_eq!(found.labels(split), expected.labels(split), "{name}");
            assert_eq!(found.unimodal_labels(split), expected.unimodal_labels(split), "{name}");
            for m in Modality::ALL {
                assert_eq!(found.lengths(split, m), expected.lengths(split, m), "{name} {split} {m}");
            }
            assert_eq!(found.batch(split, &rows).unwrap(), expected.batch(split, &rows).unwrap(), "{name} {split}");
        }
        assert_eq!(found.shapes, expected.shapes, "{name}");
    }
}

#[test]
fn whole_numbers_and_truth_values() {
    let d = open_bytes(fixture("integers.pkl"), &raw()).unwrap();
    assert_eq!(d.lengths(Split::Train, Modality::Text), [1, 2, 3, 4, 1, 2]);
    assert_eq!(d.batch(Split::Valid, &[2]).unwrap().sequences.vision.data, [-6.0, 7.0, 1.0, 8.0, -7.0, -7.0]);
    assert_eq!(d.transcripts(Split::Train)[3], "train clip 3 我 é");
}

#[test]
fn normalised_by_the_training_splits_valid_steps() {
    let d = open("numpy2_p4.pkl");
    let raw = open_bytes(fixture("numpy2_p4.pkl"), &raw()).unwrap();
    let rows: Vec<usize> = (0..6).collect();
    let column = |d: &Dataset, m: Modality, c: usize| -> Vec<f64> {
        let s = d.batch(Split::Train, &rows).unwrap().sequences[m].clone();
        let starts = s.starts();
        let valid = |(clip, &n): (usize, &usize)| {
            (0..n).map(|t| f64::from(s.data[(starts[clip] + t) * s.dim + c])).collect::<Vec<_>>()
        };
        s.lengths.iter().enumerate().flat_map(valid).collect()
    };
    let figures = |v: &[f64]| {
        let mean = v.iter().sum::<f64>() / v.len() as f64;
        (mean, (v.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / v.len() as f64).sqrt())
    };
    for (m, c) in [(Modality::Text, 0), (Modality::Text, 2), (Modality::Vision, 1)] {
        let (before, after) = (column(&raw, m, c), column(&d, m, c));
        let (mean, deviation) = figures(&before);
        for (x, z) in before.iter().zip(&after) {
            assert!(((x - mean) / deviation - z).abs() < 1e-5, "{m} {c}: {x} became {z}");
        }
    }
    // A constant column.
    assert!(column(&d, Modality::Audio, 1).iter().all(|&z| z == 0.0));
    // -inf and NaN are the mean.
    let audio = d.batch(Split::Train, &[0, 1]).unwrap().sequences.audio.clone();
    assert_eq!((audio.data[0], audio.data[audio.lengths[0] * 2]), (0.0, 0.0));
}

#[test]
fn oddities_are_counted() {
    let flaws = open("numpy2_p4.pkl").flaws;
    let has = |flaws: &[Flaw], split, key: &str, kind: FlawKind| {
        let flaw = Flaw { split, key: key.to_owned(), kind };
        assert!(flaws.contains(&flaw), "{flaw} is not among {flaws:?}");
    };
    has(&flaws, Some(Split::Train), "audio", FlawKind::NotFinite { values: 2, clips: 2 });
    has(&flaws, Some(Split::Train), "audio", FlawKind::ConstantColumns { columns: 1, of: 2 });
    has(&flaws, Some(Split::Train), "audio", FlawKind::ZeroLength { clips: 1 });
    let report = Report::of(&Source::File(fixtures().join("fortran.pkl"))).unwrap();
    has(&report.flaws, Some(Split::Valid), "audio", FlawKind::BeyondLength { clips: 2 });
    let text = report.to_string();
    for part in
        ["train  6 clips", "5 x 2", "f8", "Fortran", "2 not finite", "1 constant", "judge by: yes", "audio_lengths"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(report.splits.train.labels.negative, 2);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["splits"]["train"]["features"]["audio"]["not_finite"], 2);
    assert_eq!(json["splits"]["valid"]["samples"], 3);
}

#[test]
fn features_read_from_the_file_equal_those_in_memory() {
    let file = Arc::new(DataFile::open(&fixtures().join("types.pkl")).unwrap());
    let settings = DataSettings::default();
    let of = |limit| {
        Dataset::from_contents("x".into(), Contents::read(&file, None, &settings).unwrap(), &settings, None, limit)
            .unwrap()
    };
    let (memory, disk) = (of(usize::MAX), of(0));
    assert!(memory.resident_bytes() > 0 && disk.resident_bytes() == 0);
    for rows in [&[0][..], &[5, 0, 0, 2], &[2], &[]] {
        assert_eq!(memory.batch(Split::Train, rows).unwrap(), disk.batch(Split::Train, rows).unwrap());
    }
    let empty = disk.batch(Split::Train, &[]).unwrap();
    assert_eq!((empty.sequences.text.steps(), empty.labels.len()), (1, 0));
    assert!(matches!(disk.batch(Split::Test, &[3]), Err(DatasetError::Row { row: 3, len: 3, .. })));
}

#[test]
fn a_file_that_shrinks_while_training_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), fixture("numpy2_p4.pkl")).unwrap();
    let settings = DataSettings::default();
    let data = Arc::new(DataFile::open(file.path()).unwrap());
    let contents = Contents::read(&data, None, &settings).unwrap();
    let dataset = Dataset::from_contents("x".into(), contents, &settings, None, 0).unwrap();
    dataset.batch(Split::Test, &[2]).unwrap();
    file.as_file().set_len(2000).unwrap();
    assert!(matches!(dataset.batch(Split::Test, &[2]), Err(DatasetError::File(FileError::Shrunk { .. }))));
}

/// Replaces bytes of a fixture by others of the same length.
fn replaced(name: &str, from: &[u8], to: &[u8], times: usize) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = fixture(name);
    for _ in 0..times {
        let at = bytes.windows(from.len()).position(|w| w == from).expect("the fixture has it");
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let error = |bytes: Vec<u8>| open_bytes(bytes, &DataSettings::default()).unwrap_err().to_string();
    let check = |text: String, parts: &[&str]| {
        for part in parts {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
    };
    let p3 = "numpy2_p3.pkl";
    check(error(replaced(p3, b"train", b"brain", 1)), &["test.pkl", "train: ", "brain, valid, test"]);
    check(error(replaced(p3, b"vision", b"vixion", 1)), &["test.pkl", "train.vision", "vixion", "audio_lengths"]);
    let renamed = replaced(p3, b"regression_labels", b"regression_labelz", 1);
    check(error(renamed), &["train.regression_labels", "regression_labelz"]);
    // Labels: [2.5, -0.5, ...]; 2.5 becomes infinite, then 9.
    let labels = |y: f64| [y.to_le_bytes(), (-0.5f64).to_le_bytes()].concat();
    let infinite = replaced(p3, &labels(2.5), &labels(f64::INFINITY), 1);
    check(error(infinite), &["train.regression_labels", "inf in row 0", "v11$_$0"]);
    let nine = replaced(p3, &labels(2.5), &labels(9.0), 1);
    check(error(nine.clone()), &["labels up to 9", "--set data.label_range=9"]);
    let range = |h: f32| DataSettings { label_range: Some(h), ..DataSettings::default() };
    assert_eq!(open_bytes(nine, &range(9.0)).unwrap().label_range, 9.0);
    let outside = open_bytes(fixture(p3), &range(1.0)).unwrap_err().to_string();
    check(outside, &["[-1, 1]", "2.5 in row 0 (id \"v11$_$0\")"]);
}

#[test]
fn memory_splits_are_checked_and_opened() {
    let split = |n: usize| memory::MemorySplit {
        ids: (0..n).map(|i| i.to_string()).collect(),
        transcripts: vec![String::new(); n],
        labels: vec![0.5; n],
        unimodal: None,
        sequences: PerModality::from_fn(|_| memory::MemorySequences {
            data: (0..n * 4).map(|i| i as f32).collect(),
            steps: 2,
            dim: 2,
            lengths: vec![1; n],
        }),
    };
    let good = || PerSplit { train: split(3), valid: split(1), test: split(2) };
    let d = Dataset::from_memory("made", good(), 1.0, &raw()).unwrap();
    assert_eq!(d.batch(Split::Train, &[2]).unwrap().sequences.text.data, [8.0, 9.0]);
    let mut other = good();
    other.test.labels[1] = -0.5;
    assert_ne!(Dataset::from_memory("made", other, 1.0, &raw()).unwrap().fingerprint, d.fingerprint);
    let mut bad = good();
    bad.valid.sequences.audio.lengths[0] = 3;
    let text = Dataset::from_memory("made", bad, 1.0, &raw()).unwrap_err().to_string();
    assert!(text.contains("valid.audio.lengths") && text.contains("from 0 to 2"), "{text}");
    let mut bad = good();
    bad.train.labels[0] = 1.5;
    assert!(Dataset::from_memory("made", bad, 1.0, &raw()).is_err());
}

#[test]
fn the_demo_opens() {
    let d =
        Dataset::open(&Source::Demo { seed: DEMO_SEED, disagreement: demo::DISAGREEMENT }, &DataSettings::default())
            .unwrap();
    assert!(Split::ALL.iter().all(|&s| d.len(s) > 0 && d.unimodal_labels(s).is_some()));
    assert!(Report::of(&Source::Demo { seed: 2, disagreement: demo::DISAGREEMENT }).unwrap().unimodal_labels);
}

#[test]
fn a_dataset_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Dataset>();
}

#[test]
fn references_repeated_without_end_are_stopped() {
    // A list of 2000 numbers, 20000 times in a list: 40 million values from some 150 kB.
    let mut bytes = b"\x80\x02}(".to_vec();
    for split in ["train", "valid", "test"] {
        bytes.extend([b"U", &[split.len() as u8][..], split.as_bytes(), b"}("].concat());
        bytes.extend(b"U\x11regression_labels](");
        bytes.extend(b"K\x01".repeat(20_000));
        bytes.extend(b"eU\x04text](](");
        bytes.extend(b"K\x01".repeat(2000));
        bytes.extend(b"eq\x00");
        bytes.extend(b"h\x00".repeat(19_999));
        bytes.extend(b"eU\x05audioNU\x06visionNu");
    }
    bytes.extend(b"u.");
    let text = open_bytes(bytes, &DataSettings::default()).unwrap_err().to_string();
    assert!(text.contains("no more in all than the file has bytes"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn damaged_files_never_panic(
        which in 0usize..8,
        edits in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..4),
    ) {
        let name = [
            "numpy2_p2.pkl", "numpy2_p4.pkl", "numpy2_p5.pkl", "fortran.pkl", "lists.pkl", "types.pkl", "integers.pkl",
            "py2_p2.pkl",
        ][which];
        let mut bytes = fixture(name);
        for (at, byte) in edits {
            let len = bytes.len();
            bytes[at as usize % len] = byte;
        }
        if let Ok(d) = open_bytes(bytes, &DataSettings::default()) {
            for split in Split::ALL {
                let rows: Vec<usize> = (0..d.len(split)).collect();
                let batch = d.batch(split, &rows).unwrap();
                for (_, s) in batch.sequences.iter() {
                    prop_assert!(s.data.iter().all(|v| v.is_finite()));
                    prop_assert_eq!(s.data.len(), s.lengths.iter().sum::<usize>() * s.dim);
                }
            }
        }
    }
}
