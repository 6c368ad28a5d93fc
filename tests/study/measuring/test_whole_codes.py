"""Long codes of a history come back from where its dials stood, and measure what whole ones measure."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.study.measuring.slides import travel
from engine.study.measuring.whole_codes import whole_codes
from engine.study.measuring.yardsticks import Yardstick, dial_spans
from engine.study.response import History, Response
from engine.study.sessions.dials import turned
from engine.study.steps import Reconstruction
from tests.study.decoders import StyleGAN2Like, axis, category

LONG = 40


def axes(seed):
    """A latent, a category, two directions that share entries, and one dial that moves three entries alike."""
    across = torch.nn.functional.normalize(
        torch.randn(2, 30, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    )
    directions = [
        axis(0, kind="direction", indices=tuple(range(10 * k, 10 * k + 30)), direction=tuple(along.tolist()))
        for k, along in enumerate(across)
    ]
    return (axis(2), category((36, 37, 38)), *directions, axis(0, indices=(33, 34, 35)))


def walked(seed, entries):
    """(dials, start, whole codes, the same with single numbers): every entry one dial is turned."""
    draw = torch.Generator().manual_seed(seed)
    dials, start = axes(seed), torch.randn(LONG, generator=draw, dtype=torch.float64)
    code, whole, short = start, [tuple(start.tolist())], [tuple(start.tolist())]
    moved = torch.randint(len(dials), (entries,), generator=draw).tolist()
    for number in moved:
        dial = dials[number]
        value = torch.randn((), generator=draw, dtype=torch.float64)
        value = value.abs().floor().clamp(max=2) if dial.kind == "category" else value
        code = turned(dial, code, value)
        whole.append(tuple(code.tolist()))
        short.append((value.item(),))
    ends = [(*codes, codes[-1] if codes is whole else whole[-1]) for codes in (whole, short)]
    histories = [
        History(
            t_ms=tuple(100.0 * at for at in range(len(codes))), code=codes, axis=(-1, *moved, -1),
            direction=(0,) * len(codes), agreement=(0.5,) * len(codes), error=(1.0,) * len(codes),
        )
        for codes in ends
    ]  # fmt: skip
    return dials, start.tolist(), *histories


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), entries=st.integers(0, 40))
def test_codes_come_back_from_where_dials_stood(seed, entries):
    dials, start, whole, short = walked(seed, entries)
    np.testing.assert_array_equal(list(whole_codes(start, whole, ())), whole.code)
    np.testing.assert_allclose(list(whole_codes(start, short, dials)), whole.code, rtol=0, atol=1e-12)


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_slides_measure_the_same_either_way(seed):
    dials, start, *histories = walked(seed, 30)
    step = Reconstruction(model="toy", stage=0, question=0, start=tuple(start), target=tuple(start), start_row=None,
                          target_row=None, redraws=0)  # fmt: skip
    responses = [
        Response(id="", session="", step=0, outcome="solved", shown_ms=0, left_ms=0, duration_ms=0, history=one)
        for one in histories
    ]
    distance, changes = travel([step] * 2, responses, {"toy": Yardstick(dials=dial_spans(dials, "percentile"))})
    assert distance[1] == pytest.approx(distance[0], rel=1e-12)
    assert changes[1] == changes[0]


def test_a_code_of_one_number_is_whole():
    history = History(code=((0.5,), (0.75,)), axis=(-1, 0))
    assert [code.tolist() for code in whole_codes([0.0], history, ())] == [[0.5], [0.75]]


@pytest.mark.parametrize(
    ("codes", "moved", "said"),
    [
        (((0.5,),), (-1,), "Entry 0 of the history should be a code of 512 numbers, .* got 1 for dial -1"),
        (((0.5,),), (6,), "one number for one of 6 dials; got 1 for dial 6"),
        (((0.5,), (0.5, 0.5)), (0, 0), "Entry 1 .* got 2 for dial 0"),
        (((0.5,),), (), "lists of one length; got 1 codes and 0 dials"),
    ],
)
def test_what_no_page_records_is_told(codes, moved, said):
    model = StyleGAN2Like()
    with pytest.raises(ValueError, match=said):
        list(whole_codes([0.0] * 512, History(code=codes, axis=moved), model.axes))
