"""The hypotheses benchmark finds the same effects both ways; how fast anything is stays out of the tests."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from benchmarks import hypotheses
from tests.apps.zoo import make_zoo


def test_both_ways_find_the_same_effects(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(make_zoo(tmp_path / "zoo", ("mnist/ig5", "mnist/digits"))))
    file = tmp_path / "figures.json"
    options = ["--model", "mnist/ig5", "--model", "stylegan2", "--classifier", "mnist/digits", "--output", "3",
               "--axes", "3", "--codes", "6", "--baseline-codes", "4", "--side", "8", "--base", "64",
               "--repeats", "2", "--threads", "1", "--json", str(file)]  # fmt: skip
    result = CliRunner().invoke(hypotheses.app, options, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    rows = json.loads(file.read_text())
    assert [(row["model"], row["axes"], row["codes"]) for row in rows] == [("mnist/ig5", 3, 6), ("stylegan2", 3, 6)]
    assert all(row["difference"] < 1e-5 and row["seconds"] > 0 and row["ratio"] > 0 for row in rows)
