"""Settings from the environment: what they may say, and what is answered otherwise."""

from __future__ import annotations

import pytest

from engine import settings


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, False), ("", False), ("0", False), ("no", False), ("False", False), ("1", True), ("Yes", True)],
)
def test_a_browser_opens_only_where_asked_for(monkeypatch, value, expected):
    monkeypatch.delenv("LATENT_EXPLORER_OPEN", raising=False)
    if value is not None:
        monkeypatch.setenv("LATENT_EXPLORER_OPEN", value)
    assert settings.open_browser() is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "auto"), ("", "auto"), ("auto", "auto"), (" CPU ", "cpu"), ("cuda", "cuda"), ("cuda:3", "cuda:3")],
)
def test_the_device_of_the_apps(monkeypatch, value, expected):
    monkeypatch.delenv("LATENT_EXPLORER_DEVICE", raising=False)
    if value is not None:
        monkeypatch.setenv("LATENT_EXPLORER_DEVICE", value)
    assert settings.device() == expected


@pytest.mark.parametrize(
    ("variable", "read", "value"),
    [
        ("LATENT_EXPLORER_OPEN", settings.open_browser, "maybe"),
        ("LATENT_EXPLORER_DEVICE", settings.device, "gpu"),
        ("LATENT_EXPLORER_DEVICE", settings.device, "cuda:"),
        ("LATENT_EXPLORER_DEVICE", settings.device, "cpu,cuda"),
    ],
)
def test_other_values_are_named(monkeypatch, variable, read, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=f"{variable} should be .*; got '{value}'"):
        read()


def test_studies_are_kept_in_a_folder_or_in_a_database(monkeypatch, tmp_path):
    monkeypatch.setenv("LATENT_EXPLORER_STUDIES", str(tmp_path))
    assert settings.studies() == tmp_path / "studies.sqlite"
    monkeypatch.setenv("LATENT_EXPLORER_STUDIES", "postgresql://lab@server/studies")
    assert settings.studies() == "postgresql://lab@server/studies"
    monkeypatch.delenv("LATENT_EXPLORER_STUDIES")
    assert settings.studies().parts[-2:] == ("latent-explorer", "studies.sqlite")


def test_studies_are_copied_to_a_data_set_only_where_one_is_named(monkeypatch):
    for value, expected in (("", None), (" lab/answers ", "lab/answers")):
        monkeypatch.setenv("LATENT_EXPLORER_STUDIES_REPO", value)
        assert settings.studies_repository() == expected
    for value in ("answers", "lab/answers/more", "https://somewhere/answers"):
        monkeypatch.setenv("LATENT_EXPLORER_STUDIES_REPO", value)
        with pytest.raises(ValueError, match="LATENT_EXPLORER_STUDIES_REPO should be owner/name"):
            settings.studies_repository()
