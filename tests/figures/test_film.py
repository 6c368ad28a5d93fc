"""Films of walks: frames, order, colours."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from engine.figures.film import film_gif
from engine.interfaces import Space

GREY = Space(kind="image", shape=(1, 4, 4))


def frames_of(data):
    film = Image.open(io.BytesIO(data))
    for k in range(film.n_frames):
        film.seek(k)
        yield np.asarray(film.convert("RGB"))


def test_a_film_plays_there_and_back():
    walk = torch.tensor([0.0, 0.4, 1.0])[:, None, None, None].expand(-1, 1, 4, 4)
    frames = list(frames_of(film_gif(walk, GREY, longest=16)))
    assert [frame.shape for frame in frames] == [(16, 16, 3)] * 4
    assert [int(frame[0, 0, 0]) for frame in frames] == [0, 102, 255, 102]


def test_series_are_drawn_on_white():
    space = Space(kind="series", shape=(10,), limits=(-1.0, 1.0))
    (frame, _) = frames_of(film_gif(torch.stack([torch.zeros(10), torch.ones(10)]), space, longest=40))
    assert tuple(frame[2, 2]) == (255, 255, 255)
    assert frame[20].min() < 200


def test_a_film_needs_frames():
    with pytest.raises(ValueError, match="at least one frame"):
        film_gif(torch.zeros(0, 1, 4, 4), GREY)
