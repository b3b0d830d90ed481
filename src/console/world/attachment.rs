//! One attached run: its events tailed, the link to its process kept, its label tables read. Ends when dropped.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

use super::latest::Latest;
use super::mailbox::Mailbox;
use super::reading::{Reading, find_neighbours, follow_marks, read_on, write_marks};
use super::shared::{LOOK, Shared};
use super::unfinished::Piece;
use super::worker::spawn;
use crate::console::state::attached::Link;
use crate::console::state::message::Message;
use crate::host::client;
use crate::host::client::{ClientError, LinkEvent};
use crate::run::directory::RunDir;
use crate::run::lock;
use crate::run::marks::{Mark, MarksReader};
use crate::run::pulse::{Life, Pulse};
use crate::run::sealed::Damage;
use crate::run::tail::{EventTail, TailError};
use crate::training::events::{Command, Level};

/// Least time between two looks: news that come faster are read together.
const TOGETHER: Duration = Duration::from_millis(40);
/// How often a process is looked for where there is none.
const RETRY: Duration = Duration::from_secs(1);

/// An attached run.
#[derive(Debug)]
pub struct Attachment {
    number: u64,
    shared: Arc<Shared>,
    reader: Sender<Reading>,
    /// Marks to write, in the order in which they were made. Unbounded: people make them.
    marker: Sender<(Mark, Piece)>,
    neighbours: Latest<(u32, String)>,
}

impl Attachment {
    /// Begins to read a run directory and, unless it is only followed, to reach its process.
    pub fn new(
        number: u64,
        path: PathBuf,
        follow: bool,
        read_only: bool,
        mailbox: Mailbox,
        starting: Arc<Mutex<HashSet<PathBuf>>>,
    ) -> Self {
        let shared = Arc::new(Shared {
            number,
            mailbox: mailbox.clone(),
            stop: AtomicBool::new(false),
            link: Mutex::new(None),
            tail: OnceLock::new(),
            dir: OnceLock::new(),
            looks: AtomicU64::new(0),
        });
        let (reader, readings) = mpsc::channel();
        let (marker, marks) = mpsc::channel();
        let own = shared.clone();
        spawn(&mailbox, "attach", move || match RunDir::open(&path) {
            Ok(dir) => {
                // Nobody else sets it.
                let _ = own.dir.set(dir.clone());
                let (tailing, reading) = ((own.clone(), dir.clone()), (own.clone(), dir.clone()));
                spawn(&own.mailbox, "tail", move || tail_on(&tailing.0, &tailing.1));
                spawn(&own.mailbox, "labels", move || read_on(&reading.0, &reading.1, &readings));
                let marking = (own.clone(), dir.clone());
                spawn(&own.mailbox, "marks", move || write_marks(&marking.0, &marking.1, &marks));
                if follow {
                    keep_watch(&own, &dir);
                } else {
                    keep_link(&own, &dir, read_only, &starting);
                }
            }
            Err(e) => {
                own.note(Level::Error, e.to_string());
                own.mailbox.send(Message::Link { attach: own.number, link: Link::Absent });
            }
        });
        let own = shared.clone();
        let neighbours =
            Latest::new(&mailbox, "neighbours", move |(row, file): (u32, String)| find_neighbours(&own, row, &file));
        Self { number, shared, reader, marker, neighbours }
    }

    pub fn number(&self) -> u64 {
        self.number
    }

    /// Sends a command to the run's process.
    ///
    /// # Errors
    /// There is no link, or it is broken.
    pub fn send(&self, command: Command) -> Result<(), String> {
        match &*self.shared.link.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(link) => link.send(command).map_err(|e| e.to_string()),
            None => Err("the run's process cannot be reached at the moment".into()),
        }
    }

    /// Asks for a table; it comes as a message.
    pub fn read(&self, reading: Reading) {
        // The reading thread is gone only where the run directory could not be opened, and that was said.
        let _ = self.reader.send(reading);
    }

    /// Has a mark written.
    pub fn mark(&self, mark: Mark, piece: Piece) {
        // As above.
        let _ = self.marker.send((mark, piece));
    }

    /// Asks for the clips nearest to a row; they come as a message.
    pub fn find_neighbours(&self, row: u32, file: String) {
        self.neighbours.ask((row, file));
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.wake_tail();
    }
}

/// Reads events as they are appended.
fn tail_on(shared: &Shared, dir: &RunDir) {
    let _ = shared.tail.set(std::thread::current());
    let attach = shared.number;
    let mut tail = EventTail::open(dir.events_path());
    let (mut told, mut complained, mut skipped) = (false, false, (Damage::default(), 0));
    let mut marks = MarksReader::open(dir.marks_path());
    let mut marks_complained = false;
    while !shared.stopped() {
        match follow_marks(shared, &mut marks) {
            Ok(true) => {}
            Ok(false) => return,
            Err(e) if !std::mem::replace(&mut marks_complained, true) => shared.note(Level::Warning, e.to_string()),
            Err(_) => {}
        }
        let sent = match tail.poll() {
            Ok(events) => {
                complained = false;
                let caught_up = tail.caught_up();
                let news = !events.is_empty() || (caught_up && !told);
                told |= caught_up;
                !news || shared.mailbox.send(Message::Events { attach, events, caught_up })
            }
            Err(TailError::Restarted { .. }) => {
                told = false;
                shared.mailbox.send(Message::Reset { attach })
            }
            Err(e) => {
                if !std::mem::replace(&mut complained, true) {
                    shared.note(Level::Error, e.to_string());
                }
                true
            }
        };
        if !sent {
            return;
        }
        if tail.caught_up() {
            let now = (tail.damage(), tail.unknown());
            if now != skipped && !now.0.is_none() {
                shared.note(Level::Warning, format!("events.jsonl, {}: mug verify {} shows more", now.0, dir.name()));
            } else if now.1 > skipped.1 {
                shared.note(Level::Warning, format!("{} lines of a later version of mug were skipped", now.1));
            }
            skipped = now;
            shared.looks.fetch_add(1, Ordering::Release);
            std::thread::park_timeout(LOOK);
            std::thread::sleep(TOGETHER);
        }
    }
}

/// Keeps a link to the run's process for as long as there is one, and looks for one where there is none.
fn keep_link(shared: &Shared, dir: &RunDir, read_only: bool, starting: &Mutex<HashSet<PathBuf>>) {
    let mut said = None;
    let mut tell = |link: Link| {
        // A process that is on its way is looked for eagerly.
        let wait = if link == Link::Connecting { RETRY / 10 } else { RETRY };
        if said.as_ref() != Some(&link) {
            said = Some(link.clone());
            shared.mailbox.send(Message::Link { attach: shared.number, link });
        }
        wait
    };
    while !shared.stopped() {
        let (notify, events) = mpsc::channel();
        let wait = match client::connect_as(dir, read_only, notify) {
            Ok(link) => {
                *shared.link.lock().unwrap_or_else(PoisonError::into_inner) = Some(link);
                tell(Link::Live);
                let reason = listen(shared, &events);
                *shared.link.lock().unwrap_or_else(PoisonError::into_inner) = None;
                read_the_rest(shared);
                if lock::is_alive(dir) { tell(Link::Lost(reason)) } else { RETRY / 10 }
            }
            Err(ClientError::NotRunning { .. }) => {
                let soon = starting.lock().unwrap_or_else(PoisonError::into_inner).contains(dir.path());
                if soon {
                    tell(Link::Connecting)
                } else {
                    // What it recorded last says whether it ended or died.
                    read_the_rest(shared);
                    tell(Link::Absent)
                }
            }
            Err(e) => tell(Link::Lost(e.to_string())),
        };
        pause(shared, wait);
    }
}

/// Tells whether the process of a run that is only followed lives.
fn keep_watch(shared: &Shared, dir: &RunDir) {
    let (mut pulse, mut said) = (Pulse::new(), None);
    while !shared.stopped() {
        let link = match pulse.look(dir) {
            Life::Alive | Life::Unknown => Link::Following,
            Life::Silent { machine } => Link::Silent { machine },
            Life::Gone => Link::Absent,
        };
        if said.as_ref() != Some(&link) {
            if link != Link::Following {
                // What it recorded last says whether it ended or died.
                read_the_rest(shared);
            }
            said = Some(link.clone());
            shared.mailbox.send(Message::Link { attach: shared.number, link });
        }
        pause(shared, RETRY);
    }
}

/// Minds what the process says until the link is closed; returns why it is.
fn listen(shared: &Shared, events: &Receiver<LinkEvent>) -> String {
    loop {
        match events.recv_timeout(RETRY) {
            Ok(LinkEvent::Recorded { .. }) => shared.wake_tail(),
            Ok(LinkEvent::Refused { reason, .. }) => shared.note(Level::Warning, reason),
            Ok(LinkEvent::Trouble { message }) => {
                shared.mailbox.send(Message::Trouble { attach: shared.number, message });
            }
            Ok(LinkEvent::Hello { .. } | LinkEvent::Accepted(_)) => {}
            Ok(LinkEvent::Closed { reason }) => return reason,
            Err(RecvTimeoutError::Timeout) if !shared.stopped() => {}
            Err(_) => return "the link ended".into(),
        }
        if shared.stopped() {
            return String::new();
        }
    }
}

/// Waits until everything recorded by now has been read and sent on.
fn read_the_rest(shared: &Shared) {
    let begun = Instant::now();
    // One look may be under way already; the second one began after this moment.
    let enough = shared.looks.load(Ordering::Acquire) + 2;
    while shared.looks.load(Ordering::Acquire) < enough && begun.elapsed() < 4 * RETRY && !shared.stopped() {
        shared.wake_tail();
        std::thread::sleep(TOGETHER / 2);
    }
}

fn pause(shared: &Shared, wait: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < wait && !shared.stopped() {
        std::thread::sleep((RETRY / 10).min(wait));
    }
}
