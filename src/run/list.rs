//! The runs below a folder with their state and progress, without reading their events in full.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::directory::{RunDir, STUDIES, STUDY_RUNS};
use super::stamped::{Stamped, stamps};
use super::tail::EventTail;
use super::view::{Phase, RunView};
use super::{clock, lock, sealed, tags};
use crate::files;
use crate::training::events::{Costs, Event, Stage, StageState, Summary, SummaryMetrics};

/// Where a run stands, its process included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// As its events say.
    At(Phase),
    /// Its process is gone without having said why (killed, power loss); can be resumed.
    Died,
}

impl RunState {
    /// Every state, those that want something done first.
    pub const ALL: [RunState; 7] = [
        RunState::At(Phase::Faulted),
        RunState::Died,
        RunState::At(Phase::Training),
        RunState::At(Phase::Preparing),
        RunState::At(Phase::Paused),
        RunState::At(Phase::Stopped),
        RunState::At(Phase::Finished),
    ];

    /// One word for lists and headings.
    pub fn name(self) -> &'static str {
        match self {
            RunState::At(phase) => phase.name(),
            RunState::Died => "died",
        }
    }

    /// What the events say, corrected by whether a process is there to go on.
    pub fn of(phase: Phase, alive: bool) -> RunState {
        match phase {
            // Somebody took it up and is making data and model ready.
            Phase::Stopped | Phase::Faulted if alive => RunState::At(Phase::Preparing),
            Phase::Preparing | Phase::Training | Phase::Paused if !alive => RunState::Died,
            phase => RunState::At(phase),
        }
    }

    /// True while a process trains it or is parked.
    pub fn is_live(self) -> bool {
        matches!(self, RunState::At(phase) if !phase.is_over())
    }
}

impl Serialize for RunState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for RunState {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || serde::de::Error::custom(format!("no state of a run: {name:?}"));
        RunState::ALL.into_iter().find(|s| s.name() == name).ok_or_else(unknown)
    }
}

impl std::fmt::Display for RunState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A line of the list of runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunSummary {
    pub name: String,
    pub path: PathBuf,
    /// As the user named it.
    pub dataset: String,
    pub state: RunState,
    /// The stage being trained, or the last one that was.
    pub stage: Option<Stage>,
    /// Epoch of that stage, from 1; 0 before the first.
    pub epoch: u32,
    /// Epochs planned for that stage at most.
    pub epochs: u32,
    /// Share of the planned optimiser steps of all stages, in [0, 1].
    pub progress: f64,
    /// RFC 3339, UTC.
    pub created: String,
    /// When the events were last appended to, in seconds since 1970.
    pub updated: u64,
    /// `None` before the run is finished.
    pub result: Option<RunResult>,
    /// Why training ended by an error, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The study that it is a cell of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<String>,
    /// In alphabetical order.
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The figures of a finished run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The stage and the epoch that they are of: the one whose weights the run hands on.
    pub stage: Option<Stage>,
    pub epoch: Option<u32>,
    #[serde(flatten)]
    pub metrics: SummaryMetrics,
    /// What each stage cost.
    #[serde(default)]
    pub costs: BTreeMap<Stage, Costs>,
    /// As in [`Summary`].
    #[serde(default)]
    pub peak_memory: Option<u64>,
}

impl From<&Summary> for RunResult {
    fn from(summary: &Summary) -> Self {
        let of = [Stage::Joint, Stage::Contrastive].into_iter().find_map(|s| Some((s, summary.stages.get(&s)?)));
        let (stage, epoch) = (of.map(|(stage, _)| stage), of.map(|(_, s)| s.best_epoch));
        Self {
            stage,
            epoch,
            metrics: summary.metrics.clone(),
            costs: summary.stages.iter().map(|(stage, s)| (*stage, s.costs())).collect(),
            peak_memory: summary.peak_memory,
        }
    }
}

impl RunSummary {
    /// Why the run failed before any stage began: there is nothing yet to go on from.
    pub fn failed_to_begin(&self) -> Option<&str> {
        self.fault.as_deref().filter(|_| self.stage.is_none())
    }
}

/// All runs below `root`, those of its studies included, the last written first. What is no run directory, or cannot be
/// read, is left out; a missing root has no runs.
pub fn list_runs(root: &Path) -> Vec<RunSummary> {
    Lister::open(root).list()
}

/// Lists the runs of a folder, again and again: what did not change since the last time is not read again, nor what did
/// not change since another program listed it (`.index.json` beside the runs).
#[derive(Debug)]
pub struct Lister {
    root: PathBuf,
    known: Stamped<RunSummary>,
}

/// In the folder of the runs; built anew where it is missing or stale.
const INDEX: &str = ".index.json";
/// Runs that were read and would have been in an index, for which one is written; fewer are read again as quickly.
const WORTH_AN_INDEX: usize = 16;
/// What a run's line is read from, besides its tags.
const READ: [&str; 4] = ["run.toml", "events.jsonl", "host.lock", "host.owner"];

impl Lister {
    /// Begins with what the folder's index knows.
    pub fn open(root: &Path) -> Self {
        Self { root: root.to_owned(), known: Stamped::read_index(&root.join(INDEX)) }
    }

    /// All runs, the last written first; as [`list_runs`].
    pub fn list(&mut self) -> Vec<RunSummary> {
        let mut runs: Vec<RunSummary> = run_folders(&self.root).iter().filter_map(|f| self.one(f)).collect();
        let live = runs.iter().filter(|r| r.state.is_live()).count();
        if self.known.forget_others() >= live + WORTH_AN_INDEX {
            // A folder that cannot be written to has its runs read again the next time.
            let _ = self.known.write_index(&self.root.join(INDEX));
        }
        runs.sort_by(|a, b| b.updated.cmp(&a.updated).then_with(|| b.name.cmp(&a.name)));
        runs
    }

    fn one(&mut self, folder: &Folder) -> Option<RunSummary> {
        // Whether a process that was there is still there no file's time tells.
        let rests = |run: &RunSummary| !run.state.is_live() && run.path == folder.path;
        let read = || RunDir::open(&folder.path).ok().map(|dir| summarise(&dir));
        let found = self.known.get(&folder.key, stamps(&folder.path, READ), rests, read)?;
        Some(with_tags(RunSummary { study: folder.study.clone(), ..found.clone() }))
    }
}

/// A folder that may be a run's.
struct Folder {
    /// Absolute, links followed.
    path: PathBuf,
    /// Its path below the runs' folder.
    key: String,
    study: Option<String>,
}

fn run_folders(root: &Path) -> Vec<Folder> {
    let Ok(root) = root.canonicalize() else { return Vec::new() };
    let mut folders = folders_in(&root, "", None);
    for study in folders_in(&root.join(STUDIES), "", None) {
        let name = study.key;
        folders.extend(folders_in(&study.path.join(STUDY_RUNS), &format!("{STUDIES}/{name}/"), Some(&name)));
    }
    folders
}

/// The folders in one, links to folders included. One that is being made is no run yet, and what is being removed none any
/// more: both have hidden names.
fn folders_in(folder: &Path, before: &str, study: Option<&str>) -> Vec<Folder> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let shown = entries.flatten().filter(|e| !e.file_name().as_encoded_bytes().starts_with(b"."));
    let found = |entry: std::fs::DirEntry| {
        let kind = entry.file_type().ok()?;
        let path = if kind.is_symlink() { entry.path().canonicalize().ok()? } else { entry.path() };
        let key = format!("{before}{}", entry.file_name().to_string_lossy());
        (kind.is_dir() || kind.is_symlink()).then(|| Folder { path, key, study: study.map(str::to_owned) })
    };
    shown.filter_map(found).collect()
}

/// Tags are read each time: most runs have none, and a look for the file is all that costs.
fn with_tags(run: RunSummary) -> RunSummary {
    // A damaged file is told by whoever changes it; the run is listed all the same.
    let tags = tags::read(&run.path).unwrap_or_default();
    RunSummary { tags: tags.tags.into_iter().collect(), note: tags.note, ..run }
}

/// The state and progress of one run.
pub fn summarise(dir: &RunDir) -> RunSummary {
    // Asked before the events are read: a host that ends in between has then already written why.
    let alive = lock::is_alive(dir);
    let view = skim(&dir.events_path());
    let stage = view.stage;
    let path = dir.events_path();
    let modified = std::fs::metadata(&path).or_else(|_| std::fs::metadata(dir.path())).and_then(|m| m.modified());
    let (study, name) = match dir.name().split_once('/') {
        Some((study, name)) => (Some(study.to_owned()), name),
        None => (None, dir.name()),
    };
    with_tags(RunSummary {
        name: name.to_owned(),
        path: dir.path().to_owned(),
        dataset: dir.manifest().dataset.clone(),
        state: RunState::of(view.phase, alive),
        stage,
        epoch: stage.map_or(0, |s| view.stage(s).epoch),
        epochs: stage.map_or(0, |s| view.stage(s).epochs),
        progress: progress(&view),
        created: dir.manifest().created.clone(),
        updated: modified.map(clock::unix_seconds).unwrap_or(0),
        result: view.summary.as_ref().map(RunResult::from),
        // One that is being taken up has not failed yet.
        fault: view.fault.clone().filter(|_| !alive && view.phase == Phase::Faulted),
        study,
        tags: Vec::new(),
        note: String::new(),
    })
}

/// Share of the planned optimiser steps of all stages, in [0, 1].
pub fn progress(view: &RunView) -> f64 {
    if view.phase == Phase::Finished {
        return 1.0;
    }
    let (mut done, mut all) = (0.0, 0.0);
    for stage in Stage::ALL {
        let part = view.stage(stage);
        let steps = f64::from(part.epochs) * f64::from(part.steps_per_epoch);
        // Stages run in order: one before the current stage is done, even where its end was not read.
        let share = if part.state == StageState::Skipped {
            continue;
        } else if view.stage.is_some_and(|now| stage < now) {
            1.0
        } else {
            part.progress()
        };
        done += share * steps;
        all += steps;
    }
    if all > 0.0 { done / all } else { 0.0 }
}

/// Files up to this size are read in full, of longer ones the beginning and the end.
const IN_FULL: u64 = 1 << 20;
/// How much of the end is read: hundreds of events, and the last of them says where the run stands.
const END: u64 = 128 << 10;

/// A view whose plan, phase and place are those of the whole file; its curves may lack the middle.
fn skim(path: &Path) -> RunView {
    let mut view = RunView::default();
    let length = std::fs::metadata(path).map(|m| m.len()).unwrap_or(0);
    if length <= IN_FULL {
        if let Ok(events) = EventTail::open(path).poll() {
            events.iter().for_each(|e| view.apply(e));
        }
        return view;
    }
    let mut read = || -> io::Result<()> {
        let mut lines = |reader: &mut dyn Read, skip: usize| {
            // Damaged lines are no reason to hide a run: they are passed over.
            for line in BufReader::new(reader).split(b'\n').skip(skip).map_while(Result::ok) {
                if !sealed::is_broken(&line)
                    && let Ok(event) = serde_json::from_slice::<Event>(&line)
                {
                    view.apply(&event);
                }
            }
        };
        let mut file = files::open(path)?;
        lines(&mut (&file).take(END), 0);
        file.seek(SeekFrom::Start(length - END))?;
        // The first line here is most likely cut.
        lines(&mut file.take(END), 1);
        Ok(())
    };
    // An unreadable file leaves the view of a run that has not said anything.
    let _ = read();
    view
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::lock::RunLock;
    use crate::run::recorder::Recorder;
    use crate::run::recorder::tests::{run_dir, step};
    use crate::training::events::{Body, Prepared, StagePlan, StageSummary};

    fn prepared() -> Event {
        let plan = Stage::ALL.map(|stage| StagePlan { stage, epochs: 10, steps_per_epoch: 1000 });
        let body = Body::Prepared(Prepared {
            dataset: "demo".into(),
            device: "CPU".into(),
            samples: Default::default(),
            shapes: Default::default(),
            label_range: 1.0,
            metric_keys: vec![],
            unimodal_labels: false,
            plan: plan.to_vec(),
            parameters: (0, 0),
            findings: vec![],
            in_sample: vec![],
            label_source: Default::default(),
            modalities: Vec::new(),
        });
        Event { time: 0.0, stage: None, epoch: 0, step: 0, body }
    }

    fn record(dir: &RunDir, events: impl IntoIterator<Item = Event>) {
        let mut recorder = Recorder::open(dir).unwrap();
        events.into_iter().for_each(|e| recorder.push(e));
        recorder.flush().unwrap();
    }

    #[test]
    fn states_with_and_without_a_process() {
        let (root, dir) = run_dir();
        let state = || list_runs(root.path())[0].state;
        assert_eq!(state(), RunState::Died, "made and never started");
        let lock = RunLock::acquire(&dir, &mut |_| {}).unwrap();
        assert_eq!(state(), RunState::At(Phase::Preparing));
        let here = Event { body: Body::StageChanged { state: StageState::Running }, ..step(1) };
        record(&dir, [prepared(), here.clone(), step(500)]);
        assert_eq!(state(), RunState::At(Phase::Training));
        record(&dir, [Event { body: Body::Paused, ..step(500) }]);
        assert_eq!(state(), RunState::At(Phase::Paused));
        drop(lock);
        assert_eq!(state(), RunState::Died);
        record(&dir, [Event { body: Body::Stopped, ..step(500) }]);
        assert_eq!(state(), RunState::At(Phase::Stopped));
        let run = &list_runs(root.path())[0];
        assert_eq!((run.stage, run.epoch, run.epochs), (Some(Stage::Denoising), 1, 10));
        assert!((run.progress - (1.0 + 0.05) / 3.0).abs() < 1e-9, "{}", run.progress);
        record(&dir, [Event { body: Body::Finished { summary: Summary::default() }, ..step(900) }]);
        assert_eq!((state(), list_runs(root.path())[0].progress), (RunState::At(Phase::Finished), 1.0));
    }

    #[test]
    fn a_long_file_is_skimmed_to_the_same_result() {
        let (_root, dir) = run_dir();
        record(&dir, std::iter::once(prepared()).chain((1..=9000).map(step)));
        assert!(std::fs::metadata(dir.events_path()).unwrap().len() > IN_FULL);
        let _lock = RunLock::acquire(&dir, &mut |_| {}).unwrap();
        let summary = summarise(&dir);
        assert_eq!(summary.state, RunState::At(Phase::Training));
        assert!((summary.progress - (1.0 + 0.9) / 3.0).abs() < 1e-9, "{}", summary.progress);
        assert!(skim(&dir.events_path()).events < 5000);
    }

    #[test]
    fn a_finished_run_carries_its_figures_however_long_its_record_is() {
        let (root, dir) = run_dir();
        record(&dir, std::iter::once(prepared()).chain((1..=9000).map(step)));
        assert_eq!(list_runs(root.path())[0].result, None);
        let mut summary = Summary { peak_memory: Some(8192), ..Summary::default() };
        let (operations, peak_memory) = (Some(1200), Some(4096));
        let joint = StageSummary { best_epoch: 7, seconds: 2.5, operations, peak_memory, ..StageSummary::default() };
        summary.stages.insert(Stage::Joint, joint);
        summary.metrics.test.insert("mae".into(), Some(0.25));
        summary.metrics.valid.insert("f1".into(), None);
        record(&dir, [Event { body: Body::Finished { summary }, ..step(9001) }]);
        let json = serde_json::to_value(&list_runs(root.path())[0]).unwrap();
        let costs = serde_json::json!({"seconds": 2.5, "samples_per_second": null, "operations": 1200,
            "peak_memory": 4096, "gpu_memory": null});
        let expected = serde_json::json!({"stage": "joint", "epoch": 7, "valid": {"f1": null}, "test": {"mae": 0.25},
            "costs": {"joint": costs}, "peak_memory": 8192});
        assert_eq!(json["result"], expected);
    }

    #[test]
    fn what_rests_is_not_read_again_and_the_index_serves_the_next_program() {
        let root = tempfile::tempdir().unwrap();
        let manifest = run_dir().1.manifest().clone();
        for i in 0..20 {
            let dir = RunDir::create(root.path(), Some(&format!("run-{i}")), &manifest).unwrap();
            record(&dir, [Event { body: Body::Finished { summary: Summary::default() }, ..step(1) }]);
        }
        let mut lister = Lister::open(root.path());
        assert_eq!(lister.list().len(), 20);
        assert!(root.path().join(INDEX).exists());
        // Content that another program cannot read: it must come from the index.
        let unread = root.path().join("run-3/run.toml");
        let text = std::fs::read_to_string(&unread).unwrap();
        let time = std::fs::metadata(&unread).unwrap().modified().unwrap();
        let rewrite = |text: &str, time| {
            std::fs::write(&unread, text).unwrap();
            std::fs::File::options().write(true).open(&unread).unwrap().set_modified(time).unwrap();
        };
        rewrite(&"x".repeat(text.len()), time);
        for runs in [lister.list(), list_runs(root.path())] {
            assert!(runs.len() == 20 && runs.iter().all(|r| r.state == RunState::At(Phase::Finished)));
        }
        rewrite(&"x".repeat(text.len()), time + std::time::Duration::from_secs(1));
        assert_eq!((lister.list().len(), list_runs(root.path()).len()), (19, 19));
        std::fs::remove_dir_all(root.path().join("run-4")).unwrap();
        std::fs::write(root.path().join(INDEX), "{").unwrap();
        assert_eq!((lister.list().len(), list_runs(root.path()).len()), (18, 18));
    }

    #[test]
    fn cells_of_studies_are_runs_with_the_name_of_their_study() {
        let (root, dir) = run_dir();
        let cells = root.path().join("studies/noise/runs");
        RunDir::create(&cells, Some("mucn-s1"), dir.manifest()).unwrap();
        std::fs::write(root.path().join("studies/noise/study.toml"), "").unwrap();
        std::fs::create_dir_all(root.path().join("studies/empty")).unwrap();
        let mut found: Vec<_> = list_runs(root.path()).into_iter().map(|r| (r.study, r.name)).collect();
        found.sort();
        assert_eq!(found, [(None, dir.name().to_owned()), (Some("noise".into()), "mucn-s1".into())]);
    }

    #[test]
    fn tags_and_notes_are_of_now() {
        let (root, dir) = run_dir();
        record(&dir, [Event { body: Body::Finished { summary: Summary::default() }, ..step(1) }]);
        let mut lister = Lister::open(root.path());
        assert!(lister.list()[0].tags.is_empty());
        tags::change(dir.path(), |t| (_ = t.tags.insert("a".into()), t.note = "n".into()).1).unwrap();
        let run = &lister.list()[0];
        assert_eq!((run.tags.clone(), run.note.as_str()), (vec!["a".to_owned()], "n"));
        std::fs::write(dir.path().join(tags::FILE), "\u{0}").unwrap();
        assert!(lister.list()[0].tags.is_empty());
    }

    #[test]
    fn what_is_no_run_is_left_out() {
        let (root, dir) = run_dir();
        std::fs::write(root.path().join("note.txt"), "x").unwrap();
        std::fs::create_dir(root.path().join("empty")).unwrap();
        std::fs::write(dir.events_path(), b"\xff\xff\nnonsense").unwrap();
        assert_eq!(list_runs(root.path()).len(), 1);
        assert!(list_runs(&root.path().join("missing")).is_empty());
    }
}
