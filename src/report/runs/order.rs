//! In which order runs stand: by any number of columns.

use std::cmp::Ordering;
use std::fmt;

use super::column::Column;
use super::value::{number, words};
use crate::report::filter::{Field, Kind};
use crate::run::list::RunSummary;

/// One column to sort by.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    pub column: Column,
    /// Greatest first.
    pub reverse: bool,
}

/// What is wrong with a list of columns to sort by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SortError(String);

impl SortKey {
    /// The column in the order in which one wants it: the best metric, the latest time first.
    pub fn new(column: Column) -> Self {
        let reverse = column.greatest_first();
        Self { column, reverse }
    }

    /// Reads `test.mae,-joint.learning_rate`: columns after commas, the first one first. Metrics begin with the best; `-`
    /// before a column turns its order round.
    ///
    /// # Errors
    /// A name that is no column's, with the nearest one.
    pub fn parse_list(text: &str) -> Result<Vec<SortKey>, SortError> {
        let key = |typed: &str| {
            let turned = typed.strip_prefix('-');
            let name = turned.unwrap_or(typed);
            let key = SortKey::new(Column::parse(name).ok_or_else(|| SortError(<Column as Field>::unknown(name)))?);
            Ok(SortKey { reverse: key.reverse != turned.is_some(), ..key })
        };
        text.split(',').map(str::trim).filter(|n| !n.is_empty()).map(key).collect()
    }
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.column.name(), if self.reverse { '↓' } else { '↑' })
    }
}

/// What a run is sorted by.
#[derive(Debug, PartialEq)]
enum Place {
    Number(f64),
    Text(String),
    /// Last, whichever way the order runs.
    Missing,
}

impl Place {
    fn of(run: &RunSummary, column: &Column) -> Place {
        let by_number = column.kind() == Kind::Number || column.one_of().is_some();
        match number(run, column) {
            value if by_number && !value.is_nan() => return Place::Number(value),
            _ if by_number && column.one_of().is_some() => return Place::Missing,
            _ => {}
        }
        // A setting that is a list in this run stands behind those that are a number in others.
        match words(run, column).to_lowercase() {
            text if text.is_empty() => Place::Missing,
            text => Place::Text(text),
        }
    }

    fn compare(&self, other: &Place, reverse: bool) -> Ordering {
        let turned = |order: Ordering| if reverse { order.reverse() } else { order };
        match (self, other) {
            (Place::Number(a), Place::Number(b)) => turned(a.total_cmp(b)),
            (Place::Text(a), Place::Text(b)) => turned(a.cmp(b)),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Place::Number(_) => 0,
            Place::Text(_) => 1,
            Place::Missing => 2,
        }
    }
}

/// Puts positions of runs in order; ties stay as they are.
pub fn arrange(runs: &[RunSummary], positions: &mut [usize], keys: &[SortKey]) {
    let places = |at: &usize| {
        let run = runs.get(*at);
        keys.iter().map(|k| run.map_or(Place::Missing, |run| Place::of(run, &k.column))).collect::<Vec<_>>()
    };
    if keys.is_empty() {
        return;
    }
    let mut keyed: Vec<(Vec<Place>, usize)> = positions.iter().map(|at| (places(at), *at)).collect();
    keyed.sort_by(|(a, _), (b, _)| {
        let each = keys.iter().zip(a.iter().zip(b)).map(|(key, (a, b))| a.compare(b, key.reverse));
        each.into_iter().find(|o| *o != Ordering::Equal).unwrap_or(Ordering::Equal)
    });
    for (place, (_, at)) in positions.iter_mut().zip(keyed) {
        *place = at;
    }
}
