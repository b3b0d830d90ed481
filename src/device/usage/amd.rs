//! AMD's GPUs by the files of the kernel's driver, `amdgpu`.

use std::fs;
use std::path::{Path, PathBuf};

use super::taken::GpuUsage;

/// Where Linux lists the graphics cards.
const CARDS: &str = "/sys/class/drm";

/// A card of the driver.
pub struct Card {
    /// Its folder of files, `/sys/class/drm/cardN/device`.
    files: PathBuf,
    /// The folder of its sensors.
    sensors: Option<PathBuf>,
}

impl Card {
    /// True where a device's name is one of AMD's.
    pub fn makes(device: &str) -> bool {
        let name = device.to_ascii_lowercase();
        name.contains("amd") || name.contains("radeon")
    }

    /// The machine's only card of this driver; of several none can be told to be the one in use.
    pub fn find() -> Option<Card> {
        Card::find_in(Path::new(CARDS))
    }

    fn find_in(cards: &Path) -> Option<Card> {
        let mut found = fs::read_dir(cards).ok()?.flatten().filter(|entry| {
            // `card0`, and not its outputs `card0-DP-1`.
            let name = entry.file_name().to_string_lossy().into_owned();
            name.strip_prefix("card").is_some_and(|n| n.parse::<u32>().is_ok())
        });
        let first = found.by_ref().map(|e| e.path().join("device")).find(|d| d.join("gpu_busy_percent").exists())?;
        if found.any(|e| e.path().join("device/gpu_busy_percent").exists()) {
            return None;
        }
        let sensors = fs::read_dir(first.join("hwmon")).ok().and_then(|mut d| d.next()?.ok()).map(|e| e.path());
        Some(Card { files: first, sensors })
    }

    /// What it does now.
    pub fn read(&self) -> GpuUsage {
        let number = |path: PathBuf| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
        let file = |name: &str| number(self.files.join(name));
        let sensor = |name: &str| self.sensors.as_ref().and_then(|s| number(s.join(name)));
        GpuUsage {
            busy: file("gpu_busy_percent").map(|percent| percent as f64 / 100.0),
            memory: file("mem_info_vram_used"),
            memory_total: file("mem_info_vram_total"),
            temperature: sensor("temp1_input").map(|thousandths| thousandths as f64 / 1e3),
            power: sensor("power1_average").or_else(|| sensor("power1_input")).map(|micro| micro as f64 / 1e6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(cards: &Path, name: &str) -> PathBuf {
        let device = cards.join(name).join("device");
        fs::create_dir_all(device.join("hwmon/hwmon3")).unwrap();
        fs::write(device.join("gpu_busy_percent"), "37\n").unwrap();
        device
    }

    #[test]
    fn the_drivers_files_are_read() {
        let root = tempfile::tempdir().unwrap();
        assert!(Card::find_in(root.path()).is_none() && Card::find_in(&root.path().join("none")).is_none());
        let device = card(root.path(), "card1");
        fs::create_dir_all(root.path().join("card1-DP-1/device")).unwrap();
        fs::write(device.join("mem_info_vram_used"), "1024\n").unwrap();
        fs::write(device.join("hwmon/hwmon3/temp1_input"), "54000\n").unwrap();
        fs::write(device.join("hwmon/hwmon3/power1_average"), "not a number").unwrap();
        let usage = Card::find_in(root.path()).unwrap().read();
        let known = GpuUsage { busy: Some(0.37), memory: Some(1024), temperature: Some(54.0), ..GpuUsage::default() };
        assert_eq!(usage, known);
        card(root.path(), "card2");
        assert!(Card::find_in(root.path()).is_none(), "which of the two computes is not known");
    }

    #[test]
    fn names_of_its_maker() {
        assert!(Card::makes("wgpu AMD Radeon RX 7900 (Vulkan)"));
        assert!(!Card::makes("wgpu NVIDIA H100 (Vulkan)"));
    }
}
