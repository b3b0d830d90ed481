//! Follows a run's events for `mug train` and `--plain`: the same record that every viewer reads.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::lines::{Lines, Reporter, duration, harmless, line, thousands, time_left};
use crate::report::preparing::preparing_in_words;
use crate::run::directory::RunDir;
use crate::run::list::progress;
use crate::run::tail::{EventTail, TailError};
use crate::run::view::RunView;
use crate::training::events::{Body, Event, Level, StageState};

/// How often the record is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Follows a run's record and tells its events.
pub struct Follower<'a> {
    tail: EventTail,
    view: RunView,
    reporter: Box<dyn Reporter + Send + 'a>,
}

impl<'a> Follower<'a> {
    pub fn new(dir: &RunDir, reporter: Box<dyn Reporter + Send + 'a>) -> Follower<'a> {
        Follower { tail: EventTail::open(dir.events_path()), view: RunView::default(), reporter }
    }

    /// Takes in what is already recorded without telling it.
    pub fn skip(&mut self) {
        while let Ok(events) = self.tail.poll() {
            events.iter().for_each(|e| self.view.apply(e));
            if self.tail.caught_up() {
                break;
            }
        }
    }

    /// Tells what is recorded until `over` returns true and everything recorded before that is told.
    ///
    /// # Errors
    /// The report cannot be written.
    pub fn follow(&mut self, mut over: impl FnMut(&RunView) -> bool) -> io::Result<()> {
        loop {
            // Asked before reading: what was recorded until then is read below.
            let last = over(&self.view);
            loop {
                match self.tail.poll() {
                    Ok(events) => {
                        for event in &events {
                            self.view.apply(event);
                            self.reporter.event(event, &self.view)?;
                        }
                    }
                    Err(TailError::Restarted { .. }) => self.view = RunView::default(),
                    // A file system that is away for a moment, or a run directory that is being moved.
                    Err(TailError::Gone { .. } | TailError::File(_)) => {}
                }
                if self.tail.caught_up() {
                    break;
                }
            }
            self.reporter.pause(&self.view)?;
            if last {
                return Ok(());
            }
            std::thread::sleep(LOOK);
        }
    }

    pub fn into_view(self) -> RunView {
        self.view
    }
}

/// Tells a run's progress on standard error until `done`; returns the view at the end.
pub fn report(dir: &RunDir, done: &AtomicBool) -> RunView {
    let reporter: Box<dyn Reporter + Send> =
        if io::stderr().is_terminal() { Box::new(Bar::new()) } else { Box::new(Lines::new(io::stderr())) };
    let mut follower = Follower::new(dir, reporter);
    follower.skip();
    if follower.follow(|_| done.load(Ordering::Acquire)).is_err() {
        // The terminal is gone: the run is followed without telling anybody.
        follower.reporter = Box::new(Silent);
        let _ = follower.follow(|_| done.load(Ordering::Acquire));
    }
    follower.into_view()
}

struct Silent;

impl Reporter for Silent {
    fn event(&mut self, _: &Event, _: &RunView) -> io::Result<()> {
        Ok(())
    }

    fn pause(&mut self, _: &RunView) -> io::Result<()> {
        Ok(())
    }
}

/// A progress bar over all planned steps, with lines above it for what should stay.
struct Bar(ProgressBar);

const PARTS: u64 = 10_000;

impl Bar {
    fn new() -> Bar {
        let bar = ProgressBar::with_draw_target(Some(PARTS), ProgressDrawTarget::stderr_with_hz(5));
        // A template that does not parse is a mistake of ours; the plain style serves then.
        if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {percent:>3} % {msg}") {
            bar.set_style(style);
        }
        Bar(bar)
    }
}

impl Reporter for Bar {
    fn event(&mut self, event: &Event, view: &RunView) -> io::Result<()> {
        let stays = match &event.body {
            Body::Prepared(_) | Body::Resumed { .. } | Body::Fault { .. } | Body::Stopped | Body::Finished { .. } => {
                true
            }
            Body::StageChanged { state } => *state == StageState::Finished,
            // Before the data is ready it is said where the run computes and which settings it has.
            Body::Log { level, .. } => *level != Level::Info || view.prepared.is_none(),
            _ => false,
        };
        if stays && let Some(text) = line(event, view) {
            self.0.suspend(|| writeln!(io::stderr(), "{}", harmless(&text)))?;
        }
        Ok(())
    }

    fn pause(&mut self, view: &RunView) -> io::Result<()> {
        if view.phase.is_over() {
            self.0.finish_and_clear();
            return Ok(());
        }
        if let Some(now) = &view.preparing {
            self.0.set_message(harmless(&preparing_in_words(now)));
            return Ok(());
        }
        let Some(stage) = view.stage else { return Ok(()) };
        let part = view.stage(stage);
        let mut words = vec![format!("epoch {}/{}", part.epoch, part.epochs)];
        if let Some(loss) = part.steps.columns.get("loss").and_then(|c| c.last()).filter(|l| l.is_finite()) {
            words.push(format!("loss {loss:.4}"));
        }
        words.extend(part.samples_per_second.map(|s| format!("{} samples/s", thousands(s))));
        words.extend(time_left(view).map(|s| format!("{} left", duration(s))));
        self.0.set_prefix(stage.name());
        self.0.set_message(words.join(" · "));
        self.0.set_position((progress(view) * PARTS as f64) as u64);
        Ok(())
    }
}
