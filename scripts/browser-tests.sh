#!/usr/bin/env bash
# Runs the tests of browser/ against the binary that was built, in Debian's Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
export THROUGHLINE_BIN="$PWD/${CARGO_TARGET_DIR:-target}/debug/throughline"
cd browser
exec node --test --test-concurrency=2 --test-timeout=900000 ./*.test.mjs
