#!/usr/bin/env bash
# The SCIM suites that others wrote (scim2-tester, scim-sanity), against a server of this build on a database of its own:
# SQLite, and the PostgreSQL database of SUITES_POSTGRES (a URL) if that is set. Fails if anything fails, and if
# something is left out that is not named below.
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-target}"
program="$PWD/$target/debug/doorward"
[ "${target#/}" != "$target" ] && program="$target/debug/doorward"
tools="$(dirname "$program")/../suites"
[ -x "$program" ] || { echo "suites: build first: there is no $program" >&2; exit 1; }

# The suites live in the build folder, in the versions that the requirements file pins.
install_suites() {
  local wanted="$tools/requirements.txt"
  if ! cmp -s scripts/suites-requirements.txt "$wanted"; then
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r scripts/suites-requirements.txt
    cp scripts/suites-requirements.txt "$wanted"
  fi
}

home=""
server=""
stop() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=""
  fi
  [ -z "$home" ] || rm -rf "$home"
  home=""
}
trap stop EXIT

start() {
  home="$(mktemp -d)"
  local port
  port="$("$tools/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
  export DOORWARD_LISTEN="127.0.0.1:$port" DOORWARD_DATABASE__URL="${1:-sqlite:$home/suites.db}" DOORWARD_SCIM__RATE_LIMIT=0
  DOORWARD_MASTER_KEY="$(head -c 32 /dev/urandom | base64)"
  export DOORWARD_MASTER_KEY
  cat >"$home/suites.toml" <<'TOML'
[[organization]]
slug = "suites"
name = "Suites"
panel = "msp"
domains = [{ name = "suites.test", verified = true }]
owner = { email = "olive@suites.test", name = "Olive Owner" }
directory = [{ key = "suites", profile = "auto" }]
TOML
  "$program" migrate >"$home/migrate.log" 2>&1 || { cat "$home/migrate.log" >&2; exit 1; }
  "$program" apply "$home/suites.toml" --json >"$home/made.json"
  base="$(made scim_base_url)"
  token="$(made token)"
  "$program" serve >"$home/server.log" 2>&1 &
  server=$!
  for _ in $(seq 100); do
    if "$tools/bin/python" -c "import urllib.request as r; r.urlopen('http://$DOORWARD_LISTEN/readyz')" 2>/dev/null; then return 0; fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  echo "suites: the server did not start" >&2
  cat "$home/server.log" >&2
  exit 1
}

made() {
  "$tools/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["organizations"][0]["directories"][0][sys.argv[2]])' "$home/made.json" "$1"
}

failed=0
summary=()

# Anything but SUCCESS counts as a failure: nothing is skipped here.
scim2_tester() {
  local out="$home/scim2-tester.txt" status=0 good bad
  SCIM_CLI_HEADERS="Authorization: Bearer $token" NO_COLOR=1 "$tools/bin/scim" --url "$base" test >"$out" 2>&1 || status=$?
  good="$(grep -c '^SUCCESS ' "$out" || true)"
  bad="$(grep -cE '^(ERROR|CRITICAL|DEVIATION|SKIPPED|ACCEPTABLE|COMPLIANT) ' "$out" || true)"
  summary+=("scim2-tester on $1: $good succeeded, $bad failed or skipped")
  # Below 100 checks it has given up on the way.
  if [ "$status" -ne 0 ] || [ "$bad" -ne 0 ] || [ "$good" -lt 100 ]; then
    failed=1
    grep -A3 -E '^(ERROR|CRITICAL|DEVIATION|SKIPPED|ACCEPTABLE|COMPLIANT) ' "$out" >&2 || tail -n 20 "$out" >&2
  fi
}

# The agents of draft-abbey-scim-agent-extension are no resources of ours; nothing else may be skipped.
scim_sanity() {
  local out="$home/scim-sanity.json" status=0
  "$tools/bin/scim-sanity" probe "$base" --token "$token" --i-accept-side-effects --json-output >"$out" 2>"$home/scim-sanity.log" || status=$?
  local line
  if line="$("$tools/bin/python" - "$out" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
counts = report["summary"]
bad = [one for one in report["results"] if one["status"] != "pass" and not (one["status"] == "skip" and one["name"].startswith("Agent"))]
for one in bad:
    print(one["status"], one["name"], one.get("message", ""), sep=": ", file=sys.stderr)
print(f'{counts["passed"]} passed, {len(bad)} failed, warned or skipped, {counts["skipped"]} not ours (agents)')
sys.exit(1 if bad or counts["passed"] < 20 else 0)
PYTHON
  )" && [ "$status" -eq 0 ]; then :; else
    failed=1
    cat "$home/scim-sanity.log" >&2
  fi
  summary+=("scim-sanity on $1: $line")
}

run() {
  start "$2"
  scim2_tester "$1"
  scim_sanity "$1"
  kill -0 "$server" 2>/dev/null || { echo "suites: the server is gone" >&2; failed=1; }
  if grep -qE 'a SCIM call failed|a handler broke off' "$home/server.log"; then
    grep -E 'a SCIM call failed|a handler broke off' "$home/server.log" >&2
    failed=1
  fi
  stop
}

install_suites
run SQLite ""
[ -z "${SUITES_POSTGRES:-}" ] || run PostgreSQL "$SUITES_POSTGRES"
printf '%s\n' "${summary[@]}"
[ "$failed" -eq 0 ] || { echo "suites: FAILED" >&2; exit 1; }
