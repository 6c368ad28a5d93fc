from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.training.cluster import Message, Task, fan_out, in_order
from engine.training.local_workers import LocalWorkers, describe
from tests.training.work import work

ROOT = Path(__file__).parents[2]


class Here:
    """Workers that do everything at once in this process, and remember how many ran together."""

    def __init__(self, slots=1):
        self.slots, self.started, self.open, self.most = slots, [], [], 0

    def start(self, name, work, argument):
        self.started.append(name)
        self.open.append((name, argument))
        self.most = max(self.most, len(self.open))

    def poll(self):
        name, argument = self.open.pop(0)
        return [Message(name, "failed", "broke") if argument == "break" else Message(name, "done", argument)]

    def close(self):
        self.open.clear()


def test_every_task_comes_after_what_it_needs():
    tasks = [Task("c", 0, ("b", "elsewhere")), Task("b", 0, ("a",)), Task("a", 0), Task("d", 0)]
    assert [task.name for task in in_order(tasks)] == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match=r"in a circle: a -> b -> a"):
        in_order([Task("a", 0, ("b",)), Task("b", 0, ("a",))])


def test_a_failure_keeps_back_only_what_stands_on_it():
    here, heard = Here(slots=2), []
    tasks = [Task("broken", "break"), Task("fine", 1), Task("on it", 2, ("broken",)), Task("on that", 3, ("on it",))]
    fan_out(tasks, work, here, heard.append)
    last = {message.name: message for message in heard}
    assert {name for name, message in last.items() if message.kind == "done"} == {"fine"}
    assert {name for name, message in last.items() if message.kind == "failed"} == {"broken", "on it", "on that"}
    assert last["on it"].value == "Not started: it needs broken, which failed."
    assert here.started == ["broken", "fine"]
    assert here.most == 2


def test_tasks_wait_for_what_still_runs():
    here, heard = Here(slots=5), []
    fan_out([Task("second", 1, ("first",)), Task("first", 0)], work, here, heard.append)
    kinds = [(message.name, message.kind) for message in heard]
    assert kinds == [("first", "started"), ("first", "done"), ("second", "started"), ("second", "done")]


@pytest.mark.timeout(900)  # a machine under load may need minutes to import torch five times
def test_processes_report_results_errors_and_deaths_and_the_others_go_on(tmp_path):
    tasks = [
        Task("dies", ("die", None)),
        Task("leaves", ("leave", None)),
        Task("raises", ("raise", "no such thing")),
        Task("threads", ("threads", None)),
        Task("fine", ("touch", tmp_path / "file")),
    ]
    heard = []
    fan_out(tasks, work, LocalWorkers(5, threads=2), heard.append)
    last = {message.name: message for message in heard}
    assert last["fine"].kind == "done" and last["fine"].value[0] == "touch"
    assert last["threads"].value == (2, "2")
    assert last["raises"].value == "ValueError: no such thing" and "Traceback" in last["raises"].trace
    assert "killed by SIGKILL" in last["dies"].value and "goes on from the last saved state" in last["dies"].value
    assert "ended with code 3" in last["leaves"].value
    assert Message("fine", "report", "begins touch") in heard
    assert os.environ["OMP_NUM_THREADS"] == "1", "the parent's environment is as it was"


PARENT = """
import sys
from engine.training.cluster import Task, fan_out
from engine.training.local_workers import LocalWorkers
from tests.training.work import work
if __name__ == "__main__":
    fan_out([Task("a", ("linger", sys.argv[1]))], work, LocalWorkers(1), print)
"""


@pytest.mark.timeout(900)
def test_no_worker_outlives_a_killed_parent(tmp_path):
    note, script = tmp_path / "pid", tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, script, note], env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: note.exists() and note.read_text())
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    worker = int(note.read_text())
    wait_for(lambda: not Path(f"/proc/{worker}/stat").exists() or " Z " in Path(f"/proc/{worker}/stat").read_text())


def test_errors_are_told_by_their_text():
    assert describe(KeyError("No recipe 'x'.")) == "KeyError: No recipe 'x'."
    assert describe(OSError(28, "No space left on device")) == "[Errno 28] No space left on device"
    assert describe(RuntimeError()) == "RuntimeError: "


def wait_for(condition, seconds=600):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)
