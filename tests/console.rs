//! The built program on a pseudo-terminal, as its user drives it: start, pause, resume, sort, resize, leave.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

struct Console {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
    /// Tells the reader to let go of the terminal at its next bytes.
    let_go: Arc<AtomicBool>,
    reader: JoinHandle<()>,
}

impl Console {
    fn open(home: &Path, line: &str, columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mug"));
        command.args(line.split_whitespace());
        command.env("MUG_RUNS_DIR", home.join("runs"));
        command.env("MUG_RUNTIME_DIR", home.join("s"));
        command.env("MUG_DATA_DIR", home.join("data"));
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let child = pair.slave.spawn_command(command).unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(cells(rows), cells(columns), 0)));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let let_go = Arc::new(AtomicBool::new(false));
        let reader = std::thread::spawn({
            let (screen, let_go) = (screen.clone(), let_go.clone());
            move || {
                let mut bytes = [0; 4096];
                while let Ok(n @ 1..) = reader.read(&mut bytes) {
                    screen.lock().unwrap().process(&bytes[..n]);
                    if let_go.load(Ordering::SeqCst) {
                        return;
                    }
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { master: pair.master, keys, child, screen, let_go, reader }
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn until(&self, what: &str, seen: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let text = self.text();
            if seen(&text) {
                return text;
            }
            assert!(start.elapsed() < Duration::from_secs(120), "{what} did not come; the screen:\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn resize(&self, columns: u16, rows: u16) {
        self.screen.lock().unwrap().screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

/// Ids from the top of the label table.
fn top_ids(text: &str) -> Vec<String> {
    let id = |line: &str| line.find("demo_").map(|at| line[at..].split_whitespace().next().unwrap_or("").to_owned());
    text.lines().filter_map(id).take(5).collect()
}

#[test]
fn start_pause_resume_sort_resize_leave() {
    let home = tempfile::tempdir().unwrap();
    // Long enough not to be over before it is paused; stopped at the end.
    let set = "--set joint.epochs=500 --set joint.patience=0 --set contrastive.epochs=1 --set denoising.epochs=2";
    let mut console = Console::open(home.path(), set, 120, 40);
    console.until("the demo", |s| s.contains("Datasets") && s.contains("demo"));
    console.press(" ");
    console.until("training", |s| s.contains("✔ 2 denoising") && s.contains("▶ 3 joint"));
    console.press(" ");
    let paused = console.until("the pause", |s| s.contains("paused"));
    assert!(paused.contains("joint"), "{paused}");
    console.press(" ");
    console.until("going on", |s| s.contains("▶ 3 joint") && s.contains("samples/s"));

    // To the label table, and sort it the other way round by the next column.
    console.until("labels", |s| top_ids(s).len() == 5);
    let before = top_ids(&console.text());
    for _ in 0..7 {
        if console.text().contains("▸Labels") {
            break;
        }
        console.press("\t");
        std::thread::sleep(Duration::from_millis(400));
    }
    console.until("the label table's focus", |s| s.contains("▸Labels"));
    console.press("o");
    console.press("r");
    console.until("another order", |s| top_ids(s).len() == 5 && top_ids(s) != before);

    console.resize(40, 10);
    console.until("one status line", |s| s.contains("joint") && !s.contains("Datasets"));
    console.resize(120, 40);
    console.until("the whole screen", |s| s.contains("Datasets") && s.contains("Labels"));

    console.press("q");
    console.until("the words of farewell", |s| s.contains("goes on") && s.contains("mug attach"));
    assert!(console.child.wait().unwrap().success());
    let stop = std::process::Command::new(env!("CARGO_BIN_EXE_mug"))
        .arg("stop")
        .arg(std::fs::read_dir(home.path().join("runs")).unwrap().next().unwrap().unwrap().path())
        .env("MUG_RUNS_DIR", home.path().join("runs"))
        .env("MUG_RUNTIME_DIR", home.path().join("s"))
        .output()
        .unwrap();
    assert!(stop.status.success(), "{}", String::from_utf8_lossy(&stop.stderr));
}

#[test]
fn a_terminal_that_goes_away_ends_the_console() {
    let home = tempfile::tempdir().unwrap();
    let mut console = Console::open(home.path(), "", 80, 24);
    console.until("the first frame", |s| s.contains("demo"));
    // Every copy of the terminal's other end has to go; the reader's goes when the help has been drawn.
    console.let_go.store(true, Ordering::SeqCst);
    console.press("?");
    let Console { master, keys, mut child, reader, .. } = console;
    reader.join().unwrap();
    drop(keys);
    drop(master);
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "the console lives on without a terminal");
        std::thread::sleep(Duration::from_millis(20));
    }
}
