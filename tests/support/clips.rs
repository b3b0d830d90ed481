//! Small parts of the demo, for tests that train.

use std::sync::Arc;

use mug::config::Settings;
use mug::dataset::Dataset;
use mug::dataset::demo;
use mug::dataset::memory::MemorySplit;
use mug::modality::Modality;

/// The first clips of the demo: so many to train on, and so many in each of the other splits. `change` may alter the
/// training and validation labels.
pub fn demo_clips(train: usize, others: usize, settings: &Settings, change: impl Fn(&mut [f32])) -> Arc<Dataset> {
    let mut splits = demo::generate(3);
    for (split, keep) in [(&mut splits.train, train), (&mut splits.valid, others), (&mut splits.test, others)] {
        cut(split, keep);
        change(&mut split.labels);
    }
    Arc::new(Dataset::from_memory("small demo", splits, demo::LABEL_RANGE, &settings.data).unwrap())
}

/// Keeps the first clips of a split.
pub fn cut(split: &mut MemorySplit, keep: usize) {
    split.ids.truncate(keep);
    split.transcripts.truncate(keep);
    split.labels.truncate(keep);
    for m in Modality::ALL {
        if let Some(labels) = &mut split.unimodal {
            labels[m].truncate(keep);
        }
        let sequences = &mut split.sequences[m];
        sequences.lengths.truncate(keep);
        sequences.data.truncate(keep * sequences.steps * sequences.dim);
    }
}
