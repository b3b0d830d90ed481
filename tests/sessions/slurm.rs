//! A real Slurm of one node: the book's batch script, and studies as array jobs.

use std::path::{Path, PathBuf};

use mug::run::directory::RunDir;
use mug::run::list::summarise;
use mug::run::lock;
use mug::run::study::Study;
use mug::run::tail::read_view;
use mug::training::events::Stage;

use crate::batch;
use crate::support::home::{Home, said, signal, until, within};
use crate::support::outcome::Outcome;
use crate::support::slurm::Slurm;

/// Minutes that whole runs may take, two at a time, on a machine that is very busy.
const LONG: u64 = 15;

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
    slurm.signal(&format!("{job}_1"), "USR1");
    slurm.good("scancel", &[&format!("{job}_2")]);
    within(LONG, "the end", || slurm.is_empty(), situation);
    assert_eq!(slurm.tasks(&job), ["1 COMPLETED 1", "2 CANCELLED 0"], "{}", slurm.logs());
    assert_eq!((state(&run(1)), state(&run(2))), ("finished", "stopped"));
    // What the task printed before it was begun again stands.
    let log = std::fs::read_dir(home.path()).unwrap().flatten().map(|e| e.path());
    let log = log.into_iter().find(|p| p.to_string_lossy().ends_with(&format!("-{job}_1.log"))).unwrap();
    let text = std::fs::read_to_string(log).unwrap();
    let result = format!("{{\"run\":\"sims-{job}-1\"");
    assert!(text.contains("go on with mug train --resume") && text.contains(&result), "{text}");
}

/// Three rows that have their first stage in common, with two seeds each.
const STUDY: &str = "question = \"Does it come out the same on a cluster?\"
seeds = 2
metrics = [\"test.mae\"]
settings = { contrastive.epochs = 6, contrastive.patience = 0, denoising.epochs = 6, joint.epochs = 6, joint.patience = 0, \
             training.checkpoint_seconds = 1 }
variants = [
    { name = \"whole\" },
    { name = \"half\", set = { joint.unimodal_weight = 0.05 } },
    { name = \"without\", set = { joint.unimodal_weight = 0 } },
]
";

/// A home that has the study in `tiny.toml`.
fn home_with_study(text: &str) -> Home {
    let home = Home::new();
    std::fs::write(home.path().join("tiny.toml"), text).unwrap();
    home
}

/// The one study of a home.
fn study(home: &Home) -> Study {
    let mut studies = mug::run::study::folder::list(&home.runs());
    assert_eq!(studies.len(), 1);
    studies.remove(0)
}

/// The runs of the study's cells, in order.
fn runs(home: &Home) -> Vec<PathBuf> {
    let study = study(home);
    study.plan().cells().iter().map(|cell| study.runs_folder().join(&cell.name)).collect()
}

/// `mug` where Slurm's commands find their cluster.
fn on(slurm: &Slurm, home: &Home, line: &str) -> String {
    let output = home.mug(line).env("SLURM_CONF", slurm.conf()).output().unwrap();
    assert!(output.status.success(), "mug {line}: {}\n{}", said(&output), slurm.logs());
    said(&output)
}

/// The array job that was submitted last.
fn job(home: &Home) -> String {
    let text = std::fs::read_to_string(study(home).path().join("slurm.json")).unwrap();
    let submissions: serde_json::Value = serde_json::from_str(&text).unwrap();
    submissions["jobs"].as_array().unwrap().last().unwrap()["id"].to_string()
}

/// Steps that a run has done of all its stages; 0 where it is not there yet.
fn steps(run: &Path) -> u64 {
    let view = read_view(&run.join("events.jsonl")).unwrap_or_default();
    Stage::ALL.iter().map(|stage| view.stage(*stage).step).sum()
}

#[test]
fn an_array_with_a_task_requeued_one_at_its_time_limit_and_one_killed_computes_what_this_machine_does() {
    let (here, there) = (home_with_study(STUDY), home_with_study(STUDY));
    let Some(slurm) = Slurm::start() else { return };
    const RUN: &str = "study run tiny.toml --dataset demo --device cpu --jobs 2";
    let script = on(&slurm, &there, &format!("{RUN} --slurm --slurm-arg --time=30 --print"));
    assert!(script.starts_with("#!/bin/bash\n") && script.contains("\n#SBATCH --array=0-5%2\n"), "{script}");
    assert!(script.contains("\n#SBATCH --time=30\n") && slurm.is_empty(), "{script}");
    let told = on(&slurm, &there, &format!("{RUN} --slurm --slurm-arg --time=30"));
    let (job, cells) = (job(&there), runs(&there));
    assert!(told.contains(&format!("6 cells submitted as job {job}")), "{told}");
    let situation = || {
        format!("{:?}\n{:?}\n{}", slurm.tasks(&job), cells.iter().map(|c| state(c)).collect::<Vec<_>>(), slurm.logs())
    };
    let reaches =
        |cell: usize| until("steps", || steps(&cells[cell]) > 40 && state(&cells[cell]) == "training", situation);
    reaches(0);
    slurm.good("scontrol", &["requeue", &format!("{job}_0")]);
    reaches(1);
    signal(lock::holder(&RunDir::open(&cells[1]).unwrap()).unwrap().pid, "-KILL");
    reaches(2);
    slurm.signal(&format!("{job}_2"), "USR1");
    // Whoever asks again submits nothing twice.
    let again = on(&slurm, &there, &format!("{RUN} --slurm"));
    assert!(again.contains("waits or runs already"), "{again}");
    for cell in &cells {
        within(LONG, "each cell's end", || state(cell) == "finished", situation);
    }
    within(LONG, "the end", || slurm.is_empty(), situation);
    let tasks: Vec<String> = (0..6).map(|n| format!("{n} COMPLETED {}", u8::from(n == 0 || n == 2))).collect();
    assert_eq!(slurm.tasks(&job), tasks, "{}", slurm.logs());
    here.good(RUN);
    for (ours, theirs) in runs(&here).iter().zip(&cells) {
        let outcome = |run: &Path| Outcome::of(&RunDir::open(run).unwrap());
        outcome(theirs).assert_same(&outcome(ours), &theirs.display().to_string());
    }
    let again = on(&slurm, &there, &format!("{RUN} --slurm"));
    assert!(again.contains("every cell is finished") && slurm.is_empty(), "{again}");
}

#[test]
fn a_study_that_is_stopped_leaves_the_queue_and_goes_on_as_another_array() {
    let home = home_with_study(&STUDY.replace("epochs = 6", "epochs = 5000"));
    let Some(slurm) = Slurm::start() else { return };
    on(&slurm, &home, "study run tiny.toml --dataset demo --device cpu --slurm --jobs 1");
    let (first, cells, name) = (job(&home), runs(&home), study(&home).name().to_owned());
    let situation = || format!("{:?}\n{}", slurm.tasks(&first), slurm.logs());
    until("training", || steps(&cells[0]) > 5, situation);
    let told = on(&slurm, &home, &format!("study stop {name}"));
    assert!(told.contains(&format!("job {first} cancelled")), "{told}");
    until("an empty queue", || slurm.is_empty(), situation);
    assert_eq!((state(&cells[0]), state(&cells[1])), ("stopped", ""));
    let done = steps(&cells[0]);
    on(&slurm, &home, &format!("study resume {name} --slurm --jobs 2"));
    until("more steps", || steps(&cells[0]) > done + 5, situation);
    assert_ne!(job(&home), first);
    on(&slurm, &home, &format!("study stop {name}"));
    until("an empty queue", || slurm.is_empty(), situation);
    // Where Slurm is not to be had, it is said what is missing.
    let mut line = home.mug(&format!("study resume {name} --slurm"));
    let output = line.env("PATH", home.path()).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("cannot find"), "{}", said(&output));
    // What Slurm refuses is told in its words.
    let mut line = home.mug(&format!("study resume {name} --slurm --slurm-arg --partition=nowhere"));
    let output = line.env("SLURM_CONF", slurm.conf()).output().unwrap();
    assert!(
        !output.status.success() && said(&output).contains("invalid partition specified: nowhere"),
        "{}",
        said(&output)
    );
}
