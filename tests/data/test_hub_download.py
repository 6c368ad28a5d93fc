from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import close_session, constants

from engine.data import DataError, load_dataset

COMMIT = "0123456789abcdef" * 2 + "01234567"
NOWHERE = "http://127.0.0.1:9"  # nothing listens there
DIGITS = "labels [7, 2, 1, 0] of mean 0.784"
OPEN_DIGITS = """
from engine.data import load_dataset
split = load_dataset("mnist").split("test")
print(f"labels {split.labels.tolist()} of mean {split.batch([0]).x.mean().item():.3f}")
"""


class Hub(BaseHTTPRequestHandler):
    """Serves the data sets of a folder over the routes that `snapshot_download` asks for."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self):
        self.answer(with_body=True)

    def do_HEAD(self):
        self.answer(with_body=False)

    def answer(self, *, with_body):
        root, path = self.server.folder, self.path.partition("?")[0]
        self.server.requests.append(f"{self.command} {path}")
        if match := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)/(revision|tree)/[^/]+", path):
            files = sorted(file for file in (root / match[1]).rglob("*") if file.is_file())
            if not files:
                return self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"}, with_body)
            body = self.info(root / match[1], files) if match[2] == "revision" else self.tree(root / match[1], files)
            return self.send(200, json.dumps(body).encode(), {"Content-Type": "application/json"}, with_body)
        match = re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path)
        if match and (file := root / match[1] / match[2]).is_file():
            body = file.read_bytes()
            headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()}"', "X-Repo-Commit": COMMIT}
            return self.send(200, body, headers, with_body, cut=self.server.cut)
        return self.send(404, b"", {"X-Error-Code": "EntryNotFound"}, with_body)

    @staticmethod
    def info(root, files):
        names = [{"rfilename": file.relative_to(root).as_posix()} for file in files]
        repository = root.relative_to(root.parents[1]).as_posix()
        return {"id": repository, "sha": COMMIT, "siblings": names, "tags": [], "private": False, "downloads": 0}

    @staticmethod
    def tree(root, files):
        return [
            {
                "type": "file",
                "path": file.relative_to(root).as_posix(),
                "size": file.stat().st_size,
                "oid": hashlib.sha256(file.read_bytes()).hexdigest(),
            }
            for file in files
        ]

    def send(self, status, body, headers, with_body, *, cut=False):
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body[: len(body) // 2] if cut else body)
            self.close_connection |= cut

    def log_message(self, *args):
        """Requests are kept in a list; nothing is printed."""


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty Hub on this machine, which the client library is pointed to; its cache is empty, too."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.folder, server.requests, server.cut = tmp_path / "hub", [], False
    server.daemon_threads = True
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    point_to(server.url, monkeypatch)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    close_session()
    yield server
    close_session()
    server.shutdown()
    thread.join()
    server.server_close()


def point_to(url, monkeypatch):
    """What HF_ENDPOINT does when the client library is imported."""
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.removeprefix(constants.ENDPOINT)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + template)
    monkeypatch.setattr(constants, "ENDPOINT", url)


@pytest.fixture
def digits(hub, write_parquet):
    """Puts four test digits on the Hub."""
    path = hub.folder / "ylecun" / "mnist" / "mnist" / "test-00000-of-00001.parquet"
    return write_parquet(path, np.full((4, 28, 28), 200, np.uint8), {"label": [7, 2, 1, 0]})


def open_digits():
    try:
        split = load_dataset("mnist").split("test")
    except DataError as error:
        return f"{type(error).__name__} {error}"
    return f"labels {split.labels.tolist()} of mean {split.batch([0]).x.mean().item():.3f}"


@pytest.mark.usefixtures("digits")
def test_files_come_from_the_hub_once_and_then_from_its_cache(hub, monkeypatch):
    assert open_digits() == DIGITS
    assert any("/resolve/" in request for request in hub.requests)
    hub.requests.clear()
    assert open_digits() == DIGITS
    assert hub.requests == []  # the Hub's local cache answered
    point_to(NOWHERE, monkeypatch)
    assert open_digits() == DIGITS


@pytest.mark.usefixtures("digits")
def test_the_environment_says_where_the_hub_is(hub, tmp_path):
    settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home"), "NO_PROXY": "127.0.0.1"}
    root = Path(__file__).resolve().parents[2]
    output = subprocess.run(
        [sys.executable, "-c", OPEN_DIGITS], env=os.environ | settings, cwd=root, capture_output=True, text=True
    )
    assert output.stdout.strip() == DIGITS, output.stderr


def test_a_mirror_folder_is_asked_first(hub, mirror, digits):
    target = mirror / "ylecun" / "mnist" / "mnist" / digits.name
    target.parent.mkdir(parents=True)
    target.write_bytes(digits.read_bytes())
    assert open_digits() == DIGITS
    assert hub.requests == []


@pytest.mark.usefixtures("digits", "mirror")
def test_a_mirror_folder_that_lacks_the_set_falls_back_to_the_hub():
    assert open_digits() == DIGITS


@pytest.mark.usefixtures("hub")
def test_no_network_and_no_mirror_says_so_at_once(monkeypatch):
    point_to(NOWHERE, monkeypatch)
    start = time.monotonic()
    answer = open_digits()
    assert time.monotonic() - start < 10  # retries would take 23 s
    assert answer.startswith("DataUnavailableError Cannot find split 'test' of ylecun/mnist")
    for part in (
        "LATENT_EXPLORER_DATA is not set",
        "not in the Hub's local cache",
        "refused",
        "Connect to the network",
    ):
        assert part in answer


@pytest.mark.usefixtures("hub")
def test_a_mirror_folder_without_the_set_is_named_when_the_hub_is_gone(mirror, monkeypatch):
    point_to(NOWHERE, monkeypatch)
    answer = open_digits()
    assert f"no complete test-*.parquet in {mirror / 'ylecun' / 'mnist' / 'mnist'}" in answer
    assert f"LATENT_EXPLORER_DATA={mirror}" in answer


@pytest.mark.usefixtures("digits")
def test_offline_mode_is_respected(hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    answer = open_digits()
    assert answer.startswith("DataUnavailableError")
    assert "HF_HUB_OFFLINE" in answer
    assert hub.requests == []


@pytest.mark.usefixtures("hub")
def test_a_repository_that_does_not_exist_is_said():
    assert re.match(r"DataUnavailableError.*the Hub did not give it \(.*404", open_digits())


def test_a_repository_without_the_split_is_said(digits):
    digits.rename(digits.with_name("train-00000-of-00001.parquet"))
    assert "the repository has no complete set of mnist/test-*.parquet" in open_digits()


def test_an_incomplete_set_of_shards_is_not_used(digits):
    digits.rename(digits.with_name("test-00000-of-00002.parquet"))
    assert "no complete set" in open_digits()


def test_a_file_cut_short_on_the_hub_is_named(digits):
    digits.write_bytes(digits.read_bytes()[:-50])
    assert re.match(r"DataFormatError .*test-00000-of-00001\.parquet is damaged or cut short", open_digits())


@pytest.mark.usefixtures("digits")
def test_a_connection_that_breaks_while_downloading_is_said(hub, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # the client waits between its attempts
    hub.cut = True
    assert open_digits().startswith("DataUnavailableError")
