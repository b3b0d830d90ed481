//! The columns of a table of runs: the facts and settings in which they differ, and the metrics that some have.

use std::collections::BTreeSet;

use super::column::Column;
use super::value::words;
use crate::run::list::RunSummary;

/// Facts that a table shows where the runs differ in them. A study is told by the name of its cells.
const WHERE_THEY_DIFFER: [&str; 3] = ["dataset", "stage", "tag"];

/// The columns of a table of these runs: name and state, what they differ in, metrics.
pub fn columns(runs: &[&RunSummary]) -> Vec<Column> {
    let differ = |column: &Column| {
        let mut values = runs.iter().map(|run| words(run, column));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let mut columns = vec![Column::fact("name"), Column::fact("state")];
    columns.extend(WHERE_THEY_DIFFER.map(Column::fact).into_iter().filter(&differ));
    // A setting that all have as the program has it is in none of these maps.
    let keys: BTreeSet<&String> = runs.iter().flat_map(|run| run.settings.keys()).collect();
    columns.extend(keys.into_iter().filter_map(|key| Column::setting(key)).filter(&differ));
    columns.extend(metrics(runs).iter().filter_map(|key| Column::metric(key)));
    columns
}

/// The keys of the metrics that some of these runs have: of the test split, of the validation split, of labels, of cost.
fn metrics(runs: &[&RunSummary]) -> Vec<String> {
    let (mut test, mut valid, mut labels) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut seconds = false;
    for result in runs.iter().filter_map(|run| run.result.as_ref()) {
        test.extend(result.metrics.test.iter().filter(|(_, v)| v.is_some()).map(|(key, _)| key));
        valid.extend(result.metrics.valid.iter().filter(|(_, v)| v.is_some()).map(|(key, _)| key));
        labels.extend(result.labels.keys());
        seconds |= !result.costs.is_empty();
    }
    let each = [("test", test), ("valid", valid), ("labels", labels)];
    let keys = each.into_iter().flat_map(|(of, keys)| keys.into_iter().map(move |key| format!("{of}.{key}")));
    keys.chain(seconds.then(|| "seconds".to_owned())).collect()
}
