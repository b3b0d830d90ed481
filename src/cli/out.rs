//! What the program prints: the one way to standard output and standard error.
//!
//! Lines for people are made harmless here, wherever they come from: a file's name or a message can hold what steers a
//! terminal. JSON keeps every character, those that could do harm as escapes. Tables for other programs reach files and
//! pipes byte by byte.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use color_eyre::Result;
use serde::Serialize;

use super::lines::harmless;
use crate::sanitise::is_harmless;

/// True once nobody reads standard output any more.
static UNREAD: AtomicBool = AtomicBool::new(false);

/// True where the reader of standard output closed it (`mug labels RUN | head`), which is no error. It is remembered here
/// because a library may hide the original error in one of its own.
pub fn is_unread() -> bool {
    UNREAD.load(Ordering::Relaxed)
}

/// Standard output. Remembers when nobody reads it any more.
#[derive(Debug)]
pub struct Output(io::Stdout);

impl Output {
    pub fn new() -> Output {
        Output(io::stdout())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).inspect_err(note_unread)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().inspect_err(note_unread)
    }
}

fn note_unread(error: &io::Error) {
    if error.kind() == io::ErrorKind::BrokenPipe {
        UNREAD.store(true, Ordering::Relaxed);
    }
}

/// Prints lines for people.
pub fn say(text: &str) -> io::Result<()> {
    writeln!(Output::new(), "{}", harmless(text))
}

/// Prints a value as JSON on one line.
pub fn say_json(value: &impl Serialize) -> Result<()> {
    Ok(writeln!(Output::new(), "{}", escaped(&serde_json::to_string(value)?))?)
}

/// Columns of the terminal that standard output is; 100 where it is none.
pub fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
    size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(100)
}

/// Prints a line on standard error. An error of writing it is ignored.
pub fn warn(text: &str) {
    let _ = writeln!(io::stderr(), "mug: {}", harmless(text));
}

/// Standard output for a table: to files and pipes as it is, to a terminal harmless.
pub fn table() -> Box<dyn Write + Send> {
    if io::stdout().is_terminal() { Box::new(Harmless::new(Output::new())) } else { Box::new(Output::new()) }
}

/// The same JSON with characters that could steer a terminal or turn text round as escapes. They stand in strings only.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_harmless(c) {
            out.push(c);
        } else {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

/// Writes lines without the characters that could steer a terminal.
struct Harmless<W: Write> {
    out: W,
    line: Vec<u8>,
}

impl<W: Write> Harmless<W> {
    fn new(out: W) -> Self {
        Self { out, line: Vec::new() }
    }
}

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            self.line.extend_from_slice(piece);
            if self.line.ends_with(b"\n") {
                let text = harmless(&String::from_utf8_lossy(&self.line[..self.line.len() - 1]));
                self.line.clear();
                writeln!(self.out, "{text}")?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_no_escapes() {
        let mut out = Harmless::new(Vec::new());
        out.write_all("电\u{1b}[2J".as_bytes()).unwrap();
        out.write_all("\u{9b}x,1\nnext\u{202e}\n".as_bytes()).unwrap();
        let text = String::from_utf8(out.out).unwrap();
        assert!(text.starts_with('电') && text.ends_with("x,1\nnext\n"), "{text:?}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }

    #[test]
    fn json_keeps_every_character_and_shows_none_that_steers() {
        let given = "电影 \"q\"\\ \u{1b}[2J \u{9b}1m \u{202e}evil\u{2066} \u{7f}\n\t\u{e0041} 😀";
        let json = escaped(&serde_json::to_string(given).unwrap());
        assert!(json.chars().all(is_harmless) && json.contains("电影") && json.contains('😀'), "{json}");
        assert!(json.contains("\\u202eevil") && json.contains("\\udb40\\udc41"), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), given);
    }
}
