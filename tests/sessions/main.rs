//! A run outlives its terminal, its viewers, its process and its disk: tests of the built program.

#[path = "../support/mod.rs"]
mod support;

mod batch;
mod damage;
mod data_file;
mod disk;
mod faults;
mod follow;
mod keys;
mod kills;
mod outlive;
mod screen;
mod terminal_death;
mod viewers;
mod wire;

/// Small enough to finish soon, long enough not to finish before it is looked at.
const SMALL: &str = "--dataset demo --device cpu --set contrastive.epochs=8 --set contrastive.patience=0 --set denoising.epochs=8 \
     --set joint.epochs=8 --set joint.patience=0";

/// As long as it is looked at: every stage ends only when it is told to.
const LONG: &str = "--device cpu --set contrastive.epochs=5000 --set contrastive.patience=0 --set denoising.epochs=5000 \
                    --set joint.epochs=5000 --set joint.patience=0";
