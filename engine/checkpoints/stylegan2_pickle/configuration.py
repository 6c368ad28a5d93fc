"""What official networks were built with, read from the attributes that their parts ended up with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from engine.checkpoints.errors import ConfigError
from engine.checkpoints.stylegan2_pickle.records import Record, brief
from engine.checkpoints.stylegan2_pickle.tensors import walk


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What generators and discriminators have in common, under the official names.

    Attributes:
        c_dim: Classes; 0 for an unconditional network.
        img_resolution: Pixels a side.
        img_channels: Colours.
        channel_base: Width of a block times its pixels a side.
        channel_max: Largest width.
        architecture: `skip`, `resnet` or `orig`.
        activation: Of its convolutions.
        conv_clamp: Largest absolute value in convolutions; None for any.
        num_fp16_res: Resolutions that ran in half precision.
        num_layers: Dense layers of its mapping network; 0 where it has none.
        lr_multiplier: Their learning rate in units of the optimiser's; 1 where there are none.
    """

    c_dim: int
    img_resolution: int
    img_channels: int
    channel_base: int
    channel_max: int
    architecture: str
    activation: str
    conv_clamp: float | None
    num_fp16_res: int
    num_layers: int
    lr_multiplier: float


@dataclass(frozen=True, kw_only=True)
class GeneratorConfiguration(Configuration):
    """And what only a generator has: entries of its noise and of its styles, and whether layers add noise."""

    z_dim: int
    w_dim: int
    use_noise: bool


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfiguration(Configuration):
    """And the pictures whose deviation a discriminator takes together; None for the whole batch."""

    mbstd_group_size: int | None


def generator_configuration(record: Record, tensors: Mapping[str, Tensor]) -> GeneratorConfiguration:
    """What a generator was built with.

    Args:
        record: A `Generator`.
        tensors: Its state dict, whose shapes tell the widths.

    Raises:
        ConfigError: If it lacks an attribute, or its parts do not agree.
    """
    parts = _parts(record, "Generator")
    layers = [part for part in parts.values() if part.class_name == "SynthesisLayer"]
    widths = _widths(tensors, "synthesis.b{}.conv1.weight", "synthesis.b{}.conv1.weight", record)
    return GeneratorConfiguration(
        **_common(record, parts, widths, "SynthesisBlock"),
        activation=_same(layers, "activation", _text),
        conv_clamp=_same(layers, "conv_clamp", _number_or_none),
        use_noise=_same(layers, "use_noise", _flag),
        z_dim=_whole(record, "z_dim"),
        w_dim=_whole(record, "w_dim"),
    )


def discriminator_configuration(record: Record, tensors: Mapping[str, Tensor]) -> DiscriminatorConfiguration:
    """What a discriminator was built with; see `generator_configuration`."""
    parts = _parts(record, "Discriminator")
    layers = [part for name, part in parts.items() if part.class_name == "Conv2dLayer" and ".conv" in f".{name}"]
    deviations = [part for part in parts.values() if part.class_name == "MinibatchStdLayer"]
    return DiscriminatorConfiguration(
        **_common(record, parts, _widths(tensors, "b{}.conv0.weight", "b4.conv.weight", record), "DiscriminatorBlock"),
        activation=_same(layers, "activation", _text),
        conv_clamp=_same(layers, "conv_clamp", _number_or_none),
        mbstd_group_size=_same(deviations, "group_size", _whole_or_none) if deviations else None,
    )


def _common(record: Record, parts: Mapping[str, Record], widths: Mapping[int, int], block: str) -> dict[str, Any]:
    blocks = [part for part in parts.values() if part.class_name == block]
    dense = [part for name, part in parts.items() if name.startswith("mapping.fc")]
    if dense and _same(dense, "activation", _text) != "lrelu":
        raise ConfigError("has a mapping network with another activation than lrelu, which the networks here have not.")
    return {
        "c_dim": _whole(record, "c_dim"),
        "img_resolution": _whole(record, "img_resolution"),
        "img_channels": _whole(record, "img_channels"),
        "channel_base": widths[max(widths)] * max(widths),
        "channel_max": max(widths.values()),
        "architecture": _same(blocks, "architecture", _text),
        "num_fp16_res": sum(_flag(part, "use_fp16") for part in blocks),
        "num_layers": len(dense),
        "lr_multiplier": _same(dense, "bias_gain", _number) if dense else 1.0,
    }


def _parts(record: Record, class_name: str) -> dict[str, Record]:
    if record.class_name != class_name:
        raise ConfigError(f"holds a {record.class_name} in the place of a {class_name}.")
    return dict(walk(record))


def _widths(tensors: Mapping[str, Tensor], name: str, last: str, record: Record) -> dict[int, int]:
    """Channels of every block by its pixels a side."""
    side, found = _whole(record, "img_resolution"), {}
    for resolution in (2**k for k in range(2, max(3, side.bit_length()))):
        tensor = (last if resolution == 4 else name).format(resolution)
        if tensor not in tensors:
            raise ConfigError(f"holds a {record.class_name} of {side} pixels a side without {tensor}.")
        found[resolution] = len(tensors[tensor]) if tensors[tensor].ndim else 0
    return found


def _same(parts: Iterable[Record], name: str, read: Callable[[Record, str], Any]) -> Any:  # noqa: ANN401 - as `read`
    """The value that an attribute has in all of some parts."""
    values = list(dict.fromkeys(read(part, name) for part in parts))
    if len(values) != 1:
        raise ConfigError(
            f"holds parts that differ in {name} ({', '.join(map(brief, values[:4])) or 'there are none'}); the "
            "networks here have one for all."
        )
    return values[0]


def _attribute(record: Record, name: str, kinds: type | tuple[type, ...], what: str) -> Any:  # noqa: ANN401 - of these
    value = record.state.get(name, "nothing")
    if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
        raise ConfigError(f"holds a {record.class_name} whose {name} should be {what}; got {brief(value)}.")
    return value


def _whole(record: Record, name: str) -> int:
    value: int = _limited(record, name, int, "a whole number from 0")
    if value < 0:
        raise ConfigError(f"holds a {record.class_name} whose {name} should be a whole number from 0; got {value}.")
    return value


def _whole_or_none(record: Record, name: str) -> int | None:
    return None if record.state.get(name, "nothing") is None else _whole(record, name)


def _number(record: Record, name: str) -> float:
    return float(_limited(record, name, (int, float), "a number"))


def _number_or_none(record: Record, name: str) -> float | None:
    return None if record.state.get(name, "nothing") is None else _number(record, name)


def _limited(record: Record, name: str, kinds: type | tuple[type, ...], what: str) -> Any:  # noqa: ANN401 - of these
    value = _attribute(record, name, kinds, what)
    if not abs(value) < 2**31:  # NaN neither
        raise ConfigError(f"holds a {record.class_name} whose {name} is out of all range: {brief(value)}.")
    return value


def _text(record: Record, name: str) -> str:
    text: str = _attribute(record, name, str, "a word")
    return text


def _flag(record: Record, name: str) -> bool:
    flag: bool = _attribute(record, name, bool, "true or false")
    return flag
