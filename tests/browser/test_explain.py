"""The Explain workspace in a real browser: an uploaded picture by four methods, one map large, links, cancelling."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.apps.zoo import make_zoo

IDS = ("mnist/tc5", "mnist/digits", "mnist/digits-paper", "sinelines/gt")
DEFAULTS = ("Integrated Gradients", "SmoothGrad squared", "Guided Backprop", "Guided Grad-CAM")
FAST = "methods=saliency,input-x-gradient"


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    return {
        "LATENT_EXPLORER_CHECKPOINTS": str(make_zoo(folder / "zoo", IDS)),
        "LATENT_EXPLORER_CACHE": str(folder / "cache"),
    }


@pytest.fixture
def explain(page, serve, env):
    server = serve("apps/explorer.py", env=env)

    def opened(link=""):
        page.goto(f"{server.url}#workspace=Explain&{link}", wait_until="domcontentloaded", timeout=90_000)
        return Workspace(page)

    return opened


class Workspace:
    """What a person does and sees there."""

    def __init__(self, page):
        self.page, self.place = page, page.locator("#lx-explain")
        self.place.locator(".lx-ex-source").wait_for(timeout=90_000)
        page.locator("#lx-status").get_by_text("Connected").wait_for(timeout=90_000)

    @property
    def maps(self):
        return self.place.locator(".lx-map:not(.lx-stale) canvas")

    def shows(self, count):
        """Until so many maps are there, and nothing more is being computed."""
        expect(self.maps).to_have_count(count, timeout=90_000)
        expect(self.place.get_by_role("button", name="Cancel")).to_be_hidden()

    def titles(self):
        return self.place.locator(".lx-map-head strong").all_inner_texts()

    def pixels(self, number):
        return self.maps.nth(number).evaluate(
            "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
        )

    def tab(self, name):
        self.place.get_by_role("tab", name=name).click()

    def choose(self, classifier):
        self.page.locator(f"#lx-browser .lx-model[data-id='{classifier}']").click()

    def address(self, condition):
        self.page.wait_for_function(f"() => {{ const hash = location.hash; return {condition}; }}")


def drawing(folder):
    picture = Image.new("L", (90, 120), 255)
    ImageDraw.Draw(picture).line([(20, 30), (70, 30), (40, 100)], fill=0, width=12)
    file = folder / "seven.png"
    picture.save(file)
    return file


def test_an_uploaded_picture_is_explained_by_four_methods(explain, page, seen, tmp_path):
    window = explain()
    window.tab("Upload")
    window.place.locator("#lx-ex-file").set_input_files(str(drawing(tmp_path)))
    window.shows(4)
    assert window.titles() == list(DEFAULTS)
    assert len({tuple(window.pixels(k)) for k in range(4)}) == 4
    expect(window.place.locator(".lx-map-said")).to_contain_text("seven.png")
    assert seen.errors == []


def test_examples_are_chosen_by_clicks_and_a_set_has_an_end(explain, page):
    window = explain(f"{FAST}&pictures=0")
    window.shows(2)
    examples = window.place.locator(".lx-gallery .lx-cell")
    examples.nth(3).click()
    window.shows(4)
    expect(examples.nth(3)).to_have_attribute("aria-pressed", "true")
    examples.nth(0).click()
    window.shows(2)
    window.address("hash.includes('pictures=3&')")
    for k in range(10, 26):
        examples.nth(k).click()
    expect(page.locator(".lx-news")).to_contain_text("At most 16 pictures")
    window.shows(32)


def test_a_copied_link_says_that_uploads_are_not_in_it(explain, page, tmp_path):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    window = explain(FAST)
    window.shows(6)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".lx-news")).to_have_text("Link copied: it opens these maps.")
    assert FAST in page.evaluate("navigator.clipboard.readText()")
    window.tab("Upload")
    window.place.locator("#lx-ex-file").set_input_files(str(drawing(tmp_path)))
    window.shows(2)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".lx-news")).to_contain_text("Uploaded pictures are not in it")


def test_a_file_that_is_no_picture_is_refused_and_the_others_are_explained(explain, tmp_path):
    hostile = tmp_path / "hostile.png"
    hostile.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 500)
    window = explain(FAST)
    window.tab("Upload")
    window.place.locator("#lx-ex-file").set_input_files([str(hostile), str(drawing(tmp_path))])
    expect(window.place.locator(".lx-ex-bad")).to_contain_text("not a picture that can be read")
    window.shows(2)


def test_what_was_invented_or_left_out_and_an_empty_map_are_said(explain, page, tmp_path, seen):
    Image.new("L", (28, 28)).save(tmp_path / "black.png")
    frames = [Image.open(drawing(tmp_path)), Image.new("L", (90, 120), 9)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    window = explain("methods=input-x-gradient")
    window.tab("Upload")
    window.place.locator("#lx-ex-file").set_input_files([str(tmp_path / "black.png"), str(tmp_path / "moving.gif")])
    window.shows(2)
    notes = window.place.locator(".lx-map-notes").nth(1)
    expect(notes).to_contain_text("Padded left and right. First frame of an animation with 2 frames.")
    window.place.get_by_role("button", name="zero everywhere").click()
    large = window.place.locator(".lx-large")
    expect(large).to_contain_text("This map is zero everywhere. This method finds nothing for this target.")
    for check in ("pixels", "max_sensitivity"):
        expect(large.locator(f"[data-check={check}]")).to_contain_text("would be arbitrary", timeout=60_000)
    expect(large.get_by_role("img", name="Deletion, area")).to_have_count(0)
    assert seen.errors == []


def test_a_classifier_without_examples_opens_at_upload(explain, page):
    def emptied(route):
        answer = route.fetch()
        fields = answer.json()
        route.fulfill(response=answer, json={**fields, "examples": 0})

    page.route("**/explain/classifier/**", emptied)
    page.route("**/explain/examples/**", lambda route: route.fulfill(
        json={"start": 0, "total": 0, "captions": [], "shape": [0, 28, 28, 1], "data": ""}
    ))  # fmt: skip
    window = explain(FAST)
    expect(window.place.get_by_role("tab", name="Upload")).to_have_attribute("aria-selected", "true")
    expect(window.place.get_by_role("button", name="NPZ")).to_be_disabled()
    window.tab("Examples")
    said = window.place.locator(".lx-gallery .lx-hint")
    expect(said).to_contain_text("came without examples")
    status = window.place.locator(".lx-ex-status")
    expect(status).to_have_text("Upload a picture, or take what Traverse shows.")
    assert said.evaluate("e => e.clientHeight") < 30


def test_an_error_below_many_uploads_comes_into_view_and_names_its_file_once(explain, tmp_path):
    hostile = tmp_path / "zz.png"
    hostile.write_bytes(bytes(26 * 1024 * 1024))
    window = explain("methods=input-x-gradient")
    window.tab("Upload")
    for k in range(14):
        drawing(tmp_path).rename(tmp_path / f"{k}.png")
    files = [str(tmp_path / f"{k}.png") for k in range(14)]
    window.place.locator("#lx-ex-file").set_input_files([*files, str(hostile)])
    window.shows(14)
    bad = window.place.locator(".lx-ex-bad")
    expect(bad).to_have_text("zz.png: The file has 26 MB; at most 25 MB are read. Choose a smaller file.")
    inside = "e => e.getBoundingClientRect().top < e.closest('.lx-ex-files').getBoundingClientRect().bottom - 20"
    assert bad.evaluate(inside)


def test_another_classifier_starts_with_its_own_target(explain):
    window = explain(f"{FAST}&pictures=0&minus=3")
    window.shows(2)
    window.choose("mnist/digits-paper")
    window.shows(2)
    expect(window.place.get_by_label("Rather than")).to_have_value("")
    window.address("!hash.includes('minus=')")


def test_the_column_at_the_left_lists_what_the_workspace_chooses_from(explain, page):
    window = explain(f"{FAST}&pictures=0")
    window.shows(2)
    column = page.locator("#lx-browser")
    expect(column.get_by_role("navigation", name="Classifiers").locator(".lx-model")).to_have_count(2)
    expect(column.locator(".lx-here")).to_have_attribute("data-id", "mnist/digits")
    expect(column.locator(".lx-here .lx-metric")).to_have_text(re.compile(r"^0\.\d+$"))
    window.choose("mnist/digits-paper")
    window.shows(2)
    expect(column.locator(".lx-here")).to_have_attribute("data-id", "mnist/digits-paper")
    window.address("hash.includes('classifier=mnist/digits-paper')")
    page.go_back()
    expect(column.locator(".lx-here")).to_have_attribute("data-id", "mnist/digits")
    page.get_by_role("tab", name="Traverse", exact=True).click()
    expect(column.get_by_role("navigation", name="Models").locator(".lx-model")).to_have_count(2)
    expect(column.locator(".lx-here")).to_have_attribute("data-id", "mnist/tc5")


def test_a_classifier_that_comes_after_a_step_back_is_not_taken(explain, page):
    window = explain(f"{FAST}&pictures=0")
    window.shows(2)
    asked = []
    page.route("**/explain/classifier/mnist/digits-paper", lambda route: asked.append(route))
    window.choose("mnist/digits-paper")
    expect(window.place.locator(".lx-ex-status")).to_have_text("Loading mnist/digits-paper …")
    page.go_back()
    expect(window.place.locator(".lx-ex-status")).to_contain_text("2 maps")
    with page.expect_response("**/explain/classifier/mnist/digits-paper"):
        asked[0].continue_()
    page.wait_for_timeout(500)
    window.place.get_by_label("SmoothGrad", exact=True).check()
    window.shows(3)
    window.address("hash.includes('classifier=mnist/digits&')")


def test_a_region_is_outlined_in_every_map_with_its_value(explain, page):
    window = explain(f"{FAST}&pictures=0,1")
    window.shows(4)
    expect(window.place.locator(".lx-map output").first).to_be_hidden()
    window.maps.nth(1).hover()
    for k in range(4):
        expect(window.place.locator(".lx-map output").nth(k)).to_be_visible()
        assert float(window.place.locator(".lx-map output").nth(k).inner_text().replace("−", "-")) <= 1
    page.mouse.move(5, 300)
    expect(window.place.locator(".lx-map output").first).to_be_hidden()


def test_a_clicked_map_opens_large_with_its_curves_and_escape_leads_back(explain, page, seen):
    window = explain(f"{FAST}&pictures=0")
    window.shows(2)
    window.place.locator(".lx-map").nth(1).click()
    large = window.place.locator(".lx-large")
    expect(large.get_by_role("heading", name="Input × gradient")).to_be_visible()
    expect(large.get_by_role("img", name="Deletion, area")).to_be_visible(timeout=60_000)
    expect(large.locator("[data-check=max_sensitivity]")).to_contain_text("largest change", timeout=60_000)
    expect(large.locator(".lx-pairs td")).to_have_count(4)
    large.get_by_role("button", name="Run the check").click()
    expect(large.get_by_role("img", name="Rank correlation")).to_be_visible(timeout=60_000)
    page.keyboard.press("ArrowLeft")
    expect(large.get_by_role("heading", name="Saliency")).to_be_visible()
    expect(large.locator("[data-check=sensitivity_n]")).to_contain_text("no signs", timeout=60_000)
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.at") == "0 0"  # the map that was large
    assert seen.errors == []


def test_a_large_map_is_in_the_link_and_back_closes_it(explain, page):
    window = explain(f"{FAST}&pictures=0,1")
    window.shows(4)
    window.place.locator(".lx-map").nth(2).click()
    large = window.place.locator(".lx-large")
    expect(large.get_by_role("heading", name="Saliency")).to_be_visible()
    window.address("hash.endsWith('&large=2:saliency')")
    page.keyboard.press("ArrowRight")
    window.address("hash.endsWith('&large=2:input-x-gradient')")
    page.keyboard.press("ArrowRight")  # there is none
    link = page.url.partition("#")[2]
    page.go_back()  # a neighbour was no step of its own
    expect(large).to_be_hidden()
    window.address("!hash.includes('large')")
    page.go_forward()
    expect(large.get_by_role("heading", name="Input × gradient")).to_be_visible()
    page.goto("about:blank")
    again = explain(link.removeprefix("workspace=Explain&"))
    large = again.place.locator(".lx-large")
    expect(large.get_by_role("heading", name="Input × gradient")).to_be_visible()
    expect(large).to_contain_text("example 1")
    box, whole = large.locator(".lx-large-map").bounding_box(), large.bounding_box()
    assert box["width"] > 0.4 * whole["width"] and box["height"] > 0.6 * whole["height"]
    page.keyboard.press("Escape")
    again.address("!hash.includes('large')")
    expect(again.maps).to_have_count(4)


@pytest.mark.parametrize("large", ["9:saliency", "1:evil", "0:saliency", "x"])
def test_a_link_to_a_large_map_that_is_not_there_shows_the_grid(explain, large):
    window = explain(f"{FAST}&pictures=0&large={large}")
    window.shows(2)
    expect(window.place.locator(".lx-large")).to_be_hidden()
    window.address("!hash.includes('large')")


def test_a_link_brings_back_what_was_shown(explain, page):
    window = explain("pictures=4,2")
    window.shows(8)
    window.place.get_by_label("SmoothGrad squared", exact=True).uncheck()
    window.place.get_by_label("Saliency", exact=True).check()
    window.place.get_by_title("Options of Integrated Gradients").click()
    steps = window.place.locator("#lx-option-integrated-gradients-steps")
    steps.fill("7")
    window.place.get_by_label("Explain", exact=True).select_option("3")
    window.place.get_by_label("Rather than", exact=True).select_option("8")
    window.place.get_by_role("button", name="Absolute").click()
    window.address("hash.includes('steps:7') && hash.includes('minus=8') && hash.includes('sign=absolute')")
    window.shows(8)
    before = [window.pixels(k) for k in range(8)]
    link = page.url.partition("#")[2]
    page.goto("about:blank")
    again = explain(link.removeprefix("workspace=Explain&"))
    again.shows(8)
    assert again.titles() == ["Integrated Gradients", "Guided Backprop", "Guided Grad-CAM", "Saliency"]
    assert [again.pixels(k) for k in range(8)] == before
    expect(again.place.locator(".lx-map-said").first).to_contain_text("3 rather than 8")


def test_a_mangled_link_shows_what_is_left_of_it(explain, seen):
    window = explain(
        "classifier=mnist/nothing&pictures=1,x,99999&methods=saliency:absolute,evil:a:b&opacity=1000&target=ten"
    )
    window.shows(1)
    assert window.titles() == ["Saliency"]
    assert seen.errors == []


def test_work_is_cancelled_and_goes_on_when_asked(explain, page):
    window = explain("pictures=0,1,2,3,4,5&methods=saliency,shapley-sampling:samples:400:number:300")
    cancel = window.place.get_by_role("button", name="Cancel")
    cancel.click(timeout=60_000)
    expect(window.place.locator(".lx-ex-status")).to_contain_text("Stopped")
    there = window.maps.count()
    assert there < 12
    page.wait_for_timeout(1000)
    assert window.maps.count() == there
    window.place.get_by_label("Shapley sampling", exact=True).uncheck()
    window.shows(6)


def test_maps_follow_what_traverse_shows(explain, page, seen):
    window = explain(f"model=mnist/tc5&pictures=traverse&{FAST}")
    window.shows(2)
    before = window.pixels(0)
    slider = window.place.locator(".latent-canvas").get_by_role("slider").first
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    window.address("hash.includes('code=')")
    window.shows(2)
    assert window.pixels(0) != before
    code = page.evaluate("document.querySelector('#lx-traverse .latent-canvas').latentCanvas.getCode()")
    own = page.evaluate("document.querySelector('#lx-explain .latent-canvas').latentCanvas.getCode()")
    np.testing.assert_allclose(code, own)
    assert seen.errors == []


def test_fast_maps_follow_the_hand_before_it_lets_go(explain, page):
    window = explain(f"model=mnist/tc5&pictures=traverse&{FAST}")
    window.shows(2)
    before = window.pixels(0)
    box = window.place.locator(".latent-canvas").get_by_role("slider").first.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=8)
    page.wait_for_function(
        """before => { const c = document.querySelector(".lx-map:not(.lx-stale) canvas");
        return c && String(c.getContext("2d").getImageData(0, 0, c.width, c.height).data) !== before; }""",
        arg=",".join(map(str, before)),
    )
    assert "code=" not in page.url  # the hand has not let go
    page.mouse.up()
    window.address("hash.includes('code=')")


def test_traverse_hands_its_picture_over(explain, page):
    window = explain()
    page.get_by_role("tab", name="Traverse", exact=True).click()
    page.locator("#lx-traverse").get_by_role("button", name="Explain").click()
    window.shows(4)
    window.address("hash.includes('pictures=traverse')")
    page.go_back()
    expect(page.locator("#lx-traverse")).to_be_visible()


def test_a_model_of_other_data_is_answered_in_words_and_another_can_be_chosen(explain, page):
    window = explain("model=sinelines/gt&pictures=traverse")
    said = window.place.locator(".lx-ex-live")
    expect(said).to_contain_text("No classifier here takes its pictures: choose another model above.")
    expect(window.place.locator(".lx-ex-status")).to_have_text("")
    window.place.get_by_label("Drawn by").select_option("mnist/tc5")
    window.shows(4)
    window.address("hash.includes('model=mnist/tc5')")
    page.go_back()
    expect(said).to_contain_text("No classifier here takes its pictures")


def test_classifiers_are_compared_on_one_picture(explain):
    window = explain(f"{FAST}&pictures=3")
    window.shows(2)
    window.place.get_by_role("checkbox", name="mnist/digits-paper").check()
    window.shows(4)
    expect(window.place.locator(".lx-map-said")).to_contain_text(["mnist/digits", "mnist/digits-paper"])
    assert window.pixels(0) != window.pixels(2)


def test_one_picture_is_marked_while_classifiers_are_compared_and_another_click_takes_its_place(explain, page):
    window = explain(f"{FAST}&pictures=3,5,7")
    window.shows(6)
    marked = window.place.locator(".lx-gallery .lx-cell[aria-pressed=true]")
    expect(marked).to_have_count(3)
    other = window.place.get_by_role("checkbox", name="mnist/digits-paper")
    other.check()
    window.shows(4)
    expect(marked).to_have_count(1)
    expect(marked).to_have_attribute("data-index", "3")
    window.place.locator(".lx-gallery .lx-cell").nth(9).click()
    expect(marked).to_have_attribute("data-index", "9")
    expect(marked).to_have_count(1)
    window.address("hash.includes('pictures=9,3,5,7&')")
    other.uncheck()
    expect(marked).to_have_count(4)  # what was chosen before is chosen still


def test_classifiers_of_the_same_data_are_offered_first_and_others_under_a_heading(explain, page):
    def mixed(route):
        answer = route.fetch()
        fields = answer.json()
        one = next(one for one in fields["classifiers"] if one["id"] == "mnist/digits-paper")
        before = {**one, "id": "fashion/clothes", "dataset": "fashion"}
        after = {**one, "id": "mnist/38", "dataset": "mnist:3,8"}
        route.fulfill(response=answer, json={**fields, "classifiers": [before, *fields["classifiers"], after]})

    page.route("**/explain/choices", mixed)
    window = explain(f"classifier=mnist/digits&{FAST}&pictures=0")
    window.shows(2)
    offered = window.place.locator(".lx-ex-beside > *").all_inner_texts()
    own = ["Compare on one picture with", "mnist/digits-paper", "mnist/38"]
    assert offered == [*own, "trained on other data", "fashion/clothes"]


def test_the_legend_fits_the_methods_and_the_status_line_names_the_classifier(explain, page):
    window = explain("model=mnist/tc5&methods=saliency&pictures=0")
    window.shows(1)
    legend = window.place.locator(".lx-ex-legend")
    expect(legend).to_have_text("littlemuch")  # saliency knows no sign
    status = page.locator("#lx-status .lx-number").first
    expect(status).to_have_text("mnist/digits")
    window.place.get_by_label("Input × gradient", exact=True).check()
    window.shows(2)
    expect(legend).to_have_text("againstforlittlemuch")
    window.place.get_by_label("Saliency", exact=True).uncheck()
    expect(legend).to_have_text("againstfor")
    window.place.get_by_role("button", name="Absolute").click()
    expect(legend).to_have_text("littlemuch")
    page.get_by_role("tab", name="Traverse", exact=True).click()
    expect(status).to_have_text("mnist/tc5")


def test_long_names_of_attributes_are_shown_in_full(explain, page):
    def named(route):
        answer = route.fetch()
        fields = answer.json()
        route.fulfill(response=answer, json={**fields, "names": ["Mouth slightly open", *fields["classes"][1:]]})

    page.route("**/explain/classifier/**", named)
    window = explain(f"{FAST}&pictures=0,1,2")
    window.shows(6)
    first = window.place.get_by_label("Explain", exact=True).locator("option").nth(1)
    expect(first).to_have_text("Mouth slightly open")
    expect(first).to_have_attribute("value", "0")
    said = window.place.locator(".lx-map-best").first
    said.evaluate("e => { e.firstChild.textContent = 'A long name that needs two lines of room, or three' }")
    assert said.evaluate("e => e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight")


def test_files_can_be_taken_away(explain, page):
    window = explain(f"{FAST}&pictures=0,1")
    window.shows(4)
    with page.expect_download() as sheet:
        window.place.get_by_role("button", name="PNG").click()
    assert Image.open(sheet.value.path()).format == "PNG"
    with page.expect_download() as numbers:
        window.place.get_by_role("button", name="NPZ").click()
    found = np.load(numbers.value.path())
    assert found["saliency"].shape == (2, 1, 28, 28)
    assert json.loads(str(found["made_by"]))["model"] == "mnist/digits"


def test_a_file_that_takes_long_shows_progress_and_is_cancelled(explain, page, seen):
    window = explain(f"{FAST}&pictures=0")
    window.shows(2)
    page.route("**/explain/export", lambda route: None)  # a server that takes its time
    window.place.get_by_role("button", name="PNG").click()
    cancel = window.place.get_by_role("button", name="Cancel")
    expect(cancel).to_be_visible()
    expect(window.place.locator(".lx-ex-status")).to_have_text("Making the file …")
    expect(window.place.get_by_role("button", name="NPZ")).to_be_disabled()
    cancel.click()
    expect(cancel).to_be_hidden()
    page.unroute("**/explain/export")
    with page.expect_download():
        window.place.get_by_role("button", name="NPZ").click()
    assert seen.errors == []


def test_the_keyboard_walks_through_the_maps(explain, page):
    window = explain(f"{FAST}&pictures=0,1")
    window.shows(4)
    window.place.locator(".lx-map").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.at") == "1 1"
    page.keyboard.press("Enter")
    expect(window.place.locator(".lx-large")).to_be_visible()


def test_the_window_fills_the_screen_without_scrolling(explain, page):
    window = explain(f"{FAST}&pictures=0,1,2,3")
    window.shows(8)
    for width, height in ((1280, 800), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            """([width, height]) => { const { scrollWidth, scrollHeight } = document.documentElement;
            return scrollWidth === width && scrollHeight === height; }""",
            arg=[width, height],
        )
        fits = "e => e.scrollWidth <= e.clientWidth"
        assert page.locator(".lx-ex-bar").evaluate(fits)
        assert page.locator(".lx-ex-side").evaluate(fits)


def test_a_narrow_window_scrolls_sideways_and_nothing_overlaps(explain, page):
    window = explain(f"model=mnist/tc5&pictures=traverse&{FAST}")
    window.shows(2)
    for width in (700, 960):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("document.documentElement.scrollWidth === 960")
        for part in (".lx-ex-sources", ".lx-ex-side", ".lx-ex-bar"):
            assert page.locator(part).evaluate("e => e.scrollWidth <= e.clientWidth"), part
    window.place.locator(".lx-map").first.click()
    cards = window.place.locator(".lx-large .lx-card")
    assert len({cards.nth(k).bounding_box()["x"] for k in range(5)}) == 1  # one below the other
