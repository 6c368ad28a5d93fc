"""A response played again: where the dials stood at equal times, for the canvas to draw, and as a film to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from engine.figures.film import film_gif
from engine.figures.palette import MODEL_COLORS
from engine.figures.picture import CURVE_COLOR, pixels
from engine.figures.study_errors import held
from engine.interfaces import Axis, Decoder, Space
from engine.study.measuring.whole_codes import whole_codes
from engine.study.measuring.yardsticks import Dial
from engine.study.response import Response
from engine.study.session import Session
from engine.study.steps import Reconstruction

if TYPE_CHECKING:
    from engine.study.measuring.slides import Floats

TARGET_COLOR = MODEL_COLORS["ae"]
_GAP = 4  # pixels between output and target
_BATCH = 64


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One reconstruction as frames; plain numbers, so that `dataclasses.asdict` is JSON.

    Attributes:
        model: Id.
        outcome: `solved` or `skipped`.
        target: The code to be matched, (D,).
        every_ms: Between frames.
        t_ms: When each frame stands, since the question was shown, (F,).
        code: Where the sliders stood, F codes of D numbers.
        axis: Number of the dial that had moved last, or -1, (F,).
        agreement: With the target, (F,).
        error: Summed squared difference from the target, (F,).
    """

    model: str
    outcome: str
    target: tuple[float, ...]
    every_ms: float
    t_ms: tuple[float, ...]
    code: tuple[tuple[float, ...], ...]
    axis: tuple[int, ...]
    agreement: tuple[float, ...]
    error: tuple[float, ...]


def replay(
    session: Session, step: int, dials: Sequence[Axis | Dial], *, every_ms: float = 100.0, most: int = 600
) -> Replay:
    """The frames of one response; each shows the history's last entry before it.

    Args:
        session: Whose.
        step: Number of the step in the session's plan.
        dials: Of the step's model, in the order of its axes.
        every_ms: Between frames.
        most: Where there would be more frames than this, they stand further apart.

    Raises:
        ValueError: If the step is no reconstruction or has no history.
    """
    asked, found = replayed(session, step)
    history = found.history
    end = max(history.t_ms[-1], found.duration_ms)
    every = max(every_ms, end / max(most - 1, 1))
    grid = np.append(np.arange(0.0, end, every), end)
    times = np.array(history.t_ms)
    entries = held(times, np.arange(len(times), dtype=np.float64), grid).astype(int).tolist()
    codes = list(whole_codes(asked.start, history, dials))
    return Replay(
        model=asked.model,
        outcome=found.outcome,
        target=asked.target,
        every_ms=every,
        t_ms=tuple(grid.tolist()),
        code=tuple(tuple(codes[k].tolist()) for k in entries),
        axis=tuple(history.axis[k] for k in entries),
        agreement=tuple(history.agreement[k] for k in entries),
        error=tuple(history.error[k] for k in entries),
    )


def replayed(session: Session, step: int) -> tuple[Reconstruction, Response]:
    """What `replay` plays: the question and how it was answered; errors as there."""
    asked = session.plan.steps[step] if 0 <= step < len(session.plan.steps) else None
    found = next((response for response in session.responses if response.step == step), None)
    if not isinstance(asked, Reconstruction) or found is None or not found.history.t_ms:
        raise ValueError(
            f"Step {step} of {session.participant} has no history to replay; choose a reconstruction that was answered."
        )
    return asked, found


def replay_film(model: Decoder, shown: Replay, *, speed: float = 4.0, longest: int = 256) -> bytes:
    """A replay as an animated GIF: the output beside the target, or, of series, both curves in one picture.

    Args:
        model: Of the replay.
        shown: The frames.
        speed: How many times faster than it was; frames too fast for a GIF (20 ms) are left out.
        longest: Pictures are enlarged by a whole factor to at most this many pixels; series are this large.
    """
    frame_ms = 10 * max(2, round(shown.every_ms / speed / 10))
    every = max(1, round(frame_ms * speed / shown.every_ms))
    kept = sorted({*range(0, len(shown.code), every), len(shown.code) - 1})
    drawn = _decoded(model, np.array([*(shown.code[k] for k in kept), shown.target], dtype=np.float32))
    outputs, target = drawn[:-1], drawn[-1]
    if model.space.kind == "series":
        film, space = _overlaid(outputs, target, model.space, longest)
    else:
        film, space = _beside(outputs, target, longest)
    return film_gif(film, space, longest=max(space.shape[-2:]), frame_ms=frame_ms, there_and_back=False)


def _decoded(model: Decoder, codes: Floats) -> Tensor:
    with torch.inference_mode():
        parts = [model.decode(torch.from_numpy(codes[k : k + _BATCH])).cpu() for k in range(0, len(codes), _BATCH)]
    return torch.cat(parts)


def _beside(outputs: Tensor, target: Tensor, longest: int) -> tuple[Tensor, Space]:
    scale = max(1, longest // max(outputs.shape[-2:]))
    pair = torch.stack([torch.stack([output, target]) for output in outputs])  # (F, 2, C, H, W)
    pair = pair.repeat_interleave(scale, -1).repeat_interleave(scale, -2).clamp(0, 1)
    gap = torch.ones(*pair.shape[:1], *pair.shape[2:-1], _GAP)
    film = torch.cat([pair[:, 0], gap, pair[:, 1]], dim=-1)
    return film, Space(kind="image", shape=tuple(film.shape[1:]))


def _overlaid(outputs: Tensor, target: Tensor, space: Space, size: int) -> tuple[Tensor, Space]:
    wanted = _on_white(target, space, size, TARGET_COLOR)
    film = torch.stack([wanted * _on_white(output, space, size, CURVE_COLOR) for output in outputs])
    return film, Space(kind="image", shape=tuple(film.shape[1:]))


def _on_white(series: Tensor, space: Space, size: int, color: str) -> Tensor:
    """A drawn curve, (3, size, size) in [0, 1]."""
    drawn = torch.from_numpy(pixels(series, space, size=size, color=color)).float() / 255
    alpha = drawn[..., 3:]
    return (drawn[..., :3] * alpha + 1 - alpha).permute(2, 0, 1)
