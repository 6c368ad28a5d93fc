from __future__ import annotations

import json
import multiprocessing

import pytest

from engine.training.lock import BusyError, exclusive
from engine.training.manifest import Entry, Manifest


def test_entries_are_kept_and_replaced(tmp_path):
    manifest = Manifest(tmp_path / "runs" / "manifest.json")
    assert manifest.read() == {}
    manifest.put(Entry(id="b", status="waiting"), Entry(id="a", status="running", threads=2))
    manifest.put(Entry(id="b", status="failed", error="full disk", seconds={"training": 3.5}))
    entries = Manifest(manifest.path).read()
    assert list(entries) == ["a", "b"]
    assert entries["a"].threads == 2
    assert entries["b"] == Entry(id="b", status="failed", error="full disk", seconds={"training": 3.5})
    assert not list(manifest.path.parent.glob("*.partial"))


def test_a_damaged_manifest_is_begun_anew(tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text('{"runs": [{"id"')
    Manifest(path).put(Entry(id="a", status="done"))
    assert [row["id"] for row in json.loads(path.read_text())["runs"]] == ["a"]


def test_a_manifest_that_cannot_be_written_stays_as_it_was(tmp_path, monkeypatch):
    manifest = Manifest(tmp_path / "manifest.json")
    manifest.put(Entry(id="a", status="done"))

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        manifest.put(Entry(id="a", status="failed"))
    assert manifest.read()["a"].status == "done"
    assert not list(tmp_path.glob("*.partial"))


def test_a_lock_is_refused_to_a_second_holder_and_ends_with_the_first(tmp_path):
    path = tmp_path / "run.lock"
    with exclusive(path), pytest.raises(BusyError, match=r"in use by another process; .* --runs"), exclusive(path):
        pass
    with exclusive(path):
        pass


def test_a_lock_dies_with_its_holder(tmp_path):
    context = multiprocessing.get_context("fork")
    holds = context.Event()
    process = context.Process(target=hold, args=(tmp_path / "run.lock", holds), daemon=True)
    process.start()
    assert holds.wait(20)
    with pytest.raises(BusyError), exclusive(tmp_path / "run.lock"):
        pass
    process.kill()
    process.join()
    with exclusive(tmp_path / "run.lock"):
        pass


def hold(path, holds):
    with exclusive(path):
        holds.set()
        holds.wait()
        multiprocessing.Event().wait()
