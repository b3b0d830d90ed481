//! Stage 2's objective: L_uni(φ) + λ L_mul(φ'(φ)) with the exact gradient through the virtual step ([the method](crate::book::method),
//! stage 2).

use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};

use crate::config::{DenoisingSettings, Objective};
use crate::device::is_cpu;
use crate::modality::PerModality;
use crate::model::corrector::{Corrector, Factors, loss, loss_and_step};
use crate::model::host::vector;

/// The terms of the objective, (1) each, in label units, summed over the members.
pub struct Terms {
    /// What the real step minimises.
    pub objective: Tensor<1>,
    /// L_uni(φ)
    pub unimodal: Tensor<1>,
    /// L_mul(φ'(φ))
    pub multimodal: Tensor<1>,
    /// K
    members: usize,
}

impl Terms {
    /// The names of [`means`](Self::means).
    pub const NAMES: &[&str] = &["loss", "unimodal", "multimodal"];

    /// Each term's mean over the members.
    pub fn means(self) -> Vec<Tensor<1>> {
        [self.objective, self.unimodal, self.multimodal].map(|t| t.div_scalar(self.members as f32)).to_vec()
    }
}

/// One batch for the corrector, all on its device; every member has corruptions of its own.
pub struct CorrectorBatch {
    /// h_m of each member network, (B, d).
    pub unimodal: Vec<PerModality<Option<Tensor<2>>>>,
    /// z_m of each, (B, d).
    pub projected: Vec<PerModality<Option<Tensor<2>>>>,
    /// y, (B)
    pub labels: Tensor<1>,
    /// What each clip counts in the mean of each modality, (B): 0 where it lacks it, see [`counts`]. `None` where none lacks
    /// any.
    pub counts: Option<PerModality<Vec<f32>>>,
    /// ỹ, (K, B)
    pub corrupted: Tensor<2>,
    /// ỹ', independent of ỹ, (K, B)
    pub corrupted_again: Tensor<2>,
}

/// The terms on a batch and the objective's gradient, with which each member is trained as it would be alone.
pub fn gradients(
    corrector: &Corrector,
    batch: &CorrectorBatch,
    settings: &DenoisingSettings,
) -> (Terms, GradientsParams) {
    if is_cpu(&batch.labels.device()) {
        return gradients_on_the_cpu(corrector, batch, settings);
    }
    let terms = objective(corrector, batch, settings);
    let gradients = GradientsParams::from_grads(terms.objective.backward(), corrector);
    (terms, gradients)
}

/// L_uni and L_mul are means over the modalities; a part of a corrector that serves one of three has a third of it.
fn share(corrector: &Corrector) -> f32 {
    corrector.parts().first().map_or(0, Vec::len) as f32 / corrector.modalities().len() as f32
}

/// What L_uni and L_mul count in the objective.
fn weights(settings: &DenoisingSettings) -> [f32; 2] {
    match settings.objective {
        Objective::UnimodalOnly => [1.0, 0.0],
        Objective::MultimodalOnly => [0.0, 1.0],
        Objective::Bilevel | Objective::FirstOrder => [1.0, settings.outer_weight],
    }
}

fn gradients_on_the_cpu(
    corrector: &Corrector,
    batch: &CorrectorBatch,
    settings: &DenoisingSettings,
) -> (Terms, GradientsParams) {
    let (share, [unimodal, multimodal]) = (share(corrector), weights(settings));
    let factors = Factors {
        unimodal: unimodal * share,
        multimodal: multimodal * share,
        step: share * settings.virtual_step,
        second_order: settings.objective != Objective::FirstOrder,
    };
    let single = (&batch.unimodal[..], &batch.corrupted);
    let fused = (&batch.projected[..], &batch.corrupted_again);
    let found = corrector.objective_on_the_cpu(single, fused, (&batch.labels, batch.counts.as_ref()), factors);
    let mut gradients = GradientsParams::new();
    for (id, gradient) in found.gradients {
        gradients.register(id, gradient);
    }
    let term = |value: f32| Tensor::from_data([value], &batch.labels.device().autodiff());
    let terms = Terms {
        objective: term(factors.unimodal * found.unimodal + factors.multimodal * found.multimodal),
        unimodal: term(share * found.unimodal),
        multimodal: term(share * found.multimodal),
        members: corrector.members(),
    };
    (terms, gradients)
}

/// The terms on a batch. One backward pass from `objective` gives its gradient in the corrector's parameters.
pub fn objective(corrector: &Corrector, batch: &CorrectorBatch, settings: &DenoisingSettings) -> Terms {
    let range = corrector.label_range();
    let share = share(corrector);
    let target = corrector.target(&batch.labels, batch.counts.as_ref());
    let weights = corrector.weights();
    let input = corrector.input(&batch.unimodal, &batch.corrupted);
    // φ' = φ - α∇L_uni(φ); first order treats the gradient as a constant.
    let (unimodal, step) = loss_and_step(&weights, input, &target, range, share * settings.virtual_step);
    let virtual_weights = weights.moved(if settings.objective == Objective::FirstOrder { step.detach() } else { step });
    let input = corrector.input(&batch.projected, &batch.corrupted_again);
    let multimodal = loss(&virtual_weights, input, &target, range);
    let (unimodal, multimodal) = (unimodal.mul_scalar(share), multimodal.mul_scalar(share));
    let objective = match settings.objective {
        Objective::UnimodalOnly => unimodal.clone(),
        Objective::MultimodalOnly => multimodal.clone(),
        Objective::Bilevel | Objective::FirstOrder => {
            unimodal.clone() + multimodal.clone().mul_scalar(settings.outer_weight)
        }
    };
    Terms { objective, unimodal, multimodal, members: corrector.members() }
}

/// What clips count in a mean over those of them that have a modality, relative to a mean over all: B over their number, 0
/// for the others.
pub fn counts(has: &[bool]) -> Vec<f32> {
    let there = has.iter().filter(|has| **has).count() as f32;
    has.iter().map(|own| if *own { has.len() as f32 / there } else { 0.0 }).collect()
}

/// Each member's labels as a tensor, (K, B).
pub fn member_tensor(labels: &[Vec<f32>], device: &burn::tensor::Device) -> Tensor<2> {
    let size = [labels.len(), labels.first().map_or(0, Vec::len)];
    Tensor::from_data(TensorData::new(labels.concat(), size), device)
}

/// Labels as a tensor, (B).
pub fn label_tensor(labels: &[f32], device: &burn::tensor::Device) -> Tensor<1> {
    vector(labels.to_vec(), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelSettings;
    use crate::device::test_gpu;
    use burn::module::{Module, ModuleMapper, Param};
    use burn::tensor::Device;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const BATCH: usize = 6;
    const WIDTH: usize = 3;
    const MEMBERS: usize = 2;

    /// Moves one element of one parameter.
    struct Nudge {
        parameter: usize,
        element: usize,
        by: f32,
        seen: usize,
    }

    impl ModuleMapper for Nudge {
        fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
            self.seen += 1;
            if self.seen - 1 != self.parameter {
                return parameter;
            }
            parameter.map(|t| {
                let (shape, device) = (t.dims(), t.device());
                let mut values = t.into_data().try_into_vec::<f32>().unwrap();
                values[self.element] += self.by;
                Tensor::from_data(TensorData::new(values, shape), &device).require_grad()
            })
        }
    }

    /// All gradients of a module, parameter by parameter.
    struct Collect<'a> {
        gradients: &'a mut GradientsParams,
        found: Vec<Vec<f32>>,
    }

    impl burn::module::ModuleVisitor for Collect<'_> {
        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            let gradient = self.gradients.remove::<D>(parameter.id).unwrap();
            self.found.push(gradient.into_data().try_into_vec().unwrap());
        }
    }

    fn wave(n: usize, phase: f32) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * 1.7 + phase).sin()).collect()
    }

    /// Labels far from anything an untrained corrector says: no |x| is near its kink, where differences mislead.
    fn batch(device: &Device) -> CorrectorBatch {
        let x = |phase| {
            PerModality::from_fn(|m| {
                let values = wave(BATCH * WIDTH, phase + m as usize as f32);
                Some(Tensor::from_data(TensorData::new(values, [BATCH, WIDTH]), device))
            })
        };
        let labels: Vec<f32> = (0..BATCH).map(|i| if i % 2 == 0 { 2.9 } else { -2.8 }).collect();
        CorrectorBatch {
            unimodal: vec![x(0.3)],
            projected: vec![x(2.0)],
            labels: label_tensor(&labels, device),
            counts: None,
            corrupted: member_tensor(&[wave(BATCH, 0.1), wave(BATCH, 0.5)], device),
            corrupted_again: member_tensor(&[wave(BATCH, 0.8), wave(BATCH, 0.2)], device),
        }
    }

    /// The same, where some clips lack some modalities, and all lack vision.
    fn lacking(device: &Device) -> CorrectorBatch {
        let has = PerModality {
            text: [true, false, true, true, false, true],
            audio: [true, true, true, false, false, true],
            vision: [false; BATCH],
        };
        CorrectorBatch { counts: Some(has.map(|_, has| counts(has))), ..batch(device) }
    }

    fn corrector(shared: bool, device: &Device) -> Corrector {
        corrector_of(shared, 2, 4, false, device)
    }

    fn corrector_of(shared: bool, layers: usize, hidden: usize, residual: bool, device: &Device) -> Corrector {
        let settings = ModelSettings {
            representation: WIDTH,
            corrector_hidden: hidden,
            corrector_layers: layers,
            corrector_shared: shared,
            corrector_residual: residual,
            ..ModelSettings::default()
        };
        Corrector::new(&settings, MEMBERS, 3.0, &mut ChaCha8Rng::seed_from_u64(3), device)
    }

    /// α so large that the second-order term weighs as much as the first.
    fn settings(objective: Objective) -> DenoisingSettings {
        DenoisingSettings { virtual_step: 0.5, outer_weight: 0.7, objective, ..DenoisingSettings::default() }
    }

    /// By the tape where it is asked for, else as training does.
    fn collected(
        corrector: &Corrector,
        batch: &CorrectorBatch,
        settings: &DenoisingSettings,
        tape: bool,
    ) -> Vec<Vec<f32>> {
        let mut gradients = match tape {
            true => GradientsParams::from_grads(objective(corrector, batch, settings).objective.backward(), corrector),
            false => gradients(corrector, batch, settings).1,
        };
        let mut collect = Collect { gradients: &mut gradients, found: Vec::new() };
        corrector.visit(&mut collect);
        collect.found
    }

    /// The largest difference between the gradient and central differences, over the largest gradient.
    fn error(shared: bool, kind: Objective, device: &Device) -> f64 {
        error_on(shared, kind, device, batch)
    }

    fn error_on(shared: bool, kind: Objective, device: &Device, batch: fn(&Device) -> CorrectorBatch) -> f64 {
        let device = device.clone().autodiff();
        let (corrector, batch) = (corrector(shared, &device), batch(&device.clone().inner()));
        // Differences are taken of the exact objective, whatever shortcut the gradient takes.
        let exact = if kind == Objective::FirstOrder { settings(Objective::Bilevel) } else { settings(kind) };
        let found = collected(&corrector, &batch, &settings(kind), false);
        let value = |parameter, element, by| -> f64 {
            let moved = corrector.clone().map(&mut Nudge { parameter, element, by, seen: 0 });
            f64::from(objective(&moved, &batch, &exact).objective.into_scalar::<f32>())
        };
        let mut worst = 0.0f64;
        let largest = found.iter().flatten().fold(0.0f64, |a, &g| a.max(f64::from(g.abs())));
        for (p, gradient) in found.iter().enumerate() {
            for e in (0..gradient.len()).step_by(3) {
                // Fourth order: in f32 a step small enough for the usual second-order formula drowns in rounding.
                let apart = |by| value(p, e, by) - value(p, e, -by);
                let numeric = (8.0 * apart(2e-2) - apart(4e-2)) / (12.0 * 2e-2);
                worst = worst.max((numeric - f64::from(gradient[e])).abs());
            }
        }
        worst / largest
    }

    #[test]
    fn the_gradient_through_the_virtual_step_is_exact_on_the_cpu() {
        for shared in [false, true] {
            for kind in [Objective::Bilevel, Objective::UnimodalOnly, Objective::MultimodalOnly] {
                for batch in [batch as fn(&Device) -> CorrectorBatch, lacking] {
                    let error = error_on(shared, kind, &Device::flex(), batch);
                    assert!(error < 2e-3, "shared {shared}, {kind:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn the_cpu_computes_what_the_tape_does() {
        let device = Device::flex().autodiff();
        let shapes = [
            (false, 2, 4, false),
            (true, 2, 70, false),
            (false, 1, 33, true),
            (true, 3, 5, true),
            (false, 4, 9, false),
        ];
        for (shared, layers, hidden, residual) in shapes {
            let corrector = corrector_of(shared, layers, hidden, residual, &device);
            let kinds = [Objective::Bilevel, Objective::FirstOrder, Objective::UnimodalOnly, Objective::MultimodalOnly];
            let all = [batch, lacking].map(|batch| batch(&device.clone().inner()));
            for (batch, kind) in all.iter().flat_map(|batch| kinds.map(|kind| (batch, kind))) {
                let [found, expected] = [false, true].map(|tape| collected(&corrector, batch, &settings(kind), tape));
                let largest = expected.iter().flatten().fold(0.0f32, |a, g| a.max(g.abs()));
                assert!(found.len() == expected.len() && largest > 1e-3);
                for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
                    assert!((found - expected).abs() < 1e-5 * largest.max(1.0), "{shared} {layers} {kind:?}");
                }
                let terms = |t: Terms| t.means().into_iter().map(|t| t.into_scalar::<f32>()).collect::<Vec<_>>();
                let found = terms(gradients(&corrector, batch, &settings(kind)).0);
                let expected = terms(objective(&corrector, batch, &settings(kind)));
                assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");
            }
        }
    }

    #[test]
    fn clips_that_lack_everything_might_as_well_not_be_there() {
        let device = Device::flex().autodiff();
        let whole = batch(&device.clone().inner());
        let has: Vec<bool> = (0..BATCH).map(|i| i < 4).collect();
        let cut = |x: &Vec<PerModality<Option<Tensor<2>>>>| -> Vec<PerModality<Option<Tensor<2>>>> {
            x.iter().map(|x| x.map(|_, x| x.clone().map(|x| x.narrow(0, 0, 4)))).collect()
        };
        let few = CorrectorBatch {
            unimodal: cut(&whole.unimodal),
            projected: cut(&whole.projected),
            labels: whole.labels.clone().narrow(0, 0, 4),
            counts: None,
            corrupted: whole.corrupted.clone().narrow(1, 0, 4),
            corrupted_again: whole.corrupted_again.clone().narrow(1, 0, 4),
        };
        let whole = CorrectorBatch { counts: Some(PerModality::from_fn(|_| counts(&has))), ..whole };
        for shared in [false, true] {
            let corrector = corrector(shared, &device);
            for tape in [false, true] {
                let of = |batch| collected(&corrector, batch, &settings(Objective::Bilevel), tape).concat();
                for (found, expected) in of(&whole).iter().zip(of(&few)) {
                    assert!((found - expected).abs() < 1e-5, "{shared} {tape}: {found} {expected}");
                }
            }
        }
    }

    #[test]
    fn leaving_out_the_second_order_term_is_seen() {
        assert!(error(false, Objective::FirstOrder, &Device::flex()) > 0.05);
    }

    #[test]
    fn the_gradient_through_the_virtual_step_is_exact_on_wgpu() {
        let Some(gpu) = test_gpu() else { return };
        let error = error(false, Objective::Bilevel, &gpu.device);
        assert!(error < 2e-3, "{}: {error}", gpu.name);
    }
}
