//! Encoders, fusion, projection (CPM) and corrector (MUCN) of [the method](crate::book::method).
//!
//! Modules and the mathematics of their layers, with seeded first weights; no training logic and no files. It imports from
//! `dataset` (the batches that go in) and the floors below it.
//!
//! To add a part of the network: a file with a burn module that is built from settings and a generator, and a field in
//! [`network`] or [`corrector`].

mod activation;
pub mod bert;
pub(crate) mod contrast;
pub mod corrector;
mod dense;
pub mod dropout;
mod elementwise;
pub(crate) mod encoder;
pub(crate) mod host;
pub(crate) mod init;
mod layer;
pub(crate) mod memory;
pub mod network;
pub mod parameters;
mod product;
pub(crate) mod recurrent;
pub mod simd;
pub(crate) mod tasks;
pub mod text;
pub mod weighting;
