#!/bin/sh
# Installs what the suite needs beside packages: Debian's Chromium and runsc, where missing and where this is root.
set -eu
cd -- "$(dirname -- "$0")/.."

has_browser() { [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null 2>&1; }

if ! has_browser; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "Chromium is missing: install it (Debian: apt install chromium) or set CHROMIUM to its path." >&2
        exit 1
    fi
    echo "installing Chromium" >&2
    mkdir -p .cache
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y -o DPkg::Lock::Timeout=120 \
        --no-install-recommends chromium; } \
        >.cache/chromium.log 2>&1 || { tail -n 3 .cache/chromium.log >&2; exit 1; }
fi
rm -f .cache/runsc-refused
sh scripts/prepare_sandbox.sh
