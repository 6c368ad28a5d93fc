"""Answers over HTTP: a body read within bounds, work in a thread, one sentence for whatever goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from apps.refusals import BusyError, RefusedError, told

T = TypeVar("T")
UNCACHED = {"Cache-Control": "no-store"}


class Turns:
    """A few threads beside the pool that all requests of a server share: who waits here stops nobody else.

    Args:
        count: Pieces of work at a time.
        wait_s: How long one waits for its turn.
    """

    def __init__(self, count: int = 2, wait_s: float = 30.0) -> None:
        self._free = anyio.Semaphore(count)
        self.wait_s = wait_s

    async def run(self, work: Callable[[], T]) -> T:
        """Runs work in a thread when its turn has come.

        Raises:
            BusyError: If it did not come in time.
        """
        try:
            with anyio.fail_after(self.wait_s):
                await self._free.acquire()
        except TimeoutError:
            raise BusyError(f"The server is busy: no free turn within {self.wait_s:.0f} s. Try again.") from None
        try:
            return await anyio.to_thread.run_sync(work, limiter=anyio.CapacityLimiter(1))  # None is the shared pool
        finally:
            self._free.release()


async def answered(work: Callable[[], Any], turns: Turns | None = None) -> Response:
    """Sends what work returns, a response or JSON-able; its failure becomes a status and a sentence.

    Args:
        work: Runs in a thread.
        turns: Whose threads; None takes the pool that all requests share.
    """
    try:
        result = await (run_in_threadpool(work) if turns is None else turns.run(work))
        return result if isinstance(result, Response) else JSONResponse(result, headers=UNCACHED)
    except Exception as error:
        return refused(error)


def refused(error: Exception) -> Response:
    """An error as its status and its sentence; see `told`."""
    words = told(error)
    return said(words.status, words.text)


def said(status: int, text: str) -> Response:
    """{error: one sentence}, as all scripts of the pages read it."""
    return JSONResponse({"error": text}, status_code=status, headers=UNCACHED)


async def read_body(request: Request, limit: int, *, media_type: str | None = None) -> bytes:
    """Reads at most `limit` bytes and what came with the last of them, whatever the client announces.

    Args:
        request: Whose body.
        limit: In bytes.
        media_type: Demanded where given, because another site's page cannot send it here without the browser asking
            first.

    Raises:
        RefusedError: If it is longer, of another type, or cut off.
    """
    if media_type and request.headers.get("content-type", "").partition(";")[0].strip() != media_type:
        raise RefusedError(f"The request should be of type {media_type}.")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise RefusedError("Another site's page may not send this.")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise RefusedError(f"What was sent is larger than {limit / 2**20:g} MB. Send less.")
    except ClientDisconnect as error:  # a page that is closed or loaded anew; nobody reads this
        raise RefusedError("The request was cut off.") from error
    return bytes(body)


def parsed(body: bytes) -> Mapping[str, Any]:
    """The fields of a JSON object.

    Raises:
        RefusedError: If it is none.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"The request is not JSON: {error}.") from error
    if not isinstance(fields, dict):
        raise RefusedError(f"The request should be a JSON object; got {type(fields).__name__}.")
    return fields
