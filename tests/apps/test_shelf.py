"""Models on their shelf: who gets what, loaded once, and again when a checkpoint was replaced."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from apps.refusals import RefusedError, UnknownModelError
from apps.shelf import Shelf
from engine.checkpoints import CorruptError
from tests.apps.canvas.toys import toys


def entry(name, kind="latent", folder=Path("nowhere")):
    return SimpleNamespace(id=name, kind=kind, folder=folder, error="")


def shelf_of(*entries, load=lambda name, device: name):
    return Shelf(device="cpu", load=load, catalogue=lambda: entries)


def test_a_model_is_loaded_once_whoever_asks_first():
    loads = []

    def slow(name, device):
        loads.append(name)
        time.sleep(0.05)
        return object()

    shelf = shelf_of(entry("mnist/ae5"), load=slow)
    found = []
    threads = [threading.Thread(target=lambda: found.append(shelf.get("mnist/ae5"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["mnist/ae5"]
    assert len(set(map(id, found))) == 1


def test_a_model_that_fails_to_load_leaves_the_others():
    def load_one(name, device):
        if name == "mnist/bad":
            raise CorruptError("model.safetensors is cut short.")
        return name

    shelf = shelf_of(entry("mnist/ae5"), entry("mnist/bad"), load=load_one)
    assert shelf.get("mnist/ae5") == "mnist/ae5"
    with pytest.raises(CorruptError):
        shelf.get("mnist/bad")
    assert shelf.get("mnist/ae5") == "mnist/ae5"


@pytest.mark.parametrize("name", ["/etc/passwd", "../mnist/ae5", "owner/repo", "mnist/ae5 > mnist/ae5"])
def test_visitors_reach_the_catalogue_and_nothing_else(name):
    shelf = shelf_of(entry("mnist/ae5"))
    for look in (shelf.get, shelf.latent_model):
        with pytest.raises(UnknownModelError, match="No model"):
            look(name)


def test_a_classifier_is_no_model_with_sliders():
    shelf = shelf_of(entry("mnist/digits", kind="classifier"))
    assert shelf.get("mnist/digits") == "mnist/digits"
    for look in (shelf.latent_model, shelf.decoder):
        with pytest.raises(UnknownModelError, match="mnist/digits is a classifier and has no sliders"):
            look("mnist/digits")


def test_a_redrawing_takes_two_models_with_sliders_that_draw_the_same_thing():
    models = toys()
    entries = [*map(entry, models), entry("toy/digits", kind="classifier")]
    shelf = shelf_of(*entries, load=lambda name, device: models[name])
    assert shelf.decoder("toy/few") is models["toy/few"]
    both = shelf.decoder("toy/few > toy/slow")
    assert (both.first, both.second) == (models["toy/few"], models["toy/slow"])
    for name in ("toy/few > toy/slow > toy/few", "toy/few > toy/digits", "toy/digits > toy/few", "toy/few > ", " > "):
        with pytest.raises(UnknownModelError):
            shelf.decoder(name)
    with pytest.raises(RefusedError, match="Compare models of one data set"):
        shelf.decoder("toy/few > toy/curve")


def test_a_replaced_checkpoint_is_loaded_anew(tmp_path):
    config = tmp_path / "config.json"
    config.write_text("{}")
    shelf = shelf_of(entry("mnist/ae5", folder=tmp_path), load=lambda name, device: object())
    first = shelf.get("mnist/ae5")
    assert shelf.get("mnist/ae5") is first
    (tmp_path / "fresh").write_text("{}")
    (tmp_path / "fresh").replace(config)  # as a training does that ends
    second = shelf.get("mnist/ae5")
    assert second is not first
    config.unlink()  # between the old folder and the new one
    assert shelf.get("mnist/ae5") is second


def test_a_live_picture_does_not_wait_for_the_catalogue_to_be_read_anew(monkeypatch):
    monkeypatch.setattr("apps.shelf._CATALOGUE_S", -1.0)  # always out of date
    reads = []
    shelf = Shelf(
        device="cpu", load=lambda name, device: name, catalogue=lambda: reads.append(1) or (entry("mnist/ae5"),)
    )
    shelf.decoder("mnist/ae5")
    loaded = len(reads)
    for _ in range(5):
        assert shelf.decoder("mnist/ae5") == "mnist/ae5"
    assert len(reads) == loaded
    shelf.entry("mnist/ae5")  # what opens a model still looks
    assert len(reads) == loaded + 1


def test_the_least_recently_used_model_makes_room(monkeypatch):
    monkeypatch.setattr("apps.shelf.CAPACITY", 2)
    loads = []
    shelf = shelf_of(*map(entry, "abc"), load=lambda name, device: loads.append(name) or name)
    for name in ("a", "b", "a", "c", "a", "b"):
        shelf.get(name)
    assert loads == ["a", "b", "c", "b"]


def test_an_unknown_device_is_refused():
    shelf = shelf_of()
    with pytest.raises(ValueError, match="This machine offers"):
        shelf.put("tpu")
    assert shelf.put("cpu") == "cpu"


def test_another_device_leaves_alone_the_model_that_somebody_decodes_with():
    shelf = shelf_of(entry("a"), load=lambda name, device: torch.nn.Linear(1, 1))
    shelf.device = "auto"
    at_work = shelf.get("a")
    before = at_work.weight
    shelf.put("cpu")
    assert at_work.weight is before
    assert shelf.get("a") is not at_work


def test_the_device_of_the_settings_can_be_chosen_again():
    assert Shelf(device="cuda:7").devices()[-1] == "cuda:7"
