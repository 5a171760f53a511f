//! The demo holds, as anybody who tries the program for the first time sees it.

use std::process::Command;

#[test]
fn every_step_of_the_demo_holds() {
    let played = Command::new(env!("CARGO_BIN_EXE_doorward")).args(["demo", "--once"]).output().unwrap();
    let said = String::from_utf8(played.stdout).unwrap();
    assert!(played.status.success() && said.ends_with("8 steps held, 0 failed\n"), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("ok ")).count(), 8, "{said}");
}
