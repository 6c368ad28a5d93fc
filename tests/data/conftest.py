"""Every test of the data stage has its own cache folder and no mirror folder, unless it makes one."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from engine.settings import CACHE_VARIABLE, DATA_VARIABLE
from tests.data import tiny

REAL_MIRROR = os.environ.get(DATA_VARIABLE)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    return folder


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """An empty mirror folder that the settings point to."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    monkeypatch.setenv(DATA_VARIABLE, str(folder))
    return folder


@pytest.fixture
def real_mirror(monkeypatch):
    """The machine's own mirror folder, where it has one."""
    if not REAL_MIRROR or not (Path(REAL_MIRROR) / "ylecun" / "mnist").is_dir():
        pytest.skip(f"{DATA_VARIABLE} names no folder with ylecun/mnist")
    monkeypatch.setenv(DATA_VARIABLE, REAL_MIRROR)
    return Path(REAL_MIRROR)


@pytest.fixture
def real_data(real_mirror):
    """Skips a test where the machine's mirror folder lacks what it names."""

    def need(folder):
        if not (real_mirror / folder).is_dir():
            pytest.skip(f"{DATA_VARIABLE} names no folder with {folder}")
        return real_mirror / folder

    return need


@pytest.fixture
def write_parquet():
    return tiny.write_parquet


@pytest.fixture
def tiny_mnist(mirror, write_parquet):
    """A mirror with 7 training and 3 test digits of noise; returns their pixels and labels by split."""
    generator = np.random.default_rng(0)
    content = {}
    for split, count in (("train", 7), ("test", 3)):
        pixels = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = generator.integers(0, 10, count)
        path = mirror / "ylecun" / "mnist" / "mnist" / f"{split}-00000-of-00001.parquet"
        write_parquet(path, pixels, {"label": labels})
        content[split] = (pixels, labels)
    return content


@pytest.fixture
def fork():
    """Starts a function in a forked process, which needs not load torch again; `answer` waits for what it returns."""
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    children = []

    def start(function, **environment):
        children.append(Child(function, environment))
        return children[-1]

    yield start
    for child in children:
        child.process.kill()
        child.process.join()


class Child:
    def __init__(self, function, environment):
        context = multiprocessing.get_context("fork")
        self._receiver, sender = context.Pipe(duplex=False)

        def work():
            os.environ.update(environment)
            sender.send(function())

        self.process = context.Process(target=work)
        self.process.start()

    def answer(self):
        assert self._receiver.poll(120), "the forked process does not answer"
        return self._receiver.recv()
