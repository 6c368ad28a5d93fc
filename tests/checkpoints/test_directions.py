"""Directions a checkpoint carries: written beside it, shown as axes, refused where they do not belong."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

import engine
from engine.checkpoints import (
    ConfigError,
    CorruptError,
    Direction,
    NewerFormatError,
    PickleInDisguiseError,
    add_directions,
    directions_bytes,
    read_card,
    read_directions,
    weights_hash,
)
from engine.checkpoints.hub import file_names
from engine.interfaces import Axis, Part
from engine.models.walk import walk

LAYOUT = (Part("latent", 3),)


def axis(name):
    return Axis(name=name, kind="direction", indices=(0, 1, 2), low=-2.0, high=2.5, center=0.25, minimum=-3.0,
                maximum=3.0, effect=0.5, percentiles=(0.0,) * 17)  # fmt: skip


def found(folder, names=("Smiling",), *, weights, seed=0):
    """A folder with directions, as the job leaves it."""
    folder.mkdir(exist_ok=True)
    generator = torch.Generator().manual_seed(seed)
    vectors = [torch.nn.functional.normalize(torch.randn(3, generator=generator), dim=0) for _ in names]
    directions = [Direction(name=name, parts=(0,), vector=vector, about={"held_out": {"accuracy": 0.9}})
                  for name, vector in zip(names, vectors, strict=True)]  # fmt: skip
    for name, data in directions_bytes(directions, [axis(name) for name in names], weights=weights).items():
        (folder / name).write_bytes(data)
    return directions


def test_a_model_shows_the_directions_it_carries_after_its_own_axes(make, tmp_path):
    folder, _ = make()
    before = engine.load("sinelines/vae", "cpu")
    [direction] = found(tmp_path / "found", weights=weights_hash(folder))
    assert add_directions(folder, tmp_path / "found") == ("Smiling",)
    model = engine.load("sinelines/vae", "cpu")
    assert model.axes[:-1] == before.axes
    last = model.axes[-1]
    assert last == replace(axis("Smiling"), direction=direction.plain(LAYOUT))
    assert torch.equal(torch.tensor(last.direction), direction.vector)
    assert max(map(len, map(str, last.direction))) <= 13  # not the seventeen digits of a double
    codes = walk(last, model.mean_code, torch.tensor([1.0, 2.0])).codes
    torch.testing.assert_close(codes[1] - codes[0], direction.vector)
    assert torch.equal(model.mean_code, before.mean_code)  # the middle does not depend on what else is shown
    assert all((folder / name).is_file() for name in file_names(dict(read_card(folder).config)))
    assert "directions.safetensors" in file_names(dict(read_card(folder).config))  # the Hub is asked for them


def test_directions_join_those_that_are_there_and_newer_ones_take_their_place(make, tmp_path):
    folder, _ = make()
    weights = weights_hash(folder)
    found(tmp_path / "first", ("Young", "Smiling"), weights=weights)
    [new] = found(tmp_path / "second", ("Smiling",), weights=weights, seed=5)
    add_directions(folder, tmp_path / "first")
    assert add_directions(folder, tmp_path / "second") == ("Young", "Smiling")
    directions, _ = read_directions(folder, LAYOUT, weights=weights)
    assert torch.equal(directions[1].vector, new.vector)
    assert directions[1].about == {"held_out": {"accuracy": 0.9}}


def test_the_card_shows_the_sweeps_it_is_given(make, tmp_path):
    folder, _ = make()
    found(tmp_path / "found", weights=weights_hash(folder))
    add_directions(folder, tmp_path / "found", picture=b"png")
    assert (folder / "directions.png").read_bytes() == b"png"
    assert "](directions.png)" in (folder / "README.md").read_text()


def test_one_vector_serves_all_layers_and_is_stored_once(tmp_path):
    layers = tuple(Part(f"layer {k + 1}", 2, "layer") for k in range(4))
    direction = Direction(name="d", parts=(1, 3), vector=torch.tensor([0.6, 0.8]))
    assert direction.indices(layers) == (2, 3, 6, 7)
    assert direction.over(layers).tolist() == pytest.approx([0.6, 0.8, 0.6, 0.8])
    for name, data in directions_bytes([direction], [axis("d")], weights="").items():
        (tmp_path / name).write_bytes(data)
    [stored], [shown] = read_directions(tmp_path, layers)
    assert len(stored.vector) == 2
    assert shown.indices == (2, 3, 6, 7)
    assert len(shown.direction) == 4


@pytest.mark.parametrize(("parts", "size", "message"), [
    ((), 3, "moves parts"), ((0, 0), 3, "moves parts"), ((1,), 3, "moves parts"), ((0,), 2, "a vector of 2 entries"),
])  # fmt: skip
def test_a_direction_fits_its_layout(parts, size, message):
    with pytest.raises(ValueError, match=message):
        Direction(name="d", parts=parts, vector=torch.ones(size)).indices(LAYOUT)


def test_names_tell_directions_apart():
    twins = [Direction(name="d", parts=(0,), vector=torch.ones(3))] * 2
    with pytest.raises(ValueError, match="told apart by their names"):
        directions_bytes(twins, [axis("d")] * 2, weights="")


def test_directions_of_other_weights_are_refused(make, tmp_path):
    folder, _ = make()
    found(tmp_path / "found", weights="0" * 64)
    with pytest.raises(ConfigError, match=r"belongs to weights 000000000000.*scripts/directions.py"):
        add_directions(folder, tmp_path / "found")
    with pytest.raises(ValueError, match="holds no directions"):
        add_directions(folder, tmp_path)


def changed(folder, **fields):
    content = json.loads((folder / "directions.json").read_text())
    rows = [{**content["directions"][0], **fields.pop("row", {})}]
    (folder / "directions.json").write_text(json.dumps({**content, "directions": rows, **fields}))


@pytest.mark.parametrize(("fields", "error", "message"), [
    ({"format": 2}, NewerFormatError, "Update the program"),
    ({"format": "1"}, CorruptError, "does not describe directions"),
    ({"sha256": "0" * 64}, CorruptError, "not the file"),
    ({"row": {"name": "Sad"}}, ConfigError, "no vector 'Sad'"),
    ({"row": {"parts": [7]}}, ConfigError, r"moves parts \[7\]"),
    ({"row": {"low": None}}, ConfigError, "low = None"),
    ({"row": {"surprise": 1}}, ConfigError, "surprise"),
])  # fmt: skip
def test_what_is_wrong_with_the_files_is_named(tmp_path, fields, error, message):
    found(tmp_path, weights="")
    changed(tmp_path, **fields)
    with pytest.raises(error, match=message):
        read_directions(tmp_path, LAYOUT)


def test_damaged_vectors_are_refused(tmp_path):
    found(tmp_path, weights="")
    (tmp_path / "directions.safetensors").write_bytes(b"\x80\x04pickle")
    with pytest.raises(PickleInDisguiseError, match="pickle"):
        read_directions(tmp_path, LAYOUT)
    (tmp_path / "directions.safetensors").unlink()
    with pytest.raises(CorruptError, match="has no directions.safetensors"):
        read_directions(tmp_path, LAYOUT)
