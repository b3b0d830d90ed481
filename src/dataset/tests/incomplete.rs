//! Splits that are not complete: clips without a label, and files without a validation split.

use std::collections::BTreeSet;

use super::written::*;
use super::*;

/// As it is, read from the file rather than held in memory.
fn from_file(bytes: Vec<u8>) -> Dataset {
    let file = Arc::new(DataFile::from_bytes("test.pkl", bytes));
    let contents = Contents::read(&file, None, &raw()).unwrap();
    Dataset::from_contents("test".to_owned(), contents, &raw(), None, 0).unwrap()
}

/// [`file`] with a video of two clips each, and lengths and unimodal labels for everything.
fn full(change: impl Fn(Split, &mut Entries)) -> Vec<u8> {
    file(|split, entries| {
        set(entries, "id", Made::texts((0..CLIPS).map(|i| format!("{split}{}$_${i}", i / 2))));
        set(entries, "audio_lengths", Made::List([1, 2, 3, 4, 1, 2].map(Made::Int).to_vec()));
        set(entries, "regression_labels_A", Made::floats(&[CLIPS], labels().into_iter().rev()));
        change(split, entries);
    })
}

#[test]
fn clips_without_a_label_are_left_out_and_counted() {
    let some = || labels().into_iter().enumerate().map(|(i, y)| if i % 3 == 1 { f32::NAN } else { y });
    let kept = [0, 2, 3, 5];
    for hidden in [
        Made::floats(&[CLIPS], some()),
        Made::List(some().map(|y| if y.is_nan() { Made::None } else { Made::of(y) }).collect()),
    ] {
        let whole = from_file(full(|_, _| {}));
        let bytes = full(|split, entries| {
            if split == Split::Train {
                set(entries, "regression_labels", hidden.clone());
            }
        });
        for d in [from_file(bytes.clone()), open_bytes(bytes, &raw()).unwrap()] {
            assert_eq!((d.len(Split::Train), d.len(Split::Valid)), (4, CLIPS));
            let of = |values: &[f32]| kept.map(|row| values[row]).to_vec();
            assert_eq!(d.labels(Split::Train), of(whole.labels(Split::Train)));
            assert_eq!(d.ids(Split::Train), kept.map(|row| whole.ids(Split::Train)[row].clone()));
            let audio = |d: &Dataset| d.unimodal_labels(Split::Train).unwrap().audio.clone();
            assert_eq!(audio(&d), of(&audio(&whole)));
            assert_eq!(d.lengths(Split::Train, Modality::Audio), [1, 3, 4, 2]);
            assert_eq!(d.batch(Split::Train, &[0, 1, 2, 3]).unwrap(), whole.batch(Split::Train, &kept).unwrap());
            let flaw = Flaw {
                split: Some(Split::Train),
                key: "regression_labels".to_owned(),
                kind: FlawKind::Unlabelled { clips: 2, of: CLIPS },
            };
            assert!(d.flaws.contains(&flaw), "{:?}", d.flaws);
        }
    }
}

/// [`full`] without its validation split.
fn no_valid(change: impl Fn(Split, &mut Entries)) -> Vec<u8> {
    let mut bytes = full(change);
    let at = bytes.windows(5).position(|w| w == b"valid").unwrap();
    bytes[at..at + 5].copy_from_slice(b"extra");
    bytes
}

#[test]
fn videos_of_train_stand_in_for_a_validation_split() {
    let whole = from_file(full(|_, _| {}));
    for d in [from_file(no_valid(|_, _| {})), open_bytes(no_valid(|_, _| {}), &raw()).unwrap()] {
        assert_eq!((d.len(Split::Train), d.len(Split::Valid), d.len(Split::Test)), (4, 2, CLIPS));
        let videos = |split| -> BTreeSet<String> {
            d.ids(split).iter().map(|id| id.split_once("$_$").unwrap().0.to_owned()).collect()
        };
        assert!(videos(Split::Train).is_disjoint(&videos(Split::Valid)));
        for split in [Split::Train, Split::Valid] {
            for (row, id) in d.ids(split).iter().enumerate() {
                let old = whole.ids(Split::Train).iter().position(|other| other == id).unwrap();
                assert_eq!(d.batch(split, &[row]).unwrap(), whole.batch(Split::Train, &[old]).unwrap());
            }
        }
        let said = d.flaws.iter().find(|f| f.key == "valid").unwrap().to_string();
        assert!(said.contains("train, extra, test") && said.contains("2 clips of one video of train"), "{said}");
    }
}

#[test]
fn clips_of_one_video_are_divided_one_by_one() {
    let d = from_file(no_valid(|_, entries| set(entries, "id", Made::texts((0..CLIPS).map(|i| format!("v$_${i}"))))));
    assert_eq!((d.len(Split::Train), d.len(Split::Valid)), (5, 1));
    // A single clip cannot be divided.
    let one = |_: Split, entries: &mut Entries| {
        let y = (0..CLIPS).map(|i| if i == 0 { 0.5 } else { f32::NAN });
        set(entries, "regression_labels", Made::floats(&[CLIPS], y));
    };
    let text = open_bytes(no_valid(one), &raw()).unwrap_err().to_string();
    assert!(text.contains("valid") && text.contains("too few clips"), "{text}");
}
