#!/usr/bin/env bash
# Installs what the demo (`demo`) or the tests (`test`) need on Debian 12. Does nothing that was done before.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-demo}

say() { echo "      $*"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

command -v cargo >/dev/null || { echo "setup: Rust 1.95 is needed (cargo is not on the PATH)"; exit 1; }

packages=()
command -v cc >/dev/null || packages+=(gcc libc6-dev)
if [ "$what" = test ]; then
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages+=(postgresql)
    [ -x /usr/bin/chromium ] || packages+=(chromium)
    command -v python3 >/dev/null || packages+=(python3)
    python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)
    command -v openssl >/dev/null || packages+=(openssl)
    [ -x /usr/sbin/postfix ] || packages+=(postfix)
    command -v swaks >/dev/null || packages+=(swaks)
fi
if [ ${#packages[@]} -gt 0 ]; then
    say "apt-get install ${packages[*]}"
    as_root apt-get update -qq
    # The tests give Postfix a configuration of their own; the machine's mail stays as it is.
    echo 'postfix postfix/main_mailer_type select No configuration' | as_root debconf-set-selections
    # The cluster that Debian would start by itself is not needed: the tests make their own.
    DEBIAN_FRONTEND=noninteractive as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

if [ "$what" = test ]; then
    command -v npm >/dev/null || { echo "setup: Node 20 is needed (npm is not on the PATH)"; exit 1; }
    if [ ! -d browser/node_modules ] || [ browser/package-lock.json -nt browser/node_modules/.package-lock.json ]; then
        say "npm ci in browser/"
        (cd browser && PUPPETEER_SKIP_DOWNLOAD=1 npm ci --no-audit --no-fund --silent)
    fi
    if [ ! -d assets/node_modules ] || [ assets/package-lock.json -nt assets/node_modules/.package-lock.json ]; then
        say "npm ci in assets/"
        (cd assets && npm ci --no-audit --no-fund --silent)
    fi
    for folder in crates/channels/tests/providers/twilio crates/channels/tests/providers/smpp crates/model/tests/segments crates/channels/tests/push; do
        if [ ! -d $folder/node_modules ] || [ $folder/package-lock.json -nt $folder/node_modules/.package-lock.json ]; then
            say "npm ci in $folder/"
            (cd $folder && npm ci --no-audit --no-fund --silent)
        fi
    done
    scripts/python-tools.sh
fi
