//! `mug weights`: pre-trained text encoders on this machine.

use std::io::Write;
use std::process::ExitCode;

use color_eyre::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::lines::thousands;
use super::out;
use super::subcommand::{Program, Subcommand};
use crate::sanitise::clean;
use crate::weights::{BertConfig, Cached, Hub, Progress, Tensors, Tokenizer, Weights};

/// Names of ignored tensors that are printed before the rest are counted.
const NAMED: usize = 6;

/// Look at the weights of text encoders, and download some.
///
/// A run takes them with --set model.text.encoder=bert --set model.text.weights=NAME.
#[derive(Debug, clap::Parser)]
#[command(name = "weights")]
pub struct WeightsArgs {
    #[command(subcommand)]
    command: WeightsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum WeightsCommand {
    /// List the models in Hugging Face's local cache (HF_HUB_CACHE, HF_HOME).
    List {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Look through weights: sizes, tensors, tokenizer, checksum.
    ///
    /// Exits with an error that says why where they cannot be used.
    Check {
        /// A folder with config.json and model.safetensors (or pytorch_model.bin), or the name of a model in the cache.
        #[arg(value_name = "DIR|NAME")]
        name: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Download a model from the Hugging Face Hub into its local cache.
    ///
    /// Nothing else ever downloads weights. HF_ENDPOINT names another server, HF_TOKEN opens models that are not public, and
    /// HF_HUB_OFFLINE=1 forbids downloads.
    Get {
        /// The model's name on the Hub, such as sentence-transformers/all-MiniLM-L6-v2.
        name: String,
    },
}

impl Subcommand for WeightsArgs {
    /// Runs `mug weights`.
    ///
    /// # Errors
    /// The weights cannot be found, used or downloaded, or standard output cannot be written.
    fn run(self, _: &Program) -> Result<ExitCode> {
        let text = match self.command {
            WeightsCommand::List { json } => list(&Hub::from_env(), json)?,
            WeightsCommand::Check { name, json } => check(&Weights::find(&name)?, json)?,
            WeightsCommand::Get { name } => {
                let bars = Bars::default();
                let weights = Hub::from_env().download(&name, &mut |progress| bars.tell(progress));
                bars.0.finish_and_clear();
                check(&weights?, false)?
            }
        };
        out::table().write_all(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}

fn list(hub: &Hub, json: bool) -> Result<String> {
    let models = hub.list();
    if json {
        let model = |model: &Cached| {
            let folder = model.folder.as_ref().map(|folder| folder.to_string_lossy());
            match &model.state {
                Ok((config, bytes)) => json!({
                    "name": model.name, "folder": folder, "bytes": bytes, "parameters": config.parameters(),
                    "layers": config.num_hidden_layers, "hidden_size": config.hidden_size,
                }),
                Err(why) => json!({"name": model.name, "folder": folder, "unusable": why}),
            }
        };
        let models: Vec<_> = models.iter().map(model).collect();
        return Ok(serde_json::to_string(&json!({"cache": hub.folder.to_string_lossy(), "models": models}))? + "\n");
    }
    let mut text = format!("cache {}\n", clean(&hub.folder.to_string_lossy()));
    if models.is_empty() {
        text.push_str("no model is there; `mug weights get NAME` downloads one from the Hugging Face Hub\n");
    }
    let width = models.iter().map(|model| model.name.len()).max().unwrap_or(0);
    for model in &models {
        let state = match &model.state {
            Ok((config, bytes)) => format!("{}, {:.0} MB", shape(config), *bytes as f64 / 1e6),
            Err(why) => format!("unusable: {}", clean(why)),
        };
        text.push_str(&format!("{:<width$}  {state}\n", model.name));
    }
    Ok(text)
}

fn shape(config: &BertConfig) -> String {
    format!(
        "{} layers of width {}, {} parameters",
        config.num_hidden_layers,
        config.hidden_size,
        thousands(config.parameters() as f64)
    )
}

fn check(weights: &Weights, json: bool) -> Result<String> {
    let tensors = weights.tensors()?;
    let tokenizer = Tokenizer::read(&weights.dir)?;
    if json {
        let parts: serde_json::Map<_, _> =
            weights.config.parts().iter().map(|part| (part.name.to_owned(), part.parameters.into())).collect();
        let all = json!({
            "name": weights.name, "folder": weights.dir.to_string_lossy(), "file": weights.file.to_string_lossy(),
            "sha256": weights.sha256, "parameters": weights.config.parameters(), "parts": parts,
            "tensors": tensors.len(), "dtypes": tensors.dtypes, "prefix": tensors.prefix, "ignored": tensors.ignored,
            "tokenizer": tokenizer.as_ref().map(|t| t.path.to_string_lossy().into_owned()),
        });
        return Ok(serde_json::to_string(&all)? + "\n");
    }
    Ok(told(weights, &tensors, tokenizer.as_ref()))
}

fn told(weights: &Weights, tensors: &Tensors, tokenizer: Option<&Tokenizer>) -> String {
    let config = &weights.config;
    let count = |n: usize| thousands(n as f64);
    let mut rows = vec![
        ("folder", clean(&weights.dir.to_string_lossy()).into_owned()),
        ("shape", shape(config)),
        (
            "sizes",
            format!(
                "{} heads, feed-forward {}, vocabulary {}, {} positions, {} types",
                config.num_attention_heads,
                config.intermediate_size,
                count(config.vocab_size),
                config.max_position_embeddings,
                config.type_vocab_size
            ),
        ),
        (
            "dropout",
            format!("{} of states, {} of attention", config.hidden_dropout_prob, config.attention_probs_dropout_prob),
        ),
    ];
    let parts: Vec<_> = config.parts().iter().map(|part| format!("{} {}", part.name, count(part.parameters))).collect();
    rows.push(("parameters", parts.join(", ")));
    let prefix = match tensors.prefix.as_str() {
        "" => String::new(),
        prefix => format!(", each name after {:?}", clean(prefix)),
    };
    let file = weights.file.file_name().unwrap_or_default().to_string_lossy();
    rows.push(("tensors", format!("{} of {} in {}{prefix}", tensors.len(), tensors.dtypes.join(", "), clean(&file))));
    let ignored = tensors.ignored.iter().take(NAMED).map(|name| clean(name)).collect::<Vec<_>>().join(", ");
    rows.push(match tensors.ignored.len() {
        0 => ("ignored", "nothing".to_owned()),
        n if n > NAMED => ("ignored", format!("{ignored} and {} more", n - NAMED)),
        _ => ("ignored", ignored),
    });
    rows.push(match tokenizer {
        Some(tokenizer) => {
            let file = tokenizer.path.file_name().unwrap_or_default().to_string_lossy();
            ("tokenizer", format!("{}, {} tokens", clean(&file), count(tokenizer.len())))
        }
        None => ("tokenizer", "none: only files that hold token ids (text_bert) can be read".to_owned()),
    });
    rows.push(("sha256", weights.sha256.clone()));
    let mut text = format!("{}\n", clean(&weights.name));
    for (name, value) in rows {
        text.push_str(&format!("  {name:<10}  {value}\n"));
    }
    text
}

/// The download's bar, on standard error; nothing where that is no terminal.
struct Bars(ProgressBar);

impl Default for Bars {
    fn default() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(5));
        // A template that does not parse is a mistake of ours; the plain style serves then.
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes} of {total_bytes}, {eta}") {
            bar.set_style(style);
        }
        Bars(bar)
    }
}

impl Bars {
    fn tell(&self, progress: &Progress) {
        if self.0.message() != progress.file {
            self.0.set_message(progress.file.clone());
            self.0.reset();
        }
        self.0.set_length(progress.bytes);
        self.0.set_position(progress.done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::made;

    #[test]
    fn weights_are_told_as_they_are() {
        let text = check(&made::small("older"), false).unwrap();
        let text = text.replace(&*made::fixture("").to_string_lossy(), "");
        let sha256 = made::small("older").sha256;
        insta::assert_snapshot!("weights_check", text.replace(&sha256, "(its SHA-256)"));
        let json: serde_json::Value = serde_json::from_str(&check(&made::small("small"), true).unwrap()).unwrap();
        assert_eq!(
            (&json["parameters"], &json["tensors"]),
            (&made::small("small").config.parameters().into(), &37.into())
        );
        assert_eq!(json["ignored"], json!(["pooler.dense.bias", "pooler.dense.weight"]));
    }

    #[test]
    fn the_list_tells_what_can_be_used() {
        let folder = tempfile::tempdir().unwrap();
        let hub = Hub { folder: folder.path().to_owned(), endpoint: String::new(), offline: true };
        assert!(list(&hub, false).unwrap().contains("mug weights get NAME"));
        let snapshot = folder.path().join("models--a--b/snapshots/c0");
        std::fs::create_dir_all(&snapshot).unwrap();
        std::fs::create_dir_all(folder.path().join("models--a--b/refs")).unwrap();
        std::fs::write(folder.path().join("models--a--b/refs/main"), "c0").unwrap();
        for file in ["config.json", "model.safetensors"] {
            std::fs::copy(made::fixture("small").join(file), snapshot.join(file)).unwrap();
        }
        std::fs::create_dir_all(folder.path().join("models--gpt2")).unwrap();
        let text = list(&hub, false).unwrap();
        assert!(text.contains("a/b   2 layers of width 8") && text.contains("gpt2  unusable: without"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&list(&hub, true).unwrap()).unwrap();
        assert_eq!((&json["models"][0]["layers"], &json["models"][1]["name"]), (&2.into(), &"gpt2".into()));
    }
}
