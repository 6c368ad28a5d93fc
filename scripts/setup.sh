#!/usr/bin/env bash
# Makes a virtual environment and installs into it:  scripts/setup.sh VENV PIP-ARGUMENTS...
#
# PYTHON names the interpreter, 3.11 or newer; else python3 is taken, or the newest python3.x when python3 is too old.
# uv installs where it is at hand (seconds instead of minutes), pip where it is not or cannot. Both compile what they
# install: without that every start of an app takes seconds longer.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/as_root.sh"

venv=${1:?usage: scripts/setup.sh VENV PIP-ARGUMENTS...}
shift

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if command -v "$name" >/dev/null && new_enough "$name"; then
            echo "$name"
            return
        fi
    done
    echo "setup: Python 3.11 or newer is needed; ${PYTHON:-python3} is $(${PYTHON:-python3} -V 2>&1 || true)." >&2
    echo "       Install it (Debian 12, Ubuntu 24.04 or newer: apt-get install python3 python3-venv)," >&2
    echo "       or name one that is elsewhere: PYTHON=/path/to/python3.12 make explore" >&2
    exit 1
}

# Debian and Ubuntu keep the part of Python that makes environments in a package of its own.
install_venv_module() {
    local version
    version=$("$1" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    echo "setup: $1 cannot make environments yet; installing $version-venv" >&2
    command -v apt-get >/dev/null && as_root apt-get update -q &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$version-venv"
}

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null && ! install_venv_module "$python"; then
        echo "setup: $python has no venv module. Install it (Debian: apt-get install python3-venv); run again." >&2
        exit 1
    fi
    "$python" -m venv --clear "$venv"
fi

echo "setup: installing into $venv: hundreds of megabytes for PyTorch alone, then some twenty thousand files are" >&2
echo "       compiled, so that every later start is fast. That takes minutes, and nothing is printed meanwhile." >&2
if command -v uv >/dev/null && uv pip install --compile-bytecode --python "$venv/bin/python" "$@"; then
    exit 0
fi
if ! "$venv/bin/python" -m pip install --disable-pip-version-check "$@"; then
    echo "setup: pip could not install $*; the lines above say why (no network? a full disk? see df -h)." >&2
    exit 1
fi
