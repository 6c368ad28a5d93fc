"""The report room in a browser: a slider is dragged and the picture changes, without a rerun in between."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.apps.zoo import make_zoo

LINES = ".stPlotlyChart .scatterlayer .js-line"


@pytest.fixture(scope="module")
def url(serve, tmp_path_factory):
    zoo = make_zoo(tmp_path_factory.mktemp("zoo"), ("sinelines/gt", "mnist/ig5"))
    return serve("-m", "streamlit", "run", "apps/streamlit_app.py", env={"LATENT_EXPLORER_CHECKPOINTS": str(zoo)}).url


def rested(page):
    """Waits until the script has run to its end."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=120_000)


def changes(look, before, timeout_s=120):
    """Waits until `look()` is something else than `before`."""
    deadline = time.monotonic() + timeout_s
    while look() == before:
        assert time.monotonic() < deadline, "nothing changed"
        time.sleep(0.1)


def test_a_dragged_slider_changes_the_picture_and_then_the_strips(url, page, seen):
    page.goto(url)
    canvas, lines = page.locator(".latent-canvas canvas").first, page.locator(LINES)
    canvas.wait_for(timeout=120_000)
    lines.nth(44).wait_for()  # five rows of nine curves
    rested(page)
    picture = lambda: canvas.evaluate("canvas => canvas.toDataURL()")  # noqa: E731
    strip = lambda: lines.nth(9).get_attribute("d")  # noqa: E731 - the second row: the first axis is the one moved
    before, drawn = picture(), strip()
    slider = page.locator(".latent-canvas input[type=range]").first
    slider.hover()  # when it has come to rest
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], y, steps=5)
    changes(picture, before)
    rested(page)
    assert strip() == drawn  # the script runs when the slider is let go, not before
    page.mouse.up()
    changes(strip, drawn)
    assert not [error for error in seen.errors if "404" not in error]


def test_a_link_names_the_model(url, page):
    page.goto(f"{url}?model=mnist%2Fig5")
    page.locator(".latent-canvas canvas").first.wait_for(timeout=120_000)
    page.get_by_role("heading", name="MNIST: InfoGAN").wait_for()
    expect(page.locator(".latent-canvas input[type=radio]")).to_have_count(10, timeout=60_000)
