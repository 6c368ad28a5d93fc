"""Page Explain: pictures by methods on one sheet, and how far each method can be trusted, laid out for print."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st
import torch
from torch import Tensor

from apps.explaining import Question, classifier, kept_maps, resolved
from apps.random_order_curves import random_order_curves
from apps.refusals import RefusedError, told
from apps.report_pages import explain_controls as controls
from apps.report_pages import models
from apps.report_pages.traverse import PLAIN, table
from engine.explain.heatmaps import HEATMAPS, Attribution, Failure, Method, Target, attribute_all, name_of, normalise
from engine.explain.heatmaps.archive import heatmaps_npz
from engine.explain.heatmaps.cache import picture_keys
from engine.figures import agreement_matrix, heatmap_sheet, heatmap_table, pixel_curves, row_words
from engine.metrics import PixelCurves, agreement, deletion_insertion, number
from engine.models.predictions import prediction_words, predictions
from engine.models.target_words import target_words

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from engine.figures import Theme

_EVERY_S = 0.1  # between two words of progress; at each of them Streamlit may end the work


@dataclass
class Comparison:
    """A question and what is known of it so far; lives as long as the page is open.

    Attributes:
        question: Model, pictures, methods, target.
        names: Of the pictures.
        said: What the model says of each.
        words: The target, as it was chosen.
        key: What tells it from all other questions.
        results: Maps of the methods that are finished, in their order.
        failures: Methods that cannot explain the model.
        curves: Deletion and insertion by method.
        reference: The same of pixels in random order, beside the curves.
        stopped: Why it goes on no further; empty while it does.
    """

    question: Question
    names: tuple[str, ...]
    said: tuple[str, ...]
    words: str
    key: tuple[str, ...]
    results: list[Attribution] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    curves: dict[str, PixelCurves] = field(default_factory=dict)
    reference: PixelCurves | None = None
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        asked = len(self.results) + len(self.failures) == len(self.question.methods)
        return asked and len(self.curves) == len(self.results)


def page() -> None:
    """Draws the page; what was asked for last stays until Explain is pressed again."""
    for name, reason in models.damaged().items():
        st.sidebar.warning(f"{name} cannot be loaded: {reason}")
    able = [entry.id for entry in models.shelf().entries() if entry.kind == "classifier"]
    if not able:
        st.info("There are no classifiers yet: train some with scripts/train_all.py, or import one.")
        return
    name = st.sidebar.selectbox("Classifier", able, key="classifier", bind="query-params")
    try:
        model = classifier(models.shelf(), name)
    except Exception as error:
        st.error(told(error).text)
        return
    shown = controls.choose_pictures(model)
    target = controls.choose_target(model)
    methods = controls.choose_methods(model)
    pressed = st.sidebar.button("Explain", type="primary", width="stretch", key="explain")
    look = controls.choose_look()
    _head(model)
    if shown is None or not methods:
        st.info("Choose at least one picture and one method.")
        return
    for note in shown.notes:
        st.caption(note)
    try:
        asked = question_of(model, shown, target, methods)
    except RefusedError as error:
        st.error(str(error))
        return
    comparison: Comparison | None = st.session_state.get("comparison")
    if comparison is None or pressed or comparison.question.model.id != model.id:
        comparison = st.session_state["comparison"] = asked
    elif comparison.key != asked.key:
        st.sidebar.caption("Something was changed: Explain brings the maps up to date.")
    _show(comparison, look)


def question_of(model: Any, shown: controls.Shown, target: Target, methods: Sequence[Method]) -> Comparison:  # noqa: ANN401
    """A comparison of which nothing is known yet.

    Args:
        model: A LoadedClassifier.
        shown: The pictures.
        target: What is explained.
        methods: At least one.

    Raises:
        RefusedError: If the difference of a class with itself is asked for.
    """
    with torch.no_grad():
        logits = model.logits(shown.x.to(model.device)).float().cpu()
    question = Question(model=model, x=shown.x, methods=methods, target=resolved(target, logits))
    said = tuple(prediction_words(one) for one in predictions(model, logits))
    return Comparison(question, shown.names, said, target_words(target, model.classes), _key(question, shown.names))


def compare(comparison: Comparison, *, on_progress: Callable[[str, float], None], on_map: Callable[[], None]) -> None:
    """Does what is left of a comparison; may be ended at any word of progress, and called again.

    Args:
        comparison: Filled method by method.
        on_progress: Called with what is being done, and the share that is done of it all.
        on_map: Called after each method.
    """
    question, steps = comparison.question, 2 * len(comparison.question.methods)
    seen = {one.method for one in comparison.results} | {one.method for one in comparison.failures}
    left = [method for method in question.methods if name_of(method) not in seen]

    def told_of(place: int, done: int, rows: int) -> None:
        on_progress(left[place].title, (len(seen) + place + done / max(1, rows)) / steps)

    settings: dict[str, Any] = {"target": question.target, "cache": kept_maps(), "on_progress": told_of}
    for one in attribute_all(question.model, question.x, left, **settings):
        if isinstance(one, Failure):
            comparison.failures.append(one)
        else:
            comparison.results.append(one)
        on_map()
    if comparison.results and comparison.reference is None:
        on_progress("Judging a random order", 0.5)
        comparison.reference = random_order_curves(question.model, question.x, question.target, kept_maps())
    for place, result in enumerate(comparison.results):
        if result.method not in comparison.curves:
            on_progress(f"Judging {HEATMAPS[result.method].title}", 0.5 + place / steps)
            comparison.curves[result.method] = deletion_insertion(
                question.model, question.x, result.values, target=question.target
            )


def drawn(comparison: Comparison, look: controls.Look) -> dict[str, Tensor]:
    """Maps on one scale, (N, H, W) by title; what speaks against the target stays below zero, whatever is shown."""
    turn = -1 if look.sign == "negative" else 1
    return {HEATMAPS[one.method].title: turn * normalise(one.values, sign=look.sign) for one in comparison.results}


def grid(comparison: Comparison, look: controls.Look, theme: Theme) -> go.Figure:
    """Pictures in rows, methods in columns, for the screen."""
    columns = 1 + len(comparison.question.methods)
    pairs = zip(comparison.names, comparison.said, strict=True)
    names = [f"{html.escape(_short(name))}<br><b>model: {html.escape(said)}</b>" for name, said in pairs]
    maps = drawn(comparison, look)
    cell = max(84, min(160, 720 // columns))
    return heatmap_table(comparison.question.x, maps, names=names, opacity=look.opacity, theme=theme, cell=cell)


def sheet(comparison: Comparison, look: controls.Look) -> bytes:
    """The same as PNG bytes, for print."""
    question, classes = comparison.question, comparison.question.model.classes
    pairs = zip(comparison.names, comparison.said, strict=True)
    words = [
        row_words(_short(name), said, target_words(question.target.of_row(row), classes))
        for row, (name, said) in enumerate(pairs)
    ]
    return heatmap_sheet(
        question.x, drawn(comparison, look), names=words, heading=question.model.id, sign=look.sign,
        opacity=look.opacity,
    )  # fmt: skip


def numbers(comparison: Comparison) -> bytes:
    """Attributions before any normalisation, as NPZ bytes."""
    return heatmaps_npz(comparison.question.x, comparison.results, names=list(comparison.names))


def method_lines(comparison: Comparison) -> list[dict[str, str]]:
    """How each method did, as lines of a table: means over the pictures."""
    lines = []
    for one in comparison.results:
        curves = comparison.curves.get(one.method)
        areas = (None, None) if curves is None else (curves.deletion_auc, curves.insertion_auc)
        deletion, insertion = (number(None if area is None else float(area.mean())) for area in areas)
        lines.append(
            {
                "Method": HEATMAPS[one.method].title,
                "Seconds": "from the cache" if one.cached == len(one.values) else number(one.seconds),
                "Deletion": deletion,
                "Insertion": insertion,
                "Options": ", ".join(f"{name} {value}" for name, value in one.options.items() if value != ""),
                "Published": HEATMAPS[one.method].paper,
            }
        )
    return lines


def notes_of(comparison: Comparison) -> list[str]:
    """What the reader should know of how maps were made, and which of them are empty."""
    notes = []
    for one in comparison.results:
        title = HEATMAPS[one.method].title
        notes += [f"{title}: {note}" for note in one.notes]
        pairs = zip(comparison.names, one.values, strict=True)
        empty = [_short(name) for name, values in pairs if not values.any()]
        notes += [f"{title}: the map is zero everywhere for {', '.join(empty)}."] if empty else []
    return notes


def _show(comparison: Comparison, look: controls.Look) -> None:
    theme: Theme = "dark" if st.context.theme.type == "dark" else "light"
    st.caption(f"Explained: {comparison.words}. Beside each picture stands what the model says of it.")
    work, place = st.empty(), st.empty()

    def redraw() -> None:
        key = f"grid {len(comparison.results)} {len(comparison.failures)}"
        place.plotly_chart(grid(comparison, look, theme), width="stretch", theme=None, config=PLAIN, key=key)

    redraw()
    if not (comparison.complete or comparison.stopped):
        _work(comparison, work, redraw)
    if comparison.stopped:
        st.warning(comparison.stopped)
    for failure in comparison.failures:
        st.warning(f"{HEATMAPS[failure.method].title}: {failure.reason}")
    if not comparison.results:
        return
    st.caption(
        "Red speaks for what is explained, blue against it, white is neither. All maps share one scale: the strongest "
        "colour stands where 98 % of a map's attribution is reached."
    )
    _downloads(comparison, look)
    _trust(comparison, theme)


def _work(comparison: Comparison, place: Any, redraw: Callable[[], None]) -> None:  # noqa: ANN401 - an st.empty
    """Works under a progress bar; any click of the visitor ends it, and the next run goes on unless that was Stop."""
    with place.container():
        bar = st.progress(0.0, "Looking at the pictures")
        st.button("Stop", key="stop", on_click=_stop, args=(comparison,))
    last = 0.0

    def report(words: str, share: float) -> None:
        nonlocal last
        if time.monotonic() - last > _EVERY_S:
            last = time.monotonic()
            bar.progress(min(share, 1.0), words)

    try:
        compare(comparison, on_progress=report, on_map=redraw)
    except Exception as error:
        comparison.stopped = told(error).text
    place.empty()


def _stop(comparison: Comparison) -> None:
    comparison.stopped = "Stopped as asked. Explain goes on; maps that are finished are kept."


def _downloads(comparison: Comparison, look: controls.Look) -> None:
    stem = f"{comparison.question.model.id.replace('/', '-')}-heatmaps"
    left, right, _ = st.columns([1, 1, 2])
    left.download_button(
        "Figure (PNG)", lambda: sheet(comparison, look), file_name=f"{stem}.png", mime="image/png",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    right.download_button(
        "Numbers (NPZ)", lambda: numbers(comparison), file_name=f"{stem}.npz", mime="application/zip",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _trust(comparison: Comparison, theme: Theme) -> None:
    st.subheader("How the methods compare", anchor=False)
    st.markdown(table(method_lines(comparison)))
    for note in notes_of(comparison):
        st.caption(note)
    titled = {HEATMAPS[name].title: curves for name, curves in comparison.curves.items()}
    if titled:
        st.subheader("Pixels taken away, pixels shown", anchor=False)
        st.caption(
            "The most important pixels of each map go first. Deletion should fall early: a small area below the curve "
            "is good. Insertion should rise early: a large one is. What is missing is blurred. The thin grey line is "
            "what pixels in random order come to. Means over the pictures."
        )
        _chart(pixel_curves(titled, reference=comparison.reference, theme=theme))
    if len(comparison.results) > 1:
        st.subheader("Do the methods agree?", anchor=False)
        st.caption("Rank correlation of the sizes of attributions, pixel by pixel: 1 is the same order, 0 is none.")
        maps = {HEATMAPS[one.method].title: one.values for one in comparison.results}
        _chart(agreement_matrix(agreement(maps), theme=theme))


def _chart(figure: go.Figure) -> None:
    st.plotly_chart(figure, width="stretch", theme=None, config=PLAIN)


def _head(model: Any) -> None:  # noqa: ANN401 - a LoadedClassifier
    config, outputs = model.card.config, len(model.classes)
    st.header(config["title"], anchor=False)
    accuracy = model.card.metrics.get("accuracy", {}).get("value")
    facts = [f"`{model.id}`", f"{outputs} output{'s' * (outputs > 1)}", f"{config.get('parameters', 0):,} weights"]
    st.caption(" · ".join([*facts, *([f"accuracy {number(accuracy)}"] if accuracy else [])]))


def _short(name: str, most: int = 28) -> str:
    return name if len(name) <= most else f"{name[: most // 2]}\N{HORIZONTAL ELLIPSIS}{name[-most // 2 + 1 :]}"


def _key(question: Question, names: Sequence[str]) -> tuple[str, ...]:
    keys = [
        key
        for method in question.methods
        for key in picture_keys(question.model, question.x, method, question.target, 0, "fp32", None)
    ]
    return (*names, *keys)
