//! One test binary: it links once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod harness;
mod openid_provider;
mod units_of_work;

#[test]
fn the_tree_builds() {
    std::fs::read_to_string("Cargo.toml").unwrap();
}
