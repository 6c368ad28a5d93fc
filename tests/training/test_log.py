from __future__ import annotations

import math

import pytest

from engine.training.estimate import training_seconds
from engine.training.log import Log, read


def test_rows_after_the_saved_state_are_dropped(tmp_path):
    path = tmp_path / "log.csv"
    log = Log(path)
    for step in (10, 20, 30):
        log.write(step, {"loss": step / 3, "kl": 1.0})
    Log(path, from_step=20).write(30, {"loss": 7.0, "kl": 2.0})
    rows = read(path)
    assert [row["step"] for row in rows] == [10, 20, 30]
    assert rows[-1]["loss"] == 7.0
    assert path.read_text().splitlines()[0] == "step,time,loss,kl"


def test_a_row_cut_short_by_a_kill_is_left_out(tmp_path):
    path = tmp_path / "log.csv"
    Log(path).write(10, {"loss": 1.0})
    with path.open("a") as file:
        file.write("20,123")
    assert [row["step"] for row in read(path)] == [10]
    Log(path, from_step=10).write(20, {"loss": 2.0})
    assert [row["step"] for row in read(path)] == [10, 20]


@pytest.mark.parametrize("rest", ["20,1000.5,", "20,1000.5,1", "20,1000.5,1e-", "20,1000.5,17.25"])
def test_a_row_cut_within_its_last_number_is_no_smaller_number(tmp_path, rest):
    path = tmp_path / "log.csv"
    Log(path).write(10, {"loss": 1.0})
    with path.open("a") as file:
        file.write(rest)
    assert [row["step"] for row in read(path)] == [10]
    Log(path, from_step=20).write(30, {"loss": 2.0})
    assert [(row["step"], row["loss"]) for row in read(path)] == [(10, 1.0), (30, 2.0)]


@pytest.mark.parametrize("whole", ["", "step,ti", "step,time,loss", "step,time,loss\n"])
def test_a_log_without_a_row_is_begun_anew(tmp_path, whole):
    path = tmp_path / "log.csv"
    path.write_text(whole)
    Log(path).write(10, {"kl": 1.0})
    assert path.read_text().splitlines()[0] == "step,time,kl"


def test_a_new_run_begins_with_an_empty_log(tmp_path):
    path = tmp_path / "log.csv"
    Log(path).write(10, {"loss": 1.0})
    Log(path)
    assert read(path) == []


def test_training_time_leaves_out_the_pause_between_two_sessions(tmp_path):
    path = tmp_path / "log.csv"
    times = [1000, 1010, 1020, 1030, 90_000, 90_010]
    path.write_text("step,time,loss\n" + "".join(f"{i},{t},1\n" for i, t in enumerate(times, 1)))
    assert training_seconds(path) == 60.0
    assert training_seconds(tmp_path / "none.csv") == 0.0


def test_a_term_that_comes_later_or_not_always_is_no_number_elsewhere(tmp_path):
    path = tmp_path / "log.csv"
    log = Log(path)
    log.write(10, {"loss": 1.0})
    log.write(20, {"loss": 2.0, "distance": 0.5})
    log.write(30, {"loss": 3.0})
    Log(path, from_step=30).write(40, {"distance": 0.25, "loss": 4.0})
    rows = read(path)
    assert [row["loss"] for row in rows] == [1, 2, 3, 4]
    assert [None if math.isnan(row["distance"]) else row["distance"] for row in rows] == [None, 0.5, None, 0.25]
