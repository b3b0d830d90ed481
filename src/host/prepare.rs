//! From what a user asks for to a run directory, before any process is started: mistakes are told at once and leave no
//! directory behind.

use std::path::{Path, PathBuf};

use crate::config::{BUILT_IN, ConfigError, Settings};
use crate::dataset::{self, DatasetError, Source};
use crate::device::DeviceRequest;
use crate::run::directory::{Manifest, RunDir, RunError};
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
    #[error("no stage to train; expected all, or some of contrastive, denoising, joint")]
    NoStage,
    #[error("cannot find the data file {path}: {source}")]
    Source { path: PathBuf, source: std::io::Error },
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
    /// In any order; repetitions count once.
    pub stages: Vec<Stage>,
    /// `None`: by the date.
    pub name: Option<String>,
}

impl RunRequest {
    /// All stages on a dataset with the settings that ship for it.
    pub fn new(dataset: impl Into<String>) -> RunRequest {
        RunRequest {
            dataset: dataset.into(),
            config: None,
            overrides: Vec::new(),
            seed: None,
            device: DeviceRequest::Auto,
            stages: Stage::ALL.to_vec(),
            name: None,
        }
    }

    /// The settings that the run will have.
    ///
    /// # Errors
    /// A settings file or an override that is not understood.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        let mut overrides = self.overrides.clone();
        overrides.extend(self.seed.map(|seed| format!("training.seed={seed}")));
        match &self.config {
            Some(path) => Settings::load(path, &overrides),
            None => match self.built_in() {
                Some((name, text)) => Settings::parse(text, &format!("configs/{name}.toml"), &overrides),
                None => Settings::parse("", "the default settings", &overrides),
            },
        }
    }

    /// The settings that ship for this data: by its catalogue name, or by what a file's name and folders say.
    fn built_in(&self) -> Option<&'static (&'static str, &'static str)> {
        let known = |name: &str| BUILT_IN.iter().find(|(n, _)| *n == name);
        known(&self.dataset).or_else(|| {
            // A dataset that is not there is told by `create`, which needs it.
            let source = Source::resolve(&self.dataset, &dataset::data_folder()).ok()?;
            known(source.catalogue_name()?)
        })
    }

    /// Makes the run directory below `root`.
    ///
    /// # Errors
    /// Anything the user has to change first.
    pub fn create(&self, root: &Path) -> Result<RunDir, PrepareError> {
        let stages = in_order(&self.stages);
        check_stages(&stages)?;
        let settings = self.settings()?;
        let source = Source::resolve(&self.dataset, &dataset::data_folder())?;
        let path = match source {
            // Whoever resumes the run may stand in another folder.
            Source::File(path) => {
                Some(path.canonicalize().map_err(|source| PrepareError::Source { path: path.clone(), source })?)
            }
            Source::Demo { .. } => None,
        };
        let manifest = Manifest::new(&*self.dataset, path, self.device, stages, settings);
        Ok(RunDir::create(root, self.name.as_deref(), &manifest)?)
    }
}

/// Changes to a run that is taken up again: stages to train besides the planned ones, another device.
///
/// # Errors
/// The manifest could not be written.
pub fn amend(dir: &mut RunDir, stages: &[Stage], device: Option<DeviceRequest>) -> Result<(), RunError> {
    let mut manifest = dir.manifest().clone();
    manifest.stages.extend(stages);
    manifest.stages = in_order(&manifest.stages);
    manifest.device = device.unwrap_or(manifest.device);
    if &manifest == dir.manifest() { Ok(()) } else { dir.set_manifest(manifest) }
}

fn in_order(stages: &[Stage]) -> Vec<Stage> {
    Stage::ALL.into_iter().filter(|s| stages.contains(s)).collect()
}

fn check_stages(stages: &[Stage]) -> Result<(), PrepareError> {
    let last = *stages.last().ok_or(PrepareError::NoStage)?;
    for needs in Stage::ALL.into_iter().filter(|s| *s < last) {
        if !stages.contains(&needs) {
            let stage = stages.iter().copied().find(|s| *s > needs).unwrap_or(last);
            let together =
                Stage::ALL.into_iter().filter(|s| *s <= stage).map(Stage::name).collect::<Vec<_>>().join(",");
            return Err(PrepareError::MissingStage { stage, needs, together });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_need_those_before_them() {
        let root = tempfile::tempdir().unwrap();
        let create =
            |stages: &[Stage]| RunRequest { stages: stages.to_vec(), ..RunRequest::new("demo") }.create(root.path());
        let text = create(&[Stage::Denoising]).unwrap_err().to_string();
        assert!(text.contains("stage denoising") && text.contains("--stage contrastive,denoising"), "{text}");
        assert!(create(&[Stage::Joint, Stage::Contrastive]).unwrap_err().to_string().contains("stage denoising,"));
        assert!(matches!(create(&[]), Err(PrepareError::NoStage)));
        assert!(!root.path().join("x").exists() && std::fs::read_dir(root.path()).unwrap().next().is_none());
        let mut dir = create(&[Stage::Contrastive]).unwrap();
        amend(&mut dir, &[Stage::Denoising], Some(DeviceRequest::Cpu)).unwrap();
        let manifest = RunDir::open(dir.path()).unwrap().manifest().clone();
        assert_eq!(manifest.stages, [Stage::Contrastive, Stage::Denoising]);
        assert_eq!(manifest.device, DeviceRequest::Cpu);
    }

    #[test]
    fn settings_come_from_the_dataset_then_from_overrides_and_the_seed() {
        let mut request = RunRequest::new("sims");
        assert_eq!(request.settings().unwrap(), Settings::built_in("sims").unwrap());
        request.overrides = vec!["joint.epochs=3".into(), "training.seed=4".into()];
        request.seed = Some(5);
        let settings = request.settings().unwrap();
        assert_eq!((settings.joint.epochs, settings.training.seed), (3, 5));
        request.seed = Some(u64::MAX);
        assert!(request.settings().is_err(), "a seed that a settings file cannot hold");
        request = RunRequest { overrides: vec!["a.b=1".into()], ..RunRequest::new("some/file.pkl") };
        assert!(request.settings().is_err());
    }
}
