//! Where training reports to. Training knows no file of the run directory but its checkpoints; that a checkpoint never
//! stands without the events before it is the listener's part.

use std::sync::mpsc::Sender;

use super::error::TrainingError;
use super::events::Event;

/// Takes in what training reports.
pub trait Listener {
    /// Takes the next event, without waiting for anything.
    ///
    /// # Errors
    /// [`TrainingError::NoListener`]: nobody takes events any more.
    fn tell(&self, event: Event) -> Result<(), TrainingError>;

    /// Returns once everything told before is as safe as a checkpoint on the disk. Called before each checkpoint: a run
    /// that is taken up from it finds in its record every step that it does not train again.
    ///
    /// # Errors
    /// [`TrainingError::Unrecorded`] where it cannot be had now (the disk refuses; another try may succeed), or
    /// [`TrainingError::NoListener`].
    fn settle(&self) -> Result<(), TrainingError>;
}

/// Events that are kept in memory only are as safe as they will be.
impl Listener for Sender<Event> {
    fn tell(&self, event: Event) -> Result<(), TrainingError> {
        self.send(event).map_err(|_| TrainingError::NoListener)
    }

    fn settle(&self) -> Result<(), TrainingError> {
        Ok(())
    }
}
