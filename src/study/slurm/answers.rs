//! What Slurm's commands print, read: `sbatch --parsable`, `squeue` by a format of ours, `sacct --json` of several versions.
//!
//! `squeue` is not asked for JSON: up to version 22.05 it then prints every job of the cluster, whatever it was asked for.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What `squeue --format` is given so that [`squeue`] can read it: index in the array, state, reason.
pub const SQUEUE_FORMAT: &str = "%K|%T|%r";

/// A job, as Slurm knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Of the array as a whole.
    pub id: u64,
    /// The cluster of several that has it; `None`: the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.cluster {
            Some(cluster) => write!(f, "{} on {cluster}", self.id),
            None => write!(f, "{}", self.id),
        }
    }
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In the queue, also again.
    Waiting,
    Running,
    /// Over, in whatever way.
    Ended,
}

/// A task of an array, as Slurm knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its index in the array.
    pub index: usize,
    /// Slurm's word: `PENDING`, `RUNNING`, `OUT_OF_MEMORY`, ...
    pub state: String,
    /// Slurm's word for why, where it has one: `Resources`, `Priority`, `BeginTime`, `NonZeroExitCode`.
    pub reason: Option<String>,
}

/// States of a task that is or will be in the queue.
const WAITING: [&str; 7] =
    ["PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD"];
/// States of a task that is over.
const ENDED: [&str; 10] = [
    "COMPLETED",
    "FAILED",
    "CANCELLED",
    "TIMEOUT",
    "OUT_OF_MEMORY",
    "NODE_FAIL",
    "BOOT_FAIL",
    "DEADLINE",
    "PREEMPTED",
    "REVOKED",
];

impl Task {
    fn new(index: usize, state: &str, reason: &str) -> Option<Task> {
        // `sacct` says who: "CANCELLED by 1000".
        let state = state.split_whitespace().next()?.to_ascii_uppercase();
        let reason = Some(reason.trim()).filter(|r| !matches!(*r, "" | "None" | "(null)"));
        Some(Task { index, state, reason: reason.map(str::to_owned) })
    }

    /// A state that this program does not know counts as running: Slurm still has the task.
    pub fn standing(&self) -> Standing {
        match self.state.as_str() {
            word if WAITING.contains(&word) => Standing::Waiting,
            word if ENDED.contains(&word) => Standing::Ended,
            _ => Standing::Running,
        }
    }

    /// In words: `pending (Resources)`, `out of memory`.
    pub fn words(&self) -> String {
        let state = self.state.to_ascii_lowercase().replace('_', " ");
        match &self.reason {
            Some(reason) if self.standing() == Standing::Waiting => format!("{state} ({reason})"),
            _ => state,
        }
    }
}

/// The job that `sbatch --parsable` made: `1234`, or `1234;cluster`. `None` for anything else.
pub fn sbatch(answer: &str) -> Option<Job> {
    // Sites print words of their own before it.
    let line = answer.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    let (id, cluster) = match line.split_once(';') {
        Some((id, cluster)) => (id, Some(cluster.trim())),
        None => (line, None),
    };
    let cluster = cluster.filter(|name| !name.is_empty());
    let plain = |name: &str| {
        !name.starts_with('-') && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    if !cluster.is_none_or(plain) {
        return None;
    }
    Some(Job { id: id.trim().parse().ok()?, cluster: cluster.map(str::to_owned) })
}

/// The tasks in an answer of `squeue --noheader --array` in [`SQUEUE_FORMAT`]. Lines of another form are passed over: with
/// several clusters it prints their names.
pub fn squeue(answer: &str) -> Vec<Task> {
    let task = |line: &str| {
        let mut parts = line.splitn(3, '|');
        let index = parts.next()?.trim().parse().ok()?;
        Task::new(index, parts.next()?, parts.next().unwrap_or_default())
    };
    answer.lines().filter_map(task).collect()
}

/// The tasks of a job in an answer of `sacct --json`, which may hold other jobs, too. Of a task that ran several times the
/// last attempt counts. `None` where it is no such answer.
///
/// Versions differ: a task's index is a number, or an object with `set` and `number`; a state is a word, or a list whose
/// first is the state.
pub fn sacct(answer: &str, job: u64) -> Option<Vec<Task>> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let mut tasks: Vec<Task> = Vec::new();
    for record in answer.get("jobs")?.as_array()? {
        if number(&record["array"]["job_id"]) != Some(job) {
            continue;
        }
        let state = &record["state"]["current"];
        let state = state.as_str().or_else(|| state.get(0)?.as_str());
        let index = number(&record["array"]["task_id"]).and_then(|n| usize::try_from(n).ok());
        let (Some(index), Some(state)) = (index, state) else { continue };
        let Some(task) = Task::new(index, state, record["state"]["reason"].as_str().unwrap_or_default()) else {
            continue;
        };
        match tasks.iter_mut().find(|t| t.index == index) {
            // An attempt that was put back into the queue says nothing of those after it.
            Some(_) if task.state == "REQUEUED" => {}
            Some(earlier) => *earlier = task,
            None => tasks.push(task),
        }
    }
    Some(tasks)
}

/// `3`, or `{"set": true, "infinite": false, "number": 3}`.
fn number(value: &Value) -> Option<u64> {
    let set = value.get("set").is_none_or(|set| set.as_bool() == Some(true));
    value.as_u64().or_else(|| value.get("number")?.as_u64().filter(|_| set))
}
