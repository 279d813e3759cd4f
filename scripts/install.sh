#!/bin/sh
# Installs the locked packages into .venv: `install.sh runtime` what the product needs, `install.sh test` also its tests.
#
# Needs Python 3.11 or later and a package index (pip's own settings choose it). Ends at once when the lock file has not
# changed since. An environment that already holds the test packages keeps them. Progress goes to stderr.
set -eu
wanted=${1:-runtime}
cd -- "$(dirname -- "$0")/.."
stamp=.venv/.iama-installed

say() { echo "iama: $1" >&2; }
refuse() { say "$1"; exit 2; }

checksum() { cksum <"$1" | cut -d' ' -f1; }
runtime_line="runtime $(checksum requirements.lock)"
test_line="test $(checksum requirements-test.lock)"

is_fresh() {
    [ -x .venv/bin/python ] && [ -f "$stamp" ] || return 1
    [ "$wanted" = test ] && line=$test_line || line=$runtime_line
    grep -qx "$line" "$stamp" && .venv/bin/python -c '' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return 0
        fi
    done
    return 1
}

make_environment() {
    python=$(find_python) || refuse "Python 3.11 or later is needed and was not found; set PYTHON to one."
    say "making .venv with $("$python" -V 2>&1)"
    rm -rf .venv
    "$python" -m venv .venv >/dev/null 2>&1 && return 0
    rm -rf .venv
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        { apt-get update && apt-get install -y -o DPkg::Lock::Timeout=120 --no-install-recommends "python$version-venv"; } >/dev/null 2>&1 || true
        "$python" -m venv .venv >/dev/null 2>&1 && return 0
        rm -rf .venv
    fi
    refuse "This Python has no venv module with pip; install it (Debian: apt install python3-venv) and start again."
}

add_installer() {
    # The installer's own pin and hashes come from the lock, so there is one place that names its version.
    awk '/^[a-z0-9]/ { ours = /^uv==/ } ours' requirements.lock >.venv/.installer.txt
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
        -r .venv/.installer.txt >&2 || refuse "The package installer could not be fetched; is the package index reachable?"
}

sync_packages() {
    say "installing locked packages"
    UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_NO_PROGRESS=1 \
        .venv/bin/python -m uv pip sync --quiet --python .venv/bin/python --require-hashes "$1" >&2 ||
        refuse "The locked packages could not be installed; the lines above say why."
    .venv/bin/python -m compileall -q iama_app components state services workers >/dev/null 2>&1 || true
}

is_fresh && exit 0
if command -v flock >/dev/null 2>&1; then
    exec 9>.install.lock
    flock 9
    is_fresh && exit 0
fi
.venv/bin/python -c '' 2>/dev/null || make_environment
.venv/bin/python -m uv --version >/dev/null 2>&1 || add_installer
if [ "$wanted" = test ] || { [ -f "$stamp" ] && grep -q '^test ' "$stamp"; }; then
    rm -f "$stamp"
    sync_packages requirements-test.lock
    printf '%s\n%s\n' "$runtime_line" "$test_line" >"$stamp"
else
    rm -f "$stamp"
    sync_packages requirements.lock
    printf '%s\n' "$runtime_line" >"$stamp"
fi
