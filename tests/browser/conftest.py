"""Real pages in a headless browser: `serve` starts an app, `page` opens a tab, `seen` tells what the tab did.

    def test_a_slider_moves_the_picture(serve, page, seen):
        page.goto(serve("apps/explorer.py").url)
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

ROOT = Path(__file__).parents[2]
# A pattern rather than a function: the browser then asks this process, which may sleep or be busy, about nothing else.
ELSEWHERE = re.compile(r"^(?!(data|blob|about):|\w+://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/|$))")
FLAGS = (
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--mute-audio",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Seen:
    """What a page did, in order: `errors` from its console and scripts, `external` addresses it asked for."""

    errors: list[str] = field(default_factory=list)
    external: list[str] = field(default_factory=list)


class Server:
    """An app in a process of its own, on a port that stays the same over restarts."""

    def __init__(self, command: list[str], port: int, path: str, environment: Mapping[str, str], log: Path) -> None:
        self.command, self.port, self.log = command, port, log
        self.url = f"http://127.0.0.1:{port}{path}"
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout_s: float = 180.0) -> None:
        """Returns when the app answers; fails with the end of its output when it does not."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command, cwd=ROOT, env=self._environment, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + timeout_s
        while not _answers(self.url):
            state = self._process.poll()
            if state is not None or time.monotonic() > deadline:
                self.stop()
                what = f"ended with {state}" if state is not None else f"did not answer within {timeout_s:.0f} s"
                end = self.log.read_text(errors="replace")[-4000:]
                pytest.fail(f"{' '.join(self.command)} {what} at {self.url}; its last words:\n{end}", pytrace=False)
            time.sleep(0.1)

    def stop(self, *, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends the app and what it started; SIGKILL makes a crash of it."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # what it started, and itself where it did not listen
        self._process.wait()
        self._process = None

    def restart(self, *, how: signal.Signals = signal.SIGTERM) -> None:
        self.stop(how=how)
        self.start()


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Starts `python ARGUMENTS...` and waits until it answers; the same arguments give the same server again.

    `{port}` in an argument becomes the port; Gradio and Streamlit learn it from the environment. Examples:
    `serve("apps/explorer.py")`, `serve("-m", "streamlit", "run", "apps/streamlit_app.py")`,
    `serve("-m", "http.server", "{port}", path="/page.html")`, `serve(..., env={"NAME": "value"})`.
    """
    running: dict[tuple, Server] = {}
    with ExitStack() as stack:

        def start(*arguments: str, path: str = "/", env: Mapping[str, str] | None = None) -> Server:
            key = (arguments, path, tuple(sorted((env or {}).items())))
            if key not in running:
                port = _free_port()
                command = [sys.executable, *(argument.format(port=port) for argument in arguments)]
                log = tmp_path_factory.mktemp("server") / "output.txt"
                server = Server(command, port, path, {**os.environ, **_settings(port), **(env or {})}, log)
                stack.callback(server.stop)
                server.start()
                running[key] = server
            return running[key]

        yield start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless browser for a file of tests; the one that `scripts/browser.sh` finds."""
    found = subprocess.run(
        ["bash", "scripts/browser.sh", "--find"],
        cwd=ROOT,
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
    )
    if found.returncode:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing(found.stderr.strip())
    with sync_playwright() as playwright:  # per module: its event loop would be in the way of tests that run their own
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def page(browser: Browser, seen: Seen) -> Iterator[Page]:
    """An empty tab, 1280 x 800, that cannot leave this machine; a test in which it tried to fails."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    context.route(ELSEWHERE, lambda route: _refuse(route, seen))
    context.on("weberror", lambda error: seen.errors.append(str(error.error)))
    context.on("console", lambda line: seen.errors.append(line.text) if line.type == "error" else None)
    page = context.new_page()
    page.on("websocket", lambda socket: seen.external.append(socket.url) if ELSEWHERE.match(socket.url) else None)
    page.set_default_timeout(60_000)
    yield page
    context.close()
    assert not seen.external, f"the page asked for addresses outside this machine: {seen.external}"


def _refuse(route: Route, seen: Seen) -> None:
    seen.external.append(route.request.url)
    route.abort()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _settings(port: int) -> dict[str, str]:
    return {
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
        "PYTHONUNBUFFERED": "1",
    }
