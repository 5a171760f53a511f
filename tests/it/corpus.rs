//! Every input of `tests/corpus` again: what IdPs send, what is nasty, and what once failed.

use crate::fuzzed;
use std::fs;
use std::path::Path;

/// Calls a property with each file of a folder; there are at least so many.
fn replay(folder: &str, holds: fn(&[u8]), least: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut broken = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().path();
        let input = fs::read(&file).unwrap();
        count += 1;
        if std::panic::catch_unwind(|| holds(&input)).is_err() {
            broken.push(file);
        }
    }
    assert!(broken.is_empty(), "the panics above are from {broken:#?}");
    assert!(count >= least, "{} has only {count} files", folder.display());
}

#[test]
fn filters_of_the_corpus_hold() {
    replay("filter", fuzzed::filter::holds, 70);
}

#[test]
fn paths_of_the_corpus_hold() {
    replay("path", fuzzed::path::holds, 40);
}

#[test]
fn patch_bodies_of_the_corpus_hold() {
    replay("patch", fuzzed::patch::holds, 70);
}

#[test]
fn bulk_bodies_of_the_corpus_hold() {
    replay("bulk", fuzzed::bulk::holds, 35);
}
