"""The explorer over HTTP: stateless routes, so that an open page survives a restart of the server.

Importing this imports no torch: pages are answered while the models' libraries still load in a thread.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, Router

from apps.answers import UNCACHED, Turns, answered, parsed, read_body, refused, said
from apps.gradio_app.explain_routes import explain_routes
from apps.gradio_app.hypotheses_routes import hypotheses_routes
from apps.gradio_app.style_matrix_routes import style_matrix_routes
from apps.later import Later
from apps.quiz.routes import quiz_routes
from apps.quiz.service import Quiz
from apps.quiz.shelf import StudyShelf
from apps.refusals import RefusedError
from apps.shelf import Shelf

PAGE = Path(__file__).parent / "page"
CANVAS = Path(__file__).parents[1] / "canvas"
QUIZ = Path(__file__).parents[1] / "quiz" / "page"
MEDIA = {".js": "text/javascript", ".css": "text/css"}
MAX_JSON_BYTES = 1024 * 1024
MAX_FILE_BYTES = 25 * 1024 * 1024
RUN = uuid.uuid4().hex  # tells a page that the server behind it is another one now
Fields = Mapping[str, Any]


def explorer_routes(shelf: Shelf) -> list[BaseRoute]:
    """Everything the page asks for, below /explorer, and the live pictures below /canvas."""
    start = warming(shelf)
    turns = Turns()  # for heavier requests; the live pictures have turns of their own
    get, post = partial(_get, turns), partial(_post, turns)
    return [
        Route("/", _head(start), methods=["HEAD"]),
        Route("/explorer/page/{name}", _file, methods=["GET"]),
        Route("/explorer/health", _health(shelf, start), methods=["GET"]),
        Route("/explorer/catalogue", get(lambda request: catalogue(shelf)), methods=["GET"]),
        Route("/explorer/facts/{model:path}", get(lambda request: _facts(shelf, request)), methods=["GET"]),
        Route("/explorer/examples/{model:path}", get(lambda request: _examples(shelf, request)), methods=["GET"]),
        Route("/explorer/strips", post(lambda fields: _traverse(shelf, "strips", fields)), methods=["POST"]),
        Route("/explorer/jump", post(lambda fields: _traverse(shelf, "jump", fields)), methods=["POST"]),
        Route("/explorer/line", post(lambda fields: _traverse(shelf, "line", fields)), methods=["POST"]),
        Route("/explorer/encode", post(lambda fields: _encode(shelf, fields)), methods=["POST"]),
        Route("/explorer/download", post(lambda fields: _download(shelf, fields)), methods=["POST"]),
        Route("/explorer/device", post(lambda fields: _device(shelf, fields)), methods=["POST"]),
        Route("/explorer/prepare/{model:path}", _prepare(turns, shelf), methods=["POST"]),
        *explain_routes(shelf, turns),
        *hypotheses_routes(shelf, turns),
        *style_matrix_routes(shelf, turns),
        *quiz_routes(Quiz(shelf, StudyShelf())),
        # No Mount: below a proxy's path prefix it would look for that prefix in paths from which the proxy has cut it.
        Route("/canvas/{path:path}", Later(lambda: _canvas(shelf))),
    ]


def catalogue(shelf: Shelf) -> dict[str, Any]:
    """What the model browser shows."""
    from apps.gradio_app.browser import default_model, listing

    return {"groups": listing(shelf), "default": default_model(shelf), "device": _device_facts(shelf)}


def _facts(shelf: Shelf, request: Request) -> dict[str, Any]:
    from apps.gradio_app.traverse import facts

    name = request.path_params["model"]
    if shelf.entry(name).kind == "classifier":
        return {"model": name, "kind": "classifier"}
    return facts(shelf.latent_model(name))


def _examples(shelf: Shelf, request: Request) -> dict[str, Any]:
    from apps.gradio_app.traverse import thumbnails

    model = shelf.latent_model(request.path_params["model"])
    try:
        start, count = (int(request.query_params.get(name, default)) for name, default in (("start", 0), ("count", 60)))
    except ValueError as error:
        asked = str(request.query_params)[:60]
        raise RefusedError(f"start and count should be whole numbers; got {asked!r}.") from error
    return thumbnails(model, max(0, start), max(1, count))


def _traverse(shelf: Shelf, what: str, fields: Fields) -> dict[str, Any]:
    from apps import fields as read
    from apps.gradio_app import traverse

    answer: dict[str, Any] = getattr(traverse, what)(shelf.latent_model(read.text(fields, "model")), fields)
    return answer


def _encode(shelf: Shelf, fields: Fields) -> dict[str, Any]:
    from apps.gradio_app.traverse import encode

    names = fields.get("models")
    if not isinstance(names, list) or not 1 <= len(names) <= 4 or not all(isinstance(name, str) for name in names):
        raise RefusedError("models should be a list of one to four names.")
    return encode({name: shelf.latent_model(name) for name in names}, fields)


def _download(shelf: Shelf, fields: Fields) -> Response:
    from apps import fields as read
    from apps.gradio_app.downloads import download

    file = download(shelf.latent_model(read.text(fields, "model")), fields)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'} | UNCACHED
    return Response(file.data, media_type=file.media_type, headers=headers)


def _device(shelf: Shelf, fields: Fields) -> dict[str, Any]:
    from apps import fields as read

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
        return JSONResponse({"run": RUN, "ready": shelf.ready.is_set()}, headers=UNCACHED)

    return health


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    for folder in (PAGE, CANVAS, QUIZ):
        path = folder / name
        if path.suffix in MEDIA and path.parent == folder and path.is_file():
            # Revalidated by ETag on every visit: an upgraded server never meets last week's script.
            return FileResponse(path, media_type=MEDIA[path.suffix], headers={"Cache-Control": "no-cache"})
    return said(404, f"The page has no file {name[:60]!r}.")


def _get(turns: Turns, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
    async def route(request: Request) -> Response:
        return await answered(lambda: _inferred(answer, request), turns)

    return route


def _post(turns: Turns, answer: Callable[[Fields], Any]) -> Callable[[Request], Any]:
    async def route(request: Request) -> Response:
        try:
            fields = parsed(await read_body(request, MAX_JSON_BYTES, media_type="application/json"))
        except RefusedError as error:
            return refused(error)
        return await answered(lambda: _inferred(answer, fields), turns)

    return route


def _inferred(answer: Callable[[Any], Any], asked: Request | Fields) -> Any:  # noqa: ANN401 - whatever it answers
    import torch

    with torch.inference_mode():
        return answer(asked)


def _prepare(turns: Turns, shelf: Shelf) -> Callable[[Request], Any]:
    """A picture file or text with numbers in, what the model would see out."""

    async def route(request: Request) -> Response:
        from apps import fields as read

        try:
            data = await read_body(request, MAX_FILE_BYTES, media_type="application/octet-stream")
            fit = read.text(request.query_params, "fit", options=("pad", "crop", "stretch", "trim"), default="pad")
            invert = read.text(request.query_params, "invert", options=("auto", "yes", "no"), default="auto")
        except RefusedError as error:
            return refused(error)
        return await answered(lambda: _prepared(shelf, request.path_params["model"], data, fit, invert), turns)

    return route


def _prepared(shelf: Shelf, name: str, data: bytes, fit: str, invert: str) -> dict[str, Any]:
    from apps.gradio_app.traverse import picture
    from engine.data.picture_file import read_picture, read_series

    space = shelf.get(name).space  # of a classifier, too: Explain fits pictures to it
    if space.kind == "series":
        made = read_series(data.decode("utf-8", errors="replace"), space)
    else:
        made = read_picture(data, space, fit=cast(Any, fit), invert=cast(Any, invert))
    return {**picture(made.x[0], space), "notes": list(made.notes)}


def _canvas(shelf: Shelf) -> Router:
    from apps.canvas.onnx_routes import CatalogueDecoders
    from apps.canvas.routes import canvas_routes

    decoders = CatalogueDecoders(shelf.latent_model)
    return Router([*decoders.routes(prefix="/canvas"), *canvas_routes(shelf.decoder, prefix="/canvas")])
