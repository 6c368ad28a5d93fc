"""The command line that trains, measures and writes models; real runs of tiny rows."""

from __future__ import annotations

import errno
import io
import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file
from typer.testing import CliRunner

import engine
from engine.checkpoints import DeviceError, read_card
from engine.data import DATASETS, Split
from engine.files import locked
from engine.interfaces import Space
from engine.metrics import HEADLINES, Metric
from engine.training import RECIPES
from engine.training.cluster import Context, Message, Task
from engine.training.fit import fit
from engine.training.manifest import Manifest
from engine.training.vary import vary
from scripts.train_all import app, arguments, chosen, run_all
from scripts.training import pipeline, simulated
from scripts.training.devices import device_name
from scripts.training.display import recipe_table, result_table
from scripts.training.needs import NeedError, needed
from scripts.training.pipeline import PipelineError, run_one
from scripts.training.runs import Job, Outcome, Stage, run_folder
from scripts.training.shipping import changed_metrics
from tests.training.toys import Pictures, small

ROOT = Path(__file__).parents[2]
SILENT = Context(report=lambda value: None)


class TinyDigits:
    """Stands in for MNIST: random pictures with labels."""

    name, title = "mnist", "Tiny digits"
    space = Space(kind="image", shape=(1, 28, 28))
    factor_names: tuple[str, ...] = ()
    classes = tuple("0123456789")
    split_names = ("train", "test", "all")
    shareable = True
    licence = citation = url = ""

    def split(self, name):
        return Split(name, Pictures((1, 28, 28), 300), labels=torch.arange(300) % 10)

    def prepare(self, progress=None):
        if progress:
            progress(1, 1)


@pytest.fixture(autouse=True)
def short_play(monkeypatch):
    """A simulated participant of few questions, which takes no time."""
    monkeypatch.setattr(simulated, "QUESTIONS", 4)


@pytest.fixture
def tiny_digits(monkeypatch):
    monkeypatch.setitem(DATASETS._factories, "mnist", TinyDigits)


def job(name, tmp_path, **changes):
    return Job(recipe=small(name), runs=tmp_path / "runs", out=tmp_path / "out", **{"device": "cpu", **changes})


def call(*words):
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})


# ---- one run ----


@pytest.mark.usefixtures("tiny_digits")
@pytest.mark.parametrize("name", ["mnist/ae5", "mnist/ss5", "mnist/digits"])
def test_a_run_ends_in_a_checkpoint_that_loads_and_says_how_it_was_made(name, tmp_path):
    heard = []
    outcome = run_one(job(name, tmp_path, threads=1), Context(report=heard.append))
    model = engine.load(tmp_path / "out" / name, device="cpu")
    config = model.card.config
    assert outcome.status == "done" and outcome.checkpoint == str(tmp_path / "out" / name)
    assert (config["id"], config["preset"], config["seeds"]) == (name, "starter", [0])
    assert config["training"]["steps"] == 10
    assert (config["training"]["device"], config["training"]["threads"]) == ("cpu", 1)
    assert len(model.examples) == 256 and model.examples.labels is not None
    assert {stage.what for stage in heard if isinstance(stage, Stage)} >= {"preparing data", "writing the checkpoint"}
    if name == "mnist/digits":
        assert {"accuracy", "ece", "cross_entropy", "confusion_matrix"} <= model.card.metrics.keys()
        return
    metrics = model.card.metrics
    assert metrics["mse"]["paper_value"] == RECIPES[name].paper["mse"]
    assert metrics["mse"]["value"] == outcome.metrics["mse"][0]
    assert metrics["bot_solved"]["value"] == outcome.metrics["bot_solved"][0] in (0, 25, 50, 75, 100)
    assert len(model.axes) == 5 + (name == "mnist/ss5")
    with torch.no_grad():
        stored, labels = model.examples.codes, model.examples.labels
        x = DATASETS.build("mnist").split("test").batch(torch.arange(256)).x
        torch.testing.assert_close(model.encode(x, labels if name == "mnist/ss5" else None), stored)
    assert model.examples.extra["scatter_codes"].shape == (300, model.latent_dim)


@pytest.mark.usefixtures("tiny_digits")
def test_a_seed_sweep_keeps_the_generator_with_the_purest_categories(tmp_path):
    run_one(job("mnist/digits", tmp_path), SILENT)
    sweep = job("mnist/ig5", tmp_path, seeds=(0, 1, 2))
    outcome = run_one(sweep, SILENT)
    card = read_card(tmp_path / "out" / "mnist" / "ig5")
    purities = card.metrics["seed_purities"]["value"]
    distinct = card.metrics["seed_distinct_classes"]["value"]
    best = max(range(3), key=lambda i: (min(distinct[i], 8), purities[i]))
    assert card.config["seeds"] == [best] == [card.config["recipe"]["seed"]]
    assert outcome.metrics["category_purity"][0] == purities[best]
    assert (tmp_path / "runs" / "mnist" / "ig5+seed=1" / "state.safetensors").exists()
    model = engine.load(tmp_path / "out" / "mnist" / "ig5", device="cpu")
    assert not [name for name in model.network.state_dict() if not name.startswith("generator.")], "ships the generator"
    assert {axis.name for axis in model.axes} == {"Category", "Code 1", "Code 2", "Noise 1", "Noise 2", "Noise 3"}
    assert all((a.low, a.high, a.minimum, a.maximum) == (-1, 1, -1, 1) for a in model.axes if a.kind == "continuous")
    options = next(axis.options for axis in model.axes if axis.kind == "category")
    majorities = card.metrics["category_majorities"]["value"]
    assert options == tuple(f"{i}: mostly {int(digit)}" for i, digit in enumerate(majorities))
    assert run_one(sweep, SILENT).note.startswith("Already there"), "a sweep that is done is done"
    alone = replace(sweep, seeds=())
    assert run_one(alone, SILENT).note.startswith("Already there"), "and stands for the recipe"
    run_one(replace(alone, stage="evaluate"), SILENT)
    again = read_card(tmp_path / "out" / "mnist" / "ig5")
    assert again.config["seeds"] == [best] and again.metrics == card.metrics, "measuring anew keeps the best seed"


@pytest.mark.usefixtures("tiny_digits")
def test_seeds_that_were_trained_by_fit_are_judged_without_training_and_what_is_not_known_is_said(tmp_path):
    run_one(job("mnist/digits", tmp_path), SILENT)
    sweep = job("mnist/ig5", tmp_path, seeds=(0, 1, 2), stage="evaluate")
    states = [tmp_path / "runs" / "mnist" / name / "state.safetensors" for name in ("ig5", "ig5+seed=1", "ig5+seed=2")]
    for seed, state in enumerate(states):
        row = replace(sweep.recipe, seed=seed)
        fit(row, DATASETS.build("mnist").split(row.split), folder=state.parent, report_every=5)
    before = [state.read_bytes() for state in states]
    outcome = run_one(sweep, SILENT)
    training = read_card(tmp_path / "out" / "mnist" / "ig5").config["training"]
    assert training["sweep"] == [0, 1, 2] and training["not_recorded"] == "device and threads"
    assert not {"device", "threads"} & training.keys()
    assert (outcome.device, outcome.threads) == ("", None) and outcome.seconds["training"] == training["seconds"]
    assert "not recorded device and threads" in (tmp_path / "out" / "mnist" / "ig5" / "README.md").read_text()
    assert [state.read_bytes() for state in states] == before
    assert not list((tmp_path / "runs" / "mnist").glob("ig5*/run.json")), "nothing is made up afterwards"


def test_every_seed_has_a_folder_of_its_own(tmp_path):
    def folders(row):
        return [run_folder(tmp_path, replace(row, seed=seed)).name for seed in (0, 1, 2)]

    row = RECIPES["mnist/ig5"]
    assert folders(row) == ["ig5", "ig5+seed=1", "ig5+seed=2"]
    assert folders(vary(row, ["steps=7"])) == ["ig5+steps=7", "ig5+steps=7+seed=1", "ig5+steps=7+seed=2"]
    assert folders(vary(row, ["seed=1"])) == ["ig5+seed=1+seed=0", "ig5+seed=1", "ig5+seed=1+seed=2"]
    assert folders(replace(row, id="mnist/mine")) == ["mine", "mine+seed=1", "mine+seed=2"]


@pytest.mark.usefixtures("tiny_digits")
def test_a_generator_without_a_judge_says_what_to_train_first_and_keeps_its_state(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(tmp_path / "none"))
    with pytest.raises(NeedError, match=r"mnist/ig5 needs mnist/digits: .* Train it first \(--only 'mnist/digits"):
        run_one(job("mnist/ig5", tmp_path), SILENT)
    assert (tmp_path / "runs" / "mnist" / "ig5" / "state.safetensors").exists()


def test_the_formula_has_the_studys_ranges_and_the_factors_names(tmp_path):
    run_one(Job(recipe=RECIPES["sinelines/gt"], runs=tmp_path / "runs", out=tmp_path / "out"), SILENT)
    model = engine.load(tmp_path / "out" / "sinelines" / "gt", device="cpu")
    ranges = {axis.name: (axis.minimum, axis.maximum) for axis in model.axes}
    assert ranges == {
        "slope": (-1, 1), "intercept": (-4, 4), "amplitude": (0, 10), "frequency": (0, 10), "phase": (0, 6.28)
    }  # fmt: skip
    assert model.axes[3].percentiles[8] == pytest.approx(math.log(2), abs=0.02), "the median of an exponential"
    torch.testing.assert_close(model.decode(model.examples.codes), model.examples.x, atol=1e-4, rtol=1e-4)


@pytest.mark.usefixtures("tiny_digits")
def test_evaluation_measures_states_and_checkpoints_and_trains_nothing(tmp_path, monkeypatch):
    evaluating = job("mnist/ae5", tmp_path, stage="evaluate")
    assert run_one(evaluating, SILENT).status == "skipped"
    dataset = DATASETS.build("mnist")
    folder = run_folder(evaluating.runs, evaluating.recipe)
    fit(evaluating.recipe, dataset.split("train"), folder=folder, stop_after=4)
    halfway = run_one(evaluating, SILENT)
    assert (halfway.status, halfway.note) == ("skipped", "Nothing to evaluate: 4 of 10 updates are done.")
    fit(evaluating.recipe, dataset.split("train"), folder=folder)
    of_state = run_one(evaluating, SILENT)
    weights = (Path(of_state.checkpoint) / "model.safetensors").read_bytes()
    (folder / "state.safetensors").unlink()
    monkeypatch.setattr(pipeline, "fit", None)
    of_checkpoint = run_one(evaluating, SILENT)
    assert of_checkpoint.metrics == of_state.metrics
    assert (Path(of_checkpoint.checkpoint) / "model.safetensors").read_bytes() == weights
    assert (Path(of_checkpoint.checkpoint) / "log.csv").read_text().startswith("step,time,loss")


@pytest.mark.usefixtures("tiny_digits")
def test_the_simulated_participant_plays_with_what_is_there_and_all_else_stays(tmp_path, monkeypatch):
    run_one(job("mnist/ae5", tmp_path), SILENT)
    folder = tmp_path / "out" / "mnist" / "ae5"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(pipeline, "load_dataset", None)
    playing = job("mnist/ae5", tmp_path, stage="simulate")
    again = run_one(playing, SILENT)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before, "the same figures"
    assert again.metrics["mse"] == (read_card(folder).metrics["mse"]["value"], RECIPES["mnist/ae5"].paper["mse"])
    monkeypatch.setattr(simulated, "QUESTIONS", 5)
    run_one(playing, SILENT)
    changed = {path.name for path in folder.iterdir() if path.read_bytes() != before[path.name]}
    assert changed <= {"metrics.json", "README.md"} and "metrics.json" in changed


@pytest.mark.usefixtures("tiny_digits")
def test_where_no_participant_can_be_simulated_the_reason_is_said_and_the_checkpoint_stays(tmp_path, monkeypatch):
    assert run_one(job("mnist/ae5", tmp_path, stage="simulate"), SILENT).note == "There is no checkpoint to play with."
    run_one(job("mnist/digits", tmp_path), SILENT)
    of_classifier = run_one(job("mnist/digits", tmp_path, stage="simulate"), SILENT)
    assert (of_classifier.status, of_classifier.note) == ("skipped", "A classifier has no dials to turn.")

    def without_threshold(*_, **__):
        raise ValueError("No threshold of 'distance' tells them apart.")

    monkeypatch.setattr(simulated, "simulate", without_threshold)
    outcome = run_one(job("mnist/ae5", tmp_path), SILENT)
    assert outcome.status == "done" and outcome.note.startswith("No simulated participant: No threshold")
    assert "bot_solved" not in read_card(tmp_path / "out" / "mnist" / "ae5").metrics
    assert run_one(job("mnist/ae5", tmp_path, stage="simulate"), SILENT).status == "skipped"


def test_the_formula_is_played_beside_the_figures_of_the_study(tmp_path):
    formula = Job(recipe=RECIPES["sinelines/gt"], runs=tmp_path / "runs", out=tmp_path / "out")
    run_one(formula, SILENT)
    metrics = read_card(tmp_path / "out" / "sinelines" / "gt").metrics
    assert metrics["bot_solved"]["paper_value"] == 43.0 and metrics["bot_distance"]["paper_value"] == 0.74
    for row in metrics.values():
        assert row["interval"] is None or row["interval"][0] <= row["value"] <= row["interval"][1]
    assert simulated.STUDY.keys() <= RECIPES.keys()


@pytest.mark.usefixtures("tiny_digits")
def test_a_checkpoint_of_the_same_recipe_is_left_alone_and_of_another_replaced(tmp_path):
    first = job("mnist/ae5", tmp_path)
    run_one(first, SILENT)
    before = read_card(tmp_path / "out" / "mnist" / "ae5").config["weights"]["sha256"]
    assert run_one(first, SILENT).note.startswith("Already there")
    other = replace(first, recipe=replace(first.recipe, seed=5))
    assert not run_one(other, SILENT).note
    after = read_card(tmp_path / "out" / "mnist" / "ae5").config
    assert after["weights"]["sha256"] != before and after["seeds"] == [5]
    fresh = run_one(replace(first, fresh=True), SILENT)
    assert not fresh.note
    assert read_card(tmp_path / "out" / "mnist" / "ae5").config["weights"]["sha256"] == before, "the same seed again"


@pytest.mark.usefixtures("tiny_digits")
def test_a_run_that_is_being_trained_elsewhere_is_refused(tmp_path):
    one = job("mnist/ae5", tmp_path)
    with (
        locked(run_folder(one.runs, one.recipe) / "run.lock"),
        pytest.raises(RuntimeError, match="in use by another process"),
    ):
        run_one(one, SILENT)


@pytest.mark.usefixtures("tiny_digits")
def test_float16_is_shipped_only_where_no_metric_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "SMALL_BYTES", 0)
    run_one(job("mnist/vae5", tmp_path), SILENT)
    config = read_card(tmp_path / "out" / "mnist" / "vae5").config
    said, stored = config["training"]["float16"], config["weights"]["dtype"]
    assert (stored == "float16") == (said == "changes no metric")
    monkeypatch.setattr(pipeline, "changed_metrics", lambda before, after: ["mse", "nll"])
    run_one(job("mnist/vae5", tmp_path, fresh=True), SILENT)
    config = read_card(tmp_path / "out" / "mnist" / "vae5").config
    assert (config["weights"]["dtype"], config["training"]["float16"]) == ("float32", "changes mse, nll")


def test_three_significant_digits():
    def metrics(**values):
        return {name: Metric(value=value, unit="", definition="") for name, value in values.items()}

    before = metrics(mse=15.50, mig=0.0316, zero=0.0, vector=(1.0, 2.0))
    assert changed_metrics(before, metrics(mse=15.54, mig=0.03164, zero=0.0, vector=(9.0, 9.0))) == []
    after = metrics(mse=15.56, mig=0.03166, zero=0.01, vector=(1.0, 2.0))
    assert changed_metrics(before, after) == ["mse", "mig", "zero"]


@pytest.mark.usefixtures("tiny_digits")
def test_a_gpu_that_is_too_small_is_told_what_to_set(tmp_path, monkeypatch):
    def out_of_memory(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(pipeline, "fit", out_of_memory)
    with pytest.raises(PipelineError, match=r"not fit into the GPU's memory.*--jobs 1.*--device cpu.*batch_size=4"):
        run_one(job("mnist/ae5", tmp_path), SILENT)


@pytest.mark.usefixtures("tiny_digits")
def test_a_full_disk_is_told_what_to_do(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pipeline, "fit", full)
    with pytest.raises(PipelineError, match=r"The disk is full .*--runs and --out; the last saved state of mnist/ae5"):
        run_one(job("mnist/ae5", tmp_path), SILENT)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said(tmp_path):
    with pytest.raises(DeviceError, match="asks for a GPU and torch sees none"):
        device_name("cuda")
    assert device_name("auto") == "cpu"
    answer = call("--device", "cuda", "--only", "mnist/ae5", "--out", str(tmp_path), "--runs", str(tmp_path))
    assert answer.exit_code == 2 and "asks for a GPU" in answer.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("width", [80, 100, 200])
def test_tables_fit_the_terminal_and_cut_no_figure(width, tmp_path):
    console = Console(width=width, record=True, file=io.StringIO())
    metrics = {name: (12.345678, 23.456789) for name in HEADLINES}
    outcome = Outcome(status="done", seconds={"training": 100.0}, metrics=metrics, note="Already there.")
    console.print(recipe_table(list(RECIPES.values()), tmp_path, width))
    console.print(result_table({"dsprites/vae-paper": outcome, "mnist/ig5": "It failed. " * 9}, console))
    text = console.export_text()
    assert "…" not in text and "..." not in text
    assert text.count("12.3 (23.5)") >= (6 if width == 200 else 2)
    assert text.count("dsprites/vae") == 3


def test_generators_stand_on_their_judge():
    assert needed(RECIPES["mnist/ig5"]) == ("mnist/digits",)
    assert needed(RECIPES["mnist/ae5"]) == ()


# ---- the command line ----


def test_rows_are_chosen_by_pattern_and_preset():
    assert [row.id for row in chosen(["sinelines/*"], "starter")] == ["sinelines/ae", "sinelines/vae", "sinelines/gt"]
    assert {row.preset for row in chosen([], "paper")} == {"paper"}
    assert len(chosen([], "all")) == len(RECIPES)
    assert [row.id for row in chosen(["mnist/tc5-paper"], "starter")] == ["mnist/tc5-paper"], "a full id says it all"


def test_the_list_names_every_recipe_of_the_preset():
    result = call("--list", "--preset", "all")
    assert result.exit_code == 0
    assert all(name in result.output for name in RECIPES)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--only", "mnist/ae6"], "No recipe 'mnist/ae6'; did you mean 'mnist/ae5'"),
        (["--preset", "big"], "--preset is starter, paper or all; got 'big'"),
        (["--only", "*-paper"], "No recipe of preset 'starter' matches"),
        (["--only", "mnist/ae5", "--set", "lr=1"], "mnist/ae5: No setting 'lr'"),
        (["--seeds", "0,1,2,3,4,5"], "at most 5 seeds"),
        (["--seeds", "a"], "whole numbers with commas"),
    ],
)
def test_a_wrong_call_is_answered_with_code_2(words, message):
    result = call(*words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_lone_ray_means_the_cluster_of_this_machine():
    assert arguments(["--ray", "--list"]) == ["--ray=auto", "--list"]
    assert arguments(["--only", "a", "--ray"]) == ["--only", "a", "--ray=auto"]
    assert arguments(["--ray", "host:6379"]) == ["--ray", "host:6379"]


def test_a_dry_run_estimates_and_writes_nothing(tmp_path):
    places = ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "out")]
    result = call("--only", "sinelines/*", "--dry-run", *places)
    assert result.exit_code == 0
    assert "105,600" in result.output and "all, 1 at once" in result.output
    assert not list(tmp_path.iterdir())


def test_a_dry_run_tells_what_is_wrong_with_a_row_in_its_line(monkeypatch):
    bad = vary(RECIPES["sinelines/vae"], ["dataset=foo"])
    waits = replace(RECIPES["sinelines/ae"], needs=("mnist/none",))
    monkeypatch.setattr("scripts.train_all.chosen", lambda only, preset: [RECIPES["sinelines/gt"], bad, waits])
    result = call("--dry-run")
    assert result.exit_code == 1
    lines = {line.split()[0]: line for line in result.output.splitlines() if line.startswith("sinelines/")}
    assert "KeyError: No data set 'foo'; choose one of" in lines["sinelines/vae+dataset=foo"]
    assert "105,600" in lines["sinelines/ae"] and "Cannot be measured before mnist/none is" in lines["sinelines/ae"]
    assert "0 s" in lines["sinelines/gt"] and "at least 0 s" in result.output
    monkeypatch.setattr("scripts.train_all.chosen", lambda only, preset: [waits])
    assert call("--dry-run").exit_code == 0, "it may be trained by the same call"


class Here:
    """Does the work in this process."""

    slots = 1

    def start(self, name, work, argument):
        self.messages = [Message(name, "done", work(argument, SILENT))]

    def poll(self):
        return self.messages

    def close(self):
        self.messages = []


class Interrupted(Here):
    """Somebody presses Ctrl-C while the first run is on."""

    def start(self, name, work, argument):
        raise KeyboardInterrupt


@pytest.mark.usefixtures("tiny_digits")
def test_the_manifest_keeps_what_it_knows_of_runs_that_are_not_run_again(tmp_path):
    jobs = [job(name, tmp_path, threads=3) for name in ("mnist/ae5", "mnist/vae5")]
    tasks = [Task(one.recipe.id, one) for one in jobs]
    manifest, console = Manifest(tmp_path / "runs" / "manifest.json"), Console(quiet=True)
    run_all(tasks, Here(), console)
    first = manifest.read()
    assert {(entry.status, entry.device, entry.threads) for entry in first.values()} == {("done", "cpu", 3)}
    assert all(entry.seconds.keys() == {"training", "evaluation"} for entry in first.values())
    elsewhere = [replace(task, argument=replace(task.argument, threads=1, device="auto")) for task in tasks]
    run_all(elsewhere, Here(), console)
    again = manifest.read()
    for name, entry in again.items():
        assert (entry.status, entry.device, entry.threads) == ("done", "cpu", 3), "as it was trained"
        assert entry.seconds == {"training": first[name].seconds["training"]}
        assert (entry.checkpoint, entry.headline) == (first[name].checkpoint, first[name].headline)
    run_all(elsewhere, Interrupted(), console)
    last = manifest.read()
    assert last["mnist/ae5"].status == "interrupted"
    assert last["mnist/vae5"] == again["mnist/vae5"]


SETTINGS = ["steps=400", "batch_size=32"]
WORDS = ["--only", "sinelines/vae", "--only", "sinelines/gt", "--device", "cpu", "--save-every", "0"]


@pytest.mark.timeout(1500)  # a machine under load may need minutes to import torch four times
def test_killed_and_started_again_it_ends_with_the_weights_of_a_run_left_alone(tmp_path):
    """Also the whole way through: worker processes, manifest, table, exit codes."""
    row = vary(RECIPES["sinelines/vae"], SETTINGS)
    places = ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "out")]
    sets = [word for setting in SETTINGS for word in ("--set", setting)]
    command = [sys.executable, str(ROOT / "scripts" / "train_all.py"), *WORDS, *sets, *places]
    environment = {**os.environ, "COLUMNS": "250"}
    state = run_folder(tmp_path / "runs", row) / "state.safetensors"
    first = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: state.exists(), first)
        time.sleep(random.Random(1).uniform(0, 0.3))
    finally:
        first.send_signal(signal.SIGKILL)  # the parent alone: its worker must not go on behind its back
        first.wait()
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert "sinelines/vae" in again.stdout and "(3.28)" in again.stdout, "our figure beside the paper's"
    dataset = DATASETS.build("sinelines")
    whole = fit(row, dataset.split("train"), folder=tmp_path / "whole", report_every=20)
    weights = load_file(tmp_path / "out" / row.id / "model.safetensors")
    assert all(torch.equal(value, weights[name]) for name, value in whole.state_dict().items())
    entries = Manifest(tmp_path / "runs" / "manifest.json").read()
    assert {entry.status for entry in entries.values()} == {"done"}
    assert entries[row.id].headline["mse"] > 0 and entries[row.id].device == "cpu"
    assert json.loads((tmp_path / "out" / row.id / "config.json").read_text())["recipe"]["steps"] == 400


@pytest.mark.timeout(900)
def test_a_run_that_fails_does_not_stop_the_others(tmp_path):
    words = ["--only", "sinelines/ae", "--only", "sinelines/gt", "--set", "steps=20", "--set", "optimiser.lr=1e30"]
    command = [sys.executable, str(ROOT / "scripts" / "train_all.py"), *words]
    command += ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "out"), "--device", "cpu"]
    result = subprocess.run(
        command, env={**os.environ, "COLUMNS": "250"}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1, result.stderr
    assert "is not finite" in result.stdout
    entries = Manifest(tmp_path / "runs" / "manifest.json").read()
    assert {name.partition("+")[0]: entry.status for name, entry in entries.items()} == {
        "sinelines/ae": "failed",
        "sinelines/gt": "done",
    }
    trace = next((tmp_path / "runs" / "sinelines").glob("ae*")) / "error.txt"
    assert "TrainingDivergedError" in trace.read_text()


def wait_for(condition, process, seconds=600):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.01)
