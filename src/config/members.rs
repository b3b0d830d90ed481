//! How many correctors are trained, and on how many networks ([the method](crate::book::method), stage 2).

use serde::{Deserialize, Serialize};

/// Members differ in nothing but their random numbers; corrected labels are their average. In TOML a number, the correctors
/// of one network, or `{ networks = N, correctors = K }`; without the latter each network has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Members {
    /// N, networks that stage 1 trains. The first is the one that stage 3 goes on with.
    pub networks: usize,
    /// K, correctors of each.
    pub correctors: usize,
}

/// The forms that the setting has in TOML.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a whole number or { networks = N } or { networks = N, correctors = K }")]
enum Written {
    Correctors(usize),
    Both(Both),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Both {
    networks: usize,
    #[serde(default = "one")]
    correctors: usize,
}

fn one() -> usize {
    1
}

impl Members {
    /// All correctors, N·K.
    pub fn count(self) -> usize {
        self.networks * self.correctors
    }

    pub(super) fn is_valid(self) -> bool {
        (1..=16).contains(&self.networks) && (1..=32).contains(&self.correctors) && self.count() <= 32
    }
}

impl From<usize> for Members {
    fn from(correctors: usize) -> Self {
        Self { networks: 1, correctors }
    }
}

impl From<Written> for Members {
    fn from(written: Written) -> Self {
        match written {
            Written::Correctors(correctors) => correctors.into(),
            Written::Both(Both { networks, correctors }) => Self { networks, correctors },
        }
    }
}

impl From<Members> for Written {
    fn from(Members { networks, correctors }: Members) -> Self {
        match networks {
            1 => Written::Correctors(correctors),
            _ => Written::Both(Both { networks, correctors }),
        }
    }
}
