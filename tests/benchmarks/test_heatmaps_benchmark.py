"""The heatmap benchmark compares equal maps; how fast anything is stays out of the tests."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from benchmarks import heatmaps


def test_both_ways_give_the_same_maps(tmp_path):
    file = tmp_path / "figures.json"
    options = ("--pictures", "2", "--size", "64", "--samples", "4", "--chunk-size", "4", "--repeats", "1")
    result = CliRunner().invoke(heatmaps.app, [*options, "--no-waiting", "--json", str(file)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    rows = [row for row in json.loads(file.read_text()) if row["device"] == "cpu"]
    assert [row["method"] for row in rows if row["goal"]] == ["all four", "all four"]
    exact = [row for row in rows if row["precision"] == "fp32"]
    assert len(exact) == 5 and all(row["difference"] < 1e-4 for row in exact)
    assert exact[-1]["seconds"] == pytest.approx(sum(row["seconds"] for row in exact[:-1]))
