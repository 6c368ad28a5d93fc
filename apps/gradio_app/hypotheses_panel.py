"""Workspace Hypotheses: what moves a classifier's answer, found on some codes and tested on others."""

from __future__ import annotations

import gradio as gr

from apps.gradio_app.session import Session


def build(session: Session) -> gr.HTML:
    """Puts down the element that `page/hypotheses.js` fills; answers come from the routes of `hypotheses_routes`."""
    return gr.HTML(
        html_template='<div id="lx-hypotheses" class="lx-fill"></div>', js_on_load=None, apply_default_css=False
    )
