//! The keys of what a study measures, as its file and its table name them.

use crate::modality::Modality;
use crate::training::events::{LabelSummary, Stage};

/// Something measured of every cell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MetricKey {
    /// `test.mae`: of ŷ on the test split.
    Test(String),
    /// `valid.mae`: of ŷ on the validation split.
    Valid(String),
    /// `labels.text.mae`: of the modality's labels against human (or true) ones, on the training split.
    Labels(Modality, LabelMeasure),
    /// `gap.text`: distance of the means of z_m and h_m after stage 1, in [0, 2], on the validation split.
    Gap(Modality),
    /// `retrieval.text`: share of z_m that find their h_m after stage 1, on the validation split.
    Retrieval(Modality),
    /// `cosine.text`: mean cosine of z_m and h_m after stage 1, on the validation split.
    Cosine(Modality),
    /// `restored.text`: mean absolute error of corrupted labels of the validation split that stage 2's corrector restored.
    Restored(Modality),
    /// `ridge.text`: the same of ridge regression on the corrector's input.
    Ridge(Modality),
    /// `returned`: the same of the corrupted labels as they are.
    Returned,
    /// `seconds.denoising`, or `seconds` for all stages together.
    Seconds(Option<Stage>),
    /// `samples_per_second.denoising`.
    Speed(Stage),
    /// `cost.memory` and `cost.gpu_memory` (the most, in MiB), `cost.operations` (in units of 10⁹), each also of one stage:
    /// `cost.memory.denoising`.
    Cost(String),
}

/// What is measured of a modality's labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LabelMeasure {
    /// `mae`: mean absolute error of the labels that stage 3 learns.
    Mae,
    /// `pearson`: their correlation.
    Pearson,
    /// `sign`: share of the same sign.
    Sign,
    /// `copies`: mean absolute error of copies of y.
    Copies,
    /// `copies_pearson`: correlation of copies of y.
    CopiesPearson,
    /// `gain`: copies' mean absolute error less the labels'.
    Gain,
}

impl LabelMeasure {
    /// Each with its name in keys.
    pub const ALL: [(&'static str, LabelMeasure); 6] = [
        ("mae", LabelMeasure::Mae),
        ("pearson", LabelMeasure::Pearson),
        ("sign", LabelMeasure::Sign),
        ("copies", LabelMeasure::Copies),
        ("copies_pearson", LabelMeasure::CopiesPearson),
        ("gain", LabelMeasure::Gain),
    ];

    /// Its value; `None` where nothing is known of what the labels should be.
    pub fn of(self, labels: &LabelSummary) -> Option<f64> {
        match self {
            LabelMeasure::Mae => labels.corrected.as_ref()?.mae,
            LabelMeasure::Pearson => labels.corrected.as_ref()?.pearson,
            LabelMeasure::Sign => labels.corrected.as_ref()?.sign,
            LabelMeasure::Copies => labels.copied.as_ref()?.mae,
            LabelMeasure::CopiesPearson => labels.copied.as_ref()?.pearson,
            LabelMeasure::Gain => labels.gain.as_ref()?.mae,
        }
    }

    /// Its name in keys.
    pub fn name(self) -> &'static str {
        LabelMeasure::ALL.iter().find(|(_, m)| *m == self).map_or("", |(name, _)| name)
    }
}

impl MetricKey {
    /// Reads a key.
    ///
    /// # Errors
    /// A key of another form; the message shows the forms there are.
    pub fn parse(key: &str) -> Result<MetricKey, String> {
        let parts: Vec<&str> = key.split('.').collect();
        let modality = |name: &str| Modality::ALL.into_iter().find(|m| m.name() == name);
        let stage = |name: &str| Stage::ALL.into_iter().find(|s| s.name() == name);
        let word = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let found = match parts[..] {
            ["test", name] if word(name) => Some(MetricKey::Test(name.to_owned())),
            ["valid", name] if word(name) => Some(MetricKey::Valid(name.to_owned())),
            ["labels", m, what] => modality(m).and_then(|m| {
                let (_, what) = LabelMeasure::ALL.iter().find(|(name, _)| *name == what)?;
                Some(MetricKey::Labels(m, *what))
            }),
            ["gap", m] => modality(m).map(MetricKey::Gap),
            ["retrieval", m] => modality(m).map(MetricKey::Retrieval),
            ["cosine", m] => modality(m).map(MetricKey::Cosine),
            ["restored", m] => modality(m).map(MetricKey::Restored),
            ["ridge", m] => modality(m).map(MetricKey::Ridge),
            ["returned"] => Some(MetricKey::Returned),
            ["seconds"] => Some(MetricKey::Seconds(None)),
            ["seconds", s] => stage(s).map(|s| MetricKey::Seconds(Some(s))),
            ["samples_per_second", s] => stage(s).map(MetricKey::Speed),
            ["cost", ..] if parts[1..].iter().all(|part| word(part)) && parts.len() > 1 => {
                Some(MetricKey::Cost(parts[1..].join(".")))
            }
            _ => None,
        };
        found.ok_or_else(|| {
            let shown: String = key.chars().take(80).collect();
            format!(
                "\"{shown}\" names nothing that is measured; expected for example test.mae, valid.mae, labels.text.mae, \
                 labels.text.copies, gap.text, retrieval.text, restored.text, ridge.text, returned, seconds.denoising, \
                 samples_per_second.denoising or cost.memory"
            )
        })
    }
}
