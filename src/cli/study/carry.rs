//! Carrying a study out, in the foreground with lines of progress or detached: for `mug study run` and `resume`.

use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use color_eyre::Result;
use color_eyre::eyre::{WrapErr, eyre};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::pictures;
use super::slurm::SlurmArgs;
use crate::cli::lines::{duration, harmless};
use crate::cli::out::{columns, say, warn};
use crate::cli::status::{SIGNALLED, STOPPED};
use crate::device;
use crate::files;
use crate::host::spawn::this_program;
use crate::notify::Settings;
use crate::report::study::forms::lines;
use crate::report::study::gather;
use crate::run::study::Study;
use crate::study::engine::{Engine, News, Outcome, Progress};
use crate::study::jobs::{Jobs, is_on_cpu};
use crate::study::share::Kinship;
use crate::study::telling::{self, End};

/// How a study is carried out.
#[derive(Debug, clap::Args)]
pub struct CarryArgs {
    /// Runs at a time [default: what cores, memory and GPUs allow; with --slurm, what the cluster allows].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    jobs: Option<u32>,
    /// GPUs to spread runs over: their places in the list of `mug devices`, from 0 [default: the best].
    #[arg(long, value_name = "GPU,...", value_delimiter = ',')]
    devices: Vec<usize>,
    /// Leave it going in a process of its own, without a terminal.
    #[arg(long)]
    detach: bool,
    #[command(flatten)]
    slurm: SlurmArgs,
}

/// Trains what is missing of a study.
pub fn carry(study: &Study, args: &CarryArgs) -> Result<ExitCode> {
    if args.slurm.slurm {
        return args.slurm.submit(study, args.jobs.map(|n| n as usize));
    }
    if args.detach {
        return detach(study, args);
    }
    let signals = Signals::take()?;
    let chosen = device::choose(study.plan().device)?;
    let on_cpu = is_on_cpu(study.plan().device, &chosen.name);
    if on_cpu && !args.devices.is_empty() {
        return Err(eyre!("--devices: the study computes on {}; leave it out", chosen.name));
    }
    let adapters = if args.devices.is_empty() { 0 } else { device::adapters().len() };
    if let Some(no) = args.devices.iter().find(|d| **d >= adapters) {
        return Err(eyre!(
            "--devices {no}: expected places from 0 to {}, as mug devices lists adapters",
            adapters.saturating_sub(1)
        ));
    }
    let bytes = study.plan().data.as_ref().map_or(0, |d| d.stamp.bytes);
    let jobs = Jobs::choose(args.jobs.map(|n| n as usize), args.devices.clone(), on_cpu, bytes);
    let kin = Kinship::of(study, &chosen.name)?;
    warn(&format!(
        "study {}: {} runs, at most {} at a time, on {}",
        study.name(),
        kin.cells().len(),
        jobs.count,
        chosen.name
    ));
    let mut engine = Engine::new(study, kin, jobs)?;
    let name = study.name();
    let ended = engine.run(&|| signals.came(), &mut |news| tell(&news));
    let how = match &ended {
        Ok(Outcome::Done) => Some(End::Done),
        // A person who stops a study knows it.
        Ok(Outcome::Stopped) => signals.came().then_some(End::Stopped),
        Err(e) => Some(End::Failed(e.to_string())),
    };
    if let Some(how) = how {
        notify(study, how);
    }
    match ended? {
        Outcome::Stopped => {
            warn(&format!("study {name} is stopped; mug study resume {name} goes on with it"));
            Ok(ExitCode::from(signals.status()))
        }
        Outcome::Done => {
            done(study)?;
            let Progress { cells, finished, .. } = engine.progress();
            Ok(if finished == cells { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

/// Tells how a study ended, as its person asked for; why nobody was told is printed.
pub fn notify(study: &Study, end: End) {
    let told =
        Settings::of_person().map_err(|e| e.to_string()).and_then(|settings| telling::tell(study, &settings, end));
    if let Err(why) = told {
        warn(&harmless(&why));
    }
}

/// Prints the table of a study that is done, and draws its pictures.
fn done(study: &Study) -> Result<()> {
    let outcomes = gather(study);
    for line in lines(&outcomes.table(), columns()) {
        say(&line)?;
    }
    let name = study.name();
    say("")?;
    // Pictures are not what the study was carried out for: a disk that is full has been told of before.
    if let Ok(drawn) = pictures::draw(study, &outcomes)
        && let Some(folder) = drawn.first().and_then(|path| path.parent())
    {
        say(&format!("{} pictures are in {}", drawn.len(), folder.display()))?;
    }
    say(&format!("study {name} is done; mug study show {name} prints this again, and in other forms"))?;
    Ok(())
}

/// The signals that came.
#[derive(Default)]
struct Signals {
    /// True once one came.
    came: Arc<AtomicBool>,
    /// The last one's number.
    number: Arc<AtomicUsize>,
}

impl Signals {
    /// Takes SIGINT and SIGTERM. A second one ends the process at once; the workers then go on.
    fn take() -> Result<Signals> {
        let signals = Signals::default();
        for number in [SIGINT, SIGTERM] {
            let value = usize::try_from(number).unwrap_or_default();
            signal_hook::flag::register_conditional_shutdown(number, SIGNALLED + number, signals.came.clone())
                .and_then(|_| signal_hook::flag::register_usize(number, signals.number.clone(), value))
                .and_then(|_| signal_hook::flag::register(number, signals.came.clone()))
                .wrap_err("signals cannot be taken")?;
        }
        Ok(signals)
    }

    fn came(&self) -> bool {
        self.came.load(Ordering::Relaxed)
    }

    /// The exit status of a study that was ended: by a signal, or on request.
    fn status(&self) -> u8 {
        let number = i32::try_from(self.number.load(Ordering::Relaxed)).unwrap_or_default();
        if self.came() { u8::try_from(SIGNALLED + number).unwrap_or(STOPPED) } else { STOPPED }
    }
}

fn tell(news: &News) {
    warn(&harmless(&match news {
        News::Begun { cell, from: Some(from) } => format!("{cell}: begun from the first stages of {from}"),
        News::Begun { cell, from: None } => format!("{cell}: begun"),
        News::GoesOn { cell } => format!("{cell}: goes on"),
        News::Anew { cell, why, kept } => {
            format!("{cell}: trained anew: {why}; the old run lies in {}", kept.display())
        }
        News::Finished { cell } => format!("{cell}: finished"),
        News::Again { cell, reason } => format!("{cell}: {reason}; it is started again"),
        News::GivenUp { cell, reason } => format!("{cell}: given up: {reason}"),
        News::Left { cell } => format!("{cell}: was stopped, and is left so"),
        News::Progress(progress) => line(progress),
    }));
}

/// `3 of 9 runs done, 2 running, 41 %, 1 m 20 s left`
fn line(p: &Progress) -> String {
    let mut words = vec![format!("{} of {} runs done", p.finished, p.cells)];
    let counts = [(p.running, "running"), (p.stopped, "stopped"), (p.failed, "failed")];
    words.extend(counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    words.push(format!("{:.0} %", (100.0 * p.share).floor()));
    words.extend(p.left.filter(|_| p.running > 0).map(|left| format!("{} left", duration(left.as_secs_f64()))));
    words.join(", ")
}

/// Starts a process that carries the study out and outlives this one.
fn detach(study: &Study, args: &CarryArgs) -> Result<ExitCode> {
    let path = study.log_path();
    let log = files::open_to_append(&path).wrap_err_with(|| format!("cannot open {}", path.display()))?;
    let mut command = Command::new(this_program());
    command.args(["study", "resume", "--detached"]).arg(study.path());
    if let Some(jobs) = args.jobs {
        command.args(["--jobs", &jobs.to_string()]);
    }
    if !args.devices.is_empty() {
        command.args(["--devices", &args.devices.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")]);
    }
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    command.spawn().wrap_err("cannot start the process that carries the study out")?;
    say(&format!(
        "study {0} is carried out in the background; mug study show {0} shows where it stands, mug study stop {0} ends it",
        study.name()
    ))?;
    Ok(ExitCode::SUCCESS)
}
