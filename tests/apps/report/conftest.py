"""What tests of the report room share."""

from __future__ import annotations

import sys

import pytest

from apps.report_pages import models


@pytest.fixture(autouse=True)
def main_module(monkeypatch):
    """Puts back the main module, in whose place AppTest leaves its script: processes started later would run that."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def here(zoo, monkeypatch):
    """Makes the zoo of the test's file the catalogue, also for models that others have loaded in this process."""
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(zoo))
    models.shelf.cache_clear()
    yield zoo
    models.shelf.cache_clear()
