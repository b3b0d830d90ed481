//! Markdown as plain text, for terminals: headings, paragraphs, lists, tables and blocks of code, in a number of cells.
//!
//! Links are printed as their text, emphasis as plain words, and names in code style without their quotes.

mod table;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use textwrap::wrap;

use table::Table;

/// Everything below a heading stands so far to the right.
const INDENT: &str = "  ";
/// Code stands further in than what surrounds it.
const CODE_INDENT: &str = "    ";

/// A page of Markdown as lines of at most `width` cells. Code is kept as it is, whatever its width.
pub fn render(markdown: &str, width: usize) -> String {
    let mut writer = Writer { width, ..Writer::default() };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        writer.take(event);
    }
    writer.out
}

#[derive(Default)]
struct Writer {
    width: usize,
    out: String,
    /// The text of the paragraph, heading, item or cell that is being read.
    text: String,
    /// For each list around: the number of its next item; `None`: the list has no numbers.
    lists: Vec<Option<u64>>,
    /// What stands before the first line of the item that is being read.
    bullet: Option<String>,
    /// True where the last line written belongs to an item: items of one list stand close together.
    after_item: bool,
    table: Option<Table>,
}

impl Writer {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Code(text) => self.text.push_str(&text),
            Event::SoftBreak => self.text.push(' '),
            Event::HardBreak => self.text.push('\n'),
            Event::Rule => self.blank(),
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            // Comments, and what our pages do not use.
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::List(first) => {
                self.paragraph();
                self.lists.push(*first);
            }
            Tag::Item => {
                let bullet = match self.lists.last_mut() {
                    Some(Some(n)) => {
                        *n += 1;
                        format!("{}. ", *n - 1)
                    }
                    _ => "* ".to_owned(),
                };
                self.bullet = Some(bullet);
            }
            Tag::Table(_) => self.table = Some(Table::default()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                let heading = std::mem::take(&mut self.text);
                self.blank();
                self.line(&heading);
            }
            TagEnd::Paragraph | TagEnd::Item => self.paragraph(),
            TagEnd::List(_) => {
                self.lists.pop();
                self.after_item = !self.lists.is_empty();
            }
            TagEnd::CodeBlock => {
                self.blank();
                for line in std::mem::take(&mut self.text).lines() {
                    self.line(&format!("{CODE_INDENT}{line}"));
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.text);
                self.table.iter_mut().for_each(|table| table.cell(&cell));
            }
            TagEnd::TableHead | TagEnd::TableRow => self.table.iter_mut().for_each(Table::end_row),
            TagEnd::Table => {
                let lines = self.table.take().map(|table| table.lines(self.width.saturating_sub(INDENT.len())));
                self.blank();
                for line in lines.unwrap_or_default() {
                    self.line(&format!("{INDENT}{line}"));
                }
            }
            _ => {}
        }
    }

    /// Ends a paragraph or an item: writes its text, if there is one.
    fn paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return;
        }
        let depth = self.lists.len();
        let outer = INDENT.repeat(depth.max(1));
        if self.bullet.is_none() || !self.after_item {
            self.blank();
        }
        let (first, rest) = match self.bullet.take() {
            Some(bullet) => (format!("{outer}{bullet}"), format!("{outer}{}", " ".repeat(bullet.len()))),
            None if depth > 0 => (format!("{outer}{INDENT}"), format!("{outer}{INDENT}")),
            None => (outer.clone(), outer),
        };
        let options = textwrap::Options::new(self.width)
            .initial_indent(&first)
            .subsequent_indent(&rest)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        for line in wrap(&text, options) {
            self.line(&line);
        }
        self.after_item = depth > 0;
    }

    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
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
            "Keys\n\n  A short paragraph with code and a\n  link, wrapped.\n\n  * one more\n  * two\n\n  1. first\n  \
             2. second\n\n    mug  help\n\n  a    b\n  ---  -\n  x|y  z\n\n  End.\n"
        );
    }
}
