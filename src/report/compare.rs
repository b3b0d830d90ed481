//! Several runs side by side: the settings that differ, and what came of them.

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::figure::clean;
use super::numbers::{bytes, count, number};
use crate::config::Settings;
use crate::modality::Modality;
use crate::run::directory::{Manifest, RunDir};
use crate::run::list::RunState;
use crate::run::lock;
use crate::run::view::RunView;
use crate::split::Split;
use crate::training::events::{Metrics, Stage};
use crate::training::metrics::{self, Better};

/// One of the runs compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunColumn {
    pub name: String,
    pub dataset: String,
    pub state: RunState,
    /// The stage and the epoch that the figures are of: the best so far of the last stage that predicts.
    pub stage: Option<Stage>,
    pub epoch: Option<u32>,
}

/// A setting that is not the same in all runs; of one run alone, any.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingRow {
    /// As in the settings file: `joint.unimodal_weight`.
    pub key: String,
    /// One for each run; `None` where the run has no such setting.
    pub values: Vec<Option<String>>,
}

/// A result of each run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResultRow {
    /// `valid mae`, `test acc2_non0`, `labels train text pearson`, ...
    pub name: String,
    /// One for each run; `None` where it is undefined or not there yet.
    pub values: Vec<Option<f64>>,
    /// `None` where neither end is good.
    pub better: Option<Better>,
    /// Positions of the best runs; empty where the runs cannot be ranked: another dataset, or fewer than two values.
    pub best: Vec<usize>,
}

/// Runs side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub runs: Vec<RunColumn>,
    pub settings: Vec<SettingRow>,
    pub results: Vec<ResultRow>,
    /// True where all runs trained on the same data.
    pub same_data: bool,
}

/// Puts runs side by side.
pub fn compare(runs: &[(&RunDir, &RunView)]) -> Comparison {
    let manifests: Vec<&Manifest> = runs.iter().map(|(dir, _)| dir.manifest()).collect();
    let same_data = manifests.windows(2).all(|w| w[0].has_data_of(w[1]));
    let columns = runs.iter().map(|(dir, view)| {
        let stage = predicting(view);
        let part = stage.map(|s| view.stage(s));
        let epoch = part.and_then(|p| p.per_epoch.epoch.get(p.best_epoch()?).map(|e| *e as u32));
        RunColumn {
            name: dir.name().to_owned(),
            dataset: dir.manifest().dataset_name(),
            state: RunState::of(view.phase, lock::is_alive(dir)),
            stage,
            epoch,
        }
    });
    let mut comparison =
        Comparison { runs: columns.collect(), settings: differing(&manifests), results: results(runs), same_data };
    for row in &mut comparison.results {
        if same_data {
            row.best = best(row);
        }
    }
    comparison
}

/// The last stage that has predicted something.
pub(super) fn predicting(view: &RunView) -> Option<Stage> {
    [Stage::Joint, Stage::Contrastive].into_iter().find(|s| view.stage(*s).metrics.iter().any(|m| !m.is_empty()))
}

/// Rows that older runs did not record, and new runs have not recorded yet: they are no difference where only some runs
/// have them.
const DIGEST: &str = "data SHA-256";
const ORIGIN: &str = "settings from";
/// Digits of a digest that are shown.
const DIGITS: usize = 16;

/// All settings as dotted keys.
pub(super) fn settings(settings: &Settings) -> Vec<(String, String)> {
    // By way of the text: there the numbers are as short as they were typed.
    let table = settings.to_toml().ok().and_then(|t| toml::from_str::<toml::Table>(&t).ok());
    let mut all = Vec::new();
    flatten("", &toml::Value::Table(table.unwrap_or_default()), &mut all);
    all
}

/// All settings, and what else a run was told.
fn told(manifest: &Manifest) -> Vec<(String, String)> {
    let stages: Vec<&str> = manifest.stages.iter().map(|s| s.name()).collect();
    let mut all = vec![
        ("dataset".to_owned(), manifest.dataset_name()),
        ("data fingerprint".to_owned(), manifest.fingerprint.clone().unwrap_or_default()),
        ("stages".to_owned(), stages.join(", ")),
        ("mug version".to_owned(), manifest.version.clone()),
    ];
    // The first digits tell digests apart, and leave the table its width.
    let digest = manifest.data.as_ref().and_then(|d| d.sha256.get(..DIGITS));
    all.extend(digest.map(|d| (DIGEST.to_owned(), d.to_owned())));
    all.extend(manifest.settings_from.clone().map(|from| (ORIGIN.to_owned(), from)));
    all.extend(settings(&manifest.settings));
    all
}

fn flatten(key: &str, value: &toml::Value, all: &mut Vec<(String, String)>) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                flatten(&key, value, all);
            }
        }
        toml::Value::String(text) => all.push((key.to_owned(), text.clone())),
        other => all.push((key.to_owned(), other.to_string())),
    }
}

fn differing(manifests: &[&Manifest]) -> Vec<SettingRow> {
    let each: Vec<Vec<(String, String)>> = manifests.iter().map(|m| told(m)).collect();
    let mut keys: Vec<&String> = Vec::new();
    for (key, _) in each.iter().flatten() {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let rows = keys.into_iter().map(|key| SettingRow {
        key: key.clone(),
        values: each.iter().map(|all| all.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone())).collect(),
    });
    let lacking = |row: &SettingRow| [DIGEST, ORIGIN].contains(&&*row.key) && row.values.iter().any(Option::is_none);
    let differs = |row: &SettingRow| row.values.len() == 1 || row.values.windows(2).any(|w| w[0] != w[1]);
    // One run alone has nothing to differ from.
    rows.filter(|row| !lacking(row) && differs(row)).collect()
}

fn results(runs: &[(&RunDir, &RunView)]) -> Vec<ResultRow> {
    let mut rows: Vec<ResultRow> = Vec::new();
    let mut add = |name: String, better: Option<Better>, value: &dyn Fn(&RunView) -> Option<f64>| {
        let values: Vec<Option<f64>> = runs.iter().map(|(_, v)| value(v).filter(|v| v.is_finite())).collect();
        if values.iter().any(Option::is_some) && rows.iter().all(|r| r.name != name) {
            rows.push(ResultRow { name, values, better, best: Vec::new() });
        }
    };
    let known = runs.iter().flat_map(|(_, v)| v.prepared.iter().flat_map(|p| p.metric_keys.clone()));
    let mut keys: Vec<String> = Vec::new();
    known.for_each(|k| {
        if !keys.contains(&k) {
            keys.push(k)
        }
    });
    for (split, of) in [("valid", valid as fn(&RunView) -> Option<&Metrics>), ("test", test)] {
        for key in &keys {
            add(format!("{split} {key}"), direction(key), &|view| of(view)?.get(key).copied().flatten());
        }
    }
    for m in Modality::ALL {
        let last = move |view: &RunView| view.labels.last().map(|l| l.summaries[Split::Train][m]);
        add(format!("labels train {m} mean_abs_change"), None, &|v| last(v)?.mean_abs_change);
        add(format!("labels train {m} pearson"), Some(Better::Higher), &|v| last(v)?.corrected?.pearson);
        add(format!("labels train {m} mae"), Some(Better::Lower), &|v| last(v)?.corrected?.mae);
    }
    add("active seconds".into(), None, &|v| (v.events > 0).then_some(v.time));
    for stage in Stage::ALL {
        let costs = move |view: &RunView| view.stage(stage).costs;
        add(format!("{stage} seconds"), None, &|v| Some(costs(v)?.seconds));
        add(format!("{stage} samples/s"), None, &|v| costs(v)?.samples_per_second);
        add(format!("{stage} operations"), None, &|v| Some(costs(v)?.operations? as f64));
        add(format!("{stage} peak memory"), None, &|v| Some(costs(v)?.peak_memory? as f64));
        add(format!("{stage} GPU memory"), None, &|v| Some(costs(v)?.gpu_memory? as f64));
    }
    add("peak memory".into(), None, &|v| Some(v.summary.as_ref()?.peak_memory? as f64));
    rows
}

/// Of the best epoch so far of the last stage that predicts.
fn valid(view: &RunView) -> Option<&Metrics> {
    let part = view.stage(predicting(view)?);
    part.metrics.get(part.best_epoch()?)
}

fn test(view: &RunView) -> Option<&Metrics> {
    view.summary.as_ref().map(|s| &s.metrics.test)
}

fn direction(key: &str) -> Option<Better> {
    metrics::find(key).map(|m| m.better)
}

fn best(row: &ResultRow) -> Vec<usize> {
    let values: Vec<(usize, f64)> = row.values.iter().enumerate().filter_map(|(i, v)| Some((i, (*v)?))).collect();
    let (Some(better), true) = (row.better, values.len() >= 2) else { return Vec::new() };
    let top = values.iter().map(|(_, v)| *v).reduce(|a, b| if better == Better::Lower { a.min(b) } else { a.max(b) });
    let at: Vec<usize> = values.iter().filter(|(_, v)| Some(*v) == top).map(|(i, _)| *i).collect();
    // Where all are the same there is nothing to point at.
    if at.len() == values.len() { Vec::new() } else { at }
}

/// What a result is called in a table.
fn result_name(name: &str) -> String {
    match name.split_once(' ') {
        Some((split @ ("valid" | "test"), key)) => format!("{split} {}", metrics::name(key)),
        _ => match name.strip_prefix("labels train ").and_then(|rest| rest.split_once(' ')) {
            Some((m, "mean_abs_change")) => format!("labels {m}: mean |change|"),
            Some((m, key)) => format!("labels {m}: {}", metrics::name(key)),
            None => name.to_owned(),
        },
    }
}

/// A result in a table.
fn result_value(name: &str, value: f64) -> String {
    match name.rsplit(' ').next() {
        Some("seconds") => number(value, 0),
        Some("samples/s" | "operations") => count(value),
        Some("memory") if value.is_finite() => bytes(value as u64),
        _ => number(value, 4),
    }
}

impl Comparison {
    /// The table in lines of text, columns lined up; the best of each line carries a `*`.
    pub fn lines(&self) -> Vec<String> {
        let mut table: Vec<Vec<String>> = vec![];
        let row = |head: &str, cells: Vec<String>| std::iter::once(head.to_owned()).chain(cells).collect::<Vec<_>>();
        table.push(row("", self.runs.iter().map(|r| r.name.clone()).collect()));
        table.push(row("state", self.runs.iter().map(|r| r.state.to_string()).collect()));
        let epoch = |r: &RunColumn| match (r.stage, r.epoch) {
            (Some(stage), Some(epoch)) => format!("{stage} {epoch}"),
            _ => "–".into(),
        };
        table.push(row("best epoch", self.runs.iter().map(epoch).collect()));
        table.push(Vec::new());
        let heading = match (self.runs.len(), self.settings.is_empty()) {
            (1, _) => "settings",
            (_, true) => "all settings are the same",
            (_, false) => "settings that differ",
        };
        table.push(row(heading, vec![]));
        for setting in &self.settings {
            let cells = setting.values.iter().map(|v| v.clone().unwrap_or_else(|| "–".into()));
            table.push(row(&format!("  {}", setting.key), cells.collect()));
        }
        table.push(Vec::new());
        table.push(row(
            match self.same_data {
                _ if self.runs.len() == 1 => "results",
                true => "results (* best)",
                false => "results (of different data: not ranked)",
            },
            vec![],
        ));
        for result in &self.results {
            let cell = |(i, v): (usize, &Option<f64>)| {
                let mark = if result.best.contains(&i) { "*" } else { " " };
                format!("{}{mark}", result_value(&result.name, v.unwrap_or(f64::NAN)))
            };
            let cells = result.values.iter().enumerate().map(cell);
            table.push(row(&format!("  {}", result_name(&result.name)), cells.collect()));
        }
        lined_up(&table)
    }
}

/// Rows of cells as lines: the first column as wide as its widest, the others right-aligned. Rows of one cell are headings
/// and count for no width.
fn lined_up(table: &[Vec<String>]) -> Vec<String> {
    let table: Vec<Vec<String>> = table.iter().map(|r| r.iter().map(|c| clean(c)).collect()).collect();
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| {
        let cells = table.iter().filter(|r| r.len() > 1).filter_map(|r| r.get(c));
        cells.map(|t| t.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (c, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[c].saturating_sub(cell.width()));
            if c == 0 {
                line += cell;
                line += &pad;
            } else {
                line += "  ";
                line += &pad;
                line += cell;
            }
        }
        line.trim_end().to_owned()
    };
    table.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Stamp;
    use crate::report::fixture::{empty, events, finished, write_events};
    use crate::run::directory::DataRecord;
    use crate::run::tail::read_view;

    fn view(dir: &RunDir) -> RunView {
        read_view(&dir.events_path()).unwrap()
    }

    #[test]
    fn what_differs_stands_beside_what_came_of_it() {
        let (_a, a) = finished("a", &["joint.unimodal_weight=0.3"]);
        let (_b, b) = finished("better", &["joint.unimodal_weight=0", "denoising.corruption={permute=0.2}"]);
        let mut better = events();
        better.last_mut().unwrap()["summary"]["metrics"]["test"]["mae"] = 0.25.into();
        write_events(&b, &better);
        let comparison = compare(&[(&a, &view(&a)), (&b, &view(&b))]);
        let keys: Vec<&str> = comparison.settings.iter().map(|s| &*s.key).collect();
        assert_eq!(keys, ["denoising.corruption.gaussian", "joint.unimodal_weight", "denoising.corruption.permute"]);
        assert_eq!(comparison.settings[1].values, [Some("0.3".to_owned()), Some("0.0".to_owned())]);
        let result = |name: &str| comparison.results.iter().find(|r| r.name == name).unwrap();
        assert_eq!(
            (result("test mae").values.clone(), result("test mae").best.clone()),
            (vec![Some(0.36), Some(0.25)], vec![1])
        );
        assert_eq!(result("valid mae").values, [Some(1.0 / 3.0), Some(1.0 / 3.0)]);
        assert!(result("valid mae").best.is_empty(), "the same");
        assert_eq!(result("labels train audio pearson").values, [Some(0.9), Some(0.9)]);
        assert!(comparison.results.iter().all(|r| r.name != "valid f1"), "undefined in all runs");
        let text = comparison.lines().join("\n");
        for line in [
            "  joint.unimodal_weight               0.3       0.0",
            "  test MAE                        0.3600    0.2500*",
            "state                            finished  finished",
            "best epoch                        joint 3   joint 3",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }

    #[test]
    fn one_run_is_a_column_of_its_own() {
        let (_a, a) = finished("a", &["joint.unimodal_weight=0.7"]);
        let text = compare(&[(&a, &view(&a))]).lines().join("\n");
        assert!(text.contains("\nsettings\n") && text.contains("\nresults\n") && !text.contains('*'), "{text}");
        let has = |key: &str, value: &str| text.lines().any(|l| l.trim_start().starts_with(key) && l.ends_with(value));
        assert!(
            has("joint.unimodal_weight", "0.7") && has("joint.epochs", "20") && has("test MAE", "0.3600"),
            "{text}"
        );
    }

    #[test]
    fn runs_that_have_not_got_far_and_runs_of_other_data_are_not_ranked() {
        let (_a, a) = finished("a", &[]);
        let (_b, b) = empty("b", &[]);
        let comparison = compare(&[(&a, &view(&a)), (&b, &view(&b))]);
        assert_eq!(comparison.runs[1].state, RunState::Died);
        assert!(comparison.settings.is_empty() && comparison.results.iter().all(|r| r.best.is_empty()));
        assert!(comparison.lines().iter().any(|l| l == "all settings are the same"));
        let (_c, mut c) = finished("c", &[]);
        c.set_manifest(Manifest { dataset: "/data/other.pkl".into(), ..c.manifest().clone() }).unwrap();
        let comparison = compare(&[(&a, &view(&a)), (&c, &view(&c))]);
        assert!(!comparison.same_data && comparison.results.iter().all(|r| r.best.is_empty()));
        assert_eq!(comparison.settings[0].values, [Some("demo".to_owned()), Some("other".to_owned())]);
    }

    #[test]
    fn one_file_under_two_names_is_the_same_data() {
        let (_a, mut a) = finished("a", &[]);
        let (_b, mut b) = finished("b", &[]);
        let manifest = |dir: &RunDir, dataset: &str, fingerprint: &str, digest: Option<&str>| Manifest {
            dataset: dataset.into(),
            fingerprint: Some(fingerprint.into()),
            data: digest.map(|d| DataRecord { stamp: Stamp { bytes: 1, modified: 1 }, sha256: d.repeat(8) }),
            ..dir.manifest().clone()
        };
        let mut same = |one: (&str, Option<&str>), other: (&str, Option<&str>)| {
            a.set_manifest(manifest(&a, "/data/sims.pkl", one.0, one.1)).unwrap();
            b.set_manifest(manifest(&b, "/data/copy.pkl", other.0, other.1)).unwrap();
            let comparison = compare(&[(&a, &view(&a)), (&b, &view(&b))]);
            let rows = comparison.settings.iter().filter(|s| s.key.starts_with("data SHA")).count();
            (comparison.same_data, rows)
        };
        assert_eq!(same(("9-12", None), ("9-12", None)), (true, 0));
        assert_eq!(same(("9-12", None), ("9-13", None)), (false, 0));
        assert_eq!(same(("9-12", Some("12345678")), ("9-12", None)), (true, 0), "not known yet is no difference");
        // A fingerprint is of samples only, where the file is large; the digest is not.
        assert_eq!(same(("9-12", Some("12345678")), ("9-12", Some("87654321"))), (false, 1));
    }

    #[test]
    fn runs_with_other_noise_in_their_labels_have_other_data() {
        let same = |one: &[&str], other: &[&str]| {
            let ((_a, a), (_b, b)) = (finished("a", one), finished("b", other));
            compare(&[(&a, &view(&a)), (&b, &view(&b))]).same_data
        };
        const FLIP: &str = "data.label_noise={flip=0.2}";
        assert!(same(&[FLIP], &[FLIP]) && same(&[], &["data.label_noise_seed=2"]), "no noise, whatever its seed");
        assert!(!same(&[FLIP], &[]) && !same(&[FLIP], &["data.label_noise={flip=0.3}"]));
        assert!(!same(&[FLIP], &[FLIP, "data.label_noise_seed=2"]));
        assert!(!same(&[FLIP], &[FLIP, "data.label_noise_splits=[\"train\",\"test\"]"]));
    }
}
