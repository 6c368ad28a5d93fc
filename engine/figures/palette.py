"""Colours: the same for a model and a method wherever it is drawn, and told apart by colour-blind readers, too."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

# Lines and marks: the hues of Okabe & Ito (2008), moved until they stand out from white as well as from near-black and
# stay at least 20 apart in CIELAB for protan, deutan and tritan readers.
MODEL_COLORS: Mapping[str, str] = MappingProxyType(
    {
        "ae": "#f56100",
        "vae": "#139fd6",
        "tc": "#007361",
        "ss": "#be40a0",
        "ig": "#784bf7",
        "gt": "#9d9369",
        "digits": "#8a5b28",
    }
)
_OTHERS = tuple(MODEL_COLORS.values())

# Ten colours for labels, found by search: as far apart in CIELAB as ten got, 28 for protan, deutan and tritan readers
# and 50 for others, while each stands out from white as well as from near-black.
CATEGORIES = (
    "#e60d00",
    "#6e399a",
    "#3fc0af",
    "#faa701",
    "#2b4e5f",
    "#e438fe",
    "#abb9f5",
    "#c1ad73",
    "#0700fe",
    "#883a2e",
)

# Maps by their names in plotly: for amounts (uniform), for signed numbers (ColorBrewer, white at zero), for angles.
SEQUENTIAL = "viridis"
DIVERGING = "RdBu_r"
CYCLIC = "phase"
# The hues of `DIVERGING` for pictures on a dark page: lightest at the ends, and zero is the page itself.
DIVERGING_ON_DARK = ("#92c5de", "#2166ac", "#16191e", "#b2182b", "#f4a582")


def model_color(model_id: str) -> str:
    """The colour of a model, "#rrggbb": by family, so that `mnist/tc5` and `mnist/tc10-paper` share theirs.

    Args:
        model_id: A catalogue id, with or without the data set.
    """
    family = re.sub(r"(-paper)?$", "", model_id.split("/")[-1].lower())
    family = re.sub(r"\d+$", "", family)
    return MODEL_COLORS[family] if family in MODEL_COLORS else _by_name(family)


def method_color(method: str) -> str:
    """The colour of a method (an explainer, a baseline), "#rrggbb"; it follows from the name alone."""
    return _by_name(method)


def category_colors(count: int) -> tuple[str, ...]:
    """Colours of `count` labels; they repeat after ten."""
    return tuple(CATEGORIES[k % len(CATEGORIES)] for k in range(count))


def diverging_limit(values: npt.ArrayLike | Sequence[float]) -> float:
    """The a of a colour range [-a, a] centred on zero that holds all finite values; 1 where all are zero."""
    array = np.asarray(values, dtype=np.float64)
    finite = array[np.isfinite(array)]
    limit = float(np.abs(finite).max()) if finite.size else 0.0
    return limit if math.isfinite(limit) and limit > 0 else 1.0


def sampled(colors: str | Sequence[str], count: int = 256) -> list[str]:
    """`count` colours, "#rrggbb", along a map of plotly's, by its name, or between equally spaced colours."""
    from plotly.colors import get_colorscale, sample_colorscale

    scale = get_colorscale(colors) if isinstance(colors, str) else list(colors)
    triples = sample_colorscale(scale, list(np.linspace(0, 1, count)), colortype="tuple")
    return ["#" + "".join(f"{round(255 * channel):02x}" for channel in triple) for triple in triples]


def lettering(background: str) -> str:
    """Black or white, "#rrggbb": what can be read better on a colour "#rrggbb"; the contrast is at least 4.5.

    Relative luminance and contrast as in WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio.
    """
    encoded = np.array([int(background[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    channels = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    luminance = float(channels @ [0.2126, 0.7152, 0.0722])
    return "#ffffff" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "#000000"


def _by_name(name: str) -> str:
    return _OTHERS[zlib.crc32(name.lower().encode()) % len(_OTHERS)]
