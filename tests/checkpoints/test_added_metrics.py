"""Figures added to a checkpoint afterwards: they are on its card, and nothing else of it changes."""

from __future__ import annotations

import errno

import pytest

import engine
from engine.checkpoints import CheckpointError, add_metrics, read_card
from engine.checkpoints import folder as folders
from tests.checkpoints.small import METRICS

SOLVED = {"value": 58.0, "unit": "%", "definition": "A test.", "paper_value": 64.0, "interval": [48.0, 67.5]}


@pytest.mark.parametrize("name", ["mnist/ss5", "sinelines/gt"])
def test_they_stand_beside_the_others_and_all_else_is_as_before(make, name):
    folder, _ = make(name)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    add_metrics(folder, {"bot_solved": SOLVED})
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {file for file in before if after[file] != before[file]} == {"metrics.json", "README.md"}
    assert after.keys() == before.keys()
    assert read_card(folder).metrics == {**METRICS, "bot_solved": SOLVED}
    added = b"| bot_solved | 58 (48 to 67.5) | 64 | % | A test. |\n"
    assert after["README.md"].replace(added, b"") == before["README.md"]
    assert engine.load(name, device="cpu").card.metrics["bot_solved"]["value"] == 58.0


def test_they_take_the_place_of_older_ones(make):
    folder, _ = make("sinelines/vae")
    add_metrics(folder, {"bot_solved": SOLVED})
    add_metrics(folder, {"bot_solved": {**SOLVED, "value": 60.0}})
    assert read_card(folder).metrics["bot_solved"]["value"] == 60.0
    assert (folder / "README.md").read_text().count("| bot_solved |") == 1


def test_a_full_disk_a_number_that_is_none_and_no_checkpoint_leave_all_as_it_was(make, tmp_path, monkeypatch):
    folder, _ = make("sinelines/vae")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ValueError, match="JSON"):
        add_metrics(folder, {"bot_solved": {**SOLVED, "value": float("nan")}})
    with pytest.raises(CheckpointError):
        add_metrics(tmp_path / "nowhere", {"bot_solved": SOLVED})

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folders, "replaced", full)
    with pytest.raises(OSError, match="what was there before is kept"):
        add_metrics(folder, {"bot_solved": SOLVED})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not (tmp_path / "nowhere").exists()
