//! How hard the demo is: what copying the label and a linear model reach (tests only).

use super::generate;
use crate::dataset::prepare::memory::MemorySplit;
use crate::modality::PerModality;

fn truth(split: &MemorySplit) -> &PerModality<Vec<f32>> {
    split.unimodal.as_ref().unwrap()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let sum = |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(x, y)| f(x - ma, y - mb)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|v| f64::from(*v)).collect()
}

#[test]
fn copying_the_label_is_decent_but_beatable() {
    for seed in 1..=3 {
        let demo = generate(seed);
        let y = wide(&demo.train.labels);
        let r = truth(&demo.train).map(|_, truth| correlation(&y, &wide(truth)));
        assert!((0.6..0.75).contains(&r.text), "{r:?}");
        assert!((0.75..0.88).contains(&r.audio) && (0.75..0.88).contains(&r.vision), "{r:?}");
    }
}

/// Mean, standard deviation and last value of every column over the valid steps, and a constant.
fn pooled(split: &MemorySplit) -> Vec<Vec<f64>> {
    let mut rows = vec![vec![1.0]; split.ids.len()];
    for (_, q) in split.sequences.iter() {
        for (i, clip) in q.data.chunks(q.steps * q.dim).enumerate() {
            for d in 0..q.dim {
                let column = || (0..q.lengths[i]).map(|t| f64::from(clip[t * q.dim + d]));
                let n = q.lengths[i] as f64;
                let mean = column().sum::<f64>() / n;
                let spread = (column().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
                rows[i].extend([mean, spread, column().next_back().unwrap()]);
            }
        }
    }
    rows
}

/// Solves (XᵀX + penalty · I) w = Xᵀy by elimination; the matrix is positive definite, so no pivot vanishes.
fn ridge(x: &[Vec<f64>], y: &[f64], penalty: f64) -> Vec<f64> {
    let k = x[0].len();
    let mut a = vec![vec![0.0; k + 1]; k];
    for (row, y) in x.iter().zip(y) {
        for i in 0..k {
            (0..k).for_each(|j| a[i][j] += row[i] * row[j]);
            a[i][k] += row[i] * y;
        }
    }
    a.iter_mut().enumerate().for_each(|(i, row)| row[i] += penalty);
    for i in 0..k {
        let pivot = a[i].clone();
        for row in a.iter_mut().skip(i + 1) {
            let factor = row[i] / pivot[i];
            (i..=k).for_each(|j| row[j] -= factor * pivot[j]);
        }
    }
    let mut w = vec![0.0; k];
    for i in (0..k).rev() {
        w[i] = (a[i][k] - (i + 1..k).map(|j| a[i][j] * w[j]).sum::<f64>()) / a[i][i];
    }
    w
}

#[test]
fn a_linear_model_on_pooled_features_does_not_solve_it() {
    let demo = generate(1);
    let (train, test) = (pooled(&demo.train), pooled(&demo.test));
    let fit = |y: &[f32], expected: &[f32]| {
        let w = ridge(&train, &wide(y), 10.0);
        let p: Vec<f64> = test.iter().map(|x| x.iter().zip(&w).map(|(x, w)| x * w).sum()).collect();
        correlation(&p, &wide(expected))
    };
    let r = fit(&demo.train.labels, &demo.test.labels);
    assert!((0.2..0.6).contains(&r), "multimodal label: {r}");
    for (m, known) in truth(&demo.train).iter() {
        let r = fit(known, &truth(&demo.test)[m]);
        assert!(r < 0.6, "{m}: {r}");
    }
}
