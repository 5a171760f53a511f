//! What tests stand on: a database each on both engines, and the actors.

pub mod admin;
pub mod contents;
pub mod database;
pub mod facts;
pub mod gateway;
mod keeper;
pub mod open_unit;
mod postgres;
pub mod program;
pub mod token_door;
pub mod world;

/// How many times as many cases as usual a test with generated input tries (`TEST_CASES`, 1 by default).
pub fn thoroughness() -> usize {
    std::env::var("TEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}
