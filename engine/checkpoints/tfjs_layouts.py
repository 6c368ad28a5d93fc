"""The four decoders of the study: which of their tensors becomes which of ours, and how its axes turn.

TensorFlow keeps dense kernels as (in, out), transposed convolutions as (height, width, out, in) and pictures as
(height, width, channels). Its exporter folded batch norm into y = x * mul + sub.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor, full_like, long, tensor, zeros_like

from engine.checkpoints.errors import TensorNamesError, TensorShapesError
from engine.checkpoints.weights import other_shapes
from engine.training import Network

_PREFIXES = ("ae/dec/", "ae/", "gen/")


@dataclass(frozen=True)
class Weights:
    """A network and its tensors.

    Attributes:
        dataset: The data set the layout was made for.
        network: Our network.
        tensors: Its state, by name.
    """

    dataset: str
    network: Network
    tensors: Mapping[str, Tensor]


@dataclass(frozen=True)
class _Layout:
    """One decoder: its data set, its tensors by their names without prefix, and the two functions that read it."""

    dataset: str
    names: frozenset[str]
    network: Callable[[Mapping[str, Tensor], int], Network]
    convert: Callable[[Mapping[str, Tensor]], dict[str, Tensor]]


def network_and_weights(found: Mapping[str, Tensor], *, num_latents: int) -> Weights:
    """Recognises a decoder by the names of its tensors and turns it into one of our networks.

    Args:
        found: Float tensors by their TensorFlow names.
        num_latents: Continuous latents, which the shapes alone do not tell from categories.

    Raises:
        TensorNamesError: If the names are those of none of the four decoders.
        TensorShapesError: If the sizes do not fit together.
    """
    tensors = {_bare(name): value for name, value in found.items()}
    layout = next((layout for layout in _LAYOUTS if layout.names == tensors.keys()), None)
    if layout is None:
        raise TensorNamesError(_unknown(set(tensors)))
    try:
        network = layout.network(tensors, num_latents)
        state = layout.convert(tensors)
        expected = network.build().state_dict()
    except (RuntimeError, IndexError, ValueError) as error:
        raise TensorShapesError(f"The tensors of this {layout.dataset} decoder do not fit ({error}).") from error
    state |= _untouched(expected, state)
    wrong = other_shapes(state, expected)
    if wrong:
        raise TensorShapesError(f"The tensors of this {layout.dataset} decoder do not fit: {'; '.join(wrong)}.")
    return Weights(layout.dataset, network, state)


def _bare(name: str) -> str:
    return next((name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)), name)


def _unknown(names: set[str]) -> str:
    nearest = max(_LAYOUTS, key=lambda layout: len(layout.names & names))
    missing, extra = sorted(nearest.names - names), sorted(names - nearest.names)
    return (
        "These are not the tensors of one of the study's decoders (dSprites, Sinelines, MNIST, InfoGAN). Nearest is "
        f"{nearest.dataset}: missing {missing[:6]}, unknown {extra[:6]}."
    )


def _untouched(expected: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Batch norm's counters, which nothing reads in eval mode."""
    names = [name for name in expected if name not in state and name.endswith("num_batches_tracked")]
    return {name: tensor(0, dtype=long) for name in names}


def _dense(kernel: Tensor) -> Tensor:
    return kernel.T.contiguous()


def _transposed_convolution(kernel: Tensor) -> Tensor:
    return kernel.permute(3, 2, 0, 1).contiguous()


def _rows(value: Tensor, *, channels: int, size: int) -> Tensor:
    """Rows in the order (height, width, channel) to (channel, height, width)."""
    picture = value.reshape(size, size, channels, *value.shape[1:])
    return picture.permute(2, 0, 1, *range(3, picture.ndim)).flatten(0, 2).contiguous()


def _batch_norm(name: str, mul: Tensor, sub: Tensor, *, eps: float) -> dict[str, Tensor]:
    """A folded y = x * mul + sub as batch norm with mean 0 and variance 1 - eps, whose denominator is 1."""
    return {
        f"{name}.weight": mul,
        f"{name}.bias": sub,
        f"{name}.running_mean": zeros_like(mul),
        f"{name}.running_var": full_like(mul, 1 - eps),
    }


def _burgess(t: Mapping[str, Tensor], num_latents: int) -> Network:
    return Network(
        "decoder-of",
        {
            "of": "burgess",
            "num_latents": num_latents,
            "variational": False,
            "channels": t["W_deconv4"].shape[2],
            "width": t["W_deconv1"].shape[3],
            "hidden": t["W_fc1"].shape[1],
        },
    )


def _burgess_state(t: Mapping[str, Tensor]) -> dict[str, Tensor]:
    width = t["W_deconv1"].shape[3]
    state = {
        "decoder.0.weight": _dense(t["W_fc1"]),
        "decoder.0.bias": t["b_fc1"],
        "decoder.2.weight": _rows(_dense(t["W_fc2"]), channels=width, size=4),
        "decoder.2.bias": _rows(t["b_fc2"], channels=width, size=4),
    }
    for place, number in ((5, 1), (7, 2), (9, 3), (11, 4)):
        state[f"decoder.{place}.weight"] = _transposed_convolution(t[f"W_deconv{number}"])
        state[f"decoder.{place}.bias"] = t[f"b_deconv{number}"]
    return state


def _series(t: Mapping[str, Tensor], num_latents: int) -> Network:
    hidden, length = t["out/kernel"].shape
    options = {"of": "dense", "length": length, "num_latents": num_latents, "variational": False, "hidden": hidden}
    return Network("decoder-of", options)


def _series_state(t: Mapping[str, Tensor]) -> dict[str, Tensor]:
    state: dict[str, Tensor] = {}
    for place, name in ((0, "fc0"), (2, "fc1"), (4, "out")):
        state |= {f"decoder.{place}.weight": _dense(t[f"{name}/kernel"]), f"decoder.{place}.bias": t[f"{name}/bias"]}
    return state


def _digits(t: Mapping[str, Tensor], num_latents: int) -> Network:
    inputs, hidden = t["dec1/kernel"].shape
    return Network(
        "decoder-of",
        {
            "of": "factor-vae-28",
            "num_latents": num_latents,
            "variational": False,
            "num_classes": inputs - num_latents,
            "width": t["dec3/kernel"].shape[2],
            "hidden": hidden,
        },
    )


def _digits_state(t: Mapping[str, Tensor]) -> dict[str, Tensor]:
    pictures = {"channels": t["dec3/kernel"].shape[3], "size": 7}
    return {
        "decoder.0.weight": _dense(t["dec1/kernel"]),
        "decoder.0.bias": t["dec1/bias"],
        **_batch_norm("decoder.1", t["dec1_bn_1/batchnorm/mul"], t["dec1_bn_1/batchnorm/sub"], eps=1e-3),
        "decoder.3.weight": _rows(_dense(t["dec2/kernel"]), **pictures),
        "decoder.3.bias": _rows(t["dec2/bias"], **pictures),
        **_batch_norm(
            "decoder.4",
            _rows(t["dec2_bn_1/batchnorm/mul"], **pictures),
            _rows(t["dec2_bn_1/batchnorm/sub"], **pictures),
            eps=1e-3,
        ),
        "decoder.7.weight": _transposed_convolution(t["dec3/kernel"]),
        **_batch_norm(
            "decoder.8", t["dec3_bn_1/FusedBatchNorm/Scaled"], t["dec3_bn_1/FusedBatchNorm/Offset"], eps=1e-3
        ),
        "decoder.10.weight": _transposed_convolution(t["dec4/kernel"]),
    }


def _info_gan(t: Mapping[str, Tensor], num_latents: int) -> Network:
    """Two codes with mutual information and the rest noise, as in the study; the files do not tell them apart."""
    inputs, hidden = t["fc0/W"].shape
    return Network(
        "info-gan-28",
        {
            "num_classes": inputs - num_latents,
            "num_codes": min(2, num_latents),
            "num_noise": max(num_latents - 2, 0),
            "width": t["deconv1/W"].shape[2],
            "hidden": hidden,
            "discriminator": False,
        },
    )


def _info_gan_state(t: Mapping[str, Tensor]) -> dict[str, Tensor]:
    pictures = {"channels": t["deconv1/W"].shape[3], "size": 7}
    return {
        "generator.0.weight": _dense(t["fc0/W"]),
        "generator.0.bias": t["fc0/b"],
        **_batch_norm("generator.1", t["fc0_1/bn/batchnorm/mul"], t["fc0_1/bn/batchnorm/sub"], eps=1e-5),
        "generator.3.weight": _rows(_dense(t["fc1/W"]), **pictures),
        "generator.3.bias": _rows(t["fc1/b"], **pictures),
        **_batch_norm(
            "generator.4",
            _rows(t["fc1_1/bn/batchnorm/mul"], **pictures),
            _rows(t["fc1_1/bn/batchnorm/sub"], **pictures),
            eps=1e-5,
        ),
        "generator.7.weight": _transposed_convolution(t["deconv1/W"]),
        "generator.7.bias": t["deconv1/b"],
        **_batch_norm(
            "generator.8", t["deconv1_1/bn/FusedBatchNorm/Scaled"], t["deconv1_1/bn/FusedBatchNorm/Offset"], eps=1e-5
        ),
        "generator.10.weight": _transposed_convolution(t["deconv2/W"]),
        "generator.10.bias": t["deconv2/b"],
    }


_LAYOUTS = (
    _Layout(
        "dsprites",
        frozenset(
            f"{kind}_{layer}" for kind in "Wb" for layer in ("fc1", "fc2", "deconv1", "deconv2", "deconv3", "deconv4")
        ),
        _burgess,
        _burgess_state,
    ),
    _Layout(
        "sinelines",
        frozenset(f"{layer}/{kind}" for layer in ("fc0", "fc1", "out") for kind in ("kernel", "bias")),
        _series,
        _series_state,
    ),
    _Layout(
        "mnist",
        frozenset(
            {"dec1/kernel", "dec1/bias", "dec2/kernel", "dec2/bias", "dec3/kernel", "dec4/kernel"}
            | {f"dec{n}_bn_1/batchnorm/{kind}" for n in (1, 2) for kind in ("mul", "sub")}
            | {f"dec3_bn_1/FusedBatchNorm/{kind}" for kind in ("Scaled", "Offset")}
        ),
        _digits,
        _digits_state,
    ),
    _Layout(
        "mnist",
        frozenset(
            {f"{layer}/{kind}" for layer in ("fc0", "fc1", "deconv1", "deconv2") for kind in "Wb"}
            | {f"{layer}_1/bn/batchnorm/{kind}" for layer in ("fc0", "fc1") for kind in ("mul", "sub")}
            | {f"deconv1_1/bn/FusedBatchNorm/{kind}" for kind in ("Scaled", "Offset")}
        ),
        _info_gan,
        _info_gan_state,
    ),
)
