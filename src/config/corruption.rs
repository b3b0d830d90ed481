//! How labels are corrupted, in stage 2 ([the method](crate::book::method), stage 2) or in the data: one way, or several one
//! after another.

use serde::{Deserialize, Serialize};

/// One way of corrupting a label.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Corruption {
    /// Adds normal noise with standard deviation `gaussian`·H.
    Gaussian(f32),
    /// With this probability the label is replaced by a uniform draw from [-H, H].
    Uniform(f32),
    /// With this probability the label is replaced by another sample's of those corrupted together: of the batch in stage
    /// 2, of the split in the data.
    Permute(f32),
    /// With this probability the label changes its sign.
    Flip(f32),
}

impl Corruption {
    /// The σ or p that it may have.
    fn is_valid(self) -> bool {
        match self {
            Corruption::Gaussian(sigma) => sigma >= 0.0 && sigma.is_finite(),
            Corruption::Uniform(p) | Corruption::Permute(p) | Corruption::Flip(p) => (0.0..=1.0).contains(&p),
        }
    }
}

/// Corruptions that are applied one after another, each to what the one before left; after each the labels are clipped to
/// [-H, H]. In TOML a single one is a table, `{ permute = 0.3 }`, and several are a list of such.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Corruptions(Vec<Corruption>);

/// The forms that the setting has in TOML.
#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected { gaussian = σ }, { uniform = p }, { permute = p }, { flip = p } or a list of these"
)]
enum Written {
    One(Corruption),
    Several(Vec<Corruption>),
}

impl std::fmt::Display for Corruption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Corruption::Gaussian(sigma) => write!(f, "gaussian {sigma}"),
            Corruption::Uniform(p) => write!(f, "uniform {p}"),
            Corruption::Permute(p) => write!(f, "permute {p}"),
            Corruption::Flip(p) => write!(f, "flip {p}"),
        }
    }
}

impl std::fmt::Display for Corruptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all: Vec<String> = self.iter().map(|c| c.to_string()).collect();
        f.write_str(&all.join(" + "))
    }
}

impl Corruptions {
    /// More of them are more likely a mistake than a model of noise.
    const MOST: usize = 8;

    /// In the order in which they are applied.
    pub fn iter(&self) -> impl Iterator<Item = Corruption> {
        self.0.iter().copied()
    }

    /// True for 1 to 8 corruptions, each with a σ of at least 0 or a p from 0 to 1.
    pub(super) fn is_valid(&self) -> bool {
        (1..=Self::MOST).contains(&self.0.len()) && self.iter().all(Corruption::is_valid)
    }
}

impl From<Corruption> for Corruptions {
    fn from(one: Corruption) -> Self {
        Corruptions(vec![one])
    }
}

impl From<Vec<Corruption>> for Corruptions {
    fn from(several: Vec<Corruption>) -> Self {
        Corruptions(several)
    }
}

impl From<Written> for Corruptions {
    fn from(written: Written) -> Self {
        match written {
            Written::One(one) => one.into(),
            Written::Several(several) => several.into(),
        }
    }
}

impl From<Corruptions> for Written {
    fn from(Corruptions(all): Corruptions) -> Self {
        match all[..] {
            [one] => Written::One(one),
            _ => Written::Several(all),
        }
    }
}
