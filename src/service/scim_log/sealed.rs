//! What a call carried, as it is sealed: parts with their lengths, so that nothing is printed or escaped once more.

use super::call::KeptBody;
use crate::base::ids::{LogId, OrgNo, SourceNo};
use crate::base::seal::{Place, SealError};
use crate::protocol::scim::privacy::{Scrubbed, without_password};
use crate::service::Gateway;
use std::borrow::Cow;

/// The column of address, query and what was skipped.
pub(super) const HEAD: &str = "head";
/// The column of request and answer.
pub(super) const BODIES: &str = "bodies";
/// What several entries carried.
pub(super) const BLOCK: &str = "block";
/// The length of a part that is not there.
const NONE: u32 = u32::MAX;

/// Parts in their order, each with its length.
pub(super) fn pack(parts: &[Option<&[u8]>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| 4 + part.map_or(0, <[u8]>::len)).sum());
    for part in parts {
        let length = part.map_or(NONE, |bytes| u32::try_from(bytes.len()).unwrap_or(NONE));
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(part.unwrap_or_default());
    }
    out
}

/// The parts again; `None` for what [`pack`] did not make.
pub(super) fn unpack<const N: usize>(mut bytes: &[u8]) -> Option<[Option<&[u8]>; N]> {
    next(&mut bytes)
}

/// The next `N` parts of many; behind it `bytes` are what follows.
pub(super) fn next<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<[Option<&'a [u8]>; N]> {
    let mut parts = [None; N];
    for part in &mut parts {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length);
        *bytes = rest;
        if length != NONE {
            let (found, rest) = bytes.split_at_checked(length as usize)?;
            *part = Some(found);
            *bytes = rest;
        }
    }
    Some(parts)
}

fn row(org: OrgNo, src: SourceNo, id: LogId) -> String {
    format!("{}/{}/{id}", org.0, src.0)
}

pub(super) fn seal(gw: &Gateway, whose: (OrgNo, SourceNo), id: LogId, column: &str, plain: &[u8]) -> Vec<u8> {
    let row = row(whose.0, whose.1, id);
    gw.master.seal(&gw.sources, Place { table: "scim_log", row: &row, column }, plain)
}

pub(super) fn unseal(
    gw: &Gateway,
    whose: (OrgNo, SourceNo),
    id: LogId,
    column: &str,
    sealed: &[u8],
) -> Result<Vec<u8>, SealError> {
    let row = row(whose.0, whose.1, id);
    Ok(gw.master.open(Place { table: "scim_log", row: &row, column }, sealed)?.to_vec())
}

/// A body that is fit to be kept, and a note where it is not as it came.
pub(super) fn fit(kept: Option<&KeptBody>) -> (Option<Cow<'_, [u8]>>, Option<&'static str>) {
    let Some(kept) = kept else { return (None, None) };
    match without_password(&kept.bytes) {
        Scrubbed::Clean => (Some(Cow::Borrowed(&kept.bytes)), kept.cut.then_some(CUT)),
        Scrubbed::Rewritten(bytes) => (Some(Cow::Owned(bytes)), Some(WITHOUT_PASSWORD)),
        Scrubbed::Unfit => (None, Some("left out: it was cut and may hold a password")),
    }
}

/// The note of a body that held a password.
pub(super) const WITHOUT_PASSWORD: &str = "a password was left out";
/// The note of a body that is longer than what is kept.
pub(super) const CUT: &str = "cut at 65536 bytes";

/// A recorded call, opened: what it takes to make it once more.
#[derive(Debug, Clone)]
pub struct RecordedCall {
    /// The method.
    pub method: String,
    /// The path below the directory's base.
    pub address: String,
    /// The query string.
    pub query: Option<String>,
    /// `If-Match`.
    pub precondition: Option<String>,
    /// The body; `None` where there was none.
    pub body: Option<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back_as_they_were_packed() {
        let packed = pack(&[Some(b"one"), None, Some(b"")]);
        assert_eq!(unpack::<3>(&packed).unwrap(), [Some(&b"one"[..]), None, Some(&b""[..])]);
        assert!(unpack::<4>(&packed).is_none());
        assert!(unpack::<1>(&packed[..5]).is_none());
    }
}
