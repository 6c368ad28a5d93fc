"""Arrays to plotly figures and encoded pictures, for both apps, notebooks and documents; no page code in here.

    training_curve(rows)                          # rows of a run's log.csv
    mi_matrix(matrix, latents=..., factors=...)   # learned latents against true factors

Every figure has a transparent background and takes `theme="light"` or `"dark"`.
"""

from __future__ import annotations

from engine.figures.atlas import Atlas, atlas
from engine.figures.confusion import attribute_scores, confusion
from engine.figures.faithfulness import agreement_matrix, pixel_curves, randomisation_curves
from engine.figures.heatmap_sheet import heatmap_sheet, row_words
from engine.figures.heatmaps import heatmap_pixels, heatmap_png, heatmap_table
from engine.figures.metrics_table import MetricRow, metric_rows, metrics_table
from engine.figures.mi_matrix import mi_matrix
from engine.figures.palette import category_colors, diverging_limit, method_color, model_color
from engine.figures.picture import curve_figure, data_uri, picture_png
from engine.figures.plane import Plane, plane
from engine.figures.reconstructions import reconstructions
from engine.figures.sweep_sheet import sweep_sheet
from engine.figures.themes import Theme, notice
from engine.figures.training_curve import training_curve
from engine.figures.traversal import traversal_grid, traversal_strip

__all__ = [
    "Atlas",
    "MetricRow",
    "Plane",
    "Theme",
    "agreement_matrix",
    "atlas",
    "attribute_scores",
    "category_colors",
    "confusion",
    "curve_figure",
    "data_uri",
    "diverging_limit",
    "heatmap_pixels",
    "heatmap_png",
    "heatmap_sheet",
    "heatmap_table",
    "method_color",
    "metric_rows",
    "metrics_table",
    "mi_matrix",
    "model_color",
    "notice",
    "picture_png",
    "pixel_curves",
    "plane",
    "randomisation_curves",
    "reconstructions",
    "row_words",
    "sweep_sheet",
    "training_curve",
    "traversal_grid",
    "traversal_strip",
]
