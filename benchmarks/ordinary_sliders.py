"""The baseline of `hand_to_pixel.py`: gr.Slider.input -> gr.Image, a page for every decoder of the catalogue."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import gradio as gr
import numpy as np
import torch
import uvicorn
from fastapi import FastAPI
from PIL import Image, ImageDraw
from torch import Tensor

import engine
from engine.checkpoints import LoadedDecoder
from engine.images import to_uint8
from engine.interfaces import Axis, Space

SERIES_SIZE = (480, 300)  # pixels of a curve's picture, (width, height)


def ordinary_page(name: str) -> gr.Blocks:
    """A slider and a picture, wired as Gradio's own documentation does; the latest value wins."""
    model = engine.load(name)
    axis = _first_slider(model.axes)
    with gr.Blocks(title=name, analytics_enabled=False) as page:
        slider = gr.Slider(axis.low, axis.high, value=axis.center, step=(axis.high - axis.low) / 1000, label=axis.name)
        picture = gr.Image(label=name, interactive=False, elem_id="picture")
        slider.input(
            _decoding(model, axis.indices[0]), slider, picture, trigger_mode="always_last", show_progress="hidden"
        )
    return page


def _first_slider(axes: tuple[Axis, ...]) -> Axis:
    """The first axis that is a slider: the continuous one of the largest influence."""
    return next(axis for axis in axes if axis.kind == "continuous")


def _decoding(model: LoadedDecoder, index: int) -> Callable[[float], Image.Image]:
    start = model.mean_code

    @torch.inference_mode()
    def decode(value: float) -> Image.Image:
        z = start.clone()
        z[index] = value
        return _picture(model.decode(z[None].to(model.device)), model.space)

    return decode


def _picture(x: Tensor, space: Space) -> Image.Image:
    if space.kind == "image":
        return Image.fromarray(to_uint8(x)[0].squeeze(-1) if space.shape[0] == 1 else to_uint8(x)[0])
    values = x[0].cpu().numpy()
    low, high = space.limits or (float(values.min()), float(values.max()) + 1e-6)
    width, height = SERIES_SIZE
    across, down = np.linspace(0, width, len(values)), height * (1 - (values - low) / (high - low))
    curve = Image.new("RGB", SERIES_SIZE, "white")
    ImageDraw.Draw(curve).line(list(zip(across.tolist(), down.tolist(), strict=True)), fill="black", width=2)
    return curve


def main(names: list[str]) -> None:
    """Serves the pages at /<id> on GRADIO_SERVER_PORT until killed."""
    app = FastAPI()
    for name in names:
        app = gr.mount_gradio_app(app, ordinary_page(name), path=f"/{name}")
    app.add_api_route("/ready", lambda: "ready")
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["GRADIO_SERVER_PORT"]), log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1:])
