//! Which videos of a folder are trained on. The SDK keeps its folds in code, not in files: three texts `train.txt`, `valid.txt`
//! (or `dev.txt`) and `test.txt` with a video in each line say which is which. Without them videos are divided by a seed, and
//! a finding says so.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use crate::config::DataSettings;
use crate::dataset::error::DatasetError;
use crate::dataset::file::hash::Hash;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::files;
use crate::folder;
use crate::split::{PerSplit, Split};

/// Of so many videos one is tested where no list says which.
const TESTED: usize = 5;
/// Longest list, in bytes.
const LIST: u64 = 16 << 20;
/// What to do about lists.
const HINT: &str = "write train.txt, valid.txt and test.txt with a video in each line; the SDK's folds are lists in its code \
                    (mmsdk.mmdatasdk.cmu_mosi.standard_folds)";

/// The split of each video, by the folder's lists or by a seed; `None` for one that no list has.
///
/// # Errors
/// Some lists are there and others not, one cannot be read, a video stands in two of them, or there are too few videos to be
/// divided.
pub fn divide(
    folder: &Path,
    videos: &[String],
    settings: &DataSettings,
    flaws: &mut Vec<Flaw>,
) -> Result<Vec<Option<Split>>, DatasetError> {
    let error = |expected: &str, found: String| {
        DatasetError::of_part(folder, "splits".to_owned(), expected.to_owned(), found, HINT)
    };
    let paths = PerSplit::from_fn(|split| folder::list(folder, split));
    let missing: Vec<String> =
        paths.iter().filter(|(_, path)| path.is_none()).map(|(split, _)| format!("{split}.txt")).collect();
    match missing.as_slice() {
        [] => {}
        [..] if missing.len() == Split::ALL.len() => {
            return drawn(videos, settings, flaws).map_err(|found| error("videos in train, valid and test", found));
        }
        [..] => {
            return Err(error("a list of videos for each split, or none", format!("no {}", missing.join(" and no "))));
        }
    }
    let mut of: HashMap<String, Split> = HashMap::new();
    for (split, path) in paths.iter() {
        let Some(path) = path else { continue };
        let text =
            files::read_text(path, LIST).map_err(|e| error("a list of videos", format!("{}: {e}", path.display())))?;
        for video in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(other) = of.insert(video.to_owned(), split).filter(|other| *other != split) {
                return Err(error("each video in one list", format!("{video:?} in those of {other} and {split}")));
            }
        }
    }
    let there: HashSet<&str> = videos.iter().map(String::as_str).collect();
    let unknown = of.keys().filter(|video| !there.contains(video.as_str())).count();
    let left = videos.iter().filter(|video| !of.contains_key(*video)).count();
    for (count, why) in [(unknown, "of the lists, which no file has"), (left, "that no list has")] {
        if count > 0 {
            let videos = if count == 1 { "video" } else { "videos" };
            flaws.push(Flaw::new(None, "splits", FlawKind::NotUsed { why: format!("{count} {videos} {why}") }));
        }
    }
    Ok(videos.iter().map(|video| of.get(video).copied()).collect())
}

/// Videos divided by a seed, always in the same way. The error says what there is instead of enough of them.
fn drawn(videos: &[String], settings: &DataSettings, flaws: &mut Vec<Flaw>) -> Result<Vec<Option<Split>>, String> {
    if videos.len() < 3 {
        return Err(format!("{} videos in all", videos.len()));
    }
    let order: BTreeMap<(u64, usize), usize> = videos
        .iter()
        .enumerate()
        .map(|(i, video)| {
            let mut hash = Hash::default();
            hash.update(video.as_bytes());
            hash.word(settings.valid_seed);
            ((hash.0, i), i)
        })
        .collect();
    let test = (videos.len() / TESTED).max(1);
    let share = settings.valid_share.unwrap_or(1.0 / 7.0);
    let valid = ((f64::from(share) * (videos.len() - test) as f64).round() as usize).clamp(1, videos.len() - test - 1);
    let mut splits = vec![Some(Split::Train); videos.len()];
    for (place, &i) in order.values().enumerate() {
        if place < test + valid {
            splits[i] = Some(if place < test { Split::Test } else { Split::Valid });
        }
    }
    let kind = FlawKind::Divided { videos: PerSplit { train: videos.len() - test - valid, valid, test } };
    flaws.push(Flaw::new(None, "splits", kind));
    Ok(splits)
}
