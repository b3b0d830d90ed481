//! What a sign of failure is made of.

use super::evidence::Evidence;
use crate::config::HealthSettings;
use crate::modality::Modality;
use crate::split::Split;
use crate::training::events::{Check, CheckState, Interval, Stage};

/// A sign of failure: what is the same of a check in every run, and how it is measured.
#[derive(Clone, Copy, Debug)]
pub struct Sign {
    /// For example `identity`; with stage, modality and split it names the check.
    pub name: &'static str,
    /// The stages that it is looked for in.
    pub stages: &'static [Stage],
    /// What is measured, in words with its unit.
    pub measure: &'static str,
    /// The check fails where the value is above the limit; else where it is below.
    pub fails_above: bool,
    pub limit: Limit,
    /// What it means where it fails, a sentence.
    pub meaning: &'static str,
    /// What to try then, a sentence.
    pub advice: &'static str,
    /// The readings that the evidence allows, by the limit; none where it is of something else.
    pub judge: fn(&Evidence<'_>, f64) -> Vec<Reading>,
}

/// Where a check's limit comes from.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// The setting of this name in the section `health`.
    Setting(&'static str, fn(&HealthSettings) -> f64),
    /// The same in every run.
    Fixed(f64),
}

impl Limit {
    /// The limit in a run of these settings.
    pub fn of(&self, settings: &HealthSettings) -> f64 {
        match self {
            Limit::Setting(_, of) => of(settings),
            Limit::Fixed(limit) => *limit,
        }
    }
}

/// One measurement of a sign.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// `None`: of the run as a whole.
    pub modality: Option<Modality>,
    /// `None`: of the split that the measure names.
    pub split: Option<Split>,
    /// `None`: undefined.
    pub value: Option<f64>,
    /// Where there is one, the check fails only where all of it is on the wrong side of the limit.
    pub interval: Option<Interval>,
    /// The check fails where the value is undefined; else it says nothing then.
    pub undefined_fails: bool,
    /// In place of [`Sign::meaning`].
    pub meaning: Option<String>,
    /// In place of [`Sign::advice`].
    pub advice: Option<&'static str>,
}

impl Reading {
    /// A measurement of a modality.
    pub fn of(modality: Modality, value: Option<f64>) -> Self {
        Self { modality: Some(modality), value, ..Self::default() }
    }

    /// A measurement of the run as a whole.
    pub fn whole(value: Option<f64>) -> Self {
        Self { value, ..Self::default() }
    }
}

impl Sign {
    /// The checks that the evidence allows. `judged`: it is not too early to say whether they fail.
    pub fn look(&self, evidence: &Evidence<'_>, settings: &HealthSettings, judged: bool) -> Vec<Check> {
        let limit = self.limit.of(settings);
        let readings = (self.judge)(evidence, limit).into_iter();
        readings.map(|reading| self.check(evidence.stage(), reading, limit, judged)).collect()
    }

    fn check(&self, stage: Stage, reading: Reading, limit: f64, judged: bool) -> Check {
        let fails = match reading.value {
            Some(value) => {
                // The end that is nearest to passing.
                let [low, high] = reading.interval.unwrap_or([value, value]);
                Some(if self.fails_above { low > limit } else { high < limit })
            }
            None => reading.undefined_fails.then_some(true),
        };
        let state = match fails {
            Some(true) if judged => CheckState::Failing,
            Some(false) if judged => CheckState::Ok,
            _ => CheckState::Unknown,
        };
        Check {
            name: self.name.to_owned(),
            stage,
            modality: reading.modality,
            split: reading.split,
            measure: self.measure.to_owned(),
            value: reading.value,
            interval: reading.interval,
            threshold: limit,
            fails_above: self.fails_above,
            state,
            meaning: reading.meaning.unwrap_or_else(|| self.meaning.to_owned()),
            advice: reading.advice.unwrap_or(self.advice).to_owned(),
        }
    }
}
