//! SCIM as IdPs meet it, on both engines.

mod access;
mod users;
mod walls;
