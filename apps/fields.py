"""Reading what a page sends: every field has a type and a bound, and a wrong one is named in plain words."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from apps.plain_numbers import read_numbers, short
from apps.refusals import RefusedError

if TYPE_CHECKING:
    from torch import Tensor


def text(fields: Mapping[str, Any], name: str, *, options: Sequence[str] = (), default: str | None = None) -> str:
    """A short text, one of `options` where they are given.

    Raises:
        RefusedError: If it is something else.
    """
    value = fields.get(name, default)
    if not isinstance(value, str) or not 0 < len(value) <= 200 or (options and value not in options):
        wanted = f"one of {list(options)}" if options else "a text of 1 to 200 characters"
        raise RefusedError(f"{name} should be {wanted}; got {short(value)}.")
    return value


def whole(fields: Mapping[str, Any], name: str, low: int, high: int, *, default: int | None = None) -> int:
    """A whole number in [low, high].

    Raises:
        RefusedError: If it is something else.
    """
    value = fields.get(name, default)
    if type(value) is not int or not low <= value <= high:
        raise RefusedError(f"{name} should be a whole number from {low} to {high}; got {short(value)}.")
    return value


def code(fields: Mapping[str, Any], name: str, latent_dim: int) -> Tensor:
    """One code, (D,) float32.

    Raises:
        RefusedError: If it is no list of D finite numbers.
    """
    import torch

    return torch.tensor(numbers(fields, name, latent_dim), dtype=torch.float32)


def numbers(fields: Mapping[str, Any], name: str, length: int) -> list[float]:
    """A list of `length` finite numbers of at most a million.

    Raises:
        RefusedError: If it is something else.
    """
    return read_numbers(fields.get(name), name, length)


def raw(fields: Mapping[str, Any], name: str, size: int) -> bytes:
    """Base64 of exactly `size` bytes.

    Raises:
        RefusedError: If it is something else.
    """
    value = fields.get(name)
    if not isinstance(value, str) or len(value) != 4 * math.ceil(size / 3):
        raise RefusedError(f"{name} should be the base64 of {size} bytes; got {short(value)}.")
    try:
        data = base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise RefusedError(f"{name} should be base64: {error}.") from error
    if len(data) != size:
        raise RefusedError(f"{name} should be the base64 of {size} bytes; got {len(data)} bytes.")
    return data


def packed(data: bytes) -> str:
    """Bytes as the text that goes into JSON."""
    return base64.b64encode(data).decode("ascii")
