"""The store behind two routes, in a process that can be killed and is back within milliseconds.

`python -m tests.study.store_server FILE` imports all it needs, listens on a port of its own, prints it, and forks a
server. Whoever kills that server (its process id is printed each time) has a new one forked at once; the socket stays.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from engine.study.store import ResponseError, Store, UnknownSessionError, read_response
from engine.study.store.encoding import to_json
from tests.study.store.samples import STUDY, plan_for

ROUNDS = 20  # reconstructions and choices of a session


def application(store):
    async def begin(request):
        clock = float(request.query_params["clock"])
        session = await run_in_threadpool(store.begin, STUDY, lambda number: plan_for(number, rounds=ROUNDS), clock)
        return JSONResponse({"token": session.token, "participant": session.participant, "plan": to_json(session.plan)})

    async def save(request):
        body, clock = await request.body(), float(request.query_params["clock"])
        try:
            saved = await run_in_threadpool(store.save, read_response(body), clock)
        except UnknownSessionError as error:
            return JSONResponse({"error": str(error)}, status_code=404)
        except ResponseError as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        return JSONResponse({"saved": saved})

    return Starlette(routes=[Route("/begin", begin, methods=["POST"]), Route("/save", save, methods=["POST"])])


def serve(listener, file):
    with Store.open(file) as store:
        config = uvicorn.Config(application(store), log_level="error", lifespan="off", loop="asyncio", http="h11")
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def warm_up(file):
    """Imports what is imported late, so that forked servers need not: they are to be killed at work."""
    with Store.open(file) as store:
        session = store.begin(STUDY, plan_for, 0.0)
        store.withdraw(session.token)
        uvicorn.Config(application(store), http="h11").load()


def main(file):
    warm_up(file)
    assert "torch" not in sys.modules, "the store's own server needs no torch"
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            child = os.fork()
            if not child:
                serve(listener, file)
                os._exit(0)
            print(child, flush=True)
            _, status = os.waitpid(child, 0)
            if os.WTERMSIG(status) != signal.SIGKILL:  # it ended by itself: something is wrong with it
                sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
