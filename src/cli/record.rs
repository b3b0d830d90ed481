//! Runs as subcommands read them: found by name, with damage told on standard error.

use std::path::Path;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::out::warn;
use crate::run::directory::RunDir;
use crate::run::list::{RunSummary, list_runs};
use crate::run::marks::Marks;
use crate::run::tail::read_view;
use crate::run::view::RunView;

/// Everything that a run's record says. Lines that are damaged or lost are told on standard error: what a command prints
/// from the rest may lack them.
pub fn read_record(dir: &RunDir) -> Result<RunView> {
    let view = read_view(&dir.events_path())?;
    if !dir.events_path().exists() {
        warn(&format!(
            "{} is not there: the run has not begun, or its record was removed",
            dir.events_path().display()
        ));
    }
    if !view.damage.is_none() || view.damage.unended > 0 {
        warn(&format!(
            "{}: {}; what follows is from the others. mug verify {} shows more",
            dir.events_path().display(),
            view.damage,
            dir.name()
        ));
    }
    Ok(view)
}

/// What people marked and noted in a run; damage is told as by [`read_record`].
pub fn read_marks(dir: &RunDir) -> Result<Marks> {
    let marks = Marks::read(&dir.marks_path())?;
    if !marks.damage().is_none() || marks.damage().unended > 0 {
        warn(&format!("{}: {}", dir.marks_path().display(), marks.damage()));
    }
    Ok(marks)
}

/// The run last written that a process trains now.
pub fn newest_live(root: &Path) -> Option<RunSummary> {
    list_runs(root).into_iter().find(|r| r.state.is_live())
}

/// The run that was named, or the newest live one.
pub fn find_run(root: &Path, name: Option<&str>) -> Result<RunDir> {
    match name {
        Some(name) => Ok(RunDir::find(root, name)?),
        None => match newest_live(root) {
            Some(run) => Ok(RunDir::open(&run.path)?),
            None => Err(eyre!(
                "no run is live in {}; `mug runs` lists those that were, `mug attach RUN` shows one",
                root.display()
            )),
        },
    }
}
