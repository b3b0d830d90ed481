//! The representation gap that stage 1 is there to close ([the method](crate::book::method), stage 1), as a run's events give it:
//! before the first step, and at a moment whose picture is looked at.

use crate::modality::Modality;
use crate::run::view::{EmbeddingEntry, StageView};
use crate::training::events::Moment;

/// One gap measure of one modality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Mean cosine of z_m and h_m of a clip, in [-1, 1].
    Cosine,
    /// Share of z_m that find their h_m among a batch's, in [0, 1].
    Retrieval,
    /// Distance between the means of z_m and h_m as directions, in [0, 2].
    Distance,
}

impl Measure {
    pub const ALL: [Measure; 3] = [Measure::Cosine, Measure::Retrieval, Measure::Distance];

    /// A word for narrow tables.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Cosine => "cosine",
            Measure::Retrieval => "retrieval",
            Measure::Distance => "gap",
        }
    }

    /// The column of the contrastive stage's epochs.
    fn column(self, m: Modality) -> String {
        let name = match self {
            Measure::Cosine => "positive_cosine",
            Measure::Retrieval => "retrieval",
            Measure::Distance => "gap",
        };
        format!("valid.{name}_{m}")
    }
}

/// A measure on the validation split before stage 1 and at the moment of a picture; NaN where it was not recorded.
pub fn before_and_at(view: &StageView, entry: &EmbeddingEntry, measure: Measure, m: Modality) -> (f32, f32) {
    let epochs = &view.per_epoch;
    let value = |i: Option<usize>| {
        let column = epochs.columns.get(&measure.column(m));
        i.and_then(|i| column?.get(i)).copied().unwrap_or(f32::NAN)
    };
    let at = |epoch: u32| epochs.epoch.iter().position(|e| *e == epoch as f32);
    let now = match entry.moment {
        // The weights that are handed on are those of the best epoch, not of the last.
        Moment::After => view.best_epoch(),
        _ => at(entry.epoch),
    };
    (value(at(0)), value(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::view::RunView;
    use crate::training::events::{Body, Event, Metrics, Stage};

    #[test]
    fn the_first_weights_are_set_against_those_of_the_moment() {
        let mut view = RunView::default();
        for (epoch, gap) in [(0, 1.2f32), (1, 0.8), (2, 0.5), (3, 0.4)] {
            let body = Body::Epoch {
                train: Default::default(),
                valid: [("gap_audio".to_owned(), Some(gap))].into(),
                metrics: Metrics::new(),
                seconds: 1.0,
                samples_per_second: Some(1.0),
                best: epoch == 2,
            };
            let stage = Some(Stage::Contrastive);
            view.apply(&Event { time: 0.0, stage, epoch, step: u64::from(epoch) * 5, body });
        }
        let stage = view.stage(Stage::Contrastive);
        let at = |moment, epoch| {
            let entry = EmbeddingEntry {
                moment,
                stage: Stage::Contrastive,
                epoch,
                step: 0,
                stride: 1,
                dim: 2,
                file: String::new(),
            };
            before_and_at(stage, &entry, Measure::Distance, Modality::Audio)
        };
        assert_eq!(at(Moment::Before, 0), (1.2, 1.2));
        assert_eq!(at(Moment::During, 1), (1.2, 0.8));
        assert_eq!(at(Moment::After, 3), (1.2, 0.5), "the best epoch's");
        let none = before_and_at(
            &StageView::default(),
            &EmbeddingEntry {
                moment: Moment::After,
                stage: Stage::Contrastive,
                epoch: 3,
                step: 0,
                stride: 1,
                dim: 2,
                file: String::new(),
            },
            Measure::Cosine,
            Modality::Text,
        );
        assert!(none.0.is_nan() && none.1.is_nan());
    }
}
