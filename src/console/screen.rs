//! What ratatui draws on: frames become bytes in memory, and only where something changed. The terminal is asked nothing.

use std::io;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType as CrosstermClear, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// The bytes of the frame being drawn.
#[derive(Debug, Default)]
pub struct Screen {
    bytes: Vec<u8>,
    size: Size,
    cursor_shown: bool,
    cursor: Position,
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

    /// Whether another program may have drawn: the cursor's state is unknown then.
    pub fn forget(&mut self) {
        self.cursor_shown = false;
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
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        CrosstermBackend::new(&mut self.bytes).draw(content)
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

#[cfg(test)]
mod tests {
    use ratatui::Terminal;

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
