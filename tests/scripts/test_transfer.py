"""Runs that start from weights of the Hub: what they keep of them, and how they go on without it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from engine.checkpoints import CheckpointError, read_card
from engine.data import DATASETS, Split
from engine.interfaces import Space
from engine.objectives import Classification
from engine.training import RECIPES, Network
from engine.training.cluster import Context
from engine.training.fit import fit
from engine.training.start import Start
from engine.training.state import StateError
from scripts.training import needs
from scripts.training.pipeline import run_one
from scripts.training.runs import Job, run_folder
from tests.training.toys import Pictures

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OBJECTS = RECIPES["cifar10/objects"]
ROW = replace(
    OBJECTS,
    network=Network(OBJECTS.network.name, {**OBJECTS.network.options, "width": 2, "layers": (1, 1)}),
    objective=Classification(),
    start="someone/weights",
    frozen_steps=5,
    steps=10,
    batch_size=8,
    precision="32-true",
)
WEIGHTS = ROW.network.build(seed=3).body.state_dict()


class TinyObjects:
    """Stands in for CIFAR-10: random pictures with labels."""

    name, title = "cifar10", "Tiny objects"
    space = Space(kind="image", shape=(3, 32, 32))
    factor_names: tuple[str, ...] = ()
    classes = OBJECTS.network.options["classes"]
    split_names = ("train", "test")
    shareable = True
    licence = citation = url = ""

    def split(self, name):
        return Split(name, Pictures((3, 32, 32), 40), labels=torch.arange(40) % 10)

    def prepare(self, progress=None):
        """There is nothing to prepare."""


@pytest.fixture(autouse=True)
def tiny_objects(monkeypatch):
    monkeypatch.setitem(DATASETS._factories, "cifar10", TinyObjects)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The weights in a local cache, as the Hub's library keeps them."""
    folder = tmp_path / "snapshots" / COMMIT
    folder.mkdir(parents=True)
    save_file(WEIGHTS, folder / "model.safetensors")
    monkeypatch.setattr(needs, "fetch", lambda reference: folder)


@pytest.fixture
def no_hub(monkeypatch):
    def offline(reference):
        raise CheckpointError("The Hub does not answer.")

    monkeypatch.setattr(needs, "fetch", offline)


@pytest.fixture
def job(tmp_path):
    return Job(recipe=ROW, runs=tmp_path / "runs", out=tmp_path / "out", device="cpu")


def train(folder, row=ROW, **options):
    return fit(row, TinyObjects().split("train"), folder=folder, **options)


def run(job):
    run_one(job, Context(report=lambda value: None))
    return read_card(job.out / ROW.id).config["training"]


@pytest.mark.usefixtures("hub")
def test_the_card_names_the_commit_of_the_weights(job, tmp_path):
    assert run(job)["start"] == f"someone/weights@{COMMIT}"
    assert f"start someone/weights@{COMMIT}" in (job.out / ROW.id / "README.md").read_text()
    whole = train(tmp_path / "whole", start=Start("", WEIGHTS))
    assert same(whole, job)


@pytest.mark.usefixtures("no_hub")
def test_without_the_hub_a_run_starts_from_scratch_and_the_card_says_so(job, tmp_path):
    assert run(job)["start"] == "scratch"
    assert same(train(tmp_path / "whole"), job)


@pytest.mark.usefixtures("no_hub")
@pytest.mark.parametrize("done", [3, 7])
def test_a_run_goes_on_without_the_hub_and_without_its_notes(done, job, tmp_path):
    """Also within the frozen phase: the state alone says what the run began with."""
    start = Start(f"someone/weights@{COMMIT}", WEIGHTS)
    train(run_folder(job.runs, ROW), start=start, stop_after=done)
    assert run(job)["start"] == start.name
    assert same(train(tmp_path / "whole", start=start), job)


@pytest.mark.usefixtures("hub")
def test_a_run_that_began_from_scratch_goes_on_so(job, tmp_path):
    train(run_folder(job.runs, ROW), stop_after=3)
    assert run(job)["start"] == "scratch"
    assert same(train(tmp_path / "whole"), job)


@pytest.mark.usefixtures("hub")
def test_a_state_of_another_recipe_is_refused_before_anything_is_written(job):
    folder = run_folder(job.runs, ROW)
    train(folder, replace(ROW, batch_size=4), stop_after=3)
    (folder / "run.json").write_text('{"device": "theirs", "threads": 7}')
    before = contents(folder)
    with pytest.raises(StateError, match="belongs to another recipe"):
        run(job)
    assert contents(folder) == before


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "run.lock"}


def same(model, job):
    """Whether the job's state holds the weights of this model."""
    again = train(run_folder(job.runs, ROW))
    return all(torch.equal(value, again.state_dict()[name]) for name, value in model.state_dict().items())
