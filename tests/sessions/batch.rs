//! The README's batch script, as a batch system runs it: with the warning signal, and again when the job is requeued.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use crate::support::home::{Home, said, signal, until};

/// The script, with a smaller dataset in place of `sims`.
fn script() -> String {
    let readme = include_str!("../../README.md");
    let begin = readme.find("#!/bin/bash\n#SBATCH").expect("README.md shows a batch script");
    let script = readme[begin..].split("```").next().unwrap();
    assert!(script.contains("--signal=USR1@"), "{script}");
    script.replace("--dataset sims", &crate::SMALL.replace("epochs=8", "epochs=10"))
}

#[test]
fn the_readmes_batch_script_goes_on_where_the_job_before_was_ended() {
    let home = Home::new();
    let programs = home.path().join("bin");
    std::fs::create_dir(&programs).unwrap();
    // A job's step is a process of its own, which gets the signals.
    let stub = "#!/bin/sh\nexec \"$@\"\n";
    std::fs::write(programs.join("srun"), stub).unwrap();
    std::fs::set_permissions(programs.join("srun"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mug"), programs.join("mug")).unwrap();
    let file = home.path().join("job.sh");
    std::fs::write(&file, script()).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let submit = || -> Child {
        let mut job = Command::new("bash");
        job.arg(&file).envs(home.variables()).env("PATH", &path).env("SLURM_JOB_NAME", "nightly").process_group(0);
        job.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for (warning, status) in [("-USR1", 138), ("-TERM", 143)] {
        let job = submit();
        until("training", || home.state() == "training", || home.state());
        // The step is told, the script is not.
        signal(home.host(), warning);
        let output = job.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", said(&output));
        assert!(said(&output).contains("go on with mug train --resume sims-nightly"), "{}", said(&output));
        assert_eq!(home.state(), "stopped");
    }
    let output = submit().wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["run"], "sims-nightly");
    assert_eq!(home.listed().len(), 1);
}
