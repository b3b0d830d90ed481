//! What a calibration chooses from.

use std::fmt;

use crate::config::{Corruption, Corruptions};

/// Probabilities of a permuted label that are tried.
const PERMUTED: [f32; 5] = [0.2, 0.25, 0.3, 0.35, 0.4];
/// Standard deviation of the normal noise that is tried, in units of H.
const GAUSSIAN: f32 = 0.5;

/// Labels that a modality may have.
#[derive(Clone, Debug, PartialEq)]
pub enum Candidate {
    /// y itself.
    Copies,
    /// What stage 2 makes of y when it is trained with these corruptions.
    Corrected(Corruptions),
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Candidate::Copies => write!(f, "copies"),
            Candidate::Corrected(corruptions) => write!(f, "{corruptions}"),
        }
    }
}

/// All candidates, copies first; the run's `own` corruption is among them.
pub fn candidates(own: &Corruptions) -> Vec<Candidate> {
    let listed = PERMUTED.map(Corruption::Permute).into_iter().chain([Corruption::Gaussian(GAUSSIAN)]);
    let mut all: Vec<Candidate> = vec![Candidate::Copies];
    all.extend(listed.map(|one| Candidate::Corrected(one.into())));
    let own = Candidate::Corrected(own.clone());
    if !all.contains(&own) {
        all.push(own);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_come_first_and_the_runs_own_corruption_once() {
        let names = |own: Corruptions| -> Vec<String> { candidates(&own).iter().map(Candidate::to_string).collect() };
        let listed =
            ["copies", "permute 0.2", "permute 0.25", "permute 0.3", "permute 0.35", "permute 0.4", "gaussian 0.5"];
        assert_eq!(names(Corruption::Permute(0.3).into()), listed);
        let own = vec![Corruption::Uniform(0.1), Corruption::Gaussian(0.3)];
        assert_eq!(names(own.into())[7..], ["uniform 0.1 + gaussian 0.3"]);
    }
}
