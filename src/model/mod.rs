//! Encoders, fusion, projection (CPM) and corrector (MUCN) of [the method](crate::book::method); no training logic.

mod activation;
pub mod corrector;
pub mod dropout;
mod elementwise;
mod encoder;
mod host;
mod init;
pub mod network;
mod recurrent;
