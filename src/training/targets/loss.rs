//! The loss of one modality's task.

use burn::tensor::Tensor;

use super::kind::Targets;
use crate::modality::Modality;
use crate::training::losses::mean_abs_known;

/// Mean of w |ŷ_m - y_m| over those clips of a batch that have a label, (1); 0 where none has. `rows`: of the training split;
/// `predicted`: ŷ_m, (B).
pub fn loss(targets: &dyn Targets, m: Modality, rows: &[usize], predicted: Tensor<1>) -> Tensor<1> {
    // The training split comes first, so its row numbers are those of the whole table.
    let labels: Vec<f32> = rows.iter().map(|&row| targets.labels().corrected[m][row]).collect();
    let weights: Option<Vec<f32>> = rows.iter().map(|&row| targets.weight(m, row)).collect();
    mean_abs_known(predicted, &labels, weights.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modality::PerModality;
    use crate::training::events::LabelValues;
    use crate::training::targets::kind::Fixed;
    use burn::tensor::Device;

    #[test]
    fn clips_without_a_label_have_no_part_in_loss_and_gradient() {
        let labels = |y: &[f32]| {
            Fixed(LabelValues { corrected: PerModality::from_fn(|_| y.to_vec()), ..LabelValues::default() })
        };
        let of = |y: &[f32]| {
            let predicted = Tensor::<1>::from_data([0.5f32, 0.25, -0.75], &Device::flex().autodiff()).require_grad();
            let loss = loss(&labels(y), Modality::Audio, &[2, 0, 1], predicted.clone());
            let gradient = predicted.grad(&loss.backward()).unwrap().into_data().try_into_vec::<f32>().unwrap();
            (loss.into_scalar::<f32>(), gradient)
        };
        let third = 1.0 / 3.0;
        assert_eq!(of(&[0.5, -1.0, 0.0]), (third, vec![third, -third, third]));
        assert_eq!(of(&[f32::NAN, -1.0, 0.0]), (0.375, vec![0.5, 0.0, 0.5]));
        assert_eq!(of(&[f32::NAN; 3]), (0.0, vec![0.0; 3]));
    }
}
