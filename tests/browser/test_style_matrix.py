"""The style matrix in a real browser: live mixing, undo, applying results, moving tiles, files and links."""

from __future__ import annotations

import json
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.apps.zoo import make_zoo

IDS = ("mnist/tc5", "mnist/digits", "sinelines/gt")


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    folder = tmp_path_factory.mktemp("matrix")
    return {
        "LATENT_EXPLORER_CHECKPOINTS": str(make_zoo(folder / "zoo", IDS)),
        "LATENT_EXPLORER_CACHE": str(folder / "cache"),
    }


@pytest.fixture
def matrix(page, serve, env):
    server = serve("apps/explorer.py", env=env)

    def opened(link="model=mnist/tc5"):
        address = f"{server.url}#workspace=Hypotheses&part=matrix&{link}"
        page.goto(address, wait_until="domcontentloaded", timeout=90_000)
        return Matrix(page)

    return opened


class Matrix:
    """What a person does and sees there."""

    def __init__(self, page):
        self.page, self.place = page, page.locator("#lx-hypotheses .lx-sm")
        self.place.locator(".lx-sm-large canvas").wait_for(timeout=90_000)

    def rail(self, slot):
        return self.place.locator(f".lx-sm-column[data-slot='{slot}'] .lx-sm-rail")

    def tile(self, slot, place):
        return self.place.locator(f".lx-sm-column[data-slot='{slot}'] .lx-sm-tile").nth(place)

    def words(self, slot):
        return self.place.locator(f".lx-sm-column[data-slot='{slot}'] .lx-sm-words")

    def places(self):
        return [float(rail.get_attribute("aria-valuenow")) for rail in self.place.locator(".lx-sm-rail").all()]

    def button(self, name):
        return self.place.get_by_role("button", name=name, exact=True)

    def pixels(self, where):
        drawn = self.place.locator(where).evaluate(
            "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
        )
        return bytes(drawn)

    def rated(self):
        """Until every tile and every picture in hand has its number."""
        numbers = ".lx-sm-tile output, .lx-sm-reference output"
        self.page.wait_for_function(f"() => [...document.querySelectorAll('{numbers}')].every(o => o.textContent)")


def test_a_slider_mixes_live_and_every_step_can_be_undone(matrix, page, seen):
    window = matrix()
    window.rated()
    before, first = window.places(), window.pixels(".lx-sm-large canvas")
    expect(window.button("Undo")).to_be_disabled()
    box = window.rail(0).bounding_box()
    pitch = box["height"] / 8
    page.mouse.move(box["x"] + 10, box["y"] + pitch * (before[0] + 0.5))
    page.mouse.down()
    goal = 6.5 if before[0] < 4 else 1.5
    for part in range(1, 11):
        place = before[0] + (goal - before[0]) * part / 10
        page.mouse.move(box["x"] + 10, box["y"] + pitch * (place + 0.5))
    page.wait_for_function("() => Number(document.querySelector('.lx-sm-large').dataset.live) >= 1")
    assert window.pixels(".lx-sm-large canvas") != first  # while the hand is still down
    expect(window.button("Undo")).to_be_disabled()
    page.mouse.up()
    expect(window.button("Undo")).to_be_enabled()
    assert window.places()[0] == pytest.approx(goal, abs=0.06)
    expect(window.place.locator(".lx-sm-reading")).to_contain_text("P(")
    page.keyboard.press("Control+z")
    expect(window.button("Redo")).to_be_enabled()
    page.wait_for_function(f"() => document.querySelector('.lx-sm-rail').ariaValueNow === '{before[0]:g}'")
    assert window.pixels(".lx-sm-large canvas") == first
    page.keyboard.press("Control+Shift+z")
    expect(window.button("Redo")).to_be_disabled()
    assert seen.errors == []


def test_a_result_is_applied_by_a_click_and_is_what_the_tile_showed(matrix, page):
    window = matrix("model=mnist/tc5&matrix=result-4-auto-own-3")
    expect(window.button("Results")).to_have_attribute("aria-pressed", "true")
    window.rated()
    promised = window.pixels(".lx-sm-column[data-slot='1'] .lx-sm-tile >> nth=2 >> canvas")
    number = window.tile(1, 2).locator("output").inner_text()
    window.tile(1, 2).click()
    expect(window.rail(1)).to_have_attribute("aria-valuenow", "2")
    expect(window.words(1)).to_contain_text("style")
    expect(window.place.locator(".lx-sm-reading")).to_contain_text(number)
    assert window.pixels(".lx-sm-large canvas") == promised
    page.wait_for_function("() => location.hash.includes('matrix=result-4-auto-own-3')")


def test_tiles_move_mixes_are_pasted_and_columns_are_sorted(matrix, page):
    window = matrix()
    window.rated()
    name = window.tile(0, 0).get_attribute("aria-label")
    window.tile(0, 0).focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(window.tile(0, 1)).to_have_attribute("aria-label", name)
    window.tile(0, 1).drag_to(window.tile(0, 3))
    expect(window.tile(0, 3)).to_have_attribute("aria-label", name)
    window.tile(2, 5).click()
    window.tile(2, 5).hover()
    window.place.locator(".lx-sm-column[data-slot='2'] .lx-sm-copy").click()
    mix = window.words(2).inner_text()
    window.place.locator(".lx-sm-reference[aria-pressed='false']").first.click()
    expect(window.button("Paste")).to_be_enabled()
    window.button("Paste").click()
    expect(window.words(2)).to_have_text(mix)
    count = window.place.locator(".lx-sm-reference").count()
    window.button("Add").click()
    expect(window.place.locator(".lx-sm-reference")).to_have_count(count + 1)
    window.place.get_by_label("Order of columns").select_option("pixels")
    bars = window.place.locator(".lx-sm-matters:not([hidden])")
    expect(bars).to_have_count(5)
    sizes = bars.evaluate_all("all => all.map(one => Number(one.style.getPropertyValue('--size')))")
    assert sizes[0] == 1 and sizes == sorted(sizes, reverse=True)


def test_a_session_is_saved_and_loaded_with_its_bookmarks(matrix, page, tmp_path):
    window = matrix()
    window.rated()
    window.tile(3, 4).click()
    expect(window.rail(3)).to_have_attribute("aria-valuenow", "4")
    saved = window.places()
    window.button("Add bookmark").click()
    with page.expect_download() as download:
        window.button("Save").click()
    file = tmp_path / "session.json"
    download.value.save_as(file)
    assert json.loads(file.read_text())["state"]["rating"].startswith("mnist/digits ")
    window.place.get_by_role("button", name="New pictures").click()
    expect(window.place.locator(".lx-sm-reference")).to_have_count(8)
    window.place.locator(".lx-sm-side input[type=file]").set_input_files(str(file))
    expect(window.place.locator(".lx-sm-reference")).to_have_count(5)
    assert window.places() == saved
    expect(window.place.get_by_label("Bookmarks").locator("option")).to_have_count(2)
    page.reload(wait_until="domcontentloaded")
    window = Matrix(page)
    assert window.places() == saved
    expect(window.place.get_by_label("Bookmarks").locator("option")).to_have_count(2)
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    window.place.locator(".lx-sm-side input[type=file]").set_input_files(str(broken))
    expect(page.locator(".lx-notices")).to_contain_text("no session of the style matrix")
    assert window.places() == saved


def test_new_styles_and_the_grid_open_and_refuse_what_cannot_be(matrix, page, tmp_path):
    window = matrix()
    window.button("New styles …").click()
    dialog = page.get_by_role("dialog", name="New styles")
    dialog.get_by_label("Styles a column").fill("1")
    dialog.get_by_role("button", name="Make them").click()
    assert dialog.get_by_label("Styles a column").evaluate("one => !one.validity.valid")
    dialog.get_by_label("Styles a column").fill("3")
    dialog.get_by_role("spinbutton", name="Columns").fill("40")
    dialog.get_by_role("button", name="Make them").click()
    expect(dialog.get_by_role("alert")).to_contain_text("columns; got 40")
    dialog.get_by_role("spinbutton", name="Columns").fill("2")
    dialog.get_by_role("button", name="Make them").click()
    expect(dialog).to_be_hidden()
    expect(window.place.locator(".lx-sm-column")).to_have_count(2)
    expect(window.place.locator(".lx-sm-tile")).to_have_count(6)
    window.button("New styles …").click()
    picture = tmp_path / "one.png"
    Image.new("L", (40, 40), 200).save(picture)
    dialog.get_by_label("Choose pictures").set_input_files([str(picture), str(tmp_path / "one.png")])
    expect(dialog.locator(".lx-sm-own canvas")).to_have_count(2)
    dialog.locator(".lx-sm-own button").first.click()
    expect(dialog.locator(".lx-sm-own canvas")).to_have_count(1)
    dialog.get_by_label("Push styles").select_option("high")
    dialog.get_by_role("button", name="Make them").click()
    expect(dialog).to_be_hidden(timeout=90_000)
    expect(window.place.locator(".lx-sm-side .lx-hy-note")).to_contain_text("own pictures are kept in a saved session")
    expect(page.locator(".lx-news")).to_contain_text("PSNR")
    page.keyboard.press("Control+z")
    expect(window.place.locator(".lx-sm-side .lx-hy-note")).to_be_hidden()
    window.button("Style-mix grid …").click()
    mixes = page.get_by_role("dialog", name="Style-mix grid")
    expect(mixes.locator("canvas")).to_have_count(24)
    mixes.get_by_label("Rows").fill("2")
    mixes.get_by_label("Rows").press("Tab")
    expect(mixes.locator("canvas")).to_have_count(2 + 4 + 8)


def test_curves_are_mixed_without_ratings(matrix):
    window = matrix("model=sinelines/gt")
    expect(window.place.locator(".lx-sm-tile canvas")).to_have_count(40)
    assert not any(window.place.locator(".lx-sm-tile output").all_inner_texts())
    window.tile(0, 7).click()
    expect(window.rail(0)).to_have_attribute("aria-valuenow", "7")


def test_an_exported_matrix_needs_only_a_file_server(matrix, page, serve, seen, tmp_path):
    window = matrix("model=mnist/tc5&matrix=style-3-2-shared-4")
    window.rated()
    window.button("Export …").click()
    dialog = page.get_by_role("dialog", name="Export")
    dialog.get_by_label("Steps of mixes").select_option("0.5")
    expect(dialog.get_by_label("Steps of mixes")).to_contain_text("0.5: 42 pictures")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Export").click()
    archive = tmp_path / "matrix.zip"
    download.value.save_as(archive)
    zipfile.ZipFile(archive).extractall(tmp_path)
    server = serve("-m", "http.server", "{port}", "--bind", "127.0.0.1", "--directory", str(tmp_path / "style-matrix"))
    page.goto(server.url)
    slider = page.locator("#columns input").first
    for place in range(5):
        slider.fill(str(place))
        page.wait_for_function("() => [...document.images].every(one => one.complete && one.naturalWidth === 28)")
    shown = page.locator("#large strong").inner_text()
    page.locator("#result").click()
    page.locator(".tile").first.click()
    page.locator(".reference").last.click()
    page.wait_for_function("() => [...document.images].every(one => one.complete && one.naturalWidth === 28)")
    assert shown.startswith("P(")
    assert seen.errors == []
