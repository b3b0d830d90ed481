//! A drawing surface of braille dots, two by four in each terminal cell, in layers: the topmost layer that has a dot in
//! a cell owns the cell.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Bit of each dot in a braille character, by column and row in the cell.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// How a layer's dots are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pen {
    #[default]
    Plain,
    /// With gaps: told apart from the others without colour.
    Stippled,
    /// Two dots high.
    Thick,
    /// One sign for each cell that has a dot, where there is no braille.
    Sign(char),
}

/// One layer of dots.
pub struct Layer {
    cells: Vec<u8>,
    columns: usize,
    rows: usize,
    pub style: Style,
    pen: Pen,
}

impl Layer {
    /// An empty layer for an area of the screen.
    pub fn new(area: Rect, style: Style) -> Self {
        let (columns, rows) = (usize::from(area.width), usize::from(area.height));
        Self { cells: vec![0; columns * rows], columns, rows, style, pen: Pen::Plain }
    }

    /// The same, drawn with another pen.
    pub fn with(self, pen: Pen) -> Self {
        Self { pen, ..self }
    }

    /// Dots across.
    pub fn width(&self) -> i32 {
        self.columns as i32 * 2
    }

    /// Dots down.
    pub fn height(&self) -> i32 {
        self.rows as i32 * 4
    }

    /// Sets one dot, counted from the upper left, as the pen does; outside the layer nothing happens.
    pub fn dot(&mut self, x: i32, y: i32) {
        match self.pen {
            // No direction of a line but one hits only gaps.
            Pen::Stippled if (x + 2 * y).rem_euclid(4) > 1 => {}
            Pen::Thick => {
                self.set(x, y);
                self.set(x, y + 1);
            }
            _ => self.set(x, y),
        }
    }

    fn set(&mut self, x: i32, y: i32) {
        if (0..self.width()).contains(&x) && (0..self.height()).contains(&y) {
            let (x, y) = (x as usize, y as usize);
            self.cells[y / 4 * self.columns + x / 2] |= DOTS[x % 2][y % 4];
        }
    }

    /// Sets the dots between two heights of one column; heights beyond the layer are cut to its edge.
    pub fn bar(&mut self, x: i32, from: i32, to: i32) {
        let top = from.min(to).max(0);
        let bottom = from.max(to).min(self.height() - 1);
        for y in top..=bottom {
            self.dot(x, y);
        }
    }

    /// A line between two dots.
    pub fn line(&mut self, from: (i32, i32), to: (i32, i32)) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).min(1 << 16);
        for i in 0..=steps {
            let part = |d: i32| (i64::from(d) * i64::from(i) * 2 / i64::from(steps.max(1)) + i64::from(d.signum())) / 2;
            self.dot(from.0 + part(dx) as i32, from.1 + part(dy) as i32);
        }
    }
}

/// Draws the layers into the buffer, the last one uppermost.
pub fn render(layers: &[Layer], area: Rect, buffer: &mut Buffer) {
    for row in 0..usize::from(area.height) {
        for column in 0..usize::from(area.width) {
            let own = layers.iter().rev().find_map(|l| match l.cells.get(row * l.columns + column) {
                Some(&bits) if bits != 0 && column < l.columns => Some((bits, l)),
                _ => None,
            });
            let Some((bits, layer)) = own else { continue };
            let symbol = match layer.pen {
                Pen::Sign(sign) => sign,
                _ => char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' '),
            };
            if let Some(cell) = buffer.cell_mut((area.x + column as u16, area.y + row as u16)) {
                cell.set_char(symbol).set_style(layer.style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(layers: &[Layer], area: Rect) -> String {
        let mut buffer = Buffer::empty(area);
        render(layers, area, &mut buffer);
        buffer.content.iter().map(|c| c.symbol()).collect()
    }

    #[test]
    fn dots_lie_where_braille_has_them() {
        let area = Rect::new(0, 0, 2, 1);
        let mut layer = Layer::new(area, Style::new());
        layer.dot(0, 0);
        layer.dot(3, 3);
        layer.dot(9, 9);
        layer.dot(-1, 0);
        assert_eq!(text(&[layer], area), "⠁⢀");
    }

    #[test]
    fn a_line_reaches_both_ends_and_the_top_layer_wins() {
        let area = Rect::new(0, 0, 2, 1);
        let mut low = Layer::new(area, Style::new());
        low.line((0, 3), (3, 0));
        assert_eq!(text(&[low], area), "⡠⠊");
        let mut low = Layer::new(area, Style::new());
        low.bar(0, -5, 50);
        let mut top = Layer::new(area, Style::new());
        top.dot(1, 0);
        assert_eq!(text(&[low, top], area), "⠈ ");
    }

    #[test]
    fn pens_are_told_apart_without_colour() {
        let area = Rect::new(0, 0, 4, 1);
        let drawn = |pen: Pen| {
            let mut layer = Layer::new(area, Style::new()).with(pen);
            layer.line((0, 2), (7, 2));
            text(&[layer], area)
        };
        let all = [Pen::Plain, Pen::Stippled, Pen::Thick, Pen::Sign('#')].map(drawn);
        assert_eq!(all, ["⠤⠤⠤⠤", "⠤ ⠤ ", "⣤⣤⣤⣤", "####"]);
    }

    #[test]
    fn an_area_without_cells_takes_nothing() {
        let area = Rect::new(0, 0, 0, 0);
        let mut layer = Layer::new(area, Style::new());
        layer.line((0, 0), (i32::MAX / 2, i32::MAX / 2));
        layer.bar(0, i32::MIN, i32::MAX);
        assert_eq!(text(&[layer], area), "");
    }
}
