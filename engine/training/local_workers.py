"""Worker processes on this machine, one a run, so that a killed or crashed run takes nothing else along."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from engine.training.cluster import Context, Message, Work

_POLL_S = 0.5
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class LocalWorkers:
    """At most `slots` processes at once, each with its own number of threads.

    Args:
        slots: Runs at once.
        threads: Threads of each run.
    """

    def __init__(self, slots: int = 1, *, threads: int = 1) -> None:
        self.slots, self.threads = slots, threads
        self._running: dict[str, _Worker] = {}

    def start(self, name: str, work: Work, argument: Any) -> None:  # noqa: ANN401 - the work knows
        """Starts a process; it needs a moment to import torch."""
        context = multiprocessing.get_context("spawn")  # a forked child would inherit torch's threads half dead
        ours, theirs = context.Pipe(duplex=False)
        place = min(set(range(self.slots)) - {worker.place for worker in self._running.values()})
        process = context.Process(
            target=_main, args=(theirs, work, argument, place, self.threads), name=name, daemon=True
        )
        with _environment(dict.fromkeys(_THREAD_VARIABLES, str(self.threads))):
            process.start()
        theirs.close()
        self._running[name] = _Worker(process, ours, place)

    def poll(self) -> list[Message]:
        """Waits up to half a second and returns what came in; a process that ended without a word has failed."""
        ready = wait([worker.connection for worker in self._running.values()], timeout=_POLL_S)
        return [
            self._next(name, worker) for name, worker in list(self._running.items()) if worker.connection in ready
        ]

    def close(self) -> None:
        """Ends all processes; what they saved stays."""
        for worker in self._running.values():
            worker.process.terminate()
        for worker in self._running.values():
            worker.process.join(5)
            if worker.process.is_alive():
                worker.process.kill()
        self._running.clear()

    def _next(self, name: str, worker: _Worker) -> Message:
        try:
            kind, value, trace = worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join()
            kind, value, trace = "failed", _epitaph(worker.process.exitcode), ""
        if kind != "report":
            worker.process.join(10)
            worker.connection.close()
            del self._running[name]
        return Message(name, kind, value, trace)


@dataclass(frozen=True, eq=False)
class _Worker:
    process: SpawnProcess
    connection: Connection
    place: int


def describe(error: BaseException) -> str:
    """An error in one line: its text, after its type where the text alone would say too little."""
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    plain = type(error).__module__ == "builtins" and not isinstance(error, OSError)
    return f"{type(error).__name__}: {text}" if plain or not text else text


def _main(connection: Connection, work: Work, argument: Any, place: int, threads: int) -> None:  # noqa: ANN401
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what ends
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    import torch

    torch.set_num_threads(threads)
    lock = threading.Lock()

    def send(kind: str, value: Any = None, trace: str = "") -> None:  # noqa: ANN401 - whatever the work reports
        with lock:
            connection.send((kind, value, trace))

    try:
        send("done", work(argument, Context(lambda value: send("report", value), place)))
    except Exception as error:  # whatever goes wrong in a run is reported, and the other runs go on
        send("failed", describe(error), traceback.format_exc())


def _leave_with_parent() -> None:
    """Two processes training one run would spoil its state, so nobody outlives a killed parent."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _epitaph(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        memory = "; the system does that when memory runs out, then use fewer --jobs" if name == "SIGKILL" else ""
        return f"The worker was killed by {name}{memory}. Start again and it goes on from the last saved state."
    return f"The worker ended with code {code} and no message. Start again and it goes on from the last saved state."


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """A child inherits the environment of the moment; thread counts must be there before it loads its libraries."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
