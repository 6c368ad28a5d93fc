"""The benchmarks run and tell what they promise; how fast anything is stays out of the tests."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks import cold_start, decode_throughput, disentanglement, dsprites_rendering, hand_to_pixel
from tests.apps.zoo import make_zoo

IDS = ("sinelines/vae", "sinelines/gt", "mnist/tc5", "mnist/ig5", "mnist/digits")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("zoo"), IDS)


@pytest.fixture
def run(tmp_path):
    """Runs a benchmark and returns the rows that it wrote."""

    def run_(benchmark, *options):
        file = tmp_path / "figures.json"
        result = CliRunner().invoke(benchmark.app, [*options, "--json", str(file)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(file.read_text())

    return run_


def test_every_decoder_is_timed_at_every_batch_size(run, zoo, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(zoo))
    options = ("--batch", "1", "--batch", "4", "--pictures", "8", "--baseline-pictures", "4", "--repeats", "1")
    rows = [row for row in run(decode_throughput, *options) if row["device"] == "cpu"]
    assert {(row["model"], row["batch"]) for row in rows} == {(name, n) for name in IDS[:-1] for n in (1, 4)}
    assert all(row["difference"] < 1e-4 for row in rows)  # a batch decodes the same pictures


def test_a_glob_that_matches_nothing_is_told(zoo, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(zoo))
    for benchmark in (decode_throughput, hand_to_pixel):
        result = CliRunner().invoke(benchmark.app, ["--only", "nothing/*"])
        assert result.exit_code == 2
        assert "nothing/*" in result.output


def test_rendering_agrees_with_its_baseline(run):
    rows = run(dsprites_rendering, "--images", "64", "--baseline-images", "16", "--repeats", "1")
    assert [row["wrong_pixels"] for row in rows] == [0, 0, 0, 0]


def test_metrics_agree_with_scikit_learn(run):
    rows = run(disentanglement, "--mig-rows", "300", "--dci-rows", "300", "--repeats", "1")
    assert [row["metric"] for row in rows] == ["MIG", "DCI"]
    assert rows[0]["difference"] < 1e-9
    assert rows[1]["difference"] < 5e-3  # the same trees but for ties, which scikit-learn breaks by chance


def test_a_skipped_move_counts_until_the_picture_of_a_later_one():
    seen = {
        "down": 0.0, "up": 1000.0, "inputs": [10.0, 20.0, 30.0, 40.0],
        "joins": {"a": 10.5, "b": 30.5, "c": 40.5},
        "done": {"a": ["x/1.webp", 100.0], "b": ["x/2.webp", 200.0], "c": ["x/2.webp", 300.0]},
        "loads": [["http://here/x/1.webp", 110.0], ["http://here/x/2.webp", 215.0]],
    }  # fmt: skip
    assert hand_to_pixel._answers(seen) == [(10.5, 110.0), (30.5, 215.0), (40.5, 300.0)]


def test_percentiles_leave_out_moves_without_a_picture():
    turn = hand_to_pixel.Turn(np.array([10.0, 20.0, 30.0, math.nan]), pictures=3, held_s=0.5)
    side = hand_to_pixel._side([turn, turn])
    assert (side.p50_ms, side.max_ms, side.pictures_per_s, side.unanswered) == (20.0, 30.0, 6.0, 2)


def test_the_first_start_is_told_apart_from_the_later_ones():
    runs = [(30.0, 31.0), (4.0, 5.0), (5.0, 6.5), (4.5, 6.0)]
    titles = [kind.title for kind in cold_start.KINDS]
    ours, eager, empty = cold_start._results(
        dict(zip(titles, (runs, [(9.0, 9.0)] * 4, [(3.0, None)] * 4), strict=True))
    )
    assert (ours.first_s, ours.picture_s, ours.longest_s, ours.follows_s) == (30.0, 4.5, 5.0, 6.0)
    assert (ours.goal_met, eager.goal_met) == (True, False)
    assert (eager.ratio, empty.follows_s) == (2.0, None)
