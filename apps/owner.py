"""Who may see and change this server's studies: who sits at it, or who knows the owner's token.

`LATENT_EXPLORER_OWNER_TOKEN`: the token, at least 12 characters; it is then asked of everybody. Unset: only pages that
are opened on the server's own machine, at localhost, are the owner's; on a Space, where all come through a proxy,
nobody's are. Set it, too, where a proxy on the same machine passes visitors on without saying so (no `X-Forwarded-For`
and a `Host` of its own).
"""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

OWNER_VARIABLE = "LATENT_EXPLORER_OWNER_TOKEN"
SHORTEST = 12  # characters: what is shorter could be guessed
_FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded")


def is_owner(headers: Mapping[str, str], client: str | None, given: str = "") -> bool:
    """Whether a request is the owner's.

    Args:
        headers: Of the request.
        client: Address it came from; None where it is not known.
        given: The token that was given on the page, if any.
    """
    return _knows_token(given) if _set() else _sits_here(headers, client)


def how_to_enter() -> str:
    """What to tell a stranger: how an owner shows to be one."""
    if _token():
        return "These studies belong to the owner of this server. Enter the owner's token to see them."
    where = "in the Space's settings, as a secret" if _on_a_space() else "before the server starts"
    short = f" The one that is set has fewer than {SHORTEST} characters, which could be guessed." if _set() else ""
    at_home = "" if _on_a_space() or _set() else " At the server's own machine, http://localhost needs no token."
    return (
        "Participants' answers are shown to the owner of this server alone. If that is you, set the variable "
        f"{OWNER_VARIABLE} {where}, to a long random text, and enter it here.{short}{at_home}"
    )


def can_enter() -> bool:
    """Whether there is a token that would open the studies."""
    return bool(_token())


def _sits_here(headers: Mapping[str, str], client: str | None) -> bool:
    lower = {name.lower(): value for name, value in headers.items()}
    if _on_a_space() or any(name in lower for name in _FORWARDED):
        return False
    # The name in the address bar, too: another site's name may be made to lead to this machine.
    addresses = [f"//{lower.get('host', '')}", *([lower["origin"]] if "origin" in lower else [])]
    return _is_loopback(client) and all(_is_loopback(_name_in(address)) for address in addresses)


def _name_in(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _knows_token(given: str) -> bool:
    token = _token()
    return bool(token) and hmac.compare_digest(given.strip().encode(), token.encode())


def _token() -> str:
    value = _set()
    return value if len(value) >= SHORTEST else ""


def _set() -> str:
    return os.environ.get(OWNER_VARIABLE, "").strip()


def _on_a_space() -> bool:
    return bool(os.environ.get("SPACE_ID"))
