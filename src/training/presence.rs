//! Which modalities each clip has for the network: what the data has no step of, what was taken away (`data.missing`) and
//! what the network has no encoder of (`model.modalities`) is all the same here ([the method](crate::book::method), missing
//! modalities).
//!
//! A value of what is not there is NaN in a column of values, and `None` where all of them would be.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::config::ModelSettings;
use crate::dataset::Dataset;
use crate::modality::PerModality;
use crate::split::{PerSplit, Split};

/// For each clip whether it has a modality, and whether it has a label: those of a test split may be hidden.
pub struct Presence(PerSplit<PerModality<Vec<bool>>>, PerSplit<Vec<bool>>);

impl Presence {
    pub fn new(dataset: &Dataset, model: &ModelSettings) -> Self {
        let has = PerSplit::from_fn(|split| {
            PerModality::from_fn(|m| dataset.lengths(split, m).iter().map(|&n| n > 0 && model.has(m)).collect())
        });
        Self(has, PerSplit::from_fn(|split| dataset.labels(split).iter().map(|y| !y.is_nan()).collect()))
    }

    /// For each clip of a split and each modality whether the clip has it.
    pub fn of(&self, split: Split) -> &PerModality<Vec<bool>> {
        &self.0[split]
    }

    /// The modalities that some clip lacks.
    pub fn lacking(&self) -> PerModality<bool> {
        PerModality::from_fn(|m| self.0.iter().any(|(_, has)| has[m].contains(&false)))
    }

    /// Makes values of what is not there undefined; a value for each row, rows in the order train, valid, test.
    pub fn blank(&self, values: &mut PerModality<Vec<f32>>) {
        let mut start = 0;
        for split in Split::ALL {
            self.blank_from(split, start, values);
            start += self.0[split].text.len();
        }
    }

    /// The same values with what is not there undefined, a value for each row of a split.
    pub fn blanked(&self, split: Split, mut values: PerModality<Vec<f32>>) -> PerModality<Vec<f32>> {
        self.blank_from(split, 0, &mut values);
        values
    }

    fn blank_from(&self, split: Split, start: usize, values: &mut PerModality<Vec<f32>>) {
        for (m, has) in self.0[split].iter() {
            for (value, has) in values[m].iter_mut().skip(start).zip(has) {
                if !has {
                    *value = f32::NAN;
                }
            }
        }
    }

    /// True where every value of what is there is finite, for clips with a label; a value for each row, as in
    /// [`blank`](Self::blank).
    pub fn are_finite(&self, values: &PerModality<Vec<f32>>) -> bool {
        let finite = |(m, values): (_, &Vec<f32>)| {
            let has = self.0.iter().flat_map(|(split, has)| has[m].iter().zip(&self.1[split]));
            values.iter().zip(has).all(|(value, (has, labelled))| value.is_finite() || !has || !labelled)
        };
        values.iter().all(finite)
    }
}

/// The rows that have something, as an index of tensors; `None` where all have. The index is empty where none has.
pub fn rows_with(has: &[bool], device: &Device) -> Option<Tensor<1, Int>> {
    if !has.contains(&false) {
        return None;
    }
    let rows: Vec<i64> = has.iter().enumerate().filter(|(_, has)| **has).map(|(row, _)| row as i64).collect();
    let count = rows.len();
    Some(Tensor::from_data(TensorData::new(rows, [count]), device))
}

/// Two tensors' rows that have something, (rows, d) each; `None` where no row has.
pub fn pair_with(pair: (&Tensor<2>, &Tensor<2>), has: &[bool]) -> Option<(Tensor<2>, Tensor<2>)> {
    let (a, b) = (pair.0.clone(), pair.1.clone());
    match rows_with(has, &a.device().inner()) {
        None => Some((a, b)),
        Some(rows) if rows.dims() == [0] => None,
        Some(rows) => Some((a.select(0, rows.clone()), b.select(0, rows))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DataSettings, Missing, Settings};
    use crate::dataset::demo;
    use crate::modality::Modality;
    use crate::training::context::Context;
    use crate::training::events::Stage;
    use crate::training::inference::{embedding, infer, infer_all};
    use crate::training::left_out::LeftOut;
    use crate::training::{readback, records};
    use std::sync::Arc;

    fn data(missing: Missing) -> Arc<Dataset> {
        let settings = DataSettings { missing, ..DataSettings::default() };
        Arc::new(Dataset::from_memory("demo", demo::generate(1), demo::LABEL_RANGE, &settings).unwrap())
    }

    fn context(missing: Missing, modalities: &[Modality]) -> Context {
        let mut settings = Settings::default();
        settings.model.modalities = modalities.to_vec();
        (settings.model.hidden, settings.model.representation, settings.model.fused) = (4, 6, 5);
        settings.denoising.members = 1.into();
        Context::new(settings, data(missing), &Device::flex()).unwrap()
    }

    const SOME: Missing = Missing { text: 0.3, audio: 0.0, vision: 0.6, at: crate::config::MissingAt::Both, seed: 1 };

    #[test]
    fn what_one_clip_lacks_changes_no_other_clip() {
        let (whole, lacking) = (context(Missing::default(), &Modality::ALL), context(SOME, &Modality::ALL));
        let of = |c: &Context| infer(c, &c.new_network(), Split::Test).unwrap().unwrap();
        let (before, after) = (of(&whole), of(&lacking));
        let has = lacking.presence.of(Split::Test);
        let complete = |row: &usize| Modality::ALL.iter().all(|&m| has[m][*row]);
        let rows: Vec<usize> = (0..before.multimodal.len()).collect();
        assert!(rows.iter().any(complete) && !rows.iter().all(complete));
        for &row in &rows {
            assert_eq!(before.multimodal[row] == after.multimodal[row], complete(&row), "row {row}");
            for m in Modality::ALL {
                let (a, b) = (before.unimodal[m][row], after.unimodal[m][row]);
                assert!(if has[m][row] { a == b } else { b.is_nan() }, "row {row} {m}: {a} {b}");
            }
        }
    }

    #[test]
    fn what_is_not_there_is_undefined_and_everything_else_is_finite() {
        let context = context(SOME, &[Modality::Vision, Modality::Text]);
        let found = infer_all(&context, &context.new_network()).unwrap();
        let values = embedding(&found, 6).unwrap();
        let mut row = 0;
        for (split, has) in context.presence.0.iter() {
            assert!(has.audio.iter().all(|has| !has));
            for at in 0..has.text.len() {
                for (place, m) in Modality::ALL.into_iter().chain(Modality::ALL).enumerate() {
                    let own = &values.data[(row * 6 + place) * 6..][..6];
                    assert!(own.iter().all(|v| v.is_finite() == has[m][at]), "{split} {at} {m}");
                }
                row += 1;
            }
        }
        assert_eq!(row, values.rows);
        let mut columns = PerModality::from_fn(|_| vec![0.5; row]);
        context.presence.blank(&mut columns);
        assert!(columns.audio.iter().all(|v| v.is_nan()) && context.presence.are_finite(&columns));
        columns.text[context.presence.of(Split::Train).text.iter().position(|has| *has).unwrap()] = f32::NAN;
        assert!(!context.presence.are_finite(&columns));
        assert_eq!(context.presence.lacking(), PerModality { text: true, audio: true, vision: true });
    }

    #[test]
    fn networks_of_versions_without_vectors_code_what_is_missing_as_an_empty_sequence() {
        let (whole, lacking) = (context(Missing::default(), &Modality::ALL), context(SOME, &Modality::ALL));
        let old = records::document(&whole.new_networks(), &LeftOut::default()).unwrap();
        let now = records::document(&lacking.new_networks(), &LeftOut::default()).unwrap();
        assert!(lacking.predates_missing(Stage::Contrastive, &old));
        assert!(
            !lacking.predates_missing(Stage::Contrastive, &now) && !whole.predates_missing(Stage::Contrastive, &old)
        );
        let network = lacking.load_networks(old).unwrap().all.remove(0);
        let found = infer(&lacking, &network, Split::Test).unwrap().unwrap();
        let row = lacking.presence.of(Split::Test).text.iter().position(|has| !has).unwrap();
        let h = readback::values(found.representations.text.unwrap().narrow(0, row, 1)).unwrap();
        // Zeros are what a vector is before it is trained.
        assert!(h.iter().any(|v| *v != 0.0));
        assert!(lacking.load_networks(now).is_ok());
    }
}
