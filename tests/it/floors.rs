//! The house is kept by these tests: which room names which, how long a file is, who may name a library.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms below it that it may name.
const FLOORS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("protocol", &[]),
    ("domain", &["base"]),
    ("config", &["base", "domain"]),
    ("store", &["base", "domain"]),
    ("upstream", &["base", "domain", "protocol"]),
    ("service", &["base", "domain", "protocol", "store", "upstream"]),
    ("jobs", &["base", "service"]),
    ("http", &["base", "domain", "protocol", "service"]),
    ("lab", &["base"]),
    ("cli", &["app", "base", "config", "domain", "lab", "service"]),
];

fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found
}

fn src(room: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room)
}

#[test]
fn no_room_looks_up() {
    let mut broken = Vec::new();
    for (room, below) in FLOORS {
        for file in files(&src(room), "rs") {
            for named in fs::read_to_string(&file).unwrap().split("crate::").skip(1) {
                let other = named.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                if other != *room && !below.contains(&other) {
                    broken.push(format!("{} names {other:?}", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_room_has_its_floor() {
    for entry in fs::read_dir(src("")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && name != "docs" {
            assert!(FLOORS.iter().any(|(room, _)| *room == name), "src/{name} has no line in FLOORS");
        }
    }
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let long: Vec<_> = files(&src(""), "rs")
        .into_iter()
        .filter(|file| fs::read_to_string(file).unwrap().lines().count() > 500)
        .collect();
    assert!(long.is_empty(), "a second noun is hiding in {long:#?}");
}

#[test]
fn a_library_with_an_edge_is_named_in_its_room_alone() {
    let mut broken = Vec::new();
    for (library, home) in [("sqlx", "store"), ("rusqlite", "store"), ("bergshamra", "lab"), ("reqwest", "upstream")] {
        for file in files(&src(""), "rs") {
            let at_home = file.starts_with(src(home)) || (library == "reqwest" && file.starts_with(src("lab")));
            if !at_home && fs::read_to_string(&file).unwrap().contains(&format!("{library}::")) {
                broken.push(format!("{} names {library}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn a_path_that_a_guide_names_is_there() {
    let mut broken = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for guide in files(&src("docs"), "md").into_iter().chain([root.join("README.md")]) {
        let text = fs::read_to_string(&guide).unwrap();
        for word in text.split('`').skip(1).step_by(2) {
            let is_path = ["src/", "config/", "migrations/", "tests/", "scripts/"].iter().any(|p| word.starts_with(p));
            if is_path && !root.join(word).exists() {
                broken.push(format!("{} names {word}", guide.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Law 14. The linter bans what it can name; this finds the rest, macros and imports alike. `Instant` measures how long
/// a thing took in two places and decides nothing there.
#[test]
fn law_14_time_and_chance_come_in_by_one_door() {
    let banned = [
        "Utc::now",
        "Local::now",
        "SystemTime",
        "Instant::now",
        "OsRng",
        "getrandom",
        "rand::rng",
        "rand::random",
        "thread_rng",
        "Uuid::n",
    ];
    let mut broken = Vec::new();
    for file in files(&src(""), "rs") {
        if file.ends_with("base/sources.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for word in banned.into_iter().filter(|word| product.lines().any(|line| code(line).contains(word))) {
            let measures = word == "Instant::now" && MEASURES.iter().any(|place| file.starts_with(src(place)));
            if !measures {
                broken.push(format!("{} names {word}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Where `Instant` measures how long a thing took, for the log or a person to read.
const MEASURES: &[&str] = &["http/edge/log.rs", "http/scim/record.rs"];

fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}
