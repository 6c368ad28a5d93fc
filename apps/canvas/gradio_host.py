"""The live canvas as a Gradio component."""

from __future__ import annotations

from typing import Any

import gradio as gr

from apps.canvas import GRADIO_HOST_JS, answer
from apps.canvas.frames import Lookup
from apps.refusals import told


def live_canvas(
    lookup: Lookup,
    value: dict[str, Any] | None = None,
    *,
    prefix: str = "/canvas",
    height: str = "min(560px, 85vh)",
    elem_id: str | None = None,
    visible: bool = True,
) -> gr.HTML:
    """The canvas in a gr.HTML whose value is the state of `describe`.

    Send another value to show another model or code. A released slider writes `code` back and triggers `release`
    (gr.EventData has `code` and `axis`); a new name triggers `edit` (`axis`, `name`). The script and the pictures come
    from `canvas_routes`, so pass `app_kwargs={"routes": canvas_routes(lookup)}` to `launch`; where the decode route
    does not answer, the server function below does.

    Args:
        lookup: Name to model; raises UnknownModelError for a name it does not serve.
        value: State to show first; None shows nothing until a value is sent.
        prefix: Where `canvas_routes` is mounted on this app; the app's own root path is added in the page.
        height: CSS height of the component.
        elem_id: Id of the component's element on the page.
        visible: Whether it is shown.
    """

    def decode(question: dict[str, Any]) -> dict[str, Any]:
        try:
            return answer(lookup, question).to_json()
        except Exception as error:
            said = told(error)
            return {"error": said.text, "busy": said.status == 503}

    return gr.HTML(
        value,
        html_template=f'<div class="live-canvas" style="--lx-height: {height}"></div>',
        js_on_load=GRADIO_HOST_JS.read_text(encoding="utf-8"),
        server_functions=[decode],
        apply_default_css=False,
        elem_id=elem_id,
        visible=visible,
        canvas=prefix,
    )
