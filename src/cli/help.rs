//! `mug help`: the command line, one subcommand, or a page about a topic.

use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::out::say;
use super::pages::{PAGES, Page};
use super::plain;
use super::subcommand::{Program, Subcommand};
use crate::nearest::meant;

/// Pages are printed for terminals of this width, the narrowest that the console is made for.
const WIDTH: usize = 80;

/// Explain a subcommand, or print a page about a topic.
#[derive(Debug, clap::Parser)]
#[command(name = "help")]
pub struct HelpArgs {
    /// A subcommand (also: data check), or a page [default: the list of both].
    #[arg(value_name = "SUBCOMMAND|PAGE")]
    pub topic: Vec<String>,
}

impl Subcommand for HelpArgs {
    fn run(self, program: &Program) -> Result<ExitCode> {
        if let [topic] = &self.topic[..] {
            let subcommand = program.grammar.find_subcommand(topic);
            let page = Page::find(topic);
            if let Some(page) = page {
                say(plain::render(&page.markdown(), WIDTH).trim_end())?;
                if subcommand.is_none() {
                    return Ok(ExitCode::SUCCESS);
                }
                say("")?;
            } else if subcommand.is_none() {
                let pages: Vec<&str> = PAGES.iter().map(|page| page.name).collect();
                return Err(eyre!(
                    "help {topic}: expected a subcommand (mug --help lists them) or a page: {}{}",
                    pages.join(", "),
                    meant(topic, pages.iter().copied())
                ));
            }
        }
        // The parser itself knows best what to say of a subcommand: it is asked as `mug SUBCOMMAND --help` asks.
        let asked = ["mug"].into_iter().chain(self.topic.iter().map(String::as_str)).chain(["--help"]);
        match program.grammar.clone().try_get_matches_from(asked) {
            Err(answer) => answer.exit(),
            Ok(_) => Ok(ExitCode::SUCCESS),
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn pages_begin_like_this() {
        for page in PAGES {
            let text = plain::render(&page.markdown(), WIDTH);
            let start: Vec<&str> = text.lines().take(24).collect();
            insta::assert_snapshot!(format!("page_{}", page.name), start.join("\n"));
        }
    }

    #[test]
    fn pages_fit_a_narrow_terminal_and_hold_no_markup() {
        for page in PAGES {
            let text = plain::render(&page.markdown(), WIDTH);
            for line in text.lines() {
                assert!(line.width() <= WIDTH, "{}: {line}", page.name);
            }
            for markup in ["](", "<!--", "|---", "**", "```"] {
                assert!(!text.contains(markup), "{}: {markup}", page.name);
            }
        }
    }
}
