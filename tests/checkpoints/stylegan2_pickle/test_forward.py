from __future__ import annotations

import pytest
import torch

from engine.checkpoints.stylegan2_pickle import read
from tests.checkpoints.stylegan2_pickle import writer
from tests.checkpoints.stylegan2_pickle.forward import BruteForce

OPTIONS = {  # the layers of a network with base 2048, narrower
    "32 px": {"size": 32, "z": 16, "w": 16, "base": 512, "most": 32},
    "conditional": {"size": 8, "c": 3},
    "resnet": {"size": 16, "architecture": "resnet", "judge": "skip", "rate": 0.05},
    "orig": {"size": 16, "architecture": "orig", "judge": "orig", "noise": False, "group": 2},
    "clamped": {"size": 16, "architecture": "resnet", "clamp": 0.75},
}


@pytest.fixture(params=OPTIONS)
def pair(request, tmp_path):
    """A network read from a file, and the brute force with the tensors that went into it."""
    options = OPTIONS[request.param]
    content = writer.snapshot(**{"clamp": 256, "layers": 2} | options)
    path = tmp_path / "a.pkl"
    path.write_bytes(writer.written(content))
    found = read(path)
    model = found.network.build().eval()
    model.load_state_dict(found.tensors)
    chosen = {k: v for k, v in options.items() if k in ("architecture", "judge", "rate", "group")}
    brute = BruteForce(
        content["G_ema"].state_dict(),
        content["D"].state_dict(),
        size=options["size"],
        clamp=options.get("clamp", 256),
        **chosen,
    )
    return model, brute


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def classes(model, count):
    if not model.num_classes:
        return None, None
    labels = torch.arange(count) % model.num_classes
    return labels, torch.eye(model.num_classes)[labels]


@torch.no_grad()
@pytest.mark.parametrize("psi", [1.0, 0.5])
def test_pictures_are_those_of_the_operations_themselves(pair, psi):
    model, brute = pair
    z = draw(2, model.z_dim)
    labels, c = classes(model, 2)
    w = model.map(z, labels, psi=psi)
    expected_w = brute.styles(z, c, psi)
    torch.testing.assert_close(w.double(), expected_w, rtol=0, atol=1e-4)
    ws = expected_w[:, None].repeat(1, model.num_ws, 1)
    ws[:, 2:] += draw(2, model.num_ws - 2, model.w_dim, seed=1)  # every layer a style of its own
    raw = brute.picture(ws)
    torch.testing.assert_close(model.synthesis(ws.float()).double(), raw, rtol=0, atol=1e-4)
    decoded = model.decode(ws.float().flatten(1)).double()
    torch.testing.assert_close(decoded, (raw / 2 + 0.5).clamp(0, 1), rtol=0, atol=1e-4)
    assert ((decoded > 0) & (decoded < 1)).double().mean() > 0.1, "not all of it is cut off"


@torch.no_grad()
def test_the_discriminator_is_that_of_the_operations_themselves(pair):
    model, brute = pair
    x = draw(4, *model.space.shape, seed=2)
    labels, c = classes(model, 4)
    found = model.discriminator(x, model.condition(labels))
    torch.testing.assert_close(found.double(), brute.realness(x, c), rtol=0, atol=1e-4)
