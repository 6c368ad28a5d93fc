"""What engine.study offers, and that asking for nothing loads nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import engine.study

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", engine.study.__all__)
def test_every_name_is_there(name):
    assert getattr(engine.study, name) is not None


def test_no_file_hides_a_name_by_its_own():
    files = {path.stem for path in (ROOT / "engine" / "study").iterdir()}
    assert not files & set(engine.study.__all__)


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(AttributeError, match=r"no attribute 'quiz'; it offers \['AGREEMENTS'"):
        engine.study.quiz  # noqa: B018 - asking is the test


def test_importing_it_loads_no_library():
    code = "import sys, engine.study; print(sorted({name.split('.')[0] for name in sys.modules}))"
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    for library in ("torch", "numpy", "pandas", "scipy", "sqlalchemy", "statsmodels", "yaml"):
        assert f"'{library}'" not in told.stdout
