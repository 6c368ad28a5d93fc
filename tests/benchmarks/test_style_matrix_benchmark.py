"""The style matrix' benchmark drags what it says it drags; how fast that is stays out of the tests."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from benchmarks import style_matrix
from tests.apps.zoo import make_zoo


def test_every_model_that_draws_pictures_is_dragged(tmp_path, monkeypatch):
    zoo = make_zoo(tmp_path / "zoo", ("mnist/tc5", "mnist/digits", "sinelines/gt"))
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(zoo))
    file = tmp_path / "figures.json"
    result = CliRunner().invoke(style_matrix.app, ["--moves", "3", "--json", str(file)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    [row] = json.loads(file.read_text())
    assert (row["model"], row["classifier"], row["moves"]) == ("mnist/tc5", "mnist/digits", 3)
    assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["max_ms"]


def test_a_glob_that_matches_nothing_is_told():
    result = CliRunner().invoke(style_matrix.app, ["--only", "nothing/*"])
    assert result.exit_code == 2 and "nothing/*" in result.output
