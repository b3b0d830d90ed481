//! What filters, orders and tables of runs name: a fact, a setting or a metric.

use std::borrow::Cow;

use super::facts::{Content, FACTS, Fact};
use crate::config::{MetricSet, holds_numbers};
use crate::nearest::nearest;
use crate::report::filter::Kind;
use crate::report::study::reading::named;
use crate::run::study::MetricKey;
use crate::training::metrics;

/// Something that every run has, or may have.
#[derive(Clone, Debug)]
pub enum Column {
    Fact(&'static Fact),
    /// A setting by its dotted key.
    Setting {
        key: String,
        numbers: bool,
    },
    /// A metric that a list of runs knows, by its key in studies: `test.mae`.
    Metric {
        key: String,
        metric: MetricKey,
    },
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Column {
    /// The column of a name; names of facts and metrics in whatever case, a metric of the test split also without `test.`,
    /// `seed` for `training.seed`.
    pub fn parse(name: &str) -> Option<Column> {
        let lower = name.to_lowercase();
        if let Some(fact) = FACTS.iter().find(|f| f.name == lower) {
            return Some(Column::Fact(fact));
        }
        if lower == "seed" {
            return Column::setting("training.seed");
        }
        Column::metric(&lower).or_else(|| Column::metric(&format!("test.{lower}"))).or_else(|| Column::setting(name))
    }

    /// A fact by its name; the first one where there is none of it.
    pub fn fact(name: &str) -> Column {
        Column::Fact(FACTS.iter().find(|f| f.name == name).unwrap_or(&FACTS[0]))
    }

    pub(super) fn setting(key: &str) -> Option<Column> {
        Some(Column::Setting { key: key.to_owned(), numbers: holds_numbers(key)? })
    }

    pub(super) fn metric(key: &str) -> Option<Column> {
        let metric = MetricKey::parse(key).ok()?;
        let known = match &metric {
            MetricKey::Test(key) | MetricKey::Valid(key) => metrics::find(key).is_some(),
            MetricKey::Labels(..) | MetricKey::Seconds(_) | MetricKey::Speed(_) => true,
            MetricKey::Cost(key) => {
                let what = key.split('.').next().unwrap_or_default();
                ["memory", "gpu_memory", "operations"].contains(&what)
            }
            // These take the curves of a run.
            _ => false,
        };
        known.then(|| Column::Metric { key: key.to_owned(), metric })
    }

    /// The name in filters and orders.
    pub fn name(&self) -> Cow<'static, str> {
        match self {
            Column::Fact(fact) => Cow::Borrowed(fact.name),
            Column::Setting { key, .. } | Column::Metric { key, .. } => Cow::Owned(key.clone()),
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Column::Fact(Fact { content: Content::Number(_), .. }) | Column::Metric { .. } => Kind::Number,
            Column::Setting { numbers: true, .. } => Kind::Number,
            Column::Fact(_) | Column::Setting { .. } => Kind::Text,
        }
    }

    /// True where less is better, false where more is; `None`: neither.
    pub fn lower_is_better(&self) -> Option<bool> {
        match self {
            Column::Metric { metric, .. } => named(metric).1,
            Column::Fact(_) | Column::Setting { .. } => None,
        }
    }

    /// True where an order begins with the greatest values: the best, or the latest.
    pub fn greatest_first(&self) -> bool {
        match self {
            Column::Fact(fact) => ["begun", "written", "done", "epoch"].contains(&fact.name),
            Column::Setting { .. } => false,
            Column::Metric { .. } => self.lower_is_better() == Some(false),
        }
    }

    /// The names of facts and of metrics; settings are too many.
    pub(super) fn names() -> impl Iterator<Item = String> {
        let keys = || [MetricSet::Mosi, MetricSet::Sims].into_iter().flat_map(metrics::list).map(|m| m.key);
        let metrics = ["test", "valid"].into_iter().flat_map(move |split| keys().map(move |k| format!("{split}.{k}")));
        let costs = ["seconds", "cost.memory", "cost.gpu_memory", "cost.operations", "labels.text.mae"];
        FACTS.iter().map(|f| f.name.to_owned()).chain(metrics).chain(costs.map(str::to_owned))
    }

    /// The one of `names`, of metrics without `test.` and of `others` that was most likely meant.
    pub(super) fn nearest(typed: &str, others: &[&str]) -> Option<String> {
        let names: Vec<String> = Column::names().collect();
        let bare = names.iter().filter_map(|name| name.strip_prefix("test."));
        let all = names.iter().map(|name| &**name).chain(bare).chain(others.iter().copied());
        nearest(typed, all).map(str::to_owned)
    }
}
