//! What learns in stage 2 where the labels of single modalities are wrong: the method's own, or those that it is compared
//! with.

use serde::{Deserialize, Serialize};

/// The learner of stage 2 ([the method](crate::book::method), stage 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Learner {
    /// MUCN learns to restore corrupted labels; encoders are frozen.
    #[default]
    Mucn,
    /// Meta label correction (Zheng, Awadallah and Dumais, AAAI 2021): a corrector makes the labels that encoders learn,
    /// and learns from what became of them.
    Mlc,
    /// Meta-Weight-Net (Shu et al., NeurIPS 2019): labels stay y, and clips are weighed.
    MetaWeight,
}

impl Learner {
    /// The value of `denoising.learner`.
    pub fn name(self) -> &'static str {
        match self {
            Learner::Mucn => "mucn",
            Learner::Mlc => "mlc",
            Learner::MetaWeight => "meta-weight",
        }
    }

    /// True where stage 2 trains encoders, too.
    pub fn trains_encoders(self) -> bool {
        self != Learner::Mucn
    }

    /// True where labels are other than y.
    pub fn corrects(self) -> bool {
        self != Learner::MetaWeight
    }
}

impl std::fmt::Display for Learner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
