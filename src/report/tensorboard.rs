//! Event files that TensorBoard opens: protocol buffers in TFRecord frames.
//!
//! A frame is the length (u64), its checksum, the message, its checksum, all little-endian; checksums are CRC-32C, masked
//! as TensorFlow masks them. The messages are the parts of `tensorflow/core/util/event.proto` and
//! `tensorflow/core/framework/summary.proto` that scalars need.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use prost::Message;

use super::scalars::{Of, Scalar, scalars};
use crate::run::directory::RunDir;
use crate::run::view::RunView;
use crate::run::{FileError, clock, write_atomically};

/// `tensorflow.Event`.
#[derive(Clone, PartialEq, prost::Message)]
struct TfEvent {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(oneof = "What", tags = "3, 5")]
    what: Option<What>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum What {
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(message, tag = "5")]
    Summary(TfSummary),
}

/// `tensorflow.Summary`.
#[derive(Clone, PartialEq, prost::Message)]
struct TfSummary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<TfValue>,
}

/// `tensorflow.Summary.Value`.
#[derive(Clone, PartialEq, prost::Message)]
struct TfValue {
    #[prost(string, tag = "1")]
    tag: String,
    /// Of the oneof `value`; always written, 0 too.
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

/// CRC-32C, rotated and offset: a checksum of data that holds checksums would be weak.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

fn write_record(out: &mut impl Write, message: &TfEvent) -> io::Result<()> {
    let data = message.encode_to_vec();
    let length = (data.len() as u64).to_le_bytes();
    out.write_all(&length)?;
    out.write_all(&masked_crc(&length).to_le_bytes())?;
    out.write_all(&data)?;
    out.write_all(&masked_crc(&data).to_le_bytes())
}

/// The name under which TensorBoard groups a number: `contrastive/loss`, `contrastive/valid/loss`, `joint/test/mae`.
fn tag(scalar: &Scalar) -> String {
    match scalar.of {
        Of::Step => format!("{}/{}", scalar.stage, scalar.name),
        of => format!("{}/{}/{}", scalar.stage, of.name(), scalar.name),
    }
}

/// Writes all numbers; wall times are the run's beginning plus its active time (pauses are not recorded). A value that is
/// not a number is written as NaN, which TensorBoard marks.
fn write_events(out: &mut impl Write, view: &RunView, began: f64) -> io::Result<u64> {
    let version = What::FileVersion("brain.Event:2".into());
    write_record(out, &TfEvent { wall_time: began, step: 0, what: Some(version) })?;
    let mut written = 0;
    for scalar in scalars(view) {
        let value = TfValue { tag: tag(&scalar), simple_value: Some(scalar.value.single()) };
        let event = TfEvent {
            wall_time: began + scalar.time,
            step: i64::try_from(scalar.step).unwrap_or(i64::MAX),
            what: Some(What::Summary(TfSummary { value: vec![value] })),
        };
        write_record(out, &event)?;
        written += 1;
    }
    Ok(written)
}

/// Writes a run's event file into a folder of the run's name below `folder`, so that several runs can be exported to one
/// place and compared there. An earlier export of the same run is replaced. Returns the file and how many numbers are in
/// it.
///
/// # Errors
/// A file system that refuses.
pub fn export(dir: &RunDir, view: &RunView, folder: &Path) -> Result<(PathBuf, u64), FileError> {
    let own = folder.join(dir.name());
    std::fs::create_dir_all(&own).map_err(FileError::new("make the folder", &own))?;
    // A manifest that was changed by hand may not say when the run began; the numbers matter more.
    let began = clock::seconds_of(&dir.manifest().created).unwrap_or_default();
    let path = own.join(format!("events.out.tfevents.{began:010}.mug"));
    let mut written = 0;
    write_atomically(&path, |out| {
        written = write_events(out, view, began as f64)?;
        Ok(())
    })?;
    Ok((path, written))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::finished;
    use crate::run::tail::read_view;

    /// What tensorboard 2.21's `RecordWriter` made of that event.
    const FIRST: &str = "1800000000000000a37f4b2209000000000000f03f1a0d627261696e2e4576656e743a3286bf577a";

    /// Reads frames as TensorBoard does, checksums included.
    fn records(mut bytes: &[u8]) -> Vec<TfEvent> {
        let mut events = Vec::new();
        let take = |bytes: &mut &[u8], n: usize| {
            let (head, tail) = bytes.split_at(n);
            *bytes = tail;
            head.to_vec()
        };
        let check = |bytes: &mut &[u8], data: &[u8]| {
            // By the definition in tensorflow/core/lib/hash/crc32c.h.
            let crc = crc32c::crc32c(data);
            let masked = crc.rotate_right(15).wrapping_add(0xa282_ead8);
            assert_eq!(take(bytes, 4), masked.to_le_bytes());
        };
        while !bytes.is_empty() {
            let length = take(&mut bytes, 8);
            check(&mut bytes, &length);
            let data = take(&mut bytes, u64::from_le_bytes(length.try_into().unwrap()) as usize);
            check(&mut bytes, &data);
            events.push(TfEvent::decode(&*data).unwrap());
        }
        events
    }

    #[test]
    fn a_frame_is_what_tensorflow_writes() {
        let version = TfEvent { wall_time: 1.0, step: 0, what: Some(What::FileVersion("brain.Event:2".into())) };
        let mut bytes = Vec::new();
        write_record(&mut bytes, &version).unwrap();
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, FIRST);
    }

    #[test]
    fn every_number_comes_back() {
        let (root, dir) = finished("a", &[]);
        let view = read_view(&dir.events_path()).unwrap();
        let (path, written) = export(&dir, &view, &root.path().join("board")).unwrap();
        assert!(path.ends_with("board/a/events.out.tfevents.1795428000.mug"), "{}", path.display());
        let events = records(&std::fs::read(&path).unwrap());
        assert_eq!(events.len() as u64, written + 1);
        assert_eq!(events[0].what, Some(What::FileVersion("brain.Event:2".into())));
        for (event, scalar) in events[1..].iter().zip(scalars(&view)) {
            let Some(What::Summary(summary)) = &event.what else { panic!("{event:?}") };
            assert_eq!((event.step, event.wall_time), (scalar.step as i64, 1_795_428_000.0 + scalar.time));
            assert_eq!(summary.value[0].tag, tag(&scalar));
            assert_eq!(summary.value[0].simple_value.unwrap().to_bits(), scalar.value.single().to_bits());
        }
        let tags: Vec<String> = scalars(&view).map(|s| tag(&s)).collect();
        for expected in [
            "contrastive/loss",
            "contrastive/valid/loss",
            "joint/valid/mae",
            "joint/test/mae",
            "denoising/train/labels_text_share_moved",
        ] {
            assert!(tags.iter().any(|t| t == expected), "{expected}");
        }
        // Again: replaced, not added to.
        export(&dir, &view, &root.path().join("board")).unwrap();
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
