"""What a participant has begun and not sent survives a reload: practice, questionnaires, choices."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from engine.study.store import Store

STUDY = """
format: 1
name: {name}
title: Begun and left
models: [sinelines/gt]
tasks: [{task}]
questions: 1
practice: {practice}
after_model:
  - use: ease
  - use: task-load
at_end:
  - use: comments
goal: {{threshold: 1.0, skip_after_s: 0.0}}
demographics: true
"""
STUDIES = {
    "forms": {"task": "reconstruction", "practice": "true"},
    "choices": {"task": "traversals", "practice": "false"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies")
    for name, facts in STUDIES.items():
        (folder / f"{name}.yaml").write_text(STUDY.format(name=name, **facts))
    return folder


@pytest.fixture
def begin(page, serve, folder):
    """Opens a study and begins it; further words are buttons to press."""
    env = {"LATENT_EXPLORER_CACHE": str(folder / "cache")}
    server = serve("tests/browser/quiz_server.py", "{port}", str(folder), path="/quiz/page/quiz.css", env=env)

    def begun(study, *presses):
        page.goto(server.url.replace("/page/quiz.css", f"/{study}"))
        for name in ("Begin", *presses):
            page.get_by_role("button", name=name, exact=True).click()

    return begun


def answers(folder, study):
    """By step, of the study's only session."""
    with Store.open(folder / "studies.sqlite") as store:
        (session,) = store.sessions(study)
    return [response.answer for response in session.responses]


def test_practice_and_questionnaires_go_on_where_a_reload_found_them(page, begin, folder, seen):
    begin("forms")
    for at, target in enumerate(((0.6, 0.3), (0.1, 0.9), (0.2, 0))):
        expect(page.get_by_role("heading", name=f"Practice: {at + 1} of 3")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name=f"Practice: {at + 1} of 3")).to_be_visible()
        for dial, value in enumerate(target):
            page.locator(".qz-practice").get_by_role("slider", name=f"Dial {dial + 1}", exact=True).fill(str(value))
        page.get_by_role("button", name="Start" if at == 2 else "Next", exact=True).click()
    slider = page.locator(".qz-match").get_by_role("slider", name="Dial 1", exact=True)
    slider.press("Home")
    page.get_by_role("button", name="Skip (no penalty)").click()

    page.locator(".qz-scale label").nth(5).click()  # six of seven
    page.get_by_role("slider", name="Mental demand").fill("17")
    page.get_by_role("slider", name="Effort").click()  # pressed where it stands, in the middle: an answer, too
    page.reload()
    expect(page.locator(".qz-scale input").nth(5)).to_be_checked()
    expect(page.get_by_role("slider", name="Mental demand")).to_have_value("17")
    page.get_by_role("button", name="Next", exact=True).click()

    page.get_by_role("textbox").fill("Half a sent")
    page.reload()
    expect(page.get_by_role("textbox")).to_have_value("Half a sent")
    page.get_by_role("button", name="Next", exact=True).click()

    for name in ("35–50", "woman", "non-binary", "Europe"):
        page.get_by_label(name, exact=True).check()
    page.reload()
    for name in ("35–50", "woman", "non-binary", "Europe"):
        expect(page.get_by_label(name, exact=True)).to_be_checked()
    page.get_by_label("non-binary", exact=True).uncheck()
    page.reload()
    page.get_by_label("high school", exact=True).check()
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator(".qz-code code")).to_be_visible()

    practice, _, after, comments, person = answers(folder, "forms")
    assert len(practice["answers"]) == 3
    assert (after["ease"], after["load_mental"], after["load_effort"], after["load_physical"]) == (6, 17, 10, None)
    assert comments == {"comments": "Half a sent"}
    assert (person["age"], person["gender"], person["education"], person["region"]) == (
        "35–50", ["woman"], "high school", "Europe")  # fmt: skip
    kept = page.evaluate("Object.keys(localStorage).filter((name) => name.includes('draft'))")
    assert kept == []  # what is sent leaves nothing behind
    assert seen.errors == []


def test_a_choice_keeps_what_was_said_of_it(page, begin, folder, seen):
    begin("choices", "Skip the practice")
    page.get_by_label("Medium", exact=True).check()
    page.locator(".qz-scale").first.locator("label").nth(1).click()
    page.reload()
    expect(page.get_by_label("Medium", exact=True)).to_be_checked()
    page.locator(".qz-scale").last.locator("label").nth(4).click()
    page.get_by_role("button", name="Answer", exact=True).click()
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator(".qz-scale input:checked")).to_have_count(0)  # the next page begins empty
    assert answers(folder, "choices")[1] == {"option": 1, "confidence": 2, "sense": 5, "more": 0}
    assert seen.errors == []
