#!/usr/bin/env bash
# Fuzzes the SCIM grammar: each target of fuzz/ for a while, beginning with tests/corpus. It needs stable Rust and a C++
# compiler; src/docs/decisions/0005-fuzzing-on-stable.md says why so. Arguments: --seconds N (60), --only TARGET.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60
targets=(filter path patch bulk)
while [ "$#" -gt 0 ]; do
  case "$1" in
    --seconds=*) seconds="${1#*=}" ;;
    --seconds) seconds="${2:?--seconds needs a number}"; shift ;;
    --only=*) targets=("${1#*=}") ;;
    --only) targets=("${2:?--only needs a target}"); shift ;;
    *) echo "fuzz: $1 is unknown; use --seconds N and --only filter|path|patch|bulk" >&2; exit 2 ;;
  esac
  shift
done
for target in "${targets[@]}"; do
  [ -f "fuzz/targets/$target.rs" ] || { echo "fuzz: there is no target $target; use filter, path, patch or bulk" >&2; exit 2; }
done

# The versions that the product is built with.
cp Cargo.lock fuzz/Cargo.lock
host="$(rustc -vV | sed -n 's/^host: //p')"
build="${CARGO_TARGET_DIR:-$PWD/target}/fuzz"
# What libFuzzer is told by: counters of edges, and the values of comparisons. All of it is in stable rustc.
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
# With --target the flags do not reach build scripts.
cargo build --quiet --manifest-path fuzz/Cargo.toml --target "$host" --target-dir "$build" --bins

failed=0
for target in "${targets[@]}"; do
  # What it finds interesting stays here for the next run; what breaks a property stands in found/.
  mkdir -p "$build/corpus/$target" "$build/found"
  log="$build/$target.log"
  if "$build/$host/debug/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=4096 \
    -dict=fuzz/scim.dict -artifact_prefix="$build/found/$target-" \
    "$build/corpus/$target" "tests/corpus/$target" >"$log" 2>&1; then
    echo "$target: $(grep -a 'DONE' "$log" | tail -n 1 | sed 's/^#\([0-9]*\)\s*DONE\s*cov: \([0-9]*\).*/\1 inputs, \2 edges reached/')"
  else
    failed=1
    echo "$target: BROKEN, see $log" >&2
    grep -a -A3 -E 'panicked at|ERROR: libFuzzer|Test unit written' "$log" | cut -c1-500 >&2 || true
  fi
done
[ "$failed" -eq 0 ] || { echo "fuzz: put the input into tests/corpus, fix what it breaks, and run again" >&2; exit 1; }
