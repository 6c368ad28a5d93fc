"""Workspace Explain: heatmaps of pictures by several methods, side by side, with how good each of them is."""

from __future__ import annotations

import gradio as gr

from apps.gradio_app.session import Session


def build(session: Session) -> gr.HTML:
    """Puts down the element that `page/explain.js` fills; maps come from the routes of `explain_routes`."""
    return gr.HTML(
        html_template='<div id="lx-explain" class="lx-fill"></div>', js_on_load=None, apply_default_css=False
    )
