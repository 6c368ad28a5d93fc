"""Gradio and Streamlit mount the same canvas: pixels follow, commits reach Python, Python's states reach the canvas."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.test_canvas import Driver, expected, off_by

GRADIO = "tests/browser/gradio_canvas.py"


@pytest.fixture(params=["route", "server function", "below a path"])
def gradio(request, serve):
    if request.param == "below a path":
        return serve(GRADIO, path="/lab/", env={"CANVAS_MOUNT": "/lab"}).url
    return serve(GRADIO, env={"CANVAS_NO_DECODE_ROUTE": "yes"} if request.param == "server function" else {}).url


@pytest.fixture
def streamlit(serve):
    env = {"STREAMLIT_SERVER_BASE_URL_PATH": "reports"}
    return serve("-m", "streamlit", "run", "tests/browser/streamlit_canvas.py", path="/reports/", env=env).url


def opened(page, url):
    page.goto(url)
    page.locator(".latent-canvas .row").first.wait_for(timeout=90_000)
    return Driver(page)


def test_gradio(page, seen, gradio):
    view = opened(page, gradio)
    log = page.get_by_label("log")
    view.drag("z0", 0.5, 0.9)
    view.settle()
    assert off_by(view.picture(), expected("toy/few", view.code())) <= 1
    page.wait_for_function("() => document.querySelector('textarea').value !== ''")
    told = json.loads(log.input_value())
    assert told["code"] == told["event"]["code"] == pytest.approx(view.code())
    assert told["event"]["axis"] == 0

    page.get_by_role("button", name="High code").click()
    view.until("canvas.getCode()[4] === 2")
    view.slider("z1").press("Control+z")  # what the page sent can be undone like a move of the hand
    assert view.code() == pytest.approx(told["code"])

    page.get_by_role("button", name="Other model").click()
    view.host.get_by_role("radiogroup", name="digit").wait_for()
    view.slider("slant").press("F2")
    page.keyboard.type("lean")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('textarea').value.includes('lean')")
    assert json.loads(log.input_value())["event"] == {"axis": "slant", "name": "lean"}
    view.settle()
    assert off_by(view.picture(), expected("toy/mixed", view.code())) <= 1
    assert [error for error in seen.errors if "404" not in error and "405" not in error] == []


def test_gradio_survives_a_restart(page, serve):
    server = serve(GRADIO)
    view = opened(page, server.url)
    page.evaluate("window.old = true")
    server.stop()
    view.drag("z1", 0.5, 0.8)
    kept = view.code()
    view.host.get_by_role("alert").wait_for()
    page.get_by_text("Connection Lost").wait_for()  # Gradio's: it loads the page anew when the server is back
    server.start()
    page.wait_for_function("!window.old && document.querySelector('.latent-canvas')", timeout=90_000)
    expect(view.value("z1")).to_have_value(f"{kept[1]:.2f}", timeout=60_000)
    view.settle()
    assert off_by(view.picture(), expected("toy/few", kept)) <= 1


def test_streamlit(page, seen, streamlit):
    view = opened(page, streamlit)
    for name, entry in (("z0", 0), ("z1", 1)):  # the second drag comes after the rerun that the first one caused
        view.drag(name, 0.5, 0.9)
        view.settle()
        code = view.code()
        assert code[entry] == pytest.approx(2.1, abs=0.2)
        assert off_by(view.picture(), expected("toy/few", code)) <= 1
        page.wait_for_function(
            """wanted => {
            const told = JSON.parse(document.querySelector("[data-testid=stCode]")?.innerText || "{}").code ?? [];
            return wanted.every((value, k) => Math.abs(value - told[k]) < 1e-6); }""",
            arg=code,
        )
    view.slider("z1").press("F2")
    page.keyboard.type("width")
    page.keyboard.press("Enter")
    page.get_by_test_id("stCode").get_by_text('"names": {"z1": "width"}').wait_for()
    assert view.code() == code  # reruns echo older codes; the hand's is kept

    page.get_by_role("button", name="High code").click()
    view.until("canvas.getCode()[4] === 2")
    page.get_by_text("toy/mixed").click()
    view.host.get_by_role("radiogroup", name="digit").wait_for()
    expect(view.host).to_have_count(1, timeout=60_000)  # the model before leaves the page a moment later
    view.settle()
    assert off_by(view.picture(), expected("toy/mixed", view.code())) <= 1
    assert seen.errors == []
