//! One test binary: it links once.
#![expect(unreachable_pub, reason = "the harness is read like a library and used by this binary alone")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says where")]

mod apply;
mod corpus;
mod demo;
mod floors;
#[path = "../fuzzed/mod.rs"]
mod fuzzed;
mod harness;
mod last_admin;
mod laws;
mod main_job;
mod management;
mod openid_provider;
mod operator;
mod saml_verifier;
mod scim;
mod sessions;
mod settling;
mod simulate;
mod surface;
mod units_of_work;
