//! `mug` without a subcommand: the console, or lines where there is no terminal.

use std::path::PathBuf;
use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::args::{StartArgs, ViewArgs};
use super::{attach, newest_live, say};
use crate::console::{self, OpenOptions, Start};
use crate::dataset::{Catalogue, DEMO, Source, data_folder};
use crate::host::prepare::RunRequest;
use crate::host::spawn::start_detached;
use crate::run::directory::RunDir;

/// Opens the console. In lines: starts a run where a dataset is named, else follows the newest live run.
pub fn run(view: ViewArgs, start: StartArgs, root: PathBuf) -> Result<ExitCode> {
    let given = start.given();
    let request = RunRequest {
        config: start.config,
        overrides: start.overrides,
        device: start.device.unwrap_or_default(),
        ..RunRequest::new(start.dataset.as_deref().unwrap_or(DEMO))
    };
    if attach::can_draw(&view)? {
        console::open(OpenOptions {
            runs_root: root,
            run: None,
            follow: false,
            read_only: view.read_only,
            fps: view.frames(),
            ascii: view.ascii,
            start: checked(request, start.dataset.as_deref(), !given.is_empty())?,
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    attach::warn_only_drawn(&view);
    let dir = match start.dataset {
        Some(_) if view.read_only => {
            return Err(eyre!("--read-only starts no run; without --dataset it follows the newest live one"));
        }
        Some(_) => {
            let dir = request.create(&root)?;
            start_detached(&dir)?;
            say(&format!("started; it goes on when this is ended: mug attach {0}, mug stop {0}", dir.name()))?;
            dir
        }
        None if !given.is_empty() => {
            return Err(eyre!(
                "{}: without a screen no run is started unless --dataset says what to train on",
                given.join(", ")
            ));
        }
        None => match newest_live(&root) {
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

/// What the console starts runs with, once it is sure that it can: what is wrong is said before the screen opens.
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
    source.check(&settings.settings.data)?;
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
