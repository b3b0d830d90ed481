//! Corrected labels as they are read: each member's, averaged, moved to the labels' levels ([the method](crate::book::method), stage 3).

use burn::module::Module;
use burn::tensor::Tensor;

use super::bilevel::label_tensor;
use super::context::Context;
use super::error::TrainingError;
use super::events::LabelValues;
use super::inference::Inference;
use super::readback::values;
use crate::config::Average;
use crate::modality::PerModality;
use crate::model::corrector::Corrector;
use crate::split::{PerSplit, Split};

/// Rows that are corrected at once: all members' layers of all rows would not fit where there are many.
const ROWS: usize = 4096;

/// y_m = clip(g(h_m, y), -H, H) of every row, in the order train, valid, test, by each member, with the representations of
/// each member network; of these the average at the
/// nearest of the labels' levels, and the spread. NaN where a clip lacks the modality.
///
/// # Errors
/// A device that failed.
pub fn corrected_labels(
    context: &Context,
    corrector: &Corrector,
    representations: impl Fn(Split) -> Option<Vec<PerModality<Option<Tensor<2>>>>>,
) -> Result<LabelValues, TrainingError> {
    let corrector = corrector.valid();
    let average = context.settings.denoising.average;
    let mut corrected = PerModality::<Vec<f32>>::default();
    let mut spread = PerModality::<Vec<f32>>::default();
    for split in Split::ALL {
        let Some(h) = representations(split) else {
            continue;
        };
        let labels = context.dataset.labels(split);
        for (chunk, labels) in labels.chunks(ROWS).enumerate() {
            let (start, rows) = (chunk * ROWS, labels.len());
            let part =
                |h: &PerModality<Option<Tensor<2>>>| h.map(|_, h| h.as_ref().map(|h| h.clone().narrow(0, start, rows)));
            let h: Vec<_> = h.iter().map(part).collect();
            let given = labels;
            let labels = label_tensor(labels, &context.plain_device());
            for (m, members) in corrector.correct(&h, &labels).iter() {
                let members = members.clone().map(values).transpose()?;
                let has = &context.presence.of(split)[m][start..start + rows];
                for (row, has) in has.iter().enumerate() {
                    // A label that is hidden cannot be corrected.
                    let Some(members) = members.as_ref().filter(|_| *has && !given[row].is_nan()) else {
                        spread[m].push(f32::NAN);
                        corrected[m].push(f32::NAN);
                        continue;
                    };
                    let mut row: Vec<f64> = members.iter().skip(row).step_by(rows).map(|y| f64::from(*y)).collect();
                    spread[m].push(deviation(&row) as f32);
                    corrected[m].push(context.levels.nearest(averaged(&mut row, average) as f32));
                }
            }
        }
    }
    Ok(LabelValues { corrected, spread: (corrector.members() > 1).then_some(spread), weights: None })
}

/// [`corrected_labels`] by what each member network says of every split.
///
/// # Errors
/// A device that failed.
pub fn corrected_labels_of(
    context: &Context,
    corrector: &Corrector,
    found: &[PerSplit<Option<Inference>>],
) -> Result<LabelValues, TrainingError> {
    corrected_labels(context, corrector, |split| {
        found.iter().map(|f| f[split].as_ref().map(|f| f.representations.clone())).collect()
    })
}

/// The average of one value a member; NaN for none.
fn averaged(members: &mut [f64], average: Average) -> f64 {
    let n = members.len();
    match average {
        Average::Mean => mean(members),
        Average::Median => {
            members.sort_by(f64::total_cmp);
            mean(&members[(n.max(1) - 1) / 2..(n / 2 + 1).min(n)])
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation of a sample (divided by n - 1); 0 for less than two values.
fn deviation(members: &[f64]) -> f64 {
    let mean = mean(members);
    let squares: f64 = members.iter().map(|y| (y - mean).powi(2)).sum();
    if members.len() < 2 { 0.0 } else { (squares / (members.len() - 1) as f64).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn averages_of_a_few() {
        let of = |values: &[f64], average| averaged(&mut values.to_vec(), average);
        assert_eq!(of(&[3.0, 1.0, 5.0], Average::Mean), 3.0);
        assert_eq!(of(&[9.0, 1.0, 2.0], Average::Median), 2.0);
        assert_eq!(of(&[9.0, 1.0, 2.0, 4.0], Average::Median), 3.0);
        assert!(of(&[], Average::Median).is_nan());
        assert_eq!((deviation(&[1.0, 3.0]), deviation(&[0.7])), (2f64.sqrt(), 0.0));
    }

    proptest! {
        #[test]
        fn an_average_lies_within_and_one_member_is_its_own(values in prop::collection::vec(-1.0f64..1.0, 1..9)) {
            let (least, most) = values.iter().fold((1.0f64, -1.0f64), |(a, b), y| (a.min(*y), b.max(*y)));
            for average in [Average::Mean, Average::Median] {
                let found = averaged(&mut values.clone(), average);
                prop_assert!((least - 1e-12..=most + 1e-12).contains(&found));
                prop_assert_eq!(averaged(&mut [values[0]], average), values[0]);
            }
            prop_assert!(deviation(&values) <= most - least);
        }
    }
}
