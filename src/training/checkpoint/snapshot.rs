//! What a running stage has to be gone on with, as it is written: copied to the host's memory, not yet packed.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::contents::State;
use super::contents::{BEST, LABELS, OPTIMIZER, WEIGHTS, write_synced};
use crate::files;
use crate::training::parts::Part;
use crate::training::records::Records;

/// A running stage at one moment. Training may go on: nothing of it is shared.
pub struct Snapshot {
    pub records: Records,
    /// As in [`State`].
    pub best: Option<Arc<Vec<u8>>>,
    /// As in [`State`].
    pub labels: Option<Vec<u8>>,
}

/// Writes a file.
type Write<'a> = Box<dyn FnOnce(&Path) -> io::Result<()> + 'a>;

/// A file of a checkpoint on its way to the disk.
pub(super) enum Content<'a> {
    Bytes(&'a [u8]),
    Records(Write<'a>),
}

/// The files of a checkpoint besides its progress, and how many bytes they take, about.
#[derive(Default)]
pub(super) struct Files<'a> {
    pub contents: Vec<(&'static str, Content<'a>)>,
    pub bytes: u64,
}

impl<'a> Files<'a> {
    pub fn of_state(state: &'a State) -> Files<'a> {
        let mut files = Files { contents: Vec::new(), bytes: 0 };
        files.push(WEIGHTS, Some(&state.weights));
        files.push(OPTIMIZER, Some(&state.optimizer));
        files.push(BEST, state.best.as_deref());
        files.push(LABELS, state.labels.as_ref());
        files
    }

    pub fn of_snapshot(records: Records, best: Option<&'a Vec<u8>>, labels: Option<&'a Vec<u8>>) -> Files<'a> {
        let Records { weights, optimizer, bytes } = records;
        let mut files = Files { contents: Vec::new(), bytes };
        // Packed as they are written: no second copy of a large network is ever in memory.
        let weights = move |path: &Path| weights.save(path).map_err(io::Error::other);
        let optimizer = move |path: &Path| optimizer.save(path).map_err(io::Error::other);
        files.contents.push((WEIGHTS, Content::Records(Box::new(weights))));
        files.contents.push((OPTIMIZER, Content::Records(Box::new(optimizer))));
        files.push(BEST, best);
        files.push(LABELS, labels);
        files
    }

    fn push(&mut self, name: &'static str, content: Option<&'a Vec<u8>>) {
        if let Some(content) = content {
            self.bytes += content.len() as u64;
            self.contents.push((name, Content::Bytes(content)));
        }
    }
}

impl Content<'_> {
    /// Writes and syncs it.
    pub fn write(self, folder: &Path, name: &str) -> io::Result<Part> {
        let path = folder.join(name);
        match self {
            Content::Bytes(bytes) => {
                write_synced(&path, bytes)?;
                Ok(Part::of(name, bytes))
            }
            Content::Records(save) => {
                save(&path)?;
                let (bytes, crc32c) = files::length_and_checksum(&path)?;
                Ok(Part { name: name.to_owned(), bytes, crc32c })
            }
        }
    }
}
