"""Many participants at once in one process, a thread each: `python -m tests.study.store.participants FILE COUNT`."""

from __future__ import annotations

import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from engine.study.store import Store
from tests.study.store.samples import NOW_MS, STUDY, plan_for, response_to


def take_part(store, together, seed):
    """One participant, who sends every third answer twice and some from a second tab; returns the confirmed ids."""
    chance, ids = random.Random(seed), []
    together.wait(60)
    session = store.begin(STUDY, plan_for, NOW_MS)
    for step in range(len(session.plan.steps)):
        response = response_to(session, step)
        assert store.save(response, NOW_MS) == "stored"
        ids.append(response.id)
        if step % 3 == 0:
            assert store.save(response, NOW_MS) == "repeated"
            assert store.save(response_to(session, step, chance=chance), NOW_MS) == "taken"
    assert store.session(session.token).finished_ms is not None
    return ids


def run(place, count):
    """Opens the store and sends so many participants to it; returns the ids they confirmed."""
    together = threading.Barrier(count)
    with Store.open(place) as store, ThreadPoolExecutor(count) as pool:
        seeds = [random.SystemRandom().random() for _ in range(count)]
        return [key for ids in pool.map(lambda seed: take_part(store, together, seed), seeds) for key in ids]


if __name__ == "__main__":
    print("\n".join(run(sys.argv[1], int(sys.argv[2]))))
