//! The normaliser: lifts what IdPs really send to what the standard says, before the strict core looks at it.
//!
//! Owns every rewrite of a request; each has an id ([`Quirk`]), is noted, and is switched by the directory's profile.
//! Hands on the same request in the standard's form. Must not know the state of a resource: what depends on it
//! (an element made from a filter) is the PATCH engine's, under the same ids.
//!
//! [`Quirk`]: crate::protocol::scim::profile::Quirk

mod body;
mod value;

pub(crate) use body::message;
pub(crate) use body::operation;
pub(crate) use value::value;

#[cfg(test)]
mod tests;
