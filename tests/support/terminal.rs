//! Programs on pseudo-terminals of their own, and what their screens show.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::home::{signal, until, variables};

/// What a terminal has been sent.
struct Shown {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

/// A program, most often `mug`, on a terminal of its own.
pub struct Console {
    shown: Arc<Mutex<Shown>>,
    keys: Option<Box<dyn Write + Send>>,
    terminal: Option<Box<dyn MasterPty + Send>>,
    program: Box<dyn Child + Send + Sync>,
    /// The thread that reads holds the terminal open, too: it is told to let go.
    reader: Option<std::thread::JoinHandle<()>>,
    let_go: Arc<AtomicBool>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn parser(columns: u16, rows: u16) -> vt100::Parser {
    vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0)
}

impl Console {
    /// `mug LINE` with its runs in `home`.
    pub fn open(home: &Path, line: &str, columns: u16, rows: u16, env: &[(&str, &str)]) -> Console {
        let program = env!("CARGO_BIN_EXE_mug");
        Self::open_program(home, program, line.split_whitespace(), columns, rows, env)
    }

    /// Any program, with `mug`'s variables set.
    pub fn open_program(
        home: &Path,
        program: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        columns: u16,
        rows: u16,
        env: &[(&str, &str)],
    ) -> Console {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_remove("TMUX");
        command.env_remove("NO_COLOR");
        for (name, value) in [("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8")].iter().chain(env) {
            command.env(name, value);
        }
        for (name, value) in variables(home) {
            command.env(name, value);
        }
        let program = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shown = Arc::new(Mutex::new(Shown { parser: parser(columns, rows), bytes: Vec::new() }));
        let let_go = Arc::new(AtomicBool::new(false));
        let (own, end) = (shown.clone(), let_go.clone());
        let reading = std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 {
                    break;
                }
                let mut shown = own.lock().unwrap();
                shown.parser.process(&buffer[..n]);
                shown.bytes.extend(&buffer[..n]);
                if end.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Console { shown, keys: Some(keys), terminal: Some(pair.master), program, reader: Some(reading), let_go }
    }

    /// `mug LINE` with a run of the demo, started by its key.
    pub fn training(home: &Path, line: &str, columns: u16, rows: u16, env: &[(&str, &str)]) -> Console {
        let mut console = Console::open(home, line, columns, rows, env);
        // Before the datasets are known the key has nothing to train on.
        let known = |text: &str| ["built in", "dataset demo"].iter().any(|words| text.contains(words));
        until("the datasets on the screen", || known(&console.text()), || console.text());
        console.press(" ");
        console.wait_for("▶ contrastive");
        console
    }

    pub fn press(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).and_then(|()| writer.flush()).unwrap();
    }

    pub fn text(&self) -> String {
        self.shown.lock().unwrap().parser.screen().contents()
    }

    /// The screen without its last line: the footer tells of the keys that were pressed at this console.
    pub fn body(&self) -> String {
        let text = self.text();
        let lines: Vec<&str> = text.lines().collect();
        let (rows, _) = self.shown.lock().unwrap().parser.screen().size();
        lines[..lines.len().min(usize::from(u16::from(rows)) - 1)].join("\n")
    }

    pub fn screen<R>(&self, look: impl FnOnce(&vt100::Screen) -> R) -> R {
        look(self.shown.lock().unwrap().parser.screen())
    }

    /// Every byte that the terminal was sent.
    pub fn sent(&self) -> Vec<u8> {
        self.shown.lock().unwrap().bytes.clone()
    }

    pub fn wait_for(&self, what: &str) {
        until(&format!("{what:?} on the screen"), || self.text().contains(what), || self.text());
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.shown.lock().unwrap().parser.screen_mut().set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.terminal.as_ref().unwrap().resize(size(columns, rows)).unwrap();
    }

    /// Waits until nothing more is sent.
    pub fn quiet(&self) {
        let mut before = usize::MAX;
        until(
            "quiet",
            || {
                std::mem::replace(&mut before, self.sent().len()) == self.sent().len() && {
                    std::thread::sleep(Duration::from_secs(1));
                    before == self.sent().len()
                }
            },
            || self.text(),
        );
    }

    pub fn pid(&self) -> u32 {
        self.program.process_id().unwrap()
    }

    pub fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// The terminal goes, as when a connection drops.
    pub fn cut(&mut self) {
        self.let_go.store(true, Ordering::Relaxed);
        // Something to read, so that the reader notices.
        self.press("?");
        self.reader.take().unwrap().join().unwrap();
        self.keys = None;
        self.terminal = None;
    }

    /// Leaves by the key.
    pub fn leave(&mut self) {
        self.press("q");
        self.ended();
    }

    /// Waits for the program's end.
    pub fn ended(&mut self) {
        let program = &mut self.program;
        until("the program's end", || program.try_wait().unwrap().is_some(), String::new);
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
