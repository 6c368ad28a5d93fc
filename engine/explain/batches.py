"""Decoding many codes in batches that fit: a full GPU halves the batch instead of ending the work."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.interfaces import Decoder


@dataclass(frozen=True)
class Decoded:
    """Decoded examples and what it took.

    Attributes:
        x: (N, *space.shape), on the CPU.
        batch_size: The batch size that worked in the end.
        note: One sentence for the user when the device's memory was too small for the batch asked for, else empty.
    """

    x: Tensor
    batch_size: int
    note: str = ""


@torch.inference_mode()
def decode_in_batches(model: Decoder, codes: Tensor, *, batch_size: int = 256) -> Decoded:
    """Decodes codes, (N, D), a batch at a time; halves the batch whenever the device runs out of memory.

    Args:
        model: Any decoder.
        codes: On any device.
        batch_size: To begin with.

    Raises:
        torch.OutOfMemoryError: If not even a single code fits.
    """
    device = getattr(model, "device", codes.device)
    done: list[Tensor] = []
    start, size = 0, max(1, min(batch_size, len(codes)))
    asked = size
    while start < len(codes):
        try:
            done.append(model.decode(codes[start : start + size].to(device)).detach().float().cpu())
        except torch.OutOfMemoryError as error:
            if size == 1:
                raise torch.OutOfMemoryError(
                    f"The memory of {device} is too small for a single code of this model. Choose the CPU, or close "
                    "what else uses the device."
                ) from error
            size = max(1, size // 2)
            torch.cuda.empty_cache()  # does nothing where CUDA was never used
            continue
        start += size
    x = torch.cat(done) if done else torch.empty(0, *model.space.shape)
    note = f"The memory of {device} was full: decoded in batches of {size} instead of {asked}." if size < asked else ""
    return Decoded(x, size, note)
