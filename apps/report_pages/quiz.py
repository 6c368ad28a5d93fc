"""Page Quiz: play with a model, and links to the studies of this server."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from apps.canvas.streamlit_host import base_path
from apps.report_pages import models

START = "dsprites/vae"  # neither easy nor hard
QUIZ = Path(__file__).parents[1] / "quiz"
HTML = '<div class="quiz-place"><div class="quiz-home"></div><p class="quiz-said qz" role="status"></p></div>'
CSS = ".quiz-place .qz-home { height: auto; padding: 0; overflow: visible; } .quiz-place .qz-card { margin-left: 0; }"


def page() -> None:
    """Draws the page."""
    st.header("Quiz", anchor=False)
    st.caption(
        "Whether people can use a model's dials shows how well they understand them: match a target picture, as in the "
        "interactive reconstruction study (Ross et al., 2021)."
    )
    names = models.choices()
    if not names:
        st.info("There are no models yet: train some with scripts/train_all.py, or import one.")
        return
    start = names.index(START) if START in names else 0
    model = st.sidebar.selectbox("Model", names, index=start, key="quiz_model")
    css = (QUIZ / "page" / "quiz.css").read_text(encoding="utf-8")
    js = (QUIZ / "streamlit_host.js").read_text(encoding="utf-8")
    component = st.components.v2.component("latent_quiz", html=HTML, css=css + CSS, js=js)
    component(key="quiz", data={"base": base_path(), "model": model})
