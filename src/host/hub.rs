//! The host's side of the socket: one task a viewer.
//!
//! Nothing a viewer does reaches further than its own task: garbage, a version that is not ours, a message that is too
//! large or arrives too slowly end the connection; one that does not read is left waiting and gets the newest news when
//! it reads again.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::frames::{Frames, Gone, PATIENCE};
use super::standing::Standing;
use super::wire::{self, Down, Up};
use crate::run::directory::RunDir;
use crate::training::control::Control;
use crate::training::events::{Command, Stage};

/// The least time between two pieces of news to one viewer.
const PACE: Duration = Duration::from_millis(50);
/// How long viewers get at the end to read that it is over.
const FAREWELL: Duration = Duration::from_millis(500);
/// Viewers at a time.
const MOST_VIEWERS: usize = 64;
/// How long a connection above that number is served.
const ERRAND: Duration = Duration::from_secs(10);
/// Connections above that number at a time. They may only send a command: a run that many watch can still be paused.
const MOST_GUESTS: usize = 16;

/// What all viewers' tasks share.
pub(super) struct Hub {
    run: String,
    stages: Vec<Stage>,
    control: Control,
    standing: Arc<watch::Sender<Standing>>,
    viewers: std::sync::Mutex<JoinSet<()>>,
    guests: std::sync::Mutex<JoinSet<()>>,
}

impl Hub {
    pub fn new(dir: &RunDir, control: Control, standing: Arc<watch::Sender<Standing>>) -> Hub {
        Hub {
            run: dir.name().to_owned(),
            stages: dir.manifest().stages.clone(),
            control,
            standing,
            viewers: Default::default(),
            guests: Default::default(),
        }
    }

    /// Serves a viewer on a task of its own. One too many is a guest, who may command and is not kept for watching.
    pub fn serve(self: Arc<Self>, stream: UnixStream) {
        // How the connection ended concerns only the viewer.
        let hub = self.clone();
        let mut viewers = in_hand(&self.viewers);
        if viewers.len() < MOST_VIEWERS {
            viewers.spawn(async move {
                let _ = hub.converse(stream, Place::Viewer).await;
            });
            return;
        }
        let mut guests = in_hand(&self.guests);
        if guests.len() < MOST_GUESTS {
            guests.spawn(async move {
                let _ = tokio::time::timeout(ERRAND, hub.converse(stream, Place::Guest)).await;
            });
            return;
        }
        // It fits into any socket's buffer, and a viewer that has left need not get it.
        if let Ok(frame) = wire::encode(&Up::Ended { reason: too_many() }) {
            let _ = stream.try_write(&frame);
        }
    }

    /// The end was asked for by a signal.
    pub fn stop(&self) {
        self.standing.send_modify(|s| s.wants_stop = true);
        self.control.send(Command::StopNow);
    }

    /// Tells all viewers that it is over and waits a little for them to read it.
    pub async fn close(&self, reason: String) {
        self.standing.send_modify(|s| s.ended = Some(reason));
        let mut viewers = std::mem::take(&mut *self.viewers.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let all = async { while viewers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(FAREWELL, all).await;
    }

    async fn converse(&self, stream: UnixStream, place: Place) -> Result<(), Gone> {
        let mut news = self.standing.subscribe();
        let (reader, mut writer) = stream.into_split();
        let mut reader = Frames::new(reader);
        let known = news.borrow_and_update().clone();
        let mut told = Told { recorded: known.recorded, trouble: None };
        let hello = Up::Hello {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            run: self.run.clone(),
            pid: std::process::id(),
            recorded: known.recorded,
        };
        let hello = wire::encode(&hello)?;
        if place == Place::Viewer {
            // Sent before the viewer says anything, so that one of another version learns ours.
            writer.write_all(&hello).await?;
        }
        let first = match tokio::time::timeout(PATIENCE, reader.next::<Down>()).await.map_err(|_| Gone)? {
            Ok(first) => first,
            Err(gone) => {
                // One of another version learns ours also where there is no place for it.
                if place == Place::Guest {
                    writer.write_all(&hello).await?;
                }
                return Err(gone);
            }
        };
        let read_only = match (first, place) {
            (Down::Hello { read_only, .. }, Place::Viewer) => read_only,
            (Down::Errand { .. }, Place::Viewer) => false,
            (Down::Errand { .. }, Place::Guest) => {
                writer.write_all(&hello).await?;
                false
            }
            (Down::Hello { .. }, Place::Guest) => {
                writer.write_all(&wire::encode(&Up::Ended { reason: too_many() })?).await?;
                return Ok(());
            }
            (Down::Command { .. }, _) => return Err(Gone),
        };
        news.mark_changed();
        let mut news_from = Instant::now();
        loop {
            let changed = async {
                tokio::time::sleep_until(news_from).await;
                news.changed().await
            };
            tokio::select! {
                // A command never waits for news.
                biased;
                message = reader.next::<Down>() => {
                    let Down::Command { number, command } = message? else { return Err(Gone) };
                    let answer = match self.obey(command, read_only) {
                        Ok(()) => Up::Accepted { number, command },
                        Err(reason) => Up::Refused { number, command, reason },
                    };
                    writer.write_all(&wire::encode(&answer)?).await?;
                }
                changed = changed => {
                    changed.map_err(|_| Gone)?;
                    let now = news.borrow_and_update().clone();
                    for message in told.news(&now) {
                        writer.write_all(&wire::encode(&message)?).await?;
                    }
                    if now.ended.is_some() {
                        return Ok(());
                    }
                    news_from = Instant::now() + PACE;
                }
            }
        }
    }

    fn obey(&self, command: Command, read_only: bool) -> Result<(), String> {
        if read_only {
            return Err("this viewer is read-only".into());
        }
        let mut judged = Ok(());
        self.standing.send_modify(|s| judged = s.judge(command, &self.stages));
        judged?;
        self.control.send(command);
        Ok(())
    }
}

/// The tasks that have not ended yet.
fn in_hand(tasks: &std::sync::Mutex<JoinSet<()>>) -> std::sync::MutexGuard<'_, JoinSet<()>> {
    let mut tasks = tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    while tasks.try_join_next().is_some() {}
    tasks
}

/// In what way a connection is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Viewer,
    Guest,
}

fn too_many() -> String {
    format!(
        "the run has {MOST_VIEWERS} viewers, as many as it serves: close one of them, or watch it with mug attach --follow; \
         mug pause, resume and stop still reach it"
    )
}

/// What a viewer knows.
struct Told {
    recorded: u64,
    trouble: Option<String>,
}

impl Told {
    fn news(&mut self, now: &Standing) -> Vec<Up> {
        let mut messages = Vec::new();
        if self.trouble != now.trouble {
            self.trouble.clone_from(&now.trouble);
            messages.push(Up::Trouble { message: short(now.trouble.clone()) });
        }
        if self.recorded != now.recorded {
            self.recorded = now.recorded;
            messages.push(Up::Recorded { bytes: now.recorded });
        }
        if let Some(reason) = &now.ended {
            messages.push(Up::Ended { reason: short(Some(reason.clone())).unwrap_or_default() });
        }
        messages
    }
}

/// Messages of errors can quote anything; a frame cannot hold everything.
fn short(text: Option<String>) -> Option<String> {
    text.map(|t| t.chars().take(2000).collect())
}
