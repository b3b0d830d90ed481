//! `mug devices`: every adapter, and which device a run would take.

use std::process::ExitCode;

use color_eyre::Result;

use super::out::{say, say_json};
use super::subcommand::{Program, Subcommand};
use crate::device::{self, DeviceRequest};

/// List the devices that training could use, and why one is chosen.
#[derive(Debug, clap::Parser)]
#[command(name = "devices")]
pub struct DevicesArgs {
    /// The request to answer: what `--device` takes.
    #[arg(long, value_enum, default_value_t)]
    pub device: DeviceRequest,
    /// One JSON object on one line.
    #[arg(long)]
    pub json: bool,
}

impl Subcommand for DevicesArgs {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// `--device gpu` where no adapter works.
    fn run(self, _: &Program) -> Result<ExitCode> {
        let adapters = device::adapters();
        let chosen = device::choose(self.device)?;
        if self.json {
            let chosen = serde_json::json!({ "name": chosen.name, "why": chosen.why });
            say_json(&serde_json::json!({ "adapters": adapters, "chosen": chosen }))?;
            return Ok(ExitCode::SUCCESS);
        }
        if adapters.is_empty() {
            say("no graphics adapters (no Vulkan driver is installed, or this build has no GPU support)")?;
        }
        for adapter in &adapters {
            say(&format!("{} — {}, {}", adapter.name, adapter.kind, adapter.backend))?;
            say(&format!("    driver {}", adapter.driver))?;
            let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
            say(&format!(
                "    largest buffer {:.2} GiB, largest tensor that a kernel sees {:.2} GiB",
                gib(adapter.max_buffer),
                gib(adapter.max_binding)
            ))?;
        }
        say(&format!("a run would train on: {} — {}", chosen.name, chosen.why))?;
        Ok(ExitCode::SUCCESS)
    }
}
