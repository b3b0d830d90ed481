//! How far a file system passes locks on: to everyone who can open the file, or only to processes of one machine.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// Who sees a kernel's lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Everyone who can open the file.
    Everyone,
    /// Processes on the same machine; or it is not known whether others do.
    #[default]
    Machine,
    /// Nobody: there is no lock.
    Nobody,
}

/// What the file system at an absolute path does with locks.
pub(super) fn of(path: &Path) -> Reach {
    // Without it (another system) the careful answer.
    std::fs::read_to_string("/proc/self/mountinfo").map_or(Reach::Machine, |mounts| among(&mounts, path))
}

/// The same, from the text of `/proc/self/mountinfo`.
fn among(mounts: &str, path: &Path) -> Reach {
    let mut best: Option<(usize, Reach)> = None;
    for line in mounts.lines() {
        let Some((place, kind)) = line.split_once(" - ") else { continue };
        let Some(point) = place.split(' ').nth(4).map(unescaped) else { continue };
        let mut kind = kind.split(' ');
        let (name, options) = (kind.next().unwrap_or_default(), kind.nth(1).unwrap_or_default());
        let length = point.len();
        // Of two mounts at the same place the later one hides the other.
        if path.starts_with(&point) && best.is_none_or(|(longest, _)| length >= longest) {
            best = Some((length, of_kind(name, options)));
        }
    }
    best.map_or(Reach::Machine, |(_, reach)| reach)
}

fn of_kind(name: &str, options: &str) -> Reach {
    let has = |wanted: &str| options.split(',').any(|o| o == wanted);
    let passes = match name {
        // On disks and in memory of this machine: who can open the file asks this kernel.
        "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "bcachefs" | "f2fs" | "jfs" | "zfs" | "tmpfs" | "ramfs"
        | "overlay" | "vfat" | "exfat" | "ntfs3" | "rootfs" => true,
        "nfs" | "nfs4" => {
            let local = options.split(',').filter_map(|o| o.strip_prefix("local_lock=")).any(|kept| kept != "none");
            !has("nolock") && !local
        }
        "lustre" => has("flock"),
        "cifs" | "smb3" => !has("nobrl"),
        "ceph" | "gpfs" | "gfs2" | "ocfs2" => true,
        _ => false,
    };
    if passes { Reach::Everyone } else { Reach::Machine }
}

/// A mount point as it is named; blanks and the like are written as `\040`.
fn unescaped(text: &str) -> String {
    let mut pieces = text.split('\\');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                out.push(char::from(byte));
                out.push_str(&piece[3..]);
            }
            None => {
                out.push('\\');
                out.push_str(piece);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw shared:2 - nfs4 server:/home rw,vers=4.2,local_lock=none,addr=10.0.0.1
31 22 0:41 / /old rw - nfs server:/old rw,vers=3,nolock,local_lock=all
32 22 0:42 / /scratch rw - lustre mds:/scratch rw,flock,lazystatfs
33 22 0:43 / /work rw - lustre mds:/work rw,localflock
34 22 0:44 / /my\\040disk rw - fuse.sshfs me@there: rw,user_id=0
35 30 0:45 / /home/me/x rw - fuse.rclone y: rw
36 30 0:46 / /home/me/x rw - ext4 /dev/sdb rw
nonsense
";

    #[test]
    fn the_mount_that_a_path_lies_in_decides() {
        let of = |path: &str| among(MOUNTS, Path::new(path));
        for everyone in ["/tmp/runs", "/home/me/runs", "/homes", "/scratch/a", "/home/me/x/a"] {
            assert_eq!(of(everyone), Reach::Everyone, "{everyone}");
        }
        for machine in ["/old/runs", "/work", "/my disk/runs"] {
            assert_eq!(of(machine), Reach::Machine, "{machine}");
        }
        assert_eq!(among("", Path::new("/x")), Reach::Machine);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_in_memory_is_told() {
        if Path::new("/dev/shm").is_dir() {
            assert_eq!(of(Path::new("/dev/shm")), Reach::Everyone);
        }
    }
}
