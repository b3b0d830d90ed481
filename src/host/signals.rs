//! The signals that a run's process gets. Whatever would end it by default, and can be taken, ends it in good order:
//! batch systems differ in what they send before a job's time is up.
//!
//! | signal | sent by | what it does |
//! |---|---|---|
//! | `TERM`, `INT` | systems that shut down or cancel; ctrl-C | checkpoint and end; a second `INT` ends at once |
//! | `USR1`, `USR2` | batch systems before the time limit (`--signal`; submitit, SGE, LSF) | checkpoint and end |
//! | `XCPU` | a limit of processor time | checkpoint and end |
//! | `PWR` | power that is about to fail | checkpoint and end |
//! | `ALRM`, `VTALRM`, `PROF`, `IO`, `STKFLT`, real-time signals | nobody in particular; a batch script may | checkpoint and end |
//! | `HUP` | a terminal that goes | nothing but a line in the record |
//! | `XFSZ` | a file that grew past its limit | nothing: the write fails, and the run is parked as on a full disk |
//! | `PIPE` | output that nobody reads | nothing (as in every Rust program) |
//! | `QUIT` | ctrl-\ | ends at once, as people expect; the last checkpoint stands |
//! | `TSTP`, `TTIN`, `TTOU`, `CONT` | job control | stops, and goes on with `CONT` |
//! | `CHLD`, `URG`, `WINCH` | | nothing, as by default |
//! | `ABRT`, `BUS`, `FPE`, `ILL`, `SEGV`, `SYS`, `TRAP` | faults of the program | end at once |
//! | `KILL`, `STOP` | | cannot be taken |

use rustix::process::Signal as Number;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Checkpoint and end.
    End,
    /// The terminal is gone.
    Hangup,
    Nothing,
}

/// SIGINT, whose second ends the process at once.
pub(super) const INT: i32 = Number::INT.as_raw();

const ENDING: [Number; 9] = [
    Number::TERM,
    Number::INT,
    Number::USR1,
    Number::USR2,
    Number::XCPU,
    Number::ALARM,
    Number::VTALARM,
    Number::PROF,
    Number::IO,
];

/// The signals that are taken, by their numbers.
fn taken() -> Vec<(i32, Ask)> {
    let mut all: Vec<(i32, Ask)> = ENDING.iter().map(|n| (n.as_raw(), Ask::End)).collect();
    all.extend([(Number::HUP.as_raw(), Ask::Hangup), (Number::XFSZ.as_raw(), Ask::Nothing)]);
    #[cfg(target_os = "linux")]
    {
        all.extend([Number::POWER, Number::STKFLT].map(|n| (n.as_raw(), Ask::End)));
        all.extend((nix::libc::SIGRTMIN()..=nix::libc::SIGRTMAX()).map(|n| (n, Ask::End)));
    }
    all
}

/// "SIGUSR2"
pub(super) fn name(number: i32) -> String {
    match signal_hook::low_level::signal_name(number) {
        Some(name) => name.to_owned(),
        #[cfg(target_os = "linux")]
        None if number == Number::POWER.as_raw() => "SIGPWR".to_owned(),
        #[cfg(target_os = "linux")]
        None if number == Number::STKFLT.as_raw() => "SIGSTKFLT".to_owned(),
        None => format!("signal {number}"),
    }
}

/// The signals of this process, from when it was made on.
pub(super) struct Signals(UnboundedReceiver<(i32, Ask)>);

impl Signals {
    /// Begins to take them; call it within the runtime.
    ///
    /// # Errors
    /// The system refuses.
    pub fn new() -> std::io::Result<Signals> {
        let (tell, told) = unbounded_channel();
        for (number, ask) in taken() {
            let mut stream = signal(SignalKind::from_raw(number))?;
            let tell = tell.clone();
            tokio::spawn(async move { while stream.recv().await.is_some() && tell.send((number, ask)).is_ok() {} });
        }
        Ok(Signals(told))
    }
}

/// The next signal and what it asks for; never, where none are taken.
pub(super) async fn next(signals: &mut Option<Signals>) -> (i32, Ask) {
    match signals {
        Some(signals) => match signals.0.recv().await {
            Some(came) => came,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}
