"""The Hypotheses workspace in a real browser: generate, test, export, cards by hand, sessions in files."""

from __future__ import annotations

import json

import pytest
from PIL import Image
from playwright.sync_api import expect

from engine.explain.hypotheses import load_session


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    return {"LATENT_EXPLORER_CACHE": str(tmp_path_factory.mktemp("hypotheses") / "cache")}


@pytest.fixture
def hypotheses(page, serve, env):
    server = serve("apps/explorer.py", env=env)

    def opened(link="model=mnist/ss5&readout=8"):
        page.goto(f"{server.url}#workspace=Hypotheses&{link}", wait_until="domcontentloaded", timeout=90_000)
        return Workspace(page)

    return opened


class Workspace:
    """What a person does and sees there."""

    def __init__(self, page):
        self.page, self.place = page, page.locator("#lx-hypotheses")
        self.place.locator(".lx-hy-bar").wait_for(timeout=90_000)

    def part(self, name):
        self.place.get_by_role("group", name="Parts").get_by_role("button", name=name).click()
        return self.place.locator(f"[data-part={name.lower()}]")

    def press(self, name):
        self.place.get_by_role("button", name=name, exact=True).click()

    @property
    def findings(self):
        return self.place.locator(".lx-hy-finding")

    @property
    def cards(self):
        return self.place.locator(".lx-hy-card")

    @property
    def large(self):
        return self.place.locator(".lx-hy-large")

    def generate(self, codes):
        self.place.get_by_label("Number of codes").fill(str(codes))
        self.place.locator("[data-part=generate]").get_by_role("button", name="Generate").click()
        expect(self.place).to_contain_text("They were found, not tested", timeout=90_000)

    def test(self, codes):
        self.place.get_by_label("Number of fresh codes").fill(str(codes))
        self.large.get_by_role("button", name="Test", exact=True).click()
        expect(self.large.locator(".lx-hy-grid canvas").first).to_be_visible(timeout=90_000)

    def write(self, sign):
        self.place.get_by_label("Prediction").select_option(sign)
        self.press("Add card")
        self.large.wait_for()

    def saved(self, name, folder):
        with self.page.expect_download(timeout=90_000) as download:
            self.press(name)
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path


def test_a_hypothesis_is_found_tested_and_taken_away(hypotheses, page, seen, tmp_path):
    window = hypotheses()
    window.generate(16)
    first = window.findings.first
    expect(first).to_contain_text("raises P(8) by")
    expect(first.locator("canvas")).to_have_count(2)
    sentence = first.locator("strong").inner_text()
    first.get_by_role("button", name="Test this").click()
    assert sentence.startswith(window.large.locator("h2").inner_text().removeprefix("1. "))
    window.test(48)
    expect(window.large.locator(".lx-hy-verdict")).to_contain_text("Supported")
    expect(window.large.locator(".lx-hy-verdict svg")).to_be_visible()  # an icon beside word and colour
    expect(window.large.get_by_role("img", name="Mean effect by share of the change")).to_be_visible()
    expect(window.large.locator(".lx-hy-sides li")).to_have_count(5)
    expect(window.large).to_contain_text("% of 48")
    expect(window.cards).to_have_count(1)
    report = window.saved("Report", tmp_path).read_text()
    assert "P(8)" in report and "Supported: " in report and "<img alt=" in report
    assert Image.open(window.saved("PNG", tmp_path)).width > 600
    [card] = load_session(window.saved("Save", tmp_path)).cards
    assert card.result.count == 48
    assert seen.errors == []


def test_cards_are_written_by_hand_and_sessions_kept(hypotheses, page, seen, tmp_path):
    window = hypotheses("model=mnist/ss5&readout=8&part=test")
    window.place.get_by_label("What is changed").select_option("switch:Category")
    window.place.get_by_label("From", exact=True).select_option("3")
    window.place.get_by_label("To", exact=True).select_option("8")
    window.write("lowers")
    expect(window.large.locator("h2")).to_have_text("1. Switching the category from 3 to 8 lowers P(8)")
    window.test(32)
    expect(window.large.locator(".lx-hy-outcome")).to_have_text("Contradicted")
    window.large.get_by_label("Another model").select_option("mnist/ss10")
    window.press("Add card for it")
    expect(window.large).to_contain_text("mnist/ss10 read by mnist/digits")
    expect(window.cards).to_have_count(2)
    window.cards.nth(1).press("ArrowUp")
    page.keyboard.press("Enter")
    expect(window.cards.nth(0)).to_have_attribute("aria-current", "true")
    file = window.saved("Save", tmp_path)
    page.reload()
    window = Workspace(page)
    expect(window.cards).to_have_count(2)  # the tab keeps them
    expect(window.large.locator(".lx-hy-grid canvas").first).to_be_visible(timeout=60_000)
    page.once("dialog", lambda dialog: dialog.accept())
    window.press("New")
    expect(window.cards).to_have_count(0)
    window.place.locator("#lx-hy-file").set_input_files(str(file))
    expect(window.cards.nth(0)).to_contain_text("Contradicted")
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps({**json.loads(file.read_text()), "seed": "x"}))
    window.place.locator("#lx-hy-file").set_input_files(str(broken))
    expect(page.locator(".lx-notice")).to_contain_text("seed should be a whole number")
    expect(window.cards).to_have_count(2)
    assert [text for text in seen.errors if "400" not in text] == []


def test_a_link_opens_the_pair_a_search_is_cancelled_and_series_are_explained(hypotheses, page, seen):
    window = hypotheses("model=celeba/vae&readout=Smiling&bank=512")
    expect(window.place.locator(".lx-hy-note")).to_contain_text("resized from 64 x 64 to 128 x 128", timeout=60_000)
    expect(window.place.get_by_label("Readout")).to_have_value("Smiling")
    window.place.locator("[data-part=generate]").get_by_role("button", name="Generate").click()
    window.press("Cancel")
    expect(window.place).to_contain_text("Stopped")
    expect(window.place.locator("[data-part=generate]").get_by_role("button", name="Generate")).to_be_enabled()
    page.locator("#lx-browser .lx-model[data-id='sinelines/vae']").click()
    expect(window.place).to_contain_text("sinelines/vae draws series, and all classifiers here read pictures")
    expect(window.place.get_by_label("Classifier")).to_be_hidden()
    page.locator("#lx-browser .lx-model[data-id='mnist/ss5']").click()
    expect(window.place.get_by_label("Classifier")).to_have_value("mnist/digits", timeout=60_000)
    page.wait_for_function("() => location.hash.includes('model=mnist/ss5') && location.hash.includes('readout=0')")
    assert seen.errors == []
