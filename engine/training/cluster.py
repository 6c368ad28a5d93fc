"""Many runs at once, in the order of what they stand on: on this machine's processes or on a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Work = Callable[[Any, "Context"], Any]  # importable by name: (argument, context) -> result


class ClusterError(RuntimeError):
    """The cluster cannot be used, or cannot give what a run asks for."""


@dataclass(frozen=True)
class Context:
    """What a run is told by whoever runs it.

    Attributes:
        report: Sends a picklable message to the starting process.
        place: Number of the worker among those running at once; spreads runs over GPUs.
    """

    report: Callable[[Any], None]
    place: int = 0


@dataclass(frozen=True)
class Message:
    """What comes back from a run.

    Attributes:
        name: The task's name.
        kind: `started`, a `report` on the way, `done` with a result, or `failed` with an error.
        value: The report or the result; the message of an error.
        trace: Traceback of an error, where there is one.
    """

    name: str
    kind: Literal["started", "report", "done", "failed"]
    value: Any = None
    trace: str = ""


@dataclass(frozen=True)
class Task:
    """One run.

    Attributes:
        name: Its id.
        argument: Picklable, for the work.
        needs: Names of tasks that must be done first; names that are no tasks here are taken as done.
    """

    name: str
    argument: Any
    needs: tuple[str, ...] = ()


class Workers(Protocol):
    """Runs work elsewhere: `LocalWorkers`, `RayWorkers`."""

    slots: int

    def start(self, name: str, work: Work, argument: Any) -> None:  # noqa: ANN401 - the work knows
        """Starts one run; at most `slots` are started at once."""
        ...

    def poll(self) -> list[Message]:
        """Waits a moment and returns what came in."""
        ...

    def close(self) -> None:
        """Ends whatever still runs."""
        ...


def fan_out(tasks: Iterable[Task], work: Work, workers: Workers, on_message: Callable[[Message], None]) -> None:
    """Runs all tasks, each after those it needs; a failure keeps back only what stands on it.

    Args:
        tasks: The runs.
        work: What each runs.
        workers: Where.
        on_message: Told of everything, in this process; the last word on every task is `done` or `failed`.

    Raises:
        ValueError: If tasks need each other in a circle.
    """
    waiting = {task.name: task for task in in_order(tasks)}
    running: set[str] = set()
    failed: set[str] = set()
    try:
        while waiting or running:
            for task in list(waiting.values()):
                broken = [name for name in task.needs if name in failed]
                if broken:
                    del waiting[task.name]
                    failed.add(task.name)
                    reason = f"Not started: it needs {', '.join(broken)}, which failed."
                    on_message(Message(task.name, "failed", reason))
                elif len(running) < workers.slots and not any(n in waiting or n in running for n in task.needs):
                    del waiting[task.name]
                    running.add(task.name)
                    on_message(Message(task.name, "started"))
                    workers.start(task.name, work, task.argument)
            for message in workers.poll() if running else ():
                if message.kind in ("done", "failed"):
                    running.discard(message.name)
                if message.kind == "failed":
                    failed.add(message.name)
                on_message(message)
    finally:
        workers.close()


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """The tasks with each after all it needs, otherwise in the order given.

    Raises:
        ValueError: If tasks need each other in a circle.
    """
    by_name = {task.name: task for task in tasks}
    ordered: dict[str, Task] = {}
    for task in by_name.values():
        _visit(task, by_name, ordered, ())
    return list(ordered.values())


def _visit(task: Task, by_name: Mapping[str, Task], ordered: dict[str, Task], path: tuple[str, ...]) -> None:
    if task.name in path:
        raise ValueError(f"These stand on each other in a circle: {' -> '.join([*path, task.name])}.")
    if task.name in ordered:
        return
    for name in task.needs:
        if name in by_name:
            _visit(by_name[name], by_name, ordered, (*path, task.name))
    ordered[task.name] = task
