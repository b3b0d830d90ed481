//! `mug man`: manual pages.

use std::path::PathBuf;
use std::process::ExitCode;

use clap_mangen::roff::{Roff, roman};
use color_eyre::Result;
use color_eyre::eyre::WrapErr;

use super::out::say;
use super::pages::{PAGES, Page};
use super::plain;
use super::subcommand::{Program, Subcommand};
use crate::run::write_atomically;

/// `man` sets lines so far to the right of the screen's edge.
const WIDTH: usize = 73;

/// Write manual pages: one for each subcommand, and one for each page of `mug help`.
#[derive(Debug, clap::Parser)]
#[command(name = "man")]
pub struct ManArgs {
    /// The folder to write to, for example ~/.local/share/man/man1; it is made where it is not there.
    pub folder: PathBuf,
}

impl Subcommand for ManArgs {
    fn run(self, program: &Program) -> Result<ExitCode> {
        let folder = &self.folder;
        std::fs::create_dir_all(folder).wrap_err_with(|| format!("cannot make the folder {}", folder.display()))?;
        clap_mangen::generate_to(program.grammar.clone(), folder)
            .wrap_err_with(|| format!("cannot write manual pages to {}", folder.display()))?;
        for page in PAGES {
            let path = folder.join(format!("mug-{}.7", page.name));
            write_atomically(&path, |file| manual(page).to_writer(file))?;
        }
        say(&format!(
            "manual pages written to {}; man -l {} shows one",
            folder.display(),
            folder.join("mug.1").display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A page of `mug help` for `man`, in section 7. Its lines are set as they are.
fn manual(page: &Page) -> Roff {
    let name = format!("mug-{}", page.name);
    let version = concat!("mug ", env!("CARGO_PKG_VERSION"));
    let mut roff = Roff::new();
    roff.control("TH", [name.as_str(), "7", "", version, ""]);
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("{name} - {}", page.about))]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.control("nf", []);
    for line in plain::render(&page.markdown(), WIDTH).lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff
}
