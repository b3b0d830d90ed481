//! What a run ran on, in lines.

use super::Card;

impl Card {
    /// Program, machine, threads, and the data file's digest; nothing where none of it was recorded.
    pub(super) fn process_lines(&self) -> Vec<String> {
        let mut rows: Vec<(&str, String)> = Vec::new();
        if let Some(process) = &self.process {
            let commit = match &*process.commit {
                "" => String::new(),
                commit => format!(" ({commit})"),
            };
            let version = [&*process.version, &*commit].concat();
            rows.push(("program", format!("mug {version}, features: {}", process.features)));
            let unknown = |name: &str| if name.is_empty() { "unknown".to_owned() } else { name.to_owned() };
            rows.push(("machine", unknown(&process.host)));
            rows.push(("device", process.device.clone()));
            rows.push(("processor", unknown(&process.processor)));
            rows.push(("threads", format!("{} on {} cores", process.threads, process.cores)));
        }
        rows.extend(self.data_sha256.clone().map(|digest| ("SHA-256", digest)));
        if rows.is_empty() {
            return Vec::new();
        }
        let line = |(name, words): (&str, String)| format!("  {name:<12}{words}");
        std::iter::once("trained by".to_owned()).chain(rows.into_iter().map(line)).collect()
    }
}
