"""The README tells the truth: its table is that of the checkpoints, its links and commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.tables import ROOT, filled, main, methods_table, models_table
from engine.checkpoints import Entry, catalog
from engine.explain.heatmaps import HEATMAPS

README = ROOT / "README.md"


def entry(**changes):
    mse = {"value": 6.4321, "paper_value": 6.481531}
    row = {"id": "dsprites/ae", "title": "Autoencoder", "dataset": "dsprites", "kind": "latent", "latents": 5}
    row |= {"bytes": 812_345, "metrics": {"mse": mse, "mig": {"value": 0.0312}}, "folder": Path()}
    return Entry(**row | changes)


def test_a_row_shows_measured_and_published_figures():
    last = models_table([entry()]).splitlines()[-1]
    link = "[`dsprites/ae`](checkpoints/dsprites/ae/README.md)"
    assert last == f"| {link} | Autoencoder | 5 | MSE 6.43 (6.48) | 0.0312 | – | 0.8 |"


def test_what_a_simulated_participant_solves_has_a_column_of_its_own():
    metrics = {"bot_solved": {"value": 41.0, "paper_value": 43.0}}
    table = models_table([entry(metrics=metrics)])
    assert "| MIG | simulated participant solves, % | MB |" in table
    assert table.endswith("| 5 | – | – | 41 (43) | 0.8 |")


def test_what_was_not_measured_stays_empty():
    row = models_table([entry(metrics={}, latents=0)]).splitlines()[-1]
    assert "| – | – | – | 0.8 |" in row


def test_a_damaged_checkpoint_is_named():
    with pytest.raises(ValueError, match="dsprites/ae: truncated"):
        models_table([entry(error="truncated")])


def test_only_the_lines_between_the_marks_change():
    begin, end = "<!-- models:begin -->", "<!-- models:end -->"
    assert filled(f"a\n{begin}\nold\n{end}\nz\n", "models", "new") == f"a\n{begin}\nnew\n{end}\nz\n"


@pytest.mark.parametrize("text", ["no marks", "<!-- models:end --> in the wrong order <!-- models:begin -->"])
def test_a_missing_mark_is_an_error(text):
    with pytest.raises(ValueError, match="README.md should hold"):
        filled(text, "models", "table")


def test_every_heatmap_method_has_a_row_with_its_paper():
    rows = methods_table().splitlines()[2:]
    assert len(rows) == len(HEATMAPS)
    grad_cam = next(row for row in rows if row.startswith("| `grad-cam`"))
    assert grad_cam.endswith("| [Selvaraju et al. (2017)](https://arxiv.org/abs/1610.02391) |")
    assert next(row for row in rows if row.startswith("| `random`")).endswith("| – |")


def test_the_readme_is_up_to_date(capsys):
    if not catalog():
        pytest.skip("no checkpoints yet")
    assert main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8")))))
def test_what_the_readme_links_to_exists(link):
    assert (ROOT / link).exists()


def test_the_python_of_the_readme_runs():
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks
    for code in blocks:
        exec(compile(code, "README.md", "exec"), {})


def test_every_command_of_make_in_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    used = set(re.findall(r"^make ([a-z]+)", README.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert used
    assert used <= targets
