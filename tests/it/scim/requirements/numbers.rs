//! Every requirement has a test that carries its number.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The last requirement of the checklist.
const LAST: u32 = 102;

/// What is deliberately not done here: the requirement, and why. The guide `src/docs/scim.md` says the same.
const NOT_DONE: &[(u32, &str)] = &[(27, "TLS ends at the proxy in front of Doorward")];

/// What has no test yet. The list may only shrink.
const AWAITED: &[u32] = &[];

fn numbers_in(dir: &Path, found: &mut BTreeSet<u32>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            numbers_in(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for name in text.split("fn r").skip(1) {
                let name = name.split('(').next().unwrap();
                // A name may carry several: `r053_r054_…`, `r065_to_r068_…`, `r048_…_and_r062_…`.
                let parts = format!("r{name}");
                let carried = parts.split('_').filter_map(|part| part.strip_prefix('r')?.get(..3)?.parse::<u32>().ok());
                found.extend(carried);
            }
        }
    }
}

#[test]
fn every_requirement_has_a_test_or_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tested = BTreeSet::new();
    numbers_in(&root.join("src"), &mut tested);
    numbers_in(&root.join("tests"), &mut tested);
    let not_done: BTreeSet<u32> = NOT_DONE.iter().map(|(number, _)| *number).collect();
    let awaited: BTreeSet<u32> = AWAITED.iter().copied().collect();
    for number in 1..=LAST {
        let places = [tested.contains(&number), not_done.contains(&number), awaited.contains(&number)];
        let places = places.into_iter().filter(|is| *is).count();
        assert_eq!(places, 1, "r{number:03}: it has a test, or it is in one of the lists, and never both");
    }
    let guide = fs::read_to_string(root.join("src/docs/scim.md")).unwrap();
    for (number, reason) in NOT_DONE {
        assert!(guide.contains(&format!("({number})")) && guide.contains(reason), "the guide says why not {number}");
    }
}
