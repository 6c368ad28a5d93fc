"""Small real networks, their examples and rows, for tests of checkpoints."""

from __future__ import annotations

import torch

from engine.checkpoints import Examples
from engine.models.axes import axes_of
from engine.training import Network, Recipe

SMALL = {
    "sinelines/vae": Network("dense", {"num_latents": 3, "hidden": 8}),
    "sinelines/ae": Network("dense", {"num_latents": 2, "hidden": 8, "variational": False}),
    "sinelines/gt": Network("sinelines-formula"),
    "dsprites/vae": Network("burgess", {"num_latents": 2, "width": 2, "hidden": 8}),
    "celeba/vae": Network("burgess", {"num_latents": 2, "channels": 3, "width": 2, "hidden": 8}),
    "dsprites/gt": Network("burgess-decoder", {"num_factors": 5, "width": 2, "hidden": 8}),
    "mnist/ss5": Network("factor-vae-28", {"num_latents": 2, "num_classes": 10, "width": 2, "hidden": 8}),
    "mnist/ig5": Network("info-gan-28", {"width": 2, "hidden": 8}),
    "mnist/half": Network("decoder-of", {"of": "factor-vae-28", "num_latents": 2, "width": 2, "hidden": 8}),
    "mnist/digits": Network("digit-classifier", {"classes": list("0123456789"), "width": 2, "hidden": 8}),
}
METRICS = {
    "mse": {
        "value": 1.5,
        "unit": "squared error",
        "definition": "A test.",
        "paper_value": 2.0,
        "higher_is_better": False,
    },
    "mi_matrix": {"value": [[0.1, 0.2], [0.3, 0.4]], "unit": "bits", "definition": "A test.", "paper_value": None},
}
TRAINING = {"steps": 3, "seconds": 1.25, "device": "cpu", "threads": 1, "finished": "2026-01-01T00:00:00+00:00"}


def recipe(name, **changes):
    fields = {"id": name, "title": f"Small {name}", "dataset": name.partition("/")[0], "objective": None, "steps": 3}
    return Recipe(**{**fields, "network": SMALL.get(name, SMALL["sinelines/vae"]), "note": "A test.", **changes})


@torch.no_grad()
def examples_of(model, rows=16):
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(rows, *model.space.shape, generator=generator)
    labels = torch.arange(rows) % 10
    if hasattr(model, "probabilities"):
        return Examples(x=x, labels=labels), ()
    if hasattr(model, "encode"):
        codes = model.encode(x)
    elif hasattr(model, "sample"):
        codes = model.sample(rows, generator=generator)
    else:
        codes = torch.randn(rows, model.latent_dim, generator=generator)
    extra = {"scatter_codes": codes.half(), "scatter_labels": labels.to(torch.uint8)}
    return Examples(x=x, codes=codes, labels=labels, factors=x.flatten(1)[:, :4], extra=extra), axes_of(
        model, codes, num_bases=2
    )
