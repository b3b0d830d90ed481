//! mug: a terminal console for MUG, meta uni-label generation for multimodal sentiment analysis (arXiv 2408.16029).
//!
//! Floors, from the bottom; a module imports only from floors below it:
//! `modality`, `split`, `sanitise`, `files`, `config` → `device` → `dataset` → `model` → `training` → `run` → `report` →
//! `host` →
//! `console` → `cli`.

#![deny(unsafe_code)]

pub mod book;
pub mod cli;
pub mod config;
pub mod console;
pub mod dataset;
pub mod device;
pub mod files;
pub mod host;
pub mod modality;
pub mod model;
pub mod report;
pub mod run;
pub mod sanitise;
pub mod split;
pub mod training;
