//! What is measured. Each workload sets its own stage, so that none inherits what another left.

mod deactivation;
mod groups;
mod import;
mod lookup;
mod members;
mod mixed;
mod sync;

use crate::place::Place;
use crate::report::Line;

/// How large a run is.
#[derive(Debug, Clone)]
pub(crate) struct Size {
    /// Creates of an initial sync.
    pub(crate) creates: usize,
    /// Users of which some are deactivated, and how many.
    pub(crate) changes: usize,
    /// Numbers of users among which lookups are made; the second is the one that is compared.
    pub(crate) populations: Vec<usize>,
    /// Lookups of one slice.
    pub(crate) lookups: usize,
    /// Members of the largest group, and users of the import.
    pub(crate) large: usize,
    /// Changes of one member in each group.
    pub(crate) singles: usize,
}

/// A run is cut into slices, ours and the reference in turn: a machine that others use too disturbs both alike.
const SLICES: usize = 4;

/// What a workload is called and does.
pub(crate) const NAMES: [&str; 7] = ["sync", "lookup", "deactivation", "mixed", "members", "groups", "import"];

/// Runs one.
pub(crate) async fn run(name: &str, place: &Place, size: &Size, level: &str) -> anyhow::Result<Vec<Line>> {
    match name {
        "sync" => sync::run(place, size, level).await,
        "lookup" => lookup::run(place, size, level).await,
        "deactivation" => deactivation::run(place, size, level).await,
        "mixed" => mixed::run(place, size, level).await,
        "members" => members::run(place, size, level).await,
        "groups" => groups::run(place, size, level).await,
        "import" => import::run(place, size, level).await,
        other => anyhow::bail!("{other} is no workload; there are {}", NAMES.join(", ")),
    }
}

/// The mean rate over slices of one size.
fn mean(rates: &[f64]) -> f64 {
    rates.len() as f64 / rates.iter().map(|rate| 1.0 / rate).sum::<f64>()
}
