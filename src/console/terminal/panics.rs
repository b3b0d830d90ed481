//! Panics while the console holds the terminal: kept instead of printed, so that the screen stays intact, and said
//! afterwards.

use std::any::Any;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// The last panic that was not printed: its message and its place in the program.
static LAST: Mutex<Option<(String, String)>> = Mutex::new(None);

/// Keeps what a panic says, in place of printing it.
pub fn keep(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, |l| format!("{}:{}", l.file(), l.line()));
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some((message(panic.payload()), place));
}

/// True where a panic was kept and not printed.
pub fn was_kept(panic: &(dyn Any + Send)) -> bool {
    LAST.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|(last, _)| *last == message(panic))
}

/// What a panic says, with its place where that was kept.
pub fn words(panic: &(dyn Any + Send)) -> String {
    let message = message(panic);
    match &*LAST.lock().unwrap_or_else(PoisonError::into_inner) {
        Some((last, place)) if *last == message => format!("{message} ({place})"),
        _ => message,
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

/// Does a piece of work.
///
/// # Errors
/// It panicked: what it said, for people.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // What the work had in hand is dropped with it, or is whole between any two of its steps.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| format!("{}; this is a defect of the program", words(&*panic)))
}
