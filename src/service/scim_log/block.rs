//! What entries of a directory that are written together carried: one behind the other, compressed, sealed once.

use super::sealed::{self, BLOCK};
use super::view::LogReadError;
use crate::base::ids::{LogId, OrgNo, SourceNo};
use crate::service::Gateway;
use std::collections::HashMap;

/// What one call carried, packed as it is sealed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Carried {
    /// Address, query, and what was skipped.
    pub(super) head: Option<Vec<u8>>,
    /// Request and answer.
    pub(super) bodies: Option<Vec<u8>>,
}

/// Packs what these entries carried.
fn pack(entries: &[(LogId, Carried)]) -> Vec<u8> {
    let part = |(id, carried): &(LogId, Carried)| {
        sealed::pack(&[Some(&id.0), carried.head.as_deref(), carried.bodies.as_deref()])
    };
    lz4_flex::compress_prepend_size(&entries.iter().map(part).collect::<Vec<_>>().concat())
}

/// What they carried again; `None` for what [`pack`] did not make.
fn unpack(packed: &[u8]) -> Option<HashMap<LogId, Carried>> {
    let plain = lz4_flex::decompress_size_prepended(packed).ok()?;
    let (mut rest, mut entries) = (&plain[..], HashMap::new());
    while !rest.is_empty() {
        let [id, head, bodies] = sealed::next(&mut rest)?;
        let carried = Carried { head: head.map(<[u8]>::to_vec), bodies: bodies.map(<[u8]>::to_vec) };
        entries.insert(LogId(id?.try_into().ok()?), carried);
    }
    Some(entries)
}

pub(super) fn seal(gw: &Gateway, whose: (OrgNo, SourceNo), id: LogId, entries: &[(LogId, Carried)]) -> Vec<u8> {
    sealed::seal(gw, whose, id, BLOCK, &pack(entries))
}

pub(super) fn open(
    gw: &Gateway,
    whose: (OrgNo, SourceNo),
    id: LogId,
    block: &[u8],
) -> Result<HashMap<LogId, Carried>, LogReadError> {
    unpack(&sealed::unseal(gw, whose, id, BLOCK, block)?).ok_or(LogReadError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_entries_carried_comes_back_to_each_of_them_and_similar_bodies_take_little_room() {
        let body = |n: u8| {
            format!("{{\"userName\":\"ada{n}@acme.test\",\"title\":\"{}\"}}", "Engineer ".repeat(40)).into_bytes()
        };
        let carried = |n| Carried { head: (n % 2 == 0).then(|| vec![n]), bodies: (n != 3).then(|| body(n)) };
        let entries: Vec<_> = (0..50).map(|n| (LogId([n; 16]), carried(n))).collect();
        let packed = pack(&entries);
        let unpacked = unpack(&packed).unwrap();
        assert_eq!(unpacked.len(), 50);
        assert!(entries.iter().all(|(id, carried)| unpacked[id] == *carried));
        assert!(packed.len() * 5 < 50 * body(0).len(), "{} bytes", packed.len());
        assert!(unpack(&packed[..packed.len() - 1]).is_none());
    }
}
