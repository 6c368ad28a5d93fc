"""Held-out examples that travel with a model, so that apps and tests need no data set."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from engine.checkpoints.errors import CorruptError, SamplesTooLargeError
from engine.checkpoints.weights import check_finite, check_hash, read_bytes, read_header, read_tensors
from engine.data.stored_picture import decode
from engine.images import encode_jpeg, from_uint8, to_uint8
from engine.interfaces import Space

MAX_BYTES = 2**20
_MAX_VALUES = 2**26  # of decoded pictures, a quarter of a gigabyte: JPEG may swell a thousandfold
_PLAIN_BYTES = 800_000  # colour pictures of more bytes than this are stored as JPEG
_MAX_TIMES = 18  # layers of a StyleGAN2 of 1024 pixels
_OWN = ("codes", "labels", "factors")


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Held-out rows of a data set and what the model makes of them.

    Attributes:
        x: Images (N, C, H, W) float32 in [0, 1], or series (N, T); uint8, bits, JPEG or float on disk.
        codes: Their codes, (N, D) float32; None for a classifier.
        labels: Their classes, (N,) int64, where there are any.
        factors: The factors that made them, (N, F) float32, where they are known.
        extra: More arrays by name, such as `scatter_codes` (M, D) and `scatter_labels` (M,); kept as they are.
    """

    x: Tensor
    codes: Tensor | None = None
    labels: Tensor | None = None
    factors: Tensor | None = None
    extra: Mapping[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in _OWN:
            value = getattr(self, name)
            if value is not None and len(value) != len(self.x):
                raise ValueError(f"{name} should have a row for each of the {len(self.x)} examples; got {len(value)}.")

    def __len__(self) -> int:
        return len(self.x)

    def map(self, change: Callable[[Tensor], Tensor]) -> Examples:
        """The same examples with every tensor changed, for example moved to another device."""
        changed = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "extra"}
        changed = {name: None if value is None else change(value) for name, value in changed.items()}
        return replace(self, **changed, extra={name: change(value) for name, value in self.extra.items()})


def examples_bytes(examples: Examples, space: Space) -> bytes:
    """The file `samples.safetensors`: pictures as uint8, as bits where all are black or white, or as JPEG where large.

    Codes that repeat themselves, as a style that all layers have, are stored once.

    Raises:
        SamplesTooLargeError: If it exceeds a mebibyte.
        NonFiniteError: If a value is NaN or infinite.
    """
    tensors = dict(examples.extra)
    tensors |= {name: value for name in _OWN if (value := getattr(examples, name)) is not None}
    tensors |= _packed(examples.x, space)
    if examples.codes is not None:
        tensors |= _without_repetition(tensors.pop("codes"))
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    check_finite(tensors, Path("samples.safetensors"))
    data: bytes = safetensors.torch.save(tensors)
    if len(data) > MAX_BYTES:
        fits = int(len(examples) * MAX_BYTES / len(data))
        raise SamplesTooLargeError(
            f"samples.safetensors would have {len(data):,} bytes and may have {MAX_BYTES:,}; keep fewer than the "
            f"{len(examples)} examples (about {fits} fit), or smaller extra arrays ({sorted(examples.extra)})."
        )
    return data


def fitting(examples: Examples, space: Space) -> Examples:
    """The first of the examples, as many as a checkpoint may carry."""
    while len(examples) > 1:
        try:
            examples_bytes(examples, space)
        except SamplesTooLargeError:
            kept = len(examples) * 15 // 16
            examples = examples.map(lambda value, kept=kept: value[:kept])  # type: ignore[misc]
        else:
            break
    return examples


def read_examples(path: Path, space: Space, *, sha256: str | None = None) -> Examples:
    """Reads `samples.safetensors`.

    Raises:
        SamplesTooLargeError: If it exceeds a mebibyte.
        CorruptError: If it is missing, damaged, or does not fit the model's space.
        NonFiniteError: If a value is NaN or infinite.
    """
    if path.is_file() and path.stat().st_size > MAX_BYTES:
        raise SamplesTooLargeError(f"{path} has {path.stat().st_size:,} bytes; a checkpoint may carry {MAX_BYTES:,}.")
    data = read_bytes(path)
    read_header(data, path)
    check_hash(data, sha256, path)
    tensors = read_tensors(data, path)
    try:
        x = _unpacked(tensors, space)
        _repeat_codes(tensors)
        own = {name: tensors.pop(name, None) for name in _OWN}
        return Examples(x=x, **own, extra=tensors)
    except (ValueError, KeyError, IndexError, TypeError, RuntimeError) as error:
        raise CorruptError(f"{path} does not hold examples of shape {space.shape} ({error}).") from error


def _packed(x: Tensor, space: Space) -> dict[str, Tensor]:
    if tuple(x.shape[1:]) != tuple(space.shape):
        raise ValueError(f"examples.x should be (N, {', '.join(map(str, space.shape))}); got {tuple(x.shape)}.")
    if space.kind == "series":
        return {"x": x if x.dtype == torch.float16 else x.float()}
    pixels = np.ascontiguousarray(to_uint8(x).transpose(0, 3, 1, 2))  # (N, C, H, W)
    if len(pixels) and np.isin(pixels, (0, 255)).all():
        return {"x_bits": torch.from_numpy(np.packbits(pixels.reshape(len(pixels), -1) > 0, axis=1))}
    if pixels.shape[1] == 3 and pixels.nbytes > _PLAIN_BYTES:
        files = [np.frombuffer(encode_jpeg(one), dtype=np.uint8) for one in pixels.transpose(0, 2, 3, 1)]
        ends = np.cumsum([len(file) for file in files], dtype=np.int64)
        return {"x_jpeg": torch.from_numpy(np.concatenate(files)), "x_jpeg_ends": torch.from_numpy(ends)}
    return {"x": torch.from_numpy(pixels)}


def _without_repetition(codes: Tensor) -> dict[str, Tensor]:
    """Codes (N, D), or the shortest beginning of them that all of them repeat, and how often."""
    length = codes.shape[1] if codes.ndim == 2 else 0
    for times in range(min(length, _MAX_TIMES), 1, -1):
        parts = codes.reshape(len(codes), times, -1) if length % times == 0 else None
        if parts is not None and len(codes) and torch.equal(parts, parts[:, :1].expand_as(parts)):
            return {"codes_once": parts[:, 0], "codes_times": torch.tensor(times)}
    return {"codes": codes}


def _repeat_codes(tensors: dict[str, Tensor]) -> None:
    if "codes_once" in tensors:
        times = int(tensors.pop("codes_times"))
        if not 1 < times <= _MAX_TIMES:
            raise ValueError(f"codes_times is {times}; it should be 2 to {_MAX_TIMES}")
        tensors["codes"] = tensors.pop("codes_once").repeat(1, times)


def _unpacked(tensors: dict[str, Tensor], space: Space) -> Tensor:
    bits = tensors.pop("x_bits", None)
    if bits is not None:
        if bits.shape[1] != -(-space.size // 8):
            raise ValueError(f"x_bits has {bits.shape[1]} bytes a row")
        pixels = np.unpackbits(bits.numpy(), axis=1, count=space.size)
        return torch.from_numpy(pixels).float().reshape(-1, *space.shape)
    if "x_jpeg" in tensors:
        return _decoded(tensors.pop("x_jpeg"), tensors.pop("x_jpeg_ends"), space)
    x = tensors.pop("x")
    if tuple(x.shape[1:]) != tuple(space.shape):
        raise ValueError(f"x has shape {tuple(x.shape)}")
    return from_uint8(x.permute(0, 2, 3, 1).numpy()) if x.dtype == torch.uint8 else x.float()


def _decoded(files: Tensor, ends: Tensor, space: Space) -> Tensor:
    data, places = files.numpy().tobytes(), [0, *ends.tolist()]
    if files.dtype != torch.uint8 or places != sorted(places) or places[-1] != len(data):
        raise ValueError("x_jpeg_ends does not say where the files of x_jpeg end")
    if len(ends) * space.size > _MAX_VALUES:
        raise ValueError(f"x_jpeg holds {len(ends)} pictures, too many of this size")
    height, width = space.shape[1:]
    pictures = [decode(data[a:b], (height, width)) for a, b in itertools.pairwise(places)]
    return from_uint8(np.stack(pictures).transpose(0, 2, 3, 1))
