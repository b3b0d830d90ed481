//! What a run's events say of where it stands, read from the beginning and the end of a long file.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::files;
use crate::run::sealed;
use crate::run::tail::EventTail;
use crate::run::view::RunView;
use crate::training::events::Event;

/// Files up to this size are read in full, of longer ones the beginning and the end.
pub(super) const IN_FULL: u64 = 1 << 20;
/// How much of the end is read: hundreds of events, and the last of them says where the run stands.
const END: u64 = 128 << 10;

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
        let mut lines = |reader: &mut dyn Read, skip: usize| {
            // Damaged lines are no reason to hide a run: they are passed over.
            for line in BufReader::new(reader).split(b'\n').skip(skip).map_while(Result::ok) {
                if !sealed::is_broken(&line)
                    && let Ok(event) = serde_json::from_slice::<Event>(&line)
                {
                    view.apply(&event);
                }
            }
        };
        let mut file = files::open(path)?;
        lines(&mut (&file).take(END), 0);
        file.seek(SeekFrom::Start(length - END))?;
        // The first line here is most likely cut.
        lines(&mut file.take(END), 1);
        Ok(())
    };
    // An unreadable file leaves the view of a run that has not said anything.
    let _ = read();
    view
}
