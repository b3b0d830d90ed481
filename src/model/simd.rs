//! Which of the processor's vector instructions the kernels on the CPU use: one choice for the whole program, made once.
//!
//! `MUG_SIMD` asks for fewer than the machine has, so that what others have can be tested and timed on it. Products of burn's
//! own make their own choice.

use std::sync::OnceLock;

use pulp::{Arch, WithSimd};

/// The variable of the environment.
pub const VARIABLE: &str = "MUG_SIMD";

/// What the kernels can be compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// One number at a time, on any machine.
    Scalar,
    /// 256 bits at a time (x86-64-v3: AVX2, fused multiply-add).
    V3,
    /// 512 bits at a time (x86-64-v4: AVX-512).
    V4,
    /// 128 bits at a time (aarch64).
    Neon,
}

impl Level {
    const ALL: [Level; 4] = [Level::Scalar, Level::V3, Level::V4, Level::Neon];

    /// As `MUG_SIMD` names it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Scalar => "scalar",
            Level::V3 => "v3",
            Level::V4 => "v4",
            Level::Neon => "neon",
        }
    }

    /// The level's instructions, where this machine has them.
    fn arch(self) -> Option<Arch> {
        match self {
            Level::Scalar => Some(Arch::Scalar),
            #[cfg(target_arch = "x86_64")]
            Level::V3 => pulp::x86::V3::try_new().map(Arch::V3),
            #[cfg(target_arch = "x86_64")]
            Level::V4 => pulp::x86::V4::try_new().map(Arch::V4),
            #[cfg(target_arch = "aarch64")]
            Level::Neon => pulp::aarch64::Neon::try_new().map(Arch::Neon),
            _ => None,
        }
    }
}

/// `MUG_SIMD` asks for what cannot be had.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SimdError {
    #[error("{VARIABLE} is {found:?}; expected one of {}", names())]
    Unknown { found: String },
    #[error("{VARIABLE} is {}, which this machine does not have; leave it unset to use the best that it has", .0.name())]
    Missing(Level),
}

fn names() -> String {
    Level::ALL.map(Level::name).join(", ")
}

/// The level that the environment asks for, else the best that the machine has.
///
/// # Errors
/// The environment asks for something else, or for what the machine lacks. Kernels then use the best; the program
/// refuses to start.
pub fn level() -> Result<Level, SimdError> {
    match std::env::var(VARIABLE) {
        Ok(asked) if !asked.is_empty() => level_named(&asked),
        _ => Ok(best()),
    }
}

fn level_named(name: &str) -> Result<Level, SimdError> {
    let known = Level::ALL.into_iter().find(|l| l.name() == name);
    let level = known.ok_or_else(|| SimdError::Unknown { found: name.to_owned() })?;
    level.arch().map(|_| level).ok_or(SimdError::Missing(level))
}

fn best() -> Level {
    let has = |level: &Level| level.arch().is_some();
    [Level::V4, Level::V3, Level::Neon].into_iter().find(has).unwrap_or(Level::Scalar)
}

/// Runs a kernel with the chosen instructions.
#[inline]
pub(crate) fn dispatch<Op: WithSimd>(op: Op) -> Op::Output {
    static CHOSEN: OnceLock<Arch> = OnceLock::new();
    CHOSEN.get_or_init(|| level().unwrap_or_else(|_| best()).arch().unwrap_or(Arch::Scalar)).dispatch(op)
}

/// Every set of instructions that this machine has, the one for any machine among them.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = Arch> {
    Level::ALL.into_iter().filter_map(Level::arch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_refused_by_name() {
        assert_eq!(level_named("scalar"), Ok(Level::Scalar));
        let text = level_named("avx2").unwrap_err().to_string();
        assert!(text.contains("avx2") && text.contains("v3, v4"), "{text}");
        let absent = if cfg!(target_arch = "aarch64") { Level::V3 } else { Level::Neon };
        assert_eq!(level_named(absent.name()), Err(SimdError::Missing(absent)));
        assert!(best().arch().is_some());
    }
}
