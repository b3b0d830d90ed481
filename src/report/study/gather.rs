//! A study's folder as its table and figure see it.

use std::sync::Arc;

use super::outcomes::{Outcome, Outcomes, TestClips, Variant};
use super::reading::{metrics, values};
use crate::config::MetricSet;
use crate::run::directory::RunDir;
use crate::run::predictions;
use crate::run::study::state::status;
use crate::run::study::{Cell, CellState, Study};
use crate::run::tail::read_view;
use crate::split::Split;
use crate::training::events::Stage;

/// Reads where all cells of a study stand, and of finished ones what they came to. What cannot be read of a cell is `None`
/// there.
pub fn gather(study: &Study) -> Outcomes {
    let plan = study.plan();
    let rows = plan.rows();
    let metrics = metrics(plan);
    // Cells mostly have the same clips: their names are held once.
    let mut ids: Vec<Arc<[String]>> = Vec::new();
    let of_cell = |cell: &Cell| {
        let status = status(study, &rows[cell.row], cell);
        let dir = (status.state == CellState::Finished).then(|| study.run(cell).ok().flatten()).flatten();
        let found = dir.as_ref().and_then(|dir| values(dir, plan).ok());
        Outcome {
            state: status.state,
            values: found.unwrap_or_else(|| vec![None; metrics.len()]),
            test: dir.as_ref().and_then(|dir| test_clips(dir, &mut ids)),
        }
    };
    let cells = plan.cells().iter().map(of_cell).collect();
    outcomes(study, cells)
}

/// A study with what is known of its cells, in their order.
pub fn outcomes(study: &Study, cells: Vec<Outcome>) -> Outcomes {
    let (plan, rows) = (study.plan(), study.plan().rows());
    Outcomes {
        name: study.name().to_owned(),
        question: plan.question.clone(),
        reference: plan.reference.as_ref().and_then(|name| rows.iter().position(|row| row.variant == *name)),
        variants: rows.into_iter().map(|row| Variant { name: row.variant, axes: row.axes }).collect(),
        seeds: plan.seeds.clone(),
        metrics: metrics(plan),
        cells,
        lines: plan.lines.clone(),
    }
}

/// ŷ and y of a finished run's test clips, as its last stage predicts them.
fn test_clips(dir: &RunDir, known: &mut Vec<Arc<[String]>>) -> Option<TestClips> {
    let view = read_view(&dir.events_path()).ok()?;
    let last = |stage: Stage| view.predictions.iter().rev().find(|entry| entry.stage == stage);
    let entry = last(Stage::Joint).or_else(|| last(Stage::Contrastive))?;
    let predicted = predictions::read(&dir.path().join(&entry.file)).ok()?.multimodal;
    let rows = dir.rows().ok()?;
    if predicted.len() != rows.len() {
        return None;
    }
    let of: Vec<usize> = (0..rows.len()).filter(|row| rows.split[*row] == Split::Test).collect();
    let ids: Vec<String> = of.iter().map(|row| rows.id[*row].clone()).collect();
    let ids = match known.iter().find(|known| known[..] == ids[..]) {
        Some(known) => known.clone(),
        None => {
            known.push(ids.into());
            known.last()?.clone()
        }
    };
    // As the dataset's own rule has it before anything is measured.
    let range = match dir.manifest().settings.data.metrics {
        Some(MetricSet::Sims) => 1.0,
        _ => f32::INFINITY,
    };
    let of_test = |values: &[f32]| of.iter().map(|row| values[*row].clamp(-range, range)).collect();
    Some(TestClips { ids, predicted: of_test(&predicted), labels: of_test(&rows.y) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modality::PerModality;
    use crate::report::fixture as disk;
    use crate::run::predictions::PredictionValues;
    use serde_json::json;

    #[test]
    fn test_clips_are_those_of_the_last_stage_and_their_names_are_held_once() {
        let (_root, dir) = disk::finished("one", &[]);
        let mut rows = dir.rows().unwrap();
        let ids: Vec<String> = (0..3).map(|i| format!("t$_${i}")).collect();
        rows.extend(Split::Test, &ids, &ids, &[0.1, 0.2, 0.3], None).unwrap();
        rows.write(&dir.rows_path()).unwrap();
        let unimodal = PerModality::from_fn(|_| vec![0.0; rows.len()]);
        let multimodal = (0..rows.len()).map(|row| row as f32).collect();
        let file = "predictions/0004-joint.npy";
        std::fs::create_dir(dir.path().join("predictions")).unwrap();
        predictions::write(&dir.path().join(file), &PredictionValues { multimodal, unimodal }).unwrap();
        let mut events = disk::events();
        let told = json!({"event": "predictions", "time": 1.0, "stage": "joint", "epoch": 4, "step": 20, "file": file});
        events.insert(events.len() - 1, told);
        disk::write_events(&dir, &events);
        let mut known = Vec::new();
        let first = test_clips(&dir, &mut known).unwrap();
        let second = test_clips(&dir, &mut known).unwrap();
        let before = (rows.len() - 3) as f32;
        assert_eq!((&first.ids[..], &first.labels[..]), (&ids[..], &[0.1, 0.2, 0.3][..]));
        assert_eq!(first.predicted, [before, before + 1.0, before + 2.0]);
        assert!(Arc::ptr_eq(&first.ids, &second.ids) && known.len() == 1);
    }
}
