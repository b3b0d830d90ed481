//! Exit statuses: what scripts may rely on. The page `mug help scripts` lists them.

use std::error::Error;
use std::io::ErrorKind;

use color_eyre::Report;

use crate::files::Unfit;
use crate::host::HostError;
use crate::host::spawn::SpawnError;
use crate::study::engine::EngineError;

/// Something was begun and failed, or the machine refuses: training, a disk, a device, a process.
pub const FAILED: u8 = 1;
/// What was asked for cannot be done as it was asked: an option, a setting, a name, a file that is not there, a run that is in
/// another state. Nothing was begun.
pub const REFUSED: u8 = 2;
/// Ended before it was done, on request; it can be resumed.
pub const STOPPED: u8 = 3;
/// Done, and a sign of failure is raised.
pub const UNHEALTHY: u8 = 4;
/// A signal ended it, which can be resumed: this and the signal's number.
pub const SIGNALLED: i32 = 128;

/// A failure that no type of its own says better: in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

/// The status of a command that ended with this error.
pub fn of(error: &Report) -> u8 {
    if error.chain().any(is_failure) { FAILED } else { REFUSED }
}

/// True for an error that is no fault of what was asked for.
fn is_failure(error: &(dyn Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<std::io::Error>() {
        // A file that is not there, or is none, was named by somebody.
        let named = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory);
        let unfit = error.get_ref().is_some_and(|inner| inner.is::<Unfit>());
        return !named && !unfit;
    }
    let host = |e: &HostError| !matches!(e, HostError::Lock(_) | HostError::File(_));
    let spawn = |e: &SpawnError| {
        matches!(
            e,
            SpawnError::Start { .. } | SpawnError::Died { .. } | SpawnError::Silent { .. } | SpawnError::Failed { .. }
        )
    };
    error.is::<Failure>()
        || error.is::<EngineError>()
        || error.downcast_ref::<HostError>().is_some_and(host)
        || error.downcast_ref::<SpawnError>().is_some_and(spawn)
}

#[cfg(test)]
mod tests {
    use color_eyre::eyre::{WrapErr, eyre};

    use super::*;
    use crate::config::Settings;
    use crate::run::FileError;
    use crate::run::directory::RunError;

    #[test]
    fn what_was_asked_for_wrongly_is_refused_and_the_rest_failed() {
        let file = |kind: ErrorKind| FileError::new("write", std::path::Path::new("/x"))(kind.into());
        let config = Settings::parse("a = 1", "a.toml", &[]).unwrap_err();
        let refused: [Report; 4] =
            [eyre!("run a is finished"), config.into(), RunError::File(file(ErrorKind::NotFound)).into(), {
                RunError::NotARun { path: "/x".into() }.into()
            }];
        for error in refused {
            assert_eq!(of(&error), REFUSED, "{error:#}");
        }
        let disk = std::io::Error::from(ErrorKind::StorageFull);
        let failed: [Report; 4] = [
            Failure("it died".into()).into(),
            HostError::Fault("training diverged".into()).into(),
            RunError::File(file(ErrorKind::StorageFull)).into(),
            Err::<(), _>(disk).wrap_err("cannot make the folder").unwrap_err(),
        ];
        for error in failed {
            assert_eq!(of(&error), FAILED, "{error:#}");
        }
    }
}
