"""The same runs on an existing Ray cluster, several to a GPU where one is too big for one run."""

from __future__ import annotations

import importlib
import importlib.util
import os
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.training.cluster import ClusterError, Context, Message, Work
from engine.training.local_workers import describe

_POLL_S = 0.5
_RETRIES = 2  # of a run whose node died; it goes on from its saved state


class RayWorkers:
    """Starts every run as a Ray task; the runs' folders must lie on a file system that all nodes share.

    Args:
        address: The cluster's address; `auto` for the one this machine belongs to.
        threads: CPU cores, and torch threads, of each run.
        gpus: GPUs of each run, such as 0.25; 0 runs on CPUs. None takes a quarter where the cluster has GPUs.
        slots: Runs at once; by default as many as the cluster has room for.

    Raises:
        ClusterError: If Ray is missing, the cluster cannot be reached or has too little for a single run.
    """

    def __init__(
        self, address: str = "auto", *, threads: int = 1, gpus: float | None = None, slots: int | None = None
    ) -> None:
        if not importlib.util.find_spec("ray"):
            raise ClusterError("--ray needs Ray; install it with `pip install ray`, or leave --ray out.")
        ray: Any = importlib.import_module("ray")  # Any: partly typed, and absent for most
        queue: Any = importlib.import_module("ray.util.queue")
        self._ray, self._owns = ray, not ray.is_initialized()
        if self._owns:
            connect(ray, address)
        have = ray.cluster_resources()
        self.gpus = (0.25 if have.get("GPU", 0) else 0.0) if gpus is None else gpus
        self.threads = threads
        try:
            room = _room(have, {"CPU": threads, "GPU": self.gpus})
        except ClusterError:
            if self._owns:
                ray.shutdown()
            raise
        self.slots = min(room, slots) if slots else room
        self._queue = queue.Queue(actor_options={"num_cpus": 0})
        self._running: dict[Any, str] = {}

    def start(self, name: str, work: Work, argument: Any) -> None:  # noqa: ANN401 - the work knows
        """Submits one task."""
        task = self._ray.remote(_main).options(
            num_cpus=self.threads,
            num_gpus=self.gpus,
            max_retries=_RETRIES,
            runtime_env={"env_vars": {"PYTHONPATH": _python_path(), "OMP_NUM_THREADS": str(self.threads)}},
        )
        self._running[task.remote(self._queue, name, work, argument, self.threads)] = name

    def poll(self) -> list[Message]:
        """Waits up to half a second and returns what came in."""
        done, _ = self._ray.wait(list(self._running), num_returns=1, timeout=_POLL_S)
        reports = self._queue.get_nowait_batch(self._queue.qsize())
        messages = [Message(name, "report", value) for name, value in reports]
        for reference in done:
            messages.append(self._last_word(self._running.pop(reference), reference))
        return messages

    def close(self) -> None:
        """Cancels what still runs and leaves the cluster as it was."""
        for reference in self._running:
            self._ray.cancel(reference, force=True)
        self._queue.shutdown()
        if self._owns:
            self._ray.shutdown()

    def _last_word(self, name: str, reference: Any) -> Message:  # noqa: ANN401 - Ray's object reference
        try:
            kind, value, trace = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            return Message(name, "failed", f"The worker died on the cluster: {str(error).splitlines()[0]}", str(error))
        return Message(name, kind, value, trace)


def connect(ray: Any, address: str) -> None:  # noqa: ANN401 - an optional module
    """Joins a cluster.

    Raises:
        ClusterError: If nobody answers; Ray tries for about a minute.
    """
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ClusterError(
            f"No Ray cluster at {address!r} ({error}). Start one with `ray start --head`, or give --ray HOST:PORT."
        ) from error


def _room(have: Mapping[str, float], want: Mapping[str, float]) -> int:
    """How many runs fit; Ray would wait for ever for what a cluster does not have, so that is refused here."""
    for resource, amount in want.items():
        if amount > have.get(resource, 0):
            raise ClusterError(
                f"A run asks for {amount} {resource} and the cluster has {have.get(resource, 0)}. "
                "Lower --threads or --gpus-per-run, or add nodes."
            )
    return int(min(have[resource] / amount for resource, amount in want.items() if amount))


def _python_path() -> str:
    root = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])


def _main(queue: Any, name: str, work: Work, argument: Any, threads: int) -> tuple[str, Any, str]:  # noqa: ANN401
    import torch

    torch.set_num_threads(threads)
    try:
        return "done", work(argument, Context(lambda value: queue.put((name, value)))), ""
    except Exception as error:  # whatever goes wrong in a run is reported, and the other runs go on
        return "failed", describe(error), traceback.format_exc()
