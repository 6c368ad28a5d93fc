"""Who is taken for the owner of a server's studies."""

from __future__ import annotations

import pytest

from apps.owner import OWNER_VARIABLE, can_enter, how_to_enter, is_owner

TOKEN = "a-long-random-text"
HOME = {"host": "localhost:7860", "origin": "http://localhost:7860"}


@pytest.fixture(autouse=True)
def at_home(monkeypatch):
    monkeypatch.delenv(OWNER_VARIABLE, raising=False)
    monkeypatch.delenv("SPACE_ID", raising=False)


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        (HOME, "127.0.0.1"),
        ({"Host": "127.0.0.1:7860"}, "127.0.0.1"),
        ({"host": "[::1]:7860"}, "::1"),
        ({"host": "localhost"}, "::ffff:127.0.0.1"),
    ],
)
def test_who_sits_at_the_machine_is_the_owner(headers, client):
    assert is_owner(headers, client)


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        (HOME, "192.0.2.7"),
        (HOME, None),
        (HOME, "testclient"),
        (HOME | {"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1"),
        (HOME | {"x-real-ip": "127.0.0.1"}, "127.0.0.1"),
        (HOME | {"forwarded": "for=127.0.0.1"}, "127.0.0.1"),
        ({"host": "studies.example.org"}, "127.0.0.1"),  # another site's name that leads here
        ({"host": "localhost.example.org:7860"}, "127.0.0.1"),
        ({"host": "[::1"}, "127.0.0.1"),
        ({"host": "localhost", "origin": "https://example.org"}, "127.0.0.1"),  # through a proxy, or from another site
        ({"host": "localhost", "origin": "null"}, "127.0.0.1"),
        ({}, "127.0.0.1"),
    ],
)
def test_all_others_are_strangers(headers, client):
    assert not is_owner(headers, client)
    assert not is_owner(headers, client, "a guess")


def test_a_token_that_is_set_is_asked_of_everybody(monkeypatch):
    monkeypatch.setenv(OWNER_VARIABLE, TOKEN)
    assert can_enter()
    assert "Enter the owner's token" in how_to_enter()
    assert not is_owner(HOME, "127.0.0.1")  # it could be a proxy
    assert is_owner(HOME, "127.0.0.1", TOKEN)
    assert is_owner({}, "192.0.2.7", f" {TOKEN}\n")
    assert not is_owner({}, "192.0.2.7", TOKEN[:-1])


def test_a_token_that_could_be_guessed_opens_nothing(monkeypatch):
    monkeypatch.setenv(OWNER_VARIABLE, "secret")
    assert not is_owner(HOME, "127.0.0.1", "secret")
    assert not can_enter()
    assert "fewer than 12 characters" in how_to_enter()


def test_on_a_space_nobody_sits_at_the_machine(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "owner/space")
    assert not is_owner(HOME, "127.0.0.1")
    assert not is_owner(HOME, "127.0.0.1", "")
    assert "in the Space's settings" in how_to_enter()
    assert "localhost" not in how_to_enter()
