"""Serves the canvas's bare page with the toy decoders: `python canvas_server.py PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from apps.canvas.routes import canvas_routes
from tests.apps.canvas.toys import lookup_of, toys

EMPTY = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="canvas"></div>"""


def main(port: int, prefix: str) -> None:
    """Runs until killed."""
    torch.set_num_threads(1)
    routes = canvas_routes(lookup_of(toys()), prefix=prefix)
    routes.append(Route("/empty", lambda request: HTMLResponse(EMPTY)))
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "/canvas")
