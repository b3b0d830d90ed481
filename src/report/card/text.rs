//! A card in lines of text, for terminals of 80 columns: headings stand at the left, what belongs to them is indented.

use super::{Card, Ending, Labels, MAIN, Setting, StageCard};
use crate::config::LabelSource;
use crate::modality::Modality;
use crate::report::numbers::{IN_SAMPLE, IN_SAMPLE_WORDS, clock, number};
use crate::split::Split;
use crate::training::events::{Agreement, CheckState, LabelSummary, SettingChange, Stage, StageState};
use crate::training::metrics;

/// Warnings that are shown; the log has them all.
const WARNINGS: usize = 5;

impl Card {
    /// The card in lines, with the settings that were changed and the main ones. What a file or a setting holds stands in
    /// them as it is.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.result_lines();
        lines.extend([String::new(), "settings (in brackets what ships for the dataset)".to_owned()]);
        let shown = |s: &&Setting| s.shipped.is_some() || MAIN.contains(&&*s.key);
        lines.extend(setting_lines(self.settings.iter().filter(shown)));
        lines
    }

    /// The card in lines with all settings, those that were changed first.
    pub fn lines_in_full(&self) -> Vec<String> {
        let mut lines = self.result_lines();
        let (changed, rest): (Vec<_>, Vec<_>) = self.settings.iter().partition(|s| s.shipped.is_some());
        let heading = match changed[..] {
            [] => "settings: all as they ship for the dataset",
            [..] => "settings that were changed (in brackets what ships for the dataset)",
        };
        lines.extend([String::new(), heading.to_owned()]);
        lines.extend(setting_lines(changed.into_iter()));
        lines.extend([String::new(), "settings as they ship for the dataset".to_owned()]);
        lines.extend(setting_lines(rest.into_iter()));
        lines
    }

    /// Everything but the settings.
    fn result_lines(&self) -> Vec<String> {
        let mut lines = vec![format!("run {} · {} · {}", self.run, self.dataset, self.state)];
        lines.extend(self.reason.iter().map(|r| format!("  {r}")));
        let device = self.device.as_deref().unwrap_or("not prepared yet");
        lines.push(format!("  {} on {device} · seed {} · begun {}", clock(self.seconds), self.seed, self.created));
        let parts = [
            self.figure_lines(),
            self.health_lines(),
            self.label_lines(),
            self.stage_lines(),
            self.cost_lines(),
            self.parameter_lines(),
            self.change_lines(),
            self.process_lines(),
        ];
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            lines.push(String::new());
            lines.extend(part);
        }
        if !self.warnings.is_empty() {
            lines.extend([String::new(), "warnings".to_owned()]);
            lines.extend(self.warnings.iter().take(WARNINGS).map(|w| format!("  {w}")));
            let more = self.warnings.len().saturating_sub(WARNINGS);
            lines.extend((more > 0).then(|| format!("  and {more} more in the log")));
        }
        lines
    }

    /// The test figure that one looks at first, for a line in passing: `test MAE 0.312`.
    pub fn headline(&self) -> Option<String> {
        let first = self.figures.iter().find(|f| f.test.is_some())?;
        Some(format!("test {} {}", metrics::name(&first.key), number(first.test?, 4)))
    }

    fn figure_lines(&self) -> Vec<String> {
        let Some(picked) = &self.picked else {
            return vec!["figures".to_owned(), "  none yet: they come with the contrastive stage's epochs".to_owned()];
        };
        let mut lines = vec![
            format!("figures of {} epoch {} ({})", picked.stage, picked.epoch, picked.rule),
            format!("  {:<16}{:>10}{:>10}", "", "valid", "test"),
        ];
        // Test figures come with the run's end; the others are there as soon as there is a line.
        let tested = self.stages.iter().all(|s| s.seconds.is_some());
        let cell = |value: Option<f64>, known: bool| match value {
            Some(v) => number(v, 4),
            None if known => "undefined".to_owned(),
            None => "–".to_owned(),
        };
        lines.extend(self.figures.iter().map(|f| {
            format!("  {:<16}{:>10}{:>10}", metrics::name(&f.key), cell(f.valid, true), cell(f.test, tested))
        }));
        lines
    }

    fn stage_lines(&self) -> Vec<String> {
        let stages = self.stages.iter().map(stage_line);
        std::iter::once("stages".to_owned()).chain(stages).collect()
    }

    fn label_lines(&self) -> Vec<String> {
        let has = |stage| self.stages.iter().any(|s| s.stage == stage);
        let learned = format!("stage 3 learns {} (labels.source)", self.label_source.in_words());
        match (&self.labels, self.label_source) {
            (Some(labels), source) => {
                let mut lines = label_lines(labels);
                if source != LabelSource::Corrected && labels.stage != Some(Stage::Joint) && has(Stage::Joint) {
                    lines.push(format!("  {learned}, not these"));
                }
                lines
            }
            (None, source) if !has(Stage::Denoising) && (source == LabelSource::Corrected || !has(Stage::Joint)) => {
                vec!["labels: not corrected, the denoising stage is no part of the run".to_owned()]
            }
            (None, LabelSource::Corrected) => vec!["labels: not corrected yet".to_owned()],
            (None, _) => vec![format!("labels: {learned}")],
        }
    }

    fn change_lines(&self) -> Vec<String> {
        let line = |c: &SettingChange| {
            format!("  {} (before {}), {} epoch {} step {}", c.change, c.before, c.stage, c.epoch, c.step)
        };
        let head = (!self.changes.is_empty()).then(|| "changed while it trained".to_owned());
        head.into_iter().chain(self.changes.iter().map(line)).collect()
    }

    fn health_lines(&self) -> Vec<String> {
        let health = &self.health;
        let failing = health.failing.len();
        let mut words = match (health.checks, failing) {
            (0, _) => "health: no checks yet".to_owned(),
            (checks, 0) => format!("health: none of {checks} checks fails"),
            (checks, _) => format!("health: {failing} of {checks} checks fail"),
        };
        if health.unknown > 0 {
            words += &format!(", {} not judged", health.unknown);
        }
        let mut lines = vec![words];
        for check in &health.failing {
            debug_assert_eq!(check.state, CheckState::Failing);
            let place = Some(check.place()).filter(|p| !p.is_empty()).map_or_else(String::new, |p| format!(" {p}"));
            let value = check.value.map_or_else(|| "undefined".to_owned(), |v| number(v, 3));
            let side = if check.fails_above { "at most" } else { "at least" };
            let expected = format!("{value}, expected {side} {}", check.threshold);
            lines.push(format!("  ✘ {} {}{place}: {expected}", check.stage, check.name));
        }
        lines
    }
}

fn setting_lines<'a>(settings: impl Iterator<Item = &'a Setting> + Clone) -> Vec<String> {
    let width = settings.clone().map(|s| s.key.len()).max().unwrap_or(0);
    let line = |s: &Setting| {
        let shipped = s.shipped.as_ref().map_or(String::new(), |v| format!("  ({v})"));
        format!("  {:width$}  {}{shipped}", s.key, s.value)
    };
    settings.map(line).collect()
}

fn stage_line(stage: &StageCard) -> String {
    let (name, done) = (stage.stage.name(), format!("{}/{}", stage.epochs, stage.planned));
    let how = match (stage.state, stage.ended) {
        (StageState::Pending, _) => "not begun".to_owned(),
        (StageState::Skipped, _) => "left out".to_owned(),
        (_, Some(Ending::AllEpochs)) => "all epochs".to_owned(),
        (_, Some(Ending::NoBetterEpoch { patience })) => {
            format!("stopped early: none better in {patience} epochs")
        }
        (_, Some(Ending::AsAsked)) => "ended by hand".to_owned(),
        (StageState::Paused, None) => "paused".to_owned(),
        (_, None) => "not finished".to_owned(),
    };
    let best = match stage.best_epoch {
        Some(best) if stage.stage != Stage::Denoising => format!("best {best}"),
        _ => String::new(),
    };
    let time = stage.seconds.map_or(String::new(), clock);
    format!("  {name:<12}{done:>7} epochs  {best:<9}{time:>8}  {how}")
}

fn label_lines(labels: &Labels) -> Vec<String> {
    let train = &labels.summaries[Split::Train];
    let judged = train.iter().any(|(_, s)| s.corrected.is_some_and(|c| c.mae.is_some()));
    // Stage 3 makes but one kind of labels.
    let (kind, column) = match labels.stage {
        Some(Stage::Joint) => ("momentum labels", "momentum"),
        _ => ("labels", "corrected"),
    };
    let undefined = |v: Option<f64>, places| v.map_or_else(|| "undefined".to_owned(), |v| number(v, places));
    if !judged {
        let heading = format!("{kind} of epoch {}, train split; nobody's labels to judge them by", labels.epoch);
        let line = |(m, s): (Modality, &LabelSummary)| {
            let moved = s.share_moved.map_or_else(|| "undefined".to_owned(), |v| format!("{} %", number(v * 100.0, 0)));
            format!("  {:<8}mean |change| {}, moved {moved}", m.name(), undefined(s.mean_abs_change, 3))
        };
        return std::iter::once(heading).chain(train.iter().map(line)).collect();
    }
    let heading = format!("{kind} of epoch {}, train split, against people's", labels.epoch);
    let names = format!("  {:<8}{:>10}{:>10}{:>7}  gain in MAE [95 %]", "", column, "copied", "rows");
    let line = |(m, s): (Modality, &LabelSummary)| {
        let mae = |a: Option<Agreement>| undefined(a.and_then(|a| a.mae), 3);
        let gain = s.gain.unwrap_or_default();
        let ends = gain.mae_interval.map_or(String::new(), |[l, h]| format!(" [{}, {}]", number(l, 3), number(h, 3)));
        let verdict = match gain.mae_interval {
            Some([low, _]) if low > 0.0 => " better",
            Some([_, high]) if high < 0.0 => " worse",
            Some(_) => " no difference",
            None => "",
        };
        let rows = s.annotated.map_or_else(|| "–".to_owned(), |n| n.to_string());
        let mark = if labels.in_sample.contains(&m) { IN_SAMPLE } else { "" };
        format!(
            "  {:<8}{:>10}{:>10}{rows:>7}  {}{ends}{verdict}",
            format!("{m}{mark}"),
            mae(s.corrected),
            mae(s.copied),
            undefined(gain.mae, 3)
        )
    };
    let note = (!labels.in_sample.is_empty()).then(|| format!("  {IN_SAMPLE_WORDS}"));
    // A modality of which no clip has a label is not there.
    let judged = train.iter().filter(|(_, s)| s.annotated != Some(0));
    [heading, names].into_iter().chain(judged.map(line)).chain(note).collect()
}
