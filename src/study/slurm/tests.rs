use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use proptest::prelude::*;

use super::answers::{self, Job, Standing, Task};
use super::array::{self, Request, Submitted};
use super::commands::{Slurm, SlurmError};
use super::record::{Submission, Submissions};
use super::script::Script;

fn job(id: u64) -> Job {
    Job { id, cluster: None }
}

fn task(index: usize, state: &str, reason: Option<&str>) -> Task {
    Task { index, state: state.into(), reason: reason.map(str::to_owned) }
}

#[test]
fn a_submitted_job_is_known_by_its_number_and_cluster() {
    let on = |cluster: &str| Some(Job { id: 1234, cluster: Some(cluster.into()) });
    assert_eq!(answers::sbatch("1234\n"), Some(job(1234)));
    assert_eq!(answers::sbatch("1234;gpu-2\n"), on("gpu-2"));
    assert_eq!(answers::sbatch("Welcome to the cluster\n\n1234;\n"), Some(job(1234)));
    for bad in ["", "\n", "Submitted batch job 1234", "-3", "1234;--all", "1234;a b", "99999999999999999999999"] {
        assert_eq!(answers::sbatch(bad), None, "{bad}");
    }
}

/// As version 22.05 answered of an array with a task of each kind.
const SQUEUE: &str = "4|CANCELLED|None\n3|COMPLETED|None\n2|FAILED|JobLaunchFailure\n1|RUNNING|None\n\
                      0|PENDING|Nodes required for job are DOWN, DRAINED or reserved\n";

#[test]
fn squeue_tells_each_task_with_its_reason() {
    let tasks = answers::squeue(SQUEUE);
    assert_eq!(tasks[1], task(3, "COMPLETED", None));
    let of = |index: usize| tasks.iter().find(|t| t.index == index).unwrap();
    assert_eq!(of(0).words(), "pending (Nodes required for job are DOWN, DRAINED or reserved)");
    assert_eq!(of(2).words(), "failed");
    let standing: Vec<_> = (0..5).map(|i| of(i).standing()).collect();
    use Standing::{Ended, Running, Waiting};
    assert_eq!(standing, [Waiting, Running, Ended, Ended, Ended]);
    // With several clusters it prints their names; a job without an array has no index.
    assert_eq!(answers::squeue("CLUSTER: a\n7|RUNNING\nN/A|PENDING|x\n\n|||\n"), [task(7, "RUNNING", None)]);
}

/// Of version 22.05: an array whose task 3 was requeued once. What the parser does not read is left out.
const SACCT_22_05: &str = r#"{"meta": {"Slurm": {"release": "22.05.8"}}, "errors": [], "jobs": [
 {"job_id": 5, "array": {"job_id": 1, "task": null, "task_id": 3}, "state": {"current": "REQUEUED", "reason": "JobArrayTaskLimit"}},
 {"job_id": 1, "array": {"job_id": 1, "task": null, "task_id": 4}, "state": {"current": "CANCELLED", "reason": "JobArrayTaskLimit"}},
 {"job_id": 2, "array": {"job_id": 1, "task": null, "task_id": 0}, "state": {"current": "COMPLETED", "reason": "None"}},
 {"job_id": 4, "array": {"job_id": 1, "task": null, "task_id": 2}, "state": {"current": "OUT_OF_MEMORY", "reason": "None"}},
 {"job_id": 9, "array": {"job_id": 8, "task": null, "task_id": 2}, "state": {"current": "RUNNING", "reason": "None"}},
 {"job_id": 10, "array": {"job_id": 0, "task": null, "task_id": null}, "state": {"current": "RUNNING", "reason": "None"}},
 {"job_id": 5, "array": {"job_id": 1, "task": null, "task_id": 3}, "state": {"current": "COMPLETED", "reason": "BeginTime"}}]}"#;

/// The same in the form that version 23.11 began with.
const SACCT_23_11: &str = r#"{"jobs": [
 {"array": {"job_id": 1, "task_id": {"set": true, "infinite": false, "number": 4}}, "state": {"current": ["CANCELLED"], "reason": "None"}},
 {"array": {"job_id": 1, "task_id": {"set": true, "infinite": false, "number": 0}}, "state": {"current": ["COMPLETED"], "reason": "None"}},
 {"array": {"job_id": 1, "task_id": {"set": true, "infinite": false, "number": 2}}, "state": {"current": ["OUT_OF_MEMORY"], "reason": "None"}},
 {"array": {"job_id": 1, "task_id": {"set": false, "infinite": false, "number": 0}}, "state": {"current": ["PENDING"], "reason": "None"}},
 {"array": {"job_id": 1, "task_id": {"set": true, "infinite": false, "number": 3}}, "state": {"current": ["COMPLETED", "COMPLETING"], "reason": "None"}}]}"#;

#[test]
fn sacct_is_read_in_the_form_of_old_and_new_versions() {
    let states = |answer: &str| {
        let mut tasks = answers::sacct(answer, 1).unwrap();
        tasks.sort_by_key(|t| t.index);
        tasks.into_iter().map(|t| (t.index, t.state)).collect::<Vec<_>>()
    };
    let expected = [(0, "COMPLETED"), (2, "OUT_OF_MEMORY"), (3, "COMPLETED"), (4, "CANCELLED")];
    let expected = expected.map(|(i, s)| (i, s.to_owned()));
    assert_eq!(states(SACCT_22_05), expected);
    assert_eq!(states(SACCT_23_11), expected);
    for bad in ["", "Slurm accounting storage is disabled", "[]", "{}", r#"{"jobs": 3}"#, "null"] {
        assert_eq!(answers::sacct(bad, 1), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn no_answer_is_too_odd_to_be_read(text in "\\PC{0,200}", lines in proptest::collection::vec("[0-9A-Z|,; \n]{0,40}", 0..20)) {
        for answer in [text.clone(), lines.join("\n")] {
            let _ = (answers::sbatch(&answer), answers::squeue(&answer), answers::sacct(&answer, 1));
            prop_assert!(answers::squeue(&answer).len() <= answer.lines().count());
        }
    }

    #[test]
    fn sacct_cut_or_changed_anywhere_is_read_or_refused(at in 0..SACCT_22_05.len(), with in "[0-9\\[\\]{}\",:a-z]{0,3}") {
        let changed = format!("{}{with}{}", &SACCT_22_05[..at], &SACCT_22_05[at + 1..]);
        for answer in [&SACCT_22_05[..at], &changed] {
            if let Some(tasks) = answers::sacct(answer, 1) {
                prop_assert!(tasks.len() <= 6);
            }
        }
    }

    #[test]
    fn what_squeue_prints_of_a_task_comes_back(index in 0usize..1_000_000, state in "[A-Z][A-Z_]{0,20}", reason in "[A-Za-z,]{0,30}") {
        let expected = Some(reason.as_str()).filter(|r| !["", "None"].contains(r));
        prop_assert_eq!(answers::squeue(&format!("{index}|{state}|{reason}\n")), [task(index, &state, expected)]);
        prop_assert_eq!(answers::sbatch(&index.to_string()), Some(job(index as u64)));
    }

    /// Whatever a name or a path holds, the shell that runs the script takes it as one word.
    #[test]
    fn every_word_arrives_whole(cell in "[ -~é]{1,30}", folder in "[ -~é]{1,30}") {
        let script = Script { cells: vec!["other".into(), cell.clone()], study: PathBuf::from(&folder), ..script() };
        let ran = Shell::new(r#"printf '%s|%s\n' "$4" "$5" >> said"#).run(&script.text().unwrap(), 1);
        prop_assert_eq!(ran.said, format!("{folder}|{cell}\n"));
    }
}

fn script() -> Script {
    Script {
        name: "rivals".into(),
        program: "/opt/mug/bin/mug".into(),
        study: "/shared/my studies/100%/rivals".into(),
        cells: vec!["mucn-1".into(), "mucn-2".into(), "copied-1".into()],
        at_once: Some(2),
        options: vec!["--gres=gpu:1".into(), "--comment=two words # \"three\"".into()],
        variables: vec![("MUG_RUNS_DIR".into(), "/shared/my runs".into())],
    }
}

#[test]
fn the_script_as_it_is_printed() {
    insta::assert_snapshot!(script().text().unwrap());
}

#[test]
fn options_that_are_the_studys_own_or_no_options_are_refused() {
    for bad in ["--array=3", "-a", "-W", "--wrap=true", "gres=gpu:1", "", "--comment=a\nb", "--parsable"] {
        let refused = Script { options: vec![bad.into()], ..script() }.text().unwrap_err();
        assert!(
            refused.to_string().contains("--slurm-arg") && refused.to_string().contains(&format!("{bad:?}")),
            "{refused}"
        );
    }
    let odd = Script { study: "/a\nb".into(), ..script() }.text().unwrap_err();
    assert!(matches!(odd, SlurmError::Path { .. }), "{odd}");
}

/// Where a script is run with another program in place of `srun`, and one that notes what `scontrol` is asked.
struct Shell(tempfile::TempDir);

struct Ran {
    status: Option<i32>,
    said: String,
    asked: String,
}

impl Shell {
    /// `srun` is this line of the shell.
    fn new(srun: &str) -> Shell {
        let folder = tempfile::tempdir().unwrap();
        program(&folder.path().join("srun"), srun);
        program(&folder.path().join("scontrol"), "echo \"$@\" >> asked");
        Shell(folder)
    }

    fn run(&self, script: &str, task: usize) -> Ran {
        let folder = self.0.path();
        std::fs::write(folder.join("job.sh"), script).unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("bash");
        shell.arg("job.sh").current_dir(folder).env("PATH", path).env("SLURM_ARRAY_JOB_ID", "71");
        let Output { status, stderr, .. } = shell.env("SLURM_ARRAY_TASK_ID", task.to_string()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&stderr), "");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        Ran { status: status.code(), said: read("said"), asked: read("asked") }
    }
}

fn program(path: &Path, line: &str) {
    crate::files::write_program(path, &format!("#!/bin/sh\n{line}\n"));
}

#[test]
fn only_the_warning_signal_puts_a_task_back_and_only_a_killed_process_is_begun_again() {
    // Statuses of the first and, where there is one, of the second attempt.
    for (statuses, attempts, requeued) in [
        ("0 9", 1, false),
        ("1 9", 1, false),
        ("3 9", 1, false),
        ("143 9", 1, false),
        ("138 9", 1, true),
        ("137 0", 2, false),
        ("139 138", 2, true),
        ("137 137", 2, false),
    ] {
        let srun = format!("echo \"$@\" >> said; set -- {statuses}; [ $(wc -l < said) -gt 1 ] && exit $2; exit $1");
        let ran = Shell::new(&srun).run(&script().text().unwrap(), 2);
        let last: i32 = statuses.split(' ').nth(attempts - 1).unwrap().parse().unwrap();
        assert_eq!((ran.status, ran.said.lines().count()), (Some(last), attempts), "{statuses}");
        assert_eq!(ran.asked, if requeued { "requeue 71_2\n" } else { "" }, "{statuses}");
        assert!(
            ran.said.starts_with("/opt/mug/bin/mug study cell /shared/my studies/100%/rivals copied-1\n"),
            "{}",
            ran.said
        );
    }
}

/// Slurm's commands, each a line of the shell.
fn slurm(commands: &[(&str, &str)]) -> (tempfile::TempDir, Slurm) {
    let folder = tempfile::tempdir().unwrap();
    for (name, line) in commands {
        program(&folder.path().join(name), line);
    }
    let slurm = Slurm::in_folder(folder.path(), Duration::from_secs(20));
    (folder, slurm)
}

#[test]
fn what_slurm_refuses_is_told_in_its_words() {
    let (_folder, missing) = slurm(&[]);
    let text = missing.submit("").unwrap_err().to_string();
    assert!(text.contains("cannot find sbatch") && text.contains("leave --slurm out"), "{text}");
    let (_folder, refuses) = slurm(&[("sbatch", "echo 'sbatch: error: invalid partition specified: gpu' >&2; exit 1")]);
    let text = refuses.submit("").unwrap_err().to_string();
    assert_eq!(text, "sbatch refused: sbatch: error: invalid partition specified: gpu");
    let (_folder, many) = slurm(&[("sbatch", "echo 'sbatch: error: Invalid job array specification' >&2; exit 1")]);
    assert!(many.submit("").unwrap_err().to_string().contains("MaxArraySize"));
    let (_folder, mute) = slurm(&[("sbatch", "exit 4")]);
    assert!(mute.submit("").unwrap_err().to_string().contains("exit status: 4, without a word"));
    let (_folder, odd) = slurm(&[("sbatch", "echo hello")]);
    let text = odd.submit("").unwrap_err().to_string();
    assert!(text.contains("hello") && text.contains("expected the job's number"), "{text}");
}

#[test]
fn a_command_that_does_not_answer_is_given_up() {
    let (folder, _) = slurm(&[("sbatch", "exec sleep 600")]);
    let impatient = Slurm::in_folder(folder.path(), Duration::from_millis(100));
    let error = impatient.submit("").unwrap_err();
    assert!(matches!(error, SlurmError::Silent { .. }), "{error}");
}

#[test]
fn a_long_script_reaches_sbatch_whole_and_one_that_it_does_not_read_does_no_harm() {
    let (folder, slurm) = slurm(&[("sbatch", "cat > $(dirname $0)/got; echo 12")]);
    let long = "x".repeat(1 << 20);
    assert_eq!(slurm.submit(&long).unwrap(), job(12));
    assert_eq!(std::fs::read_to_string(folder.path().join("got")).unwrap(), long);
    program(&folder.path().join("sbatch"), "echo 13");
    assert_eq!(slurm.submit(&long).unwrap(), job(13));
}

#[test]
fn tasks_that_squeue_forgot_are_asked_of_sacct_and_a_job_that_both_forgot_has_none() {
    let accounts = format!("cat << 'END'\n{SACCT_22_05}\nEND");
    let forgot = "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1";
    let (folder, slurm) = slurm(&[("squeue", forgot), ("sacct", &accounts)]);
    let indices = |tasks: Vec<Task>| tasks.into_iter().map(|t| t.index).collect::<Vec<_>>();
    assert_eq!(indices(slurm.tasks(&job(1)).unwrap()), [0, 2, 3, 4]);
    // What squeue knows is newer.
    program(&folder.path().join("squeue"), "echo '3|FAILED|NonZeroExitCode'");
    let tasks = slurm.tasks(&job(1)).unwrap();
    assert!(tasks.len() == 4 && tasks[2].state == "FAILED", "{tasks:?}");
    program(&folder.path().join("squeue"), forgot);
    program(&folder.path().join("sacct"), "echo 'Slurm accounting storage is disabled' >&2; exit 1");
    assert_eq!(slurm.tasks(&job(1)).unwrap(), []);
    program(&folder.path().join("squeue"), "echo 'Unable to contact slurm controller' >&2; exit 1");
    assert!(slurm.tasks(&job(1)).unwrap_err().to_string().contains("Unable to contact"));
}

#[test]
fn cancelling_names_the_cluster_and_a_job_that_is_gone_is_no_error() {
    let (folder, slurm) = slurm(&[("scancel", "echo \"$@\" > $(dirname $0)/got")]);
    slurm.cancel(&Job { id: 7, cluster: Some("b".into()) }).unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("got")).unwrap(), "--clusters=b 7\n");
    program(
        &folder.path().join("scancel"),
        "echo 'scancel: error: Kill job error on job id 7: Invalid job id specified' >&2; exit 1",
    );
    slurm.cancel(&job(7)).unwrap();
}

#[test]
fn a_cell_is_looked_for_in_the_last_job_that_has_it() {
    let study = tempfile::tempdir().unwrap();
    let mut submissions = Submissions::read(study.path()).unwrap();
    assert_eq!(submissions, Submissions::default());
    for (id, cells) in [(1, ["a", "b"]), (2, ["b", "c"]), (3, ["c", "b"])] {
        let cells = cells.map(str::to_owned).to_vec();
        submissions.add(study.path(), Submission { job: job(id), cells }).unwrap();
    }
    let read = Submissions::read(study.path()).unwrap();
    assert_eq!(read, submissions);
    let squeue = "case \"$*\" in *jobs=1*) echo '0|RUNNING|None' ;; *jobs=3*) echo '1|PENDING|Priority' ;; *) echo no >&2; exit 1 ;; esac";
    let (_folder, slurm) = slurm(&[("squeue", squeue)]);
    let cells = read.ask(&slurm).unwrap();
    let told = |name: &str| (cells[name].job.id, cells[name].task.as_ref().map(Task::words));
    assert_eq!(told("a"), (1, Some("running".into())));
    assert_eq!(told("b"), (3, Some("pending (Priority)".into())));
    assert_eq!(told("c"), (3, None));
    assert_eq!(cells["b"].words(), "job 3: pending (Priority)");
    assert_eq!(cells["c"].words(), "job 3: Slurm no longer knows it");
    std::fs::write(study.path().join("slurm.json"), "{").unwrap();
    assert!(Submissions::read(study.path()).unwrap_err().to_string().contains("slurm.json"));
}

#[test]
fn a_cell_that_waits_or_runs_is_not_submitted_again() {
    let study = tempfile::tempdir().unwrap();
    let queue = "cat $(dirname $0)/queue 2>/dev/null";
    let sbatch = "cat > $(dirname $0)/script; echo 5 >> $(dirname $0)/sent; wc -l < $(dirname $0)/sent";
    let scancel = "echo \"$@\" >> $(dirname $0)/cancelled; [ $1 = 1 ] || echo '0|CANCELLED|None' > $(dirname $0)/queue";
    let (folder, slurm) = slurm(&[("sbatch", sbatch), ("squeue", queue), ("scancel", scancel)]);
    let cells = ["a", "b", "c"].map(str::to_owned);
    let request = Request { at_once: Some(1), options: vec!["--time=5".into()] };
    assert_eq!(request.submit(&slurm, study.path(), &cells).unwrap(), Submitted::Job(job(1), 3));
    assert_eq!(
        std::fs::read_to_string(folder.path().join("script")).unwrap(),
        request.script(study.path(), &cells).unwrap()
    );
    assert!(study.path().join("slurm").is_dir());
    std::fs::write(folder.path().join("queue"), "0|RUNNING|None\n1|FAILED|NonZeroExitCode\n2|PENDING|Priority\n")
        .unwrap();
    assert_eq!(request.submit(&slurm, study.path(), &cells).unwrap(), Submitted::Job(job(2), 1));
    let script = std::fs::read_to_string(folder.path().join("script")).unwrap();
    assert!(script.contains("CELLS=(\n    b\n)\n") && script.contains("--array=0-0%1\n"), "{script}");
    assert_eq!(request.submit(&slurm, study.path(), &cells).unwrap(), Submitted::Nothing);
    assert_eq!(array::cancel(&slurm, study.path()).unwrap(), [job(1), job(2)]);
    assert_eq!(array::cancel(&slurm, study.path()).unwrap(), []);
    assert_eq!(std::fs::read_to_string(folder.path().join("cancelled")).unwrap(), "1\n2\n");
}

#[test]
fn a_job_that_cannot_be_noted_is_taken_back() {
    let study = tempfile::tempdir().unwrap();
    // A folder is in the way of the file.
    let sbatch = format!("mkdir {}; echo 9", study.path().join("slurm.json").display());
    let (folder, slurm) = slurm(&[("sbatch", &sbatch), ("scancel", "echo \"$@\" >> $(dirname $0)/cancelled")]);
    let error = Request::default().submit(&slurm, study.path(), &["a".to_owned()]).unwrap_err();
    assert!(error.to_string().contains("slurm.json"), "{error}");
    assert_eq!(std::fs::read_to_string(folder.path().join("cancelled")).unwrap(), "9\n");
}
