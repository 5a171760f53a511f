//! The command line.
//!
//! Owns what operators type and read; hands on exit codes. Must not decide what a use case does.

pub mod simulate;
