"""The report room's script: chooses the page, and what all pages look like on paper."""

from __future__ import annotations

import streamlit as st

from apps.report_pages import traverse

# On paper: no controls, full width, figures not cut in two, and black on white also where the page is dark.
PRINT = """<style>
@media print {
  header, [data-testid="stSidebar"], [data-testid="stToolbar"], .stButton, .stDownloadButton
    { display: none !important; }
  [data-testid="stMain"], [data-testid="stAppViewContainer"], .stApp, html, body
    { position: static !important; overflow: visible !important; height: auto !important;
      background: #ffffff !important; }
  .block-container { max-width: none !important; padding: 0 !important; }
  .stVerticalBlock { display: block !important; }
  .stElementContainer { margin-bottom: 0.8rem; }
  .stPlotlyChart, tr { break-inside: avoid; }
  .stElementContainer:has(.stHeading), .stElementContainer:has(.stHeading) + :has([data-testid="stCaptionContainer"])
    { break-after: avoid; }
  /* Drawn for the screen, up to 960 pixels wide: so it fits on A4. */
  .stElementContainer:has(.js-plotly-plot) { zoom: 0.7; }
  [data-testid="stHeading"] *, .stMarkdown *, [data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] *
    { background: none !important; color: #1b1f24 !important; }
  .stPlotlyChart text:not(.heatmap-label *) { fill: #1b1f24 !important; } /* a cell's number suits its cell */
  .stPlotlyChart .gridlayer path, .stPlotlyChart .zerolinelayer path { stroke: #d9dde3 !important; }
  .stMarkdown :is(td, th) { border-color: #d9dde3 !important; }
}
@page { margin: 14mm; }
.stAppDeployButton { display: none; }
.block-container { padding-top: 2.6rem; max-width: 1120px; }
.stMarkdown td, .stMarkdown th { font-size: 0.85rem; font-variant-numeric: tabular-nums; }
</style>"""


def explain() -> None:
    """Page Explain; its libraries take seconds to load, so they are loaded when it is first opened."""
    from apps.report_pages import explain

    explain.page()


def hypotheses() -> None:
    """Page Hypotheses."""
    from apps.report_pages import hypotheses

    hypotheses.page()


def quiz() -> None:
    """Page Quiz."""
    from apps.report_pages import quiz

    quiz.page()


def study() -> None:
    """Page Study results."""
    from apps.report_pages import study

    study.page()


st.set_page_config(page_title="Latent Explorer: report room", layout="wide")
st.html(PRINT)
st.navigation(
    [
        st.Page(traverse.page, title="Traverse", url_path="traverse", default=True),
        st.Page(explain, title="Explain", url_path="explain"),
        st.Page(hypotheses, title="Hypotheses", url_path="hypotheses"),
        st.Page(quiz, title="Quiz", url_path="quiz"),
        st.Page(study, title="Study results", url_path="study"),
    ]
).run()
