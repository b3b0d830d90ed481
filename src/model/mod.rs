//! Encoders, fusion, projection (CPM) and corrector (MUCN) of METHOD.md; no training logic.

pub mod corrector;
pub mod dropout;
mod encoder;
mod init;
pub mod network;
mod recurrent;
