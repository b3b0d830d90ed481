//! The batches of an epoch, the next one read while this one trains.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use crate::dataset::{Batch, Dataset, DatasetError};
use crate::split::Split;

/// Batches that wait read; one more is being read. More would only take memory: training takes them in order.
const AHEAD: usize = 1;

/// The training split's batches of one epoch, in order.
///
/// The reading thread starts with the first batch that is asked for, so a stage that reads none costs nothing, and ends
/// when the feed is dropped.
pub struct Feed {
    dataset: Arc<Dataset>,
    batches: Vec<Vec<usize>>,
    /// Position in `batches` of the next one.
    next: usize,
    reader: Option<Receiver<Result<Batch, DatasetError>>>,
}

impl Feed {
    /// A feed of `rows` in batches of `size`, the last one perhaps smaller.
    pub fn new(dataset: Arc<Dataset>, rows: &[usize], size: usize) -> Self {
        Self { dataset, batches: rows.chunks(size.max(1)).map(<[usize]>::to_vec).collect(), next: 0, reader: None }
    }

    /// The rows of the next batch; `None` at the end. A stage that needs its data asks for it by [`Self::batch`].
    pub fn rows(&mut self) -> Option<Vec<usize>> {
        let rows = self.batches.get(self.next)?.clone();
        self.next += 1;
        Some(rows)
    }

    /// The data of the batch whose rows were handed out last.
    ///
    /// # Errors
    /// The file can no longer be read.
    pub fn batch(&mut self) -> Result<Batch, DatasetError> {
        let at = self.next.saturating_sub(1);
        if self.reader.is_none() {
            self.reader = self.start(at);
        }
        match self.reader.as_ref().map(Receiver::recv) {
            Some(Ok(batch)) => batch,
            // No thread could be started, or it is gone: read here.
            _ => self.dataset.batch(Split::Train, self.batches.get(at).map_or(&[][..], |rows| rows)),
        }
    }

    fn start(&self, from: usize) -> Option<Receiver<Result<Batch, DatasetError>>> {
        let (send, receive) = sync_channel(AHEAD);
        let (dataset, batches) = (self.dataset.clone(), self.batches.get(from..)?.to_vec());
        let read = move || {
            for rows in batches {
                // Nobody receives: the epoch was left.
                if send.send(dataset.batch(Split::Train, &rows)).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("batches".into()).spawn(read).ok().map(|_| receive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::speed::SHAPES;

    #[test]
    fn every_batch_comes_once_in_order_from_wherever_reading_begins() {
        let dataset = Arc::new(SHAPES[3].random(7, 1).unwrap());
        let rows = [6, 0, 3, 5, 1, 2, 4];
        for skipped in 0..3 {
            let mut feed = Feed::new(dataset.clone(), &rows, 3);
            let mut seen = Vec::new();
            while let Some(rows) = feed.rows() {
                if seen.len() / 3 >= skipped {
                    assert_eq!(feed.batch().unwrap(), dataset.batch(Split::Train, &rows).unwrap());
                }
                seen.extend(rows);
            }
            assert_eq!(seen, rows);
        }
    }

    #[test]
    fn a_row_that_is_not_there_is_an_error() {
        let dataset = Arc::new(SHAPES[3].random(2, 1).unwrap());
        let mut feed = Feed::new(dataset, &[0, 5], 1);
        feed.rows();
        assert!(feed.batch().is_ok());
        feed.rows();
        assert!(matches!(feed.batch(), Err(DatasetError::Row { row: 5, .. })));
    }
}
