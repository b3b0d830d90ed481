//! One `.csd` file: a group of any name that holds `data`, a group for each video with `features` (rows, columns) and
//! `intervals` (rows, 2).

use std::path::{Path, PathBuf};

use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, Hdf5File, OpenOptions};

use crate::dataset::error::DatasetError;

/// Bytes that one array may take.
const ARRAY: usize = 2 << 30;

/// An open file.
pub struct Sequence {
    path: PathBuf,
    data: Group,
    videos: Vec<String>,
}

/// Rows of one video with the seconds from and to which each holds.
pub struct Timed {
    pub values: Vec<f32>,
    pub dim: usize,
    pub intervals: Vec<(f32, f32)>,
}

impl Timed {
    pub fn rows(&self) -> usize {
        self.intervals.len()
    }
}

/// Words of one video.
pub struct Words {
    words: Vec<String>,
    intervals: Vec<(f32, f32)>,
}

impl Words {
    /// What is said between two seconds; pauses, which the SDK calls `sp`, are left out.
    pub fn between(&self, from: f32, to: f32) -> String {
        let within = |(_, (start, end)): &(&String, &(f32, f32))| (from..to).contains(&((start + end) / 2.0));
        let said = self.words.iter().zip(&self.intervals).filter(within).map(|(word, _)| word.as_str());
        said.filter(|word| *word != "sp").collect::<Vec<_>>().join(" ")
    }
}

impl Sequence {
    /// Opens a file and lists its videos.
    ///
    /// # Errors
    /// It is no HDF5 file, or not arranged as the SDK does it.
    pub fn open(path: &Path) -> Result<Sequence, DatasetError> {
        let options = OpenOptions::default().with_max_read_bytes(ARRAY).with_max_chunk_bytes(ARRAY);
        let file = Hdf5File::open_with_options(path, options).map_err(|e| damaged(path, &e))?;
        let groups = file.root_group().and_then(|root| root.groups()).map_err(|e| damaged(path, &e))?;
        let found = groups.iter().find_map(|group| group.group("data").ok());
        let data = found.ok_or_else(|| damaged(path, &"it has no group with data in it"))?;
        let (mut videos, _) = data.member_names().map_err(|e| damaged(path, &e))?;
        videos.sort();
        Ok(Sequence { path: path.to_owned(), data, videos })
    }

    /// Its videos, in order.
    pub fn videos(&self) -> &[String] {
        &self.videos
    }

    /// The rows of a video.
    ///
    /// # Errors
    /// The file is damaged, or rows and intervals are not as many.
    pub fn numbers(&self, video: &str) -> Result<Timed, DatasetError> {
        let (features, intervals) = self.video(video)?;
        let values = numbers(&features).map_err(|e| damaged(&self.path, &e))?;
        let dim = values.len().checked_div(intervals.len()).unwrap_or(0);
        if dim.checked_mul(intervals.len()) != Some(values.len()) {
            let found = format!("{video} has {} values for {} intervals", values.len(), intervals.len());
            return Err(damaged(&self.path, &found));
        }
        Ok(Timed { values, dim, intervals })
    }

    /// As [`numbers`](Self::numbers); `None` where the file does not have the video.
    ///
    /// # Errors
    /// As [`numbers`](Self::numbers).
    pub fn numbers_if_there(&self, video: &str) -> Result<Option<Timed>, DatasetError> {
        match self.has(video) {
            true => self.numbers(video).map(Some),
            false => Ok(None),
        }
    }

    /// The words of a video; `None` where the file does not have it.
    ///
    /// # Errors
    /// As [`numbers`](Self::numbers).
    pub fn texts_if_there(&self, video: &str) -> Result<Option<Words>, DatasetError> {
        if !self.has(video) {
            return Ok(None);
        }
        let (features, intervals) = self.video(video)?;
        let words = features.read_strings().map_err(|e| damaged(&self.path, &e))?;
        let words = words.iter().map(|word| word.trim_end_matches('\0').to_owned()).collect();
        Ok(Some(Words { words, intervals }))
    }

    fn has(&self, video: &str) -> bool {
        self.videos.binary_search_by(|name| name.as_str().cmp(video)).is_ok()
    }

    fn video(&self, video: &str) -> Result<(Dataset, Vec<(f32, f32)>), DatasetError> {
        let group = self.data.group(video).map_err(|e| damaged(&self.path, &e))?;
        let part = |name: &str| group.dataset(name).map_err(|e| damaged(&self.path, &e));
        let intervals = numbers(&part("intervals")?).map_err(|e| damaged(&self.path, &e))?;
        Ok((part("features")?, intervals.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()))
    }
}

/// All elements of an array of numbers.
fn numbers(dataset: &Dataset) -> Result<Vec<f32>, hdf5_reader::error::Error> {
    if let Ok(values) = dataset.read_array::<f32>() {
        return Ok(values.iter().copied().collect());
    }
    if let Ok(values) = dataset.read_array::<f64>() {
        return Ok(values.iter().map(|&v| v as f32).collect());
    }
    dataset.read_array::<i64>().map(|values| values.iter().map(|&v| v as f32).collect())
}

fn damaged(path: &Path, error: &dyn std::fmt::Display) -> DatasetError {
    DatasetError::NotData {
        path: path.to_owned(),
        found: format!("a .csd file that cannot be read ({error})"),
        hint: "fetch it again; the SDK reads it as mmdatasdk.computational_sequence".to_owned(),
    }
}
