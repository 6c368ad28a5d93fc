"""Workspace Traverse: the live canvas above strips, examples, uploads and the walk from A to B."""

from __future__ import annotations

import gradio as gr

from apps.gradio_app.session import Session


def build(session: Session) -> gr.HTML:
    """Puts down the element that `page/traverse.js` fills; codes and pictures come from the explorer's routes."""
    return gr.HTML(
        html_template='<div id="lx-traverse" class="lx-fill"></div>', js_on_load=None, apply_default_css=False
    )
