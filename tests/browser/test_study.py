"""Workspace Study in a browser: results, an answer played again, withdrawal, a file written and saved, an export."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from apps.owner import OWNER_VARIABLE
from apps.shelf import Shelf
from engine.study.store import Store
from tests.apps.gradio.test_study_panel import CURVES, take_part

expect.set_options(timeout=30_000)
TOKEN = "a-long-random-text"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A store with answers to questions of the shipped models."""
    folder = tmp_path_factory.mktemp("studies")
    with Store.open(folder / "studies.sqlite") as store:
        take_part(store, Shelf(device="cpu"), 7)
        take_part(store, Shelf(device="cpu"), 1, steps=2)
    return folder


@pytest.fixture(scope="module")
def settings(folder):
    return {"LATENT_EXPLORER_STUDIES": str(folder), "LATENT_EXPLORER_CACHE": str(folder / "cache")}


@pytest.fixture(scope="module")
def url(serve, settings):
    return serve("apps/explorer.py", env=settings).url


@pytest.fixture
def study(url, page):
    page.goto(f"{url}#workspace=Study", wait_until="domcontentloaded")
    page.locator("#lx-study-list button").first.wait_for(timeout=120_000)
    return page


def tab(page, name):
    page.locator("#lx-study-tabs").get_by_role("tab", name=name, exact=True).click()


def test_the_results_of_a_stored_study_are_seen(study, seen):
    first = study.locator("#lx-study-list button").first
    expect(first).to_contain_text("8 took part, 7 finished")
    expect(study.locator(".lx-counts")).to_contain_text("7 analysed", timeout=120_000)
    expect(study.locator(".lx-study-plot .main-svg:visible").first).to_be_visible()
    expect(study.locator(".lx-study-plot:visible")).to_have_count(6)
    expect(study.locator(".lx-study-tables:visible table")).to_contain_text("vae – gt")
    study.get_by_text("Means, secondary tests").click()
    expect(study.get_by_text("Secondary tests", exact=True)).to_be_visible()
    study.get_by_role("combobox", name="Measure").click()
    study.get_by_role("option", name="active time", exact=True).click()
    expect(study.locator(".lx-study-plot").first).to_contain_text("active time (s)")
    study.locator("#lx-study-list button", has_text="mnist-improved").click()
    expect(study.get_by_text("Nobody has taken part yet. Workspace Quiz")).to_be_visible()
    assert seen.errors == []


def test_an_answer_is_played_and_its_participant_withdrawn(study, folder, seen):
    tab(study, "Participants")
    rows = study.locator("#lx-people tbody tr")
    expect(rows).to_have_count(8)
    rows.nth(1).click()
    study.locator(".lx-replay canvas:visible").first.wait_for()
    said = study.locator(".lx-replay-said")
    expect(said).to_contain_text("0.0 of 8.0 s · agreement 10.0 %")
    study.locator(".lx-replay .lx-play").click()
    expect(said).to_contain_text("8.0 of 8.0 s")
    study.get_by_role("button", name="Make film").click()
    expect(study.get_by_text("curves_p0002_1.1", exact=False).first).to_be_visible(timeout=60_000)
    study.get_by_role("button", name="Withdraw …").click()
    expect(study.locator(".lx-study-ask")).to_contain_text("All 7 answers of this participant are deleted")
    study.get_by_role("button", name="Keep", exact=True).click()
    expect(study.locator(".lx-study-ask")).to_be_hidden()
    study.get_by_role("button", name="Withdraw …").click()
    study.get_by_role("button", name="Withdraw p0002").click()
    expect(rows).to_have_count(7)
    with Store.open(folder / "studies.sqlite") as store:
        assert "p0002" not in [one.participant for one in store.sessions(CURVES.name)]
    assert seen.errors == []


def test_a_file_is_edited_checked_and_saved(study, folder, url, seen):
    tab(study, "Plan a study")
    said = study.locator("#lx-study-problems")
    expect(said).to_contain_text("Valid")
    line = study.locator("#lx-study-file .cm-line", has_text="questions:")
    line.click()
    study.keyboard.press("End")
    study.keyboard.press("Backspace")
    study.keyboard.type("none")
    expect(said).to_contain_text("line 10 questions")
    study.get_by_role("button", name="Save", exact=True).click()
    expect(study.get_by_text("mend what is listed beside it")).to_be_visible()
    for _ in "none":
        study.keyboard.press("Backspace")
    line.click()
    study.keyboard.press("End")
    for _ in "none":
        study.keyboard.press("Backspace")
    study.keyboard.type("6")
    expect(said).to_contain_text("6 questions a model")
    study.get_by_role("button", name="Save", exact=True).click()
    expect(study.locator("#lx-study-link a")).to_have_attribute("href", f"{url.rstrip('/')}/quiz/my-study")
    assert "questions: 6" in (folder / "my-study.yaml").read_text()
    assert seen.errors == []


def test_answers_are_downloaded(study, seen):
    tab(study, "Export and import")
    study.get_by_role("button", name="Make tables").click()
    with study.expect_download() as download:
        study.locator("a[download='curves_sessions.csv'], a[href$='curves_sessions.csv']").first.click()
    text = download.value.path().read_text()
    assert text.startswith("study,version,participant,")
    assert "token" not in text
    assert seen.errors == []


def test_on_a_space_the_studies_open_to_the_token_alone(serve, settings, page, seen):
    url = serve("apps/explorer.py", env={**settings, "SPACE_ID": "owner/space", OWNER_VARIABLE: TOKEN}).url
    page.goto(f"{url}#workspace=Study", wait_until="domcontentloaded")
    secret = page.get_by_label("Owner's token")
    secret.fill("a guess that is long", timeout=120_000)
    page.get_by_role("button", name="Enter", exact=True).click()
    expect(page.get_by_text("That is not the owner's token.")).to_be_visible()
    expect(page.locator("#lx-study-list")).to_have_count(0)
    secret.fill(TOKEN)
    page.get_by_role("button", name="Enter", exact=True).click()
    expect(page.locator("#lx-study-list button").first).to_contain_text("took part", timeout=60_000)
    expect(page.locator(".lx-counts")).to_contain_text("took part", timeout=120_000)
