//! Settings of runs, as a command line has them.

/// Over within seconds: two epochs of each stage.
pub const SHORT: &str = "--device cpu --set contrastive.epochs=2 --set denoising.epochs=2 --set joint.epochs=2";

/// The first stage, one epoch of it.
pub const FIRST: &str = "--device cpu --stage contrastive --set contrastive.epochs=1";

/// Small enough to finish soon, long enough not to finish before it is looked at.
pub const SMALL: &str = "--dataset demo --device cpu --set contrastive.epochs=8 --set contrastive.patience=0 \
                         --set denoising.epochs=8 --set joint.epochs=8 --set joint.patience=0";

/// As long as it is looked at: every stage ends only when it is told to.
pub const LONG: &str = "--device cpu --set contrastive.epochs=5000 --set contrastive.patience=0 --set denoising.epochs=5000 \
                        --set joint.epochs=5000 --set joint.patience=0";
