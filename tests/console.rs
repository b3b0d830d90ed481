//! The built program on a pseudo-terminal: what a person does at a console, and what happens when the terminal goes.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

#[path = "support/picture.rs"]
mod picture;

/// What a terminal has been sent.
struct Shown {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

/// `mug` on a terminal of its own.
struct Console {
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
    fn open(home: &Path, line: &str, columns: u16, rows: u16, env: &[(&str, &str)]) -> Console {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mug"));
        command.args(line.split_whitespace());
        command.env_remove("TMUX");
        command.env_remove("NO_COLOR");
        for (name, value) in [("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8")].iter().chain(env) {
            command.env(name, value);
        }
        command.env("MUG_RUNS_DIR", home.join("runs"));
        command.env("MUG_RUNTIME_DIR", home.join("s"));
        command.env("MUG_DATA_DIR", home.join("data"));
        command.env("MUG_STATE_DIR", home.join("state"));
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

    fn press(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).and_then(|()| writer.flush()).unwrap();
    }

    fn text(&self) -> String {
        self.shown.lock().unwrap().parser.screen().contents()
    }

    fn sent(&self) -> Vec<u8> {
        self.shown.lock().unwrap().bytes.clone()
    }

    fn wait_for(&self, what: &str) {
        until(&format!("{what:?} on the screen"), || self.text().contains(what), || self.text());
    }

    fn resize(&self, columns: u16, rows: u16) {
        self.shown.lock().unwrap().parser.screen_mut().set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.terminal.as_ref().unwrap().resize(size(columns, rows)).unwrap();
    }

    /// Waits until nothing more is sent.
    fn quiet(&self) {
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

    /// The terminal goes, as when a connection drops.
    fn cut(&mut self) {
        self.let_go.store(true, Ordering::Relaxed);
        // Something to read, so that the reader notices.
        self.press("?");
        self.reader.take().unwrap().join().unwrap();
        self.keys = None;
        self.terminal = None;
    }

    fn ended(&mut self) {
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

fn until(what: &str, mut happened: impl FnMut() -> bool, otherwise: impl Fn() -> String) {
    for _ in 0..6000 {
        if happened() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{what} did not come within two minutes:\n{}", otherwise());
}

fn mug(home: &Path, line: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mug"));
    command.args(line.split_whitespace()).env("MUG_RUNS_DIR", home.join("runs")).env("MUG_RUNTIME_DIR", home.join("s"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Stops the runs of a test, whatever became of it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn state(&self) -> String {
        let runs: serde_json::Value = serde_json::from_str(&mug(self.path(), "runs --json")).unwrap_or_default();
        runs[0]["state"].as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if ["preparing", "training", "paused"].contains(&&*self.state()) {
            let runs: serde_json::Value = serde_json::from_str(&mug(self.path(), "runs --json")).unwrap_or_default();
            mug(self.path(), &format!("stop {}", runs[0]["name"].as_str().unwrap_or_default()));
        }
    }
}

/// Long enough not to end while it is looked at.
const LONG: &str = "--device cpu --set contrastive.epochs=500 --set contrastive.patience=0";
const SHORT: &str = "--device cpu --set contrastive.epochs=2 --set denoising.epochs=2 --set joint.epochs=2";

#[test]
fn start_pause_resume_sort_resize_and_leave() {
    let home = Home::new();
    let mut console = Console::open(home.path(), LONG, 120, 36, &[]);
    console.wait_for("space trains on demo");
    console.press(" ");
    console.wait_for("▶ contrastive");
    console.wait_for("rows ─");
    console.press(" ");
    console.wait_for("‖ paused, contrastive");
    assert_eq!(home.state(), "paused");
    console.press("\t");
    console.wait_for("▸Labels");
    console.press("o");
    console.wait_for("sorted by y ↑");
    console.press("r");
    console.wait_for("sorted by y ↓");
    console.press("/y > 0.5\r");
    console.wait_for("of 1500 rows · y > 0.5");
    console.resize(40, 10);
    until("one line", || console.text().trim_end().lines().count() == 1, || console.text());
    console.resize(120, 36);
    console.wait_for("sorted by y ↓");
    console.press(" ");
    console.wait_for("▶ contrastive");
    assert_eq!(home.state(), "training");
    console.press("q");
    console.ended();
    console.wait_for("goes on; `mug attach");
    assert_eq!(home.state(), "training");
    let sent = String::from_utf8_lossy(&console.sent()).into_owned();
    for query in ["\x1b[6n", "\x1b[c", "\x1b[>c", "\x1b[?u", "\x1b]11;?"] {
        assert!(!sent.contains(query), "{query:?} was asked of the terminal");
    }
    assert!(sent.contains("\x1b[?1049l") && sent.contains("\x1b[?25h"), "the screen is given back");
}

#[test]
fn a_console_whose_terminal_goes_ends_and_the_run_goes_on() {
    let home = Home::new();
    let mut console = Console::open(home.path(), LONG, 80, 24, &[]);
    console.wait_for("space train");
    console.press(" ");
    console.wait_for("▶ contrastive");
    let stayed = Console::open(home.path(), "attach", 120, 36, &[]);
    stayed.wait_for("▶ contrastive");
    console.cut();
    console.ended();
    assert_eq!(home.state(), "training");
    // One that comes later sees what the one that stayed sees.
    let mut late = Console::open(home.path(), "attach", 120, 36, &[]);
    late.wait_for("▶ contrastive");
    late.press(" ");
    late.wait_for("‖ paused");
    stayed.wait_for("‖ paused");
    late.wait_for("rows ─");
    late.press(" ");
    late.wait_for("▶ contrastive");
    late.press(" ");
    late.wait_for("‖ paused");
    stayed.wait_for("‖ paused");
    // The footers differ: only one of them pressed keys.
    let screen = |c: &Console| c.text().lines().take(35).collect::<Vec<_>>().join("\n");
    until(
        "the same screens",
        || screen(&late) == screen(&stayed),
        || format!("{}\n{}", screen(&late), screen(&stayed)),
    );
}

#[test]
fn an_attached_console_with_nothing_to_show_sends_nothing() {
    let home = Home::new();
    let mut console = Console::open(home.path(), SHORT, 120, 36, &[]);
    console.wait_for("space trains on demo");
    console.press(" ");
    console.wait_for("✔ finished");
    console.press("\x1b");
    console.quiet();
    let before = console.sent().len();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(console.sent().len(), before);
    let sent = String::from_utf8_lossy(&console.sent()).into_owned();
    assert_eq!(sent.matches("\x1b[?2026h").count(), sent.matches("\x1b[?2026l").count());
}

#[test]
fn a_follower_without_the_socket_sees_the_run_and_changes_nothing() {
    let home = Home::new();
    let mut console = Console::open(home.path(), LONG, 120, 36, &[]);
    console.wait_for("space trains on demo");
    console.press(" ");
    console.wait_for("▶ contrastive");
    let runs: serde_json::Value = serde_json::from_str(&mug(home.path(), "runs --json")).unwrap();
    let path = runs[0]["path"].as_str().unwrap().to_owned();
    let mut follower = Console::open(home.path(), &format!("attach --follow {path}"), 100, 30, &[]);
    follower.wait_for("▶ contrastive");
    follower.wait_for("following");
    follower.press(" ");
    follower.wait_for("read-only");
    assert_eq!(home.state(), "training");
}

#[test]
fn plain_terminals_get_plain_text() {
    let home = Home::new();
    let console = Console::open(home.path(), "--ascii", 120, 36, &[("NO_COLOR", "1"), ("TERM", "xterm")]);
    console.wait_for("space trains on demo");
    console.quiet();
    let sent = console.sent();
    assert!(sent.is_ascii(), "{}", console.text());
    let sent = String::from_utf8(sent).unwrap();
    let colours = sent.split("\x1b[").skip(1).filter_map(|s| s.split_once('m')).filter(|(codes, _)| {
        codes.split(';').all(|c| c.parse::<u8>().is_ok())
            && codes.split(';').any(|c| c.parse::<u8>().is_ok_and(|c| c >= 30))
    });
    assert_eq!(colours.count(), 0);
}

/// The README's picture, from a real run: `cargo test --release --test console -- --ignored picture`.
#[test]
#[ignore = "writes assets/console.svg"]
fn picture() {
    let home = Home::new();
    let mut console = Console::open(home.path(), "--device cpu --set joint.patience=0", 120, 36, &[]);
    console.wait_for("space trains on demo");
    console.press(" ");
    console.wait_for("[▶ 3 joint]");
    console.press("1\tllojj");
    console.wait_for("sorted by |Δ audio|");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("console.svg"), picture::svg(console.shown.lock().unwrap().parser.screen())).unwrap();
}
