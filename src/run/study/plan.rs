//! A study resolved: what `study.toml` in its folder holds. Nothing is left to what the program or the data's name would
//! say another time.

use std::path::PathBuf;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::cell::{Cell, Row};
use super::definition::{Definition, Variant};
use crate::config::{ConfigError, Settings, leaves};
use crate::device::DeviceRequest;
use crate::run::clock;
use crate::run::manifest::DataRecord;
use crate::training::events::Stage;

/// A study resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub question: String,
    /// Where the definition came from: the name of one that ships with the program, or a file's path.
    pub definition: String,
    /// Version of the program that resolved it last.
    pub version: String,
    /// RFC 3339, UTC.
    pub created: String,
    /// The dataset as the user named it: a catalogue name or a path.
    pub dataset: String,
    /// The data file, absolute; `None` where there is none (the demo).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<PathBuf>,
    /// Identifies the content of data that is no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Which settings `settings` began from, in words.
    pub settings_from: String,
    pub device: DeviceRequest,
    /// Stages that every cell trains, in order; empty: those that its settings need.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// In ascending order.
    pub seeds: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub metrics: Vec<String>,
    /// The data file in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<DataRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub axes: Vec<Axis>,
    pub variants: Vec<Variant>,
    /// Those that all cells have before their own; all of them.
    pub settings: Settings,
}

/// A setting of which every variant is trained with every value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// Dotted.
    pub key: String,
    pub values: Vec<toml::Value>,
}

/// What a plan is made on, besides its definition.
#[derive(Clone, Debug)]
pub struct Ground {
    pub dataset: String,
    pub source: Option<PathBuf>,
    pub fingerprint: Option<String>,
    pub data: Option<DataRecord>,
    pub device: DeviceRequest,
    /// With the study's own settings.
    pub settings: Settings,
    pub settings_from: String,
}

impl Plan {
    /// The plan of a definition; `from` is the definition's name or file.
    pub fn new(definition: &Definition, from: &str, ground: Ground) -> Plan {
        let Ground { dataset, source, fingerprint, data, device, settings, settings_from } = ground;
        Plan {
            question: definition.question.trim().to_owned(),
            definition: from.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            created: clock::timestamp(SystemTime::now()),
            dataset,
            source,
            fingerprint,
            settings_from,
            device,
            stages: Stage::ALL.into_iter().filter(|s| definition.stages.contains(s)).collect(),
            seeds: definition.seeds.list(),
            reference: definition.reference.clone(),
            metrics: definition.metrics.clone(),
            data,
            axes: definition.axes().into_iter().map(|(key, values)| Axis { key, values }).collect(),
            variants: definition.variants.clone(),
            settings,
        }
    }

    /// The rows: variant by variant, the last axis' values next to each other.
    pub fn rows(&self) -> Vec<Row> {
        let mut places: Vec<Vec<(String, toml::Value)>> = vec![Vec::new()];
        for axis in &self.axes {
            let with = |place: &Vec<(String, toml::Value)>, value: &toml::Value| {
                place.iter().cloned().chain([(axis.key.clone(), value.clone())]).collect()
            };
            places = places.iter().flat_map(|place| axis.values.iter().map(move |v| with(place, v))).collect();
        }
        let row = |variant: &Variant, place: &Vec<(String, toml::Value)>| Row {
            variant: variant.name.clone(),
            axes: place.iter().map(|(key, value)| (key.clone(), written(value))).collect(),
            set: place.iter().cloned().chain(leaves(&variant.set)).collect(),
        };
        self.variants.iter().flat_map(|v| places.iter().map(move |place| row(v, place))).collect()
    }

    /// The cells: row by row, by ascending seed.
    pub fn cells(&self) -> Vec<Cell> {
        let rows = self.rows();
        let of = |(row, found): (usize, &Row)| -> Vec<Cell> {
            self.seeds.iter().map(|&seed| Cell { name: found.run_name(seed), row, seed }).collect()
        };
        rows.iter().enumerate().flat_map(of).collect()
    }

    /// The settings of a row with a seed.
    ///
    /// # Errors
    /// A value that its setting cannot have; [`check`](Self::check) finds it before anything is trained.
    pub fn settings_of(&self, row: &Row, seed: u64) -> Result<Settings, ConfigError> {
        let overrides: Vec<String> = row.set.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let base = self
            .settings
            .to_toml()
            .map_err(|e| ConfigError::Parse { origin: "the study's settings".into(), message: e.to_string() })?;
        let mut settings = Settings::parse(&base, "the study's settings", &overrides)?;
        settings.training.seed = seed;
        Ok(settings)
    }

    /// The stages of a cell with these settings.
    pub fn stages_of(&self, settings: &Settings) -> Vec<Stage> {
        if !self.stages.is_empty() {
            return self.stages.clone();
        }
        let needed = |stage: &Stage| *stage != Stage::Denoising || settings.labels.source.needs_denoising();
        Stage::ALL.into_iter().filter(needed).collect()
    }

    /// Makes sure that every row's settings are such.
    ///
    /// # Errors
    /// The first that are not, with the row's name.
    pub fn check(&self) -> Result<(), RowError> {
        for row in self.rows() {
            let checked = self.settings_of(&row, self.seeds.first().copied().unwrap_or(1));
            checked.map_err(|source| RowError { variant: row.variant, source })?;
        }
        Ok(())
    }
}

/// A variant whose settings cannot be.
#[derive(Debug, thiserror::Error)]
#[error("variant {variant}: {source}")]
pub struct RowError {
    pub variant: String,
    pub source: ConfigError,
}

/// A value as a table's heading shows it.
fn written(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::study::shipped::{SHIPPED, shipped};

    fn plan(definition: &Definition, base: &str) -> Plan {
        let own: Vec<String> =
            leaves(&definition.settings).iter().map(|(key, value)| format!("{key}={value}")).collect();
        let settings = Settings::parse(&Settings::built_in(base).unwrap().to_toml().unwrap(), "base", &own).unwrap();
        let ground = Ground {
            dataset: base.into(),
            source: None,
            fingerprint: Some("f".into()),
            data: None,
            device: DeviceRequest::Cpu,
            settings,
            settings_from: "a test".into(),
        };
        Plan::new(definition, "x", ground)
    }

    #[test]
    fn every_shipped_study_resolves_to_settings_on_every_dataset_and_comes_back_from_its_file() {
        for (name, _) in SHIPPED {
            for base in ["demo", "mosi", "sims"] {
                let plan = plan(&shipped(name).unwrap().unwrap(), base);
                plan.check().unwrap_or_else(|e| panic!("{name}: {e}"));
                let text = toml::to_string_pretty(&plan).unwrap();
                assert_eq!(toml::from_str::<Plan>(&text).unwrap(), plan, "{name}");
                let (rows, cells) = (plan.rows(), plan.cells());
                assert_eq!(cells.len(), rows.len() * plan.seeds.len());
                let names: std::collections::BTreeSet<&str> = cells.iter().map(|c| c.name.as_str()).collect();
                assert_eq!(names.len(), cells.len(), "{name}: names of cells differ");
                for cell in &cells {
                    crate::run::directory::check_name(&cell.name).unwrap_or_else(|e| panic!("{name}: {e}"));
                }
                // Rows that are trained the same way would be one row.
                let settings: Vec<Settings> = rows.iter().map(|row| plan.settings_of(row, 1).unwrap()).collect();
                for (i, own) in settings.iter().enumerate() {
                    assert!(settings[..i].iter().all(|other| other != own), "{name}: {:?}", rows[i]);
                }
            }
        }
    }

    #[test]
    fn rows_are_variants_at_places_and_names_stay_when_others_are_added() {
        let text = |values: &str, extra: &str| {
            format!(
                "question = \"?\"\nmetrics = [\"test.mae\"]\nseeds = [7]\n[axes]\n\"joint.unimodal_weight\" = {values}\n\
                 \"denoising.corruption\" = [{{ permute = 0.3 }}, {{ gaussian = 0.3 }}]\n[[variants]]\nname = \"a\"\n{extra}"
            )
        };
        let of = |values: &str, extra: &str| plan(&Definition::parse(&text(values, extra), "x").unwrap(), "demo");
        let small = of("[0.5]", "");
        let row = &small.rows()[1];
        assert_eq!(row.axes[0], ("denoising.corruption".to_owned(), "{ gaussian = 0.3 }".to_owned()));
        let settings = small.settings_of(row, 7).unwrap();
        assert_eq!((settings.joint.unimodal_weight, settings.training.seed), (0.5, 7));
        let large = of("[0.25, 0.5]", "[[variants]]\nname = \"b\"\n");
        assert_eq!(large.rows().len(), 8);
        let names = |plan: &Plan| plan.cells().into_iter().map(|c| c.name).collect::<Vec<_>>();
        assert!(
            names(&small).iter().all(|name| names(&large).contains(name)),
            "{:?} {:?}",
            names(&small),
            names(&large)
        );
    }
}
