from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch

from engine.checkpoints import (
    CheckpointError,
    ConfigError,
    CorruptError,
    NonFiniteError,
    TensorDtypesError,
    TensorNamesError,
    TensorShapesError,
)
from engine.checkpoints import stylegan2_pickle as package
from engine.checkpoints.stylegan2_pickle import read
from tests.checkpoints.stylegan2_pickle import writer

WITHOUT = {"G": None, "D": None}


@pytest.fixture
def saved(tmp_path):
    """Writes a snapshot, after a change of it, and returns the file."""

    def write(content, change=lambda content: None, protocol=4):
        change(content)
        path = tmp_path / "network-snapshot-000200.pkl"
        path.write_bytes(writer.written(content, protocol))
        return path

    return write


def expected_tensors(content):
    """Of stand-ins, which are torch modules and know their own state dict."""
    state = content["G_ema"].state_dict() | {f"discriminator.{k}": v for k, v in content["D"].state_dict().items()}
    return {name: value for name, value in state.items() if not name.endswith("resample_filter")}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_tensor_comes_back_to_the_bit(saved, protocol):
    content = writer.snapshot(size=16)
    found, expected = read(saved(content, protocol=protocol)), expected_tensors(content)
    assert found.tensors.keys() == expected.keys()
    assert all(found.tensors[name].equal(value) for name, value in expected.items())
    assert {value.dtype for value in found.tensors.values()} == {torch.float32}


def test_the_names_are_those_of_the_published_table(saved):
    tensors = read(saved(writer.snapshot(size=8, colours=1, z=5, w=7, base=32, most=6))).tensors
    shapes = {name: list(value.shape) for name, value in tensors.items() if ".b8." in name or "mapping" in name}
    assert shapes == {
        "mapping.fc0.weight": [7, 5],
        "mapping.fc0.bias": [7],
        "mapping.fc1.weight": [7, 7],
        "mapping.fc1.bias": [7],
        "mapping.w_avg": [7],
        "synthesis.b8.conv0.weight": [4, 6, 3, 3],
        "synthesis.b8.conv0.bias": [4],
        "synthesis.b8.conv0.noise_strength": [],
        "synthesis.b8.conv0.noise_const": [8, 8],
        "synthesis.b8.conv0.affine.weight": [6, 7],
        "synthesis.b8.conv0.affine.bias": [6],
        "synthesis.b8.conv1.weight": [4, 4, 3, 3],
        "synthesis.b8.conv1.bias": [4],
        "synthesis.b8.conv1.noise_strength": [],
        "synthesis.b8.conv1.noise_const": [8, 8],
        "synthesis.b8.conv1.affine.weight": [4, 7],
        "synthesis.b8.conv1.affine.bias": [4],
        "synthesis.b8.torgb.weight": [1, 4, 1, 1],
        "synthesis.b8.torgb.bias": [1],
        "synthesis.b8.torgb.affine.weight": [4, 7],
        "synthesis.b8.torgb.affine.bias": [4],
        "discriminator.b8.fromrgb.weight": [4, 1, 1, 1],
        "discriminator.b8.fromrgb.bias": [4],
        "discriminator.b8.conv0.weight": [4, 4, 3, 3],
        "discriminator.b8.conv0.bias": [4],
        "discriminator.b8.conv1.weight": [6, 4, 3, 3],
        "discriminator.b8.conv1.bias": [6],
        "discriminator.b8.skip.weight": [6, 4, 1, 1],
    }


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"size": 16, "colours": 1, "z": 3, "w": 4, "layers": 3, "rate": 0.02},
        {"c": 3, "judge": "skip", "group": None},
        {"size": 16, "architecture": "resnet", "judge": "orig", "clamp": None, "halves": 0},
        {"architecture": "orig", "activation": "relu", "noise": False, "halves": 2, "base": 1000, "most": 2},
    ],
)
def test_what_it_was_built_with_is_recovered(saved, options):
    full = {"size": 8, "colours": 3, "z": 5, "w": 6, "c": 0, "layers": 2, "rate": 0.01, "base": 32, "most": 6}
    full |= {"architecture": "skip", "activation": "lrelu", "clamp": 256, "noise": True, "halves": 1}
    full |= {"judge": "resnet", "group": 4, **options}
    found = read(saved(writer.snapshot(**full)))
    size, base = full["size"], min(full["base"], full["most"] * full["size"])
    assert dict(found.network.options) == {
        "resolution": size,
        "channels": full["colours"],
        "z_dim": full["z"],
        "w_dim": full["w"],
        "num_classes": full["c"],
        "mapping_layers": full["layers"],
        "mapping_rate": full["rate"],
        "channel_base": base,
        "channel_max": full["most"],
        "architecture": full["architecture"],
        "activation": full["activation"],
        "use_noise": full["noise"],
        "clamp": full["clamp"],
        "discriminator": True,
        "training": False,
        "discriminator_architecture": full["judge"],
        "deviation_group": full["group"],
    }
    assert found.generator.num_fp16_res == full["halves"]
    assert found.discriminator.num_layers == (8 if full["c"] else 0)


def test_the_discriminator_may_be_missing_or_left_out(saved):
    path = saved(writer.snapshot())
    alone = read(path, discriminator=False)
    assert alone.discriminator is None and alone.network.options["discriminator"] is False
    without = read(saved({"G_ema": writer.generator(seed=3)}))
    assert without.tensors.keys() == alone.tensors.keys()
    assert not any(name.startswith("discriminator") for name in without.tensors)


def test_of_file_and_source_only_hashes_are_kept(saved):
    path = saved(writer.snapshot())
    found = read(path)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.source_sha256 == hashlib.sha256(writer.SOURCE.encode()).hexdigest()


def test_a_file_of_numpy_1_has_other_names(saved):
    path = saved(writer.snapshot(), protocol=3)
    data = path.read_bytes()
    assert b"cnumpy._core.multiarray\nscalar\n" in data
    path.write_bytes(data.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"))
    assert read(path).generator.z_dim == 5


def attribute(place, name, value, network="G_ema"):
    def change(content):
        setattr(content[network].get_submodule(place), name, value)

    return change


def meta(name, value):
    def change(content):
        content["G_ema"].get_submodule("synthesis.b8").written_as[name] = value

    return change


def tensor(place, name, value):
    def change(content):
        owner = content["G_ema"].get_submodule(place)
        (owner._buffers if name in owner._buffers else owner._parameters)[name] = value

    return change


WRONG = {
    "another version": (meta("version", 7), ConfigError, r"written in version 7 of its format; only 6"),
    "another class": (
        meta("class_name", "SynthesisInput"),
        ConfigError,
        "network of the class 'SynthesisInput', which",
    ),
    "another scheme": (meta("type", "function"), CorruptError, "describes a network in a way that is none of"),
    "no source": (meta("module_src", None), CorruptError, "holds a SynthesisBlock without its source or its state"),
    "no G_ema": (lambda c: c.pop("G_ema"), ConfigError, "holds a dict with 'training_set_kwargs', 'G', 'D',"),
    "a number as G_ema": (lambda c: c.update(G_ema=3), ConfigError, "not a dict of networks with G_ema"),
    "D as G_ema": (lambda c: c.update(G_ema=c["D"]), ConfigError, "holds a Discriminator in the place of a Generator"),
    "architecture": (
        attribute("synthesis.b4", "architecture", "resnet"),
        ConfigError,
        r"differ in architecture \('resnet', 'skip'\)",
    ),
    "activation": (
        lambda c: [setattr(m, "activation", "swish") for m in c["G_ema"].modules() if hasattr(m, "conv_clamp")],
        ConfigError,
        r"activation 'swish'; the networks here have one of \['linear', 'lrelu', 'relu'\]",
    ),
    "mapping": (
        attribute("mapping.fc1", "activation", "relu"),
        ConfigError,
        r"differ in activation \('lrelu', 'relu'\)",
    ),
    "no attribute": (
        lambda c: delattr(c["G_ema"], "z_dim"),
        ConfigError,
        "Generator whose z_dim should be a whole number from 0; got 'nothing'",
    ),
    "a word for a number": (attribute("", "w_dim", "6"), ConfigError, "w_dim should be a whole number from 0; got '6'"),
    "a negative number": (attribute("", "c_dim", -1), ConfigError, "c_dim should be a whole number from 0; got -1"),
    "an infinite number": (
        lambda c: [setattr(m, "conv_clamp", float("inf")) for m in c["G_ema"].modules() if hasattr(m, "conv_clamp")],
        ConfigError,
        "conv_clamp is out of all range: inf",
    ),
    "wrong resolution": (attribute("", "img_resolution", 16), ConfigError, "of 16 pixels a side without synthesis.b16"),
    "no power of two": (
        lambda c: [setattr(c[name], "img_resolution", 12) for name in ("G_ema", "D")],
        ConfigError,
        "draws 4, 8, 16, ... pixels a side; got 12",
    ),
    "the pair": (
        attribute("", "img_channels", 1, network="D"),
        ConfigError,
        "do not go together here: img_channels 3 and 1. Import the generator alone: --no-discriminator",
    ),
    "another filter": (
        tensor("synthesis.b8.conv0", "resample_filter", torch.ones(4, 4) / 16),
        ConfigError,
        r"another filter than 1 3 3 1 \(synthesis.b8.conv0.resample_filter, \[4, 4\]\)",
    ),
    "a longer filter": (
        tensor("synthesis.b8", "resample_filter", torch.ones(12)),
        ConfigError,
        r"resample_filter, \[12\]\)",
    ),
    "a missing tensor": (
        tensor("mapping", "w_avg", None),
        TensorNamesError,
        "such a StyleGAN2: it lacks mapping.w_avg, and has nothing",
    ),
    "a tensor too many": (
        lambda c: c["G_ema"].mapping.register_buffer("more", torch.zeros(3)),
        TensorNamesError,
        "and has mapping.more",
    ),
    "a wrong shape": (
        tensor("synthesis.b8.conv1", "noise_const", torch.zeros(4, 4)),
        TensorShapesError,
        r"synthesis.b8.conv1.noise_const \[4, 4\] instead of \[8, 8\]",
    ),
    "whole numbers": (
        tensor("mapping", "w_avg", torch.zeros(6, dtype=torch.int64)),
        TensorDtypesError,
        "mapping.w_avg is torch.int64",
    ),
    "not a number": (
        tensor("mapping", "w_avg", torch.full((6,), torch.nan)),
        NonFiniteError,
        "NaN or infinity in mapping.w_avg",
    ),
    "few bytes for many numbers": (
        tensor("mapping", "w_avg", torch.zeros(1).expand(10**9)),
        CorruptError,
        "with more numbers than the file has",
    ),
    "a list as tensor": (tensor("mapping", "w_avg", [1.0]), CorruptError, "has a list as the tensor mapping.w_avg"),
    "text as network": (
        lambda c: c["G_ema"].mapping._modules.update(fc0="layer"),
        CorruptError,
        "has 'layer' as the network mapping.fc0",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said(saved, case):
    change, error, text = WRONG[case]
    path = saved(writer.snapshot(), change)
    with pytest.raises(error, match=text) as raised:
        read(path)
    assert type(raised.value) is error
    assert str(raised.value).startswith(str(path)), "the file's name comes first, and once"
    assert str(raised.value).count(str(path)) == 1


def test_networks_in_networks_come_to_an_end(saved):
    content = writer.snapshot()
    many = writer.Part("MappingNetwork", parts={"a": writer.Part("MappingNetwork")})
    for _ in range(12):  # each holds the one before twice, so that there are 4096 ways through
        many = writer.Part("MappingNetwork", parts={"a": many, "b": many})
    content["G_ema"].add_module("more", many)
    with pytest.raises(CorruptError, match="a Generator of more than 1,000 parts, or one inside itself"):
        read(saved(content))


def test_a_file_that_is_too_large_is_not_read(saved, monkeypatch):
    path = saved({"G_ema": writer.generator(size=4)})
    monkeypatch.setattr(package, "MAX_BYTES", 1000)
    with pytest.raises(CorruptError, match=r"bytes; a network pickle may have 1,000"):
        read(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CorruptError, match="has no none.pkl"):
        read(tmp_path / "none.pkl")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 an archive", b"{}", b"\x80\x01", b"version https://git-lfs"])
def test_what_is_no_pickle(tmp_path, data):
    path = tmp_path / "a.pkl"
    path.write_bytes(data)
    with pytest.raises(CorruptError, match="is no network pickle of StyleGAN2-ADA: it begins with b"):
        read(path)


def test_every_beginning_of_a_file_is_cut_short(tmp_path):
    data = writer.written({"G_ema": writer.generator(size=4)})
    path = tmp_path / "a.pkl"
    for length in np.linspace(2, len(data) - 1, 60).astype(int):
        path.write_bytes(data[:length])
        with pytest.raises(CorruptError, match="cut short or damaged|begins with"):
            read(path)


def test_a_damaged_file_gives_an_error_of_checkpoints_and_no_other(tmp_path):
    data = np.frombuffer(writer.written({"G_ema": writer.generator(size=4, layers=1)}), dtype=np.uint8)
    path, rng, refused = tmp_path / "a.pkl", np.random.default_rng(0), 0
    for trial in range(200):
        damaged = data.copy()
        places = rng.integers(2, len(data), size=1 + trial % 4)
        damaged[places] = rng.integers(0, 256, size=len(places))
        path.write_bytes(damaged.tobytes())
        try:
            read(path)
        except CheckpointError:
            refused += 1
    assert refused > 60
