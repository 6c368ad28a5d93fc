from __future__ import annotations

import json

import pytest

from engine.training.manifest import Manifest, Record


def test_entries_are_kept_and_replaced(tmp_path):
    manifest = Manifest(tmp_path / "runs" / "manifest.json")
    assert manifest.read() == {}
    manifest.put(Record(id="b", status="waiting"), Record(id="a", status="running", threads=2))
    manifest.put(Record(id="b", status="failed", error="full disk", seconds={"training": 3.5}))
    entries = Manifest(manifest.path).read()
    assert list(entries) == ["a", "b"]
    assert entries["a"].threads == 2
    assert entries["b"] == Record(id="b", status="failed", error="full disk", seconds={"training": 3.5})
    assert not list(manifest.path.parent.glob("*.partial"))


def test_a_damaged_manifest_is_begun_anew(tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text('{"runs": [{"id"')
    Manifest(path).put(Record(id="a", status="done"))
    assert [row["id"] for row in json.loads(path.read_text())["runs"]] == ["a"]


def test_a_manifest_that_cannot_be_written_stays_as_it_was(tmp_path, monkeypatch):
    manifest = Manifest(tmp_path / "manifest.json")
    manifest.put(Record(id="a", status="done"))

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        manifest.put(Record(id="a", status="failed"))
    assert manifest.read()["a"].status == "done"
    assert not list(tmp_path.glob("*.partial"))
