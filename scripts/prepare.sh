#!/usr/bin/env bash
# Installs what is missing: `prepare.sh run` for the program itself, `prepare.sh test` for the tests as well.
set -euo pipefail

need_cargo="1.95"
packages=(build-essential ca-certificates)
[ "${1:-run}" = test ] && packages+=(pkg-config libxmlsec1-dev libclang-dev postgresql python3 python3-venv)

# A tool that rustup has put here is found also where no login shell has run.
PATH="$HOME/.cargo/bin:$PATH"
if ! command -v cargo >/dev/null 2>&1; then
  echo "cargo is missing: install Rust $need_cargo or newer with rustup (Debian's own rustc is too old), then run this again." >&2
  exit 1
fi
have=$(cargo --version | cut -d' ' -f2)
if [ "$(printf '%s\n' "$need_cargo" "${have%%-*}" | sort -V | head -n 1)" != "$need_cargo" ]; then
  echo "cargo is $have ($(command -v cargo)), and Rust $need_cargo or newer is needed: run rustup update, or install rustup." >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "missing: ${missing[*]} (names of Debian packages). This is no Debian machine: install them your way, then run this again." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "missing: ${missing[*]}. Run as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
