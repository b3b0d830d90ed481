//! Which clips were drawn, and how.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::SurveyError;
use crate::files;
use crate::modality::Modality;
use crate::run::rows::LabelRows;
use crate::run::{FileError, write_atomically};
use crate::split::Split;
use crate::training::events::LabelValues;
use crate::training::survey::{Population, Stratum};

/// The form of the file.
const VERSION: u32 = 1;
/// Longest file that is read, in bytes: a million clips.
const MOST: u64 = 128 << 20;
/// Clips that are drawn where nobody says how many.
const COUNT: usize = 100;

/// What somebody asks for; what is left open is as it was, or has its default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The labels that clips are grouped by: a refresh and its file below the run directory.
    pub refresh: u32,
    pub file: String,
    /// Clips, in all.
    pub count: Option<usize>,
    pub seed: Option<u64>,
    /// The seed where none is asked for.
    pub run_seed: u64,
    pub splits: Option<Vec<Split>>,
    pub modalities: Option<Vec<Modality>>,
    pub player: Option<String>,
    pub media: Option<String>,
}

/// A clip that was drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawnClip {
    /// Position in the label table, from 0: train, valid, test.
    pub row: usize,
    pub id: String,
    /// Position in [`Draw::strata`].
    pub stratum: usize,
    /// Modalities without a corrected label: the clip does not have them, and nobody is asked about them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<Modality>,
}

/// A draw, as the file has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    version: u32,
    pub seed: u64,
    /// The refresh of the labels by whose moves clips are grouped, and its file below the run directory.
    pub refresh: u32,
    pub file: String,
    pub splits: Vec<Split>,
    /// What is asked about, in this order.
    pub modalities: Vec<Modality>,
    pub strata: Vec<Stratum>,
    /// In the order in which they are asked about; see [`Population::draw`].
    pub clips: Vec<DrawnClip>,
    /// The program that opens a clip's media, and the folder that it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub player: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
}

impl Draw {
    /// Draws clips, grouped by how far these labels moved.
    pub(super) fn new(
        refresh: u32,
        file: String,
        plan: &Plan,
        rows: &LabelRows,
        values: &LabelValues,
    ) -> Result<Draw, SurveyError> {
        // A voice or a face cannot be judged where it is not played.
        let seen = if plan.player.is_some() { Modality::ALL.to_vec() } else { vec![Modality::Text] };
        let mut draw = Draw {
            version: VERSION,
            seed: plan.seed.unwrap_or(plan.run_seed),
            refresh,
            file,
            splits: in_order(plan.splits.clone().unwrap_or_else(|| Split::ALL.to_vec())),
            modalities: in_order(plan.modalities.clone().unwrap_or(seen)),
            strata: Vec::new(),
            clips: Vec::new(),
            player: plan.player.clone(),
            media: plan.media.clone(),
        };
        let population = draw.population(rows, values);
        if population.is_empty() {
            return Err(SurveyError::Empty);
        }
        draw.strata = population.strata.clone();
        draw.take(&population, plan.count.unwrap_or(COUNT), rows, values);
        Ok(draw)
    }

    /// All clips that can be drawn.
    fn population(&self, rows: &LabelRows, values: &LabelValues) -> Population {
        Population::new(&rows.split, &rows.y, &values.corrected, &self.splits, &self.modalities)
    }

    /// Draws more clips, grouped by the labels that the others were grouped by.
    pub(super) fn extend(
        &mut self,
        plan: &Plan,
        rows: &LabelRows,
        values: &LabelValues,
        path: &Path,
    ) -> Result<(), SurveyError> {
        let population = self.population(rows, values);
        let changed = |stratum| SurveyError::Changed { path: path.to_owned(), stratum };
        let count = self.strata.len().max(population.strata.len());
        if let Some(stratum) = (0..count).find(|s| self.strata.get(*s) != population.strata.get(*s)) {
            return Err(changed(stratum));
        }
        let before = std::mem::take(&mut self.clips);
        self.take(&population, plan.count.unwrap_or(COUNT), rows, values);
        match before.iter().zip(&self.clips).find(|(a, b)| (a.row, a.stratum) != (b.row, b.stratum)) {
            Some((clip, _)) => Err(changed(clip.stratum)),
            None => Ok(()),
        }
    }

    fn take(&mut self, population: &Population, count: usize, rows: &LabelRows, values: &LabelValues) {
        let has = |m: Modality, row: usize| values.corrected[m].get(row).is_some_and(|label| !label.is_nan());
        let clip = |(row, stratum): (usize, usize)| DrawnClip {
            row,
            id: rows.id[row].clone(),
            stratum,
            lacks: Modality::ALL.into_iter().filter(|m| !has(*m, row)).collect(),
        };
        self.clips = population.draw(count, self.seed).into_iter().map(clip).collect();
    }

    /// Makes sure that a plan asks for nothing that this draw is not.
    pub(super) fn agrees_with(&self, name: &str, plan: &Plan) -> Result<(), SurveyError> {
        let list = |names: Vec<&str>| names.join(", ");
        let splits = |all: &[Split]| list(all.iter().map(|s| s.name()).collect());
        let modalities = |all: &[Modality]| list(all.iter().map(|m| m.name()).collect());
        let pairs = [
            ("seed", self.seed.to_string(), plan.seed.map(|s| s.to_string())),
            ("splits", splits(&self.splits), plan.splits.clone().map(|s| splits(&in_order(s)))),
            ("modalities", modalities(&self.modalities), plan.modalities.clone().map(|m| modalities(&in_order(m)))),
        ];
        for (what, was, wanted) in pairs {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != was) {
                return Err(SurveyError::Other { name: name.to_owned(), what, was, wanted });
            }
        }
        Ok(())
    }

    /// Takes another player or folder, where the plan names one.
    pub(super) fn take_player(&mut self, plan: &Plan) {
        self.player = plan.player.clone().or(self.player.take());
        self.media = plan.media.clone().or(self.media.take());
    }

    /// The number and the clips of each stratum, split by split.
    pub fn groups(&self, rows: impl Fn(usize) -> usize) -> Vec<Vec<(usize, usize)>> {
        let of = |split: Split| -> Vec<(usize, usize)> {
            let own = self.strata.iter().enumerate().filter(|(_, s)| s.split == split);
            own.map(|(stratum, _)| (stratum, rows(stratum))).collect()
        };
        Split::ALL.into_iter().map(of).collect()
    }

    /// Reads a draw; `None` where there is no file.
    pub(super) fn read(path: &Path, rows: &LabelRows) -> Result<Option<Draw>, SurveyError> {
        let text = match files::read_text(path, MOST) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(FileError::new("read", path)(e).into()),
        };
        let bad = |message: String| SurveyError::Draw { path: path.to_owned(), message };
        let draw: Draw = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
        draw.check(rows).map_err(bad)?;
        Ok(Some(draw))
    }

    /// What is wrong with a draw of these rows.
    fn check(&self, rows: &LabelRows) -> Result<(), String> {
        if self.version != VERSION {
            return Err(format!("it has version {}, this program knows {VERSION}", self.version));
        }
        let inside = Path::new(&self.file).components().all(|c| matches!(c, std::path::Component::Normal(_)));
        if !inside || self.file.is_empty() {
            return Err(format!("\"{}\" is no file of the run's labels", self.file.escape_debug()));
        }
        let mut seen = vec![false; rows.len()];
        for clip in &self.clips {
            let id = clip.id.escape_debug();
            if rows.id.get(clip.row) != Some(&clip.id) {
                return Err(format!("row {} is not \"{id}\"", clip.row));
            }
            if std::mem::replace(&mut seen[clip.row], true) {
                return Err(format!("\"{id}\" (row {}) is drawn twice", clip.row));
            }
            match self.strata.get(clip.stratum) {
                Some(stratum) if stratum.split == rows.split[clip.row] => {}
                _ => return Err(format!("\"{id}\" is in no stratum of its split")),
            }
        }
        match self.modalities.is_empty() || in_order(self.modalities.clone()) != self.modalities {
            true => Err("its modalities are in no order".to_owned()),
            false => Ok(()),
        }
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), FileError> {
        write_atomically(path, |w| Ok(serde_json::to_writer_pretty(w, self)?))
    }
}

/// Each once, as everywhere else.
fn in_order<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all.dedup();
    all
}
