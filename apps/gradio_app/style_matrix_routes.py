"""The style matrix over HTTP: states travel with every request, so that an open page survives a restart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apps.answers import UNCACHED, Turns, answered, parsed, read_body, refused
from apps.shelf import Shelf
from apps.streaming import Jobs, Work, piece, streaming

MAX_BYTES = 20 * 1024 * 1024  # a session file of at most 16 MiB, escaped as a text of JSON
Fields = Mapping[str, Any]


def style_matrix_routes(shelf: Shelf, turns: Turns) -> list[BaseRoute]:
    """Everything below /explorer/matrix.

    Args:
        shelf: The models of this process.
        turns: For short requests; a hand on a slider has turns of its own, and so have many pictures.
    """
    stream = partial(streaming, Jobs(), turns, limit=MAX_BYTES)
    hand = Turns()

    @cache
    def ateliers() -> Any:  # noqa: ANN401 - Ateliers, whose module imports torch: routes are there before it
        from apps.gradio_app.style_matrix_banks import Ateliers

        return Ateliers(shelf)

    def post(name: str, module: Callable[[], Any]) -> Route:
        def answer(fields: Fields) -> Any:  # noqa: ANN401 - JSON values
            return getattr(module(), name)(ateliers(), fields)

        return Route(f"/explorer/matrix/{name}", _answering(turns, answer), methods=["POST"])

    def streamed(name: str, plan: str) -> Route:
        work = stream(lambda fields: getattr(_pictures(), plan)(ateliers(), fields))
        return Route(f"/explorer/matrix/{name}", work, methods=["POST"])

    def exports(fields: Fields) -> Any:  # noqa: ANN401 - JSON values
        from apps.gradio_app import style_matrix_export

        return style_matrix_export.exports(ateliers(), fields)

    def export(fields: Fields) -> Work:
        from apps.gradio_app.style_matrix_export import Export

        return Export(ateliers(), fields).run

    def styles(fields: Fields) -> Work:
        from apps.gradio_app.style_matrix_styles import read_styles

        return read_styles(ateliers(), fields)

    def live(fields: Fields) -> Response:
        shape, data, rating = _pictures().live(ateliers(), fields)
        both = piece("picture", data, shape=shape, rating=rating) + piece("done")
        return Response(both, headers=UNCACHED, media_type="application/octet-stream")

    return [
        *(post(name, _states) for name in ("start", "do")),
        *(post(name, _pictures) for name in ("scale", "grid")),
        *(post(name, _files) for name in ("save", "load")),
        Route("/explorer/matrix/live", _answering(hand, live), methods=["POST"]),
        streamed("pictures", "read_pictures"),
        streamed("sensitivity", "send_sensitivity"),
        Route("/explorer/matrix/styles", stream(styles), methods=["POST"]),
        Route("/explorer/matrix/exports", _answering(turns, exports), methods=["POST"]),
        Route("/explorer/matrix/export", stream(export), methods=["POST"]),
    ]


def _answering(turns: Turns, answer: Callable[[Fields], Any]) -> Callable[[Request], Any]:
    async def route(request: Request) -> Response:
        try:
            fields = parsed(await read_body(request, MAX_BYTES, media_type="application/json"))
        except Exception as error:
            return refused(error)
        return await answered(lambda: answer(fields), turns)

    return route


# These modules import torch: routes are there before it.


def _states() -> Any:  # noqa: ANN401 - a module
    from apps.gradio_app import style_matrix

    return style_matrix


def _pictures() -> Any:  # noqa: ANN401 - a module
    from apps.gradio_app import style_matrix_pictures

    return style_matrix_pictures


def _files() -> Any:  # noqa: ANN401 - a module
    from apps.gradio_app import style_matrix_files

    return style_matrix_files
