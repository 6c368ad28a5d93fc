"""Writes decoders in the study's TensorFlow.js format, and decodes with them as its page does."""

from __future__ import annotations

import json

import numpy as np
import torch
from torch import nn

SHARD = 4_194_304
PERCENTILES = ("0", "1", "2", "5", "25", "33", "45", "48", "50", "52", "55", "67", "75", "95", "98", "99", "100")


def dsprites(latents=5, width=32, hidden=256):
    shapes = {"b_deconv4": [1]}
    shapes |= {f"b_deconv{n}": [width] for n in (3, 2, 1)}
    shapes |= {"b_fc2": [16 * width], "W_fc2": [hidden, 16 * width], "b_fc1": [hidden], "W_fc1": [latents, hidden]}
    shapes |= {f"W_deconv{n}": [4, 4, width, width] for n in (1, 2, 3)}
    return {f"ae/dec/{name}": shape for name, shape in (shapes | {"W_deconv4": [4, 4, 1, width]}).items()}


def sinelines(latents=5, hidden=256, length=64):
    shapes = {
        "out/bias": [length],
        "out/kernel": [hidden, length],
        "fc1/bias": [hidden],
        "fc1/kernel": [hidden, hidden],
    }
    shapes |= {"fc0/bias": [hidden], "fc0/kernel": [latents, hidden]}
    return {f"ae/dec/{name}": shape for name, shape in shapes.items()}


def mnist(latents=5, width=64, hidden=1024):
    dense = 98 * width
    shapes = {f"dec3_bn_1/FusedBatchNorm/{kind}": [width] for kind in ("Offset", "Scaled")}
    shapes |= {f"dec2_bn_1/batchnorm/{kind}": [dense] for kind in ("sub", "mul")}
    shapes |= {"dec2/bias": [dense], "dec2/kernel": [hidden, dense]}
    shapes |= {f"dec1_bn_1/batchnorm/{kind}": [hidden] for kind in ("sub", "mul")}
    shapes |= {"dec1/bias": [hidden], "dec1/kernel": [latents, hidden]}
    shapes |= {"dec3/kernel": [4, 4, width, 2 * width], "dec4/kernel": [4, 4, 1, width]}
    return {f"ae/{name}": shape for name, shape in shapes.items()}


def ig5(latents=15, width=64, hidden=1024):
    dense = 98 * width
    shapes = {"deconv2/b": [1]} | {f"deconv1_1/bn/FusedBatchNorm/{kind}": [width] for kind in ("Offset", "Scaled")}
    shapes |= {"deconv1/b": [width]} | {f"fc1_1/bn/batchnorm/{kind}": [dense] for kind in ("sub", "mul")}
    shapes |= {"fc1/b": [dense], "fc1/W": [hidden, dense]}
    shapes |= {f"fc0_1/bn/batchnorm/{kind}": [hidden] for kind in ("sub", "mul")}
    shapes |= {"fc0/b": [hidden], "fc0/W": [latents, hidden]}
    shapes |= {"deconv1/W": [4, 4, width, 2 * width], "deconv2/W": [4, 4, 1, width]}
    return {f"gen/{name}": shape for name, shape in shapes.items()}


def draw(shapes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=generator) * 0.2 for name, shape in shapes.items()}


def write(folder, tensors, config, *, constants=13):
    """Writes config.json, the manifest and its shards, with integer constants between the float tensors."""
    web = folder / "decoder_web"
    web.mkdir(parents=True)
    entries, data = [], b""
    for place, (name, value) in enumerate(tensors.items()):
        entries.append({"name": name, "shape": list(value.shape), "dtype": "float32"})
        data += value.numpy().astype("<f4").tobytes()
        if place < constants:
            size = 1 if place < len(tensors) - 1 else constants - place
            entries.append({"name": f"Reshape_{place}/shape", "shape": [size], "dtype": "int32"})
            data += np.full(size, -1, dtype="<i4").tobytes()
    total = -(-len(data) // SHARD)
    names = [f"group1-shard{n + 1}of{total}.pb" for n in range(total)]
    for n, name in enumerate(names):
        (web / name).write_bytes(data[n * SHARD : (n + 1) * SHARD])
    (web / "weights_manifest.json").write_text(json.dumps([{"paths": names, "weights": entries}]))
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def config(*, values, latents, groups=(), rows=250, percentiles=True, seed=1):
    z = torch.randn(rows, latents, generator=torch.Generator().manual_seed(seed)) * 2
    c = [torch.eye(size)[torch.arange(rows) % size].tolist() for size in groups]
    content = {"Dx": values, "Dz": latents, "Dc": list(groups), "z": z.tolist(), "c": c}
    content["vars"] = [{"type": "continuous"}] * latents
    content["z_lims"] = [[-9.0 - k, 9.0 + k] for k in range(latents)]
    if percentiles:
        q = torch.quantile(z, torch.tensor([float(p) / 100 for p in PERCENTILES]), dim=0)
        content["z_pcts"] = {p: row.tolist() for p, row in zip(PERCENTILES, q, strict=True)}
    return content | {"mse": 6.48, "nll": 21.27}


def decode(tensors, z):
    """What the published page computes, written down from the format alone."""
    t = {name.split("/", 2 if name.startswith("ae/dec/") else 1)[-1]: value for name, value in tensors.items()}
    relu, leaky = nn.functional.relu, lambda h: nn.functional.leaky_relu(h, 0.2)
    if "W_fc1" in t:
        h = relu(relu(z @ t["W_fc1"] + t["b_fc1"]) @ t["W_fc2"] + t["b_fc2"])
        h = h.view(len(z), 4, 4, -1).permute(0, 3, 1, 2)
        for n in (1, 2, 3):
            h = relu(up(h, t[f"W_deconv{n}"], t[f"b_deconv{n}"]))
        return torch.sigmoid(up(h, t["W_deconv4"], t["b_deconv4"]))
    if "fc0/kernel" in t:
        h = relu(relu(z @ t["fc0/kernel"] + t["fc0/bias"]) @ t["fc1/kernel"] + t["fc1/bias"])
        return h @ t["out/kernel"] + t["out/bias"]
    if "dec1/kernel" in t:
        h = leaky((z @ t["dec1/kernel"] + t["dec1/bias"]) * t["dec1_bn_1/batchnorm/mul"] + t["dec1_bn_1/batchnorm/sub"])
        h = leaky((h @ t["dec2/kernel"] + t["dec2/bias"]) * t["dec2_bn_1/batchnorm/mul"] + t["dec2_bn_1/batchnorm/sub"])
        h = up(h.view(len(z), 7, 7, -1).permute(0, 3, 1, 2), t["dec3/kernel"])
        h = leaky(folded(h, t["dec3_bn_1/FusedBatchNorm/Scaled"], t["dec3_bn_1/FusedBatchNorm/Offset"]))
        return torch.sigmoid(up(h, t["dec4/kernel"]))
    h = relu((z @ t["fc0/W"] + t["fc0/b"]) * t["fc0_1/bn/batchnorm/mul"] + t["fc0_1/bn/batchnorm/sub"])
    h = relu((h @ t["fc1/W"] + t["fc1/b"]) * t["fc1_1/bn/batchnorm/mul"] + t["fc1_1/bn/batchnorm/sub"])
    h = up(h.view(len(z), 7, 7, -1).permute(0, 3, 1, 2), t["deconv1/W"], t["deconv1/b"])
    h = relu(folded(h, t["deconv1_1/bn/FusedBatchNorm/Scaled"], t["deconv1_1/bn/FusedBatchNorm/Offset"]))
    return torch.sigmoid(up(h, t["deconv2/W"], t["deconv2/b"]))


def up(h, kernel, bias=None):
    return nn.functional.conv_transpose2d(h, kernel.permute(3, 2, 0, 1), bias, stride=2, padding=1)


def folded(h, scale, offset):
    return h * scale[:, None, None] + offset[:, None, None]
