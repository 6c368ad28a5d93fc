"""The canvas over HTTP: Starlette routes that Gradio, Streamlit and a bare server mount alike.

demo.launch(app_kwargs={"routes": canvas_routes(lookup)})            # Gradio
app = st.App("page.py", routes=canvas_routes(lookup))                # Streamlit
Starlette(routes=canvas_routes(lookup))                              # page.html alone
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from apps.canvas import FOLDER, BusyError, answer, describe, read_message
from apps.canvas.frames import MAX_MESSAGE_BYTES
from engine.interfaces import LatentModel

FILES = {
    "canvas.js": "text/javascript",
    "gradio_host.js": "text/javascript",
    "streamlit_host.js": "text/javascript",
    "page_host.js": "text/javascript",
    "page.html": "text/html",
}


def canvas_routes(lookup: Callable[[str], LatentModel], *, prefix: str = "/canvas") -> list[BaseRoute]:
    """POST decode, GET describe/<model>, and the canvas's own files, all below `prefix`.

    Args:
        lookup: Name to model; raises KeyError for a name it does not serve. It decides what visitors may reach.
        prefix: Path of the canvas on this server, "/canvas" or "/base/canvas".
    """

    async def decode(request: Request) -> Response:
        try:
            message = read_message(await _body(request))
            frame = await run_in_threadpool(answer, lookup, message)
        except KeyError as error:
            return _error(404, str(error.args[0]) if error.args else "No such model.")
        except BusyError as error:
            return _error(503, str(error))
        except torch.OutOfMemoryError:
            return _error(507, "The device's memory is full. Close what else uses it, or put the model on the CPU.")
        except ValueError as error:
            return _error(400, str(error))
        shape = ",".join(map(str, frame.shape))
        headers = {"X-Seq": str(frame.seq), "X-Shape": shape, "X-Decode-Ms": str(frame.duration_ms)}
        return Response(frame.data, headers=headers | _UNCACHED, media_type="application/octet-stream")

    async def description(request: Request) -> Response:
        try:
            model = await run_in_threadpool(lookup, request.path_params["model"])
            return JSONResponse(await run_in_threadpool(describe, model, first_frame=True), headers=_UNCACHED)
        except KeyError as error:
            return _error(404, str(error.args[0]) if error.args else "No such model.")

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            return _error(404, f"The canvas has no file {name[:60]!r}; its files are {sorted(FILES)}.")
        # Revalidated by ETag on every visit: an upgraded server never meets last week's script.
        return FileResponse(FOLDER / name, media_type=FILES[name], headers={"Cache-Control": "no-cache"})

    return [
        Route(f"{prefix}/decode", decode, methods=["POST"]),
        Route(f"{prefix}/describe/{{model:path}}", description, methods=["GET"]),
        Route(f"{prefix}/{{name}}", file, methods=["GET"]),
    ]


_UNCACHED = {"Cache-Control": "no-store"}


async def _body(request: Request) -> bytes:
    """Reads at most one byte more than allowed, whatever the client announces."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_MESSAGE_BYTES:
            raise ValueError(f"The request is longer than {MAX_MESSAGE_BYTES} bytes.")
    return body


def _error(status: int, text: str) -> Response:
    return cast(Response, JSONResponse({"error": text}, status_code=status, headers=_UNCACHED))
