//! Files as bytes: read by position ([`bytes`]), told apart by how they begin ([`magic`]), and the numbers that bytes stand
//! for ([`dtype`]). [`reader`] makes a stream of a file.
//!
//! Nothing here knows what a dataset is, or imports from the rest of `dataset`. A file format that is to be named when it
//! is met, and refused, is one line in [`magic`]; an element type of arrays is one line in [`dtype`].

pub mod bytes;
pub mod dtype;
pub mod error;
pub mod hash;
pub mod magic;
pub mod reader;
