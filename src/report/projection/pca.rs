//! Principal components: the plane in which points differ most.

use nalgebra::{DMatrix, SymmetricEigen};

use super::error::ProjectionError;

/// The two principal axes of a set of points.
#[derive(Clone, Debug)]
pub struct Pca {
    mean: Vec<f64>,
    /// Unit vectors; the component of the greatest absolute value is positive, so that equal input gives equal pictures.
    /// All zeros where points differ in fewer than two dimensions.
    axes: [Vec<f64>; 2],
    /// Share of the variance along each axis, in [0, 1]; 0 where all points are the same.
    pub explained: [f64; 2],
}

/// Turns of the eigenvalue iteration; a 64 x 64 matrix takes about a hundred.
const TURNS: usize = 100_000;

impl Pca {
    /// Fits the axes to points, (n, dim), all finite, n > 0.
    ///
    /// # Errors
    /// The eigenvalues were not found, or there are no points.
    pub fn fit(values: &[f32], dim: usize) -> Result<Pca, ProjectionError> {
        let points = values.len().checked_div(dim).unwrap_or(0);
        if points == 0 {
            return Err(ProjectionError::TooFew { least: 1, found: 0, left_out: 0 });
        }
        let mut mean = vec![0.0; dim];
        for point in values.chunks_exact(dim) {
            mean.iter_mut().zip(point).for_each(|(m, v)| *m += f64::from(*v) / points as f64);
        }
        let covariance = covariance(values, &mean, points);
        let total = covariance.trace();
        let eigen = SymmetricEigen::try_new(covariance, f64::EPSILON, TURNS)
            .ok_or(ProjectionError::NotConverged { points, turns: TURNS })?;
        let mut order: Vec<usize> = (0..dim).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let mut axes = [vec![0.0; dim], vec![0.0; dim]];
        let mut explained = [0.0; 2];
        // Below this the variance is what rounding left of none.
        let noise = total * 1e-14;
        for (k, &i) in order.iter().take(2).enumerate().filter(|(_, i)| eigen.eigenvalues[**i] > noise) {
            axes[k] = upright(eigen.eigenvectors.column(i).iter().copied().collect());
            explained[k] = (eigen.eigenvalues[i] / total).clamp(0.0, 1.0);
        }
        Ok(Pca { mean, axes, explained })
    }

    /// The places of points, (n, dim), in the plane of the axes, the mean at the origin.
    pub fn project(&self, values: &[f32]) -> Vec<[f32; 2]> {
        let along = |point: &[f32], axis: &[f64]| {
            let sum: f64 = point.iter().zip(&self.mean).zip(axis).map(|((v, m), a)| (f64::from(*v) - m) * a).sum();
            sum as f32
        };
        let dim = self.mean.len();
        values.chunks_exact(dim).map(|p| [along(p, &self.axes[0]), along(p, &self.axes[1])]).collect()
    }
}

/// (dim, dim), divided by n: only ratios of its eigenvalues are ever shown.
fn covariance(values: &[f32], mean: &[f64], points: usize) -> DMatrix<f64> {
    let dim = mean.len();
    let mut sums = vec![0.0; dim * dim];
    let mut apart = vec![0.0; dim];
    for point in values.chunks_exact(dim) {
        for ((a, v), m) in apart.iter_mut().zip(point).zip(mean) {
            *a = f64::from(*v) - m;
        }
        for (i, line) in sums.chunks_exact_mut(dim).enumerate() {
            // The upper triangle; the other is its mirror.
            let own = apart[i];
            line[i..].iter_mut().zip(&apart[i..]).for_each(|(s, a)| *s += own * a);
        }
    }
    DMatrix::from_fn(dim, dim, |i, j| sums[i.min(j) * dim + i.max(j)] / points as f64)
}

/// Turned so that its component of the greatest absolute value is positive.
fn upright(mut axis: Vec<f64>) -> Vec<f64> {
    let greatest = axis.iter().copied().fold(0.0, |g: f64, v| if v.abs() > g.abs() { v } else { g });
    if greatest < 0.0 {
        axis.iter_mut().for_each(|v| *v = -*v);
    }
    axis
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve points in five dimensions, made from whole numbers, so that any language makes the same.
    fn points() -> Vec<f32> {
        let value = |i: u32, j: u32| {
            let scale = [4.0, 2.0, 1.0, 1.0, 1.0][j as usize];
            ((f64::from((i * 37 + j * 101 + i * j * 13 + i * i * 7) % 97) / 97.0 - 0.5) * scale) as f32
        };
        (0..12).flat_map(|i| (0..5).map(move |j| value(i, j))).collect()
    }

    #[test]
    fn the_same_as_scikit_learn() {
        let pca = Pca::fit(&points(), 5).unwrap();
        // scikit-learn 1.9.1, numpy 2.4.6: PCA(2, svd_solver="full").fit_transform(points): components_,
        // explained_variance_ratio_, and the places.
        let axes = [
            [0.9801897, 0.1461384, 0.079446, 0.0220938, 0.1052231],
            [-0.1210014, 0.8611385, 0.3193521, 0.1560886, -0.3427094],
        ];
        let explained = [0.8161305, 0.0834901];
        let places = [
            [-2.0449395, -0.5455654],
            [-0.0195483, 0.6144991],
            [-1.6708234, 0.2587281],
            [1.2144755, -0.5392602],
            [0.8390185, -0.4992779],
            [0.9168015, -0.2380615],
            [1.6898457, 0.3842951],
            [-1.1916826, -0.3530953],
            [0.8571797, 0.6650147],
            [-0.7485305, 0.3233777],
            [-1.7163316, 0.1796174],
            [1.8745351, -0.2502716],
        ];
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        for k in 0..2 {
            pca.axes[k].iter().zip(axes[k]).for_each(|(a, b)| near(*a, b));
            near(pca.explained[k], explained[k]);
        }
        let own = pca.project(&points());
        own.iter().flatten().zip(places.iter().flatten()).for_each(|(a, b)| near(f64::from(*a), *b));
        assert_eq!(own.len(), places.len());
    }

    #[test]
    fn points_that_do_not_differ_lie_on_one_another() {
        for values in [vec![2.5; 4 * 7], vec![1.0, -3.0, 1e30, 0.1]] {
            let pca = Pca::fit(&values, 4).unwrap();
            assert_eq!(pca.explained, [0.0, 0.0]);
            assert!(pca.project(&values).iter().all(|p| *p == [0.0, 0.0]));
        }
        assert!(Pca::fit(&[], 4).is_err() && Pca::fit(&[], 0).is_err());
    }

    #[test]
    fn points_on_a_line_have_one_axis() {
        let values: Vec<f32> = (0..9).flat_map(|i| [i as f32, -(i as f32)]).collect();
        let pca = Pca::fit(&values, 2).unwrap();
        assert!((pca.explained[0] - 1.0).abs() < 1e-12 && pca.explained[1] == 0.0);
        assert!(pca.project(&values).iter().all(|p| p[1] == 0.0));
        let one = Pca::fit(&[1.0, 3.0, 8.0], 1).unwrap();
        assert_eq!((one.explained[0], one.project(&[4.0])), (1.0, vec![[0.0, 0.0]]));
    }

    #[test]
    fn turning_the_input_round_turns_nothing_but_the_picture() {
        let turned: Vec<f32> = points().iter().map(|v| -v).collect();
        let (a, b) = (Pca::fit(&points(), 5).unwrap(), Pca::fit(&turned, 5).unwrap());
        assert!(a.axes.iter().flatten().zip(b.axes.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn huge_values_are_survived() {
        let pca = Pca::fit(&[f32::MAX, 0.0, -f32::MAX, 1.0, 0.0, f32::MIN_POSITIVE], 2).unwrap();
        assert!(pca.explained.iter().all(|e| e.is_finite()));
    }
}
