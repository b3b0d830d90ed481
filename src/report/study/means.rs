//! Each variant's metrics over its seeds, and all of them as lines of text.

use super::outcomes::{Outcome, Outcomes, Variant};
use crate::report::numbers::{number, significant};

/// A variant's metric over its seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    pub mean: f64,
    /// Sample standard deviation; `None` of a single value.
    pub deviation: Option<f64>,
    /// Seeds that have a value.
    pub count: usize,
}

/// Digits of a mean that are shown.
const DIGITS: usize = 4;

impl Mean {
    fn of(cells: &[Outcome], metric: usize) -> Option<Self> {
        let values: Vec<f64> = cells.iter().filter_map(|c| c.values.get(metric).copied().flatten()).collect();
        let count = values.len();
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let deviation = (count > 1).then(|| (squares / (count - 1) as f64).sqrt());
        (count > 0).then_some(Self { mean, deviation, count })
    }

    /// `0.412 ± 0.002`, and of how many where some of the `seeds` have no value.
    pub fn in_words(self, seeds: usize) -> String {
        let of = if self.count < seeds { format!(" ({})", self.count) } else { String::new() };
        let mean = significant(self.mean, DIGITS);
        // As many decimals as the mean has.
        let decimals = mean.split_once('.').map_or(0, |(_, behind)| behind.len());
        let deviation = self.deviation.map_or(String::new(), |sd| format!(" ± {}", number(sd, decimals)));
        format!("{mean}{deviation}{of}")
    }
}

/// For each metric, of each variant.
pub fn of(outcomes: &Outcomes) -> Vec<Vec<Option<Mean>>> {
    let seeds = outcomes.seeds.len().max(1);
    let mean = |metric| outcomes.cells.chunks(seeds).map(move |cells| Mean::of(cells, metric)).collect();
    (0..outcomes.metrics.len()).map(mean).collect()
}

/// The variant and its place on the axes.
pub fn name_of(variant: &Variant) -> String {
    let places = variant.axes.iter().map(|(_, value)| value.as_str());
    std::iter::once(variant.name.as_str()).chain(places).collect::<Vec<_>>().join(" ")
}

/// A heading and a line for each variant, in columns; none where no variant has a value.
pub fn lines(outcomes: &Outcomes, means: &[Vec<Option<Mean>>]) -> Vec<String> {
    if means.iter().flatten().all(Option::is_none) {
        return Vec::new();
    }
    let seeds = outcomes.seeds.len();
    let mut columns: Vec<Vec<String>> = vec![vec!["variant".to_owned()]];
    columns[0].extend(outcomes.variants.iter().enumerate().map(|(i, variant)| {
        let mark = if outcomes.reference == Some(i) { " (reference)" } else { "" };
        format!("{}{mark}", name_of(variant))
    }));
    columns.extend(outcomes.metrics.iter().zip(means).map(|(metric, means)| {
        let values = means.iter().map(|m| m.map_or_else(|| "–".to_owned(), |m| m.in_words(seeds)));
        std::iter::once(metric.name.clone()).chain(values).collect()
    }));
    let width = |column: &Vec<String>| column.iter().map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let line = |row: usize| {
        let cells = columns.iter().zip(&widths).map(|(column, width)| {
            let cell = column.get(row).map_or("", String::as_str);
            format!("{cell:width$}")
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    (0..=outcomes.variants.len()).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::outcomes::{CellState, StudyMetric};

    #[test]
    fn means_are_over_the_seeds_that_have_a_value_and_lines_have_columns() {
        let cell = |value: Option<f64>| Outcome { state: CellState::Finished, values: vec![value], test: None };
        let variant = |name: &str| Variant { name: name.into(), axes: vec![("data.label_noise".into(), "0.2".into())] };
        let outcomes = Outcomes {
            name: "s".into(),
            question: "?".into(),
            metrics: vec![StudyMetric { key: "test.mae".into(), name: "test MAE".into(), lower_is_better: Some(true) }],
            variants: vec![variant("a"), variant("longer"), variant("none")],
            reference: Some(0),
            seeds: vec![1, 2],
            cells: [Some(1.0), Some(3.0), Some(0.5), None, None, None].map(cell).to_vec(),
        };
        let means = of(&outcomes);
        // The sample standard deviation of 1 and 3 is the root of 2.
        assert_eq!(means[0][0], Some(Mean { mean: 2.0, deviation: Some(2f64.sqrt()), count: 2 }));
        assert_eq!(means[0][1], Some(Mean { mean: 0.5, deviation: None, count: 1 }));
        assert_eq!(means[0][2], None);
        let lines = lines(&outcomes, &means);
        assert_eq!(lines[0], "variant            test MAE");
        assert_eq!(lines[1], "a 0.2 (reference)  2.000 ± 1.414");
        assert_eq!(lines[2], "longer 0.2         0.500 (1)");
        assert_eq!(lines[3], "none 0.2           –");
        let empty = Outcomes { cells: vec![cell(None); 6], ..outcomes };
        assert!(super::lines(&empty, &of(&empty)).is_empty());
    }
}
