//! The label table's data and its order: every row of the dataset, the corrected labels of each refresh, and the index
//! of rows that pass the filter, sorted. The index is computed once a change, never while drawing.

use std::cmp::Ordering;
use std::sync::Arc;

use super::columns::Column;
use super::filter::{Filter, Row};
use crate::modality::{Modality, PerModality};
use crate::split::Split;

/// Corrected labels, one value a row.
pub type Values = PerModality<Vec<f32>>;

/// Most bytes of past label values that are kept for the histories; the latest values are kept whatever their size.
const HISTORY_BYTES: usize = 64 << 20;

/// Every row of a dataset without its features; all columns are equally long.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub split: Vec<Split>,
    pub id: Vec<String>,
    pub transcript: Vec<String>,
    /// The multimodal label.
    pub y: Vec<f32>,
    /// Human (or the demo's true) unimodal labels.
    pub human: Option<Values>,
    /// Id and transcript in lower case, for searching.
    lower: Vec<(Box<str>, Box<str>)>,
}

impl Rows {
    /// Rows from columns; columns that are too short are filled up, so that every row has every value.
    pub fn new(
        split: Vec<Split>,
        mut id: Vec<String>,
        mut transcript: Vec<String>,
        mut y: Vec<f32>,
        human: Option<Values>,
    ) -> Self {
        let n = split.len();
        id.resize(n, String::new());
        transcript.resize(n, String::new());
        y.resize(n, f32::NAN);
        let human = human.map(|h| {
            h.map(|_, v| {
                let mut v = v.clone();
                v.resize(n, f32::NAN);
                v
            })
        });
        let lower =
            id.iter().zip(&transcript).map(|(i, t)| (i.to_lowercase().into(), t.to_lowercase().into())).collect();
        Self { split, id, transcript, y, human, lower }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.split.len()
    }

    pub fn is_empty(&self) -> bool {
        self.split.is_empty()
    }
}

/// One row with the corrected labels of one refresh.
#[derive(Clone, Copy)]
pub struct RowRef<'a> {
    pub rows: &'a Rows,
    pub values: Option<&'a Values>,
    pub row: usize,
}

impl RowRef<'_> {
    /// y_m; NaN before the first refresh.
    pub fn corrected(&self, m: Modality) -> f32 {
        self.values.and_then(|v| v[m].get(self.row)).copied().unwrap_or(f32::NAN)
    }

    /// The multimodal label.
    pub fn label(&self) -> f32 {
        self.rows.y.get(self.row).copied().unwrap_or(f32::NAN)
    }

    /// Δ = y_m - y.
    pub fn change(&self, m: Modality) -> f32 {
        self.corrected(m) - self.label()
    }

    /// The human label; NaN where there is none.
    pub fn human(&self, m: Modality) -> f32 {
        self.rows.human.as_ref().and_then(|h| h[m].get(self.row)).copied().unwrap_or(f32::NAN)
    }
}

impl Row for RowRef<'_> {
    fn number(&self, column: Column) -> f32 {
        match column {
            Column::Order => self.row as f32,
            Column::Label => self.label(),
            Column::Corrected(m) => self.corrected(m),
            Column::Change(m) => self.change(m),
            Column::Human(m) => self.human(m),
            Column::Largest => Modality::ALL.into_iter().map(|m| self.change(m).abs()).fold(f32::NAN, f32::max),
            Column::Id | Column::Split | Column::Transcript => f32::NAN,
        }
    }

    fn text(&self, column: Column, needle: &str, whole: bool) -> bool {
        let Some((id, transcript)) = self.rows.lower.get(self.row) else { return false };
        let own = match column {
            Column::Id => id,
            Column::Split => self.rows.split[self.row].name(),
            _ => &**transcript,
        };
        if whole { own == needle } else { own.contains(needle) }
    }
}

/// The rows that pass, in order. Rows without a value come last whichever way the order runs; ties keep the data's order.
pub fn index(rows: &Rows, values: Option<&Values>, filter: Option<&Filter>, sort: Column, reverse: bool) -> Vec<u32> {
    let row = |i: u32| RowRef { rows, values, row: i as usize };
    let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let mut order: Vec<u32> = match filter {
        Some(filter) => (0..count).filter(|i| filter.matches(&row(*i))).collect(),
        None => (0..count).collect(),
    };
    let turn = |o: Ordering| if reverse { o.reverse() } else { o };
    match sort {
        Column::Order if reverse => order.reverse(),
        Column::Order => {}
        Column::Id => order.sort_by(|a, b| turn(rows.id[*a as usize].cmp(&rows.id[*b as usize]))),
        Column::Transcript => {
            order.sort_by(|a, b| turn(rows.transcript[*a as usize].cmp(&rows.transcript[*b as usize])));
        }
        Column::Split => order.sort_by_key(|i| {
            let place = rows.split[*i as usize] as u8;
            if reverse { u8::MAX - place } else { place }
        }),
        _ => {
            let by_size = matches!(sort, Column::Change(_));
            let mut keyed: Vec<(f32, u32)> = order
                .iter()
                .map(|i| {
                    let v = row(*i).number(sort);
                    (if by_size { v.abs() } else { v }, *i)
                })
                .collect();
            keyed.sort_by(|(a, _), (b, _)| match (a.is_nan(), b.is_nan()) {
                (false, false) => turn(a.total_cmp(b)),
                (a, b) => a.cmp(&b),
            });
            order.clear();
            order.extend(keyed.into_iter().map(|(_, i)| i));
        }
    }
    order
}

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
        while total > HISTORY_BYTES && self.entries.len() > 1 {
            total -= size(&self.entries.remove(0).1);
        }
    }

    /// Keeps the refreshes that the run still has.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.entries.retain(|(r, _)| keep(*r));
    }

    /// The latest values.
    pub fn latest(&self) -> Option<&Arc<Values>> {
        self.entries.last().map(|(_, v)| v)
    }

    /// Number of refreshes at hand.
    pub fn count(&self) -> usize {
        self.entries.len()
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
    use proptest::prelude::*;

    use super::*;

    fn rows(y: &[f32]) -> Rows {
        let n = y.len();
        let id = (0..n).map(|i| format!("Clip_{i}")).collect();
        Rows::new(vec![Split::Train; n], id, vec!["Hello 你好".into(); n], y.to_vec(), None)
    }

    fn same(v: Vec<f32>) -> Values {
        PerModality::from_fn(|_| v.clone())
    }

    #[test]
    fn sorts_by_size_of_change_with_missing_values_last() {
        let rows = rows(&[0.0, 0.0, 0.0, 0.0]);
        let values = same(vec![0.1, -0.9, f32::NAN, 0.5]);
        let change = Column::Change(Modality::Audio);
        assert_eq!(index(&rows, Some(&values), None, change, true), [1, 3, 0, 2]);
        assert_eq!(index(&rows, Some(&values), None, change, false), [0, 3, 1, 2]);
        assert_eq!(index(&rows, Some(&values), None, Column::Corrected(Modality::Text), false), [1, 0, 3, 2]);
        assert_eq!(index(&rows, None, None, change, true), [0, 1, 2, 3]);
    }

    #[test]
    fn filters_look_at_text_whatever_its_case() {
        let rows = rows(&[0.5, -0.5]);
        let pass = |f: &str| index(&rows, None, Filter::parse(f).unwrap().as_ref(), Column::Order, false);
        assert_eq!(pass("clip_1"), [1]);
        assert_eq!(pass("你好 y>0"), [0]);
        assert_eq!(pass("d>0"), Vec::<u32>::new());
        assert_eq!(pass("id=CLIP_0"), [0]);
    }

    #[test]
    fn short_columns_are_filled_up() {
        let rows = Rows::new(vec![Split::Test; 3], vec![], vec![], vec![1.0], Some(Values::default()));
        let row = RowRef { rows: &rows, values: Some(&Values::default()), row: 2 };
        assert!(row.label().is_nan() && row.corrected(Modality::Text).is_nan() && row.human(Modality::Text).is_nan());
    }

    #[test]
    fn history_begins_with_y_and_forgets_the_oldest() {
        let rows = rows(&[0.25]);
        let mut history = History::default();
        history.insert(1, Arc::new(same(vec![0.75])));
        history.insert(0, Arc::new(same(vec![0.5])));
        assert_eq!(history.of_row(&rows, 0, Modality::Text), [0.25, 0.5, 0.75]);
        history.insert(1, Arc::new(same(vec![0.8])));
        assert_eq!(history.of_row(&rows, 0, Modality::Text), [0.25, 0.5, 0.8]);
        history.retain(|r| r == 0);
        assert_eq!(history.latest().unwrap().text, [0.5]);
        let large = Arc::new(same(vec![0.0; HISTORY_BYTES / 24]));
        (1..6).for_each(|r| history.insert(r, large.clone()));
        assert_eq!(history.count(), 2);
    }

    proptest! {
        #[test]
        fn an_order_is_a_permutation_and_sorted(
            y in proptest::collection::vec(prop_oneof![9 => -1.0f32..1.0, 1 => Just(f32::NAN)], 0..200), reverse: bool,
        ) {
            let rows = rows(&y);
            let order = index(&rows, None, None, Column::Label, reverse);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..y.len() as u32).collect::<Vec<_>>());
            for pair in order.windows(2) {
                let (a, b) = (y[pair[0] as usize], y[pair[1] as usize]);
                let ordered = if reverse { a >= b } else { a <= b };
                prop_assert!(b.is_nan() || ordered);
                prop_assert!(a != b || pair[0] < pair[1]);
            }
        }
    }
}
