#!/usr/bin/env bash
# The whole test suite. The tests start a PostgreSQL cluster of their own in the build folder; it is stopped here,
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

cargo test --locked "$@"
