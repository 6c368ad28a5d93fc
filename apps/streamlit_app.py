"""Latent Explorer, the report room: `streamlit run apps/streamlit_app.py`; laid out for reading and printing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import streamlit as st

from apps.canvas.routes import canvas_routes
from apps.canvas.streamlit_host import base_path, prompt_answers
from apps.quiz.routes import quiz_routes
from apps.quiz.service import Quiz
from apps.quiz.shelf import StudyShelf
from apps.report_pages.models import lookup, shelf
from apps.startup import or_exit

or_exit(shelf)  # before anything is served: a device that makes no sense
app = st.App(
    Path(__file__).resolve().parent / "report_pages" / "index.py",
    routes=[
        *canvas_routes(lookup, prefix=f"{base_path()}/canvas"),
        *quiz_routes(Quiz(shelf(), StudyShelf()), prefix=f"{base_path()}/quiz"),
    ],
    lifespan=prompt_answers,
)
