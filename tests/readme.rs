//! README and the book say what the program does.

use mug::cli::SUBCOMMANDS;
use mug::cli::pages::{PAGES, Page};

#[test]
fn the_books_keys_are_the_programs() {
    let page = include_str!("../src/book/keys.md");
    for line in mug::console::keys::readme_table().lines() {
        assert!(page.contains(line), "src/book/keys.md lacks this line of the table of keys:\n{line}");
    }
}

#[test]
fn commands_that_are_named_exist() {
    let commands: Vec<_> = SUBCOMMANDS.iter().map(|entry| (entry.command)()).collect();
    let mut named = 0;
    let texts = PAGES.iter().map(Page::markdown).chain([include_str!("../README.md").to_owned()]);
    for text in texts {
        // A command stands at a line's beginning in a block of code, or in code style.
        for rest in text.split(['`', '\n', ';']).filter_map(|part| part.trim_start().strip_prefix("mug ")) {
            let mut words = rest.split_whitespace();
            let name = words.next().unwrap_or_default();
            let command = commands.iter().find(|command| command.get_name() == name);
            let command = command.unwrap_or_else(|| panic!("mug {rest}: {name} is no subcommand"));
            named += 1;
            for option in words.take_while(|word| *word != "#" && *word != "|") {
                let option = option.trim_matches(['[', ']']);
                let Some(long) = option.strip_prefix("--") else { continue };
                let own = command.get_arguments().any(|arg| arg.get_long() == Some(long));
                let of_below =
                    command.get_subcommands().flat_map(|c| c.get_arguments()).any(|a| a.get_long() == Some(long));
                assert!(own || of_below, "mug {rest}: {name} has no option --{long}");
            }
        }
    }
    assert!(named > 30, "{named}");
}
