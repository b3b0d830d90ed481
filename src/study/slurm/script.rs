//! The batch script of a study: an array job, one task a cell.

use std::path::{Path, PathBuf};

use super::commands::SlurmError;

/// What a script is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The job's name in the queue.
    pub name: String,
    /// This program, by a path that is the same on the nodes.
    pub program: PathBuf,
    /// The study's folder, by such a path.
    pub study: PathBuf,
    /// Names of the cells, in the order of the array's tasks.
    pub cells: Vec<String>,
    /// At most this many tasks at a time; `None`: as many as Slurm lets.
    pub at_once: Option<usize>,
    /// Options of `sbatch` as the user gave them, each one argument: `--gres=gpu:1`.
    pub options: Vec<String>,
    /// Variables that a task must have, whatever environment the cluster gives it.
    pub variables: Vec<(String, PathBuf)>,
}

/// Options of `sbatch` that would take the array out of the study's hands.
const OURS: [&str; 10] =
    ["--array", "-a", "--wrap", "--parsable", "--test-only", "--wait", "-W", "--help", "--usage", "--version"];

/// The signal before the time limit, and the exit status of a run that it ended.
const WARNING: (&str, u8) = ("USR1", 138);

impl Script {
    /// The text of the script.
    ///
    /// # Errors
    /// An option that cannot be passed on, or a path that is no text.
    pub fn text(&self) -> Result<String, SlurmError> {
        let mut lines = vec!["#!/bin/bash".to_owned()];
        lines.push(format!("# The cells of a study of mug, one a task: {}", one_line(&self.study)?));
        let at_once = self.at_once.map(|n| format!("%{n}")).unwrap_or_default();
        let output = format!("{}/slurm/%A_%a.log", one_line(&self.study)?.replace('%', "%%"));
        let ours = [
            format!("--job-name={}", self.name),
            format!("--array=0-{}{at_once}", self.cells.len().saturating_sub(1)),
            "--requeue".to_owned(),
            format!("--signal={}@60", WARNING.0),
            "--open-mode=append".to_owned(),
            format!("--output={output}"),
        ];
        // Of two that contradict each other Slurm takes the later one, the user's.
        for option in ours.iter().chain(&self.options) {
            check(option)?;
            lines.push(format!("#SBATCH {}", for_sbatch(option)));
        }
        lines.push("CELLS=(".to_owned());
        lines.extend(self.cells.iter().map(|cell| format!("    {}", for_shell(cell))));
        lines.push(")".to_owned());
        for (name, value) in &self.variables {
            lines.push(format!("export {name}={}", for_shell(one_line(value)?)));
        }
        let (program, study) = (for_shell(one_line(&self.program)?), for_shell(one_line(&self.study)?));
        let signalled = WARNING.1;
        lines.push(format!(
            r#"# Slurm gives a step all cores of its task only when told so.
[ -z "$SLURM_CPUS_PER_TASK" ] || export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
# As many threads as the task has cores, also where the cluster does not keep it to them.
[ -z "$SLURM_CPUS_ON_NODE" ] || export RAYON_NUM_THREADS=${{RAYON_NUM_THREADS:-$SLURM_CPUS_ON_NODE}}
# A process that was killed (137: kill -9 or out of memory, 134 and 139: a crash) is begun once more, from its checkpoint.
for attempt in 1 2; do
    srun {program} study cell {study} "${{CELLS[$SLURM_ARRAY_TASK_ID]}}"
    status=$?
    case $status in 134|137|139) ;; *) break ;; esac
done
# Ended by the signal before the time limit, and only then: the cell goes on in the queue.
if [ $status -eq {signalled} ]; then
    scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}"
fi
exit $status"#
        ));
        Ok(lines.join("\n") + "\n")
    }
}

/// An option that `sbatch` may be given besides ours.
///
/// # Errors
/// One that is no option, spans lines, or is ours to set.
fn check(option: &str) -> Result<(), SlurmError> {
    let refuse = |why: &str| Err(SlurmError::Option { option: option.to_owned(), why: why.to_owned() });
    if !option.starts_with('-') {
        return refuse("it begins with no '-'; options of sbatch are given as --slurm-arg=--gres=gpu:1");
    }
    if option.chars().any(char::is_control) {
        return refuse("it holds a control character");
    }
    let name = option.split(['=', ' ']).next().unwrap_or(option);
    if OURS.contains(&name) && !option.starts_with("--array=0-") {
        return refuse("mug sets this itself, or could not read what sbatch then answers");
    }
    Ok(())
}

/// A path as text of one line.
fn one_line(path: &Path) -> Result<&str, SlurmError> {
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control));
    text.ok_or_else(|| SlurmError::Path { path: path.to_owned() })
}

/// A word of the shell.
fn for_shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '=' | ':' | '@' | '+');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A word of a line of `#SBATCH`, where a comment ends what is not quoted.
fn for_sbatch(word: &str) -> String {
    let special = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | '#');
    if !word.contains(special) {
        return word.to_owned();
    }
    format!("\"{}\"", word.replace('\\', r"\\").replace('"', "\\\""))
}
