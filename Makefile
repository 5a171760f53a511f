# Each target installs what it needs (Debian packages) and says what is missing where it cannot.
.PHONY: demo test lint build

ARGS ?=

demo:
	@scripts/prepare.sh run
	@echo "Building in the quick profile: about 2 to 6 minutes the first time on 2 cores, seconds afterwards."
	@cargo build --locked --quiet
	@target/debug/doorward demo $(ARGS)

test:
	@scripts/prepare.sh test
	@echo "Building in the quick profile: about 3 to 8 minutes the first time on 2 cores, seconds afterwards."
	@scripts/test.sh

lint:
	@scripts/prepare.sh test
	@cargo fmt --check
	@cargo clippy --locked --all-targets -- -D warnings

build:
	@scripts/prepare.sh run
	@cargo build --locked --release
