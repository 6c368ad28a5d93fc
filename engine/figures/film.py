"""A walk through code space as a film: an animated GIF that plays to the end and back."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from torch import Tensor

from engine.figures.picture import CURVE_COLOR, pixels
from engine.interfaces import Space


def film_gif(
    walk: Tensor,
    space: Space,
    *,
    longest: int = 256,
    frame_ms: int = 60,
    there_and_back: bool = True,
    color: str = CURVE_COLOR,
) -> bytes:
    """Decoded examples, (V, *space.shape), as the bytes of an endless animated GIF.

    Args:
        walk: Images in [0, 1], or series, which are drawn as curves on white.
        space: What they are.
        longest: Images are enlarged by a whole factor to at most this many pixels; series are this large.
        frame_ms: How long each frame stands, a multiple of 10.
        there_and_back: Whether it also plays backwards, so that it does not jump.
        color: Of a drawn series.

    Raises:
        ValueError: If there are no frames.
    """
    from PIL import Image

    if not len(walk):
        raise ValueError("A film needs at least one frame; got none.")
    scale = max(1, longest // max(space.shape[-2:])) if space.kind == "image" else 1
    frames = [Image.fromarray(_opaque(pixels(x, space, scale=scale, size=longest, color=color))) for x in walk]
    frames += frames[-2:0:-1] if there_and_back else []
    buffer = io.BytesIO()
    frames[0].save(buffer, format="GIF", save_all=True, append_images=frames[1:], duration=frame_ms, loop=0, disposal=1)
    return buffer.getvalue()


def _opaque(drawn: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """(H, W, 1, 3 or 4) -> grey (H, W) or (H, W, 3); what is transparent becomes white."""
    if drawn.shape[2] == 4:
        alpha = drawn[..., 3:].astype(np.float32) / 255
        return (drawn[..., :3] * alpha + 255 * (1 - alpha)).round().astype(np.uint8)
    return drawn[..., 0] if drawn.shape[2] == 1 else drawn
