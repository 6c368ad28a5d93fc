"""The store's benchmark saves what it says it saves."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from benchmarks import study_store


def test_both_ways_keep_every_response(tmp_path):
    file = tmp_path / "figures.json"
    options = ("--participants", "4", "--steps", "3", "--entries", "5", "--repeats", "2", "--folder", str(tmp_path))
    result = CliRunner().invoke(study_store.app, [*options, "--json", str(file)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    rows = json.loads(file.read_text())
    assert [(row["saves"], row["kept"], row["failed"]) for row in rows] == [(12, 24, 0)] * 2
