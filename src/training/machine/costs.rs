//! What the stages cost: memory and operations beside the seconds that the machine counts.

use super::super::error::TrainingError;
use super::super::events::{Body, Stage};
use super::super::operations;
use super::Machine;
use crate::device::{gpu_memory, memory};

impl Machine<'_> {
    /// Begins to measure a stage: what was resident before it, data and model, is kept for the run as a whole.
    pub(super) fn begin_costs(&mut self) {
        self.keep_peak();
        memory::forget_peak();
    }

    /// Measures a stage so far, and tells it.
    pub(super) fn report_costs(&mut self, stage: Stage, epoch: u32) -> Result<(), TrainingError> {
        let peak = self.keep_peak();
        let gpu = gpu_memory(&self.context.device);
        let per_epoch = {
            let context = &*self.context;
            operations::of_epoch(stage, &context.settings, &context.dataset, context.text_operations())
        };
        let summary = self.progress.stages.entry(stage).or_default();
        // The most of all processes that trained the stage.
        summary.peak_memory = summary.peak_memory.max(peak);
        summary.gpu_memory = summary.gpu_memory.max(gpu);
        summary.operations = per_epoch.map(|n| n.saturating_mul(u64::from(summary.epochs)));
        let costs = summary.costs();
        self.emit_in(epoch, self.progress.step, Body::Costs { costs })
    }

    /// The peak since it was last begun anew.
    fn keep_peak(&mut self) -> Option<u64> {
        let peak = memory::peak();
        self.progress.peak_memory = self.progress.peak_memory.max(peak);
        peak
    }
}
