//! From what a user asks for to a run directory, before any process is started: mistakes are told at once and leave no
//! directory behind.

use std::path::{Path, PathBuf};

use super::content::{self, ContentError};
use super::text::{self, TextError};
use crate::config::{BUILT_IN, ConfigError, LabelSource, Settings};
use crate::dataset::{self, DatasetError, Source};
use crate::device::DeviceRequest;
use crate::run::directory::{Manifest, RunDir, RunError};
use crate::run::tail::read_view;
use crate::training::events::Stage;

/// Why a run cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(
        "stage {stage} builds on the result of stage {needs}, which a new run does not have; ask for --stage \
         {together} (or all), or add {stage} to a run that has it: mug train --resume RUN --stage {stage}"
    )]
    MissingStage { stage: Stage, needs: Stage, together: String },
    #[error(
        "labels.source = \"human\": expected labels of each modality in the training split of {dataset}, found none; take \
         data that has them (CH-SIMS), or another labels.source"
    )]
    NoHuman { dataset: String },
    #[error(transparent)]
    Text(#[from] TextError),
    #[error("no stage to train; expected all, or some of contrastive, denoising, joint")]
    NoStage,
    #[error("cannot find the data file {path}: {source}")]
    Source { path: PathBuf, source: std::io::Error },
    /// Data that is there and cannot be trained on.
    #[error("{source} (settings: {settings})")]
    Unusable { source: Box<DatasetError>, settings: String },
    #[error(
        "the data file {path} of run {run} cannot be found ({source}); put it back, or say where it lies now: mug resume \
         {run} --dataset FILE"
    )]
    Gone { run: String, path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Content(#[from] ContentError),
    #[error("run {run} trains on the built-in {dataset}, which is no file: leave --dataset out")]
    BuiltIn { run: String, dataset: String },
    #[error(
        "run {run} is made of the stages {planned}, so {stage} cannot be begun anew; add it with mug train --resume {run} --stage {stage}"
    )]
    NotPlanned { run: String, stage: Stage, planned: String },
}

/// The settings of a run, and which file they were taken from.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    pub settings: Settings,
    /// Which settings were taken before any was changed with `--set`, and why, in words.
    pub origin: String,
}

/// A new run as a user asks for it.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// A catalogue name or a path.
    pub dataset: String,
    /// Settings file; `None`: those that ship for the dataset.
    pub config: Option<PathBuf>,
    /// `key=value`, applied to the settings.
    pub overrides: Vec<String>,
    /// In place of `training.seed`.
    pub seed: Option<u64>,
    pub device: DeviceRequest,
    /// In any order; repetitions count once. Empty: those that the settings need (see `labels.source`).
    pub stages: Vec<Stage>,
    /// `None`: by the date.
    pub name: Option<String>,
}

impl RunRequest {
    /// The stages that the settings need, on a dataset with the settings that ship for it.
    pub fn new(dataset: impl Into<String>) -> RunRequest {
        RunRequest {
            dataset: dataset.into(),
            config: None,
            overrides: Vec::new(),
            seed: None,
            device: DeviceRequest::Auto,
            stages: Vec::new(),
            name: None,
        }
    }

    /// The settings that the run will have, and where they come from.
    ///
    /// # Errors
    /// A settings file or an override that is not understood.
    pub fn settings(&self) -> Result<Resolved, ConfigError> {
        let mut overrides = self.overrides.clone();
        overrides.extend(self.seed.map(|seed| format!("training.seed={seed}")));
        if let Some(path) = &self.config {
            let origin = format!("{}, given by --config", path.display());
            return Ok(Resolved { settings: Settings::load(path, &overrides)?, origin });
        }
        let (text, file, origin) = match self.built_in() {
            Some(((name, text), because)) => {
                let file = format!("configs/{name}.toml");
                (*text, file.clone(), format!("{file}, which ships with mug, {because}"))
            }
            None => {
                let because = "as none ship for data of this name; --config FILE gives others";
                ("", "the default settings".to_owned(), format!("mug's defaults, {because}"))
            }
        };
        Ok(Resolved { settings: Settings::parse(text, &file, &overrides)?, origin })
    }

    /// The settings that ship for this data, and why these: by its catalogue name, or by what a file's name and folders
    /// say.
    fn built_in(&self) -> Option<(&'static (&'static str, &'static str), String)> {
        let known = |name: &str| BUILT_IN.iter().find(|(n, _)| *n == name);
        if let Some(found) = known(&self.dataset) {
            return Some((found, format!("for the name {}", found.0)));
        }
        // A dataset that is not there is told by `create`, which needs it.
        let source = Source::resolve(&self.dataset, &dataset::data_folder()).ok()?;
        let found = known(source.catalogue_name()?)?;
        let because = match &source {
            Source::Demo { .. } => format!("for the name {}", found.0),
            Source::File(path) => format!("as the path {} says {}", path.display(), found.0),
        };
        Some((found, because))
    }

    /// Makes the run directory below `root`, once it is sure that the data can be opened.
    ///
    /// # Errors
    /// Anything the user has to change first; then no directory was made.
    pub fn create(&self, root: &Path) -> Result<RunDir, PrepareError> {
        let Resolved { settings, origin } = self.settings()?;
        let labels = settings.labels.source;
        let stages = if self.stages.is_empty() { stages_of(labels) } else { in_order(&self.stages) };
        check_stages(&stages, labels)?;
        text::weights(&settings.model.text)?;
        let source = Source::resolve(&self.dataset, &dataset::data_folder())?;
        let judged = source
            .check(&settings)
            .map_err(|e| PrepareError::Unusable { source: e.into(), settings: origin.clone() })?;
        if labels == LabelSource::Human && stages.contains(&Stage::Joint) && !judged {
            return Err(PrepareError::NoHuman { dataset: self.dataset.clone() });
        }
        let path = match source {
            Source::File(path) => Some(absolute(&path)?),
            Source::Demo { .. } => None,
        };
        let mut manifest = Manifest::new(&*self.dataset, path, self.device, stages, settings);
        manifest.settings_from = Some(origin);
        Ok(RunDir::create(root, self.name.as_deref(), &manifest)?)
    }
}

/// The path from the root on: whoever resumes the run may stand in another folder. Links stay as they are, since the
/// name that the user gave is the one that says what the data is.
fn absolute(path: &Path) -> Result<PathBuf, PrepareError> {
    std::path::absolute(path).map_err(|source| PrepareError::Source { path: path.to_owned(), source })
}

/// Changes to a run that is taken up again.
#[derive(Clone, Debug, Default)]
pub struct Amendment {
    /// To train besides the planned ones.
    pub stages: Vec<Stage>,
    /// `None`: as before.
    pub device: Option<DeviceRequest>,
    /// Where the data lies now, a name or a path; `None`: where it lay.
    pub dataset: Option<String>,
}

/// Changes what a run that nobody trains is taken up with.
///
/// # Errors
/// Stages without those that they build on, a setting out of its range, data of another content, or a manifest that cannot
/// be written.
pub fn amend(dir: &mut RunDir, amendment: &Amendment) -> Result<(), PrepareError> {
    check_settings(dir)?;
    let mut manifest = dir.manifest().clone();
    manifest.stages.extend(&amendment.stages);
    manifest.stages = in_order(&manifest.stages);
    check_stages(&manifest.stages, manifest.settings.labels.source)?;
    manifest.device = amendment.device.unwrap_or(manifest.device);
    if let Some(dataset) = &amendment.dataset {
        move_data(dir, &mut manifest, dataset)?;
    }
    if &manifest == dir.manifest() { Ok(()) } else { Ok(dir.set_manifest(manifest)?) }
}

/// Points a run to where its data lies now, which must be the same data.
fn move_data(dir: &RunDir, manifest: &mut Manifest, dataset: &str) -> Result<(), PrepareError> {
    let Some(old) = &manifest.source else {
        return Err(PrepareError::BuiltIn { run: dir.name().to_owned(), dataset: manifest.dataset.clone() });
    };
    let Source::File(path) = Source::resolve(dataset, &dataset::data_folder())? else {
        let (found, hint) = ("the built-in demo".to_owned(), "name the file that the run trains on".to_owned());
        return Err(DatasetError::NotData { path: dataset.into(), found, hint }.into());
    };
    let path = absolute(&path)?;
    if &path != old {
        // Runs of older versions have not settled H in their settings, where it may have been the old name that said it.
        let range = &mut manifest.settings.data.label_range;
        if range.is_none()
            && let Ok(view) = read_view(&dir.events_path())
        {
            *range = view.prepared.map(|p| p.label_range);
        }
        manifest.data = content::same(manifest, &path, content::Care::Full)?;
        manifest.dataset = dataset.to_owned();
        manifest.source = Some(path);
    }
    Ok(())
}

/// Makes sure, as far as it can be told quickly, that a run can be trained as its manifest says: a file that people can
/// change.
///
/// # Errors
/// A setting out of its range, or a data file that is not where it was.
pub fn check_ready(dir: &RunDir) -> Result<(), PrepareError> {
    let manifest = dir.manifest();
    check_settings(dir)?;
    if let Some(path) = &manifest.source
        && let Err(source) = std::fs::metadata(path)
    {
        return Err(PrepareError::Gone { run: dir.name().to_owned(), path: path.clone(), source });
    }
    Ok(())
}

/// Holds the settings and the stages in a run's manifest to the rules that those of a new run obey.
///
/// # Errors
/// [`RunError::Manifest`] with the key out of its range.
pub fn check_settings(dir: &RunDir) -> Result<(), RunError> {
    let path = dir.path().join("run.toml");
    let Manifest { seed, settings, .. } = dir.manifest();
    settings.check().map_err(|e| match e {
        ConfigError::Value { key, found, expected } => {
            RunError::Manifest { path: path.clone(), message: format!("settings.{key} = {found}: expected {expected}") }
        }
        other => RunError::Manifest { path: path.clone(), message: other.to_string() },
    })?;
    let stages = in_order(&dir.manifest().stages);
    check_stages(&stages, settings.labels.source)
        .map_err(|e| RunError::Manifest { path: path.clone(), message: format!("stages: {e}") })?;
    if *seed != settings.training.seed {
        let message = format!("seed = {seed}: expected the same as settings.training.seed, {}", settings.training.seed);
        return Err(RunError::Manifest { path, message });
    }
    Ok(())
}

/// Makes sure that a stage can be begun anew.
///
/// # Errors
/// The run does not have this stage.
pub fn check_restart(dir: &RunDir, stage: Stage) -> Result<(), PrepareError> {
    let stages = &dir.manifest().stages;
    if stages.contains(&stage) {
        return Ok(());
    }
    let planned = stages.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ");
    Err(PrepareError::NotPlanned { run: dir.name().to_owned(), stage, planned })
}

fn in_order(stages: &[Stage]) -> Vec<Stage> {
    Stage::ALL.into_iter().filter(|s| stages.contains(s)).collect()
}

/// The stages that lead to the joint one.
fn stages_of(labels: LabelSource) -> Vec<Stage> {
    Stage::ALL.into_iter().filter(|s| *s != Stage::Denoising || labels.needs_denoising()).collect()
}

fn check_stages(stages: &[Stage], labels: LabelSource) -> Result<(), PrepareError> {
    let last = *stages.last().ok_or(PrepareError::NoStage)?;
    for needs in stages_of(labels).into_iter().filter(|s| *s < last) {
        if !stages.contains(&needs) {
            let stage = stages.iter().copied().find(|s| *s > needs).unwrap_or(last);
            let together =
                stages_of(labels).into_iter().filter(|s| *s <= stage).map(Stage::name).collect::<Vec<_>>().join(",");
            return Err(PrepareError::MissingStage { stage, needs, together });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
