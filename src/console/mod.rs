//! The terminal console: watches and controls a run. The run is another process; leaving the console leaves it going.
//!
//! ```text
//!   keys ─▶ decode ─┐
//!                   ├─▶ update(state, message) ─▶ effects ─▶ Live (threads: datasets, runs, tail, link) ─▶ mailbox ─┐
//!   messages ───────┘          │                                                                                   │
//!      ▲                       ▼                                                                                   │
//!      └── inbox        draw(&state, frame) ─▶ Screen ─▶ terminal                                                  │
//!            ▲                                                                                                     │
//!            └─────────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! *Update* touches no terminal and no file, *view* changes no state; both are tested
//! without a terminal. What a run says reaches the console by its `events.jsonl` only, so that a console that attaches late
//! and one on another machine see the same as one that was always there.

pub mod annotate;
mod event_loop;
#[cfg(test)]
mod fixture;
pub mod headless;
mod layout;
pub mod made_up;
pub mod sample;
mod state;
mod terminal;
#[cfg(test)]
mod tests;
mod update;
mod view;
mod widgets;
mod world;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;

use color_eyre::eyre::{WrapErr, eyre};
use event_loop::{Ended, EventLoop};
use state::State;
use state::effect::Effect;
pub use state::keys;
use state::message::Message;
use terminal::notification::Notifier;
use terminal::theme::Abilities;
use terminal::{panics, tty};
use world::live::{Given, Live};
use world::mailbox;
pub use world::start::Start;

use crate::notify;
use crate::run::directory::RunDir;
use crate::sanitise;
use crate::training::events::Level;

/// How the console is opened.
#[derive(Debug)]
pub struct OpenOptions {
    /// Where runs lie.
    pub runs_root: PathBuf,
    /// The run to attach to; `None`: the console offers what there is.
    pub run: Option<RunDir>,
    /// Only read the run directory, never the socket.
    pub follow: bool,
    pub read_only: bool,
    /// Frames a second, at most.
    pub fps: u8,
    pub ascii: bool,
    pub start: Start,
}

/// Opens the console on the terminal that the program was started on, and returns when someone leaves it or when the
/// terminal is gone. The run goes on in any case.
///
/// # Errors
/// There is no terminal to draw on.
pub fn open(options: OpenOptions) -> color_eyre::Result<()> {
    let tty = tty::Tty::open().wrap_err("the console draws on a terminal; --plain prints lines instead")?;
    let guard = tty::Guard::new();
    let var = |name: &str| std::env::var(name).ok();
    let tmux = var("TMUX").is_some_and(|v| !v.is_empty());
    let mut state = State::new(Abilities::detect(var, options.ascii));
    state.read_only = options.read_only;
    state.follow = options.follow;
    // The demo comes first in the catalogue, so it is what is selected where nothing is asked for.
    state.datasets.wanted = options.start.dataset.clone();
    state.start_given = options.start.given;
    let mut first = Vec::new();
    if let Some(dir) = &options.run {
        update::attach::attach(&mut state, dir.path().to_owned(), options.follow, &mut first);
    }
    let notifier = match notify::Settings::of_person() {
        Ok(settings) => Notifier::new(settings.terminal, var),
        Err(why) => {
            update::update(&mut state, Message::Notice { level: Level::Warning, text: why.to_string() });
            Notifier::new(notify::Terminal::Auto, var)
        }
    };
    first.extend([Effect::Recall, Effect::ListRuns, Effect::ScanDatasets]);
    let (mailbox, inbox) = mailbox::channel()?;
    let given = Given { runs_root: options.runs_root, start: options.start, read_only: options.read_only };
    let mut live = Live::new(given, mailbox, tmux);
    let screen = EventLoop::new(tty, inbox, &mut live, options.fps, tmux, notifier)?;
    let ended = catch_unwind(AssertUnwindSafe(|| screen.run(&mut state, first)));
    drop(guard);
    let ended = match ended {
        Ok(ended) => ended,
        // One of this thread was printed when it happened; one of a thread that computed for it was not.
        Err(panic) if panics::was_kept(&*panic) => {
            return Err(eyre!("the console failed, the run goes on: {}", panics::words(&*panic)));
        }
        Err(panic) => resume_unwind(panic),
    };
    // Nobody may be left to read it: a terminal that is gone is no error.
    let mut out = std::io::stdout();
    for lost in live.leave() {
        let _ = writeln!(out, "not saved: {}", sanitise::clean(&lost));
    }
    if ended == Ended::Left
        && let Some(words) = farewell(&state)
    {
        let _ = writeln!(out, "{words}");
    }
    Ok(())
}

/// What is said to someone who leaves: how to come back.
fn farewell(state: &State) -> Option<String> {
    let run = state.run.as_ref()?;
    let name = sanitise::clean(&run.name);
    Some(match run.view.phase {
        crate::run::view::Phase::Finished => format!("run {name} is finished: {}", run.path.display()),
        _ if run.is_live() => format!("run {name} goes on; `mug attach {name}` brings it back"),
        _ => match run.view.failed_to_begin() {
            Some(why) => format!("run {name} failed before it began: {}", sanitise::clean(why)),
            None => format!("run {name} can be taken up again: mug resume {name}"),
        },
    })
}
