//! A Slurm of one node with two cores, in a folder and on ports of its own: nothing of the machine's own Slurm is touched.

use std::fs::Permissions;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::home::{said, until};

/// Its daemons and jobs end when it is dropped.
pub struct Slurm {
    folder: tempfile::TempDir,
    daemons: Vec<Child>,
}

/// What it is made of, in the order in which it starts.
const DAEMONS: [&str; 3] = ["munged", "slurmctld", "slurmd"];
const COMMANDS: [&str; 5] = ["sbatch", "srun", "squeue", "scancel", "scontrol"];

/// A program in `PATH`, or where daemons lie that are not for everybody's `PATH`.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

impl Slurm {
    /// `None` where Slurm is not installed; then the test has said that it skips.
    pub fn start() -> Option<Slurm> {
        let missing = DAEMONS.iter().chain(&COMMANDS).find(|program| find(program).is_none());
        // Slurm's own daemons run jobs of any user, for which they have to be root's.
        let root = rustix::process::geteuid().is_root();
        if missing.is_some() || !root {
            let why =
                missing.map_or("only root can start Slurm".to_owned(), |program| format!("there is no {program}"));
            assert!(!std::env::var("MUG_TEST_REQUIRE").is_ok_and(|r| r.contains("slurm")), "{why}");
            println!("skipped: {why}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        // munged and the jobs' users look in.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        for inner in ["munge", "state", "spool"] {
            std::fs::create_dir(folder.path().join(inner)).unwrap();
        }
        let mut key = Vec::new();
        std::fs::File::open("/dev/urandom").unwrap().take(128).read_to_end(&mut key).unwrap();
        std::fs::write(folder.path().join("munge/key"), key).unwrap();
        std::fs::set_permissions(folder.path().join("munge/key"), Permissions::from_mode(0o600)).unwrap();
        std::fs::write(folder.path().join("slurm.conf"), configuration(folder.path())).unwrap();
        let mut slurm = Slurm { folder, daemons: Vec::new() };
        let munge =
            |name: &str, file: &str| format!("--{name}={}", slurm.folder.path().join("munge").join(file).display());
        let files = [
            ("key-file", "key"),
            ("socket", "socket"),
            ("pid-file", "pid"),
            ("log-file", "log"),
            ("seed-file", "seed"),
        ];
        let mut options = files.map(|(name, file)| munge(name, file)).to_vec();
        options.extend(["--foreground", "--force"].map(str::to_owned));
        slurm.daemon("munged", &options);
        let socket = slurm.folder.path().join("munge/socket");
        until("munged's socket", || socket.exists(), || slurm.logs());
        let conf = slurm.conf().display().to_string();
        for daemon in ["slurmctld", "slurmd"] {
            slurm.daemon(daemon, &["-D".to_owned(), "-f".to_owned(), conf.clone()]);
        }
        let idle = || slurm.command("sinfo").args(["--noheader", "--format=%T"]).output().unwrap();
        until("the node", || String::from_utf8_lossy(&idle().stdout).trim() == "idle", || slurm.logs());
        Some(slurm)
    }

    fn daemon(&mut self, name: &str, options: &[String]) {
        let log =
            || std::fs::File::options().create(true).append(true).open(self.folder.path().join("daemons.log")).unwrap();
        let mut command = Command::new(find(name).expect("looked for"));
        command.args(options).stdin(Stdio::null()).stdout(log()).stderr(log());
        self.daemons.push(command.spawn().unwrap());
    }

    /// What `SLURM_CONF` has to name for Slurm's commands.
    pub fn conf(&self) -> PathBuf {
        self.folder.path().join("slurm.conf")
    }

    /// One of Slurm's commands.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(find(program).unwrap_or_else(|| program.into()));
        command.env("SLURM_CONF", self.conf()).stdin(Stdio::null());
        command
    }

    /// Standard output of one of Slurm's commands, which must succeed.
    pub fn good(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {}\n{}", said(&output), self.logs());
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Signals the steps of a task, as Slurm does before the time limit; the script is not told.
    pub fn signal(&self, task: &str, signal: &str) {
        let mut scancel = self.command("scancel").args([&format!("--signal={signal}"), task]).spawn().unwrap();
        // The steps are told at once. While other tasks of the array wait, scancel is answered with an error all the same,
        // and asks again: a task that has gone on by then must not be told a second time.
        std::thread::sleep(Duration::from_secs(2));
        let _ = scancel.kill();
        scancel.wait().unwrap();
    }

    /// Each task of an array: `0 RUNNING 0` (index, state, how often it was begun again), in order.
    pub fn tasks(&self, job: &str) -> Vec<String> {
        let output = self.command("scontrol").args(["--oneliner", "show", "job", job]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let field = |line: &str, name: &str| {
            line.split_whitespace().find_map(|word| word.strip_prefix(name)).unwrap_or_default().to_owned()
        };
        let mut tasks: Vec<String> = text
            .lines()
            .map(|line| {
                let [index, state, restarts] = ["ArrayTaskId=", "JobState=", "Restarts="].map(|name| field(line, name));
                format!("{index} {state} {restarts}")
            })
            .collect();
        tasks.sort();
        tasks
    }

    /// Nothing waits and nothing runs.
    pub fn is_empty(&self) -> bool {
        let output = self.command("squeue").arg("--noheader").output().unwrap();
        output.status.success() && output.stdout.is_empty()
    }

    /// Everything that the daemons said.
    pub fn logs(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        ["daemons.log", "munge/log", "slurmctld.log", "slurmd.log"].map(read).join("\n")
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        let _ = self.command("scancel").args(["--quiet", "--signal=KILL", "--full", "--user=root"]).output();
        let _ = self.command("scancel").args(["--quiet", "--user=root"]).output();
        // A job's own processes are children of nobody here; they go before what watches them.
        for _ in 0..100 {
            if self.is_empty() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        for daemon in self.daemons.iter_mut().rev() {
            // Nothing here may fail: the test may have failed already.
            let _ = Command::new("kill").arg(daemon.id().to_string()).status();
            for _ in 0..100 {
                if daemon.try_wait().is_ok_and(|ended| ended.is_some()) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

fn configuration(folder: &Path) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let host = host.trim().split('.').next().unwrap();
    // Held both at a time, so that they differ.
    let ports = [0, 0].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let [controller, node] = ports.each_ref().map(|port| port.local_addr().unwrap().port());
    let folder = folder.display();
    format!(
        "ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
# How soon a task that was requeued may begin again, in seconds: two minutes where it is not said.
AuthInfo=socket={folder}/munge/socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2
PartitionName=test Nodes={host} Default=YES MaxTime=INFINITE State=UP
"
    )
}
