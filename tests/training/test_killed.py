"""Runs killed by SIGKILL at random moments end with the weights of runs that were left alone, bit for bit."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from engine.training.fit import fit
from tests.training.toys import small, split_for

ROOT = Path(__file__).parents[2]
STEPS = 600
CHILD = f"""
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from engine.training.fit import fit
from tests.training.toys import small, split_for
recipe = small(sys.argv[1], steps={STEPS})
fit(recipe, split_for(recipe), folder=Path(sys.argv[2]), report_every=7, save_every_s=0.0)
"""


@pytest.mark.timeout(900)  # a machine under load may need minutes to import torch three times
@pytest.mark.parametrize("name", ["sinelines/vae", "mnist/ig5"])
def test_weights_do_not_tell_how_often_a_run_was_killed(name, tmp_path):
    recipe, chance = small(name, steps=STEPS), random.Random(name)
    fit(recipe, split_for(recipe), folder=tmp_path / "whole", report_every=7)
    folder, kills = tmp_path / "killed", 0
    for wait_s in (chance.uniform(0.05, 0.6), chance.uniform(0.05, 0.6), None):
        process = subprocess.Popen([sys.executable, "-c", CHILD, name, folder], cwd=ROOT, stderr=subprocess.PIPE)
        if wait_s is not None and moved_on(folder, process):
            time.sleep(wait_s)
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
        _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()
    assert kills, "the run was over before it could be killed once; make it longer"
    whole, killed = (load_file(place / "state.safetensors") for place in (tmp_path / "whole", folder))
    assert whole.keys() == killed.keys()
    assert all(whole[key].equal(killed[key]) for key in whole)


def moved_on(folder, process):
    """Waits until the process has saved a new state; False if it ended before."""
    path = folder / "state.safetensors"
    before = path.stat().st_mtime_ns if path.exists() else 0
    while not (path.exists() and path.stat().st_mtime_ns > before):
        if process.poll() is not None:
            return False
        time.sleep(0.005)
    return True
