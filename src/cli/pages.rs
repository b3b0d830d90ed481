//! The pages of `mug help TOPIC`: the book's own, with tables that the program knows.

use crate::console::keys;
use crate::dataset::layout::list::LAYOUTS;
use crate::report::runs::FACTS;
use crate::report::table::columns::{Column, Kind};
use crate::training::health::{CHECKS, Limit};

/// A line of a page at which the part begins that the program writes, and one at which it ends.
const BEGIN: &str = "<!-- written by the program: begin -->\n";
const END: &str = "<!-- written by the program: end -->\n";

/// A page about a topic.
#[derive(Debug)]
pub struct Page {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is about, in a few words.
    pub about: &'static str,
    source: &'static str,
    /// What stands between [`BEGIN`] and [`END`], from the table that the program itself uses.
    written: fn() -> String,
}

/// Every page, in the order in which `mug help` lists them.
pub const PAGES: &[Page] = &[
    Page {
        name: "keys",
        about: "every key of the console, pane by pane",
        source: include_str!("../book/keys.md"),
        written: keys::readme_table,
    },
    Page {
        name: "filters",
        about: "the language of filters: the columns of the label table, the facts of runs",
        source: include_str!("../book/filters.md"),
        written: filters,
    },
    Page {
        name: "health",
        about: "signs of failure: how each is measured, what it means, what to try",
        source: include_str!("../book/health.md"),
        written: checks,
    },
    Page {
        name: "files",
        about: "the run directory, and data files that are read",
        source: include_str!("../book/files.md"),
        written: layouts,
    },
    Page {
        name: "studies",
        about: "many runs that answer one question: files, metrics, what is trained",
        source: include_str!("../book/studies.md"),
        written: String::new,
    },
    Page {
        name: "results",
        about: "what the studies say of real data: tables as they came out",
        source: include_str!("../book/results.md"),
        written: String::new,
    },
    Page {
        name: "cluster",
        about: "batch systems, signals, watching from another node",
        source: include_str!("../book/cluster.md"),
        written: String::new,
    },
    Page {
        name: "scripts",
        about: "exit statuses, messages when a run ends, completion, the machine",
        source: include_str!("../book/scripts.md"),
        written: String::new,
    },
    Page {
        name: "method",
        about: "the method: notation, stages, what can fail, metrics",
        source: include_str!("../book/method.md"),
        written: String::new,
    },
];

impl Page {
    /// The page of a name.
    pub fn find(name: &str) -> Option<&'static Page> {
        PAGES.iter().find(|page| page.name == name)
    }

    /// The page as Markdown.
    pub fn markdown(&self) -> String {
        let part = self.source.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
        match part {
            Some((before, after)) => format!("{before}{BEGIN}\n{}\n\n{END}{after}", (self.written)().trim_end()),
            None => self.source.to_owned(),
        }
    }
}

/// The pages' names and what they are about, one a line, for `mug --help`.
pub fn list() -> String {
    let lines = PAGES.iter().map(|page| format!("  {:<8} {}", page.name, page.about));
    format!("Pages (mug help PAGE):\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// The layouts of data files that can be read, as a table.
fn layouts() -> String {
    let mut table = String::from("| layout | what the file holds |\n|---|---|\n");
    LAYOUTS.iter().for_each(|layout| table += &format!("| {} | {} |\n", layout.name, layout.about));
    table
}

/// The columns that filters know, as a table.
fn columns() -> String {
    let mut table = String::from("| name | what it holds | in files |\n|---|---|---|\n");
    for column in Column::ALL.into_iter().filter(|c| c.kind() != Kind::Picture) {
        let what = column.meaning().replace('|', "\\|");
        table += &format!("| `{}` | {what} | `{}` |\n", column.name(), column.file_name());
    }
    table
}

/// What filters can ask about: clips' columns, then what is known of runs.
fn filters() -> String {
    let mut text = columns() + "\n## Of runs\n\n| name | what it holds |\n|---|---|\n";
    for fact in &FACTS {
        text += &format!("| `{}` | {} |\n", fact.name, fact.meaning.replace('|', "\\|"));
    }
    text
}

/// Every sign of failure: first all of them in a table, then each with what it means.
fn checks() -> String {
    let mut text = String::from("| stage | check | fails | limit |\n|---|---|---|---|\n");
    for sign in CHECKS {
        let stages: Vec<&str> = sign.stages.iter().map(|stage| stage.name()).collect();
        let side = if sign.fails_above { "above" } else { "below" };
        let limit = match sign.limit {
            Limit::Setting(name, _) => format!("`health.{name}`"),
            Limit::Fixed(limit) => limit.to_string(),
        };
        text += &format!("| {} | `{}` | {side} | {limit} |\n", stages.join(", "), sign.name);
    }
    for sign in CHECKS {
        let (measure, advice) = (sign.measure.replace('|', "\\|"), sign.advice);
        text += &format!("\n## {}\n\n{}\n\n* Measured: {measure}.\n* What to try: {advice}\n", sign.name, sign.meaning);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The book's pages hold the tables as they are now: rustdoc shows them as they lie in the file. Where this fails,
    /// `MUG_WRITE_BOOK=1 cargo test --release --lib pages` writes them anew.
    #[test]
    fn the_books_tables_are_the_programs() {
        for page in PAGES {
            let path = format!("{}/src/book/{}.md", env!("CARGO_MANIFEST_DIR"), page.name);
            if std::env::var_os("MUG_WRITE_BOOK").is_some() {
                std::fs::write(&path, page.markdown()).unwrap();
            }
            let there = std::fs::read_to_string(&path).unwrap();
            assert!(there == page.markdown(), "{path} is out of date; MUG_WRITE_BOOK=1 with this test writes it anew");
        }
    }
}
