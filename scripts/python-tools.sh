#!/usr/bin/env bash
# Makes target/tools/venv with the Python tools that tests need: a real SMTP server (aiosmtpd), Twilio's own library
# (twilio), a reader of DKIM signatures that is not ours (dkimpy, with PyNaCl for Ed25519), the Standard Webhooks' own
# library (standardwebhooks).
# Does nothing when they are there already. Needs python3 with venv (Debian: python3-venv).
set -euo pipefail
cd "$(dirname "$0")/.."

venv=target/tools/venv
wanted="aiosmtpd==1.4.6 twilio==9.13.0 dkimpy==1.1.8 PyNaCl==1.6.2 standardwebhooks==1.0.0"
stamp="$venv/.wanted"

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && "$venv/bin/python" -c 'import aiosmtpd, twilio, dkim, nacl, standardwebhooks' 2>/dev/null; then
    echo "python tools: there already"
    exit 0
fi
mkdir -p target/tools
# Two that start together wait for each other.
exec 9>target/tools/.lock
flock 9
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check $wanted
echo "$wanted" >"$stamp"
echo "python tools: installed in $venv"
