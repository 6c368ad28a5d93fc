"""Page Traverse: the live canvas, every axis as a printed strip, and the model's metrics beside the published ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.refusals import told
from apps.report_pages import models

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from engine.figures import Theme

PLAIN = {"displayModeBar": False, "staticPlot": True}  # what prints as it is seen


def page() -> None:
    """Draws the page; runs again whenever a slider is let go."""
    known = models.choices()
    for name, reason in models.damaged().items():
        st.sidebar.warning(f"{name} cannot be loaded: {reason}")
    if not known:
        st.info("There are no models yet: train some with scripts/train_all.py, or import one.")
        return
    name = st.sidebar.selectbox("Model", known, key="model", bind="query-params")
    count = st.sidebar.slider("Pictures on each axis", 5, 15, 9, step=2, key="count")
    span = st.sidebar.segmented_control(
        "Range", ["percentile", "full"], default="percentile", format_func=_SPANS.__getitem__, key="span", required=True
    )
    try:
        model = models.lookup(name)
    except Exception as error:
        st.error(told(error).text)
        return
    _head(model)
    code = _canvas(model, span or "percentile")
    st.subheader("Every axis", anchor=False)
    st.caption(
        "Each row moves one axis and leaves the others where the sliders above stand; the value is written below each "
        f"picture. Rows span {'the middle 99 % of' if span != 'full' else 'all'} encoded data."
    )
    draw = partial(axes_figure, model, code, count=count, span=span or "percentile")
    st.plotly_chart(draw(theme=_theme()), width="stretch", theme=None, config=PLAIN)
    file_name = f"{model.id.replace('/', '-')}-axes.html"
    document = partial(saved, draw)  # drawn when it is asked for: it takes all of plotly along
    st.download_button("Save this figure", document, file_name=file_name, mime="text/html", icon=":material/download:")
    _metrics(model)


def axes_figure(
    model: Any,  # noqa: ANN401 - a loaded decoder
    code: Sequence[float] | None,
    *,
    count: int,
    span: str,
    theme: Theme,
) -> go.Figure:
    """The walks along all axes through a code, decoded and laid out for print.

    Args:
        model: The decoder.
        code: Where the sliders stand; None is where they start.
        count: Pictures on a continuous axis.
        span: `percentile` or `full`.
        theme: Of the page.
    """
    import torch

    from apps.canvas import start_code
    from engine.explain import decode_in_batches, walks
    from engine.figures import model_color, traversal_grid

    z = start_code(model) if code is None else torch.tensor(list(code), dtype=torch.float32)
    rows = walks(model, z, count=count, span="full" if span == "full" else "percentile")
    decoded = decode_in_batches(model, torch.cat([row.codes for row in rows])).x
    return traversal_grid(
        torch.split(decoded, [len(row.codes) for row in rows]),
        names=[row.axis.name + (" (collapsed)" if row.axis.collapsed else "") for row in rows],
        values=[_values(row.axis.options, row.values.tolist()) for row in rows],
        space=model.space,
        color=model_color(model.id),
        theme=theme,
        cell=72,
    )


def saved(draw: Callable[..., go.Figure]) -> str:
    """A figure as a page of its own, in the ink of white paper whatever the theme it was looked at in.

    Args:
        draw: Takes `theme` and returns the figure.
    """
    import plotly.io

    document: str = plotly.io.to_html(draw(theme="light"), include_plotlyjs=True, config=PLAIN)
    return document


def metric_lines(metrics: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """A model's single numbers as lines of a table, measured beside published."""
    from engine.figures import metric_rows
    from engine.metrics import number, ranged

    return [
        {
            "Metric": row.title,
            "Measured": ranged(row.value, row.interval),
            "Published": number(row.paper),
            "Unit": row.unit,
            "What it says": row.definition,
        }
        for row in metric_rows({"": metrics})
    ]


def table(lines: Sequence[Mapping[str, str]]) -> str:
    """Lines that share their fields as a Markdown table, which prints as it is read."""

    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"

    fields = list(lines[0])
    return "\n".join([row(fields), row(["---"] * len(fields)), *(row([line[f] for f in fields]) for line in lines)])


_SPANS = {"percentile": "99 % of data", "full": "all data"}


def _head(model: Any) -> None:  # noqa: ANN401
    config = model.card.config
    st.header(f"{_title(model.dataset)}: {config['title']}", anchor=False)
    facts = [f"`{model.id}`", f"{model.latent_dim} entries in a code", f"{config.get('parameters', 0):,} weights"]
    st.caption(" · ".join([*facts, *([config["note"]] if config.get("note") else [])]))


def _canvas(model: Any, span: str) -> Sequence[float] | None:  # noqa: ANN401
    """The live canvas; returns where its sliders were last let go, or None before that."""
    import torch

    from apps.canvas import describe
    from apps.canvas.streamlit_host import live_canvas

    kept: dict[str, list[float]] = st.session_state.setdefault("codes", {})
    start = torch.tensor(kept[model.id]) if model.id in kept else None
    state = {**describe(model, code=start, first_frame=True), "range": span, "label": model.title}
    result = live_canvas(state, key=f"canvas {model.id}", height="420px")
    code = result.code
    if code and len(code) == model.latent_dim:
        kept[model.id] = list(code)
    return kept.get(model.id)


def _metrics(model: Any) -> None:  # noqa: ANN401
    from engine.figures import metrics_table

    lines = metric_lines(model.card.metrics)
    st.subheader("Metrics", anchor=False)
    if lines:
        st.markdown(table(lines))
    else:
        st.caption("None was measured.")
    others = models.metrics_of(model.dataset)
    if len(others) > 1:
        st.subheader(f"All models of {_title(model.dataset)}", anchor=False)
        st.caption("Measured, with the published figure in brackets.")
        st.plotly_chart(metrics_table(others, theme=_theme()), width="stretch", theme=None, config=PLAIN)


def _title(dataset: str) -> str:
    """What people call a data set; its name where its folder is gone."""
    from engine.data import find_dataset

    found = find_dataset(dataset)
    return dataset if found is None else found.title


def _values(options: Sequence[str], values: Sequence[float]) -> list[float | str]:
    return [options[int(value)] for value in values] if options else list(values)


def _theme() -> Theme:
    return "dark" if st.context.theme.type == "dark" else "light"
