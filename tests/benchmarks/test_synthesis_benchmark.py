"""The synthesis benchmark compares equal pictures; how fast anything is stays out of the tests."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from benchmarks import synthesis


def test_both_ways_draw_the_same_pictures(tmp_path):
    file = tmp_path / "figures.json"
    options = ("--side", "8", "--side", "32", "--base", "256", "--pictures", "3", "--repeats", "1", "--json", str(file))
    result = CliRunner().invoke(synthesis.app, options, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    rows = json.loads(file.read_text())
    assert [row["side"] for row in rows] == [8, 32]
    assert all(row["difference"] < 1e-4 for row in rows)
