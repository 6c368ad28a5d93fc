"""The live canvas as a Streamlit component.

app = st.App("page.py", routes=canvas_routes(lookup, prefix=f"{base_path()}/canvas"), lifespan=prompt_answers)
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.canvas import STREAMLIT_HOST_JS

if TYPE_CHECKING:
    from streamlit.components.v2.bidi_component.state import ComponentResult


def live_canvas(
    state: dict[str, Any],
    *,
    key: str,
    prefix: str = "/canvas",
    height: str = "520px",
    on_code_change: Callable[[], None] | None = None,
    on_names_change: Callable[[], None] | None = None,
) -> ComponentResult:
    """Draws the canvas; its result has `code` (list of floats) and `names`, both None until the user changes them.

    Args:
        state: What `describe` returns, perhaps with another `code`; raise `revision` to move the sliders to a code that
            the user has already visited.
        key: Streamlit's key of this component; one model and one place, one key.
        prefix: Where `canvas_routes` is mounted on this app, without the server's base path.
        height: CSS height of the component.
        on_code_change: Called once per released slider.
        on_names_change: Called when an axis got another name.
    """
    html = f'<div class="live-canvas" style="--lx-height: {height}"></div>'
    component = st.components.v2.component("latent_canvas", html=html, js=STREAMLIT_HOST_JS.read_text(encoding="utf-8"))
    return component(
        key=key,
        data={**state, "canvas": f"{base_path()}{prefix}"},
        on_code_change=on_code_change or _nothing,
        on_names_change=on_names_change or _nothing,
    )


def base_path() -> str:
    """The path below which Streamlit is served, "" or "/reports": also the start of the routes' prefix."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


@asynccontextmanager
async def prompt_answers(app: object) -> AsyncIterator[None]:
    """Lifespan of an `st.App` that takes 40 ms off every small answer of its routes.

    Streamlit 1.67 binds its socket without naming TCP, so asyncio leaves Nagle's algorithm on: the pixels wait until
    the browser has acknowledged the headers. Accepted connections inherit the option from the listening socket.
    """
    for entry in Path("/dev/fd").glob("[0-9]*"):
        with suppress(OSError):  # the descriptor of the listing itself is closed by now
            _send_at_once(int(entry.name))
    yield


def _send_at_once(number: int) -> None:
    """Turns Nagle's algorithm off for what an open file accepts, if it is a listening socket."""
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        return
    with socket.socket(fileno=os.dup(number)) as listener:
        if listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _nothing() -> None:
    """Streamlit keeps a state only if it has a callback."""
