//! What can be wrong with settings.

use std::path::PathBuf;

/// What can be wrong with a settings file or an override.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the settings file {path}: {source}; check the path given to --config")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{origin}: {message}")]
    Parse { origin: String, message: String },
    #[error("--set {text}: expected key=value, for example --set joint.unimodal_weight=0")]
    Override { text: String },
    #[error("{key} = {found}: expected {expected}; change it in the settings file or with --set {key}=VALUE")]
    Value { key: &'static str, found: String, expected: &'static str },
}
