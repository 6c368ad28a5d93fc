from __future__ import annotations

import threading
import time

import pytest
import torch

from apps.canvas.threads import LIGHT_S, TRIALS, Pace
from tests.apps.canvas.toys import toys


@pytest.fixture
def two_threads():
    count = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(count)


@pytest.fixture
def all_threads(monkeypatch, two_threads):
    monkeypatch.setattr("apps.canvas.threads._all_threads", lambda: 2)


def seen(pace, model, wait_s=0.0):
    with pace.drawing(model):
        time.sleep(wait_s)
        return torch.get_num_threads()


def test_a_light_picture_is_drawn_by_one_thread_and_others_keep_theirs(all_threads):
    model = next(iter(toys().values()))
    assert [seen(Pace(), model) for _ in range(TRIALS + 2)] == [1] * (TRIALS + 2)
    assert torch.get_num_threads() == 2


def test_a_model_that_is_slow_three_times_gets_all_threads(all_threads):
    pace, (slow, light, *_) = Pace(), toys().values()
    assert [seen(pace, slow, 1.2 * LIGHT_S) for _ in range(TRIALS + 1)] == [1] * TRIALS + [2]
    assert [seen(pace, light, wait_s) for wait_s in (0.1, 0, 0, 0.1, 0.1)] == [1] * 5  # slow at first, and by chance


def test_the_count_comes_back_after_an_error_and_from_two_pictures_at_once(all_threads):
    pace, model = Pace(), next(iter(toys().values()))
    with pytest.raises(RuntimeError, match="no picture"), pace.drawing(model):
        raise RuntimeError("no picture")
    threads = [threading.Thread(target=seen, args=(pace, model, 0.01 * k)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torch.get_num_threads() == 2
    found = []
    late = threading.Thread(target=lambda: found.append(torch.get_num_threads()))  # has the count for new threads
    late.start()
    late.join()
    assert found == [2]
