//! Watches the data file while a run trains: its SHA-256 is computed in the background, recorded, compared with the one
//! that the run began with, and computed anew whenever the file system says that the file was touched.
//!
//! One thread of the lowest priority a run. It ends with training; where training is done it finishes its look first.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::recording::Reports;
use crate::digest::{Sign, sha256};
use crate::run::directory::{DataRecord, RunDir};
use crate::training::control::Control;
use crate::training::events::{Body, Command, Level};

/// How often the file system is asked.
pub const EVERY: Duration = Duration::from_secs(10);

/// How long the end of a run waits for a file of which nothing more is read.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is watched, and how.
pub struct Watched {
    pub dir: RunDir,
    pub path: PathBuf,
    /// The file before it was opened for training.
    pub opened: Sign,
    /// The content's SHA-256, where it is known from an earlier look.
    pub known: Option<String>,
    /// Training reads from memory what it read once; else from the file as batches need it.
    pub resident: bool,
    pub every: Duration,
}

/// The watch of one run's data file.
pub struct DataWatch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Until {
    /// Until told.
    #[default]
    Told,
    /// One look more.
    Looked,
    /// At once.
    Now,
}

#[derive(Default)]
struct Words {
    until: Until,
    /// MiB read.
    read: u64,
    /// Why what was trained cannot be trusted.
    spoiled: Option<String>,
}

#[derive(Default)]
struct Shared {
    words: Mutex<Words>,
    told: Condvar,
}

impl Shared {
    fn words(&self) -> MutexGuard<'_, Words> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, until: Until) {
        self.words().until = until;
        self.told.notify_all();
    }

    /// A MiB more was read; false where the rest is not wanted.
    fn goes_on(&self) -> bool {
        let mut words = self.words();
        words.read += 1;
        words.until != Until::Now
    }

    /// Waits for the next look; false where none is wanted any more.
    fn wait(&self, every: Duration, last: bool) -> bool {
        if last {
            return false;
        }
        let waited = self.told.wait_timeout_while(self.words(), every, |w| w.until == Until::Told);
        waited.unwrap_or_else(PoisonError::into_inner).0.until != Until::Now
    }
}

impl DataWatch {
    /// Begins to watch. Without a thread to do it there is no watch, which is said.
    pub fn start(watched: Watched, control: Control, reports: Reports) -> DataWatch {
        let shared: Arc<Shared> = Arc::default();
        let (own, complaints) = (shared.clone(), reports.clone());
        let work = move || {
            // Elsewhere than on Linux it would be the whole process's priority.
            #[cfg(target_os = "linux")]
            let _ = rustix::process::nice(19);
            watch(&own, watched, &control, &reports);
        };
        let thread = std::thread::Builder::new().name("data watch".into()).spawn(work);
        if let Err(e) = &thread {
            log(&complaints, Level::Warning, format!("the data file is not watched for changes: {e}"));
        }
        DataWatch { shared, thread: thread.ok() }
    }

    /// Ends the watch; with `look` it first finishes what it reads and looks once more. Returns why what was trained
    /// cannot be trusted, if it cannot.
    pub fn finish(self, look: bool) -> Option<String> {
        self.shared.tell(if look { Until::Looked } else { Until::Now });
        let (mut read, mut since) = (0, Instant::now());
        // A disk that hangs is not waited for, and without `look` nothing is.
        while look && self.thread.as_ref().is_some_and(|t| !t.is_finished()) && since.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(5));
            let now = self.shared.words().read;
            if std::mem::replace(&mut read, now) != now {
                since = Instant::now();
            }
        }
        self.shared.words().spoiled.take()
    }
}

impl Drop for DataWatch {
    /// Training panicked: nobody waits for the file.
    fn drop(&mut self) {
        self.shared.tell(Until::Now);
    }
}

fn log(reports: &Reports, level: Level, message: String) {
    reports.note(Body::Log { level, message });
}

fn watch(shared: &Shared, watched: Watched, control: &Control, reports: &Reports) {
    let Watched { dir, path, opened, mut known, resident, every } = watched;
    let place = path.display();
    // What the file looked like when its content was last found to be the run's.
    let mut good: Option<Sign> = None;
    let mut record: Option<DataRecord> = None;
    let mut missing = false;
    loop {
        let last = shared.words().until == Until::Looked;
        match look(shared, &path, good, known.is_none().then_some(opened)) {
            Look::Ended => return,
            Look::Same => missing = false,
            Look::Moving => {}
            Look::Missing(why) => {
                if !std::mem::replace(&mut missing, true) {
                    let message = format!(
                        "the data file {place} cannot be looked at any more ({why}); training goes on with what is open, \
                         but the run cannot be resumed until the file is back"
                    );
                    log(reports, Level::Warning, message);
                }
            }
            Look::Read(sign, digest) if known.as_ref().is_none_or(|k| *k == digest) => {
                (good, missing) = (Some(sign), false);
                record = Some(DataRecord { stamp: sign.stamp, sha256: digest.clone() });
                known = Some(digest);
            }
            Look::Read(_, digest) => {
                let known = known.unwrap_or_default();
                return changed(
                    shared,
                    control,
                    reports,
                    resident,
                    &format!("{place} (SHA-256 {known}, now {digest})"),
                );
            }
            Look::Changed => return changed(shared, control, reports, resident, &place.to_string()),
        }
        // A disk that refuses is asked again after the next look.
        record = record.filter(|now| !keep(&dir, now));
        if !shared.wait(every, last) {
            return;
        }
    }
}

/// What a look at the file found.
enum Look {
    /// Nothing touched it.
    Same,
    /// It was read: its sign and its digest.
    Read(Sign, String),
    /// It changed since it was opened, and its digest from before is not known.
    Changed,
    /// It changed while it was being read.
    Moving,
    Missing(std::io::Error),
    /// The watch is over.
    Ended,
}

fn look(shared: &Shared, path: &Path, good: Option<Sign>, opened: Option<Sign>) -> Look {
    let found = match Sign::of(path) {
        Ok(sign) if good == Some(sign) => return Look::Same,
        Ok(sign) if opened.is_some_and(|o| o.stamp != sign.stamp) => return Look::Changed,
        Ok(sign) => sha256(path, || shared.goes_on()).map(|digest| (sign, digest)),
        Err(e) => Err(e),
    };
    match found {
        Err(e) => Look::Missing(e),
        Ok((_, None)) => Look::Ended,
        Ok((sign, Some(digest))) if Sign::of(path).is_ok_and(|now| now == sign) => Look::Read(sign, digest),
        Ok(_) => Look::Moving,
    }
}

/// Says that the content is another one, and ends a run that reads it.
fn changed(shared: &Shared, control: &Control, reports: &Reports, resident: bool, what: &str) {
    if resident {
        let message = format!(
            "the data file was changed while the run trained: {what}. This run read it before, into memory, and goes on; to \
             resume it later, put the old file back"
        );
        return log(reports, Level::Error, message);
    }
    let message = format!(
        "the data file was changed while the run trained: {what}. Batches since then may hold other data: put the old file \
         back and begin the stage anew with mug resume RUN --restart STAGE, or begin a new run"
    );
    log(reports, Level::Error, message.clone());
    shared.words().spoiled = Some(message);
    control.send(Command::StopNow);
}

/// Records in run.toml what the file is; false where that has to be tried again.
fn keep(dir: &RunDir, now: &DataRecord) -> bool {
    let Ok(mut dir) = RunDir::open(dir.path()) else { return false };
    if dir.manifest().data.as_ref() == Some(now) {
        return true;
    }
    let mut manifest = dir.manifest().clone();
    manifest.data = Some(now.clone());
    dir.set_manifest(manifest).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::super::tests::{options, until, view};
    use super::super::{HostError, Trainer, serve};
    use super::*;
    use crate::run::recorder::tests::run_dir;
    use crate::run::view::Phase;
    use crate::training::Outcome;
    use crate::training::events::{Event, Rates, Scalars, Stage};

    /// What the trainer of a watched run is given, and does until it is told to stop or, with `ends`, at once.
    fn watching(path: &Path, resident: bool, ends: bool) -> Trainer {
        let path = path.to_owned();
        Box::new(move |dir, manifest, _, control, reports| {
            use crate::training::listener::Listener;
            let body = Body::Step { scalars: Scalars::new(), rates: Rates::new() };
            reports.tell(Event { time: 3.0, stage: Some(Stage::Contrastive), epoch: 1, step: 7, body }).unwrap();
            let watched = Watched {
                dir: dir.clone(),
                opened: Sign::of(&path).unwrap(),
                path,
                known: manifest.data.map(|d| d.sha256),
                resident,
                every: Duration::from_millis(5),
            };
            let watch = DataWatch::start(watched, control.clone(), reports.clone());
            let outcome = if ends { Outcome::Finished } else { Outcome::Stopped };
            while !ends && control.wait() != Command::StopNow {}
            watch.finish(ends).map_or(Ok(outcome), Err)
        })
    }

    fn change(path: &Path, at: u64) {
        // Time stamps may be as coarse as the kernel's clock.
        std::thread::sleep(Duration::from_millis(30));
        std::fs::File::options().write(true).open(path).unwrap().write_all_at(b"!", at).unwrap();
    }

    /// A file of 3 MiB, changed in its middle: no end and no sample of it tells.
    fn file(folder: &Path) -> PathBuf {
        let path = folder.join("data.pkl");
        std::fs::write(&path, vec![7u8; 3 << 20]).unwrap();
        path
    }

    #[test]
    fn a_change_in_place_ends_a_run_that_reads_the_file_and_is_its_fault() {
        let (root, dir) = run_dir();
        let path = file(root.path());
        let host = {
            let (dir, trainer) = (dir.clone(), watching(&path, false, false));
            std::thread::spawn(move || serve(dir, trainer, &options()))
        };
        let recorded = || RunDir::open(dir.path()).unwrap().manifest().data.clone();
        until(|| recorded().is_some());
        let known = recorded().unwrap();
        assert_eq!((known.stamp.bytes, known.sha256.len()), (3 << 20, 64));
        change(&path, 1_500_000);
        let Err(HostError::Fault(text)) = host.join().unwrap() else { panic!("it went on") };
        let now = sha256(&path, || true).unwrap().unwrap();
        assert!(text.contains(&known.sha256) && text.contains(&now) && text.contains("--restart STAGE"), "{text}");
        let view = view(&dir);
        assert_eq!((view.phase, view.time), (Phase::Faulted, 3.0));
        assert!(view.fault.unwrap().contains("was changed while the run trained"));
    }

    #[test]
    fn a_run_that_has_read_everything_is_warned_and_goes_on() {
        let (root, dir) = run_dir();
        let path = file(root.path());
        let host = {
            let (dir, trainer) = (dir.clone(), watching(&path, true, false));
            std::thread::spawn(move || serve(dir, trainer, &options()))
        };
        until(|| RunDir::open(dir.path()).unwrap().manifest().data.is_some());
        // Touched and still the same: nothing to say.
        std::thread::sleep(Duration::from_millis(30));
        std::fs::File::options().write(true).open(&path).unwrap().write_all_at(&[7], 9).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        assert!(view(&dir).log.is_empty(), "{:?}", view(&dir).log);
        change(&path, 9);
        until(|| view(&dir).log.iter().any(|l| l.level == Level::Error && l.message.contains("goes on")));
        super::super::tests::stop(&dir);
        assert_eq!(host.join().unwrap().unwrap().outcome, Outcome::Stopped);
    }

    #[test]
    fn a_run_that_is_done_knows_its_data_and_a_wrong_digest_is_told() {
        let (root, mut dir) = run_dir();
        let path = file(root.path());
        serve(dir.clone(), watching(&path, false, true), &options()).unwrap();
        dir = RunDir::open(dir.path()).unwrap();
        let known = dir.manifest().data.clone().expect("the end waits for the digest");
        assert_eq!(known.sha256, sha256(&path, || true).unwrap().unwrap());
        let other = DataRecord { sha256: "0".repeat(64), ..known };
        dir.set_manifest(crate::run::directory::Manifest { data: Some(other), ..dir.manifest().clone() }).unwrap();
        let text = serve(dir, watching(&path, false, true), &options()).unwrap_err().to_string();
        assert!(text.contains(&"0".repeat(64)), "{text}");
    }
}
