//! The reading of imports, on crates of a few lines.

use std::collections::BTreeSet;

use crate::floors::{self, Floor};
use crate::imports::{Imports, imports};
use crate::rings::{rings, told};
use crate::source::Crate;

/// The imports of a crate of these files.
fn of(files: &[(&str, &str)]) -> Imports {
    imports(&Crate::read(&|wanted| {
        let found = files.iter().find(|(file, _)| *file == wanted);
        found.map(|(_, text)| (*text).to_owned())
    }))
}

/// `from > to: names`, one a line.
fn arrows(files: &[(&str, &str)]) -> Vec<String> {
    let told = |((from, to), names): ((String, String), std::collections::BTreeMap<String, usize>)| {
        format!("{from} > {to}: {}", names.into_keys().collect::<Vec<_>>().join(" "))
    };
    of(files).into_iter().map(told).collect()
}

fn ring(files: &[&str]) -> BTreeSet<String> {
    files.iter().map(|&file| file.to_owned()).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn a_ring_of_two_is_named_with_what_ties_it() {
    let found = of(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::{Second, third as fourth};\npub struct First;"),
        ("b.rs", "pub struct Second;\npub fn third() {\n    super::a::First;\n}"),
        ("c.rs", "use crate::a::First; pub struct Below;"),
    ]);
    assert_eq!(rings(&found), [ring(&["a.rs", "b.rs"])]);
    assert_eq!(
        told(&rings(&found)[0], &found),
        "a ring of 2 files: a.rs, b.rs\n\
        \x20 src/a.rs imports of src/b.rs: Second (line 1), third (line 1)\n\
        \x20 src/b.rs imports of src/a.rs: First (line 3)\n"
    );
}

#[test]
fn a_ring_by_way_of_a_third_file_is_one_ring() {
    let found = of(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "pub use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::{a, d::D}; pub struct C(a::A);"),
        ("d.rs", "pub struct D;"),
    ]);
    assert_eq!(rings(&found), [ring(&["a.rs", "b.rs", "c.rs"])]);
    let words = told(&rings(&found)[0], &found);
    assert!(words.contains("the shortest way round: a.rs > b.rs > c.rs > a.rs\n"), "{words}");
}

#[test]
fn what_a_folder_re_exports_is_of_the_file_that_defines_it() {
    let files = [
        ("lib.rs", "mod folder; mod above; pub use folder::One as Known;"),
        ("folder/mod.rs", "mod one; mod two; pub use one::{One, make}; pub use two::*; pub struct Own;"),
        ("folder/one.rs", "use super::Two; pub struct One; pub fn make() {}"),
        ("folder/two.rs", "pub struct Two; use super::One;"),
        ("above.rs", "use crate::folder::{self, Own}; fn f() -> folder::Two { folder::make(); crate::Known::new() }"),
    ];
    assert_eq!(
        arrows(&files),
        [
            "above.rs > folder/mod.rs: Own",
            "above.rs > folder/one.rs: One make",
            "above.rs > folder/two.rs: Two",
            "folder/mod.rs > folder/one.rs: One make",
            "folder/mod.rs > folder/two.rs: *",
            "folder/one.rs > folder/two.rs: Two",
            "folder/two.rs > folder/one.rs: One",
            "lib.rs > folder/one.rs: One",
        ]
    );
    assert_eq!(rings(&of(&files)), [ring(&["folder/one.rs", "folder/two.rs"])]);
}

#[test]
fn a_name_that_the_folders_own_file_defines_ties_to_that_file() {
    let found = of(&[
        ("lib.rs", "mod folder;"),
        ("folder/mod.rs", "mod one; pub use one::One; pub struct Own;"),
        ("folder/one.rs", "use super::Own; pub struct One;"),
    ]);
    assert_eq!(rings(&found), [ring(&["folder/mod.rs", "folder/one.rs"])]);
}

#[test]
fn what_only_tests_import_does_not_count() {
    let files = [
        ("lib.rs", "mod a; mod b; #[cfg(test)] mod fixture;"),
        ("a.rs", "pub struct A; #[cfg(test)] mod tests { use crate::b::B; #[test] fn t() { crate::b::f(); } }"),
        ("b.rs", "use crate::a::A; pub struct B; impl B { #[cfg(test)] fn g() { crate::fixture::h(); } }"),
    ];
    assert_eq!(arrows(&files), ["b.rs > a.rs: A"]);
    let counted = ("a.rs", "pub struct A; #[cfg(not(test))] mod inner { use crate::b::B; }");
    assert_eq!(arrows(&[files[0], counted, files[2]]), ["a.rs > b.rs: B", "b.rs > a.rs: A"]);
}

#[test]
fn paths_in_macros_attributes_and_inner_modules_count() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub fn f() {} pub fn g() {} pub fn h() {} pub enum E { V } pub mod inner { pub fn i() {} }"),
        (
            "b.rs",
            "use crate::a; mod inner { fn b() { assert!(true, \"{}\", vec![super::super::a::f()]); } }
            #[derive(Serialize)] struct S { #[serde(with = \"crate::a::g\")] s: u8, #[arg(value_parser = a::h)] t: u8 }
            fn c() { format!(\"{:?} {}\", a::E::V, std::mem::size_of::<u8>()); match 1 { _ => a::inner::i() } }",
        ),
    ];
    assert_eq!(arrows(&files), ["b.rs > a.rs: E f g h i"]);
}

#[test]
fn a_module_and_a_function_may_have_the_same_name() {
    let files = [
        ("lib.rs", "mod a; mod say; pub use say::say; use a::csv;"),
        (
            "a.rs",
            "use super::say; pub use csv::csv; mod csv { pub fn csv() {} } fn f() { say::say(); super::say::other(); }",
        ),
        ("say.rs", "pub fn say() {} pub fn other() {}"),
    ];
    assert_eq!(arrows(&files), ["a.rs > say.rs: other say", "lib.rs > a.rs: csv", "lib.rs > say.rs: say"]);
}

#[test]
fn names_of_other_crates_are_none_of_ours() {
    let files = [
        ("lib.rs", "mod a; mod csv;"),
        ("a.rs", "use csv::Reader; use std::fmt; fn f<T: Iterator>(t: T::Item) -> fmt::Result { Self::g() }"),
        ("csv.rs", "pub struct Reader;"),
    ];
    assert_eq!(arrows(&files), NONE);
}

#[test]
fn floors_are_read_from_the_documentation_and_held_to() {
    let page = "# Files\n\n| `x` | |\n\n# Floors\n\nThis is `said`.\n\n| floor | what it is |\n|---|---|\n\
                | [`d`](crate::d) | the `top` |\n| [`c`](crate::c) | |\n| [`a`](crate::a), [`b`](crate::b) | |\n\n\
                # More\n\n| `y` | |\n";
    let floors = floors::of_the_crate(page);
    let floor = |name: &str, height| Floor { name: name.to_owned(), height };
    assert_eq!(floors, [floor("a", 0), floor("b", 0), floor("c", 1), floor("d", 2)]);
    let found = of(&[
        ("lib.rs", "mod a; mod b; mod c; mod d; use d::D;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "pub struct B;"),
        ("c/mod.rs", "mod inner; use crate::a::A; use inner::C;"),
        ("c/inner.rs", "use crate::d::D; pub struct C;"),
        ("d.rs", "use crate::a::A; pub struct D;"),
    ]);
    assert_eq!(
        floors::wrong(&found, &floors, ""),
        ["src/a.rs imports of src/b.rs: B (line 1)", "src/c/inner.rs imports of src/d.rs: D (line 1)"]
    );
}

#[test]
fn rooms_are_read_from_the_list_of_a_folders_documentation() {
    let page = "//! In rooms:\n//!\n//! 1. `file`: bytes.\n//! 2. [`pickle`]: `Other` things,\n//!    and `known`.\n//!\n//! `late`\n\nmod `x`;\n";
    let there = ["file", "pickle", "known", "late", "x"].map(str::to_owned);
    let floor = |name: &str, height| Floor { name: name.to_owned(), height };
    assert_eq!(floors::of_list(page, &there), [floor("file", 1), floor("pickle", 2), floor("known", 2)]);
}
