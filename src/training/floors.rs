//! What this machine's processor can do at most: the floors that `mug bench` measures the stages against.

use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};
use rayon::ThreadPoolBuildError;
use rayon::prelude::*;

/// Rows and columns of the product that is timed.
const SIZE: usize = 1024;
/// Numbers of each of the vectors that are streamed: three of 64 MiB are more than caches hold.
const STREAMED: usize = 1 << 24;
/// Numbers that a thread streams at a time.
const CHUNK: usize = 1 << 16;
/// Times that each is measured after a first one; the best counts, as other programs can only slow it down.
const REPEATS: usize = 5;

/// The rates of one number of threads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floors {
    pub threads: usize,
    /// Operations a second of burn's product of two matrices of 1024 x 1024, a multiplication and an addition being two.
    pub product: f64,
    /// Bytes a second read and written by a = b + s·c over vectors that no cache holds (McCalpin's STREAM triad, which does
    /// not count what is read of a).
    pub bandwidth: f64,
}

impl Floors {
    /// Measures with so many threads of the CPU; a fraction of a second, and 192 MiB.
    ///
    /// # Errors
    /// The threads could not be started.
    pub fn measure(threads: usize) -> Result<Self, ThreadPoolBuildError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        Ok(pool.install(|| Self { threads, product: product(), bandwidth: bandwidth() }))
    }
}

fn product() -> f64 {
    let matrix = |phase: f32| {
        let values = (0..SIZE * SIZE).map(|i| (i as f32 * 0.37 + phase).sin()).collect::<Vec<f32>>();
        Tensor::<2>::from_data(TensorData::new(values, [SIZE, SIZE]), &Device::flex())
    };
    let (a, b) = (matrix(0.0), matrix(1.0));
    let operations = 2 * SIZE * SIZE * SIZE;
    operations as f64 / best(|| a.clone().matmul(b.clone()))
}

fn bandwidth() -> f64 {
    let mut a = vec![0.0f32; STREAMED];
    let (b, c) = (vec![1.0f32; STREAMED], vec![2.0f32; STREAMED]);
    let seconds = best(|| {
        let of = b.par_chunks(CHUNK).zip(c.par_chunks(CHUNK));
        a.par_chunks_mut(CHUNK).zip(of).for_each(|(a, (b, c))| {
            for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
                *a = b + 0.5 * c;
            }
        });
    });
    (3 * STREAMED * size_of::<f32>()) as f64 / seconds
}

/// Seconds of the fastest of [`REPEATS`] times.
fn best<T>(mut run: impl FnMut() -> T) -> f64 {
    std::hint::black_box(run());
    let times = (0..REPEATS).map(|_| {
        let started = Instant::now();
        std::hint::black_box(run());
        started.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min).max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rate_is_a_number_to_divide_by() {
        let found = Floors::measure(1).unwrap();
        assert_eq!(found.threads, 1);
        assert!([found.product, found.bandwidth].iter().all(|rate| rate.is_finite() && *rate > 0.0), "{found:?}");
    }
}
