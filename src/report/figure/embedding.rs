//! h and z in the plane, modality by modality, before beside after stage 1: the picture of the gap that the stage is there
//! to close ([the method](crate::book::method), stage 1).

mod looks;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::canvas;
use super::error::FigureError;
use super::panel::{Axis, Figure, Panel, Ticks};
use super::request::{Choice, Draw, FigureKind, Request, Subject};
use crate::report::numbers::number;
use crate::report::projection::gap::{Measure as Gap, before_and_at};
use crate::report::projection::groups::Colouring;
use crate::report::projection::{Cloud, MOST_POINTS, Measure, Method, Picture, Recorded, Scaling, Scope, picture};
use crate::report::scale::Scale;
use crate::run::directory::RunDir;
use crate::run::embedding::sample;
use crate::run::view::{EmbeddingEntry, RunView};
use crate::training::events::{Moment, Stage};
use looks::{DRAWN, Looks};

/// Points of a t-SNE panel: up to six panels are computed.
const TSNE: usize = 1000;
/// What axes, labels and heading take of a panel in px, about.
const AROUND: (f64, f64) = (58.0, 62.0);
/// Least width of a panel in px before they stand below one another.
const LEAST: f64 = 220.0;

pub static EMBEDDING: FigureKind = FigureKind {
    name: "embedding",
    shows: "h and z of each modality in the plane, before beside after stage 1",
    choices: &[Choice::Projection, Choice::Colouring, Choice::Moments],
    draw: Draw::Run(figure),
};

/// Draws the moments asked for, a row for each modality (or one of all three where colours tell modalities apart).
///
/// # Errors
/// Nothing recorded yet, unreadable files, or too few points.
fn figure(subject: &Subject<'_>, request: &Request, width: f64) -> Result<Figure, FigureError> {
    let Subject { dir, view } = *subject;
    let moments = moments(dir, view, request)?;
    let rows = dir.rows()?;
    let modalities = view.modalities();
    let all = Scope::ALL.into_iter().filter(|scope| match scope {
        Scope::One(m) => request.colouring != Colouring::Modality && modalities.contains(m),
        Scope::All => request.colouring == Colouring::Modality,
    });
    let scopes: Vec<Scope> = all.collect();
    let range = view.prepared.as_ref().map_or(1.0, |p| p.label_range);
    let looks = Looks { colouring: request.colouring, rows: &rows, range };
    let across = ((width / LEAST) as usize).clamp(1, moments.len().max(1));
    let panel_width = width / across as f64;
    let height = (panel_width * 0.68).clamp(170.0, 420.0);
    let inside = ((panel_width - AROUND.0).max(40.0), (height - AROUND.1).max(40.0));
    let (mut panels, mut notes) = (Vec::new(), Vec::new());
    for scope in &scopes {
        let mut pictures = Vec::new();
        for entry in &moments {
            pictures.push(lay_out(dir.path(), entry, *scope, request.projection)?);
        }
        let shared = extent(pictures.iter());
        for (entry, picture) in moments.iter().zip(&pictures) {
            let words = heading(view, entry, *scope);
            // One scale for all moments of a modality, so that one sees the gap close; t-SNE has none.
            let extent = if request.projection == Method::Pca { shared } else { extent([picture].into_iter()) };
            panels.push(panel(words, picture, extent, inside, &looks));
            if picture.left_out > 0 {
                notes.push(format!(
                    "{} {}: {} points undefined, left out",
                    scope.name(),
                    entry.moment.name(),
                    picture.left_out
                ));
            }
        }
        if let Some(first) = pictures.first() {
            notes.push(said(first, *scope, request.projection, rows.len()));
        }
    }
    if request.colouring != Colouring::Modality {
        notes.push("cosine, retrieval and gap are those of the validation split".into());
    }
    let legend = looks.legend();
    let mut lines: Vec<(f64, Vec<Panel>)> = Vec::new();
    for (i, panel) in panels.into_iter().enumerate() {
        // A row is one modality's moments, in as many lines as it takes.
        match lines.last_mut().filter(|(_, line)| i % moments.len() != 0 && line.len() < across) {
            Some((_, line)) => line.push(panel),
            None => lines.push((1.0, vec![panel])),
        }
    }
    let height = (height * lines.len() as f64 + canvas::legend_height(&legend, width) + 12.0).round();
    let description = format!(
        "Representations h and z of run {}, {}, {}, rows scaled to length 1.",
        dir.name(),
        moments.iter().map(|e| format!("{} stage 1", e.moment.name())).collect::<Vec<_>>().join(" and "),
        if request.projection == Method::Pca { "principal components" } else { "t-SNE" },
    );
    Ok(Figure { width, height, title: String::new(), legend, rows: lines, description, notes })
}

/// The moments to draw: those asked for, else the first beside the last.
fn moments(dir: &RunDir, view: &RunView, request: &Request) -> Result<Vec<EmbeddingEntry>, FigureError> {
    let nothing = |why: String| FigureError::Nothing { run: dir.name().to_owned(), what: "representations", why };
    let all = &view.embeddings;
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        return Err(nothing(match view.stage(Stage::Contrastive).step {
            0 => "h and z are recorded when the contrastive stage begins".into(),
            _ => "an earlier version of mug trained it, or without the contrastive stage".into(),
        }));
    };
    if request.moments.is_empty() {
        let only = first.file == last.file;
        return Ok(if only { vec![first.clone()] } else { vec![first.clone(), last.clone()] });
    }
    let find = |moment: &Moment| {
        let own: Vec<&EmbeddingEntry> = all.iter().filter(|e| e.moment == *moment).collect();
        // Of those recorded during the stage, the middle one.
        own.get(own.len() / 2).map(|e| (*e).clone()).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|e| e.moment.name()).collect();
            nothing(format!("those of \"{}\" are not recorded; there are {}", moment.name(), known.join(", ")))
        })
    };
    request.moments.iter().map(find).collect()
}

fn lay_out(dir: &Path, entry: &EmbeddingEntry, scope: Scope, method: Method) -> Result<Picture, FigureError> {
    let (values, every) = sample(&dir.join(&entry.file), MOST_POINTS / 2)?;
    let row = |i: usize| u32::try_from(i.saturating_mul(every).saturating_mul(entry.stride)).unwrap_or(u32::MAX);
    let rows: Vec<u32> = (0..values.rows).map(row).collect();
    let recorded = Recorded { data: &values.data, dim: values.dim, rows: &rows };
    let most = if method == Method::Pca { MOST_POINTS } else { TSNE };
    let cloud = Cloud::of(&recorded, scope, Scaling::Direction, most);
    Ok(picture(cloud, method, &AtomicBool::new(false), |_| {})?)
}

/// Modality, moment and the gap on the validation split.
fn heading(view: &RunView, entry: &EmbeddingEntry, scope: Scope) -> Vec<String> {
    let epoch = if entry.moment == Moment::During { format!(" (epoch {})", entry.epoch) } else { String::new() };
    let words = format!("{}, {} stage 1{epoch}", scope.name(), entry.moment.name());
    let Scope::One(m) = scope else { return vec![words] };
    let value = |gap: Gap| f64::from(before_and_at(view.stage(Stage::Contrastive), entry, gap, m).1);
    if Gap::ALL.iter().all(|g| !value(*g).is_finite()) {
        return vec![words];
    }
    let measures = Gap::ALL.map(|g| format!("{} {}", g.name(), number(value(g), 2)));
    vec![words, measures.join(", ")]
}

fn said(picture: &Picture, scope: Scope, method: Method, of: usize) -> String {
    let points = picture.items.len();
    let drawn = points.min(DRAWN);
    let what = match method {
        Method::Pca => "principal axes fitted to",
        Method::Tsne => "t-SNE of",
    };
    format!(
        "{}: {what} h and z of {} of {of} clips together, rows scaled to length 1; {drawn} of {points} points drawn",
        scope.name(),
        picture.clips,
    )
}

/// The least rectangle around all points: left, right, bottom, top.
fn extent<'a>(pictures: impl Iterator<Item = &'a Picture> + Clone) -> [f64; 4] {
    let range = |k: usize| {
        let values =
            || pictures.clone().flat_map(|p| &p.places).map(move |p| f64::from(p[k])).filter(|v| v.is_finite());
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
    };
    let (x, y) = (range(0), range(1));
    [x.0, x.1, y.0, y.1]
}

/// Axes whose units are equally long both ways, in a panel of this size in px.
fn axes([left, right, bottom, top]: [f64; 4], inside: (f64, f64)) -> (Scale, Scale) {
    let (x, y) = (Scale::new(left, right, false), Scale::new(bottom, top, false));
    let unit = ((x.hi - x.lo) / inside.0).max((y.hi - y.lo) / inside.1) * 1.06;
    let around = |s: Scale, px: f64| {
        let (middle, half) = ((s.lo + s.hi) / 2.0, unit * px / 2.0);
        Scale::new(middle - half, middle + half, false)
    };
    (around(x, inside.0), around(y, inside.1))
}

fn panel(heading: Vec<String>, picture: &Picture, extent: [f64; 4], inside: (f64, f64), looks: &Looks<'_>) -> Panel {
    let (x, y) = axes(extent, inside);
    let (x, y) = match picture.measure {
        Measure::Pca { explained } => {
            let label = |k: usize| format!("component {} ({} %)", k + 1, number(explained[k] * 100.0, 0));
            (Axis::new(x, label(0)), Axis::new(y, label(1)))
        }
        Measure::Tsne { divergence, .. } => {
            let words = format!("t-SNE (divergence {})", number(divergence, 2));
            (Axis::new(x, words).with(Ticks::Bare), Axis::new(y, "").with(Ticks::Bare))
        }
    };
    Panel { heading, x, y, layers: looks.layers(picture) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::figure;
    use super::super::palette::Marker;
    use super::super::panel::{Layer, Panel};
    use super::looks::thinned;
    use super::*;
    use crate::report::fixture::{events, finished, write_events};
    use crate::report::projection::Item;
    use crate::report::projection::Kind;
    use crate::run::embedding::{EmbeddingValues, write};

    const DIM: usize = 3;

    /// A finished run of 40 clips with representations before, twice during and after; z lies at h + gap.
    fn recorded() -> (tempfile::TempDir, RunDir) {
        let (root, dir) = finished("a", &[]);
        let mut events = events();
        std::fs::create_dir(dir.path().join("embeddings")).unwrap();
        for (epoch, moment, gap) in [(0, "before", 2.0), (1, "during", 1.5), (2, "during", 1.0), (4, "after", 0.5f32)] {
            let file = format!("embeddings/{epoch:04}-{moment}.npy");
            let value = |i: usize| {
                let (row, place, k) = (i / (6 * DIM), i / DIM % 6, i % DIM);
                let h = ((row * 7 + place % 3 + k * 5) % 11) as f32 / 5.0 + 0.1;
                if place < 3 { h } else { h + gap * (k == 2) as u8 as f32 }
            };
            let data = (0..40 * 6 * DIM).map(value).collect();
            write(&dir.path().join(&file), &EmbeddingValues { rows: 40, dim: DIM, data }).unwrap();
            events
                .push(json!({"event": "embedding", "time": 9.0, "stage": "contrastive", "epoch": epoch, "step": epoch,
                "moment": moment, "file": file, "stride": 1, "dim": DIM}));
        }
        write_events(&dir, &events);
        (root, dir)
    }

    fn drawn(dir: &RunDir, change: impl Fn(&mut Request)) -> Figure {
        let mut request = Request::new(&EMBEDDING);
        change(&mut request);
        let figure = figure(dir, &request).unwrap();
        canvas::svg(&figure).unwrap();
        figure
    }

    fn points(panel: &Panel, wanted: Marker) -> usize {
        let of = |l: &Layer| match l {
            Layer::Dots { points, marker, .. } if *marker == wanted => points.len(),
            _ => 0,
        };
        panel.layers.iter().map(of).sum()
    }

    #[test]
    fn every_modality_before_beside_after_on_one_scale() {
        let (_root, dir) = recorded();
        let figure = drawn(&dir, |_| {});
        assert_eq!(figure.rows.iter().map(|(_, r)| r.len()).collect::<Vec<_>>(), [2, 2, 2]);
        let panels: Vec<&Panel> = figure.panels().collect();
        let headings: Vec<&str> = panels.iter().map(|p| &*p.heading[0]).collect();
        assert_eq!(headings[..3], ["text, before stage 1", "text, after stage 1", "audio, before stage 1"]);
        for pair in panels.chunks(2) {
            assert_eq!((pair[0].x.scale, pair[0].y.scale), (pair[1].x.scale, pair[1].y.scale));
            assert!(pair.iter().all(|p| points(p, Marker::Disc) == 40 && points(p, Marker::Cross) == 40));
        }
        assert!(panels[0].x.label.starts_with("component 1 ("), "{}", panels[0].x.label);
        let note = "text: principal axes fitted to h and z of 40 of 40 clips together, rows scaled to length 1";
        assert!(figure.notes[0].starts_with(note), "{:?}", figure.notes);
    }

    #[test]
    fn moments_colours_and_tsne_are_as_asked() {
        let (_root, dir) = recorded();
        let figure = drawn(&dir, |r| {
            r.moments = vec![Moment::Before, Moment::During, Moment::After];
            r.colouring = Colouring::Label;
        });
        assert_eq!(figure.rows.len(), 3);
        assert_eq!(figure.panels().nth(1).unwrap().heading[0], "text, during stage 1 (epoch 2)");
        let names: Vec<&str> = figure.legend.iter().map(|k| &*k.name).collect();
        assert_eq!(names[2..], ["negative", "neutral (|y| ≤ 0.1)", "positive"]);
        let figure = drawn(&dir, |r| r.colouring = Colouring::Modality);
        assert_eq!((figure.panels().count(), points(figure.panels().next().unwrap(), Marker::Disc)), (2, 120));
        let figure = drawn(&dir, |r| (r.projection, r.width) = (Method::Tsne, Some(240.0)));
        assert_eq!(figure.rows.len(), 6, "one below the other where there is little room");
        assert!(figure.panels().all(|p| p.x.ticks == Ticks::Bare && p.x.label.starts_with("t-SNE")));
    }

    #[test]
    fn what_is_missing_is_said() {
        let (_root, dir) = finished("a", &[]);
        let message = |dir: &RunDir, moments: &[Moment]| {
            let mut request = Request::new(&EMBEDDING);
            request.moments = moments.to_vec();
            figure(dir, &request).unwrap_err().to_string()
        };
        assert!(message(&dir, &[]).contains("an earlier version of mug"));
        let (_root, dir) = recorded();
        let kept: Vec<Value> = std::fs::read_to_string(dir.events_path())
            .unwrap()
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .filter(|e: &Value| e["moment"] != "after")
            .collect();
        write_events(&dir, &kept);
        assert!(message(&dir, &[Moment::After]).contains("there are before, during, during"));
        std::fs::remove_file(dir.path().join("embeddings/0000-before.npy")).unwrap();
        assert!(message(&dir, &[]).contains("0000-before.npy"));
    }

    #[test]
    fn units_are_equally_long_both_ways() {
        for extent in [[0.0, 4.0, 0.0, 1.0], [0.0, 1.0, -5.0, 5.0], [1.0, 1.0, 2.0, 2.0]] {
            let (x, y) = axes(extent, (300.0, 150.0));
            assert!(((x.hi - x.lo) / 300.0 - (y.hi - y.lo) / 150.0).abs() < 1e-9);
            assert!(x.lo <= extent[0] && x.hi >= extent[1] && y.lo <= extent[2] && y.hi >= extent[3]);
        }
    }

    #[test]
    fn thinning_keeps_both_of_a_clip() {
        let item = |i: usize| Item {
            row: (i / 2) as u32,
            kind: if i.is_multiple_of(2) { Kind::H } else { Kind::Z },
            modality: crate::modality::Modality::Text,
        };
        let picture = Picture {
            items: (0..5000).map(item).collect(),
            places: vec![[0.0; 2]; 5000],
            measure: Measure::Pca { explained: [1.0, 0.0] },
            clips: 2500,
            left_out: 0,
        };
        let kept: Vec<Item> = thinned(&picture).map(|(i, _)| i).collect();
        assert_eq!(kept.len(), 1000);
        assert!(kept.chunks(2).all(|p| p[0].row == p[1].row && p[0].kind != p[1].kind));
    }
}
