"""A Gradio page with nothing but the canvas, for the browser tests; its events are written below."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import gradio as gr
import uvicorn
from fastapi import FastAPI

from apps.canvas import describe
from apps.canvas.gradio_host import live_canvas
from apps.canvas.routes import canvas_routes
from tests.apps.canvas.toys import lookup_of, toys

MODELS = toys()
LOOKUP = lookup_of(MODELS)


def told(state, event: gr.EventData):
    return json.dumps({"code": state["code"], "event": event._data})


with gr.Blocks() as demo:
    canvas = live_canvas(LOOKUP, describe(MODELS["toy/few"], first_frame=True))
    log = gr.Textbox(label="log")
    other = gr.Button("Other model")
    high = gr.Button("High code")
    canvas.release(told, canvas, log)
    canvas.edit(told, canvas, log)
    other.click(lambda: describe(MODELS["toy/mixed"]), None, canvas)
    high.click(lambda state: {**state, "code": [2.0] * len(state["code"])}, canvas, canvas)

def main():
    """CANVAS_MOUNT=/lab serves below that path; CANVAS_NO_DECODE_ROUTE leaves decoding to the server function."""
    routes = canvas_routes(LOOKUP)
    if os.environ.get("CANVAS_NO_DECODE_ROUTE"):
        routes = [route for route in routes if not route.path.endswith("/decode")]
    if mount := os.environ.get("CANVAS_MOUNT"):
        app = gr.mount_gradio_app(FastAPI(), demo, path=mount, app_kwargs={"routes": routes})
        uvicorn.run(app, host="127.0.0.1", port=int(os.environ["GRADIO_SERVER_PORT"]), log_level="warning")
    else:
        demo.launch(app_kwargs={"routes": routes})


if __name__ == "__main__":
    main()
