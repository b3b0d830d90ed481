//! A run as lines of text: for `--plain`, for logs of batch systems, and where there is no terminal.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use crate::modality::PerModality;
use crate::report::preparing::preparing_in_words;
use crate::run::view::RunView;
use crate::sanitise::clean;
use crate::split::Split;
use crate::training::events::{Body, Cut, Event, LabelSummary, Level, Metrics, Scalars, Stage, StageState};

/// Tells people of a run's events.
pub trait Reporter {
    /// After `view` has taken the event in.
    ///
    /// # Errors
    /// The output cannot be written.
    fn event(&mut self, event: &Event, view: &RunView) -> io::Result<()>;

    /// After a batch of events.
    ///
    /// # Errors
    /// As [`event`](Self::event).
    fn pause(&mut self, view: &RunView) -> io::Result<()>;
}

/// One line for each epoch and each rarer event; between them one every ten seconds.
pub struct Lines<W> {
    out: W,
    said: Instant,
    /// Step and stage of the last line about steps.
    place: (Option<Stage>, u64),
}

const EVERY: Duration = Duration::from_secs(10);

impl<W: Write> Lines<W> {
    pub fn new(out: W) -> Lines<W> {
        Lines { out, said: Instant::now(), place: (None, 0) }
    }

    fn is_too_soon(&self, event: &Event) -> bool {
        let Body::Preparing(now) = &event.body else { return false };
        now.done > 0 && !now.is_done() && self.said.elapsed() < EVERY
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        self.said = Instant::now();
        writeln!(self.out, "{}", harmless(line))?;
        self.out.flush()
    }
}

impl<W: Write> Reporter for Lines<W> {
    fn event(&mut self, event: &Event, view: &RunView) -> io::Result<()> {
        match line(event, view) {
            // A long download would fill a page.
            Some(_) if self.is_too_soon(event) => Ok(()),
            Some(line) => {
                self.place = (event.stage, event.step);
                self.say(&line)
            }
            None => Ok(()),
        }
    }

    fn pause(&mut self, view: &RunView) -> io::Result<()> {
        let Some(stage) = view.stage else { return Ok(()) };
        let part = view.stage(stage);
        if part.state != StageState::Running || self.said.elapsed() < EVERY || self.place == (Some(stage), part.step) {
            return Ok(());
        }
        self.place = (Some(stage), part.step);
        let steps = u64::from(part.epochs) * u64::from(part.steps_per_epoch);
        let loss = part.steps.columns.get("loss").and_then(|c| c.last()).copied();
        let line = join([
            format!("{stage} step {}/{steps}", part.step),
            format!("loss {}", number(loss.filter(|l| l.is_finite()).map(f64::from))),
            time_left(view).map(|s| format!("{} left", duration(s))).unwrap_or_default(),
        ]);
        self.say(&line)
    }
}

/// The line for an event, if it deserves one.
pub fn line(event: &Event, view: &RunView) -> Option<String> {
    let here = || event.stage.map_or("run", Stage::name);
    Some(match &event.body {
        Body::Preparing(now) => preparing_in_words(now),
        Body::Prepared(p) => {
            let stages = p.plan.iter().map(|s| s.stage.name()).collect::<Vec<_>>().join(", ");
            let mut lines = format!(
                "{} on {}: {}/{}/{} samples (train/valid/test); {stages}",
                p.dataset, p.device, p.samples.train, p.samples.valid, p.samples.test
            );
            p.findings.iter().for_each(|f| lines += &format!("\nfound in the data: {f}"));
            lines
        }
        Body::Resumed { device } => format!("taken up again at {} step {} on {device}", here(), event.step),
        Body::Restarted => format!("{} is begun anew", here()),
        Body::StageChanged { state: StageState::Running } => format!("{} runs", here()),
        Body::StageChanged { state: StageState::Finished } => format!("{} finished, epoch {}", here(), event.epoch),
        Body::Epoch { valid, metrics, .. } if event.epoch == 0 => join([
            format!("{} before its first epoch", here()),
            format!("valid {}", scalar(valid, "loss")),
            metric_words(metrics),
        ]),
        Body::Epoch { train, valid, metrics, samples_per_second, best, .. } => {
            let epochs = event.stage.map_or(0, |s| view.stage(s).epochs);
            join([
                format!("{} {}/{epochs}", here(), event.epoch),
                format!("loss {}", scalar(train, "loss")),
                format!("valid {}", scalar(valid, "loss")),
                metric_words(metrics),
                samples_per_second.map(|s| format!("{} samples/s", thousands(s))).unwrap_or_default(),
                time_left(view).map(|s| format!("{} left in this stage", duration(s))).unwrap_or_default(),
                if *best { "best".into() } else { String::new() },
            ])
        }
        Body::StageCut { cut: Cut::Done } => {
            format!("{0} was ended early; mug resume RUN --continue {0} goes on with it", here())
        }
        Body::StageCut { cut: Cut::Undone } => format!("{} goes on from where it was ended", here()),
        Body::Labels { summaries, .. } => format!("labels read: {}", label_words(&summaries[Split::Train])),
        Body::Paused => "paused".into(),
        Body::Unpaused => "goes on".into(),
        Body::Log { level: Level::Info, message } => message.clone(),
        Body::Log { level: Level::Warning, message } => format!("warning: {message}"),
        Body::Log { level: Level::Error, message } => format!("error: {message}"),
        Body::Fault { message } => format!("failed: {message}"),
        Body::Stopped => "stopped".into(),
        Body::Finished { summary } => {
            let metrics = metric_words(&summary.metrics.test);
            if metrics.is_empty() { "finished".into() } else { format!("finished; test {metrics}") }
        }
        Body::StageChanged { .. }
        | Body::Parameters { .. }
        | Body::StageCut { .. }
        | Body::Step { .. }
        | Body::Embedding { .. }
        | Body::Predictions { .. }
        | Body::Health { .. }
        | Body::Costs { .. }
        | Body::System { .. }
        | Body::Changed { .. }
        | Body::Checkpointed { .. } => return None,
    })
}

fn join<const N: usize>(parts: [String; N]) -> String {
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("  ")
}

fn scalar(scalars: &Scalars, name: &str) -> String {
    number(scalars.get(name).copied().flatten().map(f64::from))
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |v| format!("{v:.4}"))
}

/// The two figures that every dataset has.
fn metric_words(metrics: &Metrics) -> String {
    let known: BTreeMap<_, _> = [("mae", "mae"), ("pearson", "r")].into();
    known
        .into_iter()
        .filter_map(|(key, word)| metrics.get(key).map(|v| format!("{word} {}", number(*v))))
        .collect::<Vec<_>>()
        .join(" ")
}

fn label_words(summaries: &PerModality<LabelSummary>) -> String {
    // A modality that no clip has was not changed.
    let there = summaries.iter().filter(|(_, s)| s.mean_abs_change.is_some());
    let words = there.map(|(m, s)| format!("{m} {}", number(s.mean_abs_change)));
    format!("mean change on train {}", words.collect::<Vec<_>>().join(" "))
}

/// Active seconds that the current stage will still take if it runs all its epochs at the pace of its last steps.
pub fn time_left(view: &RunView) -> Option<f64> {
    let part = view.stage(view.stage?);
    let total = u64::from(part.epochs) * u64::from(part.steps_per_epoch);
    let (steps, times) = (&part.steps.step, &part.steps.time);
    let end = steps.len().checked_sub(1)?;
    let begin = end.saturating_sub(500);
    let (done, seconds) = (steps[end] - steps[begin], times[end] - times[begin]);
    if done == 0 || total <= part.step || part.state != StageState::Running {
        return None;
    }
    Some(seconds / done as f64 * (total - part.step) as f64)
}

/// `47 s`, `12 m 5 s`, `3 h 20 m`
pub fn duration(seconds: f64) -> String {
    let s = seconds.max(0.0).round() as u64;
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} m {} s", s / 60, s % 60),
        _ => format!("{} h {} m", s / 3600, s / 60 % 60),
    }
}

/// `950`, `3.2k`
pub fn thousands(value: f64) -> String {
    if value >= 1000.0 { format!("{:.1}k", value / 1000.0) } else { format!("{value:.0}") }
}

/// Lines of text as they may be printed (see [`clean`]): messages can quote what files hold.
pub fn harmless(text: &str) -> String {
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::events::{Rates, StagePlan};

    fn event(step: u64, body: Body) -> Event {
        Event { time: step as f64 * 0.5, stage: Some(Stage::Joint), epoch: 1, step, body }
    }

    fn running() -> RunView {
        let mut view = RunView::default();
        let plan = StagePlan { stage: Stage::Joint, epochs: 4, steps_per_epoch: 50 };
        view.stages[2].epochs = plan.epochs;
        view.stages[2].steps_per_epoch = plan.steps_per_epoch;
        view.apply(&event(0, Body::StageChanged { state: StageState::Running }));
        for n in 1..=50 {
            view.apply(&event(n, Body::Step { scalars: [("loss".to_owned(), Some(0.5))].into(), rates: Rates::new() }));
        }
        view
    }

    #[test]
    fn an_epoch_is_one_line_with_undefined_values_as_dashes() {
        let mut view = running();
        let body = Body::Epoch {
            train: [("loss".to_owned(), Some(0.5))].into(),
            valid: [("loss".to_owned(), None)].into(),
            metrics: [("mae".to_owned(), Some(0.9)), ("pearson".to_owned(), None)].into(),
            seconds: 1.0,
            samples_per_second: Some(3210.0),
            best: true,
        };
        let epoch = event(50, body);
        view.apply(&epoch);
        let text = line(&epoch, &view).unwrap();
        assert_eq!(
            text,
            "joint 1/4  loss 0.5000  valid -  mae 0.9000 r -  3.2k samples/s  1 m 15 s left in this stage  best"
        );
    }

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        let mut out = Vec::new();
        let fault = event(1, Body::Fault { message: "bad key \u{1b}]0;x\u{7} in\nfi\u{202e}le".into() });
        Lines::new(&mut out).event(&fault, &running()).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "failed: bad key ␛]0;x␇ in\nfile\n");
    }

    #[test]
    fn durations() {
        assert_eq!([duration(0.2), duration(125.0), duration(12_000.0)], ["0 s", "2 m 5 s", "3 h 20 m"]);
        assert_eq!(time_left(&RunView::default()), None);
    }
}
