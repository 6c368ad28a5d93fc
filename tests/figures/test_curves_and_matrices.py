from __future__ import annotations

import math

import numpy as np
import pytest

from engine.figures import metric_rows, metrics_table, mi_matrix, training_curve
from engine.metrics import number
from tests.figures.helpers import check

ROWS = [
    {"step": step, "time": 1.0 * step, "loss": 500.0 / step + 20 + k, "bernoulli": 500.0 / step + 20, "kl": k - 1.0}
    for k, step in enumerate(range(100, 1100, 100))
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_term_has_a_panel_over_the_steps(theme):
    figure = training_curve(ROWS, theme=theme, color="#0077bb")
    check(figure)
    assert [trace.name for trace in figure.data] == ["training loss", "bernoulli", "kl"]
    assert all(trace.line.color == "#0077bb" and list(trace.x) == list(range(100, 1100, 100)) for trace in figure.data)
    np.testing.assert_allclose(figure.data[2].y, [row["kl"] for row in ROWS])


def test_a_term_equal_to_the_loss_is_left_out():
    rows = [{"step": 1, "loss": 3.0, "bernoulli": 3.0}, {"step": 2, "loss": 2.0, "bernoulli": 2.0}]
    assert [trace.name for trace in training_curve(rows).data] == ["training loss"]


def test_a_classifiers_accuracy_is_called_what_it_is():
    figure = training_curve([{"step": k, "loss": 1.0 / k, "accuracy": 1 - 0.5 / k} for k in (1, 2, 3)])
    assert [title.text for title in figure.layout.annotations] == ["training loss", "training accuracy"]
    assert "training accuracy" in figure.data[1].hovertemplate


def test_terms_that_fall_far_and_stay_positive_are_logarithmic():
    rows = [{"step": k, "steep": 1000.0 / k, "flat": 2.0 + 1 / k, "signed": 5.0 - k} for k in range(1, 40)]
    layout = training_curve(rows).layout
    assert (layout.yaxis.type, layout.yaxis2.type, layout.yaxis3.type) == ("log", "linear", "linear")


def test_long_logs_are_thinned_but_end_where_they_end():
    rows = [{"step": k, "loss": float(k)} for k in range(1, 10_002)]
    x = training_curve(rows).data[0].x
    assert len(x) <= 1502
    assert (x[0], x[-1]) == (1, 10_001)


def test_an_empty_log_and_one_without_terms_are_refused():
    with pytest.raises(ValueError, match="at least one row"):
        training_curve([])
    with pytest.raises(ValueError, match="columns \\['step', 'time'\\]"):
        training_curve([{"step": 1, "time": 2.0}])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_rows_of_the_matrix_are_learned_and_columns_true(theme):
    figure = mi_matrix([[0.1, 0.2, 0.3], [1.0, 0.0, 0.5]], factors=["shape", "scale", "posX"], mig=0.25, theme=theme)
    check(figure)
    heat = figure.data[0]
    assert (list(heat.y), list(heat.x)) == (["z1", "z2"], ["shape", "scale", "posX"])
    assert heat.z[1][0] == 1.0
    assert (heat.zmin, heat.zmax) == (0.0, 1.0)
    assert list(figure.data[1].text) == ["0.10", "0.20", "0.30", "1.00", "0.00", "0.50"]
    assert list(figure.data[1].textfont.color) == ["#ffffff"] * 3 + ["#000000", "#ffffff", "#000000"]
    assert "MIG 0.2500" in figure.layout.title.text
    assert figure.layout.yaxis.autorange == "reversed"  # the first latent on top


def test_names_that_do_not_fit_and_broken_matrices_are_refused():
    with pytest.raises(ValueError, match="factors should be 2 names"):
        mi_matrix([[0.1, 0.2]], factors=["only"])
    with pytest.raises(ValueError, match="finite numbers"):
        mi_matrix([[math.nan]])


METRICS = {
    "dsprites/ae": {
        "mse": {"value": 6.1, "paper_value": 6.481531, "higher_is_better": False, "unit": "u", "definition": "d"},
        "mig": {"value": 0.02, "paper_value": 0.031602, "higher_is_better": True},
        "mi_matrix": {"value": [[1.0]]},
    },
    "mnist/ig5": {"category_purity": {"value": 0.93, "paper_value": None, "higher_is_better": True}},
}


@pytest.mark.parametrize(
    ("stored", "read"), [([48, 67.5], (48.0, 67.5)), (None, None), ("48", None), ([1], None), ([1, "2"], None)]
)
def test_a_row_has_the_interval_of_its_value_where_one_can_be_read(stored, read):
    (row,) = metric_rows({"a": {"bot_solved": {"value": 58.0, "unit": "%", "interval": stored}}})
    assert (row.title, row.interval) == ("Simulated participant solves", read)
    assert metrics_table({"a": {"bot_solved": {"value": 58.0}}}).data[0].header["values"][1].endswith("solves, %")


def test_rows_hold_single_numbers_with_the_papers_beside_them():
    rows = metric_rows(METRICS, ["mig", "mse", "category_purity"])
    assert [(row.model, row.name, row.value, row.paper) for row in rows] == [
        ("dsprites/ae", "mig", 0.02, 0.031602),
        ("dsprites/ae", "mse", 6.1, 6.481531),
        ("mnist/ig5", "category_purity", 0.93, None),
    ]
    assert [row.reached for row in rows] == [False, True, None]
    assert "mi_matrix" not in [row.name for row in metric_rows(METRICS)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_printed_table_has_a_line_a_model_and_the_published_figure_in_brackets(theme):
    figure = metrics_table(METRICS, theme=theme)
    check(figure)
    header, columns = figure.data[0].header["values"], figure.data[0].cells["values"]
    assert list(header) == ["model", "MSE", "MIG", "Category purity"]
    assert list(columns[0]) == ["dsprites/ae", "mnist/ig5"]
    assert list(columns[1]) == ["6.10 (6.48)", "–"]


def test_a_table_of_nothing_is_refused():
    with pytest.raises(ValueError, match="None of the models"):
        metrics_table({"a": {}})


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (6.481531, "6.48"), (0.031602, "0.0316"), (16.0, "16"), (124.19585, "124"), (-0.5, "−0.500"),
     (0.00001, "1.00e-05"), (73728.0, "7.37e+04"), (0.0, "0"), (0.9, "0.900"), (1234.5, "1234")],
)  # fmt: skip
def test_numbers_have_three_significant_digits(value, text):
    assert number(value) == text
