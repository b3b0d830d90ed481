//! What the settings say of how a file is read, and splits whose labels are hidden or not there at all.

use std::path::Path;

use super::written::*;
use super::*;
use crate::config::DataKeys;

fn opened(bytes: Vec<u8>, settings: &DataSettings) -> Dataset {
    open_bytes(bytes, settings).unwrap_or_else(|e| panic!("{e}"))
}

fn said(d: &Dataset) -> Vec<String> {
    d.flaws.iter().map(ToString::to_string).collect()
}

/// [`file`] with other names for some keys.
fn renamed(names: &[(&'static str, &'static str)]) -> Vec<u8> {
    file(|_, entries| {
        for (key, _) in entries.iter_mut() {
            *key = names.iter().find(|(old, _)| old == key).map_or(*key, |&(_, new)| new);
        }
    })
}

#[test]
fn names_of_the_settings_are_looked_for_first() {
    let keys = DataKeys { text: Some("words_of_god".into()), labels: Some("how_nice".into()), ..DataKeys::default() };
    let settings = DataSettings { keys, ..raw() };
    let bytes = renamed(&[("text", "words_of_god"), ("regression_labels", "how_nice")]);
    assert!(open_bytes(bytes.clone(), &raw()).is_err());
    let (d, plain) = (opened(bytes, &settings), opened(file(|_, _| {}), &raw()));
    let rows: Vec<usize> = (0..CLIPS).collect();
    for split in Split::ALL {
        assert_eq!(d.batch(split, &rows).unwrap(), plain.batch(split, &rows).unwrap());
    }
    let said = said(&d);
    for part in ["words_of_god: taken for text", "how_nice: taken for regression_labels"] {
        assert!(said.contains(&part.to_owned()), "{said:?}");
    }
    // A name that the file does not have is a mistake.
    let error = open_bytes(file(|_, _| {}), &settings).unwrap_err().to_string();
    assert!(error.contains("data.keys") && error.contains("words_of_god") && error.contains("vision"), "{error}");
}

#[test]
fn one_of_several_columns_of_labels() {
    let columns = 7;
    let wide = |fortran: bool| {
        let y = labels();
        let place = |i: usize| if fortran { (i % CLIPS, i / CLIPS) } else { (i / columns, i % columns) };
        let value = |i: usize| if place(i).1 == 2 { y[place(i).0] } else { 0.5 };
        let bytes = (0..CLIPS * columns).flat_map(|i| value(i).to_le_bytes()).collect();
        with("regression_labels", Made::Array("f4", vec![CLIPS as i64, 1, columns as i64], fortran, bytes))
    };
    for fortran in [false, true] {
        let d = opened(wide(fortran), &DataSettings { label_column: 2, ..raw() });
        assert_eq!(d.labels(Split::Train), labels());
        assert!(said(&d).iter().any(|s| s.contains("7 columns; data.label_column takes the one at 2")));
        let first = opened(wide(fortran), &raw());
        assert_eq!(first.labels(Split::Train), [0.5; CLIPS]);
        assert!(said(&first).iter().any(|s| s.contains("the first is taken")));
        let error = open_bytes(wide(fortran), &DataSettings { label_column: 7, ..raw() }).unwrap_err().to_string();
        assert!(error.contains("a column 7") && error.contains("data.label_column"), "{error}");
    }
}

#[test]
fn clips_of_a_test_split_without_labels_are_kept() {
    let without = |change: fn(&mut Entries)| {
        file(|split, entries| {
            if split == Split::Test {
                change(entries);
            }
        })
    };
    let nan: fn(&mut Entries) = |e| set(e, "regression_labels", Made::floats(&[CLIPS], [f32::NAN; CLIPS]));
    let none: fn(&mut Entries) = |e| set(e, "regression_labels", Made::None);
    let hidden: fn(&mut Entries) = |e| e.retain(|(key, _)| *key != "regression_labels");
    for change in [nan, none, hidden] {
        let d = opened(without(change), &raw());
        assert_eq!((d.len(Split::Train), d.len(Split::Test)), (CLIPS, CLIPS));
        assert!(d.labels(Split::Test).iter().all(|y| y.is_nan()));
        assert_eq!(d.ids(Split::Test)[1], "test_1");
        let said = said(&d);
        assert!(said.iter().any(|s| s.starts_with("test: no clip has a label")), "{said:?}");
    }
    // Also where the layout has other names, and where labels of the validation split are hidden.
    let names = [("vision", "visual"), ("regression_labels", "labels")];
    let mut bytes = renamed(&names);
    let at = bytes.windows(6).rposition(|w| w == b"labels").unwrap();
    bytes[at..at + 6].copy_from_slice(b"hidden");
    let d = opened(bytes, &raw());
    assert!(d.labels(Split::Test).iter().all(|y| y.is_nan()) && said(&d).iter().any(|s| s.contains("visual")));
    let bytes = file(|split, entries| {
        if split == Split::Valid {
            nan(entries);
        }
    });
    let d = opened(bytes, &raw());
    assert_eq!((d.len(Split::Train), d.len(Split::Valid)), (CLIPS - 1, 1));
    assert!(said(&d).iter().any(|s| s.contains("the file has no labels in it")));
}

#[test]
fn a_file_without_a_test_split_has_no_clips_there() {
    let mut bytes = file(|_, _| {});
    let at = bytes.windows(9).position(|w| w == b"X\x04\0\0\0test").unwrap();
    bytes[at + 5..at + 9].copy_from_slice(b"rest");
    let d = opened(bytes.clone(), &DataSettings::default());
    assert!(d.is_empty(Split::Test) && d.len(Split::Valid) == CLIPS);
    assert!(said(&d).iter().any(|s| s == "test: no such split in the file; nothing is tested"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pkl");
    std::fs::write(&path, bytes).unwrap();
    let report = Report::of(&Source::File(path)).unwrap();
    assert!(report.splits.test.samples == 0 && report.to_string().contains("test  0 clips"));
}

#[test]
fn the_share_of_train_that_stands_in_for_valid_follows_the_settings() {
    let no_valid = || {
        let ids = Made::texts((0..CLIPS).map(|i| format!("v{i}$_$0")));
        let mut bytes = with("id", ids);
        let at = bytes.windows(5).position(|w| w == b"valid").unwrap();
        bytes[at..at + 5].copy_from_slice(b"extra");
        bytes
    };
    let of = |share: Option<f32>, seed: u64| {
        let d =
            opened(no_valid(), &DataSettings { valid_share: share, valid_seed: seed, label_range: Some(3.0), ..raw() });
        (d.ids(Split::Valid).to_vec(), d.fingerprint.clone())
    };
    let plain = of(None, 1);
    assert_eq!(plain.0.len(), 1);
    let half = of(Some(0.5), 1);
    assert_eq!(half.0.len(), 3);
    assert!(half.0.contains(&plain.0[0]), "a larger share holds the smaller one");
    assert_eq!(of(Some(0.5), 1), half);
    let seeds: std::collections::BTreeSet<Vec<String>> = (1..9).map(|seed| of(Some(0.5), seed).0).collect();
    assert!(seeds.len() > 2 && half.1 != plain.1, "{seeds:?}");
}

#[test]
fn a_mask_says_which_clips_of_a_mixed_training_split_have_labels() {
    let mask = || Made::List([1, 0, 1, 1, 0, 1].map(Made::Int).to_vec());
    let dict = |split: Split| {
        let mut entries = entries(split);
        entries.push(("mask", mask()));
        Made::Dict(entries)
    };
    let splits = |train: &'static str| {
        vec![
            (train, dict(Split::Train)),
            ("valid", dict(Split::Valid)),
            ("test", dict(Split::Test)),
            ("unsup", Made::Dict(Vec::new())),
        ]
    };
    let d = opened(Made::Dict(splits("train_mix")).pickle(), &raw());
    assert_eq!((d.len(Split::Train), d.len(Split::Test)), (4, CLIPS));
    assert_eq!(d.ids(Split::Train), ["train_0", "train_2", "train_3", "train_5"]);
    let words = said(&d);
    for part in ["train_mix: taken for train", "2 of 6 clips without a label", "unsup: not used"] {
        assert!(words.iter().any(|s| s.contains(part)), "{part}: {words:?}");
    }
    // With a training split of its own the mixed one is left alone, and so is a mask there.
    let mut both = splits("train");
    both.push(("train_mix", dict(Split::Train)));
    let d = opened(Made::Dict(both).pickle(), &raw());
    assert_eq!(d.len(Split::Train), CLIPS);
    assert!(said(&d).iter().any(|s| s.starts_with("train_mix: not used")));
}

/// A file of these bytes.
fn put(folder: &Path, name: &str, bytes: Vec<u8>) -> Source {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    Source::File(path)
}

#[test]
fn clips_of_another_file_stand_in_for_the_test_split() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: Vec<u8>| put(folder.path(), name, bytes);
    let run = put("run.pkl", file(|_, _| {}));
    let open = |clips: &Source, split: Option<&str>| Dataset::open_with_clips(&run, clips, split, &raw(), None);
    let plain = Dataset::open(&run, &raw()).unwrap();
    let rows: Vec<usize> = (0..CLIPS).collect();
    let alone = |split: Split| {
        let kept = entries(split).into_iter().filter(|(key, _)| *key != "regression_labels").collect();
        Made::Dict(kept)
    };
    // The test split of a whole file; a single split of another name; a split by itself, without labels.
    let whole = put("whole.pkl", file(|_, _| {}));
    let unsup = put("unsup.pkl", Made::Dict(vec![("unsup", alone(Split::Valid))]).pickle());
    let bare = put("bare.pkl", alone(Split::Valid).pickle());
    let test = open(&whole, None).unwrap();
    assert_eq!(test.batch(Split::Test, &rows).unwrap(), plain.batch(Split::Test, &rows).unwrap());
    let valid = open(&whole, Some("valid")).unwrap();
    assert_eq!(valid.batch(Split::Test, &rows).unwrap(), plain.batch(Split::Valid, &rows).unwrap());
    for source in [&unsup, &bare] {
        let d = open(source, None).unwrap();
        assert_eq!(d.ids(Split::Test), plain.ids(Split::Valid));
        let (found, expected) = (d.batch(Split::Test, &rows).unwrap(), plain.batch(Split::Valid, &rows).unwrap());
        assert_eq!(found.sequences, expected.sequences);
        assert!(found.labels.iter().all(|y| y.is_nan()));
        assert!(!d.flaws.iter().any(|f| matches!(f.kind, FlawKind::SharedWithTrain { .. })));
    }
    // Other columns than those that the run was trained on; a split that is not there.
    let narrow = put("narrow.pkl", with("audio", features(&[(0, 4); CLIPS], 4, 3)));
    let error = open(&narrow, None).unwrap_err().to_string();
    assert!(error.contains("2 columns, as the run") && error.contains("3 columns"), "{error}");
    let error = open(&whole, Some("validation")).unwrap_err().to_string();
    assert!(error.contains("validation") && error.contains("--split"), "{error}");
}

#[test]
fn clips_may_be_padded_at_the_other_end() {
    // Made so that a clip's values are the same at either end.
    let lengths = [12, 7, 2, 7, 12, 7];
    let text = |windows: [(usize, usize); CLIPS]| with("text", features(&windows, 12, 3));
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: Vec<u8>| put(folder.path(), name, bytes);
    let right = put("right.pkl", text(lengths.map(|n| (0, n))));
    let left = put("left.pkl", text(lengths.map(|n| (12 - n, 12))));
    // A clip alone does not tell at which end its zeros are padding.
    let one = |(first, end): (usize, usize)| {
        let mut entries = entries(Split::Test);
        for (key, value) in &mut entries {
            *value = match *key {
                "text" => features(&[(first, end)], 12, 3),
                "audio" | "vision" => features(&[(0, 4)], 4, 2),
                "regression_labels" => Made::floats(&[1], [0.5]),
                _ => Made::texts(["one".to_owned()]),
            };
        }
        Made::Dict(entries).pickle()
    };
    for (run, padded, alone) in [(&right, &left, one((0, 7))), (&left, &right, one((5, 12)))] {
        let own = Dataset::open(run, &raw()).unwrap();
        let d = Dataset::open_with_clips(run, padded, None, &raw(), None).unwrap();
        let rows: Vec<usize> = (0..CLIPS).collect();
        assert_eq!(d.batch(Split::Test, &rows).unwrap(), own.batch(Split::Test, &rows).unwrap());
        assert_eq!(d.lengths(Split::Test, Modality::Text), lengths);
        let d = Dataset::open_with_clips(run, &put("one.pkl", alone), None, &raw(), None).unwrap();
        assert_eq!(d.lengths(Split::Test, Modality::Text), [7]);
    }
}
