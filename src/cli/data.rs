//! `mug data`: what datasets there are, and what is in a file.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;
use serde_json::json;

use super::out;
use super::subcommand::{Program, Subcommand};
use crate::config::{DataSettings, Settings};
use crate::dataset::{Catalogue, ConvertError, Report, Source, State, data_folder};
use crate::run::write_atomically;
use crate::sanitise::clean;

/// Look at datasets.
#[derive(Debug, clap::Parser)]
#[command(name = "data")]
pub struct DataArgs {
    #[command(subcommand)]
    command: DataCommand,
}

impl Subcommand for DataArgs {
    /// Runs `mug data`.
    ///
    /// # Errors
    /// The dataset cannot be found or used, or standard output cannot be written.
    fn run(self, _: &Program) -> Result<ExitCode> {
        out::table().write_all(output(self)?.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, clap::Subcommand)]
enum DataCommand {
    /// Look through a dataset: splits, shapes, types, labels, and what is odd.
    ///
    /// Exits with an error that says why where the dataset cannot be used.
    Check {
        /// A data file in any layout of "Your own data" in the README, or a name that `mug data list` shows.
        file: String,
        /// H: labels lie in [-H, H]; found from the name or the labels where it is not given.
        #[arg(long, value_name = "H")]
        label_range: Option<f32>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        reading: Reading,
        #[command(flatten)]
        folder: Folder,
    },
    /// Write a dataset as one pickle of MMSA's layout that numpy reads, whatever layout and packing it has: features as they
    /// are, padded at the end, with lengths, labels, ids, transcripts and token ids.
    Convert {
        /// A data file, or a name that `mug data list` shows.
        file: String,
        /// The pickle to write; there must be none of that name.
        out: PathBuf,
        #[command(flatten)]
        reading: Reading,
        #[command(flatten)]
        folder: Folder,
    },
    /// List the datasets of the catalogue and of the data folder.
    List {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        folder: Folder,
    },
}

/// How a file is read, where that cannot be seen in it.
#[derive(Debug, Default, clap::Args)]
struct Reading {
    /// A setting of the data section: `data.keys.text=glove`, `data.label_column=1`; as often as needed.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Reading {
    fn settings(&self, label_range: Option<f32>) -> Result<DataSettings> {
        let mut settings = Settings::parse("", "the defaults", &self.set)?.data;
        settings.label_range = label_range.or(settings.label_range);
        Ok(settings)
    }
}

#[derive(Debug, clap::Args)]
struct Folder {
    /// The data folder; MUG_DATA_DIR sets it, too.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
}

impl Folder {
    fn path(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(data_folder)
    }
}

/// What the command prints.
fn output(args: DataArgs) -> Result<String> {
    Ok(match args.command {
        DataCommand::Check { file, label_range, json, reading, folder } => {
            let settings = reading.settings(checked_range(label_range)?)?;
            let report = Report::with_settings(&Source::resolve(&file, &folder.path())?, &settings)?;
            if json { serde_json::to_string(&report)? + "\n" } else { report.to_string() }
        }
        DataCommand::Convert { file, out, reading, folder } => {
            let source = Source::resolve(&file, &folder.path())?;
            if out.exists() {
                return Err(eyre!("{} is there already: give another name, or remove it first", out.display()));
            }
            let settings = reading.settings(None)?;
            let mut counts = None;
            let mut failed = None;
            let written = write_atomically(&out, |to| {
                source.convert(&settings, to).map(|found| counts = Some(found)).map_err(|error| {
                    let refused = io::Error::other(error.to_string());
                    failed = Some(error);
                    refused
                })
            });
            if let Some(ConvertError::Data(error)) = failed {
                return Err(error.into());
            }
            written?;
            let clips = counts.unwrap_or_default();
            format!("{} / {} / {} clips written to {}\n", clips.train, clips.valid, clips.test, out.display())
        }
        DataCommand::List { json, folder } => {
            let folder = folder.path();
            let catalogue = Catalogue::scan(&folder, &[]);
            if json { list_json(&catalogue, &folder)? } else { list_text(&catalogue, &folder) }
        }
    })
}

fn checked_range(range: Option<f32>) -> Result<Option<f32>> {
    match range {
        Some(h) if !(h > 0.0 && h <= 100.0) => Err(eyre!("--label-range {h}: expected a positive number up to 100")),
        _ => Ok(range),
    }
}

fn list_text(catalogue: &Catalogue, folder: &std::path::Path) -> String {
    // A file's name may hold any character.
    let shown = |path: &std::path::Path| clean(&path.to_string_lossy()).into_owned();
    let mut out = format!("data folder {}\n", shown(folder));
    let names: Vec<_> = catalogue.entries.iter().map(|e| clean(&e.name)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(40);
    for (entry, name) in catalogue.entries.iter().zip(names) {
        let state = match &entry.state {
            State::BuiltIn => "built in".to_owned(),
            State::Ready { path, bytes } => format!("{:.1} MB  {}", *bytes as f64 / 1e6, shown(path)),
            State::Missing { expected } => format!("missing; expected {}", expected.join(" or ")),
            State::Bad { path, reason } => format!("unusable: {} is {}", shown(path), clean(reason)),
        };
        out.push_str(&format!("{name:<width$}  {}\n{:<width$}    {state}\n", clean(&entry.about), ""));
    }
    if !catalogue.complete {
        out.push_str("the folder holds too much to look at all of it; point MUG_DATA_DIR at a smaller one\n");
    }
    out
}

fn list_json(catalogue: &Catalogue, folder: &std::path::Path) -> Result<String> {
    let entry = |e: &crate::dataset::Entry| {
        let state = match &e.state {
            State::BuiltIn => json!({"state": "built in"}),
            State::Ready { path, bytes } => json!({"state": "ready", "path": path.to_string_lossy(), "bytes": bytes}),
            State::Missing { expected } => json!({"state": "missing", "expected": expected}),
            State::Bad { path, reason } => {
                json!({"state": "bad", "path": path.to_string_lossy(), "reason": reason})
            }
        };
        let mut object = json!({"name": e.name, "about": e.about});
        if let (Some(to), serde_json::Value::Object(from)) = (object.as_object_mut(), state) {
            to.extend(from);
        }
        object
    };
    let datasets: Vec<_> = catalogue.entries.iter().map(entry).collect();
    let all = json!({
        "folder": folder.to_string_lossy(),
        "complete": catalogue.complete,
        "datasets": datasets,
    });
    Ok(serde_json::to_string(&all)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_shows_states_and_places() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mosi.pkl"), [0x80; 2_000_000]).unwrap();
        std::fs::write(folder.path().join("sims.pkl"), b"\x89HDF\r\n\x1a\n").unwrap();
        let catalogue = Catalogue::scan(folder.path(), &[]);
        let text = list_text(&catalogue, folder.path());
        for part in ["built in", "2.0 MB", "missing; expected mosei.pkl", "unusable", "HDF5"] {
            assert!(text.contains(part), "{text}");
        }
        let json: serde_json::Value = serde_json::from_str(&list_json(&catalogue, folder.path()).unwrap()).unwrap();
        assert_eq!(json["datasets"][0]["name"], "demo");
        assert_eq!(json["datasets"][1]["bytes"], 2_000_000);
        assert_eq!(json["datasets"][3]["state"], "bad");
    }

    #[test]
    fn names_of_files_do_not_steer_the_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let name = "a\u{1b}]0;title\u{7}\u{9b}2J\n\u{202e}lkp.pkl";
        std::fs::copy("tests/fixtures/numpy2_p4.pkl", folder.path().join(name)).unwrap();
        let args = |command| DataArgs { command };
        let folder = || Folder { data_dir: Some(folder.path().to_owned()) };
        let list = output(args(DataCommand::List { json: false, folder: folder() })).unwrap();
        let file = folder().path().join(name).to_string_lossy().into_owned();
        let check = output(args(DataCommand::Check {
            file,
            label_range: None,
            json: false,
            reading: Reading::default(),
            folder: folder(),
        }))
        .unwrap();
        for text in [list, check] {
            assert!(text.contains("a␛]0;title␇"), "{text}");
            assert!(text.lines().all(|line| line.chars().all(crate::sanitise::is_harmless)), "{text:?}");
        }
    }

    #[test]
    fn an_unusable_file_is_an_error() {
        let args = |file: &str| DataArgs {
            command: DataCommand::Check {
                file: file.to_owned(),
                label_range: None,
                json: true,
                reading: Reading::default(),
                folder: Folder { data_dir: Some("/no/such/folder".into()) },
            },
        };
        let error = output(args("/no/such/file.pkl")).unwrap_err().to_string();
        assert!(error.contains("/no/such/file.pkl") && error.contains("demo"), "{error}");
        let json: serde_json::Value = serde_json::from_str(&output(args("demo")).unwrap()).unwrap();
        assert_eq!((&json["name"], &json["unimodal_labels"]), (&"demo".into(), &true.into()));
        assert!(checked_range(Some(f32::NAN)).is_err());
    }
}
