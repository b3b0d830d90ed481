//! How the source is built: no file imports what stands above it, and no files import each other in a ring.
//!
//! The order of the folders of `src` is the one that the documentation of `src/lib.rs` gives; the order of the rooms of
//! `src/console` is [`floors::CONSOLE`].

mod floors;
mod imports;
mod made_up;
mod rings;
mod source;

use std::path::Path;
use std::sync::LazyLock;

use imports::{Imports, imports};
use source::Crate;

/// What the files of this crate import of each other.
static IMPORTS: LazyLock<Imports> =
    LazyLock::new(|| imports(&Crate::of_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))));

#[test]
fn no_files_import_each_other_in_a_ring() {
    let told: Vec<String> = rings::rings(&IMPORTS).iter().map(|ring| rings::told(ring, &IMPORTS)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn no_file_imports_from_a_floor_above_its_own() {
    let order = floors::of_the_crate(include_str!("../../src/lib.rs"));
    let wrong = floors::wrong(&IMPORTS, &order, "");
    assert!(wrong.is_empty(), "imports that run up, or to a neighbour:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_of_the_console_imports_from_a_room_above_its_own() {
    let wrong = floors::wrong(&IMPORTS, &floors::of_the_console(), "console/");
    assert!(wrong.is_empty(), "imports that run up, or to a neighbour:\n{}", wrong.join("\n"));
}
