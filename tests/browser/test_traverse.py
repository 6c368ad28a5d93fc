"""The explorer in a real browser: hand, keyboard, links, uploads, a restarted server, a path prefix."""

from __future__ import annotations

import json
import signal

import pytest
from PIL import Image, ImageDraw

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
        box = self.slider(name).bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2, steps=6)
        self.page.mouse.up()

    def until(self, expression, timeout=30_000):
        self.page.wait_for_function(
            f"() => {{ const canvas = document.querySelector('.latent-canvas').latentCanvas; return {expression}; }}",
            timeout=timeout,
        )

    def hash(self):
        self.page.wait_for_timeout(400)  # the address follows a moment later
        return self.page.evaluate("location.hash")

    def tool(self, name):
        tab = self.page.locator(".lx-dock").get_by_role("tab", name=name)
        if tab.get_attribute("aria-selected") != "true":
            tab.click()


def test_the_picture_follows_a_dragged_slider(explorer, page, seen):
    window = explorer("#model=sinelines/gt")
    before = window.picture()
    window.drag("amplitude", 0.95)
    window.until("canvas.stats().frames > 0 && canvas.getCode()[2] > 3")
    page.wait_for_timeout(300)
    assert window.picture() != before
    assert "decode" in page.locator("#lx-status").inner_text()
    assert seen.errors == []


def test_the_window_fills_the_screen_without_scrolling(explorer, page):
    explorer()
    for width, height in ((1280, 800), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        assert page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]") == [
            height,
            width,
        ]
        status = page.locator("#lx-status").bounding_box()
        assert status["y"] + status["height"] == pytest.approx(height, abs=1)


def test_a_deep_link_restores_everything_and_a_copied_one_is_the_same(explorer, page):
    code, a, b = [0.5, -0.25, 1.5, 2, 3], [0] * 5, [1] * 5
    names = json.dumps({"slope": "steepness"})
    link = f"#model=sinelines/gt&code={','.join(map(str, code))}&a={','.join(map(str, a))}&b={','.join(map(str, b))}"
    window = explorer(f"{link}&range=full&compare=sinelines/vae&names={names}")
    assert window.code() == code
    assert window.canvas.get_by_role("button", name="Full").get_attribute("aria-pressed") == "true"
    assert window.slider("steepness").count() == 1
    assert page.get_by_label("Compare with").input_value() == "sinelines/vae"
    assert window.canvas.locator("figure").count() == 2
    window.tool("A → B")
    assert page.get_by_role("slider", name="From A to B").is_enabled()
    assert window.hash().startswith(link)
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
    assert "mnist/ig5" in window.hash()
    page.locator('.lx-model[data-id="sinelines/gt"]').click()
    window.slider("shift").wait_for()  # the name is kept with its model


def test_a_model_that_cannot_be_loaded_leaves_the_one_before(explorer, page):
    window = explorer("#model=sinelines/gt")
    code = window.code()
    page.evaluate("location.hash = '#model=mnist/unknown'")
    page.get_by_role("alert").get_by_text("No model 'mnist/unknown'").wait_for()
    assert window.code() == code
    assert "sinelines/gt" in window.hash()


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
        """() => { const ask = window.fetch; let first = true;
            window.fetch = async (...question) => {
                const slow = first && String(question[0]).includes("facts/mnist/ig5");
                if (slow) { first = false; await new Promise((go) => setTimeout(go, 1500)); }
                return ask(...question);
            }; }"""
    )
    choice = page.get_by_label("Compare with")
    choice.select_option("mnist/ig5")
    choice.select_option("")
    page.wait_for_timeout(2500)
    assert window.canvas.locator("figure").count() == 1
    assert choice.input_value() == ""
    assert "compare" not in window.hash()


def test_more_examples_come_once_however_often_they_are_asked_for(explorer, page):
    window = explorer("#model=mnist/tc5")
    window.tool("Examples")
    cells = page.locator(".lx-gallery .lx-cell")
    cells.nth(59).wait_for()
    page.get_by_role("button", name="More").evaluate("button => { button.click(); button.click(); }")
    cells.nth(95).wait_for()
    page.wait_for_timeout(500)
    assert cells.count() == 96


def test_a_link_to_compare_with_nothing_known_still_opens_its_model(explorer, page):
    window = explorer("#model=mnist/tc5&compare=mnist/unknown")
    page.get_by_role("alert").get_by_text("No model 'mnist/unknown'").wait_for()
    assert window.canvas.locator("figure").count() == 1
    assert "compare" not in window.hash()


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
    notes.get_by_text("not a picture").wait_for()
    page.set_input_files("#lx-file", tmp_path / "huge.png")
    notes.get_by_text("100 megapixels").wait_for()
    page.set_input_files("#lx-file", tmp_path / "seven.png")
    notes.get_by_text("Resized from 300 x 220 to 28 x 28 pixels.").wait_for()
    page.get_by_label("Fit").select_option("trim")
    assert window.code() == before  # nothing is lost by errors
    page.locator(".lx-panel").get_by_role("button", name="Encode", exact=True).click()
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


def test_the_keyboard_alone_is_enough(explorer, page):
    window = explorer("#model=sinelines/gt")
    page.locator('.lx-model[data-id="sinelines/gt"]').focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('.lx-here').dataset.id === 'sinelines/vae'")
    window.until("canvas.getCode().length === 5")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.className"))
    assert {"Random", "Mean", "Nearest example", "latent-canvas"} <= set(reached), reached
    first = window.canvas.get_by_role("slider").first
    first.focus()
    before = window.code()
    page.keyboard.press("End")
    window.until(f"JSON.stringify(canvas.getCode()) !== {json.dumps(json.dumps(before, separators=(',', ':')))}")
    page.keyboard.press("Control+z")
    window.until(f"canvas.getCode().every((v, k) => Math.abs(v - {json.dumps(before)}[k]) < 1e-6)")
    page.get_by_role("tab", name="Traverse").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("tab", name="Models").get_attribute("aria-selected") == "true"


def test_light_and_dark(explorer, page):
    window = explorer("#model=sinelines/gt")
    seen = []
    for _ in range(2):
        page.wait_for_timeout(200)
        seen.append(
            (
                window.canvas.get_attribute("data-theme"),
                page.evaluate("getComputedStyle(document.body).backgroundColor"),
            )
        )
        page.get_by_role("button", name="Change to").click()
    assert sorted(theme for theme, _ in seen) == ["dark", "light"]
    assert seen[0][1] != seen[1][1]


def test_a_restarted_server_is_told_and_nothing_is_lost(explorer, page, server):
    window = explorer("#model=sinelines/gt")
    window.slider("intercept").press("End")
    code = window.code()
    server.stop(how=signal.SIGKILL)
    page.locator("#lx-status").get_by_text("does not answer").wait_for(timeout=30_000)
    window.slider("slope").press("Home")
    window.canvas.get_by_role("alert").wait_for()
    server.start()
    page.locator("#lx-status").get_by_text("restarted").wait_for(timeout=60_000)
    window.canvas.get_by_role("alert").wait_for(state="hidden", timeout=60_000)
    after = window.code()
    assert after[1] == code[1]
    assert after[0] == -1 or after[0] < code[0]
    before = window.picture()
    window.slider("amplitude").press("End")
    page.wait_for_timeout(1500)
    assert window.picture() != before
    assert "sinelines/gt" in window.hash()


def test_below_a_path_prefix(serve, env, page, seen):
    server = serve("apps/explorer.py", env={**env, "GRADIO_ROOT_PATH": "/lab/explorer"})
    proxy = serve("tests/browser/prefix_proxy.py", "{port}", str(server.port), "/lab/explorer", path="/lab/explorer/")
    window = Explorer(page, f"{proxy.url}#model=sinelines/gt")
    before = window.picture()
    window.slider("amplitude").press("End")
    page.wait_for_timeout(1500)
    assert window.picture() != before
    assert seen.errors == []


def test_the_gradio_command_serves_the_same_page(serve, env, page):
    server = serve(
        "-c", "import sys; from gradio.cli import cli; sys.argv = ['gradio', 'apps/explorer.py']; cli()", env=env
    )
    window = Explorer(page, f"{server.url}#model=sinelines/gt")
    before = window.picture()
    window.slider("amplitude").press("End")
    page.wait_for_timeout(1500)
    assert window.picture() != before
