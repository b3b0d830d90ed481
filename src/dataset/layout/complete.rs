//! What is made of splits that are not complete: clips without a label are left out, and clips of train stand in for a
//! validation split that is not there.

use std::collections::BTreeMap;

use super::hints;
use super::key::Key;
use super::kind::Splits;
use crate::config::DataSettings;
use crate::dataset::error::DatasetError;
use crate::dataset::file::hash::Hash;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::dataset::pickle::Pickle;
use crate::dataset::prepare::parts::Parts;
use crate::split::{PerSplit, Split};

/// Clips of train that stand in for a validation split unless the settings say how many: one in this many, about the share
/// that CMU-MOSI's has.
const ONE_IN: usize = 7;

/// Completes the splits and notes what was done.
///
/// # Errors
/// Train has no clip with a label, or too few clips to set some aside.
pub fn complete(
    pickle: &Pickle,
    splits: Splits,
    settings: &DataSettings,
    flaws: &mut Vec<Flaw>,
) -> Result<PerSplit<Parts>, DatasetError> {
    let Splits { train, valid, test } = splits;
    let train = labelled(Split::Train, train, flaws).map_err(|parts| {
        let key = Key { pickle, name: format!("{}.{}", Split::Train, parts.keys.labels) };
        let found = format!("none for any of {}", parts.labels.len());
        key.error("a label for some clips", found, hints::unlabelled())
    })?;
    let test = match test {
        None => train.pick(&[]),
        // Clips without a label are predicted where no clip has one.
        Some(test) => labelled(Split::Test, test, flaws).unwrap_or_else(|hidden| *hidden),
    };
    if test.labels.iter().all(|y| y.is_nan()) {
        flaws.push(Flaw::new(None, Split::Test.name(), FlawKind::NotScored { clips: test.labels.len() }));
    }
    let keys = match valid.map(|valid| labelled(Split::Valid, valid, flaws)) {
        Some(Ok(valid)) => return Ok(PerSplit { train, valid, test }),
        Some(Err(_)) => "no labels in it".to_owned(),
        None => pickle.keys(pickle.root())?.unwrap_or_default(),
    };
    let (train, valid, videos) = set_aside(&train, settings).ok_or_else(|| {
        let key = Key { pickle, name: Split::Valid.name().to_owned() };
        let hint = "train has too few clips to set some aside";
        key.error("a split of this name", format!("only the keys {keys}"), hint)
    })?;
    let kind = FlawKind::ValidSetAside { clips: valid.labels.len(), videos, keys };
    flaws.push(Flaw::new(None, Split::Valid.name(), kind));
    Ok(PerSplit { train, valid, test })
}

/// Leaves out the clips whose label is NaN; gives the split back as it is where that would be all.
fn labelled(split: Split, parts: Parts, flaws: &mut Vec<Flaw>) -> Result<Parts, Box<Parts>> {
    let of = parts.labels.len();
    let rows: Vec<usize> = (0..of).filter(|&row| !parts.labels[row].is_nan()).collect();
    if rows.len() == of {
        return Ok(parts);
    }
    if rows.is_empty() {
        return Err(Box::new(parts));
    }
    let kind = FlawKind::Unlabelled { clips: of - rows.len(), of };
    flaws.push(Flaw::new(Some(split), parts.keys.labels, kind));
    Ok(parts.pick(&rows))
}

/// Divides the clips of train into train and valid, those of one video together and always in the same way for a seed. Also
/// says of how many videos the latter are. `None` where there are too few clips.
fn set_aside(train: &Parts, settings: &DataSettings) -> Option<(Parts, Parts, usize)> {
    let by = |name: fn(&str) -> &str| {
        let mut videos: BTreeMap<(u64, &str), Vec<usize>> = BTreeMap::new();
        for (row, id) in train.ids.iter().enumerate() {
            let video = name(id);
            let mut hash = Hash::default();
            hash.update(video.as_bytes());
            // Seed 1 divides as files were divided before there was a seed.
            if settings.valid_seed != 1 {
                hash.word(settings.valid_seed);
            }
            videos.entry((hash.0, video)).or_default().push(row);
        }
        videos
    };
    let mut videos = by(video);
    if videos.len() < 2 {
        // All of one video: clips are all that can be told apart.
        videos = by(|id| id);
    }
    let count = train.labels.len();
    let wanted =
        settings.valid_share.map_or(count / ONE_IN, |share| (f64::from(share) * count as f64).round() as usize);
    let wanted = wanted.max(1);
    let (mut rows, mut taken) = (Vec::new(), 0);
    // In the order of their hashes, which has nothing to do with what they show.
    for clips in videos.into_values() {
        if rows.len() >= wanted {
            break;
        }
        rows.extend(clips);
        taken += 1;
    }
    rows.sort_unstable();
    let rest: Vec<usize> = (0..train.labels.len()).filter(|row| rows.binary_search(row).is_err()).collect();
    (!rest.is_empty()).then(|| (train.pick(&rest), train.pick(&rows), taken))
}

/// The video that a clip is of, by its id: `video$_$clip`, `video[clip]`, else the id itself.
fn video(id: &str) -> &str {
    match id.split_once("$_$").or_else(|| id.strip_suffix(']')?.rsplit_once('[')) {
        Some((video, _)) => video,
        None => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn videos_of_ids() {
        for (id, expected) in [
            ("abc$_$12", "abc"),
            ("abc$_$1.5$_$2.5", "abc"),
            ("a[b][12]", "a[b]"),
            ("train_00012", "train_00012"),
            ("", ""),
            ("12]", "12]"),
        ] {
            assert_eq!(video(id), expected, "{id}");
        }
    }
}
