"""A hundred participants at once: none is refused, nothing is lost, nothing is there twice."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from engine.study.store import Store
from tests.study.store.participants import run
from tests.study.store.samples import plan_for

ROOT = Path(__file__).resolve().parents[3]
STEPS = len(plan_for(0).steps)


def test_a_hundred_threads(place):
    check(place, run(place, 100))


def test_four_processes_of_twenty_five_threads(place):
    command = [sys.executable, "-m", "tests.study.store.participants", str(place), "25"]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    outputs = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, outputs
    check(place, [key for output, _ in outputs for key in output.split()])


def check(place, confirmed):
    assert len(confirmed) == len(set(confirmed)) == 100 * STEPS
    with Store.open(place) as store:
        sessions = list(store.sessions("dials"))
        (study,) = store.studies()
    assert sorted(session.plan.number for session in sessions) == list(range(100))
    assert (study.sessions, study.finished) == (100, 100)
    kept = Counter(response.id for session in sessions for response in session.responses)
    assert kept == Counter(confirmed)
    assert all([response.step for response in one.responses] == list(range(STEPS)) for one in sessions)
