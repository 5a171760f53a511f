//! SCIM 2.0 (RFC 7643, 7644, 9865, 9967): resources as documents, filters, PATCH, lists, discovery, events.
//!
//! Owns the grammar and the rules of the standard, and the normaliser that lifts an IdP's dialect to it.
//! Hands on documents (`serde_json` maps in canonical spelling), typed requests and SCIM errors. Membership is never
//! inside a document: a group's PATCH comes out as document changes and an ordered list of [`member::MemberChange`].
//! Must not know any other room of ours, nor the network, the clock (`now` is an argument) or a database.

pub mod bulk;
pub mod catalogue;
pub mod choice;
pub mod cursor;
pub mod datetime;
pub mod discovery;
mod elements;
pub mod error;
pub mod etag;
pub mod event;
pub mod filter;
mod fold;
pub mod index;
pub mod list;
pub mod media;
pub mod member;
mod normalise;
pub mod outline;
pub mod patch;
pub mod path;
pub mod privacy;
pub mod profile;
pub mod projection;
pub mod representation;
pub mod resource;
pub mod schema;
pub mod sort;
mod value;

/// A JSON object: how every resource is kept and handed on.
pub type Document = serde_json::Map<String, serde_json::Value>;

/// The JSON text of what is always written without fail: a document, or a part of an answer.
pub(crate) fn json_text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("a value is written to memory")
}

/// The same, behind what is there already.
pub(crate) fn put_json(text: &mut Vec<u8>, value: &impl serde::Serialize) {
    serde_json::to_writer(text, value).expect("a value is written to memory");
}

#[cfg(test)]
mod properties;
