"""The explorer over HTTP: stateless routes, so that an open page survives a restart of the server.

Importing this imports no torch: pages are answered while the models' libraries still load in a thread.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Receive, Scope, Send

from apps.shelf import Shelf

PAGE = Path(__file__).parent / "page"
CANVAS = Path(__file__).parents[1] / "canvas"
MEDIA = {".js": "text/javascript", ".css": "text/css"}
MAX_JSON_BYTES = 1024 * 1024
MAX_FILE_BYTES = 25 * 1024 * 1024
RUN = uuid.uuid4().hex  # tells a page that the server behind it is another one now
_UNCACHED = {"Cache-Control": "no-store"}
_TURNS = threading.BoundedSemaphore(2)  # heavier requests at a time; the live pictures have turns of their own


def explorer_routes(shelf: Shelf) -> list[BaseRoute]:
    """Everything the page asks for, below /explorer, and the live pictures below /canvas."""
    start = warming(shelf)
    return [
        Route("/", _head(start), methods=["HEAD"]),
        Route("/explorer/page/{name}", _file, methods=["GET"]),
        Route("/explorer/health", _health(shelf, start), methods=["GET"]),
        Route("/explorer/catalogue", _get(lambda request: catalogue(shelf)), methods=["GET"]),
        Route("/explorer/facts/{model:path}", _get(lambda request: _facts(shelf, request)), methods=["GET"]),
        Route("/explorer/examples/{model:path}", _get(lambda request: _examples(shelf, request)), methods=["GET"]),
        Route("/explorer/strips", _post(shelf, "strips"), methods=["POST"]),
        Route("/explorer/jump", _post(shelf, "jump"), methods=["POST"]),
        Route("/explorer/line", _post(shelf, "line"), methods=["POST"]),
        Route("/explorer/encode", _json(lambda fields: _encode(shelf, fields)), methods=["POST"]),
        Route("/explorer/download", _json(lambda fields: _download(shelf, fields)), methods=["POST"]),
        Route("/explorer/device", _json(lambda fields: _device(shelf, fields)), methods=["POST"]),
        Route("/explorer/prepare/{model:path}", _prepare(shelf), methods=["POST"]),
        # No Mount: below a proxy's path prefix it would look for that prefix in paths from which the proxy has cut it.
        Route("/canvas/{path:path}", _Later(lambda: _canvas(shelf))),
    ]


def catalogue(shelf: Shelf) -> dict[str, Any]:
    """What the model browser shows."""
    from apps.gradio_app.browser import default_model, listing

    return {"groups": listing(shelf), "default": default_model(shelf), "device": _device_facts(shelf)}


def _facts(shelf: Shelf, request: Request) -> dict[str, Any]:
    from apps.gradio_app.traverse import facts

    return facts(shelf.get(request.path_params["model"]))


def _examples(shelf: Shelf, request: Request) -> dict[str, Any]:
    from apps.gradio_app.traverse import thumbnails

    try:
        start, count = (int(request.query_params.get(name, default)) for name, default in (("start", 0), ("count", 60)))
    except ValueError as error:
        raise ValueError(f"start and count should be whole numbers; got {str(request.query_params)[:60]!r}.") from error
    return thumbnails(shelf.get(request.path_params["model"]), max(0, start), max(1, count))


def _encode(shelf: Shelf, fields: Mapping[str, Any]) -> dict[str, Any]:
    from apps.gradio_app.traverse import encode

    names = fields.get("models")
    if not isinstance(names, list) or not 1 <= len(names) <= 4 or not all(isinstance(name, str) for name in names):
        raise ValueError("models should be a list of one to four names.")
    return encode({name: shelf.get(name) for name in names}, fields)


def _download(shelf: Shelf, fields: Mapping[str, Any]) -> Response:
    from apps.gradio_app import fields as read
    from apps.gradio_app.downloads import download

    file = download(shelf.get(read.text(fields, "model")), fields)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'} | _UNCACHED
    return Response(file.data, media_type=file.media_type, headers=headers)


def _device(shelf: Shelf, fields: Mapping[str, Any]) -> dict[str, Any]:
    from apps.gradio_app import fields as read

    shelf.put(read.text(fields, "device", options=shelf.devices()))
    return _device_facts(shelf)


def _device_facts(shelf: Shelf) -> dict[str, Any]:
    return {"choice": shelf.device, "choices": shelf.devices(), "in_use": shelf.device_in_use()}


def warming(shelf: Shelf) -> Callable[[], None]:
    """A function that starts, once, the thread that loads libraries and the first model and keeps the first view."""
    thread = threading.Thread(target=_warm, args=(shelf,), name="warm", daemon=True)
    lock = threading.Lock()

    def start() -> None:
        with lock:
            if thread.ident is None:
                thread.start()

    return start


def _warm(shelf: Shelf) -> None:
    from apps.gradio_app import first_view

    try:
        kept = first_view.read()
        if kept and kept["facts"]:
            shelf.get(kept["facts"]["model"])
        else:
            first_view.write(shelf)
    finally:
        shelf.ready.set()


def _head(start: Callable[[], None]) -> Callable[[Request], Any]:
    """Gradio asks itself for this before it says that it runs and waits 3 s at most: answer first, then load torch."""

    async def head(request: Request) -> Response:
        return Response(background=BackgroundTask(start))

    return head


def _health(shelf: Shelf, start: Callable[[], None]) -> Callable[[Request], Any]:
    async def health(request: Request) -> Response:
        start()  # where nobody asked for HEAD / first: mounted below another app
        return JSONResponse({"run": RUN, "ready": shelf.ready.is_set()}, headers=_UNCACHED)

    return health


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    for folder in (PAGE, CANVAS):
        path = folder / name
        if path.suffix in MEDIA and path.parent == folder and path.is_file():
            # Revalidated by ETag on every visit: an upgraded server never meets last week's script.
            return FileResponse(path, media_type=MEDIA[path.suffix], headers={"Cache-Control": "no-cache"})
    return _error(404, f"The page has no file {name[:60]!r}.")


def _get(answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
    async def route(request: Request) -> Response:
        return await _answered(lambda: answer(request))

    return route


def _post(shelf: Shelf, what: str) -> Callable[[Request], Any]:
    def answer(fields: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON-able
        from apps.gradio_app import fields as read
        from apps.gradio_app import traverse

        return getattr(traverse, what)(shelf.get(read.text(fields, "model")), fields)

    return _json(answer)


def _json(answer: Callable[[Mapping[str, Any]], Any]) -> Callable[[Request], Any]:
    async def route(request: Request) -> Response:
        try:
            fields = _parsed(await _body(request, MAX_JSON_BYTES, "application/json"))
        except ValueError as error:
            return _error(400, str(error))
        return await _answered(lambda: answer(fields))

    return route


def _prepare(shelf: Shelf) -> Callable[[Request], Any]:
    """A picture file or text with numbers in, what the model would see out."""

    async def route(request: Request) -> Response:
        from apps.gradio_app import fields as read

        try:
            data = await _body(request, MAX_FILE_BYTES, "application/octet-stream")
            fit = read.text(request.query_params, "fit", options=("pad", "crop", "stretch", "trim"), default="pad")
            invert = read.text(request.query_params, "invert", options=("auto", "yes", "no"), default="auto")
        except ValueError as error:
            return _error(400, str(error))
        return await _answered(lambda: _prepared(shelf, request.path_params["model"], data, fit, invert))

    return route


def _prepared(shelf: Shelf, name: str, data: bytes, fit: str, invert: str) -> dict[str, Any]:
    from apps.gradio_app.traverse import picture
    from engine.data.picture_file import read_picture, read_series

    space = shelf.get(name).space
    if space.kind == "series":
        made = read_series(data.decode("utf-8", errors="replace"), space)
    else:
        made = read_picture(data, space, fit=cast(Any, fit), invert=cast(Any, invert))
    return {**picture(made.x[0], space), "notes": list(made.notes)}


async def _answered(answer: Callable[[], Any]) -> Response:
    """Runs the answer in a thread; every expected failure becomes one sentence."""
    try:
        result = await run_in_threadpool(_in_turn, answer)
    except Exception as error:
        status = _status(error)
        if status is None:
            raise
        return _error(status, _sentence(error))
    return result if isinstance(result, Response) else JSONResponse(result, headers=_UNCACHED)


def _in_turn(answer: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it answers
    import torch

    with _TURNS, torch.inference_mode():
        return answer()


def _status(error: Exception) -> int | None:
    import torch

    from engine.checkpoints import CheckpointError

    if isinstance(error, KeyError):
        return 404
    if isinstance(error, CheckpointError):
        return 409
    if isinstance(error, torch.OutOfMemoryError):
        return 507
    return 400 if isinstance(error, ValueError) else None


def _sentence(error: Exception) -> str:
    return str(error.args[0]) if error.args else type(error).__name__


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"The request is not JSON: {error}.") from error
    if not isinstance(fields, dict):
        raise ValueError(f"The request should be a JSON object; got {type(fields).__name__}.")
    return fields


async def _body(request: Request, limit: int, media_type: str) -> bytes:
    """Reads at most `limit` bytes, whatever the client announces.

    The media type is demanded because another site's page cannot send it here without the browser asking first.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != media_type:
        raise ValueError(f"The request should be of type {media_type}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise ValueError(f"The file is larger than {limit / 2**20:.0f} MB. Choose a smaller one.")
    return bytes(body)


def _error(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status_code=status, headers=_UNCACHED)


def _canvas(shelf: Shelf) -> Router:
    from apps.canvas.routes import canvas_routes
    from engine.checkpoints import CheckpointError

    def lookup(name: str) -> Any:  # noqa: ANN401 - a latent model
        try:
            return shelf.get(name)
        except CheckpointError as error:
            raise KeyError(str(error)) from error

    return Router(canvas_routes(lookup, prefix="/canvas"))


class _Later:
    """An ASGI app that is made, in a thread, when the first request for it comes."""

    def __init__(self, make: Callable[[], Router]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._app: Router | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            await run_in_threadpool(self._build)
        assert self._app is not None
        await self._app(scope, receive, send)

    def _build(self) -> None:
        with self._lock:
            self._app = self._app or self._make()
