//! `mug` with runs, sockets and data in a folder of the test's own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use mug::host::client;
use mug::run::directory::RunDir;
use mug::run::list::{RunSummary, list_runs};
use mug::run::lock;
use mug::run::tail::{EventTail, TailError, read_view};
use mug::run::view::RunView;
use mug::training::events::{Body, Command as RunCommand};

use super::settings::LONG;

/// Runs of these are killed when the test ends, whatever became of it.
pub struct Home(tempfile::TempDir);

/// Waits for something; two minutes are for machines that are very busy.
pub fn until(what: &str, happened: impl FnMut() -> bool, otherwise: impl Fn() -> String) {
    within(2, what, happened, otherwise);
}

/// Waits for something that takes many seconds by itself, so many minutes at most.
pub fn within(minutes: u64, what: &str, mut happened: impl FnMut() -> bool, otherwise: impl Fn() -> String) {
    for _ in 0..3000 * minutes {
        if happened() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{what} did not come within {minutes} minutes:\n{}", otherwise());
}

/// Sends a signal (`-KILL`, `-STOP`, ...) to a process.
pub fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success(), "kill {name} {pid}");
}

/// The variables that keep a program within a folder: its runs, sockets, data, settings and what it remembers.
pub fn variables(folder: &Path) -> [(&'static str, PathBuf); 5] {
    [
        ("MUG_RUNS_DIR", "runs"),
        ("MUG_RUNTIME_DIR", "s"),
        ("MUG_DATA_DIR", "data"),
        ("MUG_STATE_DIR", "state"),
        ("MUG_CONFIG_DIR", "config"),
    ]
    .map(|(name, inside)| (name, folder.join(inside)))
}

impl Home {
    pub fn new() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn runs(&self) -> PathBuf {
        self.path().join("runs")
    }

    /// The variables that keep a program within this folder.
    pub fn variables(&self) -> [(&'static str, PathBuf); 5] {
        variables(self.path())
    }

    pub fn mug(&self, line: &str) -> Command {
        self.mug_with(&line.split_whitespace().collect::<Vec<_>>())
    }

    pub fn mug_with(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mug"));
        command.args(arguments).envs(self.variables()).current_dir(self.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn output(&self, line: &str) -> Output {
        self.mug(line).output().unwrap()
    }

    /// Standard output of a command that must succeed, as JSON.
    pub fn json(&self, line: &str) -> serde_json::Value {
        let output = self.output(line);
        assert!(output.status.success(), "mug {line}: {}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("mug {line}: {e}: {}", said(&output)))
    }

    /// Standard output and error of a command that must fail.
    pub fn bad(&self, line: &str) -> String {
        let output = self.output(line);
        assert!(!output.status.success(), "mug {line}: {}", said(&output));
        said(&output)
    }

    /// Standard output and error of a command that must succeed.
    pub fn good(&self, line: &str) -> String {
        let output = self.output(line);
        let text = said(&output);
        assert!(output.status.success(), "mug {line}: {text}");
        text
    }

    /// A child whose words go nowhere.
    pub fn start(&self, line: &str) -> Child {
        self.mug(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The run `x`, being trained for as long as it is looked at.
    pub fn training(&self) -> Child {
        let host = self.start(&format!("train --dataset demo {LONG} --run x"));
        self.wait_for_state("training");
        host
    }

    /// The runs there are.
    pub fn listed(&self) -> Vec<RunSummary> {
        list_runs(&self.runs())
    }

    /// The state of the run last written, as `mug runs` shows it; empty where there is none.
    pub fn state(&self) -> String {
        let output = self.output("runs --json");
        let runs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        runs[0]["state"].as_str().unwrap_or_default().to_owned()
    }

    pub fn wait_for_state(&self, state: &str) {
        until(&format!("state {state}"), || self.state() == state, || self.state());
    }

    /// The run last written.
    pub fn run(&self) -> RunDir {
        let runs = self.listed();
        RunDir::open(&runs.first().expect("a run").path).unwrap()
    }

    /// The process that trains the run.
    pub fn host(&self) -> u32 {
        let mut found = None;
        until(
            "the run's process",
            || {
                found = self.listed().first().and_then(|_| lock::holder(&self.run()));
                found.is_some()
            },
            String::new,
        );
        found.expect("just seen").pid
    }

    pub fn view(&self) -> RunView {
        read_view(&self.run().events_path()).unwrap()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        for run in self.listed() {
            let Ok(dir) = RunDir::open(&run.path) else { continue };
            if let Some(holder) = lock::holder(&dir).filter(|_| lock::is_alive(&dir)) {
                let _ = Command::new("kill").args(["-KILL", &holder.pid.to_string()]).status();
            }
        }
    }
}

/// Standard output and error.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Sends a command to a run and does not wait for its effect.
pub fn tell(dir: &RunDir, command: RunCommand) {
    let (notify, events) = mpsc::channel();
    let link = client::connect(dir, notify).unwrap();
    link.send(command).unwrap();
    let answered = |e: &client::LinkEvent| matches!(e, client::LinkEvent::Accepted(_));
    assert!(events.iter().any(|e| answered(&e)), "{command:?} was not taken");
}

/// Follows a run's events as they are written.
pub struct Watch {
    tail: EventTail,
    pub view: RunView,
    /// How often a process took the run up.
    pub resumed: usize,
}

impl Watch {
    pub fn new(path: &Path) -> Watch {
        Watch { tail: EventTail::open(path), view: RunView::default(), resumed: 0 }
    }

    /// Takes in what is there.
    pub fn look(&mut self) {
        loop {
            match self.tail.poll() {
                Ok(events) => {
                    for event in &events {
                        self.resumed += usize::from(matches!(event.body, Body::Resumed { .. }));
                        self.view.apply(event);
                    }
                }
                Err(TailError::Restarted { .. }) => self.view = RunView::default(),
                Err(e) => panic!("{e}"),
            }
            if self.tail.caught_up() {
                return;
            }
        }
    }
}
