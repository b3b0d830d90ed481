//! The README says what the program does.

#[test]
fn the_readmes_keys_are_the_programs() {
    let readme = include_str!("../README.md");
    for line in mug::console::keys::readme_table().lines() {
        assert!(readme.contains(line), "README.md lacks this line of the table of actions:\n{line}");
    }
}
