//! A real Slurm of one node: the book's batch script, and studies as array jobs.

use std::path::Path;

use mug::run::directory::RunDir;
use mug::run::list::summarise;

use crate::batch;
use crate::support::home::{Home, until};
use crate::support::slurm::Slurm;

/// The state of a run, as `mug runs` shows it; empty where it is not there yet.
fn state(run: &Path) -> &'static str {
    RunDir::open(run).map_or("", |dir| summarise(&dir).state.name())
}

#[test]
fn the_books_array_goes_on_in_the_queue_after_the_signal_and_not_after_scancel() {
    let Some(slurm) = Slurm::start() else { return };
    let home = Home::new();
    let file = home.path().join("job.sh");
    std::fs::write(&file, batch::script().replace("--array=1-5", "--array=1-2")).unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_mug")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut submit = slurm.command("sbatch");
    submit.args(["--parsable", "--time=10"]).arg(&file).current_dir(home.path());
    let output = submit.envs(home.variables()).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let job = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let run = |task: usize| home.runs().join(format!("sims-{job}-{task}"));
    let situation = || format!("{:?}\n{}", slurm.tasks(&job), slurm.logs());
    let trains = || [1, 2].iter().all(|&task| state(&run(task)) == "training");
    until("two runs", trains, situation);
    // As Slurm does before the time limit: every step of the task is told, the script is not.
    slurm.good("scancel", &["--signal=USR1", &format!("{job}_1")]);
    slurm.good("scancel", &[&format!("{job}_2")]);
    until("the end", || slurm.is_empty(), situation);
    assert_eq!(slurm.tasks(&job), ["1 COMPLETED 1", "2 CANCELLED 0"], "{}", slurm.logs());
    assert_eq!((state(&run(1)), state(&run(2))), ("finished", "stopped"));
    // What the task printed before it was begun again stands.
    let log = std::fs::read_dir(home.path()).unwrap().flatten().map(|e| e.path());
    let log = log.into_iter().find(|p| p.to_string_lossy().ends_with(&format!("-{job}_1.log"))).unwrap();
    let text = std::fs::read_to_string(log).unwrap();
    let result = format!("{{\"run\":\"sims-{job}-1\"");
    assert!(text.contains("go on with mug train --resume") && text.contains(&result), "{text}");
}
