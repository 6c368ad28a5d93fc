"""A Streamlit page with nothing but the canvas, for the browser tests: `streamlit run streamlit_canvas.py`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import streamlit as st

from apps.canvas.routes import canvas_routes
from apps.canvas.streamlit_host import base_path, prompt_answers
from tests.apps.canvas.toys import lookup_of, toys

app = st.App(
    Path(__file__).with_name("streamlit_canvas_page.py"),
    routes=canvas_routes(lookup_of(toys()), prefix=f"{base_path()}/canvas"),
    lifespan=prompt_answers,
)
