"""A quick round of the quiz, played without a plan, in whichever app has it."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def play_round(page, place):
    """Presses Play in `place`, skips all five questions after a few moves, and sees the score and the bot's."""
    page.route("**/quiz/api/play", without_patience)
    place.get_by_role("button", name="Play", exact=True).click()
    for at in range(5):
        expect(place.get_by_text(f"question {at + 1} of 5")).to_be_visible(timeout=60_000)
        dial = place.locator(".qz-match").get_by_role("slider", name="Dial 1", exact=True)
        for key in ("Home", "End", "Home", "End"):
            dial.press(key)
            page.wait_for_timeout(120)  # entries of a history are 100 ms apart
        place.get_by_role("button", name="Skip (no penalty)").click()
    expect(place.get_by_role("heading", name=re.compile(r"You solved \d of 5"))).to_be_visible(timeout=60_000)
    expect(place.get_by_text(re.compile("The simulated participant.*solved . of 5"))).to_be_visible(timeout=60_000)


def without_patience(route):
    """Lets questions be skipped after a fifth of a second instead of ten."""
    answer = route.fetch()
    body = answer.json()
    for question in body["questions"]:
        question["goal"]["skip_after_s"] = 0.2
    route.fulfill(response=answer, json=body)
