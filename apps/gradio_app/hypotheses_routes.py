"""The Hypotheses workspace over HTTP: searches and tests stream their progress; a page that leaves ends the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apps.answers import Turns, answered, parsed, read_body, refused
from apps.shelf import Shelf
from apps.streaming import Jobs, Work, streaming

MAX_BYTES = 16 * 1024 * 1024  # a session of 500 cards tested on 128 codes each has about 8 MB
Fields = Mapping[str, Any]


def hypotheses_routes(shelf: Shelf, turns: Turns) -> list[BaseRoute]:
    """Everything below /explorer/hypotheses.

    Args:
        shelf: The models of this process.
        turns: For short requests; searches, tests and exports have a few turns of their own.
    """
    stream = partial(streaming, Jobs(), turns, limit=MAX_BYTES)

    @cache
    def grounds() -> Any:  # noqa: ANN401 - Grounds, whose module imports torch: routes are there before it
        from apps.hypothesising import Grounds

        return Grounds(shelf)

    def post(name: str) -> Route:
        def answer(fields: Fields) -> Any:  # noqa: ANN401 - JSON values
            return getattr(_hypotheses(), name)(grounds(), fields)

        return Route(f"/explorer/hypotheses/{name}", _answering(turns, answer), methods=["POST"])

    async def listed(request: Request) -> Response:
        return await answered(lambda: _hypotheses().choices(grounds()), turns)

    return [
        Route("/explorer/hypotheses/choices", listed, methods=["GET"]),
        *map(post, ("pair", "write", "again", "cards", "drawn")),
        Route("/explorer/hypotheses/generate", stream(lambda fields: _generate(grounds(), fields)), methods=["POST"]),
        Route("/explorer/hypotheses/test", stream(lambda fields: _test(grounds(), fields)), methods=["POST"]),
        Route("/explorer/hypotheses/export", stream(lambda fields: _export(grounds(), fields)), methods=["POST"]),
    ]


def _answering(turns: Turns, answer: Callable[[Fields], Any]) -> Callable[[Request], Any]:
    async def route(request: Request) -> Response:
        try:
            fields = parsed(await read_body(request, MAX_BYTES, media_type="application/json"))
        except Exception as error:
            return refused(error)
        return await answered(lambda: answer(fields), turns)

    return route


def _generate(grounds: Any, fields: Fields) -> Work:  # noqa: ANN401 - Grounds
    from apps import fields as read

    gauge, page = grounds.gauge(fields), _hypotheses()
    ground = grounds.of(read.text(fields, "model"))
    bank = read.whole(fields, "bank", *page.BANK, default=64)
    seed = read.whole(fields, "seed", 0, page.MOST_SEED, default=0)
    return lambda channel: page.send_findings(gauge, ground, channel, bank=bank, seed=seed)


def _test(grounds: Any, fields: Fields) -> Work:  # noqa: ANN401 - Grounds
    page = _hypotheses()
    asked = page.read_test(grounds, fields)
    return lambda channel: page.send_test(*asked, channel)


def _export(grounds: Any, fields: Fields) -> Work:  # noqa: ANN401 - Grounds
    from apps.gradio_app.hypotheses_export import Export

    return Export(grounds, fields).run


def _hypotheses() -> Any:  # noqa: ANN401 - the module, which imports torch: routes are there before it
    from apps.gradio_app import hypotheses

    return hypotheses
