"""Light and dark: transparent figures whose lettering suits the page behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from engine.registry import unknown

if TYPE_CHECKING:
    import plotly.graph_objects as go

Theme = Literal["light", "dark"]
CLEAR = "rgba(0,0,0,0)"


@dataclass(frozen=True)
class Ink:
    """Colours of lettering: text, less important text, thin lines, and the page they were chosen for."""

    text: str
    muted: str
    line: str
    page: str


INKS: Mapping[str, Ink] = MappingProxyType(
    {
        "light": Ink(text="#1b1f24", muted="#5b6470", line="#d9dde3", page="#ffffff"),
        "dark": Ink(text="#e6e9ed", muted="#99a2ae", line="#2d333b", page="#16191e"),
    }
)


def ink(theme: str) -> Ink:
    """The colours of a theme.

    Raises:
        KeyError: If there is no such theme.
    """
    if theme not in INKS:
        raise KeyError(unknown("theme", theme, INKS))
    return INKS[theme]


def themed(figure: go.Figure, theme: str, *, title: str = "", height: int | None = None, **layout: Any) -> go.Figure:  # noqa: ANN401 - plotly's own
    """Gives a figure its letters, lines and transparent background; changes and returns it.

    Args:
        figure: Any plotly figure.
        theme: `light` or `dark`.
        title: One line above the figure.
        height: In pixels; None fills what the page gives.
        layout: Further layout fields, which win.
    """
    colors = ink(theme)
    axis = {
        "gridcolor": colors.line,
        "linecolor": colors.line,
        "zerolinecolor": colors.line,
        "tickcolor": colors.line,
        "tickfont": {"color": colors.muted, "size": 11},
        "title": {"font": {"color": colors.text, "size": 12}, "standoff": 8},
        "automargin": True,
    }
    figure.update_layout(
        template="none",
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font={"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 12, "color": colors.text},
        margin={"l": 8, "r": 12, "t": 40 if title else 12, "b": 8},
        hoverlabel={"bgcolor": colors.page, "bordercolor": colors.line, "font": {"color": colors.text, "size": 12}},
        legend={"font": {"color": colors.text}, "bgcolor": CLEAR},
        modebar={"bgcolor": CLEAR, "color": colors.muted, "activecolor": colors.text},
        height=height,
    )
    if title:
        font = {"size": 14, "color": colors.text}
        figure.update_layout(title={"text": title, "x": 0.0, "xref": "paper", "font": font})
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure.update_layout(**layout)


def notice(text: str, *, theme: Theme = "light", height: int | None = None) -> go.Figure:
    """A figure that only says why there is none."""
    import plotly.graph_objects as go

    figure = themed(go.Figure(), theme, height=height or 160)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    font = {"size": 13, "color": ink(theme).muted}
    return figure.add_annotation(text=text, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font=font)


def colorbar(title: str, theme: str) -> dict[str, Any]:
    """A slim colour bar in a theme's ink."""
    colors = ink(theme)
    return {
        "title": {"text": title, "side": "right", "font": {"color": colors.muted, "size": 11}},
        "tickfont": {"color": colors.muted, "size": 11},
        "thickness": 10,
        "outlinewidth": 0,
        "len": 0.9,
    }
