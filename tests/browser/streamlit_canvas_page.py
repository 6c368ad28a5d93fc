"""The script of streamlit_canvas.py."""

import json

import streamlit as st

from apps.canvas import describe
from apps.canvas.streamlit_host import live_canvas
from tests.apps.canvas.toys import toys


@st.cache_resource
def models():
    return toys()


st.session_state.setdefault("revision", 0)
name = st.radio("Model", ["toy/few", "toy/mixed"])
if st.button("High code"):
    st.session_state.code, st.session_state.revision = [2.0] * models()[name].latent_dim, st.session_state.revision + 1
state = describe(models()[name], first_frame=True)
if st.session_state.get("code") and len(st.session_state.code) == len(state["code"]):
    state["code"] = st.session_state.code
result = live_canvas({**state, "revision": st.session_state.revision}, key=name)
st.code(json.dumps({"code": result.code, "names": result.names}))
