//! The three parts of a dataset and values kept once for each ([the method](crate::book::method), data files).

use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

/// CH-SIMS v2's training split of labelled clips and others, which a mask tells apart.
pub const MIXED: &str = "train_mix";

/// The three parts of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    Train,
    Valid,
    Test,
}

impl Split {
    /// All splits, in the order in which files and label tables hold them.
    pub const ALL: [Split; 3] = [Split::Train, Split::Valid, Split::Test];

    /// The key of the split in MMSA files and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Valid => "valid",
            Split::Test => "test",
        }
    }

    /// What the projects of the field call the split, the usual name first.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Split::Train => &["train", "Train", "TRAIN", "training", MIXED],
            Split::Valid => &["valid", "dev", "val", "validation", "Valid", "VALID"],
            Split::Test => &["test", "Test", "TEST", "testing"],
        }
    }
}

impl std::fmt::Display for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One value for each split, serialised with the splits' names as keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerSplit<T> {
    pub train: T,
    pub valid: T,
    pub test: T,
}

impl<T> PerSplit<T> {
    /// Calls `f` once for each split, in the order train, valid, test.
    pub fn try_from_fn<E>(mut f: impl FnMut(Split) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self { train: f(Split::Train)?, valid: f(Split::Valid)?, test: f(Split::Test)? })
    }

    /// As [`try_from_fn`](Self::try_from_fn), for an `f` that cannot fail.
    pub fn from_fn(mut f: impl FnMut(Split) -> T) -> Self {
        Self { train: f(Split::Train), valid: f(Split::Valid), test: f(Split::Test) }
    }

    /// The three values with their split.
    pub fn iter(&self) -> impl Iterator<Item = (Split, &T)> {
        Split::ALL.into_iter().map(move |s| (s, &self[s]))
    }
}

impl<T> Index<Split> for PerSplit<T> {
    type Output = T;

    fn index(&self, s: Split) -> &T {
        match s {
            Split::Train => &self.train,
            Split::Valid => &self.valid,
            Split::Test => &self.test,
        }
    }
}

impl<T> IndexMut<Split> for PerSplit<T> {
    fn index_mut(&mut self, s: Split) -> &mut T {
        match s {
            Split::Train => &mut self.train,
            Split::Valid => &mut self.valid,
            Split::Test => &mut self.test,
        }
    }
}
