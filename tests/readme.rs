//! The book's page of keys says what the program does.

#[test]
fn the_books_keys_are_the_programs() {
    let page = include_str!("../src/book/keys.md");
    for line in mug::console::keys::readme_table().lines() {
        assert!(page.contains(line), "src/book/keys.md lacks this line of the table of keys:\n{line}");
    }
}
