//! The pages that explain the program say what it does: README, and the book.

use std::path::Path;

use crate::support::home::{Home, said};

/// README and the book's pages: names and texts.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let book = std::fs::read_dir(root.join("src/book")).unwrap().map(|entry| entry.unwrap().path());
    let files = book.filter(|path| path.extension().is_some_and(|e| e == "md")).chain([root.join("README.md")]);
    files.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect()
}

#[test]
fn the_books_keys_are_the_programs() {
    let page = include_str!("../../src/book/keys.md");
    for line in mug::console::keys::readme_table().lines() {
        assert!(page.contains(line), "src/book/keys.md lacks this line of the table of keys:\n{line}");
    }
}

#[test]
fn the_source_files_that_the_pages_name_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for (name, page) in pages() {
        let quoted = page.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
        for file in quoted.filter(|word| word.contains('/') && word.ends_with(".rs") && !word.contains(' ')) {
            assert!(root.join("src").join(file).exists() || root.join(file).exists(), "{name} names {file}");
            seen += 1;
        }
    }
    assert!(seen > 5, "only {seen} files were found");
}

/// The commands that a page shows: `mug ...` in backticks, and the lines of its shell blocks.
fn commands(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), block) {
            (Some(_), Some(_)) => block = None,
            (Some(language), None) => block = Some(language),
            (None, Some("sh")) => found.extend(before_comment(line).split(';').map(|part| part.trim().to_owned())),
            (None, Some(_)) => {}
            (None, None) => found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned)),
        }
    }
    // In a script `srun` starts it.
    let found = found.iter().filter_map(|line| line.strip_prefix("srun ").unwrap_or(line).strip_prefix("mug "));
    found.map(str::to_owned).collect()
}

fn before_comment(line: &str) -> &str {
    line.find(" #").map_or(line, |at| &line[..at])
}

/// The words of a command, up to what the shell does with its output. What may be left out, in square
/// brackets, is not left out.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for sign in command.chars() {
        match (sign, quote) {
            (_, Some(begun)) if sign == begun => quote = None,
            (_, Some(_)) => words.last_mut().unwrap().push(sign),
            ('\'' | '"', None) => quote = Some(sign),
            ('|' | '>' | '&', None) => break,
            ('[' | ']', None) => {}
            (' ', None) => words.push(String::new()),
            _ => words.last_mut().unwrap().push(sign),
        }
    }
    words.retain(|word| !word.is_empty());
    // Variables of a shell hold names and numbers.
    words.iter_mut().filter(|word| word.starts_with('$')).for_each(|word| "1".clone_into(word));
    // Names that stand for one of a few words; others may be anything.
    for (name, example) in [("PAGE", "keys"), ("STAGE", "joint")] {
        words.iter_mut().filter(|word| *word == name).for_each(|word| example.clone_into(word));
    }
    words
}

#[test]
fn every_command_of_the_pages_is_one_that_the_program_knows() {
    let home = Home::new();
    let mut seen = 0;
    for (name, page) in pages() {
        // A command may go on in the next line.
        for command in commands(&page.replace("\\\n", "")) {
            // The last word keeps it from doing anything.
            let mut line = words(&command);
            line.push("--help".to_owned());
            let output = home.mug_with(&line.iter().map(String::as_str).collect::<Vec<_>>()).output().unwrap();
            assert!(output.status.success(), "{name}: mug {command}\n{}", said(&output));
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} commands were found");
    let unknown = home.bad("labels RUN --no-such-option --help");
    assert!(unknown.contains("--no-such-option"), "{unknown}");
}

#[test]
fn the_commands_of_a_page_are_found() {
    let page = "see `mug runs` and `runs`\n```sh\nmug labels RUN --filter 'a | b' | head   # [x]\nmug runs [--json]; mug stop X\n\
                cargo run\n```\n```text\nmug host\n```\n";
    let found = commands(page);
    let found: Vec<&str> = found.iter().map(|command| command.trim_end()).collect();
    assert_eq!(found, ["runs", "labels RUN --filter 'a | b' | head", "runs [--json]", "stop X"]);
    assert_eq!(words(found[1]), ["labels", "RUN", "--filter", "a | b"]);
    assert_eq!(words(found[2]), ["runs", "--json"]);
}
