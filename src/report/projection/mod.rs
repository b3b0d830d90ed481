//! Two-dimensional pictures of the representations h_m and z_m ([the method](crate::book::method), stage 1): which points are laid out, and
//! by which of the two methods. Pure computing, no file and no screen.
//!
//! To add a method: a file that lays points out, a [`Method`] with its name, and its arm in [`picture`].

mod error;
pub mod gap;
pub mod groups;
pub mod pca;
mod progress;
pub mod tsne;

use std::sync::atomic::AtomicBool;

pub use error::{MOST_DIMENSIONS, ProjectionError};
pub use progress::Progress;

use crate::modality::Modality;

/// Points of a principal component picture; more only cover one another.
pub const MOST_POINTS: usize = 8192;
/// Points of a t-SNE picture: its cost grows with their square.
pub const MOST_TSNE_POINTS: usize = 2000;
/// Which of a clip's representations a point stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// h_m, by the modality's own encoder.
    H,
    /// z_m, projected from the fused representation.
    Z,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::H => "h",
            Kind::Z => "z",
        }
    }
}

/// Which representations are laid out together, in one common plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// h and z of one modality: stage 1 is there to close the gap between the two.
    One(Modality),
    /// h and z of all three.
    All,
}

impl Scope {
    /// In the order of the key that walks through them.
    pub const ALL: [Scope; 4] =
        [Scope::One(Modality::Text), Scope::One(Modality::Audio), Scope::One(Modality::Vision), Scope::All];

    pub fn modalities(self) -> &'static [Modality] {
        match self {
            Scope::One(Modality::Text) => &Modality::ALL[..1],
            Scope::One(Modality::Audio) => &Modality::ALL[1..2],
            Scope::One(Modality::Vision) => &Modality::ALL[2..],
            Scope::All => &Modality::ALL,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Scope::One(m) => m.name(),
            Scope::All => "all",
        }
    }
}

/// What is done to each representation first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scaling {
    /// To length 1: the contrastive loss sees nothing but directions, and the gap measures neither.
    Direction,
    /// Left as it is.
    Raw,
}

/// How points are brought into the plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Method {
    /// Principal components: distances are kept as far as a plane can.
    #[default]
    Pca,
    /// Neighbours are kept, far distances mean little.
    Tsne,
}

/// What a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Row of the label table.
    pub row: u32,
    pub kind: Kind,
    pub modality: Modality,
}

/// Representations as they were recorded at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// (rows, 6, dim): h of text, audio and vision, then z of the same.
    pub data: &'a [f32],
    /// d.
    pub dim: usize,
    /// For each row its row of the label table.
    pub rows: &'a [u32],
}

/// Points to be laid out.
#[derive(Clone, Debug, Default)]
pub struct Cloud {
    pub items: Vec<Item>,
    /// (items, dim), all finite.
    pub values: Vec<f32>,
    pub dim: usize,
    /// Clips that the points are of.
    pub clips: usize,
    /// Points left out because a value of theirs is not finite.
    pub left_out: usize,
}

impl Cloud {
    /// At most `most` points of the recorded ones, of evenly spread rows.
    pub fn of(recorded: &Recorded<'_>, scope: Scope, scaling: Scaling, most: usize) -> Cloud {
        let (rows, dim) = (recorded.rows.len(), recorded.dim);
        let per_row = 2 * scope.modalities().len();
        let clips = rows.min((most / per_row).max(1));
        let mut cloud = Cloud { dim, clips, ..Cloud::default() };
        for i in 0..clips {
            let row = i * rows / clips;
            for kind in [Kind::H, Kind::Z] {
                for m in scope.modalities() {
                    let place = *m as usize + if kind == Kind::Z { 3 } else { 0 };
                    let start = (row * 6 + place) * dim;
                    let Some(values) = recorded.data.get(start..start + dim) else { continue };
                    if values.iter().all(|v| v.is_finite()) {
                        cloud.items.push(Item { row: recorded.rows[row], kind, modality: *m });
                        push(values, scaling, &mut cloud.values);
                    } else {
                        cloud.left_out += 1;
                    }
                }
            }
        }
        cloud
    }
}

/// Appends a representation; one of length 0 has no direction and stays as it is.
fn push(values: &[f32], scaling: Scaling, into: &mut Vec<f32>) {
    let length = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    match scaling {
        Scaling::Direction if length > 0.0 => into.extend(values.iter().map(|v| (f64::from(*v) / length) as f32)),
        _ => into.extend_from_slice(values),
    }
}

/// What can be said of a picture beside its points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    Pca {
        /// Share of the variance along each axis, in [0, 1].
        explained: [f64; 2],
    },
    Tsne {
        /// Kullback-Leibler divergence that is left, in nats.
        divergence: f64,
        perplexity: f64,
    },
}

/// Points in the plane.
#[derive(Clone, Debug)]
pub struct Picture {
    pub items: Vec<Item>,
    /// One for each item.
    pub places: Vec<[f32; 2]>,
    pub measure: Measure,
    /// See [`Cloud`].
    pub clips: usize,
    pub left_out: usize,
}

/// Lays points out. `cancel` is looked at in every round of t-SNE, principal components are quick; `tell` hears of every
/// round.
///
/// # Errors
/// Too few points, or cancelled.
pub fn picture(
    cloud: Cloud,
    method: Method,
    cancel: &AtomicBool,
    tell: impl FnMut(Progress),
) -> Result<Picture, ProjectionError> {
    let too_few = |least: usize| ProjectionError::TooFew { least, found: cloud.items.len(), left_out: cloud.left_out };
    if cloud.items.is_empty() {
        return Err(too_few(1));
    }
    if cloud.dim > MOST_DIMENSIONS {
        return Err(ProjectionError::TooWide { found: cloud.dim });
    }
    let flat = pca::Pca::fit(&cloud.values, cloud.dim)?;
    let start = flat.project(&cloud.values);
    let (places, measure) = match method {
        Method::Pca => (start, Measure::Pca { explained: flat.explained }),
        Method::Tsne if cloud.items.len() < tsne::LEAST_POINTS => return Err(too_few(tsne::LEAST_POINTS)),
        Method::Tsne => {
            let options = tsne::Options::default();
            let done = tsne::embed(&cloud.values, cloud.dim, &start, &options, cancel, tell)?;
            (done.places, Measure::Tsne { divergence: done.divergence, perplexity: done.perplexity })
        }
    };
    let Cloud { items, clips, left_out, .. } = cloud;
    Ok(Picture { items, places, measure, clips, left_out })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows whose six representations of two numbers say which they are.
    fn recorded(rows: usize) -> Vec<f32> {
        (0..rows * 6).flat_map(|i| [(i / 6) as f32 + 1.0, (i % 6) as f32]).collect()
    }

    #[test]
    fn a_cloud_takes_even_rows_of_the_scope() {
        let data = recorded(10);
        let table: Vec<u32> = (0..10).map(|i| i * 3).collect();
        let recorded = Recorded { data: &data, dim: 2, rows: &table };
        let one = Cloud::of(&recorded, Scope::One(Modality::Audio), Scaling::Raw, 8);
        let rows: Vec<u32> = one.items.iter().map(|i| i.row).collect();
        assert_eq!((rows, one.clips), (vec![0, 0, 6, 6, 15, 15, 21, 21], 4));
        assert_eq!(one.values[..4], [1.0, 1.0, 1.0, 4.0], "h and z of audio");
        let all = Cloud::of(&recorded, Scope::All, Scaling::Raw, 1000);
        assert_eq!((all.items.len(), all.values.len()), (60, 120));
        assert_eq!(all.items[4], Item { row: 0, kind: Kind::Z, modality: Modality::Audio });
    }

    #[test]
    fn directions_have_length_one_and_bad_points_are_counted() {
        let mut data = vec![0.0; 12];
        (data[0], data[1], data[6], data[7]) = (3.0, 4.0, f32::NAN, 1.0);
        let recorded = Recorded { data: &data, dim: 2, rows: &[0] };
        let cloud = Cloud::of(&recorded, Scope::All, Scaling::Direction, 1000);
        assert_eq!((cloud.left_out, cloud.items.len()), (1, 5));
        assert!((cloud.values[0] - 0.6).abs() < 1e-6 && (cloud.values[1] - 0.8).abs() < 1e-6);
        assert_eq!(cloud.values[2..4], [0.0, 0.0], "no direction: as it is");
    }

    #[test]
    fn nothing_to_lay_out_is_said() {
        let cancel = AtomicBool::new(false);
        let none = picture(Cloud::default(), Method::Pca, &cancel, |_| {});
        assert!(matches!(none, Err(ProjectionError::TooFew { least: 1, found: 0, .. })));
        let data = recorded(1);
        let cloud = Cloud::of(&Recorded { data: &data, dim: 2, rows: &[0] }, Scope::All, Scaling::Raw, 100);
        let few = picture(cloud, Method::Tsne, &cancel, |_| {}).unwrap_err();
        assert!(few.to_string().contains("at least 8 points"), "{few}");
        let wide = vec![0.5; 6 * 5000];
        let cloud = Cloud::of(&Recorded { data: &wide, dim: 5000, rows: &[0] }, Scope::All, Scaling::Raw, 100);
        assert_eq!(picture(cloud, Method::Pca, &cancel, |_| {}).unwrap_err(), ProjectionError::TooWide { found: 5000 });
        let empty = Recorded { data: &[], dim: 0, rows: &[] };
        assert!(Cloud::of(&empty, Scope::All, Scaling::Raw, 100).items.is_empty());
    }
}
