//! Where points lie on the screen.

use ratatui::layout::Rect;

use crate::report::projection::{Item, Picture};
use crate::report::scale::Scale;

/// A part of the screen with the ranges of both axes.
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    pub area: Rect,
    pub x: Scale,
    pub y: Scale,
}

/// Both axes' ranges: all points and a little room.
pub fn scales(picture: &Picture) -> (Scale, Scale) {
    let range = |k: usize| {
        let values = || picture.places.iter().map(|p| f64::from(p[k])).filter(|v| v.is_finite());
        let (lo, hi) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        let room = (hi - lo) * 0.02;
        Scale::new(lo - room, hi + room, false)
    };
    (range(0), range(1))
}

impl Plane {
    /// The cell of a place, counted from the area's upper left; `None` for a place that is not finite.
    pub fn cell(&self, place: [f32; 2]) -> Option<(u16, u16)> {
        let (x, y) = self.dot(place)?;
        Some((x / 2, y / 4))
    }

    /// The braille dot of a place, two by four in each cell.
    pub fn dot(&self, place: [f32; 2]) -> Option<(u16, u16)> {
        let part = |scale: &Scale, value: f32, dots: u16| {
            let place = scale.place(f64::from(value))?.clamp(0.0, 1.0);
            Some((place * f64::from(dots.saturating_sub(1))).round() as u16)
        };
        let x = part(&self.x, place[0], self.area.width * 2)?;
        let y = part(&self.y, place[1], self.area.height * 4)?;
        Some((x, (self.area.height * 4).saturating_sub(1) - y))
    }

    /// Every point with its dot.
    fn dots<'a>(&'a self, picture: &'a Picture) -> impl Iterator<Item = (Item, (i32, i32))> + 'a {
        let both = picture.items.iter().zip(&picture.places);
        both.filter_map(|(item, place)| self.dot(*place).map(|(x, y)| (*item, (i32::from(x), i32::from(y)))))
    }

    fn dot_of(&self, picture: &Picture, item: Item) -> Option<(i32, i32)> {
        self.dots(picture).find(|(i, _)| *i == item).map(|(_, dot)| dot)
    }

    /// The point nearest to the middle of the area.
    pub fn middle(&self, picture: &Picture) -> Option<Item> {
        self.near(picture, (i32::from(self.area.width), i32::from(self.area.height) * 2))
    }

    /// The point nearest to a place of the screen.
    pub fn nearest(&self, picture: &Picture, column: u16, row: u16) -> Option<Item> {
        let inside = self.area.contains((column, row).into());
        let dot =
            (i32::from(column.wrapping_sub(self.area.x)) * 2 + 1, i32::from(row.wrapping_sub(self.area.y)) * 4 + 2);
        inside.then(|| self.near(picture, dot)).flatten()
    }

    fn near(&self, picture: &Picture, (x, y): (i32, i32)) -> Option<Item> {
        self.dots(picture).min_by_key(|(_, (a, b))| (a - x).pow(2) + (b - y).pow(2)).map(|(item, _)| item)
    }

    /// The nearest point of another cell in a direction, (1, 0) being right and (0, 1) down; points straight ahead count
    /// as nearer than those aside.
    pub fn step(&self, picture: &Picture, from: Item, direction: (i32, i32)) -> Option<Item> {
        let (x, y) = self.dot_of(picture, from)?;
        let cell = |(x, y): (i32, i32)| (x / 2, y / 4);
        let ahead = |(a, b): (i32, i32)| {
            let (dx, dy) = (a - x, b - y);
            let along = dx * direction.0 + dy * direction.1;
            let aside = (dx * direction.1).abs() + (dy * direction.0).abs();
            (along > 0 && aside <= along.max(4) && cell((a, b)) != cell((x, y))).then_some(along + 2 * aside)
        };
        self.dots(picture)
            .filter_map(|(item, dot)| Some((ahead(dot)?, item)))
            .min_by_key(|(cost, _)| *cost)
            .map(|p| p.1)
    }

    /// All points that lie in a point's cell, in the picture's order.
    pub fn together(&self, picture: &Picture, item: Item) -> Vec<Item> {
        let Some((x, y)) = self.dot_of(picture, item) else { return Vec::new() };
        self.dots(picture).filter(|(_, (a, b))| (a / 2, b / 4) == (x / 2, y / 4)).map(|(item, _)| item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modality::Modality;
    use crate::report::projection::{Kind, Measure};

    fn picture(places: &[[f32; 2]]) -> Picture {
        let item = |i: usize| Item { row: i as u32, kind: Kind::H, modality: Modality::Text };
        Picture {
            items: (0..places.len()).map(item).collect(),
            places: places.to_vec(),
            measure: Measure::Pca { explained: [0.5, 0.2] },
            clips: places.len(),
            left_out: 0,
        }
    }

    fn plane(picture: &Picture, area: Rect) -> Plane {
        let (x, y) = scales(picture);
        Plane { area, x, y }
    }

    #[test]
    fn the_cursor_walks_from_point_to_point() {
        // A cross: middle, right, left, up, down; and one on the middle.
        let picture = picture(&[[0.0, 0.0], [5.0, 0.0], [-5.0, 0.0], [0.0, 5.0], [0.0, -5.0], [0.0, 0.0]]);
        let plane = plane(&picture, Rect::new(10, 5, 40, 20));
        let item = |i: usize| picture.items[i];
        assert_eq!(plane.middle(&picture), Some(item(0)));
        let ways = [(1, 0), (-1, 0), (0, -1), (0, 1)].map(|d| plane.step(&picture, item(0), d));
        assert_eq!(ways, [1, 2, 3, 4].map(|i| Some(item(i))));
        assert_eq!(plane.step(&picture, item(1), (1, 0)), None, "nothing lies further right");
        assert_eq!(plane.together(&picture, item(0)), [item(0), item(5)]);
        assert_eq!(plane.nearest(&picture, 48, 15), Some(item(1)));
        assert_eq!(plane.nearest(&picture, 0, 0), None, "outside");
    }

    #[test]
    fn hostile_places_and_areas_are_survived() {
        let bad = picture(&[[f32::NAN, 0.0], [f32::INFINITY, 1.0], [1.0, f32::MAX], [1.0, -f32::MAX]]);
        for area in [Rect::new(0, 0, 0, 0), Rect::new(0, 0, 1, 1), Rect::new(3, 3, 200, 60)] {
            let plane = plane(&bad, area);
            assert_eq!(plane.cell([f32::NAN, 0.0]), None);
            for place in &bad.places {
                if let Some((x, y)) = plane.cell(*place) {
                    assert!(x <= area.width && y <= area.height);
                }
            }
            plane.step(&bad, bad.items[2], (1, 0));
            plane.middle(&bad);
        }
        assert!(plane(&picture(&[]), Rect::new(0, 0, 9, 9)).middle(&picture(&[])).is_none());
    }
}
