"""Routes that are made when the first request for them comes: a server starts before its libraries are loaded."""

from __future__ import annotations

import threading
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.routing import Router
from starlette.types import Receive, Scope, Send


class Later:
    """An ASGI app that is made, in a thread, when the first request for it comes."""

    def __init__(self, make: Callable[[], Router]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._app: Router | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on to the router."""
        if self._app is None:
            await run_in_threadpool(self._build)
        assert self._app is not None
        await self._app(scope, receive, send)

    def _build(self) -> None:
        with self._lock:
            self._app = self._app or self._make()
