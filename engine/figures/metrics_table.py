"""Measured figures beside the published ones, model by model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.figures.themes import CLEAR, Theme, ink, themed
from engine.metrics import HEADLINES, METRICS, interval_of, number

if TYPE_CHECKING:
    import plotly.graph_objects as go

Metrics = Mapping[str, Mapping[str, Any]]  # by name: `value`, `unit`, `definition`, `paper_value`, `higher_is_better`


@dataclass(frozen=True)
class MetricRow:
    """One number of one model.

    Attributes:
        model: Its id.
        name: The metric's name in `engine.metrics.METRICS`.
        title: What people call it.
        value: As measured.
        paper: As published, or None.
        unit: What it counts in; empty for a plain number.
        definition: One sentence.
        higher_is_better: None where neither direction is better.
        interval: Ends of its 95 % interval, or None.
    """

    model: str
    name: str
    title: str
    value: float
    paper: float | None
    unit: str
    definition: str
    higher_is_better: bool | None
    interval: tuple[float, float] | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the measured value is at least as good as the published one; None where that cannot be said."""
        if self.paper is None or self.higher_is_better is None:
            return None
        return self.value >= self.paper if self.higher_is_better else self.value <= self.paper


def metric_rows(models: Mapping[str, Metrics], names: Sequence[str] = ()) -> list[MetricRow]:
    """The single numbers of every model, in the order of `names`; vectors and matrices are figures of their own.

    Args:
        models: By model id, metrics as `metrics.json` and the catalogue hold them.
        names: Which metrics; by default all, in the order of the metrics table.
    """
    wanted = names or tuple(METRICS)
    return [
        _row(model, name, metrics[name])
        for model, metrics in models.items()
        for name in wanted
        if name in metrics and isinstance(metrics[name].get("value"), int | float)
    ]


def metrics_table(
    models: Mapping[str, Metrics], names: Sequence[str] = HEADLINES, *, theme: Theme = "light"
) -> go.Figure:
    """A printed table: one line a model, one column a metric, the published figure in brackets.

    Raises:
        ValueError: If no model has any of these metrics.
    """
    import plotly.graph_objects as go

    rows = {(row.model, row.name): row for row in metric_rows(models, names)}
    shown = [name for name in names if any(name == metric for _, metric in rows)]
    if not shown:
        raise ValueError(f"None of the models {list(models)} has one of the metrics {list(names)}.")
    colors = ink(theme)
    columns = [[_cell(rows.get((model, name))) for model in models] for name in shown]
    line = {"color": colors.line, "width": 1}
    figure = go.Figure(
        go.Table(
            header={
                "values": ["model", *(METRICS[name].heading for name in shown)],
                "align": ["left", "right"],
                "fill_color": CLEAR,
                "line": line,
                "font": {"color": colors.muted, "size": 12},
            },
            cells={
                "values": [list(models), *columns],
                "align": ["left", "right"],
                "fill_color": CLEAR,
                "line": line,
                "font": {"color": colors.text, "size": 12},
                "height": 26,
            },
        )
    )
    return themed(figure, theme, height=60 + 26 * len(models))


def _row(model: str, name: str, metric: Mapping[str, Any]) -> MetricRow:
    return MetricRow(
        model=model,
        name=name,
        title=METRICS[name].title if name in METRICS else name.replace("_", " "),
        value=float(metric["value"]),
        paper=metric.get("paper_value"),
        unit=metric.get("unit", ""),
        definition=metric.get("definition", ""),
        higher_is_better=metric.get("higher_is_better"),
        interval=interval_of(metric),
    )


def _cell(row: MetricRow | None) -> str:
    if row is None:
        return number(None)
    return number(row.value) if row.paper is None else f"{number(row.value)} ({number(row.paper)})"
