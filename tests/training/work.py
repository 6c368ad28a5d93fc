"""What test workers do; importable by their processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def work(argument, context):
    """Follows a small script of orders."""
    order, value = argument
    context.report(f"begins {order}")
    if order == "raise":
        raise ValueError(value)
    if order == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "leave":
        os._exit(3)
    if order == "touch":
        Path(value).write_text(str(time.time()))
    if order == "threads":
        import torch

        return torch.get_num_threads(), os.environ["OMP_NUM_THREADS"]
    if order == "linger":
        Path(value).write_text(str(os.getpid()))
        time.sleep(600)
    return (order, value, context.place)
