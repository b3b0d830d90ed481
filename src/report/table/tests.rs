//! Filters and values of small tables.

use std::sync::Arc;

use super::columns::Column;
use super::filter::Filter;
use super::{Rows, Table, Values};
use crate::config::MetricSet;
use crate::modality::{Modality, PerModality};
use crate::run::marks::Mark;
use crate::run::predictions::PredictionValues;
use crate::run::rows::LabelRows;
use crate::split::Split;

pub(super) fn table(y: &[f32]) -> Table {
    let n = y.len();
    let id = (0..n).map(|i| format!("Clip_{i}")).collect();
    let rows = Rows::new(vec![Split::Train; n], id, vec!["Hello 你好".into(); n], y.to_vec(), None);
    Table { rows: Arc::new(rows), ..Table::default() }
}

pub(super) fn same(v: Vec<f32>) -> Option<Arc<Values>> {
    Some(Arc::new(PerModality::from_fn(|_| v.clone())))
}

fn pass(table: &Table, filter: &str) -> Vec<usize> {
    let filter = Filter::parse(filter).unwrap().unwrap();
    (0..table.rows.len()).filter(|i| filter.matches(&table.row(*i))).collect()
}

#[test]
fn filters_look_at_text_whatever_its_case() {
    let table = table(&[0.5, -0.5]);
    assert_eq!(pass(&table, "clip_1"), [1]);
    assert_eq!(pass(&table, "你好 y>0"), [0]);
    assert_eq!(pass(&table, "d>0"), Vec::<usize>::new());
    assert_eq!(pass(&table, "id=CLIP_0"), [0]);
}

#[test]
fn a_word_that_no_row_holds_and_that_resembles_a_name_is_doubtful() {
    let table = table(&[0.5, -0.5]);
    let doubt = |filter: &str| table.doubt(&Filter::parse(filter).unwrap().unwrap());
    assert_eq!(doubt("mraked and y > 0").unwrap(), "no row holds \"mraked\": did you mean marked?");
    assert!(doubt("y > 0 or not trian").unwrap().contains("split = train"));
    // Found in a row, or like nothing: it is meant.
    for sure in ["hello", "clip_1", "wonderful", "y > 0", "marked", "split = test"] {
        assert_eq!(doubt(sure), None, "{sure}");
    }
}

#[test]
fn flips_are_changes_of_sign_and_zero_has_none() {
    let mut table = table(&[0.5, -0.5, 0.0, 0.3, f32::NAN]);
    assert_eq!(pass(&table, "flip"), Vec::<usize>::new());
    table.corrected = same(vec![-0.1, -0.2, 1.0, f32::NAN, 1.0]);
    assert_eq!(pass(&table, "flip"), [0]);
    assert_eq!(pass(&table, "flip_a and flips = 3"), [0]);
    assert_eq!(pass(&table, "not flip_t"), [1, 2, 3, 4]);
    assert_eq!(table.row(0).flip_letters(), "TAV");
}

#[test]
fn marks_and_notes_are_found() {
    let mut table = table(&[0.0; 3]);
    let mark = |row, reviewed, note: &str| Mark { row, reviewed, note: note.into(), ..Mark::default() };
    table.marks = Arc::new([mark(1, true, "Ironic!"), mark(2, false, "ask")].into_iter().collect());
    assert_eq!(pass(&table, "marked"), [1]);
    assert_eq!(pass(&table, "not marked"), [0, 2]);
    assert_eq!(pass(&table, "note ~ ironic"), [1]);
    assert_eq!(pass(&table, "note != \"\""), [1, 2]);
}

#[test]
fn predictions_have_an_error() {
    let mut table = table(&[0.5, -0.5]);
    table.predictions = Some(Arc::new(PredictionValues { multimodal: vec![0.25, 0.5], unimodal: Values::default() }));
    assert_eq!(pass(&table, "e > 0.5"), [1]);
    assert_eq!(pass(&table, "p > 0"), [0, 1]);
    assert!(table.row(0).predicted_by(Modality::Text).is_nan());
}

#[test]
fn errors_are_those_that_the_runs_mae_is_the_mean_of() {
    let mut table = table(&[1.0, -0.5]);
    let predicted = vec![1.25, 0.5];
    table.predictions = Some(Arc::new(PredictionValues { multimodal: predicted.clone(), unimodal: Values::default() }));
    for set in [MetricSet::Mosi, MetricSet::Sims] {
        table.metrics = Some(set);
        let mean = (table.row(0).error() + table.row(1).error()) / 2.0;
        let mae = crate::training::metrics::evaluate(set, &predicted, &[1.0, -0.5])["mae"].unwrap();
        assert!((f64::from(mean) - mae).abs() < 1e-6, "{set:?}: {mean}, {mae}");
    }
    assert!(table.row(9).error().is_nan());
}

#[test]
fn short_columns_are_filled_up() {
    let rows = Rows::new(vec![Split::Test; 3], vec![], vec![], vec![1.0], Some(Values::default()));
    let table = Table { rows: Arc::new(rows), corrected: Some(Arc::new(Values::default())), ..Table::default() };
    for row in [table.row(2), table.row(99)] {
        assert!(row.label().is_nan() && row.corrected(Modality::Text).is_nan());
        assert!(row.human(Modality::Text).is_nan() && row.id().is_empty());
    }
}

#[test]
fn clean_labels_are_a_column_where_labels_have_noise() {
    let mut rows = LabelRows::default();
    let names = ["a".to_owned(), "b".to_owned()];
    rows.extend(Split::Train, &names, &names, &[0.5, -0.5], None).unwrap();
    let plain = Table { rows: Arc::new(rows.clone().into()), ..Table::default() };
    rows.set_clean(Split::Train, &[-0.5, -0.5]).unwrap();
    let noisy = Table { rows: Arc::new(rows.into()), ..Table::default() };
    assert!(!plain.has(Column::Clean) && plain.row(0).clean().is_nan());
    assert!(noisy.has(Column::Clean) && (noisy.row(0).clean(), noisy.row(9).clean().is_nan()) == (-0.5, true));
    let passes = |row: usize| Filter::parse("clean < 0 and y > 0").unwrap().unwrap().matches(&noisy.row(row));
    assert_eq!((passes(0), passes(1)), (true, false));
}
