//! What a run's events say of where it stands, read from the beginning and the end of a long file.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::files;
use crate::run::sealed;
use crate::run::tail::EventTail;
use crate::run::view::RunView;
use crate::training::events::{Body, Event};

/// Files up to this size are read in full, of longer ones the beginning, up to the run's plan, and the end.
pub(super) const IN_FULL: u64 = 96 << 10;
/// How much of the end is read: a hundred events, and the last of them says where the run stands.
const END: u64 = 48 << 10;
/// Lines of the end that tell where a finished run ended: with its last epoch's figures come some ten more.
const LAST: usize = 32;
/// Where the plan is looked for: it is among the first events.
const BEGINNING: u64 = 128 << 10;

/// A view whose plan, phase and place are those of the whole file; its curves may lack the middle.
pub(super) fn skim(path: &Path) -> RunView {
    let mut view = RunView::default();
    let length = std::fs::metadata(path).map(|m| m.len()).unwrap_or(0);
    if length <= IN_FULL {
        if let Ok(events) = EventTail::open(path).poll() {
            events.iter().for_each(|e| view.apply(e));
        }
        return view;
    }
    let mut read = || -> io::Result<()> {
        let mut file = files::open(path)?;
        for line in lines((&file).take(BEGINNING.min(length - END))) {
            parse(&line).iter().for_each(|event| view.apply(event));
            if view.prepared.is_some() {
                break;
            }
        }
        file.seek(SeekFrom::Start(length - END))?;
        // The first line here is most likely cut.
        let mut end: Vec<Vec<u8>> = lines(file.take(END)).skip(1).collect();
        let last = end.pop().and_then(|line| parse(&line));
        let finished = last.as_ref().is_some_and(|event| matches!(event.body, Body::Finished { .. }));
        let from = if finished { end.len().saturating_sub(LAST) } else { 0 };
        end[from..].iter().filter_map(|line| parse(line)).chain(last).for_each(|event| view.apply(&event));
        Ok(())
    };
    // An unreadable file leaves the view of a run that has not said anything.
    let _ = read();
    view
}

fn lines(reader: impl Read) -> impl Iterator<Item = Vec<u8>> {
    BufReader::new(reader).split(b'\n').map_while(Result::ok)
}

/// Damaged lines are no reason to hide a run: they are passed over.
fn parse(line: &[u8]) -> Option<Event> {
    if sealed::is_broken(line) { None } else { serde_json::from_slice(line).ok() }
}
