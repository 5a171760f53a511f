//! Calls to the IdPs of customers, and every other call that leaves the house.
//!
//! Owns the guarded client (which addresses may be reached, how long, how much) and the memory of what IdPs publish:
//! metadata and keys. Hands on what `protocol` has read and checked. Must not know the store, nor who asks.

pub mod address;
pub mod idp;
pub mod outgoing;
pub mod remembered;

pub use idp::{FetchError, Upstream, UpstreamError};
pub use outgoing::{Answer, Call, Outgoing, OutgoingError};
