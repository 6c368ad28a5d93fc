"""A few small checkpoints with random weights, in the real folder format, for tests of the apps.

`python tests/apps/zoo.py FOLDER` writes them; LATENT_EXPLORER_CHECKPOINTS=FOLDER makes them the catalogue.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from engine.checkpoints import Examples, write_checkpoint
from engine.data import load_dataset
from engine.models.axes import axes_of
from engine.training import RECIPES
from engine.training.recipe import Network

IDS = ("dsprites/vae", "sinelines/vae", "sinelines/gt", "mnist/tc5", "mnist/ig5", "mnist/digits")
SIZE = {"mnist/tc5": {"width": 4, "hidden": 16}, "mnist/ig5": {"width": 4, "hidden": 16},
        "mnist/digits": {"width": 2, "hidden": 8}}  # fmt: skip
ROWS = 96


def make_zoo(root, ids=IDS):
    """Writes the checkpoints below `root` and returns it; takes a few seconds."""
    for name in ids:
        write(Path(root), name)
    return Path(root)


@torch.no_grad()
def write(root, name):
    row = RECIPES[name]
    if name in SIZE:
        row = replace(row, network=Network(row.network.name, {**row.network.options, **SIZE[name]}))
    model = row.network.build(seed=3).eval()
    generator = torch.Generator().manual_seed(7)
    x, labels, factors = rows_of(row.dataset, generator)
    codes = codes_of(model, x, labels, factors, generator)
    names = load_dataset(row.dataset).factor_names if hasattr(model, "factors") else ()
    axes = () if codes is None else axes_of(model, codes, names=names, num_bases=4)
    log = root / "log.csv"
    root.mkdir(parents=True, exist_ok=True)
    log.write_text(log_text())
    examples = Examples(x=x, codes=codes, labels=labels, factors=factors)
    training = {"steps": row.steps, "seconds": 1234.0, "device": "cpu", "threads": 1}
    measured = metrics(row, codes, factors)
    trained = row.objective is not None
    write_checkpoint(
        root, model, recipe=row, axes=axes, examples=examples, metrics=measured, training=training,
        log=log if trained else None,
    )  # fmt: skip
    log.unlink()


def rows_of(dataset, generator):
    """Examples, labels and factors; digits are drawn as ovals, since MNIST may not be there."""
    if dataset != "mnist":
        batch = load_dataset(dataset).split("test").batch(range(ROWS))
        return batch.x, batch.labels, batch.factors
    labels = torch.arange(ROWS) % 10
    y, x = torch.meshgrid(torch.linspace(-1, 1, 28), torch.linspace(-1, 1, 28), indexing="ij")
    radius = (x / (0.25 + 0.05 * labels[:, None, None])) ** 2 + (y / 0.7) ** 2
    noise = 0.1 * torch.rand(ROWS, 28, 28, generator=generator)
    return (torch.exp(-((radius - 1) ** 2) * 6) * 0.9 + noise).clamp(0, 1)[:, None], labels, None


def codes_of(model, x, labels, factors, generator):
    if not hasattr(model, "decode"):
        return None
    if hasattr(model, "encode"):
        return model.encode(x, labels) if getattr(model, "num_classes", 0) else model.encode(x)
    return factors if hasattr(model, "factors") else model.sample(len(x), generator=generator)


def metrics(row, codes, factors):
    """Numbers in the form of metrics.json; they describe nothing and are only for layout."""
    def one(value, paper, better, unit=""):
        return {"value": value, "unit": unit, "definition": "A number of a test.", "paper_value": paper,
                "higher_is_better": better}  # fmt: skip

    if row.id == "mnist/digits":
        return {"accuracy": one(0.991, None, True)}
    paper = row.paper.get("mse")
    found = {"mse": one((paper or 5.0) * 1.04, paper, False, "squared error per example")}
    if factors is not None and codes is not None and row.objective is not None:
        matrix = [[abs(math.sin(3 * j + 5 * i)) for i in range(factors.shape[1])] for j in range(codes.shape[1])]
        found |= {"mi_matrix": one(matrix, None, None, "bits"), "mig": one(0.1234, row.paper.get("mig"), True)}
    return found


def log_text():
    lines = ["step,time,loss,bernoulli,kl,total_correlation"]
    for step in range(100, 10_001, 100):
        bernoulli, kl = 90 + 450 * math.exp(-step / 700), 14 - 12 * math.exp(-step / 900)
        lines.append(f"{step},{1000 + step / 50},{bernoulli + kl:.4f},{bernoulli:.4f},{kl:.4f},{kl / 9 - 0.2:.4f}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    torch.set_num_threads(1)
    make_zoo(sys.argv[1])
