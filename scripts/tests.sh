#!/usr/bin/env bash
# Runs the browser tests and all others, shows what the runners say, and ends with one line that counts them.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

echo "[3/4] browser tests"
scripts/browser-tests.sh 2>&1 | tee -a "$log"
browser=${PIPESTATUS[0]}
echo "[4/4] all other tests"
cargo test --workspace --no-fail-fast 2>&1 | tee -a "$log"
rest=${PIPESTATUS[0]}

# `# pass N` is node's, `test result: ok. N passed; M failed` is cargo's.
passed=$(awk '/^(#|ℹ) pass /{n+=$3} /^test result:/{n+=$4} END{print n+0}' "$log")
failed=$(awk '/^(#|ℹ) fail /{n+=$3} /^test result:/{n+=$6} END{print n+0}' "$log")
echo "tests: $passed passed, $failed failed"
[ "$browser" = 0 ] && [ "$rest" = 0 ] && [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
