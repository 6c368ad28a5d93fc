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
