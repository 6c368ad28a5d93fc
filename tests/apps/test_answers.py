"""What a server says when it cannot answer, and who waits for whom."""

from __future__ import annotations

import logging
import threading

import anyio
import anyio.to_thread
import pytest
import torch
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.testclient import TestClient

from apps.answers import Turns, answered, parsed, read_body, refused
from apps.refusals import BusyError, NotFoundError, RefusedError, UnknownModelError, told
from engine.checkpoints import CorruptError
from engine.data import DataUnavailableError
from engine.data.picture_file import PictureError


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (RefusedError("Give 5 numbers."), 400, "Give 5 numbers."),
        (PictureError("This is no picture."), 400, "This is no picture."),
        (NotFoundError("There is no study 'x' here."), 404, "There is no study 'x' here."),
        (UnknownModelError("No model 'x'."), 404, "No model 'x'."),
        (CorruptError("It is cut short."), 409, "It is cut short."),
        (DataUnavailableError("MNIST is not here."), 409, "MNIST is not here."),
        (BusyError("Try again."), 503, "Try again."),
        (torch.OutOfMemoryError("CUDA out of memory."), 507, "The device's memory is full."),
    ],
)
def test_what_can_be_foreseen_is_told_in_its_own_words_and_not_logged(error, status, text, caplog):
    said = told(error)
    assert (said.status, said.text[: len(text)]) == (status, text)
    assert caplog.records == []


@pytest.mark.parametrize("error", [KeyError("posX"), ValueError("shape"), RuntimeError("a bug"), OSError("disk")])
def test_a_bug_is_logged_with_its_traceback_and_admitted(error, caplog):
    with caplog.at_level(logging.ERROR):
        said = told(error)
    assert said.status == 500
    assert type(error).__name__ in said.text
    assert "log" in said.text
    assert caplog.records[0].exc_info[1] is error


def test_answers_that_are_no_json_are_bugs_too(caplog):
    async def route(request):
        return await answered(lambda: {"loss": float("nan")})

    answer = TestClient(Starlette(routes=[Route("/", route)])).get("/")
    assert (answer.status_code, "log" in answer.json()["error"]) == (500, True)


def test_work_that_waits_for_its_turn_takes_no_thread_of_the_shared_pool():
    done = threading.Event()
    turns = Turns(count=2)

    async def many():
        shared = anyio.to_thread.current_default_thread_limiter()
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(turns.run, done.wait)
            await anyio.sleep(0.1)
            assert shared.borrowed_tokens == 0
            with anyio.fail_after(5):
                assert await anyio.to_thread.run_sync(lambda: "a live picture") == "a live picture"
            done.set()

    anyio.run(many)


def test_who_waits_too_long_for_a_turn_is_told_that_the_server_is_busy():
    done = threading.Event()
    turns = Turns(count=1, wait_s=0.05)

    async def two():
        async with anyio.create_task_group() as group:
            group.start_soon(turns.run, done.wait)
            await anyio.sleep(0.01)
            answer = await answered(lambda: "never", turns)
            assert answer.status_code == 503
            assert b"busy" in answer.body
            done.set()
        assert await turns.run(lambda: "free again") == "free again"

    anyio.run(two)


def test_a_turn_is_given_back_by_work_that_fails():
    turns = Turns(count=1, wait_s=0.05)

    async def three():
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await turns.run(lambda: 1 / 0)

    anyio.run(three)


@pytest.mark.parametrize(
    ("body", "status"), [(b'{"a": 1}', 200), (b"[1]", 400), (b"nonsense", 400), (b"[" * 5000, 400), (b" " * 10**5, 400)]
)
def test_bodies_are_read_within_bounds(body, status):
    async def route(request):
        try:
            fields = parsed(await read_body(request, 10_000, media_type="application/json"))
        except RefusedError as error:
            return refused(error)
        return await answered(lambda: fields)

    client = TestClient(Starlette(routes=[Route("/", route, methods=["POST"])]))
    assert client.post("/", content=body, headers={"Content-Type": "application/json"}).status_code == status
    assert client.post("/", content=body, headers={"Content-Type": "text/plain"}).status_code == 400


def test_a_page_that_goes_away_while_it_asks_is_no_failure():
    async def gone():
        return {"type": "http.disconnect"}

    request = Request({"type": "http", "method": "POST", "headers": []}, gone)
    with pytest.raises(RefusedError, match="cut off"):
        anyio.run(read_body, request, 100)
