from __future__ import annotations

import errno
import time

import numpy as np
import pytest

from engine.data import CacheError, CacheFullError
from engine.data.cache import cached_array, peek

ROWS = np.arange(40, dtype=np.int64).reshape(10, 4)


def chunks():
    yield ROWS[:6]
    yield ROWS[6:]


def make(**options):
    return cached_array("numbers", (10, 4), np.int64, options.pop("chunks", chunks), **options)


def never():
    raise AssertionError("the cached array should have been used")


def test_the_array_is_made_once_and_mapped_from_disk(cache):
    np.testing.assert_array_equal(make(), ROWS)
    again = make(chunks=never)
    assert isinstance(again, np.memmap)
    assert not again.flags.writeable
    np.testing.assert_array_equal(again, ROWS)
    assert sorted(path.suffix for path in (cache / "data").iterdir()) in ([".npy"], [".lock", ".npy"])


def test_progress_counts_rows():
    seen = []
    make(progress=lambda done, total: seen.append((done, total)))
    assert seen == [(6, 10), (10, 10)]


def test_peek_makes_nothing(cache):
    assert peek("numbers", (10, 4), np.int64) is None
    assert not cache.exists()
    make()
    np.testing.assert_array_equal(peek("numbers", (10, 4), np.int64), ROWS)


@pytest.mark.parametrize("damage", ["truncate", "scribble", "empty"])
def test_a_damaged_file_is_made_again(cache, damage):
    make()
    path = cache / "data" / "numbers.npy"
    content = {"truncate": path.read_bytes()[:-8], "scribble": b"not an array", "empty": b""}[damage]
    path.write_bytes(content)
    assert peek("numbers", (10, 4), np.int64) is None
    np.testing.assert_array_equal(make(), ROWS)


def test_a_disk_that_fills_while_writing_leaves_nothing_behind(cache, monkeypatch):
    written = []

    def quota(file, data):
        if written:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(file.write(data))

    monkeypatch.setattr("engine.data.cache._write_bytes", quota)
    with pytest.raises(CacheFullError, match=r"320 bytes are needed, the disk ran full.*EXPLORER_CACHE") as caught:
        make()
    assert str(cache / "data") in str(caught.value)
    assert [path.name for path in (cache / "data").iterdir() if path.suffix != ".lock"] == []
    monkeypatch.undo()
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(cache))
    np.testing.assert_array_equal(make(), ROWS)


def test_too_little_room_is_said_before_anything_is_made(cache, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 100})())
    with pytest.raises(CacheFullError, match="320 bytes are needed, the disk has 100 bytes left"):
        make(chunks=never)


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "file"))
    with pytest.raises(CacheError, match=r"Cannot write the data cache in .*file.*'off' to work without"):
        make()


def test_switched_off_it_works_in_memory(cache, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", "off")
    array = make()
    np.testing.assert_array_equal(array, ROWS)
    assert not isinstance(array, np.memmap)
    assert not cache.exists()


@pytest.mark.parametrize("rows", [ROWS[:9], np.concatenate([ROWS, ROWS]), ROWS.astype(np.int32), ROWS[:, :3]])
def test_rows_that_do_not_fit_are_refused_and_leave_nothing(cache, rows):
    with pytest.raises(ValueError, match="array"):
        make(chunks=lambda: [rows])
    assert list((cache / "data").glob("*.np*")) == []


def make_slowly(log, seconds):
    def rows():
        with log.open("a") as file:
            file.write("made\n")
        for start in range(10):
            time.sleep(seconds)
            yield np.full((1, 4), start, dtype=np.int64)

    return lambda: int(cached_array("slow", (10, 4), np.int64, rows).sum())


def test_processes_that_start_together_make_it_once(tmp_path, fork):
    children = [fork(make_slowly(tmp_path / "log", 0.03)) for _ in range(4)]
    assert [child.answer() for child in children] == [180] * 4
    assert (tmp_path / "log").read_text() == "made\n"


def test_a_killed_process_leaves_no_array_and_no_lock(tmp_path, cache, fork):
    child = fork(make_slowly(tmp_path / "log", 5))
    part = cache / "data" / "slow.npy.partial"
    deadline = time.monotonic() + 60
    while not part.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    child.process.kill()
    child.process.join()
    assert part.exists()
    assert peek("slow", (10, 4), np.int64) is None
    assert make_slowly(tmp_path / "log", 0)() == 180
    assert not part.exists()
