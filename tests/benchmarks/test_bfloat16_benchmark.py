"""The bf16 benchmark compares both precisions of the same maps."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from benchmarks import bfloat16


def test_maps_in_both_precisions_are_alike(tmp_path):
    file = tmp_path / "figures.json"
    options = ("cifar10/objects", "--pictures", "1", "--samples", "2", "--json", str(file))
    result = CliRunner().invoke(bfloat16.app, options, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    rows = json.loads(file.read_text())
    assert [row["method"] for row in rows] == list(bfloat16.published_methods(2))
    assert all(0.9 < row["lowest"] <= row["mean"] <= 1 and row["fp32_s"] > 0 for row in rows)
