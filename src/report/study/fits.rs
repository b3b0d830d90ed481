//! Lines through a study's finished runs, as the study asks for them.

use serde::Serialize;

use super::outcomes::{CellState, LineAsked, Outcome, Outcomes};
use crate::report::statistics::{Line, line};

/// A fitted line, a point a finished run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// Whose runs it is of; `None`: all of the study's.
    pub variant: Option<String>,
    /// The names of what it is of.
    pub x: String,
    pub y: String,
    /// True where it is of the logarithms of both.
    pub log: bool,
    /// `None` where the points have fewer than two different x.
    pub line: Option<Line>,
    /// Finished runs that have no place: one of the two is undefined, or has no logarithm.
    pub left_out: usize,
    /// What it is fitted through; their logarithms where it is of these.
    #[serde(skip)]
    pub points: Vec<(f64, f64)>,
}

/// Where on the line's x a run of a row lies.
type Place<'a> = dyn Fn(usize, &Outcome) -> Option<f64> + 'a;

impl Outcomes {
    /// The lines that the study asks for, in that order; over an axis one for each variant. What it does not have is left
    /// out.
    pub fn fits(&self) -> Vec<Fit> {
        self.lines.iter().flat_map(|asked| self.fit(asked)).collect()
    }

    /// The fits of one line that is asked for: one of the whole study, or over an axis one for each variant.
    pub fn fit(&self, asked: &LineAsked) -> Vec<Fit> {
        self.fitted(asked).unwrap_or_default()
    }

    fn fitted(&self, asked: &LineAsked) -> Option<Vec<Fit>> {
        let column = |key: &String| self.metrics.iter().position(|m| m.key == *key);
        let y = column(&asked.y)?;
        let fit = |variant: Option<&str>, name: String, x: &Place<'_>| {
            let (points, left_out) = self.points(variant, asked.log, y, x);
            let y = self.metrics[y].name.clone();
            Fit {
                variant: variant.map(str::to_owned),
                x: name,
                y,
                log: asked.log,
                line: line(&points),
                left_out,
                points,
            }
        };
        let columns: Option<Vec<usize>> = asked.x.iter().map(column).collect();
        if let Some(columns) = columns.filter(|c| !c.is_empty()) {
            let names: Vec<&str> = columns.iter().map(|c| self.metrics[*c].name.as_str()).collect();
            let name = if names.len() == 1 { names[0].to_owned() } else { mean_of(&names) };
            let mean = |_: usize, run: &Outcome| {
                let found: Option<Vec<f64>> = columns.iter().map(|c| run.values.get(*c).copied().flatten()).collect();
                found.map(|found| found.iter().sum::<f64>() / found.len() as f64)
            };
            return Some(vec![fit(None, name, &mean)]);
        }
        let key = asked.x.first()?;
        let place = |row: usize, _: &Outcome| {
            let (_, value) = self.variants[row].axes.iter().find(|(axis, _)| axis == key)?;
            value.parse::<f64>().ok()
        };
        let mut names: Vec<&str> = Vec::new();
        for variant in &self.variants {
            if !names.contains(&variant.name.as_str()) {
                names.push(&variant.name);
            }
        }
        Some(names.into_iter().map(|name| fit(Some(name), key.clone(), &place)).collect())
    }

    /// The points (x, y) of finished runs, and how many of these have none.
    fn points(&self, variant: Option<&str>, log: bool, y: usize, x: &Place<'_>) -> (Vec<(f64, f64)>, usize) {
        let scaled = |v: f64| if log { v.ln() } else { v };
        let (mut points, mut left_out) = (Vec::new(), 0);
        for (row, cells) in self.cells.chunks(self.seeds.len().max(1)).enumerate().take(self.variants.len()) {
            if variant.is_some_and(|name| self.variants[row].name != name) {
                continue;
            }
            for cell in cells.iter().filter(|c| c.state == CellState::Finished) {
                let at = x(row, cell).zip(cell.values.get(y).copied().flatten());
                let point = at.map(|(x, y)| (scaled(x), scaled(y))).filter(|(x, y)| x.is_finite() && y.is_finite());
                left_out += usize::from(point.is_none());
                points.extend(point);
            }
        }
        (points, left_out)
    }
}

/// `mean of text, audio labels MAE`: the words that all names end with stand once.
fn mean_of(names: &[&str]) -> String {
    let words: Vec<Vec<&str>> = names.iter().map(|name| name.split(' ').collect()).collect();
    let least = words.iter().map(Vec::len).min().unwrap_or(0);
    let alike = |n: &usize| words.iter().all(|w| w[w.len() - n] == words[0][words[0].len() - n]);
    let shared = (1..least).take_while(alike).count();
    let own: Vec<String> = words.iter().map(|w| w[..w.len() - shared].join(" ")).collect();
    let shared: String = words[0][words[0].len() - shared..].iter().map(|word| format!(" {word}")).collect();
    format!("mean of {}{shared}", own.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::outcomes::{StudyMetric, Variant};

    /// Two variants at 1, 4 and 16 times the data with two seeds: seconds of the first grow with the power 1, of the second
    /// with 0.5; one run has none, one is not finished.
    fn study() -> Outcomes {
        let metric = |key: &str| StudyMetric { key: key.into(), name: key.into(), lower_is_better: None };
        let mut variants = Vec::new();
        let mut cells = Vec::new();
        for (name, power) in [("whole", 1.0), ("half", 0.5)] {
            for repeat in [1.0_f64, 4.0, 16.0] {
                variants.push(Variant { name: name.into(), axes: vec![("data.repeat".into(), repeat.to_string())] });
                for _ in 0..2 {
                    let seconds = 3.0 * repeat.powf(power);
                    let values = vec![Some(seconds), Some(2.0 * seconds), Some(1.0 - 0.25 * seconds)];
                    cells.push(Outcome { state: CellState::Finished, values, test: None });
                }
            }
        }
        cells[0].values[0] = None;
        cells[2].state = CellState::Stopped;
        Outcomes {
            name: "cost".into(),
            question: "?".into(),
            metrics: vec![metric("seconds"), metric("twice"), metric("test.mae")],
            variants,
            reference: None,
            seeds: vec![1, 2],
            cells,
            lines: Vec::new(),
        }
    }

    fn asked(y: &str, x: &[&str], log: bool) -> LineAsked {
        LineAsked { y: y.into(), x: x.iter().map(|x| (*x).to_owned()).collect(), log }
    }

    #[test]
    fn over_an_axis_each_variant_has_a_line_and_over_metrics_the_study_has_one() {
        let mut study = study();
        study.lines = vec![asked("seconds", &["data.repeat"], true)];
        let found = study.fits();
        let slopes: Vec<(Option<&str>, f64)> =
            found.iter().map(|f| (f.variant.as_deref(), (f.line.unwrap().slope * 1e9).round() / 1e9)).collect();
        assert_eq!(slopes, [(Some("whole"), 1.0), (Some("half"), 0.5)]);
        assert_eq!((found[0].line.unwrap().n, found[0].left_out, found[1].left_out), (4, 1, 0));
        // y = 1 - seconds / 4, of the mean of seconds and twice as many.
        let found = study.fit(&asked("test.mae", &["seconds", "twice"], false));
        let [one] = &found[..] else { panic!("{found:?}") };
        assert!((one.line.unwrap().slope + 0.25 / 1.5).abs() < 1e-9);
        assert_eq!((one.variant.as_deref(), one.x.as_str()), (None, "mean of seconds, twice"));
        assert_eq!(mean_of(&["text labels MAE", "audio labels MAE"]), "mean of text, audio labels MAE");
        assert_eq!(mean_of(&["MAE", "test MAE"]), "mean of MAE, test MAE");
        assert!(study.fit(&asked("nothing", &["seconds"], false)).is_empty());
    }

    #[test]
    fn what_has_no_logarithm_has_no_place() {
        let mut study = study();
        study.cells[11].values[0] = Some(0.0);
        let found = study.fit(&asked("seconds", &["data.repeat"], true));
        assert_eq!((found[1].line.unwrap().n, found[1].left_out), (5, 1));
    }
}
