"""What every test runs under: one torch thread, a throw-away cache, the same examples, no network but loopback."""

from __future__ import annotations

import errno
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("same-every-time", derandomize=True, database=None, deadline=None, max_examples=40)


def pytest_configure(config):
    """Sets the environment before any test module imports torch or engine; worker processes and servers inherit it."""
    settings.load_profile("same-every-time")
    if not hasattr(config, "workerinput"):  # the one process that starts the others
        folder = Path(tempfile.mkdtemp(prefix="latent-explorer-tests-"))
        os.environ |= _environment(folder)
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    _forbid_network()
    import torch

    torch.set_num_threads(1)


def pytest_runtest_setup(item):
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs a CUDA device")


def _environment(folder: Path) -> dict[str, str]:
    """LATENT_EXPLORER_DATA stays what the caller made it; whatever is written goes below `folder`."""
    return {
        "LATENT_EXPLORER_CACHE": str(folder / "cache"),
        "LATENT_EXPLORER_STUDIES": str(folder / "studies"),
        "HF_HOME": str(folder / "huggingface"),
        "GRADIO_TEMP_DIR": str(folder / "gradio"),
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def _forbid_network() -> None:
    """Makes the world outside this machine look unreachable: code under test sees the errors of a missing network."""

    def check(event: str, arguments: tuple) -> None:
        if event == "socket.connect":
            connection, address = arguments
            stream = connection.type & socket.SOCK_STREAM  # a datagram's connect sends nothing; it asks for a route
            if connection.family in (socket.AF_INET, socket.AF_INET6) and stream and not _is_here(address[0]):
                raise OSError(errno.ENETUNREACH, f"tests talk to this machine only; asked for {address[0]}")
        elif event == "socket.getaddrinfo" and not _is_here(arguments[0]):
            raise socket.gaierror(socket.EAI_NONAME, f"tests talk to this machine only; asked for {arguments[0]}")

    sys.addaudithook(check)


def _is_here(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name in ("localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
