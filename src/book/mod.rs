//! The pages that explain the program: the method, its data files, the run's process and directory, and where to add what.
//!
//! Nothing here is code. A doc comment that speaks of the method links to these pages, and rustdoc checks the links.

#[doc = include_str!("method.md")]
pub mod method {}
