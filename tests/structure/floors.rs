//! Floors: folders in the order in which they may import from each other.

use crate::imports::Imports;
use crate::rings;

/// The rooms of `src/console` from the bottom; those of one floor know nothing of each other. On top of them, and of no room,
/// stand the files that tie them together.
pub const CONSOLE: &[&[&str]] =
    &[&["terminal"], &["widgets"], &["annotate", "state"], &["layout"], &["update", "view"], &["world"]];

/// One folder, or the file of that name.
#[derive(Debug, PartialEq, Eq)]
pub struct Floor {
    pub name: String,
    /// From the bottom.
    pub height: usize,
}

/// The floors as the page of the architecture gives them: the rows of the table below its heading `# Floors`, each with the
/// names of one floor in its first column, the highest floor first.
pub fn of_the_crate(page: &str) -> Vec<Floor> {
    let below = page.lines().skip_while(|line| *line != "# Floors").skip(1).take_while(|line| !line.starts_with("# "));
    let rows: Vec<&str> = below.filter_map(|line| line.strip_prefix("| ")?.split('|').next()).collect();
    let mut floors = Vec::new();
    for (height, names) in rows.iter().rev().filter(|names| names.contains('`')).enumerate() {
        let names = names.split('`').skip(1).step_by(2);
        floors.extend(names.map(|name| Floor { name: name.to_owned(), height }));
    }
    assert!(floors.len() > 1, "the page has no table of the floors below a heading \"# Floors\"");
    floors
}

/// Rooms as floors.
pub fn of_rooms(rooms: &[&[&str]]) -> Vec<Floor> {
    let floors = rooms.iter().enumerate();
    floors.flat_map(|(height, rooms)| rooms.iter().map(move |&name| Floor { name: name.to_owned(), height })).collect()
}

/// The rooms that the documentation of a folder's `mod.rs` gives in a numbered list, lower ones first: of the names in
/// backticks those that are among `modules`.
pub fn of_list(page: &str, modules: &[String]) -> Vec<Floor> {
    let mut floors = Vec::new();
    let mut height = 0;
    for line in page.lines().map_while(|line| line.strip_prefix("//!")) {
        let begins = line.trim().split_once(". ").is_some_and(|(number, _)| number.parse::<usize>().is_ok());
        if begins {
            height += 1;
        } else if !line.starts_with("    ") {
            continue;
        }
        let names = line.split('`').skip(1).step_by(2).filter(|name| modules.iter().any(|module| module == name));
        floors.extend(names.map(|name| Floor { name: name.to_owned(), height }));
    }
    floors
}

/// The floor that a file stands on; `None`: on none, that is above them all.
fn floor_of<'a>(floors: &'a [Floor], file: &str) -> Option<&'a Floor> {
    let name = file.split('/').next().unwrap_or(file);
    let name = name.strip_suffix(".rs").unwrap_or(name);
    floors.iter().find(|floor| floor.name == name)
}

/// The imports under a folder (`""`, `"console/"`) that lead to a floor above the file's own, or to another of the same
/// height.
pub fn wrong(imports: &Imports, floors: &[Floor], folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for ((from, to), names) in imports {
        let (Some(inner_from), Some(inner_to)) = (from.strip_prefix(folder), to.strip_prefix(folder)) else { continue };
        let allowed = match (floor_of(floors, inner_from), floor_of(floors, inner_to)) {
            (Some(above), Some(below)) => below.height < above.height || below == above,
            (None, _) => true,
            (Some(_), None) => false,
        };
        if !allowed {
            found.push(rings::arrow(from, to, names));
        }
    }
    found
}
