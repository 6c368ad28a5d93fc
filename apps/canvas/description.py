"""What the canvas needs to know of a model, as plain JSON."""

from __future__ import annotations

import base64
import math
from typing import Any

from torch import Tensor

from apps.canvas.frames import decode_frame
from engine.interfaces import Axis, LatentModel, Space


def describe(model: LatentModel, *, code: Tensor | None = None, first_frame: bool = False) -> dict[str, Any]:
    """Layout, axes, space and start code of a model, ready for `mount` in canvas.js.

    Args:
        model: Any latent model; only its name travels back with requests.
        code: Where to start, (D,) or (1, D); by default `start_code`.
        first_frame: Also decode the start code, so that the page shows a picture before it asks for one.

    Returns:
        JSON-able dict: model, layout, axes, space, code and, if asked for, frame {shape, data: base64}.

    Raises:
        ValueError: If the code has another length than the model's, or is not finite.
    """
    start = (start_code(model) if code is None else code).detach().cpu().float().flatten()
    if start.numel() != model.latent_dim or not bool(start.isfinite().all()):
        raise ValueError(
            f"The start code of {model.id!r} should be {model.latent_dim} finite numbers; got {start.numel()} numbers, "
            f"{int((~start.isfinite()).sum())} of them not finite."
        )
    description: dict[str, Any] = {
        "model": model.id,
        "layout": [{"name": part.name, "size": part.size, "kind": part.kind} for part in model.layout],
        "axes": [_axis(axis) for axis in model.axes],
        "space": _space(model.space),
        "code": start.tolist(),
    }
    if first_frame:
        shape, data = decode_frame(model, {"model": model.id, "code": start.tolist()})
        description["frame"] = {"shape": shape, "data": base64.b64encode(data).decode("ascii")}
    return description


def start_code(model: LatentModel) -> Tensor:
    """The example's code nearest to the middle of the data, (D,), each entry in units of its own spread.

    The middle itself may lie where there are no data: that of many autoencoders draws nothing. It is the start of a
    model without examples.
    """
    middle, codes = model.mean_code, getattr(getattr(model, "examples", None), "codes", None)
    if codes is None:
        return middle
    away = (codes - middle) / codes.std(dim=0).clamp_min(1e-6)
    return codes[away.square().sum(dim=1).argmin()]


def _axis(axis: Axis) -> dict[str, Any]:
    numbers = {name: _finite(axis, name) for name in ("low", "high", "center", "minimum", "maximum", "effect")}
    return {
        "name": axis.name,
        "kind": axis.kind,
        "indices": list(axis.indices),
        "collapsed": bool(axis.collapsed),
        "options": list(axis.options),
        "direction": list(axis.direction),
        **numbers,
    }


def _finite(axis: Axis, name: str) -> float:
    value = float(getattr(axis, name))
    if not math.isfinite(value):
        raise ValueError(f"Axis {axis.name!r} has {name} = {value}; it should be finite. Measure the axes again.")
    return value


def _space(space: Space) -> dict[str, Any]:
    return {"kind": space.kind, "shape": list(space.shape), "grid": space.grid, "limits": space.limits}
