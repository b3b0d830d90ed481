//! How the source is built: no file imports what stands above it, and no files import each other in a ring.
//!
//! The order of the folders of `src` is the one of `src/book/architecture.md`; that of the rooms of `src/dataset`
//! stands in its `mod.rs`, and that of the rooms of `src/console` in [`floors::CONSOLE`].
#![allow(clippy::unwrap_used, clippy::panic, reason = "that is how a test fails, in its helpers too")]

mod floors;
mod imports;
mod made_up;
mod rings;
mod source;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use floors::Floor;
use imports::{Imports, imports};
use source::Crate;

/// What the files of this crate import of each other.
static IMPORTS: LazyLock<Imports> = LazyLock::new(|| imports(&Crate::of_folder(&src())));

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files and folders of a folder, by name without `.rs`.
fn modules(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn no_files_import_each_other_in_a_ring() {
    let told: Vec<String> = rings::rings(&IMPORTS).iter().map(|ring| rings::told(ring, &IMPORTS)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn no_file_imports_from_a_floor_above_its_own() {
    let order = floors::of_the_crate(include_str!("../../src/book/architecture.md"));
    // The book is pages only, and `build` is no part of the crate but the script that cargo runs before it.
    let on_none: Vec<String> = modules(&src())
        .into_iter()
        .filter(|name| {
            !["lib", "main", "book", "build"].contains(&name.as_str()) && order.iter().all(|floor| floor.name != *name)
        })
        .collect();
    assert!(on_none.is_empty(), "not in the table of floors of src/book/architecture.md: {}", on_none.join(", "));
    let wrong = floors::wrong(&IMPORTS, &order, "");
    assert!(wrong.is_empty(), "imports that run up, or to a neighbour:\n{}", wrong.join("\n"));
}

/// No file of this folder of `src` imports from a room above its own.
fn assert_rooms(folder: &str, order: &[Floor]) {
    let wrong = floors::wrong(&IMPORTS, order, &format!("{folder}/"));
    assert!(wrong.is_empty(), "imports that run up, or to a neighbour:\n{}", wrong.join("\n"));
}

#[test]
fn the_consoles_rooms_import_from_rooms_below() {
    let order = floors::of_rooms(floors::CONSOLE);
    let there = modules(&src().join("console"));
    for floor in &order {
        assert!(there.contains(&floor.name), "src/console has no room {}", floor.name);
    }
    assert_rooms("console", &order);
}

#[test]
fn the_datasets_rooms_import_from_rooms_below() {
    let there: Vec<String> =
        modules(&src().join("dataset")).into_iter().filter(|name| !["mod", "tests"].contains(&name.as_str())).collect();
    let order = floors::of_list(include_str!("../../src/dataset/mod.rs"), &there);
    for name in &there {
        let listed = order.iter().any(|floor| floor.name == *name);
        assert!(listed, "src/dataset/{name} is in no room of the list in src/dataset/mod.rs");
    }
    assert_rooms("dataset", &order);
}

#[test]
fn a_pane_has_a_file_of_its_name_in_each_room() {
    let list = include_str!("../../src/console/state/pane.rs");
    let list = list.split("$make! {").nth(1).and_then(|rest| rest.split('}').next()).expect("the list of panes");
    let panes: Vec<&str> = list.split(',').filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert!(panes.contains(&"labels"), "{panes:?}");
    for room in ["state", "update", "view"] {
        let files = modules(&src().join("console").join(room));
        for pane in &panes {
            assert!(files.iter().any(|file| file == pane), "src/console/{room} has no file of the pane {pane}");
        }
    }
}

#[test]
fn every_folder_says_what_belongs_there() {
    fn walk(folder: &Path, silent: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, silent);
            } else if path.ends_with("mod.rs") && !std::fs::read_to_string(&path).unwrap().starts_with("//! ") {
                silent.push(path);
            }
        }
    }
    let mut silent = Vec::new();
    walk(&src(), &mut silent);
    assert!(silent.is_empty(), "without a first line that says what belongs there: {silent:?}");
}
