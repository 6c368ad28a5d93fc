"""The live canvas: one JavaScript file for every host, and the Python side that describes models and answers frames.

`canvas.js` draws sliders and the picture that follows them; `gradio_host`, `streamlit_host` and `page.html` mount it.
On this side `describe` tells it what to draw, `decode_frame` turns one request into pixels and `canvas_routes` serves
both over HTTP.
"""

from __future__ import annotations

from pathlib import Path

from apps.canvas.description import describe, start_code
from apps.canvas.frames import Frame, answer, decode_frame, read_message

FOLDER = Path(__file__).resolve().parent
CANVAS_JS = FOLDER / "canvas.js"
GRADIO_HOST_JS = FOLDER / "gradio_host.js"
STREAMLIT_HOST_JS = FOLDER / "streamlit_host.js"
PAGE_HOST_JS = FOLDER / "page_host.js"
PAGE_HTML = FOLDER / "page.html"


def static_folder() -> Path:
    """The folder that holds the canvas's JavaScript and HTML files."""
    return FOLDER


__all__ = [
    "CANVAS_JS",
    "FOLDER",
    "GRADIO_HOST_JS",
    "PAGE_HOST_JS",
    "PAGE_HTML",
    "STREAMLIT_HOST_JS",
    "Frame",
    "answer",
    "decode_frame",
    "describe",
    "read_message",
    "start_code",
    "static_folder",
]
