//! `mug bench`: how fast this machine trains, opens data and draws, printed as measured.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::ValueEnum;
use color_eyre::Result;
use color_eyre::eyre::{WrapErr, eyre};
use serde::Serialize;

use super::bench_text::{Amount, TextBench, positive};
use super::out::{say, say_json};
use super::subcommand::{Program, Subcommand};
use crate::config::Settings;
use crate::console::sample;
use crate::dataset::{Dataset, Source, data_folder};
use crate::device::{self, DeviceRequest};
use crate::model::simd;
use crate::split::Split;
use crate::training::events::Stage;
use crate::training::floors::Floors;
use crate::training::operations;
use crate::training::speed::{Rates, SHAPES, Shape, encoding_rates, recurrence_rates, stage_rates};

/// Measure how fast this machine trains each stage, on random data of real files' shapes.
///
/// Each stage trains a warm-up epoch and then timed ones: reading the batch, the step, reading its losses; no validation
/// and no checkpoints. The figure is the median. Lengths are uniform in 25 to 100 % of the padded steps;
/// representation and fusion are 64, without dropout; one corrector with two layers of 64 serves all modalities. MUG_SIMD=v3
/// (or scalar) measures the kernels of machines with fewer vector instructions.
///
/// On the CPU the machine itself is measured first: matrix products of 1024 x 1024 with all its vector instructions, and
/// memory. Below a shape's figures stands what share of that product rate each stage reaches, and the LSTMs alone.
#[derive(Debug, clap::Parser)]
#[command(name = "bench")]
pub struct BenchArgs {
    /// The shapes to train on [default: all].
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SHAPE,...")]
    pub shape: Vec<ShapeChoice>,
    /// Clips a batch.
    #[arg(long, default_value_t = 32, value_parser = positive)]
    pub batch: usize,
    /// Clips an epoch; what is left over a whole number of batches is not trained on.
    #[arg(long, default_value_t = 256, value_parser = positive)]
    pub samples: usize,
    /// Timed epochs.
    #[arg(long, default_value_t = 3, value_parser = positive)]
    pub epochs: usize,
    /// Units of each LSTM.
    #[arg(long, default_value_t = 64, value_parser = positive)]
    pub hidden: usize,
    /// Where to compute.
    #[arg(long, value_enum, default_value_t)]
    pub device: DeviceRequest,
    /// Threads on the CPU [default: one a core].
    #[arg(long, value_parser = positive)]
    pub threads: Option<usize>,
    /// Also open this data file (a name that `mug data list` shows, or a path) and read its bytes, and compare.
    #[arg(long, value_name = "NAME|FILE")]
    pub open: Option<String>,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub text: TextBench,
}

impl Subcommand for BenchArgs {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// No such device or file, or training fails.
    fn run(self, _: &Program) -> Result<ExitCode> {
        if let Some(threads) = self.threads {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build_global()
                .wrap_err_with(|| format!("--threads {threads}: the threads could not be started"))?;
        }
        let device = device::choose(self.device)?;
        let simd = simd::level()?;
        if self.text.is_asked() {
            let Self { batch, samples, epochs, json, .. } = self;
            // The shape of real files whose text is mostly fine-tuned.
            let shape = self.shape.first().copied().unwrap_or(ShapeChoice::Sims).shape();
            self.text.run(&Amount { batch, samples, epochs }, &shape, json, &device)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut settings = Settings::default();
        settings.model.hidden = self.hidden;
        settings.model.dropout = 0.0;
        settings.model.corrector_shared = true;
        // As the help says: what is measured stays the same from version to version.
        settings.denoising.members = 1.into();
        settings.training.batch_size = self.batch;
        settings.training.gradient_clip = 0.0;
        settings.check()?;
        if self.samples < self.batch {
            return Err(eyre!("--samples {}: expected at least one batch, {} clips", self.samples, self.batch));
        }
        let shapes: Vec<Shape> =
            if self.shape.is_empty() { SHAPES.to_vec() } else { self.shape.iter().map(|s| s.shape()).collect() };
        let threads = rayon::current_num_threads();
        let floors = match device::is_cpu(&device.device) {
            true => Some(floors(threads, self.json)?),
            false => None,
        };
        if !self.json {
            say(&format!(
                "{} · {} · {} threads · batches of {} · {} units · {} clips an epoch · median of {} epochs after a warm-up",
                device.name,
                simd.name(),
                threads,
                self.batch,
                self.hidden,
                self.samples,
                self.epochs
            ))?;
            say(&format!(
                "{:<8}{:>14}{:>14}{:>14}{:>14}   samples/s",
                "shape", "contrastive", "denoising", "joint", "encoding"
            ))?;
        }
        for shape in shapes {
            let dataset = Arc::new(shape.random(self.samples, settings.training.seed)?);
            let rates = stage_rates(dataset.clone(), &settings, &device, self.epochs)?;
            let of = |stage| rates.iter().find(|(s, _)| *s == stage).map_or(f64::NAN, |(_, r)| r.median());
            let encoding = encoding_rates(dataset.clone(), &settings, &device, self.epochs)?;
            let shares = match &floors {
                Some(floors) => {
                    let recurrence = recurrence_rates(&dataset, &settings, &device, self.epochs)?;
                    Some(shares(&dataset, &settings, of, recurrence.median(), floors.product))
                }
                None => None,
            };
            let trained = Trained {
                shape: shape.name,
                device: device.name.clone(),
                simd: simd.name(),
                threads,
                batch: self.batch,
                hidden: self.hidden,
                samples: self.samples,
                epochs: self.epochs,
                contrastive: round(of(Stage::Contrastive)),
                denoising: round(of(Stage::Denoising)),
                joint: round(of(Stage::Joint)),
                encoding: round(encoding.median()),
                shares,
            };
            if self.json {
                say_json(&trained)?;
            } else {
                say(&format!(
                    "{:<8}{:>14.1}{:>14.1}{:>14.1}{:>14.1}",
                    trained.shape, trained.contrastive, trained.denoising, trained.joint, trained.encoding
                ))?;
                if let Some(shares) = &trained.shares {
                    say(&format!(
                        "{:<8}{:>12.0} %{:>12.0} %{:>12.0} %{:>14}   of the product rate; the LSTMs alone {:.0} %",
                        "",
                        1e2 * shares.contrastive,
                        1e2 * shares.denoising,
                        1e2 * shares.joint,
                        "",
                        1e2 * shares.recurrence
                    ))?;
                }
            }
        }
        let drawn = draw()?;
        if self.json {
            say_json(&drawn)?;
        } else {
            say(&format!(
                "console: a frame {:.2} ms at 80x24, {:.2} ms at 200x60; a key among a million rows {:.2} ms",
                drawn.frame_80x24_ms, drawn.frame_200x60_ms, drawn.key_in_a_million_rows_ms
            ))?;
        }
        if let Some(name) = &self.open {
            let opened = open(name)?;
            if self.json {
                say_json(&opened)?;
            } else {
                say(&format!(
                    "opening {}: {:.3} s, {:.2} GB/s; reading its {} bytes: {:.3} s",
                    opened.open.display(),
                    opened.open_seconds,
                    opened.gigabytes_per_second,
                    opened.bytes,
                    opened.read_seconds
                ))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A shape of `mug bench`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShapeChoice {
    Mosi,
    Mosei,
    Sims,
    Demo,
}

impl ShapeChoice {
    fn shape(self) -> Shape {
        SHAPES[self as usize]
    }
}

/// What training on one shape gave.
#[derive(Debug, Serialize)]
struct Trained {
    shape: &'static str,
    device: String,
    /// The vector instructions of the kernels on the CPU, as `MUG_SIMD` names them.
    simd: &'static str,
    threads: usize,
    batch: usize,
    hidden: usize,
    samples: usize,
    epochs: usize,
    /// Samples a second, medians over the timed epochs.
    contrastive: f64,
    denoising: f64,
    joint: f64,
    /// The training split through the encoders in inference mode.
    encoding: f64,
    /// On the CPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<Shares>,
}

/// Operations a second of the machine's product rate, 1 being all of it: those of matrix products, see
/// [`operations`](crate::training::operations).
#[derive(Debug, Serialize)]
struct Shares {
    contrastive: f64,
    denoising: f64,
    joint: f64,
    /// The LSTMs forward and backward, without anything else.
    recurrence: f64,
}

/// The shares of a product rate that clips a second of the stages and of the recurrence come to.
fn shares(
    dataset: &Dataset,
    settings: &Settings,
    rate: impl Fn(Stage) -> f64,
    recurrence: f64,
    product: f64,
) -> Shares {
    let share = |operations: Option<u64>, rate: f64| {
        let of_clip = operations.map_or(f64::NAN, |n| n as f64 / dataset.len(Split::Train) as f64);
        (1e3 * of_clip * rate / product).round() / 1e3
    };
    let of = |stage| share(operations::of_epoch(stage, settings, dataset, None), rate(stage));
    Shares {
        contrastive: of(Stage::Contrastive),
        denoising: of(Stage::Denoising),
        joint: of(Stage::Joint),
        recurrence: share(Some(operations::of_recurrence(settings, dataset)), recurrence),
    }
}

/// What the machine can do with one number of threads.
#[derive(Debug, Serialize)]
struct Machine {
    machine_threads: usize,
    product_gigaflops: f64,
    /// Read and written.
    memory_gigabytes_per_second: f64,
}

/// Measures the machine with `threads` and with one, and says so; returns the former.
fn floors(threads: usize, json: bool) -> Result<Floors> {
    let all = Floors::measure(threads)?;
    let one = if threads == 1 { None } else { Some(Floors::measure(1)?) };
    let machine = |f: &Floors| Machine {
        machine_threads: f.threads,
        product_gigaflops: round(f.product / 1e9),
        memory_gigabytes_per_second: round(f.bandwidth / 1e9),
    };
    for found in std::iter::once(&all).chain(&one).map(machine) {
        if json {
            say_json(&found)?;
        } else {
            say(&format!(
                "this machine (threads: {}): products {:.1} GFLOP/s · memory {:.1} GB/s",
                found.machine_threads, found.product_gigaflops, found.memory_gigabytes_per_second
            ))?;
        }
    }
    Ok(all)
}

/// What opening a file gave.
#[derive(Debug, Serialize)]
struct Opened {
    open: PathBuf,
    bytes: u64,
    /// Seconds of opening it, and of reading its bytes once, both after a first read that warmed the disk's cache.
    open_seconds: f64,
    read_seconds: f64,
    gigabytes_per_second: f64,
}

/// What the console costs: medians over [`FRAMES`] frames.
#[derive(Debug, Serialize)]
struct Drawn {
    /// Milliseconds of a frame after 9 new steps, at 80x24 and at 200x60.
    frame_80x24_ms: f64,
    frame_200x60_ms: f64,
    /// Milliseconds of a key in a label table of a million rows, its frame at 200x60 included.
    key_in_a_million_rows_ms: f64,
}

/// Frames that are timed.
const FRAMES: u64 = 200;

/// Times the console on a run of its own making.
fn draw() -> Result<Drawn> {
    let frame = |width, height| -> Result<f64> {
        let mut console = sample::console(width, height, 1500)?;
        let times = (0..FRAMES).map(|i| {
            let steps = sample::steps(1000 + 9 * i, 9);
            let started = Instant::now();
            console.events(steps);
            console.frame()?;
            Ok(started.elapsed().as_secs_f64() * 1e3)
        });
        Ok(median(times.collect::<io::Result<_>>()?))
    };
    let (frame_80x24_ms, frame_200x60_ms) = (frame(80, 24)?, frame(200, 60)?);
    let mut console = sample::console(200, 60, 1_000_000)?;
    console.look_at_labels();
    let times = (0..FRAMES).map(|_| {
        let started = Instant::now();
        console.press("j");
        console.frame()?;
        Ok(started.elapsed().as_secs_f64() * 1e3)
    });
    let key_in_a_million_rows_ms = median(times.collect::<io::Result<_>>()?);
    Ok(Drawn { frame_80x24_ms, frame_200x60_ms, key_in_a_million_rows_ms })
}

fn median(values: Vec<f64>) -> f64 {
    (Rates(values).median() * 1e3).round() / 1e3
}

/// Opens a data file and reads its bytes, once each after a read that warms the cache.
fn open(name: &str) -> Result<Opened> {
    let source = Source::resolve(name, &data_folder())?;
    let Source::File(path) = &source else {
        return Err(eyre!("--open {name}: expected a data file; the demo is generated, not read"));
    };
    let settings = match source.catalogue_name() {
        Some(known) => Settings::built_in(known)?,
        None => Settings::default(),
    };
    read(path)?;
    let started = Instant::now();
    let bytes = read(path)?;
    let read_seconds = started.elapsed().as_secs_f64();
    let started = Instant::now();
    Dataset::open(&source, &settings.data)?;
    let open_seconds = started.elapsed().as_secs_f64();
    let gigabytes_per_second = bytes as f64 / 1e9 / open_seconds.max(1e-9);
    Ok(Opened { open: path.clone(), bytes, open_seconds, read_seconds, gigabytes_per_second })
}

/// Reads a file to its end; returns its length.
fn read(path: &Path) -> Result<u64> {
    let mut file = crate::files::open(path).wrap_err_with(|| format!("cannot open {}", path.display()))?;
    let mut buffer = vec![0u8; 1 << 20];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(n) => bytes += n as u64,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e).wrap_err_with(|| format!("cannot read {}", path.display())),
        }
    }
}

/// To a tenth: more digits would be noise.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
