"""Apps in processes of their own and a headless browser, for benchmarks that look at the screen."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import typer
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ("--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-dev-shm-usage", "--disable-extensions", "--disable-gpu", "--disable-sync")  # fmt: skip
START_LIMIT_S = 600.0  # importing torch takes minutes where others use all cores


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that `scripts/browser.sh` finds, without a window.

    Raises:
        typer.Exit: If this machine has none.
    """
    command = ["bash", "scripts/browser.sh", "--find"]
    environment = {**os.environ, "PYTHON": sys.executable}
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if found.returncode:
        typer.echo(found.stderr.strip(), err=True)
        raise typer.Exit(2)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Runs `python ARGUMENTS...`, yields the address it will answer at, without waiting, and ends it.

    Args:
        arguments: Of the interpreter; the app learns its port from GRADIO_SERVER_PORT.
        environment: Added to this process's.
    """
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="latent-explorer-benchmark-") as folder:
        own = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": folder}
        own |= {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1"}
        own |= {"PYTHONDONTWRITEBYTECODE": ""}  # as on a workstation: a second start finds what the first compiled
        log = Path(folder) / "output.txt"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, **own, **(environment or {})},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            yield f"http://127.0.0.1:{port}/"
        except BaseException:
            sys.stderr.write(log.read_text(errors="replace")[-4000:])
            raise
        finally:
            _end(process)


def wait_for(url: str, text: str = "", limit_s: float = START_LIMIT_S) -> None:
    """Returns when an address answers with a page that contains `text`, asking every 20 ms.

    Raises:
        TimeoutError: If it does not.
    """
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(url, timeout=10) as answer:
            if text in answer.read().decode("utf-8", errors="replace"):
                return
        time.sleep(0.02)
    raise TimeoutError(f"{url} did not answer within {limit_s:.0f} s; what the app said stands above.")


def drag(page: Page, slider: str, shares: Sequence[float], duration_s: float) -> None:
    """Presses the mouse on a slider, moves it at an even pace and lets go.

    Args:
        page: Where the slider is.
        slider: Its selector; it lies level and is on the screen.
        shares: Where the mouse goes, each in [0, 1] of the slider's length; it is pressed at the first.
        duration_s: Of all moves together; a busy machine takes longer.
    """
    box = page.locator(slider).bounding_box()
    if box is None:
        raise RuntimeError(f"No slider {slider!r} is on the screen at {page.url}.")
    across, y = [box["x"] + box["width"] * share for share in shares], box["y"] + box["height"] / 2
    page.mouse.move(across[0], y)
    page.mouse.down()
    start, pause_s = time.perf_counter(), duration_s / (len(across) - 1)
    for k, x in enumerate(across[1:], start=1):
        time.sleep(max(0.0, start + k * pause_s - time.perf_counter()))
        page.mouse.move(x, y)
    page.mouse.up()


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
