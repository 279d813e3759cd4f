#!/bin/sh
# Installs gVisor's runsc (the default sandbox) on Debian, from the machine's own Debian mirror.
#
# Safe to run again: a usable runsc ends it at once. A build older than MINIMUM counts as none, because it lacks the
# systrap platform. No package source stays behind: the backports suite is read through a private list.
# Exit status: 0 usable runsc is there · 1 it could not be installed (one sentence on stderr says why).
set -eu

MINIMUM=20240101

refuse() {
    echo "runsc was not installed: $1" >&2
    exit 1
}

release_of() {
    # "release-20240729.0", "0.0~20240729.0-4~bpo12+2" and "20240729.0" all give 20240729.
    printf '%s\n' "$1" | grep -oE '20[0-9]{6}' | head -n 1
}

is_recent() {
    release=$(release_of "$1")
    [ -n "$release" ] && [ "$release" -ge "$MINIMUM" ]
}

PATH=$PATH:/usr/local/bin:/usr/bin:/usr/sbin:/sbin
if command -v runsc >/dev/null 2>&1; then
    found=$(runsc --version 2>/dev/null | head -n 1)
    if is_recent "$found"; then
        echo "runsc is already installed: $found"
        exit 0
    fi
fi

[ "$(id -u)" = 0 ] || refuse "this needs root; run 'sudo sh scripts/install_runsc.sh', or use --own-code for your own repositories."
command -v apt-get >/dev/null 2>&1 || refuse "this machine has no apt; install a current runsc from your distribution and put it on PATH."

export DEBIAN_FRONTEND=noninteractive LC_ALL=C
codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
[ -n "$codename" ] || refuse "/etc/os-release names no release codename to derive the backports suite from."

apt-get update -qq >/dev/null 2>&1 || true
candidate=$(apt-cache policy runsc | sed -n 's/^ *Candidate: //p')
if is_recent "$candidate"; then
    apt-get install -y -qq --no-install-recommends "runsc=$candidate" >&2 || refuse "apt could not install runsc $candidate."
else
    source=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(CODENAME)|$(REPO_URI)' 'Created-By: Packages' |
        grep -E "^Debian\|Debian\|$codename\|" | head -n 1) || true
    [ -n "$source" ] || refuse "no apt source of this machine serves Debian $codename, so no backports mirror can be derived."
    uri=$(printf '%s' "$source" | cut -d'|' -f4)
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -r "$keyring" ] || keyring=

    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    mkdir -p "$work/lists/partial"
    echo "deb ${keyring:+[signed-by=$keyring] }$uri $codename-backports main" >"$work/backports.list"
    private_apt() {
        command_name=$1
        shift
        "$command_name" -o Dir::Etc::SourceList="$work/backports.list" -o Dir::Etc::SourceParts=- \
            -o Dir::State::Lists="$work/lists" -o Dir::Cache::PkgCache="" -o Dir::Cache::SrcPkgCache="" "$@"
    }
    private_apt apt-get update -qq >&2 || refuse "the mirror $uri does not answer for $codename-backports."
    candidate=$(private_apt apt-cache madison runsc | head -n 1 | cut -d'|' -f2 | tr -d ' ')
    is_recent "$candidate" || refuse "$codename-backports offers no runsc newer than $MINIMUM (found '${candidate:-none}')."
    private_apt apt-get install -y -qq --no-install-recommends "runsc=$candidate" >&2 ||
        refuse "apt could not install runsc $candidate from $codename-backports."
fi

found=$(runsc --version 2>/dev/null | head -n 1) || refuse "the installed runsc does not start."
is_recent "$found" || refuse "a runsc older than $MINIMUM comes first on PATH: $(command -v runsc) ($found)."
echo "runsc installed: $found"
