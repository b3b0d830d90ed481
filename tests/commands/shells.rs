//! What shells and manual readers are given: `--version`, completions, manual pages.

use std::process::Command;

use crate::support::home::{Home, said};
use crate::{good, home};

#[test]
fn the_version_tells_commit_features_and_burn() {
    let text = good("--version");
    let heads: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(heads, ["mug", "commit:", "features:", "burn:"], "{text}");
    assert!(text.contains(env!("CARGO_PKG_VERSION")) && text.contains("burn: 0."), "{text}");
    assert_eq!(good("-V").lines().count(), 1);
}

/// A shell's script without what differs between machines.
#[test]
fn scripts_of_all_shells() {
    for shell in ["bash", "zsh", "fish", "elvish"] {
        insta::assert_snapshot!(format!("completions_{shell}"), good(&format!("completions {shell}")));
    }
    assert!(home().bad("completions tcsh").contains("bash"));
}

/// What bash offers at the end of a line, as the script has it asked.
fn offered(home: &Home, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_mug"));
    let script = r#"
        eval "$(mug completions bash)"
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9; COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        complete -p mug | grep -q . || exit 1
        f=$(complete -p mug); f=${f##*-F }; f=${f%% *}
        $f mug "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", script, "bash"]).args(&words).envs(home.variables()).env("PATH", path);
    let output = bash.output().unwrap();
    assert!(output.status.success(), "{line}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap().lines().map(|l| l.trim().to_owned()).collect()
}

#[test]
fn bash_completes_names_of_runs_datasets_and_settings() {
    let home = home();
    assert_eq!(offered(home, "mug show o"), ["one"]);
    let runs = offered(home, "mug compare ");
    assert!(["first", "one", "two"].iter().all(|run| runs.iter().any(|r| r == run)), "{runs:?}");
    assert!(offered(home, "mug train --dataset dem").contains(&"demo".to_owned()));
    let keys = offered(home, "mug train --set joint.learning");
    assert!(keys.iter().any(|k| k == "joint.learning_rate="), "{keys:?}");
    assert!(offered(home, "mug completions z").contains(&"zsh".to_owned()));
}

#[test]
fn manual_pages() {
    let folder = tempfile::tempdir().unwrap();
    good(&format!("man {}", folder.path().display()));
    let mut names: Vec<String> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    insta::assert_snapshot!("manual_pages", names.join("\n"));
    let page = std::fs::read_to_string(folder.path().join("mug-completions.1")).unwrap();
    insta::assert_snapshot!("manual_completions", page);
}
