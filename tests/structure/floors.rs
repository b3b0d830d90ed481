//! Floors: folders in the order in which they may import from each other.

use crate::imports::Imports;
use crate::rings;

/// The rooms of `src/console` from the bottom; those of one floor know nothing of each other. On top of them, and of no room,
/// stand the files that tie them together.
pub const CONSOLE: [&[&str]; 6] = [&["terminal"], &["widgets"], &["state"], &["update", "view"], &["world"], &[]];

/// One folder, or the file of that name.
#[derive(Debug, PartialEq, Eq)]
pub struct Floor {
    pub name: String,
    /// From the bottom.
    pub height: usize,
}

/// The floors as the documentation of `src/lib.rs` gives them: from the line that begins with `Floors` to the next empty
/// one, names in backticks, and `→` between a floor and the next.
pub fn of_the_crate(lib: &str) -> Vec<Floor> {
    let documentation = lib.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let lines: Vec<&str> =
        documentation.skip_while(|line| !line.starts_with("Floors")).take_while(|line| !line.is_empty()).collect();
    let text = lines.join(" ");
    let mut floors = Vec::new();
    for (height, floor) in text.split('→').enumerate() {
        let names = floor.split('`').skip(1).step_by(2);
        floors.extend(names.map(|name| Floor { name: name.to_owned(), height }));
    }
    assert!(
        floors.len() > 1,
        "the documentation of src/lib.rs has no paragraph that begins with \"Floors\" and gives them as `config` → `dataset`"
    );
    floors
}

/// The rooms of the console.
pub fn of_the_console() -> Vec<Floor> {
    let floors = CONSOLE.iter().enumerate();
    floors.flat_map(|(height, rooms)| rooms.iter().map(move |&name| Floor { name: name.to_owned(), height })).collect()
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
