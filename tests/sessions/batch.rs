//! The book's batch script, as a batch system runs it: with the warning signal, and again when the job is requeued.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use crate::support::home::{Home, said, signal, until};
use crate::support::settings::{LONG, SMALL};

/// The script, with a smaller dataset in place of `sims`, and on a machine without GPUs.
pub fn script() -> String {
    let page = include_str!("../../src/book/cluster.md");
    let begin = page.find("#!/bin/bash\n#SBATCH").expect("the book's page of clusters shows a batch script");
    let script = page[begin..].split("```").next().unwrap();
    for words in ["--signal=USR1@60", "--dataset sims ", "--gres=gpu:1 ", "--array=1-5 "] {
        assert!(script.contains(words), "{words}: {script}");
    }
    script.replace("--dataset sims", &SMALL.replace("epochs=8", "epochs=10")).replace("--gres=gpu:1 ", "")
}

#[test]
fn the_books_batch_script_goes_on_where_the_task_before_was_ended() {
    let home = Home::new();
    let programs = home.path().join("bin");
    std::fs::create_dir(&programs).unwrap();
    let asked = home.path().join("scontrol.txt");
    // A job's step is a process of its own, which gets the signals; the queue is asked to begin the task again.
    let stubs = [("srun", "exec \"$@\"".to_owned()), ("scontrol", format!("echo \"$@\" >> {}", asked.display()))];
    for (name, line) in stubs {
        std::fs::write(programs.join(name), format!("#!/bin/sh\n{line}\n")).unwrap();
        std::fs::set_permissions(programs.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mug"), programs.join("mug")).unwrap();
    let file = home.path().join("job.sh");
    std::fs::write(&file, script()).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let submit = || -> Child {
        let mut job = Command::new("bash");
        job.arg(&file).envs(home.variables()).env("PATH", &path).process_group(0);
        job.env("SLURM_ARRAY_JOB_ID", "71").env("SLURM_ARRAY_TASK_ID", "3");
        job.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for (warning, status) in [("-USR1", 138), ("-TERM", 143)] {
        let job = submit();
        until("training", || home.state() == "training", || home.state());
        // The step is told, the script is not.
        signal(home.host(), warning);
        let output = job.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", said(&output));
        assert!(said(&output).contains("go on with mug train --resume sims-71-3"), "{}", said(&output));
        assert_eq!(home.state(), "stopped");
        // Once, at the signal before the time limit.
        assert_eq!(std::fs::read_to_string(&asked).unwrap(), "requeue 71_3\n", "{warning}");
    }
    let output = submit().wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["run"], "sims-71-3");
    assert_eq!(home.listed().len(), 1);
    assert_eq!(std::fs::read_to_string(&asked).unwrap().lines().count(), 1);
}

#[test]
fn every_signal_that_can_be_taken_checkpoints_or_does_no_harm() {
    let home = Home::new();
    let mut line = format!("train --dataset demo {LONG} --run x");
    for number in [1, 10, 12, 14, 15, 16, 24, 25, 26, 27, 29, 30, 34, 64] {
        let child = home.mug(&line).spawn().unwrap();
        home.wait_for_state("training");
        let before = home.view();
        signal(child.id(), &format!("-{number}"));
        // SIGHUP and SIGXFSZ: the run goes on.
        let harmless = matches!(number, 1 | 25);
        if harmless {
            until("more steps", || home.view().stages[0].step > before.stages[0].step + 5, String::new);
            signal(child.id(), "-TERM");
        }
        let output = child.wait_with_output().unwrap();
        let status = 128 + if harmless { 15 } else { number };
        assert_eq!(output.status.code(), Some(status), "signal {number}: {}", said(&output));
        assert_eq!(home.state(), "stopped", "signal {number}");
        line = "train --resume x".to_owned();
    }
    // What people expect of ctrl-\\: the end, at once; also where these tests were begun in the background, with it ignored.
    let mut command = Command::new("env");
    command.args(["--default-signal=QUIT", env!("CARGO_BIN_EXE_mug")]).args(line.split(' ')).envs(home.variables());
    command.current_dir(home.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    home.wait_for_state("training");
    signal(child.id(), "-QUIT");
    assert_eq!(child.wait().unwrap().code(), None);
    home.wait_for_state("died");
}

#[test]
fn a_job_that_was_killed_goes_on_at_once_under_another_host_name() {
    let home = Home::new();
    let mut child = home.start(&format!("train {SMALL} --run x"));
    home.wait_for_state("training");
    child.kill().unwrap();
    child.wait().unwrap();
    let mug = env!("CARGO_BIN_EXE_mug");
    let script = format!("hostname requeued-job || exit 77; exec {mug} train --resume x");
    let mut job = Command::new("unshare");
    job.args(["--uts", "sh", "-c", &script]).envs(home.variables()).stdin(Stdio::null());
    let output = job.output().unwrap();
    if output.status.code() == Some(77) || said(&output).contains("unshare failed") {
        println!("skipped: this user may not give a process another host name");
        return;
    }
    assert!(output.status.success() && !said(&output).contains("waiting"), "{}", said(&output));
    assert_eq!(home.state(), "finished");
}

/// In front of the C library: a file system without locks.
const LOCKLESS: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
static int answer(const char *name, int fd, int command, void *argument) {
    if (command == F_OFD_SETLK || command == F_OFD_GETLK || command == F_SETLK || command == F_GETLK) {
        errno = ENOLCK;
        return -1;
    }
    int (*real)(int, int, void *) = (int (*)(int, int, void *))dlsym(RTLD_NEXT, name);
    return real(fd, command, argument);
}
int fcntl(int fd, int command, ...) {
    va_list rest; va_start(rest, command); void *argument = va_arg(rest, void *); va_end(rest);
    return answer("fcntl", fd, command, argument);
}
int fcntl64(int fd, int command, ...) {
    va_list rest; va_start(rest, command); void *argument = va_arg(rest, void *); va_end(rest);
    return answer("fcntl64", fd, command, argument);
}
int flock(int fd, int operation) { errno = ENOLCK; return -1; }
"#;

#[test]
fn a_file_system_without_locks_is_trained_on_by_one_process_that_says_so() {
    let home = Home::new();
    let (source, shim) = (home.path().join("lockless.c"), home.path().join("lockless.so"));
    std::fs::write(&source, LOCKLESS).unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&shim).arg(&source).arg("-ldl").status();
    if !built.is_ok_and(|s| s.success()) {
        println!("skipped: no C compiler here");
        return;
    }
    let mug = |line: &str| {
        let mut command = home.mug(line);
        command.env("LD_PRELOAD", &shim);
        command
    };
    let mut child = mug(&format!("train {SMALL} --run x")).spawn().unwrap();
    home.wait_for_state("training");
    let log = home.view().log;
    assert!(log.iter().any(|l| l.message.contains("cannot be locked here")), "{log:?}");
    let second = mug("train --resume x").output().unwrap();
    assert!(!second.status.success() && said(&second).contains("being trained already"), "{}", said(&second));
    child.kill().unwrap();
    child.wait().unwrap();
    home.wait_for_state("died");
    let output = mug("train --resume x").output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(!home.runs().join("x/host.owner").exists());
}
