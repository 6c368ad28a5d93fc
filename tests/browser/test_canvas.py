"""The live canvas in a real browser: the hand, the keyboard, names, history, lost connections, themes."""

from __future__ import annotations

import base64
import io
import signal

import pytest
import torch
from PIL import Image

from tests.apps.canvas.toys import toys

MODELS = toys()
SERVER = ("tests/browser/canvas_server.py", "{port}")


@pytest.fixture
def server(serve):
    return serve(*SERVER, path="/empty")


@pytest.fixture
def canvas(page, server):
    """Opens the bare page with a model and returns a driver of its canvas."""

    def open_(model="toy/few", query=""):
        page.goto(server.url.replace("/empty", f"/canvas/page.html?model={model}{query}"))
        page.locator(".latent-canvas .row").first.wait_for()
        return Driver(page)

    return open_


class Driver:
    """What a person does with the canvas, and what the page's script would see."""

    def __init__(self, page):
        self.page = page
        self.host = page.locator(".latent-canvas")

    def do(self, expression):
        return self.host.evaluate(f"host => {{ const canvas = host.latentCanvas; return {expression}; }}")

    def code(self):
        return self.do("canvas.getCode()")

    def slider(self, name):
        return self.host.get_by_role("slider", name=name)

    def value(self, name):
        return self.host.get_by_role("textbox", name=f"{name}, value")

    def until(self, condition, *, within_s=60):
        """Waits for a condition on `host` and `canvas`, also where Streamlit has put them into a shadow root."""
        self.host.evaluate(
            f"""host => new Promise((done, fail) => {{
            const canvas = host.latentCanvas, end = Date.now() + {1000 * within_s};
            const look = () => {{
                if ({condition}) done();
                else if (Date.now() > end) fail(new Error("never true within {within_s} s: " + {condition!r}));
                else setTimeout(look, 15);
            }};
            look(); }})"""
        )

    def settle(self):
        """Until the picture shows the code; every request has been answered."""
        self.until("canvas.settled()")

    def drag(self, name, start, end, steps=8):
        self.slider(name).hover()  # when it has come to rest
        box = self.slider(name).bounding_box()
        y = box["y"] + box["height"] / 2

        def x(share):
            return box["x"] + 8 + (box["width"] - 16) * share

        self.page.mouse.move(x(start), y)
        self.page.mouse.down()
        for step in range(1, steps + 1):
            self.page.mouse.move(x(start + (end - start) * step / steps), y)
        self.page.mouse.up()

    def picture(self):
        """The pixels on the canvas, uint8 (H, W, 3)."""
        url = self.host.locator("canvas").first.evaluate("canvas => canvas.toDataURL('image/png')")
        image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB")
        return torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).reshape(image.height, image.width, 3)


def expected(model, code):
    with torch.no_grad():
        x = MODELS[model].decode(torch.tensor([code], dtype=torch.float32))[0]
    return (x * 255).round().to(torch.uint8).permute(1, 2, 0).expand(-1, -1, 3)


def off_by(a, b):
    return int((a.int() - b.int()).abs().max())


# ---------------------------------------------------------------------------------------------- hand and picture


@pytest.mark.parametrize("model", ["toy/few", "toy/colour"])
def test_the_first_picture_is_the_centre_of_the_axes(canvas, seen, model):
    view = canvas(model)
    assert off_by(view.picture(), expected(model, view.code())) <= 1
    assert seen.errors == []


def test_a_dragged_slider_moves_the_pixels_to_its_value(canvas, seen):
    view = canvas()
    before = view.picture()
    view.drag("z0", 0.5, 0.9)
    view.settle()
    code = view.code()
    assert code[0] == pytest.approx(-2.4 + 0.9 * 5.0, abs=0.1)
    assert code[1:] == pytest.approx([0.1] * 4)
    assert off_by(view.picture(), before) > 50
    assert off_by(view.picture(), expected("toy/few", code)) <= 1
    assert view.do("canvas.stats()")["handMs"]["count"] >= 4
    assert seen.errors == []


def test_a_direction_moves_several_entries_and_no_others(canvas):
    view = canvas("toy/colour")
    before = view.code()
    view.slider("smile").press("End")
    after = view.code()
    moved = [b - a for a, b in zip(before, after, strict=True)]
    assert moved == pytest.approx([3 * 0.6, 0, 3 * 0.8])


def test_a_curve_is_drawn_and_follows(canvas):
    view = canvas("toy/curve")
    view.settle()
    before = view.picture()
    view.slider("z1").press("End")
    view.settle()
    after = view.picture()
    assert before.shape == after.shape
    assert off_by(before, after) > 50
    accent = (after.int() - torch.tensor([0, 0x67, 0xB1])).abs().amax(-1) <= 8
    assert accent.any(0).float().mean() > 0.7  # the line crosses most columns


def test_a_slow_large_picture_is_dragged_as_a_preview_and_sharpened_on_release(canvas, page):
    view = canvas("toy/large")
    sizes = []
    page.on("request", lambda request: "decode" in request.url and sizes.append(request.post_data_json["size"]))
    for key in ("PageUp", "PageDown", "PageUp"):  # the first frames tell that this model is slow
        view.slider("z0").press(key)
        view.settle()
    sizes.clear()
    view.drag("z0", 0.5, 0.9, steps=6)
    view.settle()
    assert 256 in sizes
    assert sizes[-1] is None
    assert view.picture().shape == (512, 384, 3)


def test_two_decoders_share_one_code(canvas, server, page):
    page.goto(server.url)
    page.evaluate(
        """async () => {
            const { mount, httpSource } = await import("/canvas/canvas.js");
            const state = await (await fetch("/canvas/describe/toy/few")).json();
            const source = httpSource("/canvas/decode");
            const other = { label: "slow", model: "toy/slow", space: state.space, source };
            mount(document.querySelector("#canvas"), { ...state, source, label: "fast", compare: [other] });
        }"""
    )
    view = Driver(page)
    view.host.locator("figcaption").first.wait_for()
    view.drag("z0", 0.5, 0.1)
    view.settle()
    pictures = view.host.locator("canvas").evaluate_all("all => all.map((one) => one.toDataURL())")
    assert len(pictures) == 2
    assert pictures[0] == pictures[1]
    assert view.host.locator("figcaption").all_inner_texts() == ["fast", "slow"]


def test_a_decoder_too_slow_for_the_hand_is_asked_when_it_lets_go(canvas, server, page):
    page.goto(server.url)
    page.evaluate(
        """async () => {
            const { mount, httpSource } = await import("/canvas/canvas.js");
            const state = await (await fetch("/canvas/describe/toy/few")).json();
            const source = httpSource("/canvas/decode");
            const other = { label: "search", model: "toy/few", space: state.space, live: false,
                source: { request: (asked) => { searches.push(asked.code[0]); return source.request(asked); } } };
            window.searches = [];
            mount(document.querySelector("#canvas"), { ...state, source, compare: [other] });
        }"""
    )
    view = Driver(page)
    view.settle()
    first = page.evaluate("window.searches.length")
    view.drag("z0", 0.5, 0.1, steps=6)
    view.settle()
    searched = page.evaluate("window.searches")
    assert len(searched) == first + 1
    assert searched[-1] == pytest.approx(view.code()[0])
    pictures = view.host.locator("canvas").evaluate_all("all => all.map((one) => one.toDataURL())")
    assert pictures[0] == pictures[1]
    view.slider("z0").press("ArrowRight")
    view.settle()
    assert len(page.evaluate("window.searches")) == first + 2


# ---------------------------------------------------------------------------------------------- scheduling

SCRIPTED = """async (options) => {
    const { mount } = await import("/canvas/canvas.js");
    const state = await (await fetch("/canvas/describe/toy/few")).json();
    window.asked = []; window.told = [];
    const source = { request: (question) => new Promise((resolve, reject) => {
        const shade = Math.round(100 + 20 * question.code[0]);
        const answer = { seq: question.seq, shape: [28, 28, 1], bytes: new Uint8Array(784).fill(shade).buffer, ms: 1 };
        asked.push({ ...question, shade, signal: null, answer: () => resolve(answer), fail: reject });
    }) };
    const { frame, ...rest } = state;
    mount(document.querySelector("#canvas"), { ...rest, source, onCommit: (code, { axis }) => told.push([code, axis]),
        ...options });
}"""


@pytest.fixture
def scripted(page, server):
    """A canvas whose source answers when the test says so."""

    def open_(**options):
        page.goto(server.url)
        page.evaluate(SCRIPTED, options)
        return Driver(page)

    return open_


def shade(view):
    return int(view.picture()[0, 0, 0])


def test_one_request_is_in_flight_and_the_latest_value_wins(scripted, page):
    view = scripted()
    for value in (1, 2, 3, 4):
        view.do(f"canvas.setCode([{value}, 0, 0, 0, 0])")
    assert page.evaluate("asked.length") == 1
    page.evaluate("asked[0].answer()")
    page.wait_for_function("asked.length === 2")
    assert page.evaluate("asked.map((one) => one.code[0])") == [pytest.approx(0.1), 4]
    page.evaluate("asked[1].answer()")
    view.settle()
    assert shade(view) == 180
    assert page.evaluate("asked.length") == 2
    assert page.evaluate("asked[1].seq > asked[0].seq")


def test_an_answer_for_the_model_before_is_dropped(scripted, page):
    view = scripted()
    view.do("canvas.setModel({ model: 'toy/other', code: [4, 0, 0, 0, 0] })")
    page.wait_for_function("asked.length === 2")
    page.evaluate("asked[1].answer()")
    view.settle()
    page.evaluate("asked[0].answer()")  # what follows from it is done before the next line
    assert shade(view) == 180
    assert page.evaluate("asked[1].model") == "toy/other"


def test_a_lost_answer_is_asked_again_with_the_value_of_that_moment(scripted, page):
    view = scripted()
    view.do("(canvas.setCode([2, 0, 0, 0, 0]), asked[0].fail(new Error('gone')))")
    view.host.get_by_role("alert").wait_for()
    assert "Connection lost – your sliders are kept; retrying" in view.host.get_by_role("alert").inner_text()
    page.wait_for_function("asked.length === 2")
    page.evaluate("asked[1].answer()")
    view.settle()
    assert shade(view) == 140
    assert view.host.get_by_role("alert").count() == 0


# ---------------------------------------------------------------------------------------------- keyboard


def test_keys_move_by_steps_of_the_range_and_are_committed_once(scripted, page):
    view = scripted()
    slider = view.slider("z0")
    step = 5.0 / 200
    for key, change in [
        ("ArrowRight", step),
        ("ArrowUp", step),
        ("ArrowLeft", -step),
        ("ArrowDown", -step),
        ("Shift+ArrowRight", 10 * step),
        ("PageUp", 0.5),
        ("PageDown", -0.5),
    ]:
        before = view.code()[0]
        slider.press(key)
        assert view.code()[0] - before == pytest.approx(change), key
    slider.press("Home")
    assert view.code()[0] == -2.4
    assert slider.get_attribute("aria-valuetext") == "-2.40"
    page.wait_for_function("told.length && told.at(-1)[0][0] === -2.4")
    slider.evaluate(
        """one => { told.length = 0;
        const press = (key) => one.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        ["End", ...Array(30).fill("ArrowLeft")].forEach(press); }"""
    )
    page.wait_for_function("told.length === 1")
    page.wait_for_timeout(350)
    assert page.evaluate("told") == [[[pytest.approx(2.6 - 30 * step), *[pytest.approx(0.1)] * 4], 0]]
    slider.press("Delete")
    assert view.code()[0] == 0.1


def test_everything_can_be_reached_with_the_tab_key(canvas, page):
    view = canvas("toy/mixed")
    reached = []
    page.keyboard.press("Tab")
    for _ in range(16):
        name = page.evaluate(
            """() => { const at = document.activeElement.shadowRoot?.activeElement;
            return at && (at.getAttribute('aria-label') ?? at.innerText ?? '') + '/' + (at.type ?? ''); }"""
        )
        if name:
            reached.append(name)
        page.keyboard.press("Tab")
    # the digit's radio buttons are one stop; undo and redo are off while there is nothing to undo
    assert [name.partition("/")[0] for name in reached[:2]] == ["99 %", "Full"]
    assert reached[2:4] == ["Move all sliders to their centre/button", "Keyboard help/button"]
    assert reached[4].endswith("/radio")
    assert [name.partition("/")[0] for name in reached[5:9]] == ["slant", "slant, value", "width", "width, value"]
    assert view.host.get_by_role("slider", name="z12, collapsed").count() == 1


def test_typed_numbers_are_taken_when_they_are_numbers(scripted, page):
    view = scripted()
    box = view.value("z1")
    box.fill("-1,25")
    box.press("Enter")
    assert view.code()[1] == -1.25
    assert page.evaluate("told.at(-1)[1]") == 1
    box.fill("4.5")
    box.press("Enter")
    assert view.code()[1] == 4.5
    assert "Beyond the slider" in box.get_attribute("title")
    assert view.slider("z1").get_attribute("aria-valuetext") == "4.50, beyond the slider"
    box.fill("four")
    box.press("Enter")
    assert box.get_attribute("aria-invalid") == "true"
    assert view.code()[1] == 4.5
    box.press("Escape")
    assert box.input_value() == "4.50"
    assert box.get_attribute("aria-invalid") is None
    box.press("ArrowUp")
    assert view.code()[1] == pytest.approx(4.525)


def test_help_opens_and_closes(canvas, page):
    view = canvas()
    button = view.host.get_by_role("button", name="Keyboard help")
    button.click()
    assert view.host.get_by_role("region", name="Keyboard help").is_visible()
    page.keyboard.press("Escape")
    assert button.get_attribute("aria-expanded") == "false"


# ---------------------------------------------------------------------------------------------- axes


def test_a_double_click_resets_one_axis_in_one_step_of_history(scripted, page):
    view = scripted()
    view.slider("z0").press("End")
    page.wait_for_function("told.length === 1")
    view.slider("z0").dblclick(position={"x": 40, "y": 12})
    assert view.code()[0] == 0.1
    view.do("canvas.undo()")
    assert view.code()[0] == 2.6
    view.do("canvas.undo()")
    assert view.code()[0] == pytest.approx(0.1)
    assert view.host.get_by_role("button", name="Undo").is_disabled()


def test_names_are_edited_in_place_and_kept(canvas, page):
    view = canvas()
    view.host.get_by_role("button", name="Rename z1").click()
    page.keyboard.type("stroke width")
    page.keyboard.press("Enter")
    view.slider("z2").press("F2")
    page.keyboard.type("unwanted")
    page.keyboard.press("Escape")
    assert view.slider("stroke width").count() == 1
    assert view.slider("z2").evaluate("one => one.getRootNode().activeElement === one")
    page.reload()
    view = canvas()
    assert view.slider("stroke width").count() == 1
    view.slider("stroke width").press("F2")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    assert view.slider("z1").count() == 1
    page.reload()
    assert canvas().slider("z1").count() == 1


def test_a_name_is_text_and_never_markup(canvas, page):
    view = canvas()
    view.slider("z0").press("F2")
    page.keyboard.type("<img src=x onerror=alert(1)>")
    page.keyboard.press("Enter")
    assert view.host.get_by_text("<img src=x onerror=alert(1)>").count() == 1
    assert view.host.locator("img").count() == 0


def test_ranges_switch_between_percentiles_and_everything(canvas):
    view = canvas()
    view.host.get_by_role("button", name="Full").click()
    assert view.host.get_by_role("button", name="Full").get_attribute("aria-pressed") == "true"
    view.slider("z0").press("End")
    assert view.code()[0] == pytest.approx(1.6 * 2.6)
    view.host.get_by_role("button", name="99 %").click()
    assert "beyond" in view.slider("z0").get_attribute("aria-valuetext")
    assert view.code()[0] == pytest.approx(1.6 * 2.6)


def test_collapsed_latents_are_marked(canvas):
    view = canvas()
    row = view.host.locator(".row.collapsed")
    assert row.count() == 1
    assert "Collapsed" in row.get_by_role("button").get_attribute("title")
    assert view.slider("z4, collapsed").count() == 1


def test_categories_are_radio_buttons(canvas, page):
    view = canvas("toy/mixed")
    group = view.host.get_by_role("radiogroup", name="digit")
    group.get_by_role("radio", name="7").click()
    view.settle()
    assert view.code()[:10] == [0] * 7 + [1, 0, 0]
    assert off_by(view.picture(), expected("toy/mixed", view.code())) <= 1
    page.keyboard.press("ArrowRight")
    assert view.code()[:10] == [0] * 8 + [1, 0]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert view.code()[:10] == [1] + [0] * 9
    assert group.get_by_role("radio", name="0").is_checked()


# ---------------------------------------------------------------------------------------------- history and handle


def test_undo_and_redo_walk_over_committed_codes(canvas, page):
    view = canvas()
    codes = [view.code()]
    for end in (0.8, 0.2):
        view.drag("z0", 0.5, end)
        codes.append(view.code())
    view.drag("z1", 0.5, 0.7)
    codes.append(view.code())
    for wanted, key in zip(
        [*codes[2::-1], codes[1], codes[2]], ["Control+z"] * 3 + ["Control+y", "Control+Shift+z"], strict=True
    ):
        page.keyboard.press(key)
        assert view.code() == wanted
    view.slider("z2").press("Home")
    view.host.get_by_role("button", name="Undo").click()
    assert view.code() == codes[2]
    assert view.host.get_by_role("button", name="Redo").is_enabled()
    view.settle()
    assert off_by(view.picture(), expected("toy/few", codes[2])) <= 1


def test_undo_and_redo_take_new_names_in_turn_with_moves(canvas, page):
    view = canvas()
    start = view.code()
    view.drag("z0", 0.5, 0.8)
    moved = view.code()
    view.do("canvas.rename('z0', 'slant')")
    view.do("canvas.rename('z0', 'slant')")  # the same again is no step
    view.drag("slant", 0.8, 0.3)
    page.keyboard.press("Control+z")
    assert (view.code(), view.slider("slant").count()) == (moved, 1)
    page.keyboard.press("Control+z")
    assert (view.code(), view.slider("slant").count(), view.slider("z0").count()) == (moved, 0, 1)
    page.keyboard.press("Control+z")
    assert view.code() == start
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+y")
    assert (view.code(), view.slider("slant").count()) == (moved, 1)
    page.reload()  # the browser keeps what is on the screen
    view.slider("slant").wait_for()


def test_a_page_can_set_a_code_that_can_be_undone(scripted, page):
    view = scripted()
    view.do("canvas.setCode([1, 1, 1, 1, 1], { record: true })")
    view.do("canvas.setCode([2, 2, 2, 2, 2], { commit: true })")
    assert page.evaluate("told") == [[[2] * 5, None]]
    view.do("canvas.undo()")
    assert view.code() == [1] * 5
    with pytest.raises(Exception, match="setCode needs 5 finite numbers; got 2"):
        view.do("canvas.setCode([1, 2])")


def test_a_disabled_canvas_takes_no_input(canvas):
    view = canvas()
    view.do("canvas.setDisabled(true)")
    assert view.slider("z0").is_disabled()
    view.do("canvas.undo()")
    view.do("canvas.setDisabled(false)")
    assert view.slider("z0").is_enabled()


def test_the_picture_can_be_saved_enlarged_by_whole_pixels(canvas):
    view = canvas()
    url = view.host.evaluate(
        """async host => { const blob = await host.latentCanvas.snapshot({ longest: 300 });
        const reader = new FileReader();
        return new Promise((done) => { reader.onload = () => done(reader.result); reader.readAsDataURL(blob); }); }"""
    )
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    assert (image.format, image.size) == ("PNG", (280, 280))


def test_frames_are_told_and_a_destroyed_canvas_is_gone(canvas, page):
    view = canvas()
    view.do("canvas.onFrame((one) => { host.toldFrame = one; })")
    view.drag("z0", 0.5, 0.8)
    view.settle()
    stats = view.host.evaluate("host => host.toldFrame")
    assert stats["handMs"] > 0
    assert stats["decodeMs"] > 0
    assert page.evaluate("performance.getEntriesByName('hand-to-pixel').length") >= 1
    view.do("canvas.destroy()")
    assert page.locator(".latent-canvas").count() == 0


def test_a_decoder_in_the_page_speaks_the_same_contract(page, server):
    page.goto(server.url)
    page.evaluate(
        """async () => {
            const { mount, pageSource } = await import("/canvas/canvas.js");
            const { frame, ...state } = await (await fetch("/canvas/describe/toy/colour")).json();
            const shape = [3, 48, 32];
            const run = async (code) => ({ shape, values: Float32Array.from({ length: 3 * 48 * 32 },
                (_, k) => (k < 48 * 32 ? 0.1 * code[0] : k < 2 * 48 * 32 ? 2 : -1)) });
            mount(document.querySelector("#canvas"), { ...state, source: pageSource(run), code: [5, 0, 0] });
        }"""
    )
    view = Driver(page)
    view.settle()
    assert view.picture()[7, 9].tolist() == [128, 255, 0]


# ---------------------------------------------------------------------------------------------- trouble


def test_a_killed_server_is_told_and_its_return_redraws(canvas, server):
    view = canvas()
    server.stop(how=signal.SIGKILL)
    try:
        view.slider("z0").press("End")
        view.host.get_by_role("alert").wait_for()
        view.slider("z1").press("Home")
        assert view.code()[:2] == [2.6, -2.4]
    finally:
        server.start()
    view.settle()
    assert view.host.get_by_role("alert").count() == 0
    assert view.code()[:2] == [2.6, -2.4]
    assert off_by(view.picture(), expected("toy/few", view.code())) <= 1


def test_a_refusal_is_told_in_the_servers_words_and_not_repeated(canvas, page):
    view = canvas()
    view.do("canvas.setModel({ model: 'toy/none' })")
    alert = view.host.get_by_role("alert")
    alert.wait_for()
    assert "No model 'toy/none'; choose one of" in alert.inner_text()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(900)
    assert asked == []


def test_an_unknown_model_on_the_bare_page_is_told(page, server):
    page.goto(server.url.replace("/empty", "/canvas/page.html?model=toy/none"))
    page.get_by_text("No model 'toy/none'; choose one of").wait_for()


# ---------------------------------------------------------------------------------------------- looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system(canvas, page, scheme):
    page.emulate_media(color_scheme=scheme)
    view = canvas()
    assert view.host.get_attribute("data-theme") == scheme
    page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
    view.until(f"host.dataset.theme !== '{scheme}'")


def test_a_dark_class_makes_it_dark_and_host_styles_do_not_leak(canvas, page):
    view = canvas()
    page.add_style_tag(content="button, input { display: none !important } * { font-size: 40px !important }")
    page.evaluate("document.body.classList.add('dark')")
    view.until("host.dataset.theme === 'dark'")
    assert view.slider("z0").is_visible()
    assert view.host.locator(".title").evaluate("one => getComputedStyle(one).fontSize") == "13px"


@pytest.mark.parametrize("width", [320, 420, 700, 1280])
def test_nothing_overflows_and_many_axes_scroll_inside(canvas, page, width):
    page.set_viewport_size({"width": width, "height": 620})
    view = canvas("toy/many")
    view.settle()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    rows = view.host.locator(".rows")
    assert rows.evaluate("one => one.scrollHeight > one.clientHeight && one.scrollWidth <= one.clientWidth")
    view.slider("z14, collapsed").focus()
    assert rows.evaluate("one => one.scrollTop") > 0
    assert view.host.locator("canvas").first.bounding_box()["width"] >= 128
