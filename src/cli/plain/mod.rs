//! Markdown as plain text, for terminals: headings, paragraphs, lists, tables and blocks of code, in a number of cells.
//!
//! Links are printed as their text, emphasis as plain words. Words in code style keep their backticks, except in tables.

mod table;

use markdown::mdast::{List, Node};
use markdown::{ParseOptions, to_mdast};
use textwrap::{WordSplitter, wrap};

use table::Table;

/// Everything below a heading stands so far to the right.
const INDENT: &str = "  ";
/// Code stands further in than what surrounds it.
const CODE_INDENT: &str = "    ";
/// Around words in code style.
const CODE: &str = "`";

/// A page of Markdown as lines of at most `width` cells. Code is kept as it is, whatever its width.
pub fn render(page: &str, width: usize) -> String {
    let mut writer = Writer { width, out: String::new() };
    match to_mdast(page, &ParseOptions::gfm()) {
        Ok(root) => writer.blocks(&root, INDENT),
        // Every text is Markdown: only extensions that are not asked for have a grammar of their own.
        Err(_) => writer.out.push_str(page),
    }
    writer.out
}

struct Writer {
    width: usize,
    out: String,
}

impl Writer {
    /// Writes the blocks that a node holds, `indent` before each line, blank lines between them.
    fn blocks(&mut self, parent: &Node, indent: &str) {
        for node in parent.children().into_iter().flatten() {
            match node {
                Node::Heading(_) => {
                    self.blank();
                    self.line(&words(node, CODE));
                }
                Node::Paragraph(_) => {
                    self.blank();
                    self.wrapped(&words(node, CODE), indent, indent);
                }
                Node::List(list) => {
                    self.blank();
                    self.list(list, indent);
                }
                Node::Code(code) => {
                    self.blank();
                    code.value.lines().for_each(|line| self.line(&format!("{CODE_INDENT}{line}")));
                }
                Node::Table(rows) => {
                    let cells = |row: &Node| row.children().into_iter().flatten().map(|cell| words(cell, "")).collect();
                    let table = Table { rows: rows.children.iter().map(cells).collect() };
                    self.blank();
                    for line in table.lines(self.width.saturating_sub(indent.len())) {
                        self.line(&format!("{indent}{line}"));
                    }
                }
                // Comments, and what our pages do not use.
                _ => {}
            }
        }
    }

    /// Writes the items of a list, close together.
    fn list(&mut self, list: &List, indent: &str) {
        for (n, item) in list.children.iter().enumerate() {
            let bullet = match list.start {
                Some(first) if list.ordered => format!("{}. ", first as usize + n),
                _ => "* ".to_owned(),
            };
            let inner = format!("{indent}{}", " ".repeat(bullet.len()));
            let mut first = format!("{indent}{bullet}");
            for node in item.children().into_iter().flatten() {
                match node {
                    Node::List(list) => self.list(list, &inner),
                    _ => self.wrapped(&words(node, CODE), &std::mem::replace(&mut first, inner.clone()), &inner),
                }
            }
        }
    }

    /// Writes a text in as many lines as it needs.
    fn wrapped(&mut self, text: &str, first: &str, rest: &str) {
        let options = textwrap::Options::new(self.width)
            .initial_indent(first)
            .subsequent_indent(rest)
            .word_splitter(WordSplitter::NoHyphenation);
        wrap(text, options).iter().for_each(|line| self.line(line));
    }

    fn blank(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }
}

/// The words below a node; `quote` stands before and after those in code style.
fn words(node: &Node, quote: &str) -> String {
    match node {
        Node::Text(text) => text.value.replace('\n', " "),
        Node::InlineCode(code) => format!("{quote}{}{quote}", code.value.replace('\n', " ")),
        Node::Break(_) => " ".to_owned(),
        other => other.children().into_iter().flatten().map(|child| words(child, quote)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_as_plain_text() {
        let page = "# Keys\n\nA *short* paragraph with `code` and a [`link`](crate::x), wrapped.\n\n<!-- not shown -->\n\
                    * one\n  more\n* two\n\n1. first\n2. second\n\n```sh\nmug  help\n```\n\n| a | b |\n|---|---|\n\
                    | `x\\|y` | z |\n\nEnd.\n";
        let text = render(page, 40);
        assert_eq!(
            text,
            "Keys\n\n  A short paragraph with `code` and a\n  `link`, wrapped.\n\n  * one more\n  * two\n\n  1. first\n  \
             2. second\n\n    mug  help\n\n  a    b\n  ---  -\n  x|y  z\n\n  End.\n"
        );
    }
}
