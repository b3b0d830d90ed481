//! The corrected labels of a run's refreshes, as far as they are kept for the histories of single rows.

use std::sync::Arc;

use crate::modality::Modality;
use crate::report::table::{Rows, Values};

/// Most bytes of past label values that are kept; the latest values are kept whatever their size.
const MOST_BYTES: usize = 64 << 20;

/// The corrected labels of the refreshes, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    entries: Vec<(u32, Arc<Values>)>,
}

impl History {
    /// Takes in a refresh's values (again, where it was recorded anew) and forgets the oldest ones that do not fit.
    pub fn insert(&mut self, refresh: u32, values: Arc<Values>) {
        match self.entries.binary_search_by_key(&refresh, |(r, _)| *r) {
            Ok(at) => self.entries[at].1 = values,
            Err(at) => self.entries.insert(at, (refresh, values)),
        }
        let size = |v: &Values| (v.text.len() + v.audio.len() + v.vision.len()) * size_of::<f32>();
        let mut total: usize = self.entries.iter().map(|(_, v)| size(v)).sum();
        while total > MOST_BYTES && self.entries.len() > 1 {
            total -= size(&self.entries.remove(0).1);
        }
    }

    /// Keeps the refreshes that the run still has.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.entries.retain(|(r, _)| keep(*r));
    }

    /// The latest refresh and its values.
    pub fn latest(&self) -> Option<(u32, &Arc<Values>)> {
        self.entries.last().map(|(r, v)| (*r, v))
    }

    /// Numbers of the refreshes at hand.
    pub fn refreshes(&self) -> impl Iterator<Item = u32> {
        self.entries.iter().map(|(r, _)| *r)
    }

    /// y_m of one row over the refreshes, beginning with y, where every label begins.
    pub fn of_row(&self, rows: &Rows, row: usize, m: Modality) -> Vec<f32> {
        let y = rows.y.get(row).copied().unwrap_or(f32::NAN);
        let later = self.entries.iter().map(|(_, v)| v[m].get(row).copied().unwrap_or(f32::NAN));
        std::iter::once(y).chain(later).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modality::PerModality;
    use crate::split::Split;

    #[test]
    fn history_begins_with_y_and_forgets_the_oldest() {
        let same = |v: Vec<f32>| Arc::new(PerModality::from_fn(|_| v.clone()));
        let rows = Rows::new(vec![Split::Train], vec![], vec![], vec![0.25], None);
        let mut history = History::default();
        history.insert(1, same(vec![0.75]));
        history.insert(0, same(vec![0.5]));
        assert_eq!(history.of_row(&rows, 0, Modality::Text), [0.25, 0.5, 0.75]);
        history.insert(1, same(vec![0.8]));
        assert_eq!(history.of_row(&rows, 0, Modality::Text), [0.25, 0.5, 0.8]);
        history.retain(|r| r == 0);
        assert_eq!(history.latest().unwrap().1.text, [0.5]);
        let large = same(vec![0.0; MOST_BYTES / 24]);
        (1..6).for_each(|r| history.insert(r, large.clone()));
        assert_eq!(history.refreshes().collect::<Vec<_>>(), [4, 5]);
    }
}
