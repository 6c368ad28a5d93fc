#!/usr/bin/env bash
# Prints the path of a browser that tests can drive, and installs one only where there is none.
#
#   scripts/browser.sh          find one, else install one
#   scripts/browser.sh --find   find one, else exit with 1
#
# LATENT_EXPLORER_BROWSER names one to use. Looked for: Chromium, Chrome, then the one Playwright keeps. PYTHON is the
# interpreter Playwright is installed for.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/as_root.sh"
python=${PYTHON:-.venv/bin/python}

# Ubuntu's chromium-browser may be a stub that only names a shop, so a browser must be able to tell its version.
limit=$(command -v timeout || true)
works() { ${limit:+"$limit" 60} "$1" --version </dev/null >/dev/null 2>&1; }

find_browser() {
    local name path
    for name in ${LATENT_EXPLORER_BROWSER:+"$LATENT_EXPLORER_BROWSER"} chromium chromium-browser google-chrome \
        google-chrome-stable "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        if path=$(command -v "$name") && works "$path"; then
            echo "$path"
            return
        fi
    done
    path=$("$python" -c 'from playwright.sync_api import sync_playwright as start
with start() as playwright: print(playwright.chromium.executable_path)' 2>/dev/null) || return 1
    if works "$path"; then echo "$path"; else return 1; fi
}

is_debian() { command -v apt-get >/dev/null && grep -qs '^ID=debian' /etc/os-release; }

install_browser() {
    if is_debian && as_root true 2>/dev/null; then
        as_root apt-get update -q
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium
    elif as_root true 2>/dev/null; then
        "$python" -m playwright install --with-deps chromium
    else
        "$python" -m playwright install chromium
    fi
}

if [ -n "${LATENT_EXPLORER_BROWSER:-}" ] && ! works "$LATENT_EXPLORER_BROWSER"; then
    echo "browser: LATENT_EXPLORER_BROWSER is '$LATENT_EXPLORER_BROWSER', which does not start; correct or unset it." >&2
    exit 1
fi
if find_browser; then exit 0; fi
if [ "${1:-}" = --find ]; then
    echo "browser: no Chromium, Chrome or Playwright browser found; scripts/browser.sh installs one." >&2
    exit 1
fi

echo "browser: none found, installing Chromium" >&2
if ! install_browser >&2 || ! find_browser; then
    echo "browser: could not install Chromium. Install Chromium or Chrome yourself, or name one that is elsewhere:" >&2
    echo "         LATENT_EXPLORER_BROWSER=/path/to/chrome make test" >&2
    exit 1
fi
