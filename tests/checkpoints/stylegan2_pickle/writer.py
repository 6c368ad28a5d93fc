"""Writes network pickles in the layout of StyleGAN2-ADA's, from stand-ins that are no StyleGAN2 themselves."""

from __future__ import annotations

import io
import math
import pickle
import sys
import types
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

SOURCE = "raise SystemExit('the module source was run')\n"


class EasyDict(dict):
    """A dict with attribute access."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


EasyDict.__module__, EasyDict.__qualname__ = "dnnlib.util", "EasyDict"


def reconstruct(meta):
    raise AssertionError("only its name is written")


reconstruct.__module__ = "torch_utils.persistence"
reconstruct.__name__ = reconstruct.__qualname__ = "_reconstruct_persistent_obj"


class Part(nn.Module):
    """A part of an official network: a class name, tensors, parts and attributes."""

    def __init__(self, kind, *, parameters=None, buffers=None, parts=None, **attributes):
        super().__init__()
        self.written_as = {"type": "class", "version": 6, "module_src": SOURCE, "class_name": kind}
        for name, value in (parameters or {}).items():
            self.register_parameter(name, nn.Parameter(value, requires_grad=False))
        for name, value in (buffers or {}).items():
            self.register_buffer(name, value)
        for name, part in (parts or {}).items():
            self.add_module(name, part)
        for name, value in attributes.items():
            setattr(self, name, value)

    def __reduce__(self):
        state = {name: value for name, value in self.__dict__.items() if name != "written_as"}
        return reconstruct, ({**self.written_as, "state": state},)


def written(content, protocol=4):
    """The bytes of a pickle; the modules it names exist only while it is written."""
    file = io.BytesIO()
    with _modules(
        {"torch_utils.persistence": {"_reconstruct_persistent_obj": reconstruct}, "dnnlib.util": {"EasyDict": EasyDict}}
    ):
        pickle.dump(content, file, protocol=protocol)
    return file.getvalue()


@contextmanager
def _modules(content):
    made = {}
    for name, members in content.items():
        made[name.partition(".")[0]] = types.ModuleType(name.partition(".")[0])
        made[name] = types.ModuleType(name)
        vars(made[name]).update(members)
    assert not made.keys() & sys.modules.keys()
    sys.modules.update(made)
    try:
        yield
    finally:
        for name in made:
            del sys.modules[name]


def snapshot(**options):
    """What the trainer saves: G, D and G_ema with weights of their own, and the augmentation pipe."""
    pipe = Part("AugmentPipe", buffers={"p": torch.zeros(()), "Hz_geom": torch.zeros(12)}, xflip=1.0)
    return {
        "training_set_kwargs": EasyDict(class_name="training.dataset.ImageFolderDataset", path="here.zip", xflip=False),
        "G": generator(seed=1, **options),
        "D": discriminator(seed=2, **options),
        "G_ema": generator(seed=3, **options),
        "augment_pipe": pipe,
    }


def generator(
    *,
    seed=0,
    size=8,
    colours=3,
    z=5,
    w=6,
    c=0,
    layers=2,
    rate=0.01,
    base=32,
    most=6,
    architecture="skip",
    activation="lrelu",
    clamp=256,
    noise=True,
    halves=1,
    **_,
):
    g = torch.Generator().manual_seed(seed)
    width = {r: min(base // r, most) for r in sides(size)}
    blocks = {
        f"b{r}": _synthesis_block(
            g, r, width, size, colours, w, architecture, activation, clamp, noise, r > size // 2**halves
        )
        for r in sides(size)
    }
    count = 2 * len(blocks)
    synthesis = Part("SynthesisNetwork", parts=blocks, w_dim=w, img_resolution=size, img_channels=colours, num_ws=count)
    average = {"w_avg": torch.randn(w, generator=g)}
    mapping = Part(
        "MappingNetwork",
        parts=_mapping(g, z, c, w, layers, rate),
        buffers=average,
        z_dim=z,
        c_dim=c,
        w_dim=w,
        num_ws=count,
        num_layers=layers,
        w_avg_beta=0.995,
    )
    return Part(
        "Generator",
        parts={"synthesis": synthesis, "mapping": mapping},
        z_dim=z,
        c_dim=c,
        w_dim=w,
        img_resolution=size,
        img_channels=colours,
        num_ws=count,
        _init_args=(),
        _init_kwargs={"z_dim": z, "mapping_kwargs": EasyDict(num_layers=layers), "synthesis_kwargs": EasyDict()},
    )


def discriminator(
    *,
    seed=0,
    size=8,
    colours=3,
    c=0,
    base=32,
    most=6,
    activation="lrelu",
    clamp=256,
    halves=1,
    group=4,
    judge="resnet",
    **_,
):
    g = torch.Generator().manual_seed(seed)
    width = {r: min(base // r, most) for r in sides(size)}
    parts = {}
    for r in reversed(sides(size)[1:]):
        inside = {"fromrgb": _convolution(g, colours, width[r], 1, activation, clamp)} if _sees(r, size, judge) else {}
        inside["conv0"] = _convolution(g, width[r], width[r], 3, activation, clamp)
        inside["conv1"] = _convolution(g, width[r], width[r // 2], 3, activation, clamp)
        if judge == "resnet":
            inside["skip"] = _convolution(g, width[r], width[r // 2], 1, "linear", None, bias=False)
        parts[f"b{r}"] = Part(
            "DiscriminatorBlock", parts=inside, resolution=r, architecture=judge, use_fp16=r > size // 2**halves
        )
    last = {"fromrgb": _convolution(g, colours, width[4], 1, activation, None)} if judge == "skip" else {}
    last |= {
        "mbstd": Part("MinibatchStdLayer", group_size=group, num_channels=1),
        "conv": _convolution(g, width[4] + 1, width[4], 3, activation, clamp),
        "fc": _dense(g, 16 * width[4], width[4], activation),
        "out": _dense(g, width[4], width[4] if c else 1),
    }
    if c:
        embedding = _mapping(g, 0, c, width[4], 8, 0.01)
        parts["mapping"] = Part("MappingNetwork", parts=embedding, z_dim=0, c_dim=c, w_avg_beta=None)
    parts["b4"] = Part("DiscriminatorEpilogue", parts=last, cmap_dim=width[4] if c else 0, architecture=judge)
    return Part("Discriminator", parts=parts, c_dim=c, img_resolution=size, img_channels=colours)


def sides(size):
    return [2**k for k in range(2, size.bit_length())]


def _sees(r, size, architecture):
    return r == size or architecture == "skip"


def _synthesis_block(g, r, width, size, colours, w, architecture, activation, clamp, noise, half):
    parts = {}
    if r > 4:
        parts["conv0"] = _layer(g, width[r // 2], width[r], w, r, 2, activation, clamp, noise)
    parts["conv1"] = _layer(g, width[r], width[r], w, r, 1, activation, clamp, noise)
    if _sees(r, size, architecture):
        own = {"weight": torch.randn(colours, width[r], 1, 1, generator=g), "bias": _small(g, colours)}
        affine = {"affine": _dense(g, w, width[r], start=1.0)}
        parts["torgb"] = Part(
            "ToRGBLayer", parameters=own, parts=affine, conv_clamp=clamp, weight_gain=1 / np.sqrt(width[r])
        )
    if architecture == "resnet" and r > 4:
        parts["skip"] = _convolution(g, width[r // 2], width[r], 1, "linear", None, bias=False)
    constant = {"const": torch.randn(width[4], 4, 4, generator=g)} if r == 4 else {}
    return Part(
        "SynthesisBlock",
        parameters=constant,
        buffers={"resample_filter": taps()},
        parts=parts,
        resolution=r,
        architecture=architecture,
        is_last=r == size,
        use_fp16=half,
        in_channels=width.get(r // 2, 0),
    )


def _layer(g, inputs, outputs, w, r, up, activation, clamp, noise):
    own = {"weight": torch.randn(outputs, inputs, 3, 3, generator=g), "bias": _small(g, outputs)}
    buffers = {"resample_filter": taps()}
    if noise:
        own["noise_strength"] = torch.randn((), generator=g)
        buffers["noise_const"] = torch.randn(r, r, generator=g)
    return Part(
        "SynthesisLayer",
        parameters=own,
        buffers=buffers,
        parts={"affine": _dense(g, w, inputs, start=1.0)},
        resolution=r,
        up=up,
        use_noise=noise,
        activation=activation,
        conv_clamp=clamp,
        padding=1,
        act_gain=np.sqrt(2),
    )


def _convolution(g, inputs, outputs, kernel, activation, clamp, bias=True):
    own = {"weight": torch.randn(outputs, inputs, kernel, kernel, generator=g)}
    own |= {"bias": _small(g, outputs)} if bias else {}
    return Part(
        "Conv2dLayer",
        parameters=own,
        buffers={"resample_filter": taps()},
        activation=activation,
        conv_clamp=clamp,
        weight_gain=1 / np.sqrt(inputs * kernel**2),
    )


def _mapping(g, z, c, w, layers, rate):
    parts = {"embed": _dense(g, c, w)} if c else {}
    for k in range(layers):
        inputs = w if k else z + (w if c else 0)
        parts[f"fc{k}"] = _dense(g, inputs, w, "lrelu", rate=rate)
    return parts


def _dense(g, inputs, outputs, activation="linear", *, start=0.0, rate=1.0):
    own = {"weight": torch.randn(outputs, inputs, generator=g) / rate, "bias": start + _small(g, outputs) / rate}
    return Part(
        "FullyConnectedLayer", parameters=own, activation=activation, bias_gain=rate, weight_gain=rate / np.sqrt(inputs)
    )


def _small(g, size):
    return torch.randn(size, generator=g) * 0.1


def taps():
    row = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return torch.outer(row, row) / math.pow(8, 2)
