# Sourced by the scripts that may install a system package: `as_root COMMAND...`, through sudo where that is possible.
# Asks for a password only at a terminal.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}
