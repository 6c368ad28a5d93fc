"""The explorer in a real browser: hand, keyboard, links, uploads, a restarted server, a path prefix."""

from __future__ import annotations

import json
import signal

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.apps.zoo import make_zoo

IDS = ("sinelines/vae", "sinelines/gt", "mnist/tc5", "mnist/ig5")


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    return {
        "LATENT_EXPLORER_CHECKPOINTS": str(make_zoo(folder / "zoo", IDS)),
        "LATENT_EXPLORER_CACHE": str(folder / "cache"),
    }


@pytest.fixture
def server(serve, env):
    return serve("apps/explorer.py", env=env)


@pytest.fixture
def explorer(page, server):
    return lambda link="": Explorer(page, server.url.rstrip("/") + "/" + link)


class Explorer:
    """What a person does at the window."""

    def __init__(self, page, url):
        self.page = page
        page.goto(url, wait_until="domcontentloaded", timeout=90_000)
        self.canvas = page.locator(".latent-canvas")
        self.canvas.locator(".row").first.wait_for(timeout=90_000)
        page.locator("#lx-status").get_by_text("Connected").wait_for(timeout=90_000)

    def do(self, expression):
        return self.canvas.evaluate(f"host => {{ const canvas = host.latentCanvas; return {expression}; }}")

    def code(self):
        return self.do("canvas.getCode()")

    def picture(self):
        """The pixels of the first picture, as they are drawn."""
        return self.canvas.evaluate("""host => { const c = host.shadowRoot.querySelector('canvas');
            const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
            return Array.from(data.filter((_, k) => k % 37 === 0)); }""")

    def slider(self, name):
        return self.canvas.get_by_role("slider", name=name)

    def drag(self, name, share):
        self.slider(name).hover()  # when it has come to rest
        box = self.slider(name).bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2, steps=6)
        self.page.mouse.up()

    def until(self, expression):
        self.page.wait_for_function(
            f"() => {{ const canvas = document.querySelector('.latent-canvas').latentCanvas; return {expression}; }}"
        )

    def settle(self):
        """Until the picture shows the code."""
        self.until("canvas.settled()")

    def address(self, condition):
        """Waits for a condition on `hash`: the address follows what it tells a moment later."""
        self.page.wait_for_function(f"() => {{ const hash = location.hash; return {condition}; }}")

    def shows(self, model):
        """Until a model that was chosen is there."""
        self.page.locator(f".lx-here[data-id='{model}']").wait_for()
        self.page.locator("#lx-traverse:not([aria-busy])").wait_for()

    def tool(self, name):
        tab = self.page.locator(".lx-dock").get_by_role("tab", name=name)
        if tab.get_attribute("aria-selected") != "true":
            tab.click()


def test_the_picture_follows_a_dragged_slider(explorer, page, seen):
    window = explorer("#model=sinelines/gt")
    before = window.picture()
    window.drag("amplitude", 0.95)
    window.settle()
    assert window.code()[2] > 3
    assert window.picture() != before
    assert "decode" in page.locator("#lx-status").inner_text()
    assert seen.errors == []


def test_the_window_fills_the_screen_without_scrolling(explorer, page):
    explorer()
    page.locator(".lx-strip").first.wait_for()
    for width, height in ((1280, 800), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            """([width, height]) => { const { scrollWidth, scrollHeight } = document.documentElement;
            const { bottom } = document.querySelector("#lx-status").getBoundingClientRect();
            return scrollWidth === width && scrollHeight === height && Math.abs(bottom - height) <= 1; }""",
            arg=[width, height],
        )


def test_a_window_too_narrow_is_scrolled_sideways(explorer, page):
    explorer()
    for width, wanted in ((700, 960), (1024, 1024)):
        page.set_viewport_size({"width": width, "height": 700})
        page.wait_for_function(f"document.documentElement.scrollWidth === {wanted}")
    page.set_viewport_size({"width": 700, "height": 700})
    page.evaluate("scrollTo(1000, 0)")
    page.wait_for_function("scrollX === 260")


def test_back_returns_to_the_model_and_the_workspace_before(explorer, page):
    window = explorer("#model=sinelines/gt")
    window.slider("amplitude").press("End")
    window.address("hash.includes('code=')")
    page.locator('.lx-model[data-id="mnist/tc5"]').click()
    window.shows("mnist/tc5")
    page.get_by_role("tab", name="Models").click()
    window.address("hash === '#workspace=Models&model=mnist/tc5'")
    page.go_back()
    page.locator("#lx-traverse").wait_for()
    window.address("hash === '#model=mnist/tc5'")
    page.go_back()
    window.shows("sinelines/gt")
    window.slider("amplitude").wait_for()
    assert window.code()[2] > 3  # as it was left
    page.go_forward()
    window.shows("mnist/tc5")


def test_a_step_back_writes_nothing_into_the_history(explorer, page):
    window = explorer("#model=sinelines/gt")
    page.locator('.lx-model[data-id="mnist/tc5"]').click()
    window.shows("mnist/tc5")
    page.evaluate("""() => { window.writes = [];
        for (const how of ["pushState", "replaceState"]) {
            const write = history[how].bind(history);
            history[how] = (...given) => { window.writes.push([how, ...given]); write(...given); };
        } }""")
    page.go_back()
    window.shows("sinelines/gt")
    window.slider("amplitude").press("End")  # this one does write, after whatever was due before
    window.address("hash.includes('code=')")
    assert [how for how, *_ in page.evaluate("window.writes")] == ["replaceState"]


def test_a_deep_link_restores_everything_and_a_copied_one_is_the_same(explorer, page):
    code, a, b = [0.5, -0.25, 1.5, 2, 3], [0] * 5, [1] * 5
    names = json.dumps({"slope": "steepness"})
    link = f"#model=sinelines/gt&code={','.join(map(str, code))}&a={','.join(map(str, a))}&b={','.join(map(str, b))}"
    window = explorer(f"{link}&range=full&compare=sinelines/vae&names={names}")
    assert window.code() == code
    assert window.canvas.get_by_role("button", name="Full").get_attribute("aria-pressed") == "true"
    assert window.slider("steepness").count() == 1
    expect(page.get_by_label("Compare with")).to_have_value("sinelines/vae", timeout=60_000)
    assert window.canvas.locator("figure").count() == 2
    window.tool("A → B")
    expect(page.get_by_role("slider", name="From A to B")).to_be_enabled(timeout=60_000)
    window.address(f"hash.startsWith('{link}')")
    page.reload(wait_until="domcontentloaded")
    page.locator(".latent-canvas .row").first.wait_for(timeout=90_000)
    assert window.code() == code
    assert window.slider("steepness").count() == 1


def test_models_and_workspaces_are_switched_and_the_state_is_kept(explorer, page):
    window = explorer("#model=sinelines/gt")
    window.slider("phase").press("End")
    window.slider("phase").press("F2")
    page.keyboard.type("shift")
    page.keyboard.press("Enter")
    window.slider("shift").wait_for()
    code = window.code()
    page.get_by_role("tab", name="Models").click()
    assert page.locator("#lx-traverse").is_hidden()
    page.get_by_role("tab", name="Traverse").click()
    assert window.code() == code
    assert window.slider("shift").is_visible()
    page.locator('.lx-model[data-id="mnist/ig5"]').click()
    window.canvas.get_by_role("radiogroup").wait_for()
    window.address("hash.includes('mnist/ig5')")
    page.locator('.lx-model[data-id="sinelines/gt"]').click()
    window.slider("shift").wait_for()  # the name is kept with its model


def test_a_model_that_cannot_be_loaded_leaves_the_one_before(explorer, page):
    window = explorer("#model=sinelines/gt")
    code = window.code()
    page.evaluate("location.hash = '#model=mnist/unknown'")
    page.get_by_role("alert").get_by_text("No model 'mnist/unknown'").wait_for()
    assert window.code() == code
    window.address("hash.includes('sinelines/gt')")


def test_a_link_to_an_unknown_model_shows_another_and_says_so(explorer, page):
    window = explorer("#model=nope/x")
    page.get_by_role("alert").get_by_text("No model 'nope/x'").wait_for()
    window.address("!hash.includes('nope')")


def test_nothing_can_be_pressed_before_there_is_a_model(page, server):
    page.route("**/explorer/facts/**", lambda route: None)
    page.goto(server.url + "#model=mnist/ig5", wait_until="domcontentloaded")
    page.locator(".lx-actions[inert]").wait_for()
    page.get_by_text("Loading …", exact=True).wait_for()
    assert page.locator("#lx-workspace-models").is_hidden()


def test_captions_tell_what_the_other_model_draws(explorer, page):
    window = explorer("#model=sinelines/gt&compare=sinelines/vae")
    captions = window.canvas.locator("figcaption")
    expect(captions).to_have_text(["sinelines/gt", "sinelines/vae on this picture"], timeout=60_000)
    window.tool("Examples")
    page.get_by_role("button", name="Example number 3").first.click()
    expect(captions.nth(1)).to_have_text("sinelines/vae on the same input", timeout=60_000)
    window.slider("amplitude").press("End")
    expect(captions.nth(1)).to_have_text("sinelines/vae on this picture", timeout=60_000)


def test_the_nearest_example_goes_when_the_code_has_changed(explorer, page):
    window = explorer("#model=sinelines/gt")
    page.get_by_role("button", name="Nearest example").click()
    page.get_by_text("Input: nearest example").wait_for()
    window.slider("amplitude").press("End")
    page.get_by_text("Input: nearest example").wait_for(state="hidden")
    assert window.canvas.locator("figure").count() == 1


def test_a_number_that_is_none_is_explained_and_a_long_one_fits(explorer):
    window = explorer("#model=sinelines/gt")
    box = window.canvas.get_by_role("textbox", name="amplitude, value")
    for wrong in ("abc", "1e400"):
        box.fill(wrong)
        box.press("Enter")
        assert box.get_attribute("title").startswith("Type a number")
        assert box.get_attribute("aria-description").startswith("Type a number")
    for given, shown in (("-10000", "-10000.0"), ("-0.01", "0.0")):
        box.fill(given)
        box.press("Enter")
        expect(box).to_have_value(shown, timeout=60_000)
        assert box.get_attribute("aria-description") is None
        assert box.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_strips_examples_and_undo(explorer, page):
    window = explorer("#model=sinelines/gt")
    start = window.code()
    page.get_by_role("button", name="amplitude to").last.click()
    window.until(f"canvas.getCode()[2] > {start[2]} + 1")
    window.tool("Examples")
    page.get_by_role("button", name="Example number 3").first.click()
    page.get_by_text("Input: example").wait_for()
    assert window.canvas.locator("figure").count() == 2
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    window.until(f"Math.abs(canvas.getCode()[2] - {start[2]}) < 1e-4")


def test_the_last_choice_to_compare_with_wins_over_a_late_answer(explorer, page):
    window = explorer("#model=mnist/tc5")
    page.evaluate(
        """() => { const ask = window.fetch;
            window.fetch = async (...question) => {
                const answer = await ask(...question);
                if (window.late || !String(question[0]).includes("facts/mnist/ig5")) return answer;
                const facts = await answer.json();
                await new Promise((go) => { window.late = go; });
                return { ok: true, json: async () => facts };
            }; }"""
    )
    choice = page.get_by_label("Compare with")
    choice.select_option("mnist/ig5")
    window.address("hash.includes('compare=mnist/ig5')")
    page.wait_for_function("'late' in window")  # a function by itself would be called
    choice.select_option("")
    page.evaluate("late()")  # what follows from the answer is done before the next line
    assert window.canvas.locator("figure").count() == 1
    assert choice.input_value() == ""
    window.address("!hash.includes('compare')")


def test_more_examples_come_once_however_often_they_are_asked_for(explorer, page):
    window = explorer("#model=mnist/tc5")
    window.tool("Examples")
    cells = page.locator(".lx-gallery .lx-cell")
    cells.nth(59).wait_for()
    asked = []
    page.on("request", lambda request: "/examples/" in request.url and asked.append(request.url))
    page.get_by_role("button", name="More").evaluate("button => { button.click(); button.click(); }")
    cells.nth(95).wait_for()
    assert len(asked) == 1
    assert cells.count() == 96


def test_a_link_to_compare_with_nothing_known_still_opens_its_model(explorer, page):
    window = explorer("#model=mnist/tc5&compare=mnist/unknown")
    page.get_by_role("alert").get_by_text("No model 'mnist/unknown'").wait_for()
    assert window.canvas.locator("figure").count() == 1
    window.address("!hash.includes('compare')")


def test_a_picture_is_uploaded_prepared_and_encoded(explorer, page, tmp_path):
    picture = Image.new("RGBA", (300, 220), (255, 255, 255, 0))
    ImageDraw.Draw(picture).line([(100, 40), (190, 40), (130, 180)], fill=(20, 40, 160, 255), width=22)
    picture.save(tmp_path / "seven.png")
    (tmp_path / "no.png").write_bytes(b"no picture at all")
    Image.new("L", (20_000, 5_000)).save(tmp_path / "huge.png")
    window = explorer("#model=mnist/tc5")
    before = window.code()
    window.tool("Upload")
    notes = page.locator(".lx-notes")
    page.set_input_files("#lx-file", tmp_path / "no.png")
    notes.get_by_text("no.png: This file (17 bytes) is not a picture").wait_for()
    page.set_input_files("#lx-file", tmp_path / "huge.png")
    notes.get_by_text("huge.png: The picture has 20000 x 5000 pixels (100 megapixels)").wait_for()
    page.set_input_files("#lx-file", tmp_path / "seven.png")
    notes.get_by_text("Resized from 300 x 220 to 28 x 28 pixels.").wait_for()
    assert window.code() == before  # nothing is lost by errors
    held = []
    page.route("**/prepare/**", lambda route: held.append(route))
    page.get_by_label("Fit").select_option("trim")
    encode = page.locator(".lx-panel").get_by_role("button", name="Encode", exact=True)
    expect(encode).to_be_disabled(timeout=60_000)  # until the picture is prepared anew
    for request in held:
        request.continue_()
    page.unroute("**/prepare/**")
    encode.click()
    page.get_by_text("Input: seven.png").wait_for()
    assert window.code() != before


def test_a_walk_plays_and_is_taken_away(explorer, page):
    window = explorer("#model=sinelines/gt&a=0,0,0,1,0&b=1,2,3,1,0")
    window.tool("A → B")
    page.get_by_role("button", name="Play").click()
    window.until("canvas.getCode()[1] > 0.3")
    page.get_by_role("button", name="Pause").click()
    with page.expect_download() as film:
        page.get_by_role("button", name="GIF").click()
    assert Image.open(film.value.path()).n_frames == 60
    page.get_by_role("slider", name="From A to B").press("End")
    window.until("Math.abs(canvas.getCode()[1] - 2) < 1e-5")


def test_a_playing_walk_ends_with_its_model(explorer, page):
    window = explorer("#model=sinelines/gt&a=0,0,0,1,0&b=1,2,3,1,0")
    window.tool("A → B")
    page.get_by_role("button", name="Play").click()
    window.until("canvas.getCode()[1] > 0.3")
    page.locator('.lx-model[data-id="sinelines/vae"]').click()
    window.shows("sinelines/vae")
    window.address("hash === '#model=sinelines/vae'")  # at a code of its own


def test_the_keyboard_alone_is_enough(explorer, page):
    window = explorer("#model=sinelines/gt")
    page.locator('.lx-model[data-id="sinelines/gt"]').focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    window.shows("sinelines/vae")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.className"))
    assert {"Random", "Median", "Nearest example", "latent-canvas"} <= set(reached), reached
    first = window.canvas.get_by_role("slider").first
    first.focus()
    before = window.code()
    page.keyboard.press("End")
    window.until(f"JSON.stringify(canvas.getCode()) !== {json.dumps(json.dumps(before, separators=(',', ':')))}")
    page.keyboard.press("Control+z")
    window.until(f"canvas.getCode().every((v, k) => Math.abs(v - {json.dumps(before)}[k]) < 1e-6)")
    page.get_by_role("tab", name="Traverse").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("tab", name="Explain").get_attribute("aria-selected") == "true"


def test_light_and_dark(explorer, page):
    explorer("#model=sinelines/gt")
    look = "[document.querySelector('.latent-canvas').dataset.theme, getComputedStyle(document.body).backgroundColor]"
    before = page.evaluate(look)
    page.get_by_role("button", name="Change to").click()
    page.wait_for_function(f"before => {look}.every((one, k) => one !== before[k])", arg=before)
    assert {before[0], page.evaluate(look)[0]} == {"light", "dark"}


def test_a_restarted_server_is_told_and_nothing_is_lost(explorer, page, server):
    page.route("**/canvas/onnx-name/**", lambda route: route.fulfill(json={"name": None}))  # the server draws
    window = explorer("#model=sinelines/gt")
    window.slider("intercept").press("End")
    code = window.code()
    page.evaluate(
        """() => { document.querySelector(".lx-here").kept = true;
        const news = document.querySelector(".lx-news"); // gone after some seconds
        new MutationObserver(() => { window.told ||= news.textContent.includes("restarted"); })
            .observe(news, { childList: true }); }"""
    )
    page.route("**/app_id", lambda route: route.abort())  # or Gradio may load the page anew
    server.stop(how=signal.SIGKILL)
    page.locator("#lx-status").get_by_text("does not answer").wait_for()
    window.slider("slope").press("Home")
    window.canvas.get_by_role("alert").wait_for()
    with page.expect_response("**/explorer/catalogue", timeout=240_000):
        server.start()
    page.wait_for_function("window.told")
    window.canvas.get_by_role("alert").wait_for(state="hidden")
    window.settle()
    after = window.code()
    assert after[1] == code[1]
    assert after[0] == -1 or after[0] < code[0]
    before = window.picture()
    window.slider("amplitude").press("End")
    window.settle()
    assert window.picture() != before
    window.address("hash.includes('sinelines/gt')")
    assert page.evaluate("document.querySelector('.lx-here').kept")  # the list has not lost focus and scroll


def test_below_a_path_prefix(serve, env, page, seen):
    server = serve("apps/explorer.py", env={**env, "GRADIO_ROOT_PATH": "/lab/explorer"})
    proxy = serve("tests/browser/prefix_proxy.py", "{port}", str(server.port), "/lab/explorer", path="/lab/explorer/")
    window = Explorer(page, f"{proxy.url}#model=sinelines/gt")
    before = window.picture()
    window.slider("amplitude").press("End")
    window.settle()
    assert window.picture() != before
    assert seen.errors == []


def test_the_gradio_command_serves_the_same_page(serve, env, page):
    server = serve(
        "-c", "import sys; from gradio.cli import cli; sys.argv = ['gradio', 'apps/explorer.py']; cli()", env=env
    )
    window = Explorer(page, f"{server.url}#model=sinelines/gt")
    before = window.picture()
    window.slider("amplitude").press("End")
    window.settle()
    assert window.picture() != before
