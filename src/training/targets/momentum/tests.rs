//! Momentum labels against the authors' code, run in numpy on the same numbers; and what is not in their code: classes
//! without a clip, and going on from a checkpoint.

use burn::tensor::{Device, Tensor};

use super::*;
use crate::training::targets::loss::loss;

const Y: [f32; 6] = [0.8, -0.4, 0.0, -0.6, 0.2, -0.2];
const D: usize = 2;
const FUSED: usize = 3;
/// The batches of the epochs.
const BATCHES: [[&[usize]; 2]; 3] = [[&[0, 1, 2, 3], &[4, 5]], [&[2, 5, 0], &[1, 3, 4]], [&[5, 4, 3, 2], &[1, 0]]];

/// Made-up representations, (rows, dim): text is kind 0, audio 1, vision 2, fused 3.
fn features(kind: usize, epoch: usize, rows: &[usize], dim: usize) -> Vec<f32> {
    let value = |row: usize, k: usize| ((kind * 7 + epoch * 5 + row * 3 + k * 11) * (row + 2) % 16) as f32 / 8.0 - 1.0;
    rows.iter().flat_map(|&row| (0..dim).map(move |k| value(row, k))).collect()
}

fn take_in(momentum: &mut Momentum, epoch: usize, rows: &[usize]) {
    momentum.begin_epoch(epoch as u32);
    let single = PerModality::from_fn(|m| features(m as usize, epoch, rows, D));
    momentum.take_in(rows, &single, &features(3, epoch, rows, FUSED));
}

/// With two rows of other splits behind those of the training split.
fn fresh() -> Momentum {
    of(&[&Y[..], &[f32::NAN; 2]].concat(), Y.len(), D)
}

/// Labels of rows, the first of which are of the training split.
fn of(labels: &[f32], train: usize, d: usize) -> Momentum {
    Momentum::of(labels[..train].to_vec(), PerModality::from_fn(|_| labels.to_vec()), 1.0, d, FUSED)
}

fn near(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
    }
}

#[test]
fn labels_losses_and_gradients_are_those_of_the_authors_code() {
    let mut momentum = fresh();
    // For each batch the loss of text, and its gradient in the predictions 0.125 row - 0.25.
    let mut losses: Vec<(f32, Vec<f32>)> = Vec::new();
    for (epoch, batches) in (1..).zip(BATCHES) {
        for rows in batches {
            let predicted: Vec<f32> = rows.iter().map(|&row| 0.125 * row as f32 - 0.25).collect();
            let predicted = Tensor::<1>::from_data(&predicted[..], &Device::flex().autodiff()).require_grad();
            let loss = loss(&momentum, Modality::Text, rows, predicted.clone());
            let gradient = predicted.grad(&loss.backward()).unwrap().into_data().try_into_vec::<f32>().unwrap();
            losses.push((loss.into_scalar(), gradient));
            take_in(&mut momentum, epoch, rows);
        }
    }
    let labels = &momentum.labels().corrected;
    near(&labels.text[..6], &[0.3611621, -0.4882322, -0.0944607, -0.6396462, 0.6697951, -0.2004189]);
    near(&labels.audio[..6], &[-0.3508222, -0.4152447, 0.07115822, -0.3512409, -0.2772066, -0.3202666]);
    near(&labels.vision[..6], &[0.1050613, -0.4277535, -0.2374929, 0.1481938, 0.2606836, -0.3774599]);
    assert!(labels.iter().all(|(_, y)| y[6..].iter().all(|y| y.is_nan())));
    // In the first epoch every label is y, and in the second none of a batch's has moved yet.
    assert!(losses[..4].iter().all(|(loss, gradient)| *loss == 0.0 && gradient.iter().all(|g| *g == 0.0)));
    near(&losses[4].1, &[0.02253206, -0.1000431, 0.04929309, 0.02432262]);
    near(&losses[5].1, &[0.02777006, -0.01392076]);
    near(&[losses[4].0, losses[5].0], &[0.07658431, 0.02340983]);
}

#[test]
fn a_state_that_was_kept_goes_on_bit_for_bit() {
    let mut whole = fresh();
    let mut resumed: Option<Momentum> = None;
    for (epoch, batches) in (1..).zip(BATCHES) {
        for rows in batches {
            take_in(&mut whole, epoch, rows);
            let mut next = fresh();
            if let Some(before) = &mut resumed {
                take_in(before, epoch, rows);
                next.restore(&before.state().unwrap().unwrap()).unwrap();
            } else {
                next.restore(&whole.state().unwrap().unwrap()).unwrap();
            }
            resumed = Some(next);
        }
    }
    let resumed = resumed.unwrap();
    assert_eq!(whole.state().unwrap(), resumed.state().unwrap());
    assert!(whole.spaces.iter().all(|(m, s)| s.classes == resumed.spaces[m].classes && s.centres().is_some()));
    let other = of(&Y, Y.len(), D + 1);
    let error = { other }.restore(&whole.state().unwrap().unwrap()).unwrap_err().to_string();
    assert!(error.contains("12 values of text") && error.contains("--restart joint"), "{error}");
    assert!(fresh().restore(b"else").is_err());
}

/// Sums that are carried along are those that adding up anew would give.
#[test]
fn sums_follow_the_clips_and_their_labels() {
    let mut momentum = fresh();
    momentum.labels.corrected.audio[3] = f32::NAN;
    momentum.spaces.audio = Space::new(&momentum.labels.corrected.audio[..6], D);
    for (epoch, batches) in (1..).zip(BATCHES) {
        batches.into_iter().for_each(|rows| take_in(&mut momentum, epoch, rows));
    }
    for (m, space) in momentum.spaces.iter().chain([(Modality::Text, &momentum.fused)]) {
        let labels = if space.dim == FUSED { &Y[..] } else { &momentum.labels.corrected[m][..6] };
        let own = space.features.chunks_exact(space.dim).zip(labels);
        for (class, belongs) in space.classes.iter().zip([|y: f32| y > 0.0, |y: f32| y < 0.0]) {
            let own: Vec<&[f32]> = own.clone().filter(|(_, y)| belongs(**y)).map(|(x, _)| x).collect();
            assert_eq!(class.clips, own.len(), "{m}");
            for (k, sum) in class.sum.iter().enumerate() {
                assert!((sum - own.iter().map(|x| f64::from(x[k])).sum::<f64>()).abs() < 1e-12, "{m}");
            }
        }
    }
}

#[test]
fn labels_stay_where_a_class_has_no_clip_or_the_quotient_is_undefined() {
    let mut positive = of(&[0.5, 1.0], 2, D);
    for epoch in 1..4 {
        take_in(&mut positive, epoch, &[0, 1]);
    }
    assert_eq!(positive.labels().corrected.text, [0.5, 1.0]);
    assert_eq!(asked(0.0, f64::INFINITY, 1.0, 1.0), None);
    assert_eq!(asked(0.5, 1.0, -LEAST, 1.0), Some(1.0));
    assert_eq!(moved(0.5, 1.0, 3.0), 0.75);
}
