//! How well corrupted labels are restored, set against what costs nothing: returning them, and ridge regression on the same
//! input ([the method](crate::book::method), stage 2).
//!
//! Of the validation split, corrupted once as the settings say and the same way in every epoch.

use burn::module::Module;
use burn::tensor::Tensor;
use nalgebra::{DMatrix, DVector};

use super::bilevel::label_tensor;
use super::context::Context;
use super::error::TrainingError;
use super::events::Scalars;
use super::randomness::{Purpose, generator};
use super::readback::values;
use crate::dataset::corrupt;
use crate::modality::{Modality, PerModality};
use crate::model::corrector::Corrector;
use crate::split::{PerSplit, Split};

/// What the corrector is set against: known once the representations are.
pub struct Restoration {
    /// ỹ of the validation split.
    corrupted: Vec<f32>,
    /// mean|ỹ - y|
    returned: f32,
    /// mean|ridge(h_m, ỹ) - y| over the clips that have the modality; `None` for one that the network has no encoder of.
    ridge: PerModality<Option<f32>>,
}

/// The penalty on weights of columns that have variance 1, as a share of the number of rows.
const PENALTY: f64 = 1e-2;
/// Rows that the regression is made of at most: more change its handful of weights no more.
const MOST_ROWS: usize = 20_000;

impl Restoration {
    /// With h_m of the training and the validation split, of the network that predicts. `None` where there is no validation
    /// split.
    ///
    /// # Errors
    /// A device that failed.
    pub fn new(
        context: &Context,
        representations: &PerSplit<Option<PerModality<Option<Tensor<2>>>>>,
    ) -> Result<Option<Restoration>, TrainingError> {
        let Context { settings, dataset, .. } = context;
        let (Some(train), Some(valid)) = (&representations[Split::Train], &representations[Split::Valid]) else {
            return Ok(None);
        };
        let (y, wanted) = (dataset.labels(Split::Train), dataset.labels(Split::Valid));
        let mut rng = generator(settings.training.seed, Purpose::Restoration);
        let mut noisy = |labels: &[f32]| corrupt(labels, &settings.denoising.corruption, dataset.label_range, &mut rng);
        let (corrupted, of_training) = (noisy(wanted), noisy(y));
        let mut ridge = PerModality::default();
        for m in Modality::ALL {
            let (Some(train), Some(valid)) = (&train[m], &valid[m]) else { continue };
            let dim = train.dims()[1];
            let has = &context.presence.of(Split::Train)[m];
            let rows: Vec<usize> = (0..y.len()).filter(|row| has[*row]).take(MOST_ROWS).collect();
            let of_rows: Vec<f32> = rows.iter().map(|row| y[*row]).collect();
            let all: Vec<usize> = (0..wanted.len()).collect();
            let weights = Ridge::fit(&input(&values(train.clone())?, &of_training, dim, &rows), &of_rows);
            let found = weights.predict(&input(&values(valid.clone())?, &corrupted, dim, &all));
            let range = dataset.label_range;
            let found: Vec<f32> = found.iter().map(|p| (*p as f32).clamp(-range, range)).collect();
            ridge[m] = Some(mean_abs(&found, wanted, &context.presence.of(Split::Valid)[m]));
        }
        let returned = mean_abs(&corrupted, wanted, &vec![true; wanted.len()]);
        Ok(Some(Restoration { corrupted, returned, ridge }))
    }

    /// `restored_m`, `ridge_m` and `returned`; `h`: of each member's network, of the validation split.
    ///
    /// # Errors
    /// A device that failed.
    pub fn measure(
        &self,
        context: &Context,
        corrector: &Corrector,
        h: &[PerModality<Option<Tensor<2>>>],
    ) -> Result<Scalars, TrainingError> {
        let wanted = context.dataset.labels(Split::Valid);
        let labels = label_tensor(&self.corrupted, &context.plain_device());
        let restored = corrector.valid().correct(h, &labels);
        let mut found = Scalars::default();
        let mut tell = |name: String, value: f32| found.insert(name, Some(value).filter(|v| v.is_finite()));
        tell("returned".to_owned(), self.returned);
        for m in Modality::ALL {
            let (Some(restored), Some(ridge)) = (&restored[m], self.ridge[m]) else { continue };
            let members = values(restored.clone().mean_dim(0))?;
            tell(format!("restored_{m}"), mean_abs(&members, wanted, &context.presence.of(Split::Valid)[m]));
            tell(format!("ridge_{m}"), ridge);
        }
        Ok(found)
    }
}

/// mean|found - wanted| over the rows that count; NaN where none does.
fn mean_abs(found: &[f32], wanted: &[f32], counts: &[bool]) -> f32 {
    let rows = || found.iter().zip(wanted).zip(counts).filter(|(_, counts)| **counts);
    rows().map(|((a, b), _)| (a - b).abs()).sum::<f32>() / rows().count() as f32
}

/// (rows, d + 1): h_m and ỹ of some rows.
fn input(h: &[f32], labels: &[f32], dim: usize, rows: &[usize]) -> DMatrix<f64> {
    DMatrix::from_fn(rows.len(), dim + 1, |i, k| {
        let row = rows[i];
        f64::from(if k < dim { h[row * dim + k] } else { labels[row] })
    })
}

/// Linear regression with a squared penalty on its weights, columns standardised.
struct Ridge {
    weights: DVector<f64>,
    means: Vec<f64>,
    deviations: Vec<f64>,
    mean: f64,
}

impl Ridge {
    fn fit(x: &DMatrix<f64>, y: &[f32]) -> Ridge {
        let rows = x.nrows().max(1) as f64;
        let means: Vec<f64> = x.column_iter().map(|column| column.sum() / rows).collect();
        let deviation = |(column, mean): (nalgebra::DVectorView<f64>, &f64)| {
            let variance = column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / rows;
            // A column that never changes says nothing.
            if variance > 1e-12 { variance.sqrt() } else { f64::INFINITY }
        };
        let deviations: Vec<f64> = x.column_iter().zip(&means).map(deviation).collect();
        let mean = y.iter().map(|v| f64::from(*v)).sum::<f64>() / rows;
        let x = standardised(x, &means, &deviations);
        let y = DVector::from_iterator(y.len(), y.iter().map(|v| f64::from(*v) - mean));
        let normal = x.tr_mul(&x) + DMatrix::identity(x.ncols(), x.ncols()) * (PENALTY * rows);
        // With the penalty it is positive definite; numbers that are not finite leave no weights.
        let weights = normal.cholesky().map_or_else(|| DVector::zeros(x.ncols()), |found| found.solve(&x.tr_mul(&y)));
        Ridge { weights, means, deviations, mean }
    }

    fn predict(&self, x: &DMatrix<f64>) -> Vec<f64> {
        let found = standardised(x, &self.means, &self.deviations) * &self.weights;
        found.iter().map(|p| p + self.mean).collect()
    }
}

fn standardised(x: &DMatrix<f64>, means: &[f64], deviations: &[f64]) -> DMatrix<f64> {
    DMatrix::from_fn(x.nrows(), x.ncols(), |row, k| (x[(row, k)] - means[k]) / deviations[k])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ridge_finds_a_line_shrinks_with_its_penalty_and_takes_a_column_that_never_changes() {
        let n = 400;
        let x = DMatrix::from_fn(n, 3, |row, k| match k {
            0 => (row as f64 * 0.7).sin(),
            1 => (row as f64 * 1.3).cos(),
            _ => 5.0,
        });
        let y: Vec<f32> = (0..n).map(|row| (2.0 * x[(row, 0)] - x[(row, 1)] + 0.5) as f32).collect();
        let ridge = Ridge::fit(&x, &y);
        // Of columns with variance 1 and no correlation each weight is its own divided by 1 + the penalty.
        let own = |k: usize| ridge.weights[k] / ridge.deviations[k];
        assert!((own(0) - 2.0 / 1.01).abs() < 0.02 && (own(1) + 1.0 / 1.01).abs() < 0.02, "{} {}", own(0), own(1));
        let error = ridge.predict(&x).iter().zip(&y).map(|(a, b)| (a - f64::from(*b)).abs()).sum::<f64>() / n as f64;
        assert!(error < 0.03, "{error}");
        let broken = Ridge::fit(&DMatrix::from_element(3, 2, f64::NAN), &[1.0, 2.0, 3.0]);
        assert_eq!(broken.weights, DVector::zeros(2));
    }
}
