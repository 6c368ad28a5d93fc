#!/usr/bin/env bash
# Prints the folder of PostgreSQL's programs (initdb, postgres), and installs them only where there are none.
#
#   scripts/postgres.sh          find them, else install them
#   scripts/postgres.sh --find   find them, else exit with 1
#
# The tests start a server of their own in a temporary folder; the one that Debian's package would start is not wanted.
# Installs on CI and as root only: a database server is no small thing to bring to somebody's machine unasked.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/as_root.sh"

# Debian keeps them out of PATH, one folder a version.
find_programs() {
    local folder
    for folder in $(ls -d /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin 2>/dev/null | sort -rV) \
        "$(dirname "$(command -v initdb || echo /nowhere/initdb)")"; do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
            echo "$folder"
            return
        fi
    done
    return 1
}

install_programs() {
    command -v apt-get >/dev/null && as_root apt-get update -q &&
        as_root mkdir -p /etc/postgresql-common &&
        { [ -e /etc/postgresql-common/createcluster.conf ] ||
            echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null; } &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
            -o Dpkg::Options::=--force-confold postgresql
}

if find_programs; then exit 0; fi
if [ "${1:-}" != --find ] && { [ "$(id -u)" = 0 ] || [ -n "${CI:-}" ]; }; then
    echo "postgres: none found, installing it" >&2
    if install_programs >&2 && find_programs; then exit 0; fi
fi
echo "postgres: no PostgreSQL found, so its tests are skipped. Debian, Ubuntu: apt-get install postgresql" >&2
exit 1
