//! Which modalities each clip has for the network: what the data has no step of, what was taken away (`data.missing`) and
//! what the network has no encoder of (`model.modalities`) is all the same here ([the method](crate::book::method), missing
//! modalities).
//!
//! A value of what is not there is NaN in a column of values, and `None` where all of them would be.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::config::ModelSettings;
use crate::dataset::Dataset;
use crate::modality::PerModality;
use crate::split::{PerSplit, Split};

/// For each clip whether it has a modality.
pub struct Presence(PerSplit<PerModality<Vec<bool>>>);

impl Presence {
    pub fn new(dataset: &Dataset, model: &ModelSettings) -> Self {
        Self(PerSplit::from_fn(|split| {
            PerModality::from_fn(|m| dataset.lengths(split, m).iter().map(|&n| n > 0 && model.has(m)).collect())
        }))
    }

    /// For each clip of a split and each modality whether the clip has it.
    pub fn of(&self, split: Split) -> &PerModality<Vec<bool>> {
        &self.0[split]
    }

    /// The modalities that some clip lacks.
    pub fn lacking(&self) -> PerModality<bool> {
        PerModality::from_fn(|m| self.0.iter().any(|(_, has)| has[m].contains(&false)))
    }

    /// Makes values of what is not there undefined; a value for each row, rows in the order train, valid, test.
    pub fn blank(&self, values: &mut PerModality<Vec<f32>>) {
        let mut start = 0;
        for split in Split::ALL {
            self.blank_from(split, start, values);
            start += self.0[split].text.len();
        }
    }

    /// The same values with what is not there undefined, a value for each row of a split.
    pub fn blanked(&self, split: Split, mut values: PerModality<Vec<f32>>) -> PerModality<Vec<f32>> {
        self.blank_from(split, 0, &mut values);
        values
    }

    fn blank_from(&self, split: Split, start: usize, values: &mut PerModality<Vec<f32>>) {
        for (m, has) in self.0[split].iter() {
            for (value, has) in values[m].iter_mut().skip(start).zip(has) {
                if !has {
                    *value = f32::NAN;
                }
            }
        }
    }

    /// True where every value of what is there is finite; a value for each row, as in [`blank`](Self::blank).
    pub fn are_finite(&self, values: &PerModality<Vec<f32>>) -> bool {
        let finite = |(m, values): (_, &Vec<f32>)| {
            let has = self.0.iter().flat_map(|(_, has)| &has[m]);
            values.iter().zip(has).all(|(value, has)| value.is_finite() || !has)
        };
        values.iter().all(finite)
    }
}

/// The rows that have something, as an index of tensors; `None` where all have. The index is empty where none has.
pub fn rows_with(has: &[bool], device: &Device) -> Option<Tensor<1, Int>> {
    if !has.contains(&false) {
        return None;
    }
    let rows: Vec<i64> = has.iter().enumerate().filter(|(_, has)| **has).map(|(row, _)| row as i64).collect();
    let count = rows.len();
    Some(Tensor::from_data(TensorData::new(rows, [count]), device))
}

/// Two tensors' rows that have something, (rows, d) each; `None` where no row has.
pub fn pair_with(pair: (&Tensor<2>, &Tensor<2>), has: &[bool]) -> Option<(Tensor<2>, Tensor<2>)> {
    let (a, b) = (pair.0.clone(), pair.1.clone());
    match rows_with(has, &a.device().inner()) {
        None => Some((a, b)),
        Some(rows) if rows.dims() == [0] => None,
        Some(rows) => Some((a.select(0, rows.clone()), b.select(0, rows))),
    }
}
