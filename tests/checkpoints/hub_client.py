"""Uploads, downloads and loses a Hub, in a process whose HF_ENDPOINT is the test's own server; prints what happened.

Arguments: the server's log of requests, and a folder with a classifier made elsewhere.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from typer.testing import CliRunner

import engine
from engine.checkpoints import CheckpointError, import_classifier, upload
from engine.training import RECIPES
from scripts.export import app
from scripts.training.needs import start_of

LOG = Path(sys.argv[1])
RESULTS: dict[str, dict] = {}


def note(name, action):
    """Keeps what an action returned or raised, how long it took and which requests it made."""
    before, start = len(LOG.read_text().splitlines()), time.monotonic()
    try:
        result = {"result": action()}
    except (CheckpointError, OSError) as error:
        result = {"error": type(error).__name__, "text": str(error)}
    seconds = time.monotonic() - start
    RESULTS[name] = result | {"seconds": seconds, "requests": LOG.read_text().splitlines()[before:]}
    return result.get("result")


def export(*arguments):
    outcome = CliRunner().invoke(app, list(arguments))
    return {"code": outcome.exit_code, "text": outcome.output}


def output(ref):
    model = engine.load(ref, device="cpu")
    z = getattr(model.examples, "codes", None)
    made = model.probabilities(model.examples.x) if z is None else model.decode(z)
    return [model.id, round(float(made.double().sum()), 6)]


def foreign(ref):
    model = engine.load(ref, device="cpu")
    x = torch.full((1, *model.space.shape), 0.25)
    return [model.id, list(model.classes), model.probabilities(x)[0].tolist()]


def without_shipped(ref):
    """As on a machine that has no checkpoints of its own."""
    shipped = os.environ["LATENT_EXPLORER_CHECKPOINTS"]
    os.environ["LATENT_EXPLORER_CHECKPOINTS"] = shipped + "-none"
    try:
        return output(ref)
    finally:
        os.environ["LATENT_EXPLORER_CHECKPOINTS"] = shipped


def start(ref):
    """What a run that starts from there keeps of it; beside what the Hub calls that commit."""
    found = start_of(replace(RECIPES["flowers/daisy-sunflowers-paper"], start=ref))
    name, _, revision = ref.partition("@")
    commit = huggingface_hub.HfApi().model_info(name, revision=revision or None).sha
    return [found.name, f"{name}@{commit}", len(found.tensors)]


def commit_of(text):
    return text.rpartition("commit ")[2][:40]


import huggingface_hub  # noqa: E402 - its slow import should not count as waiting for the network

note("no token", lambda: export("sinelines/vae", "--hub", "someone/zoo"))
os.environ["HF_TOKEN"] = "hf_test"
note("dry run", lambda: export("mnist/ss5", "--hub", "someone/zoo", "--dry-run"))
first = note("upload", lambda: export("mnist/ss5", "sinelines/*", "--hub", "someone/zoo", "--private"))
commit = commit_of(first["text"])
note("shipped", lambda: output("mnist/ss5"))
note("download", lambda: without_shipped("someone/zoo/mnist/ss5"))
note("again", lambda: without_shipped("someone/zoo/mnist/ss5"))
note("needed", lambda: without_shipped("someone/zoo/mnist/digits"))
note("pinned", lambda: without_shipped(f"someone/zoo/sinelines/vae@{commit}"))

vae = Path(os.environ["LATENT_EXPLORER_CHECKPOINTS"]) / "sinelines" / "vae"
(vae / "extra.csv").write_text("1\n")
note("upload more", lambda: export("sinelines/vae", "--hub", "someone/zoo", "--revision", "next"))
(vae / "extra.csv").unlink()
note("unreadable", lambda: upload({"sinelines/vae": vae.with_name("gone")}, "someone/zoo"))
note("upload less", lambda: export("sinelines/vae", "--hub", "someone/zoo", "--revision", "next"))
note("branch", lambda: without_shipped("someone/zoo/sinelines/vae@next"))

note("top", lambda: output("someone/zoo"))
note("no such folder", lambda: output("someone/zoo/mnist/nothing"))
note("no such revision", lambda: output("someone/zoo/mnist/ss5@nothing"))
note("no such repository", lambda: output("someone/nothing"))
note("known data set", lambda: output("mnist/nothing"))
note("impossible name", lambda: output("a--b/c"))
note("gated", lambda: output("gated/zoo"))
note("slow", lambda: output("slow/zoo"))
note("broken", lambda: output("broken/zoo"))

huggingface_hub.HfApi().create_repo("someone/owls")
huggingface_hub.HfApi().upload_folder(repo_id="someone/owls", folder_path=sys.argv[2])
note("made elsewhere", lambda: foreign("someone/owls"))
note("made elsewhere, again", lambda: foreign("someone/owls"))
note("made elsewhere, imported", lambda: str(import_classifier("someone/owls", Path(sys.argv[2]) / "out")))
note("start", lambda: start("someone/owls"))
state = huggingface_hub.HfApi().model_info("someone/owls").sha
huggingface_hub.HfApi().upload_file(path_or_fileobj=b"more", path_in_repo="notes.txt", repo_id="someone/owls")
note("start, pinned", lambda: start(f"someone/owls@{state}"))
huggingface_hub.HfApi().delete_file("model.safetensors", repo_id="someone/owls")
state = huggingface_hub.HfApi().model_info("someone/owls").sha
note("made elsewhere, without weights", lambda: foreign(f"someone/owls@{state}"))

huggingface_hub.HfApi().create_repo("someone/one")
huggingface_hub.HfApi().upload_folder(repo_id="someone/one", folder_path=vae)
note("alone", lambda: without_shipped("someone/one"))
huggingface_hub.HfApi().upload_file(
    repo_id="someone/one", path_in_repo="model.safetensors", path_or_fileobj=b"PK\x03\x04 no weights", revision="main"
)
state = huggingface_hub.HfApi().model_info("someone/one").sha
note("damaged", lambda: without_shipped(f"someone/one@{state}"))

with contextlib.suppress(OSError):  # it dies, as it should
    urllib.request.urlopen(urllib.request.Request(os.environ["HF_ENDPOINT"] + "/stop", method="POST"), timeout=10)
note("down: shipped", lambda: output("mnist/ss5"))
note("down: cached", lambda: without_shipped("someone/zoo/mnist/ss5"))
note("down: pinned", lambda: without_shipped(f"someone/zoo/sinelines/vae@{commit}"))
note("down: miss", lambda: output("someone/zoo/sinelines/ae"))
note("down: another miss", lambda: output("someone/other"))
note("down: upload", lambda: export("sinelines/vae", "--hub", "someone/zoo"))
huggingface_hub.constants.HF_HUB_OFFLINE = True  # as the environment variable does before the library is imported
note("offline mode: cached", lambda: without_shipped("someone/zoo/mnist/ss5"))
note("offline mode: miss", lambda: output("someone/other"))
print(json.dumps(RESULTS))
