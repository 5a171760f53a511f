#!/usr/bin/env bash
# The whole test suite: ours, then the SCIM suites that others wrote. Arguments go to `cargo test`, which then runs
# alone. The tests start a PostgreSQL cluster of their own in the build folder; it is stopped here,
# since a test program has no last moment in which it could.
set -uo pipefail
cd "$(dirname "$0")/.."

stop_cluster() {
  local home="${CARGO_TARGET_DIR:-target}/tmp/postgres"
  [ -f "$home/data/postmaster.pid" ] || return 0
  local stop=("$(pg_config --bindir)/pg_ctl" -D "$PWD/$home/data" -m immediate stop)
  [ "${home#/}" != "$home" ] && stop[2]="$home/data"
  if [ "$(id -u)" -eq 0 ]; then
    runuser -u postgres -- "${stop[@]}" >/dev/null 2>&1 || true
  else
    "${stop[@]}" >/dev/null 2>&1 || true
  fi
  rm -rf "$home"
}
trap stop_cluster EXIT

# The suites run on both engines, too: the cluster that the tests have started has room for one more database.
suites() {
  local home="${CARGO_TARGET_DIR:-target}/tmp/postgres" name="suites_$$" bin
  if [ -f "$home/socket" ] && [ -f "$home/data/postmaster.pid" ]; then
    bin="$(pg_config --bindir)"
    "$bin/createdb" -h "$(cat "$home/socket")" -U postgres "$name" || return 1
    export SUITES_POSTGRES="postgres://postgres@localhost/?host=$(cat "$home/socket")&dbname=$name"
  fi
  scripts/suites.sh
}

if [ "$#" -gt 0 ]; then
  cargo test --locked "$@"
  exit
fi
output="$(mktemp)"
trap 'stop_cluster; rm -f "$output"' EXIT
cargo test --locked 2>&1 | tee "$output"
ours="${PIPESTATUS[0]}"
echo "Now the SCIM suites that others wrote: scim2-tester and scim-sanity."
suites
theirs=$?
echo
awk '/^test result:/ { passed += $4; failed += $6; ignored += $8 }
     END { printf "our tests: %d passed, %d failed, %d ignored\n", passed, failed, ignored }' "$output"
[ "$theirs" -eq 0 ] && echo "suites of others: passed, with the counts above" || echo "suites of others: FAILED, see above"
[ "$ours" -eq 0 ] && [ "$theirs" -eq 0 ]
