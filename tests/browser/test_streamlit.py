"""The report room in a browser: a slider is dragged and the picture changes, without a rerun in between."""

from __future__ import annotations

import json
import re
import time

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.apps.zoo import make_zoo
from tests.browser.quiz_round import play_round

LINES = ".stPlotlyChart .scatterlayer .js-line"


@pytest.fixture(scope="module")
def url(serve, tmp_path_factory):
    zoo = make_zoo(tmp_path_factory.mktemp("zoo"), ("sinelines/gt", "mnist/ig5", "mnist/digits-paper"))
    studies = str(tmp_path_factory.mktemp("studies"))
    here = {"LATENT_EXPLORER_CHECKPOINTS": str(zoo), "LATENT_EXPLORER_STUDIES": studies}
    return serve("-m", "streamlit", "run", "apps/streamlit_app.py", env=here).url


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


def explained(page, url):
    """Page Explain when its first maps are there and judged; what is in its middle."""
    page.goto(f"{url}explain")
    main = page.get_by_test_id("stMain")
    main.get_by_text("Do the methods agree?").wait_for(timeout=240_000)
    rested(page)
    return main


def test_maps_are_taken_away_and_what_takes_long_is_stopped(url, page):
    main = explained(page, url)
    with page.expect_download() as sheet:
        main.get_by_role("button", name="Figure (PNG)").click()
    assert Image.open(sheet.value.path()).format == "PNG"
    with page.expect_download() as numbers:
        main.get_by_role("button", name="Numbers (NPZ)").click()
    found = np.load(numbers.value.path())
    assert found["integrated-gradients"].shape == (4, 1, 28, 28)
    assert json.loads(str(found["made_by"]))["model"] == "mnist/digits-paper"

    for method, option in (("Integrated Gradients", "Steps"), ("SmoothGrad squared", "Samples")):
        page.get_by_text(f"{method}: options").click()
        page.get_by_role("slider", name=option).press("End")
        rested(page)
    page.get_by_role("button", name="Explain", exact=True).click()
    main.get_by_role("button", name="Stop").click(timeout=120_000)
    main.get_by_text("Stopped as asked").wait_for(timeout=120_000)
    rested(page)
    expect(main.get_by_text("Do the methods agree?")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_paper_nothing_is_cut_off_and_everything_can_be_read(url, page, theme):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": 1440, "height": 900})
    main = explained(page, url)
    charts = main.locator(".stElementContainer:has(.js-plotly-plot)")
    expect(charts).to_have_count(3)
    widths = [charts.nth(k).bounding_box()["width"] for k in range(3)]  # printing draws no chart anew
    page.emulate_media(media="print", color_scheme=theme)
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    zooms = [float(charts.nth(k).evaluate("e => getComputedStyle(e).zoom")) for k in range(3)]
    width_of_a4 = (210 - 2 * 14) / 25.4 * 96
    assert all(width * zoom <= width_of_a4 for width, zoom in zip(widths, zooms, strict=True))
    ink = "e => getComputedStyle(e).fill"
    assert main.locator(".heatmap-label text").filter(has_text="1.00").first.evaluate(ink) == "rgb(255, 255, 255)"
    assert main.locator(".legendtext").first.evaluate(ink) == "rgb(27, 31, 36)"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_round_is_played_and_compared_with_the_simulated_participant(url, page, seen, theme):
    page.emulate_media(color_scheme=theme)
    page.goto(f"{url}quiz")
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("Page Study results analyses them")).to_be_visible(timeout=120_000)
    expect(main.get_by_role("link", name="Take part").first).to_have_attribute("href", re.compile(r"/quiz/[\w-]+$"))
    ink = main.get_by_role("heading", name="Studies").evaluate("e => getComputedStyle(e).color")
    assert ink == {"light": "rgb(27, 31, 36)", "dark": "rgb(230, 233, 237)"}[theme]
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="sinelines/gt").click()
    expect(main.get_by_text("Five questions with sinelines/gt")).to_be_visible(timeout=60_000)
    play_round(page, main)
    assert not [error for error in seen.errors if "404" not in error]
