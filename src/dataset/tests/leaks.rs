//! Clips that stand in two splits.

use super::written::*;
use super::*;

/// A file whose splits have clips of their own, but for the first `shared` of test, which are train's.
fn file_sharing(shared: usize) -> Dataset {
    let bytes = file(|split, entries| {
        for (key, dim) in [("text", 3), ("audio", 2), ("vision", 2)] {
            let own = |row: usize| if split == Split::Test && row < shared { Split::Train } else { split };
            let value = |i: usize| (i * 7 % 11) as f32 + 100.0 * own(i / (4 * dim)) as u8 as f32 + 1.0;
            set(entries, key, Made::floats(&[CLIPS, 4, dim], (0..CLIPS * 4 * dim).map(value)));
        }
    });
    open_bytes(bytes, &raw()).unwrap()
}

#[test]
fn clips_with_features_of_train_are_counted() {
    let found = |d: &Dataset| d.flaws.iter().filter(|f| f.key == "features").cloned().collect::<Vec<_>>();
    assert_eq!(found(&file_sharing(0)), []);
    let kind = FlawKind::FeaturesOfTrain { clips: 2 };
    assert_eq!(found(&file_sharing(2)), [Flaw { split: Some(Split::Test), key: "features".to_owned(), kind }]);
}
