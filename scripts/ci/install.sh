#!/bin/bash
# Puts lload on the PATH of a job: the one that is there, else one built from this checkout. Brings
# what the other scripts here need, too.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

needed=()
for package in curl luajit lua-cjson; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        needed+=("$package")
done
command -v make >/dev/null || needed+=(make)
if [ "${#needed[@]}" -gt 0 ]; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends ca-certificates "${needed[@]}"
fi

if command -v lload >/dev/null; then
    lload version
    exit 0
fi
# shellcheck source=/dev/null
system=$(. "${OS_RELEASE:-/etc/os-release}" && echo "${ID:-unknown} ${VERSION_ID:-}")
if [ "$system" != "debian 12" ]; then
    echo "::error::lload: it is built on Debian 12, and this is $system; give the job" \
        "'container: debian:12', or an image with lload in it"
    exit 1
fi
make -C "$root" install
lload version
