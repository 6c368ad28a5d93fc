"""A study as its participants meet it: a scripted one plays all of it, also through a killed server."""

from __future__ import annotations

import re
import signal

import pytest
from playwright.sync_api import expect

import engine
from engine.study.steps import Choice, Reconstruction
from engine.study.store import Store
from tests.browser.onnx_files import prepared
from tests.browser.quiz_round import play_round

# As a hand would; once the picture matches no dial moves any more.
TURN = """(dial, value) => {
    if (dial.disabled) return;
    dial.value = value;
    dial.dispatchEvent(new Event("input", { bubbles: true }));
}"""
NAMES = ("whole", "short", "paged", "choices")
STUDY = """
format: 1
name: {name}
title: Curves and dials
models: [sinelines/vae, sinelines/gt]
tasks: [{task}]
questions: 2
order: fixed
consent: |
  ## Before you begin
  You may stop at **any** time. <script>alert(1)</script>
practice: {practice}
after_model:
  - use: ease
at_end:
  - use: comments
goal: {{skip_after_s: {skip}}}
demographics: {demographics}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The study files and, later, the answers; models are the shipped ones, whose dials do something."""
    folder = tmp_path_factory.mktemp("quiz")
    shipped = {entry.id: entry.folder for entry in engine.catalog()}
    prepared(folder / "cache", {name: shipped[name] for name in ("sinelines/vae", "sinelines/gt")})
    (folder / "studies").mkdir()
    for name, task, practice, skip, demographics in (
        ("whole", "reconstruction", "true", 0.2, "true"),
        ("short", "reconstruction", "false", 30, "false"),
        ("paged", "reconstruction", "false", 30, "false"),
        ("choices", "traversals", "true", 30, "false"),
    ):
        text = STUDY.format(name=name, task=task, practice=practice, skip=skip, demographics=demographics)
        (folder / "studies" / f"{name}.yaml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def server(serve, folder):
    return serve(
        "apps/explorer.py",
        env={
            "LATENT_EXPLORER_CACHE": str(folder / "cache"),
            "LATENT_EXPLORER_STUDIES": str(folder / "studies"),
        },
    )


@pytest.fixture
def store(folder):
    with Store.open(folder / "studies" / "studies.sqlite") as store:
        yield store


class Participant:
    """What a person does; knows the answers from the stored plan."""

    def __init__(self, page, url, study, store):
        self.page, self.study, self.store = page, study, store
        page.goto(f"{url.rstrip('/')}/quiz/{study}", wait_until="domcontentloaded", timeout=90_000)

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    @property
    def session(self):
        return list(self.store.sessions(self.study))[-1]

    def begin(self):
        self.press("Begin")
        self.press("I agree")

    def practise(self):
        for target in ((0.6, 0.3), (0.1, 0.9), (0.2, 0)):
            for dial, value in enumerate(target):
                self.turn(".qz-practice", dial, value)
            self.press("Start" if target == (0.2, 0) else "Next")

    def turn(self, place, dial, value):
        self.page.locator(place).get_by_role("slider", name=f"Dial {dial + 1}", exact=True).fill(str(value))

    def step(self, step):
        """The step's place in the head of the page is on the screen."""
        text = f"Part {step.stage + 1} of 2, question {step.question + 1} of 2"
        expect(self.page.locator(".qz-where")).to_have_text(text, timeout=60_000)

    def solve(self, step):
        """Turns every dial to where the target has it."""
        self.step(step)
        self.match(step)
        self.press("Next")

    def match(self, step):
        for dial, axis in enumerate(engine.load(step.model).axes):
            slider = self.page.locator(".qz-match").get_by_role("slider", name=f"Dial {dial + 1}", exact=True)
            slider.evaluate(TURN, step.target[axis.indices[0]])

    def answer_scale(self, number):
        self.page.locator(".qz-scale label").nth(number - 1).click()
        self.press("Next")

    def code(self):
        return self.page.locator(".qz-code code").inner_text(timeout=60_000)


def questions(session):
    return [step for step in session.plan.steps if isinstance(step, Reconstruction | Choice)]


def test_a_participant_plays_a_whole_study_and_every_step_is_stored(page, server, store, seen):
    participant = Participant(page, server.url, "whole", store)
    participant.press("Begin")
    expect(page.get_by_text("<script>alert(1)</script>")).to_be_visible(timeout=60_000)  # shown, not run
    participant.press("I agree")
    participant.practise()
    plan = questions(participant.session)
    participant.solve(plan[0])
    participant.step(plan[1])
    page.locator(".qz-match").get_by_role("slider", name="Dial 1", exact=True).press("End")
    for _ in range(4):
        page.keyboard.press("PageDown")
        page.wait_for_timeout(120)  # entries of a history are 100 ms apart
    participant.press("Skip (no penalty)")
    participant.answer_scale(6)
    participant.solve(plan[2])
    participant.solve(plan[3])
    participant.answer_scale(2)
    page.get_by_role("textbox").fill("It was fun.")
    participant.press("Next")
    participant.press("Next")
    expect(page.get_by_role("alert").first).to_contain_text("questions are not answered yet")  # demographics
    for name in ("35–50", "woman", "bachelor's degree", "Europe"):
        page.get_by_label(name, exact=True).check()
    participant.press("Next")
    code = participant.code()
    session = participant.session
    assert code == session.completion_code
    assert session.finished_ms is not None
    outcomes = [response.outcome for response in session.responses]
    assert outcomes == ["agreed", "passed", "solved", "skipped", "answered", "solved", "solved", *["answered"] * 3]
    first, skipped = session.responses[2], session.responses[3]
    assert first.answer["agreement"] >= 0.899
    assert first.history.code[0] == pytest.approx(plan[0].start)
    assert all(value is not None for value in skipped.history.agreement)
    assert set(skipped.history.direction) == {-1, 0, 1}  # End, then down
    assert session.responses[4].answer == {"ease": 6}
    assert session.responses[8].answer == {"comments": "It was fun."}
    assert session.responses[9].answer["gender"] == ["woman"]
    page.reload()
    assert participant.code() == code  # again, and no new session
    assert len(list(store.sessions("whole"))) == 1
    assert "sinelines/" not in page.content()
    assert seen.errors == []


def test_a_killed_server_loses_nothing_that_was_confirmed(page, server, store):
    participant = Participant(page, server.url, "short", store)
    participant.begin()
    participant.press("Skip the practice")
    plan = questions(participant.session)
    participant.solve(plan[0])
    participant.step(plan[1])
    server.stop(how=signal.SIGKILL)
    participant.match(plan[1])
    server.start()
    page.get_by_role("button", name="Next", exact=True).wait_for(timeout=60_000)
    server.stop(how=signal.SIGKILL)
    participant.press("Next")
    expect(page.locator(".qz-foot")).to_contain_text("your answer is kept in this browser", timeout=60_000)
    page.close(run_before_unload=False)  # and the browser crashes, too: the answer waits in its database
    server.start()
    fresh = page.context.new_page()
    participant.page = fresh
    fresh.goto(f"{server.url.rstrip('/')}/quiz/short", wait_until="domcontentloaded")
    expect(fresh.locator(".qz-form")).to_be_visible(timeout=60_000)  # after the second question: the ease item
    session = participant.session
    assert [response.outcome for response in session.responses] == ["agreed", "skipped", "solved", "solved"]
    assert len({response.id for response in session.responses}) == 4
    participant.answer_scale(3)
    participant.step(plan[2])
    fresh.reload()
    participant.step(plan[2])  # the same question again
    participant.solve(plan[2])
    participant.step(plan[3])
    assert participant.session.responses[-1].resumed == 1


def test_a_refused_answer_does_not_stand_in_the_way_for_ever(page, server, store):
    participant = Participant(page, server.url, "short", store)
    participant.begin()
    participant.press("Skip the practice")
    plan = questions(participant.session)
    participant.step(plan[0])
    page.route("**/quiz/api/responses", lambda route: route.fulfill(status=400, json={"error": "Not like this."}))
    participant.solve(plan[0])
    expect(page.get_by_role("alert")).to_contain_text("Not like this.")
    page.reload()
    participant.step(plan[0])  # asked anew, though the answer is refused again
    page.unroute("**/quiz/api/responses")
    participant.solve(plan[0])
    participant.step(plan[1])
    page.on("dialog", lambda dialog: dialog.accept())
    before = participant.session.token
    participant.press("I am somebody else")
    participant.begin()
    page.get_by_role("button", name="Skip the practice").wait_for()
    assert participant.session.token != before
    assert [len(session.responses) for session in list(store.sessions("short"))[-2:]] == [3, 1]


def test_light_decoders_draw_in_the_page_and_the_answer_says_so(page, server, store, seen):
    files = set()
    page.on("response", lambda answer: "/canvas/onnx/" in answer.url and answer.status == 200 and files.add(answer.url))
    participant = Participant(page, server.url, "paged", store)
    participant.begin()
    page.get_by_role("button", name="Skip the practice").wait_for()
    page.wait_for_load_state("networkidle")  # the files and what runs them
    assert len(files) == 2
    participant.press("Skip the practice")
    plan = questions(participant.session)
    participant.solve(plan[0])
    participant.solve(plan[1])
    participant.answer_scale(4)
    asked = []
    page.on("request", lambda request: request.url.endswith("/canvas/decode") and asked.append(request.url))
    participant.solve(plan[2])
    participant.step(plan[3])
    drawn = {response.step: response for response in participant.session.responses}
    last = drawn[participant.session.plan.steps.index(plan[2])]
    assert (last.decoder, asked) == ("page", [])
    assert last.answer["agreement"] == pytest.approx(last.history.agreement[-1], abs=1e-6)  # page and server agree
    assert not any("sinelines" in url for url in files)
    assert seen.errors == []


def test_choices_are_explained_answered_and_told(page, server, store, seen):
    participant = Participant(page, server.url, "choices", store)
    participant.begin()
    for _ in range(3):
        choose(page, "Low")
        participant.press("Answer")
    plan = questions(participant.session)
    participant.step(plan[0])
    before = page.locator(".qz-panel canvas").first.screenshot()
    participant.press("Show more")
    expect(page.get_by_role("button", name="Show more")).to_be_enabled()
    assert page.locator(".qz-panel canvas").first.screenshot() != before
    choose(page, plan[0].options[plan[0].correct])
    participant.press("Answer")
    expect(page.get_by_text("✓ Correct.")).to_be_visible(timeout=60_000)
    participant.press("Next")
    participant.step(plan[1])
    wrong = (plan[1].correct + 1) % 3
    choose(page, plan[1].options[wrong])
    participant.press("Answer")
    right = plan[1].options[plan[1].correct]
    expect(page.get_by_text(f"the right answer is {right}")).to_be_visible(timeout=60_000)
    answers = [response.answer for response in participant.session.responses[2:]]
    assert answers == [
        {"option": plan[0].correct, "more": 1, "confidence": 4, "sense": 4},
        {"option": wrong, "more": 0, "confidence": 4, "sense": 4},
    ]
    assert participant.session.responses[1].answer["answers"][0]["right"] is True
    assert seen.errors == []


def choose(page, option):
    page.get_by_label(option, exact=True).check()
    for item in page.locator(".qz-scale").all():
        item.locator("label").nth(3).click()


def test_a_second_tab_and_a_phone_are_told_politely(page, server, store):
    Participant(page, server.url, "choices", store)
    page.get_by_role("button", name="Begin").wait_for()
    second = page.context.new_page()
    second.goto(f"{server.url.rstrip('/')}/quiz/choices")
    expect(second.get_by_role("alert")).to_contain_text("open in another tab")
    second.set_viewport_size({"width": 390, "height": 844})
    page.close()
    second.reload()
    expect(second.get_by_role("alert")).to_contain_text("too small")
    second.set_viewport_size({"width": 1280, "height": 800})
    second.get_by_role("button", name="Begin").wait_for()


def test_play_needs_no_consent_stores_nothing_and_compares_with_the_simulated_participant(page, server, store):
    began = [len(list(store.sessions(name))) for name in NAMES]
    page.goto(f"{server.url}#workspace=Quiz&model=sinelines/gt", wait_until="domcontentloaded", timeout=90_000)
    expect(page.locator(".qz-studies")).to_contain_text("Curves and dials", timeout=60_000)
    expect(page.get_by_role("link", name="Take part").first).to_have_attribute("href", re.compile(r"/quiz/\w+$"))
    play_round(page, page.locator("#lx-quiz"))
    assert [len(list(store.sessions(name))) for name in NAMES] == began
