//! How the points of a figure look.

use super::super::palette::{BLUE, Colour, GREEN, GREY, Marker, ORANGE, PURPLE, VERMILLION, diverging};
use super::super::panel::{Key, Layer, Sign};
use crate::report::numbers::number;
use crate::report::projection::groups::{Clip, Colouring, NEUTRAL};
use crate::report::projection::{Item, Kind, Picture};
use crate::run::rows::LabelRows;

/// Points are drawn in so many rounds, each with all groups, so that none covers the others.
const ROUNDS: usize = 8;

/// Points drawn in a panel; more only cover one another and make a file that editors choke on.
pub const DRAWN: usize = 1200;

/// How points look: the colour by group; the shape by kind, so that h and z are told apart in grey.
pub struct Looks<'a> {
    pub colouring: Colouring,
    pub rows: &'a LabelRows,
    /// H.
    pub range: f32,
}

impl Looks<'_> {
    fn colours(&self) -> [Colour; 4] {
        match self.colouring {
            Colouring::Kind => [BLUE, VERMILLION, GREY, GREY],
            // The ends of the diverging ramp differ in lightness, and neutral is paler than both.
            Colouring::Label => [diverging(0.0), (185, 185, 185), diverging(1.0), GREY],
            Colouring::Modality => [BLUE, ORANGE, GREEN, GREY],
            Colouring::Split => [BLUE, ORANGE, PURPLE, GREY],
        }
    }

    fn marker(kind: Kind) -> (Marker, f64) {
        match kind {
            Kind::H => (Marker::Disc, 2.6),
            Kind::Z => (Marker::Cross, 3.6),
        }
    }

    fn group(&self, item: Item) -> usize {
        let row = item.row as usize;
        let label = self.rows.y.get(row).copied().unwrap_or(f32::NAN);
        let clip = Clip { label, split: self.rows.split.get(row).copied() };
        self.colouring.group(item, clip, self.range).unwrap_or(3)
    }

    /// The points of a panel.
    pub fn layers(&self, picture: &Picture) -> Vec<Layer> {
        let points: Vec<(Item, [f32; 2])> = thinned(picture).collect();
        let mut layers = Vec::new();
        for round in points.chunks(points.len().div_ceil(ROUNDS).max(1)) {
            for kind in [Kind::H, Kind::Z] {
                for (group, colour) in self.colours().into_iter().enumerate() {
                    let own = |(item, _): &&(Item, [f32; 2])| item.kind == kind && self.group(*item) == group;
                    let points: Vec<(f64, f64)> =
                        round.iter().filter(own).map(|(_, p)| (f64::from(p[0]), f64::from(p[1]))).collect();
                    let (marker, size) = Self::marker(kind);
                    if !points.is_empty() {
                        layers.push(Layer::Dots { points, marker, size, colour, opacity: 0.75 });
                    }
                }
            }
        }
        layers
    }

    /// What colours and shapes mean.
    pub fn legend(&self) -> Vec<Key> {
        let colours = self.colours();
        let key = |name: String, marker: Marker, colour: Colour| Key { name, sign: Sign::Dot(marker, colour) };
        let kind = |kind: Kind, colour: Colour| {
            let words = match kind {
                Kind::H => "h (by the modality's encoder)",
                Kind::Z => "z (projected from the fusion)",
            };
            key(words.into(), Self::marker(kind).0, colour)
        };
        if self.colouring == Colouring::Kind {
            return vec![kind(Kind::H, colours[0]), kind(Kind::Z, colours[1])];
        }
        let mut keys = vec![kind(Kind::H, GREY), kind(Kind::Z, GREY)];
        for (group, name) in self.colouring.groups().iter().enumerate() {
            let bound = number(f64::from(NEUTRAL * self.range), 1);
            let name = if *name == "neutral" { format!("neutral (|y| ≤ {bound})") } else { (*name).to_owned() };
            keys.push(key(name, Marker::Square, colours[group]));
        }
        keys
    }
}

/// The places drawn: all, or every so many-th pair.
pub fn thinned(picture: &Picture) -> impl Iterator<Item = (Item, [f32; 2])> + '_ {
    let every = picture.items.len().div_ceil(DRAWN).max(1) as u32;
    // By clip, so that h and z of a clip are both there.
    let mut seen = (u32::MAX, 0u32);
    picture.items.iter().zip(&picture.places).filter_map(move |(item, place)| {
        if item.row != seen.0 {
            seen = (item.row, seen.1.wrapping_add(1));
        }
        ((seen.1 - 1) % every == 0).then_some((*item, *place))
    })
}
