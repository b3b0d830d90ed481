//! A person's own command: started with what is to be told in its environment, waited for so long and no longer.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::message::Message;

/// Why a command has told nobody.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("notify.command: cannot start {program}: {source}")]
    Start { program: String, source: io::Error },
    #[error("notify.command: {program} ended with {status}{said}")]
    Failed { program: String, status: ExitStatus, said: String },
    #[error("notify.command: {program} did not end within {seconds} s and was killed{said}")]
    Hung { program: String, seconds: u64, said: String },
    #[error("notify.command: {program} cannot be waited for: {source}")]
    Wait { program: String, source: io::Error },
}

/// How often it is looked whether the command has ended.
const LOOK: Duration = Duration::from_millis(10);
/// The end of what a command printed that is told where it fails, in bytes.
const SAID: u64 = 500;

/// Runs a command, the program first, and waits until it ends; after `limit` it is killed with all that it started.
///
/// # Errors
/// It could not be started, failed, or did not end.
pub fn run(command: &[String], limit: Duration, message: &Message) -> Result<(), CommandError> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let program = || program.clone();
    let start = |source| CommandError::Start { program: program(), source };
    // A file and no pipe: whoever the command left behind could hold a pipe open.
    let mut printed = tempfile::tempfile().map_err(start)?;
    let (out, err) = (printed.try_clone().map_err(start)?, printed.try_clone().map_err(start)?);
    let mut child = Command::new(program())
        .args(arguments)
        .envs(message.variables())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        // A group of its own: it is ended as a whole, and keys at the terminal do not reach it.
        .process_group(0)
        .spawn()
        .map_err(start)?;
    match wait(&mut child, limit) {
        Ok(Some(status)) if status.success() => Ok(()),
        Ok(Some(status)) => Err(CommandError::Failed { program: program(), status, said: said(&mut printed) }),
        Ok(None) => {
            kill(&mut child);
            Err(CommandError::Hung { program: program(), seconds: limit.as_secs(), said: said(&mut printed) })
        }
        Err(source) => {
            kill(&mut child);
            Err(CommandError::Wait { program: program(), source })
        }
    }
}

/// How it ended; `None` where it has not by then.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let begin = Instant::now();
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(status)),
            None if begin.elapsed() >= limit => return Ok(None),
            None => std::thread::sleep(LOOK),
        }
    }
}

/// Kills the command's group. A process that cannot be killed, in the kernel on a disk that hangs, is not waited for.
fn kill(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let killed = group.is_some_and(|group| kill_process_group(group, Signal::KILL).is_ok());
    if !killed {
        // It has just ended by itself, most likely.
        let _ = child.kill();
    }
    let _ = wait(child, Duration::from_secs(1));
}

/// The end of what was printed, in one line.
fn said(printed: &mut File) -> String {
    let mut read = || -> io::Result<String> {
        let length = printed.metadata()?.len();
        printed.seek(SeekFrom::Start(length.saturating_sub(SAID)))?;
        let mut bytes = Vec::new();
        printed.take(SAID).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() { String::new() } else { format!("; it said: {}", words.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::message::{Reason, Subject};

    const LONG: Duration = Duration::from_secs(60);

    fn message() -> Message {
        Message {
            subject: Subject::Run,
            name: "a b".into(),
            path: "/runs/a b".into(),
            reason: Reason::Finished,
            text: "run a b is finished; $(touch x) `y`".into(),
            figures: serde_json::json!({ "mae": 0.25 }),
        }
    }

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[test]
    fn it_is_given_what_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let script = format!(
            "printf '%s|' \"$MUG_RUN\" \"$MUG_PATH\" \"$MUG_STATE\" \"$MUG_MESSAGE\" \"$MUG_FIGURES\" \"$MUG_STUDY\" > {}",
            out.display()
        );
        run(&shell(&script), LONG, &message()).unwrap();
        let text = std::fs::read_to_string(out).unwrap();
        assert_eq!(text, "a b|/runs/a b|finished|run a b is finished; $(touch x) `y`|{\"mae\":0.25}||");
        run(&[], LONG, &message()).unwrap();
    }

    #[test]
    fn what_goes_wrong_is_said() {
        let missing = run(&["/no such program".into()], LONG, &message()).unwrap_err().to_string();
        assert!(missing.contains("cannot start /no such program"), "{missing}");
        let failed = run(&shell("echo no route >&2; exit 7"), LONG, &message()).unwrap_err().to_string();
        assert!(failed.contains("7; it said: no route"), "{failed}");
        let much = run(&shell("yes | head -c 5000000; exit 1"), LONG, &message()).unwrap_err().to_string();
        assert!(much.len() < 1000, "{much}");
    }

    #[test]
    fn one_that_hangs_is_killed_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        // The sleeping process ignores what asks it to end, and is not the one that was started.
        let inner = format!("trap '' TERM HUP INT; echo $$ > {}; exec sleep 1000", pid.display());
        let script = format!("sh -c \"{inner}\" & wait; sleep 1000");
        let hung = run(&shell(&script), Duration::from_secs(3), &message()).unwrap_err();
        assert!(matches!(hung, CommandError::Hung { .. }), "{hung}");
        let sleeping: i32 = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
        let gone = || std::fs::read_to_string(format!("/proc/{sleeping}/stat")).map_or(true, |s| s.contains(") Z "));
        let begin = Instant::now();
        while !gone() {
            assert!(begin.elapsed() < LONG, "{sleeping} lives");
            std::thread::sleep(LOOK);
        }
    }
}
