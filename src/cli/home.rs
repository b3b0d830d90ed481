//! `mug` without a subcommand: the console, or lines where there is no terminal.

use std::path::Path;
use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::attach;
use super::out::say;
use super::record::newest_live;
use super::settings::SettingsArgs;
use super::view::ViewArgs;
use crate::console::{self, OpenOptions, Start};
use crate::dataset::{Catalogue, DEMO, Source, data_folder};
use crate::device::DeviceRequest;
use crate::host::prepare::RunRequest;
use crate::host::spawn::start_detached;
use crate::run::directory::RunDir;

/// Options of `mug` without a subcommand.
#[derive(Clone, Debug, clap::Args)]
pub struct HomeArgs {
    #[command(flatten)]
    pub view: ViewArgs,
    #[command(flatten)]
    pub start: StartArgs,
}

/// What runs started in the console train on.
#[derive(Clone, Debug, clap::Args)]
pub struct StartArgs {
    /// The dataset to select: a name that `mug data list` shows, or a file.
    #[arg(long, value_name = "NAME|FILE")]
    pub dataset: Option<String>,
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Where runs that are started compute [default: auto].
    #[arg(long, value_enum, conflicts_with = "read_only")]
    pub device: Option<DeviceRequest>,
}

impl StartArgs {
    /// Names of the options that were given and matter only where a run is started.
    pub fn given(&self) -> Vec<&'static str> {
        let given = [
            ("--dataset", self.dataset.is_some()),
            ("--config", self.settings.config.is_some()),
            ("--device", self.device.is_some()),
            ("--set", !self.settings.overrides.is_empty()),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }
}

/// Opens the console. Where there is no screen: starts a run if a dataset is named, else follows the newest live run.
pub fn run(args: HomeArgs, root: &Path) -> Result<ExitCode> {
    let HomeArgs { view, start } = args;
    let given = start.given();
    let request = RunRequest {
        config: start.settings.config,
        overrides: start.settings.overrides,
        device: start.device.unwrap_or_default(),
        ..RunRequest::new(start.dataset.as_deref().unwrap_or(DEMO))
    };
    if view.can_draw()? {
        console::open(OpenOptions {
            runs_root: root.to_owned(),
            run: None,
            follow: false,
            read_only: view.read_only,
            fps: view.frames(),
            ascii: view.ascii,
            start: checked(request, start.dataset.as_deref(), !given.is_empty())?,
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    view.warn_only_drawn();
    let dir = match start.dataset {
        Some(_) if view.read_only => {
            return Err(eyre!("--read-only starts no run; without --dataset it follows the newest live one"));
        }
        Some(_) => {
            let dir = request.create(root)?;
            start_detached(&dir)?;
            say(&format!(
                "started; it goes on when these lines end: mug attach {0} shows it, mug stop {0} ends it",
                dir.name()
            ))?;
            dir
        }
        None if !given.is_empty() => {
            return Err(eyre!(
                "{}: without a screen no run is started unless --dataset says what to train on",
                given.join(", ")
            ));
        }
        None => match newest_live(root) {
            Some(run) => RunDir::open(&run.path)?,
            None => {
                say("no run is live. Without a terminal, mug --dataset demo starts one and prints lines;")?;
                say("mug train --dataset demo does so in the foreground, mug runs lists what there was")?;
                return Ok(ExitCode::SUCCESS);
            }
        },
    };
    attach::follow(&dir)
}

/// What the console starts runs with. Dataset and settings are checked here: errors are printed before the screen opens.
fn checked(request: RunRequest, dataset: Option<&str>, given: bool) -> Result<Start> {
    let settings = request.settings()?;
    let mut start = Start {
        config: request.config,
        overrides: request.overrides,
        device: request.device,
        given,
        ..Start::default()
    };
    let Some(name) = dataset else { return Ok(start) };
    let folder = data_folder();
    let source = Source::resolve(name, &folder)?;
    source.check(&settings.settings)?;
    let listed =
        Catalogue::scan(&folder, &[]).entries.iter().any(|e| e.name == name && e.source().as_ref() == Some(&source));
    start.dataset = Some(match source {
        Source::File(path) if !listed => {
            let path = std::path::absolute(&path)?;
            let name = path.display().to_string();
            start.files.push(path);
            name
        }
        _ => name.to_owned(),
    });
    Ok(start)
}
