//! What values the settings may have.

use super::{ConfigError, Corruption, Settings};

impl Settings {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        fn need(ok: bool, key: &'static str, found: impl ToString, expected: &'static str) -> Result<(), ConfigError> {
            if ok { Ok(()) } else { Err(ConfigError::Value { key, found: found.to_string(), expected }) }
        }
        let size = |v: usize| (1..=4096).contains(&v);
        const SIZE: &str = "a whole number from 1 to 4096";
        const RATE: &str = "a positive number below 10";
        const WEIGHT: &str = "a number of at least 0";
        let rate = |v: f64| v > 0.0 && v < 10.0;
        let weight = |v: f32| v >= 0.0 && v.is_finite();
        let m = &self.model;
        need(size(m.hidden), "model.hidden", m.hidden, SIZE)?;
        need(size(m.representation), "model.representation", m.representation, SIZE)?;
        need(size(m.fused), "model.fused", m.fused, SIZE)?;
        need(size(m.corrector_hidden), "model.corrector_hidden", m.corrector_hidden, SIZE)?;
        need((1..=4).contains(&m.corrector_layers), "model.corrector_layers", m.corrector_layers, "1 to 4")?;
        need((0.0..1.0).contains(&m.dropout), "model.dropout", m.dropout, "a share from 0 up to, not including, 1")?;
        let d = &self.data;
        if let Some(h) = d.label_range {
            need(h > 0.0 && h <= 100.0, "data.label_range", h, "a positive number up to 100")?;
        }
        need(weight(d.clip), "data.clip", d.clip, WEIGHT)?;
        let t = &self.training;
        need(
            (2..=65536).contains(&t.batch_size),
            "training.batch_size",
            t.batch_size,
            "a whole number from 2 to 65536",
        )?;
        need(weight(t.gradient_clip), "training.gradient_clip", t.gradient_clip, WEIGHT)?;
        // TOML's integers are signed: a larger seed could not be written to run.toml.
        need(t.seed <= i64::MAX as u64, "training.seed", t.seed, "a whole number up to 9223372036854775807")?;
        let c = &self.contrastive;
        need(rate(c.learning_rate), "contrastive.learning_rate", c.learning_rate, RATE)?;
        need(weight(c.weight_decay), "contrastive.weight_decay", c.weight_decay, WEIGHT)?;
        need(weight(c.unimodal_weight), "contrastive.unimodal_weight", c.unimodal_weight, WEIGHT)?;
        need(weight(c.contrastive_weight), "contrastive.contrastive_weight", c.contrastive_weight, WEIGHT)?;
        need(
            c.temperature > 0.0 && c.temperature.is_finite(),
            "contrastive.temperature",
            c.temperature,
            "a positive number",
        )?;
        let n = &self.denoising;
        need(rate(n.learning_rate), "denoising.learning_rate", n.learning_rate, RATE)?;
        need(weight(n.weight_decay), "denoising.weight_decay", n.weight_decay, WEIGHT)?;
        need(weight(n.virtual_step), "denoising.virtual_step", n.virtual_step, WEIGHT)?;
        need(weight(n.outer_weight), "denoising.outer_weight", n.outer_weight, WEIGHT)?;
        need(n.refresh_epochs >= 1, "denoising.refresh_epochs", n.refresh_epochs, "at least 1")?;
        let (share, ok) = match n.corruption {
            Corruption::Gaussian(s) => (s, weight(s)),
            Corruption::Uniform(p) | Corruption::Permute(p) => (p, (0.0..=1.0).contains(&p)),
        };
        need(ok, "denoising.corruption", share, "σ of at least 0, or a probability from 0 to 1")?;
        let j = &self.joint;
        need(rate(j.learning_rate), "joint.learning_rate", j.learning_rate, RATE)?;
        need(weight(j.weight_decay), "joint.weight_decay", j.weight_decay, WEIGHT)?;
        need(weight(j.unimodal_weight), "joint.unimodal_weight", j.unimodal_weight, WEIGHT)?;
        let h = &self.health;
        need((0.0..=1.0).contains(&h.grace), "health.grace", h.grace, "a share from 0 to 1")?;
        for (key, value) in [
            ("health.least_signal", h.least_signal),
            ("health.most_contrastive", h.most_contrastive),
            ("health.least_memory_ratio", h.least_memory_ratio),
            ("health.least_moved", h.least_moved),
            ("health.most_change", h.most_change),
            ("health.least_correlation", h.least_correlation),
            ("health.least_variance", h.least_variance),
            ("health.most_variance", h.most_variance),
            ("health.least_gain", h.least_gain),
            ("health.least_joint_gain", h.least_joint_gain),
        ] {
            need(value.is_finite(), key, value, "a finite number")?;
        }
        Ok(())
    }
}
