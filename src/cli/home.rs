//! `mug` without a subcommand: the console, or lines where there is no terminal.

use std::path::PathBuf;
use std::process::ExitCode;

use color_eyre::Result;

use super::args::{StartArgs, ViewArgs};
use super::lines::harmless;
use super::{attach, newest_live, say};
use crate::console::{self, OpenOptions};
use crate::host::prepare::RunRequest;
use crate::host::spawn::start_detached;
use crate::run::directory::RunDir;

/// Opens the console. In lines: starts a run where a dataset is named, else follows the newest live run.
pub fn run(view: ViewArgs, start: StartArgs, root: PathBuf) -> Result<ExitCode> {
    if !view.plain && attach::is_interactive() {
        console::open(OpenOptions {
            runs_root: root,
            run: None,
            follow: false,
            read_only: view.read_only,
            fps: view.fps,
            ascii: view.ascii,
            dataset: start.dataset,
            config: start.config,
            overrides: start.overrides,
            device: start.device,
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let dir = match start.dataset {
        Some(dataset) => {
            let request = RunRequest {
                config: start.config,
                overrides: start.overrides,
                device: start.device,
                ..RunRequest::new(dataset)
            };
            let dir = request.create(&root)?;
            start_detached(&dir, false)?;
            say(&harmless(&format!(
                "started; it goes on when this is ended: mug attach {0}, mug stop {0}",
                dir.name()
            )))?;
            dir
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
