from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torchvision import models

from engine.checkpoints import ConfigError, MissingCheckpointError, weights_hash, write_checkpoint
from engine.checkpoints.hub import file_names
from engine.checkpoints.hub_reference import HubReference, parse_hub
from engine.checkpoints.time_limit import within
from tests.checkpoints.small import METRICS, TRAINING, examples_of, recipe

HERE = Path(__file__).resolve().parent
LIMIT_S = 3.0


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """One process uploads to, downloads from and loses a local Hub; what it noted, step by step."""
    folder = tmp_path_factory.mktemp("hub")
    root = folder / "checkpoints"
    digits = write(root, "mnist/digits")
    write(root, "mnist/ss5", needs={"mnist/digits": weights_hash(digits)})
    write(root, "sinelines/vae")
    write(root, "sinelines/ae")
    log = folder / "requests.txt"
    with log.open("w") as file:
        server = subprocess.Popen([sys.executable, str(HERE / "hub_server.py")], stdout=file)
    try:
        deadline = time.monotonic() + 60
        while not log.read_text().endswith("\n") and time.monotonic() < deadline:
            time.sleep(0.02)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")} | {
            "HF_ENDPOINT": f"http://127.0.0.1:{log.read_text().split()[0]}",
            "HF_HOME": str(folder / "home"),
            "LATENT_EXPLORER_CHECKPOINTS": str(root),
            "OMP_NUM_THREADS": "1",
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }
        command = [sys.executable, str(HERE / "hub_client.py"), str(log), str(owls(folder / "owls"))]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout.splitlines()[-1])
    finally:
        server.kill()
        server.wait()


def owls(folder):
    """A classifier as timm's repositories hold them."""
    torch.manual_seed(0)
    network = models.get_model("shufflenet_v2_x0_5", weights=None, num_classes=2)
    config = {"architecture": "shufflenet_v2_x0_5", "pretrained_cfg": {"input_size": [3, 64, 64]}}
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**config, "num_classes": 2, "label_names": ["owl", "cat"]}))
    safetensors.torch.save_file(network.state_dict(), folder / "model.safetensors")
    return folder


def write(root, name, needs=None):
    row = recipe(name, needs=tuple(needs or ()))
    model = row.network.build(seed=3).eval()
    examples, axes = examples_of(model)
    return write_checkpoint(
        root, model, recipe=row, axes=axes, examples=examples, metrics=METRICS, training=TRAINING, needs=needs or {}
    )


def test_a_foreign_classifier_on_the_hub_names_its_weights():
    assert file_names({"architecture": "resnet18"}) == ["model.safetensors"]
    assert file_names({"architecture": "resnet18", "weights": "owls.safetensors"}) == ["owls.safetensors"]
    with pytest.raises(ConfigError, match=r"'owls\.pt'; of the Hub only safetensors are taken"):
        file_names({"architecture": "resnet18", "weights": "owls.pt"})


def test_uploading_takes_a_token(story):
    outcome = story["no token"]["result"]
    assert outcome["code"] == 1
    assert "The Hub does not let you write to someone/zoo" in outcome["text"]
    assert "Log in with `hf auth login`, or set HF_TOKEN, with a token that may write there" in outcome["text"]
    assert "terms" not in outcome["text"], "there are none to accept"


def test_a_dry_run_sends_nothing(story):
    assert story["dry run"]["result"]["code"] == 0
    assert story["dry run"]["requests"] == []
    assert "mnist/digits" in story["dry run"]["result"]["text"], "what it stands on comes with it"


def test_an_upload_is_one_commit(story):
    outcome = story["upload"]
    assert outcome["result"]["code"] == 0, outcome["result"]["text"]
    assert "Uploaded 4 checkpoints to someone/zoo, commit " in outcome["result"]["text"]
    assert "CREATE someone/zoo private" in outcome["requests"]
    assert outcome["requests"].count("POST /api/models/someone/zoo/commit/main") == 1


def test_a_download_is_the_model_that_was_uploaded(story):
    assert story["shipped"]["requests"] == []
    assert story["download"]["result"] == story["shipped"]["result"]
    assert story["download"]["requests"]


def test_what_is_cached_asks_nobody(story):
    for step in ("again", "needed"):  # what a checkpoint stands on was fetched with it
        assert story[step]["result"][0].startswith("mnist/")
        assert story[step]["requests"] == []


def test_a_commit_can_be_pinned(story):
    assert story["pinned"]["result"][0] == "sinelines/vae"


def test_a_branch_can_be_made_and_stale_files_go(story):
    assert story["upload more"]["result"]["code"] == 0, story["upload more"]
    assert "POST /api/models/someone/zoo/branch/next" in story["upload more"]["requests"]
    assert story["upload less"]["result"]["code"] == 0, story["upload less"]
    assert story["branch"]["result"] == story["pinned"]["result"]


@pytest.mark.parametrize(
    ("step", "error", "text"),
    [
        (
            "top",
            "MissingCheckpointError",
            "has no checkpoint at its top; it has someone/zoo/mnist/digits, someone/zoo/m",
        ),
        ("no such folder", "MissingCheckpointError", "someone/zoo on the Hub has no folder mnist/nothing; it has"),
        ("no such revision", "MissingCheckpointError", "someone/zoo on the Hub has no revision 'nothing'"),
        ("no such repository", "MissingCheckpointError", "The Hub has no model repository someone/nothing, or it is"),
        ("known data set", "MissingCheckpointError", "No checkpoint 'mnist/nothing'; did you mean 'mnist/"),
        ("impossible name", "MissingCheckpointError", "'a--b/c' is no name of a repository"),
        ("gated", "GatedError", "gated/zoo on the Hub asks for permission"),
        (
            "slow",
            "OfflineError",
            "slow/zoo is neither shipped nor in the local cache, and the Hub cannot be reached (no an",
        ),
        ("broken", "OfflineError", "The Hub could not answer for broken/zoo"),
        (
            "made elsewhere, without weights",
            "MissingCheckpointError",
            "has an incomplete checkpoint at its top: model.safetensors is missing",
        ),
        ("damaged", "PickleInDisguiseError", "is a zip archive, as torch.save writes, not safetensors"),
        ("down: miss", "OfflineError", "someone/zoo is neither shipped nor in the local cache"),
        ("offline mode: miss", "OfflineError", "HF_HUB_OFFLINE"),
        ("down: another miss", "OfflineError", "Connect to the network once, or pass a folder or one of the shipped"),
    ],
)
def test_each_failure_has_its_own_error(story, step, error, text):
    assert story[step].get("error") == error, story[step]
    assert text in story[step]["text"]


def test_a_known_data_set_is_never_asked_for_on_the_hub(story):
    assert story["known data set"]["requests"] == []


def test_a_repository_can_be_one_checkpoint(story):
    assert story["alone"]["result"] == story["pinned"]["result"]


def test_a_classifier_made_elsewhere_is_one_too(story):
    outcome = story["made elsewhere"]
    id, classes, probabilities = outcome["result"]
    assert (id, classes) == ("someone/owls", ["owl", "cat"])
    assert sum(probabilities) == pytest.approx(1)
    assert story["made elsewhere, again"]["result"] == outcome["result"]
    assert story["made elsewhere, again"]["requests"] == []
    assert story["made elsewhere, imported"]["result"].endswith("/folder/owls")


@pytest.mark.parametrize("step", ["start", "start, pinned"])
def test_weights_to_start_from_are_named_with_their_commit(story, step):
    name, expected, count = story[step]["result"]
    assert name == expected and len(name.partition("@")[2]) == 40
    assert count > 100


def test_with_the_hub_down_what_is_there_still_loads(story):
    for step in ("down: shipped", "down: cached", "offline mode: cached"):
        assert story[step]["result"] == story["shipped"]["result"]
    assert story["down: pinned"]["result"] == story["pinned"]["result"]


@pytest.mark.parametrize("steps", [("slow",), ("broken",), ("down: miss", "down: another miss")])
def test_a_miss_fails_quickly(story, steps):
    assert min(story[step]["seconds"] for step in steps) < LIMIT_S


def test_an_upload_with_the_hub_down_says_so(story):
    outcome = story["down: upload"]["result"]
    assert outcome["code"] == 1
    assert "Nothing was uploaded to someone/zoo: the Hub cannot be reached" in outcome["text"]
    assert "neither shipped nor in the local cache" not in outcome["text"]


def test_a_file_that_cannot_be_read_is_not_blamed_on_the_network(story):
    assert story["unreadable"]["error"] == "FileNotFoundError"
    assert story["unreadable"]["requests"] == []


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("owner/repo", HubReference("owner/repo")),
        ("owner/repo/mnist/tc5", HubReference("owner/repo", "mnist/tc5")),
        ("owner/repo/mnist/tc5@v1.0", HubReference("owner/repo", "mnist/tc5", "v1.0")),
        ("owner/repo@refs/pr/1", HubReference("owner/repo", "", "refs/pr/1")),
        ("owner/repo@", HubReference("owner/repo")),
    ],
)
def test_references(ref, expected):
    assert parse_hub(ref) == expected


@pytest.mark.parametrize("ref", ["owner", "owner//repo", "owner/repo/../x", "../x/y", "owner/re po", "/owner/repo"])
def test_no_references(ref):
    with pytest.raises(MissingCheckpointError, match="owner/repo, owner/repo/mnist/tc5, optionally @revision"):
        parse_hub(ref)


def test_within_a_time_limit():
    assert within(5.0, lambda: 3) == 3
    with pytest.raises(TimeoutError, match="no answer within 0.05 s"):
        within(0.05, lambda: time.sleep(5))
    with pytest.raises(KeyError):
        within(5.0, lambda: {}["x"])
