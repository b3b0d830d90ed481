//! Encoders, fusion, projection (CPM) and corrector (MUCN) of METHOD.md; no training logic.

mod activation;
pub mod corrector;
pub mod dropout;
mod elementwise;
mod encoder;
mod host;
mod init;
pub mod network;
mod recurrent;
