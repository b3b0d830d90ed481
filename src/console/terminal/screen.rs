//! What ratatui draws on: frames become bytes in memory, and only where something changed. The terminal is asked nothing.
//!
//! Cells are written here rather than by ratatui's crossterm backend: that one names even the 16 colours in the 256-colour
//! form, which not every terminal knows, and resets all attributes after every frame. This one sends a third less.

use std::io;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType as CrosstermClear, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// The bytes of the frame being drawn.
#[derive(Debug, Default)]
pub struct Screen {
    bytes: Vec<u8>,
    size: Size,
    cursor_shown: bool,
    cursor: Position,
    /// The attributes that the terminal has now; `None`: unknown.
    attributes: Option<Attributes>,
}

/// How a cell is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Attributes {
    ink: Color,
    paper: Color,
    modifier: Modifier,
}

impl Attributes {
    fn of(cell: &Cell) -> Self {
        // Only what is written below tells two cells apart.
        let known = Modifier::BOLD | Modifier::DIM | Modifier::UNDERLINED | Modifier::REVERSED;
        Self { ink: cell.fg, paper: cell.bg, modifier: cell.modifier & known }
    }

    /// The sequence that sets exactly these.
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend(b"\x1b[0");
        for (modifier, code) in
            [(Modifier::BOLD, 1), (Modifier::DIM, 2), (Modifier::UNDERLINED, 4), (Modifier::REVERSED, 7)]
        {
            if self.modifier.contains(modifier) {
                bytes.extend([b';', b'0' + code]);
            }
        }
        for (colour, offset) in [(self.ink, 0), (self.paper, 10)] {
            if let Some(code) = code(colour) {
                bytes.extend(format!(";{}", code + offset).into_bytes());
            }
        }
        bytes.push(b'm');
    }
}

/// The code of one of the terminal's own 16 colours as ink; anything else is the terminal's default.
fn code(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Black => 30,
        Color::Red => 31,
        Color::Green => 32,
        Color::Yellow => 33,
        Color::Blue => 34,
        Color::Magenta => 35,
        Color::Cyan => 36,
        Color::Gray => 37,
        Color::DarkGray => 90,
        Color::LightRed => 91,
        Color::LightGreen => 92,
        Color::LightYellow => 93,
        Color::LightBlue => 94,
        Color::LightMagenta => 95,
        Color::LightCyan => 96,
        Color::White => 97,
        _ => return None,
    })
}

impl Screen {
    /// A screen of this size with its cursor hidden.
    pub fn new(width: u16, height: u16) -> Self {
        Self { size: Size { width, height }, ..Self::default() }
    }

    /// The terminal has another size now; the next frame draws everything.
    pub fn set_size(&mut self, width: u16, height: u16) {
        self.size = Size { width, height };
    }

    /// Another program may have drawn: the terminal's attributes are unknown then, and its cursor is hidden.
    pub fn forget(&mut self) {
        self.cursor_shown = false;
        self.attributes = None;
    }

    /// The frame's bytes inside a synchronised update; nothing where nothing changed.
    pub fn take(&mut self) -> Vec<u8> {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.is_empty() {
            return bytes;
        }
        let mut frame = Vec::with_capacity(bytes.len() + 16);
        // Writing into memory does not fail.
        let _ = queue!(frame, BeginSynchronizedUpdate);
        frame.extend(bytes);
        let _ = queue!(frame, EndSynchronizedUpdate);
        frame
    }
}

impl Backend for Screen {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        // Where the next character would go without being told.
        let mut pen = None;
        for (x, y, cell) in content {
            if pen != Some((x, y)) {
                queue!(self.bytes, MoveTo(x, y))?;
            }
            let attributes = Attributes::of(cell);
            if self.attributes != Some(attributes) {
                attributes.write(&mut self.bytes);
                self.attributes = Some(attributes);
            }
            self.bytes.extend(cell.symbol().as_bytes());
            // Terminals disagree on what follows what is not plain ASCII: there the place is told anew.
            pen = (cell.symbol().is_ascii() || cell.symbol().width() == 1 && is_line_drawing(cell)).then(|| (x + 1, y));
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.cursor_shown) {
            queue!(self.bytes, Hide)?;
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.cursor_shown, true) {
            queue!(self.bytes, Show)?;
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // As last set: asking the terminal would wait for an answer that may never come.
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        // Drawing moves the cursor, so it is put back after every frame that draws.
        if position != self.cursor || !self.bytes.is_empty() {
            queue!(self.bytes, MoveTo(position.x, position.y))?;
        }
        self.cursor = position;
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        // Only ever asked for on the whole screen here, and clearing too much costs bytes, never correctness: what is
        // cleared is drawn again.
        // Clearing paints with the current attributes.
        self.bytes.extend(b"\x1b[0m");
        self.attributes = None;
        queue!(self.bytes, Clear(CrosstermClear::All))
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lines, blocks and braille: one cell wide in every terminal that shows them.
fn is_line_drawing(cell: &Cell) -> bool {
    cell.symbol().chars().all(|c| matches!(c, '\u{2500}'..='\u{259f}' | '\u{2800}'..='\u{28ff}'))
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;

    use crate::console::fixture::*;
    use crate::console::state::pane::Pane;
    use crate::console::view::draw;

    use super::*;

    fn frame(terminal: &mut Terminal<Screen>, words: &str, cursor: Option<Position>) -> Vec<u8> {
        terminal
            .draw(|f| {
                f.buffer_mut().set_string(0, 0, words, ratatui::style::Style::new());
                if let Some(p) = cursor {
                    f.set_cursor_position(p);
                }
            })
            .unwrap();
        terminal.backend_mut().take()
    }

    #[test]
    fn an_unchanged_frame_costs_nothing_and_a_changed_one_is_synchronised() {
        let mut terminal = Terminal::new(Screen::new(20, 3)).unwrap();
        let first = frame(&mut terminal, "hello", None);
        assert!(first.starts_with(b"\x1b[?2026h") && first.ends_with(b"\x1b[?2026l"));
        assert!(frame(&mut terminal, "hello", None).is_empty());
        let changed = frame(&mut terminal, "hellO", None);
        let text = String::from_utf8_lossy(&changed);
        assert!(text.contains('O') && !text.contains("ell"), "{text:?}");
        let prompt = frame(&mut terminal, "hellO", Some(Position::new(5, 0)));
        assert!(String::from_utf8_lossy(&prompt).contains("\x1b[?25h"));
        assert!(frame(&mut terminal, "hellO", Some(Position::new(5, 0))).is_empty());
    }

    /// What a terminal shows after these bytes, next to what was meant.
    fn assert_shown(parser: &vt100::Parser, meant: &ratatui::buffer::Buffer) {
        let mut covered = 0;
        for (i, cell) in meant.content.iter().enumerate() {
            let (x, y) = meant.pos_of(i);
            if std::mem::take(&mut covered) > 0 {
                continue;
            }
            let shown = parser.screen().cell(y, x).unwrap();
            let symbol = if shown.contents().is_empty() { " " } else { shown.contents() };
            assert_eq!(symbol, cell.symbol(), "at {x},{y}");
            let ink = match cell.fg {
                Color::Reset => vt100::Color::Default,
                colour => {
                    let code = code(colour).unwrap();
                    vt100::Color::Idx(if code >= 90 { code - 82 } else { code - 30 })
                }
            };
            if cell.symbol() != " " {
                assert_eq!(shown.fgcolor(), ink, "at {x},{y}");
            }
            assert_eq!(shown.inverse(), cell.modifier.contains(Modifier::REVERSED), "at {x},{y}");
            covered = cell.symbol().width().saturating_sub(1);
        }
    }

    #[test]
    fn a_terminal_shows_what_was_meant_after_every_change() {
        let (width, height) = (120, 36);
        let mut state = attached(width, height, events());
        let mut terminal = Terminal::new(Screen::new(width, height)).unwrap();
        let mut parser = vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0);
        let mut check = |state: &_| {
            let meant = terminal.draw(|f| draw(state, f)).unwrap().buffer.clone();
            parser.process(&terminal.backend_mut().take());
            assert_shown(&parser, &meant);
        };
        for keys in ["", "u", "1", "v", "z", "z", "?", "", "2x", "l"] {
            press(&mut state, keys);
            check(&state);
            if keys == "?" {
                key(&mut state, crossterm::event::KeyCode::Esc);
            }
        }
        crate::console::update::focus::focus(&mut state, Pane::Labels);
        for keys in ["jjj", "ooo", "G", "/好", ""] {
            press(&mut state, keys);
            check(&state);
        }
    }

    #[test]
    fn nothing_is_asked_of_the_terminal() {
        let mut terminal = Terminal::new(Screen::new(20, 3)).unwrap();
        let mut bytes = frame(&mut terminal, "x", Some(Position::new(1, 1)));
        terminal.backend_mut().set_size(10, 2);
        bytes.extend(frame(&mut terminal, "y", None));
        terminal.clear().unwrap();
        bytes.extend(frame(&mut terminal, "y", None));
        let text = String::from_utf8(bytes).unwrap();
        // Cursor position, device attributes, terminal parameters, mode and keyboard queries.
        for query in ["\x1b[6n", "\x1b[c", "\x1b[0c", "\x1b[>", "$p", "\x1b[?u", "\x1b]11;?", "\x1b[18t"] {
            assert!(!text.contains(query), "{query:?} in {text:?}");
        }
    }
}
