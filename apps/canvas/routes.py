"""The canvas over HTTP: Starlette routes that Gradio, Streamlit and a bare server mount alike.

demo.launch(app_kwargs={"routes": canvas_routes(lookup)})            # Gradio
app = st.App("page.py", routes=canvas_routes(lookup))                # Streamlit
Starlette(routes=canvas_routes(lookup))                              # page.html alone
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from apps.answers import UNCACHED, answered, read_body, refused, said
from apps.canvas import FOLDER, Frame, answer, describe, read_message
from apps.canvas.frames import MAX_MESSAGE_BYTES
from apps.refusals import RefusedError
from engine.interfaces import LatentModel

FILES = {
    "canvas.js": "text/javascript",
    "onnx_source.js": "text/javascript",
    "gradio_host.js": "text/javascript",
    "streamlit_host.js": "text/javascript",
    "page_host.js": "text/javascript",
    "page.html": "text/html",
}


def canvas_routes(lookup: Callable[[str], LatentModel], *, prefix: str = "/canvas") -> list[BaseRoute]:
    """POST decode, GET describe/<model>, and the canvas's own files, all below `prefix`.

    Args:
        lookup: Name to model; raises UnknownModelError for a name it does not serve. It decides what visitors may
            reach.
        prefix: Path of the canvas on this server, "/canvas" or "/base/canvas".
    """

    async def decode(request: Request) -> Response:
        return await decoding(lookup, request)

    async def description(request: Request) -> Response:
        name = request.path_params["model"]
        return await answered(lambda: describe(lookup(name), first_frame=True))

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            return said(404, f"The canvas has no file {name[:60]!r}; its files are {sorted(FILES)}.")
        # Revalidated by ETag on every visit: an upgraded server never meets last week's script.
        return FileResponse(FOLDER / name, media_type=FILES[name], headers={"Cache-Control": "no-cache"})

    return [
        Route(f"{prefix}/decode", decode, methods=["POST"]),
        Route(f"{prefix}/describe/{{model:path}}", description, methods=["GET"]),
        Route(f"{prefix}/{{name}}", file, methods=["GET"]),
    ]


async def decoding(lookup: Callable[[str], LatentModel], request: Request) -> Response:
    """The answer to one POST {model, code, size, seq}: its pixels, or one sentence that says why not."""
    try:
        message = read_message(await read_body(request, MAX_MESSAGE_BYTES))
    except RefusedError as error:
        return refused(error)
    return await answered(lambda: _pixels(answer(lookup, message)))


def _pixels(frame: Frame) -> Response:
    shape = ",".join(map(str, frame.shape))
    headers = {"X-Seq": str(frame.seq), "X-Shape": shape, "X-Decode-Ms": str(frame.duration_ms)}
    return Response(frame.data, headers=headers | UNCACHED, media_type="application/octet-stream")
