//! The built program's commands on finished runs: figures, exports, comparisons, and what it says where there is nothing to
//! show; and that the pages that explain them say what is so.
#![allow(clippy::unwrap_used, clippy::panic, reason = "that is how a test fails, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod calibration;
mod comparison;
mod exports;
mod figures;
mod output;
mod pages;
mod prediction;
mod shells;
mod statuses;
mod weights;

use std::sync::OnceLock;

use support::home::{Home, said};
use support::settings::SHORT;

/// Two finished runs (`one`, `two`) and one of the first stage only (`first`); made once.
fn home() -> &'static Home {
    static HOME: OnceLock<Home> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = Home::new();
        home.good(&format!("train --dataset demo --run one {SHORT}"));
        home.good(&format!("train --dataset demo --run two {SHORT} --set joint.unimodal_weight=0"));
        home.good(&format!("train --dataset demo --run first {SHORT} --stage contrastive"));
        home
    })
}

/// Standard output of a command on these runs that must succeed.
fn good(line: &str) -> String {
    let output = home().output(line);
    assert!(output.status.success(), "mug {line}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// A file that a command wrote.
fn read(name: &str) -> Vec<u8> {
    std::fs::read(home().path().join(name)).unwrap()
}
