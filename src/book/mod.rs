//! The book: pages that explain the program. [The crate's front page](crate) links to them.
//!
//! Nothing here is code. A doc comment that speaks of the method or of a file links to these pages, and rustdoc checks the
//! links. Those that `mug help` prints are Markdown files that are read in both places; parts of them that the program
//! knows better (keys, columns, checks) are written by it, and a test compares them.
//!
//! To add a page: a Markdown file here, its module below, and its link on the front page (start.md). One that `mug help`
//! shall print has its line in the list of `cli/pages.rs` too.

#[doc = include_str!("architecture.md")]
pub mod architecture {}

#[doc = include_str!("cluster.md")]
pub mod cluster {}

#[doc = include_str!("files.md")]
pub mod files {}

#[doc = include_str!("filters.md")]
pub mod filters {}

#[doc = include_str!("health.md")]
pub mod health {}

#[doc = include_str!("keys.md")]
pub mod keys {}

#[doc = include_str!("method.md")]
pub mod method {}

#[doc = include_str!("scripts.md")]
pub mod scripts {}
#[doc = include_str!("results.md")]
pub mod results {}

#[doc = include_str!("speed.md")]
pub mod speed {}

#[doc = include_str!("studies.md")]
pub mod studies {}

#[doc = include_str!("where_to_add.md")]
pub mod where_to_add {}
