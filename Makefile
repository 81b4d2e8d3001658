# Two commands: `make demo` shows it, `make test` proves it. Both install what they need first.
.PHONY: demo test test-walks fuzz assets bench bench-pages screenshots test-segments setup-demo setup-test browser-test checks test-charts test-pathways test-ledger test-triage

# One target folder for everything; the same profile for demo and tests, so nothing is built twice.
export CARGO_TERM_COLOR ?= auto

demo: setup-demo
	@echo "[2/2] building (the first time takes some minutes), then starting"
	@cargo build -p throughline
	@target/debug/throughline demo

setup-demo:
	@echo "[1/2] looking for what the build needs"
	@scripts/setup.sh demo

test: setup-test
	@echo "[2/4] building"
	@cargo build --workspace --all-targets
	@scripts/tests.sh

setup-test:
	@echo "[1/4] installing what the tests need"
	@scripts/setup.sh test

browser-test: setup-test
	@cargo build -q -p throughline
	@scripts/browser-tests.sh

# Builds the style of the patients' pages, which is committed: the binary builds without Node. A test compares.
assets:
	@cd assets && npm ci --no-audit --no-fund --silent && npm run -s build

# Formatting, lints, documentation, licences, duplicate dependencies, the arrows between crates.
checks:
	@cargo fmt --all --check
	@cargo clippy -q --workspace --all-targets -- -D warnings
	@RUSTDOCFLAGS="-D warnings" cargo doc -q --workspace --no-deps
	@python3 scripts/checks.py
	@echo "make checks: all passed"

# Every shipped pathway by the scenarios beside it: each step and way is passed, and each mistake that is put in is noticed.
test-pathways:
	@cargo build -q -p throughline
	@target/debug/throughline test pathways --mutants --min-coverage 100

# Ten years of history of 10,000 people, imported by the binary; some minutes. `make test` imports 300.
test-charts:
	@THROUGHLINE_CHARTS=10000 cargo test -q -p throughline --test binary -- --nocapture generated_charts
	@echo "make test-charts: 10,000 charts were imported; no message, no prompt"

# A million random texts: the same parts as another implementation makes, and 20,000 with every letter there is: as many
# segments as another counter counts; some minutes. `make test` compares 20,000 and 1,000.
test-segments: setup-test
	@THROUGHLINE_SEGMENTS=1000000 cargo test -q -p throughline-channels --test providers segments:: -- --nocapture
	@THROUGHLINE_SEGMENTS=20000 cargo test -q -p throughline-model --test segments -- --nocapture
	@echo "make test-segments: the texts were counted alike"

# Triage of each author's wordings by weights that were learnt from the others, and what other limits would do; two minutes.
test-triage:
	@cargo test -q -p throughline-outreach --lib by_author -- --ignored --nocapture

# 10,000 random pathways that pass the check, walked with random facts: what was promised is kept. `make test` walks 300.
test-walks:
	@THROUGHLINE_WALKS=10000 cargo test -q -p throughline-check --test walks -- --nocapture
	@echo "make test-walks: 10,000 pathways were walked, and every fault that was put in was found"

# Every place where a process may die with every way in which a provider breaks off, 100 times each, against the provider's own
# ledger; half an hour. `make test` takes 2 times each.
test-ledger:
	@THROUGHLINE_LEDGER_SEEDS=$${THROUGHLINE_LEDGER_SEEDS:-100} cargo test -q -p throughline-hub --test ledger -- --nocapture
	@echo "make test-ledger: nothing was lost in silence, nothing was said twice but what its purpose allows, and that says so"

# Parser and checker with random bytes and changed files for an hour, in 4 GiB of address space.
fuzz:
	@cargo test -q -p throughline-check --test fuzz --no-run
	@ulimit -v 4194304 && THROUGHLINE_FUZZ_SECONDS=$${THROUGHLINE_FUZZ_SECONDS:-3600} cargo test -q -p throughline-check --test fuzz -- --nocapture

# Prints figures beside their reference; takes some minutes. Not part of `make test`.
bench: setup-test
	@cargo run -q --release -p throughline-bench

# What a phone on a slow line waits for: largest paint, bytes and shift of each page, then Lighthouse on the patients' pages.
bench-pages: setup-test
	@cargo build -q -p throughline
	@cd browser/lighthouse && PUPPETEER_SKIP_DOWNLOAD=1 npm ci --legacy-peer-deps --no-audit --no-fund --silent
	@cd browser && node speed.mjs && node lighthouse/run.mjs

# Pictures of every page at both widths, into docs/screenshots/.
screenshots: setup-test
	@cargo build -q -p throughline
	@cd browser && node screenshots.mjs
