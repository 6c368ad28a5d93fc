"""The store's server is killed at a hundred random moments: nothing it confirmed is lost, nothing is there twice."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.study.session import Session
from engine.study.steps import Plan
from engine.study.store import Store
from engine.study.store.encoding import dumps, from_json, to_json
from engine.study.store.tables import RESPONSES
from tests.study.store.samples import NOW_MS, response_to

ROOT = Path(__file__).resolve().parents[3]
KILLS = 100
PARTICIPANTS = 6


class Page:
    """A participant's page: it sends what is not confirmed again and again, as the real one does."""

    def __init__(self, port, stop):
        self.port, self.stop = port, stop
        self.sessions, self.confirmed, self.failures = [], {}, Counter()
        self.thread = threading.Thread(target=self.take_part)
        self.thread.start()

    def take_part(self):
        while not self.stop.is_set():
            if (begun := self.post("/begin", b"")) is None:
                return
            plan = from_json(Plan, begun["plan"])
            session = Session(
                token=begun["token"], participant=begun["participant"], study="dials", plan=plan, began_ms=0.0,
                finished_ms=None, completion_code="", clock_ms=(), responses=(),
            )  # fmt: skip
            self.sessions.append(session)
            for step in range(len(plan.steps)):
                response = response_to(session, step)
                if (answer := self.post("/save", dumps(to_json(response)).encode())) is None:
                    return
                assert answer["saved"] in ("stored", "repeated"), answer
                self.confirmed[response.id] = response

    def post(self, path, body):
        """The server's answer, asked for until there is one; None when all is over."""
        while not self.stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                connection.request("POST", f"{path}?clock={NOW_MS}", body)
                answer = connection.getresponse()
                content = json.loads(answer.read())
                assert answer.status == 200, content
                return content
            except (OSError, http.client.HTTPException) as error:
                self.failures[type(error).__name__] += 1
            finally:
                connection.close()
        return None


@pytest.mark.timeout(900)  # seconds on a quiet machine, minutes on one that is busy
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_what_was_confirmed_survives_a_hundred_kills(tmp_path):
    file, chance, stop = tmp_path / "studies.sqlite", random.Random(4), threading.Event()
    command = [sys.executable, "-m", "tests.study.store_server", str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        pages = []
        try:
            port = int(server.stdout.readline())
            pages = [Page(port, stop) for _ in range(PARTICIPANTS)]
            for _ in range(KILLS):
                child, before = int(server.stdout.readline()), confirmed(pages)
                deadline = time.monotonic() + 30
                while confirmed(pages) == before:  # it serves: from here on any moment will do
                    assert time.monotonic() < deadline, "the server confirms nothing"
                    time.sleep(0.001)
                time.sleep(chance.uniform(0.0, 0.06))
                os.kill(child, signal.SIGKILL)
            child = int(server.stdout.readline())
        finally:
            stop.set()
            for page in pages:
                page.thread.join()
            server.kill()
    os.kill(child, signal.SIGKILL)
    responses = {key: response for page in pages for key, response in page.confirmed.items()}
    assert sum(sum(page.failures.values()) for page in pages) > 0, "no page noticed a kill"
    with Store.open(file) as store:
        kept = {response.id: response for session in store.sessions("dials") for response in session.responses}
        lost = [key for key, response in responses.items() if kept.get(key) != response]
        assert not lost, f"{len(lost)} of {len(responses)} confirmed responses are lost or changed"
        assert all(store.session(session.token).plan == session.plan for page in pages for session in page.sessions)
        numbers = [session.plan.number for session in store.sessions("dials")]
        assert len(set(numbers)) == len(numbers)
        with store.database.reading() as connection:
            steps = connection.execute(sa.select(RESPONSES.c.token, RESPONSES.c.step)).all()
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert len(set(steps)) == len(steps) == len(kept)


def confirmed(pages):
    return sum(len(page.confirmed) + len(page.sessions) for page in pages)
