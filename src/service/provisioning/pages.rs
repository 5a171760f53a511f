//! Where pages by position begin, remembered: the page behind the one that was shown last needs no counting.

use crate::base::ids::{OrgNo, ResourceId, SourceNo};
use crate::store::resources::Kind;
use moka::future::Cache;
use std::time::Duration;

/// A page's place: whose list, of what, and how many come before it.
type Place = (OrgNo, SourceNo, i64, u64);

/// How long a place is remembered, and how many are.
const KEPT: Duration = Duration::from_secs(600);
const MOST: u64 = 10_000;

/// The places of this instance. A forgotten one is counted anew; it says nothing about who may see what.
#[derive(Clone, Debug)]
pub struct PageMemory(Cache<Place, (ResourceId, u64)>);

impl Default for PageMemory {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(KEPT).build())
    }
}

impl PageMemory {
    /// The id behind which the page that `skip` resources come before begins. Where the list has become shorter since,
    /// positions have moved, and nothing is known.
    pub(super) async fn after(
        &self,
        org: OrgNo,
        src: SourceNo,
        kind: Kind,
        skip: u64,
        total: u64,
    ) -> Option<ResourceId> {
        let (id, then) = self.0.get(&(org, src, kind.number(), skip)).await?;
        (total >= then).then_some(id)
    }

    /// Remembers that the page behind `skip` resources begins after `last`.
    pub(super) async fn begins(&self, org: OrgNo, src: SourceNo, kind: Kind, skip: u64, last: ResourceId, total: u64) {
        self.0.insert((org, src, kind.number(), skip), (last, total)).await;
    }
}
