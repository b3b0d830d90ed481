//! What a run cost, in lines.

use super::{Card, StageCard};
use crate::report::numbers::{bytes, clock, count};

impl Card {
    /// A line a stage; none before anything was measured.
    pub(super) fn cost_lines(&self) -> Vec<String> {
        if self.stages.iter().all(|s| s.costs.is_none()) {
            return vec!["costs: not measured yet".to_owned()];
        }
        let on_gpu = self.device.as_ref().is_some_and(|d| !d.starts_with("CPU"));
        let gpu = if on_gpu { format!("{:>12}", "GPU memory") } else { String::new() };
        let head = format!("  {:<12}{:>9}{:>11}{:>12}{gpu}{:>12}", "", "time", "samples/s", "memory", "operations");
        let mut lines = vec!["costs".to_owned(), head];
        lines.extend(self.stages.iter().map(|s| stage_line(s, on_gpu)));
        lines.extend(self.peak_memory.map(|peak| format!("  {:<12}{:>32}", "in all", bytes(peak))));
        lines
    }
}

fn stage_line(stage: &StageCard, on_gpu: bool) -> String {
    let costs = stage.costs.unwrap_or_default();
    let known = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    // A stage that did not begin has cost nothing that could be known.
    let cell = |value: Option<String>| if stage.costs.is_some() { known(value) } else { "–".to_owned() };
    let time = cell(Some(clock(costs.seconds)));
    let rate = cell(costs.samples_per_second.map(count));
    let memory = cell(costs.peak_memory.map(bytes));
    let gpu = if on_gpu { format!("{:>12}", cell(costs.gpu_memory.map(bytes))) } else { String::new() };
    let operations = cell(costs.operations.map(|n| count(n as f64)));
    format!("  {:<12}{time:>9}{rate:>11}{memory:>12}{gpu}{operations:>12}", stage.stage.name())
}
