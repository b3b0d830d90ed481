//! Examples of each subcommand, which stand at the end of its help.

/// A subcommand's name, or its names (`study run`), and lines that can be typed.
pub const EXAMPLES: &[(&str, &[&str])] = &[
    ("train", &["mug train --dataset demo", "mug train --dataset sims --seed 3 --json", "mug train --resume RUN"]),
    ("attach", &["mug attach", "mug attach RUN", "mug attach --follow /shared/runs/RUN"]),
    (
        "runs",
        &[
            "mug runs",
            "mug runs --filter 'test.mae<0.42' --sort test.mae",
            "mug runs --json",
            "mug runs tag RUN baseline",
        ],
    ),
    ("show", &["mug show RUN", "mug show RUN --settings", "mug show RUN --json"]),
    ("pause", &["mug pause RUN"]),
    ("resume", &["mug resume RUN", "mug resume RUN --restart joint"]),
    ("stop", &["mug stop RUN"]),
    ("set", &["mug set RUN joint.learning_rate=5e-5", "mug set RUN joint.epochs=40 joint.patience=0"]),
    ("study", &["mug study list", "mug study run ablation --dataset sims --seeds 5"]),
    ("study run", &["mug study run ablation --dataset sims --seeds 5", "mug study run ablation --slurm --print"]),
    ("study show", &["mug study show STUDY"]),
    ("study resume", &["mug study resume STUDY --detach"]),
    ("study stop", &["mug study stop STUDY"]),
    ("study list", &["mug study list"]),
    ("labels", &["mug labels RUN", "mug labels RUN --filter 'y > 0' -o labels.csv"]),
    ("annotate", &["mug annotate RUN"]),
    ("calibrate", &["mug calibrate RUN --with mine.csv", "mug calibrate RUN --human 100"]),
    ("health", &["mug health RUN", "mug health RUN --baseline OTHER --json"]),
    ("plot", &["mug plot RUN -o losses.svg", "mug plot RUN --what system -o system.png"]),
    ("export", &["mug export RUN --csv numbers.csv", "mug export RUN --tensorboard logs"]),
    ("compare", &["mug compare RUN OTHER"]),
    ("verify", &["mug verify RUN"]),
    ("data", &["mug data list", "mug data check sims"]),
    ("data list", &["mug data list"]),
    ("data check", &["mug data check sims", "mug data check clips.pkl"]),
    ("data convert", &["mug data convert clips.npz clips.pkl"]),
    ("predict", &["mug predict RUN clips.pkl", "mug predict RUN clips.pkl -o predictions.csv"]),
    ("weights", &["mug weights list", "mug weights get sentence-transformers/all-MiniLM-L6-v2"]),
    ("weights list", &["mug weights list"]),
    ("weights check", &["mug weights check ~/weights/bert-base-uncased"]),
    ("weights get", &["mug weights get sentence-transformers/all-MiniLM-L6-v2"]),
    (
        "config",
        &[
            "mug config print sims > mine.toml",
            "mug config check mine.toml",
            "mug train --dataset clips.pkl --config mine.toml",
        ],
    ),
    ("config print", &["mug config print sims > mine.toml"]),
    ("config check", &["mug config check mine.toml"]),
    ("devices", &["mug devices"]),
    ("bench", &["mug bench --device cpu"]),
    ("man", &["mug man ~/.local/share/man/man1"]),
    (
        "completions",
        &[
            "source <(mug completions bash)                               # in ~/.bashrc",
            "source <(mug completions zsh)                                # in ~/.zshrc",
            "mug completions fish > ~/.config/fish/completions/mug.fish",
            "eval (mug completions elvish | slurp)                        # in ~/.config/elvish/rc.elv",
        ],
    ),
    ("help", &["mug help keys", "mug help data check"]),
];

/// The grammar with the examples of each subcommand.
pub fn shown(command: clap::Command) -> clap::Command {
    below(command, "")
}

fn below(command: clap::Command, path: &str) -> clap::Command {
    command.mut_subcommands(|sub| {
        let path = [path, sub.get_name()].join(" ").trim().to_owned();
        let sub = match EXAMPLES.iter().find(|(name, _)| *name == path) {
            // What stands there already comes first.
            Some((_, lines)) => {
                let before = sub.get_after_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
                sub.after_help(format!("{before}Examples:\n  {}", lines.join("\n  ")))
            }
            None => sub,
        };
        below(sub, &path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::SUBCOMMANDS;
    use crate::cli::args::grammar;

    fn visible(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let path = [path, sub.get_name()].join(" ").trim().to_owned();
            found.push(path.clone());
            visible(sub, &path, found);
        }
    }

    #[test]
    fn every_subcommand_has_examples_that_its_grammar_takes() {
        let command = grammar(SUBCOMMANDS);
        let mut all = Vec::new();
        visible(&command, "", &mut all);
        for path in &all {
            // Those of `runs` stand at `runs` itself.
            if !path.starts_with("runs ") {
                assert!(EXAMPLES.iter().any(|(name, _)| name == path), "{path} has no example");
            }
        }
        for (path, lines) in EXAMPLES {
            assert!(all.iter().any(|known| known == path), "there is no subcommand {path}");
            for line in lines.iter().filter(|line| line.starts_with("mug ")) {
                let words = line.split(" > ").next().unwrap_or_default().replace("'y > 0'", "y");
                let words = words.replace("'y", "y");
                if let Err(e) = command.clone().try_get_matches_from(words.split_whitespace()) {
                    panic!("{line}: {e}");
                }
            }
        }
    }
}
