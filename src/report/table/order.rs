//! Which rows pass a filter, and in which order: sorted by any number of columns.
//!
//! Each key becomes one number a row whose natural order is the wanted one, so that comparing two rows is comparing
//! integers; work is shared among the cores.

use std::cmp::Ordering;
use std::fmt;

use rayon::prelude::*;

use super::columns::{Column, Content, Kind};
use super::filter::Filter;
use super::rows::Table;

/// One column to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    pub column: Column,
    /// Greatest first.
    pub reverse: bool,
}

/// What is wrong with a list of columns to sort or to write.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no column \"{name}\" to {purpose}{meant}; expected {}, for example {example}", Column::names())]
pub struct ColumnError {
    name: String,
    purpose: &'static str,
    /// What was most likely meant.
    meant: String,
    example: &'static str,
}

impl SortKey {
    /// The column in the order in which one wants it first.
    pub fn new(column: Column) -> Self {
        Self { column, reverse: column.greatest_first() }
    }

    /// Reads `da,-y,id`: columns after commas, the first one first. Columns whose greatest values are what one looks for
    /// begin with them; `-` before a column turns its order round.
    ///
    /// # Errors
    /// A name that is no column's.
    pub fn parse_list(text: &str) -> Result<Vec<SortKey>, ColumnError> {
        let names = text.split(',').map(str::trim).filter(|n| !n.is_empty());
        let key = |name: &str| {
            let turned = name.strip_prefix('-');
            let column = column(turned.unwrap_or(name), "sort by", "da,-y")?;
            let key = SortKey::new(column);
            Ok(SortKey { reverse: key.reverse != turned.is_some(), ..key })
        };
        names.map(key).collect()
    }
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.column.description(), if self.reverse { '↓' } else { '↑' })
    }
}

/// Reads `id,y,da`: columns after commas.
///
/// # Errors
/// A name that is no column's, or of one that is only drawn.
pub fn parse_columns(text: &str) -> Result<Vec<Column>, ColumnError> {
    text.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| column(n, "write", "id,text,y,da")).collect()
}

fn column(name: &str, purpose: &'static str, example: &'static str) -> Result<Column, ColumnError> {
    let found = Column::parse(name).filter(|c| c.kind() != Kind::Picture);
    found.ok_or_else(|| ColumnError {
        name: name.chars().take(40).collect(),
        purpose,
        meant: Column::meant(name),
        example,
    })
}

/// The rows that pass, in order. Rows without a value come last whichever way the order runs; ties keep the data's order.
pub fn arrange(table: &Table, filter: Option<&Filter>, keys: &[SortKey]) -> Vec<u32> {
    let count = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    let mut order: Vec<u32> = match filter {
        Some(filter) => (0..count).into_par_iter().filter(|i| filter.matches(&table.row(*i as usize))).collect(),
        None => (0..count).collect(),
    };
    // No two rows have the same position in the data: keys after it change nothing.
    let keys = &keys[..keys.iter().position(|k| k.column == Column::Order).map_or(keys.len(), |at| at + 1)];
    let Some((first, rest)) = keys.split_first() else { return order };
    if first.column == Column::Order {
        if first.reverse {
            order.reverse();
        }
        return order;
    }
    let rest: Vec<Vec<u32>> = rest.iter().map(|k| ranks(table, &order, *k, count)).collect();
    let first = ranks(table, &order, *first, count);
    let mut keyed: Vec<(u32, u32)> = order.par_iter().map(|i| (first[*i as usize], *i)).collect();
    keyed.par_sort_unstable_by(|(a, i), (b, j)| {
        let later = || rest.iter().map(|r| r[*i as usize].cmp(&r[*j as usize])).find(|o| *o != Ordering::Equal);
        a.cmp(b).then_with(|| later().unwrap_or(Ordering::Equal)).then(i.cmp(j))
    });
    order.clear();
    order.extend(keyed.into_iter().map(|(_, i)| i));
    order
}

/// One number for each row of the table, meaningful for the rows of `order`: the smaller, the earlier by this key.
fn ranks(table: &Table, order: &[u32], key: SortKey, count: u32) -> Vec<u32> {
    if let Content::Text { .. } = key.column.about().content {
        return text_ranks(table, order, key, count);
    }
    let rank = |i: u32| {
        if key.column == Column::Order {
            return if key.reverse { u32::MAX - i } else { i };
        }
        let row = table.row(i as usize);
        let value = match key.column.about().content {
            Content::OneOf { which, .. } => which(&row) as f32,
            _ if key.column.by_size() => row.number(key.column).abs(),
            _ => row.number(key.column),
        };
        sortable(value, key.reverse)
    };
    (0..count).into_par_iter().map(rank).collect()
}

/// An integer that sorts as the number does; NaN after everything else.
fn sortable(value: f32, reverse: bool) -> u32 {
    if value.is_nan() {
        return u32::MAX;
    }
    // Adding zero makes one zero of both.
    let bits = (value + 0.0).to_bits();
    let ordered = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    if reverse { !ordered } else { ordered }
}

/// Each row's place among the texts; equal texts have the same place, and rows without a text come last.
fn text_ranks(table: &Table, order: &[u32], key: SortKey, count: u32) -> Vec<u32> {
    let words = |i: u32| table.row(i as usize).words(key.column);
    let mut sorted: Vec<(&str, u32)> = order.iter().map(|i| (words(*i), *i)).filter(|(w, _)| !w.is_empty()).collect();
    sorted.par_sort_unstable();
    let mut ranks = vec![u32::MAX; count as usize];
    let mut place = 0;
    let mut before = None;
    for (words, i) in sorted {
        place += u32::from(before.is_some_and(|b| b != words));
        before = Some(words);
        ranks[i as usize] = if key.reverse { u32::MAX - 1 - place } else { place };
    }
    ranks
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::Rows;
    use super::super::tests::{same, table};
    use super::*;
    use crate::modality::Modality;
    use crate::split::Split;

    fn key(column: Column, reverse: bool) -> SortKey {
        SortKey { column, reverse }
    }

    #[test]
    fn sorts_by_size_of_change_with_missing_values_last() {
        let mut table = table(&[0.0, 0.0, 0.0, 0.0]);
        let change = Column::Change(Modality::Audio);
        assert_eq!(arrange(&table, None, &[key(change, true)]), [0, 1, 2, 3]);
        table.corrected = same(vec![0.1, -0.9, f32::NAN, 0.5]);
        assert_eq!(arrange(&table, None, &[key(change, true)]), [1, 3, 0, 2]);
        assert_eq!(arrange(&table, None, &[key(change, false)]), [0, 3, 1, 2]);
        assert_eq!(arrange(&table, None, &[key(Column::Corrected(Modality::Text), false)]), [1, 0, 3, 2]);
    }

    #[test]
    fn further_keys_decide_between_equals() {
        let split = vec![Split::Train, Split::Test, Split::Train, Split::Test, Split::Train];
        let text = ["b", "a", "", "a", "a"].map(str::to_owned).to_vec();
        let rows = Rows::new(split, vec![], text, vec![0.5, -0.0, 0.5, 0.0, 0.1], None);
        let table = Table { rows: Arc::new(rows), ..Table::default() };
        let by = |keys: &[SortKey]| arrange(&table, None, keys);
        assert_eq!(by(&[]), [0, 1, 2, 3, 4]);
        assert_eq!(by(&[key(Column::Order, true)]), [4, 3, 2, 1, 0]);
        assert_eq!(by(&[key(Column::Split, true), key(Column::Label, true)]), [1, 3, 0, 2, 4]);
        assert_eq!(by(&[key(Column::Label, true), key(Column::Transcript, false)]), [0, 2, 4, 1, 3]);
        assert_eq!(by(&[key(Column::Label, true), key(Column::Order, true)]), [2, 0, 4, 3, 1]);
        // Rows without a text are last both ways.
        assert_eq!(by(&[key(Column::Transcript, true)]), [0, 1, 3, 4, 2]);
        assert_eq!(by(&[key(Column::Transcript, false), key(Column::Label, false)]), [1, 3, 4, 0, 2]);
    }

    #[test]
    fn sort_keys_are_read_and_mistakes_named() {
        let keys = SortKey::parse_list("da, -y,-dt,").unwrap();
        let change = |m, reverse| key(Column::Change(m), reverse);
        assert_eq!(keys, [change(Modality::Audio, true), key(Column::Label, true), change(Modality::Text, false)]);
        assert!(SortKey::parse_list("y,zz").unwrap_err().to_string().contains("no column \"zz\" to sort by"));
        assert_eq!(parse_columns("id,ŷ"), Ok(vec![Column::Id, Column::Predicted]));
        assert!(parse_columns("history").is_err());
    }

    proptest! {
        #[test]
        fn an_order_is_a_permutation_and_sorted(
            y in proptest::collection::vec(prop_oneof![
                9 => (-5i8..5).prop_map(|v| f32::from(v) / 4.0), 1 => Just(f32::NAN), 1 => Just(f32::NEG_INFINITY)], 0..200),
            reverse: bool, second: bool,
        ) {
            let mut table = table(&y);
            table.corrected = same((0..y.len()).map(|i| (i % 3) as f32).collect());
            let by = Column::Corrected(Modality::Text);
            let order = arrange(&table, None, &[key(Column::Label, reverse), key(by, second)]);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..y.len() as u32).collect::<Vec<_>>());
            for pair in order.windows(2) {
                let (i, j) = (pair[0] as usize, pair[1] as usize);
                let (a, b) = (y[i], y[j]);
                let ordered = if reverse { a >= b } else { a <= b };
                prop_assert!(b.is_nan() || ordered);
                if a == b || (a.is_nan() && b.is_nan()) {
                    let (c, d) = (i % 3, j % 3);
                    let ordered = if second { c >= d } else { c <= d };
                    prop_assert!(ordered);
                    prop_assert!(c != d || i < j);
                }
            }
        }
    }
}
