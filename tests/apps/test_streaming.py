"""Answers piece by piece: their bytes, their end, and what becomes of work whose reader leaves."""

from __future__ import annotations

import json
import struct
import threading
import time

import anyio
import pytest

from apps.refusals import RefusedError
from apps.streaming import Jobs, piece


def taken_apart(data):
    """[(fields, bytes behind them), ...] of an answer's bytes."""
    found = []
    while data:
        head, size = struct.unpack_from("<II", data)
        found.append((json.loads(data[8 : 8 + head]), data[8 + head : 8 + head + size]))
        data = data[8 + head + size :]
    return found


def read(jobs, work):
    async def go():
        return b"".join([one async for one in jobs.stream(work).body_iterator])

    return taken_apart(anyio.run(go))


def test_a_piece_is_two_lengths_json_and_bytes():
    assert taken_apart(piece("map", b"\x00\xff", shape=[1, 2]) + piece("done")) == [
        ({"type": "map", "shape": [1, 2]}, b"\x00\xff"),
        ({"type": "done"}, b""),
    ]


def test_numbers_that_json_lacks_are_a_mistake():
    with pytest.raises(ValueError, match="JSON"):
        piece("map", seconds=float("nan"))


def test_pieces_come_in_the_order_they_were_sent():
    def work(channel):
        for k in range(5):
            channel.send("map", bytes([k]), number=k)

    assert [fields["number"] for fields, _ in read(Jobs(), work)] == [0, 1, 2, 3, 4]


def test_what_goes_wrong_is_the_last_piece():
    def work(channel):
        channel.send("progress")
        raise RefusedError("Choose another picture.")

    assert [fields for fields, _ in read(Jobs(), work)] == [
        {"type": "progress"},
        {"type": "error", "status": 400, "text": "Choose another picture."},
    ]


def test_work_ends_when_its_reader_leaves():
    ended = threading.Event()

    def work(channel):
        while not channel.stopped():
            channel.send("progress")
            time.sleep(0.01)
        ended.set()

    async def go():
        pieces = Jobs().stream(work).body_iterator
        await anext(pieces)
        await pieces.aclose()

    anyio.run(go)
    assert ended.wait(5)


def test_work_whose_reader_left_while_it_waited_is_never_begun():
    begun, go_on = [], threading.Event()

    async def go():
        jobs = Jobs(count=1)
        first = jobs.stream(lambda channel: go_on.wait(5)).body_iterator
        second = jobs.stream(lambda channel: begun.append(1)).body_iterator
        with anyio.move_on_after(0.2):
            await anext(second)
        await second.aclose()
        go_on.set()
        assert [one async for one in first] == []
        await anyio.sleep(0.2)

    anyio.run(go)
    assert begun == []


def test_who_finds_no_turn_is_told_that_the_server_is_busy():
    go_on = threading.Event()

    async def go():
        jobs = Jobs(count=1, wait_s=0.1)
        first = jobs.stream(lambda channel: go_on.wait(5)).body_iterator
        data = b"".join([one async for one in jobs.stream(lambda channel: None).body_iterator])
        go_on.set()
        assert [one async for one in first] == []
        return data

    [(fields, _)] = taken_apart(anyio.run(go))
    assert fields["status"] == 503
    assert "busy" in fields["text"]
