//! What annotators' answers say of a run's labels, and of each other.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::modality::Modality;
use crate::run::rows::LabelRows;
use crate::run::survey::{Answer, Survey};
use crate::split::Split;
use crate::training::events::LabelValues;
use crate::training::survey::{Alike, Estimate, Judged, Population, Stratum, alike, estimate};

/// An annotator's answers, brought to all clips.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    pub annotator: String,
    pub seed: u64,
    /// The refresh of the labels by whose moves clips were grouped.
    pub drawn_by: u32,
    /// Clips that were drawn.
    pub clips: usize,
    /// Labels given, and questions skipped.
    pub given: usize,
    pub skipped: usize,
    pub strata: Vec<StratumCount>,
    /// Of all splits together, then of each; modalities without an answer are left out.
    pub estimates: Vec<Part>,
}

/// A stratum, and what was asked in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StratumCount {
    #[serde(flatten)]
    pub stratum: Stratum,
    pub drawn: usize,
    pub given: BTreeMap<Modality, usize>,
}

/// Estimates of one split; `None`: of all together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    pub split: Option<Split>,
    pub modalities: BTreeMap<Modality, Estimate>,
}

/// Two annotators on the clips that both judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    pub annotators: [String; 2],
    pub modalities: BTreeMap<Modality, Alike>,
}

/// Judges labels by an annotator's answers. `drawn_by` are the labels that the clips were drawn by, where they are still
/// there: they tell how many clips of a stratum have a corrected label where not all have one.
pub fn judge(
    annotator: &str,
    survey: &Survey,
    rows: &LabelRows,
    values: &LabelValues,
    drawn_by: Option<&LabelValues>,
    label_range: f32,
    resamples: usize,
) -> Judgement {
    let Survey { draw, answers } = survey;
    let given = |m: Modality| {
        let labels = draw.clips.iter().enumerate().filter_map(move |(at, clip)| Some((clip, answers.label(at, m)?)));
        labels.map(move |(clip, human)| Judged {
            stratum: clip.stratum,
            copied: rows.y[clip.row],
            corrected: values.corrected[m][clip.row],
            human,
        })
    };
    let population = drawn_by
        .map(|by| Population::new(&rows.split, &rows.y, &by.corrected, &draw.splits, &draw.modalities))
        .filter(|population| population.strata == draw.strata);
    // Clips whose modality has a corrected label: the others are nothing to be judged.
    let size = |m: Modality, stratum: usize| match &population {
        Some(all) => all.rows(stratum).iter().filter(|row| values.corrected[m][**row].is_finite()).count(),
        None => draw.strata[stratum].rows,
    };
    let part = |split: Option<Split>| {
        let of = |m: &Modality| {
            let judged: Vec<Judged> = given(*m).filter(|j| j.corrected.is_finite() && j.copied.is_finite()).collect();
            let mut groups = draw.groups(|stratum| size(*m, stratum));
            groups.retain(|g| g.iter().any(|(s, _)| split.is_none_or(|split| draw.strata[*s].split == split)));
            let found = estimate(&groups, &judged, label_range, resamples);
            (found.clips > 0).then_some((*m, found))
        };
        Part { split, modalities: draw.modalities.iter().filter_map(of).collect() }
    };
    let splits = draw.splits.iter().map(|s| Some(*s)).filter(|_| draw.splits.len() > 1);
    let parts = std::iter::once(None).chain(splits).map(part).filter(|p| !p.modalities.is_empty()).collect();
    let count = |stratum: usize, m: Modality| given(m).filter(|j| j.stratum == stratum).count();
    let strata = draw.strata.iter().enumerate().map(|(i, stratum)| StratumCount {
        stratum: *stratum,
        drawn: draw.clips.iter().filter(|c| c.stratum == i).count(),
        given: draw.modalities.iter().map(|m| (*m, count(i, *m))).collect(),
    });
    let skipped = answers.all().iter().filter(|a| a.answer == Answer::Skipped).count();
    Judgement {
        annotator: annotator.to_owned(),
        seed: draw.seed,
        drawn_by: draw.refresh,
        clips: draw.clips.len(),
        given: answers.all().len() - skipped,
        skipped,
        strata: strata.collect(),
        estimates: parts,
    }
}

/// Every two annotators on the clips that both judged.
pub fn pairs(surveys: &[(String, Survey)]) -> Vec<Pair> {
    let of = |survey: &Survey, m: Modality| -> BTreeMap<usize, f32> {
        let clips = survey.draw.clips.iter().enumerate();
        clips.filter_map(|(at, clip)| Some((clip.row, survey.answers.label(at, m)?))).collect()
    };
    let mut found = Vec::new();
    for (i, (a, first)) in surveys.iter().enumerate() {
        for (b, second) in &surveys[i + 1..] {
            let both = |m: Modality| {
                let (a, b) = (of(first, m), of(second, m));
                let pairs: Vec<(f32, f32)> = a.iter().filter_map(|(row, a)| Some((*a, *b.get(row)?))).collect();
                (m, alike(&pairs))
            };
            let modalities = Modality::ALL.into_iter().map(both).filter(|(_, alike)| alike.clips > 0).collect();
            found.push(Pair { annotators: [a.clone(), b.clone()], modalities });
        }
    }
    found
}
