//! A row of the label table as text for the clipboard.

use crate::modality::Modality;
use crate::report::table::RowRef;
use crate::report::table::columns::{Column, Kind};
use crate::sanitise::clean;

/// A row as tab-separated values: id, split, text, y, corrected labels.
pub fn row(row: &RowRef<'_>) -> String {
    let mut columns = vec![Column::Id, Column::Split, Column::Transcript, Column::Label];
    columns.extend(Modality::ALL.map(Column::Corrected));
    columns.into_iter().map(|c| value_of(row, c)).collect::<Vec<_>>().join("\t")
}

/// One value of a row; of a column that is only drawn, the id.
pub fn value(row: &RowRef<'_>, column: Column) -> String {
    match column.kind() {
        Kind::Picture => value_of(row, Column::Id),
        _ => value_of(row, column),
    }
}

fn value_of(row: &RowRef<'_>, column: Column) -> String {
    match (column, column.kind()) {
        (Column::Flips, _) => row.flip_letters(),
        (Column::Order, _) => row.row.to_string(),
        (_, Kind::Text) => clean(row.words(column)).into_owned(),
        _ => Some(row.number(column)).filter(|v| v.is_finite()).map_or(String::new(), |v| v.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::{Rows, Table};
    use crate::split::Split;

    #[test]
    fn a_row_is_tab_separated_and_harmless() {
        let rows = Rows::new(vec![Split::Test], vec!["a\tb".into()], vec!["x\u{1b}[0m".into()], vec![0.5], None);
        let table = Table { rows: std::sync::Arc::new(rows), ..Table::default() };
        let row_ref = table.row(0);
        assert_eq!(row(&row_ref), "a b\ttest\tx␛[0m\t0.5\t\t\t");
        assert_eq!(value(&row_ref, Column::Label), "0.5");
        assert_eq!((value(&row_ref, Column::Order), value(&row_ref, Column::History)), ("0".into(), "a b".into()));
    }
}
