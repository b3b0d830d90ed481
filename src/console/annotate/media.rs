//! A clip's media: where they lie, and the program that plays them.
//!
//! Media lie below one folder, named by the clip's id. Of `VIDEO$_$CLIP` these are looked for, with any of [`ENDINGS`]:
//! `VIDEO/CLIP.mp4`, `VIDEO$_$CLIP.mp4`, `VIDEO_CLIP.mp4`; of any other id `ID.mp4`. An id comes from a data file: one that
//! names anything outside of the folder has no media.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::modality::Modality;

/// Endings of media, the first that is there is taken.
const ENDINGS: &[&str] = &["mp4", "mkv", "webm", "mov", "avi", "wav", "flac", "mp3", "m4a", "ogg"];
/// What stands for the file in a player's words.
const PLACE: &str = "{}";

/// Why media cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("--player: expected a program and its options, for example \"mpv --really-quiet\", found no word")]
    NoPlayer,
    #[error("--media {path}: {source}; expected the folder that the clips' files lie in")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("no file of this clip in {folder}: looked for {tried}")]
    NotFound { folder: PathBuf, tried: String },
    #[error("{program} did not start: {source}")]
    Start { program: String, source: std::io::Error },
}

/// A folder of media and who plays them.
#[derive(Debug)]
pub struct Media {
    folder: PathBuf,
    words: Vec<String>,
    playing: Option<Child>,
}

impl Media {
    /// `player` is a program with its options, words apart by spaces; the file comes in the place of `{}`, else last.
    ///
    /// # Errors
    /// No program, or no such folder.
    pub fn new(player: &str, folder: &str) -> Result<Media, MediaError> {
        let words: Vec<String> = player.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Err(MediaError::NoPlayer);
        }
        // Without links and from the root, so that no file is taken for an option.
        let folder = std::fs::canonicalize(folder)
            .map_err(|source| MediaError::Folder { path: PathBuf::from(folder), source })?;
        Ok(Media { folder, words, playing: None })
    }

    /// The file of a clip.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, id: &str) -> Result<PathBuf, MediaError> {
        let stems = stems(id);
        let files = stems.iter().flat_map(|stem| ENDINGS.iter().map(move |ending| format!("{stem}.{ending}")));
        let inside = |path: &PathBuf| path.starts_with(&self.folder) && path.is_file();
        let found = files.filter_map(|file| std::fs::canonicalize(self.folder.join(file)).ok()).find(inside);
        found.ok_or_else(|| {
            let named: Vec<String> = stems.iter().map(|stem| format!("{stem}.{}", ENDINGS[0])).collect();
            let tried = if named.is_empty() { "nothing: its id is no name of a file".into() } else { named.join(", ") };
            MediaError::NotFound { folder: self.folder.clone(), tried }
        })
    }

    /// Plays a clip, in place of one that plays. The player gets `MUG_MODALITY`, what the person is asked about, and says
    /// nothing on the terminal.
    ///
    /// # Errors
    /// There is no file of the clip, or the player does not start.
    pub fn play(&mut self, id: &str, modality: Modality) -> Result<(), MediaError> {
        let file = self.find(id)?;
        self.stop();
        let program = &self.words[0];
        let mut command = Command::new(program);
        let mut placed = false;
        for word in &self.words[1..] {
            placed |= word == PLACE;
            match word == PLACE {
                true => command.arg(&file),
                false => command.arg(word),
            };
        }
        if !placed {
            command.arg(&file);
        }
        command.env("MUG_MODALITY", modality.name());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|source| MediaError::Start { program: program.clone(), source })?;
        self.playing = Some(child);
        Ok(())
    }

    /// Ends what plays.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.playing.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The names below the folder that a clip's file can have, without their endings.
fn stems(id: &str) -> Vec<String> {
    let is_name = |part: &str| {
        let path = Path::new(part);
        !part.contains('\0') && path.file_name().is_some_and(|name| name == part) && path.components().count() == 1
    };
    if !is_name(id) {
        return Vec::new();
    }
    match id.split_once("$_$") {
        Some((video, clip)) if is_name(video) && is_name(clip) => {
            vec![format!("{video}/{clip}"), id.to_owned(), format!("{video}_{clip}")]
        }
        _ => vec![id.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clips_file_is_found_by_its_id() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("raw");
        std::fs::create_dir_all(folder.join("video_1")).unwrap();
        for file in ["video_1/0001.mp4", "video_1/0002.wav", "a_3.mkv", "plain.mp3"] {
            std::fs::write(folder.join(file), "").unwrap();
        }
        std::fs::write(dir.path().join("secret.mp4"), "").unwrap();
        std::os::unix::fs::symlink(dir.path().join("secret.mp4"), folder.join("link.mp4")).unwrap();
        let media = Media::new("player", folder.to_str().unwrap()).unwrap();
        let root = std::fs::canonicalize(&folder).unwrap();
        for (id, file) in [
            ("video_1$_$0001", "video_1/0001.mp4"),
            ("video_1$_$0002", "video_1/0002.wav"),
            ("a$_$3", "a_3.mkv"),
            ("plain", "plain.mp3"),
        ] {
            assert_eq!(media.find(id).unwrap(), root.join(file), "{id}");
        }
        for id in
            ["../secret", "..$_$secret", "", ".", "..", "/etc/passwd", "video_1/0001", "a\0", "link", "video_1$_$9"]
        {
            assert!(media.find(id).is_err(), "{id:?}");
        }
        let said = media.find("v$_$9").unwrap_err().to_string();
        assert!(said.contains("v/9.mp4, v$_$9.mp4, v_9.mp4"), "{said}");
    }

    #[test]
    fn the_player_gets_the_file_and_what_is_asked_about() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a b.mp4"), "x").unwrap();
        let script = dir.path().join("player");
        let told = dir.path().join("told");
        let text =
            format!("#!/bin/sh\nprintf '%s|' \"$MUG_MODALITY\" \"$@\" > {0}.new; mv {0}.new {0}\n", told.display());
        crate::files::write_program(&script, &text);
        let mut media = Media::new(&format!("{} {{}} -x", script.display()), dir.path().to_str().unwrap()).unwrap();
        media.play("a b", Modality::Vision).unwrap();
        // Waited for rather than stopped: it ends by itself.
        media.playing.take().unwrap().wait().unwrap();
        let file = std::fs::canonicalize(dir.path()).unwrap().join("a b.mp4");
        assert_eq!(std::fs::read_to_string(told).unwrap(), format!("vision|{}|-x|", file.display()));
        assert!(Media::new(" ", ".").is_err() && Media::new("p", "/nowhere/at/all").is_err());
        let mut absent = Media::new("/no/such/program", dir.path().to_str().unwrap()).unwrap();
        assert!(absent.play("a b", Modality::Audio).unwrap_err().to_string().contains("did not start"));
    }
}
