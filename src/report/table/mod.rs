//! The label table: every row of the dataset with its labels as given, as corrected and as people gave them, what the
//! network predicts, and what somebody noted. The console shows it, `mug labels` writes it; filter and order are the same.

pub mod columns;
pub mod filter;
mod likely;
pub mod order;
mod parser;
mod tokens;

use std::sync::Arc;

use crate::config::MetricSet;
use crate::modality::{Modality, PerModality};
use crate::run::marks::{Mark, Marks};
use crate::run::predictions::PredictionValues;
use crate::run::rows::LabelRows;
use crate::split::Split;
use crate::training::metrics::error;
use columns::Column;
use filter::{Filter, Row};
use rayon::prelude::*;

/// One value a row for each modality.
pub type Values = PerModality<Vec<f32>>;

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
    /// For searching.
    lower: Vec<Lower>,
}

/// A row's texts in lower case; `None` where that is what they are.
#[derive(Clone, Debug, Default)]
struct Lower {
    id: Option<Box<str>>,
    transcript: Option<Box<str>>,
}

impl From<LabelRows> for Rows {
    fn from(rows: LabelRows) -> Self {
        Self::new(rows.split, rows.id, rows.transcript, rows.y, rows.human)
    }
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
        let lower = id.iter().zip(&transcript).map(|(i, t)| Lower { id: lowered(i), transcript: lowered(t) }).collect();
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

/// The text in lower case where it is not already.
fn lowered(text: &str) -> Option<Box<str>> {
    let lower = text.to_lowercase();
    (lower != text).then(|| lower.into())
}

/// Everything that a row's columns are read from. Cheap to clone: a thread sorts one while the screen shows another.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub rows: Arc<Rows>,
    /// Corrected labels of one refresh; `None` before the first.
    pub corrected: Option<Arc<Values>>,
    /// What the network predicts for every row.
    pub predictions: Option<Arc<PredictionValues>>,
    pub marks: Arc<Marks>,
    /// How the run's metrics count an error; `None` before that is known: as it is.
    pub metrics: Option<MetricSet>,
}

impl Table {
    /// One row; reading beyond the last gives missing values.
    pub fn row(&self, row: usize) -> RowRef<'_> {
        RowRef { table: self, row }
    }

    /// What is doubtful in a filter: a word that no row holds and that resembles a name of the filter language.
    pub fn doubt(&self, filter: &Filter) -> Option<String> {
        let held = |word: &str| {
            let holds = |i: usize| {
                let row = self.row(i);
                row.text(Column::Id, word, false) || row.text(Column::Transcript, word, false)
            };
            (0..self.rows.len()).into_par_iter().any(holds)
        };
        let doubtful = |word: &&str| !self.rows.is_empty() && likely::word_meant(word).is_some() && !held(word);
        let word = filter.words().into_iter().find(doubtful)?;
        Some(format!("no row holds \"{word}\": {}", likely::word_meant(word)?))
    }

    /// True where the column has something to show.
    pub fn has(&self, column: Column) -> bool {
        match column {
            Column::Human(_) => self.rows.human.is_some(),
            Column::Predicted | Column::PredictedBy(_) | Column::Error => self.predictions.is_some(),
            Column::Mark => !self.marks.is_empty(),
            Column::Note => self.marks.noted() > 0,
            _ => true,
        }
    }
}

/// One row of a table.
#[derive(Clone, Copy)]
pub struct RowRef<'a> {
    pub table: &'a Table,
    pub row: usize,
}

impl<'a> RowRef<'a> {
    pub fn id(&self) -> &'a str {
        self.table.rows.id.get(self.row).map_or("", String::as_str)
    }

    pub fn transcript(&self) -> &'a str {
        self.table.rows.transcript.get(self.row).map_or("", String::as_str)
    }

    pub fn split(&self) -> Split {
        self.table.rows.split.get(self.row).copied().unwrap_or(Split::Train)
    }

    /// The multimodal label.
    pub fn label(&self) -> f32 {
        at(&self.table.rows.y, self.row)
    }

    /// y_m; NaN before the first refresh.
    pub fn corrected(&self, m: Modality) -> f32 {
        self.table.corrected.as_ref().map_or(f32::NAN, |v| at(&v[m], self.row))
    }

    /// Δ = y_m - y.
    pub fn change(&self, m: Modality) -> f32 {
        self.corrected(m) - self.label()
    }

    /// True where y_m and y differ in sign; zero has none.
    pub fn flips(&self, m: Modality) -> bool {
        self.corrected(m) * self.label() < 0.0
    }

    /// The human label; NaN where there is none.
    pub fn human(&self, m: Modality) -> f32 {
        self.table.rows.human.as_ref().map_or(f32::NAN, |h| at(&h[m], self.row))
    }

    /// ŷ; NaN where nothing was predicted yet.
    pub fn predicted(&self) -> f32 {
        self.table.predictions.as_ref().map_or(f32::NAN, |p| at(&p.multimodal, self.row))
    }

    /// ŷ_m; NaN where nothing was predicted yet.
    pub fn predicted_by(&self, m: Modality) -> f32 {
        self.table.predictions.as_ref().map_or(f32::NAN, |p| at(&p.unimodal[m], self.row))
    }

    /// |ŷ - y| as the run's MAE counts it; NaN where nothing was predicted yet.
    pub fn error(&self) -> f32 {
        error(self.table.metrics.unwrap_or(MetricSet::Mosi), self.predicted(), self.label()) as f32
    }

    /// What somebody marked and noted.
    pub fn mark(&self) -> Option<&'a Mark> {
        self.table.marks.get(u32::try_from(self.row).ok()?)
    }

    /// The letters of the modalities whose label changed its sign, for example `TV`.
    pub fn flip_letters(&self) -> String {
        Modality::ALL.into_iter().filter(|m| self.flips(*m)).map(Modality::letter).collect()
    }

    /// A text column's content as it is; empty for other columns.
    pub fn words(&self, column: Column) -> &'a str {
        match column {
            Column::Id => self.id(),
            Column::Split => self.split().name(),
            Column::Transcript => self.transcript(),
            Column::Note => self.mark().map_or("", |m| &m.note),
            _ => "",
        }
    }
}

fn at(values: &[f32], row: usize) -> f32 {
    values.get(row).copied().unwrap_or(f32::NAN)
}

impl Row for RowRef<'_> {
    fn number(&self, column: Column) -> f32 {
        match column {
            Column::Order => self.row as f32,
            Column::Mark => f32::from(u8::from(self.mark().is_some_and(|m| m.reviewed))),
            Column::Label => self.label(),
            Column::Corrected(m) => self.corrected(m),
            Column::Change(m) => self.change(m),
            Column::Largest => Modality::ALL.into_iter().map(|m| self.change(m).abs()).fold(f32::NAN, f32::max),
            Column::Flips => Modality::ALL.into_iter().filter(|m| self.flips(*m)).count() as f32,
            Column::Human(m) => self.human(m),
            Column::Predicted => self.predicted(),
            Column::PredictedBy(m) => self.predicted_by(m),
            Column::Error => self.error(),
            Column::Id | Column::Split | Column::Transcript | Column::Note | Column::History => f32::NAN,
        }
    }

    fn text(&self, column: Column, needle: &str, whole: bool) -> bool {
        let lower = self.table.rows.lower.get(self.row);
        let noted;
        let own = match column {
            Column::Id => lower.and_then(|l| l.id.as_deref()).unwrap_or(self.id()),
            Column::Transcript => lower.and_then(|l| l.transcript.as_deref()).unwrap_or(self.transcript()),
            Column::Note => {
                noted = self.words(column).to_lowercase();
                &noted
            }
            other => self.words(other),
        };
        if whole { own == needle } else { own.contains(needle) }
    }

    fn flag(&self, column: Column, m: Option<Modality>) -> bool {
        match (column, m) {
            (Column::Flips, Some(m)) => self.flips(m),
            _ => self.number(column) > 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        table.predictions =
            Some(Arc::new(PredictionValues { multimodal: vec![0.25, 0.5], unimodal: Values::default() }));
        assert_eq!(pass(&table, "e > 0.5"), [1]);
        assert_eq!(pass(&table, "p > 0"), [0, 1]);
        assert!(table.row(0).predicted_by(Modality::Text).is_nan());
    }

    #[test]
    fn errors_are_those_that_the_runs_mae_is_the_mean_of() {
        let mut table = table(&[1.0, -0.5]);
        let predicted = vec![1.25, 0.5];
        table.predictions =
            Some(Arc::new(PredictionValues { multimodal: predicted.clone(), unimodal: Values::default() }));
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
}
