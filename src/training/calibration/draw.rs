//! Clips of the data's own human labels, drawn as if people had just judged them.

use rand::seq::SliceRandom;

use crate::dataset::Dataset;
use crate::modality::Modality;
use crate::split::Split;
use crate::training::randomness::{Purpose, generator};

/// `count` training rows that have a human label of some modality, in order. With fewer such rows the error is their
/// number, 0 where the data has no human labels.
///
/// # Errors
/// See above.
pub fn draw(dataset: &Dataset, count: usize, seed: u64) -> Result<Vec<usize>, usize> {
    let judged = |row: &usize| {
        let human = dataset.unimodal_labels(Split::Train);
        human.is_some_and(|h| Modality::ALL.iter().any(|&m| h[m].get(*row).is_some_and(|y| y.is_finite())))
    };
    let mut rows: Vec<usize> = (0..dataset.len(Split::Train)).filter(judged).collect();
    if rows.len() < count {
        return Err(rows.len());
    }
    rows.shuffle(&mut generator(seed, Purpose::Calibration));
    rows.truncate(count);
    rows.sort_unstable();
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DataSettings;
    use crate::dataset::demo;

    #[test]
    fn rows_are_drawn_once_by_the_seed_and_only_where_people_judged() {
        let mut splits = demo::generate(1);
        for m in Modality::ALL {
            splits.train.unimodal.as_mut().unwrap()[m][100..].fill(f32::NAN);
        }
        let open = |splits| Dataset::from_memory("demo", splits, demo::LABEL_RANGE, &DataSettings::default()).unwrap();
        let data = open(splits);
        let rows = draw(&data, 30, 1).unwrap();
        assert!(rows.is_sorted_by(|a, b| a < b) && rows.len() == 30 && rows[29] < 100);
        assert!(draw(&data, 30, 1) == Ok(rows.clone()) && draw(&data, 30, 2) != Ok(rows));
        assert_eq!((draw(&data, 100, 1).map(|r| r.len()), draw(&data, 101, 1)), (Ok(100), Err(100)));
        let mut splits = demo::generate(1);
        splits.train.unimodal = None;
        assert_eq!(draw(&open(splits), 1, 1), Err(0));
    }
}
