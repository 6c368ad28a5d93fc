"""Answers that arrive piece by piece while a thread works on them; a reader who leaves ends the work."""

from __future__ import annotations

import asyncio
import json
import struct
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from apps.answers import UNCACHED, Turns, parsed, read_body, refused
from apps.refusals import told

_LENGTHS = struct.Struct("<II")  # of the JSON and of the bytes behind it
_HEADERS = UNCACHED | {"X-Accel-Buffering": "no"}  # a proxy that gathers pieces would make them arrive together


class Channel:
    """What work is given: `send` takes a piece to the reader, `stopped` tells whether there is still one.

    Args:
        loop: The server's event loop; pieces cross over to it from the thread that works.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._stop = loop, threading.Event()
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()

    def send(self, kind: str, data: bytes = b"", **fields: Any) -> None:  # noqa: ANN401 - JSON values
        """Sends one piece: {type: kind, **fields}, and bytes behind it."""
        self._put(piece(kind, data, **fields))

    def close(self) -> None:
        """After the last piece."""
        self._put(None)

    def stop(self) -> None:
        """Nobody reads any more."""
        self._stop.set()

    def stopped(self) -> bool:
        """Whether the work is wanted no longer; asked by the work itself, often."""
        return self._stop.is_set()

    async def pieces(self) -> AsyncIterator[bytes]:
        """What was sent, until it is closed; leaving it early stops the work."""
        try:
            while (one := await self._pieces.get()) is not None:
                yield one
        finally:
            self.stop()

    def _put(self, one: bytes | None) -> None:
        self._loop.call_soon_threadsafe(self._pieces.put_nowait, one)


Work = Callable[[Channel], None]


class Jobs:
    """A few pieces of long work at a time, each with its reader.

    Args:
        count: How many at a time; others wait.
        wait_s: How long one waits for its turn before it is told that the server is busy.
    """

    def __init__(self, count: int = 2, wait_s: float = 120.0) -> None:
        self._turns = Turns(count, wait_s)
        self._running: set[asyncio.Task[None]] = set()

    def stream(self, work: Work) -> StreamingResponse:
        """A response whose pieces are what `work` sends from its thread; its failure is the last, of type `error`."""
        channel = Channel(asyncio.get_running_loop())
        task = asyncio.create_task(self._run(work, channel))
        self._running.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._running.discard)
        return StreamingResponse(channel.pieces(), media_type="application/octet-stream", headers=_HEADERS)

    async def _run(self, work: Work, channel: Channel) -> None:
        try:
            # A reader may have left while the work waited for its turn.
            await self._turns.run(lambda: None if channel.stopped() else work(channel))
        except Exception as error:
            if not channel.stopped():
                words = told(error)
                channel.send("error", status=words.status, text=words.text)
        finally:
            channel.close()


def streaming(
    jobs: Jobs, turns: Turns, plan: Callable[[Mapping[str, Any]], Work], *, limit: int
) -> Callable[[Request], Any]:
    """A route that refuses what is wrong with a status, and streams the rest.

    Args:
        jobs: Where the work runs.
        turns: Where what was sent is read, which may load models.
        plan: From the fields that were sent to the work.
        limit: Of what is sent, in bytes.
    """

    async def route(request: Request) -> Response:
        try:
            fields = parsed(await read_body(request, limit, media_type="application/json"))
            work = await turns.run(lambda: plan(fields))
        except Exception as error:
            return refused(error)
        return jobs.stream(work)

    return route


def piece(kind: str, data: bytes = b"", **fields: Any) -> bytes:  # noqa: ANN401 - JSON values
    """The bytes of a piece: two lengths, uint32 little-endian each, the JSON, and the bytes behind it."""
    head = json.dumps({"type": kind, **fields}, allow_nan=False).encode()
    return _LENGTHS.pack(len(head), len(data)) + head + data
