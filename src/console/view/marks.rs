//! How points are marked on the screen: symbols or dots, colours, letters where there is no colour, the picked clip.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier as Attribute, Style};
use ratatui::text::{Line, Span};

use crate::console::layout::plane::Plane;
use crate::console::state::State;
use crate::console::terminal::theme;
use crate::console::widgets::raster::{Layer, render};
use crate::report::projection::groups::{Clip, Colouring};
use crate::report::projection::{Item, Kind, Picture};

/// How points are marked.
pub struct Marks<'a> {
    pub state: &'a State,
    pub colouring: Colouring,
}

/// What lies in one cell of the screen.
#[derive(Clone, Copy, Default)]
struct Counted {
    kinds: [u32; 2],
    /// By group; the last: not known.
    groups: [u32; 4],
}

impl Marks<'_> {
    fn group(&self, item: Item) -> Option<usize> {
        let rows = &self.state.labels.table.rows;
        let row = item.row as usize;
        let label = rows.y.get(row).copied().unwrap_or(f32::NAN);
        let clip = Clip { label, split: rows.split.get(row).copied() };
        let prepared = self.state.run.as_ref().and_then(|r| r.view.prepared.as_ref());
        self.colouring.group(item, clip, prepared.map_or(1.0, |p| p.label_range))
    }

    fn style(&self, group: Option<usize>) -> Style {
        let own = match self.colouring {
            Colouring::Kind => [theme::TRAIN, theme::VALID, theme::PLAIN],
            Colouring::Label => [theme::DOWN, theme::PLAIN, theme::UP],
            Colouring::Modality | Colouring::Split => [theme::TRAIN, theme::VALID, theme::MARK],
        };
        group.and_then(|g| own.get(g)).copied().unwrap_or(theme::FAINT)
    }

    /// Letters in place of colours: small for h, capital for z.
    fn letter(&self, group: Option<usize>, kind: Kind) -> char {
        let own = match self.colouring {
            Colouring::Kind => ['h', 'z', '?'],
            Colouring::Label => ['n', 'o', 'p'],
            Colouring::Modality => ['t', 'a', 'v'],
            Colouring::Split => ['t', 'v', 'e'],
        };
        let letter = group.and_then(|g| own.get(g)).copied().unwrap_or('?');
        if kind == Kind::Z { letter.to_ascii_uppercase() } else { letter }
    }

    /// True where a point's group is told by a letter: there is no colour to tell it by.
    fn by_letter(&self) -> bool {
        self.colouring != Colouring::Kind && !self.state.abilities.colour
    }

    /// Dots tell nothing apart without colour.
    fn by_dots(&self) -> bool {
        self.state.embedding.dots && self.state.abilities.colour && self.state.abilities.unicode
    }

    fn symbol(&self, cell: &Counted) -> (char, Style) {
        let [h, z] = cell.kinds;
        let most = (0..4).max_by_key(|g| (cell.groups[*g], 4 - g)).filter(|g| *g < 3);
        let kind = if z > h { Kind::Z } else { Kind::H };
        if self.by_letter() {
            return (self.letter(most, kind), self.style(most));
        }
        // A kind with less than a quarter of a cell's points does not count.
        let both = h.min(z) * 4 >= h + z;
        match (both, kind) {
            (true, _) if self.colouring == Colouring::Kind => ('⊗', theme::STRONG),
            (true, _) => ('⊗', self.style(most)),
            (false, Kind::H) => ('○', self.style(most)),
            (false, Kind::Z) => ('×', self.style(most)),
        }
    }

    /// Draws all points, and the picked clip over them.
    pub fn draw(&self, picture: &Picture, plane: &Plane, buffer: &mut Buffer) {
        let (width, height) = (usize::from(plane.area.width), usize::from(plane.area.height));
        let mut cells = vec![Counted::default(); width * height];
        let mut dots = Layer::new(plane.area, theme::PLAIN);
        for (item, place) in picture.items.iter().zip(&picture.places) {
            let (Some((x, y)), Some((dx, dy))) = (plane.cell(*place), plane.dot(*place)) else { continue };
            let Some(cell) = cells.get_mut(usize::from(y) * width + usize::from(x)) else { continue };
            cell.kinds[usize::from(item.kind == Kind::Z)] += 1;
            cell.groups[self.group(*item).unwrap_or(3)] += 1;
            dots.dot(i32::from(dx), i32::from(dy));
        }
        self.pair(picture, plane, buffer);
        if self.by_dots() {
            render(&[dots], plane.area, buffer);
        }
        for (i, cell) in cells.iter().enumerate().filter(|(_, c)| c.kinds != [0, 0]) {
            let at = (plane.area.x + (i % width) as u16, plane.area.y + (i / width) as u16);
            let (symbol, style) = self.symbol(cell);
            if let Some(place) = buffer.cell_mut(at) {
                if !self.by_dots() {
                    place.set_char(symbol);
                }
                place.set_style(style);
            }
        }
        self.pick(picture, plane, buffer);
    }

    /// The picked point and the other kind of the same clip and modality, joined by a line below the points.
    fn pair(&self, picture: &Picture, plane: &Plane, buffer: &mut Buffer) {
        let ends: Vec<(i32, i32)> = self
            .partners(picture)
            .filter_map(|(_, place)| plane.dot(place).map(|(x, y)| (i32::from(x), i32::from(y))))
            .collect();
        if let [from, to] = ends[..] {
            let mut line = Layer::new(plane.area, theme::CURSOR);
            line.line(from, to);
            render(&[line], plane.area, buffer);
        }
    }

    fn pick(&self, picture: &Picture, plane: &Plane, buffer: &mut Buffer) {
        for (item, place) in self.partners(picture) {
            let Some((x, y)) = plane.cell(place) else { continue };
            let Some(cell) = buffer.cell_mut((plane.area.x + x, plane.area.y + y)) else { continue };
            // The point itself, not what most points of its cell are.
            cell.set_char(if self.by_letter() {
                self.letter(self.group(item), item.kind)
            } else if item.kind == Kind::Z {
                '×'
            } else {
                '○'
            });
            let picked = self.state.embedding.pick == Some(item);
            let under = if picked { Attribute::REVERSED | Attribute::BOLD } else { Attribute::REVERSED };
            cell.set_style(self.style(self.group(item)).add_modifier(under));
        }
    }

    /// The picked point's clip and modality: h, then z.
    fn partners<'a>(&self, picture: &'a Picture) -> impl Iterator<Item = (Item, [f32; 2])> + 'a {
        let pick = self.state.embedding.pick;
        let both = picture.items.iter().zip(&picture.places);
        both.filter(move |(i, _)| pick.is_some_and(|p| (p.row, p.modality) == (i.row, i.modality)))
            .map(|(item, place)| (*item, *place))
    }

    /// What the marks mean, with the number of points of each.
    pub fn legend(&self, picture: &Picture) -> Line<'static> {
        let mut spans = Vec::new();
        let mut counts = [0u32; 4];
        for item in &picture.items {
            counts[self.group(*item).unwrap_or(3)] += 1;
        }
        let names = self.colouring.groups();
        match self.colouring {
            Colouring::Kind if self.by_dots() => {
                for (i, name) in names.iter().enumerate() {
                    spans.push(Span::styled(format!("⣿ {name} {}  ", counts[i]), self.style(Some(i))));
                }
            }
            Colouring::Kind => {
                spans.push(Span::styled(format!("○ h {}  ", counts[0]), self.style(Some(0))));
                spans.push(Span::styled(format!("× z {}  ", counts[1]), self.style(Some(1))));
                spans.push(Span::styled("⊗ both", theme::STRONG));
            }
            _ => {
                for (i, name) in names.iter().enumerate() {
                    let letter = match self.by_letter() {
                        true => format!("{}{} ", self.letter(Some(i), Kind::H), self.letter(Some(i), Kind::Z)),
                        false => String::new(),
                    };
                    spans.push(Span::styled(format!("{letter}{name} {}  ", counts[i]), self.style(Some(i))));
                }
                if counts[3] > 0 {
                    spans.push(Span::styled(format!("not known {}  ", counts[3]), theme::FAINT));
                }
                let kinds = match (self.by_letter(), self.by_dots()) {
                    (true, _) => "small h, capital Z",
                    (_, true) => "",
                    _ => "○ h × z ⊗ both",
                };
                spans.push(Span::styled(kinds, theme::FAINT));
            }
        }
        Line::from(spans)
    }
}
