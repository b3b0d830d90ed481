//! `mug annotate`: people judge clips that are drawn at random; what they say of corrected labels and of each other.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;
use serde::Serialize;

use super::calibrate::missing;
use super::judge::{agreement_words, gain_words, value};
use super::out::{say, say_json};
use super::record::read_record;
use super::refresh::read_refresh;
use super::subcommand::{Program, Subcommand};
use crate::console::annotate::{ask, default_name};
use crate::modality::Modality;
use crate::report::survey::{Judgement, Pair, Part, judge, pairs};
use crate::run::directory::RunDir;
use crate::run::rows::LabelRows;
use crate::run::survey::{self, Plan, Survey};
use crate::run::view::{LabelRefresh, RunView};
use crate::run::{labels, write_atomically};
use crate::split::Split;
use crate::training::bootstrap::{CONFIDENCE, RESAMPLES};

/// Judge clips drawn at random without seeing any label, and what was said judges the run's corrected labels.
///
/// Clips are drawn from strata: split by split, quarters of the clips by how far their labels were moved. Answers are kept
/// in the run directory as they are given (annotations/NAME.csv), and are taken up where they were left. mug labels
/// --against takes the same file.
#[derive(Debug, clap::Parser)]
#[command(name = "annotate")]
pub struct AnnotateArgs {
    /// Name or folder of the run.
    pub run: String,
    /// The annotator's name [default: the user's].
    #[arg(long = "as", value_name = "NAME")]
    pub name: Option<String>,
    /// Clips to judge, in all; a larger number later draws more [default: 100].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub clips: Option<u32>,
    /// By which the clips are drawn; the same seed gives two annotators the same clips [default: the run's].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Draw from these splits only: train,test [default: all].
    #[arg(long, value_name = "SPLITS", value_delimiter = ',', value_parser = split)]
    pub splits: Option<Vec<Split>>,
    /// Ask about these only: text,audio [default: text, and with --player all three].
    #[arg(long, value_name = "MODALITIES", value_delimiter = ',', value_parser = modality)]
    pub modalities: Option<Vec<Modality>>,
    /// The program that plays a clip, with its options: "mpv --really-quiet". The file comes in the place of {}, else last;
    /// MUG_MODALITY tells it what is asked about.
    #[arg(long, value_name = "CMD", requires = "media")]
    pub player: Option<String>,
    /// Folder of the media, named by ids: of VIDEO$_$CLIP the file VIDEO/CLIP.mp4, VIDEO$_$CLIP.mp4 or VIDEO_CLIP.mp4 (or
    /// .mkv, .webm, .mov, .avi, .wav, .flac, .mp3, .m4a, .ogg).
    #[arg(long, value_name = "DIR", requires = "player")]
    pub media: Option<PathBuf>,
    /// Draw with ASCII characters only.
    #[arg(long)]
    pub ascii: bool,
    /// Print what the answers say of the labels: MAE, r and sign agreement of corrected labels and of copies, for all clips
    /// of the strata, and how many more clips would tell them apart.
    #[arg(long)]
    pub report: bool,
    /// Print how far annotators agree who judged the same clips.
    #[arg(long)]
    pub agreement: bool,
    /// Print both as one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Write the labels that were given to a CSV file with the columns id, modality, label.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["report", "agreement", "json"])]
    pub export: Option<PathBuf>,
    /// Which refresh of the corrected labels is judged, from 0 [default: the last].
    #[arg(long, value_name = "N")]
    pub refresh: Option<u32>,
}

fn split(name: &str) -> Result<Split, String> {
    Split::ALL.into_iter().find(|s| s.name() == name).ok_or_else(|| "expected train, valid or test".to_owned())
}

fn modality(name: &str) -> Result<Modality, String> {
    Modality::ALL.into_iter().find(|m| m.name() == name).ok_or_else(|| "expected text, audio or vision".to_owned())
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    run: &'a str,
    path: &'a Path,
    /// The labels that are judged.
    refresh: u32,
    epoch: u32,
    label_range: f32,
    resamples: usize,
    confidence: f64,
    annotators: Vec<Judgement>,
    agreement: Vec<Pair>,
}

impl Subcommand for AnnotateArgs {
    /// Asks on the terminal, or prints what the answers say.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        let view = read_record(&dir)?;
        if self.export.is_some() || self.report || self.agreement || self.json {
            self.print(&dir, &view)?;
        } else {
            self.ask(&dir, &view)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl AnnotateArgs {
    fn ask(self, dir: &RunDir, view: &RunView) -> Result<()> {
        let (refresh, _, _) = read_refresh(dir, view, self.refresh)?;
        let name = self.name.unwrap_or_else(default_name);
        // Absolute: the next time may be in another folder.
        let media = self.media.as_deref().map(std::path::absolute).transpose()?;
        let plan = Plan {
            refresh: refresh.refresh,
            file: refresh.file,
            count: self.clips.map(|n| n as usize),
            seed: self.seed,
            run_seed: dir.manifest().seed,
            splits: self.splits,
            modalities: self.modalities,
            player: self.player,
            media: media.map(|path| path.display().to_string()),
        };
        let asking = ask(dir, &name, &plan, label_range(dir, view)?, self.ascii)?;
        let left = asking.question().map_or(0, |q| asking.draw().clips.len() - q.clip);
        let run = dir.name();
        say(&match left {
            0 => format!("all clips are answered; mug annotate {run} --report --as {name} tells what they say"),
            left => format!("{left} clips are left; mug annotate {run} --as {name} goes on"),
        })?;
        Ok(())
    }

    fn print(&self, dir: &RunDir, view: &RunView) -> Result<()> {
        let label_range = label_range(dir, view)?;
        let (refresh, values, rows) = read_refresh(dir, view, self.refresh)?;
        let surveys = surveys(dir, self.name.as_deref(), &rows, label_range)?;
        let own = |(name, _): &&(String, Survey)| self.name.as_ref().is_none_or(|wanted| wanted == name);
        if let Some(path) = &self.export {
            let given = export(path, &surveys.iter().filter(own).collect::<Vec<_>>())?;
            say(&format!("{given} labels written to {}", path.display()))?;
            return Ok(());
        }
        let judge = |(name, survey): &(String, Survey)| {
            // Labels of a stage that was begun anew are gone, and nothing but the counts of missing modalities needs them.
            let drawn_by = labels::read(&dir.path().join(&survey.draw.file)).ok();
            let drawn_by = drawn_by.filter(|v| v.corrected.text.len() == rows.len());
            judge(name, survey, &rows, &values, drawn_by.as_ref(), label_range, RESAMPLES)
        };
        let judged = self.report || self.json;
        let annotators: Vec<Judgement> = surveys.iter().filter(|_| judged).filter(own).map(judge).collect();
        let agreement = if self.agreement || self.json { pairs(&surveys) } else { Vec::new() };
        if self.json {
            let LabelRefresh { refresh, epoch, .. } = refresh;
            let (run, path) = (dir.name(), dir.path());
            let (resamples, confidence) = (RESAMPLES, CONFIDENCE);
            return say_json(&Report {
                run,
                path,
                refresh,
                epoch,
                label_range,
                resamples,
                confidence,
                annotators,
                agreement,
            });
        }
        for judgement in &annotators {
            report_lines(dir, &refresh, judgement).iter().try_for_each(|line| say(line))?;
        }
        if self.agreement {
            agreement_lines(&surveys, &agreement).iter().try_for_each(|line| say(line))?;
        }
        Ok(())
    }
}

/// H of the run's data.
fn label_range(dir: &RunDir, view: &RunView) -> Result<f32> {
    let prepared = view.prepared.as_ref();
    Ok(prepared.ok_or_else(|| eyre!("run {} has not recorded what it trains on", dir.name()))?.label_range)
}

/// The surveys of all annotators, in alphabetical order; `wanted` has to be among them.
fn surveys(dir: &RunDir, wanted: Option<&str>, rows: &LabelRows, label_range: f32) -> Result<Vec<(String, Survey)>> {
    let names = survey::annotators(dir);
    match wanted {
        _ if names.is_empty() => {
            return Err(eyre!("nobody has annotated run {0} yet; mug annotate {0} asks you", dir.name()));
        }
        Some(name) if !names.iter().any(|n| n == name) => {
            return Err(eyre!("{name} has annotated nothing of run {}; these have: {}", dir.name(), names.join(", ")));
        }
        _ => {}
    }
    let mut all = Vec::new();
    for name in names {
        if let Some(survey) = survey::read(dir, &name, rows, label_range)? {
            all.push((name, survey));
        }
    }
    Ok(all)
}

/// Writes the labels of these annotators; their number.
fn export(path: &Path, surveys: &[&(String, Survey)]) -> Result<usize> {
    let [(_, survey)] = surveys else {
        let names: Vec<&str> = surveys.iter().map(|(name, _)| name.as_str()).collect();
        return Err(eyre!("several people have annotated the run: say whose labels, --as {}", names.join(" or --as ")));
    };
    let mut count = 0;
    write_atomically(path, |w| {
        let mut table = csv::Writer::from_writer(w);
        table.write_record(["id", "modality", "label"])?;
        for a in survey.answers.all() {
            if let Some(label) = survey.answers.label(a.clip, a.modality) {
                table.write_record([&survey.draw.clips[a.clip].id, a.modality.name(), &label.to_string()])?;
                count += 1;
            }
        }
        table.flush()
    })?;
    Ok(count)
}

fn report_lines(dir: &RunDir, refresh: &LabelRefresh, judgement: &Judgement) -> Vec<String> {
    let Judgement { annotator, seed, drawn_by, clips, given, skipped, strata, estimates } = judgement;
    let mut lines = vec![
        format!("run {}, refresh {} (epoch {}), judged by {annotator}", dir.name(), refresh.refresh, refresh.epoch),
        format!(
            "{given} labels and {skipped} skipped on {clips} clips, drawn with seed {seed} from strata of split and |change| at \
             refresh {drawn_by}"
        ),
        format!(
            "each clip counts for those it stands for; in brackets 95 % intervals of {RESAMPLES} resamples within strata"
        ),
        String::new(),
        format!("  {:<7}{:>16}{:>8}{:>8}  given", "split", "|change|", "clips", "drawn"),
    ];
    lines.extend(strata.iter().map(|s| {
        let moves = format!("{:.3} to {:.3}", s.stratum.moves[0], s.stratum.moves[1]);
        let given: Vec<String> = s.given.iter().map(|(m, n)| format!("{m} {n}")).collect();
        format!("  {:<7}{moves:>16}{:>8}{:>8}  {}", s.stratum.split.name(), s.stratum.rows, s.drawn, given.join(", "))
    }));
    if estimates.is_empty() {
        lines.extend([String::new(), "fewer than two clips of any split are judged: they tell nothing".to_owned()]);
    }
    lines.extend(estimates.iter().flat_map(estimate_lines));
    lines.push(String::new());
    lines
}

fn estimate_lines(part: &Part) -> Vec<String> {
    let mut lines = Vec::new();
    for (m, found) in &part.modalities {
        let split = part.split.map_or("all splits", Split::name);
        let mut head = format!("{split} {m}: {} clips judged, for {}", found.clips, found.rows);
        if found.uncovered > 0 {
            head += &format!("; nothing is said of {} in splits with fewer than two", found.uncovered);
        }
        if found.joined > 0 {
            head += &format!("; {} strata with fewer than two joined with others", found.joined);
        }
        lines.extend([String::new(), head]);
        for (name, agreement) in [("corrected", &found.corrected), ("copied", &found.copied)] {
            lines.push(format!("  {name:<10} {}", agreement_words(agreement)));
        }
        lines.push(format!("  {}", gain_words(&found.gain)));
        lines.push(format!("  corrected against copied: {}", missing(found.more, "clips")));
    }
    lines
}

fn agreement_lines(surveys: &[(String, Survey)], agreement: &[Pair]) -> Vec<String> {
    if surveys.len() < 2 {
        return vec![format!("only {} has annotated the run: nobody to agree with", surveys[0].0)];
    }
    let mut lines = Vec::new();
    for Pair { annotators: [a, b], modalities } in agreement {
        if modalities.is_empty() {
            lines.push(format!("{a} and {b}: no clip that both judged; the same --seed gives the same clips"));
        }
        for (m, alike) in modalities {
            lines.push(format!(
                "{a} and {b}, {m}: {} clips  MAE {}  r {}  same label {}  Krippendorff's alpha {}",
                alike.clips,
                value(alike.mae, None),
                value(alike.pearson, None),
                value(alike.exact, None),
                value(alike.alpha, None)
            ));
        }
    }
    lines
}
