"""The Explain workspace over HTTP: maps stream in as they are finished; a page that leaves ends the work."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apps.answers import Turns, answered
from apps.refusals import RefusedError
from apps.shelf import Shelf
from apps.streaming import Jobs, Work, streaming

MAX_BYTES = 12 * 1024 * 1024  # sixteen uploaded pictures of 224 x 224 in base64 are about 3 MB
Fields = Mapping[str, Any]


def explain_routes(shelf: Shelf, turns: Turns) -> list[BaseRoute]:
    """Everything below /explorer/explain.

    Args:
        shelf: The models of this process.
        turns: For short requests; maps have a few turns of their own.
    """
    stream = partial(streaming, Jobs(), turns, limit=MAX_BYTES)

    async def listed(request: Request) -> Response:
        return await answered(lambda: _explain().choices(shelf), turns)

    async def described(request: Request) -> Response:
        return await answered(lambda: _explain().facts(shelf, request.path_params["model"]), turns)

    async def shown(request: Request) -> Response:
        return await answered(lambda: _examples(shelf, request), turns)

    return [
        Route("/explorer/explain/choices", listed, methods=["GET"]),
        Route("/explorer/explain/classifier/{model:path}", described, methods=["GET"]),
        Route("/explorer/explain/examples/{model:path}", shown, methods=["GET"]),
        Route("/explorer/explain/maps", stream(lambda fields: _maps(shelf, fields)), methods=["POST"]),
        Route("/explorer/explain/judge", stream(lambda fields: _judge(shelf, fields)), methods=["POST"]),
        Route("/explorer/explain/export", stream(lambda fields: _export(shelf, fields)), methods=["POST"]),
    ]


def _maps(shelf: Shelf, fields: Fields) -> Work:
    from apps.explaining import kept_maps

    asked = _explain().read_question(shelf, fields)
    kept = None if fields.get("live") is True else kept_maps()  # what a hand passes by is not worth keeping
    return lambda channel: _explain().send_maps(asked, channel, kept)


def _judge(shelf: Shelf, fields: Fields) -> Work:
    from apps import fields as read
    from apps.explaining import kept_maps
    from apps.gradio_app.explain_judge import Judge, read_checks

    checks, asked = read_checks(fields.get("checks")), _explain().read_question(shelf, fields)
    judge = Judge(asked, read.text(fields, "judged"), kept_maps())
    return lambda channel: judge.run(checks, channel)


def _export(shelf: Shelf, fields: Fields) -> Work:
    from apps.explaining import kept_maps
    from apps.gradio_app.explain_export import MOST_CLASSIFIERS, Export

    names = fields.get("classifiers")
    if not isinstance(names, list) or not 0 < len(names) <= MOST_CLASSIFIERS:
        raise RefusedError(f"classifiers should be a list of 1 to {MOST_CLASSIFIERS} names.")
    asked = [_explain().read_question(shelf, {**fields, "classifier": name}) for name in names]
    return Export(asked, fields, kept_maps()).run


def _examples(shelf: Shelf, request: Request) -> dict[str, Any]:
    try:
        start, count = (int(request.query_params.get(name, default)) for name, default in (("start", 0), ("count", 60)))
    except ValueError as error:
        asked = str(request.query_params)[:60]
        raise RefusedError(f"start and count should be whole numbers; got {asked!r}.") from error
    answer: dict[str, Any] = _explain().examples(shelf, request.path_params["model"], max(0, start), max(1, count))
    return answer


def _explain() -> Any:  # noqa: ANN401 - the module, which imports torch: routes are there before it
    from apps.gradio_app import explain

    return explain
