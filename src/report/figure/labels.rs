//! What correction did to the labels of each modality: y against y_m, the distribution of the change, and where there are
//! human (or known) unimodal labels, these against y_m.

use super::canvas;
use super::error::FigureError;
use super::palette::{GREY, INK, SKY, Stroke, ramp};
use super::panel::{Axis, Cell, Figure, Key, Layer, Panel, Sign};
use super::request::{Choice, Draw, FigureKind, Request, Subject};
use crate::modality::{Modality, PerModality};
use crate::report::numbers::number;
use crate::report::scale::Scale;
use crate::run::labels;
use crate::run::rows::LabelRows;
use crate::run::view::LabelRefresh;
use crate::training::events::{Agreement, LabelSummary};

/// Bins across [-H, H] where labels take many values.
const BINS: usize = 31;
/// Least width of a panel in px before fewer stand side by side.
const LEAST: f64 = 150.0;
const DIAGONAL: Stroke = Stroke::dashed(INK, 0.7, 3.0, 2.0);

pub static LABELS: FigureKind = FigureKind {
    name: "labels",
    shows: "What correction did to the labels",
    choices: &[Choice::Stage, Choice::Split],
    draw: Draw::Run(figure),
};

/// Draws the labels of the last refresh.
///
/// # Errors
/// No labels were read yet, no row in the split, or unreadable files.
fn figure(subject: &Subject<'_>, request: &Request, width: f64) -> Result<Figure, FigureError> {
    let Subject { dir, view } = *subject;
    let nothing = |why: String| FigureError::Nothing { run: dir.name().to_owned(), what: "labels", why };
    let refresh = view.labels.iter().rfind(|l| request.stage.is_none_or(|s| l.stage == Some(s)));
    let Some(refresh) = refresh else {
        return Err(nothing(match request.stage {
            Some(stage) => format!("no corrected labels of the {stage} stage are recorded"),
            None => "the denoising stage reads corrected labels after its first epochs".into(),
        }));
    };
    let rows = dir.rows()?;
    let values = labels::read(&dir.path().join(&refresh.file))?.corrected;
    if values.text.len() != rows.len() {
        return Err(nothing(format!(
            "{} has {} rows, where the data has {}",
            refresh.file,
            values.text.len(),
            rows.len()
        )));
    }
    let range = view.prepared.as_ref().map(|p| f64::from(p.label_range));
    // The demo's are known, not judged.
    let reference = if view.prepared.as_ref().is_some_and(|p| p.dataset == "demo") { "true" } else { "human" };
    let in_sample = PerModality::from_fn(|m| view.prepared.as_ref().is_some_and(|p| p.is_in_sample(m, request.split)));
    let said = Said { range, reference, in_sample, modalities: view.modalities() };
    draw(dir.name(), &rows, &values, refresh, &said, request, width)
        .ok_or_else(|| nothing(format!("no row is in the {} split", request.split)))
}

/// What the run's record says of its labels.
struct Said<'a> {
    /// H
    range: Option<f64>,
    /// What the labels that others are judged by are called.
    reference: &'a str,
    in_sample: PerModality<bool>,
    /// Those that the network has.
    modalities: Vec<Modality>,
}

/// `None` where the split has no rows.
fn draw(
    run: &str,
    rows: &LabelRows,
    values: &PerModality<Vec<f32>>,
    refresh: &LabelRefresh,
    said: &Said<'_>,
    request: &Request,
    width: f64,
) -> Option<Figure> {
    let Said { range, reference, in_sample, modalities } = said;
    let mine: Vec<usize> = (0..rows.len()).filter(|i| rows.split[*i] == request.split).collect();
    let pick = |column: &[f32]| mine.iter().map(|i| f64::from(column[*i])).collect::<Vec<f64>>();
    let y = pick(&rows.y);
    let widest = y.iter().filter(|v| v.is_finite()).fold(0.0f64, |m, v| m.max(v.abs()));
    if mine.is_empty() {
        return None;
    }
    let h = range.filter(|h| *h > 0.0 && h.is_finite()).unwrap_or(if widest > 0.0 { widest } else { 1.0 });
    let corrected = values.map(|_, v| pick(v));
    let human = rows.human.as_ref().map(|all| all.map(|_, v| pick(v)));
    let against_y = corrected.map(|_, ym| Histogram::new(&y, ym, h));
    let against_human = human.as_ref().map(|human| corrected.map(|m, ym| Histogram::new(&human[m], ym, h)));
    let most = |of: &PerModality<Histogram>| of.iter().map(|(_, g)| g.most).max().unwrap_or(0);
    let most = most(&against_y).max(against_human.as_ref().map_or(0, most));
    let modality_panels = |m: Modality| -> Vec<Panel> {
        let summary = refresh.summaries[request.split][m];
        let mut panels =
            vec![density(&against_y[m], m, h, most, "label y", moved(m, &summary)), change(&y, &corrected[m], m, h)];
        if let Some(human) = &against_human {
            panels.push(density(
                &human[m],
                m,
                h,
                most,
                &format!("{reference} label, {m}"),
                agreement(reference, in_sample[m], &summary),
            ));
        }
        panels
    };
    let by_modality: Vec<Vec<Panel>> = modalities.iter().copied().map(modality_panels).collect();
    let mut notes = Vec::new();
    let (rows_of_panels, across) = arranged(by_modality, width, &mut notes);
    let shares: f64 = rows_of_panels.iter().map(|(share, _)| share).sum();
    let legend = vec![
        Key { name: format!("clips in a cell: 1 to {most}, logarithmic"), sign: Sign::Ramp(ramp) },
        Key { name: "equal".into(), sign: Sign::Line(DIAGONAL) },
    ];
    let panel_height = (width / across as f64 * if across > 1 { 0.98 } else { 0.7 }).clamp(160.0, 330.0);
    let height = (panel_height * shares + canvas::legend_height(&legend, width) + 10.0).round();
    for m in modalities {
        let missing = (0..mine.len()).filter(|i| !y[*i].is_finite() || !corrected[*m][*i].is_finite()).count();
        if missing > 0 {
            notes.push(format!(
                "{missing} of {} clips have no corrected label of {m} and are left out there",
                mine.len()
            ));
        }
    }
    let description = format!(
        "Corrected labels of run {run}, {} split, {} clips, refresh {} (epoch {}).",
        request.split,
        mine.len(),
        refresh.refresh,
        refresh.epoch
    );
    Some(Figure { width, height, title: String::new(), legend, rows: rows_of_panels, description, notes })
}

/// The panels in rows: a column for each modality; where that would be too narrow, a row for each, of two panels or of
/// one. Returns the rows with their shares of the height, and how many panels stand side by side.
fn arranged(by_modality: Vec<Vec<Panel>>, width: f64, notes: &mut Vec<String>) -> (Vec<(f64, Vec<Panel>)>, usize) {
    if width >= 3.0 * LEAST {
        let kinds = by_modality.first().map_or(0, Vec::len);
        let across = by_modality.len().max(1);
        let mut columns: Vec<_> = by_modality.into_iter().map(Vec::into_iter).collect();
        let row = |k| {
            // The change needs less height than the squares do.
            let share = if k == 1 { 0.6 } else { 1.0 };
            (share, columns.iter_mut().filter_map(Iterator::next).collect())
        };
        return ((0..kinds).map(row).collect(), across);
    }
    let across = if width >= 2.0 * LEAST { 2 } else { 1 };
    let mut dropped = false;
    let rows = by_modality.into_iter().map(|mut panels| {
        while panels.len() > across {
            panels.remove(panels.len().min(2) - 1);
            dropped = true;
        }
        (1.0, panels)
    });
    let rows = rows.collect();
    if dropped {
        notes.push(format!("some panels are left out at this width: {} px or more show all", 3.0 * LEAST));
    }
    (rows, across)
}

fn moved(m: Modality, summary: &LabelSummary) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(change) = summary.mean_abs_change {
        words.push(format!("mean |change| {}", number(change, 3)));
    }
    if let Some(share) = summary.share_moved {
        words.push(format!("{} % moved", number(share * 100.0, 0)));
    }
    vec![m.name().to_owned(), words.join(", ")]
}

fn agreement(reference: &str, in_sample: bool, summary: &LabelSummary) -> Vec<String> {
    let line = |who: &str, of: Option<Agreement>| {
        let value = |v: Option<f64>| number(v.unwrap_or(f64::NAN), 3);
        of.map(|a| format!("{who}: r {}, MAE {}", value(a.pearson), value(a.mae)))
    };
    let lines = [line("corrected", summary.corrected), line("copies of y", summary.copied)];
    let how = if in_sample { ", in sample" } else { "" };
    std::iter::once(format!("against {reference} labels{how}")).chain(lines.into_iter().flatten()).collect()
}

/// Counts of pairs of labels.
struct Histogram {
    /// Edges of the bins of x and of y.
    x: Vec<f64>,
    y: Vec<f64>,
    /// By bin of y, then of x.
    counts: Vec<Vec<u32>>,
    most: u32,
}

impl Histogram {
    fn new(x: &[f64], y: &[f64], h: f64) -> Self {
        let (xs, ys) = (edges(x, h), edges(y, h));
        let mut counts = vec![vec![0u32; xs.len() - 1]; ys.len() - 1];
        let mut most = 0;
        for (a, b) in x.iter().zip(y) {
            if let (Some(i), Some(j)) = (bin(*a, &xs), bin(*b, &ys)) {
                counts[j][i] += 1;
                most = most.max(counts[j][i]);
            }
        }
        Self { x: xs, y: ys, counts, most }
    }

    fn cells(&self, most: u32) -> Vec<Cell> {
        let mut cells = Vec::new();
        for (j, row) in self.counts.iter().enumerate() {
            for (i, n) in row.iter().enumerate().filter(|(_, n)| **n > 0) {
                // Labels pile up at the ends of the scale: logarithms, so that a few clips beside hundreds are still seen.
                let share = if most > 1 { f64::from(*n).ln() / f64::from(most).ln() } else { 1.0 };
                // The least stays apart from paper.
                let colour = ramp(0.08 + 0.92 * share);
                cells.push(Cell { x: (self.x[i], self.x[i + 1]), y: (self.y[j], self.y[j + 1]), colour });
            }
        }
        cells
    }
}

/// Edges of bins over [-H, H]. Labels that people gave take few values at equal distances: each gets a bin of its own, so
/// that no stripes appear.
fn edges(values: &[f64], h: f64) -> Vec<f64> {
    let mut known: Vec<f64> = Vec::new();
    for v in values.iter().filter(|v| v.is_finite()) {
        if !known.iter().any(|k| (k - v).abs() < h * 1e-3) {
            known.push(*v);
        }
        if known.len() > BINS {
            break;
        }
    }
    let mut bins = BINS;
    if (2..=BINS).contains(&known.len()) {
        known.sort_unstable_by(f64::total_cmp);
        let step = known.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
        let fitting = (2.0 * h / step).round() + 1.0;
        if (2.0..=61.0).contains(&fitting) {
            bins = fitting as usize;
        }
    }
    // The outermost bins are centred on -H and H.
    let wide = 2.0 * h / (bins - 1) as f64;
    (0..=bins).map(|i| -h - wide / 2.0 + wide * i as f64).collect()
}

/// The bin that holds a value; what lies beyond goes into the outermost.
fn bin(value: f64, edges: &[f64]) -> Option<usize> {
    value.is_finite().then(|| edges.partition_point(|e| *e <= value).clamp(1, edges.len() - 1) - 1)
}

fn density(grid: &Histogram, m: Modality, h: f64, most: u32, x: &str, heading: Vec<String>) -> Panel {
    let scale = |edges: &[f64]| Scale::new(edges[0], edges[edges.len() - 1], false);
    let layers =
        vec![Layer::Cells(grid.cells(most)), Layer::Line { stretches: vec![vec![(-h, -h), (h, h)]], stroke: DIAGONAL }];
    let y = Axis::new(scale(&grid.y), format!("corrected label, {m}"));
    Panel { heading, x: Axis::new(scale(&grid.x), x), y, layers }
}

fn change(y: &[f64], corrected: &[f64], m: Modality, h: f64) -> Panel {
    const BARS: usize = 41;
    let changes: Vec<f64> = y.iter().zip(corrected).map(|(y, ym)| ym - y).filter(|c| c.is_finite()).collect();
    let reach = changes.iter().fold(0.0f64, |a, c| a.max(c.abs())).clamp(h * 0.1, 2.0 * h);
    let wide = 2.0 * reach / BARS as f64;
    let edges: Vec<f64> = (0..=BARS).map(|i| -reach + wide * i as f64).collect();
    let mut counts = [0u32; BARS];
    changes.iter().filter_map(|c| bin(*c, &edges)).for_each(|i| counts[i] += 1);
    let percent = |n: u32| 100.0 * f64::from(n) / changes.len().max(1) as f64;
    let top = percent(counts.iter().copied().max().unwrap_or(0)).max(1e-9);
    let bars = counts.iter().enumerate().filter(|(_, n)| **n > 0);
    let bars = bars.map(|(i, n)| Cell { x: (edges[i], edges[i + 1]), y: (0.0, percent(*n)), colour: SKY });
    let layers = vec![Layer::Cells(bars.collect()), Layer::Upright { x: 0.0, stroke: Stroke::solid(GREY, 0.7) }];
    let x = Axis::new(Scale::new(-reach, reach, false), format!("change, {m}: corrected − y"));
    Panel { heading: Vec::new(), x, y: Axis::new(Scale::new(0.0, top * 1.05, false), "clips (%)"), layers }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_people_gave_get_bins_of_their_own() {
        let sims: Vec<f64> = (-5..=5).map(|i| f64::from(i) * 0.2).collect();
        let edges = edges(&sims, 1.0);
        assert_eq!(edges.len(), 12);
        let bins: Vec<_> = sims.iter().map(|v| bin(*v, &edges).unwrap()).collect();
        assert_eq!(bins, (0..11).collect::<Vec<_>>());
        let fine: Vec<f64> = (0..500).map(|i| f64::from(i) / 250.0 - 1.0).collect();
        assert_eq!(super::edges(&fine, 1.0).len(), BINS + 1);
        assert_eq!((bin(-9.0, &edges), bin(9.0, &edges), bin(f64::NAN, &edges)), (Some(0), Some(10), None));
        assert_eq!(super::edges(&[], 1.0).len(), BINS + 1);
    }

    #[test]
    fn every_pair_is_counted_once() {
        let grid = Histogram::new(&[-1.0, 0.0, 0.0, 1.0, f64::NAN], &[-1.0, 0.1, 0.1, 5.0, 0.0], 1.0);
        assert_eq!((grid.counts.iter().flatten().sum::<u32>(), grid.most), (4, 2));
        assert_eq!(grid.cells(2).len(), 3);
    }
}
