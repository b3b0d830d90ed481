//! Percentile intervals by the bootstrap: rows are drawn with replacement, and what was measured on them is measured
//! again. The same rows give the same interval, on any number of threads.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::events::Interval;

/// How often rows are drawn again.
pub const RESAMPLES: usize = 1000;
/// The same for labels that a later refresh replaces: on small data a thousand would take as long as the epoch.
pub const LIVE_RESAMPLES: usize = 250;
/// Share of the resamples that an interval holds.
pub const CONFIDENCE: f64 = 0.95;
/// An interval is undefined where more than this share of the resamples is.
const UNDEFINED: f64 = 0.1;
/// Rows drawn before they are added: where no call of the generator comes between additions, sums stay in registers.
const TOGETHER: usize = 64;
const SEED: u64 = 0x6d75_675f_626f_6f74;

/// Percentile intervals of `M` measures, each computed from sums over rows.
///
/// `terms` holds what each row adds to each of `T` sums; `measure` gets these sums over as many rows, drawn with
/// replacement, and gives the measures, NaN where one is undefined.
pub fn intervals<const T: usize, const M: usize>(
    terms: &[[f64; T]],
    resamples: usize,
    measure: impl Fn(&[f64; T]) -> [f64; M] + Sync,
) -> [Option<Interval>; M] {
    let count = terms.len();
    if count == 0 || count > u32::MAX as usize || resamples == 0 {
        return [None; M];
    }
    percentiles(resamples, measure, |rng, sums| draw(rng, terms, count, 1.0, sums))
}

/// Rows drawn from a stratum, as what each adds to `T` sums.
#[derive(Clone, Copy, Debug)]
pub struct Sampled<'a, const T: usize> {
    /// Rows of the stratum.
    pub size: f64,
    pub terms: &'a [[f64; T]],
}

impl<const T: usize> Sampled<'_, T> {
    /// The sums over all rows of the strata, as the drawn ones tell them: each counts for as many as it stands for.
    pub fn total(strata: &[Self]) -> [f64; T] {
        let mut sums = [0.0; T];
        for stratum in strata {
            let weight = stratum.size / stratum.terms.len().max(1) as f64;
            stratum.terms.iter().for_each(|terms| add(&mut sums, terms, weight));
        }
        sums
    }

    /// The standard error of the mean over all rows of something that each row has. Strata with one row add nothing to it.
    pub fn standard_error(strata: &[Self], of: impl Fn(&[f64; T]) -> f64) -> f64 {
        let all: f64 = strata.iter().map(|s| s.size).sum();
        let variance = |stratum: &Self| {
            let n = stratum.terms.len() as f64;
            let mean = stratum.terms.iter().map(&of).sum::<f64>() / n.max(1.0);
            let squares: f64 = stratum.terms.iter().map(|t| (of(t) - mean).powi(2)).sum();
            if n < 2.0 { 0.0 } else { (stratum.size / all).powi(2) * squares / (n - 1.0) / n }
        };
        strata.iter().map(variance).sum::<f64>().sqrt()
    }
}

/// As [`intervals`], of rows that were drawn from strata; `measure` gets sums over all rows of the strata. From a stratum
/// with n rows n - 1 are drawn, which makes the spread that of the estimate (Rao and Wu, JASA 83, 1988); a single one is
/// taken as it is.
pub fn stratified_intervals<const T: usize, const M: usize>(
    strata: &[Sampled<'_, T>],
    resamples: usize,
    measure: impl Fn(&[f64; T]) -> [f64; M] + Sync,
) -> [Option<Interval>; M] {
    let fits = |s: &Sampled<'_, T>| (1..=u32::MAX as usize).contains(&s.terms.len());
    if strata.is_empty() || !strata.iter().all(fits) || resamples == 0 {
        return [None; M];
    }
    percentiles(resamples, measure, |rng, sums| {
        for Sampled { size, terms } in strata {
            let draws = terms.len().saturating_sub(1).max(1);
            draw(rng, terms, draws, size / draws as f64, sums);
        }
    })
}

/// Adds so many rows, drawn with replacement, to sums.
fn draw<const T: usize>(rng: &mut ChaCha8Rng, terms: &[[f64; T]], mut draws: usize, weight: f64, sums: &mut [f64; T]) {
    let mut rows = [0; TOGETHER];
    let mut own = *sums;
    while draws > 0 {
        let rows = &mut rows[..draws.min(TOGETHER)];
        for row in &mut *rows {
            *row = below(rng, terms.len());
        }
        for &row in &*rows {
            add(&mut own, &terms[row], weight);
        }
        draws -= rows.len();
    }
    *sums = own;
}

// By index: pairs of iterators are calls in builds without link-time optimisation.
#[inline(always)]
fn add<const T: usize>(sums: &mut [f64; T], terms: &[f64; T], weight: f64) {
    for t in 0..T {
        sums[t] += weight * terms[t];
    }
}

/// The percentile interval of a measure that is no function of sums: it gets the positions of `count` rows, drawn with
/// replacement, and gives NaN where it is undefined.
pub fn interval_of_rows(count: usize, resamples: usize, measure: impl Fn(&[usize]) -> f64 + Sync) -> Option<Interval> {
    if count == 0 || count > u32::MAX as usize || resamples == 0 {
        return None;
    }
    let [found] = percentiles(
        resamples,
        |[value]: &[f64; 1]| [*value],
        |rng, value| {
            let rows: Vec<usize> = (0..count).map(|_| below(rng, count)).collect();
            value[0] = measure(&rows);
        },
    );
    found
}

/// A row of `count`. A product's upper half: for fewer than a million rows off from uniform by less than 1 in 4000.
#[inline(always)]
fn below(rng: &mut ChaCha8Rng, count: usize) -> usize {
    ((u64::from(rng.next_u32()) * count as u64) >> 32) as usize
}

/// Percentiles of what is measured on sums that are drawn again and again.
fn percentiles<const T: usize, const M: usize>(
    resamples: usize,
    measure: impl Fn(&[f64; T]) -> [f64; M] + Sync,
    draw: impl Fn(&mut ChaCha8Rng, &mut [f64; T]) + Sync,
) -> [Option<Interval>; M] {
    let found: Vec<[f64; M]> = (0..resamples)
        .into_par_iter()
        .map(|k| {
            let mut rng = ChaCha8Rng::seed_from_u64(SEED.wrapping_add(k as u64));
            let mut sums = [0.0; T];
            draw(&mut rng, &mut sums);
            measure(&sums)
        })
        .collect();
    std::array::from_fn(|m| {
        let mut values: Vec<f64> = found.iter().map(|v| v[m]).filter(|v| v.is_finite()).collect();
        if ((resamples - values.len()) as f64) > UNDEFINED * resamples as f64 {
            return None;
        }
        values.sort_unstable_by(f64::total_cmp);
        let tail = (1.0 - CONFIDENCE) / 2.0;
        Some([percentile(&values, tail)?, percentile(&values, 1.0 - tail)?])
    })
}

/// The value below which a share of sorted values lies, between neighbours by proportion (numpy's default).
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * (sorted.len().checked_sub(1)?) as f64;
    let below = place.floor();
    let low = *sorted.get(below as usize)?;
    let high = *sorted.get(place.ceil() as usize)?;
    Some(low + (high - low) * (place - below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_as_numpy_has_them() {
        // numpy.percentile([1, 2, 4, 8, 16], [2.5, 50, 97.5]), numpy 2.
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (share, expected) in [(0.025, 1.1), (0.5, 4.0), (0.975, 15.2)] {
            assert!((percentile(&values, share).unwrap() - expected).abs() < 1e-12, "{share}");
        }
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(percentile(&[3.0], 0.975), Some(3.0));
    }

    #[test]
    fn undefined_measures_and_no_rows_have_no_interval() {
        let mean = |sums: &[f64; 1]| [sums[0] / 3.0, f64::NAN];
        let [mean_of, never] = intervals(&[[1.0], [1.0], [1.0]], 50, mean);
        assert_eq!((mean_of, never), (Some([1.0, 1.0]), None));
        assert_eq!(intervals(&[], 50, mean), [None; 2]);
    }

    #[test]
    fn a_measure_of_rows_is_drawn_as_one_of_sums() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 13)).collect();
        let terms: Vec<[f64; 1]> = values.iter().map(|v| [*v]).collect();
        let [of_sums] = intervals(&terms, 200, |sums: &[f64; 1]| [sums[0] / 40.0]);
        let mean = |rows: &[usize]| rows.iter().map(|r| values[*r]).sum::<f64>() / rows.len() as f64;
        assert_eq!(interval_of_rows(40, 200, mean), of_sums);
        assert_eq!((interval_of_rows(0, 200, mean), interval_of_rows(40, 200, |_| f64::NAN)), (None, None));
    }

    const SCIPY: [f64; 2] = [-0.064177, 0.017489];

    #[test]
    fn intervals_lie_where_scipys_do() {
        // scipy.stats.bootstrap of the mean of paired differences, percentile method: tests/fixtures/statistics.py. Other
        // draws: as near as two of scipy's own.
        let at = |i: u32, step: f64| f64::from(i) * step;
        let differences: Vec<f64> = (0..60).map(|i| at(i, 0.7).sin() * 0.2 + at(i, 0.31).cos() * 0.1 - 0.03).collect();
        let mean = |rows: &[usize]| rows.iter().map(|r| differences[*r]).sum::<f64>() / rows.len() as f64;
        let [low, high] = interval_of_rows(60, 4000, mean).unwrap();
        let near = |found: f64, scipy: f64| assert!((found - scipy).abs() < 0.003, "{found} {scipy}");
        near(low, SCIPY[0]);
        near(high, SCIPY[1]);
    }

    #[test]
    fn the_same_rows_give_the_same_interval() {
        let terms: Vec<[f64; 1]> = (0..40).map(|i| [f64::from(i * 7 % 13)]).collect();
        let mean = |sums: &[f64; 1]| [sums[0] / 40.0];
        let first = intervals(&terms, 300, mean);
        assert_eq!(first, intervals(&terms, 300, mean));
        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(first, one_thread.install(|| intervals(&terms, 300, mean)));
        assert!(first[0].is_some_and(|[low, high]| low < high));
    }
}
