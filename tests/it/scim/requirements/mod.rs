//! The numbered requirements of SCIM, each with a test of its number, and the quirk catalogue.

mod bulk;
mod concurrency;
mod delete;
mod returning;
