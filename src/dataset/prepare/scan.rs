//! The one pass over all feature values when a dataset is opened: statistics, lengths that no key gives, values that are
//! not finite. It runs on several threads; the result does not depend on how many.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::normalise::{Moments, Normaliser, usable};
use super::parts::{Feature, Lengths, Padding};
use super::rows::Rows;
use crate::dataset::error::DatasetError;
use crate::dataset::file::hash::Hash;

/// Bytes of f64 values that one task of a thread works through.
const TASK: usize = 8 << 20;
/// Most threads: beyond this the disk is the limit.
const THREADS: usize = 8;

/// Values at either end of a row that make its hash: enough to tell clips apart, and quick.
const HASHED: usize = 64;

/// What was found.
#[derive(Debug)]
pub struct Scanned {
    /// Valid steps of each row.
    pub lengths: Vec<usize>,
    /// Of the valid steps.
    pub moments: Moments,
    /// Values in valid steps that are not usable, and the clips that have any.
    pub not_finite: (u64, u64),
    /// Clips with other values than 0 outside their valid steps.
    pub beyond: usize,
    /// A hash of each row's valid values, of the first and the last of them; 0 where these are zeros, or there are none.
    pub hashes: Vec<u64>,
    /// Clips of inferred length that have zeros at the end where no padding is.
    pub zeros_kept: usize,
}

impl Scanned {
    fn new(dim: usize) -> Self {
        Scanned {
            lengths: Vec::new(),
            moments: Moments::new(dim),
            not_finite: (0, 0),
            beyond: 0,
            hashes: Vec::new(),
            zeros_kept: 0,
        }
    }

    /// Takes in what was found in the rows that follow.
    fn append(&mut self, next: Scanned) {
        self.lengths.extend(next.lengths);
        self.hashes.extend(next.hashes);
        self.moments.merge(&next.moments);
        self.not_finite.0 += next.not_finite.0;
        self.not_finite.1 += next.not_finite.1;
        self.beyond += next.beyond;
        self.zeros_kept += next.zeros_kept;
    }
}

/// Looks through features, each of one modality of one split, and gives what was found in the same order.
///
/// # Errors
/// The first error of any of them: the file cannot be read.
pub fn scan(features: &[&Feature]) -> Result<Vec<Scanned>, DatasetError> {
    let tasks: Vec<(usize, Range<usize>)> =
        features.iter().enumerate().flat_map(|(f, feature)| split(f, feature)).collect();
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    // Parts are merged in the order of tasks, so that the sums are the same with any number of threads. A part that is
    // finished early waits in the map.
    struct Merged {
        results: Vec<Scanned>,
        waiting: BTreeMap<usize, Scanned>,
        done: usize,
        error: Option<DatasetError>,
    }
    let merged = Mutex::new(Merged {
        results: features.iter().map(|feature| Scanned::new(feature.rows.dim())).collect(),
        waiting: BTreeMap::new(),
        done: 0,
        error: None,
    });
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((f, rows)) = tasks.get(index) else { return };
            let part = scan_rows(features[*f], rows.clone());
            let mut merged = merged.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let m = &mut *merged;
            match part {
                Ok(part) => {
                    m.waiting.insert(index, part);
                    while let Some(part) = m.waiting.remove(&m.done) {
                        m.results[tasks[m.done].0].append(part);
                        m.done += 1;
                    }
                }
                Err(error) => {
                    m.error.get_or_insert(error);
                    stop.store(true, Ordering::Relaxed);
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, THREADS).min(tasks.len());
    if threads <= 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
    }
    let merged = merged.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    match merged.error {
        Some(error) => Err(error),
        None => Ok(merged.results),
    }
}

/// Cuts a feature's rows into tasks, always in the same way for the same data.
fn split(index: usize, feature: &Feature) -> Vec<(usize, Range<usize>)> {
    let rows = &feature.rows;
    let row_bytes = rows.max_steps().saturating_mul(rows.dim()).saturating_mul(size_of::<f64>()).max(1);
    // Merging a task's statistics costs as much as a few steps, so a task has many more rows than that.
    let count = (TASK / row_bytes).max(16);
    (0..rows.len()).step_by(count).map(|first| (index, first..(first + count).min(rows.len()))).collect()
}

fn scan_rows(feature: &Feature, range: Range<usize>) -> Result<Scanned, DatasetError> {
    let Feature { rows, lengths, padding, .. } = feature;
    let dim = rows.dim();
    let known = lengths.known();
    let infer = *lengths == Lengths::Inferred;
    let mut found = Scanned::new(dim);
    rows.each(
        range,
        |row| 0..rows.steps(row),
        |row, values| {
            let steps = rows.steps(row);
            let length = match known {
                Some(known) => known[row],
                None if infer => valid_steps(values, dim, *padding),
                None => steps,
            };
            found.lengths.push(length);
            let window = padding.window(length, steps);
            let valid = &values[window.start * dim..window.end * dim];
            if infer && length > 0 {
                let other_end = match padding {
                    Padding::Right => &valid[..dim],
                    Padding::Left => &valid[valid.len() - dim..],
                };
                found.zeros_kept += usize::from(other_end.iter().all(|&v| v == 0.0));
            }
            valid.chunks_exact(dim).for_each(|step| found.moments.add(step));
            found.hashes.push(hash(valid));
            let bad = valid.iter().filter(|&&v| !usable(v)).count() as u64;
            found.not_finite.0 += bad;
            found.not_finite.1 += u64::from(bad > 0);
            let outside = values[..window.start * dim].iter().chain(&values[window.end * dim..]);
            found.beyond += usize::from(outside.into_iter().any(|&v| v != 0.0));
        },
    )?;
    Ok(found)
}

/// A hash of the values at either end.
fn hash(values: &[f64]) -> u64 {
    let count = values.len().min(HASHED);
    let ends = || values[..count].iter().chain(&values[values.len() - count..]);
    if ends().all(|&v| v == 0.0) {
        return 0;
    }
    let mut hash = Hash::default();
    ends().for_each(|v| hash.word(v.to_bits()));
    hash.0
}

/// Steps that are left when steps of zeros are stripped from the padded end.
fn valid_steps(values: &[f64], dim: usize, padding: Padding) -> usize {
    let holds = |step: &[f64]| step.iter().any(|&v| v != 0.0);
    let mut steps = values.chunks_exact(dim);
    match padding {
        Padding::Right => steps.rposition(holds).map_or(0, |last| last + 1),
        Padding::Left => {
            let all = steps.len();
            steps.position(holds).map_or(0, |first| all - first)
        }
    }
}

/// Rows in memory, normalised and without their padding: (all valid steps, D), and where each row's steps start.
///
/// # Errors
/// The file cannot be read.
pub fn load(
    rows: Rows,
    lengths: &[usize],
    padding: Padding,
    normaliser: &Normaliser,
) -> Result<(Vec<f32>, Vec<usize>), DatasetError> {
    let dim = rows.dim();
    let mut starts = Vec::with_capacity(lengths.len() + 1);
    starts.push(0);
    let mut total = 0;
    for &n in lengths {
        total += n;
        starts.push(total);
    }
    let data = match rows {
        Rows::Memory { mut data, starts: old, .. } => {
            // Rows only move towards the front, so this can be done in place.
            let mut to = 0;
            for (row, &n) in lengths.iter().enumerate() {
                let window = padding.window(n, old[row + 1] - old[row]);
                let from = (old[row] + window.start) * dim;
                data.copy_within(from..from + n * dim, to);
                to += n * dim;
            }
            data.truncate(to);
            data.shrink_to_fit();
            normaliser.apply_in_place(&mut data);
            data
        }
        Rows::Disk { .. } => {
            let mut data = vec![0.0; total * dim];
            let mut rest = data.as_mut_slice();
            let wanted = |row: usize| padding.window(lengths[row], rows.steps(row));
            rows.each(0..rows.len(), wanted, |_, values| {
                let (row, after) = std::mem::take(&mut rest).split_at_mut(values.len());
                normaliser.apply(values, row);
                rest = after;
            })?;
            data
        }
    };
    Ok((data, starts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(rows: &[&[f32]], lengths: Lengths) -> Feature {
        let steps = rows[0].len();
        let starts = (0..=rows.len()).map(|r| r * steps).collect();
        Feature::new(Rows::Memory { data: rows.concat(), starts, dim: 1 }, lengths, "f4")
    }

    fn scanned(feature: &Feature) -> Scanned {
        scan(&[feature]).unwrap().remove(0)
    }

    #[test]
    fn lengths_are_inferred_at_either_end() {
        let right = feature(&[&[1.0, 0.0, 2.0, 0.0], &[3.0, 0.0, 0.0, 0.0], &[0.0; 4]], Lengths::Inferred);
        assert_eq!(scanned(&right).lengths, [3, 1, 0]);
        let rows: [&[f32]; 3] = [&[0.0, 1.0, 0.0, 2.0], &[0.0, 0.0, 0.0, f32::NAN], &[0.0; 4]];
        let left = Feature { padding: Padding::Left, ..feature(&rows, Lengths::Inferred) };
        let found = scanned(&left);
        assert_eq!(found.lengths, [3, 1, 0]);
        assert_eq!((found.not_finite, found.zeros_kept), ((1, 1), 0));
        // A face that is missing in the first frame: kept, and counted.
        let late = feature(&[&[0.0, 1.0, 2.0, 0.0], &[3.0, 0.0, 0.0, 0.0]], Lengths::Inferred);
        let found = scanned(&late);
        assert_eq!((found.lengths, found.zeros_kept), (vec![3, 1], 1));
    }

    #[test]
    fn only_valid_steps_count() {
        let given = Lengths::Given { key: "audio_lengths", lengths: vec![1, 2, 0] };
        let found = scanned(&feature(&[&[1.0, 99.0, 0.0], &[3.0, 5.0, 0.0], &[0.0; 3]], given));
        assert_eq!(found.moments.mean(0), 3.0);
        assert_eq!(found.beyond, 1);
        assert_eq!(found.lengths, [1, 2, 0]);
    }

    #[test]
    fn tasks_cover_every_row_once_and_merge_to_the_same_sums() {
        let n = 3000;
        let data: Vec<f32> = (0..n * 500).map(|i| (i % 1013) as f32).collect();
        let starts = (0..=n).map(|r| r * 100).collect();
        let rows = Rows::Memory { data: data.clone(), starts, dim: 5 };
        let feature = Feature::new(rows, Lengths::Whole, "f4");
        assert!(split(0, &feature).len() > 1);
        let found = scan(&[&feature, &feature]).unwrap();
        for f in &found {
            assert_eq!(f.lengths, vec![100; n]);
            let mean = data.iter().step_by(5).map(|&v| f64::from(v)).sum::<f64>() / (n * 100) as f64;
            assert!((f.moments.mean(0) - mean).abs() < 1e-9);
        }
        assert_eq!(found[0].moments.mean(3).to_bits(), found[1].moments.mean(3).to_bits());
    }

    #[test]
    fn loading_keeps_the_valid_steps_only() {
        let rows = || Rows::Memory {
            data: vec![0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0],
            starts: vec![0, 3, 6, 9],
            dim: 1,
        };
        let mut moments = Moments::new(1);
        [1.0, 2.0, 3.0].iter().for_each(|&v| moments.add(&[v]));
        let n = Normaliser::new(&moments, false, 0.0);
        let (data, starts) = load(rows(), &[2, 1, 0], Padding::Left, &n).unwrap();
        assert_eq!((data, starts), (vec![1.0, 2.0, 3.0], vec![0, 2, 3, 3]));
    }

    #[test]
    fn rows_of_the_same_valid_values_have_one_hash() {
        let given = Lengths::Given { key: "audio_lengths", lengths: vec![2, 2, 2, 1, 0, 3] };
        let rows: [&[f32]; 6] = [
            &[1.0, 2.0, 0.0],
            &[1.0, 2.0, 9.0],
            &[2.0, 1.0, 0.0],
            &[1.0, 2.0, 0.0],
            &[5.0, 0.0, 0.0],
            &[0.0, 0.0, 0.0],
        ];
        let hashes = scanned(&feature(&rows, given)).hashes;
        assert_eq!(hashes[0], hashes[1]);
        assert!(hashes[0] != hashes[2] && hashes[0] != hashes[3] && hashes[0] != 0);
        assert_eq!(hashes[4..], [0, 0], "no values, or zeros, tell nothing");
    }
}
