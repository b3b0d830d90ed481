//! Numbers of parameters of a stage's parts.

use super::events::PartSize;
use crate::model::network::Network;
use crate::model::parameters::Parameters;

/// Numbers of parameters of networks, part by part; those of several networks together. `trained`: whether the stage trains
/// a part.
pub fn of_networks(networks: &[Network], trained: impl Fn(&str) -> bool) -> Vec<PartSize> {
    let mut all: Vec<(&'static str, Vec<Parameters>)> = Vec::new();
    for (part, found) in networks.iter().flat_map(Network::parameters) {
        let found = if trained(part) { found } else { found.held() };
        match all.iter_mut().find(|(known, _)| *known == part) {
            Some((_, counts)) => counts.push(found),
            None => all.push((part, vec![found])),
        }
    }
    let sizes = all.into_iter().map(|(part, counts)| of_part(part, counts.into_iter().sum()));
    sizes.filter(|size| size.trained + size.frozen > 0).collect()
}

/// One part's numbers of parameters.
pub fn of_part(part: &str, found: Parameters) -> PartSize {
    PartSize { part: part.to_owned(), trained: found.trained as u64, frozen: found.frozen as u64 }
}
