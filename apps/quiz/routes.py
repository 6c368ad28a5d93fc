"""The quiz over HTTP: the participant's page, its requests and its pictures, below /quiz."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route, Router

from apps.answers import Turns, answered, parsed, read_body, refused, said
from apps.later import Later
from apps.quiz.play import Play
from apps.quiz.service import Quiz
from apps.refusals import RefusedError

PAGE = Path(__file__).parent / "page"
FOLDERS = (PAGE, PAGE.parents[1] / "canvas", PAGE.parents[1] / "gradio_app" / "page")
MEDIA = {".js": "text/javascript", ".css": "text/css"}
MAX_JSON_BYTES = 64 * 1024
MAX_BYTES = 8 * 2**20  # of a response, as in the store, which takes a second to import
_GUARDED = {
    # Only this server's own scripts and requests; framed by a Space's page at most.
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' "
    "'wasm-unsafe-eval'; img-src 'self' data: blob:; frame-ancestors 'self' https://huggingface.co",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def quiz_routes(quiz: Quiz, *, prefix: str = "/quiz") -> list[BaseRoute]:
    """The page at <prefix>/<study>, what it asks for below <prefix>/api, and its pictures below <prefix>/canvas.

    Args:
        quiz: Answers the requests.
        prefix: Path of the quiz on this server, "/quiz" or "/base/quiz".
    """
    turns, games = Turns(count=4), Turns(count=1)  # a game waits for a game, never an answer

    def get(answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def route(request: Request) -> Response:
            return await answered(lambda: answer(request), turns)

        return route

    def post(
        answer: Callable[..., Any], limit: int = MAX_JSON_BYTES, turns: Turns = turns, *, stamped: bool = False
    ) -> Callable[[Request], Any]:
        async def route(request: Request) -> Response:
            try:
                fields = parsed(await read_body(request, limit, media_type="application/json"))
            except RefusedError as error:
                return refused(error)
            stamp = [time.time() * 1000] if stamped else []
            return await answered(lambda: answer(fields, *stamp), turns)

        return route

    async def decode(request: Request) -> Response:
        from apps.canvas.routes import decoding

        return await decoding(quiz.decoder, request)

    def page_decoders() -> Router:
        from apps.canvas.onnx_routes import onnx_routes
        from engine.checkpoints.onnx_cache import default_files

        return Router(onnx_routes(quiz.files.model, default_files(), prefix=f"{prefix}/canvas"))

    play = Play(quiz.shelf)
    return [
        Route(f"{prefix}/page/{{name}}", _file, methods=["GET"]),
        Route(f"{prefix}/api/studies", get(lambda request: {"studies": quiz.listing()})),
        Route(f"{prefix}/api/studies/{{name}}", get(lambda request: quiz.welcome(request.path_params["name"]))),
        Route(f"{prefix}/api/sessions", post(quiz.begin, stamped=True), methods=["POST"]),
        Route(f"{prefix}/api/sessions/resume", post(quiz.resume), methods=["POST"]),
        Route(f"{prefix}/api/responses", post(quiz.save, MAX_BYTES, stamped=True), methods=["POST"]),
        Route(f"{prefix}/api/panel", post(quiz.panel), methods=["POST"]),
        Route(f"{prefix}/api/play", post(play.questions, turns=games), methods=["POST"]),
        Route(f"{prefix}/api/play/panel", post(play.panel, turns=games), methods=["POST"]),
        Route(f"{prefix}/api/play/bot", post(play.bot, turns=games), methods=["POST"]),
        Route(f"{prefix}/canvas/decode", decode, methods=["POST"]),
        Route(f"{prefix}/canvas/{{path:path}}", Later(page_decoders)),
        Route(f"{prefix}/{{study}}", _page, methods=["GET"]),
    ]


async def _page(request: Request) -> Response:
    return FileResponse(PAGE / "quiz.html", media_type="text/html", headers=_GUARDED)


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    for folder in FOLDERS:
        path = folder / name
        if path.suffix in MEDIA and path.parent == folder and path.is_file():
            # Revalidated by ETag on every visit: an upgraded server never meets last week's script.
            return FileResponse(path, media_type=MEDIA[path.suffix], headers={"Cache-Control": "no-cache"})
    return said(404, f"The quiz has no file {name[:60]!r}.")
