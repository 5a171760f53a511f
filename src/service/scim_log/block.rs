//! A block: entries of one directory that were written together. Their heads are compressed and sealed once, and so are
//! their bodies; who lists them opens the heads alone.

use super::entry::{Bodies, Entry, Head};
use super::reading::LogReadError;
use crate::base::ids::{LogId, OrgNo, SourceNo};
use crate::base::seal::Place;
use crate::service::Gateway;
use crate::store::scim_log::BlockRow;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The bytes of a length.
const LENGTH: usize = size_of::<u32>();
const HEADS: &str = "heads";
const BODIES: &str = "bodies";

/// Entries in the order of their ids, one behind the other, as they are sealed.
#[derive(Debug, Default)]
pub(super) struct Plain {
    pub(super) heads: Vec<u8>,
    pub(super) bodies: Vec<u8>,
}

impl Plain {
    /// Puts an entry behind the others.
    pub(super) fn add<T: Serialize>(&mut self, head: &Head<T>, bodies: &Bodies<T>) {
        postcard::to_io(head, &mut self.heads).expect("memory takes texts and numbers");
        postcard::to_io(bodies, &mut self.bodies).expect("memory takes texts");
    }

    /// Empty, with the room that it had.
    pub(super) fn clear(&mut self) {
        self.heads.clear();
        self.bodies.clear();
    }

    pub(super) fn size(&self) -> usize {
        self.heads.len() + self.bodies.len()
    }
}

/// A part of a block, as [`items`] reads it: compressed, behind the length that it had.
fn compressed<'a>(plain: &[u8], room: &'a mut Vec<u8>) -> &'a [u8] {
    let length = u32::try_from(plain.len()).expect("a block is far from 4 GiB");
    let most = LENGTH + lz4_flex::block::get_maximum_output_size(plain.len());
    if room.len() < most {
        room.resize(most, 0);
    }
    let (head, body) = room.split_at_mut(LENGTH);
    head.copy_from_slice(&length.to_le_bytes());
    let taken = lz4_flex::block::compress_into(plain, body).expect("there is room for the most that it may take");
    &room[..LENGTH + taken]
}

/// The items of a part of a block.
fn items<T: DeserializeOwned>(packed: &[u8]) -> Option<Vec<T>> {
    let plain = lz4_flex::decompress_size_prepended(packed).ok()?;
    let (mut rest, mut items) = (&plain[..], Vec::new());
    while !rest.is_empty() {
        let (item, behind) = postcard::take_from_bytes(rest).ok()?;
        items.push(item);
        rest = behind;
    }
    Some(items)
}

/// Where a block stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whose {
    pub(super) org: OrgNo,
    pub(super) src: SourceNo,
    pub(super) id: LogId,
}

impl Whose {
    fn row(self) -> String {
        format!("{}/{}/{}", self.org.0, self.src.0, self.id)
    }

    fn seal(self, gw: &Gateway, column: &str, plain: &[u8], room: &mut Vec<u8>) -> Vec<u8> {
        let place = Place { table: "scim_log_block", row: &self.row(), column };
        gw.master.seal(&gw.sources, place, compressed(plain, room))
    }

    fn open<T: DeserializeOwned>(self, gw: &Gateway, column: &str, sealed: &[u8]) -> Result<Vec<T>, LogReadError> {
        let place = Place { table: "scim_log_block", row: &self.row(), column };
        items(&gw.master.open(place, sealed)?).ok_or(LogReadError::Form)
    }

    /// The heads and the bodies, sealed; `room` is memory to work in.
    pub(super) fn sealed(self, gw: &Gateway, plain: &Plain, room: &mut Vec<u8>) -> (Vec<u8>, Vec<u8>) {
        (self.seal(gw, HEADS, &plain.heads, room), self.seal(gw, BODIES, &plain.bodies, room))
    }
}

/// Those entries of a block that are `wanted`, in the order of their ids; with bodies where the row has them.
pub(super) fn entries(
    gw: &Gateway,
    row: &BlockRow,
    wanted: impl Fn(&Head) -> bool,
) -> Result<Vec<Entry>, LogReadError> {
    let whose = Whose { org: row.org, src: row.src, id: row.id };
    let heads: Vec<Head> = whose.open(gw, HEADS, &row.heads)?;
    let bodies: Vec<Bodies> = match &row.bodies {
        Some(sealed) if heads.iter().any(&wanted) => whose.open(gw, BODIES, sealed)?,
        _ => Vec::new(),
    };
    if !bodies.is_empty() && bodies.len() != heads.len() {
        return Err(LogReadError::Form);
    }
    let mut bodies = bodies.into_iter();
    let entries = heads.into_iter().map(|head| Entry { head, bodies: bodies.next() });
    Ok(entries.filter(|entry| wanted(&entry.head)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::sources::Sources;

    #[test]
    fn what_calls_carried_comes_back_to_each_of_them_and_similar_bodies_take_little_room() {
        let body = |n: u8| format!("{{\"userName\":\"ada{n}@acme.test\",\"title\":\"{}\"}}", "Engineer ".repeat(40));
        let mut plain = Plain::default();
        let mut given = Vec::new();
        for n in 0..50 {
            let head = Head::<&str>::of_loss(LogId([n; 16]), Sources::system().now(), n.into());
            let answer = body(n);
            let bodies = Bodies { answer: (n != 3).then_some(answer.as_str()), ..Bodies::default() };
            plain.add(&head, &bodies);
            given.push((n, (n != 3).then(|| body(n))));
        }
        let mut room = Vec::new();
        let heads = compressed(&plain.heads, &mut room).to_vec();
        let bodies = compressed(&plain.bodies, &mut room).to_vec();
        let (read, carried) = (items::<Head>(&heads).unwrap(), items::<Bodies>(&bodies).unwrap());
        let back: Vec<_> =
            read.iter().zip(&carried).map(|(head, bodies)| (head.id().0[0], bodies.answer.clone())).collect();
        assert_eq!(back, given);
        assert!(bodies.len() * 5 < 50 * body(0).len(), "{} bytes", bodies.len());
        assert!(items::<Bodies>(&bodies[..bodies.len() - 1]).is_none());
    }
}
