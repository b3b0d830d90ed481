//! From what a person asks for to a study's folder; mistakes are told before anything is made.

use std::path::{Path, PathBuf};

use crate::config::{ConfigError, Settings, leaves};
use crate::dataset::{self, DEMO, Dataset, DatasetError, Source, fingerprint_of_file};
use crate::device::DeviceRequest;
use crate::digest::{Sign, sha256};
use crate::files;
use crate::host::prepare::{PrepareError, RunRequest};
use crate::nearest::meant;
use crate::run::directory::DataRecord;
use crate::run::study::definition::{Seeds, Variant};
use crate::run::study::folder::studies_folder;
use crate::run::study::plan::{Ground, RowError};
use crate::run::study::shipped::{SHIPPED, shipped};
use crate::run::study::{Definition, DefinitionError, Plan, Study, StudyError};

/// Why a study cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error(
        "no study \"{wanted}\" ships with mug, and no file of that path is there; those that ship are {known}{meant}"
    )]
    Unknown { wanted: String, meant: String, known: String },
    #[error("cannot read the study {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot read the data file {path}: {source}")]
    Data { path: PathBuf, source: std::io::Error },
    #[error("--set {0}: the study says it for each variant; change the study's file, or leave it out")]
    Varied(String),
    #[error("--set training.seed: a study's seeds are given with --seeds")]
    Seed,
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Row(#[from] RowError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Prepare(Box<PrepareError>),
    #[error(transparent)]
    Study(#[from] StudyError),
}

impl From<PrepareError> for RequestError {
    fn from(error: PrepareError) -> Self {
        RequestError::Prepare(Box::new(error))
    }
}

/// A study as a person asks for it.
#[derive(Clone, Debug)]
pub struct StudyRequest {
    /// The name of one that ships with the program, or a file.
    pub study: String,
    /// In place of the definition's, which may have none: then the demo.
    pub dataset: Option<String>,
    /// In place of the definition's.
    pub seeds: Option<Seeds>,
    /// `key=value`, over the study's own settings.
    pub overrides: Vec<String>,
    pub device: DeviceRequest,
    /// The folder's name; `None`: the definition's name and the dataset's.
    pub name: Option<String>,
}

/// A study that lies in its folder.
#[derive(Debug)]
pub struct Written {
    pub study: Study,
    /// Names of variants that learn from people's labels of each modality, which the training split does not have: they are
    /// not part of the study.
    pub left_out: Vec<String>,
}

impl StudyRequest {
    /// A study as it stands.
    pub fn new(study: impl Into<String>) -> StudyRequest {
        StudyRequest {
            study: study.into(),
            dataset: None,
            seeds: None,
            overrides: Vec::new(),
            device: DeviceRequest::Auto,
            name: None,
        }
    }

    /// The definition, with its name or path.
    ///
    /// # Errors
    /// There is none of this name, or it is not understood.
    pub fn definition(&self) -> Result<(Definition, String), RequestError> {
        let (mut definition, from) = match shipped(&self.study) {
            Some(found) => (found?, self.study.clone()),
            None => {
                let path = Path::new(&self.study);
                let text = files::read_text(path, files::LONGEST_TEXT).map_err(|source| match source.kind() {
                    std::io::ErrorKind::NotFound => RequestError::Unknown {
                        wanted: self.study.clone(),
                        meant: meant(&self.study, SHIPPED.map(|(name, _)| name)),
                        known: SHIPPED.map(|(name, _)| name).join(", "),
                    },
                    _ => RequestError::Read { path: path.to_owned(), source },
                })?;
                (Definition::parse(&text, &self.study)?, self.study.clone())
            }
        };
        if let Some(seeds) = &self.seeds {
            definition.seeds = seeds.clone();
        }
        Ok((definition, from))
    }

    /// Resolves the study and writes it into its folder below `runs_root`. Where the folder is there already, it gets the
    /// new plan: seeds and variants are added, and cells whose settings changed are trained anew. Where the request names
    /// no seeds, those that the folder's study has stay.
    ///
    /// # Errors
    /// Anything the person has to change first; then nothing was written.
    pub fn write(&self, runs_root: &Path) -> Result<Written, RequestError> {
        let (definition, from) = self.definition()?;
        let dataset = self.dataset.clone().or_else(|| definition.dataset.clone()).unwrap_or_else(|| DEMO.to_owned());
        let name = self.name.clone().unwrap_or_else(|| default_name(&from, &dataset));
        let before = Study::open(&studies_folder(runs_root).join(&name)).ok().map(|study| study.plan().clone());
        let (ground, human) = self.ground(&definition, dataset, before.as_ref())?;
        let mut plan = Plan::new(&definition, &from, ground);
        let left_out = if human { Vec::new() } else { leave_out_human(&mut plan) };
        if let Some(before) = before.filter(|before| before.dataset == plan.dataset) {
            if self.seeds.is_none() {
                plan.seeds = before.seeds;
            }
            plan.created = before.created;
        }
        plan.check()?;
        Ok(Written { study: Study::write(runs_root, &name, &plan)?, left_out })
    }

    /// Data, device and settings of all cells; true where people labelled each modality of the training split.
    fn ground(
        &self,
        definition: &Definition,
        dataset: String,
        before: Option<&Plan>,
    ) -> Result<(Ground, bool), RequestError> {
        self.check_overrides(definition)?;
        let of_study = leaves(&definition.settings).into_iter().map(|(key, value)| format!("{key}={value}"));
        let run = RunRequest {
            overrides: of_study.chain(self.overrides.iter().cloned()).collect(),
            ..RunRequest::new(&*dataset)
        };
        let resolved = run.settings()?;
        let source = Source::resolve(&dataset, &dataset::data_folder())?;
        let human = source
            .check(&resolved.settings)
            .map_err(|e| PrepareError::Unusable { source: e.into(), settings: resolved.origin.clone() })?;
        let (path, data, fingerprint) = match &source {
            Source::File(path) => {
                let path =
                    std::path::absolute(path).map_err(|source| RequestError::Data { path: path.clone(), source })?;
                let data = record(&path, before.and_then(|plan| plan.data.as_ref()))?;
                (Some(path), Some(data), None)
            }
            Source::Demo { .. } => (None, None, Some(demo_fingerprint(&source, &resolved.settings)?)),
        };
        let ground = Ground {
            dataset,
            source: path,
            fingerprint,
            data,
            device: self.device,
            settings: resolved.settings,
            settings_from: resolved.origin,
        };
        Ok((ground, human))
    }

    /// What is said for every cell must not be what cells differ in.
    fn check_overrides(&self, definition: &Definition) -> Result<(), RequestError> {
        let axes = definition.axes();
        for entry in &self.overrides {
            let key = entry.split('=').next().unwrap_or_default().trim();
            if key == "training.seed" {
                return Err(RequestError::Seed);
            }
            if axes.iter().any(|(axis, _)| axis == key) {
                return Err(RequestError::Varied(entry.clone()));
            }
        }
        Ok(())
    }
}

/// Takes variants out that learn from people's labels of each modality, and gives their names. Where that leaves nothing to
/// compare, all stay: their runs say what they lack.
fn leave_out_human(plan: &mut Plan) -> Vec<String> {
    let human = |variant: &Variant| {
        leaves(&variant.set).iter().any(|(key, value)| key == "labels.source" && value.as_str() == Some("human"))
    };
    let (out, kept): (Vec<Variant>, Vec<Variant>) = plan.variants.iter().cloned().partition(human);
    let name = |variant: &Variant| Some(variant.name.clone()) == plan.reference;
    if kept.is_empty() || out.iter().any(name) {
        return Vec::new();
    }
    plan.variants = kept;
    out.into_iter().map(|variant| variant.name).collect()
}

/// The definition's name and the dataset's, without folders, endings and what a run's name may not hold.
fn default_name(from: &str, dataset: &str) -> String {
    let stem = |text: &str| Path::new(text).file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let name = format!("{}-{}", stem(from), stem(dataset));
    let plain = |c: char| if c.is_ascii_alphanumeric() || ['.', '_', '-'].contains(&c) { c } else { '_' };
    name.chars().map(plain).take(64).collect::<String>().trim_start_matches(['.', '-']).to_owned()
}

/// What a data file holds. It is read in full once, and again only where it was touched since.
fn record(path: &Path, before: Option<&DataRecord>) -> Result<DataRecord, RequestError> {
    let failed = |source| RequestError::Data { path: path.to_owned(), source };
    let stamp = Sign::of(path).map_err(failed)?.stamp;
    if let Some(known) = before.filter(|known| known.stamp == stamp) {
        return Ok(known.clone());
    }
    // Asked to go on until the end, it gives a digest.
    let sha256 = sha256(path, || true).map_err(failed)?.unwrap_or_default();
    Ok(DataRecord { stamp, sha256 })
}

/// That of the clips that this version of the program makes.
fn demo_fingerprint(source: &Source, settings: &Settings) -> Result<String, RequestError> {
    // Without the noise of the settings, which cells may differ in.
    Ok(fingerprint_of_file(&Dataset::open(source, &settings.data)?.fingerprint).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_peoples_labels_are_left_out_of_data_without_them() {
        let root = tempfile::tempdir().unwrap();
        let of = |study: &str, dataset: &str| {
            let request = StudyRequest { dataset: Some(dataset.to_owned()), ..StudyRequest::new(study) };
            let Written { study, left_out } = request.write(root.path()).unwrap();
            (study.plan().variants.iter().map(|v| v.name.clone()).collect::<Vec<_>>(), left_out)
        };
        let (all, none) = of("rivals", DEMO);
        assert!(all.contains(&"human".to_owned()) && none.is_empty(), "{all:?}");
        let unlabelled = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/layouts/mult.pkl");
        let (some, left_out) = of("rivals", unlabelled);
        assert_eq!((some.len() + 1, left_out), (all.len(), vec!["human".to_owned()]));
        assert!(some.iter().all(|name| all.contains(name) && name != "human"), "{some:?}");
        // Somebody's own study of nothing else is begun, and its runs fail with the reason.
        let own = root.path().join("own.toml");
        let text = "question = \"q\"\nseeds = 1\nmetrics = [\"test.mae\"]\n[[variants]]\nname = \"people\"\nset = { labels.source = \"human\" }\n";
        std::fs::write(&own, text).unwrap();
        assert_eq!(of(&own.display().to_string(), unlabelled), (vec!["people".to_owned()], Vec::new()));
    }
}
