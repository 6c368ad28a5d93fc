"""Settings that make no sense stop the start of an app with a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apps.startup import chosen_device, or_exit

ROOT = Path(__file__).parents[2]


def test_a_value_passes():
    assert or_exit(lambda: "cpu") == "cpu"


def test_nonsense_ends_the_program_with_its_sentence(capsys):
    def read():
        raise ValueError("DEVICE should be cpu; got 'gpu'.")

    with pytest.raises(SystemExit) as ended:
        or_exit(read)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "DEVICE should be cpu; got 'gpu'.\n"


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        (["apps/explorer.py"], "LATENT_EXPLORER_DEVICE", "gpu"),
        (["apps/explorer.py"], "LATENT_EXPLORER_OPEN", "maybe"),
        (["apps/streamlit_app.py"], "LATENT_EXPLORER_DEVICE", "gpu"),
    ],
)
def test_an_app_does_not_start_with_a_setting_that_makes_no_sense(command, name, value):
    env = {**os.environ, name: value}
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert f"{name} should be" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_gpu_that_is_not_there_ends_the_start(monkeypatch, capsys):
    monkeypatch.setenv("LATENT_EXPLORER_DEVICE", "cuda:99")
    with pytest.raises(SystemExit):
        or_exit(chosen_device)
    assert "Device 'cuda:99' asks for a GPU" in capsys.readouterr().err
