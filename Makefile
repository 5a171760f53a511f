# Each target installs what it needs (Debian packages) and says what is missing where it cannot.
.PHONY: demo test bench fuzz lint build

ARGS ?=

# rustup puts cargo here; a shell that is no login shell may not know it yet, and Debian's own is too old.
export PATH := $(HOME)/.cargo/bin:$(PATH)

demo:
	@scripts/prepare.sh run
	@echo "Building in the quick profile: about 2 to 6 minutes the first time on 2 cores, seconds afterwards."
	@cargo build --locked --quiet
	@target/debug/doorward demo $(ARGS)

test:
	@scripts/prepare.sh test
	@echo "Building in the quick profile: about 3 to 8 minutes the first time on 2 cores, seconds afterwards."
	@scripts/test.sh

# ARGS: --quick, --full, --engine sqlite|postgres, --only NAME, --json; see src/docs/benchmark.md.
bench:
	@scripts/prepare.sh test
	@echo "Building as for a release: 9 to 15 minutes the first time on 2 cores. Running: less than 15 minutes, with ARGS=--quick less than 3." >&2
	@cargo bench --locked --quiet --bench bench -- $(ARGS)

# ARGS: --seconds N for each target (60), --only filter|path|patch|bulk.
fuzz:
	@scripts/prepare.sh run
	@echo "Building with counters: about 6 minutes the first time on 2 cores. Running: 4 targets, a minute each."
	@scripts/fuzz.sh $(ARGS)

lint:
	@scripts/prepare.sh test
	@cargo fmt --check
	@cargo clippy --locked --all-targets -- -D warnings

build:
	@scripts/prepare.sh run
	@cargo build --locked --release
