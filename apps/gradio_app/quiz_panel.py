"""Workspace Quiz: play with a model, and the studies that participants can be invited to."""

from __future__ import annotations

import gradio as gr

from apps.gradio_app.session import Session


def build(session: Session) -> gr.HTML:
    """Puts down the element that `quiz/page/quiz_home.js` fills; questions come from the routes of `apps.quiz`."""
    return gr.HTML(html_template='<div id="lx-quiz" class="lx-fill"></div>', js_on_load=None, apply_default_css=False)
