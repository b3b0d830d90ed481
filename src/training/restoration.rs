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
    /// mean|ridge(h_m, ỹ) - y| over the clips that have m; `None` where none has.
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
        let rows = y.len().min(MOST_ROWS);
        let mut ridge = PerModality::default();
        for m in Modality::ALL {
            let (Some(train), Some(valid)) = (&train[m], &valid[m]) else { continue };
            let (dim, range) = (train.dims()[1], dataset.label_range);
            let h = values(train.clone().narrow(0, 0, rows))?;
            // A clip that lacks the modality has no part in it.
            let there = known(&context.presence.of(Split::Train)[m][..rows]);
            let weights = Ridge::fit(&input(&h, &of_training, dim, &there), &pick(y, &there));
            let there = known(&context.presence.of(Split::Valid)[m]);
            let found = weights.predict(&input(&values(valid.clone())?, &corrupted, dim, &there));
            let found = found.iter().map(|p| (*p as f32).clamp(-range, range));
            ridge[m] = (!there.is_empty()).then(|| mean_abs(found, &pick(wanted, &there)));
        }
        let returned = mean_abs(corrupted.iter().copied(), wanted);
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
        for (m, restored) in restored.known() {
            let there = known(&context.presence.of(Split::Valid)[m]);
            let Some(ridge) = self.ridge[m] else { continue };
            let members = pick(&values(restored.clone().mean_dim(0))?, &there);
            tell(format!("restored_{m}"), mean_abs(members.into_iter(), &pick(wanted, &there)));
            tell(format!("ridge_{m}"), ridge);
        }
        Ok(found)
    }
}

fn mean_abs(found: impl Iterator<Item = f32>, wanted: &[f32]) -> f32 {
    found.zip(wanted).map(|(a, b)| (a - b).abs()).sum::<f32>() / wanted.len().max(1) as f32
}

/// The rows that have something.
fn known(has: &[bool]) -> Vec<usize> {
    (0..has.len()).filter(|&row| has[row]).collect()
}

fn pick(values: &[f32], rows: &[usize]) -> Vec<f32> {
    rows.iter().map(|&row| values[row]).collect()
}

/// (rows, d + 1): h_m and ỹ of these rows.
fn input(h: &[f32], labels: &[f32], dim: usize, rows: &[usize]) -> DMatrix<f64> {
    let value = |row: usize, k: usize| if k < dim { h[row * dim + k] } else { labels[row] };
    DMatrix::from_fn(rows.len(), dim + 1, |at, k| f64::from(value(rows[at], k)))
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
