//! `mug devices`: every adapter, and which device a run would take.

use clap::Args;

use super::{say, say_json};
use crate::device::{self, DeviceRequest};

/// List graphics adapters with backend, driver and memory limits, and the device that a run would train on.
#[derive(Debug, Args)]
pub struct DevicesArgs {
    /// The request to answer: what `--device` takes.
    #[arg(long, value_enum, default_value_t)]
    pub device: DeviceRequest,
    /// One JSON object on one line.
    #[arg(long)]
    pub json: bool,
}

/// Runs the subcommand.
///
/// # Errors
/// `--device gpu` where no adapter works.
pub fn run(args: &DevicesArgs) -> color_eyre::Result<()> {
    let adapters = device::adapters();
    let chosen = device::choose(args.device)?;
    if args.json {
        let chosen = serde_json::json!({ "name": chosen.name, "why": chosen.why });
        return say_json(&serde_json::json!({ "adapters": adapters, "chosen": chosen }));
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
    Ok(())
}
