"""One request of the canvas in, one picture or curve out: validation, decoding, raw bytes."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from apps.canvas.threads import Pace
from apps.plain_numbers import read_numbers, short
from apps.refusals import BusyError, RefusedError
from engine.explain import Redraw
from engine.images import to_uint8
from engine.interfaces import Decoder, Encoder

MAX_MESSAGE_BYTES = 256 * 1024  # a W+ code of 18 x 512 numbers written out is about 180 KiB
MAX_SIZE = 4096  # pixels
MAX_SEQ = 2**53  # JavaScript's largest exact integer
WAIT_S = 8.0
FIELDS = frozenset({"model", "code", "size", "seq"})

# Two decodes at a time: more only fight for the same cores. A semaphore, because hosts call from a pool of 40 threads.
_TURNS = threading.BoundedSemaphore(2)
_SEARCHES = threading.BoundedSemaphore(1)  # what takes seconds must not hold up live pictures
_PACE = Pace()

Lookup = Callable[[str], Decoder]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One decoded answer: uint8 (H, W, C) pixels of an image, or little-endian float32 (T,) values of a series."""

    seq: int
    shape: tuple[int, ...]
    data: bytes
    duration_ms: float

    def to_json(self) -> dict[str, Any]:
        """The form in which host functions (Gradio's server functions) answer."""
        text = base64.b64encode(self.data).decode("ascii")
        return {"seq": self.seq, "shape": list(self.shape), "data": text, "ms": self.duration_ms}


def answer(lookup: Lookup, payload: object) -> Frame:
    """Answers one request {model, code, size, seq}.

    Args:
        lookup: Name to model; raises UnknownModelError for a name it does not serve.
        payload: The parsed request, not yet trusted.

    Raises:
        RefusedError: If the request is malformed.
        UnknownModelError: If no such model is served.
        BusyError: If no turn came within 8 s.
    """
    fields = _fields(payload)
    seq = _integer(fields, "seq", 0, MAX_SEQ) or 0
    model = lookup(_name(fields))
    started = time.perf_counter()
    shape, data = decode_frame(model, fields)
    return Frame(seq=seq, shape=shape, data=data, duration_ms=round(1000 * (time.perf_counter() - started), 3))


@torch.inference_mode()
def decode_frame(model: Decoder, payload: object) -> tuple[tuple[int, ...], bytes]:
    """Decodes the code of one request.

    Args:
        model: Whose code it is; at most two decodes run at a time in this process.
        payload: {code: D finite numbers, size: longest side wanted in pixels or None, ...}; see `answer`.

    Returns:
        Shape and bytes: uint8 (H, W, C) for images, little-endian float32 (T,) for series.

    Raises:
        RefusedError: If the request is malformed, or the model returns values that are not finite.
        ValueError: If it returns another shape than its space.
        BusyError: If no turn came within 8 s.
    """
    fields = _fields(payload)
    code = read_numbers(fields.get("code"), "code", model.latent_dim)
    z = torch.tensor([code], dtype=torch.float32, device=_device(model))
    size = _integer(fields, "size", 1, MAX_SIZE)
    searches = _searches(model)
    turns = _SEARCHES if searches else _TURNS
    if not turns.acquire(timeout=WAIT_S):
        raise BusyError(f"The server is busy: no free turn to decode within {WAIT_S:.0f} s. Try again.")
    try:
        with nullcontext() if searches else _PACE.drawing(model):
            x = model.decode(z).detach().float()
    finally:
        turns.release()
    if tuple(x.shape) != (1, *model.space.shape):
        raise ValueError(f"The model decoded one code to shape {tuple(x.shape)}; expected {(1, *model.space.shape)}.")
    if not bool(x.isfinite().all()):
        raise RefusedError("The model decoded this code to values that are not finite; move the sliders back.")
    if model.space.kind == "series":
        values = x[0].cpu().numpy().astype("<f4")
        return values.shape, values.tobytes()
    pixels = to_uint8(_shrink(x, size))[0]
    return pixels.shape, pixels.tobytes()


def read_message(body: bytes) -> dict[str, Any]:
    """Parses a request body.

    Raises:
        RefusedError: If it is longer than 256 KiB or is not a JSON object of plain numbers.
    """
    if len(body) > MAX_MESSAGE_BYTES:
        raise RefusedError(f"The request has {len(body)} bytes; at most {MAX_MESSAGE_BYTES} are read.")
    try:
        message = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"The request is not JSON: {error}. Send {{model, code, size, seq}}.") from error
    return dict(_fields(message))


def _fields(payload: object) -> Mapping[str, Any]:
    if not isinstance(payload, Mapping):
        raise RefusedError(f"A request should be an object {{model, code, size, seq}}; got {type(payload).__name__}.")
    unknown = [str(name)[:40] for name in payload if name not in FIELDS]
    if unknown:
        raise RefusedError(f"A request has the fields model, code, size and seq; got also {unknown[:5]}.")
    return payload


def _name(fields: Mapping[str, Any]) -> str:
    name = fields.get("model")
    if not isinstance(name, str) or not 0 < len(name) <= 200:
        raise RefusedError(f"model should be a name of 1 to 200 characters; got {short(name)}.")
    return name


def _integer(fields: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    value = fields.get(name)
    if value is None:
        return None
    if type(value) is not int or not low <= value <= high:
        raise RefusedError(f"{name} should be a whole number from {low} to {high}, or absent; got {short(value)}.")
    return value


def _shrink(x: Tensor, size: int | None) -> Tensor:
    height, width = x.shape[-2:]
    longest = max(height, width)
    if size is None or size >= longest:
        return x
    target = (max(1, round(height * size / longest)), max(1, round(width * size / longest)))
    return F.interpolate(x, size=target, mode="area")


def _searches(model: Decoder) -> bool:
    """Whether decoding one code takes seconds: a model without an encoder searches the code of each picture."""
    return isinstance(model, Redraw) and not isinstance(model.second, Encoder)


def _device(model: Decoder) -> torch.device:
    device = getattr(model, "device", None)
    if device is None and isinstance(model, nn.Module):
        device = next((tensor.device for tensor in [*model.parameters(), *model.buffers()]), None)
    return torch.device(device or "cpu")


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not a number of JSON")
