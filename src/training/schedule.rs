//! How learning rates change over a stage's steps ([the method](crate::book::method), text by BERT).

use crate::config::TrainingSettings;

/// What a learning rate is multiplied with in a step; `done` is the share of the stage's planned steps that lies behind, in
/// [0, 1). It rises from 0 during the warm-up and falls to 0 by the stage's end, both in a straight line, as Hugging Face's
/// linear schedule does; 1 where the settings ask for neither.
pub fn factor(settings: &TrainingSettings, done: f64) -> f64 {
    let warmup = settings.warmup;
    if done < warmup {
        done / warmup
    } else if settings.linear_decay {
        (1.0 - done) / (1.0 - warmup)
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_rise_and_fall_in_straight_lines() {
        let of = |warmup, linear_decay, done| {
            factor(&TrainingSettings { warmup, linear_decay, ..TrainingSettings::default() }, done)
        };
        assert_eq!([0.0, 0.5, 0.999].map(|done| of(0.0, false, done)), [1.0; 3]);
        assert_eq!([0.0, 0.125, 0.25, 0.625].map(|done| of(0.25, true, done)), [0.0, 0.5, 1.0, 0.5]);
        assert_eq!([0.0, 0.5, 0.75].map(|done| of(0.5, false, done)), [0.0, 1.0, 1.0]);
        assert_eq!([0.0, 0.5].map(|done| of(0.0, true, done)), [1.0, 0.5]);
        // All of it warm-up.
        assert_eq!(of(1.0, true, 0.75), 0.75);
    }
}
