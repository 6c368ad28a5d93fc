"""What the quiz page computes is what the engine computes: agreement, the practice toy, the record of a hand."""

from __future__ import annotations

import base64
import itertools
import json
import math
import random

import numpy as np
import pytest
import torch
from playwright.sync_api import Error, expect

from apps.quiz.pages import drawn
from engine.images import to_uint8
from engine.interfaces import Space
from engine.study.matching import agreement as measures
from engine.study.matching.agreement import AGREEMENTS, Distance, Intersection, Overlap, Tolerance
from engine.study.measuring.active_time import active_s
from engine.study.measuring.slides import crossings_s, dial_switches, events, reversals, travel
from engine.study.measuring.whole_codes import whole_codes
from engine.study.measuring.yardsticks import Dial, Yardstick
from engine.study.response import History, Response
from engine.study.sessions.toy import DEMONSTRATIONS, PRACTICE, PRACTICE_CHOICES, Toy
from engine.study.steps import Reconstruction
from engine.study.store import Store
from engine.study.store.validation import MAX_BYTES

FRAME_MS = 1000 / 60
STUDY = """
format: 1
name: drags
title: Curves and dials
models: [sinelines/gt]
questions: 2
practice: false
goal: {threshold: 1.0, skip_after_s: 0.2}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies")
    (folder / "drags.yaml").write_text(STUDY)
    return folder


@pytest.fixture
def server(serve, folder):
    """The quiz alone, with its scripts below /quiz/page."""
    env = {"LATENT_EXPLORER_CACHE": str(folder / "cache")}
    return serve("tests/browser/quiz_server.py", "{port}", str(folder), path="/quiz/page/quiz.css", env=env)


@pytest.fixture
def scripts(page, server):
    """An empty page that can import the quiz's scripts."""
    page.goto(server.url)
    return page


# ---------------------------------------------------------------------------------------------------- agreement

AGREE = """async ([facts, pairs]) => {
    const { agreementOf, errorBetween, valuesOf } = await import("/quiz/page/agreement.js");
    const { unpacked } = await import("/quiz/page/match.js");
    const measure = agreementOf(facts), values = (picture) => valuesOf(unpacked(picture));
    return pairs.map((pair) => {
        const [x, target] = pair.map(values);
        return [measure(x, target), errorBetween(x, target)];
    });
}"""
SPACES = {
    "grey": Space(kind="image", shape=(1, 28, 28)),
    "colour": Space(kind="image", shape=(3, 24, 20)),
    "series": Space(kind="series", shape=(64,), grid=(-3.2, 3.1), limits=(-10, 9)),
}


class Pictures:
    """A model whose codes are its pictures, with all that a measure asks of a model."""

    id = "toy/pictures"

    def __init__(self, space, x):
        self.space, self.examples = space, Examples(x)

    def decode(self, z):
        return z


class Examples:
    def __init__(self, x):
        self.x = x

    def __len__(self):
        return len(self.x)


def example_pictures(space, count, seed):
    """Bright strokes on black, or curves; a few values beyond what an image can show."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, *space.shape, generator=generator)
    return x.clamp_min(-0.02).mul(0.6) if space.kind == "image" else 2 * x.cumsum(1) / 8


def pairs_of(space):
    """50 pairs: far, near, equal, empty, and one of them empty; then both the examples' mean."""
    x, target = example_pictures(space, 50, 1), example_pictures(space, 50, 2)
    near = torch.randn(25, *space.shape, generator=torch.Generator().manual_seed(3))
    target[:25] = x[:25] + near * torch.logspace(-3, -0.5, 25).view(-1, *[1] * len(space.shape))
    target[25:30] = x[25:30]
    x[30:33] = target[30:33] = 0
    x[33:36] = 0
    target[36:39] = 0
    x[39] = target[39] = example_pictures(space, 64, 0).mean(0)
    return x, target


def agreements(page, measure, space, x, target):
    """What the page finds for pairs of pictures, drawn as the server draws them: (agreements, errors)."""
    model = Pictures(space, x)
    pairs = list(zip(drawn(model, x), drawn(model, target), strict=True))
    return np.array(page.evaluate(AGREE, [measure.to_json(), pairs])).T


@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("name", AGREEMENTS)
def test_every_registered_measure_has_its_twin_in_the_page(scripts, name, kind):
    space = SPACES[kind]
    if name == "intersection" and kind == "series":
        pytest.skip("intersection compares images only")
    measure = AGREEMENTS[name].for_model(Pictures(space, example_pictures(space, 64, 0)))
    x, target = pairs_of(space)
    agreement, error = agreements(scripts, measure, space, x, target)
    assert agreement == pytest.approx(measure(x, target).numpy(), abs=1e-6)
    apart = (measures.drawn(x) - measures.drawn(target)).double()
    assert error == pytest.approx(apart.square().flatten(1).sum(1).numpy(), rel=1e-6, abs=1e-6)
    assert 0 <= agreement.min() < 0.8 and agreement.max() == 1  # they do differ


def test_a_measure_that_the_page_does_not_know_is_an_error(scripts):
    with pytest.raises(Error, match='does not know the agreement "new"'):
        scripts.evaluate(AGREE, [{"name": "new"}, []])


DISTANCE = Distance(mean=torch.tensor([[[[0.0, 1.0, 0.0, 0.0]]]]), spread=2.0)
BY_HAND = [
    (Overlap(), [1, 1, 0, 0], [1, 0, 0, 0], 1 - 1 / 3.01),
    (Overlap(), [0, 0, 0, 0], [0, 0, 0, 0], 1),
    (Overlap(), [0, 0, 0, 0], [1, 1, 1, 1], 1 - 4 / 4.01),
    (Tolerance(), [0, 0, 0, 0], [0, 127 / 255, 128 / 255, 1], 1 / 2),
    (Tolerance(width=0.25), [0, 0, 0, 0], [0, 63 / 255, 64 / 255, 1], 1 / 2),
    (Intersection(), [1, 1, 0, 0], [1, 0, 1, 0], 1 / 3),
    (Intersection(), [127 / 255, 0, 0, 0], [0, 0, 0, 0], 1),
    (Intersection(), [128 / 255, 1, 0, 0], [128 / 255, 0, 0, 0], 1 / 2),
    (DISTANCE, [0, 1, 1, 0], [0, 1, 0, 1], (1 + 1 + 1 - 2) / (1 + 1 + 1 + 2)),
    (DISTANCE, [0, 1, 0, 0], [0, 1, 0, 0], 1),
    (DISTANCE, [0, 1, 0, 0], [1, 0, 1, 1], (4 + 1 - 4) / (4 + 1 + 4)),
]


@pytest.mark.parametrize(("measure", "x", "target", "expected"), BY_HAND)
def test_agreements_known_by_hand(scripts, measure, x, target, expected):
    x, target = (torch.tensor(values, dtype=torch.float32).view(1, 1, 1, 4) for values in (x, target))
    found, _ = agreements(scripts, measure, Space(kind="image", shape=(1, 1, 4)), x, target)
    assert found == pytest.approx([expected], abs=1e-9)
    assert measure(x, target).numpy() == pytest.approx([expected], abs=1e-6)


def test_a_curve_just_outside_the_tolerance_is_outside(scripts):
    x, target = torch.zeros(1, 4), torch.tensor([[0.0, -0.5, 0.5, np.nextafter(np.float32(0.5), 0)]])
    found, error = agreements(scripts, Tolerance(), Space(kind="series", shape=(4,)), x, target)
    assert (found, error) == (pytest.approx(0.5), pytest.approx(0.75))
    assert Tolerance()(x, target).item() == 0.5


# ---------------------------------------------------------------------------------------------------- the toy

DISCS = """async (codes) => {
    const { disc } = await import("/quiz/page/toy.js");
    return codes.map((code) => {
        const { shape, bytes } = disc(code);
        return [shape, btoa(String.fromCharCode(...new Uint8Array(bytes)))];
    });
}"""
TOYS = {
    "random": torch.rand(200, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64).tolist(),
    "corners": list(itertools.product((0.0, 1.0), repeat=2)),
    "steps of the keys": [(k / 200, (57 * k % 201) / 200) for k in range(201)],
    "whole radii": [(k / 24, 0.125) for k in range(25)],
    "of the practice": [
        *DEMONSTRATIONS,
        *[code for pair in PRACTICE for code in pair],
        *[code for code, _ in PRACTICE_CHOICES],
    ],
}


@pytest.mark.parametrize("codes", TOYS.values(), ids=TOYS)
def test_the_practice_toy_is_the_engines_to_the_last_pixel(scripts, codes):
    expected = to_uint8(Toy().decode(torch.tensor(codes)))
    for code, picture, (shape, data) in zip(codes, expected, scripts.evaluate(DISCS, codes), strict=True):
        assert tuple(shape) == picture.shape
        apart = np.frombuffer(base64.b64decode(data), np.uint8).astype(int) - picture.ravel()
        assert np.abs(apart).max() == 0, f"code {code}: {np.count_nonzero(apart)} pixels differ"


# ---------------------------------------------------------------------------------------------------- the record

# A hand, a canvas with one request in flight, and the page around them, with a clock of their own.
PLAY = """async ([start, moves, { latency, reached, rest }]) => {
    const { recorder } = await import("/quiz/page/recorder.js");
    const began = 4321.0625;
    let time = began, flight = null, wanted = null, shown = { code: start, agreement: 0, error: 1 }, solved = null;
    const timers = [];
    const after = (call, ms) => { timers.push({ at: time + ms, call }); return timers.at(-1); };
    const cancel = (timer) => { if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1); };
    const until = (end) => {
        for (;;) {
            const [next] = timers.toSorted((a, b) => a.at - b.at);
            if (!next || next.at > end) break;
            time = next.at;
            cancel(next);
            next.call();
        }
        time = end;
    };
    const record = recorder(start, { clock: () => time, after, cancel });
    const draw = () => {
        if (flight || !wanted || solved) return;
        [flight, wanted] = [wanted, null];
        after(() => {
            shown = flight;
            flight = null;
            if (shown.agreement >= reached) solved = shown;
            record.drawn(shown.code.slice(), shown.agreement, shown.error, Boolean(solved));
            draw();
        }, latency);
    };
    let count = 0;
    for (const move of moves) {
        until(began + move.t);
        if (solved) break;
        record.move(move.code, move.axis, move.value, move.before);
        wanted = move;
        draw();
        count += 1;
    }
    until(time + rest);
    const active = record.activeSeconds();
    const { duration_ms, history } = record.finish(shown.code, shown.agreement, shown.error);
    return { count, active, solved: solved && solved.t, duration_ms, history, left: record.activeSeconds() };
}"""
DIALS = tuple(Dial(name=f"{k}", kind="continuous", indices=(k,), low=-2.0, high=2.0 + k) for k in range(3))
START, TARGET, REACHED_AT = (0.25, -0.5, 1.0), (1.0, 0.5, -0.25), 0.9


def agreement_of(code):
    return max(0.0, 1 - sum(abs(a - b) for a, b in zip(code, TARGET, strict=True)) / 4)


def error_of(code):
    return sum((a - b) ** 2 for a, b in zip(code, TARGET, strict=True))


class Hand:
    """Moves of dials with the time of each."""

    def __init__(self):
        self.t, self.code, self.moves = 0.0, START, []

    def move(self, t, axis, value):
        code = tuple(value if k == axis else other for k, other in enumerate(self.code))
        self.moves.append({"t": t, "axis": axis, "value": value, "before": self.code[axis], "code": code,
                           "agreement": agreement_of(code), "error": error_of(code)})  # fmt: skip
        self.t, self.code = t, code

    def drag(self, axis, to, seconds, chance):
        """A smooth drag, seen at 60 Hz, as events come: each within a millisecond of its frame."""
        begin, origin, frames = self.t, self.code[axis], max(1, round(60 * seconds))
        for k in range(1, frames + 1):
            share = (1 - math.cos(math.pi * k / frames)) / 2
            at = begin + k * FRAME_MS + chance.uniform(-1, 1)
            self.move(round(at, 1), axis, origin + share * (to - origin))

    def rest(self, seconds):
        self.t += 1000 * seconds


def play(page, moves, *, latency=0.0, reached=2.0, rest=500.0):
    return page.evaluate(PLAY, [START, moves, {"latency": latency, "reached": reached, "rest": rest}])


def recorded(played):
    """The history as the server keeps it: agreements of pictures that were never drawn are filled in."""
    columns = played["history"]
    codes = tuple(tuple(code) for code in columns["code"])
    judged = {"agreement": agreement_of, "error": error_of}
    for name, judge in judged.items():
        columns[name] = [judge(code) if v is None else v for v, code in zip(columns[name], codes, strict=True)]
    return History(code=codes, **{name: tuple(values) for name, values in columns.items() if name != "code"})


def complete(moves, end_ms):
    """The history that leaves nothing out."""
    first, last = {"t": 0.0, "axis": -1, "code": START}, {**moves[-1], "t": end_ms, "axis": -1}
    rows = [first, *moves, last]
    codes = tuple(row["code"] for row in rows)
    return History(
        t_ms=tuple(row["t"] for row in rows),
        code=codes,
        axis=tuple(row["axis"] for row in rows),
        direction=tuple(int(np.sign(row["value"] - row["before"])) if row["axis"] >= 0 else 0 for row in rows),
        agreement=tuple(map(agreement_of, codes)),
        error=tuple(map(error_of, codes)),
    )


def distances(*histories):
    """Slide distances of histories, as the analysis measures them."""
    step = Reconstruction(model="toy", stage=0, question=0, start=START, target=TARGET, start_row=None,
                          target_row=None, redraws=0)  # fmt: skip
    responses = [
        Response(id="", session="", step=0, outcome="skipped", shown_ms=0, left_ms=0, duration_ms=0, history=one)
        for one in histories
    ]
    return travel([step] * len(histories), responses, {"toy": Yardstick(dials=DIALS)})[0]


def test_the_record_keeps_turns_rests_and_a_move_every_100_ms(scripts):
    hand = Hand()
    for t, axis, value in (
        (10, 0, 0.3),  # the first
        (60, 0, 0.4),
        (109.9, 0, 0.5),
        (110, 0, 0.6),  # 100 ms after the last entry
        (150, 0, 0.7),
        (170, 0, 0.8),  # where it turned back
        (180, 0, 0.75),  # the other way
        (181, 1, -0.4),  # another dial
        (200, 1, -0.3),
        (230, 1, -0.2),  # where it rested
        (400, 1, -0.1),
        (480, 0, 0.9),  # back to the first dial; its own direction before that does not count
        (490, 0, 1.0),  # where the question was left
    ):
        hand.move(t, axis, value)
    played = play(scripts, hand.moves, rest=50.0)
    history = recorded(played)
    rows = [(0, START, -1, 0)]
    rows += [
        (move["t"], move["code"], move["axis"], -1 if move["t"] == 180 else 1)
        for move in hand.moves
        if move["t"] not in (60, 109.9, 150, 200)
    ]
    rows += [(540, hand.code, -1, 0)]
    found = list(zip(history.t_ms, history.code, history.axis, history.direction, strict=True))
    assert found == rows
    assert played["duration_ms"] == 540
    assert history.agreement == pytest.approx([agreement_of(code) for code in history.code])
    assert history.error == pytest.approx([error_of(code) for code in history.code])


def test_nothing_is_recorded_of_a_question_in_which_nothing_moved_but_its_ends(scripts):
    played = play(scripts, [], rest=2999.0)
    assert recorded(played).t_ms == (0, 2999)
    assert (played["active"], played["left"]) == (0, pytest.approx(2.999))


def wandering(seed):
    """A hand that takes dials in turn, drags, turns round, trembles, jumps and pauses."""
    chance, hand = random.Random(seed), Hand()
    for _ in range(chance.randint(1, 8)):
        axis = chance.randrange(3)
        for _ in range(chance.randint(1, 4)):
            low, high = DIALS[axis].low, DIALS[axis].high
            hand.drag(axis, chance.uniform(low, high), chance.choice((0.03, 0.2, 0.7, 1.5)), chance)
        if chance.random() < 0.3:  # trembles
            for _ in range(chance.randint(1, 20)):
                hand.move(round(hand.t + FRAME_MS, 1), axis, hand.code[axis] + chance.uniform(-0.02, 0.02))
        hand.rest(chance.choice((0, 0.02, 0.09, 0.1, 0.11, 1, 2.9, 3.1, 10)))
    return hand.moves


def test_slides_measured_on_the_record_are_those_of_every_event(scripts):
    for seed in range(25):
        moves = wandering(seed)
        played = play(scripts, moves)
        record, every = recorded(played), complete(moves, played["duration_ms"])
        assert record.code[-1] == pytest.approx(every.code[-1], rel=1e-8)
        found, expected = distances(record, every)
        assert found == pytest.approx(expected, rel=0.01), f"hand {seed}"
        for count in (dial_switches, reversals):
            found, expected = (count(events([one]))[0] for one in (record, every))
            assert found == expected, f"{count.__name__} of hand {seed}"


def test_a_record_is_dense_while_a_dial_moves_and_holds_nothing_else(scripts):
    for seed in range(25):
        moves = wandering(seed)
        record = recorded(play(scripts, moves))
        assert record.axis[0] == record.axis[-1] == -1 and record.t_ms[0] == 0
        assert list(record.t_ms) == sorted(record.t_ms)
        made = {(move["t"], move["axis"], tuple(float(f"{v:.9g}") for v in move["code"])) for move in moves}
        kept = set(zip(record.t_ms[1:-1], record.axis[1:-1], record.code[1:-1], strict=True))
        assert kept <= made, f"hand {seed}"
        at = np.array(record.t_ms)
        for move in moves:
            assert move["t"] - at[at <= move["t"]].max() < 100, f"hand {seed}"


def test_active_seconds_are_the_engines(scripts):
    for seed in range(25):
        played = play(scripts, wandering(seed), rest=(150.0, 2999.0, 3000.0, 3500.0)[seed % 4])
        t_ms = played["history"]["t_ms"]
        assert played["left"] == pytest.approx(active_s(t_ms), abs=1e-9)
        assert played["active"] == pytest.approx(active_s(t_ms[:-1]), abs=1e-9)


def test_a_pause_of_three_seconds_is_not_active(scripts):
    hand = Hand()
    for t in (100, 3099.5, 6099.5, 9100):
        hand.move(t, 0, hand.code[0] + 0.1)
    played = play(scripts, hand.moves, rest=200.0)
    assert played["active"] == pytest.approx(0.1 + 2.9995)
    assert played["left"] == pytest.approx(0.1 + 2.9995 + 0.2)


def matching(seed):
    """A hand that brings one dial after the other to the target, the last one fast and beyond it."""
    chance, hand = random.Random(seed), Hand()
    for axis in (0, 1):
        hand.drag(axis, TARGET[axis] + chance.uniform(-0.05, 0.05), chance.uniform(0.1, 0.8), chance)
        hand.rest(chance.uniform(0, 1))
    for to in (TARGET[2] - chance.uniform(0.5, 2), TARGET[2] + chance.uniform(0.1, 1), TARGET[2]):
        hand.drag(2, to, chance.uniform(0.1, 0.8), chance)
    return hand.moves


# Ten minutes of a hand on directions of a long code: an event every 25 ms, every eighth the other way.
DRAG = """async ([start, dials, seconds]) => {
    const { recorder } = await import("/quiz/page/recorder.js");
    const { readAxis, writeAxis } = await import("/quiz/page/canvas.js");
    let time = 0, code = start.slice(), seed = 1;
    const chance = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const record = recorder(start, { dials, clock: () => time, after: () => 0, cancel: () => {} });
    record.drawn(start, 0.1, 9);
    const drawn = new Map([[0, start]]);
    for (let k = 1; k <= 40 * seconds; k++) {
        time = 25 * k;
        const dial = dials[Math.floor(k / 400) % dials.length], before = readAxis(dial, code);
        const next = writeAxis(dial, code, before + (Math.floor(k / 200) % 2 ? -0.02 : 0.02) * chance());
        record.move(next, dial.number, readAxis(dial, next), before);
        record.drawn(next, chance(), chance());
        drawn.set(time, next);
        code = next;
    }
    time += 25;
    drawn.set(time, code);
    const { history } = record.finish(code, 0.5, 1);
    const shown = new Float32Array(history.t_ms.flatMap((t) => drawn.get(t)));
    const bytes = new Uint8Array(shown.buffer);
    let text = "";
    for (let k = 0; k < bytes.length; k += 32768) text += String.fromCharCode(...bytes.subarray(k, k + 32768));
    return [JSON.stringify(history), btoa(text)];
}"""


def test_ten_minutes_with_a_long_code_stay_small_and_every_drawn_code_comes_back(scripts):
    draw = np.random.default_rng(5)
    across = draw.normal(size=(6, 512))  # not at right angles: a move of one changes where the others stand
    dials = [
        Dial(name=f"{k}", kind="direction", indices=tuple(range(512)), low=-9, high=9,
             direction=tuple(along / np.linalg.norm(along)))
        for k, along in enumerate(across)
    ]  # fmt: skip
    start = draw.normal(size=512).astype(np.float32).tolist()
    sent = [{"number": k, "kind": one.kind, "indices": one.indices, "direction": [float(v) for v in one.direction]}
            for k, one in enumerate(dials)]  # fmt: skip
    text, packed = scripts.evaluate(DRAG, [start, sent, 600])
    columns = json.loads(text)
    assert len(columns["t_ms"]) > 6000
    assert len(text) < MAX_BYTES / 4
    history = History(**{name: tuple(map(tuple, v)) if name == "code" else tuple(v) for name, v in columns.items()})
    drawn = np.frombuffer(base64.b64decode(packed), np.float32).reshape(-1, 512)
    found = np.array(list(whole_codes(start, history, dials)), dtype=np.float32)
    np.testing.assert_array_equal(found, drawn)
    assert np.isfinite(np.array(columns["agreement"], dtype=float)).all()


@pytest.mark.parametrize("latency", [0.0, 7.0, 16.0, 30.0, 120.0])
def test_the_time_of_crossing_is_that_of_the_move_that_matched(scripts, latency):
    late = []
    for seed in range(40):
        moves = matching(seed)
        played = play(scripts, moves, latency=latency, reached=REACHED_AT, rest=2500.0)
        assert played["solved"] is not None
        every = complete(moves[: played["count"]], played["duration_ms"])
        record = recorded(played)
        assert record.agreement[-1] >= REACHED_AT
        assert list(record.t_ms) == sorted(record.t_ms)
        crossed, first = crossings_s(events([record, every]), np.full(2, REACHED_AT)) * 1000
        # A slow picture shows later that it matched: the crossing lies between the first move that did and that one.
        if not first - FRAME_MS <= crossed <= played["solved"] + FRAME_MS:
            late.append((seed, crossed - played["solved"]))
    assert not late, f"crossings too late: {late}"


# ---------------------------------------------------------------------------------------------------- a round

HOME = """async () => {
    const { quizHome } = await import("/quiz/page/quiz_home.js");
    const place = document.body.appendChild(document.createElement("div")), listeners = [];
    const state = { now: { model: "sinelines/vae" }, listen: (call) => listeners.push(call) };
    window.said = [];
    const attempt = (work) => work().catch((error) => said.push(error.message));
    quizHome(place, { state, notices: { say: (text) => said.push(text), attempt }, base: "" });
    window.choose = (model) => { state.now.model = model; listeners.forEach((call) => call(new Set(["model"]))); };
}"""


def test_the_model_chosen_last_is_played_though_questions_of_another_were_on_their_way(scripts, page):
    held = []
    page.route("**/quiz/api/play", lambda route: held.append(route) if not held else route.continue_())
    page.evaluate(HOME)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Drawing questions …")).to_be_visible()
    page.evaluate("choose('sinelines/gt')")
    with page.expect_response("**/quiz/api/play"):
        held[0].continue_()
    page.wait_for_timeout(300)
    expect(page.get_by_text("Five questions with sinelines/gt")).to_be_visible()
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(".qz-roundhead b")).to_have_text("sinelines/gt", timeout=60_000)
    page.get_by_role("button", name="Stop").click()

    page.unroute("**/quiz/api/play")
    held.clear()
    page.route("**/quiz/api/play", lambda route: held.append(route))
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_label("Task").select_option("none")
    held[0].abort()  # nobody waits for it any more
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_enabled()
    page.wait_for_timeout(300)
    assert page.evaluate("said") == []


# ---------------------------------------------------------------------------------------------------- a real hand

LISTEN = """() => {
    window.moves = [];
    const note = (event) => moves.push([performance.now(), Number(event.composedPath()[0].value)]);
    addEventListener("input", note, { capture: true });
}"""


def test_a_real_drag_is_recorded_as_it_went(page, server, folder, seen):
    page.goto(server.url.replace("/page/quiz.css", "/drags"))
    for name in ("Begin", "Skip the practice"):
        page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator(".qz-where")).to_have_text("question 1 of 2", timeout=60_000)
    page.evaluate(LISTEN)
    box = page.locator(".qz-match").get_by_role("slider", name="Dial 2", exact=True).bounding_box()
    for at, share in enumerate((*np.linspace(0.3, 0.9, 60), *np.linspace(0.9, 0.15, 40), *np.linspace(0.15, 0.5, 30))):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        if at == 0:
            page.mouse.down()
        page.wait_for_timeout(12)
    page.mouse.up()
    page.wait_for_timeout(500)
    made = np.array(page.evaluate("moves"))
    page.get_by_role("button", name="Skip (no penalty)").click()
    expect(page.locator(".qz-where")).to_have_text("question 2 of 2", timeout=60_000)
    with Store.open(folder / "studies.sqlite") as store:
        (session,) = store.sessions("drags")
    record = session.responses[-1].history
    step = session.plan.steps[session.responses[-1].step]

    times, values = np.array(record.t_ms), np.array(record.code)[:, 1]
    moved = np.array(record.axis) >= 0
    assert moved.tolist() == [False, *[True] * (len(times) - 2), False]
    assert values[moved][-1] == values[-1] == pytest.approx(made[-1, 1], rel=1e-8)  # where it came to rest
    since = made[:, 0] - made[0, 0] + times[moved][0]  # by the clock of the record
    for at in since:
        assert at - times[times <= at + 3].max() < 100 + 3
    for at, value in zip(times[moved], values[moved], strict=True):
        assert np.abs(since[np.isclose(made[:, 1], value)] - at).min() < 3  # the time of its own move
    found = np.abs(np.diff(values)).sum()
    assert found == pytest.approx(np.abs(np.diff(made[:, 1], prepend=step.start[1])).sum(), rel=0.01)
    assert set(record.direction) >= {-1, 0, 1}
    assert seen.errors == []
