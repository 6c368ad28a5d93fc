"""ONNX files in the background: made once, found again, never in the way."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from onnx import load_from_string

import engine
from engine import settings
from engine.checkpoints import OfflineError
from engine.checkpoints.onnx_cache import OnnxFiles, default_files, onnx_key
from engine.checkpoints.onnx_decoder import OnnxExportError
from engine.checkpoints.onnx_worker import Made, export_apart

PACKED = gzip.compress(b"an ONNX file", mtime=0)
LIGHT = Made(flops=10, packed=PACKED, sha256=hashlib.sha256(PACKED).hexdigest(), opset=20, max_difference=1e-7)


def model(weights="a", folder="/nowhere", **changes):
    config = {"weights": {"sha256": weights}, "network": {"name": "dense", "options": {}}, "space": {}, "layout": []}
    return SimpleNamespace(id=f"toy/{weights}", card=SimpleNamespace(folder=folder, config=config | changes))


class Export:
    """Stands in for the process; tells what it was asked for and waits when told to."""

    def __init__(self, result=LIGHT):
        self.result, self.asked, self.go = result, [], threading.Event()
        self.go.set()

    def __call__(self, folder, weights):
        self.asked.append(weights)
        assert self.go.wait(10)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def when_made(files, one):
    deadline = time.monotonic() + 10
    while (found := files.get(one)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_a_file_is_made_once_and_found_by_other_processes(tmp_path):
    export = Export()
    files = OnnxFiles(tmp_path / "onnx", export=export)
    assert files.get(model()) is None
    assert when_made(files, model()) == PACKED
    other = Export()
    assert OnnxFiles(tmp_path / "onnx", export=other).get(model()) == PACKED
    assert (export.asked, other.asked) == (["a"], [])


def test_what_was_asked_for_last_is_made_next_and_nothing_twice(tmp_path):
    export = Export()
    export.go.clear()
    files = OnnxFiles(tmp_path, export=export)
    for weights in ("first", "second", "third", "first", "second"):
        assert files.get(model(weights)) is None
        while not export.asked:
            time.sleep(0.01)
    export.go.set()
    for weights in ("first", "second", "third"):
        when_made(files, model(weights))
    assert export.asked == ["first", "second", "third"]


def test_without_a_cache_files_stay_in_memory():
    export = Export()
    files = OnnxFiles(None, export=export)
    assert when_made(files, model()) == PACKED == files.get(model())
    assert export.asked == ["a"]


def test_a_folder_that_cannot_be_written_costs_no_file(tmp_path, caplog):
    (tmp_path / "onnx").write_text("a file is in the way")
    assert when_made(OnnxFiles(tmp_path / "onnx", export=Export()), model()) == PACKED
    assert "is not kept" in caplog.text


def test_a_heavy_decoder_is_left_to_the_server_also_after_a_restart(tmp_path):
    export = Export(Made(flops=700_000_000))
    for _ in range(2):
        with pytest.raises(OnnxExportError, match=r"toy/a is too heavy for a page: 0.7 GFLOP"):
            when_made(OnnxFiles(tmp_path, export=export), model())
    assert export.asked == ["a"]


@pytest.mark.parametrize("error", [OnnxExportError("It has a loop."), OfflineError("Gone."), RuntimeError("a bug")])
def test_a_failure_is_remembered_and_logged_once(tmp_path, caplog, error):
    export = Export(error)
    files = OnnxFiles(tmp_path, export=export)
    for _ in range(3):
        with pytest.raises(OnnxExportError, match=f"toy/a could not be exported to ONNX: {error}"):
            when_made(files, model())
    assert export.asked == ["a"]
    assert [record.message for record in caplog.records] == [f"toy/a is drawn by the server: {error}"]


@pytest.mark.parametrize("damage", ["cut", "gone", "facts", "lie"])
def test_a_damaged_file_is_made_again(tmp_path, damage):
    when_made(OnnxFiles(tmp_path, export=Export()), model())
    key = onnx_key(model().card)
    file, facts = tmp_path / f"{key}.onnx.gz", tmp_path / f"{key}.json"
    if damage == "cut":
        file.write_bytes(PACKED[:-3])
    elif damage == "gone":
        file.unlink()
    elif damage == "facts":
        facts.write_text('{"flops": 10, "surprise": 1}')
    else:
        facts.write_text(json.dumps(Made(flops=10).facts()))  # light, and yet without a file
    export = Export()
    assert when_made(OnnxFiles(tmp_path, export=export), model()) == PACKED
    assert export.asked == ["a"]


def test_the_key_changes_with_weights_network_and_torch(monkeypatch):
    keys = {onnx_key(model().card), onnx_key(model("b").card)}
    keys.add(onnx_key(model(network={"name": "dense", "options": {"hidden": 8}}).card))
    monkeypatch.setattr("torch.__version__", "9.9")
    keys.add(onnx_key(model().card))
    assert len(keys) == 4
    assert all(len(key) == 64 for key in keys)


def test_files_lie_in_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv(settings.CACHE_VARIABLE, str(tmp_path))
    assert default_files()._folder == tmp_path / "onnx"
    monkeypatch.setenv(settings.CACHE_VARIABLE, "off")
    assert default_files()._folder is None


def test_the_process_exports_a_checkpoint_and_refuses_other_weights(make):
    card = engine.load(make("sinelines/gt")[0], "cpu").card
    made = export_apart(card.folder, card.config["weights"]["sha256"])
    assert made.max_difference < 1e-5 and made.opset >= 18
    assert load_from_string(gzip.decompress(made.packed)).graph.input[0].name == "z"
    assert replace(made, packed=None).facts() == made.facts()
    with pytest.raises(OnnxExportError, match="holds other weights by now"):
        export_apart(card.folder, "0" * 64)
