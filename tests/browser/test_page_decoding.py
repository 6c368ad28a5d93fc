"""Light decoders draw in the page: the server's pictures, without the server, and never where that fails."""

from __future__ import annotations

import signal
import time

import pytest
from playwright.sync_api import expect

import engine
from engine.checkpoints.onnx_decoder import export_decoder
from tests.apps.zoo import make_zoo
from tests.browser.onnx_files import prepared

IDS = ("sinelines/gt", "sinelines/vae", "mnist/tc5", "mnist/ig5")
SHIPPED = {entry.id: entry.folder for entry in engine.catalog() if entry.kind != "classifier" and not entry.error}
# One of each network: every weight file was compared without a browser, in tests/checkpoints/test_onnx_decoder.py.
FAMILIES = [name for name in SHIPPED if name.split("/")[1] in ("gt", "vae", "ss5", "ig5")]
SAME = """async ([base, models]) => {
    const { catalogueNames, pageDecoders, pageFirst } = await import(`${base}/canvas/onnx_source.js`);
    const { httpSource } = await import(`${base}/canvas/canvas.js`);
    const decoders = pageDecoders(`${base}/canvas`, catalogueNames(`${base}/canvas`));
    const http = httpSource(`${base}/canvas/decode`), page = pageFirst(decoders, http);
    const found = {};
    decoders.want(Object.keys(models));
    for (const [model, codes] of Object.entries(models)) {
        while (!decoders.has(model)) await new Promise((done) => setTimeout(done, 20));
        let most = 0, unequal = 0, places = new Set(), shapes = new Set();
        for (const code of codes) {
            const question = { model, code, size: null, seq: 3 };
            const [mine, theirs] = await Promise.all([page.request(question), http.request(question)]);
            shapes.add(String(mine.shape) === String(theirs.shape) && mine.seq === 3 ? "same" : "other");
            places.add(mine.where + theirs.where);
            const kind = mine.shape.length === 1 ? Float32Array : Uint8Array;
            const [a, b] = [new kind(mine.bytes), new kind(theirs.bytes)];
            a.forEach((value, k) => {
                most = Math.max(most, Math.abs(value - b[k]));
                unequal += value !== b[k];
            });
        }
        found[model] = { most, unequal: unequal / codes.length, places: [...places], shapes: [...shapes] };
    }
    return found;
}"""


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("zoo"), IDS)


@pytest.fixture(scope="module")
def env(zoo, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    prepared(cache, {name: zoo / name for name in IDS})
    return {"LATENT_EXPLORER_CHECKPOINTS": str(zoo), "LATENT_EXPLORER_CACHE": str(cache)}


@pytest.fixture
def server(serve, env):
    return serve("apps/explorer.py", env=env)


class Window:
    """What a person does, and what the page shows."""

    def __init__(self, page, url):
        self.page = page
        page.goto(url, wait_until="domcontentloaded", timeout=90_000)
        self.canvas = page.locator("#lx-traverse .latent-canvas")
        self.canvas.locator(".row").first.wait_for(timeout=90_000)
        self.speed = page.locator("#lx-status")

    def do(self, expression):
        return self.canvas.evaluate(f"host => {{ const canvas = host.latentCanvas; return {expression}; }}")

    def drag(self, row=0, share=0.8):
        slider = self.canvas.get_by_role("slider").nth(row)
        slider.hover()
        box = slider.bounding_box()
        y = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + box["width"] / 2, y)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] * share, y, steps=6)
        self.page.mouse.up()
        self.settled()

    def settled(self):
        self.page.wait_for_function(
            "() => document.querySelector('#lx-traverse .latent-canvas').latentCanvas.settled()"
        )

    def drawn_in_the_page(self, within_s=90.0):
        """Moves a slider until the page itself draws."""
        deadline, share = time.monotonic() + within_s, 0.3
        while True:
            self.drag(share=share)
            if self.do("canvas.stats().where") == "page":
                return
            assert time.monotonic() < deadline, "the page never drew by itself"
            share = 1.0 - share
            self.page.wait_for_timeout(300)

    def pixels(self):
        return self.canvas.evaluate("""host => { const c = host.shadowRoot.querySelector("canvas");
            const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
            return Array.from(data.filter((_, k) => k % 4 === 0)); }""")

    def of_the_server(self, model):
        return self.page.evaluate(
            """async ([model, code]) => {
            const { httpSource } = await import("/canvas/canvas.js");
            const answer = await httpSource("/canvas/decode").request({ model, code, size: null, seq: 0 });
            return Array.from(new Uint8Array(answer.bytes)); }""",
            [model, self.do("canvas.getCode()")],
        )

    def open(self, model):
        self.page.evaluate(f"location.hash = '#model={model}'")


def apart(one, other):
    assert len(one) == len(other)
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def test_the_page_takes_over_and_goes_on_when_the_server_is_killed(page, server, seen):
    window = Window(page, server.url + "#model=mnist/tc5")
    window.drawn_in_the_page()
    expect(window.speed).to_contain_text("ms in the page")
    drawn = window.pixels()
    assert apart(drawn, window.of_the_server("mnist/tc5")) <= 1
    assert seen.errors == []

    server.stop(how=signal.SIGKILL)
    try:
        window.drag(share=0.95)
        window.drag(row=1, share=0.1)
        assert window.pixels() != drawn
        assert window.do("canvas.stats().where") == "page"
        assert window.canvas.locator(".banner").is_hidden()
    finally:
        server.start()


def test_models_changed_quickly_are_never_mixed_up(page, server, seen):
    window = Window(page, server.url + "#model=mnist/tc5")
    window.drawn_in_the_page()
    for model in ("mnist/ig5", "sinelines/gt", "mnist/tc5", "mnist/ig5"):
        window.open(model)
        page.wait_for_timeout(60)
    page.locator("#lx-traverse:not([aria-busy])").wait_for()
    page.wait_for_function("() => document.querySelector('.lx-here')?.dataset.id === 'mnist/ig5'")
    window.drag(row=1)
    assert apart(window.pixels(), window.of_the_server("mnist/ig5")) <= 1
    page.wait_for_timeout(1500)  # every file has come by now
    window.drag(row=1, share=0.2)
    assert apart(window.pixels(), window.of_the_server("mnist/ig5")) <= 1
    assert seen.errors == []


def test_a_compared_model_draws_in_the_page_too(page, server):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/canvas/decode") else None)
    window = Window(page, server.url + "#model=sinelines/gt&compare=sinelines/vae")
    with page.expect_response("**/explorer/encode"):  # what the other model is to draw has a code of its own then
        page.get_by_role("button", name="Nearest example").click()
    deadline = time.monotonic() + 90
    while True:
        window.settled()
        asked.clear()
        window.do("canvas.redraw()")
        window.settled()
        if not asked:
            break
        assert time.monotonic() < deadline, f"the server was still asked: {asked}"
        page.wait_for_timeout(300)
    expect(window.canvas.locator("figcaption").nth(1)).to_have_text("sinelines/vae on the same input")


def test_a_checkpoint_that_was_replaced_is_fetched_anew(page, server, zoo):
    window = Window(page, server.url + "#model=mnist/tc5")
    window.drawn_in_the_page()
    model = engine.load(zoo / "mnist" / "tc5", "cpu")
    for weight in model.parameters():
        weight.mul_(2)
    data = export_decoder(model).data
    page.route("**/canvas/onnx-name/mnist/tc5", lambda route: route.fulfill(json={"name": "trained-anew"}))
    page.route("**/canvas/onnx/trained-anew", lambda route: route.fulfill(body=data))
    for name in ("sinelines/gt", "mnist/tc5"):
        window.open(name)
        page.wait_for_function(f"() => document.querySelector('.lx-here')?.dataset.id === '{name}'")
        page.locator("#lx-traverse:not([aria-busy])").wait_for()
    for share in (0.3, 0.7) * 50:
        window.drag(share=share)
        if apart(window.pixels(), window.of_the_server("mnist/tc5")) > 10:
            return
        page.wait_for_timeout(300)
    pytest.fail("the page went on drawing with the old file")


def test_below_a_path_prefix(serve, env, page):
    server = serve("apps/explorer.py", env={**env, "GRADIO_ROOT_PATH": "/lab/explorer"})
    proxy = serve("tests/browser/prefix_proxy.py", "{port}", str(server.port), "/lab/explorer", path="/lab/explorer/")
    Window(page, f"{proxy.url}#model=sinelines/gt").drawn_in_the_page()


@pytest.mark.parametrize("what", ["file", "runtime"])
def test_where_the_page_cannot_the_server_goes_on(page, server, seen, what):
    warnings = []
    page.on("console", lambda line: warnings.append(line.text) if line.type == "warning" else None)
    pattern = "**/canvas/onnx/*" if what == "file" else "**/canvas/vendor/**/*.wasm"
    page.route(pattern, lambda route: route.fulfill(body=b"this is neither", status=200))
    window = Window(page, server.url + "#model=mnist/tc5")
    with page.expect_event("console", lambda line: "cannot be drawn in the page" in line.text, timeout=60_000):
        window.drag()
    window.drag(share=0.1)
    assert window.do("canvas.stats().where") == "server"
    expect(window.speed).to_contain_text("ms on the server")
    page.wait_for_timeout(500)
    assert len([text for text in warnings if "cannot be drawn in the page" in text]) == 1


@pytest.mark.timeout(600)  # the export has the lowest priority: on a machine that is busy it takes minutes
def test_the_first_picture_waits_for_nothing_and_an_export_in_the_background_is_noticed(page, serve, zoo, tmp_path):
    env = {"LATENT_EXPLORER_CHECKPOINTS": str(zoo), "LATENT_EXPLORER_CACHE": str(tmp_path)}
    server = serve("apps/explorer.py", env=env)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    window = Window(page, server.url + "#model=sinelines/gt")
    assert not any("/canvas/vendor/" in url for url in asked)
    window.drag()
    assert window.do("canvas.stats().where") == "server"
    assert not any("/canvas/vendor/" in url for url in asked)  # the runtime comes with the first file
    window.drawn_in_the_page(within_s=450)
    assert len(list((tmp_path / "onnx").glob("*.onnx.gz"))) == 1


@pytest.mark.skipif(not SHIPPED, reason="the repository's checkpoints are not here")
def test_the_page_draws_what_the_server_draws(page, serve, tmp_path):
    models = prepared(tmp_path, {name: SHIPPED[name] for name in FAMILIES})
    server = serve("apps/explorer.py", env={"LATENT_EXPLORER_CACHE": str(tmp_path)})
    codes = {name: model.examples.codes[:12].float().tolist() for name, model in models.items()}
    page.goto(server.url + "explorer/health")
    for name, result in page.evaluate(SAME, [server.url.rstrip("/"), codes]).items():
        assert (result["places"], result["shapes"]) == (["pageserver"], ["same"]), name
        if models[name].space.kind == "series":
            assert result["most"] < 1e-5, name
        else:
            assert result["most"] <= 1 and result["unequal"] <= 4, (name, result)
