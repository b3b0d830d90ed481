//! `labels/rows.csv`: the dataset's rows as a viewer needs them, written when the data is opened, so that every viewer
//! (also one on another machine) needs the run directory only.
//!
//! Columns `split,row,id,text,y`; `clean`, the label before noise, where the settings put some into y; and
//! `human_text,human_audio,human_vision` where such labels exist. Rows in the order train, valid, test; `row` counts from 0
//! in each split. A value that is not a number is an empty field.

use std::path::{Path, PathBuf};

use super::csv_line::LineError;
use super::{FileError, write_atomically};
use crate::files;
use crate::modality::{Modality, PerModality};
use crate::split::Split;

/// What is wrong with a table of rows.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("{path} is not as mug wrote it: expected the checksum {expected}, found {found}; see mug verify RUN")]
    Changed { path: PathBuf, expected: String, found: String },
    #[error("a table of {rows} rows has {found} values of {column}")]
    Unequal { rows: usize, column: String, found: usize },
    #[error(transparent)]
    File(#[from] FileError),
}

/// What is expected of the file.
const FORM: &str = "the columns split,row,id,text,y as mug writes them";

/// The column of labels before noise.
const CLEAN: &str = "clean";

/// Every row of a dataset without its features; all columns are equally long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelRows {
    pub split: Vec<Split>,
    pub id: Vec<String>,
    pub transcript: Vec<String>,
    /// The multimodal label.
    pub y: Vec<f32>,
    /// The multimodal label before noise; `None` where no split has noise in its labels.
    pub clean: Option<Vec<f32>>,
    /// Human (or the demo's true) unimodal labels, NaN where there are none; `None` where no row has any.
    pub human: Option<PerModality<Vec<f32>>>,
}

impl LabelRows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.split.len()
    }

    pub fn is_empty(&self) -> bool {
        self.split.is_empty()
    }

    /// Appends one split's rows; call it in the order train, valid, test. Splits without human labels may stand before
    /// and after such that have them.
    ///
    /// # Errors
    /// Columns of unequal lengths.
    pub fn extend(
        &mut self,
        split: Split,
        ids: &[String],
        transcripts: &[String],
        y: &[f32],
        human: Option<&PerModality<Vec<f32>>>,
    ) -> Result<(), RowsError> {
        let before = self.len();
        self.split.extend(std::iter::repeat_n(split, y.len()));
        self.id.extend_from_slice(ids);
        self.transcript.extend_from_slice(transcripts);
        self.y.extend_from_slice(y);
        if let Some(clean) = &mut self.clean {
            clean.extend_from_slice(y);
        }
        if let Some(human) = human {
            let all = self.human.get_or_insert_with(|| PerModality::from_fn(|_| vec![f32::NAN; before]));
            for m in Modality::ALL {
                all[m].extend_from_slice(&human[m]);
            }
        } else if let Some(all) = &mut self.human {
            for m in Modality::ALL {
                all[m].resize(before + y.len(), f32::NAN);
            }
        }
        self.check()
    }

    /// Keeps the labels that a split had before noise; call it after [`extend`](Self::extend) of that split. The other
    /// splits' clean labels are those that they have.
    ///
    /// # Errors
    /// Another number of labels than the split has rows.
    pub fn set_clean(&mut self, split: Split, labels: &[f32]) -> Result<(), RowsError> {
        let rows: Vec<usize> = (0..self.len()).filter(|row| self.split[*row] == split).collect();
        if rows.len() != labels.len() {
            return Err(RowsError::Unequal { rows: rows.len(), column: CLEAN.to_owned(), found: labels.len() });
        }
        let clean = self.clean.get_or_insert_with(|| self.y.clone());
        rows.into_iter().zip(labels).for_each(|(row, y)| clean[row] = *y);
        Ok(())
    }

    fn check(&self) -> Result<(), RowsError> {
        let rows = self.len();
        let need = |column: &str, found: usize| {
            if found == rows { Ok(()) } else { Err(RowsError::Unequal { rows, column: column.to_owned(), found }) }
        };
        need("id", self.id.len())?;
        need("text", self.transcript.len())?;
        need("y", self.y.len())?;
        need(CLEAN, self.clean.as_ref().map_or(rows, Vec::len))?;
        for (m, values) in self.human.iter().flat_map(PerModality::iter) {
            need(&format!("human_{m}"), values.len())?;
        }
        Ok(())
    }

    /// Writes the table; the file appears whole or not at all.
    ///
    /// # Errors
    /// Columns of unequal lengths, or a file system that refuses.
    pub fn write(&self, path: &Path) -> Result<(), RowsError> {
        self.check()?;
        write_atomically(path, |w| {
            let mut table = csv::Writer::from_writer(w);
            let mut head = vec!["split".to_owned(), "row".into(), "id".into(), "text".into(), "y".into()];
            head.extend(self.clean.iter().map(|_| CLEAN.to_owned()));
            if self.human.is_some() {
                head.extend(Modality::ALL.map(|m| format!("human_{m}")));
            }
            table.write_record(&head)?;
            let (mut of, mut row) = (None, 0usize);
            for i in 0..self.len() {
                row = if of == Some(self.split[i]) { row + 1 } else { 0 };
                of = Some(self.split[i]);
                let mut record = vec![
                    self.split[i].name().to_owned(),
                    row.to_string(),
                    self.id[i].clone(),
                    self.transcript[i].clone(),
                    number(self.y[i]),
                ];
                record.extend(self.clean.iter().map(|clean| number(clean[i])));
                if let Some(human) = &self.human {
                    record.extend(Modality::ALL.map(|m| number(human[m][i])));
                }
                table.write_record(&record)?;
            }
            table.flush()
        })?;
        Ok(())
    }

    /// Reads the table back, where it has this checksum (see [`checksum`]); tables of older versions have none.
    ///
    /// # Errors
    /// As [`read`](Self::read), and a file that was changed.
    pub fn read_checked(path: &Path, expected: Option<&str>) -> Result<LabelRows, RowsError> {
        if let Some(expected) = expected {
            let found = checksum(path)?;
            if found != expected {
                return Err(RowsError::Changed { path: path.to_owned(), expected: expected.to_owned(), found });
            }
        }
        Self::read(path)
    }

    /// Reads the table back.
    ///
    /// # Errors
    /// A file that is missing or does not have the columns above.
    pub fn read(path: &Path) -> Result<LabelRows, RowsError> {
        let file = crate::files::open(path).map_err(FileError::new("read", path))?;
        let bad = |line: u64, message: String| LineError::new(path, line, message, FORM);
        let mut table = csv::Reader::from_reader(file);
        let head = table.headers().map_err(|e| bad(1, e.to_string()))?.clone();
        let column =
            |name: &str| head.iter().position(|h| h == name).ok_or_else(|| bad(1, format!("no column \"{name}\"")));
        let (split, id, text, y) = (column("split")?, column("id")?, column("text")?, column("y")?);
        let clean = column(CLEAN).ok();
        let human = match column("human_text") {
            Ok(_) => Some(PerModality::try_from_fn(|m| column(&format!("human_{m}")))?),
            Err(_) => None,
        };
        let mut rows = LabelRows {
            clean: clean.map(|_| Vec::new()),
            human: human.as_ref().map(|_| PerModality::default()),
            ..LabelRows::default()
        };
        let mut record = csv::StringRecord::new();
        loop {
            let line = table.position().line();
            if !table.read_record(&mut record).map_err(|e| bad(line, e.to_string()))? {
                break;
            }
            // The csv reader has checked that every record is as long as the heading.
            let field = |i: usize| record.get(i).unwrap_or_default();
            let value = |i: usize| match field(i) {
                "" => Ok(f32::NAN),
                text => text.parse::<f32>().map_err(|_| bad(line, format!("\"{}\" is no number", text.escape_debug()))),
            };
            let name = field(split);
            let split = Split::ALL.into_iter().find(|s| s.name() == name);
            rows.split.push(split.ok_or_else(|| bad(line, format!("no split \"{}\"", name.escape_debug())))?);
            rows.id.push(field(id).to_owned());
            rows.transcript.push(field(text).to_owned());
            rows.y.push(value(y)?);
            if let (Some(all), Some(at)) = (&mut rows.clean, clean) {
                all.push(value(at)?);
            }
            if let (Some(all), Some(at)) = (&mut rows.human, &human) {
                for m in Modality::ALL {
                    all[m].push(value(at[m])?);
                }
            }
        }
        Ok(rows)
    }
}

/// The shortest text that reads back as the same f32; empty for NaN.
pub fn number(value: f32) -> String {
    if value.is_nan() { String::new() } else { value.to_string() }
}

/// CRC-32C of a table's file, eight hexadecimal digits.
///
/// # Errors
/// A file that cannot be read.
pub fn checksum(path: &Path) -> Result<String, FileError> {
    let (_, sum) = files::length_and_checksum(path).map_err(FileError::new("read", path))?;
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(values: &[&str]) -> Vec<String> {
        values.iter().map(|&s| s.to_owned()).collect()
    }

    #[test]
    fn difficult_text_and_numbers_come_back() {
        let mut rows = LabelRows::default();
        let human = |n: usize| PerModality { text: vec![0.1; n], audio: vec![-1.0; n], vision: vec![1e-9; n] };
        let ids = strings(&["video$_$1", "a,\"b\"\n", ""]);
        let texts = strings(&["我不想嫁给李茶\r\n", "\u{1b}[2J \t", "\u{0}"]);
        rows.extend(Split::Train, &ids, &texts, &[0.1, f32::MIN_POSITIVE, -3.0], Some(&human(3))).unwrap();
        rows.extend(Split::Test, &strings(&["x"]), &strings(&["y"]), &[1.0 / 3.0], Some(&human(1))).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        rows.write(&path).unwrap();
        assert_eq!(LabelRows::read(&path).unwrap(), rows);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("split,row,id,text,y,human_text,human_audio,human_vision\ntrain,0,video$_$1,"),
            "{text}"
        );
        assert!(text.contains("\ntest,0,x,y,0.33333334,"), "{text}");
    }

    #[test]
    fn a_table_that_was_changed_is_refused_and_one_without_a_checksum_is_not() {
        let mut rows = LabelRows::default();
        rows.extend(Split::Valid, &strings(&["a"]), &strings(&["b"]), &[0.25], None).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        rows.write(&path).unwrap();
        let sum = checksum(&path).unwrap();
        assert_eq!(LabelRows::read_checked(&path, Some(&sum)).unwrap(), rows);
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, whole.replace("0.25", "0.75")).unwrap();
        assert!(LabelRows::read_checked(&path, Some(&sum)).unwrap_err().to_string().contains(&sum));
        assert_eq!(LabelRows::read_checked(&path, None).unwrap().y[0], 0.75);
    }

    #[test]
    fn clean_labels_stand_beside_those_with_noise() {
        let mut rows = LabelRows::default();
        for (split, y) in [(Split::Train, [0.5, -0.5]), (Split::Valid, [1.0, 0.0])] {
            rows.extend(split, &strings(&["a", "b"]), &strings(&["c", "d"]), &y, None).unwrap();
            if split == Split::Train {
                rows.set_clean(split, &[-0.5, -0.5]).unwrap();
            }
        }
        assert_eq!(rows.clean.as_deref(), Some(&[-0.5, -0.5, 1.0, 0.0][..]));
        assert!(rows.set_clean(Split::Valid, &[0.0]).is_err());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        rows.write(&path).unwrap();
        assert_eq!(LabelRows::read(&path).unwrap(), rows);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("split,row,id,text,y,clean\ntrain,0,a,c,0.5,-0.5\n"), "{text}");
    }

    #[test]
    fn missing_values_and_no_human_labels() {
        let mut rows = LabelRows::default();
        rows.extend(Split::Valid, &strings(&["a"]), &strings(&["b"]), &[f32::NAN], None).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        rows.write(&path).unwrap();
        let back = LabelRows::read(&path).unwrap();
        assert!(back.y[0].is_nan() && back.human.is_none());
    }

    #[test]
    fn human_labels_may_be_in_some_splits_only() {
        let human = PerModality { text: vec![0.5], audio: vec![f32::NAN], vision: vec![-0.5] };
        for judged in Split::ALL {
            let mut rows = LabelRows::default();
            for split in Split::ALL {
                let own = (split == judged).then_some(&human);
                rows.extend(split, &strings(&["a"]), &strings(&["b"]), &[0.0], own).unwrap();
            }
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("rows.csv");
            rows.write(&path).unwrap();
            let back = LabelRows::read(&path).unwrap().human.unwrap();
            for (row, split) in Split::ALL.into_iter().enumerate() {
                let expected =
                    if split == judged { human.map(|_, v| v[0]) } else { PerModality::from_fn(|_| f32::NAN) };
                for m in Modality::ALL {
                    assert_eq!(back[m][row].to_bits(), expected[m].to_bits(), "{judged} {split} {m}");
                }
            }
        }
    }

    #[test]
    fn faults_are_named_with_their_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        let message = |text: &str| {
            std::fs::write(&path, text).unwrap();
            LabelRows::read(&path).unwrap_err().to_string()
        };
        assert!(message("a,b\n").contains("no column \"split\""));
        let head = "split,row,id,text,y\n";
        assert!(message(&format!("{head}train,0,a,b,1\nelse,0,a,b,1\n")).contains("line 3"));
        assert!(message(&format!("{head}train,0,a,b,much\n")).contains("much"));
        assert!(message(&format!("{head}train,0,a\n")).contains("line 2"));
        let mut rows = LabelRows::default();
        assert!(rows.extend(Split::Train, &[], &[], &[1.0], None).is_err());
    }
}
