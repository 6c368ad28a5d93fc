"""`scripts/export_matrix.py`: a saved session becomes plain files, or one sentence says why not."""

from __future__ import annotations

import json

import pytest
import torch
from typer.testing import CliRunner

import engine
from engine.explain.style_matrix import BankSettings, Session, commands, make_bank, save_session
from engine.models.slots import slots_of
from scripts import export_matrix
from tests.apps.zoo import make_zoo


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("zoo"), ("mnist/tc5", "mnist/digits"))


@pytest.fixture
def session(zoo, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(zoo))
    model, settings = engine.load("mnist/tc5"), BankSettings(styles=2, columns=2)
    bank = make_bank(model, slots_of(model, columns=2), settings)
    state = commands.start(2, settings, generator=torch.Generator().manual_seed(0), rating="mnist/digits 3")
    file = tmp_path / "session.json"
    file.write_text(save_session(Session(state=state), model="mnist/tc5", bank=bank.id))
    return file


def run(*arguments):
    return CliRunner().invoke(export_matrix.app, [str(one) for one in arguments], catch_exceptions=False)


def test_a_session_becomes_plain_files_with_the_ratings_it_was_seen_with(session, tmp_path):
    result = run(session, tmp_path / "site", "--step", "0.5")
    assert result.exit_code == 0, result.output
    assert "13 pictures: 2 columns of 2 styles in steps of 0.5." in result.output
    data = json.loads((tmp_path / "site/data.js").read_text().removeprefix("const MATRIX = ").rstrip(";\n"))
    assert data["rating"]["name"] == "P(3)" and len(data["ratings"]) == 13
    assert len(list((tmp_path / "site/pictures").iterdir())) == 13
    again = run(session, tmp_path / "site")
    assert again.exit_code == 1 and "is not an empty folder" in again.output


def test_what_cannot_be_exported_is_told(session, tmp_path):
    assert "at most 5 are made" in run(session, tmp_path / "site", "--limit", "5").output
    assert "goes in steps of" in run(session, tmp_path / "site", "--step", "0.3").output
    assert "No such file" in run(tmp_path / "none.json", tmp_path / "site").output
    session.write_text("{}")
    assert "no session of the style matrix" in run(session, tmp_path / "site").output
    assert not (tmp_path / "site").exists()


def test_a_dry_run_only_counts(session, tmp_path):
    result = run(session, tmp_path / "site", "--step", "1", "--dry-run")
    assert result.exit_code == 0 and "8 pictures" in result.output and not (tmp_path / "site").exists()
